/**
 * Which keys a vendor accepts.
 */

export type Verdict = "valid" | "missing" | "invalid"

export interface Keys {
  readonly check: (key: string | undefined) => Verdict
  readonly add: (key: string) => void
  readonly revoke: (key: string) => void
  readonly reset: () => void
}

/** Without `keys` any key is valid but a revoked one; with `keys` only those are. */
export const make = (options: {
  readonly keys: ReadonlyArray<string> | undefined
  readonly requireKey: boolean
}): Keys => {
  let valid = options.keys === undefined ? undefined : new Set(options.keys)
  const revoked = new Set<string>()
  return {
    check: (key) => {
      if (key === undefined || key === "") return options.requireKey ? "missing" : "valid"
      if (revoked.has(key)) return "invalid"
      return valid === undefined || valid.has(key) ? "valid" : "invalid"
    },
    add: (key) => {
      revoked.delete(key)
      valid?.add(key)
    },
    revoke: (key) => {
      revoked.add(key)
      valid?.delete(key)
    },
    reset: () => {
      revoked.clear()
      valid = options.keys === undefined ? undefined : new Set(options.keys)
    }
  }
}
