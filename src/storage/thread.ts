/**
 * Starts the threads that own database connections.
 */
import { Worker } from "node:worker_threads"
import type { BatchAnswer, BatchKeeperData } from "./batchKeeper.ts"
import type { Answers as BatchFigures, BatchReaderData } from "./batchReader.ts"
import type { FromWriter, WriterData } from "./schema.ts"
import type { FromKeeper, KeeperData } from "./sqliteKeeper.ts"
import type { Answer, ReaderData } from "./sqliteReader.ts"
import type { Answers as Figures, StatsData } from "./statsReader.ts"
import type { Told } from "./threadAsked.ts"

type Thread =
  & {
    /** Called once, with why it ended. */
    readonly onEnd: (why: string) => void
  }
  & (
    | {
      readonly name: "sqliteWriter"
      readonly workerData: WriterData
      readonly onMessage: (message: FromWriter) => void
    }
    | { readonly name: "sqliteReader"; readonly workerData: ReaderData; readonly onMessage: (message: Answer) => void }
    | {
      readonly name: "statsReader"
      readonly workerData: StatsData
      readonly onMessage: (message: Told<Figures>) => void
    }
    | {
      readonly name: "sqliteKeeper"
      readonly workerData: KeeperData
      readonly onMessage: (message: FromKeeper) => void
    }
    | {
      readonly name: "batchKeeper"
      readonly workerData: BatchKeeperData
      readonly onMessage: (message: BatchAnswer) => void
    }
    | {
      readonly name: "batchReader"
      readonly workerData: BatchReaderData
      readonly onMessage: (message: Told<BatchFigures>) => void
    }
  )

/**
 * Starts a file of this folder as a thread that doesn't keep the process alive, and listens to it. It gets none of the
 * process's options or keys.
 *
 * From source, from dist, and from the bundled CLI, this code lies one folder deep, beside `storage`.
 */
export const start = (options: Thread): Worker => {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js"
  const thread = new Worker(new URL(`../storage/${options.name}.${extension}`, import.meta.url), {
    workerData: options.workerData,
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning"],
    name: `loom-${options.name}`
  })
  let ended = false
  const end = (why: string) => {
    if (ended) return
    ended = true
    options.onEnd(why)
  }
  thread.on("message", options.onMessage)
  thread.on("error", (cause) => end(cause instanceof Error ? cause.message : String(cause)))
  thread.on("exit", (code) => end(`exit ${code}`))
  // Last, since listening takes a reference again.
  thread.unref()
  return thread
}
