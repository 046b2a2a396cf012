import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Redacted, Schema } from "effect"
import { Prompt, Tool } from "effect/ai"
import { Images, Loom } from "loom-router"
import * as Minimax from "loom-router/providers/Minimax"
import { bill } from "./bill.ts"
import { at, contract, testKey, tokens, type Vendor } from "./contract.ts"
import { imageContract } from "./imageContract.ts"
import { billed, bodies, failure, inWorld, type Setup, spent } from "./world.ts"

const vendor: Vendor = {
  key: "minimax",
  apiKeyEnv: "MINIMAX_API_KEY",
  providers: (sandbox) => ({ minimax: Minimax.layer({ baseUrl: sandbox.baseUrl("minimax") }) }),
  defaults: { reasoning: "none" },
  models: { text: "MiniMax-M3", answersAs: "MiniMax-M3", reasoning: "MiniMax-M3" },
  wire: {
    system: (body) => at(body, "system", 0, "text"),
    maxOutputTokens: (body) => body["max_tokens"]
  },
  native: { options: { metadata: { user_id: "tenant-7" } }, idOf: (native) => at(native, "id") },
  can: {
    promptCache: { from: 512 },
    temperature: (body) => body["temperature"],
    topP: (body) => body["top_p"],
    recursion: true,
    refusesInWords: true,
    filters: false,
    countsReasoning: false,
    parallelToolCalls: false,
    requestIds: "of answers",
    thoughts: (body) => at(body, "messages", 1, "content", 0, "thinking")
  }
}

contract(vendor)

imageContract({
  key: "minimax",
  apiKeyEnv: "MINIMAX_API_KEY",
  providers: (sandbox, options) => ({ minimax: Minimax.layer({ baseUrl: sandbox.baseUrl("minimax"), ...options }) }),
  model: "image-01",
  size: { asked: { size: "640x512" }, width: 640, height: 512 },
  mediaType: "image/jpeg",
  formats: [],
  refuses: [
    ["size", { size: "640x500" }],
    ["aspectRatio", { size: undefined, aspectRatio: "5:4" }],
    ["prompt", { system: "x".repeat(1500) }],
    ["quality", { quality: "high" }],
    ["format", { format: "png" }],
    ["background", { background: "transparent" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["n", { n: 10 }]
  ],
  wire: { prompt: ({ prompt }) => prompt, seed: ({ seed }) => seed },
  native: { options: { prompt_optimizer: true }, at: (body) => body["prompt_optimizer"] },
  can: {
    n: "at once",
    edit: { arrived: ({ subject_reference: subjects }) => Array.isArray(subjects) ? subjects.length : 0 },
    givesLinks: true,
    mask: { unsupported: "facts 8: fields" },
    job: false,
    link: true,
    partials: false,
    moderation: { input: "maybe", output: "maybe" },
    withholdsOne: true,
    repeated: [429, 500, 503]
  }
})

const marked = { minimax: { cache_control: { type: "ephemeral" } } }

const files = "none" as const

bill({
  key: "minimax",
  layer: (sandbox) => Minimax.layer({ baseUrl: sandbox.baseUrl("minimax"), apiKey: Redacted.make(testKey) }),
  voices: [
    { model: "MiniMax-M2", reasons: true, files, tiers: [] },
    { model: "MiniMax-M2.1", reasons: true, files, writes: true, tiers: [] },
    { model: "MiniMax-M2.5", reasons: true, samples: true, files, writes: true, tiers: [] },
    { model: "MiniMax-M2.5-highspeed", reasons: true, files, writes: true, tiers: [] },
    { model: "MiniMax-M2.7", reasons: true, files, writes: true, tiers: [] },
    { model: "MiniMax-M2.7-highspeed", reasons: true, files, writes: true, tiers: [] },
    { model: "MiniMax-M3", reasons: true, samples: true, files: "images", tiers: [] },
    { model: "MiniMax-M3.1-Flash", reasons: true, files: "images", tiers: [] }
  ],
  styleOf: (roll, { writes }) => writes === true && roll.chance(0.5) ? { marks: { system: marked, user: {} } } : {},
  long: [{ model: "minimax/MiniMax-M3", prompt: "x ".repeat(512_100) }],
  lacks: ["longWrites", "reasoned", "searches", "tiers"]
})

const world: Setup = {
  providers: (sandbox) => ({
    minimax: Minimax.layer({ baseUrl: sandbox.baseUrl("minimax"), apiKey: Redacted.make(testKey) })
  })
}
const asked = { provider: "minimax", model: "MiniMax-M3", prompt: "Hello" } as const
const weather = Tool.make("lookup_weather", { parameters: Schema.Struct({ city: Schema.String }) })

describe("minimax, as itself", () => {
  it.live("minimax: the key goes by its own header, and no other", () =>
    inWorld(world, function*({ sandbox }) {
      yield* Loom.generate(asked)
      const [entry] = yield* sandbox.journal
      assert.include(JSON.stringify(entry?.headers["x-api-key"]), "abcd")
      assert.deepInclude(entry?.headers, { "anthropic-version": "2023-06-01" })
      assert.notProperty(entry?.headers, "authorization")
    }))

  it.live("minimax: thinks or not, and models up to M2.7 always", () =>
    inWorld(world, function*({ sandbox }) {
      const cases = [
        ["MiniMax-M3", "none", { type: "disabled" }, undefined],
        ["MiniMax-M3", "high", { type: "adaptive" }, undefined],
        ["MiniMax-M3", "low", { type: "adaptive" }, /^reasoning was raised from low to high/],
        ["MiniMax-M3", "max", { type: "adaptive" }, /^reasoning was lowered from max to high/],
        ["MiniMax-M2.7", "high", undefined, undefined],
        ["MiniMax-M2.7", "none", undefined, /^reasoning was raised from none to high: the model always thinks/]
      ] as const
      for (const [model, reasoning, thinking, warning] of cases) {
        const { content, warnings } = yield* Loom.generate({ ...asked, model, reasoning })
        assert.deepStrictEqual((yield* bodies(sandbox)).at(-1)?.["thinking"], thinking)
        assert.strictEqual(content.some(({ type }) => type === "reasoning"), at(thinking, "type") !== "disabled")
        assert.lengthOf(warnings, warning === undefined ? 0 : 1)
        if (warning !== undefined) assert.match(warnings[0] ?? "", warning)
      }
    }))

  it.live("minimax: temperature and topP are kept within what it takes", () =>
    inWorld(world, function*({ sandbox }) {
      const { warnings } = yield* Loom.generate({ ...asked, temperature: 0, topP: 0 })
      assert.deepInclude((yield* bodies(sandbox))[0], { temperature: 0.01, top_p: 0.01 })
      assert.lengthOf(warnings, 2)
      assert.lengthOf((yield* Loom.generate({ ...asked, temperature: 1.5 })).warnings, 1)
    }))

  it.live("minimax: a thought goes back with its seal before the call that it led to", () =>
    inWorld(world, function*({ sandbox }) {
      const prompt = Prompt.make("lookup_weather")
      const first = yield* Loom.generate({ ...asked, tools: [weather], prompt })
      const call = first.content.find((part) => part.type === "tool-call")
      const result = Prompt.make([{
        role: "tool",
        content: [{ type: "tool-result", id: call?.id ?? "", name: "lookup_weather", isFailure: false, result: "sun" }]
      }])
      const history = Prompt.concat(Prompt.concat(prompt, Prompt.fromResponseParts(first.content)), result)
      const second = yield* Loom.generate({ ...asked, tools: [weather], prompt: history })
      const content = at((yield* bodies(sandbox))[1], "messages", 1, "content")
      assert.deepStrictEqual(Array.isArray(content) ? content.map((block) => at(block, "type")) : content, [
        "thinking",
        "tool_use"
      ])
      const [thought] = first.content
      assert.strictEqual(at(content, 0, "signature"), at(thought?.metadata, "minimax", "signature"))
      assert.include(second.text, "sun")
    }))

  it.live("minimax: keeps by itself for free, and what is marked at a price", () =>
    inWorld(world, function*({ sandbox }) {
      const ask = (model: string, promptCache: boolean | { readonly breakpoints: ReadonlyArray<"system"> }) =>
        Loom.generate({ ...asked, model, system: `${model} ${tokens(700)}`, promptCache })
      const free = [yield* ask("MiniMax-M2.5", true), yield* ask("MiniMax-M2.5", true)]
      assert.deepStrictEqual(free.map(({ usage }) => [usage.cacheRead > 0, usage.cacheWrite]), [
        [false, {}],
        [true, {}]
      ])
      const breakpoints = { breakpoints: ["system"] } as const
      const priced = [yield* ask("MiniMax-M2.7", breakpoints), yield* ask("MiniMax-M2.7", breakpoints)]
      const [first, second] = priced
      assert.deepStrictEqual(Object.keys(first?.usage.cacheWrite ?? {}), ["5m"])
      assert.strictEqual(second?.usage.cacheRead, first?.usage.cacheWrite["5m"])
      assert.deepStrictEqual(priced.flatMap(({ warnings }) => warnings), [])
      const { warnings } = yield* ask("MiniMax-M3", breakpoints)
      assert.match(warnings.join(), /^promptCache.breakpoints was dropped/)
      assert.notInclude(JSON.stringify((yield* bodies(sandbox)).at(-1)), "cache_control")
      const [, , write] = yield* sandbox.bill
      assert.strictEqual(first?.cost.picoUsd, Number(write?.amount))
    }))

  it.live("minimax: an hour is more than it keeps what is marked for", () =>
    inWorld(world, function*() {
      const { warnings } = yield* Loom.generate({
        ...asked,
        model: "MiniMax-M2.7",
        system: tokens(700),
        promptCache: { ttl: "1h", breakpoints: ["system"] }
      })
      assert.lengthOf(warnings, 1)
      assert.match(warnings[0] ?? "", /^promptCache.ttl was lowered from 1h to 5m/)
    }))

  it.live("minimax: what it ignores is refused, or dropped with a warning, or an error where that is wanted", () =>
    inWorld(world, function*({ sandbox }) {
      for (const [feature, options] of [["stop", { stop: ["x"] }], ["serviceTier", { serviceTier: "fast" }]] as const) {
        const error = yield* failure(Loom.generate({ ...asked, ...options }))
        assert.deepInclude(error.reason, { _tag: "Unsupported", feature })
      }
      const strict = Tool.make("strict_tool", { parameters: Schema.Struct({ a: Schema.String }) })
        .annotate(Tool.Strict, true)
      const { warnings } = yield* Loom.generate({ ...asked, tools: [strict] })
      assert.match(warnings.join(), /^strict of strict_tool was dropped/)
      assert.notInclude(JSON.stringify((yield* bodies(sandbox))[0]), "\"strict\"")
      const own = Tool.providerDefined({ id: "any.web_search", customName: "Search", providerName: "web_search" })()
      const refused = yield* failure(Loom.generate({ ...asked, tools: [own] }))
      assert.deepInclude(refused.reason, { _tag: "InvalidRequest", field: "tools" })
      assert.lengthOf(yield* sandbox.journal, 1)
    }))

  it.live("minimax: what isn't there is an error where that is wanted", () =>
    inWorld({
      providers: (sandbox) => ({
        minimax: Minimax.layer({
          baseUrl: sandbox.baseUrl("minimax"),
          apiKey: Redacted.make(testKey),
          unsupported: "fail"
        })
      })
    }, function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ ...asked, seed: 1 }))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "seed" })
      assert.deepStrictEqual(yield* sandbox.journal, [])
    }))

  it.live("minimax: the schema of an object is told behind the instructions", () =>
    inWorld(world, function*({ sandbox }) {
      const { object } = yield* Loom.generateObject({
        ...asked,
        system: "Be brief.",
        schema: Schema.Struct({ sku: Schema.String })
      })
      assert.isString(object.sku)
      const [body] = yield* bodies(sandbox)
      assert.strictEqual(at(body, "system", 0, "text"), "Be brief.")
      assert.match(String(at(body, "system", 1, "text")), /JSON Schema:\n\{.*"sku"/)
      assert.notProperty(body, "output_config")
    }))

  it.live("minimax: errors in answers of status 200 are errors, and those with a status keep their words", () =>
    inWorld(world, function*({ sandbox }) {
      const told = [
        [200, 1002, "rate limit", "RateLimited"],
        [200, 1004, "login fail", "KeyRefused"],
        [200, 1008, "insufficient balance", "QuotaExceeded"],
        [200, 1027, "output new_sensitive", "ContentFiltered"],
        [200, 2013, "invalid params", "InvalidRequest"],
        [200, 1000, "unknown error", "Overloaded"],
        [429, 1008, "insufficient balance", "QuotaExceeded"],
        [500, 1000, "unknown error", "Overloaded"]
      ] as const
      for (const [status, status_code, status_msg, tag] of told) {
        yield* sandbox.script({
          respond: { status, body: { base_resp: { status_code, status_msg } } },
          times: "always"
        })
        const error = yield* failure(Loom.generate(asked))
        assert.strictEqual(error.reason._tag, tag)
        assert.include(error.why, status_msg)
        yield* sandbox.reset
      }
      const answer = yield* Loom.generate(asked)
      assert.deepStrictEqual(answer.native.base_resp, { status_code: 0, status_msg: "" })
      expectTypeOf<{ readonly temperature: number }>().toExtend<Minimax.Native["request"]>()
      assert.strictEqual(spent(answer.attempts), yield* billed(sandbox))
    }))

  it.live("minimax: its codes say what happened to an image, with status 200", () =>
    inWorld(world, function*({ sandbox }) {
      const image = { model: "minimax/image-01", prompt: "A loom", aspectRatio: "21:9" } as const
      for (
        const [status_code, tag] of [
          [1008, "QuotaExceeded"],
          [1026, "ContentFiltered"],
          [2013, "InvalidRequest"],
          [2049, "KeyRefused"],
          [1033, "Overloaded"]
        ] as const
      ) {
        yield* sandbox.reset
        const body = { base_resp: { status_code, status_msg: "so it is" } }
        yield* sandbox.script({ respond: { status: 200, body }, times: "always" })
        const error = yield* failure(Loom.generate(image))
        assert.deepStrictEqual([error.reason._tag, error.attempts.length], [tag, 1])
        assert.include(error.why, `so it is (${status_code})`)
      }
      yield* sandbox.reset
      const { images: [made], requestId } = yield* Loom.generate(image)
      assert.deepStrictEqual(made && Images.dimensions(made), { width: 1344, height: 576 })
      assert.isNotEmpty(requestId)
    }))

  it.live("minimax: models up to M2.7 see no images", () =>
    inWorld(world, function*({ sandbox }) {
      const data = new Uint8Array([0x89, 0x50, 0x4e, 0x47])
      const image = [{ role: "user", content: [{ type: "file", mediaType: "image/png", data }] }] as const
      const error = yield* failure(Loom.generate({ ...asked, model: "MiniMax-M2.7", prompt: image }))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "vision" })
      assert.deepStrictEqual(yield* sandbox.journal, [])
    }))
})
