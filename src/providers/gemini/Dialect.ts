/**
 * Gemini's dialect of JSON Schema: what isn't among its keywords is said in words.
 *
 * Read 2026-11-23 from @google/genai@3.1.0: `GenerateContentConfig.responseJsonSchema`.
 */
import type * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import { isRecord } from "../../internal/json.ts"

type Json = JsonSchema.JsonSchema

/** Throws for a schema that refers to itself: the vendor unrolls such ones a little, and only where they aren't required. */
export const toCodecGemini = <T, E, RD, RE>(
  schema: Schema.ConstraintCodec<T, E, RD, RE>
): { readonly codec: Schema.ConstraintCodec<T, unknown, RD, RE>; readonly jsonSchema: Json } => {
  const codec = Schema.toCodecJson(schema)
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(codec, {
    generateDescriptions: true,
    onExcessProperty: "error"
  })
  refuseLoops(definitions)
  const top = typeof root.$ref === "string" ? definitions[referred(root.$ref)] ?? root : root
  const names = Object.keys(definitions)
  return {
    codec,
    jsonSchema: {
      ...narrow(top),
      ...(names.length === 0
        ? undefined
        : { $defs: Object.fromEntries(names.map((name) => [name, narrow(definitions[name] ?? {})])) })
    }
  }
}

/** `#/$defs/Name`, as a pointer writes it. */
const referred = (ref: string): string => (ref.split("/").at(-1) ?? "").replaceAll("~1", "/").replaceAll("~0", "~")

const refuseLoops = (definitions: JsonSchema.Definitions): void => {
  const done = new Set<string>()
  const visit = (name: string, above: ReadonlyArray<string>): void => {
    if (above.includes(name)) throw new Error("it refers to itself")
    if (done.has(name)) return
    for (const next of referencesIn(definitions[name])) visit(next, [...above, name])
    done.add(name)
  }
  for (const name of Object.keys(definitions)) visit(name, [])
}

const referencesIn = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (!isRecord(value)) return []
  return [
    ...(typeof value.$ref === "string" ? [referred(value.$ref)] : []),
    ...Object.values(value).flatMap(referencesIn)
  ]
}

const kept: ReadonlySet<string> = new Set([
  "type",
  "format",
  "title",
  "description",
  "required"
])
/** Of two bounds, the one that holds. */
const closer: Readonly<Record<string, (...values: ReadonlyArray<number>) => number>> = {
  minItems: Math.max,
  minimum: Math.max,
  maxItems: Math.min,
  maximum: Math.min
}
const ofOne: ReadonlySet<string> = new Set(["items", "additionalProperties"])
const ofSome: ReadonlySet<string> = new Set(["prefixItems", "anyOf"])

const isSchema = (u: unknown): u is Json => isRecord(u)

const inside = (value: unknown): unknown => isSchema(value) ? narrow(value) : value

const narrow = (schema: Json): Json => {
  // Beside a reference, nothing else may stand.
  if (typeof schema.$ref === "string") return { $ref: schema.$ref }
  const narrowed: Record<string, unknown> = {}
  const words: Array<string> = []
  for (const part of [schema, ...(Array.isArray(schema.allOf) ? schema.allOf.filter(isSchema) : [])]) {
    for (const [keyword, value] of Object.entries(part)) {
      if (keyword === "description") words.push(String(value))
      else if (Object.hasOwn(closer, keyword) && typeof value === "number") {
        narrowed[keyword] = tighter(keyword, narrowed[keyword], value)
      } else if (Object.hasOwn(narrowed, keyword)) continue
      else if (kept.has(keyword)) narrowed[keyword] = value
      else if (ofOne.has(keyword)) narrowed[keyword] = inside(value)
      else if (ofSome.has(keyword) && Array.isArray(value)) narrowed[keyword] = value.map(inside)
      else if (keyword === "oneOf" && Array.isArray(value)) narrowed.anyOf = value.map(inside)
      else if (keyword === "properties" && isRecord(value)) {
        narrowed.properties = Object.fromEntries(Object.entries(value).map(([name, of]) => [name, inside(of)]))
      } else if (keyword === "enum" || keyword === "const") {
        const values: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
        if (values.every(isListed)) narrowed.enum = values
        else words.push(`one of ${values.map((one) => JSON.stringify(one)).join(", ")}`)
      }
    }
  }
  return words.length === 0 ? narrowed : { ...narrowed, description: [...new Set(words)].join("; ") }
}

const tighter = (keyword: string, before: unknown, value: number): number =>
  typeof before === "number" ? closer[keyword]?.(before, value) ?? value : value

/** Strings and numbers are what can be listed. */
const isListed = (value: unknown): boolean => typeof value === "string" || typeof value === "number"
