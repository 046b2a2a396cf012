/**
 * What MiniMax's `POST /v1/messages` takes, from platform.minimax.io/docs (text-anthropic-api, text-chat-anthropic,
 * text-prompt-caching; 2026-11-23). What the vendor says that it ignores is refused.
 */
import type { Shape } from "../Shape.ts"
import {
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
const cache_control = nullable(object({ type: oneOf("ephemeral") }, ["type"]))

const text = object({ type, text: string, cache_control }, ["text"])

const image = object({
  type,
  cache_control,
  source: byTag("type", {
    base64: object({ type, data: string, media_type: string }, ["data", "media_type"]),
    url: object({ type, url: string }, ["url"])
  })
}, ["source"])

const block = byTag("type", {
  text,
  image,
  thinking: object({ type, thinking: string, signature: string }, ["thinking", "signature"]),
  tool_use: object({ type, id: string, name: string, input: anyObject, cache_control }, ["id", "name", "input"]),
  tool_result: object({
    type,
    tool_use_id: string,
    content: stringOr(array(byTag("type", { text, image }))),
    is_error: boolean,
    cache_control
  }, ["tool_use_id"])
})

export const messages: Shape = object({
  model: string,
  max_tokens: integer({ min: 1 }),
  messages: array(
    object({ role: oneOf("user", "assistant"), content: stringOr(array(block)) }, ["role", "content"]),
    { min: 1 }
  ),
  system: stringOr(array(byTag("type", { text }))),
  stream: boolean,
  temperature: decimal({ min: Number.MIN_VALUE, max: 1 }),
  top_p: decimal({ min: Number.MIN_VALUE, max: 1 }),
  thinking: byTag("type", {
    adaptive: object({ type }),
    enabled: object({ type, budget_tokens: integer({ min: 1 }) }),
    disabled: object({ type })
  }),
  tools: array(
    object({ name: string, description: string, input_schema: anyObject, cache_control }, ["name", "input_schema"])
  ),
  tool_choice: byTag("type", {
    auto: object({ type }),
    any: object({ type }),
    none: object({ type }),
    tool: object({ type, name: string }, ["name"])
  }),
  metadata: anyObject
}, ["model", "max_tokens", "messages"])
