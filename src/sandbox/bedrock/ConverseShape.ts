/**
 * What Converse takes, from the types of `@aws-sdk/client-bedrock-runtime@3.1164.0`.
 */
import { isObject } from "../Json.ts"
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
  object,
  oneOf,
  record,
  string
} from "../Shape.ts"

/** Exactly one of these members. */
const union = (fields: Fields): Shape => {
  const shape = object(fields)
  return (value) => {
    const found = shape(value)
    if (found !== undefined || !isObject(value) || Object.keys(value).length === 1) return found
    return { path: [], flaw: { _tag: "UnknownTag", key: "", values: Object.keys(fields), value: Object.keys(value) } }
  }
}

const cachePoint = object({ type: oneOf("default"), ttl: oneOf("5m", "1h") }, ["type"])
const s3Location = object({ uri: string, bucketOwner: string }, ["uri"])
const image = object({
  format: oneOf("png", "jpeg", "gif", "webp"),
  source: union({ bytes: string, s3Location })
}, ["format", "source"])
const document = object({
  format: oneOf("pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"),
  name: string,
  source: union({ bytes: string, s3Location, text: string, content: array(anyObject) }),
  context: string,
  citations: object({ enabled: boolean }, ["enabled"])
}, ["name", "source"])

const toolResult = object({
  toolUseId: string,
  content: array(union({ json: any, text: string, image, document, ...named("video", "searchResult") })),
  status: oneOf("success", "error"),
  type: string
}, ["toolUseId", "content"])

const content = union({
  text: string,
  image,
  document,
  toolUse: object({ toolUseId: string, name: string, input: any, type: oneOf("server_tool_use") }, [
    "toolUseId",
    "name",
    "input"
  ]),
  toolResult,
  cachePoint,
  reasoningContent: union({
    reasoningText: object({ text: string, signature: string }, ["text"]),
    redactedContent: string
  }),
  ...named("video", "audio", "guardContent", "citationsContent", "searchResult", "toolAddition", "toolRemoval")
})

export const converse: Shape = object({
  additionalModelRequestFields: any,
  additionalModelResponseFieldPaths: array(string, { max: 10 }),
  guardrailConfig: anyObject,
  inferenceConfig: object({
    maxTokens: integer({ min: 1 }),
    temperature: decimal({ min: 0, max: 1 }),
    topP: decimal({ min: 0, max: 1 }),
    stopSequences: array(string, { max: 2500 })
  }),
  messages: array(byTag("role", {
    user: object({ role: string, content: array(content, { min: 1 }) }, ["content"]),
    assistant: object({ role: string, content: array(content, { min: 1 }) }, ["content"])
  })),
  outputConfig: object({
    effort: string,
    textFormat: object({
      type: oneOf("json_schema"),
      structure: union({ jsonSchema: object({ schema: string, name: string, description: string }, ["schema"]) })
    }, ["type", "structure"])
  }),
  performanceConfig: object({ latency: oneOf("standard", "optimized") }),
  promptVariables: record(anyObject),
  requestMetadata: record(string),
  serviceTier: object({ type: oneOf("default", "flex", "priority", "reserved") }, ["type"]),
  system: array(union({ text: string, cachePoint, guardContent: anyObject })),
  toolConfig: object({
    tools: array(
      union({
        toolSpec: object({
          name: string,
          description: string,
          inputSchema: union({ json: anyObject }),
          strict: boolean
        }, ["name", "inputSchema"]),
        systemTool: object({ name: string }, ["name"]),
        cachePoint
      }),
      { min: 1 }
    ),
    toolChoice: union({
      auto: object({}),
      any: object({}),
      tool: object({ name: string }, ["name"])
    })
  }, ["tools"])
})
