/**
 * Google Gemini, through its own SDK and its `generateContent`, of texts and of images.
 *
 * **Details**
 *
 * The SDK is loaded at the first call; it builds the request, which Loom sends. Thoughts and calls go back with their
 * signatures. The key is that of the Gemini API; Google Cloud's platform isn't spoken to. `native.cachedContent` names
 * content that was cached before.
 *
 * @since 1.0.0
 */
import type { GoogleGenAI } from "@google/genai"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type * as Transport from "../Transport.ts"
import * as Adapter from "../internal/adapter.ts"
import * as Door from "../internal/batchDoor.ts"
import type * as Keys from "../internal/keys.ts"
import { withImages } from "../internal/modalities.ts"
import { access, build } from "./gemini/Access.ts"
import * as Batches from "./gemini/Batches.ts"
import { decoder } from "./gemini/Chunks.ts"
import * as Generate from "./gemini/Generate.ts"
import type * as OfSdk from "./gemini/Native.ts"
import * as Wire from "./gemini/Wire.ts"

/**
 * How Gemini is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** The name that errors and records carry: `gemini` by default. */
  readonly provider?: string | undefined
  /** Read at every call, so that a key set or rotated later is seen. `GOOGLE_API_KEY`, else `GEMINI_API_KEY`, by default. */
  readonly apiKey?: Keys.Key | undefined
  /** Where the key comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** `GEMINI_BASE_URL`, `GOOGLE_GEMINI_BASE_URL`, else `https://generativelanguage.googleapis.com`. */
  readonly baseUrl?: string | undefined
  /** `v1`; some of what is new is in `v1beta` alone. */
  readonly apiVersion?: string | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: OfSdk.Options
  /** Of images without their bytes, which are in `images`; of several it is a list. */
  readonly reply: OfSdk.Reply | OfSdk.Replies
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = withImages(
  Effect.fnUntraced(function*(options?: Options) {
    const { reached, transport, way } = yield* access(options)
    const vendor: Adapter.Vendor<GoogleGenAI> = { ...reached, write: generateContent }
    return Generator.withBatch(Adapter.make(vendor), Batches.make(vendor, Door.fetchFor(transport, way)))
  }),
  () => import("./gemini/Images.ts")
)

/**
 * Provides Gemini as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

const generateContent = Adapter.ready({
  body: Generate.body,
  build,
  errorIn: Wire.errorIn,
  generation: Generate.generation,
  decoder
})
