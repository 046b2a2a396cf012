import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Failure from "../../src/cli/Failure.ts"
import { Document } from "../../src/cli/PromptCheck.ts"
import { decoded, loom, type World } from "./loom.ts"

const secret = "Weave well, and tell nobody. "

/** Requests of a conversation, each with all of the one before; the system prompt of the second is another one. */
const conversation = (second: string): string => {
  const system = (start: string) => start + secret.repeat(400)
  const first = [{ role: "user", content: "What is a warp?" }]
  const next = [...first, { role: "assistant", content: "Threads." }, { role: "user", content: "And a weft?" }]
  return [
    JSON.stringify({ customId: "a", system: system("It is 2026-11-24 10:00. "), prompt: first }),
    "",
    JSON.stringify({ customId: "b", system: system(second), prompt: next })
  ].join("\n")
}

const model = ["-m", "openai/gpt-5-mini"]
const prompts = (args: ReadonlyArray<string>, world?: World) => loom(["doctor", "prompts", ...args], world)

describe("loom doctor prompts", () => {
  it.effect("names what breaks the cache, where, and what it costs, and no content", () =>
    Effect.gen(function*() {
      const stdin = conversation("It is 2026-11-24 10:05. ")
      const ran = yield* prompts(["-", ...model], { stdin })
      assert.strictEqual(ran.code, 1)
      assert.match(
        ran.stdout,
        /^✗ line 3 of stdin: prompt\[0\]: there is a date.*\n {2}why: [\d,]+ tokens .* and cost \$0\.\d+ more\n {2}fix: .*\n$/
      )
      assert.match(ran.stderr, /^2 requests · 1 read anew · \$0\.\d+ lost\n$/)
      assert.notInclude(ran.stdout + ran.stderr, "Weave")

      const json = yield* prompts(["-", ...model, "--json"], { stdin })
      const { breaks: [found, ...others], ...document } = decoded(Document, json)
      assert.deepStrictEqual([json.code, json.stderr, others], [1, "", []])
      assert.deepInclude(found, { request: 2, line: "line 3 of stdin", cause: "timestamp", at: "prompt[0]" })
      assert.isAbove(found!.lostTokens, 1_024)
      assert.deepStrictEqual(document, { schemaVersion: 1, requests: 2, usd: found!.usd! })
    }))

  it.effect("finds nothing where each begins with the one before", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-doctor-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const file = join(folder, "c.jsonl")
      writeFileSync(file, conversation("It is 2026-11-24 10:00. "))
      assert.deepStrictEqual(yield* prompts([file, ...model]), {
        code: 0,
        stdout: "✓ 2 requests, and nothing found that breaks the cache\n",
        stderr: ""
      })
    }).pipe(Effect.scoped))

  it.effect("tells which line is no request", () =>
    Effect.gen(function*() {
      for (
        const [stdin, tag, what] of [
          ["{\"prompt\":\"Hello\"}", "Line", "line 1 of stdin"],
          ["{\"prompt\":\"Hello\",\"model\":\"openai/gpt-4o-mni\"}", "UnknownModel", "openai/gpt-4o-mini"],
          ["\n{\"prompt\":\"Hello\",\"model\":\"openai/gpt-4o\",\"temperature\":\"hot\"}", "InvalidRequest", "line 2"]
        ] as const
      ) {
        const ran = yield* prompts(["-", "--json"], { stdin })
        const { error } = decoded(Failure.Document, ran)
        assert.deepStrictEqual([ran.code, error.tag], [2, tag])
        assert.include(`${error.message} ${error.why}`, what)
      }
      assert.strictEqual((yield* prompts(["/nowhere.jsonl", ...model])).code, 2)
    }))
})
