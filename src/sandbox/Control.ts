/**
 * `/sandbox/…`: the sandbox's own API, for users outside the process.
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Faults from "./Faults.ts"
import { listAt, numberAt } from "./Json.ts"
import type * as Keys from "./Keys.ts"
import type { Jobs } from "./Protocol.ts"
import type { Books, Control } from "./Server.ts"
import type * as Time from "./Time.ts"

const strings = (values: ReadonlyArray<unknown>) => values.filter((value) => typeof value === "string")

export const make = (options: {
  readonly books: Books
  readonly keys: Keys.Keys
  readonly time: Time.Time
  readonly jobs: Jobs
  readonly reset: () => void
}): Control => {
  const { books, jobs, keys, reset, time } = options
  const done = { status: 200, body: { ok: true } }
  return ({ body, method, path }) => {
    switch (`${method} ${path}`) {
      case "GET /sandbox/journal":
        return { status: 200, body: { entries: books.journal.all() } }
      case "GET /sandbox/bill":
        return jobs.catchUp().then(() => ({
          status: 200,
          body: { unit: "1e-12 USD", entries: books.bill.all() }
        }))
      case "POST /sandbox/batches":
        return jobs.finish().then(() => done)
      case "POST /sandbox/faults": {
        const decoded = Faults.decode(body)
        if (Exit.isFailure(decoded)) return { status: 400, body: { error: { message: Cause.pretty(decoded.cause) } } }
        books.faults.add(decoded.value)
        return done
      }
      case "POST /sandbox/reset":
        reset()
        return done
      case "POST /sandbox/clock":
        time.advance(numberAt(body, "advanceMillis") ?? 0)
        return { status: 200, body: { now: time.now() } }
      case "POST /sandbox/keys":
        for (const key of strings(listAt(body, "add"))) keys.add(key)
        for (const key of strings(listAt(body, "revoke"))) keys.revoke(key)
        return done
      default:
        return undefined
    }
  }
}
