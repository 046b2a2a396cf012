import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { call, tokens } from "../driven.ts"
import { type Body, driven, saying } from "./claude.ts"

type Ttl = "5m" | "1h"

/** `n` tokens in a block; `ttl` ends a reusable prefix there. */
const block = (n: number, ttl?: Ttl, letter = "a"): Anthropic.TextBlockParam => ({
  type: "text",
  text: tokens(n, letter),
  ...(ttl === undefined ? {} : { cache_control: { type: "ephemeral", ttl } })
})

const ask = function*(client: Anthropic, body: Partial<Body>) {
  const { usage } = yield* call(() =>
    client.messages.create(saying("[say: hello]", { model: "claude-opus-4-8", ...body }))
  )
  return [
    usage.cache_read_input_tokens,
    usage.cache_creation?.ephemeral_5m_input_tokens,
    usage.cache_creation?.ephemeral_1h_input_tokens,
    usage.input_tokens
  ]
}

describe("the prefix cache", () => {
  for (const [ttl, minutes] of [["5m", 5], ["1h", 60]] as const) {
    it.effect(`keeps for ${ttl} what a block marks; hits refresh it free of charge`, () =>
      driven(function*({ anthropic, sandbox }) {
        const system = [block(1500, ttl)]
        const written = ttl === "5m" ? [0, 1503, 0, 11] : [0, 0, 1503, 11]
        assert.deepStrictEqual(yield* ask(anthropic, { system }), written)
        for (let hit = 0; hit < 2; hit++) {
          yield* sandbox.advance(`${minutes - 1} minutes`)
          assert.deepStrictEqual(yield* ask(anthropic, { system }), [1503, 0, 0, 11])
        }
        yield* sandbox.advance(`${minutes} minutes`)
        assert.deepStrictEqual(yield* ask(anthropic, { system }), written)
        yield* sandbox.reset
        assert.deepStrictEqual(yield* ask(anthropic, { system }), written)
      }, { startsAt: 0 }))
  }

  it.effect("keeps nothing that isn't marked", () =>
    driven(function*({ anthropic }) {
      assert.deepStrictEqual(yield* ask(anthropic, { system: [block(1500)] }), [0, 0, 0, 1514])
      assert.deepStrictEqual(yield* ask(anthropic, { system: [block(1500)] }), [0, 0, 0, 1514])
    }))

  it.effect("has a shortest prefix by model", () =>
    driven(function*({ anthropic }) {
      const shortest: ReadonlyArray<readonly [string, number]> = [
        ["claude-opus-5-5", 512],
        ["claude-haiku-5-5", 512],
        ["claude-opus-5", 512],
        ["claude-sonnet-5", 1024],
        ["claude-opus-4-8", 1024],
        ["claude-opus-4-7", 2048],
        ["claude-haiku-4-5", 4096]
      ]
      for (const [model, minimum] of shortest) {
        const written = function*(length: number) {
          return (yield* ask(anthropic, { model, system: [block(length - 3, "5m")] }))[1]
        }
        assert.strictEqual(yield* written(minimum - 1), 0, model)
        assert.strictEqual(yield* written(minimum), minimum, model)
      }
    }))

  it.effect("belongs to a key and a model", () =>
    driven(function*({ anthropic, client }) {
      const system = [block(4500, "5m")]
      yield* ask(anthropic, { system })
      assert.strictEqual((yield* ask(client({ apiKey: "sk-other" }), { system }))[0], 0)
      assert.strictEqual((yield* ask(anthropic, { system, model: "claude-haiku-4-5" }))[0], 0)
      assert.strictEqual((yield* ask(anthropic, { system }))[0], 4503)
    }))

  it.effect("runs from tools over system to messages, each with its own lifetime", () =>
    driven(function*({ anthropic }) {
      const tools: Array<Anthropic.Tool> = [{
        name: "look",
        description: tokens(1200),
        input_schema: { type: "object" },
        cache_control: { type: "ephemeral", ttl: "1h" }
      }]
      const messages = (text: string): Array<Anthropic.MessageParam> => [{
        role: "user",
        content: [block(200, "5m"), { type: "text", text }]
      }]
      const body = { tools, system: [block(300, "1h")] }
      const [read, m5, h1] = yield* ask(anthropic, { ...body, messages: messages("[say: one]") })
      assert.strictEqual(read, 0)
      assert.strictEqual(m5, 203)
      assert.isAbove(h1 ?? 0, 1500)
      const whole = (h1 ?? 0) + 203
      assert.deepStrictEqual(yield* ask(anthropic, { ...body, messages: messages("[say: two]") }), [whole, 0, 0, 8])
      const choice = { ...body, tool_choice: { type: "none" as const }, messages: messages("[say: two]") }
      assert.deepStrictEqual(yield* ask(anthropic, choice), [h1, 203, 0, 8])
      const [, , again] = yield* ask(anthropic, { ...body, system: [block(300, "1h", "b")], messages: messages("x") })
      assert.strictEqual(again, 303)
      const other = [{ ...tools[0]!, description: tokens(1200, "b") }]
      assert.strictEqual((yield* ask(anthropic, { ...body, tools: other, messages: messages("x") }))[0], 0)
    }))

  it.effect("looks at most 20 blocks back", () =>
    driven(function*({ anthropic }) {
      const grown = function*(more: number) {
        const blocks = [block(1500), ...Array.from({ length: more }, (_, i) => block(10, undefined, `b${more}x${i}`))]
        const content = [...blocks.slice(0, -1), { ...blocks.at(-1)!, cache_control: { type: "ephemeral" as const } }]
        return (yield* ask(anthropic, { messages: [{ role: "user", content }] }))[0]
      }
      assert.strictEqual(yield* grown(0), 0)
      assert.strictEqual(yield* grown(1), 1503)
      assert.strictEqual(yield* grown(19), 1503)
      assert.strictEqual(yield* grown(20), 0)
    }))

  it.effect("follows a conversation that is marked at the top of the request", () =>
    driven(function*({ anthropic }) {
      const cache_control = { type: "ephemeral" as const }
      const first: Array<Anthropic.MessageParam> = [{ role: "user", content: `${tokens(1500)} [say: hello]` }]
      assert.deepStrictEqual(yield* ask(anthropic, { cache_control, messages: first }), [0, 1508, 0, 3])
      const second: Array<Anthropic.MessageParam> = [
        ...first,
        { role: "assistant", content: "hello" },
        { role: "user", content: "[say: bye]" }
      ]
      assert.deepStrictEqual(yield* ask(anthropic, { cache_control, messages: second }), [1508, 12, 0, 3])
      assert.deepStrictEqual(yield* ask(anthropic, { cache_control, messages: second }), [1520, 0, 0, 3])
    }))

  it.effect("is warmed without an answer", () =>
    driven(function*({ anthropic, sandbox }) {
      const system = [block(1500, "5m")]
      const warm = yield* call(() =>
        anthropic.messages.create(saying("warm", { model: "claude-opus-4-8", system, max_tokens: 0 }))
      )
      assert.deepInclude(warm, { content: [], stop_reason: "max_tokens" })
      assert.strictEqual(warm.usage.output_tokens, 0)
      assert.deepStrictEqual((yield* sandbox.bill)[0]?.tokens, {
        input: 7,
        cachedRead: 0,
        cacheWrite: { "5m": 1503 },
        output: 0
      })
      assert.deepStrictEqual(yield* ask(anthropic, { system }), [1503, 0, 0, 11])
    }))
})
