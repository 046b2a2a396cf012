/**
 * Another process of the cache's tests: `node sqliteCacheChild.ts <what> <path> [<amount>]`. It talks in lines of JSON.
 */
import { Effect, Exit } from "effect"
import { DatabaseSync } from "node:sqlite"
import * as SqliteCache from "../../src/storage/SqliteCache.ts"
import { valueOf } from "./sqliteCacheValues.ts"

const [what, path = "", amount = "0"] = process.argv.slice(2)
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

// What is given up would keep its process waiting for ever, if it did.
const cache = SqliteCache.make({ path, busyTimeout: what === "giveUp" ? 1e9 : 5000 })
const count = Number(amount)

const set = (n: number) => cache.set(`key ${n}`, { value: valueOf(n), storedAt: 0, expiresAt: 1000 })

const setAll = Effect.forEach(Array.from({ length: count }, (_, n) => n), set, { concurrency: 50, discard: true })

switch (what) {
  case "set":
    await Effect.runPromise(Effect.andThen(setAll, cache.close))
    break
  case "setForEver":
    for (let n = 0;; n += 20) {
      await Effect.runPromise(Effect.forEach(Array.from({ length: 20 }, (_, k) => n + k), set, { concurrency: 20 }))
      say(n + 20)
    }
  case "get": {
    let right = 0
    for (let n = 0; n < count; n++) {
      const found = await Effect.runPromise(cache.get(`key ${n}`, 0))
      if (found !== undefined && Buffer.from(found.value).equals(valueOf(n))) right++
    }
    say(right)
    break
  }
  // Neither an idle thread nor a question that was given up keeps it alive; one under way does.
  case "leave":
    await Effect.runPromise(set(1))
    await Effect.runPromise(Effect.timeoutOption(set(2), 1))
    Effect.runCallback(set(3), { onExit: (exit) => say(Exit.isSuccess(exit)) })
    break
  case "giveUp": {
    await Effect.runPromise(cache.get("key", 0))
    const holder = new DatabaseSync(path)
    holder.exec("BEGIN IMMEDIATE")
    const stop = Effect.runCallback(set(2))
    stop()
    say("given up")
    break
  }
  case "struggle": {
    const kinds: Record<string, number> = {}
    for (let n = 0; n < count; n++) {
      const exit = await Effect.runPromise(Effect.result(set(n)))
      const kind = exit._tag === "Success" ? "kept" : exit.failure.kind
      kinds[kind] = (kinds[kind] ?? 0) + 1
    }
    const found = await Effect.runPromise(Effect.result(cache.get("key 0", 0)))
    say({ kinds, first: found._tag === "Success" ? found.success !== undefined : found.failure.kind })
    const failed = await Effect.runPromise(Effect.flip(set(count)))
    say(failed.fix)
    break
  }
}
