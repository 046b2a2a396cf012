/**
 * Strict checks of a JSON body; each vendor words the issues its own way.
 */
import { isObject } from "./Json.ts"

/** A step into the body; a tag is the chosen member of a union, which only some vendors name. */
export type Step = string | number | { readonly tag: string }

export type Flaw =
  | { readonly _tag: "Unknown" }
  | { readonly _tag: "Missing" }
  | { readonly _tag: "WrongType"; readonly expected: Kind; readonly value: unknown }
  | { readonly _tag: "NotOneOf"; readonly values: ReadonlyArray<string>; readonly value: unknown }
  | {
    readonly _tag: "UnknownTag"
    readonly key: string
    readonly values: ReadonlyArray<string>
    readonly value: unknown
  }
  | {
    readonly _tag: "OutOfRange"
    readonly kind: "decimal" | "integer"
    readonly side: "min" | "max"
    readonly bound: number
    readonly value: number
  }
  | { readonly _tag: "Length"; readonly side: "min" | "max"; readonly bound: number; readonly length: number }

export type Kind = "string" | "boolean" | "decimal" | "integer" | "array" | "object"

export interface Issue {
  /** Where it is, outermost step first; empty for the body itself. */
  readonly path: ReadonlyArray<Step>
  readonly flaw: Flaw
}

export type Shape = (value: unknown) => Issue | undefined

const issue = (flaw: Flaw): Issue => ({ path: [], flaw })

const under = (step: Step, found: Issue | undefined): Issue | undefined =>
  found === undefined ? undefined : { ...found, path: [step, ...found.path] }

const wrongType = (expected: Kind, value: unknown): Issue => issue({ _tag: "WrongType", expected, value })

export const any: Shape = () => undefined

export const nullable = (shape: Shape): Shape => (value) => value === null ? undefined : shape(value)

export const string: Shape = (value) => typeof value === "string" ? undefined : wrongType("string", value)

export const boolean: Shape = (value) => typeof value === "boolean" ? undefined : wrongType("boolean", value)

interface Range {
  readonly min?: number
  readonly max?: number
}

const inRange = (kind: "decimal" | "integer", { max, min }: Range, value: number): Issue | undefined => {
  if (min !== undefined && value < min) return issue({ _tag: "OutOfRange", kind, side: "min", bound: min, value })
  if (max !== undefined && value > max) return issue({ _tag: "OutOfRange", kind, side: "max", bound: max, value })
  return undefined
}

export const decimal = (range: Range = {}): Shape => (value) =>
  typeof value === "number" ? inRange("decimal", range, value) : wrongType("decimal", value)

export const integer = (range: Range = {}): Shape => (value) =>
  typeof value === "number" && Number.isInteger(value) ? inRange("integer", range, value) : wrongType("integer", value)

export const oneOf = (...values: ReadonlyArray<string>): Shape => (value) =>
  typeof value === "string" && values.includes(value) ? undefined : issue({ _tag: "NotOneOf", values, value })

export const array = (shape: Shape, options?: { readonly max?: number; readonly min?: number }): Shape => (value) => {
  if (!Array.isArray(value)) return wrongType("array", value)
  const { max, min } = options ?? {}
  const { length } = value
  if (max !== undefined && length > max) return issue({ _tag: "Length", side: "max", bound: max, length })
  if (min !== undefined && length < min) return issue({ _tag: "Length", side: "min", bound: min, length })
  for (const [index, item] of value.entries()) {
    const found = under(index, shape(item))
    if (found !== undefined) return found
  }
  return undefined
}

export type Fields = { readonly [name: string]: Shape }

/** An object with only these members; names in `required` must be there. */
export const object = (fields: Fields, required: ReadonlyArray<string> = []): Shape => (value) => {
  if (!isObject(value)) return wrongType("object", value)
  for (const name of required) if (!Object.hasOwn(value, name)) return under(name, issue({ _tag: "Missing" }))
  for (const [name, member] of Object.entries(value)) {
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined
    const found = under(name, shape === undefined ? issue({ _tag: "Unknown" }) : shape(member))
    if (found !== undefined) return found
  }
  return undefined
}

export const anyObject: Shape = (value) => isObject(value) ? undefined : wrongType("object", value)

/** Members, or members of a union, that are known by name only. */
export const named = (...names: ReadonlyArray<string>): Fields =>
  Object.fromEntries(names.map((name) => [name, anyObject]))

export const record = (shape: Shape): Shape => (value) => {
  if (!isObject(value)) return wrongType("object", value)
  for (const [name, member] of Object.entries(value)) {
    const found = under(name, shape(member))
    if (found !== undefined) return found
  }
  return undefined
}

/** A string that `text` takes, or what `shape` takes. */
export const stringOr = (shape: Shape, text: Shape = string): Shape => (value) =>
  typeof value === "string" ? text(value) : shape(value)

/** Chooses the shape by the member `key`; `fallback` is taken when it is absent. */
export const byTag = (key: string, shapes: Fields, fallback?: string): Shape => (value) => {
  if (!isObject(value)) return wrongType("object", value)
  const tag = (Object.hasOwn(value, key) ? value[key] : undefined) ?? fallback
  const shape = typeof tag === "string" && Object.hasOwn(shapes, tag) ? shapes[tag] : undefined
  if (typeof tag === "string" && shape !== undefined) return under({ tag }, shape(value))
  return tag === undefined
    ? under(key, issue({ _tag: "Missing" }))
    : issue({ _tag: "UnknownTag", key, values: Object.keys(shapes), value: tag })
}
