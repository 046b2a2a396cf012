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

/** Values that the vendor checks, not its SDK's types: new ones work before the SDK knows them. */
export const untyped = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => fields

/** A tool's arguments as the model wrote them: JSON, or the text where it isn't. */
export const paramsOf = (text: string): unknown => {
  const json = parse(text === "" ? "{}" : text)
  return json === unparsable ? text : json
}
