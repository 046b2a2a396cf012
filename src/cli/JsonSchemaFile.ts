/**
 * A JSON Schema as a Schema.
 */
import * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaRepresentation from "effect/SchemaRepresentation"
import { isRecord } from "../internal/json.ts"

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
      // One made of JSON Schema needs no services.
      return Schema.make<Schema.Codec<unknown, unknown>>(schema.ast)
    },
    catch: (error) => error instanceof Error ? error.message : String(error)
  })

/** Vendors' structured outputs want every object closed. */
const closed = (schema: JsonSchema.JsonSchema): JsonSchema.JsonSchema =>
  schema["type"] === "object" && schema["additionalProperties"] === undefined
    ? { ...schema, additionalProperties: false }
    : schema
