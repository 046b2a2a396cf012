import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema, Stream } from "effect"
import { type AiError, Chat, LanguageModel, Prompt, type Response, Tool, Toolkit } from "effect/ai"
import { type GenerateError, Generation, Ledger, Loom } from "loom-router"
import * as EffectAi from "loom-router/effect-ai"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as Gemini from "loom-router/providers/Gemini"
import * as OpenAi from "loom-router/providers/OpenAi"
import { billed, bodies, type Box, inWorld, spent } from "../providers/world.ts"

const apiKey = Redacted.make("sk-test-0123456789abcd")
const providers = (sandbox: Box) => ({
  openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey }),
  anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic"), apiKey }),
  gemini: Gemini.layer({ baseUrl: sandbox.baseUrl("gemini"), apiKey })
})

const Shop = Toolkit.make(
  Tool.make("look_up_stock", {
    parameters: Schema.Struct({ yarn: Schema.String }),
    success: Schema.Struct({ metres: Schema.Finite })
  }),
  Tool.make("look_up_price", {
    parameters: Schema.Struct({ yarn: Schema.String }),
    success: Schema.Struct({ usd: Schema.Finite })
  })
)

const voices = [
  { model: "openai/gpt-6-luna", reasoning: "low" },
  { model: "anthropic/claude-opus-5-5", reasoning: "low" },
  { model: "gemini/gemini-3.6-flash", reasoning: "low" }
] as const

/** Opus can't be made to call a tool. */
const agentOf = (voice: typeof voices[number]) =>
  voice.model === "anthropic/claude-opus-5-5" ? { model: "anthropic/claude-haiku-4-5" } as const : voice

const Order = Schema.Struct({
  customer: Schema.String,
  lines: Schema.Array(Schema.Struct({ sku: Schema.String, count: Schema.Int })),
  notes: Schema.Record(Schema.String, Schema.String),
  due: Schema.optionalKey(Schema.String)
})

/** Three turns of one task: two tools, one after the other, and an answer. */
const choices = ["auto", { tool: "look_up_price" }, "none"] as const

const agent = (isStream: boolean) =>
  Effect.gen(function*() {
    const run: Array<string> = []
    const handlers = Shop.toLayer({
      look_up_stock: () => Effect.sync(() => (run.push("stock"), { metres: 1200 })),
      look_up_price: () => Effect.sync(() => (run.push("price"), { usd: 0.04 }))
    })
    const chat = yield* Chat.fromPrompt("You weave.")
    const turns: Array<ReadonlyArray<Response.AnyPart>> = []
    for (const [turn, toolChoice] of choices.entries()) {
      const asked = { prompt: turn === 0 ? "look_up_stock of wool, then plan a scarf." : [], toolkit: Shop, toolChoice }
      turns.push(
        isStream
          ? yield* Effect.provide(Stream.runCollect(chat.streamText(asked)), handlers)
          : (yield* Effect.provide(chat.generateText(asked), handlers)).content
      )
    }
    return { run, turns }
  })

const textOf = (content: ReadonlyArray<Response.AnyPart>) =>
  Prompt.fromResponseParts(content).content.flatMap((message) =>
    message.role === "assistant" ? message.content.flatMap((part) => part.type === "text" ? [part.text] : []) : []
  ).join("")

/** What a program gives in a world of its own, what it sent, and what that cost. */
const told =
  <A>(program: Effect.Effect<A, AiError.AiError | GenerateError.GenerateError, LanguageModel.LanguageModel>) =>
  (options: EffectAi.Options) =>
    inWorld({ providers }, function*({ records, sandbox }) {
      const value = yield* Effect.provide(program, EffectAi.layer(options))
      const attempts = records.flatMap(({ attempts }) => attempts)
      assert.strictEqual(spent(attempts), yield* billed(sandbox))
      return {
        value,
        sent: yield* bodies(sandbox),
        calls: records.map(({ attempts, operation, outcome, usage }) => ({
          operation,
          outcome,
          spent: spent(attempts),
          usage
        }))
      }
    })

describe.each(voices)("effect/ai over $model", (voice) => {
  it.live.each([false, true])(
    "leads an agent through three turns, at the sandbox's bill (stream: %s)",
    (isStream) =>
      inWorld({ providers }, function*({ records, sandbox }) {
        const [{ run, turns }, spend] = yield* agent(isStream).pipe(
          Ledger.measure,
          Effect.provide(EffectAi.layer({ ...agentOf(voice), tags: { agent: "weaver" } }))
        )
        assert.deepStrictEqual(run, ["stock", "price"])
        assert.deepStrictEqual(turns.map((content) => EffectAi.summary(content)?.cost.status), [
          "measured",
          "measured",
          "measured"
        ])
        assert.isAbove(textOf(turns[2]!).length, 0)
        assert.deepStrictEqual(
          records.map(({ operation, outcome, tags }) => [operation, outcome, tags]),
          choices.map(() => [isStream ? "stream" : "generate", "ok", { agent: "weaver" }])
        )
        const bill = yield* billed(sandbox)
        assert.isAbove(bill, 0)
        assert.strictEqual(spent(records.flatMap(({ attempts }) => attempts)), bill)
        assert.strictEqual(
          turns.reduce((sum, content) => sum + (EffectAi.summary(content)?.cost.picoUsd ?? NaN), 0),
          bill
        )
        assert.strictEqual(Math.round(spend.usd * 1e12), bill)
        assert.lengthOf(yield* sandbox.journal, 3)
      })
  )

  it.live("sends what a direct call sends, and answers the same at the same cost", () =>
    Effect.gen(function*() {
      const prompt = [
        { role: "system", content: "You weave." },
        { role: "user", content: "look_up_stock of wool. [words: 40]" }
      ] as const
      const object = { prompt: "Make an order of linen.", schema: Order }
      const asked = { ...voice, prompt, tools: Object.values(Shop.tools) }
      const direct = yield* told(Effect.gen(function*() {
        const called = yield* Loom.generate(asked)
        const parts = yield* Stream.runCollect(Loom.stream({ ...asked, maxOutputTokens: 900 }))
        const { object: order } = yield* Loom.generateObject({ ...voice, ...object, schemaName: "order" })
        return [
          Prompt.fromResponseParts(called.content).content,
          Prompt.fromResponseParts(Generation.fromParts(parts)?.content ?? []).content,
          order
        ]
      }))(voice)
      const toolkit = { prompt, toolkit: Shop, disableToolCallResolution: true } as const
      const bridged = yield* told(Effect.gen(function*() {
        const called = yield* LanguageModel.generateText(toolkit)
        const parts = yield* LanguageModel.streamText(toolkit).pipe(
          Stream.provideService(EffectAi.CurrentConfig, { maxOutputTokens: 900 }),
          Stream.runCollect
        )
        const { value } = yield* LanguageModel.generateObject({ ...object, objectName: "order" })
        return [Prompt.fromResponseParts(called.content).content, Prompt.fromResponseParts(parts).content, value]
      }))(voice)
      assert.lengthOf(direct.calls, 3)
      assert.deepStrictEqual(bridged, direct)
    }))

  it.live("brings back to the vendor what its own search has found", () =>
    Effect.gen(function*() {
      const options = { ...voice, webSearch: true }
      const prompts = ["search the latest news about linen", "And wool?"]
      const direct = yield* told(Effect.gen(function*() {
        let history = Prompt.empty
        for (const prompt of prompts) {
          history = Prompt.concat(history, Prompt.make(prompt))
          const { content } = yield* Loom.generate({ ...options, prompt: history })
          history = Prompt.concat(history, Prompt.fromResponseParts(content))
        }
      }))(options)
      const bridged = yield* told(Effect.gen(function*() {
        const chat = yield* Chat.empty
        for (const prompt of prompts) {
          const { content } = yield* chat.generateText({ prompt })
          if (prompt === prompts[0]) assert.isTrue(content.some((part) => part.type === "source"))
        }
      }))(options)
      assert.lengthOf(direct.sent, 2)
      assert.deepStrictEqual(bridged, direct)
    }))
})
