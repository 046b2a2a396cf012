/**
 * `POST /model/{id}/converse` and `/converse-stream`: one JSON object, or the same told in binary events.
 */
import { type Answer as ModelAnswer, type Ask, callTokens, type Effort, type ToolChoice } from "../Answers.ts"
import { type Generation, isProblem, json, type Problem, type Route } from "../Door.ts"
import { at, isObject, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import type { Alteration, Answer, Body, Event, World } from "../Protocol.ts"
import { type Done, type Job, run } from "../Run.ts"
import * as Seal from "../Seal.ts"
import { type Ids, ids } from "../Seed.ts"
import { pieces } from "../Tokens.ts"
import { converse as shape } from "./ConverseShape.ts"
import { eventStream } from "./EventStream.ts"
import { read as readInput, textDigest } from "./Input.ts"
import * as Models from "./Models.ts"
import { exception, inBand, invalid, notFound, ofIssue } from "./Problem.ts"

export const make = (
  world: World,
  headers: (requestId: string) => Readonly<Record<string, string>>
): (modelId: string, stream: boolean) => Route => {
  const thoughts = Seal.make(world.seed, "bedrock thought")

  const read = (modelId: string, { body, key, requestId, root }: Generation): Job | Problem => {
    const model = Models.models.get(modelId)
    if (model === undefined) {
      return notFound("Could not resolve the foundation model from the provided model identifier.")
    }
    const wrong = shape(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const tools = toolsOf(body)
    if (isProblem(tools)) return tools
    const effort = effortOf(model, body)
    if (isProblem(effort)) return effort
    const schema = schemaOf(body)
    if (isProblem(schema)) return schema
    const input = readInput(body, model, thoughts)
    if (isProblem(input)) return input
    if (input.sequence.length > model.maxInput) return invalid("Input is too long for requested model.")
    const inference = objectAt(body, "inferenceConfig")
    return {
      _tag: "Job",
      provider: "bedrock",
      requestId,
      root,
      key,
      model,
      tier: stringAt(objectAt(body, "serviceTier"), "type") ?? "default",
      multiplier: () => ({ times: 1n, per: 1n }),
      sequence: input.sequence,
      cacheKey: "",
      policy: model.cachesFrom === undefined
        ? undefined
        : { _tag: "Marks", ttl: "5m", lookback: 20, minimumTokens: model.cachesFrom },
      choices: 1,
      ask: {
        prompt: input.prompt,
        ...tools,
        parallelTools: true,
        toolResults: input.results,
        schema: schema.schema,
        search: undefined,
        stop: listAt(inference, "stopSequences").filter((mark) => typeof mark === "string"),
        maxTokens: numberAt(inference, "maxTokens"),
        effort
      }
    }
  }

  return (modelId, stream) => ({
    _tag: "Generate",
    receive: (generation) => {
      const job = read(modelId, generation)
      if (isProblem(job)) return job
      const answer = (alteration: Alteration): Answer => {
        const done = run(world, job, alteration, (id) => Models.models.get(id))
        const asked = objectAt(generation.body, "serviceTier") !== undefined ||
          alteration.answerServiceTier !== undefined
        const metadata = {
          usage: usageOf(done),
          metrics: { latencyMs: 512 },
          ...(asked ? { serviceTier: { type: done.tier } } : {})
        }
        const blocks = done.answers.flatMap((answer) => blocksOf(answer, ids(job.root), thoughts))
        const stopReason = done.answers.map(stopReasonOf).join()
        return {
          status: 200,
          headers: headers(job.requestId),
          requestId: job.requestId,
          body: stream
            ? streamed(done, blocks, stopReason, metadata, alteration)
            : json(
              without({
                output: { message: { role: "assistant", content: blocks } },
                stopReason,
                ...metadata
              }, alteration),
              inBand
            ),
          charge: done.charge(job.requestId)
        }
      }
      return { model: modelId, prompt: job.ask.prompt, stream, answer }
    }
  })
}

const toolsOf = (body: JsonObject): Pick<Ask, "tools" | "toolChoice"> | Problem => {
  const config = objectAt(body, "toolConfig")
  const specs = listAt(config, "tools").flatMap((tool) => objectAt(tool, "toolSpec") ?? [])
  if (listAt(config, "tools").some((tool) => objectAt(tool, "systemTool") !== undefined)) {
    return invalid("The sandbox doesn't serve system tools.")
  }
  const tools = specs.map((spec) => ({
    name: stringAt(spec, "name") ?? "",
    parameters: at(objectAt(spec, "inputSchema"), "json"),
    custom: false
  }))
  if (new Set(tools.map(({ name }) => name)).size < tools.length) {
    return invalid("The value at toolConfig.tools contains tools of the same name.")
  }
  const odd = tools.find(({ name }) => !/^[a-zA-Z0-9_-]{1,64}$/.test(name))
  if (odd !== undefined) return invalid(`The name ${odd.name} of a tool must match [a-zA-Z0-9_-]+.`)
  const choice = objectAt(config, "toolChoice")
  const name = stringAt(objectAt(choice, "tool"), "name")
  if (name !== undefined && !tools.some((tool) => tool.name === name)) {
    return invalid(`The toolChoice names ${name}, which is not among the tools.`)
  }
  const toolChoice: ToolChoice = name === undefined
    ? objectAt(choice, "any") === undefined ? "auto" : "required"
    : { name }
  return { tools, toolChoice }
}

/** Models up to 4.5 think within a budget of tokens, later ones by an effort. */
const takesBudget = /^(\w+-4(-[015])?|3-7-sonnet)$/
const alwaysThinks = /^(fable|opus-5-5)/

const effortOf = (model: Models.Model, body: JsonObject): Effort | undefined | Problem => {
  const asked = stringAt(objectAt(body, "outputConfig"), "effort")
  const fields = at(body, "additionalModelRequestFields")
  const { thinking, ...foreign } = isObject(fields) ? fields : {}
  const [odd] = Object.keys(foreign)
  if (odd !== undefined) return invalid(`extraneous key [${odd}] is not permitted`)
  if (model.claude === undefined) {
    if (thinking !== undefined) return invalid("extraneous key [thinking] is not permitted")
    if (asked !== undefined && !model.reasons) return invalid("outputConfig.effort is not supported for this model.")
    return effortNamed(asked)
  }
  const type = stringAt(thinking, "type")
  const choice = objectAt(objectAt(body, "toolConfig"), "toolChoice")
  if ((type === "enabled" || type === "adaptive") && (at(choice, "any") ?? at(choice, "tool")) !== undefined) {
    return invalid("Thinking may not be enabled when tool_choice forces tool use.")
  }
  if (takesBudget.test(model.claude)) {
    if (asked !== undefined) return invalid("outputConfig.effort is not supported for this model.")
    if (type === "adaptive") return invalid("thinking: adaptive thinking is not supported on this model")
    const budget = numberAt(thinking, "budget_tokens") ?? 0
    if (type !== "enabled") return undefined
    const limit = numberAt(objectAt(body, "inferenceConfig"), "maxTokens") ?? 4096
    if (budget < 1024) return invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    return budget >= limit ? invalid("`max_tokens` must be greater than `thinking.budget_tokens`.") : "medium"
  }
  if (type === "enabled") return invalid("\"thinking.type.enabled\" is not supported for this model.")
  if (alwaysThinks.test(model.claude)) {
    return type === "disabled"
      ? invalid("\"thinking.type.disabled\" is not supported for this model.")
      : effortNamed(asked) ?? "medium"
  }
  return type === "adaptive" ? effortNamed(asked) ?? "high" : undefined
}

const effortNamed = (asked: string | undefined): Effort | undefined | Problem => {
  switch (asked) {
    case undefined:
    case "none":
      return undefined
    case "minimal":
    case "low":
    case "medium":
    case "high":
    case "xhigh":
    case "max":
      return asked
    default:
      return invalid(`outputConfig.effort: ${asked} is no effort`)
  }
}

const schemaOf = (body: JsonObject): { readonly schema: unknown } | Problem => {
  const format = objectAt(objectAt(body, "outputConfig"), "textFormat")
  if (format === undefined) return { schema: undefined }
  try {
    const text = stringAt(objectAt(objectAt(format, "structure"), "jsonSchema"), "schema") ?? ""
    const schema: unknown = JSON.parse(text)
    if (isObject(schema)) return { schema }
  } catch {
    // Told below.
  }
  return invalid("outputConfig.textFormat.structure.jsonSchema.schema: it must be a JSON object in a string")
}

const stopReasonOf = ({ finish, refusal, stoppedBy }: ModelAnswer): string => {
  if (refusal !== undefined) return "content_filtered"
  switch (finish) {
    case "length":
      return "max_tokens"
    case "filter":
      return "content_filtered"
    case "calls":
      return "tool_use"
    case "stop":
    case "pause":
      return stoppedBy === undefined ? "end_turn" : "stop_sequence"
  }
}

const blocksOf = (answer: ModelAnswer, ids: Ids, thoughts: Seal.Seal): ReadonlyArray<JsonObject> => {
  const text = answer.text ?? answer.refusal
  const thought = answer.reasoningSummary
  const signature = thoughts.close({ text: textDigest(thought), nonce: ids.next("", 16) })
  return [
    ...(answer.reasoningTokens === 0 ? [] : [{ reasoningContent: { reasoningText: { text: thought, signature } } }]),
    ...(text === undefined ? [] : [{ text }]),
    ...answer.calls.map((call) => ({
      toolUse: { toolUseId: ids.next("tooluse_", 22), name: call.name, input: inputOf(call.arguments) }
    }))
  ]
}

/** What was cut off in the middle is told as far as it came. */
const inputOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const usageOf = ({ usage }: Done): JsonObject => {
  const written = Object.entries(usage.written)
  const total = written.reduce((sum, [, tokens]) => sum + tokens, 0)
  return {
    inputTokens: usage.input - usage.read - total,
    outputTokens: usage.output,
    totalTokens: usage.input + usage.output,
    cacheReadInputTokens: usage.read,
    cacheWriteInputTokens: total,
    ...(total === 0 ? {} : { cacheDetails: written.map(([ttl, inputTokens]) => ({ ttl, inputTokens })) })
  }
}

const without = ({ stopReason, usage, ...rest }: JsonObject, { drop }: Alteration): JsonObject => ({
  ...rest,
  ...(drop?.includes("finish") === true ? {} : { stopReason }),
  ...(drop?.includes("usage") === true ? {} : { usage })
})

const streamed = (
  done: Done,
  blocks: ReadonlyArray<JsonObject>,
  stopReason: string,
  metadata: JsonObject,
  { drop }: Alteration
): Body => {
  const dropped = new Set(drop)
  const events: Array<Event> = []
  const push = (event: string, value: JsonObject, tokens = 0) =>
    void events.push({ event, data: JSON.stringify(value), tokens })
  const [answer] = done.answers
  push("messageStart", { role: "assistant" }, answer?.reasoningTokens)
  let calls = 0
  for (const [contentBlockIndex, block] of blocks.entries()) {
    const delta = (delta: JsonObject, tokens: number) => push("contentBlockDelta", { contentBlockIndex, delta }, tokens)
    const thought = objectAt(objectAt(block, "reasoningContent"), "reasoningText")
    const use = objectAt(block, "toolUse")
    if (thought !== undefined) {
      for (const { text } of pieces(stringAt(thought, "text") ?? "")) delta({ reasoningContent: { text } }, 0)
      delta({ reasoningContent: { signature: at(thought, "signature") } }, 0)
    } else if (use !== undefined) {
      const { input: _, ...start } = use
      const call = answer?.calls[calls++]
      push(
        "contentBlockStart",
        { contentBlockIndex, start: { toolUse: start } },
        call === undefined ? 0 : callTokens(call)
      )
      for (const { text, tokens } of pieces(call?.arguments ?? "")) delta({ toolUse: { input: text } }, tokens)
    } else {
      for (const { text, tokens } of pieces(stringAt(block, "text") ?? "")) delta({ text }, tokens)
    }
    push("contentBlockStop", { contentBlockIndex })
  }
  if (!dropped.has("terminal")) {
    if (!dropped.has("finish")) push("messageStop", { stopReason })
    if (!dropped.has("usage")) push("metadata", metadata)
  }
  return { _tag: "Events", events, framing: eventStream, fail: (_, failure) => exception(failure) }
}
