/**
 * Batches in a database, as their drivers leave them, to be added up by tests.
 */
import type { DatabaseSync } from "node:sqlite"
import { makeBatchTables } from "../../src/storage/batchTables.ts"
import { randomOf } from "./records.ts"

const hour = 3_600_000

export interface Row {
  readonly batch: string
  readonly n: number
  readonly customId: string
  readonly job: string
  readonly state: string
  readonly error: string | null
  readonly recorded: number
  readonly cost: number | null
  readonly saved: number | null
}

export interface Job {
  readonly id: string
  readonly batch: string
  readonly provider: string
  readonly model: string
  readonly state: string
  readonly vendorId: string | null
  readonly expiresAt: number | null
  readonly done: number
  readonly bad: number
  readonly problem: string | null
}

export interface Batch {
  readonly id: string
  readonly createdAt: number
  readonly endedAt: number | null
  readonly state: string
  readonly cancelled: number
  readonly tags: Readonly<Record<string, string>>
}

/** Batches of every kind, as their drivers leave them, and what was written, row by row. */
export const madeBatches = (db: DatabaseSync, seed: number, now: number) => {
  const random = randomOf(seed)
  const pick = <A>(from: ReadonlyArray<A>): A => from[Math.floor(random() * from.length)]!
  const tables = makeBatchTables(db)
  const batches: Array<Batch> = []
  const jobs: Array<Job> = []
  const rows: Array<Row> = []
  for (let b = 0; b < 24; b++) {
    const hasEnded = random() < 0.6
    // Some at the very same moment.
    const createdAt = now - Math.floor(random() * 40) * hour
    const batch: Batch = {
      id: pick([`batch_${b}`, `nightly ${b}`, `<b>${b}</b>`, `50%_${b}`]),
      createdAt,
      endedAt: hasEnded ? createdAt + Math.floor(random() * 10 * hour) : null,
      state: hasEnded ? "ended" : random() < 0.1 ? "preparing" : "open",
      cancelled: random() < 0.2 ? 1 : 0,
      tags: random() < 0.5 ? { tenant: pick(["acme", "a.b", `q"uote`]), "a.b": "c" } : {}
    }
    batches.push(batch)
    db.prepare("INSERT INTO batches (id, created_at, state, tags, cancelled, ended_at) VALUES (?, ?, ?, ?, ?, ?)")
      .run(batch.id, createdAt, batch.state, JSON.stringify(batch.tags), batch.cancelled, batch.endedAt)
    let n = 0
    for (let j = 0; j <= Math.floor(random() * 3); j++) {
      const size = 1 + Math.floor(random() * 12)
      const job: Job = {
        id: `${b}-${j}`,
        batch: batch.id,
        ...pick([
          { provider: "openai", model: "gpt-4o-mini" },
          { provider: "openai", model: "gpt-4o" },
          { provider: "anthropic", model: "gpt-4o" }
        ]),
        state: hasEnded ? "ended" : pick(["ready", "submitting", "running", "running", "ended"]),
        vendorId: random() < 0.8 ? `vendor_${b}_${j}` : null,
        expiresAt: random() < 0.7 ? now + Math.floor(random() * 24) * hour : null,
        done: Math.floor(random() * size),
        bad: 0,
        problem: random() < 0.2 ? "openai can't be reached: <i>refused</i>" : null
      }
      jobs.push(job)
      db.prepare(
        `INSERT INTO jobs (id, batch, n, provider, model, endpoint, tags, rows, state, vendor_id, expires_at, done, problem,
          duplicates, tries, passes) VALUES (?, ?, ?, ?, ?, '/v1', '{}', ?, ?, ?, ?, ?, ?, 1, 2, 3)`
      ).run(
        job.id,
        job.batch,
        j,
        job.provider,
        job.model,
        size,
        job.state,
        job.vendorId,
        job.expiresAt,
        job.done,
        job.problem
      )
      for (let k = 0; k < size; k++) {
        const state = job.state === "ended"
          ? pick(["succeeded", "succeeded", "failed", "expired", "cancelled", "missing"])
          : "open"
        const recorded = state !== "open" && (hasEnded || random() < 0.7) ? 1 : 0
        const isKnown = random() < 0.8
        const row: Row = {
          batch: batch.id,
          n: n++,
          customId: `row-${n}`,
          job: job.id,
          state,
          error: recorded === 1 && !["succeeded", "cancelled"].includes(state)
            ? pick(["Overloaded", "InvalidRequest"])
            : null,
          recorded,
          cost: recorded === 1 && isKnown ? Math.floor(random() * 1e15) : null,
          saved: recorded === 1 && isKnown && state === "succeeded" ? Math.floor(random() * 1e15) : null
        }
        rows.push(row)
        db.prepare(
          `INSERT INTO rows (batch, n, custom_id, job, call_id, request, state, error, recorded, cost, saved)
          VALUES (?, ?, ?, ?, ?, 'a secret prompt', ?, ?, ?, ?, ?)`
        ).run(
          row.batch,
          row.n,
          row.customId,
          row.job,
          `call-${row.batch}-${row.n}`,
          state,
          row.error,
          row.recorded,
          row.cost,
          row.saved
        )
      }
    }
  }
  return { tables, batches: batches.filter(({ state }) => state !== "preparing"), jobs, rows }
}
