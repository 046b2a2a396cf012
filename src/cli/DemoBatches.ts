/**
 * Made-up batches: some that were over before anybody looked, and some that go on.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Batch from "../Batch.ts"
import * as Loom from "../Loom.ts"
import * as Sandbox from "../sandbox/Sandbox.ts"

const minute = 60_000
const hour = 60 * minute

/** The clock of somebody who lives so many milliseconds behind. */
export const behind = (clock: Clock.Clock, millis: () => number): Clock.Clock => {
  const now = () => clock.currentTimeMillisUnsafe() - millis()
  const nanos = () => clock.currentTimeNanosUnsafe() - BigInt(millis()) * 1_000_000n
  return {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
}

interface Plan {
  readonly id: string
  readonly models: ReadonlyArray<`${string}/${string}`>
  readonly rows: number
  /** What the sandbox is told of a row: `[batch: fail]`. */
  readonly marks?: Readonly<Record<number, string>>
  readonly tags?: Readonly<Record<string, string>>
}

const requestsOf = ({ id, marks = {}, models, rows }: Plan): ReadonlyArray<Batch.Asked> =>
  Array.from({ length: rows }, (_, n): Batch.Asked => ({
    model: models[n % models.length] ?? "openai/gpt-4o-mini",
    prompt: `${id}: summarize what was woven on day ${n + 1}. [words: ${150 + (n * 37) % 250}] ${marks[n] ?? ""}`,
    customId: `day-${n + 1}`
  }))

const submit = (plan: Plan) => Loom.submitBatch(requestsOf(plan), { id: plan.id, tags: plan.tags })

/** What happened, by how many hours ago it did. */
const story: ReadonlyArray<readonly [hoursAgo: number, Plan, does?: "cancel"]> = [
  [27.5, {
    id: "evals-mistral",
    models: ["mistral/mistral-large-2512"],
    rows: 24,
    marks: { 5: "[batch: stall]", 11: "[batch: stall]", 17: "[batch: stall]" },
    tags: { job: "evals" }
  }],
  [26, {
    id: "nightly-monday",
    models: ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"],
    rows: 40,
    tags: { job: "nightly", tenant: "acme" }
  }],
  [9, {
    id: "labels-gemini",
    models: ["gemini/gemini-2.5-flash", "xai/grok-4.3"],
    rows: 36,
    marks: { 7: "[batch: fail]", 20: "[batch: fail 500]", 29: "[batch: lose]", 33: "[batch: fail]" },
    tags: { job: "labels", tenant: "umbrella" }
  }],
  [6, { id: "titles-draft", models: ["openai/gpt-4o"], rows: 30, tags: { job: "titles" } }, "cancel"],
  [2, {
    id: "nightly-tuesday",
    models: ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"],
    rows: 40,
    marks: { 21: "[batch: fail]" },
    tags: { job: "nightly", tenant: "acme" }
  }]
]

/** Batches that have ended, with a sandbox whose clock is theirs. `on` gives the way to it. */
export const past = <E>(
  on: (sandbox: Sandbox.Sandbox["Service"]) => <A, E2>(work: Effect.Effect<A, E2>) => Effect.Effect<A, E | E2>
) =>
  Effect.scoped(Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const now = yield* Clock.currentTimeMillis
    let at = now - 28 * hour
    const sandbox = yield* Sandbox.make({ startsAt: at, batches: { takes: "50 minutes" } })
    const go = (to: number) =>
      Effect.suspend(() => {
        const step = to - at
        at = to
        return step > 0 ? sandbox.advance(step) : Effect.void
      })
    const handles: Array<Batch.Batch> = []
    const look = Effect.suspend(() => Effect.forEach(handles, ({ poll }) => poll, { discard: true }))
    return yield* Effect.gen(function*() {
      for (const [hoursAgo, plan, does] of story) {
        yield* go(now - hoursAgo * hour)
        const handle = yield* submit(plan)
        yield* go(at + 20 * minute)
        yield* does === "cancel" ? handle.cancel : handle.poll
        yield* go(at + 40 * minute)
        handles.push(handle)
        yield* look
      }
      yield* look
    }).pipe(
      on(sandbox),
      Effect.provideService(Clock.Clock, behind(clock, () => clock.currentTimeMillisUnsafe() - at))
    )
  }))

/** Models and rows of those to come, one after the other. */
const kinds: ReadonlyArray<Omit<Plan, "id">> = [
  { models: ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"], rows: 90, tags: { job: "summaries" } },
  { models: ["gemini/gemini-2.5-flash"], rows: 48, marks: { 9: "[batch: fail]" }, tags: { job: "labels" } },
  { models: ["xai/grok-4.3", "mistral/mistral-large-2512"], rows: 64, tags: { job: "evals" } }
]

/** The batch of this number, from 0. */
export const next = (n: number) =>
  Effect.suspend(() => {
    const kind = kinds[n % kinds.length] ?? { models: [], rows: 1 }
    return submit({ ...kind, id: `${kind.tags?.["job"] ?? "batch"}-${String(n + 1).padStart(3, "0")}` })
  })
