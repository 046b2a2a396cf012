import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Histogram from "../../src/internal/histogram.ts"
import { randomOf } from "./records.ts"

const Durations = Schema.NonEmptyArray(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e9 })))

const of = (values: Iterable<number>) => {
  const histogram: Histogram.Histogram = new Map()
  for (const value of values) Histogram.add(histogram, value)
  return histogram
}

const exact = (values: ReadonlyArray<number>, q: number) =>
  [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1]!

/** Below a microsecond is 0. */
const isClose = (estimate: number | undefined, value: number) =>
  assert.isTrue(
    value <= 0.001 ? estimate === 0 : Math.abs((estimate ?? 0) - value) <= value * 0.02,
    `${estimate} for ${value}`
  )

describe("histogram", () => {
  it.effect.prop("is off by 2 % at most, at any percentile", [Durations], ([values]) =>
    Effect.sync(() => {
      const histogram = of(values)
      for (const q of [0, 0.5, 0.95, 0.99, 1]) isClose(Histogram.percentile(histogram, q), exact(values, q))
    }))

  it("is off by 2 % at most around a microsecond", () => {
    for (let value = 0.0009; value < 0.0012; value += 1e-7) isClose(Histogram.percentile(of([value]), 0.5), value)
  })

  it("is off by 2 % at most for latencies of every kind", () => {
    const random = randomOf(7)
    const kinds = [
      () => 80 + random() * 400,
      () => Math.exp(random() * 14 - 4),
      () => random() < 0.9 ? 0.02 + random() * 0.01 : 5000 * random()
    ]
    for (const kind of kinds) {
      const values = Array.from({ length: 20_000 }, kind)
      const histogram = of(values)
      for (const q of [0.5, 0.9, 0.95, 0.99, 0.999]) isClose(Histogram.percentile(histogram, q), exact(values, q))
    }
  })

  it.effect.prop(
    "comes back from its bytes, and merges as its values do",
    [Durations, Durations],
    ([one, other]) =>
      Effect.sync(() => {
        const both = of([...one, ...other])
        const bytes = Histogram.mergeBytes(Histogram.encode(of(one)), Histogram.encode(of(other)))
        assert.deepStrictEqual(bytes, Histogram.encode(both))
        assert.deepStrictEqual(Histogram.encode(Histogram.decode(bytes)), bytes)
      })
  )

  it("merges counts beyond 32 bits, and with nothing", () => {
    const large = Histogram.encode(new Map([[3, 2 ** 40], [2000, 5]]))
    assert.deepStrictEqual(
      Histogram.decode(Histogram.mergeBytes(large, large)),
      new Map([[3, 2 ** 41], [2000, 10]])
    )
    assert.strictEqual(Histogram.mergeBytes(large, new Uint8Array(0)), large)
    assert.strictEqual(Histogram.percentile(new Map(), 0.5), undefined)
  })
})
