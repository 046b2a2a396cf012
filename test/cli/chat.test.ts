import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Answer from "../../src/cli/Answer.ts"
import * as Failure from "../../src/cli/Failure.ts"
import * as Format from "../../src/cli/Format.ts"
import { Sandbox } from "../../src/sandbox/Sandbox.ts"
import { canary, decoded, loom, pointedAt, type World } from "./loom.ts"

const Sent = Schema.Struct({
  model: Schema.String,
  instructions: Schema.optional(Schema.String),
  temperature: Schema.optional(Schema.Finite),
  input: Schema.Array(Schema.Struct({
    role: Schema.String,
    content: Schema.Union([Schema.String, Schema.Array(Schema.Struct({ text: Schema.String }))])
  }))
})
const sent = Schema.decodeUnknownSync(Sent)
const lineOf = Schema.decodeSync(Schema.fromJsonString(Schema.toCodecJson(Answer.Document)))

/** A place and a sandbox of its own. */
const asking = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  yield* sandbox.reset
  const home = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-chat-"))),
    (home) => Effect.sync(() => rmSync(home, { recursive: true, force: true }))
  )
  const env = { ...pointedAt(sandbox.baseUrl("openai")), LOOM_HOME: home, NO_COLOR: "1" }
  const chat = (args: ReadonlyArray<string>, world?: World) =>
    Effect.tap(
      loom(["chat", ...args], { ...world, env: { ...env, ...world?.env } }),
      ({ stderr, stdout }) => Effect.sync(() => assert.notInclude(stdout + stderr, canary))
    )
  const asked = Effect.map(sandbox.journal, (entries) => entries.map(({ body }) => sent(body)))
  return { sandbox, home, path: join(home, "chat.json"), chat, asked }
})

const said = (messages: (typeof Sent.Type)["input"]) =>
  messages.map(({ content, role }) =>
    `${role}: ${typeof content === "string" ? content : content.map(({ text }) => text).join("")}`
  )

layer(Sandbox.layer({ seed: "chat" }), { excludeTestServices: true })("loom chat", (it) => {
  it.effect("answers each line that is piped in, with all that was said before", () =>
    Effect.gen(function*() {
      const { asked, chat, path } = yield* asking
      const ran = yield* chat(["-s", "Be brief.", "--temperature", "0.5"], {
        stdin: "[say: threads]\n\n  [say: those across]  \r\nAnd now?"
      })
      assert.deepStrictEqual([ran.code, ran.stderr], [0, ""])
      assert.match(ran.stdout, /^threads\nthose across\n\S.*\n$/)
      const requests = yield* asked
      assert.deepStrictEqual(requests.map(({ input }) => said(input).at(-1)), [
        "user: [say: threads]",
        "user: [say: those across]",
        "user: And now?"
      ])
      assert.deepStrictEqual(said(requests[2]!.input), [
        "user: [say: threads]",
        "assistant: threads",
        "user: [say: those across]",
        "assistant: those across",
        "user: And now?"
      ])
      assert.deepInclude(requests[2], { model: "gpt-4o-mini", instructions: "Be brief.", temperature: 0.5 })
      assert.strictEqual(statSync(path).mode & 0o777, 0o600)
      assert.notInclude(readFileSync(path, "utf8"), canary)
    }).pipe(Effect.scoped))

  it.effect("goes on with the last chat, and with another model where one is named", () =>
    Effect.gen(function*() {
      const { asked, chat, path } = yield* asking
      yield* chat(["-m", "openai/gpt-4.1-mini", "-s", "Be brief."], { stdin: "[say: one]" })
      yield* chat(["--continue"], { stdin: "[say: two]" })
      yield* chat(["-c", "-m", "openai/gpt-4o", "-s", "Be long.", "--no-keep"], { stdin: "[say: three]" })
      yield* chat(["-c"], { stdin: "[say: four]" })
      yield* chat([], { stdin: "[say: anew]", env: { LOOM_MODEL: "openai/gpt-4o" } })
      assert.deepStrictEqual(
        (yield* asked).map(({ input, instructions, model }) => [model, instructions, input.length]),
        [
          ["gpt-4.1-mini", "Be brief.", 1],
          ["gpt-4.1-mini", "Be brief.", 3],
          ["gpt-4o", "Be long.", 5],
          ["gpt-4.1-mini", "Be brief.", 5],
          ["gpt-4o", undefined, 1]
        ]
      )
      assert.notInclude(readFileSync(path, "utf8"), "four")
    }).pipe(Effect.scoped))

  it.effect("writes nothing down where it isn't to", () =>
    Effect.gen(function*() {
      const { chat, path } = yield* asking
      assert.strictEqual((yield* chat(["--no-keep"], { stdin: "[say: one]" })).stdout, "one\n")
      assert.isFalse(existsSync(path))
      const ran = yield* chat(["--continue", "--json"], { stdin: "Hello" })
      assert.deepStrictEqual([ran.code, decoded(Failure.Document, ran).error.tag], [2, "NotFound"])
      writeFileSync(path, `{"messages":["what was said"]}`)
      const broken = yield* chat(["--continue"], { stdin: "Hello" })
      assert.deepStrictEqual([broken.code, broken.stdout], [1, ""])
      assert.match(broken.stderr, /^ChatFile: .*chat\.json is no chat/)
      assert.notInclude(broken.stderr, "what was said")
    }).pipe(Effect.scoped))

  it.effect("goes on where it can't write it down, and says so once", () =>
    Effect.gen(function*() {
      const { chat, home } = yield* asking
      writeFileSync(join(home, "file"), "")
      const ran = yield* chat([], { stdin: "[say: one]\n[say: two]\n", env: { LOOM_HOME: join(home, "file") } })
      assert.deepStrictEqual([ran.code, ran.stdout], [0, "one\ntwo\n"])
      assert.lengthOf(ran.stderr.match(/note: the chat isn't kept/g) ?? [], 1)
    }).pipe(Effect.scoped))

  it.effect("prints a line of JSON for each answer", () =>
    Effect.gen(function*() {
      const { chat, sandbox } = yield* asking
      const ran = yield* chat(["--json"], { stdin: "[say: one]\n[say: two]\n", terminals: ["stdout"] })
      assert.deepStrictEqual([ran.code, ran.stderr], [0, ""])
      const documents = ran.stdout.trimEnd().split("\n").map((line) => lineOf(line))
      assert.deepStrictEqual(documents.map(({ text }) => text), ["one", "two"])
      assert.deepStrictEqual(
        documents.map(({ cost }) => cost.picoUsd),
        (yield* sandbox.bill).map(({ amount }) => Number(amount))
      )
    }).pipe(Effect.scoped))

  it.effect("tells on stderr what answers cost, each and all", () =>
    Effect.gen(function*() {
      const { chat, sandbox } = yield* asking
      const ran = yield* chat(["--usage"], { stdin: "What is a warp?\nAnd a weft?\n" })
      const amounts = (yield* sandbox.bill).map(({ amount }) => Number(amount) / 1e12)
      const lines = ran.stderr.trimEnd().split("\n")
      assert.lengthOf(lines, 3)
      amounts.forEach((usd, n) => assert.isTrue(lines[n]!.endsWith(` · ${Format.usd(usd)}`), lines[n]))
      assert.strictEqual(lines[2], `  2 answers · ${Format.usd(amounts[0]! + amounts[1]!)}`)
      assert.strictEqual((yield* chat(["--usage", "-q"], { stdin: "One\nTwo" })).stderr, "")
    }).pipe(Effect.scoped))

  const typed = (...lines: ReadonlyArray<string>): World => ({
    typed: lines,
    terminals: ["stdin", "stdout", "stderr"]
  })

  it.effect("asks at a terminal until the input ends", () =>
    Effect.gen(function*() {
      const { asked, chat } = yield* asking
      const ran = yield* chat([], typed("[say: one]", "", "[say: two]"))
      assert.deepStrictEqual([ran.code, ran.stdout], [0, "one\ntwo\n"])
      assert.match(
        ran.stderr,
        /^openai\/gpt-4o-mini · Ctrl-D ends it\n> {3}openai.*\n> > {3}openai.*\n> \n {2}2 answers · \$0\.\d+\n$/
      )
      assert.lengthOf(yield* asked, 2)
      assert.match(
        (yield* chat(["-c"], typed())).stderr,
        /^openai\/gpt-4o-mini, after 2 answers · Ctrl-D ends it\n> \n$/
      )
      assert.strictEqual((yield* chat(["-q"], typed("[say: one]"))).stderr, "")
    }).pipe(Effect.scoped))

  it.effect("lets who types ask again, and tells a program", () =>
    Effect.gen(function*() {
      const { asked, chat, sandbox } = yield* asking
      const fault = { prompt: "fails", respond: { status: 400, message: `no ${canary}` }, times: "always" } as const
      yield* sandbox.script(fault)
      const ran = yield* chat([], typed("fails", "[say: two]"))
      assert.deepStrictEqual([ran.code, ran.stdout], [0, "two\n"])
      assert.match(ran.stderr, /InvalidRequest: /)
      // What failed was never said.
      assert.deepStrictEqual(said((yield* asked).at(-1)!.input), ["user: [say: two]"])

      const piped = yield* chat([], { stdin: "[say: one]\nfails\n[say: two]" })
      assert.deepStrictEqual([piped.code, piped.stdout], [1, "one\n"])
      assert.match(piped.stderr, /^InvalidRequest: /)
      const json = yield* chat(["--json"], { stdin: "fails" })
      assert.deepStrictEqual([json.code, decoded(Failure.Document, json).error.tag], [1, "InvalidRequest"])

      yield* sandbox.revokeKey(canary)
      assert.strictEqual((yield* chat([], typed("Hello", "Hello"))).code, 4)
    }).pipe(Effect.scoped))

  it.effect("says that there is no such model before it reads anything", () =>
    Effect.gen(function*() {
      const { asked, chat } = yield* asking
      for (const model of ["openai/gpt-4o-mni", "gpt-4o-mini"]) {
        const ran = yield* chat(["-m", model], { stdin: "Hello" })
        assert.deepStrictEqual([ran.code, ran.stdout], [2, ""])
        assert.match(ran.stderr, /^UnknownModel: .*\n {2}why: did you mean openai\/gpt-4o-mini/)
      }
      assert.lengthOf(yield* asked, 0)
    }).pipe(Effect.scoped))
})
