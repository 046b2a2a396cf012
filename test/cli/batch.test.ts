import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Sandbox } from "loom-router/sandbox"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { stripVTControlCharacters } from "node:util"
import * as BatchResults from "../../src/cli/BatchResults.ts"
import * as BatchSheet from "../../src/cli/BatchSheet.ts"
import * as Failure from "../../src/cli/Failure.ts"
import { decoded, interruptAfter, loom, pointedAt, type Ran, run, source, type World } from "./loom.ts"

const model = "openai/gpt-4o-mini"

const inHome = <A, E>(
  body: (world: {
    readonly sandbox: Sandbox["Service"]
    readonly home: string
    readonly env: Readonly<Record<"LOOM_HOME" | "OPENAI_BASE_URL" | "OPENAI_API_KEY", string>>
    readonly ask: (args: ReadonlyArray<string>, stdin?: string, world?: World) => Effect.Effect<Ran>
  }) => Effect.fn.Return<A, E>
) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    const home = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-batch-"))),
      (home) => Effect.sync(() => rmSync(home, { recursive: true }))
    )
    const env = { ...pointedAt(sandbox.baseUrl("openai")), LOOM_HOME: home }
    const ask = (args: ReadonlyArray<string>, stdin = "", world: World = {}) =>
      loom(["batch", ...args], { env, stdin, ...world })
    return yield* Effect.gen(() => body({ sandbox, home, env, ask }))
    // Longer than a busy machine takes: what is to end is told to.
  }).pipe(Effect.scoped, Effect.provide(Sandbox.layer({ batches: { takes: "1 hour" } })))

const lines = (...rows: ReadonlyArray<object>) => rows.map((row) => `${JSON.stringify(row)}\n`).join("")

const rowsIn = ({ stdout }: Ran) => stdout.trimEnd().split("\n").map((line) => decodeRow(line))

const decodeRow = Schema.decodeSync(Schema.fromJsonString(Schema.toCodecJson(BatchResults.LineDocument)))

describe("loom batch", () => {
  it.live("keeps batches where the settings say, and asks those whom they name", () =>
    inHome(function*({ ask, env, home, sandbox }) {
      const settings = join(home, "loom.config.yaml")
      writeFileSync(
        settings,
        `batches:\n  path: kept/batches.db\nproviders:\n  openai:\n    baseUrl: ${sandbox.baseUrl("openai")}\n`
      )
      const { LOOM_HOME, OPENAI_API_KEY } = env
      const world = { env: { LOOM_HOME, OPENAI_API_KEY, LOOM_CONFIG: settings } }
      const submitted = yield* ask(["submit", "-", "-m", model, "--id", "here"], lines({ prompt: "hello" }), world)
      assert.deepStrictEqual([submitted.stdout, submitted.code], ["here\n", 0])
      yield* sandbox.finishBatches
      const worked = yield* ask(["worker"], "", world)
      assert.deepStrictEqual([worked.code, worked.stdout.split(" ")[0]], [0, "here"])
      assert.deepStrictEqual(
        ["batches.db", "worker.db"].map((name) =>
          [join(home, "kept"), home].map((folder) => existsSync(join(folder, name)))
        ),
        [[true, false], [true, false]]
      )
    }))

  it.live("submits lines, waits for them, and prints what became of each, half the price of calls", () =>
    inHome(function*({ ask, sandbox }) {
      const submitted = yield* ask(
        ["submit", "-", "-m", model, "--id", "nightly", "--tag", "team=looms"],
        "\uFEFF" + lines({ prompt: "[say: one]", customId: "a" }, { prompt: "[say: two] [batch: fail]" }) +
          "\n" + lines({ custom_id: "c", provider: "openai", model: "gpt-4.1", prompt: "[say: three]" })
      )
      assert.deepStrictEqual(submitted, {
        stdout: "nightly\n",
        stderr: "  3 rows (openai 2, openai 1) · loom batch wait nightly\n",
        code: 0
      })
      const listed = yield* ask(["list"])
      assert.match(
        listed.stdout,
        /^ID +STATUS +DONE +FAILED +VENDORS +AGE +COST +SAVED\nnightly +running +0\/3 +0 +openai /
      )
      const open = yield* ask(["results", "nightly"])
      assert.deepStrictEqual(open, {
        stdout: "",
        stderr: "  3 of 3 rows are open · loom batch wait nightly\n",
        code: 0
      })
      yield* sandbox.finishBatches
      const ended = yield* ask(["wait", "nightly"])
      assert.strictEqual(ended.code, Failure.exitCodes.rows)
      assert.match(ended.stdout, /^nightly · 2 succeeded · 1 failed · \$0\.\d+ · saved \$0\.\d+\n$/)
      assert.strictEqual(ended.stderr, "  results: loom batch results nightly > results.jsonl\n")

      const results = yield* ask(["results", "nightly"])
      assert.deepStrictEqual([results.stderr, results.code], ["", Failure.exitCodes.rows])
      const rows = rowsIn(results)
      assert.deepStrictEqual(rows.map((row) => [row.customId, row.index, row.status, row.generation?.text]), [
        ["a", 0, "succeeded", "one"],
        ["row-2", 1, "failed", undefined],
        ["c", 2, "succeeded", "three"]
      ])
      assert.strictEqual(rows[1]?.error?.tag, "InvalidRequest")
      const status = decoded(BatchSheet.Document, yield* ask(["status", "nightly", "--json"]))
      assert.deepInclude(status, { status: "ended", tags: { team: "looms" }, done: 3 })
      const bill = (yield* sandbox.bill).reduce((sum, { amount }) => sum + amount, 0n)
      assert.strictEqual(status.picoUsd, String(bill))
      assert.strictEqual(status.savedPicoUsd, String(bill))
      assert.strictEqual(
        rows.reduce((sum, { generation }) => sum + (generation?.cost.picoUsd ?? 0), 0),
        Number(bill)
      )
      const [batch] = decoded(BatchSheet.ListDocument, yield* ask(["--json"])).batches
      assert.strictEqual(batch?.id, "nightly")
      assert.strictEqual((yield* ask(["list", "-q"])).stdout, "nightly\n")
    }))

  it.live("submits the same lines under the same id once", () =>
    inHome(function*({ ask, sandbox }) {
      const args = ["submit", "-", "-m", model, "--id", "once", "-q"]
      for (let n = 0; n < 2; n++) {
        assert.deepStrictEqual(yield* ask(args, lines({ prompt: "a" })), { stdout: "once\n", stderr: "", code: 0 })
      }
      assert.strictEqual((yield* sandbox.journal).filter(({ job }) => job !== undefined).length, 1)
      const { code, stderr } = yield* ask(args, lines({ prompt: "b" }))
      assert.strictEqual(code, Failure.exitCodes.usage)
      assert.match(stderr, /^IdTaken: there is another batch once/)
    }))

  it.live("names the line that is wrong, and sends nothing", () =>
    inHome(function*({ ask, home, sandbox }) {
      const file = join(home, "rows.jsonl")
      const cases: ReadonlyArray<readonly [string, RegExp]> = [
        [
          "{\"prompt\":\"a\"}\n\n{secret words\n",
          /^Line: line 3 of .*rows\.jsonl is no request\n {2}why: it is no JSON( at position \d+)?\n/
        ],
        ["[1]\n", /^Line: line 1 .*\n {2}why: it is no JSON object\n/],
        ["{\"prompt\":\"a\"}\n\n\n{\"prompt\":3}\n", /^InvalidRequest: line 4 of \S+ \(row-2\) .*\n {2}why: prompt: /],
        [
          "\n{\"prompt\":\"a\",\"cache\":true}",
          /^InvalidRequest: line 2 .*\n {2}why: cache: .*\n {2}fix: change `cache`\n/
        ],
        [
          "{\"prompt\":\"a\",\"customId\":\"x\"}\n".repeat(2),
          /^InvalidRequest: line 2 of \S+ \(x\) .*\n {2}why: customId: /
        ],
        [
          "{\"prompt\":\"a\",\"schema\":{\"type\":\"array\"}}",
          /^Line: line 1 .*\n {2}why: its schema is no JSON Schema/
        ],
        ["{\"prompt\":\"a\",\"model\":\"nobody/none\"}", /^\w+: line 1 of/],
        ["\n", /^RequestsFailed: the requests of the batch can't be read\n {2}why: there are none\n/]
      ]
      for (const [text, message] of cases) {
        writeFileSync(file, text)
        const ran = yield* ask(["submit", file, "-m", model])
        assert.strictEqual(ran.code, Failure.exitCodes.usage, ran.stderr)
        assert.match(ran.stderr, message)
        assert.notInclude(ran.stderr, "secret words")
        assert.strictEqual(ran.stdout, "")
      }
      assert.match((yield* ask(["submit", file])).stderr, /RequestsFailed/)
      assert.match(
        (yield* ask(["submit", "-"], "{\"prompt\":\"a\"}")).stderr,
        /names no model, and there is no --model/
      )
      assert.match((yield* ask(["submit", join(home, "none")])).stderr, /none can't be read/)
      const { error } = decoded(Failure.Document, yield* ask(["wait", "nightly", "--json"]))
      assert.deepInclude(error, { tag: "UnknownBatch", fix: "look at `loom batch list`" })
      assert.deepStrictEqual(yield* sandbox.journal, [])
      assert.deepStrictEqual(yield* ask(["list"]), { stdout: "", stderr: "no batches\n", code: 0 })
    }))

  it.live("holds answers to the schema of their line", () =>
    inHome(function*({ ask, sandbox }) {
      const schema = (name: string) => ({
        type: "object",
        properties: { [name]: { type: "string" } },
        required: [name]
      })
      const rows = [schema("yarn"), schema("color"), schema("yarn")].map((schema) => ({ prompt: "Invent one", schema }))
      yield* ask(["submit", "-", "-m", model, "--id", "objects"], lines(...rows))
      yield* sandbox.finishBatches
      assert.strictEqual((yield* ask(["wait", "objects", "-q"])).code, 0)
      const answers = rowsIn(yield* ask(["results", "objects"])).map(({ generation }) => generation?.text ?? "")
      assert.deepStrictEqual(answers.map((text) => Object.keys(JSON.parse(text))), [["yarn"], ["color"], ["yarn"]])
    }))

  it.live("draws one line again and again in a terminal, and none elsewhere", () =>
    inHome(function*({ ask, env, sandbox }) {
      yield* ask(["submit", "-", "-m", model, "--id", "drawn"], lines({ prompt: "[batch: stall]" }))
      const args = ["wait", "drawn", "--poll", "10ms", "--timeout", "300ms"]
      const plain = yield* ask(args)
      assert.strictEqual(plain.code, Failure.exitCodes.transient)
      assert.match(
        plain.stderr,
        /^WaitedTooLong: .*\n {2}why: 0 of 1 rows .*\n {2}fix: wait again \(`loom batch wait drawn`\), or with --live\n$/
      )
      const terminals = ["stderr"] as const
      const drawn = yield* ask(args, "", { terminals })
      assert.match(stripVTControlCharacters(drawn.stderr), /\rdrawn · 0\/1 done · .* · next check \d s {3}░+\r/)
      const noColor = yield* loom(["batch", ...args], { env: { ...env, NO_COLOR: "1" }, terminals })
      assert.include(noColor.stderr, "\r\u001b[2K")
      assert.notInclude(noColor.stderr, "\u001b[31m")
      assert.include(drawn.stderr, "\u001b[31m")
      assert.notInclude((yield* ask([...args, "-q"], "", { terminals })).stderr, "\r\u001b[2K\u001b[?7l")

      const keyless = { OPENAI_BASE_URL: sandbox.baseUrl("openai"), LOOM_HOME: env.LOOM_HOME }
      const refused = yield* loom(["batch", ...args], { env: keyless })
      assert.strictEqual(refused.code, Failure.exitCodes.key)
      assert.match(refused.stderr, /KeyMissing: /)

      const cancelled = yield* ask(["cancel", "drawn", "-q"])
      assert.match(cancelled.stdout, /status +cancelling/)
      yield* sandbox.advance("15 minutes")
      const ended = yield* ask(["wait", "drawn", "--json"])
      assert.strictEqual(ended.code, Failure.exitCodes.rows)
      assert.deepInclude(decoded(BatchSheet.Document, ended).counts, { cancelled: 1, open: 0 })
    }))

  it.live("goes on after Ctrl-C, and says how to resume", () =>
    inHome(function*({ ask, env, sandbox }) {
      yield* ask(["submit", "-", "-m", model, "--id", "left"], lines({ prompt: "[say: late]" }))
      const [node, ...args] = source
      const polled = sandbox.awaitJournal(
        (journal) => journal.filter(({ method, path }) => method === "GET" && path.includes("/batches/")).length >= 2
      )
      const ran = yield* Effect.promise(() =>
        run(node, [...args, "batch", "wait", "left", "--poll", "10ms"], { env, meddle: interruptAfter(polled) })
      )
      assert.deepStrictEqual([ran.code, ran.stdout, ran.stderr], [
        130,
        "",
        "the batch goes on at its vendors; resume: loom batch wait left\n"
      ])
      yield* sandbox.finishBatches
      assert.match((yield* ask(["wait", "left"])).stdout, /^left · 1 succeeded · /)
      const head = yield* Effect.promise(() =>
        run("sh", ["-c", `"${node}" ${args.join(" ")} batch results left | head -c 20`], { env })
      )
      assert.deepStrictEqual([head.code, head.stdout, head.stderr], [0, "{\"schemaVersion\":1,\"", ""])
    }), 60_000)

  it.live(
    "has a worker that drives all batches to their end, however often it is killed",
    () =>
      inHome(function*({ ask, env, sandbox }) {
        assert.deepStrictEqual(yield* ask(["worker"]), { stdout: "", stderr: "", code: 0 })
        for (const id of ["one", "two"]) {
          yield* ask(["submit", "-", "-m", model, "--id", id], lines({ prompt: `[say: ${id}]` }))
        }
        const looksOf = (journal: Effect.Success<typeof sandbox.journal>) =>
          journal.filter(({ method, path }) => method === "GET" && path.includes("/batches/")).length
        const [node, ...args] = source
        const worker = [...args, "batch", "worker", "--poll", "200ms"]
        for (const signal of ["SIGKILL", "SIGINT"] as const) {
          const before = looksOf(yield* sandbox.journal)
          const stopped = yield* Effect.promise(() =>
            run(node, worker, {
              env,
              meddle: (child) => {
                const looked = sandbox.awaitJournal((journal) => looksOf(journal) >= before + 4)
                void Effect.runPromise(looked).then(() => child.kill(signal))
              }
            })
          )
          assert.strictEqual(stopped.code, signal === "SIGINT" ? 130 : -2)
        }
        yield* sandbox.finishBatches
        const ended = yield* Effect.promise(() => run(node, worker, { env }))
        assert.deepStrictEqual([ended.code, ended.stderr], [0, ""])
        const told = ended.stdout.split("\n").map((line) => line.split(" · ").slice(0, 2).join(" ")).toSorted()
        assert.deepStrictEqual(told, ["", "one 1 succeeded", "two 1 succeeded"])
        assert.strictEqual((yield* sandbox.journal).filter(({ job }) => job !== undefined).length, 2)
      }),
    60_000
  )

  it.live("does what its help says", () =>
    inHome(function*({ ask, env, home, sandbox }) {
      const examples = yield* Effect.forEach(["submit", "wait", "results", "status", "worker"], (command) =>
        Effect.map(ask([command, "--help"]), ({ stdout }) => {
          const [, text = ""] = stripVTControlCharacters(stdout).split("EXAMPLES\n")
          return text.split("\n").map((line) =>
            line.trim()
          ).filter((line) => line !== "" && !line.startsWith("#"))
        }))
      const [submit = [], ...others] = examples
      assert.isTrue(examples.every((lines) => lines.length > 0))
      writeFileSync(join(home, "rows.jsonl"), lines({ prompt: "[say: one]" }, { prompt: "[batch: fail]" }))
      writeFileSync(join(home, "notes.jsonl"), lines({ id: "n1", text: "a" }, { id: "n2", text: "b" }))
      const [node, conditions, main] = source
      const inShell = (commands: ReadonlyArray<string>) =>
        Effect.promise(() =>
          run("sh", [
            "-c",
            `loom() { "${node}" ${conditions} "${join(process.cwd(), main)}" "$@"; }; cd "${home}"\n` +
            commands.map((command) => `${command}; echo "= $?"`).join("\n")
          ], { env })
        )
      const submitted = yield* inShell(submit)
      assert.match(submitted.stdout, /^nightly\n= 0\nbatch_\w+\n= 0\n$/)
      yield* sandbox.finishBatches
      const told = yield* inShell(others.flat())
      const codes = [...told.stdout.matchAll(/^= (\d+)$/gm)].map(([, code]) => code)
      // A row has failed: a wait says so, and what stands after a pipe doesn't hear of it.
      assert.deepStrictEqual(codes, ["6", "6", "0", "0", "0", "0"], told.stderr)
      assert.match(told.stdout, /^one$/m)
      assert.match(told.stdout, /^row-2$/m)
      assert.include(told.stdout, "\"failed\": 1")
    }), 120_000)
})
