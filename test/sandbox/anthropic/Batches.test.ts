import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { call } from "../driven.ts"
import { driven, failure, saying, textOf } from "./claude.ts"

type Request = Anthropic.Messages.BatchCreateParams.Request

const row = (n: number, prompt = `[say: answer ${n}]`, rest: object = {}): Request => ({
  custom_id: `row-${n}`,
  params: saying(prompt, rest)
})

const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n))

const submit = (anthropic: Anthropic, requests: Array<Request>) =>
  call(() => anthropic.messages.batches.create({ requests }))

const read = (anthropic: Anthropic, id: string) =>
  call(async () => {
    const lines: Array<Anthropic.Messages.MessageBatchIndividualResponse> = []
    for await (const line of await anthropic.messages.batches.results(id)) lines.push(line)
    return lines
  })

const ids = (lines: ReadonlyArray<{ custom_id: string }>) => lines.map(({ custom_id }) => custom_id)

const frozen = { startsAt: Date.UTC(2026, 10, 23, 10) }

const nothing = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 }

describe("Anthropic's batches", () => {
  it.effect("end with results in another order, each half the price of what is asked live", () =>
    driven(function*({ anthropic, sandbox }) {
      const made = yield* submit(anthropic, rows(8))
      assert.deepStrictEqual({ ...made, id: "" }, {
        id: "",
        type: "message_batch",
        processing_status: "in_progress",
        request_counts: { ...nothing, processing: 8 },
        created_at: "2026-11-23T10:00:00.000Z",
        expires_at: "2026-11-24T10:00:00.000Z",
        ended_at: null,
        cancel_initiated_at: null,
        archived_at: null,
        results_url: null
      })
      yield* sandbox.advance("5 seconds")
      const half = yield* call(() => anthropic.messages.batches.retrieve(made.id))
      assert.deepInclude(half, { processing_status: "in_progress", request_counts: { ...nothing, processing: 8 } })
      assert.strictEqual((yield* sandbox.bill).length, 4)
      const early = yield* call(() =>
        fetch(`${sandbox.baseUrl("anthropic")}/v1/messages/batches/${made.id}/results`, {
          headers: { authorization: "Bearer k", "anthropic-version": "2026-10-21" }
        })
      )
      assert.strictEqual(early.status, 404)
      yield* sandbox.advance("5 seconds")
      const done = yield* call(() => anthropic.messages.batches.retrieve(made.id))
      assert.deepInclude(done, {
        processing_status: "ended",
        ended_at: "2026-11-23T10:00:10.000Z",
        request_counts: { ...nothing, succeeded: 8 },
        results_url: `${sandbox.baseUrl("anthropic")}/v1/messages/batches/${made.id}/results`
      })

      const results = yield* read(anthropic, made.id)
      assert.notDeepEqual(ids(results), ids(rows(8)))
      assert.deepStrictEqual(ids(results).toSorted(), ids(rows(8)))
      for (const { custom_id, result } of results) {
        if (result.type !== "succeeded") throw new Error(result.type)
        assert.strictEqual(textOf(result.message), `answer ${custom_id.slice(4)}`)
        assert.strictEqual(result.message.usage.service_tier, "batch")
      }
      yield* call(() => anthropic.messages.create(saying("[say: answer 0]")))
      const bill = yield* sandbox.bill
      assert.deepInclude(bill[0], { provider: "anthropic", serviceTier: "batch" })
      assert.strictEqual(bill[0]!.amount * 2n, bill.at(-1)!.amount)
    }, frozen))

  it.effect("tell a row's own error as its result", () =>
    driven(function*({ anthropic, sandbox }) {
      const { id } = yield* submit(anthropic, [
        row(0),
        row(1, "Hi", { max_tokens: -1 }),
        row(2, "[batch: fail 529]"),
        row(3, "[batch: lose]"),
        row(4, "[batch: twice]")
      ])
      yield* sandbox.finishBatches
      const { request_counts } = yield* call(() => anthropic.messages.batches.retrieve(id))
      assert.deepStrictEqual(request_counts, { ...nothing, succeeded: 3, errored: 2 })
      const results = yield* read(anthropic, id)
      assert.deepStrictEqual(ids(results).toSorted(), ["row-0", "row-1", "row-2", "row-4", "row-4"])
      const errorOf = (name: string) => {
        const found = results.find(({ custom_id }) => custom_id === name)?.result
        return found?.type === "errored" ? found.error : undefined
      }
      assert.deepInclude(errorOf("row-1"), { type: "error" })
      assert.strictEqual(errorOf("row-1")?.error.type, "invalid_request_error")
      assert.strictEqual(errorOf("row-2")?.error.type, "overloaded_error")
      assert.strictEqual((yield* sandbox.bill).length, 2)
    }))

  it.effect("expire and are canceled with what was finished", () =>
    driven(function*({ anthropic, sandbox }) {
      const first = yield* submit(anthropic, rows(10))
      const second = yield* submit(anthropic, rows(10))
      yield* sandbox.advance("12 hours")
      const canceling = yield* call(() => anthropic.messages.batches.cancel(second.id))
      assert.deepInclude(canceling, {
        processing_status: "canceling",
        cancel_initiated_at: "2026-11-23T22:00:00.000Z",
        request_counts: { ...nothing, processing: 10 }
      })
      yield* sandbox.advance("12 hours")
      const [canceled, expired] = yield* call(async () => (await anthropic.messages.batches.list()).data)
      assert.deepInclude(canceled, { id: second.id, request_counts: { ...nothing, succeeded: 2, canceled: 8 } })
      assert.deepInclude(expired, { id: first.id, request_counts: { ...nothing, succeeded: 6, expired: 4 } })
      const types = (yield* read(anthropic, first.id)).map(({ result }) => result.type)
      assert.deepStrictEqual(types.toSorted(), [...Array(4).fill("expired"), ...Array(6).fill("succeeded")])
      assert.strictEqual((yield* sandbox.bill).length, 8)
      assert.strictEqual((yield* failure(() => anthropic.messages.batches.cancel(first.id))).status, 400)
      const removed = yield* call(() => anthropic.messages.batches.delete(first.id))
      assert.deepStrictEqual(removed, { id: first.id, type: "message_batch_deleted" })
      assert.strictEqual((yield* failure(() => anthropic.messages.batches.retrieve(first.id))).status, 404)
    }, { ...frozen, batches: { takes: "40 hours" } }))

  it.effect("are refused for what is wrong with their rows as such", () =>
    driven(function*({ anthropic, sandbox }) {
      const refusal = (requests: Array<Request>) => failure(() => anthropic.messages.batches.create({ requests }))
      assert.match((yield* refusal([row(1), row(1)])).message, /unique/)
      assert.match((yield* refusal([{ ...row(1), custom_id: "a b" }])).message, /pattern/)
      assert.match((yield* refusal([])).message, /at least 1 item/)
      assert.match((yield* refusal(rows(4))).message, /at most 3 items/)
      assert.strictEqual((yield* refusal([row(1, "long ".repeat(300))])).status, 413)
      assert.deepStrictEqual((yield* sandbox.journal).map(({ job }) => job), Array(5).fill(undefined))
    }, { batches: { maxRows: 3, maxBytes: 1000 } }))

  it.effect("are listed newest first, page by page, however they were heard of", () =>
    driven(function*({ anthropic, sandbox }) {
      yield* sandbox.script({ route: "/batches", method: "POST", reset: true, billed: true })
      yield* failure(() => anthropic.messages.batches.create({ requests: rows(1) }))
      yield* submit(anthropic, rows(1))
      yield* submit(anthropic, rows(1))
      const made = (yield* sandbox.journal).flatMap(({ job }) => job ?? [])
      const listed = yield* call(async () => {
        const found: Array<string> = []
        for await (const { id } of anthropic.messages.batches.list({ limit: 2 })) found.push(id)
        return found
      })
      assert.deepStrictEqual(listed, made.toReversed())
      const before = yield* call(() => anthropic.messages.batches.list({ limit: 1, before_id: made[0]! }))
      assert.deepStrictEqual([before.data[0]?.id, before.has_more], [made[1], true])
    }))

  it.effect("are archived after 29 days", () =>
    driven(function*({ anthropic, sandbox }) {
      const { id } = yield* submit(anthropic, rows(1))
      yield* sandbox.advance("29 days")
      const archived = yield* call(() => anthropic.messages.batches.retrieve(id))
      assert.deepInclude(archived, { archived_at: "2026-12-22T10:00:00.000Z", results_url: null })
    }, frozen))
})
