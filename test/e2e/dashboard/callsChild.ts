/**
 * Another process that makes calls, all of them real but for their vendors, which are the sandbox:
 * `node callsChild.ts <log> <seed> <calls> <from> <to>`. They end from `from` until `to`, in epoch milliseconds. Without
 * these it makes one call, now, for each SIGUSR2. It says how many there are, in lines of JSON.
 */
import { Clock, Effect, Fiber, Layer, Logger, Redacted, Stream } from "effect"
import { Loom, RetryPolicy } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as Mistral from "loom-router/providers/Mistral"
import * as OpenAi from "loom-router/providers/OpenAi"
import { Sandbox } from "loom-router/sandbox"
import { setTimeout } from "node:timers/promises"
import { november } from "../../providers/world.ts"
import { randomOf } from "../../storage/records.ts"

const [path = "", seed = "1", amount = "0", from = "0", to = "0"] = process.argv.slice(2)
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

const random = randomOf(Number(seed))
const pick = <A>(from: ReadonlyArray<A>): A => from[Math.floor(random() * from.length)]!

/** What a page must never take for markup, and a spreadsheet never for a formula. */
const hostile = [
  `<img src=x onerror="document.title='owned'">`,
  "</script><script>document.title='owned'</script>",
  "=cmd|' /C calc'!A0",
  `"><svg onload=alert(1)>`,
  "{{constructor.constructor('alert(1)')()}}"
]

const handbook = Array.from({ length: 90 }, (_, n) => `Section ${n}. A thread of weft passes over and under the warp.`)
  .join("\n")

type Model = `${string}/${string}`

const models: ReadonlyArray<Model> = [
  "openai/gpt-4o-mini",
  "openai/gpt-4.1",
  "anthropic/claude-haiku-4-5",
  "mistral/mistral-small-2603"
]

/** The log's time: an hour is over at once. */
let ahead = 0
const running = november(undefined, Number(from))
const clock: Clock.Clock = {
  ...running,
  currentTimeMillisUnsafe: () => running.currentTimeMillisUnsafe() + ahead,
  currentTimeMillis: Effect.sync(() => running.currentTimeMillisUnsafe() + ahead),
  currentTimeNanosUnsafe: () => running.currentTimeNanosUnsafe() + BigInt(ahead) * 1_000_000n,
  currentTimeNanos: Effect.sync(() => running.currentTimeNanosUnsafe() + BigInt(ahead) * 1_000_000n)
}

const one = Effect.fnUntraced(function*(n: number) {
  const sandbox = yield* Sandbox
  const mark = `(call ${seed}-${n})`
  const luck = random()
  const model: Model = luck > 0.98 ? `openai/${pick(hostile)}` : pick(models)
  const asked = {
    model,
    // Some ask the same again.
    prompt: luck < 0.3
      ? `What is loom number ${Math.floor(random() * 4)}?`
      : `[words: ${5 + Math.floor(random() * 60)}] ${mark}`,
    ...random() < 0.3 ? { system: handbook } : {},
    tags: { tenant: pick(["acme", "umbrella"]), note: pick(hostile) }
  }
  if (luck > 0.9) yield* sandbox.script({ prompt: mark, respond: { status: 429, message: pick(hostile) } })
  if (luck > 0.95 && luck < 0.98) {
    yield* sandbox.script({ prompt: mark, respond: { status: 400, message: pick(hostile) } })
  }
  if (luck > 0.8 && luck < 0.86) {
    yield* sandbox.script({ prompt: mark, respond: { status: 503 }, times: 1 })
    return yield* Effect.exit(Loom.generate({ ...asked, failover: true, retry: RetryPolicy.none }))
  }
  if (luck > 0.86 && luck < 0.88) {
    yield* sandbox.script({ prompt: mark, hang: true })
    const left = yield* Effect.forkChild(Loom.generate(asked))
    yield* sandbox.awaitJournal((journal) => journal.some(({ body }) => JSON.stringify(body)?.includes(mark)))
    return yield* Fiber.interrupt(left)
  }
  if (luck > 0.88 && luck < 0.9) {
    return yield* Effect.exit(Effect.all([Loom.generate(asked), Loom.generate(asked)], { concurrency: 2 }))
  }
  return yield* random() < 0.3 ? Effect.exit(Stream.runDrain(Loom.stream(asked))) : Effect.exit(Loom.generate(asked))
})

const calls = Effect.gen(function*() {
  const end = Number(to)
  for (let n = 0; n < Number(amount); n++) {
    const due = Number(from) + ((end - Number(from)) * n) / Number(amount)
    ahead += Math.max(0, Math.round(due - (yield* Clock.currentTimeMillis)))
    yield* one(n)
  }
  yield* Effect.promise(() => setTimeout(50))
})

const apiKey = Redacted.make("sk-sandbox")
let asked = 0
process.on("SIGUSR2", () => asked++)

const main = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const loom = Loom.layer({
    retry: RetryPolicy.make({ baseDelay: "1 millis" }),
    health: false,
    cache: { ttl: "60 days" },
    callLog: { path },
    providers: {
      openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey }),
      anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic"), apiKey }),
      mistral: Mistral.layer({ baseUrl: sandbox.baseUrl("mistral"), apiKey })
    }
  })
  yield* Effect.gen(function*() {
    yield* calls
    say({ made: Number(amount) })
    for (let n = 0; Number(to) === 0;) {
      yield* Effect.promise(() => setTimeout(10))
      if (n === asked) continue
      yield* Loom.generate({ model: "openai/gpt-4o-mini", prompt: `Now, number ${n}.` })
      say({ made: ++n })
    }
  }).pipe(Effect.provide(loom))
})

await Effect.runPromise(
  main.pipe(
    Effect.provide(Layer.merge(Sandbox.layer(), Logger.layer([]))),
    Number(to) === 0 ? (effect) => effect : Effect.provideService(Clock.Clock, clock)
  )
)
process.exit()
