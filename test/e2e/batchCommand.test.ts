import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, type Scope } from "effect"
import * as Sandbox from "loom-router/sandbox"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { interruptAfter, loom, pointedAt, type Ran, run, source } from "../cli/loom.ts"
import { billed } from "../providers/world.ts"
import { connect, tempPath } from "../storage/files.ts"

type Box = Sandbox.Sandbox["Service"]
type Journal = Effect.Success<Box["journal"]>

const model = "openai/gpt-4o-mini"

const linesOf = (rows: number, mark = "answer") =>
  Array.from({ length: rows }, (_, n) => `${JSON.stringify({ prompt: `[say: ${mark} ${n}]`, customId: `row-${n}` })}\n`)
    .join("")

const looksIn = (journal: Journal) =>
  journal.filter(({ method, path }) => method === "GET" && path.includes("/batches/")).length

const jobsOf = (sandbox: Box) =>
  Effect.map(sandbox.journal, (journal) => journal.filter(({ job }) => job !== undefined).length)

interface World {
  readonly sandbox: Box
  readonly home: string
  /** In this process. */
  readonly ask: (args: ReadonlyArray<string>, stdin?: string) => Effect.Effect<Ran>
  /** In a process of its own. */
  readonly start: (
    args: ReadonlyArray<string>,
    options?: Pick<NonNullable<Parameters<typeof run>[2]>, "stdin" | "meddle">
  ) => Effect.Effect<Ran>
}

const inHome = <A, E>(body: (world: World) => Effect.fn.Return<A, E, Scope.Scope>, takes: Duration.Input = "1 hour") =>
  Effect.gen(function*() {
    // Longer than a busy machine takes: what is to end is told to.
    const sandbox = yield* Sandbox.make({ batches: { takes } })
    const home = dirname(yield* tempPath)
    const env = { ...pointedAt(sandbox.baseUrl("openai")), LOOM_HOME: home }
    const [node, ...main] = source
    return yield* Effect.gen(() =>
      body({
        sandbox,
        home,
        ask: (args, stdin = "") => loom(["batch", ...args], { env, stdin }),
        start: (args, options) => Effect.promise(() => run(node, [...main, "batch", ...args], { env, ...options }))
      })
    )
  })

/** Every row of a batch is there once, answered, and so it is in the call log, at what the vendor bills. */
const isWhole = Effect.fnUntraced(function*({ ask, home, sandbox }: World, ids: ReadonlyArray<string>, rows: number) {
  for (const id of ids) {
    const results = yield* ask(["results", id])
    const texts = results.stdout.trimEnd().split("\n").map((line) => JSON.parse(line).generation?.text)
    assert.deepStrictEqual(texts, Array.from({ length: rows }, (_, n) => `answer ${n}`))
    assert.strictEqual(results.code, 0)
  }
  const db = yield* connect(join(home, "calls.db"), { readOnly: true })
  const logged = db.prepare(
    `SELECT count(*) AS calls, count(DISTINCT id) AS ids, (SELECT sum(cost_pico) FROM attempts) AS cost
    FROM calls WHERE operation = 'batch' AND outcome = 'ok'`
  ).get()
  assert.deepInclude(logged, { calls: ids.length * rows, ids: ids.length * rows, cost: yield* billed(sandbox) })
  assert.strictEqual(yield* jobsOf(sandbox), ids.length)
})

/** What the worker has written down: messages, replies, and of how many workflows. */
const writtenIn = (home: string) =>
  Effect.map(connect(join(home, "worker.db"), { readOnly: true }), (db) => {
    const told = db.prepare(
      `SELECT (SELECT count(*) FROM cluster_messages) AS messages, (SELECT count(*) FROM cluster_replies) AS replies,
        (SELECT count(DISTINCT entity_id) FROM cluster_messages) AS workflows`
    ).get()
    return {
      messages: Number(told?.["messages"]),
      replies: Number(told?.["replies"]),
      workflows: Number(told?.["workflows"])
    }
  })

const nothing = { messages: 0, replies: 0, workflows: 0 }

describe("Ctrl-C during loom batch submit", () => {
  const rows = 3
  const again = ["submit", "-", "-m", model, "--id", "left"]
  const cases = [
    {
      when: "its file is on the way",
      fault: { route: "/files", method: "POST", hang: true },
      moment: (journal: Journal) => journal.some(({ path }) => path.endsWith("/files")),
      resume: again
    },
    {
      when: "its job is asked for",
      fault: { route: "/batches", method: "POST", hang: true },
      moment: (journal: Journal) => journal.some(({ path }) => path.endsWith("/batches")),
      resume: ["wait", "left"]
    },
    {
      when: "its job has begun, and nobody knows",
      fault: { route: "/batches", method: "POST", hang: true, billed: true },
      moment: (journal: Journal) => journal.some(({ job }) => job !== undefined),
      resume: ["worker"]
    }
  ] as const
  for (const { fault, moment, resume, when } of cases) {
    it.live(`says what was sent and how to resume; ${resume[0]} finishes it (${when})`, () =>
      inHome(function*(world) {
        const { ask, sandbox, start } = world
        yield* sandbox.script(fault)
        const stdin = linesOf(rows)
        const left = yield* start(again, { stdin, meddle: interruptAfter(sandbox.awaitJournal(moment)) })
        assert.deepStrictEqual([left.code, left.stdout, left.stderr], [
          130,
          "",
          "interrupted: of 3 rows, 3 may be sent\n  no row is sent twice; resume: loom batch wait left\n"
        ])
        if (resume[0] === "submit") {
          const submitted = yield* start(resume, { stdin })
          assert.deepStrictEqual([submitted.code, submitted.stdout], [0, "left\n"], submitted.stderr)
          yield* sandbox.finishBatches
          assert.strictEqual((yield* ask(["wait", "left"])).code, 0)
        } else {
          const looked = sandbox.awaitJournal((journal) => looksIn(journal) >= 1)
          const finished = yield* start([...resume, "--poll", "50ms"], {
            meddle: () => void Effect.runPromise(Effect.andThen(looked, sandbox.finishBatches))
          })
          assert.strictEqual(finished.code, 0, finished.stderr)
          assert.match(finished.stdout, /^left · 3 succeeded · /)
        }
        yield* isWhole(world, ["left"], rows)
      }))
  }
})

describe("loom batch worker", () => {
  it.live("writes nothing down that it doesn't need any more", () =>
    inHome(function*(world) {
      const { ask, home, sandbox, start } = world
      for (const id of ["one", "two"]) yield* ask(["submit", "-", "-m", model, "--id", id], linesOf(2))
      const worker = ["worker", "--poll", "10ms"]
      // More looks than one workflow takes, of each.
      const many = interruptAfter(sandbox.awaitJournal((journal) => looksIn(journal) >= 80))
      assert.strictEqual((yield* start(worker, { meddle: many })).code, 130)
      assert.isAtLeast((yield* writtenIn(home)).workflows, 4)

      // One ends elsewhere.
      yield* sandbox.finishBatches
      assert.strictEqual((yield* ask(["wait", "one"])).code, 0)
      const ended = yield* start(worker)
      assert.match(ended.stdout, /^two · 2 succeeded · [^\n]*\n$/)
      assert.deepStrictEqual([ended.code, ended.stderr], [0, ""])
      assert.deepStrictEqual(yield* writtenIn(home), nothing)
      yield* isWhole(world, ["one", "two"], 2)
    }))

  it.live("works alone: another one waits for it, and goes on where it was killed", () =>
    inHome(function*(world) {
      const { ask, sandbox, start } = world
      const ids = ["one", "two", "three"]
      for (const id of ids) yield* ask(["submit", "-", "-m", model, "--id", id], linesOf(20))
      const worker = ["worker", "--poll", "50ms"]
      const second = Promise.withResolvers<undefined>()
      const waiting = Promise.withResolvers<undefined>()
      const all = yield* Effect.all([
        start(worker, {
          meddle: (first) => {
            void Effect.runPromise(sandbox.awaitJournal((journal) => looksIn(journal) >= 3)).then(() => {
              // The first is at it.
              second.resolve(undefined)
              return waiting.promise
            }).then(() => first.kill("SIGKILL"))
          }
        }),
        Effect.andThen(
          Effect.promise(() => second.promise),
          start(worker, {
            meddle: (child) =>
              void child.stderr?.once("data", () => {
                waiting.resolve(undefined)
                void Effect.runPromise(
                  Effect.andThen(sandbox.awaitJournal((journal) => looksIn(journal) >= 6), sandbox.finishBatches)
                )
              })
          })
        )
      ], { concurrency: "unbounded" })
      const [killed, last] = all
      assert.deepStrictEqual([killed.code, killed.stdout], [-2, ""])
      assert.strictEqual(last.stderr, "note: another worker is at it: this one goes on when that has ended\n")
      assert.deepStrictEqual(
        last.stdout.trimEnd().split("\n").map((line) => line.split(" · ").slice(0, 2).join(" ")).toSorted(),
        ids.map((id) => `${id} 20 succeeded`).toSorted()
      )
      yield* isWhole(world, ids, 20)
    }))

  it.live("drives each batch once where three begin at the same time", () =>
    inHome(function*(world) {
      const { ask, sandbox, start } = world
      const ids = ["one", "two", "three", "four"]
      for (const id of ids) yield* ask(["submit", "-", "-m", model, "--id", id], linesOf(20))
      const worker = ["worker", "--poll", "50ms", "-q"]
      void Effect.runPromise(
        Effect.andThen(sandbox.awaitJournal((journal) => looksIn(journal) >= 8), sandbox.finishBatches)
      )
      const ran = yield* Effect.all([start(worker), start(worker), start(worker)], { concurrency: "unbounded" })
      assert.deepStrictEqual(ran.map(({ code, stderr }) => [code, stderr]), [[0, ""], [0, ""], [0, ""]])
      assert.deepStrictEqual(
        ran.flatMap(({ stdout }) => stdout.split("\n")).filter((line) => line !== "").toSorted(),
        ids.toSorted()
      )
      yield* isWhole(world, ids, 20)
    }))
})

/** What stands in every prompt besides: 1.5 kB. */
const filler = " weave".repeat(250)

const promptsOf = function*(rows: number) {
  for (let n = 0; n < rows; n++) {
    yield `${JSON.stringify({ prompt: `[say: answer ${n}]${filler}`, customId: `row-${n}` })}\n`
  }
}

describe("constant memory", () => {
  const rows = 50_000

  it.live(`${rows} rows are piped through loom batch submit, wait and results in 64 MB of heap`, () =>
    inHome(function*({ home, sandbox }) {
      const [node, ...main] = source
      const memory: Record<string, unknown> = {}
      /** Pipes lines in, and gives every line out. */
      const pipe = Effect.fnUntraced(
        function*(args: ReadonlyArray<string>, lines: Iterable<string>, take: (line: string) => void) {
          const report = join(home, `${args[0]}.json`)
          const child = spawn(node, [
            "--max-old-space-size=64",
            "--max-semi-space-size=16",
            `--import=${join(import.meta.dirname, "memoryReport.ts")}`,
            ...main,
            "batch",
            ...args
          ], {
            env: {
              PATH: process.env["PATH"],
              ...pointedAt(sandbox.baseUrl("openai")),
              LOOM_HOME: home,
              MEMORY_REPORT: report
            }
          })
          yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
          let told = ""
          child.stderr.setEncoding("utf8").on("data", (text: string) => told += text)
          const ended = once(child, "close")
          const [end] = yield* Effect.promise(() =>
            Promise.all([
              ended,
              pipeline(Readable.from(lines), child.stdin),
              (async () => {
                for await (const line of createInterface({ input: child.stdout })) take(line)
              })()
            ])
          )
          assert.deepStrictEqual(end, [0, null], told)
          memory[args[0] ?? ""] = JSON.parse(readFileSync(report, "utf8"))
        }
      )

      const ids: Array<string> = []
      yield* pipe(["submit", "-", "-m", model, "--id", "large"], promptsOf(rows), (line) => ids.push(line))
      assert.deepStrictEqual(ids, ["large"])
      yield* pipe(["wait", "large", "--poll", "1s"], [], () => {})
      const seen = new Uint8Array(rows)
      const wrong: Array<string> = []
      yield* pipe(["results", "large"], [], (line) => {
        const { customId, generation, index, status } = JSON.parse(line)
        const isRight = status === "succeeded" && customId === `row-${index}` && generation.text === `answer ${index}`
        if (isRight) seen[index]!++
        else wrong.push(line)
      })
      assert.deepStrictEqual(wrong.slice(0, 3), [])
      assert.isTrue(seen.every((times) => times === 1))
      assert.strictEqual(yield* jobsOf(sandbox), 1)
      console.log(`${rows} rows, MB: ${JSON.stringify(memory)}`)
    }, 0))
})
