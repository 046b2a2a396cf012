/**
 * What only one vendor has stays within reach: its SDK's own options go out untouched, its SDK's own reply comes back,
 * thoughts keep their seal, and an answer that searched the web says where.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/native.ts`.
 */
import { Console, Effect } from "effect"
import { Generation, Loom } from "loom-router"
import { Sandbox } from "loom-router/sandbox"
import { strict as assert } from "node:assert"
import { onSandbox } from "./onSandbox.ts"

await onSandbox(Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const lastBody = Effect.map(sandbox.journal, (journal) => journal.at(-1)?.body)

  // Typed by openai's SDK: a misspelt name doesn't compile.
  const own = { metadata: { ticket: "T-7" }, truncation: "auto" } as const
  const openai = yield* Loom.generate({ provider: "openai", model: "gpt-6-luna", prompt: "Hello", native: own })
  assert.partialDeepStrictEqual(yield* lastBody, { ...own, store: false })
  const { native: reply } = openai
  assert("object" in reply && reply.object === "response")
  yield* Console.log(`openai was sent metadata.ticket, and says status ${reply.status}`)

  const { content, native } = yield* Loom.generate({
    provider: "anthropic",
    model: "claude-haiku-4-5",
    prompt: "Think of a loom.",
    native: { thinking: { type: "enabled", budget_tokens: 1024 }, max_tokens: 4000 }
  })
  const thought = content.find((part) => part.type === "reasoning")
  assert.match(JSON.stringify(thought?.metadata), /"signature":"\S{20}/)
  yield* Console.log(
    `anthropic gives ${native.content.map(({ type }) => type).join(" and ")}, the thought with its seal`
  )

  const prompt = "Search for news of weaving."
  const searched = yield* Loom.generate({ model: "gemini/gemini-2.5-flash", prompt, webSearch: true })
  const [source] = Generation.sources(searched)
  assert(source !== undefined)
  yield* Console.log(`gemini searched, and rests on ${source.url}`)
}))
