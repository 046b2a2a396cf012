import { assert, describe, it } from "@effect/vitest"
import { json } from "../driven.ts"
import { driven, headers, post, saying } from "./cohere.ts"

const user = (content: unknown) => ({ role: "user", content })
const image = (url: string) => ({
  model: "command-a-plus-05-2026",
  messages: [user([{ type: "image_url", image_url: { url } }])]
})
const tool = { type: "function", function: { name: "get_it", parameters: { type: "object" } } }
const made = (id: string) => ({
  role: "assistant",
  tool_calls: [{ id, type: "function", function: { name: "get_it", arguments: "{}" } }]
})
const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "42" })

/** What is sent beyond a good request, its status, and how the refusal goes on. */
const refusals: ReadonlyArray<
  readonly [title: string, body: Readonly<Record<string, unknown>>, status: number, message: string]
> = [
  ["OpenAI's limit", { max_completion_tokens: 3 }, 422, "max_completion_tokens: unknown field"],
  ["a prototype key", JSON.parse("{\"__proto__\":{}}"), 422, "__proto__: unknown field"],
  ["OpenAI's name of top_p", { top_p: 0.5 }, 422, "top_p: unknown field"],
  ["a p of one", { p: 1 }, 422, "p: must be at most 0.99"],
  ["a negative penalty", { presence_penalty: -1 }, 422, "presence_penalty: must be at least 0"],
  ["six marks", { stop_sequences: ["a", "b", "c", "d", "e", "f"] }, 422, "stop_sequences: must have at most 5"],
  ["a wrong type", { max_tokens: "many" }, 422, "max_tokens: expected a value of type"],
  ["no messages", { messages: [] }, 422, "messages: must have at least 1"],
  ["no model", { model: undefined }, 422, "model: the field is required"],
  ["OpenAI's role", { messages: [{ role: "developer", content: "x" }] }, 422, "messages.0: must be one of"],
  ["a document of others", { messages: [user([{ type: "document", document: { data: {} } }])] }, 422, "messages.0"],
  ["a choice that names a tool", { tools: [tool], tool_choice: "get_it" }, 422, "tool_choice: must be one of REQUIRED"],
  ["a choice without tools", { tool_choice: "NONE" }, 400, "tool_choice may only be specified when tools"],
  ["JSON with tools", { tools: [tool], response_format: { type: "json_object" } }, 400, "response_format is not"],
  ["tools where there are none", { model: "command-a-vision-07-2025", tools: [tool] }, 400, "tools are not supported"],
  ["thoughts of a model without", { thinking: { type: "enabled" } }, 400, "thinking is not supported by"],
  ["no budget", { thinking: { type: "enabled", token_budget: 0 } }, 422, "thinking.token_budget: must be at least 1"],
  ["a model of others", { model: "gpt-6-luna" }, 404, "model 'gpt-6-luna' not found"],
  ["more than it can say", { max_tokens: 8001 }, 400, "max tokens must be less than or equal to 8000"],
  ["a call without its result", { messages: [user("x"), made("a"), user("y")] }, 400, "tool call a has no tool result"],
  ["a call at the end", { messages: [user("x"), made("a")] }, 400, "tool call a has no tool result"],
  ["a result without its call", { messages: [user("x"), result("a")] }, 400, "tool_call_id a not found"],
  ["an answer with nothing in it", { messages: [user("x"), { role: "assistant" }] }, 400, "must have content"],
  [
    "an image for a model that doesn't see",
    { ...image("https://example.com/a.png"), model: "command-a-03-2025" },
    400,
    "images are not supported by command-a-03-2025"
  ],
  ["an image of no base64", image("data:image/png;base64,*"), 400, "the image could not be decoded"],
  ["an image that is none", image("data:image/png;base64,QUJD"), 400, "the image could not be decoded"],
  ["a file of the machine", image("file:///etc/passwd"), 400, "the image URL is not valid"]
]

describe("strictness", () => {
  for (const [title, body, status, message] of refusals) {
    it.effect(`refuses ${title}`, () =>
      driven(function*({ chat, sandbox }) {
        const told = yield* chat({ ...saying("Hi"), ...body })
        assert.strictEqual(told.status, status, JSON.stringify(told.body))
        assert.include(told.body.message, message)
        assert.isString(told.body.id)
        assert.lengthOf(yield* sandbox.bill, 0)
      }))
  }

  it.effect("wants a known path, a method, JSON, a key and no foreign header", () =>
    driven(function*({ sandbox }) {
      const url = sandbox.baseUrl("cohere")
      const status = function*(path: string, init: RequestInit) {
        return (yield* json(url + path, init)).status
      }
      const good = post(saying("Hi"))
      assert.strictEqual(yield* status("/v2/chat", good), 200)
      assert.strictEqual(yield* status("/v1/chat", good), 404)
      assert.strictEqual(yield* status("/v2/chat", { headers }), 405)
      assert.strictEqual(yield* status("/v2/chat", { ...good, body: "{" }), 400)
      assert.strictEqual(yield* status("/v2/chat", { ...good, body: "[]" }), 400)
      for (const odd of [{ "x-api-key": "x" }, { "anthropic-version": "2026-10-21" }, { "openai-organization": "x" }]) {
        assert.strictEqual(yield* status("/v2/chat", { ...good, headers: { ...headers, ...odd } }), 400)
      }
      const { authorization: _, ...keyless } = headers
      assert.strictEqual(yield* status("/v2/chat", { ...good, headers: keyless }), 401)
    }))

  it.effect("takes all that the vendor's types have", () =>
    driven(function*({ chat }) {
      const { body, status } = yield* chat({
        ...saying([{ type: "text", text: "Hi" }]),
        max_tokens: 100,
        temperature: 0.3,
        p: 0.75,
        k: 40,
        seed: 7,
        stop_sequences: ["x"],
        frequency_penalty: 0.1,
        presence_penalty: 0.1,
        logprobs: true,
        priority: 1,
        strict_tools: true,
        documents: ["a text", { id: "b", data: { text: "another" } }],
        citation_options: { mode: "FAST" },
        safety_mode: "CONTEXTUAL"
      })
      assert.strictEqual(status, 200, JSON.stringify(body))
    }))
})
