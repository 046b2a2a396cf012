/**
 * The words of Mistral's SDK for what the wire calls otherwise, and which of them a request has.
 *
 * Read 2026-11-23 from @mistralai/mistralai@2.7.0: `models/components`.
 */
import type { ChatCompletionRequest } from "@mistralai/mistralai/models/components"
import { isRecord } from "../../internal/json.ts"

const words: ReadonlyMap<string, string> = new Map([
  ["completion_tokens", "completionTokens"],
  ["document_name", "documentName"],
  ["document_url", "documentUrl"],
  ["file_id", "fileId"],
  ["finish_reason", "finishReason"],
  ["image_url", "imageUrl"],
  ["input_audio", "inputAudio"],
  ["prompt_audio_seconds", "promptAudioSeconds"],
  ["prompt_tokens", "promptTokens"],
  ["reference_ids", "referenceIds"],
  ["service_tier", "serviceTier"],
  ["tool_call_id", "toolCallId"],
  ["tool_calls", "toolCalls"],
  ["total_tokens", "totalTokens"]
])

/** What others have put there keeps its names. */
const foreign = new Set(["arguments", "metadata"])

/** A reply as the SDK names it: what its types don't list, such as `usage.prompt_tokens_details`, stays as it came. */
export const asSdk = (json: unknown): unknown => {
  if (Array.isArray(json)) return json.map(asSdk)
  if (!isRecord(json)) return json
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [words.get(name) ?? name, foreign.has(name) ? value : asSdk(value)])
  )
}

/** The SDK leaves out of a request what it doesn't know. */
const options: Readonly<Record<keyof ChatCompletionRequest, true>> = {
  frequencyPenalty: true,
  guardrails: true,
  maxTokens: true,
  messages: true,
  metadata: true,
  model: true,
  n: true,
  parallelToolCalls: true,
  prediction: true,
  presencePenalty: true,
  promptCacheKey: true,
  promptMode: true,
  randomSeed: true,
  reasoningEffort: true,
  responseFormat: true,
  safePrompt: true,
  serviceTier: true,
  stop: true,
  stream: true,
  temperature: true,
  toolChoice: true,
  tools: true,
  topP: true
}

/** The options that the SDK doesn't know, which are put into the body that it has written. */
export const unknownIn = (native: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined => {
  const unknown = Object.entries(native).filter(([name]) => !Object.hasOwn(options, name))
  return unknown.length === 0 ? undefined : Object.fromEntries(unknown)
}
