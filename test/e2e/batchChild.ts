/**
 * Another process of the tests of batches: `node batchChild.ts <what> <folder> <model> [<rows> [<weaves>]]`. It submits and dies
 * where it is told to, or goes on with what it finds, and tells how that went in lines of JSON.
 */
import { Clock, Effect, Layer, Stream } from "effect"
import { type Batch, Generator, Loom } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { join } from "node:path"
import { november } from "../providers/world.ts"

const [what = "", folder = "", model = "", amount = "40", weaves = "0"] = process.argv.slice(2)
const rows = Number(amount)
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

/** A signal that can't be heard. */
const die = Effect.andThen(Effect.sync(() => process.kill(process.pid, "SIGKILL")), Effect.never)

const fatal = (vendor: Generator.Generator): Generator.Generator => {
  const { batch } = vendor
  if (batch === undefined) return vendor
  let read = 0
  return Generator.withBatch(vendor, {
    ...batch,
    submit: (job, lines) =>
      what === "before submit"
        ? die
        : Effect.tap(batch.submit(job, lines), () => what === "after submit" ? die : Effect.void),
    poll: (job) => what === "mid-poll" ? die : batch.poll(job),
    results: (job, progress) =>
      Stream.tap(
        batch.results(job, progress),
        () => what === "mid-download" && ++read > rows / 2 ? die : Effect.void
      )
  })
}

let recorded = 0
const loom = Loom.layer({
  batches: { path: join(folder, "batches.db") },
  callLog: { path: join(folder, "calls.db") },
  providers: {
    openai: Layer.effect(Generator.Generator, Effect.map(OpenAi.make(), fatal)),
    anthropic: Layer.effect(Generator.Generator, Effect.map(Anthropic.make(), fatal))
  },
  onCall: () => {
    if (what === "mid-results" && ++recorded > rows / 2) process.kill(process.pid, "SIGKILL")
  }
})

/** What the large rows are filled up with. */
const filler = " weave".repeat(Number(weaves))

const requests = function*() {
  for (let n = 0; n < rows; n++) {
    if (what === "mid-intake" && n > rows / 2) process.kill(process.pid, "SIGKILL")
    const prompt = `[say: answer ${n}]${filler}`
    yield { model, prompt, customId: `row-${n}` } as Batch.Asked
  }
}

const end = (handle: Batch.Batch) =>
  Effect.gen(function*() {
    const { rows, ...snapshot } = yield* handle.wait({ pollInterval: "50 millis" })
    const ledger: Array<string> = []
    yield* Stream.runForEach(rows, (row) =>
      Effect.sync(() => {
        const text = row._tag === "Success" ? row.generation.text : row._tag
        if (what === "large") {
          if (text !== `answer ${row.index}` || row.customId !== `row-${row.index}`) ledger.push(row.customId)
        } else ledger.push(`${row.customId}: ${text}`)
      }))
    const { heapTotal, external, rss } = process.memoryUsage()
    say({
      ...snapshot,
      picoUsd: String(snapshot.picoUsd),
      savedPicoUsd: String(snapshot.savedPicoUsd),
      ledger,
      memory: { heapTotal, external, rss }
    })
  })

const submit = Effect.suspend(() => Loom.submitBatch(requests(), { id: "nightly" }))

const program = Effect.gen(function*() {
  switch (what) {
    // Goes on with all that there is.
    case "resume": {
      const found = yield* Loom.batches()
      say(found.map(({ id, status }) => ({ id, status })))
      for (const { id } of found) yield* end(yield* Loom.batch(id))
      return
    }
    // Starts over, as a program does that knows of no crash.
    case "again":
    case "large":
      return yield* end(yield* submit)
    default: {
      const handle = yield* submit
      say("submitted")
      yield* handle.wait({ pollInterval: "50 millis" })
    }
  }
})

await Effect.runPromise(
  program.pipe(Effect.provide(loom), Effect.provideService(Clock.Clock, november()))
)
