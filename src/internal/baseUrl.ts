/**
 * Where a vendor is reached.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"

/** As given, or as the environment says, or the vendor's own. */
export const baseUrlOf = (given: string | undefined, variable: string, own: string): Effect.Effect<string> =>
  given === undefined
    ? Effect.orElseSucceed(Config.NonEmptyString(variable), () => own)
    : Effect.succeed(given)
