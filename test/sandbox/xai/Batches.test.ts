import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import OpenAI from "openai"
import type { Sandbox } from "../../../src/sandbox/Sandbox.ts"
import { call, driven, json } from "../driven.ts"

const frozen = { startsAt: Date.UTC(2026, 10, 23, 10) }

const row = (n: number, input = `[say: answer ${n}]`, rest: object = {}) => ({
  custom_id: `row-${n}`,
  method: "POST",
  url: "/v1/responses",
  body: { model: "grok-4.7", input, ...rest }
})

const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n))

const client = (sandbox: Sandbox["Service"]) => {
  const url = sandbox.baseUrl("xai")
  const headers = { authorization: "Bearer xai-0123456789" }
  const get = (path: string) => json(url + path, { headers })
  const post = (path: string, body: unknown) =>
    json(url + path, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body)
    })
  const upload = (
    rows: ReadonlyArray<unknown>,
    fields: ReadonlyArray<readonly [string, string]> = [],
    late = false
  ) => {
    const form = new FormData()
    const add = () => fields.forEach(([name, value]) => form.append(name, value))
    if (!late) add()
    form.append("file", new Blob(rows.map((row) => `${JSON.stringify(row)}\n`)), "rows.jsonl")
    if (late) add()
    return json(`${url}/files`, { method: "POST", headers, body: form })
  }
  const submit = (rows: ReadonlyArray<unknown>) =>
    Effect.gen(function*() {
      const file = yield* upload(rows)
      return yield* post("/batches", { name: "row-set-1", input_file_id: file.body.id })
    })
  return { url, get, post, upload, submit }
}

describe("xAI's batches", () => {
  it.effect("tell their results by the page, as chat completions, with what they cost at 0.8 of the price", () =>
    driven(function*({ sandbox }) {
      const { get, submit, url } = client(sandbox)
      const { body: made } = yield* submit(rows(6))
      assert.deepInclude(made, {
        name: "row-set-1",
        create_time: "2026-11-23T10:00:00.000Z",
        expire_time: "2026-11-30T10:00:00.000Z",
        cancel_time: null,
        state: { num_requests: 6, num_pending: 6, num_success: 0, num_error: 0, num_cancelled: 0 }
      })
      yield* sandbox.advance("5 seconds")
      assert.deepInclude((yield* get(`/batches/${made.batch_id}`)).body.state, { num_pending: 3, num_success: 3 })
      assert.strictEqual((yield* get(`/batches/${made.batch_id}/results`)).body.results.length, 3)
      yield* sandbox.advance("5 seconds")
      const first = (yield* get(`/batches/${made.batch_id}/results?limit=4`)).body
      const second =
        (yield* get(`/batches/${made.batch_id}/results?limit=4&pagination_token=${first.pagination_token}`)).body
      assert.isNull(second.pagination_token)
      const results: Array<{
        batch_request_id: string
        batch_result: { response: { chat_get_completion: OpenAI.ChatCompletion } }
      }> = [...first.results, ...second.results]
      const ids = results.map(({ batch_request_id }) => batch_request_id)
      assert.notDeepEqual(ids, rows(6).map(({ custom_id }) => custom_id))
      assert.deepStrictEqual(ids.toSorted(), rows(6).map(({ custom_id }) => custom_id))
      const bill = yield* sandbox.bill
      for (const { batch_request_id, batch_result: { response: { chat_get_completion } } } of results) {
        const { choices, id, usage } = chat_get_completion
        assert.strictEqual(choices[0]?.message.content, `answer ${batch_request_id.slice(4)}`)
        const entry = bill.find(({ responseId }) => responseId === id)!
        assert.deepInclude(entry, { provider: "xai", serviceTier: "batch" })
        const reasoned = usage!.completion_tokens_details!.reasoning_tokens!
        assert.isAbove(reasoned, 0)
        assert.strictEqual(usage!.completion_tokens + reasoned, entry.tokens.output)
        assert.strictEqual(usage!.total_tokens, usage!.prompt_tokens + entry.tokens.output)
        const list = BigInt(entry.tokens.input) * 2_000_000n + BigInt(entry.tokens.output) * 6_000_000n
        assert.strictEqual(entry.amount, list * 4n / 5n)
        const told: Readonly<Record<string, unknown>> = { ...usage }
        assert.strictEqual(told["cost_in_usd_ticks"], Number(entry.amount / 100n))
      }
      const xai = new OpenAI({ apiKey: "xai-0123456789", baseURL: url, maxRetries: 0 })
      const { batches } = yield* call(() =>
        xai.get("/batches") as PromiseLike<{ readonly batches: ReadonlyArray<{ readonly name: string }> }>
      )
      assert.deepStrictEqual(batches.map(({ name }) => name), ["row-set-1"])
    }, frozen))

  it.effect("tell a row's error, and leave out those that were cancelled", () =>
    driven(function*({ sandbox }) {
      const { get, post, submit } = client(sandbox)
      const { body: made } = yield* submit([row(0, "Hi", { model: "none" }), row(1, "Hi", { temperature: 9 }), row(2)])
      yield* sandbox.finishBatches
      assert.deepInclude((yield* get(`/batches/${made.batch_id}`)).body.state, { num_error: 2, num_success: 1 })
      const { results } = (yield* get(`/batches/${made.batch_id}/results`)).body
      const bad = results.find((result: { batch_request_id: string }) => result.batch_request_id === "row-0")
      assert.deepStrictEqual(bad, {
        batch_request_id: "row-0",
        batch_result: { error: { code: "invalid_argument", message: "Model not found: none" } },
        error_message: "Model not found: none"
      })

      const { body: other } = yield* submit(rows(8))
      yield* sandbox.advance("3 seconds")
      assert.strictEqual(
        (yield* post(`/batches/${other.batch_id}:cancel`, {})).body.cancel_time.slice(0, 10),
        "2026-11-23"
      )
      yield* sandbox.advance("1 second")
      assert.deepInclude((yield* get(`/batches/${other.batch_id}`)).body.state, {
        num_pending: 0,
        num_success: 2,
        num_cancelled: 6
      })
      assert.strictEqual((yield* get(`/batches/${other.batch_id}/results`)).body.results.length, 2)
    }, frozen))

  it.effect("are refused for what is wrong with their file", () =>
    driven(function*({ sandbox }) {
      const { post, submit, upload } = client(sandbox)
      assert.strictEqual((yield* submit([row(1), row(1)])).status, 400)
      assert.strictEqual((yield* submit([{ custom_id: "a" }])).status, 400)
      assert.strictEqual((yield* submit([])).status, 400)
      assert.strictEqual((yield* submit(rows(4))).status, 400)
      assert.strictEqual((yield* post("/batches", { name: "a", input_file_id: "none" })).status, 404)
      const fields = [["expires_after", "3600"]] as const
      assert.strictEqual((yield* upload(rows(1), fields)).status, 200)
      assert.strictEqual((yield* upload(rows(1), fields, true)).status, 400)
    }, { batches: { maxRows: 3 } }))
})
