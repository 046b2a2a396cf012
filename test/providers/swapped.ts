/**
 * A vendor's contract doesn't hold at another's route of the sandbox, though it asks there by the other's names of models
 * and pays the other's prices: each route takes, says and counts something in a way of its own.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Struct } from "effect"
import { Catalog, Loom } from "loom-router"
import type { Provider } from "loom-router/sandbox"
import { readFileSync } from "node:fs"
import { natives, vendors as shaped } from "../../src/sandbox/Vendors.ts"
import type { Case, Vendor } from "./contract.ts"
import { type Box, inWorld } from "./world.ts"

const isFull = process.env["LOOM_TEST"] === "full"

const routes: ReadonlyArray<Provider> = [...Struct.keys(natives), ...Struct.keys(shaped)]
  .filter((provider) => Catalog.models(Catalog.bundled, { provider, modality: "text" }).length > 0)
  .sort()

/** What another's route would have to answer as well. */
const telling =
  /: (generate|stream|system|temperature|seed|stop|reasoning|prompt cache|webSearch|objects|tools|usage|native options)/

interface Known {
  readonly id: string
  readonly reasoning: boolean
}

/** The models of text there, those first that don't reason. */
const modelsAt = (route: Provider): ReadonlyArray<Known> => {
  const [, record] = Object.entries(shaped).find(([key]) => key === route) ?? []
  const models: ReadonlyArray<Known> = record?.models ??
    Catalog.models(Catalog.bundled, { provider: route, modality: "text" })
      .map(({ capabilities, id }) => ({ id, reasoning: capabilities.reasoning === true }))
  return [...models].sort((a, b) => Number(a.reasoning) - Number(b.reasoning))
}

/** The catalog of a route, as if it were the vendor's own. */
const goodsOf = (route: Provider, provider: string): Effect.Effect<Catalog.Catalog> => {
  // A server of one's own has whatever it has, for nothing.
  if (Catalog.provider(Catalog.bundled, route)?.apiKeyEnv === undefined) {
    const free = modelsAt(route).map(({ id }) =>
      Catalog.registerModel({ provider, model: id, inputCostPer1M: 0, outputCostPer1M: 0 })
    )
    return Effect.succeed(free.reduce((catalog, register) => register(catalog), Catalog.empty))
  }
  const text = readFileSync(new URL(`../../catalog/${route}.yaml`, import.meta.url), "utf8")
  return Effect.orDie(Catalog.fromYaml(
    text.replace(/^provider: .*$/m, `provider: ${provider}`).replaceAll(
      /^(label|kind|base_url|api_key_env): .*\n/gm,
      ""
    )
  ))
}

/** The vendor, sent to a route, with models of that route. Without the first of them nobody has answered there. */
const sent = Effect.fnUntraced(function*(vendor: Vendor, route: Provider) {
  const goods = yield* goodsOf(route, vendor.key)
  const there = (sandbox: Box): Box => ({ ...sandbox, baseUrl: () => sandbox.baseUrl(route) })
  const catalog = () => Catalog.merge(Catalog.bundled, goods)
  const providers = (sandbox: Box) => vendor.providers(there(sandbox))
  const models = modelsAt(route)
  const reasoning = vendor.models.reasoning === undefined ? undefined : models.find(({ reasoning }) => reasoning)?.id
  const environment = { [vendor.apiKeyEnv]: "sk-test-0123456789abcd" }
  for (const { id } of models.slice(0, 4)) {
    const answered = yield* Effect.exit(Effect.scoped(
      inWorld({ catalog, providers, environment, defaults: vendor.defaults }, function*() {
        return yield* Loom.generate({ model: `${vendor.key}/${id}`, prompt: "Hello" })
      })
    ))
    if (Exit.isFailure(answered)) continue
    return { ...vendor, catalog, providers, models: { text: id, answersAs: answered.value.model, reasoning } }
  }
  return undefined
})

const fails = ({ body, setup }: Case) =>
  Effect.map(Effect.exit(Effect.scoped(Effect.timeout(inWorld(setup, body), "5 seconds"))), Exit.isFailure)

/** Sends the vendor to the routes of others: the next two, or in the full run all. */
export const swapped = (vendor: Vendor, casesOf: (vendor: Vendor) => ReadonlyArray<Case>): void => {
  if (!routes.some((route) => route === vendor.key)) return
  const others = routes.filter((route) => route !== vendor.key)
  const next = others.findIndex((route) => route > vendor.key)
  const nearest = [...others.slice(next), ...others.slice(0, next)]
  for (const route of isFull ? nearest : nearest.slice(0, 2)) {
    it.live(`${vendor.title ?? vendor.key}: the contract doesn't hold at the route of ${route}`, () =>
      Effect.gen(function*() {
        const moved = yield* sent(vendor, route)
        if (moved === undefined) return
        const cases = casesOf(moved).filter(({ title }) => telling.test(title))
        for (const one of cases) if (yield* fails(one)) return
        assert.fail(`${cases.length} tests pass there`)
      }))
  }
}
