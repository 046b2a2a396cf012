/**
 * What vendors that speak Chat Completions say went wrong, each in a shape of its own.
 */
import type { Told } from "../../internal/failures.ts"
import { isRecord } from "../../internal/json.ts"
import type { Kind } from "../../internal/refusal.ts"
import { at } from "./ChatUsage.ts"
import type { Fields, Quirks } from "./Quirks.ts"
import * as Wire from "./Wire.ts"

interface Flaw {
  readonly message: string
  readonly code: string | undefined
  readonly type: unknown
  readonly param: unknown
}

export const make = (quirks: Quirks) => {
  const own = (code: string): Kind | undefined =>
    quirks.errors !== undefined && Object.hasOwn(quirks.errors, code) ? quirks.errors[code] : undefined
  const toldKindOf = (code: string) => own(code) ?? Wire.toldKindOf(code)
  const flawIn = (body: Fields): Flaw | undefined => {
    const flaw = flawOfBody(body)
    const code = quirks.errorCode === undefined ? undefined : at(body, quirks.errorCode)
    return flaw === undefined || typeof code !== "string" ? flaw : { ...flaw, code }
  }
  return {
    /** What a code means that came with a status. */
    kindOf: (code: string): Kind | undefined => own(code) ?? Wire.kindOf(code),
    /** An error that came with status 200, in a body or as an event. */
    errorIn: (json: Fields): Told | undefined => {
      if (json.error == null && json.base_resp == null && json.object !== "error") {
        const text = quirks.errorText === undefined ? undefined : at(json, quirks.errorText)
        return typeof text === "string" ? Wire.told(undefined, text) : undefined
      }
      const flaw = flawIn(json)
      if (flaw === undefined) return undefined
      const code = flaw.code ?? (typeof flaw.type === "string" ? flaw.type : undefined)
      return Wire.told(code, flaw.message, undefined, toldKindOf)
    },
    /** A body as OpenAI's SDK reads it. */
    errorBodyOf: (body: object): object => {
      const flaw = isRecord(body) ? flawIn(body) : undefined
      return flaw === undefined ? body : { error: flaw }
    }
  }
}

/**
 * `{ error: { message, code } }`, `{ error: "…", code }` (xAI), `{ message, code }` (vLLM), and
 * `{ base_resp: { status_code, status_msg } }` (MiniMax), whose code 0 is none.
 */
const flawOfBody = (body: Fields): Flaw | undefined => {
  const { base_resp: base, error } = body
  if (isRecord(error)) return flawOf(error, error.message)
  if (typeof error === "string") return flawOf(body, error)
  if (isRecord(base)) {
    return base.status_code === 0 ? undefined : flawOf({ code: base.status_code }, base.status_msg)
  }
  return flawOf(body, body.message)
}

const flawOf = ({ code, param, type }: Fields, message: unknown): Flaw | undefined =>
  typeof message === "string"
    ? {
      message,
      code: typeof code === "number" ? String(code) : typeof code === "string" ? code : undefined,
      type,
      param
    }
    : undefined
