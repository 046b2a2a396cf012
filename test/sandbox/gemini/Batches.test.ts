import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { call } from "../driven.ts"
import { driven, failure } from "./gemini.ts"

const row = (n: number, text = `[say: answer ${n}]`, config: object = {}) => ({
  contents: [{ role: "user", parts: [{ text }] }],
  metadata: { key: `row-${n}` },
  config
})

const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n))

const line = (n: number) =>
  `${
    JSON.stringify({ key: `row-${n}`, request: { contents: [{ role: "user", parts: [{ text: `[say: ä${n}]` }] }] } })
  }\n`

const model = "gemini-2.5-flash-lite"
/** For comparing with words that the SDK has enumerations for. */
const plain = (value: object): Record<string, unknown> => ({ ...value })

const frozen = { startsAt: Date.UTC(2026, 10, 23, 10) }

describe("Gemini's batches", () => {
  it.effect("answer what came in the request with what it carried, in another order, half the price", () =>
    driven(function*({ gemini, sandbox }) {
      const made = yield* call(() =>
        gemini.batches.create({ model, src: rows(6), config: { displayName: "row-set-1" } })
      )
      assert.deepInclude(plain(made), {
        displayName: "row-set-1",
        state: "JOB_STATE_PENDING",
        model: `models/${model}`,
        createTime: "2026-11-23T10:00:00.000Z"
      })
      const name = made.name!
      yield* sandbox.advance("5 seconds")
      assert.strictEqual((yield* call(() => gemini.batches.get({ name }))).state, "JOB_STATE_RUNNING")
      assert.strictEqual((yield* sandbox.bill).length, 3)
      yield* sandbox.advance("5 seconds")
      const done = yield* call(() => gemini.batches.get({ name }))
      assert.deepInclude(plain(done), { state: "JOB_STATE_SUCCEEDED", endTime: "2026-11-23T10:00:10.000Z" })
      const responses = done.dest!.inlinedResponses!
      const keys = responses.map(({ metadata }) => String(metadata?.["key"]))
      assert.notDeepEqual(keys, rows(6).map(({ metadata }) => metadata.key))
      assert.deepStrictEqual(keys.toSorted(), rows(6).map(({ metadata }) => metadata.key))
      for (const { metadata, response } of responses) {
        const [part] = response!.candidates![0]!.content!.parts!
        assert.strictEqual(part?.text, `answer ${metadata?.["key"]?.slice(4)}`)
      }
      yield* call(() => gemini.models.generateContent({ model, contents: row(0).contents }))
      const bill = yield* sandbox.bill
      assert.deepInclude(bill[0], { provider: "gemini", serviceTier: "batch" })
      assert.strictEqual(bill[0]!.amount * 2n, bill.at(-1)!.amount)
      const names = yield* call(async () => {
        const found: Array<unknown> = []
        for await (const job of await gemini.batches.list()) found.push([job.name, job.displayName])
        return found
      })
      assert.deepStrictEqual(names, [[name, "row-set-1"]])
    }, frozen))

  it.effect("tell a row's error by Google's number, and leave rows out or tell them twice", () =>
    driven(function*({ gemini, sandbox }) {
      const src = [
        row(0, "Hi", { temperature: 9 }),
        row(1, "[batch: fail 503]"),
        row(2, "[batch: lose]"),
        row(3, "[batch: twice]")
      ]
      const { name = "" } = yield* call(() => gemini.batches.create({ model, src }))
      yield* sandbox.finishBatches
      const { dest } = yield* call(() => gemini.batches.get({ name }))
      const told = dest!.inlinedResponses!.map(({ error, metadata }) => `${metadata?.["key"]} ${error?.code}`)
      assert.deepStrictEqual(told.toSorted(), ["row-0 3", "row-1 14", "row-3 undefined", "row-3 undefined"])
    }))

  it.effect("run a file that was uploaded in pieces, and answer in another", () =>
    driven(function*({ gemini, sandbox }) {
      const content = Array.from({ length: 4 }, (_, n) => line(n)).join("")
      const file = yield* call(() =>
        gemini.files.upload({
          file: new Blob([content]),
          config: { mimeType: "application/jsonl", displayName: "rows" }
        })
      )
      assert.deepInclude(plain(file), {
        displayName: "rows",
        mimeType: "application/jsonl",
        sizeBytes: String(Buffer.byteLength(content)),
        state: "ACTIVE"
      })
      const { name = "" } = yield* call(() => gemini.batches.create({ model, src: { fileName: file.name! } }))
      yield* sandbox.finishBatches
      const { dest } = yield* call(() => gemini.batches.get({ name }))
      const text = yield* call(async () => {
        const response = await fetch(`${sandbox.baseUrl("gemini")}/v1beta/${dest!.fileName}:download?alt=media`, {
          headers: { "x-goog-api-key": "k" }
        })
        return response.text()
      })
      const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line))
      assert.deepStrictEqual(lines.map(({ key }) => String(key)).toSorted(), ["row-0", "row-1", "row-2", "row-3"])
      const [first] = lines
      assert.strictEqual(first.response.candidates[0].content.parts[0].text, `ä${first.key.slice(4)}`)

      const bad = yield* call(() =>
        gemini.files.upload({ file: new Blob(["{}\n"]), config: { mimeType: "application/jsonl" } })
      )
      const failed = yield* call(() => gemini.batches.create({ model, src: { fileName: bad.name! } }))
      yield* sandbox.finishBatches
      assert.strictEqual((yield* call(() => gemini.batches.get({ name: failed.name! }))).state, "JOB_STATE_FAILED")
    }))

  it.effect("keep what was finished when they are cancelled, and tell nothing when they expire", () =>
    driven(function*({ gemini, sandbox }) {
      const create = call(() => gemini.batches.create({ model, src: rows(10) }))
      const { name: first = "" } = yield* create
      const { name: second = "" } = yield* create
      yield* sandbox.advance("24 hours")
      yield* call(() => gemini.batches.cancel({ name: second }))
      yield* sandbox.advance("24 hours")
      const expired = yield* call(() => gemini.batches.get({ name: first }))
      assert.strictEqual(expired.state, "JOB_STATE_EXPIRED")
      assert.isUndefined(expired.dest)
      const cancelled = yield* call(() => gemini.batches.get({ name: second }))
      assert.strictEqual(cancelled.state, "JOB_STATE_CANCELLED")
      assert.strictEqual(cancelled.dest?.inlinedResponses?.length, 2)
      assert.strictEqual((yield* sandbox.bill).length, 8)
      yield* call(() => gemini.batches.delete({ name: first }))
      assert.strictEqual((yield* failure(() => gemini.batches.get({ name: first }))).status, 404)
    }, { ...frozen, batches: { takes: "80 hours" } }))

  it.effect("are refused for a model or a file that isn't there, and for too many rows or bytes", () =>
    driven(function*({ gemini }) {
      const refusal = (model: string, src: Parameters<typeof gemini.batches.create>[0]["src"]) =>
        failure(() => gemini.batches.create({ model, src })).pipe(Effect.map(({ status }) => status))
      assert.strictEqual(yield* refusal("none", rows(1)), 404)
      assert.strictEqual(yield* refusal(model, { fileName: "files/none" }), 404)
      assert.strictEqual(yield* refusal(model, rows(3)), 400)
      assert.strictEqual(yield* refusal(model, [row(0, "long ".repeat(300))]), 413)
    }, { batches: { maxRows: 2, maxBytes: 1000 } }))
})
