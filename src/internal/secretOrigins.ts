/**
 * Where keys came from.
 */
import type * as Redacted from "effect/Redacted"
import type { SecretBackend } from "../SecretBackend.ts"

export interface Origin {
  readonly name: string
  readonly backend: SecretBackend["Service"]
}

/** A key is remembered as long as somebody holds it. */
export const origins = new WeakMap<Redacted.Redacted, Origin>()
