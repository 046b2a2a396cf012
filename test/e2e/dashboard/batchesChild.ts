/**
 * Another process that has batches, all of it real but for their vendors, which are the sandbox:
 * `node batchesChild.ts <folder> <seed>`. Some have ended and some are under way when it says so, in a line of JSON. With
 * each SIGUSR2 it goes on: it fetches what is under way, and submits another, by turns.
 */
import { Effect, Layer, Logger } from "effect"
import { Loom } from "loom-router"
import { Sandbox } from "loom-router/sandbox"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { environment } from "../../../src/cli/Demo.ts"
import { randomOf } from "../../storage/records.ts"

const [folder = "", seed = "1"] = process.argv.slice(2)
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
const random = randomOf(Number(seed))
const pick = <A>(from: ReadonlyArray<A>): A => from[Math.floor(random() * from.length)]!

/** What a page must never take for markup, and a spreadsheet never for a formula. */
const hostile = [
  `<img src=x onerror="document.title='owned'">`,
  "</script><script>document.title='owned'</script>",
  "=cmd|' /C calc'!A0",
  `"><svg onload=alert(1)>`
]
const models = ["openai/gpt-4o-mini", "openai/gpt-4o", "anthropic/claude-haiku-4-5", "gemini/gemini-2.5-flash"] as const
const marks = ["", "", "", "", "[batch: fail]", "[batch: fail 500]", "[batch: lose]", "[batch: twice]"]

const submit = (n: number, own: ReadonlyArray<string>, size = 3 + Math.floor(random() * 12)) =>
  Loom.submitBatch(
    Array.from({ length: size }, (_, row) => ({
      model: pick(models),
      prompt: `a prompt that nobody sees, number ${row} of ${n}. ${pick(own)}`,
      customId: `${n}-${row} ${row === 0 ? "" : pick(hostile)}`
    })),
    {
      id: n % 2 === 0 ? `batch-${n}` : `${hostile[n % hostile.length]} ${n}`,
      tags: { tenant: pick(["acme", "umbrella"]), note: pick(hostile) }
    }
  )

const soon = { pollInterval: "1 millis" } as const
let asked = 0
process.on("SIGUSR2", () => asked++)

const main = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const batches = Effect.gen(function*() {
    const expiring = yield* submit(0, ["", "[batch: stall]", "[batch: stall]"], 8)
    yield* sandbox.advance("49 hours")
    yield* expiring.wait(soon)
    for (let n = 1; n < 6; n++) {
      const handle = yield* submit(n, marks)
      yield* sandbox.finishBatches
      yield* handle.wait(soon)
    }
    // All of it is lost in one, so that nothing of its cost is known.
    const lost = yield* submit(6, ["[batch: lose]"])
    yield* sandbox.finishBatches
    yield* lost.wait(soon)
    const left = yield* submit(7, marks)
    yield* left.cancel
    yield* sandbox.finishBatches
    yield* left.wait(soon)
    const running = yield* submit(8, [""], 10)
    yield* sandbox.advance("5 seconds")
    yield* running.poll
    say({ ready: true })
    for (let n = 0;;) {
      yield* Effect.promise(() => setTimeout(10))
      if (n === asked) continue
      if (n++ % 2 === 0) {
        yield* sandbox.finishBatches
        yield* running.wait(soon)
      } else yield* submit(8 + n, [""])
      say({ done: n })
    }
  })
  return yield* Effect.provide(
    batches,
    Layer.provide(
      Loom.layer({
        batches: { path: join(folder, "batches.db") },
        callLog: { path: join(folder, "calls.db") }
      }),
      environment(sandbox)
    )
  )
})

await Effect.runPromise(main.pipe(Effect.provide(Layer.merge(Sandbox.layer(), Logger.layer([])))))
process.exit()
