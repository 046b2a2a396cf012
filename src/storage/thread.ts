/**
 * Starts the threads that own database connections.
 */
import { Worker } from "node:worker_threads"

/**
 * Starts a file of this folder as a thread that doesn't keep the process alive. It gets none of the process's options
 * or keys.
 *
 * From source, from dist, and from the bundled CLI, this code lies one folder deep, beside `storage`.
 */
export const start = (name: "sqliteWriter" | "sqliteReader", workerData: unknown): Worker => {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js"
  const thread = new Worker(new URL(`../storage/${name}.${extension}`, import.meta.url), {
    workerData,
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning"],
    name: `loom-${name}`
  })
  thread.unref()
  return thread
}
