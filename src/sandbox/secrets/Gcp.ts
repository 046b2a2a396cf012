/**
 * Google Secret Manager, simulated, and the metadata server that gives a machine on Google's cloud its tokens.
 *
 * **Gotchas**
 *
 * `google-auth-library` finds the metadata server by `GCE_METADATA_HOST` (its `host`), with
 * `METADATA_SERVER_DETECTION=assume-present`. The flow with a key file always goes to Google itself, so that it can't be
 * run against a simulator.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Answer, type Door, open, type Request } from "./Door.ts"

/**
 * How the simulated Secret Manager behaves.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** `loom-test` by default. */
  readonly project?: string | undefined
  /** Seconds that a token holds: 3600. */
  readonly tokenSeconds?: number | undefined
}

/**
 * A running Secret Manager. What its functions change holds from the next request on.
 *
 * @category models
 * @since 1.0.0
 */
export interface Gcp extends Door {
  readonly project: string
  /** For `GCE_METADATA_HOST`. */
  readonly host: string
  /** Issues a token, as the metadata server does. */
  readonly token: () => string
  /** Takes back every token that was issued. */
  readonly revokeTokens: () => void
  /** Adds a secret's next version, text or bytes, and gives its number. */
  readonly put: (name: string, secret: string | Uint8Array) => number
  readonly disable: (name: string, version: number) => void
  readonly alias: (name: string, alias: string, version: number) => void
  readonly remove: (name: string) => void
  /** Lets nobody read a secret any more. */
  readonly deny: (name: string) => void
  /** Sends the wrong checksum along with each payload. */
  readonly corrupt: (isCorrupt: boolean) => void
}

interface Secret {
  readonly versions: Array<{ readonly bytes: Uint8Array; isEnabled: boolean }>
  readonly aliases: Map<string, number>
  isDenied: boolean
}

const refuse = (code: number, status: string, message: string): Answer => ({
  status: code,
  body: { error: { code, message, status } }
})

/**
 * Starts a Secret Manager, with a metadata server at the same address, in the current scope.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(options?: Options): Effect.fn.Return<Gcp, never, Scope.Scope> {
  const project = options?.project ?? "loom-test"
  const seconds = options?.tokenSeconds ?? 3600
  const tokens = new Map<string, number>()
  const secrets = new Map<string, Secret>()
  let isCorrupt = false

  const issue = (now: number): string => {
    const token = `ya29.${crypto.randomUUID()}`
    tokens.set(token, now + seconds * 1000)
    return token
  }

  const metadata = (path: string, headers: Request["headers"], now: number): Answer => {
    const flavor = { "metadata-flavor": "Google" }
    if (headers["metadata-flavor"] !== "Google") return { status: 403, body: "Missing Metadata-Flavor:Google header." }
    const text = { ...flavor, "content-type": "application/text" }
    switch (path) {
      case "/computeMetadata/v1/instance":
      case "/computeMetadata/v1/instance/":
        return { status: 200, body: "id\n", headers: text }
      case "/computeMetadata/v1/project/project-id":
        return { status: 200, body: project, headers: text }
      case "/computeMetadata/v1/universe/universe-domain":
        return { status: 200, body: "googleapis.com", headers: text }
      case "/computeMetadata/v1/instance/service-accounts/default/token":
        return {
          status: 200,
          headers: flavor,
          body: { access_token: issue(now), expires_in: seconds, token_type: "Bearer" }
        }
      default:
        return { status: 404, body: "not found", headers: flavor }
    }
  }

  const access = (owner: string, name: string, wanted: string): Answer => {
    const full = `projects/${owner}/secrets/${name}`
    const secret = owner === project ? secrets.get(name) : undefined
    if (owner !== project || secret?.isDenied === true) {
      return refuse(403, "PERMISSION_DENIED", `Permission 'secretmanager.versions.access' denied on ${full}`)
    }
    const number = secret === undefined
      ? undefined
      : wanted === "latest"
      ? secret.versions.length
      : secret.aliases.get(wanted) ?? Number(wanted)
    const version = number === undefined ? undefined : secret?.versions[number - 1]
    if (version === undefined) return refuse(404, "NOT_FOUND", `Secret [${full}] or its version ${wanted} not found.`)
    if (!version.isEnabled) {
      return refuse(400, "FAILED_PRECONDITION", `Secret Version [${full}/versions/${number}] is in DISABLED state.`)
    }
    const sum = isCorrupt ? checksum(version.bytes) ^ 1 : checksum(version.bytes)
    return {
      status: 200,
      body: {
        name: `projects/987654321/secrets/${name}/versions/${number}`,
        payload: { data: Buffer.from(version.bytes).toString("base64"), dataCrc32c: String(sum >>> 0) }
      }
    }
  }

  const answer = ({ headers, method, url }: Request, now: number): Answer => {
    const { pathname } = new URL(url, "http://gcp")
    if (pathname.startsWith("/computeMetadata/")) return metadata(pathname, headers, now)
    if (method !== "GET") return refuse(405, "UNIMPLEMENTED", "only reading is simulated")
    const [, token = ""] = /^Bearer (.+)$/.exec(headers["authorization"] ?? "") ?? []
    if (!((tokens.get(token) ?? 0) > now)) {
      return refuse(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
    }
    const [, owner = "", name = "", version = ""] =
      /^\/v1\/projects\/([^/]+)(?:\/locations\/[^/]+)?\/secrets\/([^/]+)\/versions\/([^/:]+):access$/.exec(pathname) ??
        []
    return version === ""
      ? refuse(404, "NOT_FOUND", "no such method")
      : access(decodeURIComponent(owner), decodeURIComponent(name), decodeURIComponent(version))
  }

  const door = yield* open(answer, "application/json; charset=UTF-8")
  const secretOf = (name: string): Secret => {
    const secret = secrets.get(name) ?? { versions: [], aliases: new Map<string, number>(), isDenied: false }
    secrets.set(name, secret)
    return secret
  }

  return {
    ...door,
    project,
    host: door.url.replace("http://", ""),
    token: () => issue(door.now()),
    revokeTokens: () => tokens.clear(),
    put: (name, secret) =>
      secretOf(name).versions.push({
        bytes: typeof secret === "string" ? new TextEncoder().encode(secret) : secret,
        isEnabled: true
      }),
    disable: (name, number) => {
      const version = secretOf(name).versions[number - 1]
      if (version !== undefined) version.isEnabled = false
    },
    alias: (name, alias, number) => {
      secretOf(name).aliases.set(alias, number)
    },
    remove: (name) => {
      secrets.delete(name)
    },
    deny: (name) => {
      secretOf(name).isDenied = true
    },
    corrupt: (corrupt) => {
      isCorrupt = corrupt
    }
  }
})

/** CRC-32C by a table of Castagnoli's polynomial. */
const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let entry = n
  for (let bit = 0; bit < 8; bit++) entry = entry & 1 ? (entry >>> 1) ^ 0x82f6_3b78 : entry >>> 1
  return entry
})

const checksum = (bytes: Uint8Array): number =>
  ~bytes.reduce((sum, byte) => ((table[(sum ^ byte) & 255] ?? 0) ^ (sum >>> 8)) >>> 0, 0xffff_ffff) >>> 0
