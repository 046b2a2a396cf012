/**
 * Secrets in HashiCorp Vault or OpenBao: the key-value engine, version 1 or 2, over HTTP.
 *
 * @since 1.0.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Semaphore from "effect/Semaphore"
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
import * as SecretFile from "../internal/secretFile.ts"
import * as SecretHttp from "../internal/secretHttp.ts"
import { millisOf } from "../internal/secretShelf.ts"

/**
 * How Loom shows Vault who it is. `mount` is where the auth method is enabled: its own name by default.
 *
 * @category models
 * @since 1.0.0
 */
export type Auth =
  | { readonly method: "token"; readonly token: Redacted.Redacted }
  | {
    readonly method: "approle"
    readonly roleId: string
    readonly secretId: Redacted.Redacted
    readonly mount?: string | undefined
  }
  | {
    readonly method: "kubernetes"
    readonly role: string
    readonly mount?: string | undefined
    /** The service account's token, read at every login since it is rotated: where Kubernetes puts it by default. */
    readonly tokenPath?: string | undefined
  }

/**
 * Which Vault is asked, as whom, and for which secrets.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Policy {
  /** `VAULT_ADDR`, else `BAO_ADDR`. */
  readonly address?: string | undefined
  /**
   * By default a token (`VAULT_TOKEN`, `BAO_TOKEN`), else an AppRole (`VAULT_ROLE_ID` and `VAULT_SECRET_ID`), else the
   * Kubernetes role `VAULT_K8S_ROLE`.
   */
  readonly auth?: Auth | undefined
  /** `VAULT_NAMESPACE`, else `BAO_NAMESPACE`: `team/app`. */
  readonly namespace?: string | undefined
  /** Where the engine is mounted: `secret`. */
  readonly mount?: string | undefined
  /** Of the engine: 2. */
  readonly version?: 1 | 2 | undefined
  /** The secret that holds the names that `names` doesn't list, one field each: `LOOM_SECRET`, else `loom`. */
  readonly secret?: string | undefined
  /** Where names are kept: `{ OPENAI_API_KEY: "apps/openai#key" }`. */
  readonly names?: Names | undefined
  /** A file of certificates (PEM) that Vault's may be signed by: `VAULT_CACERT`, else `BAO_CACERT`. */
  readonly ca?: string | undefined
}

const backend = "vault"

const misconfigured = (detail: string, fix: string): SecretBackendError =>
  new SecretBackendError({ backend, kind: "Misconfigured", detail, fix })

/** Vault's own setting, else OpenBao's. */
const settingOf = (name: string): Effect.Effect<string | undefined> =>
  Effect.flatMap(setting(`VAULT_${name}`), (own) => own === undefined ? setting(`BAO_${name}`) : Effect.succeed(own))

interface Token {
  readonly value: Redacted.Redacted
  /** Monotonic milliseconds; `Infinity` for one that doesn't expire. */
  readonly renewAt: number
  readonly expiresAt: number
  readonly renewable: boolean
}

/**
 * Makes the backend. What is missing among its settings is told when it is first asked.
 *
 * **Details**
 *
 * A token is renewed when two thirds of its lease have passed, where it can be, and else logged in for again; that
 * happens at the next fetch, so that a token that was given by itself must outlive the pauses between calls.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(options: Options = {}): Effect.fn.Return<Kept, never, Transport> {
  const transport = yield* Transport
  const address = options.address ?? (yield* settingOf("ADDR"))
  const namespace = options.namespace ?? (yield* settingOf("NAMESPACE"))
  const ca = options.ca ?? (yield* settingOf("CACERT"))
  const auth = options.auth ?? (yield* configured)
  const mount = options.mount ?? "secret"
  const engine = options.version ?? 2
  const place = locate(options.secret ?? (yield* setting("LOOM_SECRET")) ?? "loom", options.names)

  const bind = Effect.gen(function*() {
    if (address === undefined) return yield* misconfigured("its address isn't set", "set VAULT_ADDR, or `address`")
    const pem = ca === undefined ? undefined : yield* SecretFile.read(backend, ca)
    if (ca !== undefined && pem === undefined) {
      return yield* misconfigured(`there is no file ${ca}`, "set VAULT_CACERT to the file of its certificate authority")
    }
    return yield* Effect.try({
      try: () =>
        SecretHttp.ask(transport, { backend, address, ca: pem === undefined ? undefined : Redacted.value(pem) }),
      catch: () => misconfigured("its address is no http or https URL", "set VAULT_ADDR to https://host:8200")
    })
  })

  let bound: SecretHttp.Ask | undefined
  const ask = Effect.fnUntraced(function*(question: SecretHttp.Question) {
    bound ??= yield* bind
    return yield* bound({
      ...question,
      headers: {
        "x-vault-request": "true",
        ...(namespace === undefined ? undefined : { "x-vault-namespace": namespace }),
        ...question.headers
      }
    })
  })

  let token: Token | undefined
  const oneAtATime = Semaphore.makeUnsafe(1)

  const login = Effect.fnUntraced(function*() {
    if (auth === undefined) {
      return yield* misconfigured(
        "nothing says who Loom is to it",
        "set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID"
      )
    }
    if (auth.method === "token") return yield* given(auth.token)
    const body = auth.method === "approle"
      ? { role_id: auth.roleId, secret_id: Redacted.value(auth.secretId) }
      : { role: auth.role, jwt: yield* serviceAccount(auth.tokenPath) }
    const path = `/v1/auth/${pathOf(auth.mount ?? auth.method)}/login`
    const answer = yield* ask({ method: "POST", path, headers: {}, body })
    if (answer.status === 400 || answer.status === 403) {
      return yield* new SecretBackendError({
        backend,
        kind: "Unauthorized",
        detail: `it refused the ${auth.method} login (${answer.status})`,
        fix: auth.method === "approle"
          ? "check VAULT_ROLE_ID, and give a VAULT_SECRET_ID that has not expired"
          : "check the role, and that the service account is bound to it"
      })
    }
    return yield* leased(answer, "auth", undefined)
  })

  /** What a token of the user's own is worth: the answer is a courtesy, since not every policy allows the question. */
  const given = Effect.fnUntraced(function*(value: Redacted.Redacted) {
    const answer = yield* ask({ method: "GET", path: "/v1/auth/token/lookup-self", headers: tokenHeader(value) })
    if (answer.status !== 200) return forever(value)
    const data = fieldOf(Redacted.value(answer.json), "data")
    const ttl = fieldOf(data, "ttl")
    return tokenOf(value, typeof ttl === "number" ? ttl : 0, fieldOf(data, "renewable") === true, yield* Clock.Clock)
  })

  const leased = Effect.fnUntraced(function*(
    { json, status }: SecretHttp.Answer,
    field: string,
    known: Redacted.Redacted | undefined
  ) {
    if (status !== 200) return yield* meaningOf(status)
    const lease = fieldOf(Redacted.value(json), field)
    const client = fieldOf(lease, "client_token")
    const value = typeof client === "string" && client !== "" ? Redacted.make(client) : known
    const duration = fieldOf(lease, "lease_duration")
    if (value === undefined || typeof duration !== "number") {
      return yield* malformed("its login gave no token")
    }
    return tokenOf(value, duration, fieldOf(lease, "renewable") === true, yield* Clock.Clock)
  })

  const renewed = (old: Token): Effect.Effect<Token, SecretBackendError> =>
    ask({
      method: "POST",
      path: "/v1/auth/token/renew-self",
      headers: tokenHeader(old.value),
      body: {}
    }).pipe(Effect.flatMap((answer) => leased(answer, "auth", old.value)))

  const current = (refused: Token | undefined): Effect.Effect<Token, SecretBackendError> =>
    oneAtATime.withPermit(Effect.clockWith((clock) => {
      const now = millisOf(clock)
      const known = token === refused ? undefined : token
      if (known !== undefined && now < known.renewAt) return Effect.succeed(known)
      const isAlive = known !== undefined && now < known.expiresAt
      const next = isAlive && known.renewable
        // A token at the end of its longest life is renewed for less and less, or not at all.
        ? Effect.catch(renewed(known), () => auth?.method === "token" ? Effect.succeed(known) : login())
        : isAlive && auth?.method === "token"
        ? Effect.succeed(known)
        : login()
      return Effect.tap(next, (fresh) =>
        Effect.sync(() => {
          token = fresh
        }))
    }))

  const read = (locator: Locator, token: Token) => {
    const data = engine === 2 ? "data/" : ""
    const version = engine === 2 && locator.version !== undefined
      ? `?version=${encodeURIComponent(locator.version)}`
      : ""
    return ask({
      method: "GET",
      path: `/v1/${pathOf(mount)}/${data}${pathOf(locator.secret)}${version}`,
      headers: tokenHeader(token.value)
    })
  }

  const fetch = Effect.fnUntraced(function*(locator: Locator) {
    bound ??= yield* bind
    const used = yield* current(undefined)
    let answer = yield* read(locator, used)
    // 403 is a token that ran out as well as a secret that it may not read.
    if (answer.status === 403 && auth?.method !== "token") answer = yield* read(locator, yield* current(used))
    if (answer.status === 404) return undefined
    if (answer.status !== 200) return yield* meaningOf(answer.status)
    const data = fieldOf(Redacted.value(answer.json), "data")
    const fields = engine === 2 ? fieldOf(data, "data") : data
    if (engine === 2 && fields === null) return undefined
    return isRecord(fields)
      ? Redacted.make<unknown>(fields)
      : yield* malformed(`${mount}/${show(locator)} holds no fields`)
  })

  return {
    _tag: "Kept",
    name: backend,
    where: (name) => `Vault (${namespace === undefined ? "" : `${namespace}: `}${mount}/${show(place(name))})`,
    locate: place,
    fetch,
    policy: policyOf(options)
  }
})

/**
 * Reads keys from HashiCorp Vault.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<SecretBackend, never, Transport> =>
  Layer.effect(SecretBackend, make(options))

const configured: Effect.Effect<Auth | undefined> = Effect.gen(function*() {
  const token = yield* settingOf("TOKEN")
  if (token !== undefined) return { method: "token", token: Redacted.make(token) }
  const roleId = yield* setting("VAULT_ROLE_ID")
  const secretId = yield* setting("VAULT_SECRET_ID")
  if (roleId !== undefined && secretId !== undefined) {
    return { method: "approle", roleId, secretId: Redacted.make(secretId) }
  }
  const role = yield* setting("VAULT_K8S_ROLE")
  return role === undefined ? undefined : { method: "kubernetes", role }
})

const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"

const serviceAccount = Effect.fnUntraced(function*(path = serviceAccountToken) {
  const jwt = yield* SecretFile.read(backend, path)
  if (jwt === undefined) {
    return yield* misconfigured(`there is no service account's token at ${path}`, "run in a pod that has one mounted")
  }
  return Redacted.value(jwt).trim()
})

const malformed = (detail: string): SecretBackendError =>
  new SecretBackendError({
    backend,
    kind: "Malformed",
    detail,
    fix: "check that the address is Vault's, and its version"
  })

const meaningOf = (status: number): SecretBackendError => {
  switch (status) {
    case 412:
    case 472:
    case 473:
      return new SecretBackendError({
        backend,
        kind: "Unavailable",
        detail: `this node can't answer yet (${status})`,
        fix: "try again, or ask the active node"
      })
    case 501:
    case 503:
      return new SecretBackendError({
        backend,
        kind: "Unavailable",
        detail: status === 501 ? "it isn't initialised (501)" : "it is sealed or in maintenance (503)",
        fix: status === 501 ? "initialise it" : "unseal it"
      })
    case 403:
      return new SecretBackendError({
        backend,
        kind: "Unauthorized",
        detail: "the token has expired, or its policy doesn't allow to read the secret (403)",
        fix: "give a token that is valid, and a policy that may read the secret"
      })
    default:
      return SecretHttp.failureOf(backend, status)
  }
}

const tokenHeader = (token: Redacted.Redacted) => ({ "x-vault-token": Redacted.value(token) })

const forever = (value: Redacted.Redacted): Token => ({
  value,
  renewAt: Infinity,
  expiresAt: Infinity,
  renewable: false
})

const tokenOf = (value: Redacted.Redacted, seconds: number, renewable: boolean, clock: Clock.Clock): Token => {
  if (seconds <= 0) return forever(value)
  const now = millisOf(clock)
  return { value, renewAt: now + seconds * 1000 * 2 / 3, expiresAt: now + seconds * 1000, renewable }
}

const fieldOf = (json: unknown, field: string): unknown =>
  isRecord(json) && Object.hasOwn(json, field) ? json[field] : undefined

const pathOf = (path: string): string => path.split("/").filter((part) => part !== "").map(encodeURIComponent).join("/")
