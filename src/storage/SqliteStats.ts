/**
 * Figures of a call log in an SQLite file, made by a thread of its own.
 */
import type { Answers, Queries } from "./statsReader.ts"
import { start } from "./thread.ts"
import * as ThreadAsked from "./threadAsked.ts"

export type SqliteStats = ThreadAsked.Asked<Queries, Answers>

/** The thread starts with the first question. */
export const make = ({ path }: { readonly path: string }): SqliteStats =>
  ThreadAsked.make<Queries, Answers>(
    path,
    (on) => start({ name: "statsReader", workerData: { path, busyTimeout: 5000 }, ...on })
  )
