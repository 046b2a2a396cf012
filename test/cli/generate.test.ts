import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it, layer } from "@effect/vitest"
import { Duration, Effect, FileSystem, Path, Schema } from "effect"
import { TestClock } from "effect/testing"
import { CallLog, GenerateError, Generator, Images, Loom, Router } from "loom-router"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Answer from "../../src/cli/Answer.ts"
import * as DryRun from "../../src/cli/DryRun.ts"
import * as Failure from "../../src/cli/Failure.ts"
import * as Format from "../../src/cli/Format.ts"
import { Sandbox } from "../../src/sandbox/Sandbox.ts"
import { canary, decoded, home, loom, pointedAt, type Ran, type World } from "./loom.ts"

/** Runs `loom` against a sandbox of its own. */
const asking = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  yield* sandbox.reset
  const env = pointedAt(sandbox.baseUrl("openai"))
  const ask = (args: ReadonlyArray<string>, world?: World): Effect.Effect<Ran> =>
    Effect.tap(
      loom(args, { ...world, env: { ...env, ...world?.env } }),
      ({ stderr, stdout }) => Effect.sync(() => assert.notInclude(stdout + stderr, canary))
    )
  const bodies = Effect.map(sandbox.journal, (entries) => entries.map(({ body }) => body))
  return { sandbox, ask, bodies }
})

const Sent = Schema.Struct({
  model: Schema.String,
  stream: Schema.optional(Schema.Boolean),
  instructions: Schema.optional(Schema.String),
  temperature: Schema.optional(Schema.Finite),
  max_output_tokens: Schema.optional(Schema.Int),
  metadata: Schema.optional(Schema.Unknown),
  user: Schema.optional(Schema.String),
  input: Schema.Array(Schema.Struct({ content: Schema.Array(Schema.Record(Schema.String, Schema.Unknown)) }))
})
const sent = Schema.decodeUnknownSync(Sent)
const promptIn = (body: unknown) => sent(body).input[0]?.content.at(-1)?.["text"]

const failureIn = (ran: Ran) => decoded(Failure.Document, ran).error

layer(Sandbox.layer({ seed: "cli" }), { excludeTestServices: true })("loom generate", (it) => {
  it.effect("streams the answer to stdout, and nothing else", () =>
    Effect.gen(function*() {
      const { ask, bodies, sandbox } = yield* asking
      const ran = yield* ask(["generate", "Say hello."])
      assert.deepStrictEqual([ran.code, ran.stderr], [0, ""])
      assert.match(ran.stdout, /^\S.*[^\n]\n$/)
      assert.deepInclude(sent((yield* bodies)[0]), { model: "gpt-4o-mini", stream: true })
      assert.lengthOf(yield* sandbox.bill, 1)
    }))

  it.effect("keeps the call's record, and logs it on stderr where asked to", () =>
    Effect.gen(function*() {
      const { ask } = yield* asking
      for (const form of ["line", "json"]) {
        const ran = yield* ask(["g", "[say: hello]", "--log", form])
        assert.deepStrictEqual([ran.code, ran.stdout], [0, "hello\n"])
        assert.match(ran.stderr, /gpt-4o-mini/)
        assert.lengthOf(ran.stderr.trim().split(/\n(?=\[)/), 1)
        assert.notInclude(ran.stderr, "hello")
      }
      const { calls } = yield* Effect.provide(CallLog.recent(), CallLog.layerReader({ path: join(home, "calls.db") }))
      assert.isAtLeast(calls.length, 2)
      assert.deepInclude(calls[0], { outcome: "ok", provider: "openai", operation: "stream", attempts: 1 })
    }))

  it.effect("tells on stderr what the sandbox bills", () =>
    Effect.gen(function*() {
      const { ask, sandbox } = yield* asking
      for (
        const how of [{ args: ["--usage"] }, { args: [], terminals: ["stderr" as const] }, {
          args: ["--usage", "--no-stream"]
        }]
      ) {
        yield* sandbox.reset
        const ran = yield* ask(["g", "What is a loom?", ...how.args], {
          terminals: how.terminals,
          env: { NO_COLOR: "1" }
        })
        const [entry] = yield* sandbox.bill
        const { input, output } = entry!.tokens
        const line = ran.stderr.trimEnd()
        assert.match(line, new RegExp(`^  openai/gpt-4o-mini\\S* · ${input} in · ${output} out · [\\d.]+ m?s · `))
        assert.isTrue(line.endsWith(` · ${Format.usd(Number(entry!.amount) / 1e12)}`), line)
      }
    }))

  it.effect("is quiet where it is told to be", () =>
    Effect.gen(function*() {
      const { ask } = yield* asking
      const ran = yield* ask(["g", "-q", "Hello", "--usage"], { terminals: ["stderr"] })
      assert.deepStrictEqual([ran.code, ran.stderr], [0, ""])
    }))

  it.effect("sets words off only on terminals that want it", () =>
    Effect.gen(function*() {
      const { ask } = yield* asking
      const terminals = ["stdout", "stderr"] as const
      const stderr = (args: ReadonlyArray<string>, env: Record<string, string>) =>
        Effect.map(ask(["g", "Hello", ...args], { terminals, env }), ({ stderr }) => stderr)
      assert.include(yield* stderr([], {}), "\u001b[2m")
      assert.notInclude(yield* stderr([], { NO_COLOR: "1" }), "\u001b")
      assert.notInclude(yield* stderr([], { TERM: "dumb" }), "\u001b")
      assert.notInclude(yield* stderr(["--no-color"], {}), "\u001b")
    }))

  it.effect("prints one document with --json", () =>
    Effect.gen(function*() {
      const { ask, sandbox } = yield* asking
      const ran = yield* ask(["g", "Hello", "--json"], { terminals: ["stderr"] })
      const document = decoded(Answer.Document, ran)
      const [entry] = yield* sandbox.bill
      assert.deepStrictEqual([ran.code, ran.stderr], [0, ""])
      assert.strictEqual(document.cost.picoUsd, Number(entry!.amount))
      assert.strictEqual(document.usage.outputTokens, entry!.tokens.output)
      assert.strictEqual(document.requestId, entry!.requestId)
      assert.lengthOf(document.attempts, 1)
      assert.strictEqual(ran.stdout.trim().split("\n").length, 1)
    }))

  it.effect("puts piped input before the prompt", () =>
    Effect.gen(function*() {
      const { ask, bodies } = yield* asking
      yield* ask(["g", "Write a commit message"], { stdin: "diff --git\n+hello\n\n" })
      yield* ask(["g"], { stdin: "only piped\n" })
      yield* ask(["g", "-"], { stdin: "by a dash" })
      yield* ask(["g", "only an argument"], { stdin: "" })
      yield* ask(["g", "at a terminal"], { stdin: "not read", terminals: ["stdin"] })
      assert.deepStrictEqual((yield* bodies).map(promptIn), [
        "diff --git\n+hello\n\nWrite a commit message",
        "only piped",
        "by a dash",
        "only an argument",
        "at a terminal"
      ])
    }))

  it.effect("wants a prompt", () =>
    Effect.gen(function*() {
      const { ask, bodies } = yield* asking
      for (const terminals of [[], ["stdin", "stdout", "stderr"]] as const) {
        const ran = yield* ask(["generate"], { terminals, env: { NO_COLOR: "1" } })
        assert.deepStrictEqual([ran.code, ran.stdout], [2, ""])
        assert.match(ran.stderr, /^Usage: there is no prompt\n {2}fix: give one/)
      }
      const binary = yield* ask(["g"], { stdin: Uint8Array.of(0xff, 0xfe, 0) })
      assert.deepStrictEqual([binary.code, binary.stdout], [2, ""])
      assert.include(binary.stderr, "stdin is no text")
      assert.lengthOf(yield* bodies, 0)
    }))

  it.effect("sends what its flags say", () =>
    Effect.gen(function*() {
      const { ask, bodies } = yield* asking
      const model = [
        "-m",
        "openai/gpt-4.1-mini",
        "-s",
        "Be brief.",
        "--temperature",
        "0.5",
        "--max-output-tokens",
        "64"
      ]
      const ran = yield* ask(["g", "Hello", ...model, "-O", "metadata={\"a\":\"1\"}", "-O", "user=me", "--no-stream"])
      assert.strictEqual(ran.code, 0)
      const body = sent((yield* bodies)[0])
      assert.deepInclude(body, {
        model: "gpt-4.1-mini",
        instructions: "Be brief.",
        temperature: 0.5,
        max_output_tokens: 64,
        metadata: { a: "1" },
        user: "me"
      })
      assert.notStrictEqual(body.stream, true)
    }))

  it.effect("takes its model from LOOM_MODEL", () =>
    Effect.gen(function*() {
      const { ask, bodies } = yield* asking
      yield* ask(["g", "Hello"], { env: { LOOM_MODEL: "openai/gpt-4.1-mini" } })
      yield* ask(["g", "Hello", "-m", "openai/gpt-4o"], { env: { LOOM_MODEL: "openai/gpt-4.1-mini" } })
      yield* ask(["g", "Hello"], { env: { LOOM_MODEL: "" } })
      assert.deepStrictEqual((yield* bodies).map((body) => sent(body).model), ["gpt-4.1-mini", "gpt-4o", "gpt-4o-mini"])
    }))

  it.effect("keeps answers on the disk where it is asked to, for the next who asks the same", () =>
    Effect.gen(function*() {
      const { ask, bodies, sandbox } = yield* asking
      const LOOM_HOME = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const question = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
        ask(["g", "What is a loom?", "--usage", ...args], { env: { LOOM_HOME, ...env } })
      const requests = Effect.map(bodies, ({ length }) => length)

      const bought = yield* question(["--cache", "1h"])
      const kept = yield* question(["--cache", "1h"])
      assert.deepStrictEqual([bought.code, kept.code, kept.stdout], [0, 0, bought.stdout])
      assert.strictEqual(yield* requests, 1)
      assert.notInclude(bought.stderr, "from the cache")
      const price = Number((yield* sandbox.bill)[0]!.amount)
      assert.match(kept.stderr, /^ {2}openai\/gpt-4o-mini\S* · from the cache · \d+ in · \d+ out · [\d.]+ m?s · \$0 · /)
      assert.include(kept.stderr, ` · saved ${Format.usd(price / 1e12)}\n`)

      const document = decoded(Answer.Document, yield* question(["--cache", "1h", "--json"]))
      assert.deepInclude(document, { cache: "hit", attempts: [], router: undefined })
      assert.deepInclude(document.saved, { picoUsd: price, responseCache: price, coalescing: 0, unknown: false })
      assert.strictEqual(document.cost.picoUsd, 0)
      assert.include((yield* question([], { LOOM_CACHE: "7d" })).stderr, "from the cache")
      assert.strictEqual(yield* requests, 1)

      for (const [args, env] of [[[], {}], [["--no-cache"], { LOOM_CACHE: "1h" }], [[], { LOOM_CACHE: "" }]] as const) {
        const asked = yield* question(args, env)
        assert.deepStrictEqual([asked.code, asked.stderr.includes("from the cache")], [0, false])
      }
      assert.strictEqual(yield* requests, 4)
      assert.include((yield* question(["--no-stream", "--cache", "1h"])).stderr, "from the cache")
      // Where time stands still, no busy machine makes a call give up on the store.
    }).pipe(Effect.scoped, Effect.provide([NodeServices.layer, TestClock.layer()])))

  it.effect("asks a like model elsewhere where it is told to, and says so", () =>
    Effect.gen(function*() {
      const { ask, sandbox } = yield* asking
      const env = { ANTHROPIC_BASE_URL: sandbox.baseUrl("anthropic"), ANTHROPIC_API_KEY: canary }
      const down = { route: "/openai/v1/responses", respond: { status: 504 }, times: "always" } as const
      yield* sandbox.script(down)
      assert.strictEqual((yield* ask(["g", "Hello"], { env })).code, 3)

      const args = ["g", "Hello", "--failover", "-O", "user=me"]
      const ran = yield* ask([...args, "--usage"], { env })
      assert.strictEqual(ran.code, 0, ran.stderr)
      assert.match(ran.stdout, /^\S.*\n$/)
      assert.match(
        ran.stderr,
        /^note: native\.user was left out: .*\n {2}anthropic\/\S+ · after openai\/gpt-4o-mini \(Overloaded\)(, \S+ \(KeyMissing\))* · \d+ in · /
      )
      assert.include(ran.stderr, " · 2 attempts · ")

      const { router, ...document } = decoded(Answer.Document, yield* ask([...args, "--json"], { env }))
      assert.deepStrictEqual([document.provider, document.cache], ["anthropic", "miss"])
      const tried = router?.tried.filter(({ outcome }) => outcome !== "KeyMissing")
      assert.deepStrictEqual(tried?.map(({ attempts, outcome }) => [outcome, attempts]), [
        ["Overloaded", 1],
        ["ok", 1]
      ])
      assert.strictEqual(router?.used, tried?.[1]?.model)
      assert.strictEqual(tried?.[1]?.picoUsd, document.cost.picoUsd)
      assert.match(String(tried?.[0]?.why), /\S/)

      yield* sandbox.script({ route: "/anthropic/v1/messages", respond: { status: 504 }, times: "always" })
      const failed = yield* ask(args, { env })
      assert.strictEqual(failed.code, 3)
      assert.match(
        failed.stderr,
        / · tried openai\/gpt-4o-mini \(Overloaded\),( \S+ \(KeyMissing\),)* anthropic\/\S+ \(Overloaded\)/
      )
    }))

  it.effect("says that an answer was cut", () =>
    Effect.gen(function*() {
      const { ask } = yield* asking
      const ran = yield* ask(["g", "Tell a long story", "--max-output-tokens", "16"])
      assert.strictEqual(ran.code, 0)
      assert.include(ran.stderr, "note: the answer was cut")
    }))

  it.effect("attaches what it is given, by its bytes", () =>
    Effect.gen(function*() {
      const { ask } = yield* asking
      const fileSystem = yield* FileSystem.FileSystem
      const directory = yield* fileSystem.makeTempDirectoryScoped()
      const path = (yield* Path.Path).join(directory, "picture.txt")
      const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3)
      yield* fileSystem.writeFile(path, png)
      const pdf = new TextEncoder().encode("%PDF-1.7 …")

      const ran = yield* ask(
        ["g", "Look", "-a", path, "-a", "-", "-a", "https://example.com/x.jpg?y=1", "--dry-run", "--json"],
        { stdin: pdf }
      )
      const { request } = decoded(DryRun.Document, ran)
      assert.deepStrictEqual(
        sent(request.body).input[0]?.content.map(({ detail: _, ...part }) => part),
        [
          { type: "input_image", image_url: `data:image/png;base64,${Buffer.from(png).toString("base64")}` },
          {
            type: "input_file",
            filename: "stdin",
            file_data: `data:application/pdf;base64,${Buffer.from(pdf).toString("base64")}`
          },
          { type: "input_image", image_url: "https://example.com/x.jpg?y=1" },
          { type: "input_text", text: "Look" }
        ]
      )

      yield* fileSystem.writeFileString(path, "just text")
      const text = yield* ask(["g", "Look", "-a", path])
      assert.deepStrictEqual([text.code, text.stdout], [2, ""])
      assert.include(text.stderr, "neither an image")
      assert.strictEqual((yield* ask(["g", "Look", "-a", "/nowhere/at.all"])).code, 2)
      assert.strictEqual((yield* ask(["g", "-", "-a", "-"], { stdin: "x" })).code, 2)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.effect("shows a request without sending it", () =>
    Effect.gen(function*() {
      const { ask, bodies } = yield* asking
      const args = ["g", "Hello there, loom!", "--max-output-tokens", "100"]
      const ran = yield* ask([...args, "--dry-run"], { env: { OPENAI_API_KEY: "" } })
      assert.strictEqual(ran.code, 0)
      assert.lengthOf(yield* bodies, 0)
      const [first = "", ...rest] = ran.stdout.split("\n")
      assert.match(first, /^POST http:\/\/127\.0\.0\.1:\d+\/.*\/responses$/)
      // 8 tokens in at $0.15, 100 out at $0.60 per million
      assert.strictEqual(
        ran.stderr,
        "  nothing was sent · ≈ 8 in, $0.000001 · up to 100 out, $0.000061 in all\n"
      )
      yield* ask(args)
      assert.deepStrictEqual(JSON.parse(rest.join("\n")), (yield* bodies)[0])
    }))

  it.effect("holds the answer to a JSON Schema", () =>
    Effect.gen(function*() {
      const { ask, bodies } = yield* asking
      const fileSystem = yield* FileSystem.FileSystem
      const path = yield* fileSystem.makeTempFileScoped({ suffix: ".json" })
      const ask1 = (schema: unknown, ...args: ReadonlyArray<string>) =>
        Effect.andThen(
          fileSystem.writeFileString(path, typeof schema === "string" ? schema : JSON.stringify(schema)),
          ask(["g", "Invent a person", "--schema", path, ...args])
        )
      const person = {
        type: "object",
        properties: {
          name: { type: "string" },
          age: { type: "integer" },
          tags: { type: "array", items: { $ref: "#/$defs/tag" } }
        },
        required: ["name"],
        $defs: { tag: { type: "object", properties: { text: { type: "string" } }, required: ["text"] } }
      }
      const ran = yield* ask1(person)
      assert.strictEqual(ran.code, 0, ran.stderr)
      assert.isString(JSON.parse(ran.stdout).name)
      const document = decoded(Answer.Document, yield* ask1(person, "--json"))
      assert.isObject(document.object)
      const piped = yield* ask(["g", "Invent a person", "--schema", "-"], { stdin: JSON.stringify(person) })
      assert.isString(JSON.parse(piped.stdout).name)
      assert.strictEqual(promptIn((yield* bodies).at(-1)), "Invent a person")

      for (
        const wrong of ["no json", "3", { type: "array", items: {} }, {
          type: "object",
          properties: { a: { $ref: "http://x/y" } }
        }]
      ) {
        const ran = yield* ask1(wrong)
        assert.deepStrictEqual([ran.code, ran.stdout], [2, ""], JSON.stringify(wrong))
        assert.include(ran.stderr, "is no JSON Schema")
      }
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.effect("fails with 1 where the vendor refuses the request", () =>
    Effect.gen(function*() {
      const { ask } = yield* asking
      const ran = yield* ask(["g", "Hello", "-O", "bogus=1"])
      assert.deepStrictEqual([ran.code, ran.stdout], [1, ""])
      assert.match(
        ran.stderr,
        /^InvalidRequest: openai\/gpt-4o-mini can't take this request \(400\)\n {2}why: .*bogus.*\n {2}fix: .*\n {2}request req_\w+ · after 1 attempt\n$/
      )
      const { error } = { error: failureIn(yield* ask(["g", "Hello", "-O", "bogus=1", "--json"])) }
      assert.deepInclude(error, { tag: "InvalidRequest", retryable: false })
      assert.match(String(error.requestId), /^req_/)
    }))

  it.effect("fails with 2 where it was asked wrongly", () =>
    Effect.gen(function*() {
      const { ask, bodies } = yield* asking
      const wrong: ReadonlyArray<readonly [args: ReadonlyArray<string>, says: string]> = [
        [["g", "x", "--temprature", "1"], "did you mean --temperature?"],
        [["g", "x", "--temperature", "hot"], "--temperature"],
        [["g", "x", "--temperature", "-1"], "fix: change --temperature"],
        [["g", "x", "--timeout", "soon"], "a duration such as 30s"],
        [["g", "x", "--cache", "forever"], "a duration such as 10m"],
        [["g", "x", "--reasoning", "much"], "--reasoning"],
        [["g", "x", "-O", "novalue"], "-O takes key=value"],
        [["g", "x", "-O", "__proto__={}"], "no vendor has an option of that name"],
        [["g", "x", "-m", "gpt-4o-mini"], "did you mean openai/gpt-4o-mini"],
        [["g", "x", "-m", "openai/gpt-4o-mni"], "did you mean openai/gpt-4o-mini"],
        [["g", "x", "--schema", "/nowhere"], "can't be read"],
        [["g", "-", "--schema", "-"], "more than one of the prompt, an attachment and the schema"],
        [["nonsense"], "Unknown subcommand"]
      ]
      for (const [args, says] of wrong) {
        const ran = yield* ask(args)
        assert.deepStrictEqual([ran.code, ran.stdout], [2, ""], args.join(" "))
        assert.include(ran.stderr, says)
        const json = yield* ask([...args, "--json"])
        assert.deepStrictEqual([json.code, json.stderr], [2, ""], args.join(" "))
        assert.isFalse(failureIn(json).retryable)
      }
      assert.lengthOf(yield* bodies, 0)
    }))

  it.effect("fails with 3 where another try may help, and says what may be billed", () =>
    Effect.gen(function*() {
      const { ask, sandbox } = yield* asking
      yield* sandbox.script({ respond: { status: 504 } })
      const overloaded = yield* ask(["g", "Hello"])
      assert.deepStrictEqual([overloaded.code, overloaded.stdout], [3, ""])
      assert.match(overloaded.stderr, /^Overloaded: .*\(504\)[^]*may have been billed\n$/)

      yield* sandbox.script({ hang: true })
      const late = yield* ask(["g", "Hello", "--timeout", "100ms", "--json"])
      assert.deepStrictEqual([late.code, late.stderr], [3, ""])
      assert.deepInclude(failureIn(late), {
        tag: "Timeout",
        fix: "allow more time with --timeout, or ask for a shorter answer"
      })

      yield* sandbox.script({ cut: { afterEvents: 7 } })
      const cut = yield* ask(["g", "Tell a long story"])
      assert.strictEqual(cut.code, 3)
      assert.match(cut.stdout, /^\S.*\n$/)
      assert.match(cut.stderr, /^Partial: /)
    }))

  it("fails with 3 where the provider is left alone for now", () => {
    const reason = new GenerateError.CircuitOpen({ detail: "5 failures in a row", remaining: Duration.seconds(30) })
    const failure = Failure.from(new GenerateError.GenerateError({ provider: "openai", model: "gpt-4o-mini", reason }))
    assert.deepInclude(failure, {
      tag: "CircuitOpen",
      what: "openai/gpt-4o-mini is left alone for now",
      why: "5 failures in a row; it is tried again in 30s",
      facts: [],
      exitCode: 3
    })
  })

  it.effect("fails with 5 where no candidate of a route passes the validator", () =>
    Effect.gen(function*() {
      const router = Router.make({
        candidates: ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"],
        validator: ({ text }) => text.length > 40
      })
      const error = yield* Effect.flip(Loom.route(router, { prompt: "Hello" })).pipe(
        Effect.provide(Loom.layerTest(Generator.fake(() => "Hi!")))
      )
      assert.deepInclude(Failure.from(error), {
        tag: "Rejected",
        why: "the validator turned the answer down",
        facts: [
          "after 2 attempts",
          "may have been billed",
          "tried openai/gpt-4o-mini (Rejected), anthropic/claude-haiku-4-5 (Rejected)"
        ],
        retryable: false,
        exitCode: 5
      })
    }))

  it.effect("fails with 4 without a key, and with one that is refused", () =>
    Effect.gen(function*() {
      const { ask, sandbox } = yield* asking
      const keyless = yield* ask(["g", "Hello"], { env: { OPENAI_API_KEY: "" } })
      assert.deepStrictEqual([keyless.code, keyless.stdout], [4, ""])
      assert.strictEqual(
        keyless.stderr,
        "KeyMissing: openai/gpt-4o-mini has no API key\n" +
          `  why: OPENAI_API_KEY is not set: looked in the environment, ${join(process.cwd(), ".env")}, ` +
          `${join(home, "keys.json")}\n` +
          "  fix: set OPENAI_API_KEY in the environment, or run `loom keys set OPENAI_API_KEY`\n"
      )
      yield* sandbox.revokeKey(canary)
      const refused = yield* ask(["g", "Hello", "--json"])
      assert.deepStrictEqual([refused.code, refused.stderr], [4, ""])
      assert.strictEqual(failureIn(refused).tag, "KeyRefused")
    }))
})

layer(Sandbox.layer({ seed: "cli" }), { excludeTestServices: true })("loom generate, of images", (it) => {
  const model = "openai/gpt-image-2.6-flare"
  const args = ["g", "A loom", "-m", model, "--size", "64x48", "--quality", "low"]
  const inFolder = <A, E, R>(use: (folder: string) => Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-generate-"))),
      use,
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    )
  const sizeOf = (path: string) => Images.dimensions({ data: new Uint8Array(readFileSync(path)) })

  it.effect("keeps the image, prints where, and tells on stderr how it goes", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const { ask, bodies } = yield* asking
        const path = join(folder, "loom.png")
        const ran = yield* ask([...args, "-o", path], { patience: 0 })
        assert.deepStrictEqual(
          [ran.code, ran.stdout, ran.stderr],
          [0, `${path}\n`, "  waiting for the image\n  taking shape\n"]
        )
        assert.deepStrictEqual(sizeOf(path), { width: 64, height: 48 })
        assert.deepInclude((yield* bodies)[0], { size: "64x48", quality: "low", stream: true })
      })
    ))

  it.effect("numbers several, and lists them with --json", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const { ask } = yield* asking
        const ran = yield* ask([...args, "-n", "2", "--format", "jpeg", "-o", join(folder, "loom.jpg"), "--json"])
        assert.strictEqual(ran.code, 0)
        assert.deepStrictEqual(
          decoded(Answer.Document, ran).images,
          ["loom-1.jpg", "loom-2.jpg"].map((name) => ({
            path: join(folder, name),
            mediaType: "image/jpeg",
            width: 64,
            height: 48
          }))
        )
        assert.deepStrictEqual(readdirSync(folder).sort(), ["loom-1.jpg", "loom-2.jpg"])
      })
    ))

  it.effect("starts from pictures, and says where a file's name misleads", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const { ask, sandbox } = yield* asking
        yield* ask([...args, "-o", join(folder, "first.png")])
        const ran = yield* ask([
          ...args,
          "--image",
          join(folder, "first.png"),
          "-o",
          join(folder, "second.jpg"),
          "--no-stream"
        ])
        assert.deepStrictEqual([ran.code, ran.stderr], [0, `  ${join(folder, "second.jpg")} holds PNG\n`])
        assert.match((yield* sandbox.journal).at(-1)?.path ?? "", /images\/edits$/)
      })
    ))

  it.effect("asks nobody where the image has nowhere to go", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const { ask, sandbox } = yield* asking
        const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
          [args, /needs a file/],
          [[...args, "-o", folder], /is a folder/],
          [[...args, "-o", join(folder, "no", "loom.png")], /there is no folder/],
          [["g", "Hello", "-o", join(folder, "a.png")], /-o is for images/],
          [[...args.slice(0, 4), "--size", "large", "-o", join(folder, "a.png")], /1024x1024, not large/],
          [[...args.slice(0, 4), "--aspect-ratio", "wide", "-o", join(folder, "a.png")], /16:9, not wide/]
        ]
        for (const [args, why] of wrong) {
          const ran = yield* ask(args)
          assert.strictEqual(ran.code, 2)
          assert.match(ran.stderr, why)
        }
        assert.deepStrictEqual(yield* sandbox.journal, [])
      })
    ))
})

describe("loom", () => {
  it.effect("tells its version and its help on stdout", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* loom(["--version"]), { stdout: "loom v1.2.3\n", stderr: "", code: 0 })
      for (const args of [["--help"], [], ["generate", "--help"], ["models", "cost", "--help"]]) {
        const ran = yield* loom(args)
        assert.deepStrictEqual([ran.code, ran.stderr], [0, ""])
        assert.include(ran.stdout, "USAGE")
      }
    }))
})
