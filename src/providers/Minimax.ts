/**
 * MiniMax, through Anthropic's SDK and its Messages protocol, which is the vendor's own main surface, and its images over
 * HTTP.
 *
 * China is served at `https://api.minimaxi.com/anthropic`.
 *
 * Read 2026-11-23: platform.minimax.io/docs (text-anthropic-api, text-chat-anthropic, text-prompt-caching,
 * anthropic-api-compatible-cache, errorcode). Codes 1008, 1027 and 2013 of errors, and that models up to M2.7 always think,
 * are from memory: unverified.
 *
 * @since 1.0.0
 */
import type Anthropic from "@anthropic-ai/sdk"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type { Params, Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import { isRecord } from "../internal/json.ts"
import type * as Keys from "../internal/keys.ts"
import { withImages } from "../internal/modalities.ts"
import * as Messages from "./anthropic/MessagesVendor.ts"
import type * as Images from "./minimax/Images.ts"

/**
 * How MiniMax is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** Read at every call, so that a key set or rotated later is seen. `MINIMAX_API_KEY` by default. */
  readonly apiKey?: Keys.Key | undefined
  /** Where the key comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** `MINIMAX_BASE_URL`, else `https://api.minimax.io/anthropic`. */
  readonly baseUrl?: string | undefined
  /** An option that the vendor doesn't have is dropped with a warning by default; with `fail` it is an `Unsupported`. */
  readonly unsupported?: "warn" | "fail" | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request:
    | Partial<Anthropic.MessageCreateParams> & {
      readonly temperature?: number | undefined
      readonly top_p?: number | undefined
    }
    | Images.Asking
  readonly reply:
    | Anthropic.Message & {
      readonly base_resp?: { readonly status_code: number; readonly status_msg: string } | undefined
    }
    | Images.Answered
}

/** Above 0 is all that is said. */
const least = 0.01

const upTo1 = (field: string) => (value: number): Messages.Written => {
  const nearest = Math.min(1, Math.max(least, value))
  return {
    fields: { [field]: nearest },
    changed: nearest === value ? undefined : `${field} was set to ${nearest}: the vendor takes above 0 to 1`
  }
}

const alwaysThinks = /^MiniMax-M2/

/** It is on or off. */
const reasoning = (asked: NonNullable<Params["reasoning"]>, { model }: Request): Messages.Written => {
  if (alwaysThinks.test(model.upstream)) {
    return asked === "high"
      ? {}
      : { changed: `reasoning was ${direction(asked)} from ${asked} to high: the model always thinks` }
  }
  return {
    fields: { thinking: { type: asked === "none" ? "disabled" : "adaptive" } },
    changed: asked === "none" || asked === "high"
      ? undefined
      : `reasoning was ${direction(asked)} from ${asked} to high: there is none, high`
  }
}

const direction = (asked: string) => asked === "xhigh" || asked === "max" ? "lowered" : "raised"

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = withImages(
  Messages.vendor({
    provider: "minimax",
    baseUrl: "https://api.minimax.io/anthropic",
    apiKeyEnv: "MINIMAX_API_KEY",
    headers: (key) => ({ "x-api-key": key, "anthropic-version": "2023-06-01", authorization: null }),
    params: { temperature: upTo1("temperature"), topP: upTo1("top_p"), reasoning },
    // Thoughts are counted in it.
    maxTokens: 40_960,
    // Those that have a price for it.
    keepsMarks: ({ model }) => /^MiniMax-M2\.[157]/.test(model.upstream),
    flawIn: ({ base_resp: base }) =>
      isRecord(base) && base.status_code !== 0
        ? { message: String(base.status_msg), code: String(base.status_code) }
        : undefined,
    kinds: { 1002: "limited", 1004: "key", 1008: "quota", 1027: "filtered", 2013: "invalid" }
  }),
  () => import("./minimax/Images.ts")
)

/**
 * Provides MiniMax as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))
