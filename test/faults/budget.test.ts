import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Ledger } from "loom-router"
import type * as Sandbox from "loom-router/sandbox"
import { billed, spent } from "../providers/world.ts"
import { randomOf } from "../storage/records.ts"
import { ways } from "./drive.ts"
import { inPair, secondModel } from "./pair.ts"

const model = "openai/gpt-4.1"

describe("measure", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    it.live(`is the sandboxes' bill for a random concurrent program: ${seed}`, () =>
      inPair({ health: false, failover: [secondModel] }, function*({ first, records, second }) {
        const random = randomOf(seed)
        const int = (below: number) => Math.floor(random() * below)
        const faults = Array.from({ length: 12 }, (): Sandbox.Fault => ({
          prompt: `Question ${int(20)} `,
          respond: { status: random() < 0.5 ? 503 : 429 },
          times: 1 + int(4)
        }))
        yield* first.script(...faults)
        const one = Effect.suspend(() => {
          const [, ask] = ways[int(2)]!
          return Effect.result(ask({
            model,
            prompt: `Question ${int(20)} [words: ${5 + int(60)}]`,
            coalesce: random() < 0.5,
            cache: random() < 0.5 ? { ttl: 3_600_000 } : false
          }))
        })
        const many = (depth: number): Effect.Effect<unknown> =>
          Effect.suspend(() =>
            Effect.all(
              Array.from({ length: 2 + int(4) }, () => depth === 0 || random() < 0.4 ? one : many(depth - 1)),
              { concurrency: random() < 0.3 ? 1 : "unbounded" }
            )
          )
        yield* one
        const before = (yield* billed(first)) + (yield* billed(second))
        const earlier = records.length
        const [[, inner], spend] = yield* Ledger.measure(Effect.tap(Ledger.measure(many(3)), one))
        const bill = (yield* billed(first)) + (yield* billed(second)) - before
        assert.strictEqual(Number(spend.picoUsd), bill)
        assert.isAbove(bill, 0)
        assert.strictEqual(spend.unknown, 0)
        assert.strictEqual(spend.calls, records.length - earlier)
        assert.strictEqual(spent(records.slice(earlier).flatMap(({ attempts }) => attempts)), bill)
        assert.isAtMost(Number(inner.picoUsd), bill)
      }))
  }
})
