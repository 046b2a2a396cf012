import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Redacted, Schema, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { Generation, Loom } from "loom-router"
import * as Xai from "loom-router/providers/Xai"
import { bill } from "./bill.ts"
import { at, contract, testKey, tokens, type Vendor } from "./contract.ts"
import { imageContract } from "./imageContract.ts"
import { billed, bodies, failure, inWorld, type Setup, spent } from "./world.ts"

const search = Tool.providerDefined({ id: "xai.web_search", customName: "XaiSearch", providerName: "web_search" })()

const vendor: Vendor = {
  key: "xai",
  apiKeyEnv: "XAI_API_KEY",
  providers: (sandbox) => ({ xai: Xai.layer({ baseUrl: sandbox.baseUrl("xai") }) }),
  models: {
    text: "grok-4.20-0309-non-reasoning",
    answersAs: "grok-4.20-0309-non-reasoning",
    reasoning: "grok-4.7"
  },
  wire: {
    system: (body) => at(body, "input", 0, "role") === "system" ? at(body, "input", 0, "content") : undefined,
    maxOutputTokens: (body) => body["max_output_tokens"]
  },
  native: {
    options: { metadata: { team: "weavers" }, max_turns: 3 },
    idOf: (native) => at(native, "id")
  },
  can: {
    promptCache: { from: 1024, key: (body) => body["prompt_cache_key"] },
    webSearch: {
      allowedDomains: (body) => at(body, "tools", 0, "allowed_domains"),
      blockedDomains: (body) => at(body, "tools", 0, "excluded_domains")
    },
    pdf: "data and address",
    temperature: (body) => body["temperature"],
    topP: (body) => body["top_p"],
    recursion: true,
    refusesInWords: true,
    search,
    requestIds: "of answers",
    seal: (part) => {
      const seal = at(part.options, "xai", "encryptedContent")
      return typeof seal === "string" ? seal : undefined
    }
  }
}

contract(vendor)

imageContract({
  key: "xai",
  apiKeyEnv: "XAI_API_KEY",
  providers: (sandbox, options) => ({ xai: Xai.layer({ baseUrl: sandbox.baseUrl("xai"), ...options }) }),
  model: "grok-imagine-image",
  size: { asked: { aspectRatio: "1:1" }, width: 1024, height: 1024 },
  mediaType: "image/jpeg",
  formats: [],
  refuses: [
    ["size", { size: "1024x1024", aspectRatio: undefined }],
    ["aspectRatio", { aspectRatio: "5:4" }],
    ["quality", { quality: "low" }],
    ["format", { format: "png" }],
    ["background", { background: "transparent" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["seed", { seed: 7 }],
    ["n", { n: 11 }]
  ],
  requestIds: false,
  wire: { prompt: ({ prompt }) => prompt },
  native: { options: { user: "weaver-7" }, at: ({ user }) => user },
  can: {
    n: "at once",
    edit: { arrived: ({ image, images }) => [image, images].flat().filter((given) => given !== undefined).length },
    givesLinks: true,
    mask: { unsupported: "facts 3: fields" },
    job: false,
    link: true,
    partials: false,
    moderation: { input: "maybe", output: "maybe" },
    withholdsOne: true,
    repeated: [429, 500, 503]
  }
})

bill({
  key: "xai",
  layer: (sandbox) => Xai.layer({ baseUrl: sandbox.baseUrl("xai"), apiKey: Redacted.make(testKey) }),
  voices: [
    { model: "grok-4.3", reasons: true, samples: true, tiers: [] },
    { model: "grok-4.5", reasons: true, tiers: [] },
    { model: "grok-4.6", reasons: true, tiers: [] },
    { model: "grok-4.7", reasons: true, samples: true, tiers: [] },
    { model: "grok-4.20-0309-reasoning", reasons: true, tiers: [] },
    { model: "grok-4.20-0309-non-reasoning", reasons: false, samples: true, tiers: [] },
    { model: "grok-build-0.1", reasons: true, tiers: [] }
  ],
  styleOf: () => ({ search }),
  long: [{ model: "xai/grok-4.7", prompt: "x ".repeat(200_100) }],
  lacks: ["writes", "longWrites", "tiers"]
})

const world: Setup = {
  providers: (sandbox) => ({ xai: Xai.layer({ baseUrl: sandbox.baseUrl("xai"), apiKey: Redacted.make(testKey) }) })
}
const asked = { provider: "xai", model: "grok-4.7", prompt: "Hello" } as const
const weather = Tool.make("lookup_weather", { parameters: Schema.Struct({ city: Schema.String }) })

describe("xai, as itself", () => {
  it.live("xai: tells what it charged, whole and streamed", () =>
    inWorld(world, function*({ sandbox }) {
      const whole = yield* Loom.generate(asked)
      const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
      const bill = yield* sandbox.bill
      for (const [index, answer] of [whole, streamed].entries()) {
        const amount = Number(bill[index]?.amount)
        assert.closeTo((answer?.cost.reportedUsd ?? NaN) * 1e12, amount, 100)
        assert.strictEqual(answer?.cost.picoUsd, amount)
      }
      expectTypeOf<{ readonly max_turns: number }>().toExtend<Xai.Native["request"]>()
      assert.isAbove(whole.native.usage?.cost_in_usd_ticks ?? 0, 0)
    }))

  it.live("xai: thinks by its levels, or not at all", () =>
    inWorld(world, function*({ sandbox }) {
      const cases = [
        ["none", "none", undefined],
        ["minimal", "low", /^reasoning was raised from minimal to low/],
        ["xhigh", "xhigh", undefined],
        ["max", "xhigh", /^reasoning was lowered from max to xhigh/]
      ] as const
      for (const [reasoning, effort, warning] of cases) {
        const { usage, warnings } = yield* Loom.generate({ ...asked, reasoning })
        assert.strictEqual(at((yield* bodies(sandbox)).at(-1), "reasoning", "effort"), effort)
        assert.strictEqual(usage.outputReasoning > 0, effort !== "none")
        assert.lengthOf(warnings, warning === undefined ? 0 : 1)
        if (warning !== undefined) assert.match(warnings[0] ?? "", warning)
      }
    }))

  it.live("xai: instructions are items wherever they stand, and nothing is stored", () =>
    inWorld(world, function*({ sandbox }) {
      yield* Loom.generate({
        ...asked,
        prompt: [
          { role: "system", content: "One." },
          { role: "user", content: "Hello" },
          { role: "system", content: "Two." },
          { role: "user", content: "Hello" }
        ]
      })
      const [body] = yield* bodies(sandbox)
      const { input, instructions, store } = body ?? {}
      assert.deepStrictEqual(Array.isArray(input) ? input.map((item) => at(item, "role")) : input, [
        "system",
        "user",
        "system",
        "user"
      ])
      assert.deepStrictEqual([instructions, store], [undefined, false])
    }))

  it.live("xai: a thought goes back before the result of the call that it led to", () =>
    inWorld(world, function*({ sandbox }) {
      const prompt = Prompt.make("lookup_weather")
      const first = yield* Loom.generate({ ...asked, tools: [weather], reasoning: "low", prompt })
      const call = first.content.find((part) => part.type === "tool-call")
      const result = Prompt.make([{
        role: "tool",
        content: [{ type: "tool-result", id: call?.id ?? "", name: "lookup_weather", isFailure: false, result: "sun" }]
      }])
      const history = Prompt.concat(Prompt.concat(prompt, Prompt.fromResponseParts(first.content)), result)
      const second = yield* Loom.generate({ ...asked, tools: [weather], reasoning: "low", prompt: history })
      const input = (yield* bodies(sandbox))[1]?.["input"]
      assert.deepStrictEqual(Array.isArray(input) ? input.map((item) => at(item, "type")) : input, [
        undefined,
        "reasoning",
        "function_call",
        "function_call_output"
      ])
      assert.include(second.text, "sun")
    }))

  it.live("xai: searches of X are paid like those of the web", () =>
    inWorld(world, function*({ sandbox }) {
      const searchX = Tool.providerDefined({ id: "xai.x_search", customName: "SearchX", providerName: "x_search" })()
      const answer = yield* Loom.generate({ ...asked, prompt: "search the latest", tools: [searchX] })
      assert.deepStrictEqual(answer.usage.requests, { x_search: 1 })
      assert.lengthOf(Generation.sources(answer), 1)
      assert.strictEqual(spent(answer.attempts), yield* billed(sandbox))
    }))

  it.live("xai: more than five domains are refused before they are sent", () =>
    inWorld(world, function*({ sandbox }) {
      const many = ["a.com", "b.com", "c.com", "d.com", "e.com", "f.com"] as const
      for (const name of ["allowedDomains", "blockedDomains"] as const) {
        const error = yield* failure(Loom.generate({ ...asked, webSearch: { [name]: many } }))
        assert.deepInclude(error.reason, { _tag: "Unsupported", feature: `webSearch.${name}` })
      }
      assert.deepStrictEqual(yield* sandbox.journal, [])
    }))

  it.live("xai: has no marks to stop at", () =>
    inWorld(world, function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ ...asked, stop: ["x"] }))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "stop" })
      assert.deepStrictEqual(yield* sandbox.journal, [])
    }))

  it.live("xai: what isn't there is an error where that is wanted", () =>
    inWorld({
      providers: (sandbox) => ({
        xai: Xai.layer({ baseUrl: sandbox.baseUrl("xai"), apiKey: Redacted.make(testKey), unsupported: "fail" })
      })
    }, function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ ...asked, seed: 1 }))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "seed" })
      assert.deepStrictEqual(yield* sandbox.journal, [])
    }))

  it.live("xai: a tier whose price isn't known doesn't cost what the usual one does", () =>
    inWorld(world, function*({ sandbox }) {
      const usual = yield* Loom.generate({ ...asked, serviceTier: "default" })
      const priority = yield* Loom.generate({ ...asked, serviceTier: "priority" })
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => body["service_tier"]), ["default", "priority"])
      assert.deepStrictEqual([usual.cost.status, priority.cost.status], ["measured", "unknown"])
      assert.isDefined(priority.cost.reportedUsd)
    }))

  it.live("xai: its two shapes of errors keep their words, by status and in the middle", () =>
    inWorld(world, function*({ sandbox }) {
      const wrong = yield* failure(Loom.generate({ ...asked, native: { temperature: 9 } }))
      assert.deepInclude(wrong.reason, { _tag: "InvalidRequest", field: "temperature" })
      const told = [
        [429, "resource-exhausted", "too many", "RateLimited"],
        [400, "invalid-argument", "no such thing", "InvalidRequest"],
        [200, "invalid-argument", "no such thing", "InvalidRequest"],
        [200, "internal", "a fault", "Overloaded"]
      ] as const
      for (const [status, code, error, tag] of told) {
        yield* sandbox.script({ respond: { status, body: { code, error } }, times: "always" })
        const found = yield* failure(Loom.generate(asked))
        assert.strictEqual(found.reason._tag, tag)
        assert.include(found.why, error)
        yield* sandbox.reset
      }
    }))

  it.live("xai: an image of 2.0 costs by its quality and resolution, and by the pictures sent along", () =>
    inWorld(world, function*({ sandbox }) {
      const image = { model: "xai/grok-imagine-image-2.0", aspectRatio: "16:9" } as const
      const data = new URL("https://pictures.example/loom.png")
      const file = { type: "file", mediaType: "image/png", data } as const
      const edit = [{ role: "user", content: [{ type: "text", text: "As one" }, file, file] }] as const
      const answers = [
        yield* Loom.generate({ ...image, prompt: "A loom", quality: "low" }),
        yield* Loom.generate({ ...image, prompt: "A loom", quality: "medium", native: { resolution: "2k" } }),
        yield* Loom.generate({ ...image, prompt: edit, quality: "low" })
      ]
      assert.deepStrictEqual(answers.map(({ cost }) => cost.usd), [0.04, 0.08, 0.06])
      assert.deepStrictEqual(answers.map(({ cost }) => cost.reportedUsd), [0.04, 0.08, 0.06])
      assert.strictEqual(answers.reduce((sum, { cost }) => sum + (cost.picoUsd ?? NaN), 0), yield* billed(sandbox))
    }))

  it.live("xai: three pictures at most are sent along, and what it doesn't take is named", () =>
    inWorld(world, function*({ sandbox }) {
      const model = "xai/grok-imagine-image" as const
      const data = new URL("https://pictures.example/loom.png")
      const file = { type: "file", mediaType: "image/png", data } as const
      const four = [{ role: "user", content: [file, file, file, file] }] as const
      const many = yield* failure(Loom.generate({ model, prompt: four }))
      assert.deepInclude(many.reason, { _tag: "InvalidRequest", field: "prompt" })
      assert.deepStrictEqual(yield* sandbox.journal, [])
      const provider: string = "xai"
      const wrong = yield* failure(
        Loom.generate({ provider, model: "grok-imagine-image", prompt: "A loom", native: { style: "oil" } })
      )
      assert.deepInclude(wrong.reason, { _tag: "InvalidRequest", field: "style" })
    }))

  it.live("xai: from 200,000 tokens on everything costs double", () =>
    inWorld(world, function*({ sandbox }) {
      const answer = yield* Loom.generate({ ...asked, prompt: `${tokens(200_000)} [say: Hi]` })
      assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox))
      assert.isAbove(answer.cost.usd ?? 0, 0.8)
    }))
})
