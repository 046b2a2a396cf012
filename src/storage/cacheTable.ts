/**
 * The table of the response cache, and what is done to it in one go. Nothing here may import Effect: the thread that
 * keeps the cache starts with it.
 */
import { createHash, hash } from "node:crypto"
import type { DatabaseSync } from "node:sqlite"
import { Foreign } from "./databaseFile.ts"
import { migrate, type Migration } from "./migrations.ts"

export interface Entry {
  readonly value: Uint8Array
  /** Epoch milliseconds, as `expiresAt`. */
  readonly storedAt: number
  /** The first moment at which it holds no more. */
  readonly expiresAt: number
}

export interface Stats {
  readonly entries: number
  /** What they take in the file, about. */
  readonly bytes: number
  /** When the oldest was stored. */
  readonly oldest: number | undefined
}

/** "Loom", by which a cache is told from other databases. */
const applicationId = 0x4c6f6f6d

/** What a row takes beside its value, with its share of the indexes, about. */
export const overhead = 256

// Rows lie in the order of hashes: what is new fills the gaps of what is gone, and no other index finds a key.
const tables = `
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  stored_at REAL NOT NULL,
  expires_at REAL NOT NULL,
  used_at REAL NOT NULL,
  bytes INTEGER NOT NULL,
  checksum BLOB NOT NULL,
  value BLOB NOT NULL
) STRICT;
CREATE INDEX entries_expires ON entries (expires_at, stored_at);
CREATE INDEX entries_used ON entries (used_at);

CREATE TABLE totals (entries INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
INSERT INTO totals VALUES (0, 0);
CREATE TRIGGER entries_added AFTER INSERT ON entries BEGIN
  UPDATE totals SET entries = entries + 1, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER entries_changed AFTER UPDATE OF bytes ON entries BEGIN
  UPDATE totals SET bytes = bytes + NEW.bytes - OLD.bytes;
END;
CREATE TRIGGER entries_removed AFTER DELETE ON entries BEGIN
  UPDATE totals SET entries = entries - 1, bytes = bytes - OLD.bytes;
END;
`

const migrations: ReadonlyArray<Migration> = [
  { id: 1, name: "entries", sql: `PRAGMA application_id = ${applicationId}; ${tables}` }
]

/** Throws where a database is neither empty nor a cache. */
export const check = (db: DatabaseSync): void => {
  // In one transaction: another process may be making the tables.
  db.exec("BEGIN")
  const id = db.prepare("PRAGMA application_id").get()?.["application_id"]
  const isEmpty = db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined
  db.exec("COMMIT")
  if (id !== applicationId && !(id === 0 && isEmpty)) throw new Foreign("it is a database of something else")
}

/** How old the time of an entry's last use may be, in milliseconds: not every read is a write. */
const stampAge = 60_000

/** What one step of forgetting takes at most. */
const stepRows = 50
const stepBytes = 2 ** 19
const stepPages = 128

export interface Found {
  readonly entry: Entry
  /** That it is in use should be written down. */
  readonly isUnstamped: boolean
}

export interface CacheTable {
  readonly get: (key: string, now: number) => Found | undefined
  readonly stamp: (key: string, now: number) => void
  readonly set: (key: string, entry: Entry) => void
  /** What entries take, about. */
  readonly bytes: () => number
  readonly stats: () => Stats
  /** Forgets all, and tells how many that were. */
  readonly clear: () => number
  /**
   * Takes one step: forgets some of what is past its time, else some of the least recently used while they take more
   * than `maxBytes`, else gives back some of the room. Tells how many bytes that were: 0 when there is no more to do.
   */
  readonly prune: (now: number, maxBytes: number) => number
}

/** Makes the tables where there are none. */
export const makeCacheTable = (db: DatabaseSync): CacheTable => {
  migrate(db, migrations)
  const select = db.prepare(
    "SELECT key, stored_at, expires_at, used_at, checksum, value FROM entries WHERE id = ?"
  )
  const stamp = db.prepare("UPDATE entries SET used_at = ?3 WHERE id = ?1 AND key = ?2")
  const upsert = db.prepare(`INSERT INTO entries (id, key, stored_at, expires_at, used_at, bytes, checksum, value)
    VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?6, ?7)
    ON CONFLICT (id) DO UPDATE SET key = ?2, stored_at = ?3, expires_at = ?4, used_at = ?3, bytes = ?5, checksum = ?6,
      value = ?7`)
  const remove = db.prepare("DELETE FROM entries WHERE id = ?")
  const totals = db.prepare("SELECT entries, bytes FROM totals")
  const oldest = db.prepare("SELECT min(stored_at) AS at FROM entries")
  const past = db.prepare(`SELECT id, bytes FROM entries WHERE expires_at <= ? LIMIT ${stepRows}`)
  // Looked for among those last used: what the clock left behind in the future is there.
  const future = db.prepare(`SELECT id, bytes FROM (
      SELECT id, bytes, stored_at, expires_at FROM entries WHERE used_at > ?1 ORDER BY used_at DESC LIMIT ${stepRows}
    ) WHERE 2 * stored_at - expires_at > ?1`)
  const leastUsed = db.prepare(`SELECT id, bytes FROM entries ORDER BY used_at LIMIT ${stepRows}`)
  const pages = db.prepare(
    `SELECT page_count AS pages, page_size AS size, freelist_count AS free
    FROM pragma_page_count, pragma_page_size, pragma_freelist_count`
  )

  const transact = <A>(body: () => A): A => {
    db.exec("BEGIN IMMEDIATE")
    try {
      const done = body()
      db.exec("COMMIT")
      return done
    } catch (cause) {
      if (db.isTransaction) db.exec("ROLLBACK")
      throw cause
    }
  }

  const total = () => {
    const { bytes, entries } = totals.get() ?? {}
    if (typeof bytes === "number" && typeof entries === "number") return { bytes, entries }
    throw new Foreign("its totals are missing")
  }

  /** Up to the first row that makes them too many. */
  const forget = (rows: ReturnType<typeof past.all>, atMost: number): number => {
    let gone = 0
    for (const row of rows) {
      if (gone >= atMost) break
      remove.run(Number(row["id"]))
      gone += Number(row["bytes"])
    }
    return gone
  }

  return {
    get: (key, now) => {
      const row = select.get(idOf(key))
      if (row === undefined || row["key"] !== key) return
      const { checksum, expires_at: expiresAt, stored_at: storedAt, used_at: usedAt, value } = row
      if (typeof storedAt !== "number" || typeof expiresAt !== "number" || !(value instanceof Uint8Array)) return
      // Stored further in the future than it may live: the clock was set back, and it would never end.
      if (expiresAt <= now || storedAt - now > expiresAt - storedAt) return
      const entry: Entry = { value, storedAt, expiresAt }
      if (!(checksum instanceof Uint8Array) || !checksumOf(key, entry).equals(checksum)) return
      return { entry, isUnstamped: !(Math.abs(now - Number(usedAt)) <= stampAge) }
    },
    stamp: (key, now) => {
      stamp.run(idOf(key), key, now)
    },
    set: (key, entry) => {
      const { expiresAt, storedAt, value } = entry
      upsert.run(idOf(key), key, storedAt, expiresAt, value.byteLength + overhead, checksumOf(key, entry), value)
    },
    bytes: () => total().bytes,
    stats: () => {
      const at = oldest.get()?.["at"]
      return { ...total(), oldest: typeof at === "number" ? at : undefined }
    },
    clear: () => {
      // Row by row, hundreds of megabytes would take seconds.
      const cleared = transact(() => {
        const { entries } = total()
        db.exec(`DROP TABLE entries; DROP TABLE totals; ${tables}`)
        return entries
      })
      try {
        db.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
      } catch {
        // Others read or write: the room is given back, or used again, later.
      }
      return cleared
    },
    prune: (now, maxBytes) => {
      for (const dead of [past, future]) {
        if (dead.get(now) !== undefined) return transact(() => forget(dead.all(now), stepBytes))
      }
      const excess = total().bytes - maxBytes
      if (excess > 0) return transact(() => forget(leastUsed.all(), Math.min(excess, stepBytes)))
      const { free, pages: all, size } = pages.get() ?? {}
      if (Number(free) <= Math.max(stepPages, Number(all) / 4)) return 0
      db.exec(`PRAGMA incremental_vacuum(${stepPages})`)
      return stepPages * Number(size)
    }
  }
}

/** 52 bits of a hash: should two keys ever share them, the one drives out the other. */
const idOf = (key: string): number => Number.parseInt(hash("sha256", key).slice(0, 13), 16)

/** Of all that an answer stands on: a row that changed on the disk, or is found under another key, is none. */
const checksumOf = (key: string, { expiresAt, storedAt, value }: Entry): Buffer =>
  createHash("sha256").update(`${key} ${storedAt} ${expiresAt} `).update(value).digest()
