import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Answer from "../../src/cli/Answer.ts"
import * as BatchResults from "../../src/cli/BatchResults.ts"
import * as BatchSheet from "../../src/cli/BatchSheet.ts"
import * as CacheFile from "../../src/cli/CacheFile.ts"
import * as ConfigSheet from "../../src/cli/ConfigSheet.ts"
import * as DashboardServer from "../../src/cli/DashboardServer.ts"
import * as Diagnosis from "../../src/cli/Diagnosis.ts"
import * as Failure from "../../src/cli/Failure.ts"
import * as KeyRing from "../../src/cli/KeyRing.ts"
import * as LogList from "../../src/cli/LogList.ts"
import * as LogPath from "../../src/cli/LogPath.ts"
import * as LogSheet from "../../src/cli/LogSheet.ts"
import * as ModelCheck from "../../src/cli/ModelCheck.ts"
import * as ModelComparison from "../../src/cli/ModelComparison.ts"
import * as ModelCost from "../../src/cli/ModelCost.ts"
import * as ModelList from "../../src/cli/ModelList.ts"
import * as ModelSheet from "../../src/cli/ModelSheet.ts"
import * as PromptCheck from "../../src/cli/PromptCheck.ts"
import * as Starter from "../../src/cli/Starter.ts"
import * as StatsTable from "../../src/cli/StatsTable.ts"
import * as Completions from "../../src/cli/completions.ts"
import * as SandboxCommand from "../../src/cli/sandbox.ts"
import { Sandbox } from "../../src/sandbox/Sandbox.ts"
import { canary, type Ran } from "../cli/loom.ts"
import { commands, world } from "./cliWorld.ts"

class World extends Context.Service<World>()("test/World", { make: world }) {
  static readonly layer = Layer.effect(this, this.make).pipe(Layer.provide(Sandbox.layer({ seed: "contract" })))
}

interface Case {
  /** After the command's name. */
  readonly args?: ReadonlyArray<string>
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  readonly code?: number
}

interface Contract extends Case {
  /** Of what `--json` prints. */
  readonly schema: Schema.Codec<{ readonly schemaVersion: 1 }, unknown>
  /** It prints several, a line each. */
  readonly hasLines?: boolean
  /** It goes on until it is interrupted. */
  readonly isEndless?: boolean
  /** How it can fail, other than by being asked wrongly. */
  readonly fails: Case
}

const noKey = { env: { LOOM_SECRETS: "environment", OPENAI_API_KEY: "" }, code: 4 }
const noPlace = { env: { LOOM_HOME: "/dev/null/loom" }, code: 1 }
const noSettings = { env: { LOOM_CONFIG: "/nowhere/loom.config.yaml" }, code: 2 }
const noModel = { args: ["openai/gpt-4o-mni"], code: 2 }
const noBatch = { args: ["nowhere"], code: 2 }

const models = { schema: ModelList.Document, args: ["--provider", "openai"], fails: noSettings }
const batches = { schema: BatchSheet.ListDocument, fails: noPlace }
const logs = { schema: LogList.Document, args: ["-n", "2"], fails: noSettings }
const keys = { schema: KeyRing.ListDocument, fails: noSettings }
const config = { schema: ConfigSheet.ShowDocument, fails: noSettings }
const cache = { schema: CacheFile.StatsDocument, fails: noSettings }

const contracts: Readonly<Record<string, Contract>> = {
  "generate": { schema: Answer.Document, args: ["Hello"], fails: { args: ["Hello"], ...noKey } },
  "chat": { schema: Answer.Document, stdin: "One\nTwo\n", hasLines: true, fails: { stdin: "One", ...noKey } },
  "route": {
    schema: Answer.Document,
    args: ["openai/gpt-4o-mini", "openai/gpt-4o", "Hello"],
    fails: { args: ["openai/gpt-4o-mini", "Hello", "--min-length", "100000"], code: 5 }
  },
  "batch": batches,
  "batch list": batches,
  "batch submit": {
    schema: BatchSheet.Document,
    args: ["rows.jsonl", "-m", "openai/gpt-4o-mini"],
    fails: { args: ["nowhere.jsonl", "-m", "openai/gpt-4o-mini"], code: 2 }
  },
  "batch status": { schema: BatchSheet.Document, args: ["nightly"], fails: noBatch },
  "batch wait": { schema: BatchSheet.Document, args: ["nightly"], fails: noBatch },
  "batch results": { schema: BatchResults.LineDocument, args: ["nightly"], hasLines: true, fails: noBatch },
  "batch cancel": { schema: BatchSheet.Document, args: ["nightly"], fails: noBatch },
  "batch worker": { schema: BatchSheet.Document, hasLines: true, fails: noPlace },
  "dashboard": {
    schema: DashboardServer.Document,
    args: ["--port", "0"],
    isEndless: true,
    fails: { args: ["--host", "0.0.0.0"], code: 2 }
  },
  "logs": logs,
  "logs list": logs,
  "logs tail": { schema: LogList.LineDocument, hasLines: true, isEndless: true, fails: noSettings },
  "logs show": { schema: LogSheet.Document, args: ["$(loom logs -n 1 -q)"], fails: { args: ["nowhere"], code: 2 } },
  "logs path": { schema: LogPath.Document, fails: noSettings },
  "stats": { schema: StatsTable.Document, args: ["--by", "model"], fails: noSettings },
  "keys": keys,
  "keys list": keys,
  "keys set": {
    schema: KeyRing.WrittenDocument,
    args: ["openai"],
    stdin: canary,
    fails: { args: ["openai"], code: 2 }
  },
  "keys remove": { schema: KeyRing.WrittenDocument, args: ["openai"], fails: { args: ["anthropic"], code: 1 } },
  "keys check": { schema: KeyRing.CheckDocument, fails: { args: ["nobody"], code: 2 } },
  "keys path": { schema: KeyRing.PathDocument, fails: { args: ["nowhere"], code: 2 } },
  "models": models,
  "models list": models,
  "models show": { schema: ModelSheet.Document, args: ["openai/gpt-4o-mini"], fails: noModel },
  "models cost": {
    schema: ModelCost.Document,
    args: ["openai/gpt-4o-mini", "--in", "10k"],
    fails: { args: ["openai/gpt-4o-mni", "--in", "10k"], code: 2 }
  },
  "models compare": {
    schema: ModelComparison.Document,
    args: ["openai/gpt-4o-mini", "openai/gpt-4o"],
    fails: { args: ["openai/gpt-4o-mini", "openai/gpt-4o-mni"], code: 2 }
  },
  "models check": { schema: ModelCheck.Document, args: ["--live"], fails: { args: ["--provider", "nobody"], code: 2 } },
  "config": config,
  "config show": config,
  "config check": { schema: ConfigSheet.CheckDocument, fails: { args: ["x"], code: 2 } },
  "config path": { schema: ConfigSheet.PathDocument, fails: noSettings },
  "cache": cache,
  "cache stats": cache,
  "cache clear": { schema: CacheFile.ClearDocument, fails: noSettings },
  "doctor": { schema: Diagnosis.Document, fails: noSettings },
  "doctor prompts": {
    schema: PromptCheck.Document,
    args: ["conversation.jsonl"],
    fails: { args: ["nowhere.jsonl"], code: 2 }
  },
  "sandbox": { schema: SandboxCommand.Document, isEndless: true, fails: { args: ["--port", "1e9"], code: 2 } },
  "init": { schema: Starter.Document, fails: { args: ["--force"], code: 1 } },
  "completions": { schema: Completions.Document, args: ["bash"], fails: { args: ["tcsh"], code: 2 } }
}

/** A document as it is written: no field more than its schema says. */
const check = (schema: Contract["schema"], text: string) => {
  const json: unknown = JSON.parse(text)
  assert.strictEqual(Schema.decodeUnknownSync(Schema.Struct({ schemaVersion: Schema.Finite }))(json).schemaVersion, 1)
  Schema.decodeUnknownSync(Schema.toCodecJson(schema))(json, { onExcessProperty: "error" })
}

const isSilent = ({ stderr, stdout }: Ran, one: "stdout" | "stderr") =>
  assert.deepStrictEqual([stdout === "", stderr === ""], [one === "stdout", one === "stderr"], stdout + stderr)

/** All that lies in a folder of one's own. */
const textIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && !path.endsWith("keys.json"))
    .map((path) => readFileSync(path, "latin1")).join("\n")

layer(World.layer, { excludeTestServices: true, timeout: "10 minutes" })("with --json", (it) => {
  it.effect("every command has a contract", () =>
    Effect.sync(() =>
      assert.deepStrictEqual(
        commands.map(({ path }) => path).filter((path) => path !== "").sort(),
        Object.keys(contracts).sort()
      )
    ))

  for (const [path, contract] of Object.entries(contracts)) {
    describe.concurrent(`loom ${path}`, () => {
      const line = (one: Case, ...flags: ReadonlyArray<string>) =>
        ["loom", path, ...(one.args ?? []).map((arg) => arg.startsWith("$(") ? arg : `'${arg}'`), ...flags].join(" ")

      it.effect("prints documents of its schema, and shows no key", () =>
        Effect.gen(function*() {
          const { copy, shell } = yield* World
          const folder = copy()
          const ran = yield* shell(folder, line(contract, "--json", "-q"), contract)
          assert.strictEqual(ran.code, contract.isEndless === true ? 130 : 0, ran.stdout + ran.stderr)
          assert.strictEqual(ran.stderr, "")
          const documents = contract.hasLines === true ? ran.stdout.split("\n").slice(0, -1) : [ran.stdout]
          // A worker has nothing to do here.
          if (path !== "batch worker") assert.isAbove(documents.length, 0)
          for (const text of documents) check(contract.schema, text)
          const seen = ran.stdout + ran.stderr + textIn(folder)
          assert.strictEqual(
            seen.indexOf(canary),
            -1,
            seen.slice(Math.max(0, seen.indexOf(canary) - 200)).slice(0, 300)
          )
        }))

      it.effect("tells as one what it fails for, and nothing on stdout without it", () =>
        Effect.gen(function*() {
          const { copy, shell } = yield* World
          const folder = copy()
          if (path === "init") {
            rmSync(join(folder, "models.yaml"))
            mkdirSync(join(folder, "models.yaml"))
          }
          const json = yield* shell(folder, line(contract.fails, "--json"), contract.fails)
          assert.strictEqual(json.code, contract.fails.code, json.stdout + json.stderr)
          isSilent(json, "stderr")
          check(Failure.Document, json.stdout)
          const plain = yield* shell(folder, line(contract.fails), contract.fails)
          assert.strictEqual(plain.code, contract.fails.code)
          isSilent(plain, "stdout")
          assert.match(plain.stderr, /^\w+: \S.*\n( {2}(why|fix): .*\n)*/)
          assert.strictEqual(`${json.stdout}${plain.stderr}`.indexOf(canary), -1)
        }))

      it.effect("tells as one that it was asked wrongly", () =>
        Effect.gen(function*() {
          const { copy, shell } = yield* World
          const folder = copy()
          const input = { stdin: contract.stdin, env: contract.env }
          const json = yield* shell(folder, line(contract, "--bogus", "--json"), input)
          assert.strictEqual(json.code, 2)
          isSilent(json, "stderr")
          check(Failure.Document, json.stdout)
          const plain = yield* shell(folder, line(contract, "--bogus"), input)
          assert.strictEqual(plain.code, 2)
          isSilent(plain, "stdout")
          assert.include(plain.stderr, `fix: run \`loom ${path} --help\``)
        }))
    })
  }
})

layer(World.layer, { excludeTestServices: true, timeout: "10 minutes" })("the binary", (it) => {
  it.effect("exits with 0 to 6 and 130, each for its reason", () =>
    Effect.gen(function*() {
      const { copy, sandbox, shell } = yield* World
      const folder = copy()
      const respond = (prompt: string, status: number) =>
        sandbox.script({ prompt, respond: { status }, times: "always" })
      yield* respond("is overloaded", 503)
      yield* respond("is limited", 429)
      yield* respond("is refused", 401)
      yield* respond("is wrong", 400)
      yield* sandbox.script({ prompt: "is endless", hang: true, times: "always" })
      writeFileSync(
        join(folder, "half.jsonl"),
        "{\"prompt\":\"[say: one]\"}\n{\"prompt\":\"[say: two] [batch: fail]\"}\n"
      )
      writeFileSync(join(folder, "loom.config.yaml"), "retry: { maxAttempts: 1 }\n")
      const submitted = yield* shell(folder, "loom batch submit half.jsonl -m openai/gpt-4o-mini --id half -q")
      assert.strictEqual(submitted.code, 0, submitted.stderr)
      yield* sandbox.finishBatches
      for (
        const [line, code] of [
          ["loom g '[say: hello]'", 0],
          ["loom --version", 0],
          ["loom", 0],
          ["loom g 'is wrong'", 1],
          ["loom keys remove ANOTHER_KEY", 1],
          ["loom g 'Hello' --bogus", 2],
          ["loom bogus", 2],
          ["loom g 'Hello' -m openai/gpt-4o-mni", 2],
          ["loom models show gpt-4o-mni", 2],
          ["loom g 'is overloaded'", 3],
          ["loom g 'is limited'", 3],
          ["loom g 'is endless' --timeout 300ms", 3],
          ["OPENAI_BASE_URL=http://127.0.0.1:9 loom g 'Hello'", 3],
          ["loom g 'is refused'", 4],
          ["OPENAI_API_KEY= LOOM_SECRETS=environment loom g 'Hello'", 4],
          ["OPENAI_API_KEY= LOOM_SECRETS=environment loom keys check openai", 4],
          ["loom route openai/gpt-4o-mini '[say: no]' --min-length 10", 5],
          ["loom batch wait half", 6],
          ["loom batch results half", 6]
        ] as const
      ) {
        const ran = yield* shell(folder, line)
        assert.strictEqual(ran.code, code, `${line}\n${ran.stdout}${ran.stderr}`)
        if (code > 0 && code < 6 && !line.includes("keys check")) isSilent(ran, "stdout")
        assert.notInclude(ran.stdout + ran.stderr, canary)
      }
      for (const line of ["loom sandbox", "loom logs tail", "loom dashboard --port 0"]) {
        const ran = yield* shell(folder, line, { isEndless: true })
        assert.strictEqual(ran.code, 130, line + ran.stderr)
      }
    }))

  it.effect("colors where it is told to, and nowhere else", () =>
    Effect.gen(function*() {
      const { copy, shell } = yield* World
      const folder = copy()
      for (
        const [line, out, err] of [
          ["loom models", false, false],
          ["FORCE_COLOR=1 loom models", true, true],
          ["FORCE_COLOR=0 loom models", false, false],
          ["FORCE_COLOR=1 NO_COLOR=1 loom models", false, false],
          ["FORCE_COLOR=1 loom models --no-color", false, false],
          ["FORCE_COLOR=1 TERM=dumb loom models", false, false],
          ["FORCE_COLOR=1 loom models --json", false, false],
          ["FORCE_COLOR=1 loom models -q", false, false],
          ["NO_COLOR=1 loom --help", false, false],
          ["FORCE_COLOR=1 loom --help", true, false],
          ["FORCE_COLOR=1 loom --help --no-color", false, false],
          ["loom bogus", false, false],
          ["FORCE_COLOR=1 loom bogus", false, true],
          ["FORCE_COLOR=1 NO_COLOR=1 loom bogus", false, false]
        ] as const
      ) {
        const { stderr, stdout } = yield* shell(folder, line)
        assert.deepStrictEqual([stdout.includes("\u001b["), stderr.includes("\u001b[")], [out, err], line)
      }
    }))

  it.effect("is silent where its reader has seen enough", () =>
    Effect.gen(function*() {
      const { copy, shell } = yield* World
      const folder = copy()
      for (
        const line of [
          "loom models",
          "loom models --json",
          "loom models check",
          "loom --help",
          "loom completions bash",
          "loom logs",
          "loom keys",
          "loom config show",
          "loom config path",
          "loom doctor",
          "loom stats",
          "loom batch",
          "loom batch results nightly",
          "loom g 'Hello' --dry-run",
          "loom g '[words: 3000]'"
        ]
      ) {
        // What the pipe holds is read by nobody once `head` has gone, and what is written afterwards meets its end.
        const ran = yield* shell(folder, `${line} | head -c 1 > /dev/null; echo "\${PIPESTATUS[0]}"`)
        assert.match(ran.stdout, /^0\n$/, line + ran.stderr)
        assert.notMatch(ran.stderr, /EPIPE|Defect|node:|^ +at /m, line)
      }
    }))

  it.effect("works with stdin closed, empty, and as a file", () =>
    Effect.gen(function*() {
      const { copy, shell } = yield* World
      const folder = copy()
      writeFileSync(join(folder, "prompt.txt"), "[say: from a file]\n")
      for (
        const [line, code, out] of [
          ["loom g '[say: hello]' <&-", 0, "hello\n"],
          ["loom g '[say: hello]' < /dev/null", 0, "hello\n"],
          ["loom g < prompt.txt", 0, "from a file\n"],
          ["loom g - < prompt.txt", 0, "from a file\n"],
          ["loom g <&-", 2, ""],
          ["loom g < /dev/null", 2, ""],
          ["loom chat < prompt.txt", 0, "from a file\n"],
          ["loom chat <&-", 0, ""],
          ["loom keys set openai <&-", 2, ""],
          ["loom batch submit - -m openai/gpt-4o-mini <&-", 2, ""],
          ["loom models show openai/gpt-4o-mini -q --json <&- | jq -r .model.id", 0, "openai/gpt-4o-mini\n"]
        ] as const
      ) {
        const ran = yield* shell(folder, line)
        assert.deepStrictEqual([ran.code, ran.stdout], [code, out], line + ran.stderr)
        assert.notMatch(ran.stderr, /Defect|node:|^ +at /m, line)
      }
    }))

  it.effect("writes what a project begins with, and leaves what is there", () =>
    Effect.gen(function*() {
      const { copy, shell } = yield* World
      const folder = copy()
      const names = ["loom.config.yaml", "models.yaml", ".env.example"]
      for (const name of names) rmSync(join(folder, name))
      const begun = yield* shell(folder, "loom init")
      assert.deepStrictEqual(begun.stdout, names.map((name) => `${join(folder, name)}\n`).join(""))
      assert.match(begun.stderr, /^next: loom keys set openai, then loom generate "Say hello\."\n$/)
      assert.match(readFileSync(join(folder, ".env.example"), "utf8"), /^OPENAI_API_KEY=$/m)
      assert.notMatch(readFileSync(join(folder, ".env.example"), "utf8"), /=./)

      const checked = yield* shell(folder, "loom config check")
      assert.deepStrictEqual([checked.code, checked.stderr], [0, ""], checked.stdout)
      const explained = yield* shell(folder, "loom route cheap-first 'What is a loom?' --explain")
      assert.strictEqual(explained.code, 0, explained.stderr)
      // What is marked out works once it isn't.
      const config = readFileSync(join(folder, "loom.config.yaml"), "utf8")
      writeFileSync(join(folder, "loom.config.yaml"), config.replace(/^# (?=[a-z]+: (\{|true$))/gm, ""))
      const models = readFileSync(join(folder, "models.yaml"), "utf8")
      writeFileSync(join(folder, "models.yaml"), models.replace(/^# (?=[a-z_]+:|  )/gm, ""))
      const all = yield* shell(folder, "loom config check && loom config show && loom models --provider newco -q")
      assert.strictEqual(all.code, 0, all.stdout)
      for (const setting of ["failover", "cache.ttl", "limits.openai"]) assert.include(all.stdout, setting)
      assert.include(all.stdout, "newco/newco-large")

      const own = "log: line\n"
      writeFileSync(join(folder, "loom.config.yaml"), own)
      rmSync(join(folder, ".env.example"))
      const again = yield* shell(folder, "loom init")
      assert.deepStrictEqual([again.code, again.stdout], [0, `${join(folder, ".env.example")}\n`])
      assert.lengthOf(again.stderr.match(/is there already, and stays/g) ?? [], 2)
      assert.strictEqual(readFileSync(join(folder, "loom.config.yaml"), "utf8"), own)
      yield* shell(folder, "loom init --force")
      assert.strictEqual(readFileSync(join(folder, "loom.config.yaml"), "utf8"), config)
    }))
})
