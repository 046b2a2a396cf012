import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Sandbox from "loom-router/sandbox"
import { once } from "node:events"
import { connect, tempPath } from "../storage/files.ts"
import { programOf, start } from "./processes.ts"

interface Said {
  readonly n: number
  readonly cache: "miss" | "hit"
  readonly text: string
  readonly picoUsd: number
  readonly saved: number
  readonly attempts: number
}

const other = (sandbox: Sandbox.Sandbox["Service"], ...args: ReadonlyArray<string>) =>
  start(process.execPath, [...programOf("responseCacheChild.ts"), ...args], {
    env: { PATH: process.env["PATH"], OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: sandbox.baseUrl("openai") }
  })

const told = (said: ReadonlyArray<unknown>) => said as ReadonlyArray<Said>

describe("the response cache, end to end", () => {
  it.live("what one process bought is the next one's, at its first call, and for nothing", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const path = yield* tempPath
      const first = yield* other(sandbox, path, "0", "3")
      assert.deepStrictEqual(yield* first.ended, [0, null])
      assert.lengthOf(yield* sandbox.journal, 3)
      const second = yield* other(sandbox, path, "0", "4")
      assert.deepStrictEqual(yield* second.ended, [0, null])
      const bought = told(first.said)
      const got = told(second.said)
      assert.deepStrictEqual(bought.map(({ cache }) => cache), ["miss", "miss", "miss"])
      assert.deepStrictEqual(got.map(({ cache }) => cache), ["hit", "hit", "hit", "miss"])
      for (const [n, { picoUsd, text }] of bought.entries()) {
        assert.isAbove(picoUsd, 0)
        assert.deepStrictEqual(got[n], { n, cache: "hit", text, picoUsd: 0, saved: picoUsd, attempts: 0 })
      }
      assert.lengthOf(yield* sandbox.journal, 4)
    }))

  it.live("one process is killed while both use it: the other goes on, and the file is whole", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const path = yield* tempPath
      const killed = yield* other(sandbox, path, "0")
      const goesOn = yield* other(sandbox, path, "10")
      const waitFor = (child: typeof killed, lines: number) =>
        Effect.promise(async () => {
          while (child.said.length < lines) await once(child.lines, "line")
        })
      yield* waitFor(killed, 5)
      yield* waitFor(goesOn, 5)
      killed.running.kill("SIGKILL")
      assert.deepStrictEqual(yield* killed.ended, [null, "SIGKILL"])
      const before = goesOn.said.length
      yield* waitFor(goesOn, before + 60)
      goesOn.running.kill("SIGTERM")
      assert.deepStrictEqual(yield* goesOn.ended, [0, null])

      // After one round at most it has bought what wasn't kept, and finds all of it.
      const after = told(goesOn.said).slice(before)
      const settled = after.slice(21)
      assert.isTrue(settled.every(({ cache }) => cache === "hit"))
      const answers = [...told(killed.said), ...told(goesOn.said)]
      const misses = answers.filter(({ cache }) => cache === "miss").length
      // The killed one may have asked once more than it could tell.
      assert.oneOf((yield* sandbox.journal).length - misses, [0, 1])

      const db = yield* connect(path)
      assert.deepStrictEqual(db.prepare("PRAGMA integrity_check").all().map((row) => row["integrity_check"]), ["ok"])
      const last = yield* other(sandbox, path, "0", "20")
      assert.deepStrictEqual(yield* last.ended, [0, null])
      assert.isTrue(told(last.said).every(({ cache }) => cache === "hit"))
      const found = [...settled, ...told(last.said)].map(({ n, text }) => `${n} ${text}`)
      assert.strictEqual(new Set(found).size, 20)
    }))
})
