/**
 * Asks a vendor whether it accepts a key: it lists its models, which costs nothing.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Provider } from "../Model.ts"
import * as Transport from "../Transport.ts"
import { setting } from "../internal/environment.ts"

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
  /** The status that tells of a wrong key, besides 401 and 403. */
  readonly refusal?: number | undefined
}

/** How most vendors are asked: as OpenAI is. */
const usual: Question = { path: "/models", headers: (key) => ({ authorization: `Bearer ${key}` }) }

/** How those are asked whose addresses leave the version to the path. */
const versioned: Question = { ...usual, path: "/v1/models" }

/** How a vendor of another kind is asked. */
const questions: ReadonlyMap<string, Question> = new Map([
  ["anthropic", { path: "/v1/models", headers: (key) => ({ "x-api-key": key, "anthropic-version": "2023-06-01" }) }],
  ["cohere", versioned],
  ["gemini", { path: "/v1/models", headers: (key) => ({ "x-goog-api-key": key }), refusal: 400 }],
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

/** Whether the environment says where it is. */
export const isRedirected = (provider: Provider): Effect.Effect<boolean> =>
  Effect.map(ownBaseUrl(provider), (own) => own !== undefined)

const ownBaseUrl = ({ key }: Provider) => setting(`${key.toUpperCase().replaceAll("-", "_")}_BASE_URL`)

const baseUrlOf = (provider: Provider): Effect.Effect<string | undefined> =>
  Effect.map(ownBaseUrl(provider), (own) => own ?? provider.baseUrl)
