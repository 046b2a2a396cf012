/**
 * How a thread opens a database file, and how it tells what went wrong. Nothing here may import Effect: threads start
 * with it.
 */
import { closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { TooNew } from "./migrations.ts"

/** Why something can't be done with a file. */
export interface Failed {
  readonly kind: "busy" | "unavailable" | "refused" | "broken"
  readonly detail: string
  readonly fix: string
}

/** The database belongs to another program, or isn't the one it is taken for. */
export class Foreign extends Error {}

/**
 * Opens a database in WAL mode, and makes it where there is none. Files and folders that Loom makes are the user's
 * alone; SQLite gives its side files the mode of the database.
 */
export const openDatabase = (
  path: string,
  options: {
    /** How long each statement waits for somebody else's lock, in milliseconds. */
    readonly timeout: number
    /** Looks at the database before anything is written to it, and throws to leave it as it is. */
    readonly check?: ((db: DatabaseSync) => void) | undefined
  }
): DatabaseSync => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600))
  const isEmpty = statSync(path).size === 0
  const db = new DatabaseSync(path, { timeout: options.timeout })
  try {
    options.check?.(db)
    if (isEmpty) db.exec("PRAGMA auto_vacuum = INCREMENTAL")
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

/** Names a failure, with what to do about it. What SQLite finds no words for is the fault of what was to be written. */
export const explain = (path: string, cause: unknown, words: { readonly refused: string }): Failed => {
  const detail = `${path}: ${cause instanceof Error ? cause.message : String(cause)}`
  if (cause instanceof TooNew) return { kind: "broken", detail, fix: "use the newer Loom, or another path" }
  if (cause instanceof Foreign) return { kind: "broken", detail, fix: "use another path" }
  const unwritable = { kind: "unavailable", detail, fix: "make the file and its folder writable" } as const
  switch (errcodeOf(cause)) {
    case 5:
    case 6:
    case 15:
      return { kind: "busy", detail, fix: "another process is writing; Loom waits for it" }
    case 3:
    case 8:
    case 14:
    case 23:
      return isFolder(path) ? { ...unwritable, fix: "give the path of a file: this is a folder" } : unwritable
    case 7:
      return { kind: "unavailable", detail, fix: "give the process more memory" }
    case 10:
    case 13:
      return { kind: "unavailable", detail, fix: "make room on the disk" }
    case 1:
    case 11:
    case 26:
      return { kind: "broken", detail, fix: "move the file away: a new one is made with the next start" }
    case 18:
    case 19:
    case 20:
      return { kind: "refused", detail, fix: words.refused }
    default:
      return cause instanceof Error && "syscall" in cause ? unwritable : { kind: "refused", detail, fix: words.refused }
  }
}

const errcodeOf = (cause: unknown): number =>
  cause instanceof Error && "errcode" in cause && typeof cause.errcode === "number" ? cause.errcode & 0xff : 0

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
