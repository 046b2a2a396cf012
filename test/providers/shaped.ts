/**
 * Vendors that speak Chat Completions: what most of them share of the contract and of the bill.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type { Providers } from "loom-router"
import type * as OpenAiCompatible from "loom-router/providers/OpenAiCompatible"
import type { Provider } from "loom-router/sandbox"
import { compared } from "./bill.ts"
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

const isFull = process.env["LOOM_TEST"] === "full"

/** Runs every test of the contract. */
export const shapedContract = (vendor: Shaped): void => contract(vendorOf(vendor))

/** Holds random conversations, and compares what they cost with the sandbox's bill: 10 of them, in the full run 100. */
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
  describe("the bill", () => {
    it.live(`${key}: ${isFull ? 100 : 10} random conversations cost what the sandbox charges, to the pico-dollar`, () =>
      Effect.gen(function*() {
        const covered = yield* compared(
          {
            key,
            layer: (sandbox) => layer({ baseUrl: sandbox.baseUrl(route), apiKey: Redacted.make(testKey) }),
            voices: options.voices,
            styleOf: () => ({ pause: options.pause }),
            long: []
          },
          isFull ? 100 : 10,
          1
        )
        assert.isAtLeast(covered.requests, isFull ? 150 : 10)
        assert.isAbove(covered.streams, 0)
        if (isFull && options.reads !== false) assert.isAbove(covered.reads, 0)
      }))
  })
}
