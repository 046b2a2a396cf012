import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Answer from "../../src/cli/Answer.ts"
import * as ConfigSheet from "../../src/cli/ConfigSheet.ts"
import * as Course from "../../src/cli/Course.ts"
import * as DryRun from "../../src/cli/DryRun.ts"
import * as Failure from "../../src/cli/Failure.ts"
import { Sandbox } from "../../src/sandbox/Sandbox.ts"
import { canary, decoded, home, loom, pointedAt, type World } from "./loom.ts"

const folder = (files: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const at = mkdtempSync(join(tmpdir(), "loom-settings-"))
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(at, name)), { recursive: true })
        writeFileSync(join(at, name), text)
      }
      return at
    }),
    (at) => Effect.sync(() => rmSync(at, { recursive: true, force: true }))
  )

const newco = (baseUrl: string) => `
provider: newco
kind: openai-compatible
base_url: ${baseUrl}
api_key_env: NEWCO_API_KEY
models: [{ id: newco-large, prices: [{ input: 2.5, output: 10 }] }]
`

describe("loom config", () => {
  it.effect("shows what the file says, from a flag or a variable", () =>
    Effect.gen(function*() {
      const at = yield* folder({
        "loom.config.yaml":
          "retry: { maxAttempts: 2 }\nroutes: { a: { candidates: [openai/gpt-4o, newco/newco-large] } }\n",
        "models.yaml": newco("https://api.newco.example/v1")
      })
      const config = join(at, "loom.config.yaml")
      const shown = yield* loom(["config", "--config", config])
      assert.strictEqual(
        shown.stdout,
        "  retry.maxAttempts        2\n  routes.a.candidates[0]   openai/gpt-4o\n  routes.a.candidates[1]   newco/newco-large\n"
      )
      assert.include(shown.stderr, `${config}, ${join(at, "models.yaml")} · named by --config\n`)
      assert.include(shown.stderr, "note: newco is sent keys at api.newco.example\n")
      const document = decoded(
        ConfigSheet.ShowDocument,
        yield* loom(["config", "show", "--json"], { env: { LOOM_CONFIG: config } })
      )
      assert.deepInclude(document, {
        by: "environment",
        files: [config, join(at, "models.yaml")],
        elsewhere: [{ who: "newco", host: "api.newco.example" }]
      })
      assert.deepStrictEqual(document.settings["retry"], { maxAttempts: 2 })
      const none = yield* loom(["config"], { env: { LOOM_HOME: at, LOOM_CONFIG: "" } })
      assert.include(none.stderr, "the user's own")
    }).pipe(Effect.scoped))

  it.effect("tells all that is wrong, and fails with 2", () =>
    Effect.gen(function*() {
      const at = yield* folder({ "loom.config.yaml": "retry:\n  max_atempts: 2\nlog: loud\n" })
      const config = join(at, "loom.config.yaml")
      const ran = yield* loom(["config", "check", "--config", config])
      assert.deepStrictEqual([ran.code, ran.stderr], [2, ""])
      assert.strictEqual(
        ran.stdout,
        `✗ ${config}:2: retry.max_atempts: there is no such setting\n  fix: did you mean maxAttempts?\n` +
          `✗ ${config}:3: log: expected "line" | "json"\n  fix: change it\n`
      )
      const json = yield* loom(["config", "check", "--config", config, "--json"])
      const document = decoded(ConfigSheet.CheckDocument, json)
      assert.deepStrictEqual([json.code, document.ok, document.problems.map(({ line }) => line)], [2, false, [2, 3]])
      const quiet = yield* loom(["config", "check", "--config", config, "-q"])
      assert.deepStrictEqual(quiet, { code: 2, stdout: "", stderr: "" })
      // Every other command says so too.
      for (
        const command of [["models"], ["g", "Hello"], ["keys"], ["logs"], ["cache", "stats"], ["route", "a", "Hello"]]
      ) {
        const failed = yield* loom([...command, "--config", config, "--json"])
        const { error } = decoded(Failure.Document, failed)
        assert.deepInclude(error, { tag: "ConfigError", fix: "run `loom config check`" }, command.join(" "))
        assert.strictEqual(failed.code, 2)
      }
      writeFileSync(config, "log: line\n")
      assert.deepStrictEqual(yield* loom(["config", "check", "--config", config]), {
        code: 0,
        stdout: `✓ ${config}\n`,
        stderr: ""
      })
      const gone = yield* loom(["config", "check", "--config", join(at, "gone.yaml")])
      assert.deepStrictEqual([gone.code, gone.stdout.includes("there is no such file")], [2, true])
    }).pipe(Effect.scoped))

  it.effect("shows no key that was written there", () =>
    Effect.gen(function*() {
      const at = yield* folder({
        "loom.config.yaml": `providers: { openai: { baseUrl: "https://x/?key=${canary}" } }\n`
      })
      for (const command of [["config"], ["config", "show"], ["config", "check"], ["config", "path"], ["models"]]) {
        for (const form of [[], ["--json"]]) {
          const ran = yield* loom([...command, ...form, "--config", join(at, "loom.config.yaml")])
          assert.notInclude(ran.stdout + ran.stderr, canary)
        }
      }
    }).pipe(Effect.scoped))

  it.effect("says where everything is", () =>
    Effect.gen(function*() {
      const at = yield* folder({
        "loom.config.yaml": "callLog: { path: logs/calls.db }\ncache: { sqlite: { path: answers.db } }\n"
      })
      const args = ["--config", join(at, "loom.config.yaml")]
      assert.deepStrictEqual(decoded(ConfigSheet.PathDocument, yield* loom(["config", "path", "--json", ...args])), {
        schemaVersion: 1,
        by: "name",
        config: join(at, "loom.config.yaml"),
        models: [],
        user: join(home, "loom.config.yaml"),
        keys: join(home, "keys.json"),
        calls: join(at, "logs/calls.db"),
        cache: join(at, "answers.db"),
        batches: join(home, "batches.db"),
        chat: join(home, "chat.json")
      })
      assert.strictEqual((yield* loom(["logs", "path", ...args])).stdout, `${join(at, "logs/calls.db")}\n`)
      assert.include((yield* loom(["cache", "stats", ...args])).stdout, join(at, "answers.db"))
      assert.match((yield* loom(["config", "path"])).stdout, /^ {2}config +—\n/)
    }).pipe(Effect.scoped))
})

/** Runs `loom` with a file of settings, against a sandbox of its own. */
const asking = (files: (baseUrl: string) => Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    yield* sandbox.reset
    const at = yield* folder(files(sandbox.baseUrl("openai")))
    const ask = (args: ReadonlyArray<string>, world?: World) =>
      Effect.tap(
        loom([...args, "--config", join(at, "loom.config.yaml")], {
          ...world,
          env: { OPENAI_API_KEY: canary, ...world?.env }
        }),
        ({ stderr, stdout }) => Effect.sync(() => assert.notInclude(stdout + stderr, canary))
      )
    return { at, ask, sandbox }
  })

layer(Sandbox.layer({ seed: "settings" }), { excludeTestServices: true })("settings", (it) => {
  it.effect("hold for calls, dry runs, keys and models", () =>
    Effect.gen(function*() {
      const { ask, at, sandbox } = yield* asking((baseUrl) => ({
        "loom.config.yaml": `
providers: { openai: { baseUrl: "${baseUrl}" } }
defaults: { maxOutputTokens: 77 }
callLog: { path: calls.db }
`,
        "models.yaml": newco("http://127.0.0.1:9/v1")
      }))
      const { model } = decoded(Answer.Document, yield* ask(["g", "Hello", "--json"]))
      assert.match(model, /^gpt-4o-mini/)
      assert.lengthOf(yield* sandbox.bill, 1)
      assert.include(JSON.stringify((yield* sandbox.journal)[0]?.body), "\"max_output_tokens\":77")
      assert.match((yield* ask(["logs", "-q"])).stdout, /^[0-9a-f-]{36}\n$/)
      const dry = decoded(DryRun.Document, yield* ask(["g", "Hello", "--dry-run", "--json"]))
      assert.isTrue(dry.request.url.startsWith(sandbox.baseUrl("openai")))
      assert.include(JSON.stringify(dry.request.body), "\"max_output_tokens\":77")
      assert.match((yield* ask(["keys", "check", "openai"])).stdout, /accepted in/)
      assert.strictEqual((yield* ask(["models", "--provider", "newco", "-q"])).stdout, "newco/newco-large\n")
      assert.include((yield* ask(["models", "show", "newco/newco-large"])).stdout, "$2.500")
      assert.include((yield* ask(["keys"])).stdout, "NEWCO_API_KEY")
      assert.include(at, "loom-settings-")
    }).pipe(Effect.scoped))

  it.effect("that were found send no key elsewhere until they are named", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* asking(() => ({}))
      const at = yield* folder({
        "loom.config.yaml": "providers: { openai: { baseUrl: \"https://evil.example/v1\" } }\n",
        ".git/HEAD": ""
      })
      const cwd = process.cwd()
      const ran = yield* Effect.acquireUseRelease(
        Effect.sync(() => process.chdir(at)),
        () =>
          Effect.all({
            asked: loom(["g", "Hello"], { env: { OPENAI_API_KEY: canary } }),
            checked: loom(["keys", "check"], { env: { OPENAI_API_KEY: canary } }),
            listed: loom(["models", "-q"])
          }),
        () => Effect.sync(() => process.chdir(cwd))
      )
      for (const { code, stderr, stdout } of [ran.asked, ran.checked]) {
        assert.deepStrictEqual([code, stdout], [2, ""])
        assert.match(
          stderr,
          /^ConfigUntrusted: .*loom\.config\.yaml was found, not named, and sends keys elsewhere\n {2}why: openai to evil\.example\n/
        )
      }
      assert.strictEqual(ran.listed.code, 0)
      assert.lengthOf(yield* sandbox.journal, 0)
    }).pipe(Effect.scoped))

  it.effect("name routes, which are asked by name", () =>
    Effect.gen(function*() {
      const { ask, sandbox } = yield* asking((baseUrl) => ({
        "loom.config.yaml": `
providers: { openai: { baseUrl: "${baseUrl}" } }
routes:
  easy: { candidates: [openai/gpt-4o-mini, openai/gpt-4o] }
  hard: { candidates: [openai/gpt-4o-mini, openai/gpt-4o], validator: { minLength: 1000000 } }
`
      }))
      const easy = yield* ask(["route", "easy", "[say: hello]"])
      assert.deepStrictEqual([easy.code, easy.stdout, easy.stderr], [0, "hello\n", ""])
      const { router } = decoded(Answer.Document, yield* ask(["route", "easy", "--json"], { stdin: "[say: hello]" }))
      assert.strictEqual(router?.used, "openai/gpt-4o-mini")

      yield* sandbox.reset
      const hard = yield* ask(["route", "hard", "Hello"])
      assert.deepStrictEqual([hard.code, hard.stdout], [5, ""])
      assert.match(hard.stderr, /^Rejected: [^]* tried openai\/gpt-4o-mini \(Rejected\), openai\/gpt-4o \(Rejected\)/)
      const { error } = decoded(Failure.Document, yield* ask(["route", "hard", "Hello", "--json"]))
      assert.strictEqual(error.tag, "Rejected")

      yield* sandbox.reset
      const explained = yield* ask(["route", "hard", "--explain"])
      assert.deepStrictEqual(explained.stdout.split("\n").map((line) => line.replace(/ +/g, " ").trim()), [
        "# MODEL COST WOULD BE WHY",
        "1 openai/gpt-4o-mini $0.000301 asked",
        "2 openai/gpt-4o $0.005015 asked",
        ""
      ])
      assert.match(explained.stderr, /^nothing was sent/)
      const document = decoded(Course.Document, yield* ask(["route", "hard", "--explain", "--json"]))
      assert.deepStrictEqual([document.route, document.candidates.map(({ usd }) => typeof usd)], [
        "hard",
        ["number", "number"]
      ])
      assert.lengthOf(yield* sandbox.journal, 0)
    }).pipe(Effect.scoped))

  it.effect("aren't needed for models that are named on the spot", () =>
    Effect.gen(function*() {
      const { sandbox } = yield* asking(() => ({}))
      const ask = (args: ReadonlyArray<string>, world?: World) =>
        loom(["route", ...args], { ...world, env: pointedAt(sandbox.baseUrl("openai")) })
      const models = ["openai/gpt-4o", "openai/gpt-4o-mini"]
      const first = decoded(Answer.Document, yield* ask([...models, "[say: hello]", "--json"]))
      assert.strictEqual(first.router?.used, "openai/gpt-4o")
      const cheapest = decoded(Answer.Document, yield* ask([...models, "[say: hello]", "--cheapest", "--json"]))
      assert.strictEqual(cheapest.router?.used, "openai/gpt-4o-mini")
      assert.strictEqual((yield* ask([...models, "[say: hello]", "--min-length", "6"])).code, 5)

      const wrongly: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["nowhere", "Hello"], /there is no route nowhere\n {2}why: the settings name none/],
        [["openai/gpt-4o-mni", "Hello"], /openai\/gpt-4o-mni is not in the catalog/],
        [["openai/gpt-4o", "Hello", "there"], /there is more than one prompt/],
        [["openai/gpt-4o"], /there is no prompt/],
        [[], /route/],
        [["openai/gpt-4o", "Hello", "--cheapst"], /did you mean --cheapest/]
      ]
      for (const [args, words] of wrongly) {
        const ran = yield* ask(args)
        assert.deepStrictEqual([ran.code, ran.stdout], [2, ""], args.join(" "))
        assert.match(ran.stderr, words)
        assert.strictEqual((yield* ask([...args, "--json"])).code, 2)
        decoded(Failure.Document, yield* ask([...args, "--json"]))
      }
    }).pipe(Effect.scoped))

  it.effect("name routes that `loom generate` asks, too", () =>
    Effect.gen(function*() {
      const { ask, sandbox } = yield* asking((baseUrl) => ({
        "loom.config.yaml": `
providers: { openai: { baseUrl: "${baseUrl}" } }
routes: { easy: { candidates: [openai/gpt-4o-mini, openai/gpt-4o] } }
`
      }))
      const env = { LOOM_MODEL: "openai/gpt-4.1" }
      const easy = yield* ask(["g", "[say: hello]", "--route", "easy"], { env })
      assert.deepStrictEqual(easy, { code: 0, stdout: "hello\n", stderr: "" })
      const { router } = decoded(Answer.Document, yield* ask(["g", "--route", "easy", "--json"], { stdin: "Hello" }))
      assert.strictEqual(router?.used, "openai/gpt-4o-mini")
      yield* sandbox.reset
      const dry = decoded(Course.Document, yield* ask(["g", "Hello", "--route", "easy", "--dry-run", "--json"]))
      assert.deepStrictEqual(dry.candidates.map(({ model }) => model), ["openai/gpt-4o-mini", "openai/gpt-4o"])
      const wrongly: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
        [["--route", "easy", "-m", "openai/gpt-4o"], "--route and --model don't go together"],
        [["--route", "easy", "-O", "user=me"], "--route and --option don't go together"],
        [["--route", "easy", "--failover"], "--route and --failover don't go together"],
        [["--route", "easy", "-n", "2"], "--route and what makes images don't go together"],
        [["--route", "openai/gpt-4o"], "--route takes the name of a route, and openai/gpt-4o is a model"],
        [["--route", "nowhere"], "there is no route nowhere"]
      ]
      for (const [args, what] of wrongly) {
        const ran = yield* ask(["g", "Hello", ...args, "--json"])
        assert.deepStrictEqual([ran.code, ran.stderr, decoded(Failure.Document, ran).error.message], [2, "", what])
      }
      assert.lengthOf(yield* sandbox.journal, 0)
    }).pipe(Effect.scoped))
})
