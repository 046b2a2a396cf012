/**
 * Pictures behind addresses that nobody configured: read at once, by themselves, without a key.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Transport from "../Transport.ts"

/** What an address gave in place of a picture. */
export class DeadLink extends Error {
  readonly status: number
  constructor(status: number) {
    super(`status ${status}`)
    this.status = status
  }
}

/** The bytes behind an address; whatever they are. What may pass is tried again. */
export const download = (
  link: Transport.Fetch,
  address: string
): Effect.Effect<Uint8Array<ArrayBuffer>, DeadLink | Transport.TransportError> =>
  Effect.retry(once(link, address), { schedule: again, while: mayPass })

const once = (link: Transport.Fetch, address: string) =>
  Effect.callback<Uint8Array<ArrayBuffer>, DeadLink | Transport.TransportError>((resume) => {
    const handle = new Transport.Handle()
    const read = async () => {
      const response = await link(address, Transport.cancelledBy(handle))
      if (!response.ok) {
        await response.body?.cancel()
        return resume(Effect.fail(new DeadLink(response.status)))
      }
      const bytes = new Uint8Array(await response.arrayBuffer())
      return resume(Effect.succeed(bytes))
    }
    read().catch((cause) => {
      const broken = Transport.findError(cause)
      resume(broken === undefined ? Effect.die(cause) : Effect.fail(broken))
    })
    return Effect.sync(() => handle.abort())
  })

const again = Schedule.exponential("250 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))

const mayPass = (error: DeadLink | Transport.TransportError): boolean =>
  error instanceof DeadLink
    ? error.status === 408 || error.status === 429 || error.status >= 500
    : passing.has(error.kind)

const passing: ReadonlySet<Transport.Kind> = new Set([
  "refused",
  "dns",
  "connect-timeout",
  "headers-timeout",
  "idle-timeout",
  "reset",
  "cut"
])
