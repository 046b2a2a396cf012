/**
 * The schemas of the options that more than one vendor honours.
 */
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as Request from "../Request.ts"

const isAtLeast0 = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Penalty = Schema.Finite.check(Schema.isBetween({ minimum: -2, maximum: 2 }))

const PromptCache = Schema.Struct({
  ttl: Schema.optional(Schema.TemplateLiteral([Schema.Natural, Schema.Literals(["m", "h"])])),
  key: Schema.optional(Schema.NonEmptyString),
  breakpoints: Schema.optional(Schema.Array(Schema.Literals(["tools", "system", "messages"])))
})

const Domains = Schema.NonEmptyArray(Schema.NonEmptyString)

const WebSearch = Schema.Struct({
  maxUses: Schema.optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
  allowedDomains: Schema.optional(Domains),
  blockedDomains: Schema.optional(Domains),
  location: Schema.optional(Schema.Struct({
    city: Schema.optional(Schema.NonEmptyString),
    region: Schema.optional(Schema.NonEmptyString),
    country: Schema.optional(Schema.String.check(Schema.isPattern(/^[A-Z]{2}$/, { expected: "a country as in DE" }))),
    timezone: Schema.optional(Schema.NonEmptyString)
  })),
  contextSize: Schema.optional(Schema.Literals(["low", "medium", "high"]))
}).check(
  Schema.makeFilter(({ allowedDomains, blockedDomains }) =>
    allowedDomains === undefined || blockedDomains === undefined ||
    "allowedDomains and blockedDomains can't be given together"
  )
)

const isPicture = (u: unknown): u is Request.Picture =>
  u instanceof Uint8Array || u instanceof URL || (typeof u === "string" && /^(https?:\/\/|data:)/.test(u))

const isSize = (u: string): u is `${number}x${number}` => /^[1-9]\d{0,4}x[1-9]\d{0,4}$/.test(u)

const isRatio = (u: string): u is `${number}:${number}` => /^[1-9]\d{0,2}:[1-9]\d{0,2}$/.test(u)

const worded = <A extends string>(is: (u: string) => u is A, expected: string) =>
  Schema.declare((u: unknown): u is A => typeof u === "string" && is(u), { expected })

const imageFields = {
  n: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  size: worded(isSize, "pixels such as 1024x1024"),
  aspectRatio: worded(isRatio, "a ratio such as 16:9"),
  quality: Schema.NonEmptyString,
  format: Schema.Literals(["png", "jpeg", "webp"]),
  background: Schema.Literals(["transparent", "opaque", "auto"]),
  negativePrompt: Schema.NonEmptyString,
  mask: Schema.declare(isPicture, { expected: "bytes, or an address (https:, data:)" })
}

export const fields = {
  ...imageFields,
  maxOutputTokens: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  temperature: isAtLeast0,
  topP: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
  stop: Schema.Array(Schema.NonEmptyString),
  seed: Schema.Int,
  presencePenalty: Penalty,
  frequencyPenalty: Penalty,
  reasoning: Schema.Literals(["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
  serviceTier: Schema.NonEmptyString,
  parallelToolCalls: Schema.Boolean,
  promptCache: Schema.Union([Schema.Boolean, PromptCache]),
  webSearch: Schema.Union([Schema.Boolean, WebSearch])
}

export const Params: Schema.Codec<Request.Params> = Schema.Struct(Struct.map(fields, Schema.optional))

/** Without those that are `undefined`: the default below them shows. */
export const stated = (params: Request.Params): Request.Params =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined))

/** Those of these defaults that a call for this has. */
export const defaultsFor = (modality: Request.Request["modality"], defaults: Request.Params): Request.Params => {
  const names = Object.keys(defaults)
  return names.every((name) => Request.isOf(modality, name))
    ? defaults
    : Object.fromEntries(Object.entries(defaults).filter(([name]) => Request.isOf(modality, name)))
}

/** These over those: a size and a ratio, either of which says how large an image is, don't go together. */
export const over = (below: Request.Params, above: Request.Params): Request.Params => {
  const { aspectRatio, size, ...rest } = below
  return (above.size !== undefined && aspectRatio !== undefined) ||
      (above.aspectRatio !== undefined && size !== undefined)
    ? { ...rest, ...above }
    : { ...below, ...above }
}

/** The params among some options, as far as they are stated. */
export const given = (options: Request.Params): Request.Params =>
  Object.fromEntries(
    Object.entries(options).filter(([name, value]) => value !== undefined && Object.hasOwn(fields, name))
  )
