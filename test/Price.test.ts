import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Price from "../src/Price.ts"

const at = (time: string) => Date.parse(time)

describe("whole", () => {
  it("is exact, or nothing", () => {
    assert.deepStrictEqual([0.15, 0.1, 0.0028, 0.003625, 2.5, 168, 0].map(Price.perMillion), [
      150_000,
      100_000,
      2_800,
      3_625,
      2_500_000,
      168_000_000,
      0
    ])
    assert.deepStrictEqual(
      [-1, Number.NaN, Infinity, 0.0000001, 0.1234567, 1e300].map(Price.perMillion),
      [undefined, undefined, undefined, undefined, undefined, undefined]
    )
    assert.strictEqual(Price.whole(0.035, 12), 35_000_000_000)
  })

  it.prop("inverts division", [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e12 }))], ([units]) => {
    assert.strictEqual(Price.perMillion(units / 1e6), units)
  })
})

describe("ratesFor", () => {
  const price = Price.make({
    rates: { input: 1 },
    tiers: [{ above: 32_000, rates: { input: 2 } }, { above: 128_000, boundary: "inclusive", rates: { input: 3 } }]
  })

  it("takes the last step that is passed", () => {
    assert.deepStrictEqual(
      [0, 32_000, 32_001, 127_999, 128_000, 1_000_000].map((tokens) => Price.ratesFor(price, tokens).input),
      [1, 1, 2, 2, 3, 3]
    )
  })
})

describe("serviceTier", () => {
  const price = Price.make({
    serviceTiers: {
      ultrafast: [{ multiplier: 30_000 }, { from: "2027-03-01", multiplier: 60_000 }],
      later: [{ from: "2027-01-01", multiplier: 20_000 }],
      unknown: []
    }
  })

  it("is dated", () => {
    assert.strictEqual(Price.serviceTier(price, "ultrafast", at("2027-02-28T23:59:59.999Z")), 30_000)
    assert.strictEqual(Price.serviceTier(price, "ultrafast", at("2027-03-01")), 60_000)
  })

  it("is undefined before it begins, where it isn't known, and where it isn't listed", () => {
    for (const name of ["later", "unknown", "flex", "toString"]) {
      assert.isUndefined(Price.serviceTier(price, name, at("2026-11-23")), name)
    }
    assert.strictEqual(Price.serviceTier(price, "default", at("2026-11-23")), Price.unit)
  })
})

describe("windowAt", () => {
  const deepseek = Price.make({
    windows: [{
      days: [1, 2, 3, 4, 5],
      ranges: [[60, 240], [360, 600]],
      multiplier: 20_000,
      except: [at("2026-10-01") / 86_400_000]
    }]
  })
  const night = Price.make({
    windows: [{
      days: [5],
      ranges: [[1_320, 120]],
      multiplier: 5_000,
      except: [at("2026-12-04") / 86_400_000]
    }]
  })

  it("holds from its first minute to before its last", () => {
    assert.deepStrictEqual(
      ["00:59:59.999", "01:00:00", "03:59:59.999", "04:00:00", "06:00:00", "10:00:00"]
        .map((time) => Price.windowAt(deepseek, at(`2026-11-23T${time}Z`))),
      [10_000, 20_000, 20_000, 10_000, 20_000, 10_000]
    )
  })

  it("holds on its days and not on the excepted ones", () => {
    assert.strictEqual(Price.windowAt(deepseek, at("2026-11-22T02:00:00Z")), 10_000, "a Sunday")
    assert.strictEqual(Price.windowAt(deepseek, at("2026-10-01T02:00:00Z")), 10_000, "a holiday")
    assert.strictEqual(Price.windowAt(deepseek, at("2026-10-02T02:00:00Z")), 20_000)
    assert.strictEqual(Price.windowAt(deepseek, at("1969-12-29T02:00:00Z")), 20_000, "a Monday before 1970")
  })

  it("past midnight belongs to the day it began on", () => {
    assert.deepStrictEqual(
      [
        "2026-11-27T21:59Z",
        "2026-11-27T22:00Z",
        "2026-11-28T01:59Z",
        "2026-11-28T02:00Z",
        "2026-11-28T22:00Z",
        "2026-11-27T01:00Z"
      ]
        .map((time) => Price.windowAt(night, at(time))),
      [10_000, 5_000, 5_000, 10_000, 10_000, 10_000]
    )
    assert.strictEqual(Price.windowAt(night, at("2026-12-04T23:00Z")), 10_000, "excepted")
    assert.strictEqual(Price.windowAt(night, at("2026-12-05T01:00Z")), 10_000, "excepted with the day it began on")
  })
})

describe("at", () => {
  it("is the newest row that has begun", () => {
    const rows = [Price.make({ from: "2026-01-01" }), Price.make({ from: "2026-06-01" })]
    assert.deepStrictEqual(
      ["2025-12-31", "2026-01-01", "2026-07-01"].map((day) => Price.at(rows, at(day))?.from),
      [undefined, "2026-01-01", "2026-06-01"]
    )
  })
})
