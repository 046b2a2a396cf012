import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type OpenAI from "openai"
import { toFile } from "openai"
import { call, driven, failure } from "../driven.ts"

interface Row {
  readonly custom_id: string
  readonly method?: string
  readonly url?: string
  readonly body?: unknown
}

const saying = (prompt: string, rest: object = {}) => ({ model: "gpt-4.1", input: prompt, ...rest })

const row = (n: number, body: unknown = saying(`[say: answer ${n}]`)): Row => ({
  custom_id: `row-${n}`,
  method: "POST",
  url: "/v1/responses",
  body
})

const lines = (rows: ReadonlyArray<unknown>) => rows.map((row) => `${JSON.stringify(row)}\n`).join("")

const upload = (openai: OpenAI, content: string) =>
  call(async () => openai.files.create({ file: await toFile(Buffer.from(content), "rows.jsonl"), purpose: "batch" }))

const submit = (openai: OpenAI, rows: ReadonlyArray<unknown> | string, rest: Partial<OpenAI.BatchCreateParams> = {}) =>
  Effect.gen(function*() {
    const file = yield* upload(openai, typeof rows === "string" ? rows : lines(rows))
    return yield* call(() =>
      openai.batches.create({
        input_file_id: file.id,
        endpoint: "/v1/responses",
        completion_window: "24h",
        ...rest
      })
    )
  })

const read = (openai: OpenAI, id: string | undefined) =>
  call(async () => {
    if (id === undefined) return []
    const text = await (await openai.files.content(id)).text()
    return text.trimEnd().split("\n").map((line) => JSON.parse(line))
  })

const ids = (lines: ReadonlyArray<{ custom_id: string }>) => lines.map(({ custom_id }) => custom_id)

const frozen = { startsAt: Date.UTC(2026, 10, 23, 10) }

const textOf = (line: { response: { body: OpenAI.Responses.Response } }) =>
  line.response.body.output.flatMap((item) =>
    item.type === "message" ? item.content.map((part) => part.type === "output_text" ? part.text : "") : []
  ).join("")

describe("OpenAI's batches", () => {
  it.effect("go from a file through their states to results in another order, each half the price", () =>
    driven(function*({ openai, sandbox }) {
      const rows = Array.from({ length: 8 }, (_, n) => row(n))
      const file = yield* upload(openai, lines(rows))
      assert.deepInclude(file, {
        object: "file",
        bytes: lines(rows).length,
        filename: "rows.jsonl",
        purpose: "batch",
        status: "processed"
      })
      const made = yield* call(() =>
        openai.batches.create({
          input_file_id: file.id,
          endpoint: "/v1/responses",
          completion_window: "24h",
          metadata: { loom: "row-set-1" }
        })
      )
      const at = frozen.startsAt / 1000
      assert.deepInclude(made, {
        object: "batch",
        status: "validating",
        model: "gpt-4.1",
        created_at: at,
        expires_at: at + 86_400,
        metadata: { loom: "row-set-1" },
        request_counts: { total: 8, completed: 0, failed: 0 }
      })
      assert.isNull(made.output_file_id)
      yield* sandbox.advance("5 seconds")
      const half = yield* call(() => openai.batches.retrieve(made.id))
      assert.deepInclude(half, { status: "in_progress", in_progress_at: at + 1 })
      assert.deepStrictEqual(half.request_counts, { total: 8, completed: 4, failed: 0 })
      assert.strictEqual((yield* sandbox.bill).length, 4)
      yield* sandbox.advance("4 seconds")
      assert.strictEqual((yield* call(() => openai.batches.retrieve(made.id))).status, "finalizing")
      yield* sandbox.advance("1 second")
      const done = yield* call(() => openai.batches.retrieve(made.id))
      assert.deepInclude(done, { status: "completed", completed_at: at + 10 })
      assert.isNull(done.error_file_id)

      const results = yield* read(openai, done.output_file_id)
      assert.notDeepEqual(ids(results), ids(rows))
      assert.deepStrictEqual(ids(results).toSorted(), ids(rows))
      for (const line of results) {
        assert.deepInclude(line, { error: null })
        assert.strictEqual(line.response.status_code, 200)
        assert.strictEqual(textOf(line), `answer ${line.custom_id.slice(4)}`)
      }

      const live = yield* call(() => openai.responses.create({ model: "gpt-4.1", input: "[say: answer 0]" }))
      const bill = yield* sandbox.bill
      const [first] = results
      const entry = bill.find(({ requestId }) => requestId === first.response.request_id)
      assert.deepInclude(entry, { provider: "openai", serviceTier: "batch", model: "gpt-4.1" })
      assert.strictEqual(entry?.responseId, first.response.body.id)
      assert.strictEqual(entry!.amount * 2n, bill.at(-1)!.amount)
      assert.strictEqual(bill.at(-1)?.responseId, live.id)
      assert.strictEqual(done.usage?.input_tokens, 8 * live.usage!.input_tokens)
      assert.strictEqual(done.usage?.output_tokens, 8 * live.usage!.output_tokens)
    }, frozen))

  it.effect("tell failed rows in a file of their own, and have no file of what there isn't", () =>
    driven(function*({ openai, sandbox }) {
      const { id } = yield* submit(openai, [
        row(0),
        row(1, saying("Hi", { temperature: 9 })),
        row(2, saying("[batch: fail 500]")),
        row(3, saying("Hi", { stream: true }))
      ])
      yield* sandbox.finishBatches
      const done = yield* call(() => openai.batches.retrieve(id))
      assert.deepStrictEqual(done.request_counts, { total: 4, completed: 1, failed: 3 })
      const good = yield* read(openai, done.output_file_id)
      assert.deepStrictEqual(ids(good), ["row-0"])
      const bad = yield* read(openai, done.error_file_id)
      const by = new Map(bad.map((line) => [line.custom_id, line.response]))
      assert.strictEqual(by.get("row-1").status_code, 400)
      assert.deepInclude(by.get("row-1").body.error, { param: "temperature", code: "decimal_above_max_value" })
      assert.strictEqual(by.get("row-2").status_code, 500)
      assert.strictEqual(by.get("row-3").status_code, 400)
      assert.strictEqual((yield* sandbox.bill).length, 1)

      const other = yield* submit(openai, [row(0, saying("Hi", { temperature: 9 }))])
      yield* sandbox.finishBatches
      const none = yield* call(() => openai.batches.retrieve(other.id))
      assert.strictEqual(none.status, "completed")
      assert.isNull(none.output_file_id)
    }))

  it.effect("fail as a whole for what is wrong with a line, and say which", () =>
    driven(function*({ openai, sandbox }) {
      const flaws = (content: string) =>
        Effect.gen(function*() {
          const { id } = yield* submit(openai, content)
          yield* sandbox.advance("2 seconds")
          const batch = yield* call(() => openai.batches.retrieve(id))
          assert.strictEqual(batch.status, "failed")
          assert.isNull(batch.output_file_id)
          return batch.errors?.data?.map(({ code, line }) => [code, line])
        })
      assert.deepStrictEqual(
        yield* flaws(`${lines([row(1)])}{"custom_id":\n${lines([row(1), { ...row(2), url: "/v1/embeddings" }])}`),
        [["invalid_json_line", 2], ["duplicate_custom_id", 3], ["url_mismatch", 4]]
      )
      assert.deepStrictEqual(
        yield* flaws(lines([row(1), row(2, { ...saying("Hi"), model: "gpt-4o" }), { custom_id: "row-3" }])),
        [["model_mismatch", 2], ["missing_required_parameter", 3]]
      )
      assert.deepStrictEqual(yield* flaws(""), [["empty_file", null]])
      assert.deepStrictEqual(yield* sandbox.bill, [])
    }, frozen))

  it.effect("fail for too many rows or bytes", () =>
    driven(function*({ openai, sandbox }) {
      const { id } = yield* submit(openai, [row(1), row(2), row(3)])
      const long = yield* submit(openai, [row(1, saying("long ".repeat(200)))])
      yield* sandbox.finishBatches
      assert.strictEqual((yield* call(() => openai.batches.retrieve(id))).errors?.data?.[0]?.code, "too_many_tasks")
      const batch = yield* call(() => openai.batches.retrieve(long.id))
      assert.strictEqual(batch.errors?.data?.[0]?.code, "file_too_large")
    }, { batches: { maxRows: 2, maxBytes: 1000 } }))

  it.effect("are refused at once for what is wrong with the request", () =>
    driven(function*({ openai }) {
      const file = yield* upload(openai, lines([row(1)]))
      const create = (body: object) =>
        failure(() =>
          openai.batches.create({
            input_file_id: file.id,
            endpoint: "/v1/responses",
            completion_window: "24h",
            ...body
          })
        )
      assert.strictEqual((yield* create({ input_file_id: "file-none" })).param, "input_file_id")
      assert.strictEqual((yield* create({ endpoint: "/v1/none" })).param, "endpoint")
      assert.strictEqual((yield* create({ completion_window: "1h" })).param, "completion_window")
      assert.strictEqual((yield* create({ metadata: { long: "x".repeat(513) } })).param, "metadata.long")
      assert.strictEqual((yield* failure(() => openai.batches.retrieve("batch_none"))).status, 404)
      assert.strictEqual((yield* failure(() => openai.files.content("file-none"))).status, 404)
      const notJson = yield* failure(async () =>
        openai.files.create({ file: await toFile(Buffer.from("x"), "rows.txt"), purpose: "batch" })
      )
      assert.strictEqual(notJson.status, 400)
    }))

  it.effect("expire with what was finished, which is charged, and say which rows weren't", () =>
    driven(function*({ openai, sandbox }) {
      const { id } = yield* submit(openai, Array.from({ length: 10 }, (_, n) => row(n)))
      yield* sandbox.advance("24 hours")
      const expired = yield* call(() => openai.batches.retrieve(id))
      assert.deepInclude(expired, { status: "expired", expired_at: frozen.startsAt / 1000 + 86_400 })
      const good = yield* read(openai, expired.output_file_id)
      const bad = yield* read(openai, expired.error_file_id)
      // Rows finish between hours 4 and 36.
      assert.deepStrictEqual([good.length, bad.length], [6, 4])
      assert.deepInclude(bad[0], { response: null })
      assert.strictEqual(bad[0].error.code, "batch_expired")
      assert.strictEqual((yield* sandbox.bill).length, 6)
    }, { ...frozen, batches: { takes: "40 hours" } }))

  it.effect("are cancelled with what was finished", () =>
    driven(function*({ openai, sandbox }) {
      const { id } = yield* submit(openai, Array.from({ length: 8 }, (_, n) => row(n)))
      yield* sandbox.advance("3 seconds")
      const cancelling = yield* call(() => openai.batches.cancel(id))
      assert.strictEqual(cancelling.status, "cancelling")
      assert.isNull(cancelling.output_file_id)
      yield* sandbox.advance("2 seconds")
      const cancelled = yield* call(() => openai.batches.retrieve(id))
      assert.deepInclude(cancelled, { status: "cancelled", cancelled_at: frozen.startsAt / 1000 + 4 })
      assert.strictEqual((yield* read(openai, cancelled.output_file_id)).length, 2)
      const rest = yield* read(openai, cancelled.error_file_id)
      assert.strictEqual(rest.length, 6)
      assert.isTrue(rest.every(({ error }) => error.code === "batch_cancelled"))
      assert.strictEqual((yield* sandbox.bill).length, 2)
      assert.strictEqual((yield* failure(() => openai.batches.cancel(id))).status, 409)

      const early = yield* submit(openai, [row(1), row(2)])
      yield* call(() => openai.batches.cancel(early.id))
      yield* sandbox.advance("1 second")
      const none = yield* call(() => openai.batches.retrieve(early.id))
      assert.strictEqual(none.status, "cancelled")
      assert.isNull(none.output_file_id)
      assert.strictEqual((yield* read(openai, none.error_file_id)).length, 2)
    }, frozen))

  it.effect("lose rows, tell them twice and keep them waiting, as the prompts say", () =>
    driven(function*({ openai, sandbox }) {
      const { id } = yield* submit(openai, [
        row(0),
        row(1, saying("[batch: lose]")),
        row(2, saying("[batch: twice]")),
        row(3, saying("[batch: stall]"))
      ])
      yield* sandbox.advance("1 hour")
      const open = yield* call(() => openai.batches.retrieve(id))
      assert.strictEqual(open.status, "in_progress")
      assert.isNull(open.output_file_id)
      assert.deepStrictEqual(open.request_counts, { total: 4, completed: 3, failed: 0 })
      yield* sandbox.advance("23 hours")
      const expired = yield* call(() => openai.batches.retrieve(id))
      assert.deepStrictEqual(ids(yield* read(openai, expired.output_file_id)).toSorted(), ["row-0", "row-2", "row-2"])
      assert.deepStrictEqual(ids(yield* read(openai, expired.error_file_id)), ["row-3"])
      assert.strictEqual((yield* sandbox.bill).length, 2)
    }, frozen))

  it.effect("are found by their metadata, newest first, page by page", () =>
    driven(function*({ openai }) {
      const file = yield* upload(openai, lines([row(1)]))
      for (const marker of ["a", "b", "c"]) {
        yield* call(() =>
          openai.batches.create({
            input_file_id: file.id,
            endpoint: "/v1/responses",
            completion_window: "24h",
            metadata: { marker }
          })
        )
      }
      const markers = yield* call(async () => {
        const found: Array<unknown> = []
        for await (const batch of openai.batches.list({ limit: 2 })) found.push(batch.metadata?.["marker"])
        return found
      })
      assert.deepStrictEqual(markers, ["c", "b", "a"])
      const listed = yield* call(() => openai.files.list({ purpose: "batch" }))
      assert.deepStrictEqual(listed.data.map(({ id }) => id), [file.id])
      assert.isTrue((yield* call(() => openai.files.delete(file.id))).deleted)
      assert.strictEqual((yield* failure(() => openai.files.retrieve(file.id))).status, 404)
    }))

  it.effect("are named in the journal by who made them, told or not", () =>
    driven(function*({ openai, sandbox }) {
      const file = yield* upload(openai, lines([row(1)]))
      const create = () =>
        openai.batches.create({ input_file_id: file.id, endpoint: "/v1/responses", completion_window: "24h" })
      yield* sandbox.script(
        { route: "/batches", method: "POST", respond: { status: 503 } },
        { route: "/batches", method: "POST", reset: true, billed: true }
      )
      yield* failure(create)
      yield* failure(create)
      const batches = yield* call(() => openai.batches.list())
      const journal = yield* sandbox.journal
      assert.deepStrictEqual(journal.flatMap(({ job }) => job ?? []), batches.data.map(({ id }) => id))
      assert.deepStrictEqual(journal[0]?.body, {
        file: { filename: "rows.jsonl", contentType: "application/octet-stream", size: lines([row(1)]).length },
        purpose: "batch"
      })
      assert.strictEqual(batches.data.length, 1)
    }))

  it.effect("run on when their file or their key is gone", () =>
    driven(function*({ client, openai, sandbox }) {
      const { id, input_file_id } = yield* submit(openai, [row(1)])
      yield* call(() => openai.files.delete(input_file_id))
      yield* sandbox.revokeKey("sk-test-0123456789abcd")
      yield* sandbox.finishBatches
      const done = yield* call(() => client({ apiKey: "sk-other-0123456789" }).batches.retrieve(id))
      assert.deepInclude(done.request_counts, { completed: 1, failed: 0 })
    }))

  it.effect("give results that break off after a line, and a file that stalls", () =>
    driven(function*({ openai, sandbox }) {
      const { id } = yield* submit(openai, [row(1), row(2), row(3)])
      yield* sandbox.finishBatches
      const { output_file_id } = yield* call(() => openai.batches.retrieve(id))
      const content = () =>
        call(async () => {
          try {
            return await (await openai.files.content(output_file_id!)).text()
          } catch {
            return undefined
          }
        })
      const whole = yield* content()
      yield* sandbox.script(
        { route: "/content", cut: { afterEvents: 2, clean: true } },
        { route: "/content", cut: { afterBytes: 10 } },
        { route: "/content", stall: { afterEvents: 1, forMillis: 1 } }
      )
      assert.strictEqual(yield* content(), `${whole?.split("\n").slice(0, 2).join("\n")}\n`)
      assert.isUndefined(yield* content())
      assert.strictEqual(yield* content(), whole)
      const entries = (yield* sandbox.journal).filter(({ path }) => path.endsWith("/content"))
      assert.deepStrictEqual(entries.map(({ bytesSent, eventsSent, finished }) => [bytesSent, eventsSent, finished]), [
        [whole!.length, 3, true],
        [whole!.split("\n").slice(0, 2).join("\n").length + 1, 2, false],
        [10, 0, false],
        [whole!.length, 3, true]
      ])
    }))

  it.effect("stop where they are when the sandbox forgets them, or closes", () =>
    Effect.gen(function*() {
      const started = (isForgotten: boolean) =>
        driven(function*({ openai, sandbox }) {
          yield* submit(openai, Array.from({ length: 1000 }, (_, n) => row(n)))
          const fiber = yield* Effect.forkDetach(sandbox.finishBatches)
          yield* Effect.yieldNow
          if (isForgotten) {
            yield* sandbox.reset
            assert.deepStrictEqual((yield* call(() => openai.batches.list())).data, [])
          }
          return fiber
        })
      for (const isForgotten of [true, false]) yield* Fiber.join(yield* started(isForgotten))
    }))

  it.effect("answer Chat Completions too", () =>
    driven(function*({ openai, sandbox }) {
      const rows = [{
        custom_id: "a",
        method: "POST",
        url: "/v1/chat/completions",
        body: { model: "gpt-4o-mini", messages: [{ role: "user", content: "[say: hello]" }], service_tier: "flex" }
      }]
      const { id } = yield* submit(openai, rows, { endpoint: "/v1/chat/completions" })
      yield* sandbox.finishBatches
      const { output_file_id } = yield* call(() => openai.batches.retrieve(id))
      const [line] = yield* read(openai, output_file_id)
      assert.deepInclude(line.response.body, { object: "chat.completion", service_tier: "default" })
      assert.strictEqual(line.response.body.choices[0].message.content, "hello")
      const [entry] = yield* sandbox.bill
      assert.deepInclude(entry, { serviceTier: "batch", amount: 1_125_000n })
    }))
})
