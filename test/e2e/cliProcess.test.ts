import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Failure from "../../src/cli/Failure.ts"
import { type Options, Sandbox } from "../../src/sandbox/Sandbox.ts"
import { canary, decoded, interruptAfter, loom as inProcess, pointedAt, run, source } from "../cli/loom.ts"

const [node, ...main] = source

const against = <A, E>(
  body: (sandbox: Sandbox["Service"], env: Readonly<Record<string, string>>) => Effect.fn.Return<A, E>,
  options?: Options
) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    return yield* Effect.gen(() => body(sandbox, pointedAt(sandbox.baseUrl("openai"))))
  }).pipe(Effect.provide(Sandbox.layer(options)))

const loom = (args: ReadonlyArray<string>, options: Parameters<typeof run>[2]) =>
  Effect.promise(() => run(node, [...main, ...args], options))

/** `loom` inside a line of shell. */
const shell = (line: string, env: Readonly<Record<string, string>>) =>
  Effect.promise(() => run("bash", ["-c", `loom() { ${[node, ...main].join(" ")} "$@"; }; ${line}`], { env }))

describe.concurrent("the process", () => {
  it.live("reads a pipe, and shows its key to nobody", () =>
    against(function*(sandbox, env) {
      yield* sandbox.revokeKey(canary)
      const ran = yield* loom(["g", "--log-level", "all"], { env, stdin: "Hello" })
      assert.deepStrictEqual([ran.code, ran.stdout], [4, ""])
      assert.match(ran.stderr, /^KeyRefused: /)
      assert.notInclude(ran.stderr, canary)
    }))

  it.live("is interrupted with 130, and cancels the vendor's request", () =>
    against(function*(sandbox, env) {
      yield* sandbox.script({ hang: true })
      const ran = yield* loom(["g", "Hello"], {
        env,
        meddle: interruptAfter(sandbox.awaitJournal((entries) => entries.length > 0))
      })
      assert.deepInclude(ran, { code: 130, stdout: "", stderr: "" })
      const [entry] = yield* sandbox.awaitJournal((entries) => entries[0]?.clientClosed === true)
      assert.isTrue(entry?.clientClosed)
    }))

  it.live("is silent where its reader has seen enough, and where stdin is closed", () =>
    against(function*(sandbox, env) {
      const ran = yield* shell(
        `loom g 'Tell a long story' | head -c 5 >/dev/null; echo "\${PIPESTATUS[0]}"; loom g Hello --dry-run -q <&- >/dev/null; echo $?`,
        env
      )
      assert.deepStrictEqual([ran.stdout, ran.stderr], ["0\n0\n", ""])
      const [first] = yield* sandbox.journal
      assert.isTrue(first!.clientClosed)
    }, { eventDelay: "150 millis" }))

  it.live("does the same for routes and settings", () =>
    against(function*(sandbox, env) {
      const models = "openai/gpt-4o-mini openai/gpt-4o"
      const ran = yield* shell(
        `loom route ${models} 'Tell a long story' | head -c 5 >/dev/null; echo "\${PIPESTATUS[0]}"; ` +
          `loom route ${models} Hello --explain -q <&- >/dev/null; echo $?; ` +
          `loom config path <&- | head -1 >/dev/null; echo "\${PIPESTATUS[0]}"; loom config check --config /nowhere -q; echo $?`,
        env
      )
      assert.deepStrictEqual([ran.stdout, ran.stderr], ["0\n0\n0\n2\n", ""])
      assert.lengthOf(yield* sandbox.journal, 1)
    }, { eventDelay: "150 millis" }))

  it.live("says that stdout can't be written", () =>
    against(function*(_, env) {
      const ran = yield* shell("loom g Hello > /dev/full; echo $?", env)
      assert.strictEqual(ran.stdout, "1\n")
      assert.match(ran.stderr, /^Platform: stdout can't be written\n {2}why: .*ENOSPC.*\n$/)
    }))

  it.live("runs the simulator until it is interrupted", () =>
    Effect.gen(function*() {
      let url = ""
      let status = 0
      const ran = yield* loom(["sandbox", "--seed", "s"], {
        meddle: (child) =>
          child.stdout?.once("data", async (text: string) => {
            url = text.trim()
            status =
              (await fetch(`${url}/openai/v1/models`, { headers: { authorization: "Bearer sk-sandbox" } })).status
            child.kill("SIGINT")
          })
      })
      assert.deepStrictEqual([ran.code, status], [130, 200])
      assert.match(ran.stdout, /^http:\/\/127\.0\.0\.1:\d+\n$/)
      assert.include(ran.stderr, `OPENAI_BASE_URL=${url}/openai/v1 OPENAI_API_KEY=sk-sandbox loom generate`)
    }))

  it.live("says that a port is taken", () =>
    against(function*(sandbox) {
      const ran = yield* inProcess(["sandbox", "--port", String(sandbox.port), "--json"])
      assert.deepStrictEqual([ran.code, ran.stderr], [1, ""])
      assert.strictEqual(decoded(Failure.Document, ran).error.tag, "SandboxError")
    }))
})
