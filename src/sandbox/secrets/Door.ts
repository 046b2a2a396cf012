/**
 * The HTTP server that the simulators of secret managers share: reads a request, plays a fault or asks the manager,
 * and notes what arrived, without what could be a secret.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A request as a manager reads it. */
export interface Request {
  readonly method: string
  /** With its query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface Answer {
  readonly status: number
  /** JSON; a string goes out as it is. */
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * What happens to a request in place of an answer: another answer, none, or a broken connection.
 *
 * @category models
 */
export interface Fault {
  readonly respond?: Answer | undefined
  readonly hang?: boolean | undefined
  readonly reset?: boolean | undefined
  /** How many requests it happens to: 1. */
  readonly times?: number | "always" | undefined
  /** Only to requests whose path contains this. */
  readonly path?: string | undefined
}

/**
 * A request that arrived.
 *
 * @category models
 */
export interface Arrival {
  readonly method: string
  readonly url: string
  /** 0 for one that got no answer. */
  readonly status: number
}

/**
 * What every simulated manager has.
 *
 * @category models
 */
export interface Door {
  readonly url: string
  /** Queues faults after those that are pending. */
  readonly script: (...faults: ReadonlyArray<Fault>) => void
  /** Drops the faults that are pending. */
  readonly mend: () => void
  readonly arrivals: () => ReadonlyArray<Arrival>
  /** Effect's clock, in milliseconds. */
  readonly now: () => number
}

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

const headersOf = (request: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value])
  )

/** Listens on a free port of 127.0.0.1 until the scope ends. `now` is Effect's clock, in milliseconds. */
export const open = Effect.fnUntraced(function*(
  answer: (request: Request, now: number) => Answer,
  contentType: string
): Effect.fn.Return<Door, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const arrivals: Array<Arrival> = []
  let faults: Array<{ readonly fault: Fault; left: number }> = []

  const faultFor = (url: string): Fault | undefined => {
    const next = faults.find(({ fault }) => fault.path === undefined || url.includes(fault.path))
    if (next === undefined) return undefined
    next.left--
    if (next.left <= 0) faults = faults.filter((other) => other !== next)
    return next.fault
  }

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = "GET", url = "/" } = incoming
    const body = await read(incoming)
    const fault = faultFor(url)
    if (fault?.reset === true || fault?.hang === true) {
      arrivals.push({ method, url, status: 0 })
      if (fault.reset === true) incoming.socket.resetAndDestroy()
      return
    }
    const { body: said, headers, status } = fault?.respond ??
      answer({ method, url, headers: headersOf(incoming), body }, clock.currentTimeMillisUnsafe())
    arrivals.push({ method, url, status })
    outgoing.writeHead(status, { "content-type": contentType, ...headers })
    outgoing.end(typeof said === "string" ? said : JSON.stringify(said))
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => incoming.destroy())
  })
  const address = yield* Effect.acquireRelease(
    Effect.callback<AddressInfo>((resume) => {
      server.once("error", (cause) => resume(Effect.die(cause)))
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        if (typeof address === "object" && address !== null) resume(Effect.succeed(address))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

  return {
    url: `http://127.0.0.1:${address.port}`,
    script: (...more) => {
      faults.push(...more.map((fault) => ({ fault, left: fault.times === "always" ? Infinity : fault.times ?? 1 })))
    },
    mend: () => {
      faults = []
    },
    arrivals: () => arrivals.slice(),
    now: () => clock.currentTimeMillisUnsafe()
  }
})

/** A JSON object, or nothing. */
export const recordIn = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === "object" && json !== null && !Array.isArray(json)
      ? Object.fromEntries(Object.entries(json))
      : undefined
  } catch {
    return undefined
  }
}
