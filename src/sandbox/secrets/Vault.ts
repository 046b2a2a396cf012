/**
 * HashiCorp Vault and OpenBao, simulated: key-value engines of both versions, tokens that expire, AppRole and Kubernetes
 * logins, namespaces.
 *
 * **Example** (A Vault for a test)
 *
 * ```ts
 * import { Effect } from "effect"
 * import * as VaultServer from "loom-router/sandbox/secrets/Vault"
 *
 * export const program = Effect.gen(function*() {
 *   const vault = yield* VaultServer.make()
 *   vault.put("loom", { OPENAI_API_KEY: "sk-first" })
 *   return [vault.url, vault.token()]
 * })
 * ```
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Answer, type Door, open, recordIn, type Request } from "./Door.ts"

/**
 * Where a secret is: `secret` is the mount and the root the namespace by default.
 *
 * @category models
 * @since 1.0.0
 */
export interface Place {
  readonly mount?: string | undefined
  readonly namespace?: string | undefined
}

/**
 * How the simulated Vault behaves.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** Mounts, and the version of their engine: `{ secret: 2, kv: 1 }`. */
  readonly mounts?: Readonly<Record<string, 1 | 2>> | undefined
  /** The namespaces that there are besides the root. */
  readonly namespaces?: ReadonlyArray<string> | undefined
}

/**
 * How long a token lives, in seconds: forever by default.
 *
 * @category models
 * @since 1.0.0
 */
export interface Lease {
  readonly seconds?: number | undefined
  readonly renewable?: boolean | undefined
  /** No renewal carries it further than this. */
  readonly maxSeconds?: number | undefined
}

/**
 * A running Vault. What its functions change holds from the next request on.
 *
 * @category models
 * @since 1.0.0
 */
export interface Vault extends Door {
  /** Issues a token. */
  readonly token: (lease?: Lease & Pick<Place, "namespace">) => string
  readonly revoke: (token: string) => void
  /** Takes back every token that was issued. */
  readonly revokeAll: () => void
  /** Writes a secret: its next version, where the engine keeps them. */
  readonly put: (path: string, fields: Readonly<Record<string, unknown>>, place?: Place) => void
  /** Deletes the latest version of a secret. */
  readonly remove: (path: string, place?: Place) => void
  /** Lets no token read a path any more. */
  readonly deny: (path: string) => void
  /** Lets an AppRole log in; its tokens have this lease. */
  readonly appRole: (roleId: string, secretId: string, lease?: Lease & Pick<Place, "namespace">) => void
  /** Lets a Kubernetes role log in with this token of a service account. */
  readonly kubernetes: (role: string, jwt: string, lease?: Lease & Pick<Place, "namespace">) => void
  readonly seal: (sealed: boolean) => void
  /** How often somebody logged in. */
  readonly logins: () => number
}

interface Token {
  readonly namespace: string
  readonly renewable: boolean
  readonly seconds: number
  readonly lastsUntil: number
  expiresAt: number
}

type Version = Readonly<Record<string, unknown>> | undefined

const errors = (status: number, ...errors: ReadonlyArray<string>): Answer => ({ status, body: { errors } })
const denied = errors(403, "1 error occurred:\n\t* permission denied\n\n")

/**
 * Starts a Vault in the current scope.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(options?: Options): Effect.fn.Return<Vault, never, Scope.Scope> {
  const mounts = new Map(Object.entries(options?.mounts ?? { secret: 2 as const, kv: 1 as const }))
  const namespaces = new Set(["", ...options?.namespaces ?? []])
  const tokens = new Map<string, Token>()
  const roles = new Map<string, Lease & { readonly namespace: string }>()
  const secrets = new Map<string, Array<Version>>()
  const forbidden = new Set<string>()
  let isSealed = false
  let issued = 0
  let logins = 0

  const issue = (lease: Lease & Pick<Place, "namespace">, now: number): string => {
    const token = `hvs.${String(++issued).padStart(4, "0")}${crypto.randomUUID().replaceAll("-", "")}`
    tokens.set(token, {
      namespace: lease.namespace ?? "",
      renewable: lease.renewable ?? false,
      seconds: lease.seconds ?? 0,
      lastsUntil: lease.maxSeconds === undefined ? Infinity : now + lease.maxSeconds * 1000,
      expiresAt: lease.seconds === undefined ? Infinity : now + lease.seconds * 1000
    })
    return token
  }

  const authOf = (token: string, { renewable, seconds }: Token, now: number) => ({
    client_token: token,
    accessor: `accessor-${issued}`,
    policies: ["default", "loom"],
    token_policies: ["default", "loom"],
    lease_duration: Math.max(0, Math.min(seconds, Math.floor(((tokens.get(token)?.expiresAt ?? now) - now) / 1000))),
    renewable,
    token_type: "service"
  })

  const envelope = (rest: Readonly<Record<string, unknown>>) => ({
    request_id: crypto.randomUUID(),
    lease_id: "",
    renewable: false,
    lease_duration: 0,
    data: null,
    wrap_info: null,
    warnings: null,
    auth: null,
    ...rest
  })

  const login = (method: string, namespace: string, body: string, now: number): Answer => {
    const given = recordIn(body)
    const names = method === "approle" ? ["role_id", "secret_id"] : ["role", "jwt"]
    const [who, proof] = names.map((name) => given?.[name])
    if (typeof who !== "string" || typeof proof !== "string") return errors(400, `missing ${names.join(" or ")}`)
    const role = roles.get(`${method} ${who} ${proof}`)
    if (role === undefined || role.namespace !== namespace) {
      return method === "approle" ? errors(400, "invalid role or secret ID") : errors(403, "permission denied")
    }
    logins++
    const token = issue(role, now)
    const issuedToken = tokens.get(token)
    return issuedToken === undefined
      ? errors(500, "internal error")
      : { status: 200, body: envelope({ auth: authOf(token, issuedToken, now) }) }
  }

  const renew = (token: string, known: Token, now: number): Answer => {
    if (!known.renewable) return errors(400, "lease is not renewable")
    known.expiresAt = Math.min(now + known.seconds * 1000, known.lastsUntil)
    return { status: 200, body: envelope({ auth: authOf(token, known, now) }) }
  }

  const lookUp = (known: Token, now: number): Answer => ({
    status: 200,
    body: envelope({
      data: {
        ttl: known.expiresAt === Infinity ? 0 : Math.floor((known.expiresAt - now) / 1000),
        renewable: known.renewable,
        display_name: "token"
      }
    })
  })

  const read = (namespace: string, path: string, query: URLSearchParams): Answer => {
    const mount = Array.from(mounts.keys()).find((mount) => path.startsWith(`${mount}/`))
    if (mount === undefined) return errors(404, `no handler for route "${path}". route entry not found.`)
    const rest = path.slice(mount.length + 1)
    const engine = mounts.get(mount)
    if (engine === 2 && !rest.startsWith("data/")) {
      return {
        status: 404,
        body: { errors: [], warnings: ["Invalid path for a versioned K/V secrets engine. See the API docs."] }
      }
    }
    const name = engine === 2 ? rest.slice("data/".length) : rest
    if (forbidden.has(name)) return denied
    const versions = secrets.get(`${namespace} ${mount} ${name}`)
    if (versions === undefined) return errors(404)
    if (engine === 1) {
      const fields = versions.at(-1)
      return fields === undefined
        ? errors(404)
        : { status: 200, body: envelope({ lease_duration: 2764800, data: fields }) }
    }
    const version = query.has("version") ? Number(query.get("version")) : versions.length
    if (version < 1 || version > versions.length) return errors(404)
    const data = versions[version - 1] ?? null
    const metadata = {
      created_time: "2026-11-23T00:00:00Z",
      custom_metadata: null,
      deletion_time: data === null ? "2026-11-23T01:00:00Z" : "",
      destroyed: false,
      version
    }
    return { status: data === null ? 404 : 200, body: envelope({ data: { data, metadata } }) }
  }

  const answer = ({ body, headers, method, url }: Request, now: number): Answer => {
    const { pathname, searchParams } = new URL(url, "http://vault")
    if (!pathname.startsWith("/v1/")) return errors(404, "unsupported path")
    if (isSealed) return errors(503, "Vault is sealed")
    if (headers["x-vault-request"] !== "true") return errors(412, "missing 'X-Vault-Request' header")
    const namespace = (headers["x-vault-namespace"] ?? "").replace(/^\/|\/$/g, "")
    if (!namespaces.has(namespace)) return errors(404, `no namespace ${namespace}`)
    const path = decodeURIComponent(pathname.slice("/v1/".length))

    const [, logsInBy] = /^auth\/(approle|kubernetes)\/login$/.exec(path) ?? []
    if (logsInBy !== undefined) {
      return method === "POST" ? login(logsInBy, namespace, body, now) : errors(405, "unsupported operation")
    }
    const token = headers["x-vault-token"] ?? ""
    const known = tokens.get(token)
    if (token === "") return errors(400, "missing client token")
    if (known === undefined || now >= known.expiresAt) return errors(403, "permission denied", "invalid token")
    if (known.namespace !== namespace) return denied
    if (path === "auth/token/renew-self") {
      return method === "POST" ? renew(token, known, now) : errors(405, "unsupported operation")
    }
    if (method !== "GET") return errors(405, "unsupported operation")
    return path === "auth/token/lookup-self" ? lookUp(known, now) : read(namespace, path, searchParams)
  }

  const door = yield* open(answer, "application/json")

  const allow = (
    method: string,
    who: string,
    proof: string,
    lease?: Lease & Pick<Place, "namespace">
  ) => {
    roles.set(`${method} ${who} ${proof}`, { ...lease, namespace: lease?.namespace ?? "" })
  }

  const placeOf = (path: string, place?: Place) => `${place?.namespace ?? ""} ${place?.mount ?? "secret"} ${path}`

  return {
    ...door,
    token: (lease) => {
      return issue(lease ?? {}, door.now())
    },
    revoke: (token) => {
      tokens.delete(token)
    },
    revokeAll: () => tokens.clear(),
    put: (path, fields, place) => {
      const key = placeOf(path, place)
      secrets.set(key, [...secrets.get(key) ?? [], fields])
    },
    remove: (path, place) => {
      const key = placeOf(path, place)
      secrets.set(key, [...(secrets.get(key) ?? []).slice(0, -1), undefined])
    },
    deny: (path) => {
      forbidden.add(path)
    },
    appRole: (roleId, secretId, lease) => allow("approle", roleId, secretId, lease),
    kubernetes: (role, jwt, lease) => allow("kubernetes", role, jwt, lease),
    seal: (sealed) => {
      isSealed = sealed
    },
    logins: () => logins
  }
})
