/**
 * What a form with pictures holds.
 */
import type { Form, Part } from "../Multipart.ts"

export type { Form, Part }

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
