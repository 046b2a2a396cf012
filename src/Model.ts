/**
 * What Loom knows of one model: its limits, its abilities, its life and its prices.
 *
 * `undefined` means "not known" throughout, and what is not known never refuses a call.
 *
 * @since 1.0.0
 */
import type { Confidence, Known, Loose, Price, ServiceTiers } from "./Price.ts"

/**
 * What a model makes.
 *
 * @category models
 * @since 1.0.0
 */
export type Modality = "text" | "image" | "embedding"

/**
 * Where a model is in its life: `deprecated` models still answer and have a date or a successor, `retired` ones are gone.
 *
 * @category models
 * @since 1.0.0
 */
export type Status = "active" | "preview" | "legacy" | "deprecated" | "retired"

/**
 * What a model can do: `true` and `false` are known, `undefined` is not.
 *
 * @category models
 * @since 1.0.0
 */
export interface Capabilities {
  readonly tools?: boolean | undefined
  /** Takes images as input. */
  readonly vision?: boolean | undefined
  /** Takes PDF files as input. */
  readonly pdf?: boolean | undefined
  readonly reasoning?: boolean | undefined
  readonly structuredOutput?: boolean | undefined
  readonly promptCaching?: boolean | undefined
  readonly batch?: boolean | undefined
  /** Searches the web by itself when it is asked to. */
  readonly webSearch?: boolean | undefined
  /** An image model that changes images it is given. */
  readonly edit?: boolean | undefined
}

/**
 * One model of one provider. Dates are ISO days (`2027-01-14`), limits are tokens.
 *
 * @category models
 * @since 1.0.0
 */
export interface Model {
  readonly provider: string
  /** The name callers use, without the provider: `gpt-4o-mini`. */
  readonly id: string
  /** The name sent to the vendor. */
  readonly upstream: string
  /** The name people read. */
  readonly label: string
  readonly modality: Modality
  readonly status: Status
  /** Input and output together. */
  readonly context: number | undefined
  readonly maxInput: number | undefined
  readonly maxOutput: number | undefined
  /** Length of an embedding. */
  readonly dimensions: number | undefined
  readonly capabilities: Capabilities
  readonly released: string | undefined
  /** The day the vendor stops answering. */
  readonly retires: string | undefined
  /** The earliest such day a vendor has named, when it has decided none. */
  readonly retiresNotBefore: string | undefined
  /** Id of the successor that the vendor names, at the same provider. */
  readonly replacement: string | undefined
  /** Parameters merged under the caller's. */
  readonly defaults: Readonly<Record<string, unknown>>
  /** Oldest first; empty when the price is not known. */
  readonly prices: ReadonlyArray<Price>
  readonly confidence: Confidence | undefined
  /** Short keys of data sets (the head of the catalog file says which), or addresses. */
  readonly source: ReadonlyArray<string>
  readonly note: string | undefined
}

/**
 * A model as a catalog file gives it: what isn't there comes from its provider, or isn't known.
 *
 * @category models
 * @since 1.0.0
 */
export interface Entry extends Loose<Omit<Model, "provider" | "id" | "prices">> {
  readonly id: string
  /** Other names of the model: a call by one of them sends `upstream`. */
  readonly aliases?: ReadonlyArray<string> | undefined
  /** Names of fixed versions: a call by one of them sends that name. */
  readonly snapshots?: ReadonlyArray<string> | undefined
  /** Matches the snapshots that aren't listed. */
  readonly pattern?: string | undefined
  readonly prices?: ReadonlyArray<EntryPrice> | undefined
}

/**
 * A price row as a catalog file gives it; `batch: false` is a model that takes none at a provider that does.
 *
 * @category models
 * @since 1.0.0
 */
export interface EntryPrice extends Omit<Known, "batch"> {
  readonly batch?: Known["batch"] | false
}

/**
 * A vendor as the catalog knows it, with what its models inherit.
 *
 * @category models
 * @since 1.0.0
 */
export interface Provider {
  readonly key: string
  readonly label: string
  /** The module that speaks its protocol: `openai`, `anthropic`, `openai-compatible`. */
  readonly kind: string
  readonly baseUrl: string | undefined
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string | undefined
  /** ISO day of the last look at the vendor's prices. */
  readonly checked: string | undefined
  readonly batch: Known["batch"]
  readonly serviceTiers: ServiceTiers
  /** Ten-thousandths, by region. */
  readonly regions: Readonly<Record<string, number>>
  /** Picodollars per request, by kind. */
  readonly perRequest: Readonly<Record<string, number>>
}

/**
 * Tells whether a string can name a provider or a model: printable, without spaces, and not a key that every object has.
 *
 * @category guards
 * @since 1.0.0
 */
export const isName = (name: string): boolean => /^[\x21-\x7e]{1,200}$/.test(name) && !(name in Object.prototype)

/**
 * What {@link isName} asks for.
 *
 * @category guards
 * @since 1.0.0
 */
export const nameProblem = "expected a name without spaces, other than the keys that every object has"

/**
 * Makes a model from what is known of it.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (
  known: Loose<Model> & { readonly provider: string; readonly id: string }
): Model => ({
  provider: known.provider,
  id: known.id,
  upstream: known.upstream ?? known.id,
  label: known.label ?? known.id,
  modality: known.modality ?? "text",
  status: known.status ?? "active",
  context: known.context,
  maxInput: known.maxInput,
  maxOutput: known.maxOutput,
  dimensions: known.dimensions,
  capabilities: known.capabilities ?? {},
  released: known.released,
  retires: known.retires,
  retiresNotBefore: known.retiresNotBefore,
  replacement: known.replacement,
  defaults: known.defaults ?? {},
  prices: known.prices ?? [],
  confidence: known.confidence,
  source: known.source ?? [],
  note: known.note
})

/**
 * A model of which only the name is known: no price, no limit, no ability. Its cost is unknown, never zero.
 *
 * @category constructors
 * @since 1.0.0
 */
export const unlisted = (provider: string, id: string): Model => make({ provider, id })

/**
 * Returns a model's status at a time (milliseconds since 1970): `retired` from the day it `retires`, 00:00 UTC.
 *
 * @category combinators
 * @since 1.0.0
 */
export const statusAt = (model: Model, at: number): Status =>
  model.retires !== undefined && at >= Date.parse(model.retires) ? "retired" : model.status
