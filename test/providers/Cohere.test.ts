import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Duration, Redacted, Schema, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { Generation, Loom, type Request, RetryPolicy } from "loom-router"
import * as Cohere from "loom-router/providers/Cohere"
import { bill, cohere } from "./bill.ts"
import { at, contract, testKey } from "./contract.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

describe("chat", () => {
  contract({
    key: "cohere",
    apiKeyEnv: "CO_API_KEY",
    providers: (sandbox) => ({ cohere: Cohere.layer({ baseUrl: sandbox.baseUrl("cohere") }) }),
    defaults: { reasoning: "none" },
    models: {
      text: "command-a-plus-05-2026",
      answersAs: "command-a-plus-05-2026",
      reasoning: "command-a-plus-05-2026"
    },
    wire: {
      system: (body) => at(body, "messages", 0, "content"),
      maxOutputTokens: (body) => body["max_tokens"]
    },
    native: { options: { safety_mode: "STRICT", k: 40 }, idOf: (native) => at(native, "id") },
    can: {
      stop: (body) => body["stop_sequences"],
      temperature: (body) => body["temperature"],
      topP: (body) => body["p"],
      seed: (body) => body["seed"],
      presencePenalty: (body) => body["presence_penalty"],
      parallelToolCalls: false,
      namesModel: false,
      filters: false,
      countsReasoning: false,
      thoughts: (body) => at(body, "messages", 1, "content", 0, "thinking")
    }
  })
})

bill(cohere, 6)

const world: Setup = {
  providers: (sandbox) => ({
    cohere: Cohere.layer({ baseUrl: sandbox.baseUrl("cohere"), apiKey: Redacted.make(testKey) })
  })
}

const plus = "command-a-plus-05-2026"
const asked = { provider: "cohere", model: plus, prompt: "Hello" } as const
const weather = Tool.make("lookup_weather", { parameters: Schema.Struct({ city: Schema.String }) })
const clock = Tool.make("read_clock", { parameters: Schema.Struct({ zone: Schema.String }) })
const search = Tool.providerDefined({ id: "cohere.web_search", customName: "Search", providerName: "web_search" })()

describe("cohere, as itself", () => {
  it.live("cohere: reasoning is told as a budget of tokens, or switched off", () =>
    inWorld(world, function*({ sandbox }) {
      const thinking = function*(reasoning: Request.ReasoningEffort) {
        const { content } = yield* Loom.generate({ ...asked, reasoning })
        return [(yield* bodies(sandbox)).at(-1)?.["thinking"], content.some(({ type }) => type === "reasoning")]
      }
      assert.deepStrictEqual(yield* thinking("none"), [{ type: "disabled" }, false])
      assert.deepStrictEqual(yield* thinking("low"), [{ type: "enabled", token_budget: 2048 }, true])
      assert.deepStrictEqual(yield* thinking("high"), [{ type: "enabled", token_budget: 16_384 }, true])
      assert.deepStrictEqual(yield* thinking("max"), [{ type: "enabled" }, true])
      const error = yield* failure(Loom.generate({ ...asked, model: "command-r-08-2024", reasoning: "high" }))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "reasoning" })
    }))

  it.live("cohere: the tool that is to be called is the only one that is offered", () =>
    inWorld(world, function*({ sandbox }) {
      const offered = function*(toolChoice: Request.ToolChoice) {
        yield* Loom.generate({ ...asked, tools: [weather, clock], toolChoice })
        const { tool_choice, tools } = (yield* bodies(sandbox)).at(-1) ?? {}
        return [tool_choice, Array.isArray(tools) ? tools.map((tool) => at(tool, "function", "name")) : tools]
      }
      assert.deepStrictEqual(yield* offered("auto"), [undefined, ["lookup_weather", "read_clock"]])
      assert.deepStrictEqual(yield* offered("none"), ["NONE", ["lookup_weather", "read_clock"]])
      assert.deepStrictEqual(yield* offered("required"), ["REQUIRED", ["lookup_weather", "read_clock"]])
      assert.deepStrictEqual(yield* offered({ tool: "read_clock" }), ["REQUIRED", ["read_clock"]])
      const error = yield* failure(Loom.generate({ ...asked, tools: [search] }))
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "tools" })
    }))

  it.live("cohere: the plan before calls is a thought, and goes back as the plan, whole and streamed", () =>
    inWorld(world, function*({ sandbox }) {
      const request = { ...asked, prompt: "lookup_weather, please", tools: [weather] }
      const whole = yield* Loom.generate(request)
      const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(request)))
      for (const answer of [whole, streamed]) {
        assert(answer !== undefined)
        const call = answer.content.find((part) => part.type === "tool-call")
        const plans = answer.content.filter((part) =>
          part.type === "reasoning" && at(part.metadata, "cohere", "is") === "plan"
        )
        assert.lengthOf(plans, 1)
        const { text } = yield* Loom.generate({
          ...asked,
          tools: [weather],
          prompt: Prompt.concat(
            Prompt.concat(Prompt.make("lookup_weather, please"), Prompt.fromResponseParts(answer.content)),
            Prompt.make([{
              role: "tool",
              content: [{
                type: "tool-result",
                id: call?.id ?? "",
                name: "lookup_weather",
                isFailure: false,
                result: "sun"
              }]
            }])
          )
        })
        assert.include(text, "According to lookup_weather: sun")
        const back = at((yield* bodies(sandbox)).at(-1), "messages", 1)
        const came = at(answer.native, "message")
        assert.isString(at(came, "tool_plan"))
        assert.deepStrictEqual(back, came)
      }
    }))

  it.live("cohere: another vendor's thoughts stay at home", () =>
    inWorld(world, function*({ sandbox }) {
      yield* Loom.generate({
        ...asked,
        prompt: [
          { role: "user", content: "Hello" },
          {
            role: "assistant",
            content: [
              { type: "reasoning", text: "A thought.", options: { anthropic: { signature: "sealed" } } },
              { type: "text", text: "Hi." }
            ]
          },
          { role: "user", content: "Again" }
        ]
      })
      assert.deepStrictEqual(at((yield* bodies(sandbox))[0], "messages", 1), {
        role: "assistant",
        content: [{ type: "text", text: "Hi." }]
      })
    }))

  it.live("cohere: says what it leaves out, and refuses what it hasn't", () =>
    inWorld(world, function*({ sandbox }) {
      const { warnings } = yield* Loom.generate({
        ...asked,
        tools: [weather],
        presencePenalty: -0.5,
        frequencyPenalty: 0.5,
        serviceTier: "priority",
        parallelToolCalls: false,
        promptCache: true
      })
      assert.deepStrictEqual(warnings, [
        "presencePenalty was dropped: Cohere takes 0 to 1",
        "serviceTier was dropped: Cohere has no such option",
        "parallelToolCalls was dropped: Cohere has no such option",
        "promptCache was dropped: Cohere caches as it sees fit, and at no price of its own"
      ])
      const [body] = yield* bodies(sandbox)
      assert.deepInclude(body, { frequency_penalty: 0.5 })
      assert.notProperty(body, "presence_penalty")
      const error = yield* failure(Loom.generate({ ...asked, webSearch: true }))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "webSearch" })
      const pdf = {
        type: "file",
        mediaType: "application/pdf",
        data: new Uint8Array([0x25, 0x50, 0x44, 0x46])
      } as const
      const file = yield* failure(Loom.generate({ ...asked, prompt: [{ role: "user", content: [pdf] }] }))
      assert.strictEqual(file.reason._tag, "Unsupported")
      assert.lengthOf(yield* sandbox.journal, 1)
    }))

  it.live("cohere: what is billed is what is priced, not what was processed", () =>
    inWorld(world, function*() {
      const { cost, native, usage } = yield* Loom.generate(asked)
      expectTypeOf(native).toEqualTypeOf<Cohere.Native["reply"]>()
      assert.strictEqual(native.usage?.billed_units?.input_tokens, usage.inputTokens)
      assert.isAbove(native.usage?.tokens?.input_tokens ?? 0, usage.inputTokens)
      assert.strictEqual(cost.status, "measured")
    }))

  it.live("cohere: an answer without billed units is counted by its tokens, and estimated without either", () =>
    inWorld(world, function*({ sandbox }) {
      const answered = function*(usage: unknown) {
        const message = { role: "assistant", content: [{ type: "text", text: "They weave." }] }
        const body = { id: "c1", finish_reason: "COMPLETE", message, usage }
        yield* sandbox.script({ respond: { status: 200, body } })
        return yield* Loom.generate(asked)
      }
      const counted = yield* answered({ tokens: { input_tokens: 7, output_tokens: 3 } })
      assert.deepStrictEqual([counted.usage.inputTokens, counted.usage.outputTokens], [7, 3])
      assert.strictEqual((yield* answered({})).cost.status, "estimated")
    }))

  it.live("cohere: an answer that ended with an error is one, and may have been billed", () =>
    inWorld(world, function*({ sandbox }) {
      const once = { ...asked, retry: RetryPolicy.none }
      const message = { role: "assistant", content: [{ type: "text", text: "They" }] }
      const usage = { billed_units: { input_tokens: 7, output_tokens: 3 } }
      for (const finish_reason of ["ERROR", "TIMEOUT"]) {
        yield* sandbox.script({ respond: { status: 200, body: { id: "c1", finish_reason, message, usage } } })
        const error = yield* failure(Loom.generate(once))
        assert.deepInclude(error.reason, { _tag: "Overloaded", maybeBilled: true })
        assert.deepStrictEqual([error.usage?.totalTokens, error.requestId], [10, "c1"])
        assert.include(error.message, finish_reason)
      }
      yield* sandbox.script({ fail: { afterEvents: 1, message: "the looms are broken" } })
      const error = yield* failure(Stream.runDrain(Loom.stream(once)))
      assert.deepInclude(error.reason, { _tag: "Overloaded", maybeBilled: true })
      assert.include(error.message, "the looms are broken")
    }))

  it.live("cohere: tells what is wrong with a request, by the vendor's own words", () =>
    inWorld(world, function*({ sandbox }) {
      const unknown = yield* failure(Loom.generate({ ...asked, native: { model: "command-x" } }))
      assert.deepInclude(unknown, { status: 404 })
      assert.include(unknown.message, "model 'command-x' not found")
      assert.strictEqual(unknown.requestId, (yield* sandbox.journal)[0]?.requestId)
      const wrong = yield* failure(Loom.generate({ ...asked, native: { k: 501 } }))
      assert.deepInclude(wrong.reason, { _tag: "InvalidRequest", detail: "invalid request: k: must be at most 500" })
      yield* sandbox.script(
        { respond: { status: 402 } },
        { respond: { status: 429, headers: { "x-ratelimit-reset": String(Date.UTC(2026, 10, 23, 10) / 1000 + 30) } } }
      )
      assert.strictEqual((yield* failure(Loom.generate(asked))).reason._tag, "QuotaExceeded")
      const limited = yield* failure(Loom.generate({ ...asked, retry: RetryPolicy.none }))
      assert(limited.reason._tag === "RateLimited" && limited.reason.retryAfter !== undefined)
      assert.closeTo(Duration.toMillis(limited.reason.retryAfter), 29_000, 1000)
    }))
})
