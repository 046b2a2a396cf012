import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Fiber, Redacted, Result, Schema, Stream } from "effect"
import { type Prompt, Response } from "effect/ai"
import { TestClock } from "effect/testing"
import { type Batch, type BatchEndpoint, Generation, Generator, Ledger, Loom, Usage } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as Gemini from "loom-router/providers/Gemini"
import * as Groq from "loom-router/providers/Groq"
import * as Mistral from "loom-router/providers/Mistral"
import * as OpenAi from "loom-router/providers/OpenAi"
import * as Together from "loom-router/providers/Together"
import * as Xai from "loom-router/providers/Xai"
import { billed, type Box, inWorld, spent, type World } from "./providers/world.ts"
import { tempPath } from "./storage/files.ts"

const apiKey = Redacted.make("sk-test")

const providers = (sandbox: Box) => ({
  openai: OpenAi.layer({ apiKey, baseUrl: sandbox.baseUrl("openai") }),
  anthropic: Anthropic.layer({ apiKey, baseUrl: sandbox.baseUrl("anthropic") }),
  gemini: Gemini.layer({ apiKey, baseUrl: sandbox.baseUrl("gemini") }),
  groq: Groq.layer({ apiKey, baseUrl: sandbox.baseUrl("groq") }),
  mistral: Mistral.layer({ apiKey, baseUrl: sandbox.baseUrl("mistral") }),
  together: Together.layer({ apiKey, baseUrl: sandbox.baseUrl("together") }),
  xai: Xai.layer({ apiKey, baseUrl: sandbox.baseUrl("xai") })
})

const world = <A, E>(body: (world: World) => Effect.fn.Return<A, E>, path = ":memory:") =>
  inWorld({ providers, batches: { path } }, body)

const openai = "openai/gpt-4o-mini"
const anthropic = "anthropic/claude-haiku-4-5"

interface Vendor {
  /** Where its jobs are submitted. */
  readonly jobs: string
  /** Whether its jobs tell whose they are before they are over: they do. */
  readonly found?: false
  /** When a job has expired: after 25 hours. */
  readonly expired?: Duration.Input
  /** Whether one that has expired tells what it had finished: it does. */
  readonly tellsFinished?: false
  /** Which part of its price a batch saves: as much again as it costs. */
  readonly saved?: bigint
}

const vendors = {
  [openai]: { jobs: "/batches" },
  [anthropic]: { jobs: "/batches", found: false },
  "groq/llama-3.1-8b-instant": { jobs: "/batches" },
  "together/openai/gpt-oss-20b": { jobs: "/batches" },
  "mistral/mistral-small-2603": { jobs: "/batch/jobs" },
  "gemini/gemini-2.5-flash": { jobs: ":batchGenerateContent", expired: "49 hours", tellsFinished: false },
  "xai/grok-4.3": { jobs: "/batches", expired: "8 days", saved: 4n }
} as const satisfies Readonly<Record<string, Vendor>>

const table = Object.entries<Vendor>(vendors).map(([model, vendor]) => ({
  model: model as keyof typeof vendors,
  vendor
}))

const row = (n: number, more = "", model: Batch.Asked["model"] = openai) =>
  ({ model, prompt: `[say: answer ${n}] ${more}`, customId: `row-${n}` }) as Batch.Asked

const soon = { pollInterval: "1 millis" } as const

/** Jobs that were paid for. */
const submissions = ({ sandbox }: World) =>
  Effect.map(sandbox.journal, (journal) => journal.filter(({ job }) => job !== undefined).length)

const said = (rows: ReadonlyArray<Batch.Row>) =>
  rows.map((row) => [row.customId, row._tag === "Success" ? row.generation.text : row._tag])

/** What the caller said. */
const textOf = ({ content }: Prompt.Prompt) =>
  content.flatMap((message) => message.role === "user" ? message.content : [])
    .map((part) => part.type === "text" ? part.text : "").join("")

/** Why an effect fails that must. */
const reasonOf = <A>(effect: Effect.Effect<A, Batch.BatchError>) =>
  Effect.matchEffect(effect, {
    onFailure: ({ reason }) => Effect.succeed(reason),
    onSuccess: () => Effect.die(new Error("it succeeded"))
  })

describe("a batch", () => {
  for (const { model, vendor: { expired = "25 hours", saved = 1n, tellsFinished = true } } of table) {
    it.live(`${model}: is submitted, waited for, and has its rows in order, priced as the vendor bills them`, () =>
      world(function*(world) {
        const { records, sandbox } = world
        const handle = yield* Loom.submitBatch([0, 1, 2].map((n) => row(n, "", model)), { tags: { job: "nightly" } })
        const first = yield* handle.status
        assert.strictEqual(first.status, "running")
        assert.deepInclude(first.counts, { total: 3, open: 3, succeeded: 0 })
        yield* sandbox.finishBatches
        const results = yield* handle.wait(soon)
        assert.deepInclude(results.counts, { total: 3, open: 0, succeeded: 3, missing: 0, duplicates: 0, strays: 0 })
        assert.deepStrictEqual(said(yield* Stream.runCollect(results.rows)), [
          ["row-0", "answer 0"],
          ["row-1", "answer 1"],
          ["row-2", "answer 2"]
        ])
        assert.strictEqual(records.length, 3)
        assert.strictEqual(spent(records.flatMap(({ attempts }) => attempts)), yield* billed(sandbox))
        assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
        assert.strictEqual(results.savedPicoUsd * saved, results.picoUsd)
        assert.isTrue(records.every(({ saved }) => saved !== undefined && saved.batch === saved.picoUsd))
        assert.deepInclude(records[0], { operation: "batch", outcome: "ok", tags: { job: "nightly" } })
        assert.strictEqual(yield* submissions(world), 1)
      }))

    it.live(`F23 ${model}: rows that fail, are lost, come twice, in any order: each is accounted for once`, () =>
      world(function*({ records, sandbox }) {
        const marks = ["", "[batch: fail]", "[batch: lose]", "[batch: twice]", "[batch: fail 500]", ""]
        const handle = yield* Loom.submitBatch(marks.map((mark, n) => row(n, mark, model)))
        yield* sandbox.finishBatches
        const results = yield* handle.wait(soon)
        const rows = yield* Stream.runCollect(results.rows)
        assert.deepStrictEqual(rows.flatMap((row) => row._tag === "Failure" ? [row.error.reason._tag] : []), [
          "InvalidRequest",
          "Overloaded"
        ])
        assert.deepStrictEqual(said(rows), [
          ["row-0", "answer 0"],
          ["row-1", "Failure"],
          ["row-2", "Missing"],
          ["row-3", "answer 3"],
          ["row-4", "Failure"],
          ["row-5", "answer 5"]
        ])
        assert.deepInclude(results.counts, { total: 6, open: 0, succeeded: 3, failed: 2, missing: 1, duplicates: 1 })
        assert.strictEqual(records.length, 6)
        assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
        // Nobody knows what became of the one that is missing.
        assert.strictEqual(results.unpriced, 1)
      }))

    it.live(`F23 ${model}: a batch that expires keeps what is finished`, () =>
      world(function*({ sandbox }) {
        const handle = yield* Loom.submitBatch([row(0, "", model), row(1, "[batch: stall]", model)])
        yield* sandbox.advance(expired)
        const results = yield* handle.wait(soon)
        assert.deepStrictEqual(said(yield* Stream.runCollect(results.rows)), [
          ["row-0", tellsFinished ? "answer 0" : "Expired"],
          ["row-1", "Expired"]
        ])
        // What nobody tells of may have been charged.
        assert.strictEqual(results.unpriced, tellsFinished ? 0 : 2)
        if (tellsFinished) assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
      }))

    it.live(`F23 ${model}: a batch that is cancelled keeps what is finished`, () =>
      world(function*({ sandbox }) {
        const handle = yield* Loom.submitBatch([row(0, "", model), row(1, "[batch: stall]", model)])
        yield* sandbox.advance("15 seconds")
        yield* handle.cancel
        yield* sandbox.advance("15 minutes")
        const results = yield* handle.wait(soon)
        assert.deepStrictEqual(said(yield* Stream.runCollect(results.rows)), [
          ["row-0", "answer 0"],
          ["row-1", "Cancelled"]
        ])
        assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
      }))
  }

  it.live("xai: has all pages of its results, and what the vendor says it charges", () =>
    world(function*({ sandbox }) {
      const handle = yield* Loom.submitBatch(Array.from({ length: 230 }, (_, n) => row(n, "", "xai/grok-4.3")))
      yield* sandbox.finishBatches
      const { counts, picoUsd, rows } = yield* handle.wait(soon)
      assert.deepInclude(counts, { total: 230, succeeded: 230, duplicates: 0 })
      const reported = (yield* Stream.runCollect(rows))
        .map((row) => row._tag === "Success" ? row.generation.cost.reportedUsd ?? 0 : 0)
      // It is told in ticks of 1e-10 dollars.
      assert.isTrue(reported.every((usd) => usd > 0))
      assert.closeTo(reported.reduce((sum, usd) => sum + usd, 0), Number(picoUsd) / 1e12, 230e-10)
    }))

  it.live("is found by its id in another engine, which goes on where the first has stopped", () =>
    Effect.flatMap(tempPath, (path) =>
      world(function*(world) {
        const asked = [row(0), row(1, "", anthropic), row(2)]
        const { id } = yield* Loom.submitBatch(asked, { id: "nightly" })
        const { sandbox } = world
        yield* sandbox.finishBatches
        const other = Loom.layer({ providers: providers(sandbox), batches: { path } })
        yield* Effect.gen(function*() {
          assert.deepStrictEqual((yield* Loom.batches()).map(({ id, status }) => [id, status]), [[
            "nightly",
            "running"
          ]])
          const handle = yield* Loom.batch(id)
          const results = yield* handle.wait(soon)
          assert.strictEqual(results.counts.succeeded, 3)
          assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
        }).pipe(Effect.provide(other))
        // The first finds what the other has done, and the same requests are the same batch.
        const again = yield* Loom.submitBatch(asked, { id: "nightly" })
        assert.strictEqual((yield* again.status).status, "ended")
        assert.deepStrictEqual(said(yield* Stream.runCollect(again.results)), [
          ["row-0", "answer 0"],
          ["row-1", "answer 1"],
          ["row-2", "answer 2"]
        ])
        assert.strictEqual(yield* submissions(world), 2)
        const error = yield* reasonOf(Loom.submitBatch([row(7)], { id: "nightly" }))
        assert.strictEqual(error._tag, "IdTaken")
      }, path)))

  it.live("is one batch and one record a row, whoever else drives it at the same time", () =>
    Effect.flatMap(tempPath, (path) =>
      world(function*(world) {
        const { records, sandbox } = world
        const numbers = Array.from({ length: 300 }, (_, n) => n)
        const { id, wait } = yield* Loom.submitBatch(numbers.map((n) => row(n)))
        yield* sandbox.finishBatches
        const seen: Array<string> = []
        const other = Loom.layer({
          providers: providers(sandbox),
          batches: { path },
          onCall: (record) => seen.push(record.id)
        })
        const elsewhere = Effect.flatMap(Loom.batch(id), (handle) => handle.wait(soon)).pipe(Effect.provide(other))
        const all = yield* Effect.all([wait(soon), elsewhere, wait(soon)], { concurrency: "unbounded" })
        for (const { counts } of all) assert.deepInclude(counts, { succeeded: 300, open: 0, duplicates: 0 })
        const ids = [...records.map(({ id }) => id), ...seen]
        assert.strictEqual(ids.length, 300)
        assert.strictEqual(new Set(ids).size, 300)
        assert.strictEqual(yield* submissions(world), 1)
      }, path)))

  it.live("is submitted once where the answer to its submission got lost", () =>
    world(function*(world) {
      const { sandbox } = world
      for (const { model, vendor: { found = true, jobs } } of table) {
        yield* sandbox.script({ route: jobs, method: "POST", reset: true, billed: true })
        const handle = yield* Loom.submitBatch([row(0, model, model)])
        const lost = yield* handle.status
        assert.strictEqual(lost.status, "submitting")
        assert.match(lost.jobs[0]?.problem ?? "", /could not be reached/)
        assert.strictEqual((yield* handle.poll).status, found ? "running" : "submitting")
        yield* sandbox.finishBatches
        const { counts } = yield* handle.wait(soon)
        assert.strictEqual(counts.succeeded, 1)
      }
      assert.strictEqual(yield* submissions(world), table.length)
    }))

  it.live("is submitted again where its submission never arrived, and isn't known where it was refused", () =>
    world(function*(world) {
      const { sandbox } = world
      for (const { model, vendor: { jobs } } of table) {
        yield* sandbox.script({ route: jobs, method: "POST", reset: true })
        const handle = yield* Loom.submitBatch([row(0, model, model)])
        assert.strictEqual((yield* handle.status).status, "submitting")
        assert.strictEqual((yield* handle.poll).status, "running")
      }
      assert.strictEqual(yield* submissions(world), table.length)
      const known = (yield* Loom.batches()).length
      yield* sandbox.script({ route: "/files", respond: { status: 401 } })
      const refused = yield* reasonOf(Loom.submitBatch([row(0)]))
      assert.strictEqual(refused._tag, "VendorFailed")
      assert.include(refused.fix, "set a valid key")
      assert.strictEqual((yield* Loom.batches()).length, known)
    }))

  it.live("goes on at one vendor while another can't be asked", () =>
    world(function*({ sandbox }) {
      const handle = yield* Loom.submitBatch([row(0), row(1, "", anthropic)])
      yield* sandbox.finishBatches
      yield* sandbox.script({ route: "/results", respond: { status: 503 }, times: 3 })
      const half = yield* handle.poll
      assert.deepInclude(half.counts, { succeeded: 1, open: 1 })
      assert.match(half.jobs[1]?.problem ?? "", /failed on its side/)
      assert.deepStrictEqual(said(yield* Stream.runCollect(handle.results)), [["row-0", "answer 0"]])
      yield* sandbox.script({ route: "/results", cut: { afterBytes: 20 } })
      assert.deepInclude((yield* handle.poll).counts, { succeeded: 1, open: 1 })
      assert.deepInclude((yield* handle.wait(soon)).counts, { succeeded: 2, open: 0, duplicates: 0 })
    }))

  it.live("has its file refused as a whole: every row has failed, and nothing is charged", () =>
    world(function*({ sandbox }) {
      const handle = yield* Loom.submitBatch([row(0), row(1)])
      yield* sandbox.script({
        route: "/batches/" + ((yield* handle.status).jobs[0]?.vendorId ?? ""),
        respond: {
          status: 200,
          body: { id: "batch_1", status: "failed", errors: { data: [{ code: "invalid_json_line", message: "No." }] } }
        }
      })
      const results = yield* handle.wait(soon)
      assert.deepInclude(results.counts, { failed: 2, open: 0 })
      const [first] = yield* Stream.runCollect(results.rows)
      assert.strictEqual(first?._tag === "Failure" ? first.error.why : "", "No.")
      assert.deepInclude(results, { picoUsd: 0n, unpriced: 0 })
    }))

  it.live("is split by vendor, model and endpoint, and is one handle all the same", () =>
    world(function*(world) {
      const asked: ReadonlyArray<Batch.Asked> = [
        row(0),
        { ...row(1), seed: 1 },
        row(2, "", "openai/gpt-4.1"),
        row(3, "", anthropic),
        row(4, "", "anthropic/claude-sonnet-4-5"),
        row(5)
      ]
      const handle = yield* Loom.submitBatch(asked)
      yield* world.sandbox.finishBatches
      const { jobs, rows } = yield* handle.wait(soon)
      assert.deepStrictEqual(jobs.map(({ endpoint, provider, rows }) => [provider, endpoint, rows]), [
        ["openai", "/v1/responses", 2],
        ["openai", "/v1/chat/completions", 1],
        ["openai", "/v1/responses", 1],
        ["anthropic", "/v1/messages", 2]
      ])
      assert.deepStrictEqual(said(yield* Stream.runCollect(rows)).map(([, text]) => text), [
        "answer 0",
        "answer 1",
        "answer 2",
        "answer 3",
        "answer 4",
        "answer 5"
      ])
    }))

  const refusedRows: ReadonlyArray<readonly [name: string, asked: object, why: RegExp]> = [
    ["an unknown model", { model: "openai/gpt-nope", prompt: "Hi" }, /did you mean/],
    ["no prompt", { model: openai }, /a prompt is needed/],
    ["a custom id that is taken", { ...row(0) }, /another row of the batch has the same/],
    ["an option of calls", { ...row(1), timeout: "1 second" }, /timeout: .*wait/],
    [
      "a provider without batches",
      { ...row(1), model: "cohere/command-a-03-2025" },
      /knows no batch endpoint of cohere/
    ],
    ["an image", { model: "openai/gpt-image-1-mini", prompt: "A loom" }, /batches of texts alone/],
    ["what goes into a header", { ...row(1, "", anthropic), native: { workspace_id: "w" } }, /native.workspace_id/]
  ]
  for (const [name, asked, why] of refusedRows) {
    it.live(`names the row that is refused for ${name}, and sends nothing`, () =>
      world(function*({ sandbox }) {
        const reason = yield* reasonOf(Loom.submitBatch([row(0), asked as Batch.Asked]))
        assert.strictEqual(reason._tag, "RowRefused")
        assert.match(reason.why, why)
        assert.include(reason.what, "row 2")
        assert.deepStrictEqual(yield* sandbox.journal, [])
        assert.deepStrictEqual(yield* Loom.batches(), [])
      }))
  }

  it.live("of nothing, and of what can't be read, isn't one", () =>
    world(function*() {
      const empty = yield* reasonOf(Loom.submitBatch([]))
      assert.strictEqual(empty._tag, "RequestsFailed")
      const broken = yield* reasonOf(
        Loom.submitBatch(Stream.concat(Stream.succeed(row(0)), Stream.fail(new Error("the file ends here"))))
      )
      assert.deepInclude(broken, { _tag: "RequestsFailed", rows: 1 })
      assert.strictEqual(broken.why, "the file ends here")
      assert.strictEqual((yield* reasonOf(Loom.batch("nobody")))._tag, "UnknownBatch")
      assert.deepStrictEqual(yield* Loom.batches(), [])
    }))

  it.live("decodes objects by their schemas, and says what is missing where it has none", () =>
    world(function*({ sandbox }) {
      const Answer = Schema.Struct({ n: Schema.Int, note: Schema.optional(Schema.String) })
      const asked = {
        model: openai,
        prompt: "[say: {\"n\":1,\"note\":null}]",
        schema: Schema.toCodecJson(Answer),
        schemaName: "answer"
      } as Batch.Asked
      const { id, wait } = yield* Loom.submitBatch([asked])
      yield* sandbox.finishBatches
      const [own] = yield* Stream.runCollect((yield* wait(soon)).rows)
      assert.isTrue(own?._tag === "Success" && Schema.is(Answer)(own.generation.object))
      const [other] = yield* Stream.runCollect((yield* Loom.batch(id)).results)
      assert.match(other?._tag === "Success" ? other.generation.warnings.join() : "", /give its schema/)
      const [given] = yield* Stream.runCollect((yield* Loom.batch(id, { schemas: { answer: Answer } })).results)
      assert.deepStrictEqual(
        given?._tag === "Success" ? given.generation.object : given,
        own?._tag === "Success" ? own.generation.object : own
      )
    }))

  it.live("asks what has no answer in time as calls, once the vendor has let go of it", () =>
    world(function*({ records, sandbox }) {
      const handle = yield* Loom.submitBatch([row(0), row(1, "[batch: stall]")])
      yield* sandbox.advance("15 seconds")
      const seen: Array<string> = []
      const results = yield* handle.wait({
        ...soon,
        timeout: 0,
        atTimeout: "live",
        onProgress: ({ status }) => {
          seen.push(status)
          Effect.runSync(sandbox.advance("5 minutes"))
        }
      })
      assert.deepStrictEqual(said(yield* Stream.runCollect(results.rows)).map(([, text]) => text), [
        "answer 0",
        "answer 1"
      ])
      assert.deepInclude(results.counts, { succeeded: 2, cancelled: 0 })
      assert.include(seen, "cancelling")
      assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
      assert.deepStrictEqual(records.map(({ operation, outcome }) => [operation, outcome]), [
        ["batch", "ok"],
        ["batch", "interrupted"],
        ["generate", "ok"]
      ])
    }))

  it.live("goes on after a wait that took too long", () =>
    world(function*({ sandbox }) {
      const handle = yield* Loom.submitBatch([row(0)])
      const late = yield* reasonOf(handle.wait({ ...soon, timeout: 0 }))
      assert.deepInclude(late, { _tag: "WaitedTooLong", done: 0, total: 1 })
      yield* sandbox.finishBatches
      assert.strictEqual((yield* handle.wait(soon)).counts.succeeded, 1)
    }))

  it.live("counts for the region that waits for it", () =>
    world(function*({ sandbox }) {
      const [, spend] = yield* Ledger.measure(
        Effect.gen(function*() {
          const handle = yield* Loom.submitBatch([row(0), row(1)])
          yield* sandbox.finishBatches
          yield* handle.wait(soon)
        }).pipe(Ledger.tag({ tenant: "acme" }))
      )
      assert.strictEqual(Number(spend.picoUsd), yield* billed(sandbox))
      assert.strictEqual(spend.calls, 2)
    }))

  it.effect("is split where a job is full, is polled by the clock, and tells how it goes", () =>
    Effect.gen(function*() {
      const sent = new Map<string, ReadonlyArray<string>>()
      let polls = 0
      const endpoint: BatchEndpoint.BatchEndpoint = {
        limits: { rows: 3, bytes: 200, oneModel: false },
        endpointOf: () => Result.succeed("/rows"),
        row: (request, customId) => Effect.succeed(JSON.stringify({ customId, text: textOf(request.prompt) })),
        submit: (job, lines) =>
          Effect.map(Stream.runCollect(lines), (lines) => {
            assert.strictEqual(lines.length, job.rows)
            assert.strictEqual(lines.join("\n").length + 1, job.bytes)
            sent.set(job.marker, lines)
            return `vendor-${job.marker}`
          }),
        find: () => Effect.succeed({ _tag: "None" }),
        poll: (job) =>
          Effect.sync(() => ({
            state: ++polls > 8 ? "completed" : "running",
            done: Math.min(1, job.rows),
            failed: 0,
            results: []
          })),
        results: (job) =>
          Stream.fromIterable(
            (sent.get(job.marker) ?? []).toReversed().map((line) => {
              const { customId, text } = JSON.parse(line) as { readonly customId: string; readonly text: string }
              return { customId, outcome: { _tag: "Answered", json: `${text}!`, requestId: undefined } }
            })
          ),
        cancel: () => Effect.void,
        generation: (request, { json }) =>
          Result.succeed(Generation.make({
            provider: "openai",
            model: request.model.upstream,
            content: [Response.makePart("text", { text: String(json) })],
            finishReason: "stop",
            usage: Usage.make({ inputUncached: 10, outputText: 5 }),
            requestId: undefined,
            native: undefined
          }))
      }
      const long = "x".repeat(100)
      const asked = ["a", "b", "c", "d", long, long].map((prompt): Batch.Asked => ({ model: openai, prompt }))
      yield* Effect.gen(function*() {
        const handle = yield* Loom.submitBatch(asked)
        const seen: Array<string> = []
        const waiting = yield* Effect.forkChild(handle.wait({
          pollInterval: "1 minute",
          onProgress: ({ done, status }) => {
            seen.push(`${status} ${done}`)
          }
        }))
        yield* TestClock.adjust("1 hour")
        const results = yield* Fiber.join(waiting)
        assert.deepStrictEqual(results.jobs.map(({ rows }) => rows), [3, 1, 1, 1])
        assert.deepStrictEqual(
          (yield* Stream.runCollect(results.rows)).map((row) =>
            row._tag === "Success" ? row.generation.text : row._tag
          ),
          asked.map(({ prompt }) => `${prompt as string}!`)
        )
        // Submitting was a step that asked nobody how it goes.
        assert.deepStrictEqual(seen, ["running 4", "running 4", "ended 6"])
        const late = yield* reasonOf(Loom.submitBatch([{ model: openai, prompt: "x".repeat(300) }]))
        assert.match(late.why, /a job of the vendor may have 200/)
      }).pipe(Effect.provide(Loom.layerTest({ openai: Generator.withBatch(Generator.fake(() => "live"), endpoint) })))
    }))

  it.live("tells when its jobs expire, as far as vendors do, and nothing of a cost that nobody knows yet", () =>
    world(function*({ sandbox }) {
      const handle = yield* Loom.submitBatch(table.map(({ model }, n) => row(n, "", model)))
      const { createdAt, jobs, priced } = yield* handle.poll
      assert.strictEqual(priced, 0)
      const day = 86_400_000
      const lives = Object.fromEntries(
        jobs.map(({ expiresAt, provider }) => [
          provider,
          expiresAt === undefined ? undefined : Math.round((expiresAt - createdAt) / day)
        ])
      )
      assert.deepInclude(lives, { openai: 1, anthropic: 1, groq: 1, xai: 7, mistral: undefined, gemini: undefined })
      yield* sandbox.finishBatches
      assert.strictEqual((yield* handle.wait(soon)).priced, table.length)
    }))
})
