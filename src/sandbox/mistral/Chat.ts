/**
 * `POST /v1/chat/completions`: one JSON object, or the same told in chunks.
 */
import { type Answer as ModelAnswer, type Ask, callTokens, type Effort, type ToolChoice } from "../Answers.ts"
import { type Generation, isProblem, json, type Problem, type Route } from "../Door.ts"
import { at, isObject, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import type { Alteration, Answer, Body, Event, World } from "../Protocol.ts"
import { type Done, type Job, run } from "../Run.ts"
import * as Seal from "../Seal.ts"
import { type Ids, ids } from "../Seed.ts"
import { pieces } from "../Tokens.ts"
import { chat as shape } from "./ChatShape.ts"
import { cacheBlock, read as readInput, textDigest } from "./Input.ts"
import * as Models from "./Models.ts"
import { inBand, ofIssue, problem } from "./Problem.ts"

/** From memory: the vendor doesn't say how long a prefix is kept. */
const cacheMillis = 600_000

export const make = (world: World, headers: (requestId: string) => Readonly<Record<string, string>>): Route => {
  const thoughts = Seal.make(world.seed, "mistral thought")

  const read = (generation: Generation): Job | Problem => {
    const { body, key, requestId, root } = generation
    const wrong = shape(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const id = stringAt(body, "model") ?? ""
    const model = Models.models.get(id)
    if (model === undefined) return problem(`Invalid model: ${id}`, "invalid_model", "1500")
    const unserved = listAt(body, "tools").find((tool) => stringAt(tool, "type") !== "function")
    if (unserved !== undefined) {
      return problem(
        `The sandbox doesn't serve ${stringAt(unserved, "type")}.`,
        "invalid_request_error",
        "1200",
        "tools"
      )
    }
    const effort = effortOf(model, body)
    if (isProblem(effort)) return effort
    const input = readInput(body, model, thoughts)
    if (isProblem(input)) return input
    const maxTokens = numberAt(body, "max_tokens")
    if (input.sequence.length + (maxTokens ?? 0) > model.context) {
      return problem(
        `Prompt contains ${input.sequence.length} tokens and ${
          maxTokens ?? 0
        } draft tokens, too large for model with ${model.context} maximum context length`,
        "invalid_request_prompt_too_long",
        "3051"
      )
    }
    const tools = toolsOf(body)
    if (isProblem(tools)) return tools
    const stop = at(body, "stop")
    return {
      _tag: "Job",
      provider: "mistral",
      requestId,
      root,
      key,
      model,
      tier: "standard",
      multiplier: () => ({ times: 1n, per: 1n }),
      sequence: input.sequence,
      cacheKey: stringAt(body, "prompt_cache_key") ?? "",
      policy: model.caches ? { _tag: "Free", ttlMillis: cacheMillis, minimumTokens: cacheBlock } : undefined,
      choices: numberAt(body, "n") ?? 1,
      ask: {
        prompt: input.prompt,
        ...tools,
        parallelTools: at(body, "parallel_tool_calls") !== false,
        toolResults: input.results,
        schema: schemaOf(objectAt(body, "response_format")),
        search: undefined,
        stop: typeof stop === "string" ? [stop] : listAt(body, "stop").filter((mark) => typeof mark === "string"),
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
      const { body } = generation
      const stream = at(body, "stream") === true
      const answer = (alteration: Alteration): Answer => {
        const done = run(world, job, alteration, (id) => Models.models.get(id))
        const made = ids(job.root)
        const id = made.next("", 32)
        const asked = at(body, "service_tier") !== undefined || alteration.answerServiceTier !== undefined
        const usage = usageOf(done, asked ? done.tier : undefined)
        const messages = done.answers.map((answer) => messageOf(withoutRefusal(answer), made, thoughts))
        const head = { id, created: done.createdAt, model: done.model.id }
        return {
          status: 200,
          headers: headers(job.requestId),
          requestId: job.requestId,
          body: stream
            ? streamed(head, messages, usage, alteration)
            : json(completionOf(head, messages, usage, alteration), inBand),
          charge: done.charge(id)
        }
      }
      return { model: job.model.id, prompt: job.ask.prompt, stream, answer }
    }
  }
}

const effortOf = (model: Models.Model, body: JsonObject): Effort | undefined | Problem => {
  const asked = stringAt(body, "reasoning_effort")
  const refused = (message: string) => problem(message, "invalid_request_error", "1200", "reasoning_effort")
  if (model.reasoning === "always") {
    return asked === undefined ? "medium" : refused("reasoning_effort is not supported for this model")
  }
  if (asked === undefined) return undefined
  if (model.reasoning === undefined) {
    return asked === "none" ? undefined : refused("reasoning_effort is not supported for this model")
  }
  if (!model.reasoning.includes(asked)) {
    return refused(`reasoning_effort should be one of ${model.reasoning.join(", ")} for this model`)
  }
  return asked === "low" || asked === "medium" || asked === "high" ? asked : undefined
}

const toolsOf = (body: JsonObject): Pick<Ask, "tools" | "toolChoice"> | Problem => {
  const tools = listAt(body, "tools").map((tool) => {
    const definition = objectAt(tool, "function")
    return { name: stringAt(definition, "name") ?? "", parameters: at(definition, "parameters"), custom: false }
  })
  const choice = at(body, "tool_choice")
  const named = (toolChoice: ToolChoice) => ({ tools, toolChoice })
  if (isObject(choice)) {
    const name = stringAt(objectAt(choice, "function"), "name") ?? ""
    if (tools.some((tool) => tool.name === name)) return named({ name })
    return problem(`Tool ${name} of tool_choice is not among the tools`, "invalid_request_error", "1200", "tool_choice")
  }
  if (choice === "none") return named("none")
  return named(choice === "any" || choice === "required" ? "required" : "auto")
}

const schemaOf = (format: JsonObject | undefined): unknown => {
  const kind = stringAt(format, "type")
  if (kind === "json_schema") return objectAt(objectAt(format, "json_schema"), "schema") ?? {}
  return kind === "json_object" ? {} : undefined
}

/** The vendor has no field for a refusal: the model says it. */
const withoutRefusal = (answer: ModelAnswer): ModelAnswer =>
  answer.refusal === undefined ? answer : { ...answer, text: answer.refusal }

/** Nor has it a reason of its own for what a filter stopped. */
const finishReasons = {
  stop: "stop",
  length: "length",
  filter: "stop",
  calls: "tool_calls",
  pause: "stop"
} as const

interface Head {
  readonly id: string
  readonly created: number
  readonly model: string
}

interface Message {
  readonly answer: ModelAnswer
  readonly thinking: JsonObject | undefined
  readonly calls: ReadonlyArray<JsonObject>
}

const messageOf = (answer: ModelAnswer, ids: Ids, thoughts: Seal.Seal): Message => {
  const text = answer.reasoningSummary
  return {
    answer,
    thinking: answer.reasoningTokens === 0 ? undefined : {
      type: "thinking",
      thinking: [{ type: "text", text }],
      signature: thoughts.close({ text: textDigest(text), nonce: ids.next("", 16) }),
      closed: true
    },
    calls: answer.calls.map((call, index) => ({
      id: ids.next("", 9),
      type: "function",
      function: { name: call.name, arguments: call.arguments },
      index
    }))
  }
}

const usageOf = ({ usage }: Done, tier: string | undefined): JsonObject => ({
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
  prompt_tokens_details: { cached_tokens: usage.read },
  num_cached_tokens: usage.read,
  ...(tier === undefined ? {} : { service_tier: tier })
})

const completionOf = (
  { created, id, model }: Head,
  messages: ReadonlyArray<Message>,
  usage: JsonObject,
  { drop }: Alteration
): JsonObject => ({
  id,
  object: "chat.completion",
  created,
  model,
  choices: messages.map(({ answer, calls, thinking }, index) => ({
    index,
    message: {
      role: "assistant",
      content: thinking === undefined
        ? answer.text ?? ""
        : [thinking, ...(answer.text === undefined ? [] : [{ type: "text", text: answer.text }])],
      tool_calls: calls.length === 0 ? null : calls,
      prefix: false
    },
    ...(drop?.includes("finish") === true ? {} : { finish_reason: finishReasons[answer.finish] })
  })),
  ...(drop?.includes("usage") === true ? {} : { usage })
})

const streamed = (
  head: Head,
  messages: ReadonlyArray<Message>,
  usage: JsonObject,
  { drop }: Alteration
): Body => {
  const dropped = new Set(drop)
  const ends = !dropped.has("terminal")
  const events: Array<Event> = []
  const { created, id, model } = head
  const push = (
    index: number,
    delta: JsonObject,
    tokens: number,
    more: JsonObject = {},
    finish: string | null = null
  ) =>
    void events.push({
      data: JSON.stringify({
        id,
        object: "chat.completion.chunk",
        created,
        model,
        choices: [{ index, delta, finish_reason: finish }],
        ...more
      }),
      tokens
    })
  for (const [index, { answer, calls, thinking }] of messages.entries()) {
    push(index, { role: "assistant", content: "" }, answer.reasoningTokens)
    if (thinking !== undefined) tellThought(thinking, (content) => push(index, { content }, 0))
    for (const { text, tokens } of pieces(answer.text ?? "")) push(index, { content: text }, tokens)
    for (const [place, call] of answer.calls.entries()) {
      const made = calls[place]
      const say = (name: string, text: string, tokens: number) =>
        push(index, { tool_calls: [{ ...made, function: { name, arguments: text } }] }, tokens)
      say(call.name, "", callTokens(call))
      for (const { text, tokens } of pieces(call.arguments)) say("", text, tokens)
    }
    if (!ends) continue
    const isLast = index === messages.length - 1 && !dropped.has("usage")
    const finish = dropped.has("finish") ? null : finishReasons[answer.finish]
    push(index, { content: "" }, 0, isLast ? { usage } : {}, finish)
  }
  if (ends && !dropped.has("done")) events.push({ data: "[DONE]", tokens: 0 })
  return { _tag: "Events", events, fail: (_, failure) => ({ data: JSON.stringify(inBand(failure)), tokens: 0 }) }
}

/** Open until its last piece, which has the signature. */
const tellThought = (thinking: JsonObject, say: (content: ReadonlyArray<JsonObject>) => void) => {
  const text = stringAt(listAt(thinking, "thinking")[0], "text") ?? ""
  for (const piece of pieces(text)) {
    say([{ type: "thinking", thinking: [{ type: "text", text: piece.text }], closed: false }])
  }
  say([{ ...thinking, thinking: [] }])
}
