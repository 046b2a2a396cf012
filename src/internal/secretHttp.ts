/**
 * How a secret manager is asked over HTTP: through Loom's Transport, leaving no trace of what was asked or said.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { SecretBackendError } from "../SecretBackend.ts"
import * as Transport from "../Transport.ts"
import { parse } from "./json.ts"

/** An answer: its status, and what its body is as JSON ({@link unparsable} where it is none). */
export interface Answer {
  readonly status: number
  readonly json: Redacted.Redacted<unknown>
}

export interface Question {
  readonly method: "GET" | "POST"
  /** Behind the base URL; it begins with a slash. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: Readonly<Record<string, string>> | undefined
}

export type Ask = (question: Question) => Effect.Effect<Answer, SecretBackendError>

/** Binds questions to one address. Throws where that is none. */
export const ask = (
  transport: Transport.Transport["Service"],
  options: { readonly backend: string; readonly address: string; readonly ca?: string | undefined }
): Ask => {
  const { address, backend, ca } = options
  const base = address.replace(/\/+$/, "")
  const fetch = transport.infrastructure({ provider: backend, baseUrl: base, ca })
  return ({ body, headers, method, path }) =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const bare = HttpClientRequest.make(method)(`${base}${path}`).pipe(HttpClientRequest.setHeaders(headers))
      const response = yield* client.execute(
        body === undefined ? bare : HttpClientRequest.bodyText(bare, JSON.stringify(body), "application/json")
      )
      const text = yield* response.text
      return { status: response.status, json: Redacted.make(parse(text)) }
    }).pipe(
      Effect.provide(FetchHttpClient.layer),
      Effect.provideService(FetchHttpClient.Fetch, fetch),
      // Headers and URLs would be attributes of a span.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      Effect.mapError((error) => {
        const broke = Transport.findError(error)
        return new SecretBackendError({
          backend,
          kind: "Unavailable",
          detail: broke === undefined
            ? `${base} gave no answer that can be read`
            : broke.message.replace(/^[^:]*: /, ""),
          fix: "check its address and the network"
        })
      })
    )
}

/** What a status means that no backend gives a meaning of its own. */
export const failureOf = (backend: string, status: number): SecretBackendError => {
  if (status === 429) {
    return new SecretBackendError({
      backend,
      kind: "Throttled",
      detail: "it limits the rate of requests (429)",
      fix: "raise its limit, or let answers live longer (timeToLive)"
    })
  }
  if (status === 401 || status === 403) {
    return new SecretBackendError({
      backend,
      kind: "Unauthorized",
      detail: `it refused Loom's credentials, or what they may read (${status})`,
      fix: "check the credentials, and that they may read the secret"
    })
  }
  return new SecretBackendError({
    backend,
    kind: status >= 500 ? "Unavailable" : "Malformed",
    detail: status >= 500 ? `it failed on its side (${status})` : `it answered with something else (${status})`,
    fix: status >= 500 ? "look at its health, and try again later" : "check its address, and how the secret is named"
  })
}
