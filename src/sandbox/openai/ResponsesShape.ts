/**
 * What `POST /responses` takes, from the types of `openai@7.57.0`.
 *
 * Hosted tools and items that the sandbox doesn't run are known by name only: their members aren't checked.
 */
import type { Shape } from "../Shape.ts"
import {
  anyObject,
  array,
  boolean,
  byTag,
  integer,
  named,
  nullable,
  object,
  oneOf,
  string,
  stringOr
} from "../Shape.ts"
import { breakpoint, detail, effort, shared, toolChoice, type, verbosity } from "./SharedShapes.ts"

const itemStatus = nullable(oneOf("in_progress", "completed", "incomplete"))

const inputText = object({ type, text: string, prompt_cache_breakpoint: breakpoint }, ["text"])
const inputImage = object({
  type,
  detail: nullable(detail),
  file_id: nullable(string),
  image_url: nullable(string),
  prompt_cache_breakpoint: breakpoint
})
const inputFile = object({
  type,
  detail: oneOf("auto", "low", "high"),
  file_data: nullable(string),
  file_id: nullable(string),
  file_url: nullable(string),
  filename: nullable(string),
  prompt_cache_breakpoint: breakpoint
})

const messagePart = byTag("type", {
  input_text: inputText,
  input_image: inputImage,
  input_file: inputFile,
  output_text: object({ type, text: string, annotations: array(anyObject), logprobs: array(anyObject) }, ["text"]),
  refusal: object({ type, refusal: string }, ["refusal"])
})

const caller = nullable(byTag("type", { direct: object({ type }), program: object({ type, caller_id: string }) }))
const outputParts = array(byTag("type", { input_text: inputText, input_image: inputImage, input_file: inputFile }))

const toolOutput = object({
  type,
  id: nullable(string),
  call_id: nullable(string),
  caller,
  name: nullable(string),
  namespace: nullable(string),
  output: stringOr(outputParts),
  status: itemStatus
}, ["output"])

const inputItem = byTag("type", {
  message: object({
    type,
    id: string,
    role: oneOf("user", "assistant", "system", "developer"),
    content: stringOr(array(messagePart)),
    phase: nullable(oneOf("commentary", "final_answer")),
    status: itemStatus
  }, ["role", "content"]),
  function_call: object({
    type,
    id: string,
    async: boolean,
    arguments: string,
    call_id: string,
    caller,
    name: string,
    namespace: string,
    status: itemStatus
  }, ["arguments", "call_id", "name"]),
  function_call_output: toolOutput,
  custom_tool_call: object({
    type,
    id: string,
    async: boolean,
    call_id: string,
    caller,
    input: string,
    name: string,
    namespace: string,
    status: itemStatus
  }, ["call_id", "input", "name"]),
  custom_tool_call_output: toolOutput,
  reasoning: object({
    type,
    id: string,
    content: array(object({ type, text: string }, ["text"])),
    encrypted_content: nullable(string),
    status: itemStatus,
    summary: array(object({ type, text: string }, ["text"]))
  }, ["id", "summary"]),
  web_search_call: object({ type, id: string, action: anyObject, status: string }, ["id"]),
  ...named(
    "file_search_call",
    "computer_call",
    "computer_call_output",
    "tool_search_call",
    "tool_search_output",
    "additional_tools",
    "configuration_update",
    "compaction",
    "image_generation_call",
    "code_interpreter_call",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "compaction_trigger",
    "item_reference",
    "program",
    "program_output"
  )
}, "message")

const allowedCallers = nullable(array(oneOf("direct", "programmatic")))
const webSearch = object({
  type,
  external_web_access: boolean,
  filters: nullable(object({ allowed_domains: nullable(array(string)) })),
  search_content_types: array(string),
  search_context_size: oneOf("low", "medium", "high"),
  user_location: nullable(object({
    type: oneOf("approximate"),
    city: nullable(string),
    country: nullable(string),
    region: nullable(string),
    timezone: nullable(string)
  }))
})

const tool = byTag("type", {
  function: object({
    type,
    name: string,
    allowed_callers: allowedCallers,
    async: boolean,
    defer_loading: boolean,
    description: nullable(string),
    output_schema: nullable(anyObject),
    parameters: nullable(anyObject),
    strict: nullable(boolean)
  }, ["name"]),
  custom: object({
    type,
    name: string,
    allowed_callers: allowedCallers,
    async: boolean,
    defer_loading: boolean,
    description: string,
    format: anyObject
  }, ["name"]),
  web_search: webSearch,
  web_search_2025_08_26: webSearch,
  web_search_preview: webSearch,
  web_search_preview_2025_03_11: webSearch,
  ...named(
    "file_search",
    "computer",
    "computer_use",
    "computer_use_preview",
    "mcp",
    "code_interpreter",
    "programmatic_tool_calling",
    "image_generation",
    "local_shell",
    "shell",
    "namespace",
    "tool_search",
    "apply_patch"
  )
})

const responseFormat = byTag("type", {
  text: object({ type }),
  json_object: object({ type }),
  json_schema: object({
    type,
    name: string,
    description: string,
    schema: anyObject,
    strict: nullable(boolean)
  }, ["name", "schema"])
})

export const responses: Shape = object({
  ...shared,
  access_programs: object({ cyber: oneOf("standard", "daybreak_blue", "daybreak_red") }),
  background: nullable(boolean),
  context_management: nullable(array(object({ type, compact_threshold: nullable(integer()) }, ["type"]))),
  conversation: nullable(stringOr(object({ id: string }, ["id"]))),
  image: object({ context_compression: oneOf("auto", "enabled", "disabled") }),
  include: nullable(array(oneOf(
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs"
  ))),
  input: stringOr(array(inputItem)),
  instructions: nullable(string),
  max_output_tokens: nullable(integer({ min: 1 })),
  max_tool_calls: nullable(integer({ min: 1 })),
  previous_response_id: nullable(string),
  prompt: nullable(object({ id: string, variables: nullable(anyObject), version: nullable(string) }, ["id"])),
  prompt_cache_options: object({
    comparison_response_id: nullable(string),
    mode: oneOf("implicit", "explicit"),
    prewarm: boolean,
    ttl: oneOf("30m", "12h")
  }),
  reasoning: nullable(object({
    context: nullable(oneOf("auto", "current_turn", "all_turns")),
    effort,
    generate_summary: nullable(oneOf("auto", "concise", "detailed")),
    mode: string,
    summary: nullable(oneOf("auto", "concise", "detailed"))
  })),
  service_tier: nullable(oneOf("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")),
  stream_options: nullable(object({ include_obfuscation: boolean })),
  text: object({ format: responseFormat, verbosity }),
  tool_choice: stringOr(
    byTag("type", {
      allowed_tools: object({ type, mode: oneOf("auto", "required"), tools: array(anyObject) }, ["mode", "tools"]),
      function: object({ type, name: string }, ["name"]),
      custom: object({ type, name: string }, ["name"]),
      mcp: object({ type, name: nullable(string), server_label: string }),
      ...Object.fromEntries(
        [
          "file_search",
          "web_search_preview",
          "web_search_preview_2025_03_11",
          "computer",
          "computer_use",
          "computer_use_preview",
          "image_generation",
          "code_interpreter",
          "programmatic_tool_calling",
          "apply_patch",
          "shell"
        ].map((name) => [name, object({ type })])
      )
    }),
    toolChoice
  ),
  tools: array(tool),
  truncation: nullable(oneOf("auto", "disabled"))
}, ["model"])
