/**
 * Makes a value that fits a JSON Schema.
 *
 * `pattern` is the one keyword it ignores; `$ref` loops end as soon as the schema lets them.
 */
import { at, isObject, type JsonObject, listAt, numberAt, objectAt, stringAt } from "./Json.ts"
import type { Dice } from "./Seed.ts"

const deepest = 6
/** Where a schema that never ends is given up. */
const bottomless = 16

const formats: Readonly<Record<string, string>> = {
  date: "2026-11-23",
  "date-time": "2026-11-23T12:00:00Z",
  time: "12:00:00Z",
  duration: "PT1H",
  email: "weaver@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/loom",
  url: "https://example.com/loom",
  uuid: "0b0e7f2c-5d1a-4c55-9d3e-2a8f6f1c7b10"
}

interface Maker {
  readonly root: JsonObject
  readonly dice: Dice
  /** Words that make strings look like the prompt. */
  readonly words: ReadonlyArray<string>
}

export const fromSchema = (schema: unknown, dice: Dice, words: ReadonlyArray<string>): unknown => {
  const root = isObject(schema) ? schema : {}
  return value({ root, dice, words: words.length === 0 ? ["loom"] : words }, root, 0)
}

const resolve = (root: JsonObject, ref: string): unknown => {
  let target: unknown = root
  for (const step of ref.replace(/^#\/?/, "").split("/").filter((part) => part !== "")) {
    target = at(target, decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"))
  }
  return target
}

const refersOnly = (schema: unknown): boolean => stringAt(schema, "$ref") !== undefined

const value = (maker: Maker, schema: unknown, depth: number): unknown => {
  if (!isObject(schema)) return maker.words[0]
  if (depth > bottomless) return null
  const ref = stringAt(schema, "$ref")
  if (ref !== undefined) return value(maker, resolve(maker.root, ref), depth + 1)
  if (Object.hasOwn(schema, "const")) return schema["const"]
  const options = listAt(schema, "enum")
  if (options.length > 0) return options[maker.dice.between(0, options.length - 1)]
  const all = listAt(schema, "allOf").filter(isObject)
  if (all.length > 0) return value(maker, merge(maker.root, schema, all), depth + 1)
  const choices = [...listAt(schema, "anyOf"), ...listAt(schema, "oneOf")]
  if (choices.length > 0) return value(maker, choose(maker, choices, depth), depth + 1)
  switch (typeOf(schema, depth)) {
    case "object":
      return object(maker, schema, depth)
    case "array":
      return array(maker, schema, depth)
    case "integer":
      return number(maker, schema, true)
    case "number":
      return number(maker, schema, false)
    case "boolean":
      return maker.dice.next() < 0.5
    case "null":
      return null
    default:
      return string(maker, schema)
  }
}

const merge = (root: JsonObject, schema: JsonObject, parts: ReadonlyArray<JsonObject>): JsonObject => {
  const resolved = parts.map((part) => {
    const ref = stringAt(part, "$ref")
    const target = ref === undefined ? part : resolve(root, ref)
    return isObject(target) ? target : {}
  })
  const { allOf: _, ...own } = schema
  const members = [own, ...resolved]
  return {
    ...Object.assign({}, ...members),
    properties: Object.assign({}, ...members.map((part) => objectAt(part, "properties") ?? {})),
    required: members.flatMap((part) => listAt(part, "required"))
  }
}

const choose = (maker: Maker, choices: ReadonlyArray<unknown>, depth: number): unknown => {
  if (depth > deepest) {
    const flat = choices.find((choice) => at(choice, "type") === "null") ??
      choices.find((choice) => !refersOnly(choice))
    if (flat !== undefined) return flat
  }
  const meaningful = choices.filter((choice) => at(choice, "type") !== "null")
  return meaningful[maker.dice.between(0, meaningful.length - 1)] ?? choices[0]
}

const typeOf = (schema: JsonObject, depth: number): unknown => {
  const type = at(schema, "type")
  if (Array.isArray(type)) return pickType(type, depth)
  if (type !== undefined) return type
  if (objectAt(schema, "properties") !== undefined) return "object"
  return at(schema, "items") !== undefined || listAt(schema, "prefixItems").length > 0 ? "array" : "string"
}

const pickType = (types: ReadonlyArray<unknown>, depth: number): unknown =>
  depth > deepest && types.includes("null") ? "null" : types.find((type) => type !== "null") ?? "null"

const object = (maker: Maker, schema: JsonObject, depth: number): JsonObject => {
  const properties = objectAt(schema, "properties") ?? {}
  const required = listAt(schema, "required").filter((name) => typeof name === "string")
  const names = new Set([...(depth > deepest ? [] : Object.keys(properties)), ...required])
  return Object.fromEntries(
    [...names].map((name) => [name, value(maker, at(properties, name) ?? { type: "string" }, depth + 1)])
  )
}

const array = (maker: Maker, schema: JsonObject, depth: number): ReadonlyArray<unknown> => {
  const least = numberAt(schema, "minItems") ?? 0
  const most = numberAt(schema, "maxItems") ?? Math.max(least, 3)
  const fixed = listAt(schema, "prefixItems")
  const wanted = depth > deepest ? least : Math.max(least, Math.min(most, maker.dice.between(1, 3)))
  const length = Math.max(wanted, Math.min(fixed.length, most))
  const items = Array.from(
    { length },
    (_, index) => value(maker, fixed[index] ?? at(schema, "items") ?? { type: "string" }, depth + 1)
  )
  if (at(schema, "uniqueItems") !== true) return items
  const unique = new Map(items.map((item) => [JSON.stringify(item), item]))
  for (let tries = 0; unique.size < least && tries < 100; tries++) {
    const item = value(maker, at(schema, "items") ?? { type: "string" }, depth + 1)
    unique.set(JSON.stringify(item), item)
  }
  return [...unique.values()]
}

const number = (maker: Maker, schema: JsonObject, whole: boolean): number => {
  const step = numberAt(schema, "multipleOf") ?? (whole ? 1 : 0.5)
  const exclusiveMinimum = numberAt(schema, "exclusiveMinimum")
  const exclusiveMaximum = numberAt(schema, "exclusiveMaximum")
  const low = exclusiveMinimum ?? numberAt(schema, "minimum")
  const high = exclusiveMaximum ?? numberAt(schema, "maximum")
  const bottom = low ?? (high === undefined ? 1 : high - 20)
  const top = high ?? bottom + 20
  const first = exclusiveMinimum === undefined ? Math.ceil(bottom / step) : Math.floor(bottom / step) + 1
  const last = exclusiveMaximum === undefined ? Math.floor(top / step) : Math.ceil(top / step) - 1
  if (last < first) return whole ? Math.ceil(bottom) : (bottom + top) / 2
  return Number((maker.dice.between(first, last) * step).toPrecision(12))
}

const string = (maker: Maker, schema: JsonObject): string => {
  const format = stringAt(schema, "format")
  const known = format === undefined ? undefined : formats[format]
  if (known !== undefined) return known
  const start = maker.dice.between(0, maker.words.length - 1)
  const length = Math.min(maker.words.length, maker.dice.between(1, 3))
  let text = Array.from({ length }, (_, i) => maker.words[(start + i) % maker.words.length]).join(" ")
  const least = numberAt(schema, "minLength") ?? 0
  while (text.length < least) text += ` ${maker.words[0] ?? "loom"}`
  return Array.from(text).slice(0, numberAt(schema, "maxLength") ?? Infinity).join("")
}
