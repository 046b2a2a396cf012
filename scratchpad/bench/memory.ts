/**
 * A hundred thousand calls, no two alike, with everything on: `node --expose-gc memory.ts <port>` tells by how much the
 * heap grew once every cache and queue was full.
 */
import { Effect, ManagedRuntime } from "effect"
import { CallLog, Loom } from "loom-router"
import { tell } from "./rows.ts"

const calls = 100_000
/** By then the caches are full. */
const warm = 20_000
const together = 50
process.env.OPENAI_API_KEY = "sk-bench"
process.env.OPENAI_BASE_URL = `http://127.0.0.1:${process.argv[2]}/v1`

const heap = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const runtime = ManagedRuntime.make(
  Loom.layer({ cache: { ttl: "1 hour" }, callLog: { path: `${process.cwd()}/memory.db` } })
)
const flushed = Effect.flatMap(CallLog.CurrentCallLog, (log) => Effect.andThen(log.flush, log.stats))
const ask = (n: number) =>
  Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt: `What is thread ${n} of a loom?` })

let before = NaN
for (let n = 0; n < calls; n += together) {
  if (n === warm) {
    await runtime.runPromise(flushed)
    before = heap()
  }
  await runtime.runPromise(
    Effect.forEach(Array.from({ length: together }, (_, k) => n + k), ask, { concurrency: "unbounded", discard: true })
  )
}
const { written } = await runtime.runPromise(flushed)
const after = heap()
tell({ name: "calls, each with its record", value: written, unit: "", atLeast: calls })
tell({ name: `heap after ${warm.toLocaleString("en")}`, value: before, unit: "MB" })
tell({ name: "heap at the end", value: after, unit: "MB", ratio: after / before, atMost: 1.05 })
await runtime.dispose()
