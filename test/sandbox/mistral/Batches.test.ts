import { assert, describe, it } from "@effect/vitest"
import type { Mistral } from "@mistralai/mistralai"
import type { CreateBatchJobRequest } from "@mistralai/mistralai/models/components"
import { call } from "../driven.ts"
import { driven, failure } from "./mistral.ts"

const row = (n: number, content = `[say: answer ${n}]`, rest: object = {}) => ({
  customId: `row-${n}`,
  body: { messages: [{ role: "user", content }], ...rest }
})

const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n))

const create = (mistral: Mistral, rest: Partial<CreateBatchJobRequest>) =>
  call(() =>
    mistral.batch.jobs.create({
      endpoint: "/v1/chat/completions",
      model: "mistral-small-2603",
      timeoutHours: 24,
      ...rest
    })
  )

const read = (mistral: Mistral, fileId: string | null | undefined) =>
  call(async () => {
    if (fileId == null) return []
    const text = await new Response(await mistral.files.download({ fileId })).text()
    return text.trimEnd().split("\n").map((line) => JSON.parse(line))
  })

const ids = (lines: ReadonlyArray<{ readonly custom_id: string }>) => lines.map(({ custom_id }) => custom_id).toSorted()

const frozen = { startsAt: Date.UTC(2026, 10, 23, 10) }

describe("Mistral's batches", () => {
  it.effect("run rows that come in the request, each half the price", () =>
    driven(function*({ mistral, sandbox }) {
      const made = yield* create(mistral, { requests: rows(4), metadata: { loom: "row-set-1" } })
      assert.deepInclude(made, {
        status: "QUEUED",
        model: "mistral-small-2603",
        metadata: { loom: "row-set-1" },
        totalRequests: 4,
        outputFile: null
      })
      assert.strictEqual(made.inputFiles.length, 1)
      yield* sandbox.advance("5 seconds")
      const half = yield* call(() => mistral.batch.jobs.get({ jobId: made.id }))
      assert.deepInclude(half, { status: "RUNNING", completedRequests: 2 })
      yield* sandbox.advance("5 seconds")
      const done = yield* call(() => mistral.batch.jobs.get({ jobId: made.id }))
      assert.deepInclude(done, { status: "SUCCESS", succeededRequests: 4, failedRequests: 0, errorFile: null })
      const lines = yield* read(mistral, done.outputFile)
      assert.deepStrictEqual(ids(lines), rows(4).map(({ customId }) => customId))
      assert.deepInclude(lines[0].response, { status_code: 200 })
      assert.match(lines[0].response.body.choices[0].message.content, /^answer \d$/)
      const inline = yield* call(() => mistral.batch.jobs.get({ jobId: made.id, inline: true }))
      assert.deepStrictEqual(inline.outputs, lines)
      yield* call(() =>
        mistral.chat.complete({ model: "mistral-small-2603", messages: [{ role: "user", content: "[say: answer 0]" }] })
      )
      const bill = yield* sandbox.bill
      assert.deepInclude(bill[0], { provider: "mistral", serviceTier: "batch" })
      assert.strictEqual(bill[0]!.amount * 2n, bill.at(-1)!.amount)
      const listed = yield* call(() => mistral.batch.jobs.list())
      assert.deepStrictEqual(listed.data?.map(({ id, metadata }) => [id, metadata]), [[made.id, { loom: "row-set-1" }]])
    }, frozen))

  it.effect("run rows from a file, whose failures are in another", () =>
    driven(function*({ mistral, sandbox }) {
      const content = [row(0), row(1, "Hi", { temperature: 9 }), row(2)]
        .map(({ body, customId }) => `${JSON.stringify({ custom_id: customId, body })}\n`).join("")
      const file = yield* call(() =>
        mistral.files.upload({ file: { fileName: "rows.jsonl", content: new Blob([content]) }, purpose: "batch" })
      )
      assert.deepInclude(file, { sizeBytes: content.length, numLines: 3, sampleType: "batch_request" })
      const { id } = yield* create(mistral, { inputFiles: [file.id] })
      yield* sandbox.finishBatches
      const done = yield* call(() => mistral.batch.jobs.get({ jobId: id }))
      assert.deepInclude(done, { status: "SUCCESS", succeededRequests: 2, failedRequests: 1 })
      assert.deepStrictEqual(ids(yield* read(mistral, done.outputFile)), ["row-0", "row-2"])
      const [bad] = yield* read(mistral, done.errorFile)
      assert.deepInclude(bad, { custom_id: "row-1" })
      assert.strictEqual(bad.response.status_code, 422)
    }))

  it.effect("time out and are cancelled with what was finished, and say nothing of the rest", () =>
    driven(function*({ mistral, sandbox }) {
      const first = yield* create(mistral, { requests: rows(10), timeoutHours: 12 })
      const second = yield* create(mistral, { requests: rows(10) })
      yield* sandbox.advance("12 hours")
      const asked = yield* call(() => mistral.batch.jobs.cancel({ jobId: second.id }))
      assert.strictEqual(asked.status, "CANCELLATION_REQUESTED")
      yield* sandbox.advance("4 hours")
      for (const [id, status] of [[first.id, "TIMEOUT_EXCEEDED"], [second.id, "CANCELLED"]] as const) {
        const over = yield* call(() => mistral.batch.jobs.get({ jobId: id }))
        assert.deepInclude(over, { status, completedRequests: 2, totalRequests: 10, errorFile: null })
        assert.strictEqual((yield* read(mistral, over.outputFile)).length, 2)
      }
      assert.strictEqual((yield* sandbox.bill).length, 4)
      assert.isTrue((yield* call(() => mistral.batch.jobs.delete({ jobId: first.id }))).deleted)
      assert.strictEqual((yield* failure(() => mistral.batch.jobs.get({ jobId: first.id }))).statusCode, 404)
    }, { ...frozen, batches: { takes: "40 hours" } }))

  it.effect("fail for a line that is none, and are refused for a model that isn't there", () =>
    driven(function*({ mistral, sandbox }) {
      const file = yield* call(() =>
        mistral.files.upload({ file: { fileName: "rows.jsonl", content: new Blob(["{}\n"]) }, purpose: "batch" })
      )
      const { id } = yield* create(mistral, { inputFiles: [file.id] })
      yield* sandbox.finishBatches
      const failed = yield* call(() => mistral.batch.jobs.get({ jobId: id }))
      assert.deepInclude(failed, { status: "FAILED", outputFile: null })
      assert.deepStrictEqual(failed.errors, [{ message: "Invalid line in the input file. (line 1)", count: 1 }])
      const refused = yield* failure(() =>
        mistral.batch.jobs.create({ endpoint: "/v1/chat/completions", model: "none", requests: rows(1) })
      )
      assert.strictEqual(refused.statusCode, 400)
    }))
})
