/**
 * `loom models check`
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Catalog from "../Catalog.ts"
import type * as Model from "../Model.ts"
import * as Price from "../Price.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import * as KeyCheck from "./KeyCheck.ts"
import * as KeyRing from "./KeyRing.ts"
import { Output } from "./Output.ts"
import * as Progress from "./Progress.ts"
import * as Settings from "./Settings.ts"
import * as Shelf from "./Shelf.ts"
import * as Table from "./Table.ts"

const Warning = Schema.Struct({
  /** `stale` and `unlisted` are of a whole provider, the others of a model. */
  kind: Schema.Literals(["stale", "retires", "deprecated", "price", "gone", "unlisted"]),
  /** A provider or a model. */
  subject: Schema.String,
  /** ISO day on which it happens, or since which it is so. */
  day: Schema.NullOr(Schema.String),
  what: Schema.String,
  /** The model to use instead. */
  instead: Schema.NullOr(Schema.String)
})

type Warning = typeof Warning.Type

/** What `loom models check --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  /** Providers whose own lists were looked at. */
  asked: Schema.Array(Schema.String),
  warnings: Schema.Array(Warning)
})

interface Asked {
  readonly provider: string | undefined
  readonly live: boolean
  /** Days. */
  readonly staleAfter: number
  readonly quiet: boolean
}

const dayMillis = 86_400_000
/** How far ahead of a change it is warned of, in days. */
const ahead = 30

const dayOf = (millis: number): string => new Date(millis).toISOString().slice(0, 10)

const staleAt = (now: number, staleAfter: number) => ({ checked, key }: Model.Provider): ReadonlyArray<Warning> => {
  const days = checked === undefined ? undefined : Math.floor((now - Date.parse(checked)) / dayMillis)
  if (days !== undefined && days <= staleAfter) return []
  const what = days === undefined ? "its prices were never checked" : `its prices were checked ${days} days ago`
  return [{ kind: "stale", subject: key, day: checked ?? null, what, instead: null }]
}

const lifeAt = (now: number) => ({ id, model, status }: Shelf.Listed): ReadonlyArray<Warning> => {
  const { provider, replacement, retires } = model
  const instead = replacement === undefined ? null : `${provider}/${replacement}`
  const left = retires === undefined ? Infinity : Date.parse(retires) - now
  if (left <= ahead * dayMillis) {
    const days = Math.ceil(left / dayMillis)
    const what = `retires in ${days === 1 ? "a day" : `${days} days`}`
    return [{ kind: "retires", subject: id, day: retires ?? null, what, instead }]
  }
  if (status !== "deprecated") return []
  return [{ kind: "deprecated", subject: id, day: retires ?? null, what: "is deprecated", instead }]
}

/** `input $2.000 → $4.000` */
const changesOf = (before: Price.Price | undefined, after: Price.Price): string => {
  const [old, next] = [Shelf.ratesOf(before), Shelf.ratesOf(after)]
  const changed = ([["input", "input"], ["cachedRead", "cached input"], ["output", "output"]] as const).flatMap(
    ([name, label]) =>
      old[name] === next[name] ? [] : [`${label} ${Format.perMillion(old[name])} → ${Format.perMillion(next[name])}`]
  )
  return changed.length === 0 ? "another price" : changed.join(", ")
}

const pricesAt = (now: number) => ({ id, model: { prices }, price }: Shelf.Listed): ReadonlyArray<Warning> => {
  const isSoon = (start: number) => start > now && start <= now + ahead * dayMillis
  const rows = prices.filter(({ start }) => isSoon(start)).map((row) => ({
    start: row.start,
    what: changesOf(Price.at(prices, row.start - 1), row)
  }))
  const tiers = Object.entries(price?.serviceTiers ?? {}).flatMap(([name, entries]) =>
    entries.filter(({ start }) => isSoon(start)).map(({ multiplier, start }) => ({
      start,
      what: `service tier ${name} ${Format.factor(multiplier)}`
    }))
  )
  return [...rows, ...tiers].map(({ start, what }) => ({
    kind: "price",
    subject: id,
    day: dayOf(start),
    what: `changes its price: ${what}`,
    instead: null
  }))
}

/** Models that a vendor lists no more, by whatever name the catalog knows them. */
const goneFrom = (
  catalog: Catalog.Catalog,
  { key }: Model.Provider,
  listing: KeyCheck.Listing,
  listed: ReadonlyArray<Shelf.Listed>
): ReadonlyArray<Warning> => {
  if (listing._tag === "Unknown") {
    return [{
      kind: "unlisted",
      subject: key,
      day: null,
      what: `its models aren't known: ${listing.why}`,
      instead: null
    }]
  }
  const there = new Set(Array.from(listing.names, (name) => Catalog.named(catalog, key, name)?.id))
  return listed.flatMap(({ id, model }) => {
    if (model.provider !== key || listing.names.has(model.upstream) || there.has(model.id)) return []
    const instead = model.replacement === undefined ? null : `${key}/${model.replacement}`
    return [{ kind: "gone", subject: id, day: null, what: "is no longer listed by its vendor", instead }]
  })
}

/** Asks those whose keys are set. */
const askAll = (
  catalog: Catalog.Catalog,
  providers: ReadonlyArray<Model.Provider>,
  listed: ReadonlyArray<Shelf.Listed>,
  quiet: boolean
) =>
  KeyRing.withSecrets(Effect.gen(function*() {
    const held = yield* Effect.forEach(
      providers.filter(KeyCheck.isAskable),
      (provider) => Effect.map(KeyRing.hold(KeyRing.variableOf(provider), provider), ({ key }) => ({ key, provider }))
    )
    const asked = held.flatMap(({ key, provider }) => key === undefined ? [] : [{ key, provider }])
    const warnings = yield* Progress.each(
      { what: "asking the vendors", quiet },
      asked,
      ({ key, provider }) =>
        Effect.map(KeyCheck.list(provider, key), (found) => goneFrom(catalog, provider, found, listed))
    )
    return { asked: asked.map(({ provider }) => provider.key), warnings: warnings.flat() }
  }))

const columns: ReadonlyArray<Table.Column<Warning>> = [
  { title: "DAY", cell: ({ day }) => day ?? "—" },
  { title: "OF", cell: ({ subject }) => subject },
  { title: "WARNING", cell: ({ what }) => what },
  { title: "INSTEAD", cell: ({ instead }) => instead ?? "" }
]

export const show = Effect.fnUntraced(function*({ live, provider, quiet, staleAfter }: Asked) {
  const output = yield* Output
  const catalog = yield* Settings.catalog
  const keys = yield* Shelf.providers
  if (provider !== undefined && !keys.includes(provider)) {
    return yield* Failure.usage({
      what: `${provider} is not a provider in the catalog`,
      fix: `choose one of ${keys.join(", ")}`
    })
  }
  const now = yield* Clock.currentTimeMillis
  const providers = Catalog.providers(catalog).filter(({ key }) => provider === undefined || key === provider)
  const listed = (yield* Shelf.all).filter(({ model }) => provider === undefined || model.provider === provider)
  const vendors = live ? yield* askAll(catalog, providers, listed, quiet) : { asked: [], warnings: [] }
  const warnings: ReadonlyArray<Warning> = [
    ...providers.flatMap(staleAt(now, staleAfter)),
    ...listed.flatMap(lifeAt(now)).toSorted((a, b) => (a.day ?? "9999") < (b.day ?? "9999") ? -1 : 1),
    ...listed.flatMap(pricesAt(now)),
    ...vendors.warnings
  ]
  if (output.json) return yield* output.document(Document, { schemaVersion: 1, asked: vendors.asked, warnings })
  if (warnings.length > 0) yield* output.line(Table.render(columns, warnings, output.out))
  if (quiet) return
  if (live && vendors.asked.length === 0) {
    yield* output.note("note: no vendor was asked, as no key is set: `loom keys` shows where they are looked for")
  }
  yield* output.note(output.err.dim([
    warnings.length === 1 ? "1 warning" : `${warnings.length} warnings`,
    `${listed.length} models`,
    ...vendors.asked.length === 0 ? [] : [`asked ${vendors.asked.join(", ")}`]
  ].join(" · ")))
})
