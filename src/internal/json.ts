/**
 * JSON that came from elsewhere.
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

/** A tool's arguments as the model wrote them: JSON, or the text where it isn't. */
export const paramsOf = (text: string): unknown => {
  const json = parse(text === "" ? "{}" : text)
  return json === unparsable ? text : json
}
