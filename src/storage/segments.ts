/**
 * Where columns are kept: so many calls that were written one after the other are a segment, whose columns the writer
 * puts beside its rows once it is full. The others, the newest and those that were forgotten in part, are read from
 * rows. Nothing here may import Effect: threads start with it.
 */
import type { DatabaseSync } from "node:sqlite"
import {
  attemptsStatement,
  callsStatement,
  type Column,
  columnsOf,
  type Name,
  nothing,
  ofBytes,
  toBytes
} from "./columns.ts"

/** Calls of a segment: number `n` has those with a `seq` from `n * size` on. */
export const size = 4096

export const segmentOf = (seq: number): number => Math.floor(seq / size)

const lastSeqOf = (segment: number): number => (segment + 1) * size - 1

/** The numbers of calls begin at 1. */
const fullOf = (segment: number): number => segment === 0 ? size - 1 : size

const columnsIn = (db: DatabaseSync, segment: number): ReadonlyMap<Name, Column> => {
  const rows = [callsStatement, attemptsStatement].map((sql) => {
    const statement = db.prepare(sql)
    statement.setReturnArrays(true)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types of node don't know of arrays
    return statement.all(segment * size, lastSeqOf(segment)) as unknown as Parameters<typeof columnsOf>[0]
  })
  return columnsOf(rows[0] ?? [], rows[1] ?? [])
}

const spanOf = ({ data, least }: Column): { readonly since: number; readonly until: number } => {
  let first = Infinity
  let last = -Infinity
  for (let row = 0; row < data.length; row++) {
    const at = data[row] ?? 0
    if (at < first) first = at
    if (at > last) last = at
  }
  return { since: least + first, until: least + last + 1 }
}

const isFull = (db: DatabaseSync, segment: number): boolean =>
  db.prepare("SELECT count(*) AS calls FROM calls WHERE seq BETWEEN ? AND ?")
    .get(segment * size, lastSeqOf(segment))?.["calls"] === fullOf(segment)

/** Puts the columns of the next segment that is full beside its rows; true when there was one. */
export const seal = (db: DatabaseSync): boolean => {
  db.exec("BEGIN IMMEDIATE")
  try {
    const { first, last, sealed } = db.prepare(`SELECT (SELECT min(seq) FROM calls) AS first,
      (SELECT max(seq) FROM calls) AS last, (SELECT max(segment) FROM segments) AS sealed`).get() ?? {}
    let segment = typeof sealed === "number" ? sealed + 1 : segmentOf(Number(first))
    while (lastSeqOf(segment) <= Number(last) && !isFull(db, segment)) segment++
    const isDue = lastSeqOf(segment) <= Number(last)
    if (isDue) keep(db, segment, columnsIn(db, segment))
    db.exec("COMMIT")
    return isDue
  } catch (cause) {
    if (db.isTransaction) db.exec("ROLLBACK")
    throw cause
  }
}

const keep = (db: DatabaseSync, segment: number, columns: ReadonlyMap<Name, Column>): void => {
  const at = columns.get("at")
  if (at === undefined) return
  const { since, until } = spanOf(at)
  db.prepare("INSERT INTO segments (segment, since, until) VALUES (?, ?, ?)").run(segment, since, until)
  const insert = db.prepare(
    "INSERT INTO columns (segment, name, length, least, width, words, data) VALUES (?, ?, ?, ?, ?, ?, ?)"
  )
  for (const [name, column] of columns) {
    const { bytes, width } = toBytes(column)
    const words = column.words.length === 0 ? null : JSON.stringify(column.words)
    insert.run(segment, name, column.data.length, column.least, width, words, bytes)
  }
}

export interface Segment {
  /** When its calls ended: `until` is past the last. */
  readonly since: number
  readonly until: number
  readonly column: (name: Name) => Column
  readonly tags: () => ReadonlyArray<string>
}

const tag = "tag "

/** Of columns that are held to be used again, in bytes. */
const mostHeld = 2 ** 28

/** All segments of a database, now; what was read of them is held, up to a limit. */
export const makeSegments = (db: DatabaseSync): () => ReadonlyArray<Segment> => {
  const kept = new Map<number, Segment>()
  const open = new Map<number, { readonly lastSeq: unknown; readonly calls: unknown; readonly segment: Segment }>()
  let held = 0

  const sealed = (segment: number, since: number, until: number): Segment => {
    const columns = new Map<Name, Column>()
    let tags: ReadonlyArray<string> | undefined
    return {
      since,
      until,
      column: (name) => {
        const known = columns.get(name)
        if (known !== undefined) return known
        const row = db.prepare("SELECT length, least, width, words, data FROM columns WHERE segment = ? AND name = ?")
          .get(segment, name)
        if (row === undefined || !(row["data"] instanceof Uint8Array)) return nothing
        const column = {
          data: ofBytes(Number(row["length"]), Number(row["width"]), row["data"]),
          least: Number(row["least"]),
          same: row["width"] === 0,
          words: typeof row["words"] === "string" ? JSON.parse(row["words"]) : []
        }
        held += column.data.byteLength
        if (held < mostHeld) columns.set(name, column)
        return column
      },
      tags: () =>
        tags ??= db.prepare("SELECT substr(name, 5) AS key FROM columns WHERE segment = ? AND name GLOB 'tag *'")
          .all(segment).map((row) => String(row["key"]))
    }
  }

  const fromRows = (segment: number): Segment | undefined => {
    const { calls, lastSeq } = db.prepare(
      "SELECT count(*) AS calls, max(seq) AS lastSeq FROM calls WHERE seq BETWEEN ? AND ?"
    ).get(segment * size, lastSeqOf(segment)) ?? {}
    if (calls === 0) return undefined
    const known = open.get(segment)
    if (known !== undefined && known.calls === calls && known.lastSeq === lastSeq) return known.segment
    const columns = columnsIn(db, segment)
    const found: Segment = {
      ...spanOf(columns.get("at") ?? nothing),
      column: (name) => columns.get(name) ?? nothing,
      tags: () => [...columns.keys()].filter((name) => name.startsWith(tag)).map((name) => name.slice(tag.length))
    }
    open.set(segment, { calls, lastSeq, segment: found })
    return found
  }

  return () => {
    if (held >= mostHeld) {
      kept.clear()
      held = 0
    }
    const { first, last, table } = db.prepare(`SELECT (SELECT min(seq) FROM calls) AS first,
      (SELECT max(seq) FROM calls) AS last,
      EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'segments') AS 'table'`).get() ?? {}
    if (typeof first !== "number" || typeof last !== "number") return []
    // A database that no newer Loom has written to yet has none.
    const rows = table === 1 ? db.prepare("SELECT segment, since, until FROM segments ORDER BY segment").all() : []
    const spans = new Map(rows.map(({ segment, since, until }) => [Number(segment), [Number(since), Number(until)]]))
    for (const segment of kept.keys()) if (!spans.has(segment)) kept.delete(segment)
    for (const segment of open.keys()) if (spans.has(segment)) open.delete(segment)
    const all: Array<Segment> = []
    for (let segment = segmentOf(first); segment <= segmentOf(last); segment++) {
      const [since, until] = spans.get(segment) ?? []
      if (since === undefined || until === undefined) {
        const found = fromRows(segment)
        if (found !== undefined) all.push(found)
        continue
      }
      const found = kept.get(segment) ?? sealed(segment, since, until)
      kept.set(segment, found)
      all.push(found)
    }
    return all
  }
}
