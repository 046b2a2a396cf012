/**
 * The output items of a response, and the events that tell them.
 */
import { type Answer, type Call, callTokens } from "../Answers.ts"
import { isObject, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import type { Ids } from "../Seed.ts"
import { pieces } from "../Tokens.ts"
import type { Done } from "./Job.ts"
import type { Sealed } from "./ResponsesInput.ts"

export type Push = (type: string, members: JsonObject, tokens?: number) => void

export const itemsOf = (
  done: Pick<Done, "answers"> & { readonly model: Pick<Done["model"], "reasoning"> },
  { body, ids, seals }: { readonly body: JsonObject; readonly ids: Ids; readonly seals: Sealed }
): ReadonlyArray<JsonObject> => {
  const [answer] = done.answers
  if (answer === undefined) return []
  const includes = new Set(listAt(body, "include"))
  const reasoning = objectAt(body, "reasoning")
  const items: Array<JsonObject> = []
  if (done.model.reasoning && answer.reasoningTokens > 0) {
    const id = ids.next("rs_", 48)
    const summarised = (stringAt(reasoning, "summary") ?? stringAt(reasoning, "generate_summary")) !== undefined
    items.push({
      id,
      type: "reasoning",
      summary: summarised ? [{ type: "summary_text", text: answer.reasoningSummary }] : [],
      ...(includes.has("reasoning.encrypted_content")
        ? { encrypted_content: seals.seal(id, answer.reasoningTokens) }
        : {})
    })
  }
  if (answer.search !== undefined) {
    const { query, url } = answer.search
    const sources = includes.has("web_search_call.action.sources") ? { sources: [{ type: "url", url }] } : {}
    items.push({
      id: ids.next("ws_", 48),
      type: "web_search_call",
      status: "completed",
      action: { type: "search", query, queries: [query], ...sources }
    })
  }
  const cut = answer.finish === "length" || answer.finish === "filter"
  const part = partOf(answer)
  if (part !== undefined) {
    items.push({
      id: ids.next("msg_", 48),
      type: "message",
      status: cut ? "incomplete" : "completed",
      role: "assistant",
      content: [part]
    })
  }
  answer.calls.forEach((call, index) => {
    const last = index === answer.calls.length - 1
    items.push(callItem(call, ids, cut && last ? "incomplete" : "completed"))
  })
  return items
}

const partOf = ({ citations, refusal, text }: Answer): JsonObject | undefined => {
  if (refusal !== undefined) return { type: "refusal", refusal }
  if (text === undefined) return undefined
  const annotations = citations.map(({ end, start, title, url }) => ({
    type: "url_citation",
    url,
    title,
    start_index: start,
    end_index: end
  }))
  return { type: "output_text", text, annotations, logprobs: [] }
}

const callItem = (call: Call, ids: Ids, status: string): JsonObject =>
  call.custom
    ? {
      id: ids.next("ctc_", 48),
      type: "custom_tool_call",
      status,
      call_id: ids.next("call_", 24),
      name: call.name,
      input: call.arguments
    }
    : {
      id: ids.next("fc_", 48),
      type: "function_call",
      status,
      arguments: call.arguments,
      call_id: ids.next("call_", 24),
      name: call.name
    }

/** Tells the items in OpenAI's order of events; each event carries the tokens that were produced for it. */
export const eventsOf = (items: ReadonlyArray<unknown>, answer: Answer, push: Push): void => {
  let calls = 0
  items.filter(isObject).forEach((item, output_index) => {
    const at = { item_id: stringAt(item, "id"), output_index }
    const added = (opened: JsonObject, tokens = 0) =>
      push("response.output_item.added", { output_index, item: { ...item, ...opened } }, tokens)
    switch (stringAt(item, "type")) {
      case "reasoning":
        added({ summary: [] }, answer.reasoningTokens)
        listAt(item, "summary").forEach((part, summary_index) =>
          tellSummary(stringAt(part, "text") ?? "", { ...at, summary_index }, push)
        )
        break
      case "web_search_call":
        added({ status: "in_progress" })
        for (const step of ["in_progress", "searching", "completed"]) push(`response.web_search_call.${step}`, at)
        break
      case "message":
        added({ status: "in_progress", content: [] })
        listAt(item, "content").filter(isObject).forEach((part, content_index) =>
          tellPart(part, { item_id: at.item_id, output_index, content_index }, push)
        )
        break
      case "function_call":
        added({ status: "in_progress", arguments: "" }, callOverhead(answer, calls++))
        tell(push, "response.function_call_arguments", at, stringAt(item, "arguments") ?? "", "arguments")
        break
      case "custom_tool_call":
        added({ status: "in_progress", input: "" }, callOverhead(answer, calls++))
        tell(push, "response.custom_tool_call_input", at, stringAt(item, "input") ?? "", "input")
        break
      default:
    }
    push("response.output_item.done", { output_index, item })
  })
}

const callOverhead = (answer: Answer, index: number): number => {
  const call = answer.calls[index]
  return call === undefined ? 0 : callTokens(call)
}

const tell = (push: Push, type: string, at: JsonObject, text: string, whole: string, extra: JsonObject = {}) => {
  for (const delta of pieces(text)) push(`${type}.delta`, { ...at, delta: delta.text, ...extra }, delta.tokens)
  push(`${type}.done`, { ...at, [whole]: text, ...extra })
}

const tellSummary = (text: string, at: JsonObject, push: Push) => {
  push("response.reasoning_summary_part.added", { ...at, part: { type: "summary_text", text: "" } })
  for (const delta of pieces(text)) push("response.reasoning_summary_text.delta", { ...at, delta: delta.text })
  push("response.reasoning_summary_text.done", { ...at, text })
  push("response.reasoning_summary_part.done", { ...at, part: { type: "summary_text", text } })
}

const tellPart = (part: JsonObject, at: JsonObject, push: Push) => {
  const refusal = stringAt(part, "refusal")
  if (refusal !== undefined) {
    push("response.content_part.added", { ...at, part: { type: "refusal", refusal: "" } })
    tell(push, "response.refusal", at, refusal, "refusal")
  } else {
    push("response.content_part.added", { ...at, part: { ...part, text: "", annotations: [] } })
    const text = stringAt(part, "text") ?? ""
    for (const delta of pieces(text)) {
      push("response.output_text.delta", { ...at, delta: delta.text, logprobs: [] }, delta.tokens)
    }
    listAt(part, "annotations").forEach((annotation, annotation_index) =>
      push("response.output_text.annotation.added", { ...at, annotation_index, annotation })
    )
    push("response.output_text.done", { ...at, text, logprobs: [] })
  }
  push("response.content_part.done", { ...at, part })
}
