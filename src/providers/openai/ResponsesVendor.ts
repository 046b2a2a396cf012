/**
 * Whoever speaks OpenAI's Responses, through OpenAI's SDK: one adapter, and a record of quirks per vendor.
 */
import * as Effect from "effect/Effect"
import type OpenAI from "openai"
import type { BatchEndpoint } from "../../BatchEndpoint.ts"
import * as Generator from "../../Generator.ts"
import type { Request } from "../../Request.ts"
import * as Transport from "../../Transport.ts"
import * as Adapter from "../../internal/adapter.ts"
import { baseUrlOf } from "../../internal/baseUrl.ts"
import * as Door from "../../internal/batchDoor.ts"
import * as Keys from "../../internal/keys.ts"
import * as Prompts from "../../internal/prompts.ts"
import type { Quirks, VendorOptions } from "../OpenAiCompatible.ts"
import * as ChatErrors from "./ChatErrors.ts"
import { planOf } from "./ChatParams.ts"
import * as ChatReply from "./ChatReply.ts"
import { at } from "./ChatUsage.ts"
import * as ResponsesProtocol from "./ResponsesProtocol.ts"
import type { ResponsesQuirks } from "./ResponsesQuirks.ts"
import * as Sdk from "./Sdk.ts"
import * as Wire from "./Wire.ts"

/**
 * A vendor that speaks Responses. It is told instructions as messages, and keeps no answers unless `native` asks it to.
 */
export interface Vendor {
  /** Its key: what errors and records call it, its part options, and what goes back to it. */
  readonly provider: string
  readonly baseUrl: string
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string
  /** The options there are, as in Chat Completions, and what its codes of errors mean that come without a status. */
  readonly quirks: Pick<Quirks, "params" | "always" | "errors">
  /** Its own search, where `webSearch` asks for it. */
  readonly searchToolOf: (request: Request) => OpenAI.Responses.Tool | undefined
  /** What is sold by the piece, from the types of the output's items: searches of the web. */
  readonly soldIn?: ResponsesQuirks["soldIn"]
  /** Whether answers tell the tier that they were served in; otherwise it is the one that was asked for: true. */
  readonly tellsTier?: boolean | undefined
  /** Where usage tells what the vendor charges, and how many of that are a US dollar. */
  readonly cost?: { readonly path: ReadonlyArray<string>; readonly perUsd: number } | undefined
  /** Its batches: by a `fetch` for large replies, with what isn't sent of a request as it was asked. */
  readonly batches?:
    | ((
      vendor: Adapter.Vendor<OpenAI>,
      fetch: Transport.Fetch,
      warningsOf: (request: Request) => ReadonlyArray<string>
    ) => BatchEndpoint)
    | undefined
}

const quirksOf = ({ batches: _, cost, provider, quirks, ...own }: Vendor, isStrict: boolean): ResponsesQuirks => {
  const errors = ChatErrors.make(quirks)
  return {
    ...own,
    vendor: provider,
    optionsOf: Prompts.optionsOf(provider),
    instructions: { isField: false, role: "system" },
    writtenOf: (request) => ({ fields: planOf(quirks, request, false, isStrict).fields, marks: [] }),
    warningsOf: (request) => planOf(quirks, request, false, isStrict).warnings,
    errorIn: (json) => Wire.errorIn(json) ?? errors.errorIn(json),
    reportedUsdOf: cost && ((usage) => {
      const told = at(usage, cost.path)
      return typeof told === "number" && Number.isFinite(told) && told >= 0 ? told / cost.perUsd : undefined
    })
  }
}

/** Reads answers that come as chat completions where Responses were asked, as in results of batches. */
export const chatReplies: (quirks: Quirks) => ChatReply.Reader = ChatReply.make

const requestIdHeader = "x-request-id"

/**
 * Makes the `make` of a vendor that has a module of its own: its base URL may come from `<PROVIDER>_BASE_URL`.
 */
export const vendor = (own: Vendor) =>
  Effect.fnUntraced(function*(
    options?: VendorOptions
  ): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
    const transport = yield* Transport.Transport
    const { provider } = own
    const variable = `${provider.toUpperCase().replaceAll("-", "_")}_BASE_URL`
    const baseUrl = yield* baseUrlOf(options?.baseUrl, variable, own.baseUrl)
    const way = { provider, baseUrl, limits: options?.limits }
    const fetch = transport.vendor(way)
    const { errorBodyOf } = ChatErrors.make(own.quirks)
    const isStrict = options?.unsupported === "fail"
    const vendor: Adapter.Vendor<OpenAI> = {
      key: yield* Keys.source(options?.apiKey, options?.apiKeyEnv ?? own.apiKeyEnv),
      fetch,
      sdk: (secret) => Sdk.load(secret, { baseUrl, fetch, organization: null, project: null, errorBodyOf }),
      write: ResponsesProtocol.make(quirksOf(own, isStrict)),
      requestIdHeader,
      // With a status, codes say no more than it does.
      refusalOf: (cause, now) => Sdk.refusalOf(cause, now, Wire.kindOf, requestIdHeader)
    }
    return Generator.withBatch(
      Adapter.make(vendor),
      own.batches?.(
        vendor,
        Door.fetchFor(transport, way),
        (request) => planOf(own.quirks, request, false, isStrict).warnings
      )
    )
  })
