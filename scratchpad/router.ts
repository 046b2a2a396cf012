/**
 * Cheap first: a small model answers what it can in a few words, a larger one what it can't, and what that saved against
 * asking the largest at once. On the sandbox, without a key: `node --conditions=loom-source scratchpad/router.ts`.
 */
import { Cause, Console, Effect, Redacted } from "effect"
import { Ledger, Loom, Router } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { Sandbox } from "loom-router/sandbox"

const usd = (amount: number | undefined) => amount === undefined ? "unknown" : `$${amount.toFixed(9)}`

const router = Router.make({
  candidates: [
    ["openai", "text", "gpt-4o-mini", { maxOutputTokens: 60 }],
    { provider: "anthropic", model: "claude-haiku-4-5", params: { maxOutputTokens: 1000 } },
    "openai/gpt-4o"
  ],
  // An answer that was cut is none.
  validator: ({ finishReason }) => finishReason === "stop",
  baseline: "openai/gpt-4o"
})

const questions = [
  "What is warp? In one sentence.",
  "What is weft? In one sentence.",
  "Tell the history of the power loom. [words: 200]",
  "What is a heddle? In one sentence.",
  "What is a shuttle? In one sentence.",
  "Compare twill and satin, thread by thread. [words: 150]"
]

const ask = Effect.fn("ask")(function*(prompt: string) {
  const { attempts, cost, router: route, saved } = yield* Loom.route("cheap-first", { prompt })
  const spent = attempts.reduce((sum, { cost }) => sum + (cost?.usd ?? 0), 0)
  yield* Console.log([
    `  ${prompt}`,
    ...(route?.tried ?? []).map(({ model, outcome, picoUsd, why }) =>
      `    ${model}: ${outcome}${why === undefined ? "" : ` (${why})`} · ${usd(picoUsd / 1e12)}`
    ),
    `    the answer cost ${usd(cost.usd)}, all of it ${usd(spent)}; saved ${usd(saved.usd)}`
  ].join("\n"))
})

const main = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const apiKey = Redacted.make("sk-sandbox")
  const loom = Loom.layer({
    providers: {
      openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey }),
      anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic"), apiKey })
    },
    routes: { "cheap-first": router }
  })

  yield* Console.log("\nWhat would be tried for the third question, and what it may cost:")
  const explained = yield* Effect.provide(Loom.explain("cheap-first", { prompt: questions[2] ?? "" }), loom)
  for (const { cost, model } of explained) yield* Console.log(`  ${model} · ≈ ${usd(cost.usd)}`)

  yield* Console.log("\nAsking, cheap first:")
  const [, spend] = yield* Effect.forEach(questions, ask).pipe(Ledger.measure, Effect.provide(loom))
  const bill = (yield* sandbox.bill).reduce((sum, { amount }) => sum + amount, 0n)
  yield* Console.log(`
${spend.calls} questions, ${spend.attempts} requests: ${usd(spend.usd)} spent; the sandbox's bill says ${
    usd(Number(bill) / 1e12)
  }.
gpt-4o at once would have been ${usd(spend.usd + spend.saved.usd)}: routing saved ${
    usd(Number(spend.saved.routing) / 1e12)
  }.`)
})

await Effect.runPromise(
  main.pipe(
    Effect.provide(Sandbox.layer()),
    Effect.catchCause((cause) => {
      process.exitCode = 1
      return Console.error(Cause.pretty(cause))
    })
  )
)
