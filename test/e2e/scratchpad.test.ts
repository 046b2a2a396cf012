import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Sandbox } from "loom-router/sandbox"
import { type ChildProcess, spawn } from "node:child_process"

const source = ["--conditions=loom-source"]

/** Runs a program of the scratchpad with only this environment. */
const start = (name: string, env: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, [...source, `scratchpad/${name}.ts`], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })

const finished = (child: ChildProcess) =>
  Effect.promise(() =>
    new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resolve) => {
      const said = { stdout: "", stderr: "" }
      child.stdout?.on("data", (chunk) => said.stdout += String(chunk))
      child.stderr?.on("data", (chunk) => said.stderr += String(chunk))
      child.on("close", (code) => resolve({ ...said, code }))
    })
  )

/** The address in the first line that has one. */
const listening = (child: ChildProcess) =>
  Effect.promise(() =>
    new Promise<string>((resolve, reject) => {
      child.stdout?.on("data", (chunk) => {
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(String(chunk)) ?? []
        if (url !== undefined) resolve(url)
      })
      child.on("close", () => reject(new Error("it ended")))
    })
  )

describe("npm start", () => {
  it.live("needs no key, and ends by itself with the sandbox's own bill", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("start", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.match(stdout, /\d+ calls, \d+ attempts, [\d,]+ tokens: \$0\.\d+ spent, \$0\.\d+ saved\./)
      assert.include(stdout, "the same, to the last digit")
      assert.match(stdout, /\(\d,\d{3} from the prompt cache\)/)
      assert.include(stdout, "2 attempts (RateLimited, ok)")
    }))

  it.live("makes exactly one real call with a key, of at most a cent, and says so", () =>
    Effect.gen(function*() {
      const vendor = yield* Sandbox
      yield* vendor.script({ respond: { status: 503 }, times: "always" })
      const env = { OPENAI_API_KEY: "sk-real-0123456789", OPENAI_BASE_URL: vendor.baseUrl("openai") }
      const failed = yield* finished(start("start", env))
      assert.strictEqual(failed.code, 1)
      assert.match(failed.stdout, /One real call to openai\/[\w.-]+, with your key: at most \$0\.00\d+\./)
      assert.notInclude(failed.stdout + failed.stderr, "0123456789")
      assert.lengthOf(yield* vendor.journal, 1)
      yield* vendor.reset
      const { code, stdout } = yield* finished(start("start", env))
      assert.strictEqual(code, 0)
      assert.include(stdout, "For real")
      assert.lengthOf(yield* vendor.journal, 1)
      const [{ amount } = { amount: 0n }] = yield* vendor.bill
      assert.isTrue(amount > 0n && amount <= 10_000_000_000n)
    }).pipe(Effect.provide(Sandbox.layer())))
})

describe("scratchpad/answer.ts", () => {
  it.live("answers, and takes the vendor's request along when its client goes", () =>
    Effect.gen(function*() {
      const vendor = yield* Sandbox
      const child = start("answer", {
        PORT: "0",
        OPENAI_API_KEY: "sk-any",
        OPENAI_BASE_URL: vendor.baseUrl("openai")
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill()))
      const url = yield* listening(child)
      const answer = yield* Effect.promise(() => fetch(`${url}/answer?q=${encodeURIComponent("[say: Hi there.]")}`))
      assert.deepInclude(yield* Effect.promise(() => answer.json()), { text: "Hi there." })
      const refused = yield* Effect.promise(() => fetch(`${url}/answer`))
      assert.strictEqual(refused.status, 400)

      yield* vendor.script({ hang: true })
      const leaving = new AbortController()
      const left = fetch(`${url}/answer?q=slow`, { signal: leaving.signal }).catch(() => "left")
      yield* vendor.awaitJournal((journal) => journal.length === 2 && journal[1]?.waiting === true)
      leaving.abort()
      assert.strictEqual(yield* Effect.promise(() => left), "left")
      const journal = yield* vendor.awaitJournal((journal) => journal[1]?.clientClosed === true)
      assert.lengthOf(journal, 2)
    }).pipe(Effect.scoped, Effect.provide(Sandbox.layer())))
})
