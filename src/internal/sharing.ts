/**
 * Answers that were bought for one caller and are given to another: nothing is paid for them, and what they would have
 * cost is saved. An object is decoded anew, by the schema of who gets it.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Catalog from "../Catalog.ts"
import * as Cost from "../Cost.ts"
import { type GenerateError, InvalidResponse } from "../GenerateError.ts"
import type { Summary } from "../Generation.ts"
import * as Request from "../Request.ts"
import * as Saved from "../Saved.ts"
import { problemsOf } from "./problems.ts"

/** The object of an answer as JSON, by the schema that it was asked for with. */
export const encodeObject = (request: Request.Request, object: unknown): unknown =>
  request.object === undefined || object === undefined
    ? undefined
    : Result.getOrUndefined(Schema.encodeUnknownResult(codecOf(request.object.schema))(object))

/** By this it saves its list price, of which its own savings are a part. */
const mechanism = { hit: "responseCache", coalesced: "coalescing" } as const

/** The answer as another caller gets it, whose object is `json`. */
export const passOn = <A extends Summary>(
  answered: A,
  json: unknown,
  request: Request.Request,
  how: "hit" | "coalesced"
): Result.Result<A, GenerateError> => {
  const { cost, saved } = answered
  const { currency } = request.call
  const bought = cost.picoUsd === undefined || saved.unknown ? undefined : cost.picoUsd + saved.picoUsd
  const listPrice = bought === undefined || how === "coalesced" ? bought : listNow(answered, request, bought)
  const given = {
    ...answered,
    cache: how,
    cost: currency === undefined ? Cost.zero : Cost.withCurrency(Cost.zero, currency),
    saved: Saved.make({ [mechanism[how]]: listPrice })
  }
  if (request.object === undefined || (json === undefined && answered.object === undefined)) {
    return Result.succeed(given)
  }
  const fail = (detail: string) => Result.fail(Request.fail(request, new InvalidResponse({ detail })))
  const { schema } = request.object
  // What can't be written as JSON is passed on as it is.
  if (json === undefined) {
    return Schema.is(schema)(answered.object)
      ? Result.succeed(given)
      : fail("the object fits another caller's schema only")
  }
  return Result.match(Schema.decodeUnknownResult(codecOf(schema))(json), {
    onSuccess: (object) => Result.succeed({ ...given, object }),
    onFailure: (error) => fail(problemsOf(error)[0].message)
  })
}

/** A price may have changed since an answer was bought, or be another one at this time of day. */
const listNow = (
  { cost: { price }, region, serviceTier, usage }: Summary,
  { call, model: asked }: Request.Request,
  bought: number
): number | undefined => {
  if (price === undefined) return bought
  const model = asked.id === price.model && asked.provider === price.provider
    ? asked
    : Catalog.named(call.catalog ?? Catalog.bundled, price.provider, price.model)
  if (model === undefined) return bought
  return Cost.list(model, usage, { at: call.startedAt, serviceTier, region }).picoUsd
}

const codecs = new WeakMap<object, Schema.ConstraintCodec<unknown, unknown>>()

const codecOf = (schema: Schema.ConstraintCodec<unknown, unknown>): Schema.ConstraintCodec<unknown, unknown> => {
  const known = codecs.get(schema)
  if (known !== undefined) return known
  const codec = Schema.toCodecJson(schema)
  codecs.set(schema, codec)
  return codec
}
