/**
 * How OpenAI is reached, whatever it is asked for.
 */
import * as Effect from "effect/Effect"
import type OpenAI from "openai"
import * as Transport from "../../Transport.ts"
import type * as Adapter from "../../internal/adapter.ts"
import { baseUrlOf } from "../../internal/baseUrl.ts"
import * as Keys from "../../internal/keys.ts"
import type { Options } from "../OpenAi.ts"
import * as Sdk from "./Sdk.ts"
import * as Wire from "./Wire.ts"

const requestIdHeader = "x-request-id"

/** All of an adapter but what it writes, and the way there for who carries more than it does. */
export interface Access {
  readonly reached: Omit<Adapter.Vendor<OpenAI>, "write">
  readonly transport: Transport.Transport["Service"]
  readonly way: Transport.VendorOptions
}

export const access = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<Access, never, Transport.Transport> {
  const transport = yield* Transport.Transport
  const { limits, organization, project, provider = "openai" } = options
  const baseUrl = yield* baseUrlOf(options.baseUrl, "OPENAI_BASE_URL", "https://api.openai.com/v1")
  const way = { provider, baseUrl, limits }
  const fetch = transport.vendor(way)
  return {
    reached: {
      key: yield* Keys.source(options.apiKey, options.apiKeyEnv ?? "OPENAI_API_KEY"),
      fetch,
      sdk: (secret) => Sdk.load(secret, { baseUrl, fetch, organization, project }),
      requestIdHeader,
      refusalOf: (cause, now) => Sdk.refusalOf(cause, now, Wire.kindOf, requestIdHeader)
    },
    transport,
    way
  }
})
