import { gemini } from "./bill.ts"
import { tokens } from "./contract.ts"
import { noticed } from "./mutations.ts"

const model = "gemini/gemini-3.8-flash"
const large = "gemini/gemini-3.1-pro-preview"
const asking = (count: number, question: string) => [
  { role: "system", content: tokens(count) } as const,
  { role: "user", content: question } as const
]
const audio = { type: "file", mediaType: "audio/wav", data: new Uint8Array(4000) } as const

noticed({
  payee: gemini,
  rates: {
    "input": 0.75,
    "cached_read": 0.075,
    "audio_input": 0.75,
    "output": 3.75,
    "above.input": 4,
    "above.cached_read": 0.4,
    "above.output": 18,
    "factor.flex": 0.5,
    "factor.priority": 1.8,
    "web_search": 14
  },
  catalog: (rate) => `
provider: gemini
service_tiers: { flex: ${rate("factor.flex")}, priority: ${rate("factor.priority")} }
models:
  - id: gemini-3.8-flash
    prices:
      - input: ${rate("input")}
        cached_read: ${rate("cached_read")}
        audio_input: ${rate("audio_input")}
        output: ${rate("output")}
        per_1k: { web_search: ${rate("web_search")} }
    confidence: user
    source: [test]
  - id: gemini-3.1-pro-preview
    prices:
      - input: 2
        cached_read: 0.2
        output: 12
        tiers:
          - above: 200000
            input: ${rate("above.input")}
            cached_read: ${rate("above.cached_read")}
            output: ${rate("above.output")}
    confidence: user
    source: [test]
`,
  short: [
    { model, prompt: asking(4200, "One?") },
    { model, prompt: asking(4200, "Two?") },
    { model, prompt: "search the latest", webSearch: true },
    { model, prompt: [{ role: "user", content: [audio] }] },
    { model, prompt: "Hello", serviceTier: "flex" },
    { model, prompt: "Hello", serviceTier: "priority" }
  ],
  long: [{ model: large, prompt: asking(200_100, "One?") }, { model: large, prompt: asking(200_100, "Two?") }]
})
