import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { stripVTControlCharacters } from "node:util"
import * as Failure from "../../src/cli/Failure.ts"
import { Document } from "../../src/cli/PromptCheck.ts"
import * as Sandbox from "../../src/sandbox/Sandbox.ts"
import { canary, decoded, loom, type World } from "./loom.ts"

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

describe("what takes long", () => {
  it.live("tells on stderr what it waits for, and nothing with -q", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const env = {
        LOOM_SECRETS: "environment",
        OPENAI_BASE_URL: sandbox.baseUrl("openai"),
        ANTHROPIC_BASE_URL: sandbox.baseUrl("anthropic"),
        OPENAI_API_KEY: canary,
        ANTHROPIC_API_KEY: canary
      }
      const asked = "  asking the vendors\n  asking the vendors: 1 of 2\n  asking the vendors: 2 of 2\n"
      for (
        const [command, said] of [
          [["doctor"], asked],
          [["keys", "check"], asked],
          [["models", "check", "--live"], asked],
          [["cache", "clear"], "  forgetting what is kept\n"]
        ] as const
      ) {
        const ran = yield* loom(command, { env, patience: 0 })
        assert.isTrue(ran.stderr.startsWith(said), ran.stderr)
        const drawn = yield* loom(command, { env, patience: 0, terminals: ["stderr"] })
        assert.isTrue(drawn.stderr.startsWith("\r\u001b[2K"))
        assert.match(stripVTControlCharacters(drawn.stderr), /^\r {2}\w[\w ]+ · \d+(\.\d+)? m?s.*\r/)
        assert.strictEqual((yield* loom([...command, "-q"], { env, patience: 0 })).stderr, "", command.join(" "))
      }
    }).pipe(Effect.scoped))
})

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
