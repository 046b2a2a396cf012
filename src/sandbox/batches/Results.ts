/**
 * What is told of a job's rows as they end, line by line, on disk.
 */
import type * as Disk from "../Disk.ts"

/** Vendors that tell failures apart have two files. */
export type Kind = "output" | "error"

interface Owner {
  readonly id: string
}

export interface Results {
  readonly add: (job: Owner, line: unknown, kind?: Kind) => void
  readonly has: (job: Owner, kind?: Kind) => boolean
  /** Empty where nothing was told. */
  readonly of: (job: Owner, kind?: Kind) => Disk.File
  readonly remove: (job: Owner) => void
  readonly clear: () => void
}

export const make = (disk: Disk.Disk): Results => {
  const files = new Map<string, Disk.File>()
  const nameOf = ({ id }: Owner, kind: Kind) => `${kind} ${id}`
  const of = (job: Owner, kind: Kind = "output"): Disk.File => {
    const name = nameOf(job, kind)
    const file = files.get(name) ?? disk.make()
    files.set(name, file)
    return file
  }
  const forget = (name: string) => {
    files.get(name)?.release()
    files.delete(name)
  }
  return {
    add: (job, line, kind) => of(job, kind).append(`${JSON.stringify(line)}\n`),
    has: (job, kind = "output") => files.has(nameOf(job, kind)),
    of,
    remove: (job) => {
      forget(nameOf(job, "output"))
      forget(nameOf(job, "error"))
    },
    clear: () => {
      for (const name of files.keys()) forget(name)
    }
  }
}
