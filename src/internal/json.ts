/**
 * JSON that came from elsewhere, or goes there.
 */
import { isObject } from "effect/Predicate"

export const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => isObject(u)

/** What {@link parse} gives for a text that is no JSON. */
export const unparsable = Symbol("unparsable")

export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return unparsable
  }
}

/** A value as JSON has it, in an object of its own; `undefined` where JSON can't say it. */
export const asJson = (value: unknown): unknown => {
  try {
    const text: string | undefined = JSON.stringify(value)
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Values that the vendor checks, not its SDK's types: new ones work before the SDK knows them. */
export const untyped = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => fields

/** A tool's arguments as the model wrote them: JSON, or the text where it isn't. */
export const paramsOf = (text: string): unknown => {
  const json = parse(text === "" ? "{}" : text)
  return json === unparsable ? text : json
}

/**
 * The same JSON with the properties of objects in one order, whoever has kept it meanwhile: prompts that are equal begin
 * with the same bytes. What JSON can't say is left to whoever writes it.
 */
export const ordered = (value: unknown): unknown => orderedIn(value, [])

const orderedIn = (value: unknown, above: ReadonlyArray<unknown>): unknown => {
  if (typeof value !== "object" || value === null || above.includes(value) || above.length > maxDepth) return value
  if (Array.isArray(value)) return value.map((inner) => orderedIn(inner, [...above, value]))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(
    Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1)
      .map(([name, inner]) => [name, orderedIn(inner, [...above, value])])
  )
}

/** What is deeper is written as it is. */
const maxDepth = 100
