import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Cost from "../src/Cost.ts"
import * as Model from "../src/Model.ts"
import * as Price from "../src/Price.ts"
import * as Usage from "../src/Usage.ts"

const at = Date.parse("2026-11-23T12:00:00Z")

const model = (...prices: ReadonlyArray<Price.Known>) =>
  Model.make({ provider: "p", id: "m", prices: prices.map(Price.make) })

const pico = (prices: Price.Known, usage: Parameters<typeof Usage.make>[0], options?: Partial<Cost.Options>) =>
  Cost.of(model(prices), Usage.make(usage), { at, ...options }).picoUsd

const below = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
const Tokens = below(1_000_000_000)
const Factor = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))

const Counters = Schema.Struct({
  inputUncached: Tokens,
  cacheRead: Tokens,
  cacheWrite: Schema.Struct({ "5m": Tokens, "1h": Tokens }),
  outputText: Tokens,
  outputReasoning: Tokens,
  audioInput: Tokens,
  audioOutput: Tokens,
  imageInput: Tokens,
  imageCacheRead: Tokens,
  imageOutput: Tokens
})

const everywhere = (rate: number): Price.Loose<Price.Rates> => ({
  input: rate,
  output: rate,
  cachedRead: rate,
  cacheWrite: { "5m": rate, "1h": rate },
  audioInput: rate,
  audioOutput: rate,
  imageInput: rate,
  imageCachedRead: rate,
  imageOutput: rate
})

/** Half to even, the slow way. */
const reference = (quantity: number, rate: number, multipliers: ReadonlyArray<number>): bigint => {
  const numerator = multipliers.reduce((n, m) => n * BigInt(m), BigInt(quantity) * BigInt(rate))
  const denominator = 10_000n ** BigInt(multipliers.length)
  const floor = numerator / denominator
  const rest = (numerator - floor * denominator) * 2n
  return rest < denominator || (rest === denominator && floor % 2n === 0n) ? floor : floor + 1n
}

describe("laws", () => {
  it.prop("at a price of 1 everywhere, the cost is the number of tokens", [Counters], ([counters]) => {
    const usage = Usage.make(counters)
    assert.strictEqual(pico({ rates: everywhere(1) }, counters), usage.totalTokens)
  })

  it.prop("the parts sum to the total", [Counters, below(1000), Factor], ([counters, rate, multiplier]) => {
    const cost = Cost.of(
      model({ rates: everywhere(rate), batch: { multiplier } }),
      Usage.make(counters),
      { at, batch: true }
    )
    const total = cost.lines.reduce((sum, line) => sum + line.picoUsd, 0)
    assert.strictEqual(cost.status, "measured")
    assert.strictEqual(cost.picoUsd, total)
  })

  it.prop("more never costs less", [Tokens, Tokens, below(1000), Factor], ([a, b, input, multiplier]) => {
    const price = { rates: { input }, batch: { multiplier } }
    const [less = 0, more = 0] = [Math.min(a, b), Math.max(a, b)].map((inputUncached) =>
      pico(price, { inputUncached }, { batch: true })
    )
    assert.isAtMost(less, more)
  })

  it.prop(
    "a line is rounded once, half to even, whatever its size",
    [Tokens, below(200_000_000), Factor, Factor, Factor],
    ([quantity, input, batch, tier, region]) => {
      const cost = Cost.of(
        model({
          rates: { input },
          batch: { multiplier: batch },
          serviceTiers: { t: [{ multiplier: tier }] },
          regions: { r: region }
        }),
        Usage.make({ inputUncached: quantity }),
        { at, batch: true, serviceTier: "t", region: "r" }
      )
      const expected = reference(quantity, input, [batch, tier, region])
      if (expected > BigInt(Number.MAX_SAFE_INTEGER)) {
        assert.deepStrictEqual([cost.picoUsd, cost.unpriced], [undefined, ["inputUncached"]])
      } else assert.strictEqual(BigInt(cost.picoUsd ?? -1), expected)
    }
  )

  it.prop("what has no rate is unknown, never 0", [Counters], ([counters]) => {
    const usage = Usage.make(counters)
    const cost = Cost.of(model({ rates: {} }), usage, { at })
    assert.strictEqual(cost.status, usage.totalTokens === 0 ? "measured" : "unknown")
    assert.strictEqual(cost.picoUsd, usage.totalTokens === 0 ? 0 : undefined)
    assert.strictEqual(cost.unpriced.length > 0, usage.totalTokens > 0)
  })

  it.prop(
    "list price minus batch and prompt cache savings is the cost",
    [Counters, below(1000), below(1000), below(1000), Factor],
    ([counters, input, cachedRead, write, multiplier]) => {
      const priced = model({
        rates: { ...everywhere(7), input, cachedRead, cacheWrite: { "5m": write, "1h": write } },
        batch: { multiplier }
      })
      const usage = Usage.make(counters)
      const options = { at, batch: true }
      const cost = Cost.of(priced, usage, options).picoUsd ?? Number.NaN
      const saved = (Cost.promptCacheSaving(priced, usage, options) ?? Number.NaN) +
        (Cost.batchSaving(priced, usage, options) ?? Number.NaN)
      assert.strictEqual((Cost.list(priced, usage, options).picoUsd ?? Number.NaN) - saved, cost)
    }
  )
})

describe("rounding", () => {
  it("goes to even at a half", () => {
    const half = (inputUncached: number) =>
      pico({ rates: { input: 1 }, batch: { multiplier: 5_000 } }, { inputUncached }, { batch: true })
    assert.deepStrictEqual([1, 3, 5, 7, 9].map(half), [0, 2, 2, 4, 4])
  })

  it("happens once for several multipliers", () => {
    const twice = { rates: { input: 1 }, batch: { multiplier: 5_000 }, serviceTiers: { flex: [{ multiplier: 5_000 }] } }
    assert.strictEqual(pico(twice, { inputUncached: 3 }, { batch: true, serviceTier: "flex" }), 1)
    assert.strictEqual(pico(twice, { inputUncached: 2 }, { batch: true, serviceTier: "flex" }), 0)
  })

  it("refuses a line and a total that are not exact", () => {
    const line = Cost.of(
      model({ rates: { input: 1e7, output: 1 } }),
      Usage.make({ inputUncached: 1e9, outputText: 5 }),
      { at }
    )
    assert.deepInclude(line, { status: "unknown", picoUsd: undefined, usd: undefined })
    assert.deepStrictEqual(line.unpriced, ["inputUncached"])
    assert.deepStrictEqual(line.lines.map((line) => line.unit), ["outputText"])
    const total = Cost.of(
      model({ rates: { input: 6e6, output: 6e6 } }),
      Usage.make({ inputUncached: 1e9, outputText: 1e9 }),
      { at }
    )
    assert.deepStrictEqual([total.status, total.unpriced], ["unknown", ["total"]])
  })

  it("refuses counters that are no whole numbers", () => {
    for (const inputUncached of [-1, 0.5, Number.NaN, Infinity]) {
      assert.strictEqual(pico({ rates: { input: 1 } }, { inputUncached }), undefined)
    }
  })
})

describe("state", () => {
  const free: Price.Known = { free: true }

  it("follows the usage", () => {
    const priced = model({ rates: everywhere(1) })
    assert.strictEqual(Cost.of(priced, Usage.make({ state: "estimated", outputText: 3 }), { at }).status, "estimated")
    const missing = Cost.of(priced, Usage.missing, { at })
    assert.deepInclude(missing, { status: "unknown", picoUsd: undefined, usd: undefined })
    assert.deepStrictEqual(missing.unpriced, ["usage"])
  })

  it("is unknown without a price, and names what was used", () => {
    const usage = Usage.make({
      inputUncached: 1,
      cacheWrite: { "5m": 2 },
      outputText: 3,
      requests: { web_search: 1 },
      images: [{ count: 1, width: 10, height: 20, quality: "low" }]
    })
    const cost = Cost.of(Model.unlisted("newco", "large"), usage, { at })
    assert.strictEqual(cost.status, "unknown")
    assert.deepStrictEqual(cost.unpriced, [
      "inputUncached",
      "cacheWrite.5m",
      "outputText",
      "images.low.10x20",
      "requests.web_search"
    ])
    assert.strictEqual(cost.price, undefined)
    assert.strictEqual(Cost.of(Model.unlisted("newco", "large"), Usage.make({}), { at }).status, "unknown")
  })

  it("keeps the lines that are known", () => {
    const cost = Cost.of(model({ rates: { input: 2 } }), Usage.make({ inputUncached: 3, outputText: 4 }), { at })
    assert.deepStrictEqual(cost.lines.map(({ picoUsd, unit }) => [unit, picoUsd]), [["inputUncached", 6]])
    assert.deepStrictEqual([cost.status, cost.unpriced], ["unknown", ["outputText"]])
  })

  it("costs nothing only where the row says free", () => {
    assert.strictEqual(pico(free, { inputUncached: 5, requests: { web_search: 2 } }), 0)
    assert.strictEqual(Cost.of(model(free), Usage.missing, { at }).status, "measured")
  })

  it("has no lines for what was not used", () => {
    assert.deepStrictEqual(Cost.of(model({ rates: everywhere(1) }), Usage.make({}), { at }).lines, [])
  })

  it("keeps the vendor's own figure beside", () => {
    const cost = Cost.of(Model.unlisted("p", "m"), Usage.missing, { at, reportedUsd: 0.25 })
    assert.deepStrictEqual([cost.picoUsd, cost.reportedUsd], [undefined, 0.25])
  })
})

describe("tokens", () => {
  it("price reasoning as output unless it has a rate of its own", () => {
    assert.strictEqual(pico({ rates: { output: 5 } }, { outputText: 1, outputReasoning: 2 }), 15)
    assert.strictEqual(pico({ rates: { output: 5, reasoningOutput: 3 } }, { outputText: 1, outputReasoning: 2 }), 11)
  })

  it("price cache writes by their time to live", () => {
    const rates = { input: 10, cachedRead: 1, cacheWrite: { "5m": 12, "1h": 20 } }
    assert.strictEqual(
      pico({ rates }, { inputUncached: 1, cacheRead: 2, cacheWrite: { "5m": 3, "1h": 4 } }),
      10 + 2 + 36 + 80
    )
    const other = Cost.of(model({ rates }), Usage.make({ cacheWrite: { "12h": 1, "toString": 1 } }), { at })
    assert.deepStrictEqual(other.unpriced, ["cacheWrite.12h", "cacheWrite.toString"])
    assert.strictEqual(pico({ rates: { input: 10, cacheWrite: "input" } }, { cacheWrite: { "24h": 3 } }), 30)
  })

  it("price the whole request by its tier: all input counts, cached or not", () => {
    const tiered = {
      rates: { input: 1, cachedRead: 1, cacheWrite: { "5m": 1 }, output: 1 },
      tiers: [
        { above: 272_000, rates: { input: 2, cachedRead: 2, cacheWrite: { "5m": 2 }, output: 3 } },
        { above: 500_000, rates: { input: 5, output: 7 } }
      ]
    }
    const request = (inputUncached: number) =>
      pico(tiered, { inputUncached, cacheRead: 71_000, cacheWrite: { "5m": 1_000 }, outputText: 10 })
    assert.strictEqual(request(200_000), 272_010)
    assert.strictEqual(request(200_001), 2 * 272_001 + 30)
    assert.strictEqual(pico(tiered, { inputUncached: 500_001, outputText: 1 }), 5 * 500_001 + 7)
    assert.strictEqual(request(500_000), undefined, "a tier without a cached rate has none")
    const inclusive = {
      rates: { input: 1 },
      tiers: [{ above: 128, boundary: "inclusive" as const, rates: { input: 2 } }]
    }
    assert.deepStrictEqual([127, 128, 129].map((inputUncached) => pico(inclusive, { inputUncached })), [127, 256, 258])
  })
})

describe("multipliers", () => {
  const monday = Date.parse("2026-11-23T02:00:00Z")
  const full: Price.Known = {
    rates: { input: 1_000 },
    perRequest: { web_search: 7 },
    batch: { multiplier: 5_000 },
    serviceTiers: { fast: [{ multiplier: 20_000 }] },
    regions: { us: 11_000 },
    windows: [{ days: [1], ranges: [[60, 240]], multiplier: 20_000, except: [] }]
  }

  it("multiply, and leave requests alone", () => {
    const cost = Cost.of(
      model(full),
      Usage.make({ inputUncached: 3, requests: { web_search: 2 } }),
      { at: monday, batch: true, serviceTier: "fast", region: "us" }
    )
    assert.deepStrictEqual(cost.lines, [
      {
        unit: "inputUncached",
        quantity: 3,
        rate: 1_000,
        multipliers: { batch: 5_000, serviceTier: 20_000, region: 11_000, window: 20_000 },
        picoUsd: 6_600
      },
      { unit: "requests.web_search", quantity: 2, rate: 7, multipliers: {}, picoUsd: 14 }
    ])
  })

  it("know a batch by its flag or its service tier, once", () => {
    assert.strictEqual(pico(full, { inputUncached: 1 }, { batch: true, serviceTier: "batch" }), 500)
    assert.strictEqual(pico(full, { inputUncached: 1 }, { serviceTier: "batch" }), 500)
  })

  it("leave absolute batch rates alone", () => {
    const priced = { ...full, rates: { input: 1_000, output: 10 }, batch: { multiplier: 5_000, rates: { input: 300 } } }
    const cost = Cost.of(model(priced), Usage.make({ inputUncached: 2, outputText: 2 }), {
      at,
      batch: true,
      region: "us"
    })
    assert.deepStrictEqual(cost.lines.map(({ multipliers, picoUsd, rate }) => [rate, multipliers, picoUsd]), [
      [300, { region: 11_000 }, 660],
      [10, { batch: 5_000, region: 11_000 }, 11]
    ])
  })

  it("leave what has no absolute batch rate unknown where there is no multiplier", () => {
    const batch = { rates: { input: 300, output: 30 } }
    const usage = { inputUncached: 2, outputText: 1, outputReasoning: 1 }
    assert.strictEqual(pico({ rates: { input: 1_000, output: 50 }, batch }, usage, { batch: true }), 660)
    const cost = Cost.of(
      model({ rates: { input: 1_000, cachedRead: 100 }, batch }),
      Usage.make({ inputUncached: 1, cacheRead: 1 }),
      { at, batch: true }
    )
    assert.deepStrictEqual([cost.status, cost.unpriced, cost.lines.length], ["unknown", ["cacheRead"], 1])
  })

  it("make the cost unknown where they are unknown", () => {
    const plain = { rates: { input: 1 }, perRequest: { web_search: 7 } }
    for (
      const [options, unit] of [
        [{ batch: true }, "batch"],
        [{ serviceTier: "ultrafast" }, "serviceTier.ultrafast"],
        [{ serviceTier: "constructor" }, "serviceTier.constructor"],
        [{ region: "mars" }, "region.mars"]
      ] as const
    ) {
      const cost = Cost.of(model(plain), Usage.make({ inputUncached: 1, requests: { web_search: 1 } }), {
        at,
        ...options
      })
      assert.deepStrictEqual([cost.status, cost.unpriced, cost.lines.length], ["unknown", [unit], 1])
    }
    for (const serviceTier of ["default", "standard", "auto"]) {
      assert.strictEqual(pico(plain, { inputUncached: 1 }, { serviceTier, region: "global" }), 1)
    }
  })
})

describe("images", () => {
  const gpt: Price.Known = {
    rates: { input: 5, imageOutput: 30 },
    perImage: [
      { rate: 6, quality: "low", width: 1024, height: 1024 },
      { rate: 5, quality: "low", width: 1024, height: 1536 },
      { rate: 53, quality: "medium", width: 1024, height: 1024 },
      { rate: 41, quality: "medium", width: 1024, height: 1536 }
    ]
  }
  const one = (
    price: Price.Known,
    image: Omit<Usage.Images, "count">,
    usage: Parameters<typeof Usage.make>[0] = {}
  ) => {
    const cost = Cost.of(model(price), Usage.make({ images: [{ count: 2, ...image }], ...usage }), { at })
    return [cost.status, cost.picoUsd]
  }

  it("are priced by tokens where the usage counts them", () => {
    assert.deepStrictEqual(
      one(gpt, { quality: "low", width: 1024, height: 1024 }, { inputUncached: 1, imageOutput: 10 }),
      ["measured", 305]
    )
  })

  it("are priced by the exact row", () => {
    assert.deepStrictEqual(one(gpt, { quality: "low", width: 1024, height: 1536 }), ["measured", 10])
  })

  it("take the nearest larger size as an estimate, and none as unknown", () => {
    assert.deepStrictEqual(one(gpt, { quality: "low", width: 1100, height: 1100 }), ["estimated", 10])
    assert.deepStrictEqual(one(gpt, { quality: "medium", width: 512, height: 512 }), ["estimated", 106])
    assert.deepStrictEqual(one(gpt, { quality: "low", width: 4096, height: 4096 }), ["unknown", undefined])
    assert.deepStrictEqual(one(gpt, { quality: "ultra", width: 1024, height: 1024 }), ["unknown", undefined])
  })

  it("take the dearest fitting row for an automatic size or quality", () => {
    assert.deepStrictEqual(one(gpt, { quality: "auto", width: 1024, height: 1024 }), ["estimated", 106])
    assert.deepStrictEqual(one(gpt, { width: 1024, height: 1536 }), ["estimated", 82])
    assert.deepStrictEqual(one(gpt, { quality: "low" }), ["estimated", 12])
  })

  it("follow pixel steps, modes and flat prices", () => {
    const steps = { perImage: [{ rate: 2, maxPixels: 2_601_123 }, { rate: 3, maxPixels: 9_000_000 }] }
    assert.deepStrictEqual(one(steps, { width: 1024, height: 1024 }), ["measured", 4])
    assert.deepStrictEqual(one(steps, { width: 2048, height: 2048 }), ["measured", 6])
    assert.deepStrictEqual(one(steps, { width: 8192, height: 8192 }), ["unknown", undefined])
    const modes = { perImage: [{ rate: 4 }, { rate: 9, mode: "edit" }] }
    assert.deepStrictEqual(one(modes, { mode: "edit", width: 1, height: 1 }), ["measured", 18])
    assert.deepStrictEqual(one(modes, { mode: "generate" }), ["measured", 8])
    assert.deepStrictEqual(one(modes, {}), ["measured", 8])
  })

  it("are priced by begun megapixels, the first apart", () => {
    const flux = { perMegapixel: { first: 30, further: 15 }, perInputImage: 15 }
    assert.deepStrictEqual(one(flux, { width: 1024, height: 1024 }), ["measured", 60])
    assert.deepStrictEqual(one(flux, { width: 2048, height: 1025 }, { inputImages: 1 }), [
      "measured",
      2 * (30 + 30) + 15
    ])
    assert.deepStrictEqual(one(flux, {}), ["unknown", undefined])
  })

  it("sold by the piece have no price for the tokens that a vendor also counts", () => {
    assert.deepStrictEqual(one({ perImage: [{ rate: 4 }] }, {}, { inputUncached: 9, imageOutput: 4_000 }), [
      "measured",
      8
    ])
    assert.deepStrictEqual(one({ rates: { output: 1 } }, {}, { outputText: 1 }), ["unknown", undefined])
  })
})

describe("requests", () => {
  it("are priced by kind", () => {
    const price = { rates: { input: 1 }, perRequest: { web_search: 10_000_000_000 } }
    assert.strictEqual(pico(price, { inputUncached: 5, requests: { web_search: 3, none: 0 } }), 30_000_000_005)
    assert.strictEqual(pico(price, { requests: { code: 1 } }), undefined)
  })
})

describe("dates", () => {
  const repriced = model(
    { rates: { input: 5 } },
    { from: "2026-08-21", rates: { input: 4 } },
    { from: "2026-12-01", rates: { input: 9 } }
  )
  const on = (time: string) => Cost.of(repriced, Usage.make({ inputUncached: 1 }), { at: Date.parse(time) })

  it("choose the row: old calls keep their price, announced ones don't come early", () => {
    assert.deepStrictEqual(
      ["2026-08-20T23:59:59.999Z", "2026-08-21T00:00:00Z", "2026-11-30T23:59:59.999Z", "2026-12-01T00:00:00Z"]
        .map((time) => on(time).picoUsd),
      [5, 4, 4, 9]
    )
    assert.strictEqual(on("2026-09-01").price?.from, "2026-08-21")
  })

  it("leave the time before the first row unknown", () => {
    const cost = Cost.of(model({ from: "2026-12-01", rates: { input: 1 } }), Usage.make({ inputUncached: 1 }), { at })
    assert.deepStrictEqual([cost.status, cost.unpriced], ["unknown", ["inputUncached"]])
  })
})

describe("currency", () => {
  const euro: Cost.Currency = { code: "EUR", perUsd: 0.5, asOf: "2026-11-23", source: "ECB" }

  it("is a view beside USD", () => {
    const cost = Cost.of(model({ rates: { input: 1_000_000 } }), Usage.make({ inputUncached: 2_000_000 }), {
      at,
      currency: euro
    })
    assert.strictEqual(cost.usd, 2)
    assert.deepStrictEqual(cost.local, { currency: "EUR", amount: 1, perUsd: 0.5, asOf: "2026-11-23", source: "ECB" })
    assert.deepStrictEqual(Cost.zero.local, Cost.withCurrency(Cost.zero, Cost.usd).local)
    assert.deepInclude(Cost.withCurrency(euro)(Cost.unknown).local, { currency: "EUR", amount: undefined })
  })

  it.effect("decodes from a configuration", () =>
    Schema.decodeEffect(Cost.Currency)({ code: "euro", perUsd: 0 }, { errors: "all" }).pipe(
      Effect.flip,
      Effect.map((error) => {
        assert.include(error.message, "ISO 4217")
        assert.include(error.message, "perUsd")
      })
    ))
})

describe("sum", () => {
  it("adds $50,000 up exactly", () => {
    const each = Cost.of(model({ rates: { input: 150_001 } }), Usage.make({ inputUncached: 333_331 }), { at })
    const cost = each.picoUsd ?? 0
    const count = Math.ceil(50_000e12 / cost)
    function* many() {
      for (let i = 0; i < count; i++) yield each
    }
    const total = Cost.sum(many())
    assert.strictEqual(total.picoUsd, BigInt(cost) * BigInt(count))
    assert.isAbove(total.usd, 50_000 - 1e-6)
    assert.deepInclude(total, { count, unknown: 0, estimated: 0 })
  })

  it("says how many were unknown or estimated", () => {
    const estimated = Cost.of(model({ free: true }), Usage.make({ state: "estimated" }), { at })
    assert.deepStrictEqual(Cost.sum([Cost.unknown, Cost.zero, estimated]), {
      picoUsd: 0n,
      usd: 0,
      count: 3,
      estimated: 1,
      unknown: 1
    })
  })
})

describe("savings", () => {
  const priced = model({
    rates: { input: 10, cachedRead: 1, cacheWrite: { "5m": 12 }, output: 50 },
    batch: { multiplier: 5_000 }
  })

  it("count a write's premium against the cache", () => {
    assert.strictEqual(Cost.promptCacheSaving(priced, Usage.make({ cacheRead: 100 }), { at }), 900)
    assert.strictEqual(Cost.promptCacheSaving(priced, Usage.make({ cacheWrite: { "5m": 100 } }), { at }), -200)
    assert.strictEqual(
      Cost.batchSaving(priced, Usage.make({ cacheRead: 100, outputText: 2 }), { at, serviceTier: "batch" }),
      550
    )
    assert.strictEqual(Cost.batchSaving(priced, Usage.make({ cacheRead: 100 }), { at }), 0)
  })

  it("are unknown where a side is", () => {
    assert.strictEqual(Cost.promptCacheSaving(priced, Usage.make({ cacheWrite: { "1h": 1 } }), { at }), undefined)
  })
})

describe("schema", () => {
  it.effect("carries a cost through JSON", () =>
    Effect.gen(function*() {
      const cost = Cost.of(
        model({ from: "2026-01-01", rates: { input: 3 }, confidence: "user" }),
        Usage.make({ inputUncached: 2 }),
        { at }
      )
      const codec = Schema.fromJsonString(Schema.toCodecJson(Cost.Cost))
      const text = yield* Schema.encodeEffect(codec)(cost)
      assert.deepStrictEqual(yield* Schema.decodeEffect(codec)(text), cost)
    }))
})
