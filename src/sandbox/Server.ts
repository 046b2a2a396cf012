/**
 * The HTTP core that all vendors share: reads a request, asks the vendor's protocol, plays faults, keeps the books.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http"
import * as Bill from "./Bill.ts"
import type * as Bounded from "./Bounded.ts"
import * as Delivery from "./Delivery.ts"
import type * as Disk from "./Disk.ts"
import type * as Faults from "./Faults.ts"
import * as Journal from "./Journal.ts"
import { stringify } from "./Json.ts"
import * as Multipart from "./Multipart.ts"
import type * as Protocol from "./Protocol.ts"
import type * as Rates from "./Rates.ts"
import type * as Time from "./Time.ts"

export const bodyLimit = 64 * 1024 * 1024
const formLimit = 512 * 1024 * 1024

export interface Books {
  readonly journal: Journal.Journal
  readonly bill: Bounded.List<Bill.Entry>
  readonly faults: Faults.Script
}

/** Answers `/sandbox/…`; undefined when the path is not its own. */
export type Control = (request: {
  readonly method: string
  readonly path: string
  readonly body: unknown
}) => ControlAnswer | undefined | Promise<ControlAnswer>

interface ControlAnswer {
  readonly status: number
  readonly body: unknown
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly draft: Journal.Draft
  /** Aborts when the client is gone. */
  readonly closed: AbortSignal
}

const headersOf = (request: IncomingMessage): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value
  }
  return headers
}

const readBody = async (request: IncomingMessage, limit = bodyLimit): Promise<Buffer | undefined> => {
  const chunks: Array<Buffer> = []
  let size = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
    else chunks.length = 0
  }
  return size > limit ? undefined : Buffer.concat(chunks)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const sendJson = (response: ServerResponse, status: number, body: unknown) => {
  const bytes = Buffer.from(stringify(body))
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length })
  response.end(bytes)
}

/** Makes the server; the caller listens and closes. */
export const make = (options: {
  readonly protocols: ReadonlyArray<Protocol.Protocol>
  readonly time: Time.Time
  readonly pace: Delivery.Pace
  readonly books: Books
  readonly control: Control
  readonly rates: Rates.Rates
  readonly disk: Disk.Disk
}): Server => {
  const { books, control, disk, pace, protocols, rates, time } = options
  const { bill, faults, journal } = books

  const head = (exchange: Exchange, status: number, headers: Readonly<Record<string, string | number>>) => {
    exchange.draft.status = status
    exchange.response.writeHead(status, { ...headers })
    journal.changed()
  }

  const report = (draft: Journal.Draft) => (progress: Delivery.Progress) => {
    draft.bytesSent = progress.bytes
    draft.eventsSent = progress.events
    journal.changed()
  }

  const wait = async ({ closed, draft }: Exchange, millis: number) => {
    const waiting = time.wait(millis, closed)
    draft.waiting = true
    journal.changed()
    await waiting
    draft.waiting = false
  }

  const settle = (draft: Journal.Draft, charge: Bill.Charge | undefined, sentOutput?: number) => {
    if (charge === undefined) return
    draft.charged = true
    bill.add(Bill.settle(charge, time.now(), sentOutput))
  }

  const conclude = ({ draft }: Exchange, outcome: Delivery.Outcome) => {
    draft.bytesSent = outcome.bytes
    draft.eventsSent = outcome.events
    draft.clientClosed = outcome.end === "closed"
    draft.finished = outcome.end === "finished"
    journal.close(draft, time.now())
  }

  const deliver = (
    exchange: Exchange,
    payload: Delivery.Payload,
    fault: Faults.Fault | undefined,
    charge?: Bill.Charge
  ) =>
    Delivery.deliver({
      response: exchange.response,
      payload,
      fault,
      pace: payload.ends.length === 0 ? {} : {
        tokensPerSecond: fault?.tokensPerSecond ?? pace.tokensPerSecond,
        eventDelayMillis: fault?.eventDelayMillis ?? pace.eventDelayMillis
      },
      wait: (millis) => wait(exchange, millis),
      closed: exchange.closed,
      report: report(exchange.draft),
      conclude: (outcome) => {
        const early = payload.ends.length > 0 && outcome.end !== "finished"
        settle(exchange.draft, charge, early ? outcome.tokens : undefined)
        conclude(exchange, outcome)
      }
    })

  const send = (exchange: Exchange, answer: Protocol.Answer, fault: Faults.Fault | undefined) => {
    const { body, refund } = answer
    if (refund !== undefined) bill.remove(({ requestId }) => requestId === refund)
    if (body._tag === "Events") {
      head(exchange, answer.status, {
        ...answer.headers,
        "content-type": body.framing?.contentType ?? "text/event-stream; charset=utf-8",
        "cache-control": "no-store"
      })
      return deliver(exchange, Delivery.eventPayload(failing(body, fault), fault, body.framing), fault, answer.charge)
    }
    if (body._tag === "File") return sendFile(exchange, answer, body, fault)
    const payload = body._tag === "Bytes" ? { bytes: body.bytes, ends: [] } : Delivery.textPayload(
      (body.prefix ?? "") + stringify(fault?.fail === undefined ? body.value : body.fail(fault.fail))
    )
    head(exchange, answer.status, {
      ...answer.headers,
      "content-type": body._tag === "Bytes" ? body.contentType : "application/json",
      ...(fault?.cut?.clean === true ? {} : { "content-length": payload.bytes.length + (fault?.contentLengthOff ?? 0) })
    })
    return deliver(exchange, payload, fault, answer.charge)
  }

  const sendFile = (
    exchange: Exchange,
    { headers, status }: Protocol.Answer,
    { content, type }: Extract<Protocol.Body, { readonly _tag: "File" }>,
    fault: Faults.Fault | undefined
  ) => {
    head(exchange, status, {
      ...headers,
      "content-type": type,
      ...(fault?.cut?.clean === true ? {} : { "content-length": content.bytes() + (fault?.contentLengthOff ?? 0) })
    })
    return Delivery.pour({
      response: exchange.response,
      file: content,
      fault,
      wait: (millis) => wait(exchange, millis),
      closed: exchange.closed,
      report: report(exchange.draft),
      conclude: (outcome) => conclude(exchange, outcome)
    })
  }

  const respond = (
    exchange: Exchange,
    accepted: Protocol.Accepted,
    fault: Faults.Fault,
    respond: NonNullable<Faults.Fault["respond"]>
  ) => {
    const standard = accepted.error({ status: respond.status, code: respond.code, message: respond.message })
    const body = respond.body === undefined
      ? stringify(standard.body._tag === "Json" ? standard.body.value : {})
      : typeof respond.body === "string"
      ? respond.body
      : stringify(respond.body)
    const payload = Delivery.textPayload(body)
    const names = new Set(Object.keys(respond.headers ?? {}).map((name) => name.toLowerCase()))
    head(exchange, respond.status, {
      ...Object.fromEntries(Object.entries(standard.headers).filter(([name]) => !names.has(name))),
      ...(names.has("content-type") ? {} : { "content-type": respond.contentType ?? "application/json" }),
      ...(fault.contentLengthOff === undefined
        ? {}
        : { "content-length": payload.bytes.length + fault.contentLengthOff }),
      ...respond.headers
    })
    return deliver(exchange, payload, fault)
  }

  const spill = async (exchange: Exchange, fault: Faults.Fault, raw: NonNullable<Faults.Fault["raw"]>) => {
    const { closed, draft, request: { socket } } = exchange
    await Delivery.spill({
      socket,
      text: raw.text,
      fault,
      wait: (millis) => wait(exchange, millis),
      closed,
      report: report(draft)
    })
    if (raw.ending === "wait") await wait(exchange, Infinity)
    conclude(exchange, {
      bytes: draft.bytesSent,
      events: 0,
      tokens: 0,
      end: closed.aborted ? "closed" : "cut"
    })
    if (raw.ending === "reset") socket.resetAndDestroy()
    else socket.end()
  }

  const play = async (exchange: Exchange, accepted: Protocol.Accepted, fault: Faults.Fault | undefined) => {
    const { closed, draft, request, response } = exchange
    if (fault?.delayMillis !== undefined) await wait(exchange, fault.delayMillis)
    if (closed.aborted) return conclude(exchange, { bytes: 0, events: 0, tokens: 0, end: "closed" })

    for (const status of fault?.informational ?? []) {
      request.socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Information"}\r\n\r\n`)
    }
    const replaced = fault !== undefined
      && (fault.hang === true || fault.reset === true || fault.raw !== undefined || fault.respond !== undefined
        || fault.hugeBodyMegabytes !== undefined || fault.gzipBombMegabytes !== undefined)
    const answer = () => {
      const made = accepted.answer(fault ?? {})
      draft.job = made.job
      return made
    }
    if (!replaced) return send(exchange, answer(), fault)

    if (fault.billed === true) settle(draft, answer().charge)
    if (fault.hang === true) {
      await wait(exchange, Infinity)
      return conclude(exchange, { bytes: 0, events: 0, tokens: 0, end: "closed" })
    }
    if (fault.reset === true) {
      conclude(exchange, { bytes: 0, events: 0, tokens: 0, end: "cut" })
      request.socket.resetAndDestroy()
      return
    }
    if (fault.raw !== undefined) return spill(exchange, fault, fault.raw)
    if (fault.respond !== undefined) return respond(exchange, accepted, fault, fault.respond)
    const gzip = fault.gzipBombMegabytes !== undefined
    head(exchange, 200, { "content-type": "application/json", ...(gzip ? { "content-encoding": "gzip" } : {}) })
    const megabytes = fault.gzipBombMegabytes ?? fault.hugeBodyMegabytes ?? 0
    return Delivery.flood({
      response,
      megabytes,
      gzip,
      closed,
      report: report(draft),
      conclude: (outcome) => conclude(exchange, outcome)
    })
  }

  const handle = async (exchange: Exchange, path: string) => {
    const { draft, request } = exchange
    const protocol = protocolAt(protocols, path)
    draft.provider = protocol?.provider
    if (protocol === undefined) {
      await readBody(request)
      draft.status = 404
      conclude(exchange, { bytes: 0, events: 0, tokens: 0, end: "finished" })
      return sendJson(exchange.response, 404, { error: { message: `The sandbox serves nothing at ${path}.` } })
    }
    const own = path.slice(protocol.basePath.length)
    const headers = headersOf(request)
    const boundary = Multipart.boundaryOf(headers["content-type"])
    const limit = protocol.bodyLimit?.(own)
    const isKept = protocol.keepsFiles?.(own) === true
    const form = boundary === undefined ? undefined : await Multipart.read(request, {
      boundary,
      disk: isKept ? disk : undefined,
      limit: limit ?? (isKept ? formLimit : bodyLimit)
    })
    const bytes = boundary === undefined ? await readBody(request, limit) : Buffer.alloc(0)
    if (bytes === undefined || form === "too large") return send(exchange, protocol.refuse({ status: 413 }), undefined)
    if (form === "malformed") return send(exchange, protocol.refuse({ status: 400 }), undefined)
    try {
      await attend(exchange, protocol, { path, own, headers, bytes, form })
    } finally {
      if (form !== undefined) Multipart.release(form)
    }
  }

  const attend = async (
    exchange: Exchange,
    protocol: Protocol.Protocol,
    { bytes, form, headers, own, path }: Pick<Protocol.Incoming, "headers" | "form"> & {
      readonly path: string
      readonly own: string
      readonly bytes: Buffer
    }
  ) => {
    const { draft, request } = exchange
    const text = form === undefined ? bytes.toString("utf8") : Multipart.textOf(form)
    const body = form === undefined ? parsed(text) : undefined
    const kept = form === undefined ? body ?? (text === "" ? undefined : text) : Multipart.summary(form)
    journal.keepBody(draft, kept, form === undefined ? text.length : 1024)
    const method = request.method ?? "GET"
    const { searchParams: query } = new URL(request.url ?? "/", "http://sandbox")
    await protocol.jobs?.catchUp()
    const received = receive(protocol, { method, path: own, query, headers, text, bytes, body, form })
    if (received._tag === "Rejected") {
      draft.requestId = received.answer.requestId
      draft.step = received.step
      return send(exchange, received.answer, undefined)
    }
    draft.requestId = received.requestId
    const { model, prompt, step, stream } = received
    draft.step = step
    const key = headers["authorization"] ?? Object.entries(headers).find(([name]) => Journal.isCredential(name))?.[1] ??
      ""
    const admission = model === undefined ? undefined : rates.admit({ provider: protocol.provider, key, model })
    const accepted = admission === undefined ? received : limited(protocol, received, admission, time)
    if (admission?.retryMillis !== undefined) return send(exchange, accepted.error({ status: 429 }), undefined)
    const fault = faults.take({ method, path, step, headers, model, prompt, stream })
    draft.faulted = fault !== undefined
    await play(exchange, accepted, fault)
    if (fault?.closeAfter === true) request.socket.end()
  }

  const controlled = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const text = await readBody(request)
    const answer = await control({
      method: request.method ?? "GET",
      path,
      body: text === undefined ? undefined : parsed(text.toString("utf8"))
    })
    sendJson(response, answer?.status ?? 404, answer?.body ?? { error: { message: `No ${path} here.` } })
  }

  return createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
    const path = new URL(request.url ?? "/", "http://sandbox").pathname
    if (path.startsWith("/sandbox/")) {
      controlled(request, response, path).catch(() => response.destroy())
      return
    }
    const gone = new AbortController()
    const method = request.method ?? "GET"
    const draft = journal.open({ method, path, headers: headersOf(request), startedAt: time.now() })
    response.on("close", () => {
      if (!response.writableFinished) gone.abort()
    })
    response.on("error", () => gone.abort())
    const exchange = { request, response, draft, closed: gone.signal }
    handle(exchange, path).catch((cause: unknown) => {
      if (gone.signal.aborted || !request.complete) {
        return conclude(exchange, { bytes: 0, events: 0, tokens: 0, end: "closed" })
      }
      draft.defect = cause instanceof Error ? cause.stack ?? cause.message : String(cause)
      if (response.headersSent) response.destroy()
      else {
        draft.status = 500
        sendJson(response, 500, { error: { message: `The sandbox failed: ${draft.defect}` } })
      }
      conclude(exchange, { bytes: 0, events: 0, tokens: 0, end: "cut" })
    })
  })
}

/** Several may share a base path: the one that serves the path goes before the one that has all the rest. */
const protocolAt = (protocols: ReadonlyArray<Protocol.Protocol>, path: string): Protocol.Protocol | undefined => {
  const near = protocols.filter(({ basePath }) => path === basePath || path.startsWith(`${basePath}/`))
  return near.find(({ basePath, serves }) => serves?.(path.slice(basePath.length)) === true)
    ?? near.find(({ serves }) => serves === undefined) ?? near[0]
}

/** What every answer to a request under a limit says of it. */
const limited = (
  protocol: Protocol.Protocol,
  accepted: Protocol.Accepted,
  { retryMillis, state, use }: Rates.Admission,
  time: Time.Time
): Protocol.Accepted => {
  const told = (answer: Protocol.Answer): Protocol.Answer => ({
    ...answer,
    headers: {
      ...answer.headers,
      ...protocol.rateHeaders?.(state(), time.now()),
      ...(retryMillis === undefined ? {} : {
        "retry-after": String(Math.ceil(retryMillis / 1000)),
        "retry-after-ms": String(retryMillis)
      })
    }
  })
  return {
    ...accepted,
    answer: (alteration) => {
      const answer = accepted.answer(alteration)
      if (answer.charge !== undefined) use(Bill.totalInput(answer.charge.tokens) + answer.charge.tokens.output)
      return told(answer)
    },
    error: (failure) => told(accepted.error(failure))
  }
}

/** JSON nested thousands deep overflows the stack of whoever walks it. */
const receive = (protocol: Protocol.Protocol, incoming: Protocol.Incoming): Protocol.Accepted | Protocol.Rejected => {
  try {
    return protocol.receive(incoming)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    const message = "The JSON body of your request is nested too deeply."
    return { _tag: "Rejected", answer: protocol.refuse({ status: 400, message }) }
  }
}

const failing = (
  body: Extract<Protocol.Body, { readonly _tag: "Events" }>,
  fault: Faults.Fault | undefined
): ReadonlyArray<Protocol.Event> =>
  fault?.fail === undefined
    ? body.events
    : [...body.events.slice(0, fault.fail.afterEvents), body.fail(fault.fail.afterEvents, fault.fail)]
