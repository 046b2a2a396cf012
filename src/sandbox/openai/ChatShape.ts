/**
 * What `POST /chat/completions` takes, from the types of `openai@7.57.0`.
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
  record,
  string,
  stringOr
} from "../Shape.ts"
import { breakpoint, detail, effort, shared, toolChoice, type, verbosity } from "./SharedShapes.ts"

const textPart = object({ type, text: string, prompt_cache_breakpoint: breakpoint }, ["text"])
const textParts = stringOr(array(byTag("type", { text: textPart })))
const functionCall = object({ name: string, arguments: string }, ["name", "arguments"])

const message = byTag("role", {
  developer: object({ role: string, content: textParts, name: string }, ["content"]),
  system: object({ role: string, content: textParts, name: string }, ["content"]),
  user: object({
    role: string,
    name: string,
    content: stringOr(array(byTag("type", {
      text: textPart,
      image_url: object({
        type,
        image_url: object({ url: string, detail }, ["url"]),
        prompt_cache_breakpoint: breakpoint
      }, ["image_url"]),
      input_audio: object({
        type,
        input_audio: object({ data: string, format: oneOf("wav", "mp3") }, ["data", "format"]),
        prompt_cache_breakpoint: breakpoint
      }, ["input_audio"]),
      file: object({
        type,
        file: object({ file_data: string, file_id: string, filename: string }),
        prompt_cache_breakpoint: breakpoint
      }, ["file"])
    })))
  }, ["content"]),
  assistant: object({
    role: string,
    annotations: array(anyObject),
    audio: nullable(anyObject),
    content: nullable(stringOr(array(byTag("type", {
      text: textPart,
      refusal: object({ type, refusal: string }, ["refusal"])
    })))),
    function_call: nullable(functionCall),
    name: string,
    refusal: nullable(string),
    tool_calls: array(byTag("type", {
      function: object({ type, id: string, function: functionCall }, ["id", "function"]),
      custom: object({ type, id: string, custom: object({ name: string, input: string }) }, ["id", "custom"])
    }))
  }),
  tool: object({ role: string, content: textParts, tool_call_id: string }, ["content", "tool_call_id"]),
  function: object({ role: string, content: nullable(string), name: string }, ["content", "name"])
})

const functionDefinition = object({
  name: string,
  description: string,
  parameters: anyObject,
  strict: nullable(boolean)
}, ["name"])

export const chat: Shape = object({
  ...shared,
  audio: nullable(anyObject),
  frequency_penalty: nullable(decimal({ min: -2, max: 2 })),
  function_call: any,
  functions: array(functionDefinition),
  logit_bias: nullable(record(decimal({ min: -100, max: 100 }))),
  logprobs: nullable(boolean),
  max_completion_tokens: nullable(integer({ min: 1 })),
  max_tokens: nullable(integer({ min: 1 })),
  messages: array(message, { min: 1 }),
  modalities: nullable(array(oneOf("text", "audio"))),
  n: nullable(integer({ min: 1, max: 128 })),
  prediction: nullable(object({ type: oneOf("content"), content: textParts }, ["content"])),
  presence_penalty: nullable(decimal({ min: -2, max: 2 })),
  prompt_cache_options: object({ mode: oneOf("implicit", "explicit"), ttl: oneOf("30m") }),
  reasoning_effort: effort,
  response_format: byTag("type", {
    text: object({ type }),
    json_object: object({ type }),
    json_schema: object({
      type,
      json_schema: object({
        name: string,
        description: string,
        schema: anyObject,
        strict: nullable(boolean)
      }, ["name"])
    }, ["json_schema"])
  }),
  seed: nullable(integer()),
  service_tier: nullable(oneOf("auto", "default", "flex", "scale", "priority", "fast")),
  stop: nullable(stringOr(array(string, { max: 4 }))),
  stream_options: nullable(object({ include_obfuscation: boolean, include_usage: boolean })),
  tool_choice: stringOr(
    byTag("type", {
      allowed_tools: object({
        type,
        allowed_tools: object({ mode: oneOf("auto", "required"), tools: array(anyObject) }, ["mode", "tools"])
      }, ["allowed_tools"]),
      function: object({ type, function: object({ name: string }, ["name"]) }, ["function"]),
      custom: object({ type, custom: object({ name: string }, ["name"]) }, ["custom"])
    }),
    toolChoice
  ),
  tools: array(byTag("type", {
    function: object({ type, function: functionDefinition }, ["function"]),
    custom: object({
      type,
      custom: object({ name: string, description: string, format: anyObject }, ["name"])
    }, ["custom"])
  })),
  verbosity,
  web_search_options: object({
    search_context_size: oneOf("low", "medium", "high"),
    user_location: nullable(object({
      type: oneOf("approximate"),
      approximate: object({ city: string, country: string, region: string, timezone: string })
    }, ["approximate", "type"]))
  })
}, ["model", "messages"])
