/**
 * What a service does with Loom, written from the files of the package alone: a vendor that is down is stood in for,
 * what was asked before is answered from the cache, and a tenant spends no more than it may. It prints what came of it
 * as JSON. `e2e/package.test.ts` compiles and runs it where only the package is installed.
 */
import { Console, Effect, Layer, Redacted, Schema } from "effect"
import { CallLog, type GenerateError, Ledger, Loom, RetryPolicy } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { Sandbox } from "loom-router/sandbox"

const [path = ":memory:"] = process.argv.slice(2)
const apiKey = Redacted.make("sk-sandbox")

const loom = Layer.unwrap(Effect.map(Sandbox, (sandbox) =>
  Loom.layer({
    providers: {
      openai: OpenAi.layer({ apiKey, baseUrl: sandbox.baseUrl("openai") }),
      anthropic: Anthropic.layer({ apiKey, baseUrl: sandbox.baseUrl("anthropic") })
    },
    retry: RetryPolicy.none,
    failover: ["anthropic/claude-haiku-4-5"],
    cache: { ttl: "1 hour" }
  })))

const Color = Schema.Struct({ name: Schema.String, isWarm: Schema.Boolean })

const answer = (prompt: string) =>
  Effect.map(
    Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt, maxOutputTokens: 50 }),
    ({ cache, provider, warnings }) => ({ cache, provider, warnings: warnings.length })
  )

const refusal = (error: GenerateError.GenerateError) => ({ refused: error.reason._tag, fix: error.fix !== "" })

const program = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  yield* sandbox.script({ prompt: "What is weft?", respond: { status: 503 } })
  const [answers, spend] = yield* Effect.all({
    well: answer("What is warp?"),
    down: answer("What is weft?"),
    again: answer("What is warp?"),
    dear: answer("What is a shuttle? ".repeat(2000)).pipe(
      Ledger.budget({ usd: 0.0001 }),
      Effect.catchTag("GenerateError", (error) => Effect.succeed(refusal(error)))
    ),
    object: Effect.map(
      Loom.generateObject({ model: "openai/gpt-4o-mini", prompt: "A color", schema: Color }),
      ({ object }): boolean => typeof object.isWarm === "boolean" && object.name.length >= 0
    )
  }).pipe(Ledger.tag({ tenant: "acme" }), Ledger.measure)
  const billed = (yield* sandbox.bill).reduce((sum, { amount }) => sum + amount, 0n)
  const log = yield* CallLog.CurrentCallLog
  yield* log.flush
  const { calls } = yield* CallLog.recent({ filters: { tag: { key: "tenant", value: "acme" } } })
  yield* Console.log(
    JSON.stringify({ ...answers, calls: calls.length, isBilled: billed > 0n && spend.picoUsd === billed })
  )
})

const layers = Layer.merge(loom, CallLog.layerSqlite({ path })).pipe(Layer.provideMerge(Sandbox.layer()))

await Effect.runPromise(Effect.provide(program, layers))
