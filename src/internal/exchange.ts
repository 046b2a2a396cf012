/**
 * The bridge from an SDK's call to Effect: built by the SDK, sent over Transport, cancelled through a handle, read by Loom.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type GenerateError, InvalidResponse, Partial } from "../GenerateError.ts"
import type { Part } from "../Generation.ts"
import type { Counting, Heard } from "../Generator.ts"
import * as Request from "../Request.ts"
import * as Transport from "../Transport.ts"
import type { Usage } from "../Usage.ts"
import { failure, type Origin } from "./failures.ts"
import { type Framing, sse } from "./framing.ts"
import { isRecord, parse, unparsable } from "./json.ts"

/** One request to a vendor. */
export interface Exchange {
  readonly request: Request.Request
  /** Sends what the SDK has built with these options of `fetch`, and gives the raw response. Refusals are heard too. */
  readonly send: (init: object, heard: Heard | undefined) => PromiseLike<Response>
  readonly originOf: (headers: Headers) => Origin
  /** Of its streams: server-sent events without. */
  readonly framing?: Framing | undefined
  /** The failure that a body or an event tells. */
  readonly errorIn: (json: Readonly<Record<string, unknown>>, origin: Origin) => GenerateError | undefined
  /** What was thrown on the way, as the error it is. */
  readonly fail: (cause: unknown) => GenerateError
}

/** A vendor's answer in JSON. */
export interface Reply {
  readonly json: unknown
  readonly origin: Origin
}

/** Asks and reads the whole answer. */
export const ask = (exchange: Exchange, heard?: Heard): Effect.Effect<Reply, GenerateError> =>
  Effect.callback((resume) => {
    const handle = new Transport.Handle()
    const read = async () => {
      const response = await exchange.send(Transport.cancelledBy(handle), heard)
      const text = await response.text()
      const json = parse(text)
      const origin = exchange.originOf(response.headers)
      const error = json === unparsable ? notJson(exchange, response, text) : errorIn(exchange, json, origin)
      resume(error === undefined ? Effect.succeed({ json, origin }) : Effect.fail(error))
    }
    read().catch((cause) => resume(Effect.fail(exchange.fail(cause))))
    return Effect.sync(() => handle.abort())
  })

/** Turns the events of one stream into parts. */
export interface Decoder {
  /** Takes one event; its parts go to `out`. Returns why it can't be read, or that it ends an answer that failed. */
  readonly event: (event: Readonly<Record<string, unknown>>, out: Array<Part>) => GenerateError | undefined
  /** The stream is over: adds the finish part, where it wasn't there yet. Returns the failure that only shows now. */
  readonly end: (out: Array<Part>) => GenerateError | undefined
  /** What the vendor has counted so far, where it tells that before the end. */
  readonly usage?: () => Usage | undefined
}

/** Asks for a stream. Succeeds at the commit point: with the first content, or the finish. */
export const open = Effect.fnUntraced(function*(
  exchange: Exchange,
  makeDecoder: (origin: Origin) => Decoder,
  heard?: Heard,
  counting?: Counting
): Effect.fn.Return<Stream.Stream<Part, GenerateError>, GenerateError, Scope.Scope> {
  const handle = new Transport.Handle()
  yield* Effect.addFinalizer(() => Effect.sync(() => handle.abort()))
  const response = yield* Effect.tryPromise({
    try: () => exchange.send(Transport.cancelledBy(handle), heard),
    catch: exchange.fail
  })
  const origin = exchange.originOf(response.headers)
  const framing = exchange.framing ?? sse
  if (!(response.headers.get("content-type") ?? "").includes(framing.contentType)) {
    const text = yield* Effect.tryPromise({ try: () => response.text(), catch: exchange.fail })
    const json = parse(text)
    if (json === unparsable) return yield* notJson(exchange, response, text)
    return yield* errorIn(exchange, json, origin) ??
      invalid(exchange, response, "an answer in one piece, and no stream")
  }

  const decoder = makeDecoder(origin)
  const counted = () => {
    const usage = decoder.usage?.()
    // There is no request without input: MiniMax begins with zeros.
    return usage?.inputTokens === 0 ? undefined : usage
  }
  counting?.(counted)
  const pull = partsOf(exchange, response, origin, framing, decoder)
  const opening: Array<Part> = []
  while (!opening.some(isContent)) {
    const parts = yield* Effect.catchIf(
      pull,
      Cause.isDone,
      () => Effect.fail(invalid(exchange, response, "the stream ended before it began"))
    )
    opening.push(...parts)
  }
  const begun = opening.find(isContent)
  if (begun?.type === "finish" && begun.finishReason === "unknown") {
    return yield* invalid(exchange, response, "the stream ended before it began")
  }

  let text = textOf(opening)
  let finished = opening.at(-1)?.type === "finish"
  const rest = Stream.fromPull(Effect.succeed(Effect.mapError(
    Effect.map(
      Effect.suspend(() =>
        finished ? Effect.timeoutOrElse(pull, { duration: linger, orElse: () => Cause.done() }) : pull
      ),
      (parts) => {
        text += textOf(parts)
        finished = parts.at(-1)?.type === "finish"
        return parts
      }
    ),
    (error) => Cause.isDone(error) ? error : broken(exchange.request, error, text, counted())
  )))
  return Stream.concat(Stream.fromArray(opening), rest)
})

/** How long the end of a finished stream is waited for: a socket that was read to its end can be used again. */
const linger = "300 millis"

export const isContent = (part: Part): boolean =>
  part.type !== "text-start" && part.type !== "reasoning-start" && part.type !== "tool-params-start"

export const textOf = (parts: ReadonlyArray<Part>): string => {
  let text = ""
  for (const part of parts) if (part.type === "text-delta") text += part.delta
  return text
}

/** The parts of each chunk that arrives, until the body ends. A pull that is given up loses nothing. */
const partsOf = (
  exchange: Exchange,
  response: Response,
  origin: Origin,
  framing: Framing,
  decoder: Decoder
): Pull.Pull<Arr.NonEmptyReadonlyArray<Part>, GenerateError> => {
  const body = response.body?.[Symbol.asyncIterator]()
  let out: Array<Part> = []
  let failure: GenerateError | undefined
  let finished = false
  let ended = body === undefined
  let reading = false
  let deliver: ((parts: Effect.Effect<Arr.NonEmptyReadonlyArray<Part>, GenerateError | Cause.Done>) => void) | undefined

  const end = () => {
    if (finished || failure !== undefined) return
    failure = decoder.end(out)
    finished = failure === undefined
  }
  const reader = framing.reader({
    event: (json) => {
      if (failure !== undefined || finished) return
      if (isRecord(json)) failure = exchange.errorIn(json, origin) ?? decoder.event(json, out)
      finished = out.at(-1)?.type === "finish"
    },
    end
  })
  const feed = (chunk: Uint8Array | undefined) => {
    const broken = reader(chunk)
    if (broken !== undefined) failure ??= invalid(exchange, response, broken)
  }
  const read = () => {
    if (reading || body === undefined) return
    reading = true
    body.next().then(({ done, value }) => {
      feed(value)
      ended = done === true
      if (ended) end()
    }, (cause) => {
      failure ??= exchange.fail(cause)
      ended = true
    }).catch(() => {
      failure ??= invalid(exchange, response, "an event of the stream can't be read")
      ended = true
    }).finally(() => {
      reading = false
      take()
    })
  }
  const take = () => {
    if (deliver === undefined) return
    const parts = out
    if (parts.length === 0 && !ended && (failure === undefined || finished)) return read()
    const resume = deliver
    out = []
    deliver = undefined
    if (Arr.isArrayNonEmpty(parts)) resume(Effect.succeed(parts))
    else resume(failure === undefined || finished ? Cause.done() : Effect.fail(failure))
  }

  return Effect.callback((resume) => {
    deliver = resume
    take()
    return Effect.sync(() => {
      deliver = undefined
    })
  })
}

/** A failure past the commit point: what was shown can't be taken back, so nothing may be tried again. */
export const broken = (
  request: Request.Request,
  error: GenerateError,
  text: string,
  counted?: Usage
): GenerateError =>
  failure(request, new Partial({ detail: `${error.what}: ${error.why}`, text }), {
    usage: error.usage ?? Request.estimateUsage(request, text.length, counted),
    status: error.status,
    requestId: error.requestId,
    cause: error.cause
  })

const errorIn = (exchange: Exchange, json: unknown, origin: Origin): GenerateError | undefined =>
  isRecord(json) ? exchange.errorIn(json, origin) : undefined

const notJson = (exchange: Exchange, response: Response, text: string): GenerateError =>
  invalid(exchange, response, text === "" ? "the body is empty" : `${text.length} characters that are no JSON`)

const invalid = (exchange: Exchange, response: Response, detail: string): GenerateError => {
  const type = response.headers.get("content-type") ?? "no content type"
  return failure(exchange.request, new InvalidResponse({ detail: `${detail} (${type})` }), {
    status: response.status,
    requestId: exchange.originOf(response.headers).requestId
  })
}
