/**
 * A program of effect/ai, which knows nothing of Loom: a chat with tools. It runs over a cheap-first route, with a cache
 * and a budget, and Loom prints its bill.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/effectAi.ts`.
 */
import { Cause, Console, Effect, Redacted, Result, Schema } from "effect"
import { Chat, Tool, Toolkit } from "effect/ai"
import { type CallRecord, Cost, Ledger, Loom, Router } from "loom-router"
import * as EffectAi from "loom-router/effect-ai"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { Sandbox } from "loom-router/sandbox"

const usd = (amount: number) => `$${amount.toFixed(9)}`

const Yarn = Schema.Struct({ yarn: Schema.String })

const Shop = Toolkit.make(
  Tool.make("look_up_stock", {
    description: "How much of a yarn is in stock",
    parameters: Yarn,
    success: Schema.Struct({ metres: Schema.Finite })
  }),
  Tool.make("look_up_price", {
    description: "What a yarn costs by the metre",
    parameters: Yarn,
    success: Schema.Struct({ usd: Schema.Finite })
  })
)

const shop = Shop.toLayer({
  look_up_stock: () => Effect.succeed({ metres: 1200 }),
  look_up_price: () => Effect.succeed({ usd: 0.04 })
})

/** Asks, and goes on until no tool is called. */
const solve = Effect.fn("solve")(function*(chat: Chat.Chat, task: string) {
  let answer = yield* chat.generateText({ prompt: task, toolkit: Shop })
  while (answer.finishReason === "tool-calls") {
    answer = yield* chat.generateText({ prompt: [], toolkit: Shop })
  }
  const summary = EffectAi.summary(answer.content)
  yield* Console.log(
    `  ${task}\n    ${summary?.router?.used} (cache: ${summary?.cache}), after ${
      summary?.router?.tried.map(({ model, outcome }) => `${model} ${outcome}`).join(", ")
    }`
  )
})

const tasks = [
  "look_up_stock of wool, then say in one sentence whether it will do.",
  "look_up_price of linen, and tell it in one sentence.",
  "Tell the history of linen. [words: 150]"
]

const talk = Effect.gen(function*() {
  const chat = yield* Chat.fromPrompt("You weave, and know the shop.")
  for (const task of tasks) yield* solve(chat, task)
})

/** Plans a scarf a day, until a plan may cost more than is left of a budget. */
const plan = Effect.gen(function*() {
  for (let days = 0;; days++) {
    const chat = yield* Chat.fromPrompt(`It is day ${days + 1}.`)
    const planned = yield* Effect.result(chat.generateText({ prompt: "Plan a scarf. [words: 30]" }))
    if (Result.isFailure(planned)) return { days, error: planned.failure }
  }
})

const main = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const apiKey = Redacted.make("sk-sandbox")
  const records: Array<CallRecord.CallRecord> = []
  const loom = Loom.layer({
    providers: {
      openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey }),
      anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic"), apiKey })
    },
    routes: {
      "cheap-first": Router.make({
        candidates: [
          ["openai", "text", "gpt-4o-mini", { maxOutputTokens: 60 }],
          { provider: "anthropic", model: "claude-haiku-4-5", params: { maxOutputTokens: 1000 } }
        ],
        // An answer that was cut is none.
        validator: ({ finishReason }) => finishReason === "stop" || finishReason === "tool-calls"
      })
    },
    cache: { ttl: "1 hour" },
    onCall: (record) => records.push(record)
  })
  const programs = Effect.gen(function*() {
    yield* Console.log("\nA chat with tools, cheap first:")
    yield* talk
    yield* Console.log("\nThe same chat again:")
    yield* talk
    yield* Console.log("\nA scarf a day, with a budget of $0.001:")
    const { days, error } = yield* Ledger.budget(plan, { usd: 0.001 })
    yield* Console.log(
      `  It stops after ${days} days with ${error.reason._tag}: ${EffectAi.failure(error)?.why ?? error.message}.`
    )
  })
  const [, spend] = yield* programs.pipe(
    Ledger.measure,
    Effect.provide([EffectAi.layer({ route: "cheap-first", tags: { program: "effectAi" } }), shop]),
    Effect.provide(loom)
  )

  const lines = Map.groupBy(
    records.flatMap(({ attempts }) => attempts),
    ({ model, provider }) => `${provider}/${model}`
  )
  yield* Console.log("\nThe bill:")
  for (const [model, attempts] of lines) {
    const cost = Cost.sum(attempts.flatMap(({ cost }) => cost ?? []))
    yield* Console.log(`  ${model}: ${attempts.length} requests, ${usd(Number(cost.picoUsd) / 1e12)}`)
  }
  const bill = (yield* sandbox.bill).reduce((sum, { amount }) => sum + amount, 0n)
  yield* Console.log(
    `${spend.calls} calls, ${spend.attempts} requests: ${usd(spend.usd)} spent, ${
      usd(spend.saved.usd)
    } saved; the sandbox's bill says ${usd(Number(bill) / 1e12)}.`
  )
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
