import { mistral } from "./bill.ts"
import { tokens } from "./contract.ts"
import { noticed } from "./mutations.ts"

const model = "mistral/mistral-large-2512"
const asking = (question: string) => [
  { role: "system", content: tokens(1300) } as const,
  { role: "user", content: question } as const
]

noticed({
  payee: mistral,
  rates: { "input": 0.5, "cached_read": 0.05, "output": 1.5 },
  catalog: (rate) => `
provider: mistral
models:
  - id: mistral-large-2512
    prices:
      - { input: ${rate("input")}, cached_read: ${rate("cached_read")}, output: ${rate("output")} }
    confidence: user
    source: [test]
`,
  short: [{ model, prompt: asking("One?") }, { model, prompt: asking("Two?") }, { model, prompt: "Hello" }],
  long: []
})
