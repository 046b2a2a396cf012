import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { type GenerateOptions, Generation, Loom, RetryPolicy } from "loom-router"
import * as OpenRouter from "loom-router/providers/OpenRouter"
import { at, type Body, testKey, tokens } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { billed, bodies, failure, inWorld, type Setup } from "./world.ts"

const detailsIn = (body: Body) => at(thoughtsIn("reasoning_details")(body), 0, "text")

const plugin = (name: string) => (body: Body) => at(body, "plugins", 0, name)

const openrouter: Shaped = {
  key: "openrouter",
  apiKeyEnv: "OPENROUTER_API_KEY",
  route: "openrouter",
  layer: OpenRouter.layer,
  defaults: { reasoning: "none" },
  models: {
    text: "openai/gpt-6-luna",
    answersAs: "openai/gpt-6-luna",
    reasoning: "google/gemini-4-argon",
    writes: "openai/gpt-6.1-sol"
  },
  maxOutputTokens: "max_completion_tokens",
  native: { session_id: "loom-7", provider: { require_parameters: true } },
  can: {
    ...common,
    pdf: "data",
    promptCache: {
      from: 1024,
      key: (body) => body["prompt_cache_key"],
      conversation: {
        model: "anthropic/claude-sonnet-5.5",
        off: { promptCache: false },
        // The few tokens behind the last message, and before the next, are read anew.
        rule: (count, before) => ({ read: before === 0 ? 0 : before - 3, written: count - (before === 0 ? 3 : before) })
      }
    },
    webSearch: {
      maxUses: plugin("max_uses"),
      allowedDomains: plugin("include_domains"),
      blockedDomains: plugin("exclude_domains"),
      location: (body) => {
        const { type: _, ...place } = Object(plugin("user_location")(body))
        return place
      }
    },
    thoughts: detailsIn,
    requestIds: "of answers"
  }
}

shapedContract(openrouter)

shapedBill(openrouter, {
  voices: [
    { model: "openai/gpt-6-luna", reasons: true, samples: true, tiers: [] },
    { model: "openai/gpt-6.1-sol", reasons: true, tiers: ["default"], files: "images" },
    { model: "anthropic/claude-haiku-5.5", reasons: true, tiers: [], files: "images" },
    { model: "google/gemini-4-argon", reasons: true, tiers: [], files: "images" },
    { model: "x-ai/grok-4.7", reasons: true, tiers: [], files: "images" }
  ]
})

const setupOf = (options?: OpenRouter.Options): Setup => ({
  providers: (sandbox) => ({
    openrouter: OpenRouter.layer({
      ...options,
      baseUrl: sandbox.baseUrl("openrouter"),
      apiKey: Redacted.make(testKey)
    })
  })
})
const setup = setupOf()
const hello = { model: "openrouter/google/gemini-4-argon", prompt: "Hello" } as const

const both = (asked: GenerateOptions.GenerateOptions) =>
  Effect.gen(function*() {
    const whole = yield* Loom.generate(asked)
    const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
    assert(streamed !== undefined)
    return [whole, streamed] as const
  })

describe("openrouter, as itself", () => {
  it.live("openrouter: what it says that a call cost stands beside what Loom says", () =>
    inWorld(setup, function*({ sandbox }) {
      for (const { cost } of yield* both(hello)) {
        assert.strictEqual(cost.status, "measured")
        assert.isAbove(cost.reportedUsd ?? NaN, 0)
        assert.strictEqual(cost.reportedUsd, cost.usd)
      }
      assert.notProperty((yield* bodies(sandbox))[0], "stream_options")
    }))

  it.live("openrouter: nobody is told who asks but where they want it", () =>
    Effect.gen(function*() {
      const asked = (options?: OpenRouter.Options) =>
        inWorld(setupOf(options), function*({ sandbox }) {
          yield* Loom.generate(hello)
          const [entry] = yield* sandbox.journal
          return [entry?.headers["http-referer"], entry?.headers["x-title"]]
        })
      assert.deepStrictEqual(yield* asked(), [undefined, undefined])
      assert.deepStrictEqual(yield* asked({ app: { url: "https://loom.example", title: "Loom" } }), [
        "https://loom.example",
        "Loom"
      ])
    }))

  it.live("openrouter: every level of thinking is its own", () =>
    inWorld(setup, function*({ sandbox }) {
      const levels = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const
      for (const reasoning of levels) {
        assert.deepStrictEqual((yield* Loom.generate({ ...hello, reasoning })).warnings, [])
      }
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => at(body, "reasoning", "effort")), [...levels])
    }))

  it.live("openrouter: thoughts go back piece by piece, with the calls they led to", () =>
    inWorld(setup, function*({ sandbox }) {
      const tools = [Tool.make("look", { parameters: Schema.Struct({ city: Schema.String }) })]
      const asked = { ...hello, tools, prompt: "look please", reasoning: "high" } as const
      for (const first of yield* both(asked)) {
        const call = first.content.find((part) => part.type === "tool-call")
        assert(call !== undefined)
        const history = Prompt.concat(Prompt.make(asked.prompt), Prompt.fromResponseParts(first.content))
        const result = { type: "tool-result", id: call.id, name: call.name, isFailure: false, result: "rain" } as const
        const next = yield* Loom.generate({
          ...asked,
          prompt: Prompt.concat(history, Prompt.make([{ role: "tool", content: [result] }]))
        })
        assert.include(next.text, "rain")
        const sent = at((yield* bodies(sandbox)).at(-1), "messages", 1)
        assert.deepStrictEqual(
          at(sent, "reasoning_details"),
          at(first.native, "choices", 0, "message", "reasoning_details")
        )
        assert.isUndefined(at(sent, "reasoning"))
      }
    }))

  it.live("openrouter: its web search gives sources, and is paid where its price is known", () =>
    inWorld(setup, function*({ sandbox }) {
      const asked = { prompt: "search for news about weaving", native: { plugins: [{ id: "web" }] } } as const
      const answers = yield* both({ ...asked, model: "openrouter/openai/gpt-6-luna" })
      for (const [index, answer] of answers.entries()) {
        const sources = answer.content.flatMap((part) => part.type === "source" ? [part] : [])
        assert.lengthOf(sources, 1)
        assert.match(String(sources[0]?.title), /overview/)
        assert.deepStrictEqual(answer.usage.requests, { web_search: 1 })
        assert.strictEqual(answer.cost.picoUsd, Number((yield* sandbox.bill)[index]?.amount))
      }
      const { cost } = yield* Loom.generate({ ...hello, ...asked })
      assert.deepStrictEqual([cost.status, cost.unpriced], ["unknown", ["requests.web_search"]])
      assert.isAbove(cost.reportedUsd ?? NaN, 0.01)
    }))

  it.live("openrouter: a marked beginning is written to the cache of Anthropic's models, and read from it", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (text: string) =>
        Loom.generate({
          model: "openrouter/anthropic/claude-sonnet-5.5",
          reasoning: "none",
          prompt: [
            {
              role: "system",
              content: tokens(1200),
              options: { openrouter: { cache_control: { type: "ephemeral" } } }
            },
            { role: "user", content: text }
          ]
        })
      const first = yield* ask("One?")
      const second = yield* ask("Two?")
      assert.deepStrictEqual(Object.keys(first.usage.cacheWrite), ["5m"])
      assert.strictEqual(second.usage.cacheRead, first.usage.cacheWrite["5m"])
      assert.strictEqual((first.cost.picoUsd ?? NaN) + (second.cost.picoUsd ?? NaN), yield* billed(sandbox))
    }))

  it.live("openrouter: the model that answered in another's place is the one that is paid", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({ answerModel: "x-ai/grok-4.7" })
      const answer = yield* Loom.generate({ ...hello, native: { models: ["x-ai/grok-4.7"] } })
      assert.strictEqual(answer.cost.price?.model, "x-ai/grok-4.7")
      assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox))
    }))

  it.live("openrouter: its types of errors say what the status doesn't, and what comes in a stream", () =>
    inWorld(setup, function*({ sandbox }) {
      const once = { ...hello, retry: RetryPolicy.none } as const
      const refusals = [
        { status: 402, code: "payment_required", tag: "QuotaExceeded" },
        { status: 403, code: "permission_denied", tag: "KeyRefused" },
        { status: 403, code: "content_policy_violation", tag: "ContentFiltered" },
        { status: 403, code: undefined, tag: "ContentFiltered" },
        { status: 429, code: "rate_limit_exceeded", tag: "RateLimited" },
        { status: 503, code: "provider_overloaded", tag: "Overloaded" }
      ]
      for (const { code, status, tag } of refusals) {
        yield* sandbox.script({ respond: { status, code } })
        const error = yield* failure(Loom.generate(once))
        assert.deepStrictEqual([error.reason._tag, error.status], [tag, status])
      }
      const head = { id: "gen-1", created: 1_795_430_400, model: "google/gemini-4-argon" }
      const errors = [
        { error: { code: 429, message: "Slow down." }, tag: "RateLimited" },
        { error: { code: 402, message: "No credits." }, tag: "QuotaExceeded" },
        {
          error: { code: 400, message: "Flagged.", metadata: { error_type: "refusal" } },
          tag: "ContentFiltered"
        },
        { error: { code: 502, message: "It is down." }, tag: "Overloaded" }
      ]
      for (const { error, tag } of errors) {
        const chunk = { ...head, error, choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }] }
        yield* sandbox.script({
          respond: { status: 200, contentType: "text/event-stream", body: `data: ${JSON.stringify(chunk)}\n\n` }
        })
        const failed = yield* failure(Stream.runDrain(Loom.stream(once)))
        assert.strictEqual(failed.reason._tag, tag)
        assert.include(failed.why, error.message)
      }
    }))
})
