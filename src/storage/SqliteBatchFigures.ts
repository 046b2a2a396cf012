/**
 * What the batches in an SQLite file come to, read by a thread of its own: who looks at them holds nobody up.
 */
import type { Answers, Queries } from "./batchReader.ts"
import { start } from "./thread.ts"
import * as ThreadAsked from "./threadAsked.ts"

export type SqliteBatchFigures = ThreadAsked.Asked<Queries, Answers>

/** The thread starts with the first question. */
export const make = ({ path }: { readonly path: string }): SqliteBatchFigures =>
  ThreadAsked.make<Queries, Answers>(
    path,
    (on) => start({ name: "batchReader", workerData: { path, busyTimeout: 5000 }, ...on })
  )
