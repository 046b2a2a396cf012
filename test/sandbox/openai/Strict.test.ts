import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import type { Shape } from "../../../src/sandbox/Shape.ts"
import { chat as chatShape } from "../../../src/sandbox/openai/ChatShape.ts"
import { responses as responsesShape } from "../../../src/sandbox/openai/ResponsesShape.ts"
import { call, driven, failure, json } from "../driven.ts"

interface Refusal {
  readonly title: string
  readonly body: Record<string, unknown>
  readonly param: string
  readonly code: string
}

const responses: ReadonlyArray<Refusal> = [
  { title: "an unknown parameter", body: { stop: ["x"] }, param: "stop", code: "unknown_parameter" },
  { title: "a prototype key", body: JSON.parse("{\"__proto__\":{}}"), param: "__proto__", code: "unknown_parameter" },
  { title: "another vendor's parameter", body: { thinking: {} }, param: "thinking", code: "unknown_parameter" },
  {
    title: "an unknown member of reasoning",
    body: { reasoning: { budget: 1 } },
    param: "reasoning.budget",
    code: "unknown_parameter"
  },
  {
    title: "an unknown effort",
    body: { reasoning: { effort: "huge" } },
    param: "reasoning.effort",
    code: "invalid_value"
  },
  { title: "a wrong type", body: { temperature: "1" }, param: "temperature", code: "invalid_type" },
  { title: "a hot temperature", body: { temperature: 2.1 }, param: "temperature", code: "decimal_above_max_value" },
  { title: "a cold temperature", body: { temperature: -0.1 }, param: "temperature", code: "decimal_below_min_value" },
  { title: "a broken limit", body: { max_output_tokens: 1.5 }, param: "max_output_tokens", code: "invalid_type" },
  { title: "no room", body: { max_output_tokens: 0 }, param: "max_output_tokens", code: "integer_below_min_value" },
  { title: "a numeric input", body: { input: 7 }, param: "input", code: "invalid_type" },
  { title: "an unknown item", body: { input: [{ type: "poem" }] }, param: "input[0].type", code: "invalid_value" },
  {
    title: "an unknown member of an item",
    body: { input: [{ role: "user", content: "x", cache_control: {} }] },
    param: "input[0].cache_control",
    code: "unknown_parameter"
  },
  {
    title: "a chat part in an input item",
    body: { input: [{ role: "user", content: [{ type: "text", text: "x" }] }] },
    param: "input[0].content[0].type",
    code: "invalid_value"
  },
  {
    title: "an item without content",
    body: { input: [{ role: "user" }] },
    param: "input[0].content",
    code: "missing_required_parameter"
  },
  { title: "an unknown tool", body: { tools: [{ type: "magic" }] }, param: "tools[0].type", code: "invalid_value" },
  {
    title: "a nested function tool",
    body: { tools: [{ type: "function", function: { name: "x" } }] },
    param: "tools[0].name",
    code: "missing_required_parameter"
  },
  { title: "an unknown tool choice", body: { tool_choice: "any" }, param: "tool_choice", code: "invalid_value" },
  {
    title: "a format without a schema",
    body: { text: { format: { type: "json_schema", name: "x" } } },
    param: "text.format.schema",
    code: "missing_required_parameter"
  },
  { title: "an unknown include", body: { include: ["all"] }, param: "include[0]", code: "invalid_value" },
  { title: "metadata that is no text", body: { metadata: { a: 1 } }, param: "metadata.a", code: "invalid_type" },
  { title: "an unknown tier", body: { service_tier: "gold" }, param: "service_tier", code: "invalid_value" },
  {
    title: "a tier of other models",
    body: { service_tier: "ultrafast" },
    param: "service_tier",
    code: "invalid_value"
  },
  {
    title: "breakpoints on an older model",
    body: { prompt_cache_options: { ttl: "30m" } },
    param: "prompt_cache_options",
    code: "unsupported_parameter"
  },
  {
    title: "no effort on gpt-6.2-sol",
    body: { model: "gpt-6.2-sol", reasoning: { effort: "none" } },
    param: "reasoning.effort",
    code: "unsupported_value"
  },
  { title: "background work", body: { background: true }, param: "background", code: "unsupported_parameter" },
  {
    title: "a prompt beyond the window",
    body: { model: "gpt-4o-mini", input: "a ".repeat(130_000) },
    param: "input",
    code: "context_length_exceeded"
  }
]

const chat: ReadonlyArray<Refusal> = [
  {
    title: "a Responses parameter",
    body: { max_output_tokens: 5 },
    param: "max_output_tokens",
    code: "unknown_parameter"
  },
  { title: "five stops", body: { stop: ["a", "b", "c", "d", "e"] }, param: "stop", code: "array_above_max_length" },
  { title: "a top_k", body: { top_k: 5 }, param: "top_k", code: "unknown_parameter" },
  { title: "no messages", body: { messages: [] }, param: "messages", code: "empty_array" },
  {
    title: "an unknown role",
    body: { messages: [{ role: "bot", content: "x" }] },
    param: "messages[0].role",
    code: "invalid_value"
  },
  {
    title: "a Responses part in a message",
    body: { messages: [{ role: "user", content: [{ type: "input_text", text: "x" }] }] },
    param: "messages[0].content[0].type",
    code: "invalid_value"
  },
  {
    title: "a flat function tool",
    body: { tools: [{ type: "function", name: "x" }] },
    param: "tools[0].function",
    code: "missing_required_parameter"
  },
  {
    title: "the 12 hour cache",
    body: { prompt_cache_options: { ttl: "12h" } },
    param: "prompt_cache_options.ttl",
    code: "invalid_value"
  },
  {
    title: "an unknown stream option",
    body: { stream_options: { usage: true } },
    param: "stream_options.usage",
    code: "unknown_parameter"
  },
  { title: "a tier of Responses", body: { service_tier: "ultrafast" }, param: "service_tier", code: "invalid_value" },
  { title: "a hot temperature", body: { temperature: 3 }, param: "temperature", code: "decimal_above_max_value" }
]

const headers = { authorization: "Bearer sk-some-key", "content-type": "application/json" }

describe("strictness of Responses", () => {
  for (const { body, code, param, title } of responses) {
    it.effect(`refuses ${title}`, () =>
      driven(function*({ sandbox }) {
        const { body: reply, status } = yield* json(`${sandbox.baseUrl("openai")}/responses`, {
          method: "POST",
          headers,
          body: JSON.stringify({ model: "gpt-4.1", input: "Hi", ...body })
        })
        assert.strictEqual(status, 400)
        assert.deepInclude(reply.error, { type: "invalid_request_error", param, code })
      }))
  }
})

describe("strictness of Chat Completions", () => {
  for (const { body, code, param, title } of chat) {
    it.effect(`refuses ${title}`, () =>
      driven(function*({ sandbox }) {
        const { body: reply, status } = yield* json(`${sandbox.baseUrl("openai")}/chat/completions`, {
          method: "POST",
          headers,
          body: JSON.stringify({ model: "gpt-6-luna", messages: [{ role: "user", content: "Hi" }], ...body })
        })
        assert.strictEqual(status, 400)
        assert.deepInclude(reply.error, { type: "invalid_request_error", param, code })
      }))
  }
})

describe("the parameters", () => {
  const declared = (file: string, name: string) => {
    const text = readFileSync(new URL(`../../../node_modules/openai/resources/${file}`, import.meta.url), "utf8")
    const body = text.slice(text.indexOf(`export interface ${name} {`)).split("\n}")[0] ?? ""
    return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, parameter]) => parameter ?? "")
  }
  const unknown = (shape: Shape, names: ReadonlyArray<string>, base: Record<string, unknown>) =>
    names.filter((name) => shape({ ...base, [name]: null })?.flaw._tag === "Unknown")

  it("are those of the SDK's types", () => {
    const ofResponses = declared("responses/responses.d.ts", "ResponseCreateParamsBase")
    const ofChat = declared("chat/completions/completions.d.ts", "ChatCompletionCreateParamsBase")
    assert.isAbove(ofResponses.length, 30)
    assert.isAbove(ofChat.length, 30)
    assert.deepStrictEqual(unknown(responsesShape, ofResponses, { model: "m" }), [])
    assert.deepStrictEqual(unknown(chatShape, ofChat, { model: "m", messages: [{ role: "user", content: "x" }] }), [])
    assert.include(unknown(responsesShape, ofChat, { model: "m" }), "stop")
    assert.include(
      unknown(chatShape, ofResponses, { model: "m", messages: [{ role: "user", content: "x" }] }),
      "instructions"
    )
  })
})

describe("strictness of the door", () => {
  it.effect("refuses a missing model, an unknown one, and lists those it has", () =>
    driven(function*({ openai }) {
      const missing = yield* failure(() => openai.post("/responses", { body: { input: "Hi" } }))
      assert.deepInclude(missing, { status: 400, param: "model", code: "missing_required_parameter" })
      const unknown = yield* failure(() => openai.responses.create({ model: "gpt-99", input: "Hi" }))
      assert.deepInclude(unknown, { status: 404, code: "model_not_found" })
      const gone = yield* failure(() => openai.models.retrieve("gpt-99"))
      assert.deepInclude(gone, { status: 404, code: "model_not_found" })
      const list = yield* call(() => openai.models.list())
      assert.include(list.data.map(({ id }) => id), "gpt-6.2-sol")
      assert.strictEqual((yield* call(() => openai.models.retrieve("gpt-5"))).shutdown_date, "2026-12-11")
    }))

  it.effect("refuses unknown paths, methods, media types and bodies that are no JSON", () =>
    driven(function*({ sandbox }) {
      const base = sandbox.baseUrl("openai")
      const status = function*(path: string, init: RequestInit) {
        return (yield* json(base + path, init)).status
      }
      assert.strictEqual(yield* status("/nothing", { headers }), 404)
      assert.strictEqual(yield* status("/chat/completions/x", { headers }), 404)
      assert.strictEqual(yield* status("/responses", { headers }), 405)
      assert.strictEqual(yield* status("/models", { method: "DELETE", headers }), 405)
      assert.strictEqual(
        yield* status("/responses", {
          method: "POST",
          headers: { ...headers, "content-type": "text/plain" },
          body: "{}"
        }),
        415
      )
      assert.strictEqual(yield* status("/responses", { method: "POST", headers, body: "{\"model\":" }), 400)
      assert.strictEqual(yield* status("/responses", { method: "POST", headers, body: "[]" }), 400)
      const deep = `{"model":"gpt-4.1","input":"x","tools":[{"type":"function","name":"x","parameters":{"a":${
        "[".repeat(20_000)
      }${"]".repeat(20_000)}}}]}`
      assert.strictEqual(yield* status("/responses", { method: "POST", headers, body: deep }), 400)
      const outside = yield* json(`${sandbox.url}/unknown/v1/responses`, { method: "POST", headers, body: "{}" })
      assert.strictEqual(outside.status, 404)
    }))

  it.effect("refuses foreign headers by name", () =>
    driven(function*({ client }) {
      for (const name of ["x-api-key", "traceparent", "anthropic-version"]) {
        const error = yield* failure(() => client({ headers: { [name]: "1" } }).models.list())
        assert.deepInclude(error, { status: 400, param: name, code: "unexpected_header" })
      }
    }))

  it.effect("refuses bodies over 64 MB", () =>
    driven(function*({ sandbox }) {
      const { body, status } = yield* json(`${sandbox.baseUrl("openai")}/responses`, {
        method: "POST",
        headers,
        body: new Uint8Array(64 * 1024 * 1024 + 1)
      })
      assert.strictEqual(status, 413)
      assert.isString(body.error["message"])
    }))

  it.effect("wants a key, and a valid one where keys are given", () =>
    driven(function*({ client, sandbox }) {
      const bare = yield* json(`${sandbox.baseUrl("openai")}/models`, {})
      assert.strictEqual(bare.status, 401)
      const old = client({ apiKey: "sk-abcdefgh-old-wxyz" })
      yield* call(() => old.models.list())
      const wrong = yield* failure(() => client({ apiKey: "sk-abcdefgh-bad-wxyz" }).models.list())
      assert.deepInclude(wrong, { status: 401, code: "invalid_api_key" })
      assert.include(wrong.message, "Incorrect API key provided: sk-ab***wxyz.")
      yield* sandbox.addKey("sk-abcdefgh-new-wxyz")
      yield* sandbox.revokeKey("sk-abcdefgh-old-wxyz")
      yield* call(() => client({ apiKey: "sk-abcdefgh-new-wxyz" }).models.list())
      assert.strictEqual((yield* failure(() => old.models.list())).status, 401)
      assert.isFalse(JSON.stringify(yield* sandbox.journal).includes("abcdefgh"))
    }, { keys: ["sk-abcdefgh-old-wxyz"] }))

  it.effect("takes any key by default, none when told so, and a revoked one never", () =>
    driven(function*({ client, sandbox }) {
      assert.strictEqual((yield* json(`${sandbox.baseUrl("openai")}/models`, {})).status, 200)
      yield* sandbox.revokeKey("sk-gone")
      assert.strictEqual((yield* failure(() => client({ apiKey: "sk-gone" }).models.list())).status, 401)
    }, { requireKey: false }))
})
