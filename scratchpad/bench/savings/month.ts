/**
 * The workload through Loom, over HTTP, to a sandbox of its own: what it cost by the sandbox's bill, and what was saved by
 * Loom's account.
 */
import { Clock, Context, Duration, Effect, Redacted, Stream } from "effect"
import { Attempt, CallLog, type CallRecord, Catalog, Cost, Ledger, Loom, Router, Stats, Usage } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { type BillEntry, Sandbox } from "loom-router/sandbox"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as SetClock from "./clock.ts"
import { type Asked, callsOf, day, type Workload } from "./workload.ts"

/** What is made use of. With none of it, it is the baseline: each call at list price, of the model that is declared. */
export interface Mechanisms {
  readonly responseCache: boolean
  readonly promptCache: boolean
  readonly routing: boolean
  readonly batch: boolean
}

export interface Size {
  readonly seed: number
  /** 30 at most: what the dashboard adds up. */
  readonly days: number
  readonly callsADay: number
}

const mechanisms = ["responseCache", "coalescing", "promptCache", "routing", "batch"] as const

/** In 1e-12 USD. */
export type Parts = Readonly<Record<typeof mechanisms[number], bigint>>

export const partsOf = (of: (mechanism: keyof Parts) => bigint): Parts => ({
  responseCache: of("responseCache"),
  coalescing: of("coalescing"),
  promptCache: of("promptCache"),
  routing: of("routing"),
  batch: of("batch")
})

export const sumOf = (parts: Parts): bigint => mechanisms.reduce((sum, mechanism) => sum + parts[mechanism], 0n)

export interface Month {
  readonly calls: number
  readonly requests: number
  readonly hits: number
  readonly coalesced: number
  readonly rejected: number
  /** Of the sandbox, in 1e-12 USD. */
  readonly bill: bigint
  /** By the records of all calls. */
  readonly spent: bigint
  readonly saved: Parts
  /** Spent and saved by the calls of each job. */
  readonly jobs: Readonly<Record<string, { readonly spent: bigint; readonly saved: bigint }>>
  /** Prompts that vendors read from their caches: what they charged, what it is at list price, and what writing cost more. */
  readonly prompts: { readonly tokens: number; readonly read: bigint; readonly list: bigint; readonly premium: bigint }
  /** By the region that all calls were made in. */
  readonly ledger: { readonly spent: bigint; readonly saved: bigint }
  /** By the call log: what the dashboard shows of 30 days. */
  readonly dashboard: {
    readonly baseline: bigint
    readonly actual: bigint
    readonly saved: bigint
    readonly parts: Parts
    readonly unpriced: number
  }
  readonly seconds: number
}

const apiKey = Redacted.make("sk-bench-0123456789abcd")

/** The call that is being made, for the judge of its answer. */
const Current = Context.Reference<Pick<Asked, "isHard">>("bench/savings/Current", {
  defaultValue: () => ({ isHard: false })
})

/** `done` is told after each day. */
export const run = (
  workload: Workload,
  size: Size,
  use: Mechanisms,
  done: (days: number) => void = () => undefined
): Effect.Effect<Month> =>
  Effect.gen(function*() {
    const clock = yield* SetClock.make(Date.parse(workload.from))
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-savings-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    const rows = Object.values(workload.jobs).reduce(
      (sum, { batch, share }) => sum + (batch === undefined ? 0 : Math.ceil(share.value * size.callsADay)),
      0
    )
    const takes = workload.batches.takesMinutes * 60_000
    const sandbox = Sandbox.layer({
      seed: String(size.seed),
      answers: "prompt",
      promptCaches: use.promptCache,
      history: atOnce * 4 + rows * 2,
      batches: { takes }
    })
    return yield* drive(workload, size, use, { clock, folder, takes, done }).pipe(
      Effect.provide(sandbox),
      Effect.provideService(Clock.Clock, clock)
    )
  }).pipe(Effect.scoped, Effect.orDie)

/** What of a month doesn't fit the baseline's bill, in words. */
export const misfits = (baseline: Month, month: Month): ReadonlyArray<string> => {
  const { bill, dashboard, ledger, saved, spent } = month
  const difference = baseline.bill - bill
  const same: ReadonlyArray<readonly [what: string, one: bigint, other: bigint]> = [
    ["what was spent by the records, and the bill", spent, bill],
    ["what was spent by the ledger, and the bill", ledger.spent, bill],
    ["what was spent by the call log, and the bill", dashboard.actual, bill],
    ["the call log's baseline, and the baseline's bill", dashboard.baseline, baseline.bill],
    ["the sum of what was saved, and the difference of the bills", sumOf(saved), difference],
    ["what was saved by the ledger, and the difference of the bills", ledger.saved, difference],
    ["what was saved by the call log, and the difference of the bills", dashboard.saved, difference],
    ...mechanisms.map((mechanism) =>
      [`${mechanism} by the call log, and by the records`, dashboard.parts[mechanism], saved[mechanism]] as const
    ),
    ["calls whose saving isn't known, and none", BigInt(dashboard.unpriced), 0n],
    ["calls, and those of the baseline", BigInt(month.calls), BigInt(baseline.calls)]
  ]
  return same.flatMap(([what, one, other]) => one === other ? [] : [`${what}: ${one} and ${other}`])
}

/** Calls between two looks at the bill: the sandbox keeps its latest entries only. */
const atOnce = 100

const drive = Effect.fnUntraced(function*(
  workload: Workload,
  { callsADay, days, seed }: Size,
  use: Mechanisms,
  { clock, done, folder, takes }: {
    readonly clock: SetClock.SetClock
    readonly folder: string
    readonly takes: number
    readonly done: (days: number) => void
  }
) {
  const sandbox = yield* Sandbox
  const began = performance.now()
  const path = join(folder, "calls.db")
  const books = makeBooks()
  const routes = Object.entries(workload.jobs).flatMap(([name, { model, small }]) =>
    small === undefined ? [] : [[name, routerOf(small, model)] as const]
  )
  const loom = Loom.layer({
    providers: {
      openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey }),
      anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic"), apiKey })
    },
    ...(use.responseCache ? { cache: { ttl: Duration.hours(workload.responseCache.hours) } } : {}),
    coalesce: use.responseCache,
    routes: Object.fromEntries(routes),
    // Old as they are by the real clock, they are wanted.
    callLog: { path, retention: { maxAge: "100000 days" } },
    batches: { path: join(folder, "batches.db") },
    onCall: books.record
  })

  const charged = new WeakSet<BillEntry>()
  let bill = 0n
  const addUp = Effect.map(sandbox.bill, (entries) => {
    for (const entry of entries) {
      if (charged.has(entry)) continue
      charged.add(entry)
      bill += entry.amount
    }
  })

  const optionsOf = ({ job, prompt, system }: Asked) => ({
    prompt: system === undefined ? prompt : [
      { role: "system" as const, content: system },
      { role: "user" as const, content: [{ type: "text" as const, text: prompt }] }
    ],
    tags: { job },
    ...(use.promptCache ? { promptCache: true } : {})
  })

  const ask = (asked: Asked) => {
    const job = workload.jobs[asked.job]
    if (job === undefined) return Effect.die(`there is no job ${asked.job}`)
    const options = { ...optionsOf(asked), model: job.model }
    const answered = use.routing && job.small !== undefined
      ? Loom.route(asked.job, optionsOf(asked))
      : job.stream === undefined
      ? Loom.generate(options)
      : Stream.runDrain(Loom.stream(options))
    return Effect.provideService(Effect.asVoid(answered), Current, asked)
  }

  /** Handed in at once, and fetched when they are done. */
  const batch = Effect.fnUntraced(function*(calls: ReadonlyArray<Asked>) {
    const handle = yield* Loom.submitBatch(
      calls.map((asked) => ({ ...optionsOf(asked), model: workload.jobs[asked.job]?.model ?? "openai/gpt-4o" }))
    )
    yield* handle.poll
    clock.set((yield* Clock.currentTimeMillis) + takes)
    const { rows } = yield* handle.wait()
    yield* Stream.runDrain(rows)
  })

  const isBatched = ({ job }: Asked): boolean => use.batch && workload.jobs[job]?.batch !== undefined

  const month = Effect.gen(function*() {
    for (let n = 0; n < days; n++) {
      let since = 0
      for (const moment of moments(callsOf(workload, seed, callsADay, n))) {
        clock.set(moment[0].at)
        const live = moment.filter((asked) => !isBatched(asked))
        for (let from = 0; from < live.length; from += atOnce) {
          const calls = live.slice(from, from + atOnce)
          yield* Effect.forEach(calls, ask, { concurrency: calls.length > 8 ? 8 : "unbounded", discard: true })
          since += calls.length
          if (since < atOnce) continue
          since = 0
          yield* addUp
        }
        const waiting = moment.filter(isBatched)
        if (waiting.length > 0) yield* Effect.andThen(batch(waiting), addUp)
      }
      yield* addUp
      done(n + 1)
    }
    clock.set(Date.parse(workload.from) + days * day)
    yield* Effect.flatMap(CallLog.CurrentCallLog, ({ flush }) => flush)
  })

  const [, spend] = yield* Ledger.measure(month).pipe(Effect.provide(loom))
  const overview = yield* Stats.overview({ range: "24h" }).pipe(Effect.provide(Stats.layer({ path })))
  const { actual, baseline, parts, saved, unpriced } = overview.workload.savings
  const requests = ((yield* sandbox.journal).at(-1)?.sequence ?? -1) + 1
  return {
    ...books.close(),
    requests,
    bill,
    ledger: { spent: spend.picoUsd, saved: spend.saved.picoUsd },
    dashboard: {
      baseline: BigInt(baseline.picoUsd),
      actual: BigInt(actual.picoUsd),
      saved: BigInt(saved.picoUsd),
      parts: partsOf((mechanism) => BigInt(parts[mechanism].picoUsd)),
      unpriced
    },
    seconds: (performance.now() - began) / 1000
  }
})

/** Calls of the same time, together. */
function* moments(calls: ReadonlyArray<Asked>): Generator<[Asked, ...Array<Asked>]> {
  let moment: [Asked, ...Array<Asked>] | undefined
  for (const asked of calls) {
    if (moment !== undefined && moment[0].at === asked.at) moment.push(asked)
    else {
      if (moment !== undefined) yield moment
      moment = [asked]
    }
  }
  if (moment !== undefined) yield moment
}

/** The small model first. That its answer won't do is for the judge to say, who knows what is hard. */
const routerOf = (small: Workload["jobs"][string]["model"], large: Workload["jobs"][string]["model"]): Router.Router =>
  Router.make({
    candidates: [small, large],
    baseline: large,
    validator: ({ model, provider }) =>
      Effect.map(Current, ({ isHard }) => !isHard || !`${provider}/${model}`.startsWith(small))
  })

/** Adds records up. */
const makeBooks = () => {
  let saved = partsOf(() => 0n)
  const jobs: Record<string, { spent: bigint; saved: bigint }> = {}
  const prompts = { tokens: 0, read: 0n, list: 0n, premium: 0n }
  const count = { calls: 0, hits: 0, coalesced: 0, rejected: 0 }
  let spent = 0n
  let failed: string | undefined

  const record = ({ attempts, cache, error, outcome, saved: own, tags }: CallRecord.CallRecord): void => {
    count.calls++
    if (cache === "hit") count.hits++
    if (cache === "coalesced") count.coalesced++
    if (outcome !== "ok" || own === undefined) {
      failed ??= `a call ended with ${outcome}: ${error?.why ?? "what it saved isn't known"}`
      return
    }
    count.rejected += attempts.length > 1 ? attempts.length - 1 : 0
    const paid = BigInt(Attempt.spent(attempts))
    spent += paid
    saved = partsOf((mechanism) => saved[mechanism] + BigInt(own[mechanism]))
    const job = jobs[tags["job"] ?? ""] ??= { spent: 0n, saved: 0n }
    job.spent += paid
    job.saved += BigInt(own.picoUsd)
    for (const attempt of attempts) addPrompt(attempt)
  }

  const addPrompt = ({ cost, startedAt, usage }: Attempt.Attempt): void => {
    if (usage === undefined || cost?.price === undefined) return
    const model = Catalog.named(Catalog.bundled, cost.price.provider, cost.price.model)
    if (model === undefined) return
    const of = (part: Partial<Usage.Usage>) => BigInt(Cost.of(model, Usage.make(part), { at: startedAt }).picoUsd ?? 0)
    const { cacheRead, cacheWrite } = usage
    const written = Object.values(cacheWrite).reduce<number>((sum, tokens) => sum + (tokens ?? 0), 0)
    prompts.tokens += cacheRead
    prompts.read += of({ cacheRead })
    prompts.list += of({ inputUncached: cacheRead })
    prompts.premium += of({ cacheWrite }) - of({ inputUncached: written })
  }

  return {
    record,
    close: () => {
      if (failed !== undefined) throw new Error(failed)
      return { ...count, spent, saved, jobs, prompts }
    }
  }
}
