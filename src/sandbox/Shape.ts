/**
 * Strict checks of a JSON body, with the messages and codes of OpenAI's 400s.
 */
import { isObject } from "./Json.ts"

export interface Issue {
  /** The parameter's path, such as `input[0].content`; empty for the body itself. */
  readonly param: string
  readonly message: string
  readonly code: string
}

export type Shape = (value: unknown, path: string) => Issue | undefined

const kindOf = (value: unknown) => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "object") return "an object"
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal"
  return `a ${typeof value}`
}

const wrongType = (path: string, expected: string, value: unknown): Issue => ({
  param: path,
  message: `Invalid type for '${path}': expected ${expected}, but got ${kindOf(value)} instead.`,
  code: "invalid_type"
})

export const any: Shape = () => undefined

export const nullable = (shape: Shape): Shape => (value, path) => value === null ? undefined : shape(value, path)

export const string: Shape = (value, path) => typeof value === "string" ? undefined : wrongType(path, "a string", value)

export const boolean: Shape = (value, path) =>
  typeof value === "boolean" ? undefined : wrongType(path, "a boolean", value)

interface Range {
  readonly min?: number
  readonly max?: number
}

const inRange = (kind: "decimal" | "integer", { max, min }: Range, value: number, path: string): Issue | undefined => {
  const [side, sign, bound] = min !== undefined && value < min
    ? ["below_min", ">=", min]
    : max !== undefined && value > max
    ? ["above_max", "<=", max]
    : []
  if (side === undefined) return undefined
  return {
    param: path,
    message: `Invalid '${path}': ${kind} ${side.replace("_", " ")}imum value. `
      + `Expected a value ${sign} ${bound}, but got ${value} instead.`,
    code: `${kind}_${side}_value`
  }
}

export const decimal = (range: Range = {}): Shape => (value, path) =>
  typeof value === "number" ? inRange("decimal", range, value, path) : wrongType(path, "a decimal", value)

export const integer = (range: Range = {}): Shape => (value, path) =>
  typeof value === "number" && Number.isInteger(value)
    ? inRange("integer", range, value, path)
    : wrongType(path, "an integer", value)

export const oneOf = (...values: ReadonlyArray<string>): Shape => (value, path) => {
  if (typeof value !== "string") return wrongType(path, `one of ${values.map((v) => `'${v}'`).join(", ")}`, value)
  if (values.includes(value)) return undefined
  const supported = values.map((v) => `'${v}'`).join(", ")
  return {
    param: path,
    message: `Invalid value: '${value}'. Supported values are: ${supported}.`,
    code: "invalid_value"
  }
}

export const array =
  (shape: Shape, options?: { readonly max?: number; readonly min?: number }): Shape => (value, path) => {
    if (!Array.isArray(value)) return wrongType(path, "an array", value)
    const { max, min } = options ?? {}
    if (max !== undefined && value.length > max) {
      return {
        param: path,
        message: `Invalid '${path}': array too long. Expected an array with maximum length ${max}, `
          + `but got an array with length ${value.length} instead.`,
        code: "array_above_max_length"
      }
    }
    if (min !== undefined && value.length < min) {
      return {
        param: path,
        message: `Invalid '${path}': empty array. Expected an array with minimum length ${min}, `
          + `but got an empty array instead.`,
        code: "empty_array"
      }
    }
    for (const [index, item] of value.entries()) {
      const issue = shape(item, `${path}[${index}]`)
      if (issue !== undefined) return issue
    }
    return undefined
  }

export type Fields = { readonly [name: string]: Shape }

/** An object with only these members; names in `required` must be there. */
export const object = (fields: Fields, required: ReadonlyArray<string> = []): Shape => (value, path) => {
  if (!isObject(value)) return wrongType(path, "an object", value)
  const inside = (name: string) => path === "" ? name : `${path}.${name}`
  for (const name of required) {
    if (!Object.hasOwn(value, name)) {
      return {
        param: inside(name),
        message: `Missing required parameter: '${inside(name)}'.`,
        code: "missing_required_parameter"
      }
    }
  }
  for (const [name, member] of Object.entries(value)) {
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (shape === undefined) {
      return { param: inside(name), message: `Unknown parameter: '${inside(name)}'.`, code: "unknown_parameter" }
    }
    const issue = shape(member, inside(name))
    if (issue !== undefined) return issue
  }
  return undefined
}

export const anyObject: Shape = (value, path) => isObject(value) ? undefined : wrongType(path, "an object", value)

export const record = (shape: Shape): Shape => (value, path) => {
  if (!isObject(value)) return wrongType(path, "an object", value)
  for (const [name, member] of Object.entries(value)) {
    const issue = shape(member, `${path}.${name}`)
    if (issue !== undefined) return issue
  }
  return undefined
}

/** A string that `text` takes, or what `shape` takes. */
export const stringOr = (shape: Shape, text: Shape = string): Shape => (value, path) =>
  typeof value === "string" ? text(value, path) : shape(value, path)

/** Chooses the shape by the member `key`; `fallback` is taken when it is absent. */
export const byTag = (key: string, shapes: Fields, fallback?: string): Shape => (value, path) => {
  if (!isObject(value)) return wrongType(path, "an object", value)
  const tag = Object.hasOwn(value, key) ? value[key] : fallback
  const shape = typeof tag === "string" && Object.hasOwn(shapes, tag) ? shapes[tag] : undefined
  if (shape !== undefined) return shape(value, path)
  const inside = path === "" ? key : `${path}.${key}`
  if (tag === undefined) {
    return { param: inside, message: `Missing required parameter: '${inside}'.`, code: "missing_required_parameter" }
  }
  return oneOf(...Object.keys(shapes))(tag, inside)
}
