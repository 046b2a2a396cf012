/**
 * `POST /chat/completions`: one JSON object, or the same told in chunks.
 */
import { type Answer as ModelAnswer } from "../Answers.ts"
import { at, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import { totalWritten } from "../PrefixCache.ts"
import type { Alteration, Answer, Body, Event, World } from "../Protocol.ts"
import { type Ids, ids } from "../Seed.ts"
import { pieces, sequence } from "../Tokens.ts"
import { readMessages, schemaOf, tellCall, toolsOf } from "../chat/Conversation.ts"
import { chat as shape } from "./ChatShape.ts"
import type { Done, Generation, Job, Receive } from "./Job.ts"
import { effortOf, jobOf, run, servable } from "./Job.ts"
import { headers, inBandBody, isProblem, json, type Problem, problem } from "./Problem.ts"

export const make = (world: World) => {
  const read = (generation: Generation): Job | Problem => {
    const { body } = generation
    const found = servable(shape, body, world.time.now())
    if (isProblem(found)) return found
    if (listAt(body, "modalities").includes("audio") || objectAt(body, "audio") !== undefined) {
      return problem(400, "The sandbox doesn't serve audio.", { code: "unsupported_parameter", param: "modalities" })
    }

    const tokens = sequence()
    for (const name of ["tools", "functions"]) for (const tool of listAt(body, name)) tokens.text(JSON.stringify(tool))
    const format = objectAt(body, "response_format")
    if (format !== undefined && stringAt(format, "type") !== "text") tokens.text(JSON.stringify(format))
    const conversation = readMessages(tokens, listAt(body, "messages"))
    if (isProblem(conversation)) return conversation
    tokens.opaque(3, "assistant")
    const built = tokens.build()

    const effort = effortOf(found.model, stringAt(body, "reasoning_effort"))
    if (isProblem(effort)) return effort
    const stop = at(body, "stop")
    return jobOf(generation, found, built, "messages", {
      choices: numberAt(body, "n") ?? 1,
      prewarm: false,
      ask: {
        prompt: conversation.prompt,
        ...toolsOf(body),
        parallelTools: at(body, "parallel_tool_calls") !== false,
        toolResults: conversation.results,
        schema: schemaOf(format),
        search: objectAt(body, "web_search_options") === undefined
          ? undefined
          : { domain: "example.com", cite: "link" },
        stop: typeof stop === "string" ? [stop] : listAt(body, "stop").filter((mark) => typeof mark === "string"),
        maxTokens: numberAt(body, "max_completion_tokens") ?? numberAt(body, "max_tokens"),
        effort
      }
    })
  }

  const receive: Receive = (generation) => {
    const job = read(generation)
    if (isProblem(job)) return job
    const { body } = generation
    const answer = (alteration: Alteration): Answer => {
      const done = run(world, job, alteration)
      const made = ids(job.root)
      const id = made.next("chatcmpl-", 29)
      const model = alteration.answerModel ?? job.model.id
      const completion = completionOf(done, { id, model, ids: made, drop: alteration.drop })
      return {
        status: 200,
        headers: headers(job.requestId),
        requestId: job.requestId,
        body: at(body, "stream") === true
          ? streamed(completion, done, at(objectAt(body, "stream_options"), "include_usage") === true, alteration)
          : json(completion.value),
        charge: done.charge(id)
      }
    }
    return { model: stringAt(body, "model"), prompt: job.ask.prompt, answer }
  }

  return { receive }
}

const finishReasons = {
  stop: "stop",
  length: "length",
  filter: "content_filter",
  calls: "tool_calls",
  pause: "stop"
} as const

interface Completion {
  readonly id: string
  readonly model: string
  readonly value: JsonObject
  readonly messages: ReadonlyArray<JsonObject>
}

const completionOf = (
  done: Done,
  { drop, id, ids, model }: {
    readonly id: string
    readonly model: string
    readonly ids: Ids
    readonly drop: Alteration["drop"]
  }
): Completion => {
  const messages = done.answers.map((answer) => messageOf(answer, ids))
  const choices = done.answers.map((answer, index) => ({
    index,
    message: messages[index],
    logprobs: null,
    ...(drop?.includes("finish") === true ? {} : { finish_reason: finishReasons[answer.finish] })
  }))
  return {
    id,
    model,
    messages,
    value: {
      id,
      object: "chat.completion",
      created: done.createdAt,
      model,
      choices,
      ...(drop?.includes("usage") === true ? {} : { usage: usageObject(done) }),
      service_tier: done.tier
    }
  }
}

const messageOf = (answer: ModelAnswer, ids: Ids): JsonObject => ({
  role: "assistant",
  content: answer.text ?? null,
  refusal: answer.refusal ?? null,
  annotations: answer.citations.map(({ end, start, title, url }) => ({
    type: "url_citation",
    url_citation: { url, title, start_index: start, end_index: end }
  })),
  ...(answer.calls.length === 0 ? {} : {
    tool_calls: answer.calls.map((call) => ({
      id: ids.next("call_", 24),
      ...(call.custom
        ? { type: "custom", custom: { name: call.name, input: call.arguments } }
        : { type: "function", function: { name: call.name, arguments: call.arguments } })
    }))
  })
})

const usageObject = ({ usage }: Done) => ({
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
  prompt_tokens_details: {
    cached_tokens: usage.read,
    cache_write_tokens: totalWritten(usage),
    audio_tokens: 0
  },
  completion_tokens_details: {
    reasoning_tokens: usage.reasoning,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0
  }
})

const streamed = (completion: Completion, done: Done, withUsage: boolean, { drop }: Alteration): Body => {
  const dropped = new Set(drop)
  const ends = !dropped.has("terminal")
  const events: Array<Event> = []
  const push = (members: JsonObject, tokens: number) =>
    void events.push({
      data: JSON.stringify({
        id: completion.id,
        object: "chat.completion.chunk",
        created: done.createdAt,
        model: completion.model,
        service_tier: done.tier,
        ...members,
        ...(withUsage && !Object.hasOwn(members, "usage") ? { usage: null } : {})
      }),
      tokens
    })
  const choose = (
    index: number,
    delta: JsonObject,
    tokens: number,
    finish_reason: string | null = null
  ) => push({ choices: [{ index, delta, logprobs: null, finish_reason }] }, tokens)

  done.answers.forEach((answer, index) => {
    const message = completion.messages[index]
    const calls = listAt(message, "tool_calls")
    const role = { role: "assistant", ...(answer.calls.length > 0 ? { content: null } : { content: "" }) }
    choose(index, role, answer.reasoningTokens)
    for (const delta of pieces(answer.text ?? "")) choose(index, { content: delta.text }, delta.tokens)
    for (const delta of pieces(answer.refusal ?? "")) choose(index, { refusal: delta.text }, delta.tokens)
    if (answer.citations.length > 0) choose(index, { annotations: at(message, "annotations") }, 0)
    answer.calls.forEach((call, position) => tellCall(call, calls[position], position, index, choose))
    if (ends && !dropped.has("finish")) choose(index, {}, 0, finishReasons[answer.finish])
  })
  if (ends && withUsage && !dropped.has("usage")) push({ choices: [], usage: usageObject(done) }, 0)
  if (ends && !dropped.has("done")) events.push({ data: "[DONE]", tokens: 0 })
  return {
    _tag: "Events",
    events,
    fail: (_, failure) => ({ data: JSON.stringify(inBandBody(failure)), tokens: 0 })
  }
}
