import { assert, describe, it } from "@effect/vitest"
import { call, driven as plainly, json } from "../driven.ts"
import { driven, saying } from "./claude.ts"

const headers = {
  authorization: "Bearer sk-some-key",
  "content-type": "application/json",
  "anthropic-version": "2026-10-21"
}
const user = (...content: ReadonlyArray<unknown>) => ({ role: "user", content })
const assistant = (...content: ReadonlyArray<unknown>) => ({ role: "assistant", content })
const text = (words: string, cache_control?: unknown) => ({
  type: "text",
  text: words,
  ...(cache_control === undefined ? {} : { cache_control })
})
const use = (id: string) => ({ type: "tool_use", id, name: "get_it", input: {} })
const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "42" })
const tool = { name: "get_it", input_schema: { type: "object" } }
const m5 = { type: "ephemeral" }
const h1 = { type: "ephemeral", ttl: "1h" }

/** What is sent beyond a good request, and how the refusal begins. */
const refusals: ReadonlyArray<readonly [title: string, body: Record<string, unknown>, message: string]> = [
  ["another vendor's parameter", { stop: ["x"] }, "stop: Extra inputs are not permitted"],
  ["a prototype key", JSON.parse("{\"__proto__\":{}}"), "__proto__: Extra inputs are not permitted"],
  ["temperature, even the default", { temperature: 1 }, "temperature: Extra inputs are not permitted"],
  ["top_p", { top_p: 1 }, "top_p: Extra inputs are not permitted"],
  ["top_k", { top_k: 0 }, "top_k: Extra inputs are not permitted"],
  ["no max_tokens", { max_tokens: undefined }, "max_tokens: Field required"],
  ["null for max_tokens", { max_tokens: null }, "max_tokens: Input should be a valid integer"],
  ["a negative limit", { max_tokens: -1 }, "max_tokens: Input should be greater than or equal to 0"],
  ["more than the model can say", { max_tokens: 64_001 }, "max_tokens: 64001 > 64000, which is the maximum allowed"],
  ["a wrong type", { stop_sequences: "END" }, "stop_sequences: Input should be a valid list"],
  ["no messages", { messages: [] }, "messages: List should have at least 1 item after validation, not 0"],
  [
    "an unknown role",
    { messages: [{ role: "bot", content: "x" }] },
    "messages.0.role: Input should be 'user', 'assistant' or 'system'"
  ],
  ["no content", { messages: [{ role: "user" }] }, "messages.0.content: Field required"],
  [
    "a first word of the assistant",
    { messages: [assistant(text("x"))] },
    "messages: first message must use the \"user\""
  ],
  [
    "an unknown member of a message",
    { messages: [{ role: "user", content: "x", name: "y" }] },
    "messages.0.name: Extra inputs are not permitted"
  ],
  [
    "an unknown block",
    { messages: [user({ type: "poem" })] },
    "messages.0.content.0: Input tag 'poem' found using 'type' does not match any of the expected tags: 'text', "
  ],
  ["a block without text", { messages: [user({ type: "text" })] }, "messages.0.content.0.text.text: Field required"],
  [
    "OpenAI's picture",
    { messages: [user({ type: "image_url", image_url: { url: "https://x.example/a.png" } })] },
    "messages.0.content.0: Input tag 'image_url'"
  ],
  ["an empty text", { messages: [user(text(""))] }, "messages: text content blocks must be non-empty"],
  ["a blank text", { messages: [user(text(" "))] }, "messages: text content blocks must contain non-whitespace text"],
  ["an empty message", { messages: [user()] }, "messages.0: all messages must have non-empty content"],
  ["a tool call of the user", { messages: [user(use("a"))] }, "messages.0.content.0: `tool_use` blocks can only be in"],
  [
    "a result without its call",
    { messages: [user(result("a"))] },
    "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a."
  ],
  [
    "a call without its result",
    { tools: [tool], messages: [user(text("x")), assistant(use("a")), user(text("y"))] },
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a."
  ],
  [
    "a result after other words",
    { tools: [tool], messages: [user(text("x")), assistant(use("a")), user(text("y"), result("a"))] },
    "messages.1: `tool_use` ids were found without"
  ],
  [
    "one of two results",
    { tools: [tool], messages: [user(text("x")), assistant(use("a"), use("b")), user(result("b"))] },
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a."
  ],
  [
    "an id used twice",
    { tools: [tool], messages: [user(text("x")), assistant(use("a"), use("a")), user(result("a"))] },
    "messages: `tool_use` ids must be unique"
  ],
  [
    "prefill of a model without it",
    { model: "claude-opus-4-8", messages: [user(text("x")), assistant(text("It is"))] },
    "This model does not support assistant message prefill."
  ],
  [
    "prefill that ends in a blank",
    { messages: [user(text("x")), assistant(text("It is "))] },
    "messages: final assistant content cannot end with trailing whitespace"
  ],
  [
    "a system message within, on a model without it",
    { messages: [user(text("x")), { role: "system", content: "y" }] },
    "messages.1: role 'system' is not supported on this model"
  ],
  [
    "thinking back without a signature",
    { messages: [user(text("x")), assistant({ type: "thinking", thinking: "hm" }), user(text("y"))] },
    "messages.1.content.0.thinking.signature: Field required"
  ],
  [
    "a cache mark on a thought",
    {
      messages: [user(text("x")), assistant({ type: "thinking", thinking: "", signature: "", cache_control: m5 })]
    },
    "messages.1.content.0.thinking.cache_control: Extra inputs are not permitted"
  ],
  [
    "a small budget",
    { thinking: { type: "enabled", budget_tokens: 1023 } },
    "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
  ],
  [
    "a budget as large as the answer",
    { max_tokens: 1024, thinking: { type: "enabled", budget_tokens: 1024 } },
    "`max_tokens` must be greater than `thinking.budget_tokens`."
  ],
  [
    "adaptive thinking on an old model",
    { thinking: { type: "adaptive" } },
    "\"thinking.type.adaptive\" is not supported"
  ],
  [
    "a budget on a new model",
    { model: "claude-opus-4-7", thinking: { type: "enabled", budget_tokens: 1024 } },
    "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\""
  ],
  [
    "no thinking where there is always some",
    { model: "claude-opus-5-5", thinking: { type: "disabled" } },
    "\"thinking.type.disabled\" is not supported for this model. Use \"thinking.type.adaptive\""
  ],
  [
    "no thinking where it is between tools",
    { model: "claude-sonnet-5-5", thinking: { type: "disabled" } },
    "\"thinking.type.disabled\" is not supported for this model. Use \"thinking.type.between_tools\" instead."
  ],
  [
    "no thinking at the highest effort",
    { model: "claude-opus-5", thinking: { type: "disabled" }, output_config: { effort: "max" } },
    "\"thinking.type.disabled\" is not supported with effort 'max'."
  ],
  ["effort on a model without it", { output_config: { effort: "low" } }, "This model does not support the effort"],
  [
    "an unknown effort",
    { output_config: { effort: "huge" } },
    "output_config.effort: Input should be 'low', 'medium', "
  ],
  [
    "a format without a schema",
    { output_config: { format: { type: "json_schema" } } },
    "output_config.format.schema: Field required"
  ],
  ["OpenAI's tool choice", { tools: [tool], tool_choice: "auto" }, "tool_choice: Input should be a valid dictionary"],
  ["a choice among no tools", { tool_choice: { type: "any" } }, "tool_choice: may only be specified while providing"],
  [
    "the choice of an unknown tool",
    { tools: [tool], tool_choice: { type: "tool", name: "other" } },
    "tool_choice.tool: Tool 'other' not found in provided tools"
  ],
  [
    "a forced tool where the model chooses",
    { model: "claude-opus-5-5", tools: [tool], tool_choice: { type: "any" } },
    "tool_choice: forced tool use is not supported for this model"
  ],
  [
    "a forced tool while thinking",
    { tools: [tool], tool_choice: { type: "any" }, thinking: { type: "enabled", budget_tokens: 1024 } },
    "Thinking may not be enabled when tool_choice forces tool use."
  ],
  ["two tools of one name", { tools: [tool, tool] }, "tools: Tool names must be unique."],
  ["a tool without a schema", { tools: [{ name: "x" }] }, "tools.0.custom.input_schema: Field required"],
  [
    "a schema that is no object",
    { tools: [{ name: "x", input_schema: { type: "string" } }] },
    "tools.0.custom.input_schema.type: Input should be 'object'"
  ],
  ["an odd tool name", { tools: [{ ...tool, name: "a b" }] }, "tools.0.custom.name: String should match pattern"],
  [
    "OpenAI's tool",
    { tools: [{ type: "function", function: tool }] },
    "tools.0: Input tag 'function' found using 'type'"
  ],
  [
    "allowed and blocked domains",
    {
      tools: [{ type: "web_search_20250305", name: "web_search", allowed_domains: ["a.x"], blocked_domains: ["b.x"] }]
    },
    "tools.0: Only one of allowed_domains and blocked_domains may be set"
  ],
  [
    "five cache marks",
    { messages: [user(...["a", "b", "c", "d", "e"].map((words) => text(words, m5)))] },
    "A maximum of 4 blocks with cache_control may be provided. Found 5."
  ],
  [
    "an hour after five minutes",
    { system: [text("a", m5)], messages: [user(text("b", h1))] },
    "messages.0.content.0.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m'"
  ],
  [
    "two lifetimes for the last block",
    { cache_control: m5, messages: [user(text("b", h1))] },
    "cache_control.ttl: differs"
  ],
  [
    "an unknown lifetime",
    { cache_control: { type: "ephemeral", ttl: "30m" } },
    "cache_control.ttl: Input should be '5m' or '1h'"
  ],
  ["speed on a slow model", { speed: "fast" }, "speed: 'fast' is not supported for claude-haiku-4-5"],
  ["a place on an old model", { inference_geo: "us" }, "inference_geo: is not supported for this model"],
  [
    "an unknown place",
    { model: "claude-opus-4-6", inference_geo: "moon" },
    "inference_geo: Input should be 'global' or 'us'"
  ],
  ["an unknown tier", { service_tier: "priority" }, "service_tier: Input should be 'auto' or 'standard_only'"],
  ["an unknown kind of metadata", { metadata: { tag: "x" } }, "metadata.tag: Extra inputs are not permitted"],
  ["a stream of a warm-up", { max_tokens: 0, stream: true }, "max_tokens: 0 is not supported together with `stream`"],
  ["containers", { container: "c" }, "container: The sandbox doesn't serve containers"],
  [
    "a prompt beyond the window",
    { messages: [user(text("a ".repeat(200_001).trim()))] },
    "prompt is too long: 200007 tokens > 200000 maximum"
  ]
]

describe("strictness of Messages", () => {
  for (const [title, body, message] of refusals) {
    it.effect(`refuses ${title}`, () =>
      plainly(function*({ sandbox }) {
        const { body: reply, status } = yield* json(`${sandbox.baseUrl("anthropic")}/v1/messages`, {
          method: "POST",
          headers,
          body: JSON.stringify({ ...saying("Hi", { max_tokens: 2000 }), ...body })
        })
        assert.deepInclude(reply, { type: "error" })
        assert.match(reply.request_id, /^req_/)
        assert.strictEqual(
          `${reply.error.type}: ${reply.error.message}`.slice(0, message.length + 23),
          `invalid_request_error: ${message}`
        )
        assert.strictEqual(status, 400)
        assert.lengthOf(yield* sandbox.bill, 0)
      }))
  }

  it.effect("takes what is only unusual", () =>
    driven(function*({ anthropic }) {
      const fine: ReadonlyArray<object> = [
        { messages: [user(text("a")), user(text("b")), assistant(text("c")), assistant(text("d")), user(text("e"))] },
        { messages: [user(text("x")), assistant(text("It is"))] },
        { tools: [tool], messages: [user(text("x")), assistant(use("a")), user(result("a"), text("and?"))] },
        { model: "claude-opus-4-8", messages: [user(text("x")), { role: "system", content: "Be brief." }] },
        {
          model: "claude-opus-4-8",
          service_tier: "standard_only",
          speed: "standard",
          diagnostics: null,
          container: null
        },
        { system: "", metadata: { user_id: null }, cache_control: null, stop_sequences: [] },
        { tools: [{ type: "bash_20250124", name: "bash" }, { ...tool, type: "custom", strict: true }] }
      ]
      for (const body of fine) yield* call(() => anthropic.messages.create({ ...saying("Hi"), ...body }))
    }))
})
