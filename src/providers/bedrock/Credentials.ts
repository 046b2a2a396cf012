/**
 * What a request to Bedrock is signed with: a bearer's token, or AWS's credentials, found where its client finds them.
 */
import type { BedrockRuntimeClientConfig } from "@aws-sdk/client-bedrock-runtime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type GenerateError, KeyMissing } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import { isRecord, parse } from "../../internal/json.ts"
import type { KeySource } from "../../internal/keys.ts"

/** What signs, once it is found. */
export type Signer =
  | { readonly token: { readonly token: string }; readonly authSchemePreference: Array<string> }
  | { readonly credentials: Credentials; readonly authSchemePreference: Array<string> }

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** The credentials that the client finds, read again when they expire, or when it is told to. */
export type Chain = (options: { readonly forceRefresh: boolean }) => Promise<Credentials>

const aMinute = 60_000

/** The bearer's token where there is one, else AWS's credentials. */
export const source = (bearer: KeySource | undefined, chain: Chain | undefined, variable: string): KeySource => {
  const none = (request: Request.Request) =>
    Request.fail(
      request,
      new KeyMissing({
        variable,
        detail: `no ${variable}, and no AWS credentials`,
        remedy:
          `set ${variable}, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is given`
      })
    )
  // Where there are none, to look for them takes a second: a server is asked that isn't there.
  let lookAgain = -Infinity
  const found = (request: Request.Request, chain: Chain, forceRefresh: boolean) =>
    Effect.flatMap(
      Clock.currentTimeMillis,
      (now) =>
        now < lookAgain && lookAgain <= now + aMinute ? Effect.fail(none(request)) : Effect.tryPromise({
          try: async () => {
            const { accessKeyId, secretAccessKey, sessionToken } = await chain({ forceRefresh })
            return Redacted.make(
              JSON.stringify({
                accessKeyId,
                secretAccessKey,
                ...(sessionToken === undefined ? undefined : { sessionToken })
              }),
              { label: "AWS credentials" }
            )
          },
          // Nothing that it said is told: it reads files and answers of others.
          catch: () => {
            lookAgain = now + aMinute
            return none(request)
          }
        })
    )
  const either = (
    request: Request.Request,
    token: Effect.Effect<Redacted.Redacted, GenerateError> | undefined,
    forceRefresh: boolean
  ) => {
    if (chain === undefined) return token ?? Effect.die("a chain or a token is given")
    return token === undefined ? found(request, chain, forceRefresh) : Effect.catchIf(
      token,
      ({ reason }) => reason._tag === "KeyMissing",
      () => found(request, chain, forceRefresh)
    )
  }
  return {
    read: (request) => either(request, bearer?.read(request), false),
    refetch: (request, refused) =>
      credentialsIn(refused) === undefined
        ? either(request, bearer?.refetch(request, refused), true)
        : either(request, bearer?.read(request), true),
    nameOf: (key) => credentialsIn(key) === undefined ? bearer?.nameOf(key) : "the AWS credentials"
  }
}

export const signerOf = (secret: string): Signer => {
  const credentials = credentialsIn(Redacted.make(secret))
  return credentials === undefined
    ? { token: { token: secret }, authSchemePreference: ["httpBearerAuth"] }
    : { credentials, authSchemePreference: ["sigv4"] }
}

/** A token is no JSON. */
const credentialsIn = (key: Redacted.Redacted): Credentials | undefined => {
  const json = parse(Redacted.value(key))
  return isCredentials(json) ? json : undefined
}

const isCredentials = (u: unknown): u is Credentials =>
  isRecord(u) && typeof u.accessKeyId === "string" && typeof u.secretAccessKey === "string"

/** The client's own chain, or the credentials that were given. */
export const chainOf = (config: BedrockRuntimeClientConfig): Chain => {
  let client: Promise<Chain> | undefined
  const load = async (): Promise<Chain> => {
    const { BedrockRuntimeClient } = await import("@aws-sdk/client-bedrock-runtime")
    return new BedrockRuntimeClient(config).config.credentials
  }
  return async (options) => (await (client ??= load()))(options)
}
