/**
 * Reading JSON that nobody has checked.
 */

export type JsonObject = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The own member `key`; inherited names such as `constructor` read as absent. */
export const at = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined

export const stringAt = (value: unknown, key: string): string | undefined => {
  const member = at(value, key)
  return typeof member === "string" ? member : undefined
}

export const numberAt = (value: unknown, key: string): number | undefined => {
  const member = at(value, key)
  return typeof member === "number" ? member : undefined
}

export const objectAt = (value: unknown, key: string): JsonObject | undefined => {
  const member = at(value, key)
  return isObject(member) ? member : undefined
}

export const listAt = (value: unknown, key: string): ReadonlyArray<unknown> => {
  const member = at(value, key)
  return Array.isArray(member) ? member : []
}

/** JSON text, `bigint` as a decimal string. */
export const stringify = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => typeof member === "bigint" ? member.toString() : member)
