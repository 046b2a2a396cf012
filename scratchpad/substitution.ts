/**
 * A program tested without a vendor: a layer takes its place, and answers or fails as the test says. Nobody else can be
 * asked: a provider that the test doesn't give is refused.
 * `node --conditions=loom-source scratchpad/substitution.ts`.
 */
import { Console, Effect } from "effect"
import { GenerateError, Generator, Loom, Request } from "loom-router"
import { strict as assert } from "node:assert"

/** What is tested. It knows nothing of tests. */
const translate = (text: string) =>
  Loom.generate({ model: "openai/gpt-4o-mini", system: "Translate into German.", prompt: text }).pipe(
    Effect.map((answer) => answer.text),
    Effect.catchReason("GenerateError", "ContentFiltered", () => Effect.succeed("(left out)"))
  )

const openai = Generator.fake((request) =>
  JSON.stringify(request.prompt).includes("curse")
    ? Request.fail(request, new GenerateError.ContentFiltered({ detail: "not that word" }))
    : "Webstuhl"
)

const program = Effect.gen(function*() {
  const words = yield* Effect.forEach(["loom", "a curse"], translate)
  assert.deepEqual(words, ["Webstuhl", "(left out)"])
  yield* Console.log(words.join(", "))

  const other = yield* Effect.flip(Loom.generate({ model: "anthropic/claude-haiku-4-5", prompt: "Hello" }))
  yield* Console.log(other.message)
})

await Effect.runPromise(Effect.provide(program, Loom.layerTest({ openai })))
