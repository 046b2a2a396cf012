/**
 * Ten thousand calls at once, no two alike, at a vendor that keeps them waiting: `node --expose-gc waiting.ts <port>`
 * tells what each of them holds, and that none is lost.
 */
import { Effect, Layer, ManagedRuntime } from "effect"
import { CallLog, Loom } from "loom-router"
import { tell } from "./rows.ts"

const calls = 10_000
const origin = `http://127.0.0.1:${process.argv[2]}`
process.env.OPENAI_API_KEY = "sk-bench"
process.env.OPENAI_BASE_URL = `${origin}/slow/v1`

const ask = async (path: string) => Number(await (await fetch(`${origin}${path}`)).text())
const heap = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const path = `${process.cwd()}/waiting.db`
const runtime = ManagedRuntime.make(
  Layer.mergeAll(Loom.layer({ cache: { ttl: "1 hour" } }), CallLog.layerSqlite({ path, capacity: 2 * calls }))
)
const call = (n: number) =>
  runtime.runPromise(
    Loom.generate({
      provider: "openai",
      model: "gpt-4o-mini",
      prompt: `What is thread ${n} of a loom? Answer in one line.`
    })
  )
await runtime.context()

const before = heap()
const answers = Array.from({ length: calls }, (_, n) => call(n))
// As many as there are connections.
for (let seen = -1, now = 0; now === 0 || now > seen; now = await ask("/held")) {
  seen = now
  await new Promise((resume) => setTimeout(resume, 500))
}
const waiting = heap() - before
await ask("/release")
const answered = await Promise.allSettled(answers)
const lost = answered.filter(({ status }) => status === "rejected").length
const { written } = await runtime.runPromise(
  Effect.flatMap(CallLog.CurrentCallLog, (log) => Effect.andThen(log.flush, log.stats))
)
const came = await ask("/count")
tell({ name: "calls lost", value: lost, unit: `of ${calls.toLocaleString("en")}`, atMost: 0 })
tell({ name: "requests", value: came, unit: "", atLeast: calls, atMost: calls })
tell({ name: "records", value: written, unit: "", atLeast: calls, atMost: calls })
tell({ name: "a waiting call holds", value: waiting / calls / 2 ** 20, unit: "MB" })
await runtime.dispose()
