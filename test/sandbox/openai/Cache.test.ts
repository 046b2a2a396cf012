import { assert, describe, it } from "@effect/vitest"
import type OpenAI from "openai"
import { call, driven, tokens } from "../driven.ts"

type Body = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, "model">

const hello = " [say: hello]"
/** 2005 tokens of input: 3 for the message, 1994, 5, and 3 for the answer to come. */
const long = tokens(1994) + hello

const details = (usage: OpenAI.Responses.ResponseUsage | undefined) => ({
  input: usage?.input_tokens,
  read: usage?.input_tokens_details.cached_tokens,
  written: usage?.input_tokens_details.cache_write_tokens
})

describe("the prefix cache", () => {
  it.effect("is earned on the second call and lost after its time", () =>
    driven(function*({ openai, sandbox }) {
      const ask = function*(body: Body = { input: long }) {
        return details((yield* call(() => openai.responses.create({ model: "gpt-4.1", ...body }))).usage)
      }
      assert.deepStrictEqual(yield* ask(), { input: 2005, read: 0, written: 0 })
      assert.deepStrictEqual(yield* ask(), { input: 2005, read: 1920, written: 0 })
      yield* sandbox.advance("9 minutes")
      assert.strictEqual((yield* ask()).read, 1920)
      yield* sandbox.advance("9 minutes")
      assert.strictEqual((yield* ask()).read, 1920)
      yield* sandbox.advance("10 minutes")
      assert.strictEqual((yield* ask()).read, 0)
      yield* sandbox.advance("10 minutes")
      yield* ask({ input: long, prompt_cache_retention: "24h" })
      yield* sandbox.advance("23 hours")
      assert.strictEqual((yield* ask()).read, 1920)
    }, { startsAt: 0 }))

  it.effect("reads the common prefix in steps of 128 from 1024 on", () =>
    driven(function*({ openai }) {
      const ask = function*(input: string) {
        return (yield* call(() => openai.responses.create({ model: "gpt-4.1", input }))).usage?.input_tokens_details
          .cached_tokens
      }
      yield* ask(tokens(3000))
      assert.strictEqual(yield* ask(`${tokens(1500)} and then something else`), 1408)
      assert.strictEqual(yield* ask(`${tokens(1100)} and then something else`), 1024)
      assert.strictEqual(yield* ask(`${tokens(1000)} and then something else`), 0)
      assert.strictEqual(yield* ask(`b ${tokens(2000)}`), 0)
    }))

  it.effect("belongs to a key, a model and a prompt_cache_key; tools and instructions come first", () =>
    driven(function*({ client, openai, sandbox }) {
      const ask = function*(by: OpenAI, model: string, body: Body) {
        return (yield* call(() => by.responses.create({ model, ...body }))).usage?.input_tokens_details.cached_tokens
      }
      yield* ask(openai, "gpt-4.1", { input: long })
      assert.strictEqual(yield* ask(client({ apiKey: "sk-other" }), "gpt-4.1", { input: long }), 0)
      assert.strictEqual(yield* ask(openai, "gpt-4.1-mini", { input: long }), 0)
      assert.strictEqual(yield* ask(openai, "gpt-4.1", { input: long, prompt_cache_key: "k" }), 0)
      assert.strictEqual(yield* ask(openai, "gpt-4.1", { input: long, instructions: "Be kind." }), 0)
      assert.strictEqual(yield* ask(openai, "gpt-4.1", { input: long }), 1920)
      assert.strictEqual(yield* ask(openai, "gpt-5-pro", { input: long }), 0)
      assert.strictEqual(yield* ask(openai, "gpt-5-pro", { input: long }), 0)
      yield* sandbox.reset
      assert.strictEqual(yield* ask(openai, "gpt-4.1", { input: long }), 0)
    }))

  it.effect("reports what gpt-5.6 and later write, once", () =>
    driven(function*({ openai, sandbox }) {
      const ask = function*(body: Body) {
        const reply = yield* call(() =>
          openai.responses.create({ model: "gpt-6-luna", reasoning: { effort: "none" }, ...body })
        )
        return reply.usage!.input_tokens_details
      }
      const written = (m30: number, h12: number, read = 0) => ({
        cached_tokens: read,
        cache_write_tokens: m30 + h12,
        cache_write_tokens_details: { ttl_12h_tokens: h12, ttl_30m_tokens: m30 }
      })
      assert.deepStrictEqual(yield* ask({ input: long }), written(1920, 0))
      assert.deepStrictEqual(yield* ask({ input: long }), written(0, 0, 1920))
      yield* sandbox.advance("29 minutes")
      assert.strictEqual((yield* ask({ input: long })).cached_tokens, 1920)
      yield* sandbox.advance("30 minutes")
      assert.deepStrictEqual(yield* ask({ input: long, prompt_cache_options: { ttl: "12h" } }), written(0, 1920))
      yield* sandbox.advance("11 hours")
      assert.strictEqual((yield* ask({ input: long })).cached_tokens, 1920)
      assert.deepStrictEqual(
        yield* ask({ input: `${tokens(1994)} ${tokens(300)}` }),
        written(2176 - 1920, 0, 1920)
      )
    }, { startsAt: 0 }))

  it.effect("writes explicit breakpoints exactly, and nothing without them in explicit mode", () =>
    driven(function*({ openai }) {
      const ask = function*(text: string, breakpoint: { readonly ttl?: "30m" | "12h" } | undefined) {
        const reply = yield* call(() =>
          openai.responses.create({
            model: "gpt-5.6-terra",
            prompt_cache_options: { mode: "explicit" },
            input: [{
              role: "user",
              content: [
                {
                  type: "input_text",
                  text: tokens(1100),
                  ...(breakpoint === undefined ? {} : { prompt_cache_breakpoint: { mode: "explicit", ...breakpoint } })
                },
                { type: "input_text", text }
              ]
            }]
          })
        )
        return [
          reply.usage!.input_tokens_details.cached_tokens,
          reply.usage!.input_tokens_details.cache_write_tokens_details?.ttl_30m_tokens,
          reply.usage!.input_tokens_details.cache_write_tokens_details?.ttl_12h_tokens
        ]
      }
      assert.deepStrictEqual(yield* ask("one", undefined), [0, 0, 0])
      assert.deepStrictEqual(yield* ask("two", { ttl: "12h" }), [0, 0, 1103])
      assert.deepStrictEqual(yield* ask("three", { ttl: "12h" }), [1103, 0, 0])
    }))

  it.effect("prewarms without an answer", () =>
    driven(function*({ openai }) {
      const warm = yield* call(() =>
        openai.responses.create({ model: "gpt-6-luna", input: long, prompt_cache_options: { prewarm: true } })
      )
      assert.deepStrictEqual(warm.output, [])
      assert.strictEqual(warm.usage?.output_tokens, 0)
      const next = yield* call(() => openai.responses.create({ model: "gpt-6-luna", input: long }))
      assert.strictEqual(next.usage?.input_tokens_details.cached_tokens, 1920)
    }))

  it.effect("serves Chat Completions alike", () =>
    driven(function*({ openai }) {
      const ask = function*() {
        const reply = yield* call(() =>
          openai.chat.completions.create({ model: "gpt-6-luna", messages: [{ role: "user", content: long }] })
        )
        const { cache_write_tokens, cached_tokens } = reply.usage!.prompt_tokens_details!
        return { cache_write_tokens, cached_tokens }
      }
      assert.deepStrictEqual(yield* ask(), { cache_write_tokens: 1920, cached_tokens: 0 })
      assert.deepStrictEqual(yield* ask(), { cache_write_tokens: 0, cached_tokens: 1920 })
    }))
})
