/**
 * Bodies of `multipart/form-data`.
 */

export interface Part {
  readonly name: string
  /** Of a file only. */
  readonly filename: string | undefined
  readonly contentType: string | undefined
  readonly bytes: Buffer
}

export type Form = ReadonlyArray<Part>

const parameter = (header: string, name: string): string | undefined => {
  const [, quoted, plain] = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s]+))`, "i").exec(header) ?? []
  return quoted ?? plain
}

const partOf = (raw: Buffer): Part | undefined => {
  const end = raw.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const headers = new Map(
    raw.toString("utf8", 0, end).split("\r\n").map((line) => {
      const colon = line.indexOf(":")
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const
    })
  )
  const disposition = headers.get("content-disposition") ?? ""
  const name = parameter(disposition, "name")
  return name === undefined ? undefined : {
    name,
    filename: parameter(disposition, "filename"),
    contentType: headers.get("content-type"),
    bytes: raw.subarray(end + 4)
  }
}

/** The parts of a body; undefined where its type says that it is something else. */
export const read = (contentType: string | undefined, body: Buffer): Form | undefined => {
  if (!/^multipart\/form-data\b/i.test(contentType ?? "")) return undefined
  const boundary = parameter(contentType ?? "", "boundary")
  if (boundary === undefined) return []
  const mark = Buffer.from(`--${boundary}`)
  const parts: Array<Part> = []
  let from = body.indexOf(mark)
  while (from >= 0) {
    const next = body.indexOf(mark, from + mark.length)
    if (next < 0) break
    // Between the line end after one mark and the one before the next.
    const part = partOf(body.subarray(from + mark.length + 2, next - 2))
    if (part !== undefined) parts.push(part)
    from = next
  }
  return parts
}

/** The text of every field, in a list where it comes more than once; and files told by name, type and size. */
export const summary = (form: Form): Readonly<Record<string, unknown>> => {
  const values = Map.groupBy(form, ({ name }) => name)
  return Object.fromEntries(
    Array.from(values, ([name, parts]) => {
      const told = parts.map(({ bytes, contentType, filename }) =>
        filename === undefined ? bytes.toString("utf8") : { filename, contentType, size: bytes.length }
      )
      return [name, told.length === 1 ? told[0] : told]
    })
  )
}

/** All of it but its boundaries, which are random. */
export const textOf = (form: Form): string =>
  form.map(({ bytes, filename, name }) => `${name}\n${filename ?? ""}\n${bytes.toString("latin1")}`).join("\n")

export const filesOf = (form: Form, ...names: ReadonlyArray<string>): ReadonlyArray<Part> =>
  form.filter(({ filename, name }) => filename !== undefined && names.includes(name))

/** How a field is read: as it stands, or as what JSON would have made of it. */
export type Kind = "text" | "integer" | "decimal" | "boolean" | "json"

/**
 * The fields that are no files, as a body of JSON would hold them. A text that isn't of its kind stays a text, so that
 * whoever checks shapes refuses it.
 */
export const fieldsOf = (form: Form, kinds: Readonly<Record<string, Kind>> = {}): Readonly<Record<string, unknown>> => {
  const fields: Record<string, unknown> = {}
  for (const { bytes, filename, name } of form) {
    if (filename !== undefined) continue
    const text = bytes.toString("utf8")
    fields[name] = valueOf(text, kinds[name] ?? "text")
  }
  return fields
}

const valueOf = (text: string, kind: Kind): unknown => {
  switch (kind) {
    case "text":
      return text
    case "integer":
      return /^-?\d{1,15}$/.test(text) ? Number(text) : text
    case "decimal":
      return /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text
    case "json":
      try {
        return JSON.parse(text)
      } catch {
        return text
      }
  }
}
