/**
 * What the database looks like, and how an older one becomes it. Nothing here may import Effect: the thread that
 * writes starts with it.
 */
import type { DatabaseSync } from "node:sqlite"
import { mergeBytes } from "../internal/histogram.ts"

export interface Migration {
  readonly id: number
  readonly name: string
  /** May call `histogram_sum`, which merges histograms. */
  readonly sql: string
}

const keysOf = {
  call_rollups: "provider, model, outcome, cache, priced",
  attempt_rollups: "provider, model, outcome, billed, priced, call_provider, call_model, call_outcome, call_cache"
}

const sumsOf = {
  call_rollups: [
    "calls",
    "cacheable",
    "attempts",
    "retries",
    "failovers",
    "saved_prompt_cache",
    "saved_response_cache",
    "saved_coalescing",
    "saved_routing",
    "saved_batch",
    "total_ms",
    "overhead_ms"
  ],
  attempt_rollups: [
    "attempts",
    "estimated",
    "unpriced",
    "input_uncached",
    "cache_read",
    "cache_write",
    "output_text",
    "output_reasoning",
    "audio_input",
    "audio_output",
    "image_input",
    "image_cache_read",
    "image_output",
    "input_images",
    "cost_pico",
    "duration_ms"
  ]
}

/** Roll-ups of a span from those of a shorter one. Node 22 makes NULL of bytes that are none. */
const rolledUp = (table: keyof typeof sumsOf, span: number, from: number): string =>
  `INSERT INTO ${table} (span, at, ${keysOf[table]}, ${sumsOf[table].join(", ")}, latency, first_token)
SELECT ${span}, at / ${span} * ${span}, ${keysOf[table]}, ${sumsOf[table].map((name) => `sum(${name})`).join(", ")},
  coalesce(histogram_sum(latency), x''), coalesce(histogram_sum(first_token), x'')
FROM ${table} WHERE span = ${from} GROUP BY at / ${span}, ${keysOf[table]};`

/** Forward only: a migration that was released is never edited. */
export const migrations: ReadonlyArray<Migration> = [{
  id: 1,
  name: "calls, attempts, roll-ups",
  sql: `
CREATE TABLE calls (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  total_ms REAL NOT NULL,
  overhead_ms REAL NOT NULL,
  first_token_ms REAL,
  operation TEXT NOT NULL,
  modality TEXT NOT NULL,
  asked_provider TEXT,
  asked_model TEXT NOT NULL,
  route TEXT,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  outcome TEXT NOT NULL,
  finish_reason TEXT,
  cache TEXT NOT NULL,
  cacheable INTEGER NOT NULL,
  status INTEGER,
  error_what TEXT,
  error_why TEXT,
  error_fix TEXT,
  request_id TEXT,
  attempts INTEGER NOT NULL,
  retries INTEGER NOT NULL,
  failovers INTEGER NOT NULL,
  -- 1: what it cost and saved is known; 0: it is excluded from comparisons of the two
  priced INTEGER NOT NULL,
  -- of the answer, bought or not; what was bought is in attempts
  input_tokens INTEGER,
  cached_tokens INTEGER,
  output_tokens INTEGER,
  reasoning_tokens INTEGER,
  -- 1e-12 USD
  saved_prompt_cache INTEGER,
  saved_response_cache INTEGER,
  saved_coalescing INTEGER,
  saved_routing INTEGER,
  saved_batch INTEGER,
  tags TEXT NOT NULL,
  details TEXT
) STRICT;
-- what is slow is found by reading all of it: cheaper at a million calls than an index in no order of time at each one
CREATE INDEX calls_ended ON calls (ended_at, total_ms);
CREATE INDEX calls_provider ON calls (provider, ended_at);
CREATE INDEX calls_model ON calls (model, ended_at);
CREATE INDEX calls_failed ON calls (ended_at) WHERE outcome <> 'ok';
CREATE INDEX calls_unmissed ON calls (ended_at) WHERE cache <> 'miss';
CREATE INDEX calls_again ON calls (ended_at) WHERE attempts > 1;
CREATE INDEX calls_route ON calls (route, ended_at) WHERE route IS NOT NULL;

CREATE TABLE tags (
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  ended_at INTEGER NOT NULL,
  call_seq INTEGER NOT NULL,
  PRIMARY KEY (key, value, ended_at, call_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
  call_seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  -- ended_at of its call: where both are counted, they are counted at one time
  ended_at INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  duration_ms REAL NOT NULL,
  first_token_ms REAL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  asked TEXT,
  candidate INTEGER,
  outcome TEXT NOT NULL,
  why TEXT,
  billed TEXT NOT NULL,
  status INTEGER,
  request_id TEXT,
  service_tier TEXT,
  region TEXT,
  key_source TEXT,
  -- NULL: nothing is known of what it used
  usage_state TEXT,
  input_uncached INTEGER,
  cache_read INTEGER,
  cache_write INTEGER,
  cache_write_by_ttl TEXT,
  output_text INTEGER,
  output_reasoning INTEGER,
  audio_input INTEGER,
  audio_output INTEGER,
  image_input INTEGER,
  image_cache_read INTEGER,
  image_output INTEGER,
  input_images INTEGER,
  requests TEXT,
  images TEXT,
  -- NULL: there was nothing to price
  cost_status TEXT,
  cost_pico INTEGER,
  -- what its call had spent by its end: to find calls by what they cost, never to be summed
  spent_pico INTEGER NOT NULL,
  cost_lines TEXT,
  cost_unpriced TEXT,
  price_provider TEXT,
  price_model TEXT,
  price_from TEXT,
  price_source TEXT,
  price_confidence TEXT,
  catalog_version TEXT,
  reported_usd REAL,
  currency TEXT,
  per_usd REAL,
  rate_as_of TEXT,
  rate_source TEXT,
  PRIMARY KEY (call_seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_provider ON attempts (provider, ended_at);
CREATE INDEX attempts_spent ON attempts (ended_at, call_seq, spent_pico) WHERE spent_pico > 0;
CREATE INDEX attempts_failed ON attempts (ended_at) WHERE outcome <> 'ok';

CREATE TABLE call_rollups (
  span INTEGER NOT NULL,
  at INTEGER NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  outcome TEXT NOT NULL,
  cache TEXT NOT NULL,
  priced INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  cacheable INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  retries INTEGER NOT NULL,
  failovers INTEGER NOT NULL,
  saved_prompt_cache INTEGER NOT NULL,
  saved_response_cache INTEGER NOT NULL,
  saved_coalescing INTEGER NOT NULL,
  saved_routing INTEGER NOT NULL,
  saved_batch INTEGER NOT NULL,
  total_ms REAL NOT NULL,
  overhead_ms REAL NOT NULL,
  latency BLOB NOT NULL,
  first_token BLOB NOT NULL,
  PRIMARY KEY (span, at, provider, model, outcome, cache, priced)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt_rollups (
  span INTEGER NOT NULL,
  at INTEGER NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  outcome TEXT NOT NULL,
  billed TEXT NOT NULL,
  -- of its call
  priced INTEGER NOT NULL,
  call_provider TEXT NOT NULL,
  call_model TEXT NOT NULL,
  call_outcome TEXT NOT NULL,
  call_cache TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  estimated INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  input_uncached INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  output_text INTEGER NOT NULL,
  output_reasoning INTEGER NOT NULL,
  audio_input INTEGER NOT NULL,
  audio_output INTEGER NOT NULL,
  image_input INTEGER NOT NULL,
  image_cache_read INTEGER NOT NULL,
  image_output INTEGER NOT NULL,
  input_images INTEGER NOT NULL,
  cost_pico INTEGER NOT NULL,
  duration_ms REAL NOT NULL,
  latency BLOB NOT NULL,
  first_token BLOB NOT NULL,
  PRIMARY KEY (span, at, provider, model, outcome, billed, priced, call_provider, call_model, call_outcome, call_cache)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`
}, {
  id: 2,
  name: "transitions of circuits",
  sql: `
CREATE TABLE transitions (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  provider TEXT NOT NULL,
  -- of the fingerprint, the beginning
  key TEXT NOT NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  why TEXT NOT NULL,
  until INTEGER,
  UNIQUE (provider, at, key, from_state, to_state)
) STRICT;
CREATE INDEX transitions_at ON transitions (at);
`
}, {
  id: 3,
  name: "roll-ups of six hours",
  sql: rolledUp("call_rollups", 21_600_000, 3_600_000) + rolledUp("attempt_rollups", 21_600_000, 3_600_000)
}, {
  id: 4,
  name: "calls as columns",
  sql: `
CREATE TABLE segments (
  segment INTEGER PRIMARY KEY,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT;
CREATE TABLE columns (
  segment INTEGER NOT NULL,
  name TEXT NOT NULL,
  length INTEGER NOT NULL,
  least REAL NOT NULL,
  -- bytes of a number; 0: all are the least
  width INTEGER NOT NULL,
  words TEXT,
  data BLOB NOT NULL,
  PRIMARY KEY (segment, name)
) STRICT;
`
}]

/** The first whose databases have roll-ups of six hours. */
export const withSixHours = 3

/** The database was written by a Loom that knows more migrations than this one. */
export class TooNew extends Error {}

/** Brings a database up to date, in one transaction. Does nothing, and takes no lock, where it is. */
export const migrate = (db: DatabaseSync, known: ReadonlyArray<Migration> = migrations): void => {
  if (versionOf(db) === known.length) return
  db.aggregate<Uint8Array>("histogram_sum", {
    start: () => new Uint8Array(0),
    step: (sum, value) => value instanceof Uint8Array ? mergeBytes(sum, value) : sum
  })
  db.exec("BEGIN IMMEDIATE")
  try {
    db.exec(
      "CREATE TABLE IF NOT EXISTS loom_migrations (id INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT"
    )
    // Read again under the lock: another process may have been faster.
    const version = versionOf(db)
    if (version > known.length) throw new TooNew(`it has version ${version}, this Loom knows ${known.length}`)
    const record = db.prepare("INSERT INTO loom_migrations (id, name, at) VALUES (?, ?, unixepoch() * 1000)")
    for (const { id, name, sql } of known) {
      if (id <= version) continue
      db.exec(sql)
      record.run(id, name)
    }
    db.exec("COMMIT")
  } catch (cause) {
    if (db.isTransaction) db.exec("ROLLBACK")
    throw cause
  }
}

const versionOf = (db: DatabaseSync): number => {
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'loom_migrations'").get() === undefined) return 0
  return Number(db.prepare("SELECT coalesce(max(id), 0) AS version FROM loom_migrations").get()?.["version"])
}
