/**
 * Chat Completions as a vendor speaks them by its record: one JSON object, or the same told in chunks.
 */
import * as Answers from "../Answers.ts"
import { type Charge, settle } from "../Bill.ts"
import * as Headers from "../Headers.ts"
import { at, isObject, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import * as PrefixCache from "../PrefixCache.ts"
import type {
  Accepted,
  Alteration,
  Answer,
  Body,
  Event,
  Failure,
  Incoming,
  Protocol,
  Rejected,
  World
} from "../Protocol.ts"
import { digest, type Ids, ids } from "../Seed.ts"
import { pieces, type Sequence, sequence } from "../Tokens.ts"
import * as Desk from "../batches/Desk.ts"
import * as Batches from "../openai/Batches.ts"
import { inBand, isProblem, ofFailure, ofIssue, type Problem, problem } from "../openai/Problem.ts"
import { readMessages, schemaOf, tellCall, toolsOf } from "./Conversation.ts"
import { schemaIn } from "./Instruction.ts"
import { type Made as Named, type Model, shapeOf, type Usage, type Vendor } from "./Vendor.ts"

interface Job {
  readonly _tag: "Job"
  readonly model: Model
  /** What the model was asked for by, and answers with. */
  readonly name: string
  readonly tier: string
  readonly sequence: Sequence
  readonly ask: Answers.Ask
}

interface Made extends Named {
  readonly ids: Ids
}

const unit = { times: 1n, per: 1n }

export const make = (vendor: Vendor) => (world: World): Protocol => {
  const shape = shapeOf(vendor)
  const tiers = Object.keys(vendor.tiers ?? {})
  const models = new Map(vendor.models.flatMap((model) => [model.id, ...model.aliases ?? []].map((id) => [id, model])))

  const ownHeaders = vendor.headers ?? new Set<string>()

  const headersOf = (requestId: string): Readonly<Record<string, string>> =>
    vendor.requestIdHeader === undefined ? {} : { [vendor.requestIdHeader]: requestId }

  const refusal = (found: Problem, requestId: string): Answer => ({
    status: found.status,
    headers: headersOf(requestId),
    requestId,
    body: { _tag: "Json", value: vendor.error(found), fail: failed }
  })

  const problemOf = (failure: Failure): Problem => vendor.failure?.(failure) ?? ofFailure(failure)

  const failed = (failure: Parameters<typeof inBand>[0]) => {
    const { code, message } = inBand(failure)
    return vendor.error(problem(500, message, { code, type: "server_error" }))
  }

  const read = (body: JsonObject): Job | Problem => {
    const wrong = shape(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const name = stringAt(body, "model") ?? ""
    const model = models.get(name)
    if (model === undefined) {
      return problem(404, `Model ${name} does not exist.`, { param: "model", code: "model_not_found" })
    }
    const effort = vendor.thinking(body, model)
    if (isProblem(effort)) return effort
    const refused = vendor.check?.(body, effort)
    if (refused !== undefined) return refused

    const tokens = sequence()
    for (const tool of listAt(body, "tools")) tokens.text(JSON.stringify(tool))
    const format = objectAt(body, "response_format")
    const messages = listAt(body, "messages")
    const instruction = stringAt(format, "type") === "json_object" ? schemaIn(messages) : undefined
    if (isProblem(instruction)) return instruction
    const conversation = readMessages(tokens, messages)
    if (isProblem(conversation)) return conversation
    for (const message of messages) {
      for (const name of Object.keys(vendor.assistant)) {
        const value = at(message, name)
        tokens.text(typeof value === "string" ? value : value == null ? "" : JSON.stringify(value))
      }
    }
    if (!model.vision && JSON.stringify(messages).includes("\"image_url\"")) {
      return problem(400, `Model ${name} takes no images.`, { param: "messages" })
    }
    // What is marked of the whole ends with the last message.
    if (objectAt(body, "cache_control") !== undefined) tokens.mark(undefined)
    tokens.opaque(3, "assistant")
    const built = tokens.build()
    if (built.length > model.maxInput) {
      return problem(400, `The prompt has ${built.length} tokens, and ${name} takes ${model.maxInput}.`, {
        param: "messages"
      })
    }
    const stop = at(body, "stop")
    return {
      _tag: "Job",
      model,
      name: model.id,
      tier: stringAt(body, "service_tier") ?? tiers[0] ?? "default",
      sequence: built,
      ask: {
        prompt: conversation.prompt,
        ...toolsOf(body),
        parallelTools: at(body, "parallel_tool_calls") !== false,
        toolResults: conversation.results,
        schema: instruction ?? schemaOf(format),
        search: vendor.search?.(body, model),
        stop: typeof stop === "string" ? [stop] : listAt(body, "stop").filter((mark) => typeof mark === "string"),
        maxTokens: numberAt(body, "max_completion_tokens") ?? numberAt(body, "max_tokens"),
        effort
      }
    }
  }

  const answer =
    (job: Job, asked: Omit<Made, "tier" | "streams">, key: string, body: JsonObject) =>
    (alteration: Alteration): Answer => {
      const now = world.time.now()
      const model = models.get(alteration.answerModel ?? "") ?? job.model
      const name = alteration.answerModel ?? job.name
      const streams = at(body, "stream") === true
      const made: Made = { ...asked, streams, tier: alteration.answerServiceTier ?? job.tier }
      const cached = world.cache.use(
        `${digest(vendor.provider, key, model.id).slice(0, 16)}:`,
        job.sequence,
        (typeof model.cache === "function" ? model.cache(job.sequence) : model.cache) ??
          { _tag: "Free", ...vendor.cache },
        now
      )
      const said = answered(world.answer(job.ask, made.ids.next("answer")))
      const input = job.sequence.length
      const output = Answers.outputTokens(said)
      const written = PrefixCache.totalWritten(cached)
      const charge: Charge = {
        provider: vendor.provider,
        requestId: made.requestId,
        responseId: made.id,
        model: model.id,
        serviceTier: made.tier,
        card: model.card,
        multiplier: vendor.tiers?.[made.tier] ?? vendor.multiplier?.(now) ?? unit,
        tokens: { input: input - cached.read - written, cachedRead: cached.read, cacheWrite: cached.written, output },
        reasoning: said.reasoningTokens,
        webSearches: said.search === undefined ? 0 : 1,
        webSearchRate: (typeof vendor.searchRate === "function" ? vendor.searchRate(body, model) : vendor.searchRate) ??
          0n
      }
      const usage: Usage = {
        input,
        read: cached.read,
        written,
        output,
        reasoning: said.reasoningTokens,
        searches: charge.webSearches,
        usd: Number(settle(charge, now).amount) / 1e12,
        model,
        body
      }
      const told: Told = { vendor, said, usage, made, name, drop: new Set(alteration.drop) }
      return {
        status: 200,
        headers: headersOf(made.requestId),
        requestId: made.requestId,
        body: streams
          ? streamed(told, at(objectAt(body, "stream_options"), "include_usage") === true, failed)
          : { _tag: "Json", value: whole(told), fail: failed, prefix: vendor.queues === true ? "\n\n" : undefined },
        charge
      }
    }

  const receive = (incoming: Incoming): Accepted | Rejected => {
    const { method, path, text } = incoming
    const root = digest(
      world.seed,
      vendor.provider,
      method,
      path,
      text,
      String(world.occurrence(digest(vendor.provider, method, path, text)))
    )
    const named = ids(root)
    const id = named.next(vendor.idPrefix, 24)
    const requestId = vendor.requestIdHeader === undefined && vendor.requestIdIn !== "members"
      ? id
      : named.next("req_", 24)
    const reject = (found: Problem): Rejected => ({ _tag: "Rejected", answer: refusal(found, requestId) })
    const error = (failure: Failure) => refusal(problemOf(failure), requestId)
    const accept = (accepted: Pick<Accepted, "model" | "prompt" | "stream" | "answer">): Accepted => ({
      _tag: "Accepted",
      requestId,
      error,
      ...accepted
    })

    const foreign = Headers.foreign(incoming, ownHeaders)
    if (foreign !== undefined) return reject(problem(400, `Unexpected header: ${foreign}.`, { param: foreign }))
    const key = Headers.bearer(incoming)
    if (incoming.trusted !== true && world.keys.check(key) !== "valid") return reject(problemOf({ status: 401 }))
    const clerk = desk?.route(incoming)
    if (clerk !== undefined) {
      const work = clerk({ incoming, key: key ?? "", root, requestId })
      if (isProblem(work)) return reject(work)
      const frame = { headers: headersOf(requestId), requestId }
      const told = (value: unknown): Body => ({ _tag: "Json", value, fail: failed })
      return accept({ model: undefined, prompt: "", stream: false, answer: () => Desk.answer(work(), frame, told) })
    }
    if (path === "/models" && method === "GET") {
      const value = { object: "list", data: vendor.models.map(({ id }) => ({ id, object: "model" })) }
      const listed: Answer = {
        status: 200,
        headers: headersOf(requestId),
        requestId,
        body: { _tag: "Json", value, fail: failed }
      }
      return accept({ model: undefined, prompt: "", stream: false, answer: () => listed })
    }
    if (path !== "/chat/completions") return reject(problem(404, `There is no ${vendor.basePath}${path}.`))
    if (method !== "POST") return reject(problem(405, `Not allowed to ${method}.`))
    const { body } = incoming
    if (!Headers.isJson(incoming) || !isObject(body)) return reject(problem(400, "The body is no JSON object."))
    const job = read(body)
    if (isProblem(job)) return reject(job)
    const made = { id, requestId, created: Math.floor(world.time.now() / 1000), ids: named }
    return accept({
      model: job.name,
      prompt: job.ask.prompt,
      stream: at(body, "stream") === true,
      answer: answer(job, made, key ?? "", body)
    })
  }

  const desk = vendor.batches === undefined ? undefined : Batches.make(world, vendor.batches, receive)

  return {
    provider: vendor.provider,
    basePath: vendor.basePath,
    receive,
    refuse: (failure) => refusal(problemOf(failure), ""),
    reset: () => desk?.reset(),
    keepsFiles: (path) => path === vendor.batches?.uploadPath,
    jobs: desk
  }
}

/** Nobody but OpenAI has a field for refusals: what is refused was filtered. */
const answered = (answer: Answers.Answer): Answers.Answer =>
  answer.refusal === undefined
    ? answer
    : {
      ...answer,
      text: answer.refusal,
      refusal: undefined,
      finish: answer.finish === "stop" ? "filter" : answer.finish
    }

interface Told {
  readonly vendor: Vendor
  readonly said: Answers.Answer
  readonly usage: Usage
  readonly made: Made
  readonly name: string
  readonly drop: ReadonlySet<string>
}

const finishOf = ({ said, vendor }: Told): string => ({ ...usual, ...vendor.finishReasons })[said.finish]

const usual = { stop: "stop", length: "length", filter: "content_filter", calls: "tool_calls", pause: "stop" }

const thoughtsOf = ({ said }: Told): string => said.reasoningTokens > 0 ? said.reasoningSummary : ""

const callsOf = ({ made, said }: Told) =>
  said.calls.map((call) => ({
    id: made.ids.next("call_", 24),
    type: "function",
    function: { name: call.name, arguments: call.arguments }
  }))

const whole = (told: Told): JsonObject => {
  const { drop, made, name, said, usage, vendor } = told
  const calls = callsOf(told)
  const thoughts = thoughtsOf(told)
  return {
    id: made.id,
    created: made.created,
    model: name,
    ...vendor.members(made),
    ...vendor.foundBeside?.(said),
    choices: [{
      index: 0,
      message: {
        role: "assistant",
        content: said.text ?? (calls.length > 0 ? null : ""),
        ...(thoughts === "" ? {} : vendor.thoughts(thoughts)),
        ...vendor.found?.(said),
        ...(calls.length === 0 ? {} : { tool_calls: calls })
      },
      ...(drop.has("finish") ? {} : { finish_reason: finishOf(told) })
    }],
    ...(drop.has("usage") ? {} : { usage: vendor.usage(usage) })
  }
}

const streamed = (
  told: Told,
  isAsked: boolean,
  failed: (failure: Parameters<typeof inBand>[0]) => unknown
): Body => {
  const { drop, made, name, said, usage, vendor } = told
  const ends = !drop.has("terminal")
  const tellsUsage = !drop.has("usage")
  const events: Array<Event> = []
  const push = (members: JsonObject, tokens: number) =>
    void events.push({
      data: JSON.stringify({
        id: made.id,
        created: made.created,
        model: name,
        ...vendor.members(made),
        ...vendor.foundBeside?.(said),
        ...(vendor.nullUsage === true ? { usage: null } : {}),
        ...members
      }),
      tokens,
      comment: vendor.queues === true && events.length < 2 ? "keep-alive" : undefined
    })
  const choose = (index: number, delta: JsonObject, tokens: number) =>
    push({ choices: [{ index, delta, finish_reason: null }] }, tokens)

  choose(0, { role: "assistant", content: "" }, said.reasoningTokens)
  for (const delta of pieces(thoughtsOf(told))) choose(0, vendor.thoughts(delta.text), 0)
  for (const delta of pieces(said.text ?? "")) choose(0, { content: delta.text }, delta.tokens)
  const found = vendor.found?.(said) ?? {}
  if (Object.keys(found).length > 0) choose(0, found, 0)
  const calls = callsOf(told)
  said.calls.forEach((call, position) => tellCall(call, calls[position], position, 0, choose))
  if (ends && !drop.has("finish")) {
    push({
      choices: [{ index: 0, delta: {}, finish_reason: finishOf(told) }],
      ...(vendor.streamUsage === "with finish" && tellsUsage
        ? vendor.finishMembers?.(vendor.usage(usage), made) ?? { usage: vendor.usage(usage) }
        : {})
    }, 0)
  }
  if (ends && (vendor.streamUsage === "always" || (vendor.streamUsage === "asked" && isAsked)) && tellsUsage) {
    push({ choices: [], usage: vendor.usage(usage) }, 0)
  }
  if (ends && !drop.has("done")) events.push({ data: "[DONE]", tokens: 0 })
  return { _tag: "Events", events, fail: (_, failure) => ({ data: JSON.stringify(failed(failure)), tokens: 0 }) }
}
