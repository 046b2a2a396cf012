/**
 * Azure OpenAI, through OpenAI's SDK: OpenAI's own protocols, and models by the names of their deployments.
 *
 * A deployment that isn't called as its model is added with `Catalog.registerModel`; what answers is priced by the model
 * that the answer names. A token of Microsoft Entra can be given as the key.
 *
 * Read 2026-11-23: `openai@7.57.0:azure.js`, the facts of its `v1` surface, which needs no version in the address.
 *
 * @since 1.0.0
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { KeyMissing } from "../GenerateError.ts"
import * as Generator from "../Generator.ts"
import * as Request from "../Request.ts"
import type * as Transport from "../Transport.ts"
import * as OpenAi from "./OpenAi.ts"

/**
 * How Azure is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Omit<OpenAi.Options, "provider" | "organization" | "project"> {
  /** Read at every call, so that a key set or rotated later is seen. `AZURE_OPENAI_API_KEY` by default. */
  readonly apiKey?: OpenAi.Options["apiKey"]
  /** All of the address: `AZURE_BASE_URL`, else that of `resource`, else that of `AZURE_OPENAI_ENDPOINT`. */
  readonly baseUrl?: string | undefined
  /** The name of the resource: `looms` of `https://looms.openai.azure.com`. */
  readonly resource?: string | undefined
}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export type Native = OpenAi.Native

const root = "/openai/v1"

/** An endpoint, with the path of the protocol or without. */
const addressOf = (endpoint: string): string => {
  const bare = endpoint.replace(/\/+$/, "")
  return bare.endsWith(root) ? bare : bare + root
}

const variable = (name: string): Effect.Effect<string | undefined> =>
  Effect.orElseSucceed(Config.NonEmptyString(name), () => undefined)

const baseUrlOf = Effect.fnUntraced(function*(options?: Options) {
  if (options?.baseUrl !== undefined) return options.baseUrl
  const given = yield* variable("AZURE_BASE_URL")
  if (given !== undefined) return given
  if (options?.resource !== undefined) return addressOf(`https://${options.resource}.openai.azure.com`)
  const endpoint = yield* variable("AZURE_OPENAI_ENDPOINT")
  return endpoint === undefined ? undefined : addressOf(endpoint)
})

/** As where a key is missing: it isn't set up, and whoever else can answer is asked. */
const nowhere = (request: Request.Request) =>
  Effect.fail(
    Request.fail(
      request,
      new KeyMissing({
        variable: "AZURE_OPENAI_ENDPOINT",
        detail: "nobody knows where it is",
        remedy: "set AZURE_OPENAI_ENDPOINT, or give Azure.layer({ resource })"
      })
    )
  )

/**
 * Makes the vendor as a value, for a pipeline of one's own. Without an address every call fails with a `KeyMissing`.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(
  options?: Options
): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
  const baseUrl = yield* baseUrlOf(options)
  if (baseUrl === undefined) {
    return Generator.makePrepared<never>({ prepare: nowhere, generate: nowhere, open: nowhere })
  }
  const openai = yield* OpenAi.make({
    ...options,
    provider: "azure",
    apiKeyEnv: options?.apiKeyEnv ?? "AZURE_OPENAI_API_KEY",
    baseUrl,
    // OpenAI's own account is none of Azure's business.
    organization: null,
    project: null
  })
  // Its batches go to deployments of their own kind: unverified.
  return Generator.withBatch(openai, undefined)
})

/**
 * Provides Azure OpenAI as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))
