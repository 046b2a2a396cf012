/**
 * Asks a vendor whether it accepts a key, and which models it has: it lists them, which costs nothing.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Provider } from "../Model.ts"
import * as Transport from "../Transport.ts"
import { setting } from "../internal/environment.ts"
import { isRecord } from "../internal/json.ts"

export const outcomes = ["accepted", "refused", "unreachable", "unknown"] as const

export interface Verdict {
  readonly outcome: (typeof outcomes)[number]
  /** Said behind the outcome: a status, what broke. */
  readonly detail: string | undefined
  /** Milliseconds that it took, and by which the vendor's clock is ahead of this one. */
  readonly millis: number
  readonly ahead: number | undefined
}

type Headers = Readonly<Record<string, string>>

interface Question {
  readonly path: string
  readonly headers: (key: string) => Headers
  /** What asks for a page that holds all of them. */
  readonly page?: string | undefined
  /** The status that tells of a wrong key, besides 401 and 403. */
  readonly refusal?: number | undefined
}

/** How most vendors are asked: as OpenAI is. */
const usual: Question = { path: "/models", headers: (key) => ({ authorization: `Bearer ${key}` }) }

/** How those are asked whose addresses leave the version to the path. */
const versioned: Question = { ...usual, path: "/v1/models" }

/** How a vendor of another kind is asked. */
const questions: ReadonlyMap<string, Question> = new Map([
  ["anthropic", {
    path: "/v1/models",
    page: "limit=1000",
    headers: (key) => ({ "x-api-key": key, "anthropic-version": "2023-06-01" })
  }],
  ["cohere", { ...versioned, page: "page_size=1000" }],
  ["gemini", {
    path: "/v1/models",
    page: "pageSize=1000",
    headers: (key) => ({ "x-goog-api-key": key }),
    refusal: 400
  }],
  ["mistral", versioned]
])

/** Whether a provider can be asked. */
export const isAskable = ({ baseUrl, kind }: Provider): boolean => baseUrl !== undefined && kind !== "custom"

/** Asks a vendor. Without a key, one that refuses is one that can be reached. */
export const ask = Effect.fnUntraced(function*(
  provider: Provider,
  key: Redacted.Redacted | undefined
): Effect.fn.Return<Verdict, never, Transport.Transport> {
  const transport = yield* Transport.Transport
  const clock = yield* Clock.Clock
  const from = clock.monotonicTimeNanosUnsafe()
  const question = questions.get(provider.kind) ?? usual
  const baseUrl = yield* baseUrlOf(provider)
  const verdict = (outcome: Verdict["outcome"], detail?: string, date?: string | null): Verdict => {
    const now = clock.currentTimeMillisUnsafe()
    const theirs = Date.parse(date ?? "")
    const millis = Number(clock.monotonicTimeNanosUnsafe() - from) / 1e6
    return { outcome, detail, millis, ahead: Number.isNaN(theirs) ? undefined : theirs - now }
  }
  if (baseUrl === undefined) return verdict("unknown", "nothing knows how to ask it")
  return yield* Effect.tryPromise({
    try: async (signal) => {
      const fetch = transport.vendor({ provider: provider.key, baseUrl, limits: { headersTimeout: "10 seconds" } })
      const headers = question.headers(key === undefined ? "" : Redacted.value(key))
      const answer = await fetch(`${baseUrl.replace(/\/+$/, "")}${question.path}`, { headers, signal })
      await answer.body?.cancel()
      return { status: answer.status, date: answer.headers.get("date") }
    },
    catch: (cause) => Transport.findError(cause)
  }).pipe(
    Effect.match({
      onSuccess: ({ date, status }) => {
        if (status >= 200 && status < 300) return verdict("accepted", undefined, date)
        if (status === 401 || status === 403 || status === question.refusal) {
          return verdict("refused", String(status), date)
        }
        return verdict("unknown", `it answered with ${status}`, date)
      },
      onFailure: (error) =>
        verdict("unreachable", error === undefined ? "no answer" : error.message.replace(/^[^:]*: /, ""))
    })
  )
})

/** The names that a vendor lists models by; else why they aren't known. */
export type Listing =
  | { readonly _tag: "Listed"; readonly names: ReadonlySet<string> }
  | { readonly _tag: "Unknown"; readonly why: string }

/** Asks a vendor which models it has. */
export const list = Effect.fnUntraced(function*(
  provider: Provider,
  key: Redacted.Redacted
): Effect.fn.Return<Listing, never, Transport.Transport> {
  const transport = yield* Transport.Transport
  const { headers, page, path } = questions.get(provider.kind) ?? usual
  const baseUrl = yield* baseUrlOf(provider)
  const unknown = (why: string): Listing => ({ _tag: "Unknown", why })
  if (baseUrl === undefined) return unknown("nothing knows how to ask it")
  return yield* Effect.tryPromise({
    try: async (signal) => {
      const fetch = transport.vendor({ provider: provider.key, baseUrl, limits: { headersTimeout: "10 seconds" } })
      const address = `${baseUrl.replace(/\/+$/, "")}${path}${page === undefined ? "" : `?${page}`}`
      const answer = await fetch(address, { headers: headers(Redacted.value(key)), signal })
      if (answer.status >= 200 && answer.status < 300) return namesIn(await answer.json())
      await answer.body?.cancel()
      return unknown(`it answered with ${answer.status}`)
    },
    catch: (cause) => Transport.findError(cause)
  }).pipe(
    Effect.catch((error) => Effect.succeed(unknown(error?.message.replace(/^[^:]*: /, "") ?? "it gave no list")))
  )
})

/** From `{ data: [{ id }] }`, `{ models: [{ name }] }`, or the list alone. */
const namesIn = (body: unknown): Listing => {
  const envelope = isRecord(body) ? body : {}
  const models = [body, envelope["data"], envelope["models"]].find((value) => Array.isArray(value))
  if (models === undefined) return { _tag: "Unknown", why: "it gave no list" }
  if (envelope["has_more"] === true || "nextPageToken" in envelope || "next_page_token" in envelope) {
    return { _tag: "Unknown", why: "its list has more than one page" }
  }
  const names = models.flatMap((model: unknown) => {
    const name = isRecord(model) ? model["id"] ?? model["name"] : undefined
    return typeof name === "string" ? [name.replace(/^models\//, "")] : []
  })
  return { _tag: "Listed", names: new Set(names) }
}

/** Whether the environment says where it is. */
export const isRedirected = (provider: Provider): Effect.Effect<boolean> =>
  Effect.map(ownBaseUrl(provider), (own) => own !== undefined)

const ownBaseUrl = ({ key }: Provider) => setting(`${key.toUpperCase().replaceAll("-", "_")}_BASE_URL`)

const baseUrlOf = (provider: Provider): Effect.Effect<string | undefined> =>
  Effect.map(ownBaseUrl(provider), (own) => own ?? provider.baseUrl)
