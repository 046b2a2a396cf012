/**
 * What one vendor's protocol gives to the server, and what it gets from it.
 */
import type * as Answers from "./Answers.ts"
import type * as Bill from "./Bill.ts"
import type * as Disk from "./Disk.ts"
import type * as Faults from "./Faults.ts"
import type * as Keys from "./Keys.ts"
import type * as Multipart from "./Multipart.ts"
import type * as PrefixCache from "./PrefixCache.ts"
import type * as Rates from "./Rates.ts"
import type * as Time from "./Time.ts"
import type { Files } from "./images/Files.ts"

/** What all vendors share. */
export interface World {
  readonly seed: string
  readonly time: Time.Time
  readonly cache: PrefixCache.PrefixCache
  readonly keys: Keys.Keys
  /** What links lead to. */
  readonly files: Files
  /** Where the server listens, such as `http://127.0.0.1:49152`. */
  readonly origin: () => string
  /** How often this content has arrived before: 0 for the first time. */
  readonly occurrence: (content: string) => number
  /** What the model says, by the root of everything random in it; one of several choices by its number. */
  readonly answer: (ask: Answers.Ask, root: string, choice?: number) => Answers.Answer
  readonly disk: Disk.Disk
  /** Charges for what nobody waits for. */
  readonly charge: (charge: Bill.Charge) => void
  readonly batches: Batches
}

/** How batches go. */
export interface Batches {
  /** From the submission to the last result. */
  readonly takesMillis: number
  /** In place of the vendor's own limits. */
  readonly maxRows: number | undefined
  readonly maxBytes: number | undefined
}

export interface Incoming {
  readonly method: string
  /** The path below the vendor's base path, such as `/responses`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** What `text` was read from; empty for a form. */
  readonly bytes?: Uint8Array | undefined
  /** The parsed body, undefined when it is no JSON. */
  readonly body: unknown
  /** The parts of a multipart body. */
  readonly form?: Multipart.Form | undefined
  /** Of a batch, whose key was checked when it was submitted. */
  readonly trusted?: boolean | undefined
}

/** What a request is to a picture: asks for it, asks after its job, ends that, or fetches what was made. */
export type Step = typeof Faults.steps[number]

/** A failure told with status 200. */
export type InBand = NonNullable<Faults.Fault["fail"]>

/** How events are written that aren't server-sent ones. */
export interface Framing {
  readonly contentType: string
  readonly frame: (event: Event) => Uint8Array
}

/** An event, and how many output tokens were produced for it. */
export interface Event {
  readonly event?: string | undefined
  readonly data: string
  readonly tokens: number
  /** Sent before it, as who has queued a request does. */
  readonly comment?: string | undefined
}

export type Body =
  | {
    readonly _tag: "Json"
    readonly value: unknown
    readonly fail: (failure: InBand) => unknown
    /** Blanks before it, as who has queued a request sends them. */
    readonly prefix?: string | undefined
  }
  | {
    readonly _tag: "Events"
    readonly events: ReadonlyArray<Event>
    readonly framing?: Framing | undefined
    readonly fail: (sequence: number, failure: InBand) => Event
  }
  | { readonly _tag: "Bytes"; readonly contentType: string; readonly bytes: Buffer }
  | { readonly _tag: "File"; readonly content: Disk.File; readonly type: string }

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly requestId: string
  readonly body: Body
  readonly charge?: Bill.Charge | undefined
  /** The id of an earlier request that is charged no more. */
  readonly refund?: string | undefined
  /** The job that the request made. */
  readonly job?: string | undefined
}

/** What a fault changes in the answer itself. */
export type Alteration = Pick<Faults.Fault, "answerModel" | "answerServiceTier" | "drop">

/** A request that the vendor takes. */
export interface Accepted {
  readonly _tag: "Accepted"
  readonly model: string | undefined
  readonly prompt: string
  readonly stream: boolean
  readonly requestId: string
  readonly step?: Step | undefined
  /** Does the work: reads and writes the prefix cache, so it is called at most once. */
  readonly answer: (alteration: Alteration) => Answer
  /** The vendor's error for a status. */
  readonly error: (failure: Failure) => Answer
}

export interface Rejected {
  readonly _tag: "Rejected"
  readonly step?: Step | undefined
  readonly answer: Answer
}

export interface Failure {
  readonly status: number
  readonly code?: string | undefined
  readonly message?: string | undefined
}

export interface Protocol {
  readonly provider: string
  /** Where it lives on the server, such as `/openai/v1`. */
  readonly basePath: string
  /** Which paths below it are its own, where another protocol has the rest. */
  readonly serves?: ((path: string) => boolean) | undefined
  readonly receive: (incoming: Incoming) => Accepted | Rejected
  /** A refusal before the body was read. */
  readonly refuse: (failure: Failure) => Answer
  /** How the vendor tells what is left of its limits; without it, it doesn't. */
  readonly rateHeaders?: ((state: Rates.State, now: number) => Readonly<Record<string, string>>) | undefined
  readonly reset: () => void
  /** Bytes of a body that it takes, where that isn't what the server takes. */
  readonly bodyLimit?: ((path: string) => number | undefined) | undefined
  /** Of which paths the files go to disk. */
  readonly keepsFiles?: ((path: string) => boolean) | undefined
  readonly jobs?: Jobs | undefined
}

/** What goes on by the clock. */
export interface Jobs {
  readonly catchUp: () => Promise<void>
  /** Finishes all of it now. */
  readonly finish: () => Promise<void>
}
