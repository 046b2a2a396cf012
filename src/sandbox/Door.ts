/**
 * The front door of a vendor with plain routes: what is let in, and who refuses the rest in which words.
 */
import * as Headers from "./Headers.ts"
import { isObject, type JsonObject } from "./Json.ts"
import type { Verdict } from "./Keys.ts"
import type { Accepted, Answer, Body, Failure, InBand, Incoming, Protocol, Rejected, Step, World } from "./Protocol.ts"
import { digest } from "./Seed.ts"
import * as Desk from "./batches/Desk.ts"

/** A refusal as it goes out. */
export interface Problem {
  readonly _tag: "Problem"
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export const isProblem = (value: unknown): value is Problem => isObject(value) && value["_tag"] === "Problem"

/** A request for text that came through the door. */
export interface Generation {
  readonly body: JsonObject
  readonly root: string
  readonly requestId: string
  readonly key: string
}

/** A request of any method and with any body. */
export interface Taken {
  readonly incoming: Incoming
  readonly root: string
  readonly requestId: string
  readonly key: string
}

export type Received = Pick<Accepted, "model" | "prompt" | "stream" | "answer">

export type Route =
  | {
    readonly _tag: "Generate"
    readonly step?: Step | undefined
    readonly receive: (generation: Generation) => Received | Problem
  }
  | { readonly _tag: "Read"; readonly value: unknown }
  | { readonly _tag: "Take"; readonly step: Step; readonly receive: (taken: Taken) => Received | Problem }
  | { readonly _tag: "Desk"; readonly clerk: Desk.Clerk<Problem> }

export interface Vendor {
  readonly provider: string
  /** Where it lives on the server, such as `/mistral`. */
  readonly basePath: string
  /** Headers of its own, and what its SDK sends besides. */
  readonly ownHeaders: ReadonlySet<string>
  /** From 64 hexadecimal digits. */
  readonly requestId: (root: string) => string
  readonly headers: (requestId: string) => Readonly<Record<string, string>>
  readonly route: (incoming: Incoming) => Route | Problem
  /** What identifies the caller, or why it doesn't: the bearer's key, where nothing else does. */
  readonly key?: ((incoming: Incoming) => string | undefined | Problem) | undefined
  /** Its words for a key that is missing or wrong: those for status 401, where it has no others. */
  readonly refusedKey?: ((verdict: Exclude<Verdict, "valid">) => Problem) | undefined
  /** Its words for a status, or these. */
  readonly problem: (failure: Failure) => Problem
  /** Puts the request's id into an error's body, where no header tells it. */
  readonly identified?: ((body: unknown, requestId: string) => unknown) | undefined
  readonly inBand: (failure: InBand) => unknown
}

/** A body of JSON; a fault puts the vendor's failure in its place. */
export const json = (value: unknown, fail: (failure: InBand) => unknown): Body => ({ _tag: "Json", value, fail })

export const make = (world: World, vendor: Vendor): Protocol => {
  const answer = ({ body, headers, status }: Problem, requestId: string): Answer => ({
    status,
    headers: { ...vendor.headers(requestId), ...headers },
    requestId,
    body: json(vendor.identified?.(body, requestId) ?? body, vendor.inBand)
  })

  const refused = (incoming: Incoming, key: string | undefined): Problem | undefined => {
    const foreign = Headers.foreign(incoming, vendor.ownHeaders)
    if (foreign !== undefined) return vendor.problem({ status: 400, message: `Unexpected header: '${foreign}'.` })
    const verdict = incoming.trusted === true ? "valid" : world.keys.check(key)
    if (verdict === "valid") return undefined
    return vendor.refusedKey?.(verdict) ?? vendor.problem({ status: 401 })
  }

  const receive = (incoming: Incoming): Accepted | Rejected => {
    const { body, method, path, text } = incoming
    const occurrence = world.occurrence(digest(vendor.provider, method, path, text))
    const root = digest(world.seed, vendor.provider, method, path, text, String(occurrence))
    const requestId = vendor.requestId(root)
    let step: Step | undefined
    const reject = (problem: Problem): Rejected => ({ _tag: "Rejected", step, answer: answer(problem, requestId) })
    const accept = (accepted: Received): Accepted => ({
      _tag: "Accepted",
      requestId,
      step,
      error: (failure) => answer(vendor.problem(failure), requestId),
      ...accepted
    })

    const key = (vendor.key ?? Headers.bearer)(incoming)
    if (isProblem(key)) return reject(key)
    const problem = refused(incoming, key)
    if (problem !== undefined) return reject(problem)
    const route = vendor.route(incoming)
    if (isProblem(route)) return reject(route)
    if (route._tag === "Generate" || route._tag === "Take") step = route.step
    if (route._tag === "Read") {
      const read: Answer = {
        status: 200,
        headers: vendor.headers(requestId),
        requestId,
        body: json(route.value, vendor.inBand)
      }
      return accept({ model: undefined, prompt: "", stream: false, answer: () => read })
    }
    if (route._tag === "Take") {
      const received = route.receive({ incoming, root, requestId, key: key ?? "" })
      return isProblem(received) ? reject(received) : accept(received)
    }
    if (route._tag === "Desk") {
      const work = route.clerk({ incoming, key: key ?? "", root, requestId })
      if (isProblem(work)) return reject(work)
      const frame = { headers: vendor.headers(requestId), requestId }
      const told = (value: unknown) => json(value, vendor.inBand)
      return accept({ model: undefined, prompt: "", stream: false, answer: () => Desk.answer(work(), frame, told) })
    }
    if (!Headers.isJson(incoming)) return reject(vendor.problem({ status: 415 }))
    if (!isObject(body)) return reject(vendor.problem({ status: 400, message: "The body is no JSON object." }))
    const received = route.receive({ body, root, requestId, key: key ?? "" })
    return isProblem(received) ? reject(received) : accept(received)
  }

  return {
    provider: vendor.provider,
    basePath: vendor.basePath,
    receive,
    refuse: (failure) =>
      answer(vendor.problem(failure), vendor.requestId(digest(world.seed, String(world.time.now())))),
    reset: () => {}
  }
}
