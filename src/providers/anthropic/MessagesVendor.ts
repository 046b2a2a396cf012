/**
 * Whoever speaks Anthropic's Messages, through Anthropic's SDK: one adapter, and a record of quirks per vendor.
 */
import type Anthropic from "@anthropic-ai/sdk"
import * as Effect from "effect/Effect"
import * as Tool from "effect/ai/Tool"
import { Unsupported } from "../../GenerateError.ts"
import type * as Generator from "../../Generator.ts"
import * as Request from "../../Request.ts"
import * as Transport from "../../Transport.ts"
import * as Adapter from "../../internal/adapter.ts"
import { baseUrlOf } from "../../internal/baseUrl.ts"
import * as Keys from "../../internal/keys.ts"
import * as Cache from "../../internal/promptCache.ts"
import * as Prompts from "../../internal/prompts.ts"
import { type Kind, reasonOf } from "../../internal/refusal.ts"
import * as Caching from "./Caching.ts"
import * as Messages from "./Messages.ts"
import * as MessagesBody from "./MessagesBody.ts"
import type { MessagesQuirks } from "./MessagesQuirks.ts"
import * as Sdk from "./Sdk.ts"
import * as Wire from "./Wire.ts"

type Fields = Readonly<Record<string, unknown>>

/** What becomes of an option: fields of the body, or why it isn't sent. */
export interface Written {
  readonly fields?: Fields | undefined
  readonly dropped?: string | undefined
  /** How it is sent otherwise than asked, in a whole sentence. */
  readonly changed?: string | undefined
}

type Writers = {
  readonly [Name in "temperature" | "topP" | "reasoning"]: (
    value: NonNullable<Request.Params[Name]>,
    request: Request.Request
  ) => Written
}

/** A vendor that speaks Messages, with nothing of them but what its record says. It is told the schemas of objects in words. */
export interface Vendor {
  /** Its key: what errors and records call it, its part options, and what goes back to it. */
  readonly provider: string
  readonly baseUrl: string
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string
  /** How it is told the key. */
  readonly headers: (key: string) => Readonly<Record<string, string | null>>
  readonly params: Writers
  /** The limit of the output where the caller sets none. */
  readonly maxTokens: number
  /** Whether a model's cache can be told what to keep: all keep what prompts begin with by themselves. */
  readonly keepsMarks: (request: Request.Request) => boolean
  /** An error in a body: what it says, and by which code. */
  readonly flawIn: (body: Fields) => { readonly message: string; readonly code: string } | undefined
  /** What codes of errors mean. */
  readonly kinds: Readonly<Record<string, Kind>>
}

export interface VendorOptions {
  readonly apiKey?: Keys.Key | undefined
  readonly apiKeyEnv?: string | undefined
  readonly baseUrl?: string | undefined
  readonly unsupported?: "warn" | "fail" | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

const lifetimes = ["5m"] as const

type Name = keyof Request.Params

const has = (request: Request.Request, name: Name) => request.params[name] !== undefined

/** Without these an answer is another one, or has another price. */
const refused = ["stop", "serviceTier"] as const
const missing = ["seed", "presencePenalty", "frequencyPenalty", "parallelToolCalls"] as const

const planOf = (vendor: Vendor, request: Request.Request, isStrict: boolean) => {
  const { params } = request
  const fields: Record<string, unknown> = {}
  const warnings: Array<string> = []
  const refuse = (feature: string, detail: string) => Request.fail(request, new Unsupported({ feature, detail }))
  const add = (name: string, { changed, dropped, fields: own }: Written) => {
    if (dropped !== undefined) {
      if (isStrict) throw refuse(name, dropped)
      warnings.push(`${name} was dropped: ${dropped}`)
    }
    if (changed !== undefined) warnings.push(changed)
    Object.assign(fields, own)
  }
  const nothing = `${vendor.provider} has no such option`
  for (const name of refused) if (has(request, name)) throw refuse(name, nothing)
  if (params.webSearch !== undefined && params.webSearch !== false) {
    throw Request.fail(request, Request.noWebSearch(`${vendor.provider} has no web search to be asked for`))
  }
  for (const name of missing) if (has(request, name)) add(name, { dropped: nothing })
  if (params.temperature !== undefined) add("temperature", vendor.params.temperature(params.temperature, request))
  if (params.topP !== undefined) add("topP", vendor.params.topP(params.topP, request))
  if (params.reasoning !== undefined) add("reasoning", vendor.params.reasoning(params.reasoning, request))
  for (const [name, written] of cachingOf(vendor, request)) add(name, written)
  for (const tool of request.tools) {
    if (Tool.getStrictMode(tool) === true) {
      add(`strict of ${tool.name}`, { dropped: `${vendor.provider} holds no tool to its schema` })
    }
  }
  return { fields, warnings }
}

const isMarked = ({ keepsMarks }: Vendor, request: Request.Request): boolean =>
  Cache.askedOf(request.params)?.breakpoints !== undefined && keepsMarks(request)

/** To keep what is marked costs more than to let the vendor keep what it likes: it is asked for by breakpoints alone. */
const cachingOf = (vendor: Vendor, request: Request.Request): ReadonlyArray<readonly [string, Written]> => {
  const asked = Cache.askedOf(request.params)
  if (asked === undefined) return []
  if (request.model.capabilities.promptCaching === false) return [["promptCache", { dropped: Cache.noCache }]]
  const { breakpoints, key, ttl } = asked
  const marked = isMarked(vendor, request)
  const kept = { dropped: `${vendor.provider} keeps what prompts begin with by itself, as long as it likes` }
  return [
    ...(key === undefined ? [] : [["promptCache.key", { dropped: "its cache has no keys" }] as const]),
    ...(ttl === undefined ? [] : [
      [
        "promptCache.ttl",
        marked ? { changed: Cache.lifetimeChange(ttl, Cache.lifetimeOf(ttl, lifetimes)) } : kept
      ] as const
    ]),
    ...(breakpoints === undefined || marked ? [] : [["promptCache.breakpoints", kept] as const])
  ]
}

const quirksOf = (vendor: Vendor, isStrict: boolean): MessagesQuirks => ({
  vendor: vendor.provider,
  optionsOf: Prompts.optionsOf(vendor.provider),
  writtenOf: (request) => ({
    fields: planOf(vendor, request, isStrict).fields,
    maxTokens: request.params.maxOutputTokens ?? Math.min(request.model.maxOutput ?? Infinity, vendor.maxTokens)
  }),
  warningsOf: (request) => planOf(vendor, request, isStrict).warnings,
  placed: (request, layout) => isMarked(vendor, request) ? Caching.placed(request, layout, lifetimes) : layout,
  errorIn: (json) => {
    const flaw = vendor.flawIn(json)
    if (flaw === undefined) return Wire.errorIn(json)
    const kind = vendor.kinds[flaw.code] ?? "broken"
    return { message: flaw.message, reason: (detail) => reasonOf({ status: 200, detail, kind }) }
  },
  tellsObjects: true,
  ownTools: false,
  strictTools: false,
  oneAtATime: false,
  pdf: false
})

/** Makes the `make` of a vendor that has a module of its own: its base URL may come from `<PROVIDER>_BASE_URL`. */
export const vendor = (own: Vendor) =>
  Effect.fnUntraced(function*(
    options?: VendorOptions
  ): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
    const transport = yield* Transport.Transport
    const { provider } = own
    const variable = `${provider.toUpperCase().replaceAll("-", "_")}_BASE_URL`
    const baseUrl = yield* baseUrlOf(options?.baseUrl, variable, own.baseUrl)
    const fetch = transport.vendor({ provider, baseUrl, limits: options?.limits })
    const quirks = quirksOf(own, options?.unsupported === "fail")
    return Adapter.make<Anthropic>({
      key: yield* Keys.source(options?.apiKey, options?.apiKeyEnv ?? own.apiKeyEnv),
      fetch,
      sdk: (secret) =>
        Sdk.load(secret, {
          baseUrl,
          fetch,
          headers: own.headers(secret),
          errorBodyOf: (body) => {
            const flaw = own.flawIn({ ...body })
            return flaw === undefined ? body : {
              type: "error",
              error: { type: "api_error", message: flaw.message, details: { error_code: flaw.code } }
            }
          }
        }),
      write: Adapter.ready({
        body: MessagesBody.body(quirks),
        build: (sdk: Anthropic, body, fetchOptions) =>
          sdk.buildRequest({
            method: "post",
            path: "/v1/messages",
            body,
            fetchOptions,
            stream: body.stream === true
          }),
        ...Messages.make(quirks)
      }),
      requestIdHeader: "request-id",
      refusalOf: Sdk.refusalOf(({ code, type }) =>
        Wire.isQuota({ type, code }) ? "quota" : code === undefined ? undefined : own.kinds[code]
      )
    })
  })
