import { assert, describe, it } from "@effect/vitest"
import * as Format from "../../src/cli/Format.ts"

const table = <A>(of: (value: A) => string, rows: ReadonlyArray<readonly [value: A, text: string]>) => () => {
  for (const [value, text] of rows) assert.strictEqual(of(value), text, String(value))
}

describe("Format", () => {
  it(
    "count",
    table(Format.count, [
      [0, "0"],
      [18, "18"],
      [1_204, "1,204"],
      [12_847, "12,847"],
      [99_999, "99,999"],
      [100_000, "100K"],
      [582_300, "582K"],
      [999_499, "999K"],
      [999_600, "1M"],
      [1_234_567, "1.2M"],
      [9_960_000, "10M"],
      [582_000_000, "582M"],
      [1_500_000_000, "1.5B"]
    ])
  )

  it(
    "size",
    table(Format.size, [
      [undefined, "—"],
      [512, "512"],
      [8_192, "8.19K"],
      [128_000, "128K"],
      [200_000, "200K"],
      [1_000_000, "1M"],
      [1_050_000, "1.05M"],
      [2_000_000, "2M"]
    ])
  )

  it(
    "usd",
    table(Format.usd, [
      [undefined, "—"],
      [Number.NaN, "—"],
      [0, "$0"],
      [1e-12, "$0.000000000001"],
      [0.000_000_4, "$0.00000040"],
      [0.000_012, "$0.000012"],
      [0.001_294, "$0.001294"],
      [0.009_999_99, "$0.0100"],
      [0.014_2, "$0.0142"],
      [0.999_999, "$1.00"],
      [4.27, "$4.27"],
      [999.999, "$1,000"],
      [1_284.4, "$1,284"],
      [-0.014_2, "−$0.0142"]
    ])
  )

  it(
    "cost",
    table(Format.cost, [
      [{ status: "measured", usd: 0.014_2 }, "$0.0142"],
      [{ status: "estimated", usd: 0.014_2 }, "≈ $0.0142"],
      [{ status: "unknown", usd: undefined }, "—"]
    ])
  )

  it(
    "perMillion",
    table(Format.perMillion, [
      [undefined, "—"],
      [0, "$0.000"],
      [150_000, "$0.150"],
      [37_500, "$0.0375"],
      [10_000_000, "$10.000"],
      [1, "$0.000001"]
    ])
  )

  it("picoUsd", table(Format.picoUsd, [[10_000_000_000, "$0.01"], [1, "$0.000000000001"], [2e12, "$2"]]))

  it("factor", table(Format.factor, [[5_000, "×0.5"], [10_000, "×1"], [11_000, "×1.1"]]))

  it(
    "duration",
    table(Format.duration, [
      [0.4, "0.4 ms"],
      [0.99, "1 ms"],
      [312.2, "312 ms"],
      [999.9, "1.00 s"],
      [1_240, "1.24 s"],
      [9_999, "10.0 s"],
      [12_400, "12.4 s"],
      [59_990, "1 m 00 s"],
      [125_000, "2 m 05 s"],
      [3_725_000, "1 h 02 m"]
    ])
  )

  it("bytes", table(Format.bytes, [[700, "0.7 kB"], [12_345, "12 kB"], [1_234_567, "1.2 MB"]]))
})
