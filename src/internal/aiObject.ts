/**
 * The objects that effect/ai asks for, as Loom is asked for them. Loom's answer is their JSON, which effect/ai decodes:
 * it has the services that a schema may need.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as LanguageModel from "effect/ai/LanguageModel"
import type { ObjectFormat } from "../Request.ts"
import { problemsOf } from "./problems.ts"

/** By which effect/ai reads the JSON. */
export const transformer: LanguageModel.CodecTransformer = (schema) => {
  const codec = Schema.toCodecJson(schema)
  return {
    codec,
    get jsonSchema() {
      return LanguageModel.defaultCodecTransformer(codec).jsonSchema
    }
  }
}

const known = new WeakMap<Schema.Top, ObjectFormat["schema"]>()

/** Made once each, so that what is known of a schema is found again. */
export const schemaFor = (schema: Schema.Top): ObjectFormat["schema"] => {
  const made = known.get(schema) ?? make(schema)
  known.set(schema, made)
  return made
}

const make = (schema: Schema.Top): ObjectFormat["schema"] => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without the services that it needs, it throws
  const codec = Schema.toCodecJson(schema) as unknown as Schema.Codec<unknown, Schema.Json>
  const decode = Schema.decodeUnknownResult(codec)
  const misfit = (json: unknown): string | undefined => {
    const decoded = Result.try(() => decode(json))
    if (Result.isFailure(decoded) || Result.isSuccess(decoded.success)) return undefined
    const [{ message, path }] = problemsOf(decoded.success.failure)
    return path === "" ? message : `${path}: ${message}`
  }
  // What is no answer for effect/ai is none for a router either.
  return Schema.toEncoded(codec).check(Schema.makeFilter((json) => misfit(json) ?? true))
}

/** The name of an object as vendors take it. */
export const nameFor = (name: string): string => name.replaceAll(/[^\w-]/g, "_").slice(0, 64) || "object"
