import { assert, describe, it } from "@effect/vitest"
import * as Format from "../../../src/dashboard/web/format.ts"

const table = <A>(write: (value: A) => string, cases: ReadonlyArray<readonly [A, string]>) => () => {
  for (const [value, written] of cases) assert.strictEqual(write(value), written)
}

const money = (picoUsd: string) => ({ picoUsd, usd: Number(picoUsd) / 1e12 })
const at = (time: string) => new Date(`2026-11-23T${time}`).getTime()
const now = at("11:06:21")

describe("format", () => {
  it(
    "writes counts",
    table(Format.countOf, [
      [null, "—"],
      [undefined, "—"],
      [0, "0"],
      [12_847, "12,847"],
      [99_999, "99,999"],
      [582_000_000, "582M"],
      [1_900_000_000, "1.9B"],
      [9_960_000, "10M"]
    ])
  )

  it(
    "writes calls a minute, few as they are",
    table(Format.perMinute, [
      [null, "—"],
      [0, "0"],
      [12_847.3, "12,847"],
      [99.95, "100"],
      [3.24, "3.2"],
      [1, "1"],
      [0.042, "0.042"],
      [0.00123, "0.0012"]
    ])
  )

  it(
    "writes latencies",
    table(Format.durationOf, [
      [null, "—"],
      [0.42, "0.4 ms"],
      [312.4, "312 ms"],
      [1_240, "1.24 s"],
      [125_000, "2 m 05 s"]
    ])
  )

  it(
    "writes rates: what is tiny isn't nothing, what is nearly all isn't all",
    table(Format.rate, [
      [null, "—"],
      [0, "0%"],
      [0.614, "61.4%"],
      [0.5, "50%"],
      [1, "100%"],
      [0.99999, "99.9%"],
      [0.0001, "<0.1%"],
      [-0.082, "−8.2%"],
      [22.993, "2,299%"]
    ])
  )

  it("writes shares", table(Format.share, [[0.3, "30%"], [0.001, "<1%"], [0.999, "99%"], [1, "100%"]]))

  it("writes changes of rates in points", table(Format.points, [[0.031, "3.1 pt"], [0, "0 pt"], [0.5, "50 pt"]]))

  it(
    "writes dollars, never zero for what isn't, and never in powers of ten",
    table(Format.money, [
      [null, "—"],
      [money("0"), "$0"],
      [money("1284000000000000"), "$1,284"],
      [money("4270000000000"), "$4.27"],
      [money("14200000000"), "$0.0142"],
      [money("12000000"), "$0.000012"],
      [money("1"), "$0.000000000001"],
      [money("-92000000000000"), "−$92.00"]
    ])
  )

  it(
    "writes all there is of an amount",
    table(Format.exactly, [
      [null, "—"],
      [money("0"), "$0"],
      [money("12345678"), "$0.000012345678"],
      [money("1284000000000000"), "$1,284"],
      [money("1234567000000000001"), "$1,234,567.000000000001"],
      [money("-500000000000"), "−$0.5"]
    ])
  )

  it("marks what is estimated, and what is the least it can be", () => {
    const cost = money("12000000")
    assert.strictEqual(Format.cost({ cost, costStatus: "measured" }), "$0.000012")
    assert.strictEqual(Format.cost({ cost, costStatus: "estimated" }), "≈ $0.000012")
    assert.strictEqual(Format.cost({ cost, costStatus: "partial" }), "≥ $0.000012")
    assert.strictEqual(Format.cost({ cost, costStatus: "unknown" }), "—")
    assert.strictEqual(Format.cost({ cost: null, costStatus: "unknown" }), "—")
  })

  it("writes the time of day, and the day where it isn't today", () => {
    assert.strictEqual(Format.clock(at("00:00:01"), now), "00:00:01")
    assert.strictEqual(Format.clock(now - 86_400_000, now), "22 Nov 11:06")
  })

  it("writes how long ago, up to an hour", () => {
    assert.strictEqual(Format.ago(now + 400, now), "0s ago")
    assert.strictEqual(Format.ago(now - 14_900, now), "14s ago")
    assert.strictEqual(Format.ago(now - 3_599_000, now), "59m ago")
    assert.strictEqual(Format.ago(now - 3_600_000, now), "10:06:21")
  })

  it("writes ticks in 24 hours, as fine as they are apart", () => {
    assert.strictEqual(Format.tick(at("23:06:20"), 10_000), "23:06:20")
    assert.strictEqual(Format.tick(at("23:06:20"), 60_000), "23:06")
    assert.strictEqual(Format.tick(at("23:06:20"), 86_400_000), "23 Nov")
  })

  it("writes buckets", () => {
    assert.strictEqual(Format.bucket(at("11:06:20"), 10_000, now), "11:06:20–11:06:30")
    assert.strictEqual(Format.bucket(at("11:00:00"), 600_000, now), "11:00–11:10")
    assert.strictEqual(Format.bucket(at("11:00:00") - 172_800_000, 3_600_000, now), "21 Nov 11:00–12:00")
  })

  it("writes a time with its zone, of the same moment", () => {
    assert.match(Format.iso(now), /^2026-11-23T11:06:21\.000[+-]\d\d:\d\d$/)
    assert.strictEqual(Date.parse(Format.iso(now)), now)
  })

  it(
    "writes how long something takes",
    table(Format.span, [
      [-5, "0 s"],
      [14_999, "14 s"],
      [179_000, "2 m"],
      [3_600_000, "1 h 00 m"],
      [22 * 3_600_000 + 5 * 60_000, "22 h 05 m"],
      [47.99 * 3_600_000, "47 h 59 m"],
      [6 * 86_400_000 + 4 * 3_600_000, "6 d 4 h"]
    ])
  )

  it(
    "writes tags in words",
    table(Format.words, [["RateLimited", "rate limited"], ["inputUncached", "input uncached"]])
  )

  it("counts", () => {
    assert.strictEqual(Format.plural(1, "call"), "1 call")
    assert.strictEqual(Format.plural(0, "call"), "0 calls")
    assert.strictEqual(Format.plural(2, "retry", "retries"), "2 retries")
  })

  it(
    "writes dollars on an axis",
    table(Format.usdTick, [
      [0, "$0"],
      [0.005, "$0.005"],
      [0.00000002, "$0.00000002"],
      [2.5, "$2.5"],
      [500, "$500"],
      [12_000, "$12,000"],
      [1_500_000, "$1.5M"]
    ])
  )

  it("writes durations on an axis", table(Format.durationTick, [[0, "0"], [0.5, "0.5 ms"], [2000, "2.00 s"]]))
})
