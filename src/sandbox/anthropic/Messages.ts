/**
 * `POST /v1/messages`: one JSON object, or the same told in events; and `POST /v1/messages/count_tokens`.
 */
import * as Answers from "../Answers.ts"
import type { Charge } from "../Bill.ts"
import { at, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import * as PrefixCache from "../PrefixCache.ts"
import type { Accepted, Alteration, Answer, Body, Event, World } from "../Protocol.ts"
import { digest, ids } from "../Seed.ts"
import type { Shape } from "../Shape.ts"
import * as Content from "./Content.ts"
import * as Input from "./Input.ts"
import { countTokens, messages, messagesWithSampling } from "./MessagesShape.ts"
import * as Models from "./Models.ts"
import { headers, inBand, invalid, isProblem, json, ofIssue, type Problem, problem } from "./Problem.ts"
import * as Rules from "./Rules.ts"

/** A request that came through the front door. */
export interface Generation {
  readonly body: JsonObject
  readonly root: string
  readonly requestId: string
  readonly key: string
  /** The version of the API that still takes sampling parameters. */
  readonly samples: boolean
}

export type Receive = (generation: Generation) => Pick<Accepted, "model" | "prompt" | "answer"> | Problem

interface Job {
  readonly _tag: "Job"
  readonly model: Models.Model
  readonly rules: Rules.Rules
  readonly input: Input.Input
  readonly ask: Answers.Ask
}

interface Done {
  readonly model: Models.Model
  readonly service: Models.Service
  readonly answer: Answers.Answer | undefined
  readonly cached: PrefixCache.Result
  readonly input: number
  readonly output: number
  readonly webSearches: number
}

export const make = (world: World) => {
  const seals = Input.makeSeals(world.seed)

  const read = (body: JsonObject, shape: Shape): Job | Problem => {
    const wrong = shape(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const id = stringAt(body, "model") ?? ""
    const model = Models.find(id)
    if (model === undefined) return problem(404, `model: ${id}`)
    const rules = Rules.of(body, model)
    if (isProblem(rules)) return rules
    const search = searchOf(body, rules)
    if (isProblem(search)) return search
    const input = Input.read(body, model, rules, seals)
    if (isProblem(input)) return input
    const ask: Answers.Ask = {
      prompt: input.prompt,
      tools: toolsOf(body),
      toolChoice: rules.toolChoice,
      parallelTools: rules.parallelTools,
      toolResults: input.results,
      schema: at(objectAt(objectAt(body, "output_config"), "format"), "schema"),
      search: search === undefined ? undefined : { ...search, pauses: !input.continued },
      stop: listAt(body, "stop_sequences").filter((mark) => typeof mark === "string"),
      maxTokens: numberAt(body, "max_tokens"),
      effort: rules.effort
    }
    return { _tag: "Job", model, rules, input, ask }
  }

  const run = (job: Job, { key, root }: Generation, alteration: Alteration): Done => {
    const { ask, input, rules } = job
    const model = servedModel(job.model, alteration.answerModel)
    const scope = `${digest("anthropic", key, model.id).slice(0, 16)}:`
    const { minimumPrefix: minimumTokens } = model
    const policy: PrefixCache.Policy = { _tag: "Marks", ttl: "5m", lookback: 20, minimumTokens }
    const cached = world.cache.use(scope, input.sequence, policy, world.time.now())
    const made = ask.maxTokens === 0 ? undefined : world.answer(ask, root)
    // The pause has shown the search already, and a refusal has no text.
    const answer = made === undefined ? undefined : {
      ...made,
      search: input.continued ? undefined : made.search,
      refusal: undefined,
      finish: made.refusal === undefined ? made.finish : "filter" as const
    }
    return {
      model,
      service: servedService(rules.service, alteration.answerServiceTier),
      answer,
      cached,
      input: input.sequence.length - cached.read - PrefixCache.totalWritten(cached),
      output: answer === undefined ? 0 : Answers.outputTokens(answer),
      webSearches: answer?.search === undefined ? 0 : 1
    }
  }

  const receive: Receive = (generation) => {
    const { body, requestId, root } = generation
    const job = read(body, generation.samples ? messagesWithSampling : messages)
    if (isProblem(job)) return job
    const answer = (alteration: Alteration): Answer => {
      const done = run(job, generation, alteration)
      const made = ids(root)
      const id = made.next("msg_01", 22)
      const { model } = done
      const { omitsThoughts } = job.rules
      const content = done.answer === undefined
        ? []
        : Content.blocksOf(done.answer, { ids: made, model: model.id, omitsThoughts, seals })
      const dropped = new Set(alteration.drop)
      const message = {
        id,
        type: "message",
        role: "assistant",
        model: model.snapshot,
        content,
        ...(dropped.has("finish") ? {} : stopOf(job, done)),
        container: null,
        diagnostics: null,
        ...(dropped.has("usage") ? {} : { usage: usageOf(done) })
      }
      return {
        status: 200,
        headers: headers(requestId, world.time.now()),
        requestId,
        body: at(body, "stream") === true
          ? streamed(message, done, dropped, requestId)
          : json(message, requestId),
        charge: chargeOf(done, requestId, id)
      }
    }
    return { model: stringAt(body, "model"), prompt: job.ask.prompt, answer }
  }

  const count = (body: JsonObject): unknown => {
    const job = read(body, countTokens)
    return isProblem(job) ? job : { input_tokens: job.input.sequence.length }
  }

  return { receive, count }
}

const servedModel = (asked: Models.Model, served: string | undefined): Models.Model =>
  served === undefined ? asked : Models.find(served) ?? { ...asked, id: served, snapshot: served }

/** `fast` is a speed, every other name is a tier at standard speed. */
const servedService = (asked: Models.Service, served: string | undefined): Models.Service => {
  if (served === undefined) return asked
  return served === "fast"
    ? { ...asked, tier: "standard", speed: "fast" }
    : { ...asked, tier: served, speed: "standard" }
}

const toolsOf = (body: JsonObject): ReadonlyArray<Answers.Tool> =>
  listAt(body, "tools").flatMap((tool) => {
    const parameters = objectAt(tool, "input_schema")
    return parameters === undefined ? [] : [{ name: stringAt(tool, "name") ?? "", parameters, custom: false }]
  })

const searchOf = (body: JsonObject, { toolChoice }: Rules.Rules): Answers.Search | undefined | Problem => {
  const tools = listAt(body, "tools")
  const index = tools.findIndex((tool) => stringAt(tool, "name") === "web_search")
  const tool = tools[index]
  if (objectAt(tool, "input_schema") !== undefined || tool === undefined || toolChoice === "none") return undefined
  const [domain] = listAt(tool, "allowed_domains")
  if (domain !== undefined && listAt(tool, "blocked_domains").length > 0) {
    return invalid(`tools.${index}`, "Only one of allowed_domains and blocked_domains may be set")
  }
  return {
    domain: typeof domain === "string" ? domain : "example.com",
    cite: "claim",
    forced: typeof toolChoice === "object" && toolChoice.name === "web_search"
  }
}

const reasons = {
  stop: "end_turn",
  length: "max_tokens",
  calls: "tool_use",
  filter: "refusal",
  pause: "pause_turn"
} as const

const categories = ["cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"]

const stopOf = ({ ask }: Job, { answer }: Done): JsonObject => {
  const stoppedBy = answer?.stoppedBy
  const reason = stoppedBy === undefined ? reasons[answer?.finish ?? "length"] : "stop_sequence"
  const category = /\[refuse:\s?(\w+)\]/.exec(ask.prompt)?.[1]
  return {
    stop_reason: reason,
    stop_sequence: stoppedBy ?? null,
    stop_details: reason !== "refusal" ? null : {
      type: "refusal",
      category: categories.find((known) => known === category) ?? null,
      explanation: "The request was declined."
    }
  }
}

const inputUsage = ({ cached, input }: Done) => ({
  input_tokens: input,
  cache_creation_input_tokens: PrefixCache.totalWritten(cached),
  cache_read_input_tokens: cached.read
})

const outputUsage = ({ answer, output, webSearches }: Done) => ({
  output_tokens: output,
  output_tokens_details: { thinking_tokens: answer?.reasoningTokens ?? 0 },
  server_tool_use: webSearches === 0 ? null : { web_search_requests: webSearches, web_fetch_requests: 0 }
})

const usageOf = (done: Done) => ({
  ...inputUsage(done),
  cache_creation: {
    ephemeral_5m_input_tokens: done.cached.written["5m"] ?? 0,
    ephemeral_1h_input_tokens: done.cached.written["1h"] ?? 0
  },
  ...outputUsage(done),
  service_tier: done.service.tier,
  inference_geo: done.service.geo,
  speed: done.service.speed
})

const chargeOf = (done: Done, requestId: string, responseId: string): Charge => ({
  provider: "anthropic",
  requestId,
  responseId,
  model: done.model.id,
  serviceTier: done.service.speed === "fast" ? "fast" : done.service.tier,
  card: done.model.card,
  multiplier: Models.multiplier(done.service),
  tokens: {
    input: done.input,
    cachedRead: done.cached.read,
    cacheWrite: done.cached.written,
    output: done.output
  },
  reasoning: done.answer?.reasoningTokens ?? 0,
  webSearches: done.webSearches,
  webSearchRate: Models.webSearchRate
})

const streamed = (
  message: JsonObject & { readonly content: ReadonlyArray<JsonObject> },
  done: Done,
  dropped: ReadonlySet<string>,
  requestId: string
): Body => {
  const events: Array<Event> = []
  const push = (type: string, members: JsonObject, tokens = 0) =>
    void events.push({ event: type, data: JSON.stringify({ type, ...members }), tokens })
  const opened = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    ...(dropped.has("usage")
      ? {}
      : {
        usage: {
          ...usageOf(done),
          output_tokens: Math.min(1, done.output),
          output_tokens_details: null,
          server_tool_use: null
        }
      })
  }
  push("message_start", { message: opened })
  if (done.answer !== undefined) Content.eventsOf(message.content, done.answer, push)
  const unsent = done.output - events.reduce((sum, { tokens }) => sum + tokens, 0)
  if (!dropped.has("terminal")) {
    const stop = ["stop_reason", "stop_sequence", "stop_details"].filter((name) => Object.hasOwn(message, name))
    push("message_delta", {
      delta: { ...Object.fromEntries(stop.map((name) => [name, at(message, name)])), container: null },
      ...(dropped.has("usage") ? {} : { usage: { ...inputUsage(done), ...outputUsage(done) } })
    }, unsent)
    if (!dropped.has("done")) push("message_stop", {})
  }
  return {
    _tag: "Events",
    events,
    fail: (_, failure) => ({ event: "error", data: JSON.stringify(inBand(failure, requestId)), tokens: 0 })
  }
}
