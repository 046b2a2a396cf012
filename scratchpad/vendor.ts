/**
 * One more vendor that speaks OpenAI's protocol, with tools, streams and cost: `newco` and `ask` are all that it takes.
 * On the sandbox, with a key that opens nothing else: `node --conditions=loom-source scratchpad/vendor.ts`.
 */
import { Cause, ConfigProvider, Console, Effect, Layer, Schema, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { Catalog, Generation, Ledger, Loom } from "loom-router"
import { Sandbox } from "loom-router/sandbox"

const stock = Tool.make("look_up_stock", {
  description: "How much of a yarn is in stock",
  parameters: Schema.Struct({ yarn: Schema.String })
})

const newco = (baseUrl: string) =>
  Catalog.bundled.pipe(
    Catalog.registerOpenAiCompatible({ key: "newco", baseUrl, apiKeyEnv: "NEWCO_API_KEY" }),
    Catalog.registerModel({
      provider: "newco",
      model: "newco-large",
      upstreamModel: "gpt-4.1",
      inputCostPer1M: 2,
      outputCostPer1M: 8
    })
  )
const ask = (prompt: Prompt.Prompt) => Loom.stream({ model: "newco/newco-large", prompt, tools: [stock] })

const usd = (amount: number | undefined) => amount === undefined ? "unknown" : `$${amount.toFixed(9)}`

/** Reads an answer to its end, and shows what came. */
const read = Effect.fn("read")(function*(title: string, prompt: Prompt.Prompt) {
  const parts = yield* Stream.runCollect(ask(prompt))
  const answer = Generation.fromParts(parts)
  if (answer === undefined) return yield* Effect.die(new Error("the stream has no finish"))
  const { content, cost, finishReason, model, provider, text, usage } = answer
  const calls = content.flatMap((part) => part.type === "tool-call" ? [part] : [])
  const pieces = (type: "text-delta" | "tool-params-delta") => parts.filter((part) => part.type === type).length
  yield* Console.log([
    `\n  ${title}`,
    ...calls.map(({ name, params }) =>
      `    it calls ${name}(${JSON.stringify(params)}), in ${pieces("tool-params-delta")} pieces`
    ),
    ...text === "" ? [] : [`    it says in ${pieces("text-delta")} pieces: ${text}`],
    `    ${provider}/${model}: ${finishReason}, ${usage.inputTokens} in, ${usage.outputTokens} out, ${usd(cost.usd)}`
  ].join("\n"))
  return { answer, calls }
})

const talk = Effect.gen(function*() {
  const question = Prompt.make("look_up_stock, then plan a scarf of wool.")
  const { answer, calls } = yield* read("Asked what needs a tool", question)
  const results = Prompt.make([{
    role: "tool",
    content: calls.map(({ id, name }) => ({
      type: "tool-result",
      id,
      name,
      isFailure: false,
      result: { metres: 1200 }
    }))
  }])
  yield* read(
    "Told what the tool found",
    Prompt.concat(Prompt.concat(question, Prompt.fromResponseParts(answer.content)), results)
  )
})

const main = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const loom = Loom.layer({ catalog: newco(sandbox.baseUrl("openai")) })
  const environment = ConfigProvider.layer(ConfigProvider.fromUnknown({ NEWCO_API_KEY: "sk-sandbox" }))
  yield* Console.log("\nA vendor that Loom has never heard of:")
  const [, spend] = yield* talk.pipe(Ledger.measure, Effect.provide(Layer.provide(loom, environment)))
  const bill = (yield* sandbox.bill).reduce((sum, { amount }) => sum + amount, 0n)
  yield* Console.log(`
${spend.calls} streams, ${spend.totalTokens} tokens: ${usd(spend.usd)} spent; the sandbox's bill says ${
    usd(Number(bill) / 1e12)
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
