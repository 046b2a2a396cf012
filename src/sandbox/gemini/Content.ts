/**
 * An answer in Gemini's words: one object, or the same in chunks, each of which is such an object.
 */
import { type Answer, callTokens } from "../Answers.ts"
import type { JsonObject } from "../Json.ts"
import type { Alteration, Body, Event } from "../Protocol.ts"
import type * as Seal from "../Seal.ts"
import { type Ids, ids } from "../Seed.ts"
import * as Tokens from "../Tokens.ts"
import type { Done } from "./Generate.ts"
import { sign } from "./Input.ts"
import type { Model } from "./Models.ts"
import { inBand } from "./Problem.ts"
import type { Rules } from "./Rules.ts"

export interface Content {
  readonly done: Done
  readonly requestId: string
  readonly parts: ReadonlyArray<Part>
}

/** A part, and how many tokens were produced for it. */
interface Part {
  readonly value: JsonObject
  readonly tokens: number
  /** Goes out in pieces. */
  readonly text: string | undefined
}

export const of = (
  done: Done,
  { model, requestId, root, rules, seals }: {
    readonly requestId: string
    readonly root: string
    readonly rules: Rules
    readonly model: Model
    readonly seals: Seal.Seal
  }
): Content => {
  const made = ids(root)
  const parts = done.answer === undefined ? [] : partsOf(done.answer, done.queries, { made, model, rules, seals })
  return { done, requestId, parts }
}

const partsOf = (
  answer: Answer,
  queries: ReadonlyArray<string>,
  { made, model, rules, seals }: {
    readonly made: Ids
    readonly model: Model
    readonly rules: Rules
    readonly seals: Seal.Seal
  }
): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  const signature = () => ({ thoughtSignature: sign(seals, { model: model.id, nonce: made.next("", 24) }) })
  const thinks = answer.reasoningTokens > 0
  if (thinks && rules.showsThoughts) {
    const text = answer.reasoningSummary
    parts.push({ value: { text, thought: true }, tokens: answer.reasoningTokens, text })
  }
  if (queries.length > 0 && rules.tellsInvocations) {
    const id = made.next("", 8)
    const toolType = "GOOGLE_SEARCH_WEB"
    const told = { toolCall: { id, toolType, args: { queries } }, ...(model.signs ? signature() : {}) }
    parts.push({ value: told, tokens: 0, text: undefined })
    parts.push({ value: { toolResponse: { id, toolType, response: {} } }, tokens: 0, text: undefined })
  }
  const { text } = answer
  if (text !== undefined && text !== "") {
    parts.push({ value: { text, ...(model.signs ? signature() : {}) }, tokens: Tokens.count(text), text })
  }
  for (const [index, call] of answer.calls.entries()) {
    const value = {
      functionCall: { ...(model.signs ? { id: made.next("", 8) } : {}), name: call.name, args: argsOf(call.arguments) },
      // Of calls that are made at once, the first carries it.
      ...(index === 0 && (model.signs || thinks) ? signature() : {})
    }
    parts.push({ value, tokens: callTokens(call) + Tokens.count(call.arguments), text: undefined })
  }
  return parts
}

/** Arguments that were cut off read as none. */
const argsOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const reasons = { stop: "STOP", length: "MAX_TOKENS", calls: "STOP", filter: "SAFETY", pause: "STOP" } as const

const feedback = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }

const usageOf = (done: Done, candidates: number, thoughts: number): JsonObject => ({
  promptTokenCount: done.prompt,
  ...(done.read === 0 ? {} : { cachedContentTokenCount: done.read }),
  ...(candidates === 0 ? {} : { candidatesTokenCount: candidates }),
  ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
  ...(done.toolUse === 0 ? {} : { toolUsePromptTokenCount: done.toolUse }),
  totalTokenCount: done.prompt + candidates + thoughts + done.toolUse,
  promptTokensDetails: done.promptDetails,
  ...(done.read === 0 ? {} : { cacheTokensDetails: done.readDetails }),
  ...(done.toolUse === 0
    ? {}
    : { toolUsePromptTokensDetails: [{ modality: "TEXT", tokenCount: done.toolUse }] })
})

const finalUsage = (done: Done): JsonObject => {
  const thoughts = done.answer?.reasoningTokens ?? 0
  return usageOf(done, done.output - thoughts, thoughts)
}

const headOf = ({ done, requestId }: Content): JsonObject => ({ modelVersion: done.model.id, responseId: requestId })

/** Why it ends, and what it rests on. */
const endOf = ({ done }: Content, dropped: ReadonlySet<string>): JsonObject => {
  const { answer, continuationToken } = done
  const reason = continuationToken === undefined ? reasons[answer?.finish ?? "stop"] : "CONTINUATION"
  return {
    ...(dropped.has("finish") ? {} : { finishReason: reason }),
    index: 0,
    ...(continuationToken === undefined ? {} : { continuationToken }),
    ...groundingOf(done)
  }
}

const groundingOf = ({ answer, queries }: Done): JsonObject => {
  if (answer?.search === undefined || queries.length === 0) return {}
  const { title, url } = answer.search
  const bytes = (text: string) => Buffer.byteLength(text)
  const text = answer.text ?? ""
  return {
    groundingMetadata: {
      webSearchQueries: queries,
      searchEntryPoint: { renderedContent: `<div class="container">${queries.join(", ")}</div>` },
      groundingChunks: [{ web: { uri: url, title, domain: "example.com" } }],
      groundingSupports: answer.citations.map(({ end, start }) => ({
        segment: {
          // What is 0 isn't there.
          ...(start === 0 ? {} : { startIndex: bytes(text.slice(0, start)) }),
          endIndex: bytes(text.slice(0, end)),
          text: text.slice(start, end)
        },
        groundingChunkIndices: [0]
      }))
    }
  }
}

/** The whole answer. */
export const whole = (content: Content, { drop }: Alteration): JsonObject => {
  const dropped = new Set(drop)
  const { done, parts } = content
  const usage = dropped.has("usage") ? {} : { usageMetadata: finalUsage(done) }
  if (done.answer === undefined) return { ...feedback, ...usage, ...headOf(content) }
  const said = parts.length === 0 ? {} : { content: { parts: parts.map(({ value }) => value), role: "model" } }
  return { candidates: [{ ...said, ...endOf(content, dropped) }], ...usage, ...headOf(content) }
}

/** The same in chunks: counts run up, the last one says why it ends. */
export const streamed = (content: Content, { drop }: Alteration): Body => {
  const dropped = new Set(drop)
  const { done, parts } = content
  const events: Array<Event> = []
  let candidates = 0
  let thoughts = 0
  const push = (value: JsonObject, usage: JsonObject, tokens: number) =>
    void events.push({
      data: JSON.stringify({
        ...value,
        ...(dropped.has("usage") ? {} : { usageMetadata: usage }),
        ...headOf(content)
      }),
      tokens
    })
  const say = (part: JsonObject, tokens: number) => {
    if (part["thought"] === true) thoughts += tokens
    else candidates += tokens
    push(
      { candidates: [{ content: { parts: [part], role: "model" }, index: 0 }] },
      usageOf(done, candidates, thoughts),
      tokens
    )
  }
  for (const part of parts) tell(part, say)
  // What wasn't shown was produced all the same; a signature comes behind its text.
  const unsent = done.output - candidates - thoughts
  const signature = parts.findLast(({ text, value }) => text !== undefined && "thoughtSignature" in value)?.value
  const last = signature === undefined ? { text: "" } : { text: "", thoughtSignature: signature["thoughtSignature"] }
  if (done.answer === undefined) push(feedback, finalUsage(done), 0)
  else if (!dropped.has("terminal")) {
    const end = { content: { parts: [last], role: "model" }, ...endOf(content, dropped) }
    push({ candidates: [end] }, finalUsage(done), unsent)
  }
  return { _tag: "Events", events, fail: (_, failure) => ({ data: JSON.stringify(inBand(failure)), tokens: 0 }) }
}

const tell = ({ text, tokens, value }: Part, say: (part: JsonObject, tokens: number) => void): void => {
  if (text === undefined) return say(value, tokens)
  const { thoughtSignature: _, ...unsigned } = value
  const pieces = Tokens.pieces(text)
  // A thought is told shorter than it was.
  const shown = pieces.reduce((sum, piece) => sum + piece.tokens, 0)
  const factor = value["thought"] === true ? 0 : 1
  pieces.forEach((piece, index) =>
    say({ ...unsigned, text: piece.text }, factor * piece.tokens + (index === 0 ? tokens - factor * shown : 0))
  )
}
