/**
 * Would the bill notice? Another price, a token more or less: what Loom says has to differ from what the sandbox charges.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Catalog, Cost, type GenerateOptions, type Generation, Loom, Usage } from "loom-router"
import type { Payee } from "./bill.ts"
import { differences } from "./conversations.ts"
import { inWorld } from "./world.ts"

/** A price of which each rate is a field of its own, and calls whose costs hold all of them. */
export interface Prices {
  readonly payee: Payee
  /** US dollars; those that begin with `above.` hold for long requests alone, with `factor.` for some requests. */
  readonly rates: Readonly<Record<string, number>>
  /** A catalog file with these rates. */
  readonly catalog: (rate: (name: string) => number) => string
  readonly short: ReadonlyArray<GenerateOptions.GenerateOptions>
  readonly long: ReadonlyArray<GenerateOptions.GenerateOptions>
}

/** The least change that a catalog file can tell. */
const least = (rate: string): number => rate === "web_search" ? 0.001 : rate.startsWith("factor.") ? 0.0001 : 0.000001

/** What an answer costs by another catalog, or with another usage. */
const repriced = (
  catalog: Catalog.Catalog,
  { attempts: [attempt], model, provider, region, serviceTier }: Generation.Generation,
  usage: Usage.Usage
) => {
  const priced = Catalog.named(catalog, provider, model)
  assert(priced !== undefined && attempt !== undefined)
  return Cost.of(priced, usage, { at: attempt.startedAt, serviceTier, region }).picoUsd
}

export const noticed = ({ catalog: yaml, long, payee, rates, short }: Prices): void => {
  const catalogWith = (changed?: string) =>
    Effect.map(
      Catalog.fromYaml(
        yaml((name) => Number(((rates[name] ?? NaN) + (name === changed ? least(name) : 0)).toFixed(6)))
      ),
      (own) => Catalog.merge(Catalog.bundled, own)
    )
  const asked = (catalog: Catalog.Catalog, calls: ReadonlyArray<GenerateOptions.GenerateOptions>) =>
    inWorld({
      catalog: () => catalog,
      providers: (sandbox) => ({ [payee.key]: payee.layer(sandbox) })
    }, function*({ sandbox }) {
      const answers = yield* Effect.forEach(calls, (options) => Loom.generate(options))
      return { answers, found: yield* differences(answers.flatMap(({ attempts }) => attempts), sandbox) }
    })
  const names = Object.keys(rates)

  describe("the bill would notice", () => {
    for (const name of names.filter((name) => !name.startsWith("above."))) {
      it.live(`${payee.key}: another rate: ${name}`, () =>
        Effect.gen(function*() {
          assert.isAbove((yield* asked(yield* catalogWith(name), short)).found.length, 0)
        }))
    }

    if (long.length > 0) {
      it.live(`${payee.key}: another rate of long requests`, () =>
        Effect.gen(function*() {
          const { answers, found } = yield* asked(yield* catalogWith(), long)
          assert.deepStrictEqual(found, [])
          for (const name of names.filter((name) => name.startsWith("above."))) {
            const changed = yield* catalogWith(name)
            const differ = answers.filter((answer) => repriced(changed, answer, answer.usage) !== answer.cost.picoUsd)
            assert.isAbove(differ.length, 0, name)
          }
        }))
    }

    it.live(`${payee.key}: one token more or less of any kind, and nothing where nothing is changed`, () =>
      Effect.gen(function*() {
        const catalog = yield* catalogWith()
        const { answers, found } = yield* asked(catalog, short)
        assert.deepStrictEqual(found, [])
        const lifetimes = names.flatMap((name) => /^cache_write\.(\w+)$/.exec(name)?.[1] ?? [])
        assert.strictEqual(lifetimes.length > 0, names.some((name) => name.startsWith("cache_write")))
        const changes: ReadonlyArray<(usage: Usage.Usage) => Partial<Usage.Usage>> = [
          (usage) => ({ inputUncached: usage.inputUncached + 1 }),
          ...names.includes("cached_read") ? [({ cacheRead }: Usage.Usage) => ({ cacheRead: cacheRead + 1 })] : [],
          ...lifetimes.map((ttl) => ({ cacheWrite }: Usage.Usage) => ({
            cacheWrite: { ...cacheWrite, [ttl]: (cacheWrite[ttl] ?? 0) + 1 }
          })),
          (usage) => ({ outputText: usage.outputText + 1 }),
          (usage) => ({ outputReasoning: usage.outputReasoning + 1 }),
          ...names.includes("web_search")
            ? [({ requests }: Usage.Usage) => ({ requests: { web_search: (requests["web_search"] ?? 0) + 1 } })]
            : []
        ]
        for (const answer of answers) {
          const { cost, usage } = answer
          assert.strictEqual(repriced(catalog, answer, usage), cost.picoUsd)
          for (const change of changes) {
            const changed = change(usage)
            assert.isAbove(
              repriced(catalog, answer, Usage.make({ ...usage, ...changed })) ?? 0,
              cost.picoUsd ?? Infinity,
              JSON.stringify(changed)
            )
          }
        }
      }))
  })
}
