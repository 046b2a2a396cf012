/**
 * One contract for every vendor and modality: the same call, and the same answer with its text or images, usage and cost.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/unified.ts`.
 */
import { Console, Effect } from "effect"
import { Images, Ledger, Loom } from "loom-router"
import { strict as assert } from "node:assert"
import { billed, onSandbox, usd } from "./onSandbox.ts"

const models = [
  "openai/gpt-4o-mini",
  "anthropic/claude-haiku-4-5",
  "gemini/gemini-2.5-flash",
  "mistral/mistral-large-2512",
  "deepseek/deepseek-flash",
  "openai/gpt-image-2",
  "bfl/flux-2-pro"
] as const

const ask = Effect.fn("ask")(function*(model: typeof models[number]) {
  const { cost, images, text, usage } = yield* Loom.generate({ model, prompt: "A loom by a window" })
  const [image] = images
  const size = image === undefined ? undefined : Images.dimensions(image)
  const made = size === undefined ? `${text.split(" ").length} words` : `an image of ${size.width} × ${size.height}`
  yield* Console.log(`${model}: ${made}, ${usage.totalTokens} tokens, ${usd(cost.usd)}`)
})

await onSandbox(Effect.gen(function*() {
  const [, spend] = yield* Ledger.measure(Effect.forEach(models, ask))
  yield* Console.log(`${spend.calls} calls: ${usd(spend.usd)}; the sandbox's bill says ${usd(yield* billed)}`)
  assert.equal(usd(spend.usd), usd(yield* billed))
}))
