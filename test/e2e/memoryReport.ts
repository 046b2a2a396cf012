/** Loaded before a program (`--import`): writes what memory it took to the file that `MEMORY_REPORT` names, when it ends. */
import { writeFileSync } from "node:fs"
import { getHeapStatistics } from "node:v8"

const path = process.env["MEMORY_REPORT"]

process.once("exit", () => {
  if (path === undefined) return
  // In megabytes; the kilobytes of maxRSS are the most that it ever was.
  const rss = Math.round(process.resourceUsage().maxRSS / 1024)
  const { malloced_memory: malloced, total_heap_size: heap } = getHeapStatistics()
  writeFileSync(path, JSON.stringify({ rss, heap: Math.round((heap + malloced) / 2 ** 20) }))
})
