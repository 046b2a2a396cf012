import { Tool } from "effect/ai"
import { openai } from "./bill.ts"
import { tokens } from "./contract.ts"
import { noticed } from "./mutations.ts"

const model = "openai/gpt-6.2-sol"
const search = Tool.providerDefined({ id: "openai.web_search", customName: "Search", providerName: "web_search" })()

noticed({
  payee: openai,
  rates: {
    "input": 2,
    "cached_read": 0.1,
    "cache_write.30m": 2.5,
    "cache_write.12h": 5,
    "output": 10,
    "above.input": 4,
    "above.cached_read": 0.2,
    "above.cache_write.30m": 5,
    "above.output": 15,
    "factor.flex": 0.5,
    "factor.priority": 2,
    "factor.ultrafast": 3,
    "web_search": 10
  },
  catalog: (rate) => `
provider: openai
service_tiers: { flex: ${rate("factor.flex")}, priority: ${rate("factor.priority")}, ultrafast: ${
    rate("factor.ultrafast")
  } }
per_1k: { web_search: ${rate("web_search")} }
models:
  - id: gpt-6.2-sol
    capabilities: [reasoning]
    prices:
      - input: ${rate("input")}
        cached_read: ${rate("cached_read")}
        cache_write: { 30m: ${rate("cache_write.30m")}, 12h: ${rate("cache_write.12h")} }
        output: ${rate("output")}
        tiers:
          - above: 272000
            input: ${rate("above.input")}
            cached_read: ${rate("above.cached_read")}
            cache_write: { 30m: ${rate("above.cache_write.30m")} }
            output: ${rate("above.output")}
    confidence: user
    source: [test]
`,
  short: [
    { model, system: tokens(1300), prompt: "One?" },
    { model, system: tokens(1300), prompt: "Two?" },
    { model, system: tokens(1300, "b"), prompt: "One?", native: { prompt_cache_options: { ttl: "12h" } } },
    { model, prompt: "search the latest", tools: [search] },
    { model, prompt: "Hello", serviceTier: "flex" },
    { model, prompt: "Hello", serviceTier: "priority" },
    { model, prompt: "Hello", serviceTier: "ultrafast" }
  ],
  long: [
    { model, system: tokens(272_500, "c"), prompt: "One?" },
    { model, system: tokens(272_500, "c"), prompt: "Two?" }
  ]
})
