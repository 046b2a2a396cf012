/**
 * What `generateContent` and `cachedContents` take, from the types of `@google/genai@3.1.0`.
 *
 * Tools that the sandbox doesn't run, and what is for other media, are known by name only.
 */
import {
  any,
  anyObject,
  array,
  boolean,
  decimal,
  type Fields,
  integer,
  named,
  object,
  oneOf,
  record,
  type Shape,
  string
} from "../Shape.ts"

const blob = object({ mimeType: string, data: string }, ["mimeType", "data"])
const file = object({ mimeType: string, fileUri: string, displayName: string }, ["fileUri"])

const part = object({
  text: string,
  thought: boolean,
  thoughtSignature: string,
  inlineData: blob,
  fileData: file,
  functionCall: object({ id: string, name: string, args: anyObject }, ["name"]),
  functionResponse: object({
    id: string,
    name: string,
    response: anyObject,
    parts: array(object({ inlineData: blob, fileData: file })),
    willContinue: boolean,
    scheduling: string
  }, ["name", "response"]),
  toolCall: object({ id: string, toolType: string, args: anyObject }),
  toolResponse: object({ id: string, toolType: string, response: anyObject }),
  ...named("executableCode", "codeExecutionResult", "videoMetadata", "mediaResolution", "partMetadata"),
  ...named("audioTranscription", "mediaProcessing", "speechMetadata")
})

const content = object({ role: string, parts: array(part) })

/** The keywords that the vendor lists, and what they hold. */
export const jsonSchema: Shape = (value) => schema(value)
const schema: Shape = object({
  $id: string,
  $anchor: string,
  $ref: string,
  $defs: record(jsonSchema),
  type: (value) => Array.isArray(value) ? array(string)(value) : string(value),
  format: string,
  title: string,
  description: string,
  enum: array((value) => typeof value === "number" ? undefined : string(value)),
  items: jsonSchema,
  prefixItems: array(jsonSchema),
  minItems: integer({ min: 0 }),
  maxItems: integer({ min: 0 }),
  minimum: decimal(),
  maximum: decimal(),
  anyOf: array(jsonSchema),
  oneOf: array(jsonSchema),
  properties: record(jsonSchema),
  additionalProperties: (value) => typeof value === "boolean" ? undefined : jsonSchema(value),
  required: array(string),
  propertyOrdering: array(string)
})

const tool = object({
  functionDeclarations: array(
    object({
      name: string,
      description: string,
      parameters: anyObject,
      parametersJsonSchema: anyObject,
      response: anyObject,
      responseJsonSchema: any,
      behavior: string
    }, ["name"])
  ),
  googleSearch: object({ timeRangeFilter: anyObject, searchTypes: anyObject }),
  ...named("googleSearchRetrieval", "codeExecution", "urlContext", "fileSearch", "googleMaps", "computerUse"),
  mcpServers: any
})

const toolConfig = object({
  functionCallingConfig: object({
    mode: oneOf("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"),
    allowedFunctionNames: array(string)
  }),
  retrievalConfig: anyObject,
  includeServerSideToolInvocations: boolean
})

const prompt: Fields = {
  contents: array(content),
  systemInstruction: content,
  tools: array(tool),
  toolConfig
}

export const generate = object({
  ...prompt,
  generationConfig: object({
    temperature: decimal({ min: 0, max: 2 }),
    topP: decimal({ min: 0, max: 1 }),
    topK: decimal({ min: 1 }),
    candidateCount: integer({ min: 1, max: 8 }),
    maxOutputTokens: integer({ min: 1 }),
    stopSequences: array(string, { max: 5 }),
    seed: integer({ min: -2_147_483_648, max: 2_147_483_647 }),
    presencePenalty: decimal({ min: -2, max: 2 }),
    frequencyPenalty: decimal({ min: -2, max: 2 }),
    responseMimeType: oneOf("text/plain", "application/json", "text/x.enum"),
    responseSchema: anyObject,
    responseJsonSchema: jsonSchema,
    responseLogprobs: boolean,
    logprobs: integer({ min: 0, max: 20 }),
    responseModalities: array(string),
    mediaResolution: string,
    enableEnhancedCivicAnswers: boolean,
    thinkingConfig: object({
      thinkingBudget: integer({ min: -1 }),
      thinkingLevel: oneOf("THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH"),
      includeThoughts: boolean
    }),
    ...named("speechConfig", "imageConfig", "audioTranscriptionConfig")
  }),
  safetySettings: array(object({ category: string, threshold: string }, ["category", "threshold"])),
  cachedContent: string,
  serviceTier: oneOf("unspecified", "standard", "flex", "priority"),
  labels: record(string),
  store: boolean,
  continuationToken: string
}, ["contents"])

export const cache = object({
  ...prompt,
  model: string,
  displayName: string,
  ttl: string,
  expireTime: string,
  kmsKeyName: string
}, ["model"])

export const count = object({ contents: array(content), generateContentRequest: anyObject })
