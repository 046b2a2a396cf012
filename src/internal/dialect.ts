/**
 * A vendor's dialect of JSON Schema: for the object that a model is to answer with, and for the arguments of tools.
 */
import type * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { CodecTransformer } from "effect/ai/LanguageModel"
import * as Tool from "effect/ai/Tool"
import { ContentFiltered, type GenerateError, InvalidRequest, InvalidResponse } from "../GenerateError.ts"
import type * as Generation from "../Generation.ts"
import * as Request from "../Request.ts"
import { failure, unreadable } from "./failures.ts"
import { parse, unparsable } from "./json.ts"

/** A tool as a vendor is told of it. */
export interface ToolDefinition {
  readonly name: string
  readonly description: string | undefined
  readonly parameters: JsonSchema.JsonSchema
  readonly strict: boolean
}

export interface Dialect {
  /** The schema of the object that a request asks for. Throws a GenerateError where the dialect can't say it. */
  readonly schemaOf: (request: Request.Request, format: Request.ObjectFormat) => JsonSchema.JsonSchema
  /** A tool of the caller's. Throws a GenerateError where it is to be strict, and the dialect can't say its arguments. */
  readonly functionOf: (request: Request.Request, tool: Tool.Any) => ToolDefinition
  /** An answer with the object that its request asks for, or why it holds none. `text` is what the model wrote. */
  readonly withObject: (
    request: Request.Request,
    answer: Generation.Answered,
    text: () => string
  ) => Result.Result<Generation.Answered, GenerateError>
}

/** Schemas and tools are translated once each, however many calls use them. */
export const make = (toCodec: CodecTransformer): Dialect => {
  const codecs = new WeakMap<Schema.Constraint, ReturnType<typeof toCodec<unknown, unknown, never, never>>>()
  const functions = new WeakMap<Tool.Any, ToolDefinition>()

  const codecOf = (request: Request.Request, schema: Request.ObjectFormat["schema"]) => {
    const known = codecs.get(schema)
    if (known !== undefined) return known
    const made = said(request, "schema", () => toCodec(schema))
    codecs.set(schema, made)
    return made
  }

  return {
    schemaOf: (request, format) => codecOf(request, format.schema).jsonSchema,
    functionOf: (request, tool) => {
      const known = functions.get(tool)
      if (known !== undefined) return known
      const strict = Tool.getStrictMode(tool) ?? false
      const made = {
        name: tool.name,
        description: tool.description,
        parameters: strict
          ? said(request, "tools", () => Tool.getJsonSchema(tool, { transformer: toCodec }))
          : Tool.getJsonSchema(tool),
        strict
      }
      functions.set(tool, made)
      return made
    },
    withObject: (request, answer, text) => {
      if (request.object === undefined || answer.finishReason === "tool-calls") return Result.succeed(answer)
      const fail = (reason: ContentFiltered | InvalidResponse) => Result.fail(failure(request, reason, answer))
      if (answer.finishReason === "content-filter") return fail(new ContentFiltered({ detail: "the model refused" }))
      if (answer.finishReason === "length") {
        return fail(new InvalidResponse({ detail: "the object was cut off at `maxOutputTokens`" }))
      }
      const json = parse(text())
      if (json === unparsable) return fail(new InvalidResponse({ detail: "the object is no JSON" }))
      return Result.mapBoth(Schema.decodeUnknownResult(codecOf(request, request.object.schema).codec)(json), {
        onFailure: (error) => unreadable(request, error, answer),
        onSuccess: (object) => ({ ...answer, object })
      })
    }
  }
}

/** What a translation makes of a schema, or the error that it can't be said in this dialect. */
const said = <A>(request: Request.Request, field: string, translate: () => A): A => {
  const made = Result.try(translate)
  if (Result.isSuccess(made)) return made.success
  const why = made.failure instanceof Error ? ` (${made.failure.message})` : ""
  const detail = `its root must be an object, and all of it what the vendor's JSON Schema can say${why}`
  throw Request.fail(request, new InvalidRequest({ field, detail }))
}

/** JSON Schema as it is, for models that are told of it in words. */
export const plain = make((codec) => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(codec)
  const name = typeof schema.$ref === "string" ? schema.$ref.replace("#/$defs/", "") : ""
  const root = Object.hasOwn(definitions, name) ? definitions[name] : schema
  if (root?.type !== "object") throw new TypeError("it is no object")
  return {
    codec,
    jsonSchema: Object.keys(definitions).length === 0 ? root : { ...root, $defs: definitions }
  }
})

/** What a model is told of the object that it is to answer with, where its vendor can't be given a schema. */
export const inWords = (request: Request.Request, object: Request.ObjectFormat): string =>
  "Answer with one JSON object and nothing else. It must fit this JSON Schema:\n"
  + JSON.stringify(plain.schemaOf(request, object))
