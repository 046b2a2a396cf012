import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, Stream } from "effect"
import { Catalog, Cost, Ledger, Loom, Router } from "loom-router"
import type * as Sandbox from "loom-router/sandbox"
import { billed, spent } from "../providers/world.ts"
import { randomOf } from "../storage/records.ts"
import { type Asking, ways } from "./drive.ts"
import { inPair, secondModel } from "./pair.ts"

const model = "openai/gpt-4.1"

const routed = (hedge?: Router.Options["hedge"]): Asking => ({ model, ...options }) =>
  Loom.route(
    Router.make({ candidates: [{ model }, "openai/gpt-4.1-mini"], validator: () => Effect.succeed(true), hedge }),
    options
  )

describe("budget", () => {
  const dear = "openai/gpt-5-pro"
  const limit = 1e12

  const routers = [["router", routed()], ["router, hedged", routed({ after: "20 millis" })]] as const

  for (const [way, ask] of [...ways, ...routers]) {
    for (const seed of way.startsWith("router") ? [4] : [1, 2, 3]) {
      it.live(`F25 200 concurrent calls against a $1 budget: ${way}, ${seed}`, () =>
        inPair({ health: false }, function*({ first, records }) {
          const random = randomOf(seed)
          const int = (below: number) => Math.floor(random() * below)
          const wrong: ReadonlyArray<Sandbox.Fault> = [
            { respond: { status: 503 } },
            { respond: { status: 429 } },
            { respond: { status: 502 }, billed: true },
            { reset: true, billed: true }
          ]
          yield* first.script(
            ...Array.from({ length: 60 }, (): Sandbox.Fault => ({
              prompt: `Question ${2 * int(100)} `,
              ...wrong[int(wrong.length)]
            })),
            ...Array.from({ length: 20 }, (): Sandbox.Fault => ({
              prompt: `Question ${2 * int(100) + 1} `,
              hang: true,
              billed: random() < 0.5
            }))
          )
          const question = (n: number) =>
            ask({
              model: random() < 0.5 ? dear : model,
              prompt: `Question ${n} [words: ${5 + int(400)}] ${"織機 ".repeat(int(50))}`,
              maxOutputTokens: 50 + int(600),
              coalesce: false,
              cache: false
            })
          const held = Effect.gen(function*() {
            const wave = yield* Effect.forEach(
              Array.from({ length: 200 }, (_, n) => n),
              (n) => Effect.forkChild(Effect.result(question(n)), { startImmediately: true })
            )
            // Those that hang are left, some of them with the bill.
            yield* Effect.forEach(wave.filter((_, n) => n % 2 === 0), Fiber.join)
            yield* first.awaitJournal((journal) => journal.filter(({ ended }) => !ended).length <= 20)
            yield* Effect.forEach(wave, Fiber.interrupt)
            for (let n = 200;; n++) {
              const asked = yield* Effect.result(question(n))
              if (asked._tag === "Failure" && asked.failure.reason._tag === "BudgetExceeded") {
                return asked.failure.reason
              }
              assert.isBelow(n, 2000)
            }
          })
          const refused = yield* Ledger.budget(held, { usd: 1 })
          yield* first.awaitJournal((journal) => journal.every(({ ended }) => ended))
          const bill = yield* billed(first)
          assert.isAtMost(bill, limit)
          assert.isAbove(bill, 0)
          assert.isAtMost(bill, Math.round(refused.spentUsd * 1e12))
          assert.isAtMost(refused.spentUsd, 1)
          assert.strictEqual(refused.reservedUsd, 0)
          assert.isAbove(refused.spentUsd + (refused.neededUsd ?? NaN), 1)
          assert.isAbove(records.filter(({ outcome }) => outcome === "BudgetExceeded").length, 1)
          for (const { attempts, outcome } of records) {
            if (outcome === "BudgetExceeded") assert.isAtMost(attempts.length, 2)
          }
        }))
    }
  }
})

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

describe("measure, where candidates race and callers leave", () => {
  const small = "openai/gpt-4.1-mini"

  for (const seed of [1, 2, 3, 4, 5]) {
    it.live(`is the sandboxes' bill, but for what was cancelled, which is counted: ${seed}`, () =>
      inPair({ health: false }, function*({ first, records, second }) {
        const random = randomOf(seed)
        const int = (below: number) => Math.floor(random() * below)
        const one = <A>(of: ReadonlyArray<A>): A => of[int(of.length)]!
        yield* first.script(
          ...Array.from({ length: 30 }, (): Sandbox.Fault => ({
            prompt: `Question ${int(30)} `,
            model: "gpt-4.1-mini",
            ...one([
              { hang: true, billed: random() < 0.5 },
              { respond: { status: 502 }, billed: random() < 0.5 },
              { respond: { status: 503 } },
              { delayMillis: 20 }
            ])
          })),
          { stream: true, eventDelayMillis: 1, times: "always" }
        )
        const validators: ReadonlyArray<Router.Validator | undefined> = [
          undefined,
          ({ model, text }) => !model.includes("mini") || text.length % 3 !== 0
        ]
        const routers = validators.map((validator) =>
          Router.make({ candidates: [small, secondModel, model], hedge: { after: "4 millis" }, validator })
        )
        const asking = Effect.suspend(() => {
          const options = {
            prompt: `Question ${int(30)} [words: ${5 + int(60)}]`,
            coalesce: random() < 0.5,
            cache: random() < 0.3 ? { ttl: 3_600_000 } : false
          } as const
          const asked = one([
            Effect.suspend(() => Loom.route(one(routers), options)),
            Stream.runDrain(Loom.streamRoute(one(routers), options)),
            Loom.generate({ model, ...options })
          ])
          return Effect.result(random() < 0.1 ? Effect.timeoutOption(asked, int(20)) : asked)
        })
        const program = Effect.replicateEffect(asking, 30, { concurrency: 10, discard: true })
        const [, spend] = yield* Effect.all([program, program, Ledger.measure(program)], {
          concurrency: "unbounded",
          discard: true
        }).pipe(Ledger.measure)
        yield* Effect.forEach(
          [first, second],
          (sandbox) => sandbox.awaitJournal((journal) => journal.every(({ ended }) => ended))
        )

        assert.lengthOf(records, 90)
        assert.strictEqual(spend.calls, 90)
        const attempts = records.flatMap(({ attempts }) => attempts)
        assert.strictEqual(spend.attempts, attempts.length)
        const journal = [...yield* first.journal, ...yield* second.journal]
        // Some are cancelled before they have arrived.
        assert.isAtLeast(attempts.length, journal.length)
        const measured = attempts.filter(({ cost }) => cost?.status === "measured")
        const maybe = attempts.filter(({ billed, cost }) => billed !== "no" && cost?.status !== "measured")
        for (const { billed } of maybe) assert.strictEqual(billed, "maybe")
        assert.strictEqual(spend.unknown, maybe.filter(({ cost }) => cost === undefined).length)
        assert.strictEqual(spend.estimated, maybe.filter(({ cost }) => cost !== undefined).length)
        assert.strictEqual(Number(spend.picoUsd), spent(attempts))

        // What is measured is billed, request by request; what else is billed was cancelled, or broke.
        const bill = [...yield* first.bill, ...yield* second.bill]
        const amounts = new Map(bill.map(({ amount, requestId }) => [requestId, Number(amount)]))
        for (const { cost, requestId = "" } of measured) {
          assert.strictEqual(amounts.get(requestId), cost?.picoUsd)
          amounts.delete(requestId)
        }
        for (const id of amounts.keys()) {
          assert.include([undefined, 200, 502], journal.find(({ requestId }) => requestId === id)?.status)
        }
        assert.isAtMost(amounts.size, maybe.length)
        assert.isAbove(maybe.length, 0)
        assert.isAbove(measured.length, 0)
      }))
  }
})

describe("saved", () => {
  const baseline = "openai/gpt-4o"
  const dearest = Result.getOrThrow(Catalog.resolve(Catalog.bundled, { model: baseline }))
  const at = Date.UTC(2026, 10, 23)

  for (const seed of [1, 2, 3]) {
    it.live(`and what was spent are the baseline's list price, whatever was cached, shared or rejected: ${seed}`, () =>
      inPair({ health: false }, function*({ first, records, second }) {
        const random = randomOf(seed)
        const int = (below: number) => Math.floor(random() * below)
        yield* first.script(...Array.from({ length: 6 }, (): Sandbox.Fault => ({
          prompt: `Question ${int(12)} `,
          respond: { status: random() < 0.5 ? 503 : 429 },
          times: 1 + int(4)
        })))
        const router = Router.make({
          candidates: ["openai/gpt-4.1-mini", model, secondModel],
          validator: ({ model, text }) => !model.includes("mini") || text.length % 3 !== 0,
          baseline
        })
        const prefix = "織機 ".repeat(1500)
        const one = Effect.suspend(() => {
          const n = int(12)
          const options = {
            prompt: `${n % 2 === 0 ? prefix : ""}Question ${n} [words: ${5 + 5 * n}]`,
            coalesce: random() < 0.8,
            cache: random() < 0.5 ? { ttl: 3_600_000 } : false
          } as const
          return Effect.result(
            random() < 0.5 ? Loom.route(router, options) : Stream.runDrain(Loom.streamRoute(router, options))
          )
        })
        const [, spend] = yield* Effect.replicateEffect(one, 120, { concurrency: 40, discard: true }).pipe(
          Ledger.measure
        )
        assert.lengthOf(records, 120)
        let instead = 0n
        let lost = 0n
        const met = new Set<string>()
        for (const { attempts, cache, outcome, saved, usage } of records) {
          const paid = BigInt(spent(attempts))
          met.add(outcome === "ok" ? cache : outcome)
          if (attempts.length > 1) met.add("rejected")
          if (outcome !== "ok" || saved === undefined || usage === undefined) {
            lost += paid
            continue
          }
          const price = BigInt(Cost.list(dearest, usage, { at }).picoUsd ?? NaN)
          assert.strictEqual(BigInt(saved.picoUsd) + paid, price)
          const { batch, coalescing, promptCache, responseCache, routing } = saved
          assert.strictEqual(batch + coalescing + promptCache + responseCache + routing, saved.picoUsd)
          instead += price
        }
        for (const one of ["miss", "hit", "coalesced", "rejected"]) assert.isTrue(met.has(one), one)
        assert.strictEqual(spend.saved.unknown, 0)
        assert.strictEqual(spend.picoUsd + spend.saved.picoUsd, instead + lost)
        assert.strictEqual(spend.picoUsd, BigInt((yield* billed(first)) + (yield* billed(second))))
        assert.isAbove(Number(spend.saved.promptCache), 0)
      }))
  }
})
