/**
 * Sends an answer's bytes: with back-pressure, at the pace and up to the point that a fault asks for.
 */
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { Readable } from "node:stream"
import { createGzip } from "node:zlib"
import type * as Disk from "./Disk.ts"
import type { Fault, Position } from "./Faults.ts"
import type { Event, Framing } from "./Protocol.ts"
import { dice } from "./Seed.ts"

/** A body with the places where its events end. */
export interface Payload {
  readonly bytes: Buffer
  readonly ends: ReadonlyArray<{ readonly byte: number; readonly tokens: number }>
}

export interface Progress {
  readonly bytes: number
  readonly events: number
  readonly tokens: number
}

export interface Outcome extends Progress {
  readonly end: "finished" | "cut" | "closed"
}

export interface Pace {
  readonly tokensPerSecond?: number | undefined
  readonly eventDelayMillis?: number | undefined
}

export const textPayload = (text: string): Payload => ({ bytes: Buffer.from(text), ends: [] })

const frame = (event: Event, lineEnd: string): string =>
  (event.comment === undefined ? "" : `: ${event.comment}${lineEnd}${lineEnd}`)
  + (event.event === undefined ? "" : `event: ${event.event}${lineEnd}`) + `data: ${event.data}${lineEnd}${lineEnd}`

/** Frames events as a body, with what the fault does to them; to lines only where there are lines. */
export const eventPayload = (
  events: ReadonlyArray<Event>,
  fault: Fault | undefined,
  framing?: Framing
): Payload => {
  const lineEnd = fault?.crlf === true ? "\r\n" : "\n"
  const chunks: Array<Buffer> = []
  const ends: Array<{ byte: number; tokens: number }> = []
  let byte = 0
  const push = (text: string | Uint8Array) => {
    const chunk = Buffer.from(text)
    chunks.push(chunk)
    byte += chunk.length
  }
  const insertAt = (index: number) => {
    for (const { afterEvents, text } of fault?.insert ?? []) if (afterEvents === index) push(text)
  }
  events.forEach((event, index) => {
    insertAt(index)
    const copies = fault?.duplicate?.includes(index) === true ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (framing === undefined) {
        if (fault?.comments === true) push(`: comment ${index}${lineEnd}`)
        const isLast = index === events.length - 1 && copy === copies - 1
        const text = frame(event, lineEnd)
        push(isLast && fault?.noLastNewline === true ? text.trimEnd() : text)
      } else push(framing.frame(event))
      ends.push({ byte, tokens: copy === 0 ? event.tokens : 0 })
    }
  })
  insertAt(events.length)
  return { bytes: Buffer.concat(chunks), ends }
}

const positionOf = (payload: Payload, at: Position): number => {
  if (at.afterEvents !== undefined) return at.afterEvents <= 0 ? 0 : payload.ends[at.afterEvents - 1]?.byte ?? Infinity
  return at.afterBytes ?? 0
}

const borders = (payload: Payload, chunks: Fault["chunks"]): Array<number> => {
  const length = payload.bytes.length
  if (chunks === undefined && payload.ends.length > 0) return [...payload.ends.map(({ byte }) => byte), length]
  const result: Array<number> = []
  const random = dice(chunks?.seed ?? "chunks")
  const sizes = chunks === undefined ? [65_536] : chunks.sizes ?? []
  for (let at = 0; at < length;) {
    at += Math.max(1, sizes.length > 0 ? sizes[result.length % sizes.length] ?? 1 : random.between(1, 24))
    result.push(Math.min(at, length))
  }
  return result
}

const yieldToSockets = () => new Promise<void>((resolve) => void setImmediate(resolve))

const drained = (response: ServerResponse, signal: AbortSignal): Promise<unknown> =>
  once(response, "drain", { signal }).catch(() => undefined)

/** Node forgets the callback of a write to a client that is just leaving. */
const flushed = (response: ServerResponse, bytes: Uint8Array, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener("abort", done)
      resolve()
    }
    signal.addEventListener("abort", done)
    response.write(bytes, done)
  })

/**
 * Sends the payload, whose head was written already, and ends the response.
 *
 * `closed` aborts when the client is gone. `report` is told what has been handed to the socket, and `conclude` how it
 * ends: before the client can see it, so that the books are right when the client looks.
 */
export const deliver = async (options: {
  readonly response: ServerResponse
  readonly payload: Payload
  readonly fault: Fault | undefined
  readonly pace: Pace
  readonly wait: (millis: number) => Promise<void>
  readonly closed: AbortSignal
  readonly report: (progress: Progress) => void
  readonly conclude: (outcome: Outcome) => void
}): Promise<void> => {
  const { closed, conclude, fault, pace, payload, report, response, wait } = options
  const length = payload.bytes.length
  const cutAt = fault?.cut === undefined ? Infinity : positionOf(payload, fault.cut)
  const stallAt = fault?.stall === undefined ? Infinity : positionOf(payload, fault.stall)
  const lastByte = Math.min(cutAt, length)
  const stops = [...new Set([...borders(payload, fault?.chunks), cutAt, stallAt])]
    .filter((border) => border <= lastByte)
    .sort((a, b) => a - b)

  let progress: Progress = { bytes: 0, events: 0, tokens: 0 }
  const advance = (byte: number) => {
    let { events, tokens } = progress
    for (let end = payload.ends[events]; end !== undefined && end.byte <= byte; end = payload.ends[events]) {
      tokens += end.tokens
      events++
    }
    progress = { bytes: byte, events, tokens }
    report(progress)
  }
  const paceMillis = (tokens: number) =>
    (pace.eventDelayMillis ?? 0) + (pace.tokensPerSecond === undefined ? 0 : (tokens * 1000) / pace.tokensPerSecond)

  response.flushHeaders()
  for (const [index, stop] of stops.entries()) {
    const start = progress.bytes
    const upcoming = payload.ends[progress.events]
    if (upcoming !== undefined) {
      const millis = paceMillis(upcoming.tokens)
      if (millis > 0) await wait(millis)
    }
    if (fault?.chunkDelayMillis !== undefined) await wait(fault.chunkDelayMillis)
    if (closed.aborted) return conclude({ ...progress, end: "closed" })
    const bytes = payload.bytes.subarray(start, stop)
    advance(stop)
    if (stop === length && stop !== stallAt && stop !== cutAt) {
      conclude({ ...progress, end: "finished" })
      return ended(response, bytes)
    }
    if (stop === cutAt || stop === stallAt) await flushed(response, bytes, closed)
    else if (!response.write(bytes)) await drained(response, closed)
    if (stop === stallAt) await wait(fault?.stall?.forMillis ?? Infinity)
    if (stops.length < 2000 || index % 64 === 0) await yieldToSockets()
  }
  if (closed.aborted) return conclude({ ...progress, end: "closed" })
  if (cutAt > length) {
    conclude({ ...progress, end: "finished" })
    return ended(response)
  }
  conclude({ ...progress, end: "cut" })
  if (fault?.cut?.clean === true) return ended(response)
  response.socket?.destroy()
}

const ended = (response: ServerResponse, bytes?: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    response.once("close", resolve)
    response.end(bytes)
  })

/** Writes text past HTTP, piece by piece. */
export const spill = async (options: {
  readonly socket: Socket
  readonly text: string
  readonly fault: Fault
  readonly wait: (millis: number) => Promise<void>
  readonly closed: AbortSignal
  readonly report: (progress: Progress) => void
}): Promise<void> => {
  const { closed, fault, report, socket, text, wait } = options
  const payload = textPayload(text)
  let bytes = 0
  for (const border of borders(payload, fault.chunks)) {
    if (fault.chunkDelayMillis !== undefined) await wait(fault.chunkDelayMillis)
    if (closed.aborted) return
    const piece = payload.bytes.subarray(bytes, border)
    await new Promise<void>((resolve) => void socket.write(piece, () => resolve()))
    bytes = border
    report({ bytes, events: 0, tokens: 0 })
  }
}

const linesIn = (bytes: Buffer): number => {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}

/** How many of `bytes` come before the place, given what was sent before them. */
const reaching = (bytes: Buffer, at: Position | undefined, before: Progress): number => {
  if (at === undefined) return Infinity
  if (at.afterEvents === undefined) return (at.afterBytes ?? 0) - before.bytes
  let left = at.afterEvents - before.events
  let end = 0
  for (; left > 0; left--) {
    const next = bytes.indexOf(10, end)
    if (next < 0) return Infinity
    end = next + 1
  }
  return end
}

/** Sends a file as it is read, cut or stalled after so many bytes or lines. */
export const pour = async (options: {
  readonly response: ServerResponse
  readonly file: Disk.File
  readonly fault: Fault | undefined
  readonly wait: (millis: number) => Promise<void>
  readonly closed: AbortSignal
  readonly report: (progress: Progress) => void
  readonly conclude: (outcome: Outcome) => void
}): Promise<void> => {
  const { closed, conclude, fault, file, report, response, wait } = options
  let progress: Progress = { bytes: 0, events: 0, tokens: 0 }
  let stalls = fault?.stall
  const write = async (bytes: Buffer, flushes: boolean) => {
    if (bytes.length === 0) return
    progress = { bytes: progress.bytes + bytes.length, events: progress.events + linesIn(bytes), tokens: 0 }
    report(progress)
    if (flushes) await flushed(response, bytes, closed)
    else if (!response.write(bytes)) await drained(response, closed)
  }
  response.flushHeaders()
  for await (const chunk of file.read()) {
    let bytes = chunk
    if (fault?.chunkDelayMillis !== undefined) await wait(fault.chunkDelayMillis)
    if (closed.aborted) return conclude({ ...progress, end: "closed" })
    const stallAt = reaching(bytes, stalls, progress)
    if (stallAt <= Math.min(reaching(bytes, fault?.cut, progress), bytes.length)) {
      await write(bytes.subarray(0, stallAt), true)
      bytes = bytes.subarray(stallAt)
      await wait(stalls?.forMillis ?? Infinity)
      stalls = undefined
      if (closed.aborted) return conclude({ ...progress, end: "closed" })
    }
    const cutAt = reaching(bytes, fault?.cut, progress)
    if (cutAt <= bytes.length) {
      await write(bytes.subarray(0, cutAt), true)
      conclude({ ...progress, end: "cut" })
      if (fault?.cut?.clean === true) return ended(response)
      response.socket?.destroy()
      return
    }
    if (progress.bytes + bytes.length === file.bytes()) {
      conclude({ bytes: file.bytes(), events: progress.events + linesIn(bytes), tokens: 0, end: "finished" })
      return ended(response, bytes)
    }
    await write(bytes, false)
  }
  conclude({ ...progress, end: "finished" })
  return ended(response)
}

/** Sends `megabytes` of JSON, gzipped or plain, without ever holding it. */
export const flood = async (options: {
  readonly response: ServerResponse
  readonly megabytes: number
  readonly gzip: boolean
  readonly closed: AbortSignal
  readonly report: (progress: Progress) => void
  readonly conclude: (outcome: Outcome) => void
}): Promise<void> => {
  const { closed, conclude, gzip, megabytes, report, response } = options
  let bytes = 0
  const source = Readable.from(padding(megabytes), { objectMode: false })
  const body = gzip ? source.pipe(createGzip()) : source
  for await (const chunk of body) {
    if (closed.aborted) break
    if (!Buffer.isBuffer(chunk)) continue
    bytes += chunk.length
    report({ bytes, events: 0, tokens: 0 })
    if (!response.write(chunk)) await drained(response, closed)
  }
  source.destroy()
  conclude({ bytes, events: 0, tokens: 0, end: closed.aborted ? "closed" : "finished" })
  if (!closed.aborted) await ended(response)
}

const megabyte = Buffer.alloc(1_048_576, "x")

const padding = function*(megabytes: number) {
  yield Buffer.from("{\"padding\":\"")
  for (let i = 0; i < megabytes; i++) yield megabyte
  yield Buffer.from("\"}")
}
