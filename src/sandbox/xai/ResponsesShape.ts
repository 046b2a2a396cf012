/**
 * What xAI's `POST /responses` takes, from `@ai-sdk/xai@5.0.12:src/responses` (2026-11-23).
 */
import type { Shape } from "../Shape.ts"
import {
  any,
  anyObject,
  array,
  boolean,
  byTag,
  decimal,
  integer,
  nullable,
  object,
  oneOf,
  string,
  stringOr
} from "../Shape.ts"

const type = string

const part = byTag("type", {
  input_text: object({ type, text: string }, ["text"]),
  input_image: object({ type, image_url: string, detail: oneOf("auto", "low", "high") }, ["image_url"]),
  input_file: object({ type, file_data: string, file_url: string, file_id: string, filename: string }),
  output_text: object({ type, text: string, annotations: array(anyObject), logprobs: array(anyObject) }, ["text"])
})

const item = byTag("type", {
  message: object({
    type,
    id: string,
    role: oneOf("system", "user", "assistant"),
    content: stringOr(array(part)),
    status: string
  }, ["role", "content"]),
  function_call: object({ type, id: string, call_id: string, name: string, arguments: string, status: string }, [
    "call_id",
    "name",
    "arguments"
  ]),
  function_call_output: object({ type, call_id: string, output: stringOr(array(part)) }, ["call_id", "output"]),
  reasoning: object({
    type,
    id: string,
    summary: array(object({ type, text: string }, ["text"])),
    encrypted_content: nullable(string),
    status: string
  }, ["id", "summary"])
}, "message")

const domains = array(string, { max: 5 })

const tool = byTag("type", {
  function: object({
    type,
    name: string,
    description: string,
    parameters: anyObject,
    strict: nullable(boolean)
  }, ["name"]),
  web_search: object({
    type,
    allowed_domains: domains,
    excluded_domains: domains,
    enable_image_search: boolean,
    enable_image_understanding: boolean
  }),
  x_search: object({
    type,
    allowed_x_handles: array(string),
    excluded_x_handles: array(string),
    from_date: string,
    to_date: string,
    enable_image_understanding: boolean,
    enable_video_understanding: boolean
  })
})

export const responses: Shape = object({
  model: string,
  input: stringOr(array(item)),
  stream: nullable(boolean),
  max_output_tokens: nullable(integer({ min: 1 })),
  max_turns: integer({ min: 1 }),
  temperature: nullable(decimal({ min: 0, max: 2 })),
  top_p: nullable(decimal({ min: 0, max: 1 })),
  reasoning: object({
    effort: oneOf("none", "low", "medium", "high", "xhigh"),
    summary: oneOf("auto", "concise", "detailed")
  }),
  text: object({
    format: byTag("type", {
      text: object({ type }),
      json_object: object({ type }),
      json_schema: object({ type, name: string, description: string, schema: anyObject, strict: nullable(boolean) }, [
        "name",
        "schema"
      ])
    })
  }),
  tools: array(tool),
  tool_choice: stringOr(
    byTag("type", {
      function: object({ type, name: string }, ["name"]),
      allowed_tools: object({ type, mode: oneOf("auto", "required"), tools: array(anyObject) }, ["mode", "tools"])
    }),
    oneOf("none", "auto", "required")
  ),
  parallel_tool_calls: boolean,
  store: boolean,
  previous_response_id: nullable(string),
  prompt_cache_key: string,
  service_tier: oneOf("default", "priority"),
  include: array(oneOf("reasoning.encrypted_content", "web_search_call.action.sources", "no_inline_citations")),
  metadata: any,
  user: string
}, ["model", "input"])
