/**
 * The bill: what Loom says that random conversations cost is what the sandbox charges, to the pico-dollar.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { Tool } from "effect/ai"
import { type Attempt, type GenerateOptions, Loom, type Providers } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as Bedrock from "loom-router/providers/Bedrock"
import * as Cohere from "loom-router/providers/Cohere"
import * as Gemini from "loom-router/providers/Gemini"
import * as Mistral from "loom-router/providers/Mistral"
import * as OpenAi from "loom-router/providers/OpenAi"
import { converse, type Dice, dice, differences, type Style, type Voice } from "./conversations.ts"
import { type Box, inWorld } from "./world.ts"

/** A vendor, as far as its bill goes. */
export interface Payee {
  readonly key: string
  readonly layer: (sandbox: Box) => Providers.Source
  readonly voices: readonly [Voice, ...ReadonlyArray<Voice>]
  readonly styleOf: (roll: Dice, voice: Voice) => Style
  /** Above the size from which the whole request is priced anew. */
  readonly long: ReadonlyArray<GenerateOptions.GenerateOptions>
  /** The longest that the vendor caches for, which has a price of its own. */
  readonly longest?: string | undefined
  /** Of what is counted, what this vendor doesn't have or tell. */
  readonly lacks?: ReadonlyArray<string> | undefined
}

const apiKey = Redacted.make("sk-test-0123456789abcd")

// gpt-4 and gpt-5 models have priority factors of their own, which the sandbox doesn't know.
const all = ["flex", "priority", "fast", "default", "auto"]
const openAiSearch = Tool.providerDefined({
  id: "openai.web_search",
  customName: "Search",
  providerName: "web_search"
})()

export const openai: Payee = {
  key: "openai",
  layer: (sandbox) => OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey }),
  voices: [
    { model: "gpt-4.1", reasons: false, samples: true, tiers: ["flex", "default"] },
    { model: "gpt-4.1-mini-2025-04-14", reasons: false, samples: true, tiers: ["flex"] },
    { model: "gpt-4o", reasons: false, samples: true, tiers: ["flex"] },
    { model: "gpt-4o-2024-11-20", reasons: false, samples: true, tiers: [] },
    { model: "gpt-4o-mini", reasons: false, samples: true, tiers: ["flex"] },
    { model: "gpt-5-mini", reasons: true, tiers: ["flex"] },
    { model: "gpt-5.1-2025-11-13", reasons: true, tiers: ["flex"] },
    { model: "gpt-5.4", reasons: true, tiers: all },
    { model: "gpt-5.4-mini-2026-03-17", reasons: true, tiers: all },
    { model: "gpt-5.5", reasons: true, tiers: all },
    { model: "gpt-5.6", reasons: true, writes: true, tiers: all },
    { model: "gpt-5.6-luna", reasons: true, writes: true, tiers: all },
    { model: "gpt-6-luna", reasons: true, writes: true, tiers: all },
    { model: "gpt-6-sol", reasons: true, writes: true, tiers: all },
    { model: "gpt-6.1-terra", reasons: true, writes: true, tiers: all },
    { model: "gpt-6.2-sol", reasons: true, writes: true, tiers: all },
    { model: "o3", reasons: true, tiers: ["flex"] }
  ],
  styleOf: (roll, voice) => {
    const native = roll.chance(0.3) ? { prompt_cache_key: roll.pick("a", "b") } : {}
    if (roll.chance(0.4)) return { options: { seed: 7, native } }
    const lasts = voice.writes === true && roll.chance(0.4)
    return {
      options: { native: { ...native, ...lasts ? { prompt_cache_options: { ttl: "12h" } } : {} } },
      search: openAiSearch
    }
  },
  long: [
    { model: "openai/gpt-6-luna", prompt: "x ".repeat(272_100) },
    { model: "openai/gpt-6-luna", prompt: "x ".repeat(272_100), seed: 1 }
  ],
  longest: "12h"
}

const fast = ["fast", "default", "auto"]
const usual = ["default", "auto"]
const anthropicSearch = Tool.providerDefined({
  id: "anthropic.web_search_20260318",
  customName: "Search",
  providerName: "web_search",
  args: Schema.Struct({ max_uses: Schema.Int })
})({ max_uses: 5 })
type Ttl = "5m" | "1h"
const cached = (ttl: Ttl) => ({ anthropic: { cache_control: { type: "ephemeral", ttl } } })
/** Before Opus 4.6, nobody chooses where a model runs. */
const stays = /-4-5/

export const anthropic: Payee = {
  key: "anthropic",
  layer: (sandbox) => Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic"), apiKey }),
  voices: [
    { model: "claude-haiku-4-5", reasons: true, samples: true, tiers: usual },
    { model: "claude-haiku-4-5-20251001", reasons: true, tiers: usual },
    { model: "claude-haiku-5-5", reasons: true, tiers: usual },
    { model: "claude-sonnet-4-5", reasons: true, tiers: usual },
    { model: "claude-sonnet-4-6", reasons: true, samples: true, tiers: usual },
    { model: "claude-sonnet-5", reasons: true, tiers: usual },
    { model: "claude-sonnet-5-5", reasons: true, unforced: true, tiers: usual },
    { model: "claude-opus-4-5", reasons: true, tiers: usual },
    { model: "claude-opus-4-6", reasons: true, tiers: usual },
    { model: "claude-opus-4-7", reasons: true, tiers: usual },
    { model: "claude-opus-4-8", reasons: true, tiers: fast },
    { model: "claude-opus-5", reasons: true, tiers: fast },
    { model: "claude-opus-5-5", reasons: true, unforced: true, tiers: fast },
    { model: "claude-fable-5", reasons: true, tiers: usual },
    { model: "claude-fable-5-1", reasons: true, unforced: true, tiers: usual },
    { model: "claude-fable-5-2", reasons: true, unforced: true, tiers: fast }
  ],
  styleOf: (roll, { model }) => {
    // What lasts longer comes first.
    const [system, user] = roll.pick<readonly [Ttl | undefined, Ttl | undefined]>(
      ["5m", "5m"],
      ["1h", "5m"],
      ["1h", "1h"],
      [undefined, "5m"],
      [
        undefined,
        undefined
      ]
    )
    const automatic = user === undefined && roll.chance(0.5) ? { cache_control: { type: "ephemeral" } } : {}
    return {
      options: {
        native: {
          ...automatic,
          ...!stays.test(model) && roll.chance(0.3) ? { inference_geo: roll.pick("us", "global") } : {}
        }
      },
      search: anthropicSearch,
      marks: {
        system: system === undefined ? {} : cached(system),
        user: user === undefined ? {} : cached(user)
      }
    }
  },
  long: [99_900, 100_100, 100_100].map((count) => ({
    model: "anthropic/claude-haiku-5-5",
    prompt: [
      { role: "system", content: "x ".repeat(count), options: cached("1h") },
      { role: "user", content: "[words: 20]" }
    ]
  })),
  longest: "1h"
}

export const mistral: Payee = {
  key: "mistral",
  layer: (sandbox) => Mistral.layer({ baseUrl: sandbox.baseUrl("mistral"), apiKey }),
  voices: [
    { model: "ministral-3b-2512", reasons: false, samples: true, tiers: [] },
    { model: "ministral-8b-2512", reasons: false, samples: true, tiers: [] },
    { model: "ministral-14b-2512", reasons: false, samples: true, tiers: [] },
    { model: "mistral-large-2512", reasons: false, samples: true, tiers: ["auto", "standard"] },
    { model: "mistral-large-4", reasons: true, tiers: ["auto", "standard"] },
    { model: "mistral-large-4-0-8", reasons: true, tiers: [] },
    { model: "mistral-medium-2505", reasons: false, samples: true, tiers: [] },
    { model: "mistral-medium-2508", reasons: false, samples: true, tiers: [] },
    { model: "mistral-medium-2604", reasons: true, tiers: [] },
    { model: "mistral-medium-3.5", reasons: true, tiers: [] },
    { model: "mistral-small-2506", reasons: false, samples: true, tiers: [] },
    { model: "mistral-small-2603", reasons: true, tiers: ["standard"] },
    { model: "pixtral-12b", reasons: false, samples: true, tiers: [] },
    { model: "zai-glm-5-3-flash", reasons: true, tiers: [] }
  ],
  styleOf: (roll) => ({
    options: { native: roll.chance(0.3) ? { promptCacheKey: roll.pick("a", "b") } : {} }
  }),
  long: [],
  lacks: ["writes", "longWrites", "reasoned", "searches", "tiers"]
}

const pointed = (ttl: Ttl) => ({ bedrock: { cachePoint: { type: "default", ttl } } })

export const bedrock: Payee = {
  key: "bedrock",
  layer: (sandbox) => Bedrock.layer({ baseUrl: sandbox.baseUrl("bedrock"), region: "us-east-1", apiKey }),
  voices: [
    { model: "amazon.nova-lite-v1:0", reasons: false, samples: true, writes: true, tiers: ["default"] },
    { model: "amazon.nova-pro-v1:0", reasons: false, samples: true, writes: true, tiers: [] },
    { model: "amazon.nova-2-lite-v1:0", reasons: true, writes: true, tiers: [] },
    { model: "global.amazon.nova-2-lite-v1:0", reasons: true, writes: true, tiers: [] },
    { model: "global.anthropic.claude-haiku-4-5-20251001-v1:0", reasons: true, writes: true, tiers: ["standard"] },
    { model: "global.anthropic.claude-haiku-5-5", reasons: true, writes: true, tiers: [] },
    { model: "global.anthropic.claude-sonnet-4-6", reasons: true, writes: true, tiers: [] },
    { model: "global.anthropic.claude-sonnet-5", reasons: true, writes: true, tiers: [] },
    { model: "global.anthropic.claude-sonnet-5-5", reasons: true, writes: true, tiers: [] },
    { model: "us.anthropic.claude-sonnet-5-5", reasons: true, writes: true, tiers: [] },
    { model: "global.anthropic.claude-opus-5-5", reasons: true, writes: true, tiers: [] },
    { model: "global.anthropic.claude-fable-5-2", reasons: true, writes: true, tiers: [] },
    { model: "global.openai.gpt-6-luna", reasons: true, writes: true, tiers: [] },
    { model: "us.openai.gpt-6.1-sol", reasons: true, writes: true, tiers: [] },
    { model: "meta.llama4-maverick-17b-instruct-v1:0", reasons: false, samples: true, tiers: [] },
    { model: "mistral.mistral-large-3-675b-instruct", reasons: false, samples: true, tiers: [] }
  ],
  styleOf: (roll, { model, writes }) => {
    if (writes !== true) return {}
    const hour: Ttl = model.includes("claude") ? "1h" : "5m"
    const [system, user] = roll.pick<readonly [Ttl | undefined, Ttl | undefined]>(
      ["5m", undefined],
      [hour, undefined],
      [undefined, undefined]
    )
    return {
      marks: {
        system: system === undefined ? {} : pointed(system),
        user: user === undefined ? {} : pointed(user)
      }
    }
  },
  long: [
    ...[99_900, 100_100, 100_100].map((count) => ({
      model: "bedrock/global.anthropic.claude-haiku-5-5",
      prompt: [
        { role: "system", content: "x ".repeat(count), options: pointed("1h") },
        { role: "user", content: "[words: 20]" }
      ]
    } as const)),
    { model: "bedrock/global.openai.gpt-6-luna", prompt: "x ".repeat(272_100) }
  ],
  longest: "1h",
  lacks: ["reasoned", "searches", "tiers"]
}

export const cohere: Payee = {
  key: "cohere",
  layer: (sandbox) => Cohere.layer({ baseUrl: sandbox.baseUrl("cohere"), apiKey }),
  voices: [
    { model: "command-a-03-2025", reasons: false, samples: true, files: "none", tiers: [] },
    { model: "command-a-plus-05-2026", reasons: true, files: "images", tiers: [] },
    { model: "command-a-reasoning-08-2025", reasons: true, files: "none", tiers: [] },
    { model: "command-r-08-2024", reasons: false, samples: true, files: "none", tiers: [] },
    { model: "command-r-plus-08-2024", reasons: false, samples: true, files: "none", tiers: [] },
    { model: "command-r7b-12-2024", reasons: false, samples: true, files: "none", tiers: [] }
  ],
  styleOf: () => ({}),
  long: [],
  lacks: ["reads", "writes", "longWrites", "reasoned", "searches", "tiers"]
}

const geminiTiers = ["flex", "priority", "standard", "default", "auto"]
const geminiSearch = Tool.providerDefined({
  id: "gemini.google_search",
  customName: "Search",
  providerName: "googleSearch"
})()

export const gemini: Payee = {
  key: "gemini",
  layer: (sandbox) => Gemini.layer({ baseUrl: sandbox.baseUrl("gemini"), apiKey }),
  voices: [
    { model: "gemini-2.5-flash-lite", reasons: true, samples: true, tiers: geminiTiers },
    { model: "gemini-2.5-flash", reasons: true, samples: true, tiers: geminiTiers },
    { model: "gemini-2.5-pro", reasons: true, samples: true, tiers: geminiTiers },
    { model: "gemini-3-flash-preview", reasons: true, samples: true, tiers: geminiTiers },
    { model: "gemini-3.1-flash-lite", reasons: true, samples: true, tiers: geminiTiers },
    { model: "gemini-3.1-flash-lite-preview", reasons: true, tiers: [] },
    { model: "gemini-3.1-pro-preview", reasons: true, samples: true, tiers: geminiTiers },
    { model: "gemini-3.5-flash", reasons: true, samples: true, tiers: geminiTiers },
    { model: "gemini-3.5-flash-lite", reasons: true, tiers: geminiTiers },
    { model: "gemini-3.6-flash", reasons: true, tiers: geminiTiers },
    { model: "gemini-3.7-flash", reasons: true, tiers: geminiTiers },
    { model: "gemini-3.8-flash", reasons: true, tiers: geminiTiers },
    { model: "gemini-4-argon", reasons: true, tiers: [] }
  ],
  // Models of 2.5 don't take their own tools and the caller's together.
  styleOf: (roll, { model }) =>
    model.startsWith("gemini-2") || roll.chance(0.3) ? { options: { native: { topK: 40 } } } : { search: geminiSearch },
  // Above 200,000 tokens, and the same again from the cache.
  long: [0, 1, 2].map((turn) => ({
    model: "gemini/gemini-3.1-pro-preview",
    prompt: [
      { role: "system", content: "x ".repeat(turn === 0 ? 199_000 : 200_100) },
      { role: "user", content: "[words: 20]" }
    ]
  })),
  lacks: ["writes", "longWrites"]
}

/** The least that each count must be, of those that a vendor has. */
export const covers = (covered: object, { lacks = [] }: Payee, least: number): void => {
  for (const [name, count] of Object.entries(covered)) if (!lacks.includes(name)) assert.isAbove(count, least, name)
}

const isFull = process.env["LOOM_TEST"] === "full"

/** Whose bill is compared: `registry.ts` tells who is missing. */
export const payees: Array<string> = []

/** Holds random conversations, and compares what they cost with the sandbox's bill: 10 of them, in the full run 100. */
export const bill = (payee: Payee, models = 1): void => {
  payees.push(payee.key)
  const count = isFull ? 100 : 10
  describe("the bill", () => {
    it.live(`${payee.key}: ${count} random conversations cost what the sandbox charges, to the pico-dollar`, () =>
      Effect.gen(function*() {
        const covered = yield* compared(isFull ? payee : { ...payee, long: [] }, count, 1)
        if (isFull) covers(covered, payee, 0)
        assert.isAtLeast(covered.requests, isFull ? 150 : 10)
        assert.isAbove(covered.streams, 0)
        if (isFull) assert.isAtLeast(covered.models, models)
      }))
  })
}

/** Holds `count` conversations of this seed, and compares every request with the bill. */
export const compared = ({ key, layer, long, longest, styleOf, voices }: Payee, count: number, seed: number) =>
  inWorld({
    sandbox: { seed: `conversations ${seed}` },
    providers: (sandbox) => ({ [key]: layer(sandbox) })
  }, function*({ records, sandbox }) {
    const attempts: Array<Attempt.Attempt> = []
    const talks = Array.from({ length: count }, (_, index) => dice(seed * 1_000_003 + index))
    yield* Effect.forEach(talks, (roll) => {
      const voice = roll.pick(...voices)
      return Effect.map(converse(roll, key, voice, styleOf(roll, voice), sandbox), (made) => {
        attempts.push(...made)
      })
    }, { concurrency: 4, discard: true })
    for (const options of long) attempts.push(...(yield* Loom.generate(options)).attempts)

    assert.deepStrictEqual((yield* differences(attempts, sandbox)).slice(0, 5), [])
    assert.strictEqual(records.flatMap((record) => record.attempts).length, attempts.length)

    const ok = attempts.filter(({ outcome }) => outcome === "ok")
    assert.strictEqual((yield* sandbox.bill).length, ok.length)
    const counted = (count: (attempt: Attempt.Attempt) => boolean) => ok.filter(count).length
    const multiplied = (by: string) => ({ cost }: Attempt.Attempt) =>
      cost?.lines.some(({ multipliers }) => by in multipliers) === true
    return {
      requests: ok.length,
      failed: attempts.length - ok.length,
      reads: counted(({ usage }) => (usage?.cacheRead ?? 0) > 0),
      writes: counted(({ usage }) => Object.values(usage?.cacheWrite ?? {}).some((tokens) => tokens > 0)),
      longWrites: counted(({ usage }) => longest !== undefined && (usage?.cacheWrite[longest] ?? 0) > 0),
      reasoned: counted(({ usage }) => (usage?.outputReasoning ?? 0) > 0),
      searches: counted(({ usage }) => (usage?.requests["web_search"] ?? 0) > 0),
      streams: counted(({ firstToken }) => firstToken !== undefined),
      tiers: counted(multiplied("serviceTier")),
      ...(key === "anthropic" ? { regions: counted(multiplied("region")) } : {}),
      models: new Set(ok.map(({ model }) => model)).size
    }
  })
