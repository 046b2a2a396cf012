/**
 * What Loom knows of providers and models: found by name, priced, extended.
 *
 * A `Catalog` is an immutable value. `bundled` is the data shipped with Loom; everything else returns a new catalog.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import { type Pipeable, pipeArguments } from "effect/Pipeable"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Model from "./Model.ts"
import * as Price from "./Price.ts"
import * as shipped from "./internal/catalog.ts"
import type { CatalogFile } from "./internal/catalogFile.ts"
import { distance } from "./internal/distance.ts"
import * as equivalence from "./internal/equivalents.ts"

const TypeId = "~loom-router/Catalog"

/**
 * Providers and their models.
 *
 * @category models
 * @since 1.0.0
 */
export interface Catalog extends Pipeable {
  readonly [TypeId]: {
    readonly shelves: () => Shelves
    readonly index: () => Index
    readonly equivalents: () => equivalence.Equivalents
  }
}

/**
 * The ids that complete in an editor, by provider; any other string is accepted too.
 *
 * @category models
 * @since 1.0.0
 */
export type ModelIds = shipped.ModelIds

/**
 * `provider/model`: one that Loom ships, or any other.
 *
 * @category models
 * @since 1.0.0
 */
export type QualifiedId =
  | { readonly [P in keyof ModelIds]: `${P}/${ModelIds[P]}` }[keyof ModelIds]
  | (`${string}/${string}` & {})

/**
 * A model that may stand in for another: the `same-model` at another provider, or an `equivalent` of like price and
 * purpose. `params` are those with which it belongs to its tier: `{ quality: "low" }`.
 *
 * @category models
 * @since 1.0.0
 */
export type Equivalent = equivalence.Equivalent

/**
 * Everything that is wrong with a catalog file or a registration.
 *
 * @category errors
 * @since 1.0.0
 */
export class CatalogError extends Schema.TaggedError<CatalogError>()("CatalogError", {
  problems: Schema.Array(Schema.Struct({
    /** File, model id and field: `catalog/openai.yaml: gpt-4o-mini.prices[0].input`. */
    path: Schema.String,
    problem: Schema.String,
    /** In the file, from 1, where it is known. */
    line: Schema.optionalKey(Schema.Int)
  }))
}) {
  /** What happened. */
  readonly what = "a catalog can't take this"
  get why(): string {
    return this.problems.map(({ path, problem }) => `${path}: ${problem}`).join("; ")
  }
  readonly fix = "mend it where it says; catalog/*.yaml of the package shows the format"
  override get message() {
    return this.problems.map(({ path, problem }) => `${path}: ${problem}`).join("\n")
  }
}

/**
 * No model of this name is listed.
 *
 * @category errors
 * @since 1.0.0
 */
export class ModelNotFound extends Schema.TaggedError<ModelNotFound>()("ModelNotFound", {
  provider: Schema.UndefinedOr(Schema.String),
  model: Schema.String,
  /** Up to three listed ids, `provider/model`, nearest first. */
  nearest: Schema.Array(Schema.String)
}) {
  get what(): string {
    return `${this.provider === undefined ? "" : `${this.provider}/`}${this.model} is not in the catalog`
  }
  get why(): string {
    return this.nearest.length === 0 ? "nothing in it is similar" : `did you mean ${this.nearest.join(", ")}?`
  }
  readonly fix = "use a listed id (`loom models`), or register it with Catalog.registerModel"
  override get message() {
    const asked = this.provider === undefined ? this.model : `${this.provider}/${this.model}`
    const hint = this.nearest.length === 0 ? "" : ` Did you mean ${this.nearest.join(", ")}?`
    return `${asked} is not in the catalog.${hint} Any model can be added with Catalog.registerModel.`
  }
}

/**
 * The catalog shipped with Loom.
 *
 * @category constructors
 * @since 1.0.0
 */
export const bundled: Catalog = make(() => shelve(shipped.files()), shipped.equivalents)

/**
 * A catalog of nothing.
 *
 * @category constructors
 * @since 1.0.0
 */
export const empty: Catalog = make(() => new Map())

/**
 * Reads a catalog file: a provider in the format of `catalog/*.yaml`, or a list of such. Fails with every problem it
 * finds, each with its path.
 *
 * @category constructors
 * @since 1.0.0
 */
export const fromYaml = Effect.fnUntraced(
  function*(text: string, path: string = "catalog"): Effect.fn.Return<Catalog, CatalogError> {
    const { readAll } = yield* Effect.promise(() => import("./internal/catalogFile.ts"))
    const result = readAll(text, path)
    if (Result.isFailure(result)) {
      const problems = result.failure.map(({ line, ...problem }) => line === undefined ? problem : { ...problem, line })
      return yield* new CatalogError({ problems })
    }
    return make(() => shelve(result.success))
  }
)

/**
 * Joins two catalogs. Where both know a model, `that` one's row replaces the other; a provider's facts are joined field
 * by field, and its service tiers, regions and fees hold for the models of both. Tiers of equivalents are joined too.
 *
 * @category combinators
 * @since 1.0.0
 */
export const merge: {
  (that: Catalog): (self: Catalog) => Catalog
  (self: Catalog, that: Catalog): Catalog
} = dual(2, (self: Catalog, that: Catalog): Catalog =>
  make(
    () => {
      const joined = new Map(self[TypeId].shelves())
      for (const [key, shelf] of that[TypeId].shelves()) joined.set(key, joinShelves(joined.get(key), shelf))
      return joined
    },
    () => equivalence.join(self[TypeId].equivalents(), that[TypeId].equivalents())
  ))

/**
 * Adds a model, or replaces one. Prices are USD per million tokens; without them the cost of its calls is unknown, and
 * 0 for both means that it is free. Service tiers, regions and batch discount are the provider's.
 *
 * **Gotchas**
 *
 * Throws a {@link CatalogError}, so that it stays a plain step of a pipe: a registration is code, and a wrong one a bug.
 *
 * @category combinators
 * @since 1.0.0
 */
export const registerModel: {
  (options: ModelOptions): (self: Catalog) => Catalog
  (self: Catalog, options: ModelOptions): Catalog
} = dual(2, (self: Catalog, options: ModelOptions): Catalog => {
  const entry = entryOf(options)
  return merge(self, make(() => new Map([[options.provider, { provider: {}, entries: new Map([[entry.id, entry]]) }]])))
})

/**
 * What {@link registerModel} takes.
 *
 * @category models
 * @since 1.0.0
 */
export interface ModelOptions {
  readonly provider: string
  readonly model: string
  /** The name sent to the vendor; `model` when unset. */
  readonly upstreamModel?: string | undefined
  /** USD per million tokens. */
  readonly inputCostPer1M?: number | undefined
  /** USD per million tokens. */
  readonly outputCostPer1M?: number | undefined
  /** USD per million tokens. */
  readonly cachedReadCostPer1M?: number | undefined
  /** Tokens. */
  readonly context?: number | undefined
  /** Tokens. */
  readonly maxOutput?: number | undefined
  readonly capabilities?: Model.Capabilities | undefined
  readonly modality?: Model.Modality | undefined
}

/**
 * Adds a vendor that speaks OpenAI's Chat Completions protocol, or replaces one. Its models are added by
 * {@link registerModel}.
 *
 * **Gotchas**
 *
 * Throws a {@link CatalogError} where the key or the URL can't be one.
 *
 * @category combinators
 * @since 1.0.0
 */
export const registerOpenAiCompatible: {
  (options: ProviderOptions): (self: Catalog) => Catalog
  (self: Catalog, options: ProviderOptions): Catalog
} = dual(2, (self: Catalog, options: ProviderOptions): Catalog => {
  const provider = providerOf(options)
  return merge(self, make(() => new Map([[options.key, { provider, entries: new Map() }]])))
})

/**
 * What {@link registerOpenAiCompatible} takes.
 *
 * @category models
 * @since 1.0.0
 */
export interface ProviderOptions {
  readonly key: string
  /** The name people read; `key` when unset. */
  readonly label?: string | undefined
  readonly baseUrl: string
  /** The environment variable that holds the key; none for a vendor that asks for none. */
  readonly apiKeyEnv?: string | undefined
}

/**
 * Lets models stand in for those of a tier, such as `text.small`, and these for them. They are asked after those that the
 * tier has, in the order given. A tier that isn't there yet is made, and stands alone: nothing is above it.
 *
 * Ids are `provider/model`; the models may be registered later.
 *
 * **Gotchas**
 *
 * Throws a {@link CatalogError} where an id or the tier's name can't be one.
 *
 * @category combinators
 * @since 1.0.0
 */
export const registerEquivalents: {
  (tier: string, ids: ReadonlyArray<string>): (self: Catalog) => Catalog
  (self: Catalog, tier: string, ids: ReadonlyArray<string>): Catalog
} = dual(3, (self: Catalog, tier: string, ids: ReadonlyArray<string>): Catalog => {
  const added = tierOf(tier, ids)
  return merge(self, make(() => new Map(), () => ({ tiers: [added], sameModels: [] })))
})

/**
 * Lists the models that may stand in for one at a time (milliseconds since 1970), in the order in which failover asks them:
 * the same model at other providers, then the rest of its tier, cheapest first, and the tier above; of these the models of
 * other providers before the model's own. A model in two tiers stands in the lower one.
 *
 * Deprecated and retired models, previews, moving names and what retires within 60 days are never among them, though they
 * may be `model`. An embedding has none: vectors of two models can't be compared. Whether one is able to answer a given
 * request isn't looked at.
 *
 * @category combinators
 * @since 1.0.0
 */
export const equivalents = (
  self: Catalog,
  model: Model.Model,
  options: { readonly at: number }
): ReadonlyArray<Equivalent> => {
  const { qualified } = self[TypeId].index()
  return equivalence.of(self[TypeId].equivalents(), (name) => qualified.get(name)?.model, model, options.at)
}

/**
 * Finds the model that a caller names: `{ model: "openai/gpt-4o-mini" }`, or `{ provider: "openai", model: "gpt-4o-mini" }`.
 * Aliases and snapshots are names too.
 *
 * @category combinators
 * @since 1.0.0
 */
export const resolve = (
  self: Catalog,
  name: { readonly provider?: string | undefined; readonly model: string }
): Result.Result<Model.Model, ModelNotFound> => {
  const index = self[TypeId].index()
  const listed = name.provider === undefined
    ? index.qualified.get(name.model)
    : index.byProvider.get(name.provider)?.names.get(name.model)
  return listed === undefined ? search(index, name.provider, name.model) : listed.found
}

/**
 * Finds the model that an answer names: by its exact id, upstream name, alias or declared pattern, never by a prefix.
 * `undefined` when it isn't listed.
 *
 * @category combinators
 * @since 1.0.0
 */
export const named = (self: Catalog, provider: string, name: string): Model.Model | undefined => {
  const shelf = self[TypeId].index().byProvider.get(provider)
  return shelf === undefined ? undefined : lookUp(shelf, name)?.model
}

/**
 * Finds a provider by its key.
 *
 * @category combinators
 * @since 1.0.0
 */
export const provider = (self: Catalog, key: string): Model.Provider | undefined =>
  self[TypeId].index().byProvider.get(key)?.provider

/**
 * Lists the providers, in the order they were added.
 *
 * @category combinators
 * @since 1.0.0
 */
export const providers = (self: Catalog): ReadonlyArray<Model.Provider> =>
  Array.from(self[TypeId].index().byProvider.values(), (shelf) => shelf.provider)

/**
 * Lists the models, in the order of the catalog: all of them, or those that a filter lets through.
 *
 * @category combinators
 * @since 1.0.0
 */
export const models = (
  self: Catalog,
  filter?: {
    readonly provider?: string | undefined
    readonly modality?: Model.Modality | undefined
    /** Only these; all but `retired` when unset. */
    readonly status?: ReadonlyArray<Model.Status> | undefined
  }
): ReadonlyArray<Model.Model> =>
  self[TypeId].index().models.filter((model) =>
    (filter?.provider === undefined || model.provider === filter.provider) &&
    (filter?.modality === undefined || model.modality === filter.modality) &&
    (filter?.status === undefined ? model.status !== "retired" : filter.status.includes(model.status))
  )

/** What was put into a catalog, before models inherit from their provider. */
interface Shelf {
  readonly provider: Price.Loose<Model.Provider>
  readonly entries: ReadonlyMap<string, Model.Entry>
}

type Shelves = ReadonlyMap<string, Shelf>

interface Index {
  readonly models: ReadonlyArray<Model.Model>
  readonly qualified: ReadonlyMap<string, Listed>
  readonly byProvider: ReadonlyMap<string, ProviderIndex>
}

interface ProviderIndex {
  readonly provider: Model.Provider
  readonly names: ReadonlyMap<string, Listed>
  readonly patterns: ReadonlyArray<{ readonly pattern: RegExp; readonly model: Model.Model }>
  readonly matched: Map<string, Listed>
}

interface Listed {
  readonly model: Model.Model
  readonly found: Result.Result<Model.Model, ModelNotFound>
}

function make(load: () => Shelves, tiers: () => equivalence.Equivalents = () => equivalence.none): Catalog {
  const shelves = once(load)
  const internals = { shelves, index: once(() => indexOf(shelves())), equivalents: once(tiers) }
  return {
    [TypeId]: internals,
    pipe() {
      return pipeArguments(this, arguments)
    }
  }
}

function once<A>(make: () => A): () => A {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}

const shelve = (files: ReadonlyArray<CatalogFile>): Shelves =>
  new Map(files.map((file) => [
    file.provider.key,
    { provider: file.provider, entries: new Map(file.models.map((entry) => [entry.id, entry])) }
  ]))

const joinShelves = (below: Shelf | undefined, above: Shelf): Shelf =>
  below === undefined ? above : {
    provider: { ...below.provider, ...above.provider },
    entries: new Map([...below.entries, ...above.entries])
  }

const indexOf = (shelves: Shelves): Index => {
  const models: Array<Model.Model> = []
  const qualified = new Map<string, Listed>()
  const byProvider = new Map<string, ProviderIndex>()
  for (const [key, shelf] of shelves) {
    const provider = completeProvider(key, shelf.provider)
    const names = new Map<string, Listed>()
    const patterns: Array<{ readonly pattern: RegExp; readonly model: Model.Model }> = []
    const others: Array<readonly [string, Model.Model]> = []
    for (const entry of shelf.entries.values()) {
      const model = modelOf(provider, entry)
      models.push(model)
      names.set(model.id, listed(model))
      for (const snapshot of entry.snapshots ?? []) others.push([snapshot, { ...model, upstream: snapshot }])
      for (const name of [...entry.aliases ?? [], model.upstream]) others.push([name, model])
      if (entry.pattern !== undefined) patterns.push({ pattern: new RegExp(entry.pattern), model })
    }
    for (const [name, model] of others) if (!names.has(name)) names.set(name, listed(model))
    for (const [name, hit] of names) qualified.set(`${key}/${name}`, hit)
    byProvider.set(key, { provider, names, patterns, matched: new Map() })
  }
  return { models, qualified, byProvider }
}

const listed = (model: Model.Model): Listed => ({ model, found: Result.succeed(model) })

const completeProvider = (key: string, known: Price.Loose<Model.Provider>): Model.Provider => ({
  key,
  label: known.label ?? key,
  kind: known.kind ?? "custom",
  baseUrl: known.baseUrl,
  apiKeyEnv: known.apiKeyEnv,
  checked: known.checked,
  batch: known.batch,
  serviceTiers: known.serviceTiers ?? {},
  regions: known.regions ?? {},
  perRequest: known.perRequest ?? {}
})

const modelOf = (provider: Model.Provider, entry: Model.Entry): Model.Model =>
  Model.make({
    ...entry,
    provider: provider.key,
    prices: (entry.prices ?? []).map((known) =>
      Price.make({
        ...known,
        confidence: known.confidence ?? entry.confidence,
        source: known.source ?? entry.source,
        batch: known.batch === false || entry.capabilities?.batch === false
          ? undefined
          : known.batch === undefined
          ? provider.batch
          : { multiplier: known.batch.multiplier ?? provider.batch?.multiplier, rates: known.batch.rates },
        serviceTiers: { ...provider.serviceTiers, ...known.serviceTiers },
        regions: { ...provider.regions, ...known.regions },
        perRequest: { ...provider.perRequest, ...known.perRequest }
      })
    ).sort((a, b) => a.start - b.start)
  })

const lookUp = (shelf: ProviderIndex, name: string): Listed | undefined => {
  const known = shelf.names.get(name) ?? shelf.matched.get(name)
  if (known !== undefined || name.length > 200) return known
  const model = shelf.patterns.find(({ pattern }) => pattern.test(name))?.model
  if (model === undefined) return undefined
  const matched = listed({ ...model, upstream: name })
  if (shelf.matched.size < 1_000) shelf.matched.set(name, matched)
  return matched
}

const search = (
  index: Index,
  provider: string | undefined,
  model: string
): Result.Result<Model.Model, ModelNotFound> => {
  const prefix = provider ?? model.slice(0, Math.max(0, model.indexOf("/")))
  const bare = model.startsWith(`${prefix}/`) ? model.slice(prefix.length + 1) : model
  const shelf = index.byProvider.get(prefix)
  const hit = shelf && (lookUp(shelf, model) ?? lookUp(shelf, bare))
  return hit?.found ?? Result.fail(
    new ModelNotFound({ provider, model, nearest: nearest(index, prefix === "" ? bare : `${prefix}/${bare}`, bare) })
  )
}

const nearest = (index: Index, qualified: string, bare: string): ReadonlyArray<string> =>
  index.models
    .filter((model) => model.status !== "retired")
    .map((model) => {
      const id = `${model.provider}/${model.id}`
      const whole = distance(qualified, id)
      return {
        id,
        whole,
        rank: hosts.has(model.provider) ? 1 : 0,
        least: Math.min(whole, distance(bare, model.id)),
        length: Math.max(bare.length, model.id.length)
      }
    })
    .filter(({ least, length }) => least * 2 <= length)
    .sort((a, b) => a.least - b.least || a.rank - b.rank || a.whole - b.whole)
    .slice(0, 3)
    .map(({ id }) => id)

/** Who serves what others make: of like names the maker's is meant. */
const hosts: ReadonlySet<string> = new Set(["azure", "bedrock", "fireworks", "groq", "openrouter", "together"])

const entryOf = (options: ModelOptions): Model.Entry => {
  const path = `registerModel(${options.provider}/${options.model})`
  const problems = [
    ...nameProblems(`${path}.provider`, options.provider),
    ...nameProblems(`${path}.model`, options.model)
  ]
  const rate = (field: keyof typeof rateOf): Price.Loose<Price.Rates> => {
    const usd = options[field]
    if (usd === undefined) return {}
    const picoUsd = Price.perMillion(usd)
    if (picoUsd === undefined) problems.push({ path: `${path}.${field}`, problem: Price.perMillionProblem })
    return { [rateOf[field]]: picoUsd }
  }
  const rates = { ...rate("inputCostPer1M"), ...rate("outputCostPer1M"), ...rate("cachedReadCostPer1M") }
  if (problems.length > 0) throw new CatalogError({ problems })
  const free = rates.input === 0 && (rates.output ?? 0) === 0 && (rates.cachedRead ?? 0) === 0
  return {
    id: options.model,
    upstream: options.upstreamModel,
    modality: options.modality,
    context: options.context,
    maxOutput: options.maxOutput,
    capabilities: options.capabilities,
    confidence: "user",
    source: ["Catalog.registerModel"],
    prices: Object.keys(rates).length === 0 ? [] : [free ? { free } : { rates }]
  }
}

const rateOf = { inputCostPer1M: "input", outputCostPer1M: "output", cachedReadCostPer1M: "cachedRead" } as const

const providerOf = (options: ProviderOptions): Price.Loose<Model.Provider> => {
  const path = `registerOpenAiCompatible(${options.key})`
  const problems = nameProblems(`${path}.key`, options.key)
  if (options.key.includes("/")) problems.push({ path: `${path}.key`, problem: "a provider's key has no slash" })
  if (!/^https?:\/\//.test(options.baseUrl) || !URL.canParse(options.baseUrl)) {
    problems.push({ path: `${path}.baseUrl`, problem: "expected an http or https URL" })
  }
  if (problems.length > 0) throw new CatalogError({ problems })
  return {
    key: options.key,
    label: options.label ?? options.key,
    kind: "openai-compatible",
    baseUrl: options.baseUrl,
    apiKeyEnv: options.apiKeyEnv
  }
}

const tierOf = (key: string, ids: ReadonlyArray<string>): equivalence.Tier => {
  const path = `registerEquivalents(${key})`
  const problems = [
    ...nameProblems(`${path}.tier`, key),
    ...ids.flatMap((id, i) =>
      /^[^/]+\/./.test(id)
        ? nameProblems(`${path}.ids[${i}]`, id)
        : [{ path: `${path}.ids[${i}]`, problem: "expected a provider and a model: openai/gpt-4o-mini" }]
    )
  ]
  if (problems.length > 0) throw new CatalogError({ problems })
  return { key, members: ids.map((id) => ({ id })) }
}

const nameProblems = (path: string, name: string): Array<{ readonly path: string; readonly problem: string }> =>
  Model.isName(name) ? [] : [{ path, problem: Model.nameProblem }]
