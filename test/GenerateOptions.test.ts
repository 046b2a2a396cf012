import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Result, Schema } from "effect"
import { Prompt, Tool } from "effect/ai"
import { Call, Catalog, GenerateOptions, RetryPolicy } from "loom-router"

const catalog = Catalog.registerModel(Catalog.empty, { provider: "acme", model: "ada" })
const minimal = { model: "acme/ada", prompt: "Hi" } as const

const decoded = (options: object) => Result.getOrThrow(GenerateOptions.decode({ ...minimal, ...options }))
const error = (options: object) =>
  Result.getOrThrow(
    Result.flip(GenerateOptions.decode({ ...minimal, ...options }))
  )
const requestOf = (options: object) =>
  Effect.flatMap(Call.make(), (call) => decoded(options).request(catalog, {}, call))

describe("decode", () => {
  it("reads who is asked, and under which circumstances", () => {
    const retry = RetryPolicy.none
    assert.include(decoded({ provider: "acme", model: "ada", retry, timeout: "2 seconds", tags: { a: "b" } }), {
      provider: "acme",
      model: "ada",
      retry,
      timeout: 2_000
    })
    assert.deepStrictEqual(decoded({ tags: { a: "b" } }).tags, { a: "b" })
    assert.include(decoded({}), { provider: undefined, model: "acme/ada", retry: undefined, timeout: undefined })
  })

  it("takes a timeout in any form of a duration", () => {
    for (
      const timeout of [1_500, "1500 millis", "1.5 seconds", Duration.seconds(1.5), 1_500_000_000n, [1, 500_000_000]]
    ) {
      assert.strictEqual(decoded({ timeout }).timeout, 1_500)
    }
    assert.strictEqual(decoded({ timeout: Infinity }).timeout, Infinity)
  })

  it("names provider, model and the option at fault", () => {
    assert.strictEqual(
      error({ temperature: -1 }).message.split("\n")[0],
      "acme/ada can't take this request"
    )
    assert.match(error({ temperature: -1 }).why, /^temperature: /)
    assert.strictEqual(error({ provider: "acme", model: "ada", temperature: -1 }).provider, "acme")
    assert.match(error({ tags: { tenant: 1 } }).why, /^tags\.tenant: /)
    assert.match(error({ retry: { ...RetryPolicy.none, maxAttempts: 0 } }).why, /^retry\.maxAttempts: /)
    assert.match(error({ stop: ["."], tools: [{}] }).why, /^tools\[0\]: /)
  })

  it("takes promptCache and webSearch in words or in detail, and names what is wrong in them", () => {
    const taken = [
      { promptCache: true },
      { promptCache: false },
      { promptCache: { ttl: "90m", key: "tenant-7", breakpoints: ["tools", "system"] } },
      { webSearch: true },
      { webSearch: { maxUses: 2, allowedDomains: ["example.com"], contextSize: "low" } },
      { webSearch: { blockedDomains: ["example.com"], location: { country: "DE", timezone: "Europe/Berlin" } } }
    ]
    for (const options of taken) decoded(options)
    const refused: ReadonlyArray<readonly [object, RegExp]> = [
      [{ promptCache: "yes" }, /^promptCache: /],
      [{ promptCache: { ttl: "5 minutes" } }, /^promptCache\.ttl: /],
      [{ promptCache: { breakpoints: ["end"] } }, /^promptCache\.breakpoints\[0\]: /],
      [{ promptCache: { time: "5m" } }, /^promptCache\.time: /],
      [{ webSearch: { maxUses: 0 } }, /^webSearch\.maxUses: /],
      [{ webSearch: { allowedDomains: [] } }, /^webSearch\.allowedDomains/],
      [{ webSearch: { location: { country: "Germany" } } }, /^webSearch\.location\.country: /],
      [{ webSearch: { allowedDomains: ["a.b"], blockedDomains: ["c.d"] } }, /^webSearch: .*together/]
    ]
    for (const [options, why] of refused) assert.match(error(options).why, why)
  })

  it("takes the options of images, and names what is wrong in them", () => {
    const taken = [
      { n: 2, size: "1024x1536", quality: "high", format: "webp", background: "transparent" },
      { aspectRatio: "21:9", negativePrompt: "people", seed: 7 },
      { mask: new Uint8Array(3) },
      { mask: new URL("https://acme.test/mask.png") },
      { mask: "data:image/png;base64,AAAA" }
    ]
    for (const options of taken) decoded(options)
    const refused: ReadonlyArray<readonly [object, RegExp]> = [
      [{ n: 0 }, /^n: /],
      [{ n: 1.5 }, /^n: /],
      [{ size: "large" }, /^size: .*1024x1024/],
      [{ size: "0x1024" }, /^size: /],
      [{ size: "1024x1024\n" }, /^size: /],
      [{ aspectRatio: "16x9" }, /^aspectRatio: .*16:9/],
      [{ quality: "" }, /^quality: /],
      [{ format: "gif" }, /^format: /],
      [{ background: "red" }, /^background: /],
      [{ negativePrompt: "" }, /^negativePrompt: /],
      [{ mask: "mask.png" }, /^mask: /],
      [{ mask: 7 }, /^mask: /],
      [{ size: "1024x1024", aspectRatio: "1:1" }, /^aspectRatio: .*together/]
    ]
    for (const [options, why] of refused) assert.match(error(options).why, why)
  })

  it("says nothing of what was there, which may be secret", () => {
    for (
      const options of [{ temperature: "hunter2" }, { prompt: [{ role: "hunter2", content: "hunter2" }] }, {
        tags: { a: ["hunter2"] }
      }]
    ) {
      assert.notInclude(error(options).message, "hunter2")
    }
  })

  it("has no word for a caller whose name can't be read", () => {
    assert.match(error({ model: 42 }).message, /^Loom can't take this request/)
  })
})

describe("request", () => {
  it.effect("is of the model in the catalog", () =>
    Effect.gen(function*() {
      const { model, native, object, params, toolChoice, tools } = yield* requestOf({})
      assert.deepStrictEqual([model.provider, model.id], ["acme", "ada"])
      assert.deepStrictEqual({ native, object, params, toolChoice, tools }, {
        native: {},
        object: undefined,
        params: {},
        toolChoice: undefined,
        tools: []
      })
    }))

  it.effect("carries its call", () =>
    Effect.gen(function*() {
      const call = yield* Call.make()
      assert.strictEqual((yield* decoded({}).request(catalog, {}, call)).call, call)
    }))

  it.effect("puts instructions in front of the conversation", () =>
    Effect.gen(function*() {
      const { prompt } = yield* requestOf({ system: "Be brief.", prompt: [{ role: "user", content: "Hi" }] })
      assert.deepStrictEqual(
        prompt,
        Prompt.make([{ role: "system", content: "Be brief." }, { role: "user", content: "Hi" }])
      )
    }))

  it.effect("puts them in front of the conversation's own", () =>
    Effect.gen(function*() {
      const own = { role: "system", content: "Use metric units.", options: { acme: { cached: true } } } as const
      const { prompt } = yield* requestOf({ system: "Be brief.", prompt: [own, { role: "user", content: "Hi" }] })
      assert.deepStrictEqual(
        prompt,
        Prompt.make([{ role: "system", content: "Be brief." }, own, { role: "user", content: "Hi" }])
      )
    }))

  it.effect("takes a Prompt that is made already", () =>
    Effect.gen(function*() {
      const prompt = Prompt.make("Hi")
      assert.strictEqual((yield* requestOf({ prompt })).prompt, prompt)
    }))

  it.effect("keeps tools and schemas as they are", () =>
    Effect.gen(function*() {
      const tool = Tool.make("lookup", { parameters: Schema.Struct({ id: Schema.String }) })
      const schema = Schema.Struct({ a: Schema.String })
      const { object, toolChoice, tools } = yield* requestOf({ tools: [tool], toolChoice: { tool: "lookup" }, schema })
      assert.strictEqual(tools[0], tool)
      assert.deepStrictEqual(toolChoice, { tool: "lookup" })
      assert.strictEqual(object?.schema, schema)
      assert.strictEqual(object?.name, "object")
    }))

  it.effect("fails for a model that isn't there only when it is made", () =>
    Effect.gen(function*() {
      const { request } = decoded({ model: "acme/eve" })
      const unknown = yield* Effect.flip(request(catalog, {}, yield* Call.make()))
      assert.strictEqual(unknown.reason._tag, "UnknownModel")
      const richer = Catalog.registerModel(catalog, { provider: "acme", model: "eve" })
      assert.strictEqual((yield* request(richer, {}, yield* Call.make())).model.id, "eve")
    }))
})

describe("modality", () => {
  const painter = Catalog.registerModel(catalog, { provider: "acme", model: "brush", modality: "image" })
  const of = (options: object, defaults: GenerateOptions.Defaults = {}) =>
    Effect.flatMap(Call.make(), (call) => decoded(options).request(painter, defaults, call))

  it.effect("is what the model makes, unless it is said", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* of({})).modality, "text")
      assert.strictEqual((yield* of({ model: "acme/brush" })).modality, "image")
      for (const options of [{ modality: "image" }, { model: "acme/brush", modality: "text" }]) {
        assert.deepInclude((yield* Effect.flip(of(options))).reason, { _tag: "Unsupported", feature: "modality" })
      }
    }))

  it.effect("refuses the options of another, by their names", () =>
    Effect.gen(function*() {
      for (
        const [field, value] of Object.entries({ n: 1, size: "1024x1024", quality: "low", mask: new Uint8Array(1) })
      ) {
        const { reason } = yield* Effect.flip(of({ [field]: value }))
        assert.deepInclude(reason, { _tag: "InvalidRequest", field })
      }
      for (
        const [field, value] of Object.entries({ temperature: 1, maxOutputTokens: 5, stop: ["."], webSearch: true })
      ) {
        const { reason } = yield* Effect.flip(of({ model: "acme/brush", [field]: value }))
        assert.deepInclude(reason, { _tag: "InvalidRequest", field })
      }
      const tools = [Tool.make("look")]
      for (const options of [{ tools }, { schema: Schema.Struct({}) }]) {
        assert.strictEqual((yield* Effect.flip(of({ model: "acme/brush", ...options }))).reason._tag, "Unsupported")
      }
      assert.deepStrictEqual((yield* of({ model: "acme/brush", seed: 7 })).params, { seed: 7 })
    }))

  it.effect("takes of a layer's defaults what belongs to it", () =>
    Effect.gen(function*() {
      const defaults = { temperature: 0, quality: "low", seed: 7, size: "512x512" } as const
      assert.deepStrictEqual((yield* of({}, defaults)).params, { temperature: 0, seed: 7 })
      assert.deepStrictEqual((yield* of({ model: "acme/brush" }, defaults)).params, {
        quality: "low",
        seed: 7,
        size: "512x512"
      })
      // A ratio takes the place of a size.
      assert.deepStrictEqual((yield* of({ model: "acme/brush", aspectRatio: "1:1" }, defaults)).params, {
        quality: "low",
        seed: 7,
        aspectRatio: "1:1"
      })
    }))
})

describe("failover", () => {
  it("is decoded like the call's own options, each field by its name", () => {
    const none = RetryPolicy.none
    for (
      const [failover, field] of [
        [["acme/ada", { model: "acme/ada", params: { temperature: -1 } }], "failover[1].params.temperature"],
        [[{ model: "acme/ada", params: { topP: 2 } }], "failover[0].params.topP"],
        [[{ model: "acme/ada", params: { tempreature: 1 } }], "failover[0].params.tempreature"],
        [[{ model: "acme/ada", params: { stop: ["."], seed: 0.5 } }], "failover[0].params.seed"],
        [[{ model: "acme/ada", params: { stop: ["", "."] } }], "failover[0].params.stop[0]"],
        [[{ model: "acme/ada", retry: { ...none, maxAttempts: 0 } }], "failover[0].retry.maxAttempts"],
        [[{ modl: "acme/ada" }], "failover[0].modl"],
        [["acme/ada", ""], "failover[1]"],
        [[null], "failover[0]"],
        ["same", "failover"],
        [1, "failover"]
      ] as const
    ) {
      assert.deepInclude(error({ failover }).reason, { _tag: "InvalidRequest", field })
    }
  })

  it("may be all that it may be", () => {
    const full = { provider: "acme", model: "ada", params: { temperature: 0, stop: ["."] }, retry: RetryPolicy.none }
    for (const failover of [true, false, "same-model" as const, [], ["acme/ada"], [full, "acme/ada"]]) {
      assert.deepStrictEqual(decoded({ failover }).failover, failover)
    }
    assert.isUndefined(decoded({}).failover)
  })

  it.effect("names a model that the catalog doesn't list, and what is near", () =>
    Effect.gen(function*() {
      const failing = (failover: ReadonlyArray<unknown>) => Effect.flip(requestOf({ failover }))
      const named = yield* failing(["acme/ada", "acme/adda"])
      assert.deepInclude(named.reason, { _tag: "InvalidRequest", field: "failover[1]" })
      assert.include(named.why, "acme/adda is not in the catalog. Did you mean acme/ada?")
      assert.strictEqual(named.model, "acme/ada")
      const told = yield* failing([{ provider: "zzz", model: "qqqqqqqqq" }])
      assert.match(told.why, /^failover\[0\]: zzz\/qqqqqqqqq is not in the catalog\. Any/)
      yield* requestOf({ failover: ["acme/ada", { provider: "acme", model: "ada" }] })
    }))

  it.effect("gives a stand-in its own params over the call's; one that is undefined erases nothing", () =>
    Effect.gen(function*() {
      const { requestFor } = decoded({ temperature: 0.5, seed: 1 })
      const { model } = yield* requestOf({})
      const { params } = requestFor(model, { topP: 0.1 }, yield* Call.make(), { temperature: 0.9, seed: undefined })
      assert.deepStrictEqual(params, { topP: 0.1, temperature: 0.9, seed: 1 })
    }))
})

describe("cache", () => {
  it("is read in milliseconds, and `false` stays", () => {
    assert.deepInclude(decoded({ cache: { ttl: "2 seconds", scope: "t", refresh: true } }).cache, {
      ttl: 2_000,
      scope: "t",
      refresh: true
    })
    assert.strictEqual(decoded({ cache: false }).cache, false)
    assert.isUndefined(decoded({}).cache)
  })

  it("names what is wrong with it", () => {
    for (
      const [cache, field] of [
        [{ ttl: "soon" }, "cache.ttl"],
        [{ ttl: 0 }, "cache.ttl"],
        [{ ttl: -1 }, "cache.ttl"],
        [{ scope: "" }, "cache.scope"],
        [{ refresh: 1 }, "cache.refresh"],
        [{ tll: 1 }, "cache.tll"],
        [true, "cache"]
      ] as const
    ) {
      assert.deepInclude(error({ cache }).reason, { _tag: "InvalidRequest", field })
    }
  })
})

describe("decodeLayer", () => {
  const refused = (options: object) => Result.getOrThrow(Result.flip(GenerateOptions.decodeLayer(catalog, options)))

  it("gives the defaults, without those that are undefined", () => {
    assert.deepStrictEqual(
      Result.getOrThrow(GenerateOptions.decodeLayer(catalog, { defaults: { temperature: 0.2, topP: undefined } })),
      { temperature: 0.2 }
    )
    assert.deepStrictEqual(Result.getOrThrow(GenerateOptions.decodeLayer(catalog, {})), {})
  })

  it("names the option at fault", () => {
    for (
      const [options, field] of [
        [{ defaults: { temperature: -1 } }, "defaults.temperature"],
        [{ maxAttempts: 0 }, "maxAttempts"],
        [{ retry: { ...RetryPolicy.none, maxAttempts: 0 } }, "retry.maxAttempts"],
        [{ coalesce: "no" }, "coalesce"],
        [{ failover: "same" }, "failover"],
        [{ failover: [{ model: "acme/ada", params: { seed: 0.5 } }] }, "failover[0].params.seed"],
        [{ failover: ["acme/ada", "acme/eve"] }, "failover[1]"]
      ] as const
    ) {
      assert.deepInclude(refused(options).reason, { _tag: "InvalidRequest", field })
    }
  })
})
