import { bedrock } from "./bill.ts"
import { tokens } from "./contract.ts"
import { noticed } from "./mutations.ts"

const model = "bedrock/global.anthropic.claude-sonnet-5-5"
const small = "bedrock/global.anthropic.claude-haiku-5-5"
const cached = (ttl: "5m" | "1h", text: string, question: string) => [
  { role: "system", content: text, options: { bedrock: { cachePoint: { type: "default", ttl } } } } as const,
  { role: "user", content: question } as const
]

noticed({
  payee: bedrock,
  rates: {
    "input": 2,
    "cached_read": 0.1,
    "cache_write.5m": 2.5,
    "cache_write.1h": 4,
    "output": 10,
    "above.input": 0.5,
    "above.cached_read": 0.05,
    "above.cache_write.5m": 0.625,
    "above.cache_write.1h": 1,
    "above.output": 2.5
  },
  catalog: (rate) => `
provider: bedrock
models:
  - id: global.anthropic.claude-sonnet-5-5
    prices:
      - input: ${rate("input")}
        cached_read: ${rate("cached_read")}
        cache_write: { 5m: ${rate("cache_write.5m")}, 1h: ${rate("cache_write.1h")} }
        output: ${rate("output")}
    confidence: user
    source: [test]
  - id: global.anthropic.claude-haiku-5-5
    prices:
      - input: 0.1
        cached_read: 0.01
        cache_write: { 5m: 0.125, 1h: 0.2 }
        output: 0.5
        tiers:
          - above: 100000
            input: ${rate("above.input")}
            cached_read: ${rate("above.cached_read")}
            cache_write: { 5m: ${rate("above.cache_write.5m")}, 1h: ${rate("above.cache_write.1h")} }
            output: ${rate("above.output")}
    confidence: user
    source: [test]
`,
  short: [
    { model, prompt: cached("5m", tokens(1300), "One?") },
    { model, prompt: cached("5m", tokens(1300), "Two?") },
    { model, prompt: cached("1h", tokens(1300, "b"), "One?") }
  ],
  long: [
    { model: small, prompt: cached("5m", tokens(100_100, "c"), "One?") },
    { model: small, prompt: cached("5m", tokens(100_100, "c"), "Two?") },
    { model: small, prompt: cached("1h", tokens(100_100, "d"), "One?") }
  ]
})
