/**
 * Secrets in AWS Secrets Manager, through its official client: loaded when it is first asked, with a transport of its
 * own, since signing and the chain of credentials belong to it.
 *
 * @since 1.0.0
 */
import type { GetSecretValueCommandOutput, SecretsManagerClientConfig } from "@aws-sdk/client-secrets-manager"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
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
import { setting } from "../internal/environment.ts"

/**
 * Which secrets are read, and as whom.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Policy {
  /** `AWS_REGION` and the rest of what the client looks at, by default. */
  readonly region?: string | undefined
  /** Another place than AWS: the client also knows `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
  readonly endpoint?: string | undefined
  /** The client's own chain by default: environment, profile, SSO, container, instance. */
  readonly credentials?: SecretsManagerClientConfig["credentials"] | undefined
  /** The secret that holds the names that `names` doesn't list, as fields of JSON: `LOOM_SECRET`, else `loom`. */
  readonly secret?: string | undefined
  /**
   * Where names are kept: `{ OPENAI_API_KEY: "prod/openai" }`, by name or ARN; `prod/keys#openai` for a field of JSON.
   * A locator's `version` is a version's id, or a stage such as `AWSPREVIOUS`.
   */
  readonly names?: Names | undefined
  /** What else the client takes. */
  readonly native?: SecretsManagerClientConfig | undefined
}

const backend = "aws"

/**
 * Makes the backend. Its client is closed with the scope.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(options: Options = {}): Effect.fn.Return<Kept, never, Scope.Scope> {
  const place = locate(options.secret ?? (yield* setting("LOOM_SECRET")) ?? "loom", options.names)
  let client: ReturnType<typeof connect> | undefined
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.tryPromise(async () => (await client)?.close())))

  return {
    _tag: "Kept",
    name: backend,
    where: (name) => `AWS Secrets Manager (${show(place(name))})`,
    locate: place,
    fetch: (locator) =>
      Effect.tryPromise({
        try: async (signal) => (await (client ??= connect(options))).get(locator, signal),
        catch: refusalOf
      }).pipe(
        Effect.matchEffect({
          onSuccess: (answer) => contentOf(answer, locator),
          onFailure: (refusal) => told(refusal, locator)
        })
      ),
    policy: policyOf(options)
  }
})

/**
 * Reads keys from AWS Secrets Manager.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<SecretBackend> => Layer.effect(SecretBackend, make(options))

const connect = async ({ credentials, endpoint, native, region }: Options) => {
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager")
  const client = new SecretsManagerClient({
    ...(region === undefined ? undefined : { region }),
    ...(endpoint === undefined ? undefined : { endpoint }),
    ...(credentials === undefined ? undefined : { credentials }),
    ...native,
    // Loom owns the only retry loop.
    maxAttempts: 1
  })
  const get = ({ secret, version }: Locator, abortSignal: AbortSignal) =>
    client.send(
      new GetSecretValueCommand({
        SecretId: secret,
        ...(version === undefined
          ? undefined
          : isVersionId(version)
          ? { VersionId: version }
          : { VersionStage: version })
      }),
      { abortSignal }
    )
  return { get, close: () => client.destroy() }
}

/** Ids have at least 32 characters, and stages are shorter as a rule. */
const isVersionId = (version: string): boolean => /^[0-9a-zA-Z-]{32,64}$/.test(version)

const contentOf = (
  { SecretBinary: bytes, SecretString: text }: GetSecretValueCommandOutput,
  locator: Locator
): Effect.Effect<Redacted.Redacted<unknown>, SecretBackendError> => {
  if (typeof text === "string") return Effect.succeed(Redacted.make<unknown>(text))
  const malformed = new SecretBackendError({
    backend,
    kind: "Malformed",
    detail: `${show(locator)} holds no text`,
    fix: "store the key as the secret's text"
  })
  return bytes instanceof Uint8Array
    ? Effect.try({
      try: () => Redacted.make<unknown>(new TextDecoder("utf-8", { fatal: true }).decode(bytes)),
      catch: () => malformed
    })
    : Effect.fail(malformed)
}

interface Meaning {
  readonly kind: SecretBackendError["kind"]
  readonly detail: string
  readonly fix: string
}

const credentials: Meaning = {
  kind: "Unauthorized",
  detail: "it refused the credentials",
  fix: "check the AWS credentials of this process: they may have expired"
}
const permission: Meaning = {
  kind: "Unauthorized",
  detail: "the credentials may not read the secret",
  fix: "allow them secretsmanager:GetSecretValue on it, and kms:Decrypt on its key"
}
const throttled: Meaning = {
  kind: "Throttled",
  detail: "it limits the rate of requests",
  fix: "let answers live longer (timeToLive)"
}
const itsSide: Meaning = { kind: "Unavailable", detail: "it failed on its side", fix: "try again later" }

/** By the name of the client's error, the only word of it that is let through. */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["AccessDeniedException", permission],
  ["DecryptionFailure", { ...permission, detail: "the secret can't be decrypted" }],
  ["UnrecognizedClientException", credentials],
  ["InvalidClientTokenId", credentials],
  ["InvalidSignatureException", credentials],
  ["SignatureDoesNotMatch", credentials],
  ["IncompleteSignature", credentials],
  ["MissingAuthenticationToken", credentials],
  ["ExpiredTokenException", credentials],
  ["ExpiredToken", credentials],
  ["ThrottlingException", throttled],
  ["TooManyRequestsException", throttled],
  ["LimitExceededException", throttled],
  ["InternalServiceError", itsSide],
  ["InternalServiceErrorException", itsSide],
  ["ServiceUnavailableException", itsSide],
  ["CredentialsProviderError", {
    kind: "Misconfigured",
    detail: "there are no AWS credentials",
    fix: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is given"
  }],
  ["InvalidParameterException", {
    kind: "Misconfigured",
    detail: "it doesn't take the secret's name",
    fix: "check how the name is mapped"
  }]
])

/** What the client threw: that there is no secret, or why it can't be told. */
type Refusal = "absent" | "scheduled" | Meaning

const refusalOf = (cause: unknown): Refusal => {
  const name = cause instanceof Error ? cause.name : ""
  if (name === "ResourceNotFoundException") return "absent"
  // A secret that is about to be deleted answers that the request is invalid.
  return name === "InvalidRequestException" ? "scheduled" : meanings.get(name) ?? otherwise(cause)
}

const told = (refusal: Refusal, locator: Locator): Effect.Effect<undefined, SecretBackendError> => {
  if (refusal === "absent") return Effect.succeed(undefined)
  return refusal === "scheduled"
    ? Effect.as(
      Effect.logWarning(`secrets: AWS Secrets Manager says that ${show(locator)} is about to be deleted`),
      undefined
    )
    : Effect.fail(new SecretBackendError({ backend, ...refusal }))
}

const otherwise = (cause: unknown): Meaning => {
  const { code, message, status } = factsOf(cause)
  if (message === "Region is missing") {
    return { kind: "Misconfigured", detail: "its region isn't set", fix: "set AWS_REGION, or `region`" }
  }
  if (code?.startsWith("ERR_MODULE") === true) {
    return {
      kind: "Misconfigured",
      detail: "its client can't be loaded",
      fix: "run `npm install @aws-sdk/client-secrets-manager`"
    }
  }
  if (code !== undefined) {
    return { kind: "Unavailable", detail: `it can't be reached (${code})`, fix: "check the region and the network" }
  }
  if (status === undefined || status >= 500 || status === 429) {
    return { ...itsSide, detail: `it gave no answer that can be read${status === undefined ? "" : ` (${status})`}` }
  }
  return {
    kind: status === 401 || status === 403 ? "Unauthorized" : "Malformed",
    detail: `it answered with something else (${status})`,
    fix: "check the endpoint, the credentials and how the secret is named"
  }
}

const factsOf = (cause: unknown) => {
  const isAsked = typeof cause === "object" && cause !== null
  const code: unknown = isAsked && "code" in cause ? cause.code : undefined
  const metadata: unknown = isAsked && "$metadata" in cause ? cause.$metadata : undefined
  const status: unknown = typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
    ? metadata.httpStatusCode
    : undefined
  return {
    code: typeof code === "string" && /^E[A-Z_]+$/.test(code) ? code : undefined,
    message: cause instanceof Error ? cause.message : undefined,
    status: typeof status === "number" ? status : undefined
  }
}
