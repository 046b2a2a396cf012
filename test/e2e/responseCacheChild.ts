/**
 * Another process of the response cache's tests: `node responseCacheChild.ts <cache> <from> [<to>]`. It asks questions by
 * number, or in a circle of twenty until it is told to stop, and tells what it got in lines of JSON.
 */
import { Clock, Duration, Effect } from "effect"
import { Loom } from "loom-router"
import { setTimeout } from "node:timers/promises"
import { november } from "../providers/world.ts"

const [path = "", from = "0", to] = process.argv.slice(2)
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

let stops = false
process.once("SIGTERM", () => {
  stops = true
})

// What is waited for takes a hundred times as long: a busy machine makes no store slow.
const patient = november((duration) =>
  Effect.promise((signal) =>
    setTimeout(Duration.toMillis(duration) * 100, undefined, { signal, ref: false }).catch(() => {})
  )
)

const ask = (n: number) =>
  Effect.map(
    Loom.generate({ model: "openai/gpt-4o-mini", prompt: `Question ${n}: what is a loom?` }),
    ({ attempts, cache, cost, saved, text }) =>
      say({ n, cache, text, picoUsd: cost.picoUsd, saved: saved.responseCache, attempts: attempts.length })
  )

const asking = Effect.gen(function*() {
  for (let n = Number(from); to === undefined ? !stops : n < Number(to); n++) {
    yield* ask(to === undefined ? n % 20 : n)
    // Between two questions it hears whether it should stop.
    yield* Effect.promise(() => setTimeout(1))
  }
})

await Effect.runPromise(
  asking.pipe(
    // No memory tier: all that it finds is in the file.
    Effect.provide(Loom.layer({ cache: { ttl: "1 hour", capacity: 0, sqlite: { path } } })),
    Effect.provideService(Clock.Clock, patient)
  )
)
