/**
 * Reads `multipart/form-data` as it arrives: short fields into memory, files to disk.
 */
import type * as Disk from "./Disk.ts"

export interface Part {
  readonly name: string
  /** Undefined for a field that is no file. */
  readonly file: { readonly name: string; readonly type: string; readonly content: Disk.File } | undefined
  /** Of a field; empty for a file. */
  readonly text: string
}

/** In the order in which they came. */
export type Form = ReadonlyArray<Part>

const lineEnd = Buffer.from("\r\n")
const headEnd = Buffer.from("\r\n\r\n")
const headLimit = 16_384
const fieldLimit = 1_048_576

/** The boundary of a form, undefined where the content is none. */
export const boundaryOf = (contentType: string | undefined): string | undefined => {
  const [, quoted, plain] = /^multipart\/form-data\b.*?;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? "") ??
    []
  return quoted ?? plain
}

/** Forgets the files that nobody keeps. */
export const release = (form: Form): void => {
  for (const { file } of form) file?.content.release()
}

const isFlawed = (step: unknown): step is "malformed" | "too large" => step === "malformed" || step === "too large"

/** All of the body is read, whatever it is. */
export const read = async (
  body: AsyncIterable<unknown>,
  { boundary, disk, limit }: { readonly boundary: string; readonly disk: Disk.Disk; readonly limit: number }
): Promise<Form | "malformed" | "too large"> => {
  const parser = parserOf(Buffer.from(`\r\n--${boundary}`), disk)
  let size = 0
  let flaw: "malformed" | "too large" | undefined
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (flaw !== undefined) continue
    const step = size > limit ? "too large" : parser.push(chunk)
    if (isFlawed(step)) flaw = step
  }
  const form = parser.parts()
  const found = flaw ?? (parser.isEnded() ? undefined : "malformed")
  if (found === undefined) return form
  release(form)
  return found
}

interface Open {
  readonly name: string
  readonly file: Part["file"]
  text: string
}

const parserOf = (delimiter: Buffer, disk: Disk.Disk) => {
  const parts: Array<Part> = []
  // The first delimiter has nothing before it.
  let rest: Buffer = Buffer.from(lineEnd)
  let open: Open | undefined
  let state: "skip" | "border" | "head" | "body" | "ended" = "skip"

  const take = (bytes: Buffer): "malformed" | undefined => {
    if (open === undefined) return undefined
    if (open.file !== undefined) {
      open.file.content.append(bytes)
      return undefined
    }
    open.text += bytes.toString("latin1")
    return open.text.length > fieldLimit ? "malformed" : undefined
  }

  /** False where more must come before it can go on. */
  const step = (): boolean | "malformed" => {
    switch (state) {
      case "skip":
      case "body": {
        const at = rest.indexOf(delimiter)
        const length = at < 0 ? Math.max(0, rest.length - delimiter.length + 1) : at
        if (take(rest.subarray(0, length)) !== undefined) return "malformed"
        rest = rest.subarray(at < 0 ? length : at + delimiter.length)
        if (at < 0) return false
        if (open !== undefined) {
          parts.push({ ...open, text: Buffer.from(open.text, "latin1").toString("utf8") })
          open = undefined
        }
        state = "border"
        return true
      }
      case "border": {
        if (rest.length < 2) return false
        const border = rest.toString("latin1", 0, 2)
        rest = rest.subarray(2)
        if (border === "--") state = "ended"
        else if (border === "\r\n") state = "head"
        else return "malformed"
        return true
      }
      case "head": {
        const at = rest.indexOf(headEnd)
        if (at < 0) return rest.length > headLimit ? "malformed" : false
        const opened = openOf(rest.toString("utf8", 0, at), disk)
        if (opened === undefined) return "malformed"
        open = opened
        rest = rest.subarray(at + headEnd.length)
        state = "body"
        return true
      }
      default:
        rest = rest.subarray(rest.length)
        return false
    }
  }

  return {
    push: (chunk: Buffer): "malformed" | undefined => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      for (;;) {
        const went = step()
        if (went === "malformed") return went
        if (!went) return undefined
      }
    },
    /** With the one that is still open. */
    parts: (): Form => open === undefined ? parts : [...parts, open],
    isEnded: () => state === "ended"
  }
}

const openOf = (head: string, disk: Disk.Disk): Open | undefined => {
  const headers = new Map(
    head.split("\r\n").map((line): readonly [string, string] => {
      const colon = line.indexOf(":")
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
    })
  )
  const disposition = headers.get("content-disposition") ?? ""
  const name = /;\s*name="([^"]*)"/i.exec(disposition)?.[1]
  if (name === undefined) return undefined
  const filename = /;\s*filename="([^"]*)"/i.exec(disposition)?.[1]
  if (filename === undefined) return { name, file: undefined, text: "" }
  const type = headers.get("content-type") ?? "application/octet-stream"
  return { name, file: { name: filename, type, content: disk.make() }, text: "" }
}
