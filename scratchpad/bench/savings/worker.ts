/**
 * One month in a process of its own: it is told which, tells how far it is, and then what came of it.
 */
import { Effect } from "effect"
import * as Month from "./month.ts"
import * as Workload from "./workload.ts"

export interface Order {
  readonly size: Month.Size
  readonly use: Month.Mechanisms
}

export type Told =
  | { readonly _tag: "Days"; readonly days: number }
  | { readonly _tag: "Month"; readonly month: Month.Month; readonly megabytes: number }

const tell = (told: Told) => void process.send?.(told)

const { promise, resolve } = Promise.withResolvers<Order>()
process.once("message", (order) => resolve(order as Order))
// Ctrl-C reaches all processes; this one ends with the first, and leaves no file behind.
process.on("SIGINT", () => undefined)
const left = new AbortController()
process.once("disconnect", () => left.abort())

const { size, use } = await promise
const month = await Effect.runPromise(
  Month.run(Workload.read(), size, use, (days) => tell({ _tag: "Days", days })),
  { signal: left.signal }
).catch((cause: unknown) => {
  if (left.signal.aborted) process.exit()
  throw cause
})
tell({ _tag: "Month", month, megabytes: process.resourceUsage().maxRSS / 1024 })
