/**
 * Secrets in Google Secret Manager, over REST. `google-auth-library` gives the token: it is loaded when it is first
 * needed, and has a transport of its own, since finding the credentials belongs to it.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { GoogleAuth } from "google-auth-library"
import {
  type Kept,
  locate,
  type Locator,
  type Names,
  type Policy,
  policyOf,
  SecretBackend,
  SecretBackendError,
  show
} from "../SecretBackend.ts"
import { Transport } from "../Transport.ts"
import { setting } from "../internal/environment.ts"
import { isRecord } from "../internal/json.ts"
import * as SecretHttp from "../internal/secretHttp.ts"

/**
 * Which secrets are read, and as whom.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Policy {
  /** `GOOGLE_CLOUD_PROJECT`, else what the credentials belong to. */
  readonly project?: string | undefined
  /** For regional secrets: `europe-west3`. */
  readonly location?: string | undefined
  /** `https://secretmanager.googleapis.com`, or that of the location. */
  readonly endpoint?: string | undefined
  /**
   * A source of access tokens in place of Application Default Credentials. It is asked at every fetch, and again after a
   * token was refused.
   */
  readonly token?: Effect.Effect<Redacted.Redacted, SecretBackendError> | undefined
  /** The secret that holds the names that `names` doesn't list, as fields of JSON: `LOOM_SECRET`, else `loom`. */
  readonly secret?: string | undefined
  /**
   * Where names are kept: `{ OPENAI_API_KEY: "openai-key" }`; `keys#openai` for a field of JSON. A locator's `version` is
   * a number or an alias; the latest by default.
   */
  readonly names?: Names | undefined
}

const backend = "gcp"

const scope = "https://www.googleapis.com/auth/cloud-platform"

/**
 * Makes the backend.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(options: Options = {}): Effect.fn.Return<Kept, never, Transport> {
  const transport = yield* Transport
  const place = locate(options.secret ?? (yield* setting("LOOM_SECRET")) ?? "loom", options.names)
  const { location } = options
  const host = location === undefined ? "secretmanager.googleapis.com" : `secretmanager.${location}.rep.googleapis.com`
  const address = options.endpoint ?? `https://${host}`

  let auth: Promise<GoogleAuth> | undefined
  const google = <A>(what: string, use: (auth: GoogleAuth) => Promise<A>): Effect.Effect<A, SecretBackendError> =>
    Effect.tryPromise({
      try: async () => use(await (auth ??= connect())),
      catch: () =>
        new SecretBackendError({
          backend,
          kind: "Misconfigured",
          detail: `Google's credentials of this process give no ${what}`,
          fix: what === "project"
            ? "set GOOGLE_CLOUD_PROJECT, or `project`"
            : "set GOOGLE_APPLICATION_CREDENTIALS, run `gcloud auth application-default login`, or run where an account is given"
        })
    })

  const tokenOf = options.token ??
    Effect.flatMap(
      google("token", (auth) => auth.getAccessToken()),
      (token) =>
        typeof token === "string" && token !== ""
          ? Effect.succeed(Redacted.make(token))
          : Effect.fail(malformed("no token"))
    )

  let project = options.project ?? (yield* setting("GOOGLE_CLOUD_PROJECT")) ?? (yield* setting("GCLOUD_PROJECT"))
  let bound: SecretHttp.Ask | undefined

  const read = Effect.fnUntraced(function*({ secret, version }: Locator, token: Redacted.Redacted) {
    project ??= yield* google("project", (auth) => auth.getProjectId())
    bound ??= yield* Effect.try({
      try: () => SecretHttp.ask(transport, { backend, address }),
      catch: () =>
        new SecretBackendError({
          backend,
          kind: "Misconfigured",
          detail: "its endpoint is no http or https URL",
          fix: "set `endpoint` to https://host, or leave it out"
        })
    })
    const parts = [
      "projects",
      project,
      ...location === undefined ? [] : ["locations", location],
      "secrets",
      secret,
      "versions",
      version ?? "latest"
    ]
    return yield* bound({
      method: "GET",
      path: `/v1/${parts.map(encodeURIComponent).join("/")}:access`,
      headers: { authorization: `Bearer ${Redacted.value(token)}` }
    })
  })

  const fetch = Effect.fnUntraced(function*(locator: Locator) {
    let answer = yield* read(locator, yield* tokenOf)
    if (answer.status === 401) {
      // The library keeps its token until that expires; a revoked one is replaced by starting anew.
      auth = undefined
      answer = yield* read(locator, yield* tokenOf)
    }
    return yield* contentOf(answer)
  })

  return {
    _tag: "Kept",
    name: backend,
    where: (name) => `Google Secret Manager (${show(place(name))})`,
    locate: place,
    fetch,
    policy: policyOf(options)
  }
})

/**
 * Reads keys from Google's Secret Manager.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<SecretBackend, never, Transport> =>
  Layer.effect(SecretBackend, make(options))

const connect = async (): Promise<GoogleAuth> => {
  const { GoogleAuth } = await import("google-auth-library")
  return new GoogleAuth({ scopes: [scope] })
}

const malformed = (detail: string): SecretBackendError =>
  new SecretBackendError({
    backend,
    kind: "Malformed",
    detail: `it answered with something else (${detail})`,
    fix: "check its endpoint"
  })

const contentOf = (
  { json, status }: SecretHttp.Answer
): Effect.Effect<Redacted.Redacted<unknown> | undefined, SecretBackendError> => {
  const body = Redacted.value(json)
  if (status === 404) return Effect.succeed(undefined)
  // A version that is disabled or destroyed is there, and can't be read any more.
  if (status === 400 && isRecord(body) && isRecord(body["error"])) {
    if (body["error"]["status"] === "FAILED_PRECONDITION") return Effect.succeed(undefined)
  }
  if (status !== 200) return Effect.fail(SecretHttp.failureOf(backend, status))
  const payload = isRecord(body) ? body["payload"] : undefined
  if (!isRecord(payload) || typeof payload["data"] !== "string") return Effect.fail(malformed("no payload"))
  const bytes = Buffer.from(payload["data"], "base64")
  const sum = payload["dataCrc32c"]
  if (typeof sum === "string" && sum !== String(crc32c(bytes))) return Effect.fail(malformed("a wrong checksum"))
  return Effect.try({
    try: () => Redacted.make<unknown>(new TextDecoder("utf-8", { fatal: true }).decode(bytes)),
    catch: () => malformed("no text")
  })
}

/** Castagnoli's CRC-32, which Google sends along. */
const crc32c = (bytes: Uint8Array): number => {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f6_3b78 & -(crc & 1))
  }
  return (crc ^ 0xffff_ffff) >>> 0
}
