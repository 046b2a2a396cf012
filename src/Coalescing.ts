/**
 * One upstream request, however many ask the same (by their `CallKey`) at the same time. One caller has paid for it; for
 * the others the answer says `cache: "coalesced"`, costs nothing, and tells what it would have cost in `saved`.
 *
 * Calls that say `coalesce: false`, or bring a retry policy of their own, are asked alone.
 *
 * **Details**
 *
 * Calls under way stand in Effect's `Cache`, which they leave with their answer; streams in its `RcMap`, until their
 * last part. Who leaves disturbs nobody, and the last one to leave cancels the upstream request. A failure is shared by
 * those who wait for it and kept nowhere. What is asked for many is asked with the tags and spans of the first, until
 * the latest deadline of those who wait. Its attempts are on the record of one of them: the first to have the answer.
 *
 * @since 1.0.0
 */
import * as Arr from "effect/Array"
import * as Cache from "effect/Cache"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Hash from "effect/Hash"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Attempt } from "./Attempt.ts"
import * as Call from "./Call.ts"
import * as CallKey from "./CallKey.ts"
import { copy, type GenerateError } from "./GenerateError.ts"
import type * as Generation from "./Generation.ts"
import type { Request } from "./Request.ts"
import * as Replay from "./internal/replay.ts"
import { scoped } from "./internal/scoped.ts"
import { encodeObject, passOn } from "./internal/sharing.ts"

/**
 * What is asked once for many: the two methods of a Generator.
 *
 * @category models
 * @since 1.0.0
 */
export interface Methods {
  readonly generate: (request: Request) => Effect.Effect<Generation.Generation, GenerateError>
  readonly open: (
    request: Request
  ) => Effect.Effect<Stream.Stream<Generation.Part, GenerateError>, GenerateError, Scope.Scope>
}

/** A request on behalf of many, who are nobody's guests: no limit of one caller holds for the others. */
interface Shared {
  readonly request: Request
  /** Of the request's Call: the latest of those who wait. */
  readonly put: (deadline: number) => void
  isUnderWay: boolean
}

const share = (request: Request): Shared => {
  const { call } = request
  const own = {
    ...call,
    tallies: [],
    attempts: [],
    tried: []
  }
  return {
    request: { ...request, call: own },
    put: (deadline) => {
      if (deadline > own.deadline) own.deadline = deadline
    },
    isUnderWay: false
  }
}

/** Moves the attempts of a flight to the first caller who asks for them. Tells whether it was this one. */
const take = ({ attempts, begun }: Call.Call, { call, candidate }: Request): boolean => {
  if (attempts.length === 0) return false
  if (begun !== call.begun) call.begun.count += attempts.length
  Call.note(call, ...attempts.splice(0).map((attempt) => asOf(candidate, attempt)))
  return true
}

/** To others it may be another one of their candidates. */
const asOf = (candidate: number, attempt: Attempt): Attempt =>
  attempt.candidate === candidate ? attempt : { ...attempt, candidate }

/** Who overrides how it is tried again, and what has no key, flies alone; who has a budget, with those who share it. */
const hashOf = (request: Request): string | undefined => {
  const { budget, coalesce, retry } = request.call
  const key = coalesce && retry === undefined ? CallKey.of(request) : undefined
  CallKey.forget()
  return key === undefined || budget === "" ? key : `${key}/${budget}`
}

/**
 * Coalesces what these methods are asked.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (methods: Methods): Methods => ({ generate: calls(methods), open: streams(methods) })

const calls = (methods: Methods): Methods["generate"] => {
  const shared = new Map<string, Shared>()
  /** Requests whose last caller is leaving: he takes their attempts with him. */
  const left = new Map<string, ReadonlyArray<Call.Call>>()

  const fly = (hash: string) =>
    Effect.suspend(() => {
      const flight = shared.get(hash)
      if (flight === undefined) return missed
      flight.isUnderWay = true
      const land = (exit: Exit.Exit<Generation.Generation, GenerateError>) => ({ exit, flight })
      return Effect.onExit(
        Effect.match(methods.generate(flight.request), {
          onSuccess: (generation) => land(Exit.succeed(generation)),
          onFailure: (error) => land(Exit.fail(error))
        }),
        (exit) => {
          if (shared.get(hash) === flight) shared.delete(hash)
          if (Exit.isFailure(exit)) left.set(hash, [...left.get(hash) ?? [], flight.request.call])
          return Effect.void
        }
      )
    })
  // Nothing is built here but the map, so that it needs no surroundings.
  const flights = Effect.runSync(Cache.makeWith(fly, { capacity: Infinity, timeToLive: () => 0 }))

  const board = (hash: string, request: Request): Effect.Effect<Generation.Generation, GenerateError> => {
    let flight: Shared | undefined
    return Effect.flatMap(
      Effect.onExit(
        Effect.suspend(() => {
          flight = shared.get(hash)
          if (flight === undefined) shared.set(hash, flight = share(request))
          else flight.put(request.call.deadline)
          return Cache.get(flights, hash)
        }),
        (exit) => {
          if (Exit.isSuccess(exit)) return Effect.void
          if (flight !== undefined && !flight.isUnderWay && shared.get(hash) === flight) shared.delete(hash)
          for (const call of left.get(hash) ?? []) take(call, request)
          left.delete(hash)
          return Effect.void
        }
      ),
      (landed) => {
        if (landed === undefined) return Effect.suspend(() => board(hash, request))
        const { exit, flight: { request: from } } = landed
        if (take(from.call, request)) return exit
        if (Exit.isFailure(exit)) return Effect.mapError(exit, copy)
        return Effect.fromResult(passOn(exit.value, encodeObject(from, exit.value.object), request, "coalesced"))
      }
    )
  }

  return (request) =>
    Effect.suspend(() => {
      const hash = hashOf(request)
      return hash === undefined ? methods.generate(request) : board(hash, request)
    })
}

/** The flight that was to be boarded has landed meanwhile: another one has to be opened. */
const missed = Effect.undefined

/** Found by its hash; it carries the request that opens it. */
class Flight implements Equal.Equal {
  readonly hash: string
  readonly request: Request
  constructor(hash: string, request: Request) {
    this.hash = hash
    this.request = request
  }
  [Equal.symbol](that: Equal.Equal): boolean {
    return that instanceof Flight && that.hash === this.hash
  }
  [Hash.symbol](): number {
    return Number.parseInt(this.hash.slice(0, 8), 16)
  }
}

const streams = (methods: Methods): Methods["open"] => {
  const open = Effect.fnUntraced(function*(flight: Flight) {
    const shared = share(flight.request)
    const replay = yield* Replay.make(
      methods.open(shared.request),
      Effect.suspend(() => RcMap.invalidate(flights, flight))
    )
    return { ...shared, replay }
  })
  // A stream lives in the scopes of its readers, so that there is none to close.
  const flights: RcMap.RcMap<Flight, Shared & { readonly replay: Replay.Replay }> = Effect.runSync(
    Scope.provide(RcMap.make({ lookup: open }), Scope.makeUnsafe())
  )

  const join = Effect.fnUntraced(function*(flight: Flight) {
    const { request } = flight
    const seat = yield* Effect.flatMap(Effect.scope, (scope) => Scope.fork(scope))
    let shared: Shared | undefined
    const takes = () => shared !== undefined && take(shared.request.call, request)
    // Runs after the flight was left: who leaves last takes what he has cancelled.
    yield* Scope.addFinalizer(seat, Effect.sync(takes))
    const joined = yield* Scope.provide(RcMap.get(flights, flight), seat)
    shared = joined
    const { put, replay, request: from } = joined
    put(request.call.deadline)
    const own = (error: GenerateError) => takes() ? error : copy(error)
    yield* Effect.mapError(replay.opened, own)
    const pull = Effect.flatMap(
      Effect.mapError(replay.reader(), (error) => Cause.isDone(error) ? error : own(error)),
      (parts) => {
        const last = Arr.lastNonEmpty(parts)
        if (last.type !== "finish" || takes()) return Effect.succeed(parts)
        return Effect.map(
          Effect.fromResult(passOn(last, encodeObject(from, last.object), request, "coalesced")),
          (finish) => Arr.append(parts.slice(0, -1), finish)
        )
      }
    )
    // When a reader's scope closes, the record of his call is written already.
    return Stream.fromPull(Effect.succeed(Effect.onInterrupt(pull, () => Scope.close(seat, Exit.void))))
  })

  return (request) =>
    Effect.suspend(() => {
      const hash = hashOf(request)
      return hash === undefined ? methods.open(request) : scoped(join(new Flight(hash, request)))
    })
}
