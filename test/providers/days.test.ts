/**
 * The days on which the catalog says that a price begins, or that a model goes: what is asked before and after them costs
 * what the sandbox charges, whose own calendar is another one.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Catalog, Loom, type Model, Price } from "loom-router"
import { type Box, inWorld } from "./world.ts"

const today = "2026-11-23"
const models = Catalog.models(Catalog.bundled, { modality: "text" })
const isoDay = (at: number) => new Date(at).toISOString().slice(0, 10)

const begins = (day: string) => ({ prices }: Model.Model) => prices.some(({ start }) => start === Date.parse(day))
const goes = (day: string) => ({ retires }: Model.Model) => retires === day

/** All days to come. */
const days = [
  ...new Set(models.flatMap(({ prices, retires }) => [
    ...prices.map(({ start }) => Number.isFinite(start) ? isoDay(start) : today),
    ...retires === undefined ? [] : [retires]
  ]))
].filter((day) => day > today).sort()

const environment = (sandbox: Box) =>
  Object.fromEntries(
    sandbox.providers.flatMap((provider) => [
      [`${provider.toUpperCase()}_BASE_URL`, sandbox.baseUrl(provider)],
      [Catalog.provider(Catalog.bundled, provider)?.apiKeyEnv ?? `${provider.toUpperCase()}_API_KEY`, "sk-sandbox"]
    ])
  )

/** What these models cost at this time, by Loom and by the sandbox. */
const asked = (at: number, of: ReadonlyArray<Model.Model>) =>
  inWorld({ providers: () => ({}), startsAt: at }, function*({ environment: seen, sandbox }) {
    Object.assign(seen, environment(sandbox))
    return yield* Effect.forEach(of, ({ id, provider }) =>
      Effect.gen(function*() {
        const { cost, model } = yield* Loom.generate({ provider, model: id, prompt: "[say: Hello]" })
        assert.strictEqual(cost.status, "measured", id)
        assert.strictEqual(cost.picoUsd, Number((yield* sandbox.bill).at(-1)?.amount), id)
        const priced = Catalog.named(Catalog.bundled, provider, model)
        const row = Price.at(priced?.prices ?? [], at)
        assert.strictEqual(cost.price?.model, priced?.id)
        assert.deepStrictEqual(cost.price?.from, row?.from)
        return row?.from
      }))
  })

const quarter = 15 * 60_000

describe("prices and routes", () => {
  it("change on the days that were announced", () => {
    const told = (day: string) => ({
      begin: models.filter(begins(day)).map(({ id, provider }) => `${provider}/${id}`),
      go: models.filter(goes(day)).map(({ id, provider }) => `${provider}/${id}`)
    })
    assert.includeMembers(days, ["2026-12-01", "2027-01-01", "2027-01-14"])
    assert.include(told("2026-12-01").begin, "gemini/gemini-4-argon")
    assert.includeMembers(told("2026-12-01").go, ["gemini/gemini-2.5-flash", "gemini/gemini-2.5-pro"])
    assert.lengthOf(told("2027-01-01").begin, 3)
    assert.includeMembers(told("2027-01-14").go, ["openai/gpt-4o-mini", "openai/gpt-4.1"])
  })

  for (const day of days) {
    const changing = models.filter((model) => begins(day)(model) || goes(day)(model))
    it.live(`are on ${day} those of the bill, and were until then: ${changing.map(({ id }) => id).join(", ")}`, () =>
      Effect.gen(function*() {
        const before = yield* asked(Date.parse(day) - quarter, changing)
        const after = yield* asked(Date.parse(day), changing)
        for (const [index, model] of changing.entries()) {
          if (!begins(day)(model)) continue
          assert.strictEqual(after[index], day)
          assert.notStrictEqual(before[index], day)
        }
      }))
  }
})
