/**
 * The options of Gemini's SDK, as `native` takes them.
 */
import type { GenerateContentConfig, GenerateContentResponse, HttpOptions } from "@google/genai"
import { InvalidRequest } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import { isRecord } from "../../internal/json.ts"

/** What decides how the SDK works, and not what it sends, is Loom's. */
type Ours = "abortSignal" | "automaticContinuation" | "automaticFunctionCalling" | "httpOptions"

/** What `native` takes: `httpOptions.extraBody` sends what the SDK doesn't know yet. */
export type Options = Omit<GenerateContentConfig, Ours> & {
  readonly httpOptions?: Pick<HttpOptions, "apiVersion" | "extraBody" | "headers"> | undefined
}

/** The data of the SDK's reply: Loom gives it as it was on the wire. */
export type Reply = Pick<
  GenerateContentResponse,
  "candidates" | "createTime" | "modelStatus" | "modelVersion" | "promptFeedback" | "responseId" | "usageMetadata"
>

/** Of several images: a list of replies, with none of what one has. */
export type Replies = ReadonlyArray<Reply> & { readonly [Name in keyof Reply]?: undefined }

const known: Readonly<Record<keyof Options, true>> = {
  audioTimestamp: true,
  audioTranscriptionConfig: true,
  cachedContent: true,
  candidateCount: true,
  continuationToken: true,
  enableEnhancedCivicAnswers: true,
  frequencyPenalty: true,
  generationOutputConfig: true,
  httpOptions: true,
  imageConfig: true,
  labels: true,
  logprobs: true,
  maxOutputTokens: true,
  mediaResolution: true,
  modelArmorConfig: true,
  modelSelectionConfig: true,
  presencePenalty: true,
  responseJsonSchema: true,
  responseLogprobs: true,
  responseMimeType: true,
  responseModalities: true,
  responseSchema: true,
  routingConfig: true,
  safetySettings: true,
  seed: true,
  serviceTier: true,
  speechConfig: true,
  stopSequences: true,
  store: true,
  systemInstruction: true,
  temperature: true,
  thinkingConfig: true,
  toolConfig: true,
  tools: true,
  topK: true,
  topP: true
}

const sent = ["apiVersion", "extraBody", "headers"] as const

/** Throws for an option that the SDK would leave out without a word. */
export const optionsOf = (request: Request.Request): GenerateContentConfig => {
  const { httpOptions, ...options } = request.native
  const stray = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  if (stray !== undefined) {
    const detail = "the SDK has no such option to send; `native.httpOptions.extraBody` holds what it doesn't know"
    throw Request.fail(request, new InvalidRequest({ field: `native.${stray}`, detail }))
  }
  if (!isRecord(httpOptions)) return options
  return { ...options, httpOptions: Object.fromEntries(sent.flatMap((name) => named(name, httpOptions[name]))) }
}

const named = (name: string, value: unknown) => value === undefined ? [] : [[name, value] as const]
