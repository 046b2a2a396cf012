import type * as Crypto from "node:crypto"

/**
 * SHA-256 in hexadecimal. Node's crypto is loaded with the first one: an import of Loom needs none.
 */
export const sha256 = (data: string | Uint8Array): string => {
  crypto ??= process.getBuiltinModule("node:crypto")
  return crypto.hash("sha256", data, "hex")
}

let crypto: typeof Crypto | undefined
