/**
 * A JSON Schema as a Schema.
 */
import * as JsonSchema from "effect/JsonSchema"
import { isObject } from "effect/Predicate"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as SchemaRepresentation from "effect/SchemaRepresentation"

/** Reads a JSON Schema (draft 2020-12), or tells why not. Objects hold nothing but the properties they list. */
export const parse = (text: string): Result.Result<Schema.Codec<unknown, unknown>, string> =>
  Result.try({
    try: () => {
      const json: unknown = JSON.parse(text)
      if (!isRecord(json)) throw new TypeError("it is no JSON object")
      if (json["type"] !== "object") throw new TypeError("the type of its root is not \"object\"")
      const schema = SchemaRepresentation.fromJsonSchemaDocument(JsonSchema.fromSchemaDraft2020_12(json), {
        onEnter: closed,
        patterns: "ignore"
      })
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one made of JSON Schema needs no services
      return schema as unknown as Schema.Codec<unknown, unknown>
    },
    catch: (error) => error instanceof Error ? error.message : String(error)
  })

const isRecord = (u: unknown): u is Record<string, unknown> => isObject(u)

/** Vendors' structured outputs want every object closed. */
const closed = (schema: JsonSchema.JsonSchema): JsonSchema.JsonSchema =>
  schema["type"] === "object" && schema["additionalProperties"] === undefined
    ? { ...schema, additionalProperties: false }
    : schema
