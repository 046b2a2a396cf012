import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cohere, compared, covers } from "./bill.ts"
import { tokens } from "./contract.ts"
import { noticed } from "./mutations.ts"

describe("the bill", () => {
  it.live("cohere: 100 random conversations cost what the sandbox charges, to the pico-dollar", () =>
    Effect.gen(function*() {
      const covered = yield* compared(cohere, 100, 1)
      covers(covered, cohere, 0)
      assert.isAbove(covered.requests, 150)
      assert.strictEqual(covered.models, cohere.voices.length)
    }))
})

const model = "cohere/command-a-plus-05-2026"
const asking = (question: string) => [
  { role: "system", content: tokens(1300) } as const,
  { role: "user", content: question } as const
]

noticed({
  payee: cohere,
  rates: { input: 2.5, output: 10 },
  catalog: (rate) => `
provider: cohere
models:
  - id: command-a-plus-05-2026
    prices:
      - { input: ${rate("input")}, output: ${rate("output")} }
    confidence: user
    source: [test]
`,
  short: [{ model, prompt: asking("One?") }, { model, prompt: asking("Two?") }, { model, prompt: "Hello" }],
  long: []
})
