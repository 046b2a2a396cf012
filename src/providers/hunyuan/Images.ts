/**
 * Hunyuan's images, over TokenHub, or over Tencent Cloud's own API where a model is served there alone.
 */
import * as Effect from "effect/Effect"
import * as Generator from "../../Generator.ts"
import type * as Transport from "../../Transport.ts"
import type * as ImageVendor from "../../internal/imageVendor.ts"
import * as Cloud from "./Cloud.ts"
import * as TokenHub from "./TokenHub.ts"

interface Options extends ImageVendor.Options {
  readonly cloud?: Cloud.Options | undefined
}

/** Makes the vendor's images as a value. */
export const make = (options?: Options): Effect.Effect<Generator.Generator, never, Transport.Transport> =>
  Effect.zipWith(
    TokenHub.make(options),
    Cloud.make({ limits: options?.limits, ...options?.cloud }),
    (tokenHub, cloud) =>
      Generator.choose(({ model: { upstream } }) => upstream.startsWith("hunyuan-image") ? cloud : tokenHub)
  )
