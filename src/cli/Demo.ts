/**
 * Made-up work for the dashboard: through all of Loom, to the sandbox and nowhere else, whatever keys are set.
 */
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { dirname, join } from "node:path"
import type * as Batch from "../Batch.ts"
import * as Catalog from "../Catalog.ts"
import * as Loom from "../Loom.ts"
import * as Sandbox from "../sandbox/Sandbox.ts"
import * as Batches from "./DemoBatches.ts"
import * as Calls from "./DemoCalls.ts"

type Box = Sandbox.Sandbox["Service"]

/** Every vendor that the sandbox speaks for, where it is found, with a key that opens nothing else. */
export const environment = (sandbox: Box): Layer.Layer<never> =>
  ConfigProvider.layer(ConfigProvider.fromUnknown(Object.fromEntries(
    sandbox.providers.flatMap((provider) => [
      [`${provider.toUpperCase()}_BASE_URL`, sandbox.baseUrl(provider)],
      [Catalog.provider(Catalog.bundled, provider)?.apiKeyEnv ?? `${provider.toUpperCase()}_API_KEY`, "sk-sandbox"]
    ])
  )))

/** Where the batches of a demonstration are kept, by where its calls are. */
export const batchesOf = (log: string): string => join(dirname(log), "batches.db")

/** So many calls, spread over so many days until now. */
export interface Past {
  readonly calls: number
  readonly days: number
}

const day = 86_400_000
const often = Duration.millis(1500)
const atOnce = 24

/** Makes calls with a sandbox of its own, and keeps their records at `path`; and batches. */
export const some = (path: string, pasts: ReadonlyArray<Past>): Effect.Effect<void, Sandbox.SandboxError> =>
  working(path, (one, batches) =>
    Effect.all([
      batches.begin,
      Effect.forEach(pasts, (past) => made(one, past), { discard: true })
    ], { concurrency: "unbounded", discard: true }))

/** Makes calls of the last day, and then others until it is interrupted. */
export const run = (path: string): Effect.Effect<void, Sandbox.SandboxError> =>
  working(path, (one, batches) =>
    Effect.all([
      made(one, { calls: 600, days: 1 }),
      Effect.andThen(batches.begin, batches.goOn),
      Effect.forever(Effect.andThen(Effect.forkChild(one), Effect.sleep(often)))
    ], { concurrency: "unbounded", discard: true }))

/** By night there is less to do. */
const made = (one: Effect.Effect<void>, { calls, days }: Past): Effect.Effect<void> =>
  Effect.flatMap(Clock.Clock, (clock) =>
    Effect.forEach(
      Array.from({ length: calls }, (_, n) => n / calls),
      (part) => {
        const turn = 2 * Math.PI * days
        const millis = Math.round((1 - part - 0.6 * Math.sin(turn * part) / turn) * days * day)
        return Effect.provideService(one, Clock.Clock, Batches.behind(clock, () => millis))
      },
      { concurrency: atOnce, discard: true }
    ))

/** Batches under way: begun before anybody looks, and then one after the other. */
const batchesOn = (sandbox: Box, ended: Effect.Effect<void>) => {
  const handles = new Map<string, Batch.Batch>()
  let n = 0
  const submit = Effect.suspend(() => Batches.next(n++)).pipe(
    Effect.tap((handle) => Effect.sync(() => handles.set(handle.id, handle))),
    Effect.ignore
  )
  const look = Effect.suspend(() =>
    Effect.forEach(
      handles.values(),
      (handle) =>
        Effect.ignore(Effect.tap(handle.poll, ({ status }) =>
          Effect.sync(() => {
            if (status === "ended") handles.delete(handle.id)
          }))),
      { discard: true }
    )
  )
  return {
    begin: Effect.gen(function*() {
      yield* ended
      yield* submit
      yield* sandbox.advance("70 seconds")
      yield* submit
      yield* sandbox.advance("60 seconds")
      yield* look
    }),
    goOn: Effect.all([
      Effect.forever(Effect.andThen(Effect.sleep("90 seconds"), submit)),
      Effect.forever(Effect.andThen(Effect.sleep("2 seconds"), look))
    ], { concurrency: "unbounded", discard: true })
  }
}

const working = (
  path: string,
  work: (one: Effect.Effect<void>, batches: ReturnType<typeof batchesOn>) => Effect.Effect<void>
) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ eventDelay: "4 millis", batches: { takes: "4 minutes" } })
    let n = 0
    const one = Effect.suspend(() => Effect.ignore(Calls.make(sandbox, n++)))
    const on = (box: Box) =>
      Effect.provide(Layer.provide(
        Loom.layer({
          cache: { ttl: "1 second" },
          callLog: { path },
          batches: { path: batchesOf(path) },
          routes: Calls.routes
        }),
        environment(box)
      ))
    const ended = Effect.ignore(Batches.past((past) => on(past)))
    return yield* on(sandbox)(work(one, batchesOn(sandbox, ended)))
  }).pipe(Random.withSeed("loom"), Effect.scoped)
