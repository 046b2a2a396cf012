/**
 * `POST /responses`: one JSON object, or the same told in events.
 */
import { outputTokens } from "../Answers.ts"
import * as Bounded from "../Bounded.ts"
import { at, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import { totalWritten } from "../PrefixCache.ts"
import type { Alteration, Answer, Body, Event, InBand, World } from "../Protocol.ts"
import { ids } from "../Seed.ts"
import type { Done, Generation, Job, Receive } from "./Job.ts"
import { jobOf, run, servable } from "./Job.ts"
import { headers, inBand, inBandBody, isProblem, json, type Problem, problem } from "./Problem.ts"
import * as Input from "./ResponsesInput.ts"
import { eventsOf, itemsOf as outputItems } from "./ResponsesOutput.ts"
import { responses as shape } from "./ResponsesShape.ts"

const storedLimit = 1000

interface Stored {
  readonly response: JsonObject
  readonly items: ReadonlyArray<unknown>
}

export const make = (world: World) => {
  const stored = new Map<string, Stored>()
  const seals = Input.sealed(world.seed)

  const read = (generation: Generation): Job & { readonly items: ReadonlyArray<unknown> } | Problem => {
    const { body } = generation
    const found = servable(shape, body, world.time.now())
    if (isProblem(found)) return found
    const unserved = unsupported(body)
    if (unserved !== undefined) return unserved
    const previous = stringAt(body, "previous_response_id")
    const earlier = previous === undefined ? [] : stored.get(previous)?.items
    if (earlier === undefined) {
      return problem(400, `Previous response with id '${previous ?? ""}' not found.`, {
        code: "previous_response_not_found",
        param: "previous_response_id"
      })
    }
    const items = Input.itemsOf(body, earlier)
    const input = Input.read(body, found.model, items, earlier.length, seals)
    if (isProblem(input)) return input
    const job = jobOf(generation, found, input.sequence, "input", {
      ask: input.ask,
      choices: 1,
      prewarm: at(objectAt(body, "prompt_cache_options"), "prewarm") === true
    })
    return isProblem(job) ? job : { ...job, items }
  }

  const receive: Receive = (generation) => {
    const job = read(generation)
    if (isProblem(job)) return job
    const { body } = generation
    const answer = (alteration: Alteration): Answer => {
      const done = run(world, job, alteration)
      const made = ids(job.root)
      const responseId = made.next("resp_", 48)
      const output = outputItems(done, { body, ids: made, seals })
      const response = responseObject(body, done, responseId, output)
      if (at(body, "store") !== false) {
        Bounded.setNewest(stored, storedLimit, responseId, { response, items: [...job.items, ...output] })
      }
      return {
        status: 200,
        headers: headers(job.requestId),
        requestId: job.requestId,
        body: at(body, "stream") === true
          ? streamed(response, done, alteration)
          : json(
            without(response, alteration.drop),
            (failure) => failure.as === "failed" ? failedResponse(response, failure) : inBandBody(failure)
          ),
        charge: done.charge(responseId)
      }
    }
    return { model: stringAt(body, "model"), prompt: job.ask.prompt, answer }
  }

  return {
    receive,
    stored: (id: string): unknown =>
      stored.get(id)?.response ?? problem(404, `Response with id '${id}' not found.`, { param: "id" }),
    reset: () => stored.clear()
  }
}

const unsupported = (body: JsonObject): Problem | undefined => {
  const name = ["conversation", "prompt"].find((name) => (at(body, name) ?? undefined) !== undefined)
    ?? (at(body, "background") === true ? "background" : undefined)
  return name === undefined ? undefined : problem(400, `The sandbox doesn't serve '${name}'.`, {
    code: "unsupported_parameter",
    param: name
  })
}

const statusOf = ({ answers }: Done) => {
  const finish = answers[0]?.finish
  if (finish === "length") return { status: "incomplete", reason: "max_output_tokens" }
  return finish === "filter"
    ? { status: "incomplete", reason: "content_filter" }
    : { status: "completed", reason: undefined }
}

const usageObject = ({ model, usage }: Done) => ({
  input_tokens: usage.input,
  input_tokens_details: {
    cached_tokens: usage.read,
    cache_write_tokens: totalWritten(usage),
    ...(model.caching === "billed"
      ? {
        cache_write_tokens_details: {
          ttl_12h_tokens: usage.written["12h"] ?? 0,
          ttl_30m_tokens: usage.written["30m"] ?? 0
        }
      }
      : {})
  },
  output_tokens: usage.output,
  output_tokens_details: { reasoning_tokens: usage.reasoning },
  total_tokens: usage.input + usage.output
})

const orNull = (body: JsonObject, name: string): unknown => at(body, name) ?? null

/** The finished response, its members in OpenAI's order. */
const responseObject = (
  body: JsonObject,
  done: Done,
  id: string,
  output: ReadonlyArray<unknown>
): JsonObject => {
  const { reason, status } = statusOf(done)
  const text = objectAt(body, "text")
  const reasoning = objectAt(body, "reasoning")
  const cacheOptions = objectAt(body, "prompt_cache_options")
  return {
    id,
    object: "response",
    created_at: done.createdAt,
    status,
    completed_at: status === "completed" ? done.createdAt + 1 : null,
    background: false,
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: orNull(body, "instructions"),
    max_output_tokens: orNull(body, "max_output_tokens"),
    max_tool_calls: orNull(body, "max_tool_calls"),
    model: done.model.snapshot,
    parallel_tool_calls: at(body, "parallel_tool_calls") ?? true,
    previous_response_id: orNull(body, "previous_response_id"),
    prompt_cache_key: orNull(body, "prompt_cache_key"),
    ...(done.model.caching === "billed"
      ? {
        prompt_cache_options: {
          mode: stringAt(cacheOptions, "mode") ?? "implicit",
          ttl: stringAt(cacheOptions, "ttl") ?? "30m"
        }
      }
      : {}),
    reasoning: {
      effort: done.model.reasoning ? stringAt(reasoning, "effort") ?? "medium" : null,
      summary: orNull(reasoning ?? {}, "summary")
    },
    safety_identifier: orNull(body, "safety_identifier"),
    service_tier: done.tier,
    store: at(body, "store") ?? true,
    temperature: at(body, "temperature") ?? 1,
    text: { format: at(text, "format") ?? { type: "text" }, verbosity: at(text, "verbosity") ?? "medium" },
    tool_choice: at(body, "tool_choice") ?? "auto",
    tools: listAt(body, "tools"),
    top_p: at(body, "top_p") ?? 1,
    truncation: at(body, "truncation") ?? "disabled",
    metadata: at(body, "metadata") ?? {},
    output,
    ...(Input.searchTool(body) === undefined
      ? {}
      : {
        tool_usage: { web_search: { num_requests: done.answers.filter(({ search }) => search !== undefined).length } }
      }),
    usage: usageObject(done)
  }
}

export const without = (response: JsonObject, drop: Alteration["drop"]): JsonObject => {
  const dropped = new Set<string>()
  if (drop?.includes("usage") === true) dropped.add("usage")
  if (drop?.includes("finish") === true) { for (const name of ["status", "incomplete_details"]) dropped.add(name) }
  return Object.fromEntries(Object.entries(response).filter(([name]) => !dropped.has(name)))
}

const opened = (response: JsonObject, status: string): JsonObject => ({
  ...response,
  status,
  completed_at: null,
  incomplete_details: null,
  output: [],
  usage: null
})

const failedResponse = (response: JsonObject, failure: InBand): JsonObject => ({
  ...opened(response, "failed"),
  error: inBand(failure)
})

export const streamed = (response: JsonObject, done: Pick<Done, "answers">, alteration: Alteration): Body => {
  const open = opened(response, "in_progress")
  const events: Array<Event> = []
  const push = (type: string, members: JsonObject, tokens = 0) =>
    void events.push({
      event: type,
      data: JSON.stringify({ type, sequence_number: events.length, ...members }),
      tokens
    })
  push("response.created", { response: open })
  push("response.in_progress", { response: open })
  const [answer] = done.answers
  if (answer !== undefined) eventsOf(listAt(response, "output"), answer, push)
  const unsent = answer === undefined ? 0 : outputTokens(answer) - events.reduce((sum, { tokens }) => sum + tokens, 0)
  if (alteration.drop?.includes("terminal") !== true) {
    const type = stringAt(response, "status") === "completed" ? "response.completed" : "response.incomplete"
    push(type, { response: without(response, alteration.drop) }, unsent)
  }
  return {
    _tag: "Events",
    events,
    fail: (sequence_number, failure) => {
      const failed = failure.as === "failed"
      const type = failed ? "response.failed" : "error"
      const members = failed ? { response: failedResponse(response, failure) } : { ...inBand(failure), param: null }
      return { event: type, data: JSON.stringify({ type, sequence_number, ...members }), tokens: 0 }
    }
  }
}
