import { cohere } from "./bill.ts"
import { tokens } from "./contract.ts"
import { noticed } from "./mutations.ts"

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
