/**
 * Batches as they stand: `loom batch list`, `status` and `cancel`.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Batch from "../Batch.ts"
import * as Loom from "../Loom.ts"
import { told } from "./BatchFailure.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"
import * as Table from "./Table.ts"

const Moment = Schema.NullOr(Schema.String)

/** A batch as JSON. Times are in UTC. */
const Fields = {
  id: Schema.String,
  status: Schema.Literals(["submitting", "running", "cancelling", "ended"]),
  createdAt: Moment,
  endedAt: Moment,
  tags: Schema.Record(Schema.String, Schema.String),
  /** Of rows whose results are here. */
  counts: Schema.Struct({
    total: Schema.Natural,
    open: Schema.Natural,
    succeeded: Schema.Natural,
    failed: Schema.Natural,
    expired: Schema.Natural,
    cancelled: Schema.Natural,
    missing: Schema.Natural,
    duplicates: Schema.Natural,
    strays: Schema.Natural
  }),
  /** Rows that are over, as far as vendors tell. */
  done: Schema.Natural,
  usd: Schema.Finite,
  savedUsd: Schema.Finite,
  /** In 1e-12 USD, all digits. */
  picoUsd: Schema.String,
  savedPicoUsd: Schema.String,
  /** Rows whose cost is known: of none, the sums say nothing. */
  priced: Schema.Natural,
  /** Rows whose cost isn't known. */
  unpriced: Schema.Natural,
  jobs: Schema.Array(Schema.Struct({
    id: Schema.String,
    provider: Schema.String,
    model: Schema.String,
    endpoint: Schema.String,
    status: Schema.Literals(["ready", "submitting", "running", "ended"]),
    vendorId: Schema.NullOr(Schema.String),
    submittedAt: Moment,
    endedAt: Moment,
    /** As the vendor tells. */
    expiresAt: Moment,
    rows: Schema.Natural,
    done: Schema.Natural,
    failed: Schema.Natural,
    /** What stood in the way the last time that the vendor was asked. */
    problem: Schema.NullOr(Schema.String)
  }))
}

/** What `submit`, `status`, `wait` and `cancel` print with `--json`. */
export const Document = Schema.Struct({ schemaVersion: Schema.Literal(1), ...Fields })

/** What `loom batch list --json` prints. */
export const ListDocument = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  batches: Schema.Array(Schema.Struct(Fields))
})

const momentOf = (at: number | undefined): string | null =>
  at === undefined ? null : DateTime.formatIso(DateTime.makeUnsafe(at))

const fieldsOf = (snapshot: Batch.Snapshot): (typeof ListDocument.Type)["batches"][number] => ({
  ...snapshot,
  createdAt: momentOf(snapshot.createdAt),
  endedAt: momentOf(snapshot.endedAt),
  picoUsd: String(snapshot.picoUsd),
  savedPicoUsd: String(snapshot.savedPicoUsd),
  jobs: snapshot.jobs.map((job) => ({
    ...job,
    vendorId: job.vendorId ?? null,
    submittedAt: momentOf(job.submittedAt),
    endedAt: momentOf(job.endedAt),
    expiresAt: momentOf(job.expiresAt),
    problem: job.problem ?? null
  }))
})

export const documentOf = (snapshot: Batch.Snapshot): typeof Document.Type => ({
  schemaVersion: 1,
  ...fieldsOf(snapshot)
})

/** Ended, with a row that has no answer. */
export const isLacking = ({ counts, status }: Batch.Snapshot): boolean =>
  status === "ended" && counts.succeeded < counts.total

/** `497 succeeded · 3 failed`: only what there is. */
export const outcomesOf = ({ counts }: Batch.Snapshot): string => {
  const { cancelled, expired, failed, missing, open, succeeded } = counts
  return Object.entries({ succeeded, failed, expired, cancelled, missing, open })
    .filter(([name, n]) => n > 0 || name === "succeeded")
    .map(([name, n]) => `${Format.count(n)} ${name}`).join(" · ")
}

/** An amount, unless it is a zero beside what isn't known. */
const knownUsd = (usd: number, { counts, priced, unpriced }: Batch.Snapshot): string =>
  Format.usd(priced === 0 || (usd === 0 && unpriced + counts.open > 0) ? undefined : usd)

/** `$0.84 · saved $0.84`, and what isn't in it. */
export const costOf = (snapshot: Batch.Snapshot): string => {
  const { savedUsd, unpriced, usd } = snapshot
  return [
    knownUsd(usd, snapshot),
    ...(savedUsd > 0 ? [`saved ${Format.usd(savedUsd)}`] : []),
    ...(unpriced > 0 ? [`${Format.count(unpriced)} unpriced`] : [])
  ].join(" · ")
}

/** A batch in a line. */
export const summaryOf = (snapshot: Batch.Snapshot): string =>
  `${Failure.tame(snapshot.id)} · ${outcomesOf(snapshot)} · ${costOf(snapshot)}`

const columnsAt = (now: number): ReadonlyArray<Table.Column<Batch.Snapshot>> => [
  { title: "ID", cell: ({ id }) => Failure.tame(id) },
  { title: "STATUS", cell: ({ status }) => status },
  {
    title: "DONE",
    align: "right",
    cell: ({ counts, done }) => `${Format.count(done)}/${Format.count(counts.total)}`
  },
  {
    title: "FAILED",
    align: "right",
    cell: ({ counts }) => Format.count(counts.total - counts.open - counts.succeeded)
  },
  { title: "VENDORS", cell: ({ jobs }) => [...new Set(jobs.map(({ provider }) => provider))].join(", ") },
  { title: "AGE", align: "right", cell: ({ createdAt }) => Format.duration(Math.max(0, now - createdAt)) },
  { title: "COST", align: "right", cell: (batch) => knownUsd(batch.usd, batch) },
  { title: "SAVED", align: "right", cell: (batch) => knownUsd(batch.savedUsd, batch) }
]

const jobColumns: ReadonlyArray<Table.Column<Batch.Job>> = [
  { title: "VENDOR", cell: ({ provider }) => Failure.tame(provider) },
  { title: "MODEL", cell: ({ model }) => Failure.tame(model) },
  { title: "STATUS", cell: ({ status }) => status },
  { title: "DONE", align: "right", cell: ({ done, rows }) => `${Format.count(done)}/${Format.count(rows)}` },
  { title: "VENDOR'S ID", cell: ({ vendorId }) => Failure.tame(vendorId ?? "·") },
  { title: "PROBLEM", cell: ({ problem }) => Failure.tame(problem ?? "") }
]

/** Prints how a batch stands. */
export const show = Effect.fnUntraced(function*(snapshot: Batch.Snapshot) {
  const output = yield* Output
  if (output.json) return yield* output.document(Document, documentOf(snapshot))
  const tags = Object.entries(snapshot.tags).map(([name, value]) => `${name}=${value}`).join(" ")
  yield* output.line([
    Table.sheet([
      ["batch", Failure.tame(snapshot.id)],
      ["status", snapshot.status],
      ["done", `${Format.count(snapshot.done)} of ${Format.count(snapshot.counts.total)}`],
      ["rows", outcomesOf(snapshot)],
      ["created", Format.time(snapshot.createdAt)],
      ...(snapshot.endedAt === undefined ? [] : [["ended", Format.time(snapshot.endedAt)] as const]),
      ["cost", costOf(snapshot)],
      ...(tags === "" ? [] : [["tags", Failure.tame(tags)] as const])
    ], output.out),
    "",
    Table.render(jobColumns, snapshot.jobs, output.out)
  ].join("\n"))
})

export const list = Effect.fnUntraced(function*({ limit, quiet }: { readonly limit: number; readonly quiet: boolean }) {
  const output = yield* Output
  const batches = limit === 0 ? [] : yield* Effect.mapError(Loom.batches({ limit }), told())
  if (output.json) {
    return yield* output.document(ListDocument, { schemaVersion: 1, batches: batches.map(fieldsOf) })
  }
  if (batches.length === 0) {
    if (!quiet) yield* output.note(output.err.dim("no batches"))
    return
  }
  yield* output.line(
    quiet
      ? batches.map(({ id }) => id).join("\n")
      : Table.render(columnsAt(yield* Clock.currentTimeMillis), batches, output.out)
  )
})

export const status = Effect.fnUntraced(
  function*(id: string, asks: boolean) {
    const batch = yield* Loom.batch(id)
    return yield* asks ? batch.poll : batch.status
  },
  Effect.mapError(told()),
  Effect.flatMap(show)
)

export const cancel = Effect.fnUntraced(function*(id: string, quiet: boolean) {
  const output = yield* Output
  const snapshot = yield* Effect.mapError(Effect.flatMap(Loom.batch(id), ({ cancel }) => cancel), told())
  yield* show(snapshot)
  if (!quiet && snapshot.status !== "ended") {
    yield* output.note(output.err.dim(`  the vendors end it: loom batch wait ${id}`))
  }
})
