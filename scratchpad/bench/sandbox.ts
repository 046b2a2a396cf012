/**
 * The sandbox in a process of its own. It tells its addresses, and whoever asks, how many requests came and what they cost.
 */
import { Effect, Schedule } from "effect"
import { type BillEntry, make } from "loom-router/sandbox"

export interface Addresses {
  readonly openai: string
  readonly anthropic: string
}

export interface Told {
  readonly requests: number
  readonly picoUsd: bigint
}

const serve = Effect.gen(function*() {
  const sandbox = yield* make({ seed: "bench" })
  const charged = new WeakSet<BillEntry>()
  let requests = 0
  let picoUsd = 0n

  /** The sandbox keeps the latest ten thousand: they are added up before they go. */
  const count = Effect.gen(function*() {
    requests = ((yield* sandbox.journal).at(-1)?.sequence ?? -1) + 1
    for (const entry of yield* sandbox.bill) {
      if (charged.has(entry)) continue
      charged.add(entry)
      picoUsd += entry.amount
    }
  })

  const context = yield* Effect.context()
  process.on("message", () => {
    Effect.runForkWith(context)(Effect.andThen(
      count,
      Effect.sync(() => {
        const told: Told = { requests, picoUsd }
        process.send?.(told)
      })
    ))
  })
  // Ctrl-C reaches both processes; this one ends with the other.
  process.on("SIGINT", () => undefined)
  process.on("disconnect", () => process.exit())
  const addresses: Addresses = { openai: sandbox.baseUrl("openai"), anthropic: sandbox.baseUrl("anthropic") }
  process.send?.(addresses)
  yield* Effect.repeat(count, Schedule.spaced("2 seconds"))
})

if (process.send !== undefined) await Effect.runPromise(Effect.scoped(serve))
