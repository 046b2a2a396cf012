/**
 * Vendors' own prompt caches: what they leave off the price is in the cost already, and a doctor says why one wasn't hit.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/promptCache.ts`.
 */
import { Clock, Console, Effect } from "effect"
import { type GenerateOptions, Ledger, Loom, PromptCache } from "loom-router"
import { strict as assert } from "node:assert"
import { billed, onSandbox, usd } from "./onSandbox.ts"

const handbook = Array.from({ length: 400 }, (_, n) => `Section ${n}: a thread of weft passes over the warp.`).join(
  "\n"
)

const models = [
  "openai/gpt-4o-mini",
  "anthropic/claude-haiku-4-5",
  "deepseek/deepseek-flash",
  "gemini/gemini-2.5-flash"
] as const

const talk = Effect.fn("talk")(function*(model: typeof models[number]) {
  const ask = (prompt: string) => Loom.generate({ model, system: handbook, prompt, promptCache: true })
  yield* ask("What is warp?")
  const { cost, saved, usage } = yield* ask("What is weft?")
  assert(usage.cacheRead > 0)
  yield* Console.log(
    `${model}: ${usage.cacheRead} of ${usage.inputTokens} tokens from the cache, ${usd(cost.usd)}, ${
      usd(saved.promptCache / 1e12)
    } saved`
  )
})

const conversation: ReadonlyArray<GenerateOptions.GenerateOptions> = ["9:58", "9:59"].map((time) => ({
  model: "anthropic/claude-haiku-4-5",
  system: `It is 2026-11-24 ${time}.\n${handbook}`,
  prompt: "What is warp?",
  promptCache: true
}))

await onSandbox(Effect.gen(function*() {
  const [, spend] = yield* Ledger.measure(Effect.forEach(models, talk))
  yield* Console.log(`${spend.calls} calls: ${usd(spend.usd)}; the sandbox's bill says ${usd(yield* billed)}\n`)
  assert.equal(usd(spend.usd), usd(yield* billed))

  const turns = yield* PromptCache.turnsOf(conversation)
  const [found] = PromptCache.diagnose(turns, { at: yield* Clock.currentTimeMillis })
  assert.equal(found?.cause, "timestamp")
  yield* Console.log(`The doctor, of ${found.at}: ${found.what}\n  fix: ${found.fix}`)
}))
