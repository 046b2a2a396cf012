/**
 * What `POST /v2/chat` takes, from the types of `cohere-ai@8.1.0`.
 */
import type { Shape } from "../Shape.ts"
import { any, anyObject, array, boolean, byTag, decimal, integer, object, oneOf, string, stringOr } from "../Shape.ts"

const type = string
const text = object({ type, text: string }, ["text"])
const document = object({ type, document: object({ id: string, data: any }, ["data"]) }, ["document"])

const message = byTag("role", {
  system: object({ role: string, content: stringOr(array(byTag("type", { text }))) }, ["content"]),
  user: object({
    role: string,
    content: stringOr(array(byTag("type", {
      text,
      image_url: object({ type, image_url: object({ url: string, detail: oneOf("auto", "low", "high") }, ["url"]) }, [
        "image_url"
      ])
    })))
  }, ["content"]),
  assistant: object({
    role: string,
    content: stringOr(array(byTag("type", { text, thinking: object({ type, thinking: string }, ["thinking"]) }))),
    tool_plan: string,
    tool_calls: array(object({
      id: string,
      type: oneOf("function"),
      function: object({ name: string, arguments: string }, ["name", "arguments"])
    }, ["id", "type", "function"])),
    citations: array(anyObject)
  }),
  tool: object({ role: string, tool_call_id: string, content: stringOr(array(byTag("type", { text, document }))) }, [
    "tool_call_id",
    "content"
  ])
})

export const chat: Shape = object({
  model: string,
  messages: array(message, { min: 1 }),
  stream: boolean,
  max_tokens: integer({ min: 0 }),
  temperature: decimal({ min: 0 }),
  p: decimal({ min: 0.01, max: 0.99 }),
  k: integer({ min: 0, max: 500 }),
  seed: integer({ min: 0 }),
  stop_sequences: array(string, { max: 5 }),
  frequency_penalty: decimal({ min: 0, max: 1 }),
  presence_penalty: decimal({ min: 0, max: 1 }),
  logprobs: boolean,
  priority: integer(),
  tools: array(object({
    type: oneOf("function"),
    function: object({ name: string, description: string, parameters: anyObject }, ["name", "parameters"])
  }, ["type", "function"])),
  strict_tools: boolean,
  tool_choice: oneOf("REQUIRED", "NONE"),
  thinking: object({ type: oneOf("enabled", "disabled"), token_budget: integer({ min: 1 }) }, ["type"]),
  response_format: object({ type: oneOf("text", "json_object"), json_schema: anyObject }, ["type"]),
  documents: array(stringOr(object({ id: string, data: anyObject }, ["data"]))),
  citation_options: object({ mode: oneOf("FAST", "ACCURATE", "OFF", "ENABLED", "DISABLED") }),
  safety_mode: oneOf("CONTEXTUAL", "STRICT", "OFF")
}, ["model", "messages"])
