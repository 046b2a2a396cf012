/**
 * What `POST /v1/messages` and `POST /v1/messages/count_tokens` take, from the types of `@anthropic-ai/sdk@1.12.0`.
 *
 * Hosted tools that the sandbox doesn't run, and their blocks, are known by name only: their members aren't checked.
 */
import type { Fields, Shape } from "../Shape.ts"
import {
  any,
  anyObject,
  array,
  boolean,
  byTag,
  decimal,
  integer,
  named,
  nullable,
  object,
  oneOf,
  record,
  string,
  stringOr
} from "../Shape.ts"

const type = string
const cache_control = nullable(object({ type: oneOf("ephemeral"), ttl: oneOf("5m", "1h") }, ["type"]))

const citation = byTag("type", {
  char_location: anyObject,
  page_location: anyObject,
  content_block_location: anyObject,
  search_result_location: anyObject,
  web_search_result_location: object({
    type,
    cited_text: string,
    encrypted_index: string,
    title: nullable(string),
    url: string
  }, ["cited_text", "encrypted_index", "title", "url"])
})

const text = object({ type, text: string, cache_control, citations: nullable(array(citation)) }, ["text"])

const image = object({
  type,
  cache_control,
  transformations: nullable(object({ oversized_image: oneOf("downsize", "error") })),
  source: byTag("type", {
    base64: object({
      type,
      data: string,
      media_type: oneOf("image/jpeg", "image/png", "image/gif", "image/webp")
    }, ["data", "media_type"]),
    url: object({ type, url: string }, ["url"]),
    file: object({ type, file_id: string }, ["file_id"])
  })
}, ["source"])

const citations = object({ enabled: boolean })

const document = object({
  type,
  cache_control,
  citations: nullable(citations),
  context: nullable(string),
  title: nullable(string),
  source: byTag("type", {
    base64: object({ type, data: string, media_type: oneOf("application/pdf") }, ["data", "media_type"]),
    url: object({ type, url: string }, ["url"]),
    text: object({ type, data: string, media_type: oneOf("text/plain") }, ["data", "media_type"]),
    content: object({ type, content: stringOr(array(byTag("type", { text, image }))) }, ["content"]),
    file: object({ type, file_id: string }, ["file_id"])
  })
}, ["source"])

const search_result = object(
  { type, cache_control, citations, content: array(byTag("type", { text })), source: string, title: string },
  ["content", "source", "title"]
)

const caller = byTag("type", {
  direct: object({ type }),
  code_execution_20250825: object({ type, tool_id: string }),
  code_execution_20260120: object({ type, tool_id: string })
})

const block = byTag("type", {
  text,
  image,
  document,
  search_result,
  thinking: object({ type, signature: string, thinking: string }, ["signature", "thinking"]),
  redacted_thinking: object({ type, data: string }, ["data"]),
  tool_use: object(
    { type, id: string, input: anyObject, name: string, cache_control, caller, toolset_name: nullable(string) },
    ["id", "input", "name"]
  ),
  tool_result: object({
    type,
    tool_use_id: string,
    cache_control,
    content: stringOr(array(byTag("type", {
      text,
      image,
      search_result,
      document,
      ...named("tool_reference", "browser_state")
    }))),
    is_error: boolean,
    toolset_name: nullable(string)
  }, ["tool_use_id"]),
  server_tool_use: object({
    type,
    id: string,
    input: anyObject,
    name: oneOf(
      "web_search",
      "web_fetch",
      "code_execution",
      "bash_code_execution",
      "text_editor_code_execution",
      "tool_search_tool_regex",
      "tool_search_tool_bm25"
    ),
    cache_control,
    caller
  }, ["id", "input", "name"]),
  web_search_tool_result: object({
    type,
    tool_use_id: string,
    cache_control,
    caller,
    content: (value) =>
      Array.isArray(value)
        ? array(object({
          type: oneOf("web_search_result"),
          encrypted_content: string,
          page_age: nullable(string),
          title: string,
          url: string
        }, ["type", "encrypted_content", "title", "url"]))(value)
        : object({ type: oneOf("web_search_tool_result_error"), error_code: string }, ["type", "error_code"])(value)
  }, ["tool_use_id", "content"]),
  ...named(
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload"
  )
})

const message = object(
  { role: oneOf("user", "assistant", "system"), content: stringOr(array(block)) },
  ["role", "content"]
)

const shared: Fields = {
  allowed_callers: array(
    oneOf("direct", "code_execution_20250825", "code_execution_20260120", "code_execution_20260521")
  ),
  cache_control,
  defer_loading: boolean,
  strict: boolean
}

const webSearch = (extra: Fields = {}) =>
  object({
    ...shared,
    type,
    name: oneOf("web_search"),
    allowed_domains: nullable(array(string)),
    blocked_domains: nullable(array(string)),
    max_uses: nullable(integer({ min: 1 })),
    user_location: nullable(object({
      type: oneOf("approximate"),
      city: nullable(string),
      country: nullable(string),
      region: nullable(string),
      timezone: nullable(string)
    }, ["type"])),
    ...extra
  }, ["name"])

const tool = byTag("type", {
  custom: object({
    ...shared,
    type: nullable(type),
    name: string,
    description: string,
    eager_input_streaming: nullable(boolean),
    input_examples: array(anyObject),
    input_schema: (value) => record(any)(value) ?? object({ type: oneOf("object") }, ["type"])(onlyType(value))
  }, ["name", "input_schema"]),
  web_search_20250305: webSearch(),
  web_search_20260209: webSearch(),
  web_search_20260318: webSearch({ response_inclusion: oneOf("full", "excluded") }),
  ...named(
    "bash_20250124",
    "browser_toolset_20260801",
    "code_execution_20250522",
    "code_execution_20250825",
    "code_execution_20260120",
    "code_execution_20260521",
    "computer_toolset_20260801",
    "memory_20250818",
    "text_editor_20250124",
    "text_editor_20250429",
    "text_editor_20250728",
    "tool_search_tool_bm25_20251119",
    "tool_search_tool_regex_20251119",
    "web_fetch_20250910",
    "web_fetch_20260209",
    "web_fetch_20260309",
    "web_fetch_20260318"
  )
}, "custom")

const onlyType = (schema: unknown): unknown =>
  typeof schema === "object" && schema !== null && "type" in schema ? { type: schema.type } : {}

const display = nullable(oneOf("summarized", "omitted"))
const disable_parallel_tool_use = boolean

/** What counting tokens takes too. */
const counted: Fields = {
  cache_control,
  messages: array(message, { min: 1, max: 100_000 }),
  model: string,
  output_config: object({
    effort: nullable(oneOf("low", "medium", "high", "xhigh", "max")),
    format: nullable(object({ type: oneOf("json_schema"), schema: anyObject }, ["type", "schema"]))
  }),
  speed: nullable(oneOf("standard", "fast")),
  system: stringOr(array(byTag("type", { text }))),
  thinking: byTag("type", {
    adaptive: object({ type, display }),
    enabled: object({ type, budget_tokens: integer({ min: 1024 }), display }, ["budget_tokens"]),
    disabled: object({ type }),
    between_tools: object({ type })
  }),
  tool_choice: byTag("type", {
    auto: object({ type, disable_parallel_tool_use }),
    any: object({ type, disable_parallel_tool_use }),
    tool: object({ type, name: string, disable_parallel_tool_use }, ["name"]),
    none: object({ type })
  }),
  tools: array(tool)
}

const created: Fields = {
  ...counted,
  container: nullable(stringOr(anyObject)),
  diagnostics: nullable(object({ previous_message_id: nullable(string) })),
  inference_geo: nullable(string),
  max_tokens: integer({ min: 0 }),
  metadata: object({ user_id: nullable(string) }),
  service_tier: oneOf("auto", "standard_only"),
  stop_sequences: array(string),
  stream: boolean
}

/** What the version of 2023-06-01 took beyond. */
const sampling: Fields = {
  temperature: decimal({ min: 0, max: 1 }),
  top_p: decimal({ min: 0, max: 1 }),
  top_k: integer({ min: 0 })
}

export const messages: Shape = object(created, ["model", "max_tokens", "messages"])

export const messagesWithSampling: Shape = object({ ...created, ...sampling }, ["model", "max_tokens", "messages"])

export const countTokens: Shape = object(counted, ["model", "messages"])
