import { Tool } from "effect/ai"
import { anthropic } from "./bill.ts"
import { tokens } from "./contract.ts"
import { noticed } from "./mutations.ts"

const model = "anthropic/claude-opus-5-5"
const small = "anthropic/claude-haiku-5-5"
const search = Tool.providerDefined({
  id: "anthropic.web_search_20260318",
  customName: "Search",
  providerName: "web_search"
})()
const cached = (ttl: "5m" | "1h", text: string) => [
  { role: "system", content: text, options: { anthropic: { cache_control: { type: "ephemeral", ttl } } } } as const
]
const asking = (text: string) => ({ role: "user", content: text }) as const

noticed({
  payee: anthropic,
  rates: {
    "input": 4,
    "cached_read": 0.2,
    "cache_write.5m": 5,
    "cache_write.1h": 8,
    "output": 20,
    "above.input": 0.5,
    "above.cached_read": 0.05,
    "above.cache_write.5m": 0.625,
    "above.cache_write.1h": 1,
    "above.output": 2.5,
    "factor.fast": 2,
    "factor.us": 1.1,
    "web_search": 10
  },
  catalog: (rate) => `
provider: anthropic
regions: { us: ${rate("factor.us")} }
per_1k: { web_search: ${rate("web_search")} }
models:
  - id: claude-opus-5-5
    capabilities: [reasoning]
    prices:
      - input: ${rate("input")}
        cached_read: ${rate("cached_read")}
        cache_write: { 5m: ${rate("cache_write.5m")}, 1h: ${rate("cache_write.1h")} }
        output: ${rate("output")}
        service_tiers: { fast: ${rate("factor.fast")} }
    confidence: user
    source: [test]
  - id: claude-haiku-5-5
    capabilities: [reasoning]
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
    { model, prompt: [...cached("5m", tokens(1300)), asking("One?")] },
    { model, prompt: [...cached("5m", tokens(1300)), asking("Two?")] },
    { model, prompt: [...cached("1h", tokens(1300, "b")), asking("One?")] },
    { model, prompt: "search the latest", tools: [search] },
    { model, prompt: "Hello", serviceTier: "fast" },
    { model, prompt: "Hello", native: { inference_geo: "us" } }
  ],
  long: [
    { model: small, prompt: [...cached("5m", tokens(100_100, "c")), asking("One?")] },
    { model: small, prompt: [...cached("5m", tokens(100_100, "c")), asking("Two?")] },
    { model: small, prompt: [...cached("1h", tokens(100_100, "d")), asking("One?")] }
  ]
})
