import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import * as Catalog from "../src/Catalog.ts"
import * as Cost from "../src/Cost.ts"
import * as Usage from "../src/Usage.ts"

const at = Date.parse("2026-11-23")

const found = (catalog: Catalog.Catalog, model: string, provider?: string) =>
  Result.getOrThrow(Catalog.resolve(catalog, { provider, model }))

const nearest = (catalog: Catalog.Catalog, model: string, provider?: string) =>
  Result.match(Catalog.resolve(catalog, { provider, model }), {
    onSuccess: (model) => assert.fail(`found ${model.id}`),
    onFailure: (miss) => miss.nearest
  })

const newco = Catalog.bundled.pipe(
  Catalog.registerOpenAiCompatible({
    key: "newco",
    label: "NewCo AI",
    baseUrl: "https://api.newco.ai/v1",
    apiKeyEnv: "NEWCO_API_KEY"
  }),
  Catalog.registerModel({
    provider: "newco",
    model: "newco-large",
    upstreamModel: "newco-large-2026-01",
    inputCostPer1M: 2.5,
    outputCostPer1M: 10
  })
)

describe("resolve", () => {
  it("takes a qualified id, or provider and model", () => {
    const one = found(Catalog.bundled, "openai/gpt-4o-mini")
    assert.strictEqual(one.id, "gpt-4o-mini")
    assert.strictEqual(found(Catalog.bundled, "gpt-4o-mini", "openai"), one)
    assert.strictEqual(found(Catalog.bundled, "openai/gpt-4o-mini", "openai"), one)
  })

  it("follows aliases and upstream names to the model", () => {
    assert.strictEqual(found(Catalog.bundled, "openai/gpt-5.6").id, "gpt-5.6-sol")
    assert.strictEqual(found(Catalog.bundled, "openai/gpt-image-2.5-flare-2026-09-08").id, "gpt-image-2.5-flare")
    assert.strictEqual(found(newco, "newco/newco-large-2026-01").id, "newco-large")
  })

  it("sends a snapshot's own name, listed or matched", () => {
    for (
      const [asked, id] of [["anthropic/claude-haiku-4-5-20251001", "claude-haiku-4-5"], [
        "openai/gpt-4o-mini-2024-07-18",
        "gpt-4o-mini"
      ]] as const
    ) {
      const model = found(Catalog.bundled, asked)
      assert.deepStrictEqual([model.id, `${model.provider}/${model.upstream}`], [id, asked])
    }
  })

  it("prefers an exact row over a pattern", () => {
    assert.strictEqual(found(Catalog.bundled, "openai/gpt-4o-2024-11-20").id, "gpt-4o-2024-11-20")
    assert.strictEqual(found(Catalog.bundled, "openai/gpt-4o-2024-05-13").status, "retired")
  })

  it("names the three nearest ids of a typo", () => {
    assert.strictEqual(nearest(Catalog.bundled, "openai/gpt4o-mini")[0], "openai/gpt-4o-mini")
    assert.lengthOf(nearest(Catalog.bundled, "openai/gpt4o-mini"), 3)
    assert.strictEqual(nearest(Catalog.bundled, "opnai/gpt-4o-mini")[0], "openai/gpt-4o-mini")
    assert.strictEqual(nearest(Catalog.bundled, "gpt-4o-mini")[0], "openai/gpt-4o-mini")
    assert.strictEqual(nearest(Catalog.bundled, "claude-sonnet-55", "anthropic")[0], "anthropic/claude-sonnet-5-5")
    assert.strictEqual(nearest(Catalog.bundled, "gpt-4o-mini", "anthropic")[0], "openai/gpt-4o-mini")
    assert.strictEqual(nearest(newco, "newco/newco-lrage")[0], "newco/newco-large")
  })

  it("suggests nothing where nothing is similar, and never a retired model", () => {
    assert.deepStrictEqual(nearest(Catalog.bundled, "zzzzzzzzzzzzzzzzzzzzzzzzzz/qqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"), [])
    assert.deepStrictEqual(nearest(Catalog.empty, "openai/gpt-4o"), [])
    assert.notInclude(nearest(Catalog.bundled, "openai/o3-mimi"), "openai/o3-mini")
  })

  it("says what to do about a miss", () => {
    const miss = Result.getOrThrow(Result.flip(Catalog.resolve(newco, { model: "newco/newco-small" })))
    assert.strictEqual(
      miss.message,
      "newco/newco-small is not in the catalog. Did you mean newco/newco-large? Any model can be added with Catalog.registerModel."
    )
  })

  it("isn't fooled by names every object has", () => {
    for (const model of ["__proto__", "constructor", "openai/__proto__", "toString/valueOf", "", "/", "openai/"]) {
      assert.isTrue(Result.isFailure(Catalog.resolve(Catalog.bundled, { model })), model)
      assert.isUndefined(Catalog.named(Catalog.bundled, "openai", model))
      assert.isUndefined(Catalog.named(Catalog.bundled, model, "gpt-4o"))
    }
  })
})

describe("named", () => {
  const id = (name: string, provider = "openai") => Catalog.named(Catalog.bundled, provider, name)?.id

  it("takes the names that answers carry", () => {
    assert.strictEqual(id("gpt-5.4-mini-2026-03-17"), "gpt-5.4-mini")
    assert.strictEqual(id("gpt-5.4-mini"), "gpt-5.4-mini")
    assert.strictEqual(id("claude-sonnet-5-5-20260928", "anthropic"), "claude-sonnet-5-5")
    assert.strictEqual(Catalog.named(newco, "newco", "newco-large-2026-01")?.id, "newco-large")
  })

  it("never takes a prefix", () => {
    for (
      const name of ["gpt-5.4-mini-pro", "gpt-5.4-mini-2026-03-17-x", "gpt-6.2", "xgpt-4o", "gpt-4o-mini-2024-7-18"]
    ) {
      assert.isUndefined(id(name), name)
    }
    assert.isUndefined(id("claude-sonnet-5-9", "anthropic"))
    assert.isUndefined(id("claude-sonnet-5-5", "openai"))
    assert.isUndefined(id(`gpt-4o-${"9".repeat(1_000)}`))
  })
})

describe("registerModel", () => {
  const cost = (catalog: Catalog.Catalog, model: string, options?: Partial<Cost.Options>) =>
    Cost.of(found(catalog, model), Usage.make({ inputUncached: 1_000_000, outputText: 100_000 }), { at, ...options })

  it("prices calls, and says whose price it is", () => {
    const priced = cost(newco, "newco/newco-large")
    assert.strictEqual(priced.usd, 3.5)
    assert.deepStrictEqual(priced.price, {
      provider: "newco",
      model: "newco-large",
      from: undefined,
      source: ["Catalog.registerModel"],
      confidence: "user"
    })
    assert.strictEqual(found(newco, "newco/newco-large").upstream, "newco-large-2026-01")
  })

  it("leaves a cost unknown without prices, and makes 0 free", () => {
    const catalog = newco.pipe(
      Catalog.registerModel({ provider: "newco", model: "mystery" }),
      Catalog.registerModel({ provider: "newco", model: "gratis", inputCostPer1M: 0, outputCostPer1M: 0 }),
      Catalog.registerModel({ provider: "newco", model: "half", inputCostPer1M: 1 })
    )
    assert.strictEqual(cost(catalog, "newco/mystery").status, "unknown")
    assert.strictEqual(cost(catalog, "newco/gratis").usd, 0)
    assert.deepStrictEqual(cost(catalog, "newco/half").unpriced, ["outputText"])
  })

  it("replaces a model and keeps the provider's tiers and batch discount", () => {
    const negotiated = Catalog.registerModel(Catalog.bundled, {
      provider: "openai",
      model: "gpt-6.2-sol",
      inputCostPer1M: 1,
      outputCostPer1M: 5
    })
    assert.strictEqual(cost(negotiated, "openai/gpt-6.2-sol").usd, 1.5)
    assert.strictEqual(cost(negotiated, "openai/gpt-6.2-sol", { batch: true, serviceTier: "fast" }).usd, 1.5)
    assert.strictEqual(cost(Catalog.bundled, "openai/gpt-6.2-sol").usd, 5.5)
  })

  it("works before and without its provider", () => {
    const catalog = Catalog.registerModel(Catalog.empty, {
      provider: "inhouse",
      model: "m",
      modality: "image",
      context: 5
    })
    assert.deepInclude(found(catalog, "inhouse/m"), { modality: "image", context: 5 })
    assert.deepInclude(Catalog.provider(catalog, "inhouse"), { key: "inhouse", kind: "custom", baseUrl: undefined })
  })

  it("throws what is wrong, all of it", () => {
    try {
      Catalog.registerModel(Catalog.empty, {
        provider: "__proto__",
        model: "a b",
        inputCostPer1M: -1,
        outputCostPer1M: 0.12345678
      })
      assert.fail("registered")
    } catch (error) {
      assert.instanceOf(error, Catalog.CatalogError)
      assert.deepStrictEqual(error.problems.map(({ path }) => path.replace("registerModel(__proto__/a b)", "")), [
        ".provider",
        ".model",
        ".inputCostPer1M",
        ".outputCostPer1M"
      ])
    }
  })
})

describe("registerOpenAiCompatible", () => {
  it("adds a provider, or replaces one", () => {
    assert.deepInclude(Catalog.provider(newco, "newco"), {
      key: "newco",
      label: "NewCo AI",
      kind: "openai-compatible",
      baseUrl: "https://api.newco.ai/v1",
      apiKeyEnv: "NEWCO_API_KEY"
    })
    const local = Catalog.registerOpenAiCompatible(Catalog.bundled, {
      key: "openai",
      baseUrl: "http://127.0.0.1:8080/v1"
    })
    assert.deepInclude(Catalog.provider(local, "openai"), { apiKeyEnv: undefined, kind: "openai-compatible" })
    assert.strictEqual(found(local, "openai/gpt-4o").id, "gpt-4o")
    assert.strictEqual(Catalog.provider(Catalog.bundled, "openai")?.apiKeyEnv, "OPENAI_API_KEY")
  })

  it("throws on what can't be a provider", () => {
    for (
      const options of [{ key: "", baseUrl: "https://x.y" }, { key: "a/b", baseUrl: "https://x.y" }, {
        key: "a",
        baseUrl: "ftp://x"
      }, { key: "a", baseUrl: "x.y" }]
    ) {
      assert.throws(() => Catalog.registerOpenAiCompatible(Catalog.empty, options), Catalog.CatalogError)
    }
  })
})

describe("registerEquivalents", () => {
  const today = { at }
  const ids = (catalog: Catalog.Catalog, id: string) =>
    Catalog.equivalents(catalog, found(catalog, id), today).flatMap(({ model }) =>
      ["anthropic", "openai", "newco"].includes(model.provider) ? [`${model.provider}/${model.id}`] : []
    )

  it("lets a registered model join a tier, and find it", () => {
    const joined = Catalog.registerEquivalents(newco, "text.small", ["newco/newco-large", "newco/later"])
    assert.deepStrictEqual(ids(joined, "anthropic/claude-haiku-4-5"), [
      "openai/gpt-5.6-luna",
      "newco/newco-large",
      "openai/gpt-6.1-terra"
    ])
    assert.deepStrictEqual(ids(joined, "newco/newco-large"), [
      "openai/gpt-5.6-luna",
      "anthropic/claude-haiku-4-5",
      "openai/gpt-6.1-terra"
    ])
    assert.deepStrictEqual(ids(newco, "newco/newco-large"), [])
    const later = Catalog.registerModel(joined, { provider: "newco", model: "later" })
    assert.include(ids(later, "openai/gpt-5.6-luna"), "newco/later")
  })

  it("makes a tier of its own, with nothing above it", () => {
    const catalog = newco.pipe(
      Catalog.registerModel({ provider: "newco", model: "newco-small" }),
      Catalog.registerEquivalents("text.house", ["newco/newco-small", "newco/newco-large-2026-01"])
    )
    assert.deepStrictEqual(ids(catalog, "newco/newco-small"), ["newco/newco-large"])
    assert.deepStrictEqual(ids(catalog, "newco/newco-large"), ["newco/newco-small"])
    assert.deepStrictEqual(ids(catalog, "openai/gpt-6-astra"), ids(Catalog.bundled, "openai/gpt-6-astra"))
  })

  it("never mixes modalities", () => {
    const catalog = Catalog.registerEquivalents(Catalog.bundled, "text.small", ["openai/gpt-image-2"])
    assert.notInclude(ids(catalog, "anthropic/claude-haiku-4-5"), "openai/gpt-image-2")
    assert.deepStrictEqual(ids(catalog, "openai/gpt-image-2"), [])
  })

  it("survives a merge from either side", () => {
    const own = Catalog.registerEquivalents(Catalog.empty, "text.small", ["newco/newco-large"])
    assert.include(ids(Catalog.merge(newco, own), "anthropic/claude-haiku-4-5"), "newco/newco-large")
    assert.include(ids(Catalog.merge(own, newco), "anthropic/claude-haiku-4-5"), "newco/newco-large")
  })

  it("throws what is wrong, all of it", () => {
    try {
      Catalog.registerEquivalents(Catalog.empty, "__proto__", ["gpt-4o", "openai/gpt-4o", "openai/", "a b/c"])
      assert.fail("registered")
    } catch (error) {
      assert.instanceOf(error, Catalog.CatalogError)
      assert.deepStrictEqual(error.problems.map(({ path }) => path.replace("registerEquivalents(__proto__)", "")), [
        ".tier",
        ".ids[0]",
        ".ids[2]",
        ".ids[3]"
      ])
    }
  })
})

describe("models", () => {
  it("leaves retired ones out unless asked", () => {
    const ids = (filter?: Parameters<typeof Catalog.models>[1]) =>
      Catalog.models(newco, filter).map((model) => model.id)
    assert.include(ids(), "newco-large")
    assert.notInclude(ids(), "gpt-4")
    assert.include(ids({ status: ["retired"] }), "gpt-4")
    assert.deepStrictEqual(ids({ provider: "newco" }), ["newco-large"])
    assert.isTrue(ids({ provider: "openai", modality: "image" }).every((id) => id.startsWith("gpt-image")))
    const keys = Catalog.providers(newco).map((provider) => provider.key)
    assert.deepStrictEqual(keys, [...Catalog.providers(Catalog.bundled).map((provider) => provider.key), "newco"])
  })
})

const valid = `
provider: newco
label: NewCo
base_url: https://api.newco.ai/v1
api_key_env: NEWCO_API_KEY
kind: openai-compatible
service_tiers: { flex: 0.5, turbo: [{ multiplier: 3 }, { from: 2027-03-01, multiplier: 6 }] }
regions: { us: 1.1 }
batch: { multiplier: 0.5 }
per_1k: { web_search: 10 }
models:
  - id: large
    aliases: [big]
    snapshots: [large-2026-01]
    pattern: ^large-\\d{4}$
    context: 100000
    max_output: 8000
    capabilities: [tools, structured_output]
    without: [vision]
    defaults: { temperature: 0.5 }
    prices:
      - { input: 1, output: 2 }
      - from: 2026-12-01
        input: 2.5
        cached_read: 0.25
        cache_write: { 5m: 3, 1h: 5 }
        output: 10
        reasoning_output: 12
        tiers: [{ above: 32000, boundary: inclusive, input: 5, output: 20 }]
        windows: [{ days: [mon], utc: ["22:00-02:00"], multiplier: 2, except: [2026-12-07] }]
        storage_per_1m_token_hours: 4.5
        source: [https://newco.ai/prices]
        confidence: vendor-page
  - { id: gift, prices: [{ free: true }] }
  - id: painter
    modality: image
    prices:
      - { per_image: [{ usd: 0.04, quality: low, size: 1024x1024, mode: edit }, { usd: 0.02, max_pixels: 1000000 }], per_input_image: 0.01, batch: false }
retired: [{ id: older, on: 2026-01-01, replacement: large }]
`

describe("fromYaml", () => {
  it.effect("reads every part of the format", () =>
    Effect.gen(function*() {
      const catalog = yield* Catalog.fromYaml(valid, "newco.yaml")
      const large = found(catalog, "newco/big")
      assert.deepInclude(large, { id: "large", context: 100_000, maxOutput: 8_000, defaults: { temperature: 0.5 } })
      assert.deepStrictEqual(large.capabilities, { tools: true, structuredOutput: true, vision: false })
      assert.strictEqual(found(catalog, "newco/large-2027").upstream, "large-2027")
      assert.deepInclude(found(catalog, "newco/older"), {
        status: "retired",
        retires: "2026-01-01",
        replacement: "large"
      })
      const [now, then] = large.prices
      assert.deepInclude(now?.rates, { input: 1_000_000, output: 2_000_000, cachedRead: undefined })
      assert.strictEqual(then?.start, Date.parse("2026-12-01"))
      assert.deepInclude(then?.rates, { cacheWrite: { "5m": 3_000_000, "1h": 5_000_000 }, reasoningOutput: 12_000_000 })
      assert.deepInclude(then?.tiers[0], { above: 32_000, boundary: "inclusive" })
      assert.deepStrictEqual(then?.windows, [{
        days: [1],
        ranges: [[1_320, 120]],
        multiplier: 20_000,
        except: [20_794]
      }])
      assert.deepStrictEqual(then?.batch?.multiplier, 5_000)
      assert.deepStrictEqual(then?.perRequest, { web_search: 10_000_000_000 })
      assert.deepStrictEqual([then?.storage, then?.source], [4_500_000, ["https://newco.ai/prices"]])
      assert.deepStrictEqual(then?.serviceTiers["turbo"]?.map(({ multiplier }) => multiplier), [30_000, 60_000])
      const painter = found(catalog, "newco/painter").prices[0]
      assert.deepInclude(painter?.perImage[0], {
        rate: 40_000_000_000,
        quality: "low",
        width: 1_024,
        height: 1_024,
        mode: "edit"
      })
      assert.isUndefined(painter?.batch)
    }))

  it.effect("overrides a shipped model and keeps the rest", () =>
    Effect.gen(function*() {
      const fix = yield* Catalog.fromYaml(
        "provider: openai\nmodels: [{ id: gpt-5.6-sol, prices: [{ input: 5, output: 30 }] }]"
      )
      const catalog = Catalog.merge(Catalog.bundled, fix)
      assert.strictEqual(found(catalog, "openai/gpt-5.6-sol").prices[0]?.rates.input, 5_000_000)
      assert.strictEqual(found(catalog, "openai/gpt-5.6-sol").prices[0]?.batch?.multiplier, 5_000)
      assert.deepInclude(Catalog.provider(catalog, "openai"), { label: "OpenAI", apiKeyEnv: "OPENAI_API_KEY" })
      assert.strictEqual(found(catalog, "openai/gpt-4o").id, "gpt-4o")
    }))

  const model = (rest: string) => `provider: p\nmodels: [{ id: m, ${rest} }]`
  const price = (rest: string) => model(`prices: [${rest}]`)

  for (
    const [what, yaml, ...paths] of [
      ["no YAML", "a: [", "f"],
      ["a duplicate key", "provider: p\nprovider: q", "f"],
      ["not a mapping", "- 1", "f: [0]"],
      ["no provider", "label: x", "f: provider"],
      ["an unknown key", "provider: p\nprize: 1", "f: prize"],
      ["an unknown field of a model", model("prize: 1"), "f: m.prize"],
      ["a key that every object has", "provider: p\nservice_tiers: { __proto__: 2 }", "f: service_tiers.__proto__"],
      ["one deep in a model", model("defaults: { a: [{ constructor: 1 }] }"), "f: models[0].defaults.a[0].constructor"],
      ["an id that every object has", "provider: p\nmodels: [{ id: toString }]", "f: toString.id"],
      ["a provider that every object has", "provider: __proto__", "f: provider"],
      ["a provider with a slash", "provider: a/b", "f: provider"],
      ["a model without an id", "provider: p\nmodels: [{ label: x }]", "f: models[0].id"],
      ["a price of 0", price("{ input: 0, output: 1 }"), "f: m.prices[0].input"],
      ["a negative price", price("{ input: -1 }"), "f: m.prices[0].input"],
      ["a price finer than a picodollar", price("{ input: 0.1234567 }"), "f: m.prices[0].input"],
      ["a price that is text", price("{ input: cheap }"), "f: m.prices[0].input"],
      ["a row without a price", price("{ from: 2026-01-01 }"), "f: m.prices[0]"],
      ["a free row with prices", price("{ free: true, input: 1 }"), "f: m.prices[0].free"],
      ["a day that doesn't exist", price("{ from: 2026-13-01, input: 1 }"), "f: m.prices[0].from"],
      ["the 30th of February", model("released: 2026-02-30"), "f: m.released"],
      [
        "rows out of order",
        price("{ from: 2026-02-01, input: 1 }, { from: 2026-01-01, input: 2 }"),
        "f: m.prices[1].from"
      ],
      ["two rows since ever", price("{ input: 1 }, { input: 2 }"), "f: m.prices[1].from"],
      [
        "tiers out of order",
        price("{ input: 1, tiers: [{ above: 2 }, { above: 2 }] }"),
        "f: m.prices[0].tiers[1].above"
      ],
      [
        "absolute batch rates beside tiers",
        price("{ input: 1, tiers: [{ above: 2 }], batch: { input: 1 } }"),
        "f: m.prices[0].batch"
      ],
      ["an image size of words", price("{ per_image: [{ usd: 1, size: big }] }"), "f: m.prices[0].per_image[0].size"],
      ["size and step", price("{ per_image: [{ usd: 1, size: 1x1, max_pixels: 1 }] }"), "f: m.prices[0].per_image[0]"],
      [
        "hours of nowhere",
        price("{ input: 1, windows: [{ utc: [25:00-26:00], multiplier: 2 }] }"),
        "f: m.prices[0].windows[0].utc[0]"
      ],
      ["a multiplier of 0", "provider: p\nbatch: { multiplier: 0 }", "f: batch.multiplier"],
      ["a multiplier too fine", "provider: p\nregions: { us: 1.00001 }", "f: regions.us"],
      ["another currency", "provider: p\ncurrency: CNY", "f: currency"],
      ["an unknown capability", model("capabilities: [magic]"), "f: m.capabilities[0]"],
      ["a capability both ways", model("capabilities: [tools], without: [tools]"), "f: m.without"],
      ["an output beyond the context", model("context: 5, max_output: 6"), "f: m.max_output"],
      ["a pattern of a part", model("pattern: abc"), "f: m.pattern"],
      ["a broken pattern", model("pattern: '^($'"), "f: m.pattern"],
      ["an undeclared source", "provider: p\nsources: { a: b }\nmodels: [{ id: m, source: [c] }]", "f: m.source"],
      ["a duplicate id", "provider: p\nmodels: [{ id: m }, { id: m }]", "f: m.id"],
      ["an alias that is an id", "provider: p\nmodels: [{ id: m }, { id: n, aliases: [m] }]", "f: n.aliases[0]"],
      [
        "a snapshot that is an alias",
        "provider: p\nmodels: [{ id: m, aliases: [x] }, { id: n, snapshots: [x] }]",
        "f: n.snapshots[0]"
      ],
      ["a retired id that is listed", "provider: p\nmodels: [{ id: m }]\nretired: [{ id: m }]", "f: m.id"],
      [
        "several things",
        model("context: -1, status: gone, prices: [{ input: x }]"),
        "f: m.status",
        "f: m.context",
        "f: m.prices[0].input"
      ]
    ] as const
  ) {
    it.effect(`refuses ${what}`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Catalog.fromYaml(yaml, "f"))
        assert.sameMembers(error.problems.map(({ path }) => path), [...paths])
        assert.isTrue(error.problems.every(({ problem }) => problem.length > 0))
      }))
  }

  it.effect("says what is expected", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(
        Catalog.fromYaml(price("{ input: 0 }, { from: x, input: 0.1234567 }"), "f.yaml")
      )
      assert.include(
        message,
        "f.yaml: m.prices[0].input: a price of 0 is written `free: true`; an unknown one is left out"
      )
      assert.include(
        message,
        "f.yaml: m.prices[1].input: Expected USD per million tokens: more than 0, with at most 6 decimals"
      )
      assert.include(message, "f.yaml: m.prices[1].from: Expected a day such as 2026-11-23")
    }))
})
