/**
 * A local server that speaks the vendors' wire protocols, so that real SDKs run without keys and without a network.
 *
 * @since 1.0.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { Server as HttpServer } from "node:http"
import * as Answers from "./Answers.ts"
import * as Bill from "./Bill.ts"
import * as Bounded from "./Bounded.ts"
import * as Control from "./Control.ts"
import * as Disk from "./Disk.ts"
import * as Faults from "./Faults.ts"
import * as Journal from "./Journal.ts"
import * as Keys from "./Keys.ts"
import * as PrefixCache from "./PrefixCache.ts"
import type * as Protocol from "./Protocol.ts"
import * as Rates from "./Rates.ts"
import { dice, digest } from "./Seed.ts"
import * as Server from "./Server.ts"
import * as Time from "./Time.ts"
import { images, imageVendors, natives, vendors } from "./Vendors.ts"
import * as Chat from "./chat/Chat.ts"
import * as Files from "./images/Files.ts"

/**
 * What the sandbox does to a request in place of answering it as usual.
 *
 * @category models
 * @since 1.0.0
 */
export type Fault = Faults.Fault

/**
 * A request that the sandbox saw, and how it answered.
 *
 * @category models
 * @since 1.0.0
 */
export type JournalEntry = Journal.Entry

/**
 * What the sandbox charged for one answer.
 *
 * @category models
 * @since 1.0.0
 */
export type BillEntry = Bill.Entry

/**
 * The vendors that the sandbox speaks for.
 *
 * @category models
 * @since 1.0.0
 */
export type Provider = keyof typeof natives | keyof typeof vendors | keyof typeof imageVendors

/**
 * How the sandbox behaves.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** Decides every answer and id; the same seed and the same requests give the same answers. */
  readonly seed?: string | undefined
  /**
   * What else decides an answer: the whole request, and how often it came (`request`, by default), or only what the user
   * said last (`prompt`): then every model says the same, and what they charge can be compared.
   */
  readonly answers?: "request" | "prompt" | undefined
  /** False where no vendor is to keep prompts: all input is charged in full. True by default. */
  readonly promptCaches?: boolean | undefined
  /** `127.0.0.1` by default. */
  readonly host?: string | undefined
  /** A free port by default. */
  readonly port?: number | undefined
  /** The keys that are valid; by default every key is. */
  readonly keys?: ReadonlyArray<string> | undefined
  /** False lets requests in without a key; true by default. */
  readonly requireKey?: boolean | undefined
  /** Freezes the clock at this time, in milliseconds since 1970; only `advance` moves it then. */
  readonly startsAt?: number | undefined
  /** Paces every stream. */
  readonly tokensPerSecond?: number | undefined
  /** Waits before each event of every stream. */
  readonly eventDelay?: Duration.Input | undefined
  /** What each key may ask of each model; what is more is refused with 429. Nothing is limited by default. */
  readonly limits?: Readonly<Partial<Record<Provider, RateLimit>>> | undefined
  /** How many entries the journal and the bill keep: 10,000 by default. */
  readonly history?: number | undefined
  readonly batches?: Batches | undefined
}

/**
 * How batches go, which is by the sandbox's clock.
 *
 * @category models
 * @since 1.0.0
 */
export interface Batches {
  /** From the submission to the last result: 10 seconds by default. Past the vendor's own limit, a batch expires. */
  readonly takes?: Duration.Input | undefined
  /** How many rows a batch may have, in place of the vendor's limit. */
  readonly maxRows?: number | undefined
  /** How large a batch may be, in place of the vendor's limit. */
  readonly maxBytes?: number | undefined
}

/**
 * So many requests and tokens at once, which fill up again evenly within the window.
 *
 * @category models
 * @since 1.0.0
 */
export interface RateLimit {
  readonly requests?: number | undefined
  /** Input and output; a request is let in while there is one left. */
  readonly tokens?: number | undefined
  /** A minute by default. */
  readonly window?: Duration.Input | undefined
}

/**
 * The server could not listen.
 *
 * @category errors
 * @since 1.0.0
 */
export class SandboxError extends Schema.TaggedError<SandboxError>()("SandboxError", {
  message: Schema.String,
  cause: Schema.Defect()
}) {
  readonly what = "the sandbox can't listen"
  get why(): string {
    return this.message
  }
  readonly fix = "choose another port; 0 is a free one"
}

/**
 * A running sandbox.
 *
 * **Details**
 *
 * `GET /sandbox/journal`, `GET /sandbox/bill`, `POST /sandbox/faults`, `POST /sandbox/reset`, `POST /sandbox/clock`,
 * `POST /sandbox/keys` and `POST /sandbox/batches` (which finishes them) do over HTTP what the methods do.
 *
 * Rows of a batch finish one by one between its first and its last tenth, in an order of their own. A row is steered by
 * its prompt: `[batch: fail]` and `[batch: fail 500]` refuse it, `[batch: stall]` doesn't come to it before the batch
 * expires, `[batch: lose]` leaves it out of the results (and of the bill), `[batch: twice]` tells it twice. An entry of the
 * journal that made a batch names it as its `job`.
 *
 * Pictures are drawn from the prompt and the seed. Marks in a prompt make them go wrong: `[block input]`,
 * `[block output]`, `[block one]` of several, `[no image]`, `[job fails]`, `[polls: 5]`, `[takes: 30]` (seconds of its
 * clock), `[dead link]`, `[huge: 40]` (megabytes) and `[html]`. Links lead to `/files/…` and refuse whoever sends a
 * credential; the journal's `step` tells what a request was to a picture, and `charged` whether it is on the bill.
 *
 * **Example** (Pointing the OpenAI SDK at it)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Sandbox } from "loom-router/sandbox"
 * import OpenAI from "openai"
 *
 * const program = Effect.gen(function*() {
 *   const sandbox = yield* Sandbox
 *   const client = new OpenAI({ apiKey: "sk-any", baseURL: sandbox.baseUrl("openai") })
 *   return yield* Effect.promise(() => client.responses.create({ model: "gpt-6-luna", input: "What is a loom?" }))
 * }).pipe(Effect.provide(Sandbox.layer()))
 * ```
 *
 * @category services
 * @since 1.0.0
 */
export class Sandbox extends Context.Service<Sandbox, {
  /** The origin, such as `http://127.0.0.1:49152`. */
  readonly url: string
  readonly port: number
  /** What an SDK takes as its base URL. */
  readonly baseUrl: (provider: Provider) => string
  /** All that it speaks for. */
  readonly providers: ReadonlyArray<Provider>
  /** Queues faults after those that are still pending. */
  readonly script: (...faults: ReadonlyArray<Fault>) => Effect.Effect<void>
  readonly pendingFaults: Effect.Effect<ReadonlyArray<Fault>>
  /** Every request that arrived, oldest first. */
  readonly journal: Effect.Effect<ReadonlyArray<JournalEntry>>
  /** Waits until the journal looks as asked. */
  readonly awaitJournal: (
    holds: (journal: ReadonlyArray<JournalEntry>) => boolean
  ) => Effect.Effect<ReadonlyArray<JournalEntry>>
  /** Every charged request, in the order in which they were charged; each row of a batch is one. */
  readonly bill: Effect.Effect<ReadonlyArray<BillEntry>>
  /**
   * Forgets journal, bill, faults, prompt caches, stored answers, files, batches and what was counted against limits, and
   * restores the keys; the clock stays.
   */
  readonly reset: Effect.Effect<void>
  /** Moves the clock: cache lifetimes, delays, stalls and paces follow. */
  readonly advance: (duration: Duration.Input) => Effect.Effect<void>
  /** Finishes every batch that is under way, stalled rows too. */
  readonly finishBatches: Effect.Effect<void>
  readonly addKey: (key: string) => Effect.Effect<void>
  readonly revokeKey: (key: string) => Effect.Effect<void>
}>()("loom-router/sandbox/Sandbox") {
  /**
   * Starts a sandbox and closes it, with every connection, at the end of the scope.
   *
   * **Gotchas**
   *
   * Without `startsAt` the time is that of Effect's `Clock`, so under `TestClock` only `TestClock.adjust` and
   * `advance` move it.
   */
  static readonly layer = (options?: Options): Layer.Layer<Sandbox, SandboxError> =>
    Layer.effect(Sandbox, make(options))
}

/**
 * Starts a sandbox in the current scope.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fn("Sandbox.make")(function*(options?: Options) {
  const clock = yield* Clock.Clock
  const { startsAt } = options ?? {}
  const time = Time.make(startsAt === undefined ? () => clock.currentTimeMillisUnsafe() : () => startsAt)
  const keys = Keys.make({ keys: options?.keys, requireKey: options?.requireKey ?? true })
  const seed = options?.seed ?? "loom"
  const cache = options?.promptCaches === false ? PrefixCache.none : PrefixCache.make()
  const arrivals = makeArrivals()
  let origin = ""
  const files = Files.make(seed, time, () => origin)
  const history = options?.history ?? 10_000
  const books: Server.Books = {
    journal: Journal.make(history),
    bill: Bounded.list<Bill.Entry>(history),
    faults: Faults.make()
  }
  const disk = yield* Effect.acquireRelease(Effect.sync(Disk.make), (disk) => Effect.sync(disk.clear))
  const world: Protocol.World = {
    seed,
    time,
    cache,
    keys,
    files,
    origin: () => origin,
    occurrence: arrivals.count,
    answer: (ask, root, choice) => {
      const from = options?.answers === "prompt" ? digest(seed, ask.prompt) : root
      return Answers.answer(ask, dice(choice === undefined ? from : `${from}/${choice}`))
    },
    disk,
    charge: (charge) => books.bill.add(Bill.settle(charge, time.now())),
    batches: {
      takesMillis: Duration.toMillis(options?.batches?.takes ?? "10 seconds"),
      maxRows: options?.batches?.maxRows,
      maxBytes: options?.batches?.maxBytes
    }
  }
  const protocols = [
    ...Object.values(natives).map((make) => make(world)),
    ...Object.values(vendors).map((vendor) => Chat.make(vendor)(world)),
    ...[...images, ...Object.values(imageVendors)].map((make) => make(world)),
    files.protocol
  ]
  const rates = Rates.make(
    Object.fromEntries(
      Object.entries(options?.limits ?? {}).map(([provider, { requests, tokens, window }]) => [
        provider,
        { requests, tokens, windowMillis: Duration.toMillis(window ?? "1 minute") }
      ])
    ),
    time
  )
  const jobs: Protocol.Jobs = {
    catchUp: async () => {
      for (const protocol of protocols) await protocol.jobs?.catchUp()
    },
    finish: async () => {
      for (const protocol of protocols) await protocol.jobs?.finish()
    }
  }
  const forget = () => {
    for (const protocol of protocols) protocol.reset()
  }
  // What is under way stops before its files are gone.
  yield* Effect.addFinalizer(() => Effect.sync(forget))
  const reset = () => {
    books.journal.clear()
    books.bill.clear()
    books.faults.clear()
    cache.clear()
    keys.reset()
    arrivals.clear()
    rates.clear()
    forget()
    disk.clear()
  }

  const host = options?.host ?? "127.0.0.1"
  const server = Server.make({
    protocols,
    time,
    books,
    rates,
    disk,
    control: Control.make({ books, keys, time, jobs, reset }),
    pace: {
      tokensPerSecond: options?.tokensPerSecond,
      eventDelayMillis: options?.eventDelay === undefined ? undefined : Duration.toMillis(options.eventDelay)
    }
  })
  const port = yield* Effect.acquireRelease(listen(server, host, options?.port ?? 0), () => close(server))
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`
  origin = url

  const journal = Effect.sync(() => books.journal.all())
  return Sandbox.of({
    url,
    port,
    providers: [...Struct.keys(natives), ...Struct.keys(vendors), ...Struct.keys(imageVendors)],
    baseUrl: (provider) => url + (protocols.find((protocol) => protocol.provider === provider)?.basePath ?? ""),
    script: (...faults) => Effect.sync(() => books.faults.add(faults)),
    pendingFaults: Effect.sync(() => books.faults.pending()),
    journal,
    awaitJournal: (holds) =>
      Effect.callback((resume) => {
        const look = () => {
          const entries = books.journal.all()
          if (!holds(entries)) return
          unsubscribe()
          resume(Effect.succeed(entries))
        }
        const unsubscribe = books.journal.subscribe(look)
        look()
        return Effect.sync(unsubscribe)
      }),
    bill: Effect.promise(() => jobs.catchUp()).pipe(Effect.map(() => books.bill.all())),
    reset: Effect.sync(reset),
    advance: (duration) => Effect.sync(() => time.advance(Duration.toMillis(duration))),
    finishBatches: Effect.promise(() => jobs.finish()),
    addKey: (key) => Effect.sync(() => keys.add(key)),
    revokeKey: (key) => Effect.sync(() => keys.revoke(key))
  })
})

const listen = (server: HttpServer, host: string, port: number) =>
  Effect.callback<number, SandboxError>((resume) => {
    const fail = (cause: Error) =>
      resume(Effect.fail(new SandboxError({ message: `Cannot listen on ${host}:${port}: ${cause.message}`, cause })))
    server.once("error", fail)
    server.listen(port, host, () => {
      server.off("error", fail)
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

const close = (server: HttpServer) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** Counts equal arrivals, so that equal requests get different ids. */
const makeArrivals = (capacity = 100_000) => {
  const seen = new Map<string, number>()
  return {
    count: (content: string) => {
      const occurrence = seen.get(content) ?? 0
      Bounded.setNewest(seen, capacity, content, occurrence + 1)
      return occurrence
    },
    clear: () => seen.clear()
  }
}
