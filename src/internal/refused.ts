/**
 * The error of an HTTP answer that is none, for vendors whose SDK has no classes of them worth its price, or who have no SDK.
 */
import { isRecord } from "./json.ts"

export class Refused extends Error {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Headers

  constructor(status: number, body: object | undefined, text: string | undefined, headers: Headers) {
    super(text === undefined || text === "" ? "no message" : text)
    this.status = status
    this.body = isRecord(body) ? body : {}
    this.headers = headers
  }
}
