import { assert, describe, it } from "@effect/vitest"
import { call, json } from "../driven.ts"
import { driven, haiku, saying } from "./bedrock.ts"

const headers = { "authorization": "Bearer some-token", "content-type": "application/json" }
const user = (...content: ReadonlyArray<unknown>) => ({ role: "user", content })
const assistant = (...content: ReadonlyArray<unknown>) => ({ role: "assistant", content })
const use = { toolUse: { toolUseId: "t1", name: "get_it", input: {} } }
const result = { toolResult: { toolUseId: "t1", content: [{ text: "42" }] } }
const toolConfig = { tools: [{ toolSpec: { name: "get_it", inputSchema: { json: { type: "object" } } } }] }
const point = (ttl?: string) => ({ cachePoint: { type: "default", ...(ttl === undefined ? {} : { ttl }) } })
const image = (bytes: string) => user({ text: "x" }, { image: { format: "png", source: { bytes } } })
const sonnet = "global.anthropic.claude-sonnet-5-5"
const llama = "meta.llama3-3-70b-instruct-v1:0"

/** What is sent beyond a good request, what of the refusal, and the model where it isn't Haiku 4.5. */
const refusals: ReadonlyArray<
  readonly [title: string, body: Record<string, unknown>, message: string, model?: string]
> = [
  [
    "another vendor's parameter",
    { max_tokens: 3 },
    "Value at 'max_tokens' failed to satisfy constraint: extraneous key"
  ],
  ["a prototype key", JSON.parse("{\"__proto__\":{}}"), "Value at '__proto__' failed to satisfy constraint"],
  ["a seed", { inferenceConfig: { seed: 7 } }, "Value at 'inferenceConfig.seed' failed"],
  ["too hot", { inferenceConfig: { temperature: 1.1 } }, "less than or equal to 1"],
  ["a wrong type", { inferenceConfig: { maxTokens: "3" } }, "expected type: integer"],
  [
    "OpenAI's role",
    { messages: [{ role: "system", content: [] }] },
    "Member must satisfy enum value set: [user, assistant]"
  ],
  ["a text instead of blocks", { messages: [{ role: "user", content: "x" }] }, "expected type: array"],
  ["a block of two kinds", { messages: [user({ text: "x", image: {} })] }, "failed to satisfy constraint"],
  ["Anthropic's block", { messages: [user({ type: "text", text: "x" })] }, "content.0.type' failed"],
  ["a first word of the assistant", { messages: [assistant({ text: "x" })] }, "must start with a user message"],
  ["two turns of one side", { messages: [user({ text: "x" }), user({ text: "y" })] }, "must alternate between user"],
  ["a blank text", { messages: [user({ text: " " })] }, "messages.0.content.0 is blank"],
  [
    "tool turns without tools",
    { messages: [user({ text: "x" }), assistant(use), user(result)] },
    "toolConfig field must"
  ],
  [
    "a call without its result",
    { toolConfig, messages: [user({ text: "x" }), assistant(use), user({ text: "y" })] },
    "Expected toolResult blocks at messages.2.content for the following Ids: t1"
  ],
  ["a result without its call", { toolConfig, messages: [user(result)] }, "exceeds the number of toolUse blocks"],
  [
    "a call at the end",
    { toolConfig, messages: [user({ text: "x" }), assistant(use)] },
    "Expected toolResult blocks after"
  ],
  ["no tools at all", { toolConfig: { tools: [] } }, "length greater than or equal to 1"],
  [
    "two tools of one name",
    { toolConfig: { tools: [...toolConfig.tools, ...toolConfig.tools] } },
    "tools of the same name"
  ],
  ["the choice of an unknown tool", { toolConfig: { ...toolConfig, toolChoice: { tool: { name: "x" } } } }, "names x"],
  ["OpenAI's tool choice", { toolConfig: { ...toolConfig, toolChoice: "auto" } }, "expected type: object"],
  [
    "a system tool",
    { toolConfig: { tools: [{ systemTool: { name: "nova_grounding" } }] } },
    "doesn't serve system tools"
  ],
  ["a schema that is no string", {
    outputConfig: { textFormat: { type: "json_schema", structure: { jsonSchema: { schema: {} } } } }
  }, "expected type: string"],
  ["a schema that is no JSON", {
    outputConfig: { textFormat: { type: "json_schema", structure: { jsonSchema: { schema: "{" } } } }
  }, "must be a JSON object"],
  ["an unknown tier", { serviceTier: { type: "express" } }, "[default, flex, priority, reserved]"],
  [
    "five cache points",
    { system: [{ text: "x" }, point(), point(), point(), point(), point()] },
    "A maximum of 4 cachePoint"
  ],
  ["an hour after five minutes", { system: [{ text: "x" }, point("5m"), point("1h")] }, "must not come after"],
  [
    "an hour where there is none",
    { system: [{ text: "x" }, point("1h")] },
    "TTL 1h is not supported",
    "amazon.nova-pro-v1:0"
  ],
  [
    "a cache point where nothing is cached",
    { system: [{ text: "x" }, point()] },
    "did not allow prompt caching",
    llama
  ],
  ["an image where nothing is seen", { messages: [image("AAAA")] }, "doesn't support the image content block", llama],
  ["an image that is none", { messages: [image("QUJD")] }, "Could not process image"],
  [
    "an odd name of a document",
    { messages: [user({ text: "x" }, { document: { format: "txt", name: "a/b", source: { bytes: "QUJD" } } })] },
    "The document file name can only contain"
  ],
  ["effort of a model with budgets", { outputConfig: { effort: "low" } }, "effort is not supported"],
  ["effort of a model that doesn't reason", { outputConfig: { effort: "low" } }, "effort is not supported", llama],
  [
    "a budget of a model with efforts",
    { additionalModelRequestFields: { thinking: { type: "enabled" } } },
    "not supported for this model",
    sonnet
  ],
  [
    "a small budget",
    { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 100 } } },
    "greater than or equal to 1024"
  ],
  [
    "a budget as large as the answer",
    {
      inferenceConfig: { maxTokens: 2048 },
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2048 } }
    },
    "must be greater than `thinking.budget_tokens`"
  ],
  [
    "Claude's fields for another model",
    { additionalModelRequestFields: { thinking: {} } },
    "extraneous key [thinking]",
    llama
  ],
  ["an unknown field for a model", { additionalModelRequestFields: { top_k: 3 } }, "extraneous key [top_k]"]
]

describe("strictness", () => {
  for (const [title, body, message, model = haiku] of refusals) {
    it.effect(`refuses ${title}`, () =>
      driven(function*({ sandbox }) {
        const { modelId: _, ...good } = saying("Hi")
        const url = `${sandbox.baseUrl("bedrock")}/model/${encodeURIComponent(model)}/converse`
        const told = yield* json(url, { method: "POST", headers, body: JSON.stringify({ ...good, ...body }) })
        assert.strictEqual(told.status, 400, JSON.stringify(told.body))
        assert.include(told.body.message, message)
        assert.lengthOf(yield* sandbox.bill, 0)
      }))
  }

  it.effect("wants a known model, path, method, JSON, a key and no foreign header", () =>
    driven(function*({ sandbox }) {
      const url = sandbox.baseUrl("bedrock")
      const { modelId: _, ...good } = saying("Hi")
      const post = { method: "POST", headers, body: JSON.stringify(good) }
      const told = function*(path: string, init: RequestInit) {
        const answer = yield* call(() => fetch(url + path, init))
        yield* call(() => answer.text())
        return [answer.status, answer.headers.get("x-amzn-errortype")?.replace(/:.*/, "")]
      }
      const path = `/model/${encodeURIComponent(haiku)}/converse`
      assert.deepStrictEqual(yield* told(path, post), [200, undefined])
      assert.deepStrictEqual(yield* told("/model/gpt-6-luna/converse", post), [404, "ResourceNotFoundException"])
      assert.deepStrictEqual(yield* told(`/model/${haiku}/invoke`, post), [404, "ResourceNotFoundException"])
      assert.deepStrictEqual(yield* told(path, { headers }), [404, "ResourceNotFoundException"])
      assert.deepStrictEqual(yield* told(path, { ...post, body: "{" }), [400, "ValidationException"])
      const { authorization: _a, ...keyless } = headers
      assert.deepStrictEqual(
        yield* told(path, { ...post, headers: keyless }),
        [403, "MissingAuthenticationTokenException"]
      )
      const torn = { ...headers, authorization: "AWS4-HMAC-SHA256 Credential=x" }
      assert.deepStrictEqual(yield* told(path, { ...post, headers: torn }), [403, "IncompleteSignatureException"])
      const odd = { ...headers, "anthropic-version": "2026-10-21" }
      assert.deepStrictEqual(yield* told(path, { ...post, headers: odd }), [400, "ValidationException"])
    }))
})
