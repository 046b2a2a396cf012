/**
 * Batches, their jobs and their rows, in SQLite. Nothing here may import Effect: a thread starts with it.
 */
import type { DatabaseSync, SQLOutputValue } from "node:sqlite"
import type { Batch, Filters } from "../internal/batchFigures.ts"
import { newest } from "./batchSums.ts"
import { Foreign } from "./databaseFile.ts"
import { migrate, type Migration } from "./migrations.ts"

const applicationId = 0x6c6f_6d62

const migrations: ReadonlyArray<Migration> = [{
  id: 1,
  name: "batches, jobs, rows",
  sql: `
PRAGMA application_id = ${applicationId};
CREATE TABLE batches (
  id TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  -- preparing: its rows are still being written; open: to be driven to its end; ended
  state TEXT NOT NULL,
  -- of the requests: the same id twice is the same batch, or an error
  digest TEXT,
  tags TEXT NOT NULL,
  -- who prepares it, or records its rows, and until when that is believed
  owner TEXT,
  owned_until INTEGER,
  cancelled INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER
) STRICT;
CREATE INDEX batches_created ON batches (created_at);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  batch TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  -- by which its key is picked
  tags TEXT NOT NULL,
  rows INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  -- ready: to be submitted; submitting: it may be at the vendor; running: it is; ended: its results are here
  state TEXT NOT NULL,
  vendor_id TEXT,
  -- when it was first meant to be submitted
  since INTEGER,
  submitted_at INTEGER,
  ended_at INTEGER,
  -- as the vendor counts, while it runs
  done INTEGER NOT NULL DEFAULT 0,
  bad INTEGER NOT NULL DEFAULT 0,
  -- the vendor was asked to end it
  cancelled INTEGER NOT NULL DEFAULT 0,
  -- what went wrong last, for people
  problem TEXT,
  -- who works on it, and until when that is believed
  owner TEXT,
  owned_until INTEGER,
  -- how often its results were read; what else was in them the last time
  passes INTEGER NOT NULL DEFAULT 0,
  duplicates INTEGER NOT NULL DEFAULT 0,
  strays INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX jobs_batch ON jobs (batch, n);

CREATE TABLE rows (
  seq INTEGER PRIMARY KEY,
  batch TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  custom_id TEXT NOT NULL,
  job TEXT NOT NULL,
  -- of its record in the call log
  call_id TEXT NOT NULL,
  request TEXT NOT NULL,
  -- as the vendor takes it, until it has
  line TEXT,
  state TEXT NOT NULL DEFAULT 'open',
  outcome TEXT,
  ended_at INTEGER,
  -- which reading of the results has seen it
  pass INTEGER NOT NULL DEFAULT 0,
  recorded INTEGER NOT NULL DEFAULT 0,
  -- 1e-12 USD; NULL: not known
  cost INTEGER,
  saved INTEGER,
  UNIQUE (batch, n),
  UNIQUE (batch, custom_id)
) STRICT;
CREATE INDEX rows_job ON rows (job, n);
CREATE INDEX rows_unrecorded ON rows (batch, n) WHERE recorded = 0 AND state <> 'open';
`
}, {
  id: 2,
  name: "what rows failed for, and when jobs expire",
  sql: `
-- the tag of the reason, once it is recorded
ALTER TABLE rows ADD COLUMN error TEXT;
-- as the vendor tells
ALTER TABLE jobs ADD COLUMN expires_at INTEGER;
-- how often somebody set out to submit it, or to find out whether it was
ALTER TABLE jobs ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
-- all that rows are added up by: prompts and answers lie elsewhere
CREATE INDEX rows_sums ON rows (batch, state, error, recorded, cost, saved);
`
}]

/** Whether a database has all that this Loom knows, and no more. */
export const isCurrent = (db: DatabaseSync): boolean =>
  db.prepare("SELECT max(id) AS version FROM loom_migrations").get()?.["version"] === migrations.length

/** Throws where a database is neither empty nor one of batches. */
export const check = (db: DatabaseSync): void => {
  db.exec("BEGIN")
  const id = db.prepare("PRAGMA application_id").get()?.["application_id"]
  const isEmpty = db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined
  db.exec("COMMIT")
  if (id !== applicationId && !(id === 0 && isEmpty)) throw new Foreign("it is a database of something else")
}

export interface NewBatch {
  readonly id: string
  readonly createdAt: number
  readonly tags: Readonly<Record<string, string>>
  readonly owner: string
}

export interface StoredBatch extends Omit<NewBatch, "owner"> {
  readonly owner: string | undefined
  readonly ownedUntil: number | undefined
  readonly state: "preparing" | "open" | "ended"
  readonly digest: string | undefined
  readonly cancelled: boolean
  readonly endedAt: number | undefined
}

export interface NewJob {
  readonly id: string
  readonly batch: string
  readonly n: number
  readonly provider: string
  readonly model: string
  readonly endpoint: string
  readonly tags: Readonly<Record<string, string>>
}

export interface StoredJob extends NewJob {
  readonly rows: number
  readonly bytes: number
  readonly state: "ready" | "submitting" | "running" | "ended"
  readonly vendorId: string | undefined
  readonly since: number | undefined
  readonly submittedAt: number | undefined
  readonly endedAt: number | undefined
  readonly expiresAt: number | undefined
  readonly done: number
  readonly bad: number
  readonly cancelled: boolean
  readonly problem: string | undefined
  readonly owner: string | undefined
  readonly ownedUntil: number | undefined
  readonly duplicates: number
  readonly strays: number
}

export interface NewRow {
  readonly n: number
  readonly customId: string
  readonly job: string
  readonly callId: string
  /** JSON. */
  readonly request: string
  readonly line: string
}

/** How a row has ended; `open` until then. */
export type RowState = "open" | "succeeded" | "failed" | "expired" | "cancelled" | "missing"

export interface StoredRow extends Omit<NewRow, "line"> {
  /** Of its job. */
  readonly provider: string
  readonly state: RowState
  /** JSON. */
  readonly outcome: string | undefined
  readonly submittedAt: number
  readonly endedAt: number
  readonly cost: number | undefined
  readonly saved: number | undefined
}

export interface Finished {
  readonly n: number
  readonly state: RowState
  readonly outcome: string | undefined
}

export interface Recorded {
  readonly n: number
  readonly state: RowState
  /** The tag of the reason that it failed for. */
  readonly error?: string | undefined
  readonly cost: number | undefined
  readonly saved: number | undefined
}

/** What may be asked of the store. All of it is in one transaction. */
export interface BatchTables {
  /** Makes a batch; where there is one of this id, gives that. */
  readonly begin: (batch: NewBatch) => StoredBatch | undefined
  readonly addJob: (job: NewJob) => void
  /** The first row whose custom id is taken; what comes before it is kept. */
  readonly addRows: (batch: string, rows: ReadonlyArray<NewRow>) => NewRow | undefined
  readonly ready: (batch: string, digest: string) => void
  readonly remove: (batch: string) => void
  readonly batch: (id: string) => StoredBatch | undefined
  /** Those that somebody prepares, or has left. */
  readonly preparing: () => ReadonlyArray<StoredBatch>
  /** How batches stand, newest first. */
  readonly newest: (filters: Filters, limit: number) => ReadonlyArray<Batch>
  readonly jobs: (batch: string) => ReadonlyArray<StoredJob>
  /** True where the job was as it is believed to be, and is this owner's now. */
  readonly claim: (
    job: Pick<StoredJob, "id" | "state" | "owner">,
    claim: { readonly state: StoredJob["state"]; readonly owner: string; readonly now: number; readonly until: number }
  ) => boolean
  /** The same for the records of a batch. */
  readonly claimBatch: (batch: string, was: string | undefined, owner: string, until: number) => boolean
  readonly releaseBatch: (batch: string, owner: string) => void
  readonly renew: (job: string, owner: string, until: number) => void
  /** The vendor's ids of all jobs that are known to be at it. */
  readonly vendorIds: (provider: string) => ReadonlyArray<string>
  /** Gives a claim back. `state`: where it is known anew. */
  readonly release: (
    job: string,
    owner: string,
    known: { readonly state?: StoredJob["state"] | undefined; readonly problem?: string | undefined }
  ) => void
  readonly accepted: (job: string, vendorId: string, now: number) => void
  readonly progress: (
    job: string,
    progress: {
      readonly done: number
      readonly bad: number
      readonly expiresAt: number | undefined
      readonly problem: string | undefined
    }
  ) => void
  /** Lines from behind `after`, about a megabyte of them. */
  readonly lines: (job: string, after: number) => ReadonlyArray<{ readonly n: number; readonly line: string }>
  /** Begins to read results, and numbers the reading. */
  readonly beginPass: (job: string) => number
  readonly finish: (job: string, pass: number, now: number, rows: ReadonlyArray<Finished>) => void
  /** The job is over: what is still open has ended so. */
  readonly settle: (job: string, now: number, left: Omit<Finished, "n">) => void
  readonly cancel: (batch: string) => void
  /** The vendor of a job was asked to end it. */
  readonly cancelledJob: (job: string) => void
  /** Rows from behind `after` that have ended in one of these states, about a megabyte of them. */
  readonly rows: (batch: string, after: number, states: ReadonlyArray<RowState>) => ReadonlyArray<StoredRow>
  readonly unrecorded: (batch: string) => ReadonlyArray<StoredRow>
  readonly recorded: (batch: string, rows: ReadonlyArray<Recorded>) => void
  /** A row that had no answer got one elsewhere. */
  readonly answer: (batch: string, now: number, row: Finished & Recorded) => void
  /** Marks a batch whose jobs have all ended, and whose rows are recorded. */
  readonly endIfOver: (batch: string, now: number) => void
  /** Forgets batches that ended before, some at a time. */
  readonly prune: (before: number) => number
}

const pageBytes = 2 ** 20

/** Makes the tables where there are none. */
export const makeBatchTables = (db: DatabaseSync): BatchTables => {
  migrate(db, migrations)
  db.exec("PRAGMA foreign_keys = ON")
  const insertBatch = db.prepare(
    "INSERT INTO batches (id, created_at, state, tags, owner) VALUES (?, ?, 'preparing', ?, ?)"
  )
  const selectBatch = db.prepare("SELECT * FROM batches WHERE id = ?")
  const selectPreparing = db.prepare("SELECT * FROM batches WHERE state = 'preparing'")
  const removeBatch = db.prepare("DELETE FROM batches WHERE id = ?")
  const insertJob = db.prepare(
    "INSERT INTO jobs (id, batch, n, provider, model, endpoint, tags, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'ready')"
  )
  const growJob = db.prepare("UPDATE jobs SET rows = rows + 1, bytes = bytes + ? WHERE id = ?")
  const selectJobs = db.prepare("SELECT * FROM jobs WHERE batch = ? ORDER BY n")
  const insertRow = db.prepare(
    `INSERT INTO rows (batch, n, custom_id, job, call_id, request, line) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (batch, custom_id) DO NOTHING`
  )
  const makeReady = db.prepare("UPDATE batches SET state = 'open', owner = NULL, digest = ? WHERE id = ?")
  const claim = db.prepare(
    `UPDATE jobs SET state = ?1, owner = ?, owned_until = ?, since = coalesce(since, ?), tries = tries + (?1 = 'submitting')
    WHERE id = ? AND state = ? AND owner IS ?`
  )
  const claimBatch = db.prepare("UPDATE batches SET owner = ?, owned_until = ? WHERE id = ? AND owner IS ?")
  const releaseBatch = db.prepare("UPDATE batches SET owner = NULL, owned_until = NULL WHERE id = ? AND owner = ?")
  const selectVendorIds = db.prepare("SELECT vendor_id FROM jobs WHERE provider = ? AND vendor_id IS NOT NULL")
  const renew = db.prepare("UPDATE jobs SET owned_until = ? WHERE id = ? AND owner = ?")
  const release = db.prepare(
    `UPDATE jobs SET owner = NULL, owned_until = NULL, state = coalesce(?, state), problem = ?
    WHERE id = ? AND owner = ?`
  )
  const accept = db.prepare(
    `UPDATE jobs SET state = 'running', vendor_id = ?, submitted_at = ?, owner = NULL, owned_until = NULL, problem = NULL
    WHERE id = ?`
  )
  const dropLines = db.prepare("UPDATE rows SET line = NULL WHERE job = ?")
  const progress = db.prepare(
    "UPDATE jobs SET done = ?, bad = ?, expires_at = coalesce(?, expires_at), problem = ? WHERE id = ?"
  )
  const selectLines = db.prepare("SELECT n, line FROM rows WHERE job = ? AND n > ? ORDER BY n")
  const nextPass = db.prepare(
    "UPDATE jobs SET passes = passes + 1, duplicates = 0, strays = 0 WHERE id = ? RETURNING passes"
  )
  const selectRow = db.prepare("SELECT seq, state, pass FROM rows WHERE job = ? AND n = ?")
  const finish = db.prepare("UPDATE rows SET state = ?, outcome = ?, ended_at = ?, pass = ? WHERE seq = ?")
  const seen = db.prepare("UPDATE rows SET pass = ? WHERE seq = ?")
  const countOdd = db.prepare("UPDATE jobs SET duplicates = duplicates + ?, strays = strays + ? WHERE id = ?")
  const settleRows = db.prepare(
    "UPDATE rows SET state = ?, outcome = ?, ended_at = ?, line = NULL WHERE job = ? AND state = 'open'"
  )
  const endJob = db.prepare(
    `UPDATE jobs SET state = 'ended', ended_at = ?, done = rows, owner = NULL, owned_until = NULL,
      bad = (SELECT count(*) FROM rows WHERE job = jobs.id AND state <> 'succeeded')
    WHERE id = ?`
  )
  const cancel = db.prepare("UPDATE batches SET cancelled = 1 WHERE id = ?")
  const cancelJob = db.prepare("UPDATE jobs SET cancelled = 1 WHERE id = ?")
  const ofRow =
    `SELECT rows.n, custom_id, job, jobs.provider, call_id, request, rows.state, outcome, rows.ended_at, cost, saved,
    coalesce(jobs.submitted_at, jobs.since, rows.ended_at) AS submitted_at FROM rows JOIN jobs ON jobs.id = rows.job`
  const selectRows = db.prepare(
    `${ofRow} WHERE rows.batch = ? AND rows.n > ? AND rows.state IN (SELECT value FROM json_each(?)) ORDER BY rows.n`
  )
  const selectUnrecorded = db.prepare(
    `${ofRow} WHERE rows.batch = ? AND recorded = 0 AND rows.state <> 'open' ORDER BY rows.n`
  )
  const record = db.prepare(
    "UPDATE rows SET recorded = 1, state = ?, error = ?, cost = ?, saved = ? WHERE batch = ? AND n = ?"
  )
  const answer = db.prepare(
    `UPDATE rows SET state = ?, outcome = ?, ended_at = ?, recorded = 1, error = NULL, cost = coalesce(cost, 0) + ?,
      saved = ? WHERE batch = ? AND n = ?`
  )
  const end = db.prepare(
    `UPDATE batches SET state = 'ended', ended_at = ? WHERE id = ? AND state = 'open'
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE batch = batches.id AND state <> 'ended')
    AND NOT EXISTS (SELECT 1 FROM rows WHERE batch = batches.id AND recorded = 0)`
  )
  const selectOld = db.prepare("SELECT id FROM batches WHERE state = 'ended' AND ended_at < ? LIMIT 1")

  const transact = <A>(body: () => A, begin: "BEGIN" | "BEGIN IMMEDIATE" = "BEGIN IMMEDIATE"): A => {
    db.exec(begin)
    try {
      const done = body()
      db.exec("COMMIT")
      return done
    } catch (cause) {
      if (db.isTransaction) db.exec("ROLLBACK")
      throw cause
    }
  }

  const page = (found: Iterable<Readonly<Record<string, SQLOutputValue>>>): ReadonlyArray<StoredRow> => {
    const rows: Array<StoredRow> = []
    let bytes = 0
    for (const row of found) {
      const stored = rowOf(row)
      rows.push(stored)
      bytes += stored.request.length + (stored.outcome?.length ?? 0)
      if (bytes > pageBytes || rows.length === pageRows) break
    }
    return rows
  }

  return {
    begin: (batch) =>
      transact(() => {
        const row = selectBatch.get(batch.id)
        if (row !== undefined) return batchOf(row)
        insertBatch.run(batch.id, batch.createdAt, JSON.stringify(batch.tags), batch.owner)
        return undefined
      }),
    addJob: ({ batch, endpoint, id, model, n, provider, tags }) => {
      insertJob.run(id, batch, n, provider, model, endpoint, JSON.stringify(tags))
    },
    addRows: (batch, rows) =>
      transact(() => {
        for (const row of rows) {
          const { callId, customId, job, line, n, request } = row
          if (insertRow.run(batch, n, customId, job, callId, request, line).changes === 0) return row
          growJob.run(Buffer.byteLength(line) + 1, job)
        }
        return undefined
      }),
    ready: (batch, digest) => {
      makeReady.run(digest, batch)
    },
    remove: (batch) => {
      removeBatch.run(batch)
    },
    batch: (id) => {
      const row = selectBatch.get(id)
      return row === undefined ? undefined : batchOf(row)
    },
    preparing: () => selectPreparing.all().map(batchOf),
    newest: (filters, limit) => transact(() => newest(db, filters, limit), "BEGIN"),
    jobs: (batch) => selectJobs.all(batch).map(jobOf),
    claim: ({ id, owner, state }, to) =>
      claim.run(to.state, to.owner, to.until, to.now, id, state, owner ?? null).changes === 1,
    claimBatch: (batch, was, owner, until) => claimBatch.run(owner, until, batch, was ?? null).changes === 1,
    releaseBatch: (batch, owner) => {
      releaseBatch.run(batch, owner)
    },
    vendorIds: (provider) => selectVendorIds.all(provider).map((row) => String(row["vendor_id"])),
    renew: (job, owner, until) => {
      renew.run(until, job, owner)
    },
    release: (job, owner, { problem, state }) => {
      release.run(state ?? null, problem ?? null, job, owner)
    },
    accepted: (job, vendorId, now) =>
      transact(() => {
        accept.run(vendorId, now, job)
        dropLines.run(job)
      }),
    progress: (job, { bad, done, expiresAt, problem }) => {
      progress.run(done, bad, expiresAt ?? null, problem ?? null, job)
    },
    lines: (job, after) => {
      const lines: Array<{ readonly n: number; readonly line: string }> = []
      let bytes = 0
      for (const row of selectLines.iterate(job, after)) {
        const line = String(row["line"])
        lines.push({ n: Number(row["n"]), line })
        bytes += line.length
        if (bytes > pageBytes) break
      }
      return lines
    },
    beginPass: (job) => Number(nextPass.get(job)?.["passes"]),
    finish: (job, pass, now, rows) =>
      transact(() => {
        let duplicates = 0
        let strays = 0
        for (const row of rows) {
          const known = selectRow.get(job, row.n)
          if (known === undefined) strays++
          else if (known["pass"] === pass) duplicates++
          else if (known["state"] === "open") {
            finish.run(row.state, row.outcome ?? null, now, pass, Number(known["seq"]))
          } else seen.run(pass, Number(known["seq"]))
        }
        if (duplicates + strays > 0) countOdd.run(duplicates, strays, job)
      }),
    settle: (job, now, left) =>
      transact(() => {
        settleRows.run(left.state, left.outcome ?? null, now, job)
        endJob.run(now, job)
      }),
    cancel: (batch) => {
      cancel.run(batch)
    },
    cancelledJob: (job) => {
      cancelJob.run(job)
    },
    rows: (batch, after, states) => page(selectRows.iterate(batch, after, JSON.stringify(states))),
    unrecorded: (batch) => page(selectUnrecorded.iterate(batch)),
    recorded: (batch, rows) =>
      transact(() => {
        for (const { cost, error, n, saved, state } of rows) {
          record.run(state, error ?? null, cost ?? null, saved ?? null, batch, n)
        }
      }),
    answer: (batch, now, { cost, n, outcome, saved, state }) => {
      answer.run(state, outcome ?? null, now, cost ?? null, saved ?? null, batch, n)
    },
    endIfOver: (batch, now) => {
      end.run(now, batch)
    },
    prune: (before) => {
      const id = selectOld.get(before)?.["id"]
      return id === undefined ? 0 : Number(removeBatch.run(id).changes)
    }
  }
}

const pageRows = 500

type Raw = Readonly<Record<string, SQLOutputValue>>

const text = (value: SQLOutputValue | undefined): string | undefined => typeof value === "string" ? value : undefined
const whole = (value: SQLOutputValue | undefined): number | undefined => typeof value === "number" ? value : undefined

const tagsOf = (value: SQLOutputValue | undefined): Readonly<Record<string, string>> => {
  const tags: unknown = JSON.parse(text(value) ?? "{}")
  return typeof tags === "object" && tags !== null
    ? Object.fromEntries(Object.entries(tags).map(([name, tag]) => [name, String(tag)]))
    : {}
}

const rowStates: ReadonlyArray<RowState> = ["open", "succeeded", "failed", "expired", "cancelled", "missing"]
const jobStates: ReadonlyArray<StoredJob["state"]> = ["ready", "submitting", "running", "ended"]
const batchStates: ReadonlyArray<StoredBatch["state"]> = ["preparing", "open", "ended"]

const oneOf = <A extends string>(known: ReadonlyArray<A>, value: SQLOutputValue | undefined): A => {
  const found = known.find((one) => one === value)
  if (found === undefined) throw new Foreign(`it has a state that this Loom doesn't know: ${String(value)}`)
  return found
}

const stateOf = (value: SQLOutputValue | undefined) => oneOf(rowStates, value)

const batchOf = (row: Raw): StoredBatch => ({
  id: String(row["id"]),
  createdAt: Number(row["created_at"]),
  tags: tagsOf(row["tags"]),
  owner: text(row["owner"]),
  ownedUntil: whole(row["owned_until"]),
  state: oneOf(batchStates, row["state"]),
  digest: text(row["digest"]),
  cancelled: row["cancelled"] === 1,
  endedAt: whole(row["ended_at"])
})

const jobOf = (row: Raw): StoredJob => ({
  id: String(row["id"]),
  batch: String(row["batch"]),
  n: Number(row["n"]),
  provider: String(row["provider"]),
  model: String(row["model"]),
  endpoint: String(row["endpoint"]),
  tags: tagsOf(row["tags"]),
  rows: Number(row["rows"]),
  bytes: Number(row["bytes"]),
  state: oneOf(jobStates, row["state"]),
  vendorId: text(row["vendor_id"]),
  since: whole(row["since"]),
  submittedAt: whole(row["submitted_at"]),
  endedAt: whole(row["ended_at"]),
  expiresAt: whole(row["expires_at"]),
  done: Number(row["done"]),
  bad: Number(row["bad"]),
  cancelled: row["cancelled"] === 1,
  problem: text(row["problem"]),
  owner: text(row["owner"]),
  ownedUntil: whole(row["owned_until"]),
  duplicates: Number(row["duplicates"]),
  strays: Number(row["strays"])
})

const rowOf = (row: Raw): StoredRow => ({
  n: Number(row["n"]),
  customId: String(row["custom_id"]),
  job: String(row["job"]),
  provider: String(row["provider"]),
  callId: String(row["call_id"]),
  request: String(row["request"]),
  state: stateOf(row["state"]),
  outcome: text(row["outcome"]),
  submittedAt: Number(row["submitted_at"]),
  endedAt: Number(row["ended_at"]),
  cost: whole(row["cost"]),
  saved: whole(row["saved"])
})
