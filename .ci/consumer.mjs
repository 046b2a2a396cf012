// What a user of the published package writes: run by .ci/run in a folder that has only the tarball and its peer.
import { Effect, Redacted } from "effect"
import { Loom } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import { Sandbox } from "loom-router/sandbox"

const program = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const openai = OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey: Redacted.make("sk-sandbox") })
  const generation = yield* Loom.generate({
    provider: "openai",
    model: "gpt-4o-mini",
    prompt: "Summarize this transcript in five bullets."
  }).pipe(Effect.provide(Loom.layer({ providers: { openai } })))
  const billed = (yield* sandbox.bill).reduce((sum, { amount }) => sum + amount, 0n)
  return { generation, billed }
}).pipe(Effect.provide(Sandbox.layer()))

const { billed, generation } = await Effect.runPromise(program)
if (generation.text === "" || BigInt(generation.cost.picoUsd) !== billed) {
  throw new Error(`the answer ${JSON.stringify(generation.text)} cost ${generation.cost.picoUsd}, billed ${billed}`)
}
process.stdout.write(
  `Node ${
    process.version.slice(1)
  }: ${generation.provider}/${generation.model}, ${generation.usage.totalTokens} tokens, $${generation.cost.usd}\n`
)
