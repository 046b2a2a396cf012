/**
 * The bill: what Loom says that random conversations cost is what the sandbox charges, to the pico-dollar.
 */
import { assert } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { type Attempt, Loom } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import { converse, dice, differences, type Voice } from "./conversations.ts"
import { inWorld } from "./world.ts"

// gpt-4 and gpt-5 models have priority factors of their own, which the sandbox doesn't know.
const all = ["flex", "priority", "fast", "default", "auto"]
const voices: readonly [Voice, ...ReadonlyArray<Voice>] = [
  { model: "gpt-4.1", reasons: false, writes: false, tiers: ["flex", "default"] },
  { model: "gpt-4.1-mini-2025-04-14", reasons: false, writes: false, tiers: ["flex"] },
  { model: "gpt-4o", reasons: false, writes: false, tiers: ["flex"] },
  { model: "gpt-4o-2024-11-20", reasons: false, writes: false, tiers: [] },
  { model: "gpt-4o-mini", reasons: false, writes: false, tiers: ["flex"] },
  { model: "gpt-5-mini", reasons: true, writes: false, tiers: ["flex"] },
  { model: "gpt-5.1-2025-11-13", reasons: true, writes: false, tiers: ["flex"] },
  { model: "gpt-5.4", reasons: true, writes: false, tiers: all },
  { model: "gpt-5.4-mini-2026-03-17", reasons: true, writes: false, tiers: all },
  { model: "gpt-5.5", reasons: true, writes: false, tiers: all },
  { model: "gpt-5.6", reasons: true, writes: true, tiers: all },
  { model: "gpt-5.6-luna", reasons: true, writes: true, tiers: all },
  { model: "gpt-6-luna", reasons: true, writes: true, tiers: all },
  { model: "gpt-6-sol", reasons: true, writes: true, tiers: all },
  { model: "gpt-6.1-terra", reasons: true, writes: true, tiers: all },
  { model: "gpt-6.2-sol", reasons: true, writes: true, tiers: all },
  { model: "o3", reasons: true, writes: false, tiers: ["flex"] }
]

/** Holds `count` conversations of this seed, and compares every request with the bill. */
export const compared = (count: number, seed: number) =>
  inWorld({
    sandbox: { seed: `conversations ${seed}` },
    providers: (sandbox) => ({
      openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey: Redacted.make("sk-test-0123456789abcd") })
    })
  }, function*({ records, sandbox }) {
    const attempts: Array<Attempt.Attempt> = []
    const talks = Array.from({ length: count }, (_, index) => dice(seed * 1_000_003 + index))
    yield* Effect.forEach(talks, (roll) =>
      Effect.map(
        converse(roll, roll.pick(...voices), sandbox),
        (made) => {
          attempts.push(...made)
        }
      ), { concurrency: 4, discard: true })
    // The whole request is priced anew above 272,000 tokens of input.
    for (const protocol of [{}, { seed: 1 }]) {
      const { attempts: long } = yield* Loom.generate({
        model: "openai/gpt-6-luna",
        prompt: "x ".repeat(272_100),
        ...protocol
      })
      attempts.push(...long)
    }

    assert.deepStrictEqual((yield* differences(attempts, sandbox)).slice(0, 5), [])
    assert.strictEqual(records.flatMap((record) => record.attempts).length, attempts.length)

    const ok = attempts.filter(({ outcome }) => outcome === "ok")
    assert.strictEqual((yield* sandbox.bill).length, ok.length)
    const counted = (count: (attempt: Attempt.Attempt) => boolean) => ok.filter(count).length
    return {
      requests: ok.length,
      failed: attempts.length - ok.length,
      reads: counted(({ usage }) => (usage?.cacheRead ?? 0) > 0),
      writes: counted(({ usage }) => Object.values(usage?.cacheWrite ?? {}).some((tokens) => tokens > 0)),
      longWrites: counted(({ usage }) => (usage?.cacheWrite["12h"] ?? 0) > 0),
      reasoned: counted(({ usage }) => (usage?.outputReasoning ?? 0) > 0),
      searches: counted(({ usage }) => (usage?.requests["web_search"] ?? 0) > 0),
      streams: counted(({ firstToken }) => firstToken !== undefined),
      tiers: counted(({ cost }) => cost?.lines.some(({ multipliers }) => "serviceTier" in multipliers) === true),
      models: new Set(ok.map(({ model }) => model)).size
    }
  })
