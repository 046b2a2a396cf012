/**
 * The request of an SDK that can't be asked for it: its call goes as far as the door, and ends there.
 */

/** What an SDK would have sent, thrown where it would have sent it: an Error, but for the stack, which is most of its price. */
export class Captured implements Error {
  readonly name = "Captured"
  readonly message = "the request is built, and sent by Loom"
  readonly url: string
  readonly req: RequestInit

  constructor(url: string, req: RequestInit) {
    this.url = url
    this.req = req
  }
}
Object.setPrototypeOf(Captured.prototype, Error.prototype)

/** A `fetch` for SDKs that take one: it sends nothing. */
export const fetch = (input: string | URL, init?: RequestInit): Promise<never> =>
  Promise.reject(new Captured(String(input), init ?? {}))

/** The request in what a call failed with; throws the failure where it holds none. */
export const requestIn = (failure: unknown): Captured => {
  let cause = failure
  for (let depth = 0; depth < 8 && cause instanceof Error; depth++) {
    if (cause instanceof Captured) return cause
    cause = cause.cause
  }
  throw failure
}
