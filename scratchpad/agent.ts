/**
 * An agent that calls tools, held to a budget: it goes on from task to task until a request may cost more than is left.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/agent.ts`.
 */
import { Cause, Console, Effect, Redacted, Result, Schema } from "effect"
import { Prompt, Tool } from "effect/ai"
import { type GenerateError, type Generation, Ledger, Loom } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import { Sandbox } from "loom-router/sandbox"

const usd = (amount: number) => `$${amount.toFixed(9)}`

const stock = Tool.make("look_up_stock", {
  description: "How much of a yarn is in stock",
  parameters: Schema.Struct({ yarn: Schema.String })
})
const price = Tool.make("look_up_price", {
  description: "What a yarn costs by the metre",
  parameters: Schema.Struct({ yarn: Schema.String })
})
const tools = [stock, price]

/** What a tool answers. */
const run = (name: string): unknown => name === stock.name ? { metres: 1200 } : { usdPerMetre: 0.04 }

const toolResults = (content: ReadonlyArray<Generation.Content>): Prompt.Prompt =>
  Prompt.make([{
    role: "tool",
    content: content.flatMap((part) =>
      part.type === "tool-call"
        ? [{ type: "tool-result" as const, id: part.id, name: part.name, isFailure: false, result: run(part.name) }]
        : []
    )
  }])

/** Asks, runs the tools that are asked for, and asks again, until there is an answer. */
const solve = (prompt: Prompt.Prompt, turns = 1): Effect.Effect<number, GenerateError.GenerateError> =>
  Effect.flatMap(
    Loom.generate({ model: "openai/gpt-4o-mini", prompt, tools, maxOutputTokens: 300 }),
    ({ content, finishReason }) =>
      finishReason === "tool-calls" && turns < 8
        ? solve(
          Prompt.concat(Prompt.concat(prompt, Prompt.fromResponseParts(content)), toolResults(content)),
          turns + 1
        )
        : Effect.succeed(turns)
  )

const agent = Effect.gen(function*() {
  for (let task = 1;; task++) {
    const yarn = ["wool", "linen", "silk"][task % 3]
    const asked = Prompt.make(`Task ${task}: look_up_stock and look_up_price of ${yarn}, then plan a scarf.`)
    const [solved, spend] = yield* Ledger.measure(Effect.result(solve(asked)))
    if (Result.isFailure(solved)) return { done: task - 1, error: solved.failure }
    yield* Console.log(
      `  task ${task} (${yarn}): ${solved.success} turns, ${spend.totalTokens} tokens, ${usd(spend.usd)}`
    )
  }
})

const main = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const openai = OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey: Redacted.make("sk-sandbox") })
  yield* Console.log("\nAn agent with a budget of $0.001:")
  const [{ done, error }, spend] = yield* agent.pipe(
    Ledger.tag({ agent: "weaver" }),
    Ledger.budget({ usd: 0.001 }),
    Ledger.measure,
    Effect.provide(Loom.layer({ providers: { openai } }))
  )
  const bill = (yield* sandbox.bill).reduce((sum, { amount }) => sum + amount, 0n)
  yield* Console.log(`
It stops after ${done} tasks: ${error.reason._tag}, ${error.why}.
${spend.calls} calls, ${spend.attempts} requests, ${spend.totalTokens} tokens: ${
    usd(spend.usd)
  } spent; the sandbox's bill says ${usd(Number(bill) / 1e12)}.`)
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
