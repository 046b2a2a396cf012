/**
 * What `POST /v1/chat/completions` takes, from the types of `@mistralai/mistralai@2.7.0`.
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
  nullable,
  object,
  oneOf,
  record,
  string,
  stringOr
} from "../Shape.ts"

const type = string
const textChunk = object({ type, text: string }, ["text"])
const reference = object({ type, reference_ids: array(any) }, ["reference_ids"])
const toolReference = object({
  type,
  tool: string,
  title: string,
  url: nullable(string),
  favicon: nullable(string),
  description: nullable(string)
}, ["tool", "title"])

const thinking = object({
  type,
  thinking: array(byTag("type", { text: textChunk, reference, tool_reference: toolReference }, "text")),
  signature: nullable(string),
  closed: boolean
}, ["thinking"])

const chunks: Fields = {
  text: textChunk,
  image_url: object({
    type,
    image_url: stringOr(object({ url: string, detail: nullable(oneOf("low", "auto", "high")) }, ["url"]))
  }, ["image_url"]),
  document_url: object({ type, document_url: string, document_name: nullable(string) }, ["document_url"]),
  file: object({ type, file_id: string }, ["file_id"]),
  reference,
  thinking,
  input_audio: object({ type, input_audio: string }, ["input_audio"])
}
const content = nullable(stringOr(array(byTag("type", chunks))))

const message = byTag("role", {
  system: object({ role: string, content: stringOr(array(byTag("type", { text: textChunk, thinking }))) }, ["content"]),
  user: object({ role: string, content }, ["content"]),
  assistant: object({
    role: string,
    content,
    prefix: boolean,
    tool_calls: nullable(array(object({
      id: string,
      type: oneOf("function"),
      index: integer(),
      function: object({ name: string, arguments: stringOr(anyObject) }, ["name", "arguments"])
    }, ["function"])))
  }),
  tool: object({ role: string, content, name: nullable(string), tool_call_id: nullable(string) }, ["content"])
})

const connector = (fields: Fields = {}): Shape => object({ type, tool_configuration: nullable(anyObject), ...fields })

export const chat: Shape = object({
  frequency_penalty: nullable(decimal({ min: -2, max: 2 })),
  guardrails: nullable(array(anyObject)),
  max_tokens: nullable(integer({ min: 0 })),
  messages: array(message, { min: 1 }),
  metadata: nullable(record(any)),
  model: string,
  n: nullable(integer({ min: 1 })),
  parallel_tool_calls: boolean,
  prediction: object({ type: oneOf("content"), content: string }),
  presence_penalty: nullable(decimal({ min: -2, max: 2 })),
  prompt_cache_key: nullable(string),
  prompt_mode: nullable(oneOf("reasoning")),
  random_seed: nullable(integer({ min: 0 })),
  reasoning_effort: nullable(oneOf("none", "minimal", "low", "medium", "high", "xhigh")),
  response_format: object({
    type: oneOf("text", "json_object", "json_schema"),
    json_schema: nullable(object({
      name: string,
      description: nullable(string),
      schema: anyObject,
      strict: boolean
    }, ["name", "schema"]))
  }),
  safe_prompt: boolean,
  service_tier: nullable(oneOf("auto", "standard_only")),
  stop: nullable(stringOr(array(string))),
  stream: boolean,
  temperature: nullable(decimal({ min: 0, max: 1.5 })),
  tool_choice: stringOr(
    object({ type: oneOf("function"), function: object({ name: string }, ["name"]) }, ["function"]),
    oneOf("auto", "none", "any", "required")
  ),
  tools: nullable(array(byTag("type", {
    function: object({
      type,
      function: object({ name: string, description: string, strict: boolean, parameters: anyObject }, [
        "name",
        "parameters"
      ])
    }, ["function"]),
    web_search: connector(),
    web_search_premium: connector(),
    code_interpreter: connector(),
    image_generation: connector(),
    document_library: connector({ library_ids: array(string) }),
    connector: connector({ connector_id: string, authorization: nullable(anyObject) })
  }))),
  top_p: nullable(decimal({ min: 0, max: 1 }))
}, ["model", "messages"])
