/**
 * What is too large for memory: files that are written once, in order, and read by line or from end to end.
 */
import { closeSync, createReadStream, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface File {
  readonly bytes: () => number
  /** Those without a line feed at their end count too. */
  readonly lines: () => number
  readonly append: (content: string | Uint8Array) => void
  /** Without its line feed; empty where there is none. */
  readonly line: (index: number) => string
  readonly read: () => AsyncIterable<Buffer>
  /** Has one holder more: who made it is the first. */
  readonly keep: () => File
  /** Has one holder fewer: without any it is gone. */
  readonly release: () => void
}

export interface Disk {
  readonly make: () => File
  readonly clear: () => void
}

const newline = 10
const blockSize = 65_536
/** Beyond so many lines it isn't kept where they begin: nobody takes as many. */
const lineLimit = 1_000_000

/** Files in a folder of their own, which is made for the first of them. */
export const make = (): Disk => {
  let folder: string | undefined
  let count = 0
  const open = new Set<() => void>()

  const file = (): File => {
    folder ??= mkdtempSync(join(tmpdir(), "loom-sandbox-"))
    const path = join(folder, String(count++))
    const descriptor = openSync(path, "w+")
    const starts = [0]
    let lines = 0
    let written = 0
    let waiting: Array<Buffer> = []
    let waitingBytes = 0
    let endsLine = true
    let holders = 1

    const flush = () => {
      for (const block of waiting) {
        for (let at = 0; at < block.length;) at += writeSync(descriptor, block, at)
      }
      waiting = []
      waitingBytes = 0
    }
    const made: File = {
      bytes: () => written,
      lines: () => lines + (endsLine ? 0 : 1),
      append: (content) => {
        const block = Buffer.from(content)
        if (block.length === 0) return
        for (let at = block.indexOf(newline); at >= 0; at = block.indexOf(newline, at + 1)) {
          lines++
          if (lines <= lineLimit) starts.push(written + at + 1)
        }
        endsLine = block.at(-1) === newline
        written += block.length
        waiting.push(block)
        waitingBytes += block.length
        if (waitingBytes >= blockSize) flush()
      },
      line: (index) => {
        const start = starts[index]
        if (start === undefined || start >= written) return ""
        flush()
        const next = starts[index + 1]
        const bytes = Buffer.alloc((next === undefined ? written : next - 1) - start)
        for (let at = 0; at < bytes.length;) {
          const read = readSync(descriptor, bytes, at, bytes.length - at, start + at)
          if (read === 0) break
          at += read
        }
        return bytes.toString("utf8")
      },
      read: () => {
        flush()
        return written === 0 ? empty() : createReadStream(path, { end: written - 1, highWaterMark: blockSize })
      },
      keep: () => {
        holders++
        return made
      },
      release: () => {
        holders--
        if (holders === 0 && open.delete(close)) close()
      }
    }
    const close = () => {
      closeSync(descriptor)
      rmSync(path, { force: true })
    }
    open.add(close)
    return made
  }

  return {
    make: file,
    clear: () => {
      for (const close of open) close()
      open.clear()
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
      folder = undefined
    }
  }
}

const empty = async function*(): AsyncGenerator<Buffer> {}
