/**
 * What one backend said, kept for a while: fresh answers, one fetch at a time, the last good answer through an outage.
 */
import * as Cache from "effect/Cache"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { type Kept, type Locator, type Policy, SecretBackendError, show } from "../SecretBackend.ts"
import { isRecord, parse } from "./json.ts"

/** A key, nothing, or why it can't be told. */
type Said = Redacted.Redacted | undefined | SecretBackendError

/** What a backend said of one of its secrets. */
interface Slot {
  readonly id: string
  readonly locator: Locator
  content: Redacted.Redacted<unknown> | undefined
  /** Monotonic milliseconds at which the last good answer was asked for. */
  asked: number | undefined
  /** Why the last fetch failed, if it did, and when the next may be made. */
  error: SecretBackendError | undefined
  retryAt: number
  isRefreshing: boolean
  isWarned: boolean
  /** A key that was refused and that the backend then gave again. */
  confirmed: Redacted.Redacted | undefined
  confirmedAt: number
  /** By field. */
  readonly keys: Map<string | undefined, Said>
}

/** Milliseconds. */
interface Rules {
  readonly timeToLive: number
  readonly absentTimeToLive: number
  readonly keepFor: number
  readonly timeout: number
}

/** Part of its time to live after which an answer is asked for anew, in the background. */
const refreshAt = 0.8
/** Milliseconds for which a backend isn't asked again: after it failed, or gave a refused key once more. */
const pause = 5_000
/** Milliseconds: what isn't there is looked for sooner. */
const absentTimeToLive = 10_000

const rulesOf = (policy: Policy | undefined): Rules => {
  const millis = (duration: Duration.Input | undefined, otherwise: number) =>
    duration === undefined ? otherwise : Duration.toMillis(Duration.fromInputUnsafe(duration))
  const timeToLive = millis(policy?.timeToLive, 45_000)
  return {
    timeToLive,
    absentTimeToLive: Math.min(timeToLive, absentTimeToLive),
    keepFor: millis(policy?.keepFor, 3_600_000),
    timeout: millis(policy?.timeout, 5_000)
  }
}

/** Monotonic milliseconds: a clock that is set back makes nothing immortal. */
export const millisOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)

/** The key, or nothing: at once where it is known, which is cheaper than an effect. */
export type Told =
  | Redacted.Redacted
  | undefined
  | Effect.Effect<Redacted.Redacted | undefined, SecretBackendError>

export interface Shelf {
  /**
   * What the backend says of a name at a time in monotonic milliseconds, as far as it is known; else it is asked, or
   * whoever asks it is waited for.
   */
  readonly read: (name: string, now: number) => Told
  /** Asks again because a vendor refused the key, unless that was done already. */
  readonly recheck: (name: string, refused: Redacted.Redacted) => Effect.Effect<void>
}

const isExpected = (schedule: { readonly input: SecretBackendError }) => Effect.succeed(schedule.input.retryable)

const retries = Schedule.exponential("100 millis", 3).pipe(
  Schedule.setInputType<SecretBackendError>(),
  Schedule.jittered,
  Schedule.while(isExpected),
  Schedule.upTo({ times: 2 })
)

export const make = Effect.fnUntraced(function*(backend: Kept): Effect.fn.Return<Shelf> {
  const rules = rulesOf(backend.policy)
  const slots = new Map<string, Slot>()
  const places = new Map<string, { readonly slot: Slot; readonly field: string | undefined }>()

  const placeOf = (name: string) => {
    const known = places.get(name)
    if (known !== undefined) return known
    const { field, secret, version } = backend.locate(name)
    const id = show({ secret, version })
    let slot = slots.get(id)
    if (slot === undefined) {
      slot = {
        id,
        locator: { secret, version },
        content: undefined,
        asked: undefined,
        error: undefined,
        retryAt: -Infinity,
        isRefreshing: false,
        isWarned: false,
        confirmed: undefined,
        confirmedAt: -Infinity,
        keys: new Map()
      }
      slots.set(id, slot)
    }
    const place = { slot, field }
    places.set(name, place)
    return place
  }

  const keyIn = (slot: Slot, field: string | undefined) => {
    const known = slot.keys.get(field)
    if (known !== undefined || slot.keys.has(field)) return known
    const key = extract(backend.name, slot.content, slot.locator, field, undefined)
    slot.keys.set(field, key)
    return key
  }

  const accept = (slot: Slot, asked: number, content: Redacted.Redacted<unknown> | undefined) => {
    const keys = Array.from(slot.keys, ([field, last]) =>
      [
        field,
        extract(backend.name, content, slot.locator, field, Redacted.isRedacted(last) ? last : undefined)
      ] as const)
    const malformed = keys.map(([, key]) => key).find((key) => key instanceof SecretBackendError)
    if (malformed !== undefined && slot.asked !== undefined) return malformed
    slot.content = content
    slot.asked = asked
    slot.error = undefined
    slot.retryAt = -Infinity
    slot.isWarned = false
    for (const [field, key] of keys) slot.keys.set(field, key)
    return undefined
  }

  const ask = (slot: Slot): Effect.Effect<void> =>
    Effect.clockWith((clock) => {
      const asked = millisOf(clock)
      return backend.fetch(slot.locator).pipe(
        Effect.retry(retries),
        Effect.catchDefect(() =>
          Effect.fail(
            new SecretBackendError({
              backend: backend.name,
              kind: "Unavailable",
              detail: "it failed in an unforeseen way",
              fix: "try again, or report it"
            })
          )
        ),
        Effect.timeoutOrElse({
          duration: rules.timeout,
          orElse: () =>
            Effect.fail(
              new SecretBackendError({
                backend: backend.name,
                kind: "Unavailable",
                detail: `it didn't answer within ${Duration.format(Duration.millis(rules.timeout))}`,
                fix: "check its address and the network"
              })
            )
        }),
        Effect.matchEffect({
          onSuccess: (content) => {
            const malformed = accept(slot, asked, content)
            return malformed === undefined ? Effect.void : fail(slot, malformed, millisOf(clock))
          },
          onFailure: (error) => fail(slot, error, millisOf(clock))
        })
      )
    })

  const fail = (slot: Slot, error: SecretBackendError, now: number): Effect.Effect<void> => {
    slot.error = error
    slot.retryAt = now + pause
    const isKept = slot.content !== undefined && slot.asked !== undefined && now - slot.asked < rules.keepFor
    if (!isKept || slot.isWarned) return Effect.void
    slot.isWarned = true
    const limit = Duration.format(Duration.millis(rules.keepFor))
    return Effect.logWarning(`secrets: ${error.message}. What it said last is used for at most ${limit}: ${error.fix}`)
  }

  const flights = yield* Cache.makeWith(
    (id: string) => {
      const slot = slots.get(id)
      return slot === undefined ? Effect.void : ask(slot)
    },
    { capacity: Infinity, timeToLive: () => 0 }
  )

  const refresh = (slot: Slot): Effect.Effect<void> =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        slot.isRefreshing = true
      }),
      () => Cache.get(flights, slot.id),
      () =>
        Effect.sync(() => {
          slot.isRefreshing = false
        })
    )

  /** What may be said after a fetch, or while there mustn't be one. */
  const settled = (slot: Slot, field: string | undefined, now: number): Said => {
    if (slot.asked === undefined) return slot.error
    const key = keyIn(slot, field)
    if (slot.error === undefined) return key
    return Redacted.isRedacted(key) && now - slot.asked < rules.keepFor ? key : slot.error
  }

  return {
    read: (name, now) => {
      const { field, slot } = placeOf(name)
      const waits = now < slot.retryAt
      const wait = () =>
        waits
          ? tell(settled(slot, field, now))
          : Effect.flatMap(
            Cache.get(flights, slot.id),
            () => Effect.clockWith((clock) => effectOf(tell(settled(slot, field, millisOf(clock)))))
          )
      if (slot.asked === undefined) return wait()
      const key = keyIn(slot, field)
      const age = now - slot.asked
      const life = Redacted.isRedacted(key) ? rules.timeToLive : rules.absentTimeToLive
      // In an outage nobody waits for what failed before: it is tried in the background.
      const isKept = slot.error !== undefined && Redacted.isRedacted(key) && age < rules.keepFor
      if (age >= life && !isKept) return wait()
      if (age < life * refreshAt || waits || slot.isRefreshing) return tell(key)
      // At once, so that the next reader sees it under way.
      return Effect.andThen(Effect.forkDetach(refresh(slot), { startImmediately: true }), effectOf(tell(key)))
    },
    recheck: (name, refused) =>
      Effect.clockWith((clock) => {
        const { field, slot } = placeOf(name)
        const isRefused = (key: Said) => Redacted.isRedacted(key) && Redacted.value(key) === Redacted.value(refused)
        const isConfirmed = isRefused(slot.confirmed) && millisOf(clock) - slot.confirmedAt < pause
        if (isConfirmed || !isRefused(keyIn(slot, field))) return Effect.void
        return Effect.map(Cache.get(flights, slot.id), () => {
          if (!isRefused(keyIn(slot, field))) return
          slot.confirmed = refused
          slot.confirmedAt = millisOf(clock)
        })
      })
  }
})

const tell = (said: Said): Told => said instanceof SecretBackendError ? Effect.fail(said) : said

/** What was told, as an effect. */
export const effectOf = (told: Told): Effect.Effect<Redacted.Redacted | undefined, SecretBackendError> =>
  Effect.isEffect(told) ? told : Effect.succeed(told)

/** The key in a secret: the same object as before, while it is the same key. */
const extract = (
  backend: string,
  content: Redacted.Redacted<unknown> | undefined,
  locator: Locator,
  field: string | undefined,
  last: Redacted.Redacted | undefined
): Said => {
  if (content === undefined) return undefined
  const malformed = (detail: string) =>
    new SecretBackendError({
      backend,
      kind: "Malformed",
      detail: `${show(locator)} ${detail}`,
      fix: `look at what is kept there, and at how its name is mapped`
    })
  const value = Redacted.value(content)
  let text: unknown = value
  if (field !== undefined) {
    const fields = typeof value === "string" ? parse(value) : value
    if (!isRecord(fields)) return malformed(`holds no JSON object, so that it has no field ${field}`)
    if (!Object.hasOwn(fields, field)) return undefined
    text = fields[field]
  }
  if (typeof text !== "string") {
    return malformed(field === undefined ? "holds several fields, and none was named" : `holds no text in ${field}`)
  }
  const trimmed = text.trim()
  if (trimmed === "") return undefined
  // A line break would end a header, and a binary secret is no key.
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(trimmed)) return malformed("holds control characters")
  return last !== undefined && Redacted.value(last) === trimmed ? last : Redacted.make(trimmed)
}
