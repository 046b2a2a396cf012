/**
 * Vendors that speak Chat Completions: what most of them share of the contract and of the bill.
 */
import { Redacted } from "effect"
import type { Providers } from "loom-router"
import type * as OpenAiCompatible from "loom-router/providers/OpenAiCompatible"
import type { Provider } from "loom-router/sandbox"
import { bill } from "./bill.ts"
import { at, type Body, contract, testKey, type Vendor } from "./contract.ts"
import type { Voice } from "./conversations.ts"
import type { Box } from "./world.ts"

/** A vendor, as far as it isn't like most. */
export interface Shaped extends Partial<Pick<Vendor, "title" | "catalog" | "defaults">> {
  readonly key: string
  readonly apiKeyEnv: string
  readonly layer: (options: OpenAiCompatible.VendorOptions) => Providers.Source
  /** Where the sandbox speaks as it does. */
  readonly route: Provider
  readonly models: Vendor["models"]
  /** The field that carries `maxOutputTokens`: `max_tokens`. */
  readonly maxOutputTokens?: string | undefined
  /** An option of its own, which is sent as it is. */
  readonly native: Readonly<Record<string, unknown>>
  readonly can: Vendor["can"]
}

const field = (name: string) => (body: Body) => body[name]

/** Options by the names that most take them by. */
export const common = {
  stop: field("stop"),
  temperature: field("temperature"),
  topP: field("top_p"),
  seed: field("seed"),
  presencePenalty: field("presence_penalty"),
  frequencyPenalty: field("frequency_penalty"),
  recursion: true,
  refusesInWords: true
}

/** Thoughts that go back as the text they were, in this field of the latest answer. */
export const thoughtsIn = (name: string) => (body: Body): unknown => {
  const messages: ReadonlyArray<unknown> = Array.isArray(body["messages"]) ? body["messages"] : []
  return at(messages.findLast((message) => at(message, "role") === "assistant"), name)
}

export const vendorOf = ({ layer, maxOutputTokens, native, route, ...vendor }: Shaped): Vendor => ({
  ...vendor,
  providers: (sandbox: Box) => ({ [vendor.key]: layer({ baseUrl: sandbox.baseUrl(route) }) }),
  wire: {
    system: (body) => at(body, "messages", 0, "content"),
    maxOutputTokens: field(maxOutputTokens ?? "max_tokens")
  },
  native: { options: native, idOf: (reply) => at(reply, "id") }
})

/** Runs every test of the contract. */
export const shapedContract = (vendor: Shaped): void => contract(vendorOf(vendor), true)

/** Compares what random conversations cost with the sandbox's bill. */
export const shapedBill = (
  { key, layer, route }: Shaped,
  options: {
    readonly voices: readonly [Voice, ...ReadonlyArray<Voice>]
    /** How long the clock runs between some turns, so that a cache forgets. */
    readonly pause?: "1 minute" | "2 hours" | undefined
    /** False where usage tells no tokens from a cache. */
    readonly reads?: boolean | undefined
  }
): void => {
  bill({
    key,
    layer: (sandbox) => layer({ baseUrl: sandbox.baseUrl(route), apiKey: Redacted.make(testKey) }),
    voices: options.voices,
    styleOf: () => ({ pause: options.pause }),
    long: [],
    lacks: [
      "failed",
      "writes",
      "longWrites",
      "reasoned",
      "searches",
      "tiers",
      ...options.reads === false ? ["reads"] : []
    ]
  })
}
