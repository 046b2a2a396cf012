import { assert, describe, it } from "@effect/vitest"
import type { AssistantMessage, ChatCompletionRequest } from "@mistralai/mistralai/models/components"
import { call, json, tokens } from "../driven.ts"
import { chunksOf, driven, saying, textOf } from "./mistral.ts"

const contentOf = (message: AssistantMessage | undefined): string =>
  typeof message?.content === "string" ? message.content : ""

const tool = { type: "function" as const, function: { name: "get_it", parameters: { type: "object" } } }

describe("answers", () => {
  it.effect("are whole, and the same in chunks", () =>
    driven(function*({ mistral }) {
      const asked = saying("[say: Looms weave: 織機 🧶]")
      const whole = yield* call(() => mistral.chat.complete(asked))
      const chunks = yield* chunksOf(mistral, asked)
      assert.strictEqual(whole.choices[0]?.message?.content, "Looms weave: 織機 🧶")
      assert.strictEqual(textOf(chunks), "Looms weave: 織機 🧶")
      assert.strictEqual(chunks.at(-1)?.choices[0]?.finishReason, "stop")
      assert.deepStrictEqual(chunks.flatMap(({ usage }) => usage === undefined ? [] : [usage]), [whole.usage])
      assert.strictEqual(whole.usage.totalTokens, (whole.usage.promptTokens ?? 0) + (whole.usage.completionTokens ?? 0))
      assert.strictEqual(whole.model, "mistral-large-2512")
    }))

  it.effect("call tools with ids of nine characters, and take their results", () =>
    driven(function*({ mistral }) {
      const asked = saying("get_it", { tools: [tool] })
      const { choices: [choice] } = yield* call(() => mistral.chat.complete(asked))
      const [made] = choice?.message?.toolCalls ?? []
      assert.match(made?.id ?? "", /^[a-z0-9]{9}$/)
      assert.strictEqual(choice?.finishReason, "tool_calls")
      assert(choice?.message !== undefined && made !== undefined)
      const next = yield* call(() =>
        mistral.chat.complete({
          ...asked,
          messages: [
            ...asked.messages,
            { ...choice.message, role: "assistant" },
            { role: "tool", toolCallId: made.id ?? "", content: "42" }
          ]
        })
      )
      assert.strictEqual(next.choices[0]?.message?.content, "According to get_it: 42")
    }))

  it.effect("fit a schema", () =>
    driven(function*({ mistral }) {
      const schemaDefinition = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] }
      const { choices: [choice] } = yield* call(() =>
        mistral.chat.complete(saying("A number", {
          responseFormat: { type: "json_schema", jsonSchema: { name: "n", schemaDefinition, strict: true } }
        }))
      )
      assert.isNumber(JSON.parse(contentOf(choice?.message)).n)
    }))

  it.effect("say refusals in words, and have no reason for them", () =>
    driven(function*({ mistral }) {
      const { choices: [choice] } = yield* call(() => mistral.chat.complete(saying("[refuse]")))
      assert.include(contentOf(choice?.message), "can't help")
      assert.strictEqual(choice?.finishReason, "stop")
    }))

  it.effect("are several where several are asked for, and the prompt is paid once", () =>
    driven(function*({ mistral, sandbox }) {
      const { choices, usage } = yield* call(() => mistral.chat.complete(saying("[words: 10]", { n: 3 })))
      assert.lengthOf(choices, 3)
      const [entry] = yield* sandbox.bill
      assert.strictEqual(entry?.tokens.input, usage.promptTokens)
      assert.strictEqual(entry?.tokens.output, usage.completionTokens)
      assert.isAtLeast(usage.completionTokens ?? 0, 30)
    }))
})

describe("thoughts", () => {
  it.effect("come sealed, and are taken back as they came", () =>
    driven(function*({ mistral }) {
      const asked = saying("Why?", { model: "mistral-small-2603", reasoningEffort: "high" })
      const { choices: [choice] } = yield* call(() => mistral.chat.complete(asked))
      const content = choice?.message?.content
      assert(Array.isArray(content))
      const [thought, text] = content
      assert(thought?.type === "thinking" && text?.type === "text")
      const chunks = yield* chunksOf(mistral, asked)
      assert.strictEqual(textOf(chunks).length > 0, true)
      const again = (signature: string | null | undefined) =>
        mistral.chat.complete({
          ...asked,
          messages: [
            ...asked.messages,
            {
              role: "assistant",
              content: [{ ...thought, type: "thinking", signature }, { type: "text", text: "So." }]
            },
            { role: "user", content: "And?" }
          ]
        })
      yield* call(() => again(thought.signature))
      yield* call(() => again(null))
      const refused = yield* call(() => again(`${thought.signature}x`).then(() => "taken", String))
      assert.include(refused, "Invalid signature")
    }))
})

describe("the prompt cache", () => {
  const ask = (question: string, promptCacheKey?: string) => ({
    model: "mistral-large-2512",
    messages: [{ role: "system" as const, content: tokens(1000) }, { role: "user" as const, content: question }],
    ...(promptCacheKey === undefined ? {} : { promptCacheKey })
  })
  const cachedIn = (usage: object): unknown => Reflect.get(usage, "num_cached_tokens")

  it.effect("reads what came before in blocks of 64 tokens, for a tenth", () =>
    driven(function*({ mistral, sandbox }) {
      const first = yield* call(() => mistral.chat.complete(ask("One?")))
      const second = yield* call(() => mistral.chat.complete(ask("Two?")))
      assert.deepStrictEqual([first, second].map(({ usage }) => cachedIn(usage)), [0, 960])
      const [, entry] = yield* sandbox.bill
      assert(entry !== undefined)
      const { amount, tokens: { cachedRead, input, output } } = entry
      assert.deepStrictEqual([input, cachedRead, output], [
        (second.usage.promptTokens ?? 0) - 960,
        960,
        second.usage.completionTokens
      ])
      assert.strictEqual(amount, BigInt(input) * 500_000n + 960n * 50_000n + BigInt(output) * 1_500_000n)
    }))

  it.effect("keeps keys, models and short prompts apart, and forgets", () =>
    driven(function*({ mistral, sandbox }) {
      const cached = function*(request: ChatCompletionRequest) {
        return cachedIn((yield* call(() => mistral.chat.complete(request))).usage)
      }
      assert.strictEqual(yield* cached(ask("One?", "a")), 0)
      assert.strictEqual(yield* cached(ask("Two?", "b")), 0)
      assert.strictEqual(yield* cached(ask("Three?", "a")), 960)
      assert.strictEqual(yield* cached({ ...ask("Four?", "a"), model: "mistral-large-4" }), 0)
      yield* sandbox.advance("11 minutes")
      assert.strictEqual(yield* cached(ask("Five?", "a")), 0)
      assert.strictEqual(yield* cached(saying("Short?")), 0)
      assert.strictEqual(yield* cached(saying("Short?")), 0)
    }))
})

describe("the list of models", () => {
  it.effect("is served to whoever has a key", () =>
    driven(function*({ sandbox }) {
      const url = `${sandbox.baseUrl("mistral")}/v1/models`
      const listed = yield* json(url, { headers: { authorization: "Bearer x" } })
      assert.strictEqual(listed.status, 200)
      assert.isTrue(listed.body.data.some(({ id }: { readonly id: string }) => id === "mistral-large-2512"))
      assert.deepStrictEqual(yield* json(url), { status: 401, body: { detail: "Unauthorized" } })
    }))
})
