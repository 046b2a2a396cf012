/**
 * 200 rows over two vendors, asked live and then in batches by the same program, and both bills. On the sandbox, with keys
 * that open nothing else: `node --conditions=loom-source scratchpad/batch.ts`.
 */
import { Cause, ConfigProvider, Console, Effect, Layer } from "effect"
import { Batching, Ledger, Loom } from "loom-router"
import { Sandbox } from "loom-router/sandbox"

const models = ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"] as const
const rows = Array.from({ length: 200 }, (_, n) => `Row ${n}: summarize what was woven on day ${n}.`)

/** Knows nothing of batches. */
const summaries = Effect.forEach(
  rows,
  (prompt, n) => Loom.generate({ model: models[n % 2] ?? models[0], prompt }),
  { concurrency: "unbounded" }
)

const usd = (amount: number | undefined) => amount === undefined ? "unknown" : `$${amount.toFixed(9)}`

/** Runs it, and says what it cost by Loom and by the sandbox. */
const billed = Effect.fn("billed")(function*(title: string, program: typeof summaries) {
  const sandbox = yield* Sandbox
  const before = (yield* sandbox.bill).length
  const [answers, spend] = yield* Ledger.measure(program)
  const bill = (yield* sandbox.bill).slice(before).reduce((sum, { amount }) => sum + amount, 0n)
  const saved = answers.reduce((sum, answer) => sum + answer.saved.batch, 0)
  yield* Console.log(
    `  ${title}: ${answers.length} answers, ${usd(spend.usd)} spent, the sandbox's bill says ${
      usd(Number(bill) / 1e12)
    }; ${usd(saved / 1e12)} saved by batches`
  )
  return bill
})

const main = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const environment = ConfigProvider.layer(ConfigProvider.fromUnknown({
    OPENAI_API_KEY: "sk-sandbox",
    ANTHROPIC_API_KEY: "sk-sandbox",
    OPENAI_BASE_URL: sandbox.baseUrl("openai"),
    ANTHROPIC_BASE_URL: sandbox.baseUrl("anthropic")
  }))
  const loom = Layer.provide(Loom.layer({ batches: { path: ":memory:" } }), environment)
  // The sandbox's batches are over at once; a vendor's take up to a day.
  const batched = Batching.layer({ window: "50 millis", pollInterval: "10 millis" })
  yield* Console.log(`\n${rows.length} rows over ${models.join(" and ")}`)
  yield* Effect.gen(function*() {
    const live = yield* billed("live", summaries)
    const cheap = yield* billed("in batches", Effect.provide(summaries, batched))
    const jobs = (yield* sandbox.journal).filter(({ job }) => job !== undefined).length
    yield* Console.log(`\n${jobs} jobs, ${(Number(cheap) / Number(live) * 100).toFixed(1)} % of the price.`)
  }).pipe(Effect.provide(loom))
})

await Effect.runPromise(
  main.pipe(
    Effect.provide(Sandbox.layer({ batches: { takes: 0 } })),
    Effect.catchCause((cause) => {
      process.exitCode = 1
      return Console.error(Cause.pretty(cause))
    })
  )
)
