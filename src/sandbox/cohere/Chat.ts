/**
 * `POST /v2/chat`: one JSON object, or the same told in events.
 */
import { type Answer as ModelAnswer, type Ask, callTokens, type Effort } from "../Answers.ts"
import { type Generation, isProblem, json, type Problem, type Route } from "../Door.ts"
import { at, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import * as Media from "../Media.ts"
import type { Alteration, Answer, Body, Event, World } from "../Protocol.ts"
import { type Done, type Job, run } from "../Run.ts"
import { digest, ids } from "../Seed.ts"
import { type Sequence, sequence, type SequenceBuilder } from "../Tokens.ts"
import { pieces } from "../Tokens.ts"
import { chat as shape } from "./ChatShape.ts"
import * as Models from "./Models.ts"
import { inBand, ofIssue, problem } from "./Problem.ts"

/** What the vendor's template adds to a prompt and an answer, and doesn't bill. */
const template = { input: 66, output: 2 }

/** From memory: the vendor says nothing of its cache but how much was read. */
const cacheMillis = 600_000

export const make = (world: World): Route => {
  const read = ({ body, key, requestId, root }: Generation): Job | Problem => {
    const wrong = shape(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const id = stringAt(body, "model") ?? ""
    const model = Models.models.get(id)
    if (model === undefined) return problem(`model '${id}' not found, make sure the correct model ID was used`, 404)
    const tools = toolsOf(body, model)
    if (isProblem(tools)) return tools
    const effort = effortOf(model, body)
    if (isProblem(effort)) return effort
    const format = objectAt(body, "response_format")
    const isJson = stringAt(format, "type") === "json_object"
    if (isJson && (tools.tools.length > 0 || listAt(body, "documents").length > 0)) {
      return problem("invalid request: response_format is not supported with tools or documents.")
    }
    const maxTokens = numberAt(body, "max_tokens")
    if ((maxTokens ?? 0) > model.maxOutput) {
      return problem(
        `too many tokens: max tokens must be less than or equal to ${model.maxOutput}, the maximum output for this model - received ${maxTokens}.`
      )
    }
    const input = readMessages(body, model)
    if (isProblem(input)) return input
    if (input.sequence.length > model.context) {
      return problem(`too many tokens: size limit exceeded by ${input.sequence.length - model.context} tokens.`)
    }
    return {
      _tag: "Job",
      provider: "cohere",
      requestId,
      root,
      key,
      model,
      tier: "default",
      multiplier: () => ({ times: 1n, per: 1n }),
      sequence: input.sequence,
      cacheKey: "",
      policy: { _tag: "Free", ttlMillis: cacheMillis, minimumTokens: 128 },
      choices: 1,
      ask: {
        prompt: input.prompt,
        ...tools,
        parallelTools: true,
        toolResults: input.results,
        schema: isJson ? objectAt(format, "json_schema") ?? {} : undefined,
        search: undefined,
        stop: listAt(body, "stop_sequences").filter((mark) => typeof mark === "string"),
        maxTokens,
        effort
      }
    }
  }

  return {
    _tag: "Generate",
    receive: (generation) => {
      const job = read(generation)
      if (isProblem(job)) return job
      const stream = at(generation.body, "stream") === true
      const answer = (alteration: Alteration): Answer => {
        const done = run(world, job, alteration, (id) => Models.models.get(id))
        const [said] = done.answers
        const message = messageOf(said, job.root)
        const end = endOf(said, done, alteration)
        const charge = done.charge(job.requestId)
        return {
          status: 200,
          headers: {},
          requestId: job.requestId,
          body: stream
            ? streamed(job.requestId, said, message, end, alteration)
            : json({ id: job.requestId, message, ...end }, inBand),
          // What is cached is billed like the rest.
          charge: {
            ...charge,
            tokens: { ...charge.tokens, input: charge.tokens.input + charge.tokens.cachedRead, cachedRead: 0 }
          }
        }
      }
      return { model: stringAt(generation.body, "model"), prompt: job.ask.prompt, stream, answer }
    }
  }
}

const toolsOf = (body: JsonObject, model: Models.Model): Pick<Ask, "tools" | "toolChoice"> | Problem => {
  const tools = listAt(body, "tools").map((tool) => {
    const definition = objectAt(tool, "function")
    return { name: stringAt(definition, "name") ?? "", parameters: at(definition, "parameters"), custom: false }
  })
  if (tools.length > 0 && !model.tools) return problem(`invalid request: tools are not supported by ${model.id}`)
  const choice = stringAt(body, "tool_choice")
  if (choice !== undefined && tools.length === 0) {
    return problem("invalid request: tool_choice may only be specified when tools are provided")
  }
  return { tools, toolChoice: choice === "NONE" ? "none" : choice === "REQUIRED" ? "required" : "auto" }
}

const effortOf = (model: Models.Model, body: JsonObject): Effort | undefined | Problem => {
  const thinking = objectAt(body, "thinking")
  if (!model.reasons) {
    return thinking === undefined ? undefined : problem(`invalid request: thinking is not supported by ${model.id}`)
  }
  if (stringAt(thinking, "type") === "disabled") return undefined
  const budget = numberAt(thinking, "token_budget") ?? Infinity
  return budget <= 2048 ? "low" : budget <= 8192 ? "medium" : "high"
}

interface Input {
  readonly sequence: Sequence
  readonly prompt: string
  readonly results: ReadonlyArray<{ readonly name: string; readonly output: string }>
}

const readMessages = (body: JsonObject, model: Models.Model): Input | Problem => {
  const tokens = sequence()
  for (const name of ["tools", "documents"]) {
    for (const item of listAt(body, name)) tokens.text(JSON.stringify(item))
  }
  const format = objectAt(body, "response_format")
  if (format !== undefined) tokens.text(JSON.stringify(format))
  let prompt = ""
  let results: Array<{ readonly name: string; readonly output: string }> = []
  const open = new Map<string, string>()
  for (const [index, message] of listAt(body, "messages").entries()) {
    const role = stringAt(message, "role") ?? ""
    if (role !== "tool" && open.size > 0) {
      return problem(`invalid request: tool call ${[...open.keys()].join()} has no tool result`)
    }
    tokens.opaque(3, role)
    const text = contentOf(tokens, at(message, "content"), model, `messages.${index}.content`)
    if (isProblem(text)) return text
    const calls = listAt(message, "tool_calls")
    if (text === "" && calls.length === 0 && role === "assistant") {
      return problem(`invalid request: message ${index} must have content or tool calls`)
    }
    tokens.text(stringAt(message, "tool_plan") ?? "")
    for (const call of calls) {
      const name = stringAt(objectAt(call, "function"), "name") ?? ""
      open.set(stringAt(call, "id") ?? "", name)
      tokens.opaque(4, "call")
      tokens.text(name)
      tokens.text(stringAt(objectAt(call, "function"), "arguments") ?? "")
    }
    if (role === "user") {
      prompt = text
      results = []
    }
    if (role === "tool") {
      const id = stringAt(message, "tool_call_id") ?? ""
      const name = open.get(id)
      if (name === undefined) return problem(`invalid request: tool_call_id ${id} not found in previous tool calls`)
      open.delete(id)
      results.push({ name, output: text })
    }
  }
  if (open.size > 0) return problem(`invalid request: tool call ${[...open.keys()].join()} has no tool result`)
  tokens.opaque(3, "assistant")
  return { sequence: tokens.build(), prompt, results }
}

const contentOf = (
  tokens: SequenceBuilder,
  content: unknown,
  model: Models.Model,
  path: string
): string | Problem => {
  if (typeof content === "string") {
    tokens.text(content)
    return content
  }
  const texts: Array<string> = []
  for (const [index, part] of (Array.isArray(content) ? content : []).entries()) {
    const url = stringAt(objectAt(part, "image_url"), "url")
    if (url === undefined) {
      const document = objectAt(part, "document")
      const text = stringAt(part, "text") ?? stringAt(part, "thinking")
        ?? (document === undefined ? "" : JSON.stringify(at(document, "data")))
      tokens.text(text)
      texts.push(text)
      continue
    }
    const wrong = image(tokens, url, model, `${path}.${index}`)
    if (wrong !== undefined) return wrong
  }
  return texts.join("\n")
}

/** The count is made up: 85 tokens, and 170 for each 64 KiB of data (1 to 8 times), 4 times for an address. */
const image = (tokens: SequenceBuilder, url: string, model: Models.Model, path: string): Problem | undefined => {
  if (!model.vision) return problem(`invalid request: images are not supported by ${model.id}`)
  const data = /^data:image\/([a-z]+);base64,([\s\S]*)$/.exec(url)
  if (data === null) {
    if (!/^https?:\/\/[^/\s]+/.test(url)) return problem(`invalid request: ${path}: the image URL is not valid`)
    tokens.opaque(85 + 170 * 4, digest(url))
    return undefined
  }
  const [, type = "", base64 = ""] = data
  const bytes = Media.decode(base64)
  if (bytes === undefined || !Media.isOf(type === "jpg" ? "jpeg" : type, bytes)) {
    return problem(`invalid request: ${path}: the image could not be decoded`)
  }
  tokens.opaque(85 + 170 * Math.min(8, Math.max(1, Math.ceil(bytes.length / 65_536))), digest(url))
  return undefined
}

/** The vendor has no reason of its own for what was refused or filtered: the model says it, or stops. */
const finishReasons = {
  stop: "COMPLETE",
  length: "MAX_TOKENS",
  filter: "COMPLETE",
  calls: "TOOL_CALL",
  pause: "COMPLETE"
} as const

const messageOf = (answer: ModelAnswer | undefined, root: string): JsonObject => {
  const made = ids(root)
  const text = answer?.text ?? answer?.refusal
  const calls = answer?.calls ?? []
  const content = [
    ...(answer === undefined || answer.reasoningTokens === 0
      ? []
      : [{ type: "thinking", thinking: answer.reasoningSummary }]),
    ...(text === undefined || text === "" ? [] : [{ type: "text", text }])
  ]
  return {
    role: "assistant",
    ...(content.length === 0 ? {} : { content }),
    ...(calls.length === 0 ? {} : {
      tool_plan: `I will use ${calls.map(({ name }) => name).join(" and ")}.`,
      tool_calls: calls.map((call) => ({
        id: made.next(`${call.name}_`, 12),
        type: "function",
        function: { name: call.name, arguments: call.arguments }
      }))
    })
  }
}

const endOf = (answer: ModelAnswer | undefined, { usage }: Done, { drop }: Alteration): JsonObject => {
  const reason = answer?.stoppedBy === undefined ? finishReasons[answer?.finish ?? "stop"] : "STOP_SEQUENCE"
  return {
    ...(drop?.includes("finish") === true ? {} : { finish_reason: reason }),
    ...(drop?.includes("usage") === true ? {} : {
      usage: {
        billed_units: { input_tokens: usage.input, output_tokens: usage.output },
        tokens: { input_tokens: usage.input + template.input, output_tokens: usage.output + template.output },
        cached_tokens: usage.read
      }
    })
  }
}

const streamed = (
  id: string,
  answer: ModelAnswer | undefined,
  message: JsonObject,
  end: JsonObject,
  { drop }: Alteration
): Body => {
  const events: Array<Event> = []
  const push = (type: string, members: JsonObject, tokens = 0) =>
    void events.push({ event: type, data: JSON.stringify({ type, ...members }), tokens })
  const say = (type: string, index: number, message: JsonObject, tokens = 0) =>
    push(type, { index, delta: { message } }, tokens)

  const opened = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] }
  push("message-start", { id, delta: { message: opened } }, answer?.reasoningTokens)
  for (const [index, content] of listAt(message, "content").entries()) {
    const key = stringAt(content, "type") === "thinking" ? "thinking" : "text"
    say("content-start", index, { content: { type: key, [key]: "" } })
    for (const { text, tokens } of pieces(stringAt(content, key) ?? "")) {
      say("content-delta", index, { content: { [key]: text } }, key === "text" ? tokens : 0)
    }
    push("content-end", { index })
  }
  for (const { text } of pieces(stringAt(message, "tool_plan") ?? "")) {
    push("tool-plan-delta", { delta: { message: { tool_plan: text } } })
  }
  for (const [index, call] of (answer?.calls ?? []).entries()) {
    const made = listAt(message, "tool_calls")[index]
    const start = { id: stringAt(made, "id"), type: "function", function: { name: call.name, arguments: "" } }
    say("tool-call-start", index, { tool_calls: start }, callTokens(call))
    for (const { text, tokens } of pieces(call.arguments)) {
      say("tool-call-delta", index, { tool_calls: { function: { arguments: text } } }, tokens)
    }
    push("tool-call-end", { index })
  }
  if (drop?.includes("terminal") !== true && drop?.includes("done") !== true) push("message-end", { delta: end })
  return {
    _tag: "Events",
    events,
    fail: (_, failure) => ({
      event: "message-end",
      data: JSON.stringify({ type: "message-end", delta: { finish_reason: "ERROR", error: inBand(failure).message } }),
      tokens: 0
    })
  }
}
