/**
 * Jobs of many rows, which go on by the sandbox's clock: rows finish one after the other, in an order of their own.
 *
 * Whoever looks at a job brings it up to date first, so that nothing happens between two looks. A row's prompt can steer
 * it:
 * - `[batch: fail]` refuses the row with status 400, `[batch: fail 500]` with another;
 * - `[batch: stall]` never comes to it before the job expires, is cancelled or is told to finish;
 * - `[batch: lose]` leaves it out of the results, uncharged; `[batch: twice]` tells its result twice, charged once.
 */
import * as Bill from "../Bill.ts"
import type * as Disk from "../Disk.ts"
import type { JsonObject } from "../Json.ts"
import type { Accepted, Alteration, Incoming, Rejected, World } from "../Protocol.ts"
import { dice } from "../Seed.ts"

/** One row, as a request to the vendor's live route. */
export interface Row {
  readonly customId: string
  readonly path: string
  readonly body: JsonObject
  /** What goes back with its result besides. */
  readonly echo?: unknown
}

export interface Answered {
  readonly _tag: "Answered"
  readonly status: number
  readonly requestId: string
  readonly body: unknown
  /** Of an answer that costs something, at the batch's rate. */
  readonly charge: Bill.Charge | undefined
}

/** How a row ended. */
export type Outcome = Answered | { readonly _tag: "Expired" } | { readonly _tag: "Cancelled" }

export interface Line {
  readonly row: Row
  /** From 0, in the order of the input. */
  readonly index: number
  readonly outcome: Outcome
}

/** What is wrong with a file of rows. */
export interface Flaw {
  readonly code: string
  readonly message: string
  readonly param: string | null
  /** From 1; null for the whole file. */
  readonly line: number | null
}

/** `number` is from 1. */
export type Check = (line: string, number: number) => Flaw | undefined

export type State =
  | "validating"
  | "failed"
  | "running"
  | "finalizing"
  | "completed"
  | "cancelling"
  | "cancelled"
  | "expired"

/** What a vendor asks for when it takes a job. */
export interface Order {
  readonly id: string
  /** Decides the order of its results. */
  readonly root: string
  /** What its rows are sent with: the key, and versions. */
  readonly headers: Readonly<Record<string, string>>
  /** A row a line. */
  readonly input: Disk.File
  readonly expiresAt: number
  /** What the vendor tells of it besides. */
  readonly about: JsonObject
}

export interface Counts {
  readonly succeeded: number
  readonly errored: number
  readonly expired: number
  readonly cancelled: number
}

export interface Usage {
  readonly input: number
  readonly read: number
  readonly output: number
  readonly reasoning: number
}

export interface Job extends Order {
  readonly createdAt: number
  readonly state: State
  readonly total: number
  readonly counts: Counts
  readonly usage: Usage
  readonly flaws: ReadonlyArray<Flaw>
  readonly runsAt: number | undefined
  readonly finalizesAt: number | undefined
  readonly cancelsAt: number | undefined
  readonly endsAt: number | undefined
  /** What the answers name as their model; undefined before the first. */
  readonly model: string | undefined
}

/** How one vendor runs its jobs. */
export interface Vendor {
  /** Answers a row as the live route does. */
  readonly receive: (incoming: Incoming) => Accepted | Rejected
  /** What a batch changes in an answer, such as the tier that it names. */
  readonly alteration: Alteration
  /** What a batch costs. */
  readonly discount: (multiplier: Bill.Multiplier) => Bill.Multiplier
  readonly row: (line: string, job: Order) => Row
  /** What is wrong with the input, as a whole and by line; nothing of it runs then. */
  readonly check?: ((job: Order) => Flaw | Check) | undefined
  readonly tell: (job: Job, line: Line) => void
  /** It is over, and all lines are told. */
  readonly close?: ((job: Job) => void) | undefined
}

export interface Jobs {
  readonly add: (order: Order) => Job
  readonly find: (id: string) => Job | undefined
  /** Newest first. */
  readonly all: () => ReadonlyArray<Job>
  /** False where it is over. */
  readonly cancel: (id: string) => boolean
  readonly remove: (id: string) => void
  /** Brings all jobs up to date. */
  readonly catchUp: () => Promise<void>
  /** Finishes all jobs now. */
  readonly finish: () => Promise<void>
  readonly clear: () => void
}

interface Running extends Job {
  state: State
  counts: { -readonly [K in keyof Counts]: Counts[K] }
  usage: { -readonly [K in keyof Usage]: Usage[K] }
  flaws: ReadonlyArray<Flaw>
  runsAt: number | undefined
  finalizesAt: number | undefined
  cancelsAt: number | undefined
  endsAt: number | undefined
  model: string | undefined
  total: number
  readonly takesMillis: number
  /** The lines of its rows as they have their turns; undefined until its input was found valid. */
  order: Uint32Array | undefined
  /** How many of `order` have had their turn. */
  done: number
  stalled: Array<number>
  hurried: boolean
}

const isOver = ({ state }: Job) =>
  state === "completed" || state === "failed" || state === "cancelled" || state === "expired"

const flawLimit = 50

/** Rows between two looks at who else wants the processor. */
const stride = 64

const pause = () => new Promise<void>((resolve) => void setImmediate(resolve))

export const make = (world: World, vendor: Vendor): Jobs => {
  const jobs = new Map<string, Running>()
  let last = Promise.resolve()

  /** False once it was forgotten, maybe while it went on. */
  const isKnown = (job: Running) => jobs.get(job.id) === job

  const answered = (job: Running, row: Row): { readonly outcome: Answered; readonly mark: string | undefined } => {
    const text = JSON.stringify(row.body)
    const received = vendor.receive({
      method: "POST",
      path: row.path,
      query: new URLSearchParams(),
      headers: { ...job.headers, "content-type": "application/json" },
      text,
      body: row.body,
      trusted: true
    })
    const told = ({ body, charge, requestId, status }: Rejected["answer"]): Answered => ({
      _tag: "Answered",
      status,
      requestId,
      body: body._tag === "Json" ? body.value : {},
      charge: charge === undefined
        ? undefined
        : { ...charge, serviceTier: "batch", multiplier: vendor.discount(charge.multiplier) }
    })
    if (received._tag === "Rejected") return { outcome: told(received.answer), mark: undefined }
    const [, mark, status] = /\[batch:\s?(fail|stall|lose|twice)(?: (\d{3}))?\]/.exec(received.prompt) ?? []
    if (received.stream) {
      return { outcome: told(received.error({ status: 400, message: "A batch doesn't stream." })), mark: undefined }
    }
    if (mark === "fail") {
      const message = "The row was told to fail."
      return { outcome: told(received.error({ status: Number(status ?? 400), message })), mark }
    }
    const isLeftOut = mark === "lose" || (mark === "stall" && !job.hurried)
    return {
      outcome: isLeftOut
        ? { _tag: "Answered", status: 200, requestId: received.requestId, body: {}, charge: undefined }
        : told(received.answer(vendor.alteration)),
      mark
    }
  }

  const count = (job: Running, { body, charge, status }: Answered) => {
    if (status >= 400) job.counts.errored++
    else job.counts.succeeded++
    if (charge === undefined) return
    const { cachedRead, output } = charge.tokens
    job.usage.input += Bill.totalInput(charge.tokens)
    job.usage.read += cachedRead
    job.usage.output += output
    job.usage.reasoning += Math.min(charge.reasoning, output)
    job.model ??= modelIn(body) ?? charge.model
    world.charge(charge)
  }

  const turn = (job: Running, index: number) => {
    const row = vendor.row(job.input.line(index), job)
    const { mark, outcome } = answered(job, row)
    if (mark === "stall" && !job.hurried) return void job.stalled.push(index)
    count(job, outcome)
    const copies = mark === "lose" ? 0 : mark === "twice" ? 2 : 1
    for (let copy = 0; copy < copies; copy++) vendor.tell(job, { row, index, outcome })
  }

  const over = (job: Running, state: State, at: number) => {
    job.state = state
    job.endsAt = at
    job.input.release()
    vendor.close?.(job)
  }

  /** Ends those that had no turn. */
  const leave = async (job: Running, order: Uint32Array, state: "expired" | "cancelled", at: number) => {
    const left = [...job.stalled, ...order.subarray(job.done)]
    const outcome: Outcome = { _tag: state === "expired" ? "Expired" : "Cancelled" }
    for (const [n, index] of left.entries()) {
      if (n % stride === stride - 1) await pause()
      if (!isKnown(job)) return
      job.counts[state]++
      vendor.tell(job, { row: vendor.row(job.input.line(index), job), index, outcome })
    }
    job.done = order.length
    job.stalled = []
    over(job, state, at)
  }

  const flawsOf = async (job: Running): Promise<ReadonlyArray<Flaw>> => {
    const check = vendor.check?.(job)
    if (check === undefined) return []
    if (typeof check !== "function") return [check]
    const flaws: Array<Flaw> = []
    const lines = job.input.lines()
    for (let line = 0; line < lines && flaws.length < flawLimit; line++) {
      if (line % (stride * 8) === 0) await pause()
      if (!isKnown(job)) break
      const flaw = check(job.input.line(line), line + 1)
      if (flaw !== undefined) flaws.push(flaw)
    }
    return flaws
  }

  const validate = async (job: Running, at: number): Promise<Uint32Array | undefined> => {
    job.flaws = await flawsOf(job)
    if (!isKnown(job)) return undefined
    if (job.flaws.length > 0) {
      over(job, "failed", at)
      return undefined
    }
    const order = shuffled(job)
    job.order = order
    job.total = order.length
    if (job.state === "validating") job.state = "running"
    job.runsAt = at
    return order
  }

  /** How many of `total` rows are due at a time. */
  const due = ({ createdAt, hurried, takesMillis }: Running, total: number, at: number): number => {
    if (hurried) return total
    const share = (at - createdAt - takesMillis / 10) / (takesMillis * 0.8)
    return Math.min(total, Math.max(0, Math.floor(share * total + 1e-9)))
  }

  const advance = async (job: Running): Promise<void> => {
    const { cancelsAt, createdAt, expiresAt, hurried, takesMillis } = job
    const now = world.time.now()
    const startsAt = hurried ? now : Math.min(createdAt + takesMillis / 10, expiresAt, cancelsAt ?? Infinity)
    if (now < startsAt) return
    const order = job.order ?? await validate(job, startsAt)
    if (order === undefined) return
    if (hurried) {
      for (const index of job.stalled.splice(0)) turn(job, index)
    }
    const until = due(job, order.length, Math.min(now, expiresAt, cancelsAt ?? Infinity))
    while (job.done < until) {
      turn(job, order[job.done] ?? 0)
      job.done++
      if (job.done % stride !== 0) continue
      await pause()
      if (!isKnown(job)) return
    }
    if (cancelsAt !== undefined) {
      const cancelledAt = hurried ? now : cancelsAt + takesMillis / 10
      if (now >= cancelledAt) await leave(job, order, "cancelled", cancelledAt)
      return
    }
    const finalizesAt = hurried ? now : createdAt + takesMillis * 0.9
    if (job.done === order.length && job.stalled.length === 0 && finalizesAt <= Math.min(now, expiresAt)) {
      job.state = "finalizing"
      job.finalizesAt ??= finalizesAt
      const endsAt = hurried ? now : createdAt + takesMillis
      if (now >= endsAt) over(job, "completed", endsAt)
      return
    }
    if (now >= expiresAt) await leave(job, order, "expired", expiresAt)
  }

  const catchUp = (): Promise<void> => {
    const open = () => [...jobs.values()].filter((job) => !isOver(job))
    if (open().length === 0) return Promise.resolve()
    const next = last.then(async () => {
      for (const job of open()) await advance(job)
    })
    last = next.catch(() => undefined)
    return next
  }

  return {
    add: (order) => {
      const job: Running = {
        ...order,
        createdAt: world.time.now(),
        takesMillis: world.batches.takesMillis,
        state: "validating",
        total: order.input.lines(),
        counts: { succeeded: 0, errored: 0, expired: 0, cancelled: 0 },
        usage: { input: 0, read: 0, output: 0, reasoning: 0 },
        flaws: [],
        runsAt: undefined,
        finalizesAt: undefined,
        cancelsAt: undefined,
        endsAt: undefined,
        model: undefined,
        order: undefined,
        done: 0,
        stalled: [],
        hurried: false
      }
      job.input.keep()
      jobs.set(job.id, job)
      return job
    },
    find: (id) => jobs.get(id),
    all: () => [...jobs.values()].reverse(),
    cancel: (id) => {
      const job = jobs.get(id)
      if (job === undefined || isOver(job) || job.state === "finalizing") return false
      job.cancelsAt ??= world.time.now()
      job.state = "cancelling"
      return true
    },
    remove: (id) => {
      const job = jobs.get(id)
      if (job?.endsAt === undefined) job?.input.release()
      jobs.delete(id)
    },
    catchUp,
    finish: async () => {
      for (const job of jobs.values()) if (!isOver(job)) job.hurried = true
      await catchUp()
    },
    clear: () => jobs.clear()
  }
}

const modelIn = (body: unknown): string | undefined => {
  const model = typeof body === "object" && body !== null && "model" in body ? body.model : undefined
  return typeof model === "string" ? model : undefined
}

/** The lines that hold a row, in another order than theirs. */
const shuffled = ({ input, root }: Order): Uint32Array => {
  const order = Uint32Array.from(
    Array.from({ length: input.lines() }, (_, line) => line).filter((line) => input.line(line).trim() !== "")
  )
  const random = dice(`${root} order`)
  for (let at = order.length - 1; at > 0; at--) {
    const other = random.between(0, at)
    ;[order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0]
  }
  const isSame = order.every((line, at) => at === 0 || (order[at - 1] ?? 0) < line)
  return isSame ? order.reverse() : order
}
