import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Struct } from "effect"
import { Tool } from "effect/ai"
import { Catalog, Cost, type GenerateOptions, Loom, Usage } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import { compared } from "./bill.ts"
import { differences } from "./conversations.ts"
import { inWorld } from "./world.ts"

describe("the bill", () => {
  it.live("openai: 100 random conversations cost what the sandbox charges, to the pico-dollar", () =>
    Effect.gen(function*() {
      const covered = yield* compared(100, 1)
      for (const [name, count] of Object.entries(covered)) assert.isAbove(count, 0, name)
      assert.isAbove(covered.requests, 150)
      assert.isAbove(covered.models, 12)
    }))
})

/** The reference model's price, each rate a field of its own. */
const rates = {
  "input": 2,
  "cached_read": 0.1,
  "cache_write.30m": 2.5,
  "cache_write.12h": 5,
  "output": 10,
  "above.input": 4,
  "above.cached_read": 0.2,
  "above.cache_write.30m": 5,
  "above.output": 15,
  "flex": 0.5,
  "priority": 2,
  "ultrafast": 3,
  "web_search": 10
}
type Rate = keyof typeof rates

/** The least change that a catalog file can tell. */
const least = (rate: Rate): number =>
  rate === "web_search" ? 0.001 : rate === "flex" || rate === "priority" || rate === "ultrafast" ? 0.0001 : 0.000001

const catalogWith = (changed: Partial<Record<Rate, number>>) => {
  const rate = (name: Rate) => changed[name] ?? rates[name]
  return Effect.map(
    Catalog.fromYaml(`
provider: openai
service_tiers: { flex: ${rate("flex")}, priority: ${rate("priority")}, ultrafast: ${rate("ultrafast")} }
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
`),
    (own) => Catalog.merge(Catalog.bundled, own)
  )
}

const model = "openai/gpt-6.2-sol"
const prefix = (letter: string, count: number) => letter + ` ${letter}`.repeat(count - 1)
const search = Tool.providerDefined({ id: "openai.web_search", customName: "Search", providerName: "web_search" })()

/** Every rate is in the price of one of these. */
const short: ReadonlyArray<GenerateOptions.GenerateOptions> = [
  { model, system: prefix("a", 1300), prompt: "One?" },
  { model, system: prefix("a", 1300), prompt: "Two?" },
  { model, system: prefix("b", 1300), prompt: "One?", native: { prompt_cache_options: { ttl: "12h" } } },
  { model, prompt: "search the latest", tools: [search] },
  { model, prompt: "Hello", serviceTier: "flex" },
  { model, prompt: "Hello", serviceTier: "priority" },
  { model, prompt: "Hello", serviceTier: "ultrafast" }
]
const long: ReadonlyArray<GenerateOptions.GenerateOptions> = [
  { model, system: prefix("c", 272_500), prompt: "One?" },
  { model, system: prefix("c", 272_500), prompt: "Two?" }
]

const mismatches = (catalog: Catalog.Catalog, calls: ReadonlyArray<GenerateOptions.GenerateOptions>) =>
  inWorld({
    catalog: () => catalog,
    providers: (sandbox) => ({
      openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey: Redacted.make("sk-test-0123456789abcd") })
    })
  }, function*({ sandbox }) {
    const answers = yield* Effect.forEach(calls, (options) => Loom.generate(options))
    return { answers, found: yield* differences(answers.flatMap(({ attempts }) => attempts), sandbox) }
  })

describe("the bill would notice", () => {
  it.live("openai: nothing, where nothing is changed", () =>
    Effect.gen(function*() {
      const { found } = yield* mismatches(yield* catalogWith({}), short)
      assert.deepStrictEqual(found, [])
    }))

  for (const name of Struct.keys(rates).filter((name) => !name.startsWith("above"))) {
    it.live(`openai: another rate: ${name}`, () =>
      Effect.gen(function*() {
        const changed = yield* catalogWith({ [name]: rates[name] + least(name) })
        assert.isAbove((yield* mismatches(changed, short)).found.length, 0)
      }))
  }

  it.live("openai: another rate above 272,000 tokens", () =>
    Effect.gen(function*() {
      const { answers, found } = yield* mismatches(yield* catalogWith({}), long)
      assert.deepStrictEqual(found, [])
      for (const name of Struct.keys(rates).filter((name) => name.startsWith("above"))) {
        const changed = Catalog.named(
          yield* catalogWith({ [name]: rates[name] + least(name) }),
          "openai",
          "gpt-6.2-sol"
        )
        assert(changed !== undefined)
        const differ = answers.filter(({ attempts: [attempt], cost, serviceTier, usage }) =>
          Cost.of(changed, usage, { at: attempt?.startedAt ?? NaN, serviceTier }).picoUsd !== cost.picoUsd
        )
        assert.isAbove(differ.length, 0, name)
      }
    }))

  it.live("openai: one token more or less of any kind", () =>
    Effect.gen(function*() {
      const catalog = yield* catalogWith({})
      const { answers } = yield* mismatches(catalog, short)
      const changes: Readonly<Record<string, (usage: Usage.Usage) => Partial<Usage.Usage>>> = {
        inputUncached: (usage) => ({ inputUncached: usage.inputUncached + 1 }),
        cacheRead: (usage) => ({ cacheRead: usage.cacheRead + 1 }),
        cacheWrite30m: ({ cacheWrite }) => ({ cacheWrite: { ...cacheWrite, "30m": (cacheWrite["30m"] ?? 0) + 1 } }),
        cacheWrite12h: ({ cacheWrite }) => ({ cacheWrite: { ...cacheWrite, "12h": (cacheWrite["12h"] ?? 0) + 1 } }),
        outputText: (usage) => ({ outputText: usage.outputText + 1 }),
        outputReasoning: (usage) => ({ outputReasoning: usage.outputReasoning + 1 }),
        requests: ({ requests }) => ({ requests: { web_search: (requests["web_search"] ?? 0) + 1 } })
      }
      for (const { attempts: [attempt], cost, serviceTier, usage } of answers) {
        const sol = Catalog.named(catalog, "openai", "gpt-6.2-sol")
        assert(sol !== undefined && attempt !== undefined)
        const priced = (usage: Usage.Usage) => Cost.of(sol, usage, { at: attempt.startedAt, serviceTier }).picoUsd
        assert.strictEqual(priced(usage), cost.picoUsd)
        for (const [name, change] of Object.entries(changes)) {
          assert.isAbove(priced(Usage.make({ ...usage, ...change(usage) })) ?? 0, cost.picoUsd ?? Infinity, name)
        }
      }
    }))
})
