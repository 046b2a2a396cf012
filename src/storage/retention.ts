/**
 * Forgets what is old or too much, a little at a time.
 */
import type { DatabaseSync } from "node:sqlite"
import { type Retention, spans } from "./schema.ts"
import { size } from "./segments.ts"

/** Calls, and transitions, that one step forgets at most. */
const step = 500
const pause = 60_000
const batchesBetween = 64

/** Due with the first batch, and then once a minute or every 64 batches. */
export const makeDue = (): () => boolean => {
  let looked = 0
  let batches = 0
  return () => {
    const now = Date.now()
    if (now - looked < pause && ++batches < batchesBetween) return false
    looked = now
    batches = 0
    return true
  }
}

/** Takes one step; true when there is more to do. */
export const prune = (db: DatabaseSync, retention: Retention, now: number = Date.now()): boolean => {
  const bytes = sizeOf(db)
  const tooMuch = bytes > retention.maxBytes
  const oldest = tooMuch ? now + 1 : now - retention.maxAge
  db.exec("BEGIN IMMEDIATE")
  try {
    // The newest call stays, so that the sequence never starts again.
    const doomed = `SELECT seq FROM calls WHERE ended_at < ?1 AND seq < (SELECT max(seq) FROM calls)
      ORDER BY ended_at LIMIT ${step}`
    db.prepare(`DELETE FROM tags WHERE (key, value, ended_at, call_seq) IN (
      SELECT entry.key, entry.value, calls.ended_at, calls.seq FROM calls, json_each(calls.tags) AS entry
      WHERE calls.tags <> '{}' AND calls.seq IN (${doomed}))`).run(oldest)
    for (const table of ["columns", "segments"]) {
      db.prepare(`DELETE FROM ${table} WHERE segment IN (SELECT seq / ${size} FROM (${doomed}))`).run(oldest)
    }
    db.prepare(`DELETE FROM attempts WHERE call_seq IN (${doomed})`).run(oldest)
    const { changes } = db.prepare(`DELETE FROM calls WHERE seq IN (${doomed})`).run(oldest)
    // Where room is wanted, transitions go with the calls of their time, and are never what the room is made of.
    const forgotten = db.prepare(`DELETE FROM transitions WHERE seq IN (
      SELECT seq FROM transitions WHERE at < max(?1, iif(?2, coalesce((SELECT min(ended_at) FROM calls), 0), 0))
      ORDER BY at LIMIT ${step})`).run(now - retention.maxAge, tooMuch ? 1 : 0).changes
    for (const { keep, span } of spans) {
      if (keep === Infinity) continue
      for (const table of ["call_rollups", "attempt_rollups"]) {
        db.prepare(`DELETE FROM ${table} WHERE span = ? AND at < ?`).run(span, now - keep)
      }
    }
    db.exec("COMMIT")
    if (tooMuch || changes > 0 || forgotten > 0) db.exec("PRAGMA incremental_vacuum(2000)")
    return Number(changes) === step || Number(forgotten) === step
  } catch (cause) {
    if (db.isTransaction) db.exec("ROLLBACK")
    throw cause
  }
}

/** What rows take, free pages left out. */
export const sizeOf = (db: DatabaseSync): number => {
  const { free, pages, size } = db.prepare(`SELECT page_count AS pages, page_size AS size, freelist_count AS free
    FROM pragma_page_count, pragma_page_size, pragma_freelist_count`).get() ?? {}
  return (Number(pages) - Number(free)) * Number(size)
}
