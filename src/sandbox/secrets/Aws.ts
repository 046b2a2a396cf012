/**
 * AWS Secrets Manager, simulated: it reads secrets for whoever signs as AWS demands (Signature Version 4), and checks
 * the signature by itself.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import * as SigV4 from "../SigV4.ts"
import { type Answer, type Door, open, recordIn, type Request } from "./Door.ts"

/**
 * How the simulated AWS Secrets Manager behaves.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** `eu-central-1` by default. A signature for another region is refused. */
  readonly region?: string | undefined
}

/**
 * What a client signs with.
 *
 * @category models
 * @since 1.0.0
 */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/**
 * A running Secrets Manager. What its functions change holds from the next request on.
 *
 * @category models
 * @since 1.0.0
 */
export interface Aws extends Door {
  readonly region: string
  /** Issues credentials; `session` ones carry a token. */
  readonly credentials: (kind?: "session") => Credentials
  /** Session credentials end, others are no longer known. */
  readonly expire: (credentials: Credentials) => void
  /** Writes a secret's next version, text or bytes, and gives its id. What was current becomes `AWSPREVIOUS`. */
  readonly put: (name: string, secret: string | Uint8Array) => string
  /** Schedules a secret to be deleted. */
  readonly schedule: (name: string) => void
  readonly remove: (name: string) => void
  /** Lets nobody read a secret any more. */
  readonly deny: (name: string) => void
}

interface Version {
  readonly id: string
  readonly secret: string | Uint8Array
  stages: ReadonlyArray<string>
}

interface Secret {
  readonly versions: Array<Version>
  isScheduled: boolean
  isDenied: boolean
}

const refuse = (type: string, message: string, status = 400): Answer => ({
  status,
  body: { __type: type, Message: message },
  headers: { "x-amzn-requestid": randomUUID(), "x-amzn-errortype": type }
})

/**
 * Starts a Secrets Manager in the current scope.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(options?: Options): Effect.fn.Return<Aws, never, Scope.Scope> {
  const region = options?.region ?? "eu-central-1"
  const known = new Map<string, Credentials & { isExpired: boolean }>()
  const secrets = new Map<string, Secret>()

  const arnOf = (name: string) => `arn:aws:secretsmanager:${region}:123456789012:secret:${name}-a1b2c3`

  const secretOf = (id: string): readonly [string, Secret] | undefined => {
    const name = id.startsWith("arn:") ? Array.from(secrets.keys()).find((name) => arnOf(name) === id) : id
    const secret = name === undefined ? undefined : secrets.get(name)
    return name === undefined || secret === undefined ? undefined : [name, secret]
  }

  const read = (body: string): Answer => {
    const asked = recordIn(body)
    if (asked === undefined) return refuse("SerializationException", "could not parse request body")
    const {
      SecretId: id,
      VersionId: versionId,
      VersionStage: stage = versionId === undefined ? "AWSCURRENT" : undefined
    } = asked
    if (typeof id !== "string" || id === "") {
      return refuse(
        "InvalidParameterException",
        "Invalid name. Must be a valid name containing alphanumeric characters"
      )
    }
    const found = secretOf(id)
    if (found === undefined) {
      return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    }
    const [name, secret] = found
    if (secret.isDenied) {
      return refuse(
        "AccessDeniedException",
        `User is not authorized to perform: secretsmanager:GetSecretValue on ${name}`
      )
    }
    if (secret.isScheduled) {
      return refuse(
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion."
      )
    }
    const version = secret.versions.find((version) =>
      (versionId === undefined || version.id === versionId) &&
      (typeof stage !== "string" || version.stages.includes(stage))
    )
    if (version === undefined) {
      return refuse(
        "ResourceNotFoundException",
        `Secrets Manager can't find the specified secret value for staging label: ${String(stage)}`
      )
    }
    return {
      status: 200,
      headers: { "x-amzn-requestid": randomUUID() },
      body: {
        ARN: arnOf(name),
        CreatedDate: 1_763_856_000.123,
        Name: name,
        VersionId: version.id,
        VersionStages: version.stages,
        ...(typeof version.secret === "string"
          ? { SecretString: version.secret }
          : { SecretBinary: Buffer.from(version.secret).toString("base64") })
      }
    }
  }

  const answer = (request: Request): Answer => {
    const { headers, method, url } = request
    if (method !== "POST" || url !== "/") return refuse("UnknownOperationException", "no such operation", 404)
    if (headers["content-type"] !== "application/x-amz-json-1.1") {
      return refuse("UnknownOperationException", "unsupported content type", 404)
    }
    const unsigned = verify(request, region, known)
    if (unsigned !== undefined) return unsigned
    if (headers["x-amz-target"] !== "secretsmanager.GetSecretValue") {
      return refuse("UnknownOperationException", "no such operation")
    }
    return read(request.body)
  }

  const door = yield* open(answer, "application/x-amz-json-1.1")

  return {
    ...door,
    region,
    credentials: (kind) => {
      const credentials = {
        accessKeyId: `${kind === "session" ? "ASIA" : "AKIA"}${
          randomUUID().replaceAll("-", "").slice(0, 16).toUpperCase()
        }`,
        secretAccessKey: randomUUID() + randomUUID(),
        ...(kind === "session" ? { sessionToken: `session/${randomUUID()}` } : undefined)
      }
      known.set(credentials.accessKeyId, { ...credentials, isExpired: false })
      return credentials
    },
    expire: ({ accessKeyId }) => {
      const credentials = known.get(accessKeyId)
      if (credentials !== undefined) credentials.isExpired = true
    },
    put: (name, secret) => {
      const versions = secrets.get(name)?.versions ?? []
      for (const version of versions) {
        version.stages = version.stages.includes("AWSCURRENT") ? ["AWSPREVIOUS"] : []
      }
      const id = randomUUID()
      versions.push({ id, secret, stages: ["AWSCURRENT"] })
      secrets.set(name, { versions, isScheduled: false, isDenied: false })
      return id
    },
    schedule: (name) => {
      const secret = secrets.get(name)
      if (secret !== undefined) secret.isScheduled = true
    },
    remove: (name) => {
      secrets.delete(name)
    },
    deny: (name) => {
      const secret = secrets.get(name)
      if (secret !== undefined) secret.isDenied = true
    }
  }
})

const mandatory = ["host", "x-amz-date", "x-amz-target", "content-type"]

/** Signature Version 4, from AWS's description of it. Why a request isn't signed as it has to be, if it isn't. */
const verify = (
  { body, headers, method, url }: Request,
  region: string,
  known: ReadonlyMap<string, Credentials & { readonly isExpired: boolean }>
): Answer | undefined => {
  const authorization = headers["authorization"]
  if (authorization === undefined) return refuse("MissingAuthenticationTokenException", "Missing Authentication Token")
  const signed = SigV4.read(headers)
  if (signed === undefined) return refuse("IncompleteSignatureException", "Authorization header is incomplete")
  const credentials = known.get(signed.id)
  if (credentials === undefined || (credentials.isExpired && credentials.sessionToken === undefined)) {
    return refuse("UnrecognizedClientException", "The security token included in the request is invalid.")
  }
  if (credentials.isExpired) {
    return refuse("ExpiredTokenException", "The security token included in the request is expired")
  }
  if (headers["x-amz-security-token"] !== credentials.sessionToken) {
    return refuse("UnrecognizedClientException", "The security token included in the request is invalid.")
  }
  if (signed.region !== region || signed.service !== "secretsmanager") {
    return refuse("InvalidSignatureException", `Credential should be scoped to a valid region, not '${signed.region}'.`)
  }
  if (!SigV4.isFresh(signed)) return refuse("InvalidSignatureException", "Signature expired or not yet valid")
  const required = credentials.sessionToken === undefined ? mandatory : [...mandatory, "x-amz-security-token"]
  if (!SigV4.covers(signed, required)) {
    return refuse("InvalidSignatureException", "headers that must be signed are not")
  }
  return SigV4.isSignedWith(signed, credentials.secretAccessKey, { method, url, headers, body })
    ? undefined
    : refuse(
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided."
    )
}
