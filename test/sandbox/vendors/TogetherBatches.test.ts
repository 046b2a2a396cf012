import { assert, describe, it } from "@effect/vitest"
import OpenAI, { toFile } from "openai"
import { call, driven, json as request } from "../driven.ts"

const frozen = { startsAt: Date.UTC(2026, 10, 23, 10) }

const lines = (rows: ReadonlyArray<unknown>) => rows.map((row) => `${JSON.stringify(row)}\n`).join("")

const read = (text: string) => text.trimEnd().split("\n").map((line) => JSON.parse(line))

describe("Groq's batches", () => {
  it.effect("are OpenAI's, for chat completions of several models, and may take days", () =>
    driven(function*({ sandbox }) {
      const groq = new OpenAI({ apiKey: "gsk-0123456789", baseURL: sandbox.baseUrl("groq"), maxRetries: 0 })
      const row = (custom_id: string, model: string) => ({
        custom_id,
        method: "POST",
        url: "/v1/chat/completions",
        body: { model, messages: [{ role: "user", content: "[say: hello]" }] }
      })
      const rows = [row("a", "llama-3.1-8b-instant"), row("b", "openai/gpt-oss-20b"), row("c", "none")]
      const file = yield* call(async () =>
        groq.files.create({ file: await toFile(Buffer.from(lines(rows)), "rows.jsonl"), purpose: "batch" })
      )
      const { id } = yield* call(() =>
        groq.post("/batches", {
          body: {
            input_file_id: file.id,
            endpoint: "/v1/chat/completions",
            completion_window: "7d",
            metadata: { marker: "x" }
          }
        }) as PromiseLike<OpenAI.Batch>
      )
      yield* sandbox.advance("10 seconds")
      const done = yield* call(() => groq.batches.retrieve(id))
      assert.deepInclude(done, {
        status: "completed",
        metadata: { marker: "x" },
        expires_at: frozen.startsAt / 1000 + 604_800
      })
      const good = read(yield* call(async () => (await groq.files.content(done.output_file_id!)).text()))
      assert.deepStrictEqual(good.map(({ custom_id }) => String(custom_id)).toSorted(), ["a", "b"])
      assert.strictEqual(good[0].response.body.choices[0].message.content, "hello")
      const [bad] = read(yield* call(async () => (await groq.files.content(done.error_file_id!)).text()))
      assert.strictEqual(bad.response.status_code, 404)
      yield* call(() =>
        groq.chat.completions.create({
          model: "llama-3.1-8b-instant",
          messages: [{ role: "user", content: "[say: hello]" }]
        })
      )
      const bill = yield* sandbox.bill
      const entry = bill.find(({ model }) => model === "llama-3.1-8b-instant")
      assert.deepInclude(entry, { provider: "groq", serviceTier: "batch" })
      assert.strictEqual(entry!.amount * 2n, bill.at(-1)!.amount)
    }, frozen))
})

describe("Together's batches", () => {
  it.effect("come in a wrapper, say their state in capitals, and take rows without an address", () =>
    driven(function*({ sandbox }) {
      const url = sandbox.baseUrl("together")
      const headers = { authorization: "Bearer k" }
      const json = (path: string, init: RequestInit = {}) =>
        request(url + path, { ...init, headers: { ...headers, ...init.headers } })
      const post = (path: string, body: unknown) =>
        json(path, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" }
        })
      const row = (custom_id: string) => ({
        custom_id,
        body: { model: "zai-org/GLM-5.3", messages: [{ role: "user", content: `[say: ${custom_id}]` }] }
      })
      const upload = (rows: ReadonlyArray<unknown>) => {
        const form = new FormData()
        form.set("purpose", "batch-api")
        form.set("file_name", "rows.jsonl")
        form.set("file", new Blob([lines(rows)]), "rows.jsonl")
        return json("/files/upload", { method: "POST", body: form })
      }
      const file = (yield* upload([row("a"), row("b")])).body
      assert.deepInclude(file, { object: "file", purpose: "batch-api", LineCount: 2, Processed: true })
      const made = yield* post("/batches", { input_file_id: file.id, endpoint: "/v1/chat/completions" })
      assert.strictEqual(made.status, 201)
      const { job } = made.body
      assert.deepInclude(job, { status: "VALIDATING", progress: 0, job_deadline: "2026-11-24T10:00:00.000Z" })
      yield* sandbox.advance("5 seconds")
      assert.deepInclude((yield* json(`/batches/${job.id}`)).body, { status: "IN_PROGRESS", progress: 50 })
      yield* sandbox.advance("5 seconds")
      const [done] = (yield* json("/batches")).body
      assert.deepInclude(done, { id: job.id, status: "COMPLETED", progress: 100, model_id: "zai-org/GLM-5.3" })
      const results = yield* call(async () =>
        read(await (await fetch(`${url}/files/${done.output_file_id}/content`, { headers })).text())
      )
      for (const { custom_id, response } of results) {
        assert.strictEqual(response.body.choices[0].message.content, custom_id)
      }
      assert.deepInclude((yield* sandbox.bill)[0], { provider: "together", serviceTier: "batch" })

      const long = (yield* upload([row("x".repeat(65))])).body
      const failing = (yield* post("/batches", { input_file_id: long.id, endpoint: "/v1/chat/completions" })).body.job
      yield* sandbox.finishBatches
      const failed = (yield* json(`/batches/${failing.id}`)).body
      assert.strictEqual(failed.status, "FAILED")
      assert.match(failed.error, /longer than 64/)
    }, frozen))
})
