/**
 * MiniMax's `POST /v1/messages`: Anthropic's blocks and events, with usage that tells no thoughts apart, and a `base_resp`.
 */
import type * as Answers from "../Answers.ts"
import * as Door from "../Door.ts"
import { at, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import * as PrefixCache from "../PrefixCache.ts"
import type { Alteration, Answer, Body, Event, World } from "../Protocol.ts"
import * as Run from "../Run.ts"
import { ids } from "../Seed.ts"
import * as Content from "../anthropic/Content.ts"
import * as Input from "../anthropic/Input.ts"
import { isProblem } from "../anthropic/Problem.ts"
import { schemaIn } from "../chat/Instruction.ts"
import { messages as shape } from "./MessagesShape.ts"
import * as Models from "./Models.ts"
import { inBand, invalid, ofAnthropic, ofIssue, ok } from "./Problem.ts"

interface Job extends Run.Job {
  readonly model: Models.Model
}

const minimumTokens = 512
const unit = { times: 1n, per: 1n }

const toolsOf = (body: JsonObject): Pick<Answers.Ask, "tools" | "toolChoice"> => {
  const tools = listAt(body, "tools").map((tool) => ({
    name: stringAt(tool, "name") ?? "",
    parameters: at(tool, "input_schema"),
    custom: false
  }))
  const choice = objectAt(body, "tool_choice")
  switch (stringAt(choice, "type")) {
    case "none":
      return { tools, toolChoice: "none" }
    case "any":
      return { tools, toolChoice: "required" }
    case "tool":
      return { tools, toolChoice: { name: stringAt(choice, "name") ?? "" } }
    default:
      return { tools, toolChoice: "auto" }
  }
}

/** Told in words, with the instructions. */
const schemaOf = (body: JsonObject): unknown => {
  const schema = schemaIn([{ content: at(body, "system") ?? "" }])
  return "_tag" in schema || Object.keys(schema).length === 0 ? undefined : schema
}

export const make = (world: World): Extract<Door.Route, { readonly _tag: "Generate" }> => {
  const seals = Input.makeSeals(`${world.seed} minimax`)

  const read = ({ body, key, requestId, root }: Door.Generation): Job | Door.Problem => {
    const wrong = shape(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const name = stringAt(body, "model") ?? ""
    const model = Models.models.get(name)
    if (model === undefined) return invalid(`unknown model '${name}'`)
    if (!model.vision && JSON.stringify(body).includes("\"type\":\"image\"")) {
      return invalid(`model ${name} takes no images`)
    }
    const thinks = model.alwaysThinks || stringAt(objectAt(body, "thinking"), "type") !== "disabled"
    const effort = thinks ? "medium" as const : "none" as const
    const input = Input.read(body, model, { thinking: thinks ? "adaptive" : undefined, effort }, seals)
    if (isProblem(input)) return ofAnthropic(input)
    const isMarked = input.sequence.marks.length > 0 && Object.keys(model.card.cacheWrite).length > 0
    return {
      _tag: "Job",
      provider: "minimax",
      requestId,
      root,
      key,
      model,
      tier: "default",
      multiplier: () => unit,
      sequence: input.sequence,
      cacheKey: "",
      policy: isMarked
        ? { _tag: "Marks", ttl: "5m", lookback: 20, minimumTokens }
        : { _tag: "Free", ttlMillis: 300_000, minimumTokens },
      ask: {
        prompt: input.prompt,
        ...toolsOf(body),
        parallelTools: true,
        toolResults: input.results,
        schema: schemaOf(body),
        search: undefined,
        stop: [],
        maxTokens: numberAt(body, "max_tokens"),
        effort
      },
      choices: 1
    }
  }

  const receive = (generation: Door.Generation) => {
    const job = read(generation)
    if (Door.isProblem(job)) return job
    const isStream = at(generation.body, "stream") === true
    const answer = (alteration: Alteration): Answer => {
      const done = Run.run(world, job, alteration, (id) => Models.models.get(id))
      const { requestId } = generation
      const said = answered(done.answers[0])
      const dropped = new Set(alteration.drop)
      const message = {
        id: requestId,
        type: "message",
        role: "assistant",
        model: done.model.id,
        content: said === undefined ? [] : blocksOf(said, job, seals),
        ...(dropped.has("finish") ? {} : { stop_reason: reasons[said?.finish ?? "stop"] }),
        ...(dropped.has("usage") ? {} : { usage: usageOf(done.usage) })
      }
      const charge = { ...done.charge(requestId), reasoning: said?.reasoningTokens ?? 0 }
      return {
        status: 200,
        headers: {},
        requestId,
        body: isStream && said !== undefined
          ? streamed(message, said, done.usage.output, dropped)
          : { _tag: "Json", value: { ...message, base_resp: ok }, fail: inBand },
        charge
      }
    }
    return { model: job.model.id, prompt: job.ask.prompt, stream: isStream, answer }
  }

  return { _tag: "Generate", receive }
}

/** Nothing tells that an answer was refused or filtered but its words. */
const answered = (answer: Answers.Answer | undefined): Answers.Answer | undefined =>
  answer?.refusal === undefined ? answer : { ...answer, text: answer.refusal, refusal: undefined }

const reasons = {
  stop: "end_turn",
  length: "max_tokens",
  calls: "tool_use",
  filter: "end_turn",
  pause: "end_turn"
} as const

const blocksOf = (said: Answers.Answer, job: Job, seals: Input.Seals): ReadonlyArray<JsonObject> =>
  Content.blocksOf(said, { ids: ids(job.root), model: job.model.id, omitsThoughts: false, seals }).map((block) => {
    const { caller: _, citations: __, ...own } = block
    return own
  })

const usageOf = ({ input, output, read, written }: Run.Usage) => ({
  input_tokens: input - read - PrefixCache.totalWritten({ written }),
  output_tokens: output,
  cache_creation_input_tokens: PrefixCache.totalWritten({ written }),
  cache_read_input_tokens: read
})

const streamed = (
  message: JsonObject & { readonly content: ReadonlyArray<JsonObject> },
  said: Answers.Answer,
  output: number,
  dropped: ReadonlySet<string>
): Body => {
  const events: Array<Event> = []
  const push = (type: string, members: JsonObject, tokens = 0) =>
    void events.push({ event: type, data: JSON.stringify({ type, ...members }), tokens })
  const { stop_reason: reason, usage, ...opened } = message
  push("message_start", {
    message: {
      ...opened,
      content: [],
      ...(dropped.has("usage") ? {} : { usage: { input_tokens: 0, output_tokens: 0 } })
    }
  })
  Content.eventsOf(message.content, said, push)
  const unsent = output - events.reduce((sum, { tokens }) => sum + tokens, 0)
  if (!dropped.has("terminal")) {
    push("message_delta", {
      delta: dropped.has("finish") ? {} : { stop_reason: reason },
      ...(dropped.has("usage") ? {} : { usage })
    }, unsent)
    if (!dropped.has("done")) push("message_stop", {})
  }
  return {
    _tag: "Events",
    events,
    fail: (_, failure) => ({ event: "error", data: JSON.stringify({ type: "error", ...inBand(failure) }), tokens: 0 })
  }
}
