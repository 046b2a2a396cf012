import { assert, describe, it } from "@effect/vitest"
import { ChatCompletionRequest$outboundSchema } from "@mistralai/mistralai/models/components"
import { chat as shape } from "../../../src/sandbox/mistral/ChatShape.ts"
import { json } from "../driven.ts"
import { driven, failure, saying } from "./mistral.ts"

const headers = { "authorization": "Bearer some-key", "content-type": "application/json" }
const user = (content: unknown) => ({ role: "user", content })
const image = (image_url: unknown) => user([{ type: "image_url", image_url }])
const made = (id: string) => ({
  role: "assistant",
  content: "",
  tool_calls: [{ id, type: "function", index: 0, function: { name: "get_it", arguments: "{}" } }]
})
const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "42" })

/** What is sent beyond a good request, its status, and how the refusal begins. */
const refusals: ReadonlyArray<
  readonly [title: string, body: Record<string, unknown>, status: number, message: string]
> = [
  ["another vendor's parameter", { max_completion_tokens: 3 }, 422, "max_completion_tokens: Extra inputs are not"],
  ["a prototype key", JSON.parse("{\"__proto__\":{}}"), 422, "__proto__: Extra inputs are not permitted"],
  ["OpenAI's seed", { seed: 7 }, 422, "seed: Extra inputs are not permitted"],
  ["stream options", { stream_options: {} }, 422, "stream_options: Extra inputs are not permitted"],
  ["too hot", { temperature: 1.6 }, 422, "temperature: Input should be less than or equal to 1.5"],
  ["a wrong type", { max_tokens: "many" }, 422, "max_tokens: Input should be a valid integer"],
  ["no messages", { messages: [] }, 422, "messages: List should have at least 1 items"],
  ["no model", { model: undefined }, 422, "model: Field required"],
  [
    "OpenAI's role",
    { messages: [{ role: "developer", content: "x" }, user("y")] },
    422,
    "messages.0: Input should be 'system'"
  ],
  [
    "an unknown chunk",
    { messages: [user([{ type: "poem" }])] },
    422,
    "messages.0.user.content.0: Input should be 'text'"
  ],
  ["OpenAI's tool choice of a tool's name", { tool_choice: "get_it" }, 422, "tool_choice: Input should be 'auto'"],
  ["another vendor's tier", { service_tier: "flex" }, 422, "service_tier: Input should be 'auto' or 'standard_only'"],
  ["the most effort of others", { reasoning_effort: "max" }, 422, "reasoning_effort: Input should be 'none'"],
  ["a model of others", { model: "gpt-6-luna" }, 400, "Invalid model: gpt-6-luna"],
  ["effort of a model without it", { reasoning_effort: "high" }, 400, "reasoning_effort is not supported"],
  [
    "effort that the model doesn't know",
    { model: "mistral-small-2603", reasoning_effort: "low" },
    400,
    "reasoning_effort should be one of none, high"
  ],
  ["a search, which isn't served", { tools: [{ type: "web_search" }] }, 400, "The sandbox doesn't serve web_search."],
  [
    "the choice of an unknown tool",
    { tool_choice: { type: "function", function: { name: "other" } } },
    400,
    "Tool other of tool_choice is not among the tools"
  ],
  [
    "the assistant's word last",
    { messages: [user("x"), { role: "assistant", content: "y" }] },
    400,
    "Expected last role"
  ],
  [
    "an id of others",
    { messages: [user("x"), made("call_1"), result("call_1")] },
    400,
    "Tool call id was call_1 but must"
  ],
  ["a call without its result", { messages: [user("x"), made("abcdefghi"), user("y")] }, 400, "Not the same number"],
  ["a result without its call", { messages: [user("x"), result("abcdefghi")] }, 400, "Unexpected tool call id"],
  [
    "an image for a model that doesn't see",
    { model: "codestral-2508", messages: [image("https://example.com/a.png")] },
    400,
    "messages.0.content.0: Image input is not enabled for this model"
  ],
  ["an image of no base64", { messages: [image("data:image/png;base64,*")] }, 400, "messages.0.content.0: The file"],
  [
    "an image that is none",
    { messages: [image("data:image/png;base64,QUJD")] },
    400,
    "messages.0.content.0: The file is"
  ],
  [
    "a file of the machine",
    { messages: [image("file:///etc/passwd")] },
    400,
    "messages.0.content.0: The file could not be"
  ]
]

describe("strictness", () => {
  for (const [title, body, status, message] of refusals) {
    it.effect(`refuses ${title}`, () =>
      driven(function*({ sandbox }) {
        const init = { method: "POST", headers, body: JSON.stringify({ ...saying("Hi"), ...body }) }
        const told = yield* json(`${sandbox.baseUrl("mistral")}/v1/chat/completions`, init)
        const { detail: [problem] = [], message: words } = told.body
        const says = problem === undefined ? words : `${problem.loc.slice(1).join(".")}: ${problem.msg}`
        assert.strictEqual(told.status, status, JSON.stringify(told.body))
        assert.isTrue(String(says).startsWith(message), says)
        assert.lengthOf(yield* sandbox.bill, 0)
      }))
  }

  it.effect("wants a known path, a method, JSON, a key and no foreign header", () =>
    driven(function*({ sandbox }) {
      const url = sandbox.baseUrl("mistral")
      const status = function*(path: string, init: RequestInit) {
        return (yield* json(url + path, init)).status
      }
      const post = { method: "POST", headers, body: JSON.stringify(saying("Hi")) }
      assert.strictEqual(yield* status("/v1/chat/completions", post), 200)
      assert.strictEqual(yield* status("/v1/responses", post), 404)
      assert.strictEqual(yield* status("/v1/chat/completions", { headers }), 405)
      assert.strictEqual(yield* status("/v1/chat/completions", { ...post, body: "{" }), 400)
      assert.strictEqual(yield* status("/v1/chat/completions", { ...post, body: "[]" }), 400)
      for (const odd of [{ "x-api-key": "x" }, { "anthropic-version": "2026-10-21" }, { "openai-organization": "x" }]) {
        assert.strictEqual(yield* status("/v1/chat/completions", { ...post, headers: { ...headers, ...odd } }), 400)
      }
      const { authorization: _, ...keyless } = headers
      assert.strictEqual(yield* status("/v1/chat/completions", { ...post, headers: keyless }), 401)
      const plain = { ...post, headers: { ...headers, "content-type": "text/plain" } }
      assert.strictEqual(yield* status("/v1/chat/completions", plain), 415)
    }))

  it("takes all that the SDK's types have", () => {
    const wire = ChatCompletionRequest$outboundSchema.parse({
      ...saying("Hi"),
      ...Object.fromEntries(
        ["frequencyPenalty", "maxTokens", "n", "presencePenalty", "randomSeed", "temperature", "topP"].map((
          name
        ) => [name, 1])
      ),
      guardrails: [],
      metadata: {},
      parallelToolCalls: true,
      prediction: {},
      promptCacheKey: "x",
      promptMode: "reasoning",
      reasoningEffort: "none",
      responseFormat: { type: "text" },
      safePrompt: false,
      serviceTier: "auto",
      stop: [],
      toolChoice: "auto",
      tools: []
    })
    assert.isAbove(Object.keys(wire).length, 22)
    assert.isUndefined(shape(wire))
  })
})

describe("errors of the SDK", () => {
  it.effect("tell status, body and the request's id", () =>
    driven(function*({ client, mistral, sandbox }) {
      const wrong = yield* failure(() => mistral.chat.complete(saying("Hi", { temperature: 9 })))
      assert.strictEqual(wrong.statusCode, 422)
      assert.strictEqual(wrong.name, "HTTPValidationError")
      yield* sandbox.script({ respond: { status: 429 } })
      const limited = yield* failure(() => mistral.chat.complete(saying("Hi")))
      assert.deepInclude(JSON.parse(limited.body), { object: "error", type: "rate_limited", code: "1300" })
      const ids = (yield* sandbox.journal).map(({ requestId }) => requestId)
      assert.strictEqual(limited.headers.get("mistral-correlation-id"), ids[1])
      yield* sandbox.revokeKey("test-revoked-abcdef")
      assert.strictEqual((yield* failure(() => client("test-revoked-abcdef").models.list())).statusCode, 401)
    }))
})
