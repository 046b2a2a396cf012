/**
 * What an answer consists of as JSON can say it: its text, images, object and native reply are `Generation`'s to make.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Prompt from "effect/ai/Prompt"
import { Attempt, Tried } from "../Attempt.ts"
import * as Cost from "../Cost.ts"
import * as Saved from "../Saved.ts"
import * as Usage from "../Usage.ts"

/** Those of effect/ai, whose module isn't loaded for them: it brings all that a model can be asked with. */
const brand = "~effect/ai/Response/Part"

/** Made at use, as all of this is: it takes longer than an import may. */
const parts = () => {
  const part = <Type extends string, const Fields extends Schema.Struct.Fields>(type: Type, fields: Fields) =>
    Schema.Struct({
      [brand]: Schema.Literal(brand).pipe(
        Schema.withDecodingDefaultKey(Effect.succeed(brand), { encodingStrategy: "omit" })
      ),
      type: Schema.Literal(type),
      metadata: Schema.Record(Schema.String, Schema.NullOr(Schema.Json)),
      ...fields
    })
  const named = { id: Schema.String, name: Schema.String, providerExecuted: Schema.Boolean }
  const source = { id: Schema.String, title: Schema.String }
  return Schema.Union([
    part("text", { text: Schema.String }),
    part("reasoning", { text: Schema.String }),
    part("file", { mediaType: Schema.String, data: Schema.Uint8Array }),
    part("tool-call", { ...named, params: Schema.Unknown }),
    part("tool-result", {
      ...named,
      result: Schema.Unknown,
      encodedResult: Schema.Unknown,
      modelOutput: Schema.optional(Schema.Array(Prompt.ToolModelOutputPart)),
      isFailure: Schema.Boolean,
      preliminary: Schema.Boolean
    }),
    part("source", {
      ...source,
      sourceType: Schema.Literal("document"),
      mediaType: Schema.String,
      fileName: Schema.optionalKey(Schema.String)
    }),
    part("source", { ...source, sourceType: Schema.Literal("url"), url: Schema.URL })
  ])
}

/** Of a summary; what it has of the vendor's own is JSON, where there is any. */
export const summary = () => ({
  provider: Schema.String,
  model: Schema.String,
  finishReason: Schema.Literals([
    "stop",
    "length",
    "content-filter",
    "tool-calls",
    "error",
    "pause",
    "other",
    "unknown"
  ]),
  usage: Usage.Usage,
  cost: Cost.Cost,
  /** In 1e-12 USD, but for `usd`. */
  saved: Saved.Saved,
  warnings: Schema.Array(Schema.String),
  /** Milliseconds. */
  timing: Schema.Struct({
    total: Schema.Finite,
    firstToken: Schema.UndefinedOr(Schema.Finite),
    overhead: Schema.Finite
  }),
  cache: Schema.Literals(["miss", "hit", "coalesced"]),
  attempts: Schema.Array(Attempt),
  /** Of routes, and where a stand-in answered. */
  router: Schema.UndefinedOr(Schema.Struct({ used: Schema.String, tried: Schema.Array(Tried) })),
  requestId: Schema.UndefinedOr(Schema.String),
  serviceTier: Schema.UndefinedOr(Schema.String),
  region: Schema.UndefinedOr(Schema.String),
  object: Schema.optionalKey(Schema.Unknown),
  native: Schema.optionalKey(Schema.Unknown)
})

/** Of a whole answer. `text` is for readers of the JSON: it is in `content`, too. */
export const whole = () => ({
  ...summary(),
  text: Schema.optionalKey(Schema.String),
  content: Schema.optionalKey(Schema.Array(parts()))
})

export type Summary = Schema.Struct.Type<ReturnType<typeof summary>>
export type Whole = Schema.Struct.Type<ReturnType<typeof whole>>
