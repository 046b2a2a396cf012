/**
 * Many calls of every kind at vendors that fail in every way, for as long as one likes:
 * `npm run soak -- --minutes 10 --concurrency 200 --seed 1`.
 *
 * It ends with 1 where something doesn't hold: an error that nobody handles, a reply that is no attempt of a record, a cost
 * that isn't the charge, a budget that was passed, a permit that wasn't given back, memory that isn't the same at the end
 * as after two minutes.
 */
import { Cause, Effect, Exit, Layer, ManagedRuntime, Redacted, Schema, Stream } from "effect"
import {
  type CallRecord,
  type GenerateError,
  type GenerateOptions,
  Ledger,
  Limits,
  Loom,
  RetryPolicy
} from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Audit from "./audit.ts"
import { type Dice, dice } from "./dice.ts"
import type { News } from "./vendor.ts"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    concurrency: { type: "string", default: "200" },
    seed: { type: "string", default: "1" }
  }
})
const minutes = Number(values.minutes)
const concurrency = Number(values.concurrency)
const seed = Number(values.seed)
const length = minutes * 60_000
/** When memory is first looked at. */
const settledAt = Math.min(120_000, length / 2)
const tolerance = 0.05

const audit = Audit.make()
for (const event of ["unhandledRejection", "uncaughtException"] as const) {
  process.on(event, (cause: unknown) => audit.violate("nobody handles an error", String(cause)))
}

const vendor = fork(join(import.meta.dirname, "vendor.ts"), [String(seed)], {
  execArgv: ["--conditions=loom-source", "--expose-gc"],
  serialization: "advanced"
})
const heard = <A>() => new Promise<A>((resolve) => vendor.once("message", (message) => resolve(message as A)))
vendor.on("exit", (code) => {
  if (code !== 0 && code !== null) audit.violate("the vendors' process died", code)
})
const urls = await heard<{ readonly openai: string; readonly anthropic: string }>()
const news = () => {
  const answer = heard<News>()
  vendor.send("news")
  return answer
}

const folder = mkdtempSync(join(tmpdir(), "loom-soak-"))
const apiKey = Redacted.make("sk-soak-0123456789abcd")
const patience = { headersTimeout: "2 seconds", idleTimeout: "1 second", maxBodyBytes: 2 ** 20 } as const

const outcomes = new Map<string, number>()
const latencies = new Float64Array(4096)
let calls = 0

const runtime = ManagedRuntime.make(
  Loom.layer({
    providers: {
      openai: OpenAi.layer({ baseUrl: urls.openai, apiKey, limits: patience }),
      anthropic: Anthropic.layer({ baseUrl: urls.anthropic, apiKey, limits: patience })
    },
    retry: RetryPolicy.make({ baseDelay: "5 millis", maxDelay: "50 millis", maxRetryAfter: "1 second" }),
    health: { failures: 50, openFor: "100 millis", maxOpenFor: "500 millis", maxRetryAfter: "1 second" },
    cache: { ttl: "10 seconds", capacity: 100 },
    callLog: { path: join(folder, "calls.db") },
    onCall: (record) => recorded(record)
  }).pipe(
    Layer.provideMerge(Limits.layer({
      openai: { concurrency: Math.ceil(concurrency / 2), requestsPerMinute: 120_000, tokensPerMinute: 50_000_000 },
      anthropic: { concurrency: Math.ceil(concurrency / 4), maxWait: "500 millis" }
    }))
  )
)

const recorded = (record: CallRecord.CallRecord) => {
  calls++
  const { outcome, timing, tags } = record
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  latencies[calls % latencies.length] = timing.total
  audit.recorded(tags["question"] ?? "", record)
}

type Options = GenerateOptions.GenerateOptions & { readonly prompt: string }

const models = ["openai/gpt-4.1", "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"] as const
const Verdict = Schema.Struct({ answer: Schema.String, score: Schema.Finite })

/** Counts a question as under way, however it ends. Whatever isn't a failure that calls may end with is a bug. */
const asked = <A>(question: string, ask: Effect.Effect<A, GenerateError.GenerateError>) =>
  Effect.suspend(() => {
    audit.began(question)
    return Effect.onExit(Effect.exit(ask), () => Effect.sync(() => audit.ended(question)))
  }).pipe(
    Effect.tap((exit) =>
      Effect.sync(() => {
        if (Exit.isFailure(exit) && Cause.hasDies(exit.cause)) audit.violate("a call died", Cause.pretty(exit.cause))
      })
    )
  )

/** One of the things that users do. */
const act = (roll: Dice, name: string): Effect.Effect<void> => {
  const ask = (question: string): Options => ({
    model: roll.pick(models),
    prompt: `#${question}# [words: ${5 + roll.below(60)}] What is a loom?`,
    tags: { question },
    ...(roll.chance(0.2) ? { stop: ["###"] } : {}),
    ...(roll.chance(0.5) ? { failover: models.slice(1) } : {}),
    ...(roll.chance(0.1) ? { timeout: 50 + roll.below(500) } : {})
  })
  const own = ask(name)
  const generate = asked(name, Loom.generate(own))
  const stream = Loom.stream(own)
  return Effect.asVoid(
    roll.pick<() => Effect.Effect<unknown>>([
      () => generate,
      () => generate,
      () => asked(name, Stream.runDrain(stream)),
      () => asked(name, Stream.runDrain(stream)),
      () => asked(name, Stream.runDrain(Stream.take(stream, 1 + roll.below(20)))),
      () => asked(name, Loom.generateObject({ ...own, schema: Verdict, maxOutputTokens: 500 })),
      () => Effect.timeoutOption(generate, roll.below(150)),
      () => Effect.timeoutOption(asked(name, Stream.runDrain(stream)), roll.below(150)),
      () => {
        // Whoever asks within the same moment shares one answer.
        const question = `shared-${Math.floor(performance.now() / 100)}`
        const shared = { model: models[0], prompt: `#${question}# What is a loom?`, tags: { question } }
        return roll.chance(0.5)
          ? asked(question, Loom.generate(shared))
          : Effect.timeoutOption(asked(question, Stream.runDrain(Loom.stream(shared))), roll.below(100))
      },
      () => {
        const question = `kept-${Math.floor(performance.now() / 20_000)}-${roll.below(20)}`
        return asked(
          question,
          Loom.generate({
            model: models[1],
            prompt: `#${question}# Again?`,
            tags: { question },
            cache: { ttl: "5 seconds" }
          })
        )
      },
      () => {
        // Enough for some of them.
        const usd = 0.002
        return Effect.forEach(
          Array.from({ length: 8 }, (_, part) => `${name}-${part}`),
          (question) => {
            const prompt = `#${question}# [words: 60] What is a loom?`
            return asked(
              question,
              Loom.generate({ model: models[0], prompt, tags: { question }, maxOutputTokens: 100 })
            )
          },
          { concurrency: 2 }
        ).pipe(
          Ledger.budget({ usd }),
          Ledger.measure,
          Effect.tap(([, spend]) =>
            Effect.sync(() => {
              if (spend.usd > usd) audit.violate("a budget was passed", { usd, spent: spend.usd, name })
            })
          )
        )
      }
    ])()
  )
}

const heap = () => {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}
const median = (of: ReadonlyArray<number>) => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? NaN
const seconds = (millis: number) => `${(millis / 1000).toFixed(0).padStart(4)} s`

const start = performance.now()
const elapsed = () => performance.now() - start
let stopped = false
const isOver = () => stopped || elapsed() >= length
const samples: Array<{ readonly at: number; readonly megabytes: number }> = []

const worker = (number: number) =>
  Effect.gen(function*() {
    const roll = dice(seed * 1_000_003 + number)
    for (let n = 0; !isOver(); n++) {
      yield* act(roll, `${number}-${n}`)
      // Users think, and who was refused comes back a little later.
      yield* Effect.sleep(roll.below(20))
    }
  })

const watch = Effect.gen(function*() {
  let shown = 0
  for (let n = 1; !isOver(); n++) {
    yield* Effect.sleep("500 millis")
    const asked = performance.now()
    const latest = yield* Effect.promise(news)
    audit.told(latest)
    audit.close(asked - 4000, latest.underWay)
    if (n % 4 === 0) samples.push({ at: elapsed(), megabytes: heap() })
    if (elapsed() < shown + 10_000) continue
    shown = elapsed()
    const { requests } = audit.count
    console.log(
      `${seconds(shown)}  ${calls} calls, ${(calls / shown * 1000).toFixed(0)}/s, ${requests} requests, ` +
        `heap ${samples.at(-1)?.megabytes.toFixed(1)} MB, ${audit.violations.size} kinds of violations`
    )
  }
})

const soak = Effect.gen(function*() {
  yield* Effect.all([
    watch,
    Effect.forEach(Array.from({ length: concurrency }, (_, n) => n), worker, {
      concurrency: "unbounded",
      discard: true
    })
  ], { concurrency: 2, discard: true })
  // What was left ends within moments.
  for (let n = 0; n < 20; n++) {
    yield* Effect.sleep("250 millis")
    const last = yield* Effect.promise(news)
    audit.told(last)
    if (n === 19 && last.underWay.length > 0) {
      audit.violate("requests are under way that nobody waits for", last.underWay)
    }
  }
  audit.close(Infinity)
  const limits = yield* Limits.CurrentLimits
  for (const { limit, provider, remaining, unit, waiting } of yield* limits?.headroom ?? Effect.succeed([])) {
    if (waiting > 0) audit.violate("somebody still waits", { provider, unit, waiting })
    if (unit === "concurrency" && remaining !== limit) {
      audit.violate("a permit wasn't given back", { provider, remaining })
    }
  }
})

// Whoever has seen enough is told what was found until then.
process.once("SIGINT", () => {
  stopped = true
})
await runtime.runPromise(soak)
const took = stopped ? elapsed() : length

const window = Math.min(30_000, settledAt / 2)
const early = median(samples.filter(({ at }) => Math.abs(at - settledAt) <= window).map(({ megabytes }) => megabytes))
const late = median(samples.filter(({ at }) => at >= took - window).map(({ megabytes }) => megabytes))
const growth = late / early - 1
// Before that caches are still being filled, and code compiled.
if (took >= 120_000 && !(Math.abs(growth) <= tolerance)) {
  audit.violate("memory isn't the same", `${early.toFixed(1)} MB, then ${late.toFixed(1)} MB`)
}
await runtime.dispose()
vendor.disconnect()
rmSync(folder, { recursive: true })

const { attempts, cases, charges, compared, requests, whole } = audit.count
const slowest = latencies.slice(0, Math.min(calls, latencies.length)).toSorted()
const at = (part: number) => (slowest[Math.floor(slowest.length * part)] ?? NaN).toFixed(0)
console.log(`
${calls} calls in ${(took / 60_000).toFixed(1)} minutes, ${concurrency} at once: ${
  (calls / took * 1000).toFixed(0)
} a second
  ${attempts} attempts, ${requests} requests, ${whole} of them answered to the end, ${cases} questions
  ${charges} charges, ${compared} of them compared with a measured cost
  a call took ${at(0.5)} ms (median), ${at(0.95)} ms (95 %), ${at(0.99)} ms (99 %)
  heap ${early.toFixed(1)} MB after ${seconds(settledAt).trim()}, ${late.toFixed(1)} MB at the end (${
  (growth * 100).toFixed(1)
} %)
  ${[...outcomes].toSorted(([, a], [, b]) => b - a).map(([outcome, times]) => `${outcome} ${times}`).join(", ")}`)
for (const [what, { example, times }] of audit.violations) {
  console.log(`\nVIOLATED ${times} times: ${what}\n  ${example.slice(0, 4000)}`)
}
process.exitCode = audit.violations.size > 0 ? 1 : 0
