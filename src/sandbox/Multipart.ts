/**
 * Reads `multipart/form-data` as it arrives, into memory, or its files to disk.
 */
import type * as Disk from "./Disk.ts"

export interface Part {
  readonly name: string
  /** Of a file only. */
  readonly filename: string | undefined
  readonly contentType: string | undefined
  /** Empty where `content` is on disk. */
  readonly bytes: Buffer
  readonly content?: Disk.File | undefined
}

/** In the order in which they came. */
export type Form = ReadonlyArray<Part>

const lineEnd = Buffer.from("\r\n")
const headEnd = Buffer.from("\r\n\r\n")
const headLimit = 16_384

/** The boundary of a form, undefined where the content is none. */
export const boundaryOf = (contentType: string | undefined): string | undefined => {
  const [, quoted, plain] = /^multipart\/form-data\b.*?;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? "") ??
    []
  return quoted ?? plain
}

/** Forgets the files that nobody keeps. */
export const release = (form: Form): void => {
  for (const { content } of form) content?.release()
}

const isFlawed = (step: unknown): step is "malformed" | "too large" => step === "malformed" || step === "too large"

/** All of the body is read, whatever it is; files go to the disk where one is given. */
export const read = async (
  body: AsyncIterable<unknown>,
  { boundary, disk, limit }: {
    readonly boundary: string
    readonly disk: Disk.Disk | undefined
    readonly limit: number
  }
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

interface Open extends Part {
  readonly chunks: Array<Buffer>
}

const closed = ({ chunks, ...part }: Open): Part => ({ ...part, bytes: Buffer.concat(chunks) })

const parserOf = (delimiter: Buffer, disk: Disk.Disk | undefined) => {
  const parts: Array<Part> = []
  // The first delimiter has nothing before it.
  let rest: Buffer = Buffer.from(lineEnd)
  let open: Open | undefined
  let state: "skip" | "border" | "head" | "body" | "ended" = "skip"

  const take = (bytes: Buffer) => {
    if (open?.content === undefined) open?.chunks.push(bytes)
    else open.content.append(bytes)
  }

  /** False where more must come before it can go on. */
  const step = (): boolean | "malformed" => {
    switch (state) {
      case "skip":
      case "body": {
        const at = rest.indexOf(delimiter)
        const length = at < 0 ? Math.max(0, rest.length - delimiter.length + 1) : at
        take(rest.subarray(0, length))
        rest = rest.subarray(at < 0 ? length : at + delimiter.length)
        if (at < 0) return false
        if (open !== undefined) {
          parts.push(closed(open))
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
    parts: (): Form => open === undefined ? parts : [...parts, closed(open)],
    isEnded: () => state === "ended"
  }
}

const openOf = (head: string, disk: Disk.Disk | undefined): Open | undefined => {
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
  return {
    name,
    filename,
    contentType: headers.get("content-type"),
    bytes: Buffer.alloc(0),
    content: filename === undefined ? undefined : disk?.make(),
    chunks: []
  }
}

/** The text of a field, or of the first of that name. */
export const fieldIn = (form: Form, name: string): string | undefined =>
  form.find((part) => part.name === name && part.filename === undefined)?.bytes.toString("utf8")

/** The text of every field, in a list where it comes more than once; and files told by name, type and size. */
export const summary = (form: Form): Readonly<Record<string, unknown>> => {
  const values = Map.groupBy(form, ({ name }) => name)
  return Object.fromEntries(
    Array.from(values, ([name, parts]) => {
      const told = parts.map(({ bytes, content, contentType, filename }) =>
        filename === undefined
          ? bytes.toString("utf8")
          : { filename, contentType, size: content?.bytes() ?? bytes.length }
      )
      return [name, told.length === 1 ? told[0] : told]
    })
  )
}

/** All of it in memory but its boundaries, which are random. */
export const textOf = (form: Form): string =>
  form.map(({ bytes, filename, name }) => `${name}\n${filename ?? ""}\n${bytes.toString("latin1")}`).join("\n")
