import { assert, describe, it } from "@effect/vitest"
import { FunctionCallingConfigMode, MediaModality, ThinkingLevel } from "@google/genai"
import { call, tokens } from "../driven.ts"
import { chunksOf, driven, failure, partsOf, saying, textOf } from "./gemini.ts"

const tool = { functionDeclarations: [{ name: "get_it", parametersJsonSchema: { type: "object" } }] }

describe("answers", () => {
  it.effect("are whole, and the same in chunks whose counts run up", () =>
    driven(function*({ gemini, sandbox }) {
      const asked = saying("[say: Looms weave: 織機 🧶]")
      const whole = yield* call(() => gemini.models.generateContent(asked))
      const chunks = yield* chunksOf(gemini, asked)
      assert.strictEqual(whole.text, "Looms weave: 織機 🧶")
      assert.strictEqual(textOf(chunks), "Looms weave: 織機 🧶")
      assert.strictEqual(chunks.at(-1)?.candidates?.[0]?.finishReason, "STOP")
      assert.deepStrictEqual(chunks.at(-1)?.usageMetadata, whole.usageMetadata)
      const counts = chunks.map(({ usageMetadata }) => usageMetadata?.candidatesTokenCount ?? 0)
      assert.deepStrictEqual(counts, counts.toSorted((a, b) => a - b))
      const { candidatesTokenCount = 0, promptTokenCount = 0, totalTokenCount } = whole.usageMetadata ?? {}
      assert.strictEqual(totalTokenCount, promptTokenCount + candidatesTokenCount)
      assert.strictEqual(whole.modelVersion, "gemini-2.5-flash-lite")
      assert.deepStrictEqual(
        [whole.responseId, chunks[0]?.responseId],
        (yield* sandbox.bill).map(({ responseId }) => responseId)
      )
    }))

  it.effect("call functions, with ids and signatures from Gemini 3 on", () =>
    driven(function*({ gemini }) {
      for (const model of ["gemini-2.5-flash-lite", "gemini-3.8-flash"]) {
        const asked = saying("get_it", { tools: [tool] }, model)
        const first = yield* call(() => gemini.models.generateContent(asked))
        const [part] = partsOf(first)
        assert.strictEqual(part?.functionCall?.name, "get_it")
        const isThird = model.startsWith("gemini-3")
        assert.deepStrictEqual([part?.functionCall?.id !== undefined, part?.thoughtSignature !== undefined], [
          isThird,
          isThird
        ])
        const answer = (id: string | undefined) => ({
          role: "user",
          parts: [{
            functionResponse: { name: "get_it", response: { output: "42" }, ...id === undefined ? {} : { id } }
          }]
        })
        const history = [{ role: "user", parts: [{ text: "get_it" }] }, { role: "model", parts: partsOf(first) }]
        const next = yield* call(() =>
          gemini.models.generateContent({ ...asked, contents: [...history, answer(part?.functionCall?.id)] })
        )
        assert.strictEqual(next.text, "According to get_it: 42")
        if (!isThird) continue
        const stray = yield* failure(() =>
          gemini.models.generateContent({ ...asked, contents: [...history, answer("other")] })
        )
        assert.match(stray.body.error.message, /answers no function call/)
      }
    }))

  it.effect("call any, some or none of the functions", () =>
    driven(function*({ gemini }) {
      const two = {
        functionDeclarations: ["one", "two"].map((name) => ({ name, parametersJsonSchema: { type: "object" } }))
      }
      const names = function*(mode: FunctionCallingConfigMode, allowedFunctionNames?: Array<string>) {
        const reply = yield* call(() =>
          gemini.models.generateContent(saying("one and two", {
            tools: [two],
            toolConfig: {
              functionCallingConfig: { mode, ...allowedFunctionNames === undefined ? {} : { allowedFunctionNames } }
            }
          }))
        )
        return reply.functionCalls?.map(({ name }) => name)
      }
      assert.deepStrictEqual(yield* names(FunctionCallingConfigMode.AUTO), ["one", "two"])
      assert.deepStrictEqual(yield* names(FunctionCallingConfigMode.ANY, ["two"]), ["two"])
      assert.deepStrictEqual(yield* names(FunctionCallingConfigMode.VALIDATED, ["one"]), ["one"])
      assert.isUndefined(yield* names(FunctionCallingConfigMode.NONE))
    }))

  it.effect("fit a schema", () =>
    driven(function*({ gemini }) {
      const reply = yield* call(() =>
        gemini.models.generateContent(saying("A number", {
          responseMimeType: "application/json",
          responseJsonSchema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] }
        }))
      )
      assert.isNumber(JSON.parse(reply.text ?? "").n)
    }))

  it.effect("are filtered, or not given at all", () =>
    driven(function*({ gemini, sandbox }) {
      const filtered = yield* call(() => gemini.models.generateContent(saying("[refuse]")))
      assert.strictEqual(filtered.candidates?.[0]?.finishReason, "SAFETY")
      assert.isUndefined(filtered.text)
      const blocked = yield* call(() => gemini.models.generateContent(saying("[block]")))
      const [chunk] = yield* chunksOf(gemini, saying("[block]"))
      for (const reply of [blocked, chunk]) {
        assert.isUndefined(reply?.candidates)
        assert.strictEqual(reply?.promptFeedback?.blockReason, "PROHIBITED_CONTENT")
      }
      assert.deepStrictEqual((yield* sandbox.bill).map(({ tokens }) => tokens.output), [0, 0, 0])
    }))

  it.effect("are grounded, with places in bytes", () =>
    driven(function*({ gemini }) {
      const asked = saying("search the latest: [say: Über alles. Looms weave.]", { tools: [{ googleSearch: {} }] })
      for (
        const reply of [
          yield* call(() => gemini.models.generateContent(asked)),
          (yield* chunksOf(gemini, asked)).at(-1)
        ]
      ) {
        const metadata = reply?.candidates?.[0]?.groundingMetadata
        assert.lengthOf(metadata?.webSearchQueries ?? [], 1)
        assert.match(metadata?.groundingChunks?.[0]?.web?.uri ?? "", /^https:\/\/example\.com\//)
        assert.deepStrictEqual(metadata?.groundingSupports?.[0]?.segment, {
          startIndex: 12,
          endIndex: 25,
          text: " Looms weave."
        })
        assert.isAbove(reply?.usageMetadata?.toolUsePromptTokenCount ?? 0, 0)
      }
    }))

  it.effect("go on, by the SDK's own token", () =>
    driven(function*({ gemini, sandbox }) {
      const model = "gemini-4-argon"
      const first = yield* call(() => gemini.models.generateContent(saying("[continue] [words: 40]", {}, model)))
      assert.strictEqual(first.candidates?.[0]?.finishReason, "CONTINUATION")
      const whole = yield* call(() =>
        gemini.models.generateContent(saying("[continue] [words: 40]", { automaticContinuation: true }, model))
      )
      assert.lengthOf((whole.text ?? "").split(" "), 40)
      assert.lengthOf(yield* sandbox.bill, 3)
      const error = yield* failure(() => gemini.models.generateContent(saying("x", { continuationToken: "made up" })))
      assert.strictEqual(error.body.error.message, "Invalid continuation token.")
    }))
})

describe("thoughts", () => {
  it.effect("are counted apart, and shown where they are asked for", () =>
    driven(function*({ gemini }) {
      const count = function*(model: string, thinkingConfig: object) {
        const reply = yield* call(() => gemini.models.generateContent(saying("Why?", { thinkingConfig }, model)))
        const thoughts = reply.usageMetadata?.thoughtsTokenCount ?? 0
        const shown = partsOf(reply).filter(({ thought }) => thought === true).length
        return [thoughts, shown] as const
      }
      assert.deepStrictEqual(yield* count("gemini-2.5-flash-lite", {}), [0, 0])
      assert.deepStrictEqual(yield* count("gemini-2.5-flash", { thinkingBudget: 0 }), [0, 0])
      const [some, shown] = yield* count("gemini-2.5-flash", { thinkingBudget: -1, includeThoughts: true })
      assert.isAbove(some, 0)
      assert.strictEqual(shown, 1)
      const [low] = yield* count("gemini-3.8-flash", { thinkingLevel: ThinkingLevel.LOW })
      const [usual, hidden] = yield* count("gemini-3.8-flash", {})
      const [high] = yield* count("gemini-3.8-flash", { thinkingLevel: ThinkingLevel.HIGH })
      assert.isTrue(0 < low && low < usual && usual < high)
      assert.strictEqual(hidden, 0)
    }))

  it.effect("are signed on the last text from Gemini 3 on, and only as they were", () =>
    driven(function*({ gemini }) {
      const asked = saying("[say: Because.]", {}, "gemini-3.8-flash")
      const whole = yield* call(() => gemini.models.generateContent(asked))
      const chunks = yield* chunksOf(gemini, asked)
      const last = partsOf(chunks.at(-1)).at(-1)
      assert.strictEqual(last?.text, "")
      const signature = partsOf(whole)[0]?.thoughtSignature ?? ""
      for (const thoughtSignature of [signature, last?.thoughtSignature ?? ""]) {
        assert.match(thoughtSignature, /^[A-Za-z0-9+/]+=*$/)
        const go = (thoughtSignature: string) => () =>
          gemini.models.generateContent({
            ...asked,
            contents: [
              { role: "user", parts: [{ text: "Why?" }] },
              { role: "model", parts: [{ text: "Because.", thoughtSignature }] },
              { role: "user", parts: [{ text: "[say: I see.]" }] }
            ]
          })
        assert.strictEqual((yield* call(go(thoughtSignature))).text, "I see.")
        const error = yield* failure(go(thoughtSignature.replace(/.{4}/, "AAAA")))
        assert.strictEqual(error.body.error.message, "Corrupted thought signature.")
      }
    }))
})

describe("the implicit cache", () => {
  it.effect("reads what an earlier request began with, from 2048 tokens on, by modality", () =>
    driven(function*({ gemini, sandbox }) {
      const read = function*(systemInstruction: string, apart = gemini) {
        const { usageMetadata } = yield* call(() => apart.models.generateContent(saying("Hi", { systemInstruction })))
        return usageMetadata?.cachedContentTokenCount
      }
      assert.isUndefined(yield* read(tokens(2000)))
      assert.isUndefined(yield* read(tokens(2000)))
      assert.isUndefined(yield* read(tokens(2100)))
      assert.strictEqual(yield* read(tokens(2100)), 2048)
      yield* sandbox.advance("10 minutes")
      assert.isUndefined(yield* read(tokens(2100)))
      const { usageMetadata } = yield* call(() =>
        gemini.models.generateContent(saying("Hi", { systemInstruction: tokens(2100) }))
      )
      assert.deepStrictEqual(usageMetadata?.cacheTokensDetails, [{ modality: MediaModality.TEXT, tokenCount: 2048 }])
    }))
})

describe("counts and models", () => {
  it.effect("are told before anything is generated", () =>
    driven(function*({ gemini, sandbox }) {
      const { totalTokens } = yield* call(() =>
        gemini.models.countTokens({ model: "gemini-3.8-flash", contents: tokens(100) })
      )
      assert.strictEqual(totalTokens, 102)
      const listed: Array<string> = []
      yield* call(async () => {
        for await (const { name = "" } of await gemini.models.list()) listed.push(name)
      })
      assert.include(listed, "models/gemini-3.8-flash")
      const model = yield* call(() => gemini.models.get({ model: "gemini-4-argon" }))
      assert.deepInclude(model, { displayName: "Gemini 4 Argon", inputTokenLimit: 1_048_576 })
      assert.strictEqual((yield* failure(() => gemini.models.get({ model: "gemini-1.0-pro" }))).status, 404)
      assert.deepStrictEqual(yield* sandbox.bill, [])
    }))
})
