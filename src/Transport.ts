/**
 * The only way out to the network: `fetch`-shaped functions over undici's pools, which vendor SDKs are given as their
 * `fetch`. They know where they may go, how long they may wait and how much they may read.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Struct from "effect/Struct"
import { EventEmitter } from "node:events"
import type { LookupFunction } from "node:net"
import type { Dispatcher, Pool } from "undici"
import { isLocalName, isPublic, literalOf } from "./internal/addresses.ts"
import { type Body, encode, headersOf, isForLinks, isForVendors, isPlain } from "./internal/message.ts"
import { decode, type Exchange as ReplyTo, ignore, Reply } from "./internal/reply.ts"

/**
 * A `fetch` as vendor SDKs take it. When no whole reply comes, it or the reply's body rejects with a `TransportError`.
 *
 * **Gotchas**
 *
 * A reply is read once and must be read to its end or cancelled (`reply.body.cancel()`): until then it holds a socket.
 * `clone` isn't supported. Redirects are replies like any other for a vendor, and are followed for a link.
 *
 * @category models
 * @since 1.0.0
 */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/**
 * How long a request may wait and how much a reply may weigh. An infinite duration switches a timeout off.
 *
 * @category models
 * @since 1.0.0
 */
export interface Limits {
  /** For the name to resolve, the socket to open and TLS to be agreed: 10 seconds. */
  readonly connectTimeout: Duration.Input
  /** From the request's last byte to the reply's headers: 10 minutes for a vendor, 30 seconds for a link. */
  readonly headersTimeout: Duration.Input
  /** Between two chunks of a reply's body: 5 minutes for a vendor, 30 seconds for a link. */
  readonly idleTimeout: Duration.Input
  /** Bytes of a reply's body, on the wire and after decompression: 64 MiB for a vendor, 32 MiB for a link. */
  readonly maxBodyBytes: number
}

/**
 * What `Transport.vendor` binds a `Fetch` to.
 *
 * @category models
 * @since 1.0.0
 */
export interface VendorOptions {
  /** Named in errors. */
  readonly provider: string
  /** Its origin is the only one that will be talked to. */
  readonly baseUrl: string
  readonly limits?: Partial<Limits> | undefined
}

/**
 * What `Transport.infrastructure` binds a `Fetch` to.
 *
 * @category models
 * @since 1.0.0
 */
export interface InfrastructureOptions extends VendorOptions {
  /** Certificates (PEM) that the endpoint's may be signed by, in place of those that Node trusts. */
  readonly ca?: string | undefined
}

/**
 * What `Transport.link` allows.
 *
 * @category models
 * @since 1.0.0
 */
export interface LinkOptions {
  /** Named in errors. */
  readonly provider: string
  /**
   * URLs whose origins may be private because they were configured: a sandbox or a local server that hosts its own
   * results. They are reached directly or from one another, never by a redirect from elsewhere. Give none for URLs that
   * come from a request.
   */
  readonly trusted?: ReadonlyArray<string> | undefined
  readonly limits?: Partial<Limits> | undefined
}

/**
 * What all requests of one transport share.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** Sockets to one origin: 256. Further requests wait for one to be free. */
  readonly connections?: number | undefined
  /** How long an idle socket is kept when its server doesn't say: 4 seconds, below the 5 of common servers. */
  readonly keepAlive?: Duration.Input | undefined
  /** Resolves host names: `dns.lookup`. */
  readonly lookup?: LookupFunction | undefined
}

const explanations = {
  "egress-refused": "the request isn't allowed to go there",
  "invalid-request": "the request cannot be written as HTTP",
  "refused": "no connection could be opened",
  "dns": "the host name doesn't resolve",
  "tls": "no trusted TLS connection could be made",
  "connect-timeout": "no connection was made in time",
  "headers-timeout": "no reply began in time",
  "idle-timeout": "the reply stalled",
  "reset": "the connection broke before a reply",
  "cut": "the connection broke inside the reply",
  "aborted": "the request was cancelled",
  "closed": "the transport is closed",
  "headers-too-large": "the reply's headers are too large",
  "body-too-large": "the reply's body is too large",
  "garbled": "the reply isn't valid HTTP"
}

/**
 * What went wrong on the way to a vendor or back.
 *
 * @category errors
 * @since 1.0.0
 */
export type Kind = keyof typeof explanations

/**
 * A request that got no whole reply. It names a provider, a host and a code, and never holds headers, bodies or paths.
 *
 * **Details**
 *
 * `sent` is `"no"` when it is certain that no byte of the request has left, so that nothing can have been billed.
 *
 * @category errors
 * @since 1.0.0
 */
export class TransportError extends Schema.TaggedError<TransportError>()("TransportError", {
  kind: Schema.Literals(Struct.keys(explanations)),
  sent: Schema.Literals(["no", "maybe"]),
  provider: Schema.String,
  host: Schema.String,
  /** What the socket, TLS or undici calls it: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `UND_ERR_SOCKET`. */
  code: Schema.optionalKey(Schema.String),
  detail: Schema.optionalKey(Schema.String)
}) {
  get what(): string {
    return `${this.provider} gave no whole reply`
  }
  get why(): string {
    return this.detail ?? explanations[this.kind]
  }
  get fix(): string {
    return this.kind === "egress-refused"
      ? "use an address that Loom may ask"
      : "check the network, a proxy, and the provider's base URL"
  }
  /** SDKs know a cancelled request by the name `AbortError`. */
  override get name() {
    return this.kind === "aborted" ? "AbortError" : "TransportError"
  }
  override get message() {
    const code = this.code === undefined ? "" : `, ${this.code}`
    return `${this.provider}: ${this.detail ?? explanations[this.kind]} (${this.host}${code})`
  }
}

/**
 * The `TransportError` that an SDK's error was caused by, if one was.
 *
 * @category errors
 * @since 1.0.0
 */
export const findError = (error: unknown): TransportError | undefined => {
  let cause = error
  for (let depth = 0; depth < 8 && cause instanceof Error; depth++) {
    if (cause instanceof TransportError) return cause
    cause = cause.cause
  }
  return undefined
}

/**
 * Cancels one request, before its reply or inside it, for a fraction of an `AbortSignal`'s price.
 *
 * **Details**
 *
 * It takes the place of the request's signal: with a handle, an SDK's own `signal` and `timeout` don't reach the socket.
 *
 * @see {@link cancelledBy}
 * @category cancellation
 * @since 1.0.0
 */
export class Handle extends EventEmitter {
  #cancelled = false
  // Not `aborted`: undici takes whatever has that property for an AbortSignal.
  get cancelled() {
    return this.#cancelled
  }
  /** Destroys the request's socket at once. */
  abort() {
    if (this.#cancelled) return
    this.#cancelled = true
    this.emit("abort")
  }
}

const handleKey: unique symbol = Symbol.for("loom-router/Transport/Handle")

interface Init extends RequestInit {
  readonly [handleKey]?: Handle
}

/**
 * A handle as SDKs let it through: what `cancelledBy` returns.
 *
 * @category cancellation
 * @since 1.0.0
 */
// SDKs' types of fetch options refuse an object that has none of their properties, so it may have one.
export interface Cancellation extends Pick<RequestInit, "keepalive"> {
  readonly [handleKey]: Handle
}

/**
 * Gives a request its handle: `sdk.create(body, { fetchOptions: Transport.cancelledBy(handle) })`.
 *
 * @category cancellation
 * @since 1.0.0
 */
export const cancelledBy = (handle: Handle): Cancellation => ({ [handleKey]: handle })

/**
 * The ways out, one for each class of host.
 *
 * @category services
 * @since 1.0.0
 */
export class Transport extends Context.Service<Transport, {
  /**
   * Makes a `Fetch` for a vendor.
   *
   * **Details**
   *
   * It talks to the origin of `baseUrl` and refuses every other before a byte is sent, and it follows no redirect: a key
   * cannot leave its host. Plain http and private addresses are allowed, since they were configured. Throws a
   * `TransportError` if `baseUrl` isn't an http URL.
   */
  readonly vendor: (options: VendorOptions) => Fetch
  /**
   * Makes a `Fetch` for a configured endpoint that is no vendor: a secret manager, an exporter. The same rules hold, and
   * a reply has to begin within 10 seconds and weigh at most 1 MiB.
   */
  readonly infrastructure: (options: InfrastructureOptions) => Fetch
  /**
   * Makes a `Fetch` for hosts that nobody configured: images that a user points to, results that a vendor points to.
   *
   * **Details**
   *
   * It sends only GET, with no header that could identify anyone. A host is refused if any address of its name isn't
   * public, and the socket opens to the very address that was looked at. Up to five redirects are followed, each under
   * the same rules, never from https to http.
   */
  readonly link: (options: LinkOptions) => Fetch
}>()("loom-router/Transport") {}

/**
 * Makes a transport that its maker closes: `close` breaks off what is in the air.
 *
 * **Details**
 *
 * Nothing is loaded or opened before the first request, idle sockets don't keep the process alive, and proxy settings of
 * the environment are not honoured.
 *
 * @category constructors
 * @since 1.0.0
 */
export const makeUnsafe = (
  options?: Options
): Transport["Service"] & { readonly close: () => Promise<void> } => {
  const pools = new Map<string, Promise<Pool>>()
  const open = new Set<Pool>()
  let closed = false

  const openPool = async (
    origin: string,
    rules: Rules,
    connections: number,
    lookup: LookupFunction | undefined,
    ca?: string
  ) => {
    const undici = await import("undici")
    const connect = undici.buildConnector({
      timeout: rules.connectTimeout,
      allowH2: false,
      ...(lookup === undefined ? {} : { lookup }),
      ...(ca === undefined ? {} : { ca })
    })
    const pool = new undici.Pool(origin, {
      connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: toMillis(options?.keepAlive ?? "4 seconds"),
      maxResponseSize: rules.maxBodyBytes,
      connect: (target, callback) =>
        connect(target, (...[error, socket]) => {
          if (error === null) return callback(null, socket)
          neverSent.add(error)
          callback(error, null)
        })
    })
    open.add(pool)
    return pool
  }

  const bound = ({ baseUrl, ca, limits, provider }: InfrastructureOptions, normal: Limits): Fetch => {
    const base = parse(baseUrl, provider)
    const rules = rulesOf(normal, limits)
    const key = `${base.origin} ${rules.connectTimeout} ${rules.maxBodyBytes} ${ca ?? ""}`
    let pool: Pool | undefined
    const connected = async () => {
      let opening = pools.get(key)
      if (opening === undefined) {
        opening = openPool(base.origin, rules, options?.connections ?? 256, options?.lookup, ca)
        pools.set(key, opening)
      }
      return pool = await opening
    }
    return async (input, init: Init = {}) => {
      const url = parse(input, provider)
      const exchange = new Exchange(provider, url, init[handleKey], signalOf(input, init))
      if (url.origin !== base.origin) throw exchange.refusal(`only ${base.origin} may be talked to`)
      const message = isPlain(input, init) ? init : await encode(input, init)
      const headers = headersOf(message.headers, isForVendors)
      if (message.length !== undefined) headers.push("content-length", message.length)
      const from = pool ?? await connected()
      if (closed) throw exchange.error("closed", "no")
      return exchange.send(from, rules, (message.method ?? "GET").toUpperCase(), headers, message.body)
    }
  }

  const link = ({ limits, provider, trusted = [] }: LinkOptions): Fetch => {
    const rules = rulesOf(linkLimits, limits)
    const origins = new Set(trusted.map((url) => parse(url, provider).origin))

    const follow = async (
      exchange: Exchange,
      headers: Array<string>,
      hops: number,
      fromTrusted: boolean
    ): Promise<Reply> => {
      const { url } = exchange
      const isTrusted = fromTrusted && origins.has(url.origin)
      if (!isTrusted) exchange.checkPublic()
      const pool = await openPool(
        url.origin,
        rules,
        1,
        isTrusted ? options?.lookup : exchange.publicOnly(options?.lookup)
      )
      const release = () => {
        open.delete(pool)
        void pool.destroy()
      }
      try {
        if (closed) throw exchange.error("closed", "no")
        const reply = await exchange.send(pool, rules, "GET", headers, undefined, hops > 0)
        const location = reply.status >= 300 && reply.status < 400 ? reply.headers.get("location") : null
        if (location === null) {
          reply.onClose(release)
          return reply
        }
        const next = parse(location, provider, url)
        if (hops === maxRedirects) throw exchange.refusal("it redirects too often")
        if (url.protocol === "https:" && next.protocol === "http:" && !(isTrusted && origins.has(next.origin))) {
          throw exchange.refusal("it redirects from https to http")
        }
        release()
        return follow(exchange.redirected(next), headers, hops + 1, isTrusted)
      } catch (error) {
        release()
        throw error
      }
    }

    return async (input, init: Init = {}) => {
      const isRequest = input instanceof Request
      const method = init.method ?? (isRequest ? input.method : "GET")
      const exchange = new Exchange(provider, parse(input, provider), init[handleKey], signalOf(input, init))
      if (method !== "GET") throw exchange.refusal("a link is read, not written to")
      return follow(exchange, headersOf(init.headers ?? (isRequest ? input.headers : undefined), isForLinks), 0, true)
    }
  }

  const close = async () => {
    closed = true
    await Promise.allSettled(pools.values())
    await Promise.all(Array.from(open, (pool) => pool.destroy()))
  }

  return {
    vendor: (options) => bound(options, vendorLimits),
    infrastructure: (options) => bound(options, infrastructureLimits),
    link,
    close
  }
}

/**
 * Makes a transport that lives as long as the scope.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (options?: Options): Effect.Effect<Transport["Service"], never, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(() => makeUnsafe(options)), (transport) => Effect.promise(() => transport.close()))

/**
 * Provides a transport; its sockets are destroyed when the layer's scope closes.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Transport> => Layer.effect(Transport, make(options))

/** Limits as undici takes them: milliseconds, 0 for no timeout. */
interface Rules {
  readonly connectTimeout: number
  readonly headersTimeout: number
  readonly idleTimeout: number
  readonly maxBodyBytes: number
}

const vendorLimits: Limits = {
  connectTimeout: "10 seconds",
  headersTimeout: "10 minutes",
  idleTimeout: "5 minutes",
  maxBodyBytes: 64 * 1024 * 1024
}

const infrastructureLimits: Limits = {
  connectTimeout: "10 seconds",
  headersTimeout: "10 seconds",
  idleTimeout: "10 seconds",
  maxBodyBytes: 1024 * 1024
}

const linkLimits: Limits = {
  connectTimeout: "10 seconds",
  headersTimeout: "30 seconds",
  idleTimeout: "30 seconds",
  maxBodyBytes: 32 * 1024 * 1024
}

const maxRedirects = 5

const toMillis = (duration: Duration.Input): number => {
  const millis = Duration.toMillis(Duration.fromInputUnsafe(duration))
  return Number.isFinite(millis) ? Math.max(1, Math.ceil(millis)) : 0
}

const rulesOf = (defaults: Limits, limits: Partial<Limits> | undefined): Rules => {
  const chosen = { ...defaults, ...limits }
  return {
    connectTimeout: toMillis(chosen.connectTimeout),
    headersTimeout: toMillis(chosen.headersTimeout),
    idleTimeout: toMillis(chosen.idleTimeout),
    maxBodyBytes: chosen.maxBodyBytes
  }
}

const parse = (input: string | URL | Request, provider: string, base?: URL): URL => {
  const text = input instanceof Request ? input.url : String(input)
  const refuse = (host: string, detail: string) =>
    new TransportError({ kind: "egress-refused", sent: "no", provider, host, detail })
  if (!URL.canParse(text, base?.href)) throw refuse("no host", "the URL cannot be parsed")
  const url = new URL(text, base)
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refuse("no host", `${url.protocol} isn't http or https`)
  }
  if (url.username !== "" || url.password !== "") throw refuse(url.host, "the URL carries credentials")
  return url
}

const signalOf = (input: string | URL | Request, init: RequestInit): AbortSignal | undefined =>
  init.signal ?? (input instanceof Request ? input.signal : undefined)

/** Errors of undici's connector: whatever they are, the request had not been written yet. */
const neverSent = new WeakSet<Error>()

const connectKinds: Readonly<Record<string, Kind>> = {
  UND_ERR_CONNECT_TIMEOUT: "connect-timeout",
  ETIMEDOUT: "connect-timeout",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  EAI_NODATA: "dns",
  EAI_NONAME: "dns",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused"
}

const exchangeKinds: Readonly<Record<string, Kind>> = {
  UND_ERR_HEADERS_TIMEOUT: "headers-timeout",
  UND_ERR_BODY_TIMEOUT: "idle-timeout",
  UND_ERR_HEADERS_OVERFLOW: "headers-too-large",
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "body-too-large",
  UND_ERR_DESTROYED: "closed",
  UND_ERR_CLOSED: "closed",
  UND_ERR_INVALID_ARG: "invalid-request",
  UND_ERR_NOT_SUPPORTED: "invalid-request",
  Z_DATA_ERROR: "garbled",
  Z_BUF_ERROR: "cut"
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""

/** One request and whatever may become of it. */
class Exchange implements ReplyTo {
  readonly provider: string
  readonly url: URL
  readonly #handle: Handle | undefined
  readonly #signal: AbortSignal | undefined

  constructor(provider: string, url: URL, handle: Handle | undefined, signal: AbortSignal | undefined) {
    this.provider = provider
    this.url = url
    this.#handle = handle
    this.#signal = handle === undefined ? signal : undefined
  }

  redirected(url: URL): Exchange {
    return new Exchange(this.provider, url, this.#handle, this.#signal)
  }

  error(kind: Kind, sent: "no" | "maybe", more?: { readonly code?: string; readonly detail?: string }): TransportError {
    return new TransportError({ kind, sent, provider: this.provider, host: this.url.host, ...more })
  }

  refusal(detail: string): TransportError {
    return this.error("egress-refused", "no", { detail })
  }

  tooLarge(): TransportError {
    return this.error("body-too-large", "maybe")
  }

  /** What undici, a socket, TLS, the resolver or zlib threw, in our words. */
  failure(cause: unknown, otherwise: Kind): TransportError {
    if (cause instanceof TransportError) return cause
    const isUnsent = cause instanceof Error && neverSent.has(cause)
    if (this.#isCancelled) return this.error("aborted", isUnsent ? "no" : "maybe")
    const code = codeOf(cause)
    const more = code === "" ? {} : { code }
    if (isUnsent) {
      return this.error(connectKinds[code] ?? (this.url.protocol === "https:" ? "tls" : "refused"), "no", more)
    }
    // undici 8.12 gives its parser's errors no code.
    const isGarbled = cause instanceof Error && cause.name === "HTTPParserError"
    const kind = exchangeKinds[code] ?? (isGarbled ? "garbled" : otherwise)
    return this.error(kind, kind === "invalid-request" ? "no" : "maybe", more)
  }

  get #isCancelled(): boolean {
    return this.#handle?.cancelled === true || this.#signal?.aborted === true
  }

  checkPublic(): void {
    const { hostname } = this.url
    if (isLocalName(hostname)) throw this.refusal("the host is this machine")
    const literal = literalOf(hostname)
    if (literal !== undefined && !isPublic(literal)) throw this.refusal("the address isn't public")
  }

  /** A resolver that answers public addresses or fails: the socket opens to what was looked at, not to a later answer. */
  publicOnly(lookup: LookupFunction | undefined): LookupFunction {
    return (hostname, options, callback) => {
      const answer: Parameters<LookupFunction>[2] = (error, found, family) => {
        if (error !== null) return callback(error, found, family)
        const addresses = typeof found === "string" ? [found] : found.map((one) => one.address)
        if (addresses.every(isPublic)) return callback(null, found, family)
        callback(this.refusal("the host resolves to an address that isn't public"), found, family)
      }
      if (lookup !== undefined) return lookup(hostname, options, answer)
      void import("node:dns").then((dns) => dns.lookup(hostname, options, answer))
    }
  }

  async send(
    pool: Pool,
    rules: Rules,
    method: string,
    headers: Array<string>,
    body: Body | null | undefined,
    isRedirected = false
  ): Promise<Reply> {
    if (this.#isCancelled) throw this.error("aborted", "no")
    try {
      const answer = await this.#written(pool, {
        method,
        path: this.url.pathname + this.url.search,
        headers,
        body: body ?? null,
        signal: this.#handle ?? this.#signal ?? null,
        headersTimeout: rules.headersTimeout,
        bodyTimeout: rules.idleTimeout
      })
      const length = Number(answer.headers["content-length"] ?? 0)
      if (length > rules.maxBodyBytes && method !== "HEAD") {
        answer.body.on("error", ignore).destroy()
        throw this.tooLarge()
      }
      const encoding = answer.headers["content-encoding"]
      const decoded = encoding === undefined ? undefined : await decode(String(encoding), answer.body)
      return new Reply(this, answer, decoded, rules.maxBodyBytes, isRedirected)
    } catch (cause) {
      throw this.failure(cause, "reset")
    }
  }

  #written(pool: Pool, options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    return new Promise((resolve, reject) => {
      // undici answers for a cancelled request only if it had begun to write it; else it would stay silent until a socket is free.
      const cancel = () => queueMicrotask(() => reject(this.error("aborted", "no")))
      const signal = this.#signal
      pool.request(options, (error, answer) => {
        signal?.removeEventListener("abort", cancel)
        this.#handle?.off("abort", cancel)
        if (error === null) resolve(answer)
        else reject(error)
      })
      if (signal === undefined) this.#handle?.once("abort", cancel)
      else signal.addEventListener("abort", cancel)
    })
  }
}
