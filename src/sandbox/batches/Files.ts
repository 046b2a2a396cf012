/**
 * Files that a vendor keeps under an id: those that were uploaded, and those that it made.
 */
import type * as Disk from "../Disk.ts"
import type { World } from "../Protocol.ts"

export interface Kept {
  readonly id: string
  readonly name: string
  readonly purpose: string
  readonly content: Disk.File
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Undefined where it is kept for good. */
  readonly expiresAt: number | undefined
}

export interface Files {
  readonly add: (file: Omit<Kept, "createdAt">) => Kept
  readonly find: (id: string) => Kept | undefined
  /** Newest first. */
  readonly all: () => ReadonlyArray<Kept>
  readonly remove: (id: string) => void
  readonly clear: () => void
}

export const make = (world: World): Files => {
  const files = new Map<string, Kept>()
  const remove = (id: string) => {
    files.get(id)?.content.release()
    files.delete(id)
  }
  const find = (id: string) => {
    const found = files.get(id)
    if (found?.expiresAt === undefined || found.expiresAt > world.time.now()) return found
    remove(id)
    return undefined
  }
  return {
    add: (file) => {
      const kept = { ...file, createdAt: world.time.now() }
      kept.content.keep()
      files.set(kept.id, kept)
      return kept
    },
    find,
    all: () => [...files.keys()].reverse().flatMap((id) => find(id) ?? []),
    remove,
    clear: () => {
      for (const id of files.keys()) remove(id)
    }
  }
}
