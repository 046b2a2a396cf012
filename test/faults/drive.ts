/**
 * Drives one fault on a plain call, on a stream, and on a router of two candidates, called and streamed (in the full run
 * on failover too), through the front door with every stage in its place. Checks what has to hold whatever went wrong: one record, one attempt for every
 * request, nothing charged that counts as unbilled, no failure kept by the cache, and no connection left open.
 */
import { assert, it } from "@effect/vitest"
import { Clock, Effect, Layer, Redacted, Stream } from "effect"
import {
  type Attempt,
  type CallRecord,
  type GenerateError,
  Generation,
  Generator,
  Loom,
  ResponseCache,
  type RetryPolicy,
  Router,
  type Transport
} from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import * as Sandbox from "loom-router/sandbox"
import { billed, type Box, november, quick, spent } from "../providers/world.ts"
import { catalogWith, key, secondModel, stranger } from "./pair.ts"

export type Mode = "call" | "stream" | "router" | "router, streamed" | "failover" | "failover, streamed"

/** Whether everything runs, or what is worth it at every change. */
export const isFull = process.env["LOOM_TEST"] === "full"

export const modes: ReadonlyArray<Mode> = [
  "call",
  "stream",
  "router",
  "router, streamed",
  // The same fold, over candidates that weren't declared.
  ...isFull ? ["failover", "failover, streamed"] as const : []
]

export const isStream = (mode: Mode): boolean => mode.endsWith("stream") || mode.endsWith("streamed")
/** Whether there is a second candidate. */
export const isRouter = (mode: Mode): boolean => mode !== "call" && mode !== "stream"
const isFailover = (mode: Mode): boolean => mode.startsWith("failover")

/** How one asks, to the end of the answer. */
export type Asking = (
  options: Parameters<typeof Loom.generate>[0]
) => Effect.Effect<Generation.Generation, GenerateError.GenerateError>

/** Called, and streamed. */
export const ways: readonly [readonly ["call", Asking], readonly ["stream", Asking]] = [
  ["call", Loom.generate],
  [
    "stream",
    (options) =>
      Effect.flatMap(Stream.runCollect(Loom.stream(options)), (parts) => {
        const generation = Generation.fromParts(parts)
        return generation === undefined ? Effect.die("the stream has no finish") : Effect.succeed(generation)
      })
  ]
]

/** What a vendor is made of. */
interface Made {
  /** The environment's by default. */
  readonly apiKey?: Redacted.Redacted | undefined
  readonly baseUrl: string
  readonly limits?: Partial<Transport.Limits> | undefined
}

/** A way to be asked: a vendor, by one of its protocols. */
export interface Wire {
  readonly title: string
  readonly provider: "openai" | "anthropic"
  readonly model: string
  readonly make: (made: Made) => ReturnType<typeof OpenAi.make>
  /** An error as the vendor tells it with status 200; by code, or by type. */
  readonly error: (code: string, message: string) => Readonly<Record<string, unknown>>
}

const openAiError: Wire["error"] = (code, message) => ({ error: { message, code, type: code, param: null } })

export const responses: Wire = {
  title: "openai, responses",
  provider: "openai",
  model: "gpt-4.1",
  make: (made) => OpenAi.make({ ...made, protocol: "responses" }),
  error: openAiError
}

export const chat: Wire = {
  title: "openai, chat",
  provider: "openai",
  model: "gpt-4.1",
  make: (made) => OpenAi.make({ ...made, protocol: "chat" }),
  error: openAiError
}

export const messages: Wire = {
  title: "anthropic",
  provider: "anthropic",
  model: "claude-haiku-4-5",
  make: Anthropic.make,
  error: (type, message) => ({ type: "error", error: { type, message }, request_id: "req_1" })
}

export const wires = [responses, chat, messages] as const

/** What a fault is driven with. */
export interface Drive {
  /** The first vendor's; OpenAI's by default. */
  readonly wire?: Wire | undefined
  /** Falls on the first vendor. */
  readonly faults: ReadonlyArray<Sandbox.Fault>
  /** Falls on the second. */
  readonly later?: ReadonlyArray<Sandbox.Fault> | undefined
  readonly prompt?: string | undefined
  readonly model?: string | undefined
  /** The first vendor's address: its sandbox by default. */
  readonly baseUrl?: string | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
  readonly transport?: Transport.Options | undefined
  readonly retry?: RetryPolicy.RetryPolicy | undefined
  readonly timeout?: number | undefined
  readonly clock?: Clock.Clock | undefined
  /** Runs beside the call. */
  readonly meanwhile?: ((first: Box) => Effect.Effect<void>) | undefined
  /** Reads the stream up to this part, and leaves. */
  readonly take?: number | undefined
}

/** How it ended. */
export interface Ended {
  readonly answer: Generation.Generation | undefined
  readonly error: GenerateError.GenerateError | undefined
  /** Every part that was shown. */
  readonly parts: ReadonlyArray<Generation.Part>
  /** The text that was shown. */
  readonly text: string
  readonly attempts: ReadonlyArray<Attempt.Attempt>
  /** The candidates that were reached: of a router, and where the first was left. */
  readonly tried: ReadonlyArray<Attempt.Tried>
  /** How many requests reached the first vendor, and the second. */
  readonly requests: readonly [number, number]
  readonly first: Box
}

/** The first candidate. */
const modelOf = ({ model, wire = responses }: Drive) => `${wire.provider}/${model ?? wire.model}` as const

export const drive = Effect.fnUntraced(function*(mode: Mode, options: Drive) {
  const first = yield* Sandbox.make({ seed: "first" })
  // Only a router gets there.
  const second = isRouter(mode) ? yield* Sandbox.make({ seed: "second" }) : first
  yield* first.script(...options.faults)
  yield* second.script(...options.later ?? [])
  const wire = options.wire ?? responses
  const model = modelOf(options)
  const prompt = options.prompt ?? "[words: 40] Looms weave 織機 🧶."
  const catalog = catalogWith(second)
  const providers = {
    [wire.provider]: Layer.effect(
      Generator.Generator,
      wire.make({
        apiKey: Redacted.make(key),
        baseUrl: options.baseUrl ?? first.baseUrl(wire.provider),
        limits: options.limits
      })
    ),
    second: stranger(second)
  }
  const retry = options.retry ?? quick
  const parts: Array<Generation.Part> = []
  const records: Array<CallRecord.CallRecord> = []
  const cache = yield* ResponseCache.make({ ttl: "1 hour" })

  const shown = <R>(stream: Stream.Stream<Generation.Part, GenerateError.GenerateError, R>) =>
    (options.take === undefined ? stream : Stream.take(stream, options.take)).pipe(
      Stream.runForEach((part) => Effect.sync(() => parts.push(part))),
      Effect.map(() => Generation.fromParts(parts))
    )
  const call = { model, prompt, timeout: options.timeout, failover: isFailover(mode) ? [secondModel] : undefined }
  const router = Router.make({ candidates: [model, secondModel] })
  const routed = { prompt, timeout: options.timeout }
  const generate = isRouter(mode) && !isFailover(mode) ? Loom.route(router, routed) : Loom.generate(call)
  const stream = isRouter(mode) && !isFailover(mode) ? Loom.streamRoute(router, routed) : Loom.stream(call)
  const loom = Loom.layer({
    catalog,
    providers,
    retry,
    transport: options.transport,
    onCall: (record) => records.push(record)
  })
  const asked = Effect.provide(
    isStream(mode) ? shown(stream) : generate,
    Layer.provide(loom, Layer.succeed(ResponseCache.CurrentResponseCache, cache))
  )

  if (options.meanwhile !== undefined) yield* Effect.forkChild(options.meanwhile(first))
  const { answer, error } = yield* Effect.match(asked, {
    onSuccess: (answer) => ({ answer, error: undefined }),
    onFailure: (error) => ({ answer: undefined, error })
  })

  const sandboxes = [...new Set([first, second])]
  for (const sandbox of sandboxes) yield* sandbox.awaitJournal((journal) => journal.every(({ ended }) => ended))
  assert.lengthOf(records, 1, "one record of every call")
  const attempts = records[0]?.attempts ?? []
  assert.deepStrictEqual(answer?.attempts ?? error?.attempts ?? attempts, attempts)
  assert.strictEqual(records[0]?.outcome, error?.reason._tag ?? (answer === undefined ? "interrupted" : "ok"))
  assert.strictEqual(
    (yield* cache.stats).kept,
    answer === undefined || answer.finishReason === "unknown" ? 0 : 1,
    "whole answers are kept, and nothing else is"
  )
  assert.isAtLeast(
    attempts.filter(({ billed }) => billed !== "no").length,
    (yield* Effect.forEach(sandboxes, ({ bill }) => bill)).flat().length,
    "what the vendor charges is never called unbilled"
  )
  for (const { billed, cost } of attempts) {
    if (billed === "yes") assert.isAbove(cost?.picoUsd ?? 0, 0, "what is billed has a cost")
    if (billed === "no") assert.isUndefined(cost)
  }
  for (const [sandbox, isIts] of [[first, true], [second, false]] as const) {
    const its = attempts.filter(({ provider }) => (provider !== "second") === isIts)
    const charged = yield* billed(sandbox)
    const isMeasured = its.every(({ billed, cost }) => billed === "no" || cost?.status === "measured")
    if (charged > 0 && isMeasured && its.length > 0) assert.strictEqual(spent(its), charged, "the cost is the bill")
  }
  return {
    answer,
    error,
    tried: answer?.router?.tried ?? error?.tried ?? [],
    parts,
    text: parts.map((part) => part.type === "text-delta" ? part.delta : "").join(""),
    attempts,
    requests: [(yield* first.journal).length, isRouter(mode) ? (yield* second.journal).length : 0] as const,
    first
  }
})

/** Registers a test of a fault in each of these modes; its title begins with the row. */
export const driven = (
  title: string,
  options: Drive,
  check: (ended: Ended, mode: Mode) => void,
  only: ReadonlyArray<Mode> = modes
): void => {
  for (const mode of only) {
    it.live(`${title}: ${mode}`, () =>
      Effect.gen(function*() {
        const ended = yield* drive(mode, options).pipe(
          Effect.provideService(Clock.Clock, options.clock ?? november())
        )
        check(ended, mode)
      }))
  }
}

/** A failure before anything was shown. */
export interface Failure {
  readonly reason: GenerateError.Reason["_tag"]
  /** Attempts at the first vendor: 1 unless it is tried again. */
  readonly attempts?: number | undefined
  /** Requests that reach the first vendor: as many as attempts, if not given. */
  readonly requests?: number | undefined
  readonly billed: Attempt.Attempt["billed"]
  readonly status?: number | undefined
  /** Whether a router goes on to its second candidate. */
  readonly failover: boolean
  readonly why?: RegExp | undefined
}

/** Registers the test of a fault that fails, or fails over, before anything was shown. */
export const fails = (title: string, options: Drive, failure: Failure, only?: ReadonlyArray<Mode>): void => {
  const { attempts = 1, requests = attempts } = failure
  const { provider } = options.wire ?? responses
  driven(title, options, ({ answer, attempts: made, error, parts, requests: arrived, text, tried }, mode) => {
    const atFirst = made.slice(0, attempts)
    for (const attempt of atFirst) {
      assert.deepInclude(attempt, { provider, outcome: failure.reason, billed: failure.billed })
      if (failure.status !== undefined) assert.strictEqual(attempt.status, failure.status)
    }
    assert.lengthOf(atFirst, attempts)
    if (isRouter(mode) && failure.failover) {
      assert.deepStrictEqual(arrived, [requests, 1])
      assert.lengthOf(made, attempts + 1)
      assert.deepInclude(made.at(-1), { provider: "second", outcome: "ok", billed: "yes" })
      assert.strictEqual(answer?.provider, "second")
      assert.strictEqual(answer?.finishReason, "stop")
      assert.isAbove(answer?.text.length ?? 0, 0)
      if (isStream(mode)) assert.strictEqual(answer?.text, text)
      assert.strictEqual(answer?.router?.used, secondModel)
      assert.deepStrictEqual(tried.map(({ attempts, model, outcome }) => [model, outcome, attempts]), [
        [modelOf(options), failure.reason, attempts],
        [secondModel, "ok", 1]
      ])
      assert.deepStrictEqual(tried.map(({ picoUsd }) => picoUsd), [spent(atFirst), spent(made.slice(attempts))])
      if (failure.why !== undefined) assert.match(tried[0]?.why ?? "", failure.why)
      return
    }
    assert.deepStrictEqual(
      tried.map(({ attempts, model, outcome }) => [model, outcome, attempts]),
      isRouter(mode) && !isFailover(mode) ? [[modelOf(options), failure.reason, attempts]] : []
    )
    assert.deepStrictEqual(arrived, [requests, 0])
    assert.lengthOf(made, attempts)
    assert.strictEqual(error?.reason._tag, failure.reason)
    if (failure.status !== undefined) assert.strictEqual(error?.status, failure.status)
    assert.strictEqual(error?.provider, provider)
    if (failure.why !== undefined) assert.match(error?.why ?? "", failure.why)
    assert.deepStrictEqual(parts, [])
  }, only)
}
