import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Answer from "../../src/cli/Answer.ts"
import * as CacheFile from "../../src/cli/CacheFile.ts"
import { Sandbox } from "../../src/sandbox/Sandbox.ts"
import { canary, decoded, interruptAfter, pointedAt, run } from "../cli/loom.ts"
import { built, manifest } from "./built.ts"

let root = ""
let bin = ""
beforeAll(() => {
  const found = built()
  root = found.root
  bin = found.bin
}, 60_000)

/** By the link that npm makes of it. */
const loom = (args: ReadonlyArray<string>, options?: Parameters<typeof run>[2]) =>
  run(process.execPath, [join(root, "bin/loom"), ...args], options)

describe("the bundled loom", () => {
  it("starts within 0.15 s, or five times what Node alone takes on a machine that is busy", async () => {
    const starts: Array<number> = []
    const bare: Array<number> = []
    for (let i = 0; i < 10; i++) {
      const { millis, ...ran } = await loom(["--version"])
      assert.deepStrictEqual(ran, { stdout: `loom v${manifest.version}\n`, stderr: "", code: 0 })
      starts.push(millis)
      bare.push((await run(process.execPath, ["-e", "0"])).millis)
    }
    assert.isBelow(Math.min(...starts), Math.max(150, 5 * Math.min(...bare)))
  })

  it("imports nothing before it knows the Node that it runs on", () => {
    const entry = readFileSync(bin, "utf8")
    assert.isTrue(entry.startsWith("#!/usr/bin/env node\n"))
    assert.notMatch(entry, /\bimport\s*[^\s(]/)
    assert.isBelow(entry.length, 1_000)
  })

  for (const old of ["18.20.4", "20.20.2", "22.18.0"]) {
    it(`says in one line what Node it needs on ${old}`, async () => {
      const fake =
        `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${old}"}})`
      const { millis: _, ...ran } = await run(process.execPath, ["--import", fake, bin, "--version"])
      assert.deepStrictEqual(ran, {
        stdout: "",
        stderr: `loom needs Node 22.19 or newer, and this is ${old}: see https://nodejs.org\n`,
        code: 1
      })
    })
  }

  it("holds no paths of this machine", () => {
    for (const name of readdirSync(join(root, "dist/cli"))) {
      assert.notInclude(readFileSync(join(root, "dist/cli", name), "utf8"), process.cwd(), name)
    }
  })

  it.live("answers, fails and stops like the one in src", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox
      const env = pointedAt(sandbox.baseUrl("openai"))
      const ask = (args: ReadonlyArray<string>, options?: Parameters<typeof run>[2]) =>
        Effect.tap(Effect.promise(() => loom(args, { env, ...options })), ({ stderr, stdout }) =>
          Effect.sync(() => assert.notInclude(stdout + stderr, canary)))

      const ran = yield* ask(["g", "Hello", "--usage"], { stdin: "piped" })
      assert.strictEqual(ran.code, 0)
      assert.match(ran.stdout, /^\S.*\n$/)
      assert.match(ran.stderr, /^ {2}openai\/gpt-4o-mini\S* · \d+ in · \d+ out · [\d.]+ m?s · \$0\.0\d+\n$/)
      const document = decoded(Answer.Document, yield* ask(["g", "Hello", "--json"]))
      assert.strictEqual(document.cost.picoUsd, Number((yield* sandbox.bill).at(-1)?.amount))

      assert.strictEqual((yield* ask(["g", "Hello", "--dry-run"])).code, 0)
      assert.strictEqual((yield* ask(["g", "Hello", "--bogus"])).code, 2)
      assert.strictEqual((yield* ask(["g", "Hello"], { env: {} })).code, 4)
      yield* sandbox.reset
      yield* sandbox.script({ hang: true })
      const interrupted = yield* ask(["g", "Hello"], {
        meddle: interruptAfter(sandbox.awaitJournal((entries) =>
          entries.length > 0
        ))
      })
      assert.strictEqual(interrupted.code, 130)
      yield* sandbox.awaitJournal((entries) => entries[0]?.clientClosed === true)
    }).pipe(Effect.provide(Sandbox.layer())))

  it("lists, shows and compares models", async () => {
    for (const args of [[], ["show", "openai/gpt-4o-mini"], ["cost", "openai/gpt-4o-mini", "--in", "1k"]]) {
      const ran = await loom(["models", ...args])
      assert.strictEqual(ran.code, 0, ran.stderr)
      assert.include(ran.stdout, "openai/gpt-4o-mini")
    }
  })

  it("says the same where it is quick and where it is whole", async () => {
    const env = { LOOM_HOME: join(root, "twice") }
    mkdirSync(env.LOOM_HOME)
    const config = join(root, "loom.config.yaml")
    writeFileSync(
      config,
      `callLog: true
log: line
telemetry:
  otlp:
    url: http://127.0.0.1:9
secrets:
  from: [vault, environment]
routes:
  cheap-first:
    candidates: [openai/gpt-4o-mini, anthropic/claude-haiku-4-5]
`
    )
    for (
      const args of [
        [],
        ["--version"],
        ["--help"],
        ["generate", "--help"],
        ["batch", "submit", "--help"],
        ["models"],
        ["models", "list", "--json", "--provider", "mistral"],
        ["models", "show", "openai/gpt-4o", "--config", config],
        ["models", "compare", "openai/gpt-4o", "openai/gpt-4o-mini"],
        ["models", "show", "nothing"],
        ["models", "--bogus"],
        ["logs"],
        ["logs", "path", "--config", config],
        ["logs", "show", "nothing", "--json"],
        ["stats", "--config", config],
        ["cache", "stats"]
      ]
    ) {
      const said = async (name: string) => {
        const { millis: _, ...ran } = await run(process.execPath, [join(root, "dist/cli", `${name}.js`), ...args], {
          env
        })
        return ran
      }
      assert.deepStrictEqual(await said("quickly"), await said("main"), args.join(" "))
    }
  })

  it("has no vendor and no sandbox where it is quick", () => {
    const files = readdirSync(join(root, "dist/cli"))
    assert.deepStrictEqual(
      files.filter((name) => /^(OpenAi|Anthropic|Sandbox|DashboardServer|Question)-/.test(name)),
      []
    )
  })

  it("reads and clears the cache, on a thread of its own", async () => {
    const env = { LOOM_HOME: join(root, "home") }
    mkdirSync(env.LOOM_HOME)
    writeFileSync(join(env.LOOM_HOME, "cache.db"), "")
    const stats = await loom(["cache", "stats", "--json"], { env })
    assert.deepInclude(decoded(CacheFile.StatsDocument, stats), { entries: 0, path: join(env.LOOM_HOME, "cache.db") })
    assert.match((await loom(["cache", "clear"], { env })).stdout, /^removed 0 entries from /)
  })

  it.live("answers from the cache what another process has bought", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox
      const env = { ...pointedAt(sandbox.baseUrl("openai")), LOOM_HOME: join(root, "cache") }
      const ask = Effect.promise(() => loom(["g", "What is a loom?", "--cache", "1h", "--json"], { env }))
      // A call gives up on a store that takes 50 ms, which may happen on a machine that is busy.
      const document = yield* Effect.map(ask, (ran) => decoded(Answer.Document, ran)).pipe(
        Effect.repeat({ until: ({ cache }) => cache === "hit", times: 4 })
      )
      assert.deepInclude(document, { cache: "hit", attempts: [] })
      assert.isAbove(document.saved.responseCache, 0)
      assert.include(
        (yield* sandbox.bill).map(({ amount }) => Number(amount)),
        document.saved.picoUsd
      )
    }).pipe(Effect.provide(Sandbox.layer())))

  it("prints completions", async () => {
    const ran = await loom(["--completions", "bash"])
    assert.deepStrictEqual([ran.code, ran.stderr], [0, ""])
    assert.include(ran.stdout, "generate")
  })
})
