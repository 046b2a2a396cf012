/**
 * Opaque text that only this sandbox can make and read again.
 */
import { isObject, type JsonObject } from "./Json.ts"
import { digest } from "./Seed.ts"

export interface Seal {
  readonly close: (content: JsonObject) => string
  /** Undefined when the text was not made by `close`, or was changed. */
  readonly open: (text: string) => JsonObject | undefined
}

export const make = (seed: string, purpose: string): Seal => {
  const sign = (payload: string) => digest(seed, purpose, payload).slice(0, 32)
  return {
    close: (content) => {
      const payload = Buffer.from(JSON.stringify(content)).toString("base64url")
      return `${payload}.${sign(payload)}`
    },
    open: (text) => {
      const [, payload = "", signature = ""] = /^([\w-]+)\.(\w+)$/.exec(text) ?? []
      if (payload === "" || signature !== sign(payload)) return undefined
      const content: unknown = JSON.parse(Buffer.from(payload, "base64url").toString())
      return isObject(content) ? content : undefined
    }
  }
}
