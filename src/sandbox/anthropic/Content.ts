/**
 * The content blocks of an answer, and the events that tell them.
 */
import { type Answer, type Call, callTokens } from "../Answers.ts"
import { at, isObject, type JsonObject, listAt, stringAt } from "../Json.ts"
import type { Ids } from "../Seed.ts"
import { pieces } from "../Tokens.ts"
import { type Seals, textDigest } from "./Input.ts"

export type Push = (type: string, members: JsonObject, tokens?: number) => void

const caller = { type: "direct" }

export const blocksOf = (
  answer: Answer,
  { ids, model, omitsThoughts, seals }: {
    readonly ids: Ids
    readonly model: string
    readonly omitsThoughts: boolean
    readonly seals: Seals
  }
): ReadonlyArray<JsonObject> => {
  const blocks: Array<JsonObject> = []
  if (answer.reasoningTokens > 0) {
    const thinking = omitsThoughts ? "" : answer.reasoningSummary.replaceAll("**", "")
    const thought = { id: ids.next("thought_"), model, tokens: answer.reasoningTokens, text: textDigest(thinking) }
    blocks.push({ type: "thinking", thinking, signature: seals.thought.close(thought) })
  }
  if (answer.search !== undefined) blocks.push(...searchBlocks(answer.search, ids, seals))
  blocks.push(...textBlocks(answer, seals))
  for (const call of answer.calls) {
    blocks.push({ type: "tool_use", id: ids.next("toolu_01", 22), caller, name: call.name, input: inputOf(call) })
  }
  return blocks
}

/** Arguments that were cut off read as none. */
const inputOf = (call: Call): JsonObject => {
  try {
    const input: unknown = JSON.parse(call.arguments)
    return isObject(input) ? input : {}
  } catch {
    return {}
  }
}

const searchBlocks = (
  { query, title, url }: NonNullable<Answer["search"]>,
  ids: Ids,
  seals: Seals
): ReadonlyArray<JsonObject> => {
  const id = ids.next("srvtoolu_01", 22)
  const result = {
    type: "web_search_result",
    url,
    title,
    page_age: null,
    encrypted_content: seals.source.close({ url, title })
  }
  return [
    { type: "server_tool_use", id, caller, name: "web_search", input: { query } },
    { type: "web_search_tool_result", tool_use_id: id, caller, content: [result] }
  ]
}

/** One block, or one for each span that rests on a source and for what is between. */
const textBlocks = ({ citations, text = "" }: Answer, seals: Seals): ReadonlyArray<JsonObject> => {
  const blocks: Array<JsonObject> = []
  let end = 0
  const plain = (until: number) => {
    if (until > end) blocks.push({ type: "text", text: text.slice(end, until), citations: null })
  }
  for (const { end: last, start, title, url } of citations) {
    plain(start)
    const span = text.slice(start, last)
    const citation = {
      type: "web_search_result_location",
      url,
      title,
      cited_text: span.trim().slice(0, 150),
      encrypted_index: seals.source.close({ url, start, last })
    }
    blocks.push({ type: "text", text: span, citations: [citation] })
    end = last
  }
  plain(text.length)
  return blocks
}

/** Tells the blocks in Anthropic's order of events; each event carries the tokens that were produced for it. */
export const eventsOf = (blocks: ReadonlyArray<JsonObject>, answer: Answer, push: Push): void => {
  let calls = 0
  let pinged = false
  blocks.forEach((block, index) => {
    const start = (opened: JsonObject, tokens = 0) => {
      push("content_block_start", { index, content_block: { ...block, ...opened } }, tokens)
      if (!pinged) push("ping", {})
      pinged = true
    }
    const delta = (type: string, members: JsonObject, tokens = 0) =>
      push("content_block_delta", { index, delta: { type, ...members } }, tokens)
    switch (stringAt(block, "type")) {
      case "thinking":
        start({ thinking: "", signature: "" }, answer.reasoningTokens)
        for (const { text } of pieces(stringAt(block, "thinking") ?? "")) delta("thinking_delta", { thinking: text })
        delta("signature_delta", { signature: at(block, "signature") })
        break
      case "server_tool_use":
        start({ input: {} })
        for (const { text } of pieces(JSON.stringify(at(block, "input")))) {
          delta("input_json_delta", { partial_json: text })
        }
        break
      case "tool_use": {
        const call = answer.calls[calls++]
        start({ input: {} }, call === undefined ? 0 : callTokens(call))
        delta("input_json_delta", { partial_json: "" })
        for (const { text, tokens } of pieces(call?.arguments ?? "")) {
          delta("input_json_delta", { partial_json: text }, tokens)
        }
        break
      }
      case "text": {
        const citations = listAt(block, "citations")
        start({ text: "", citations: citations.length > 0 ? [] : null })
        for (const { text, tokens } of pieces(stringAt(block, "text") ?? "")) delta("text_delta", { text }, tokens)
        for (const citation of citations) delta("citations_delta", { citation })
        break
      }
      default:
        start({})
    }
    push("content_block_stop", { index })
  })
  if (!pinged) push("ping", {})
}
