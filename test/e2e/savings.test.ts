import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Mechanisms, misfits, type Month, run, sumOf } from "../../scratchpad/bench/savings/month.ts"
import * as Workload from "../../scratchpad/bench/savings/workload.ts"

const none: Mechanisms = { responseCache: false, promptCache: false, routing: false, batch: false }
const all: Mechanisms = { responseCache: true, promptCache: true, routing: true, batch: true }

const workload = Workload.read()
const jobsWith = (part: "small" | "batch"): ReadonlyArray<string> =>
  Object.keys(workload.jobs).filter((name) => workload.jobs[name]?.[part] !== undefined)
const spentBy = ({ jobs }: Month, names: ReadonlyArray<string>): bigint =>
  names.reduce((sum, name) => sum + (jobs[name]?.spent ?? 0n), 0n)

describe("a month's savings", () => {
  for (const seed of [1, 2]) {
    it.live(`are the difference of the sandbox's two bills, to the pico-dollar: seed ${seed}`, () =>
      Effect.gen(function*() {
        const size = { seed, days: 2, callsADay: 100 }
        const of = (use: Mechanisms) => run(workload, size, use)
        const [baseline, together] = [yield* of(none), yield* of(all)]

        assert.strictEqual(baseline.requests, 200)
        assert.deepStrictEqual([baseline.bill, sumOf(baseline.saved)], [baseline.spent, 0n])
        assert.strictEqual(sumOf(together.saved), baseline.bill - together.bill)
        assert.strictEqual(together.dashboard.saved, baseline.bill - together.bill)
        assert.strictEqual(together.dashboard.baseline, baseline.bill)
        assert.deepStrictEqual(together.dashboard.parts, together.saved)
        assert.deepStrictEqual(misfits(baseline, together), [])
        const { batch, coalescing, promptCache, responseCache, routing } = together.saved
        for (const part of [batch, coalescing + responseCache, promptCache, routing]) assert.isAbove(Number(part), 0)
        assert.isAbove(together.rejected, 0)

        for (const mechanism of ["responseCache", "promptCache", "routing", "batch"] as const) {
          const alone = yield* of({ ...none, [mechanism]: true })
          assert.deepStrictEqual(misfits(baseline, alone), [])
          const own = mechanism === "responseCache"
            ? alone.saved.responseCache + alone.saved.coalescing
            : alone.saved[mechanism]
          assert.isAbove(Number(own), 0)
          assert.strictEqual(own, sumOf(alone.saved))
          if (mechanism === "batch") {
            assert.strictEqual(own * 2n, spentBy(baseline, jobsWith("batch")))
          }
          if (mechanism === "routing") {
            assert.strictEqual(own, spentBy(baseline, jobsWith("small")) - spentBy(alone, jobsWith("small")))
          }
        }
      }))
  }

  it.live("go by the clock that Loom and the sandbox have: what is kept is forgotten in time", () =>
    Effect.gen(function*() {
      const { documents, support } = workload.jobs
      if (documents === undefined || support === undefined) return assert.fail("there are no such jobs")
      const of = (hours: number, gap: number) =>
        run(
          {
            ...workload,
            responseCache: { ...workload.responseCache, hours },
            jobs: {
              support,
              documents: { ...documents, session: { calls: [3, 8], gapSeconds: [gap, gap], why: "told apart" } }
            }
          },
          { seed: 4, days: 1, callsADay: 150 },
          { ...none, responseCache: true, promptCache: true }
        )
      const [kept, forgotten] = [yield* of(24, 299), yield* of(1 / 3600, 301)]
      assert.isAbove(kept.hits, 0)
      assert.strictEqual(forgotten.hits, 0)
      // What was written, at a premium, is never read.
      assert.isAbove(Number(kept.jobs["documents"]?.saved), 0)
      assert.isBelow(Number(forgotten.jobs["documents"]?.saved), 0)
    }))

  it.live("are told of where they don't fit", () =>
    Effect.gen(function*() {
      const size = { seed: 3, days: 1, callsADay: 20 }
      const baseline = yield* run(workload, size, none)
      assert.deepStrictEqual(misfits(baseline, { ...baseline, bill: baseline.bill - 1n }).length, 6)
      assert.lengthOf(misfits(baseline, { ...baseline, saved: { ...baseline.saved, batch: 1n } }), 2)
    }))

  it("are of calls that a seed decides, with more of them as they are repeated", () => {
    const days = [0, 1, 2].flatMap((day) => Workload.callsOf(workload, 7, 200, day))
    assert.deepStrictEqual(days, [0, 1, 2].flatMap((day) => Workload.callsOf(workload, 7, 200, day)))
    assert.notDeepEqual(days, [0, 1, 2].flatMap((day) => Workload.callsOf(workload, 8, 200, day)))
    assert.lengthOf(days, 600)
    for (const [name, { repeated, share }] of Object.entries(workload.jobs)) {
      const calls = days.filter(({ job }) => job === name)
      assert.lengthOf(calls, share.value * 600)
      const questions = new Set(calls.map(({ prompt }) => prompt)).size
      if (repeated === undefined) assert.strictEqual(questions, calls.length)
      else assert.isBelow(questions, calls.length * 0.9)
    }
  })
})
