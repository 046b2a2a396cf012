/**
 * xAI's `POST /responses`: OpenAI's events and items, with usage of its own and what it all cost.
 */
import { settle } from "../Bill.ts"
import * as Door from "../Door.ts"
import { at, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import type { Alteration, Answer, World } from "../Protocol.ts"
import * as Run from "../Run.ts"
import { ids } from "../Seed.ts"
import { isProblem, ofIssue } from "../openai/Problem.ts"
import { streamed, without } from "../openai/Responses.ts"
import * as Input from "../openai/ResponsesInput.ts"
import { itemsOf } from "../openai/ResponsesOutput.ts"
import * as Models from "./Models.ts"
import { inBand, invalid, ofOpenAi, problem } from "./Problem.ts"
import { responses as shape } from "./ResponsesShape.ts"

interface Asked extends Run.Job {
  readonly model: Models.Model
}

const minimumTokens = 1024
const ttlMillis = 600_000

const unit = { times: 1n, per: 1n }

const searchTool = (body: JsonObject) =>
  listAt(body, "tools").find((tool) => /^(web|x)_search$/.test(stringAt(tool, "type") ?? ""))

const searches = (body: JsonObject) => {
  const own = searchTool(body)
  const [domain] = listAt(own, "allowed_domains")
  return own === undefined || at(body, "tool_choice") === "none"
    ? undefined
    : { domain: typeof domain === "string" ? domain : "example.com", cite: "link" as const }
}

export const make = (world: World): Extract<Door.Route, { readonly _tag: "Generate" }> => {
  const seals = Input.sealed(world.seed)

  const read = ({ body, key, requestId, root }: Door.Generation): Asked | Door.Problem => {
    const wrong = shape(body)
    if (wrong !== undefined) return ofOpenAi(ofIssue(wrong))
    const name = stringAt(body, "model") ?? ""
    const model = Models.models.get(name)
    if (model === undefined) return problem(404, `Model not found: ${name}`)
    if (!model.reasoning && objectAt(body, "reasoning") !== undefined) {
      return problem(400, `Model ${name} does not support parameter reasoning.`)
    }
    if (stringAt(body, "previous_response_id") !== undefined) {
      return invalid("The sandbox keeps no responses.", "previous_response_id")
    }
    const input = Input.read(body, model, Input.itemsOf(body, []), 0, seals)
    if (isProblem(input)) return ofOpenAi(input)
    if (input.sequence.length > model.maxInput) {
      return problem(400, `This model's maximum prompt length is ${model.maxInput}.`)
    }
    return {
      _tag: "Job",
      provider: "xai",
      requestId,
      root,
      key,
      model,
      tier: stringAt(body, "service_tier") ?? "default",
      // What priority costs isn't known.
      multiplier: () => unit,
      sequence: input.sequence,
      cacheKey: stringAt(body, "prompt_cache_key") ?? "",
      policy: { _tag: "Free", minimumTokens, ttlMillis },
      ask: { ...input.ask, search: searches(body) },
      choices: 1
    }
  }

  const receive = (generation: Door.Generation) => {
    const job = read(generation)
    if (Door.isProblem(job)) return job
    const { body } = generation
    const isStream = at(body, "stream") === true
    const answer = (alteration: Alteration): Answer => {
      const done = Run.run(world, job, alteration, (id) => Models.models.get(id))
      const { requestId } = generation
      const spoken = { model: { reasoning: job.model.reasoning }, answers: done.answers }
      const output = itemsOf(spoken, { body, ids: ids(job.root), seals }).map((item) =>
        stringAt(item, "type") === "web_search_call"
          ? Object.assign(item, { type: `${stringAt(searchTool(body), "type")}_call` })
          : item
      )
      const reasoned = done.answers[0]?.reasoningTokens ?? 0
      const used = done.answers.filter(({ search }) => search !== undefined).length
      const charge = {
        ...done.charge(requestId),
        reasoning: reasoned,
        webSearches: used,
        webSearchRate: Models.toolRate
      }
      const finish = done.answers[0]?.finish
      const reason = finish === "length" ? "max_output_tokens" : finish === "filter" ? "content_filter" : undefined
      const response = {
        id: requestId,
        object: "response",
        created_at: done.createdAt,
        status: reason === undefined ? "completed" : "incomplete",
        completed_at: reason === undefined ? done.createdAt + 1 : null,
        background: false,
        error: null,
        incomplete_details: reason === undefined ? null : { reason },
        max_output_tokens: at(body, "max_output_tokens") ?? null,
        model: done.model.id,
        parallel_tool_calls: at(body, "parallel_tool_calls") ?? true,
        previous_response_id: null,
        reasoning: { effort: stringAt(objectAt(body, "reasoning"), "effort") ?? null, summary: null },
        store: at(body, "store") ?? true,
        temperature: at(body, "temperature") ?? 1,
        tool_choice: at(body, "tool_choice") ?? "auto",
        tools: listAt(body, "tools"),
        top_p: at(body, "top_p") ?? 1,
        truncation: "disabled",
        metadata: {},
        output,
        usage: {
          input_tokens: done.usage.input,
          input_tokens_details: { cached_tokens: done.usage.read },
          output_tokens: done.usage.output,
          output_tokens_details: { reasoning_tokens: reasoned },
          total_tokens: done.usage.input + done.usage.output,
          num_sources_used: used,
          num_server_side_tools_used: used,
          cost_in_usd_ticks: Number(settle(charge, world.time.now()).amount / Models.tick)
        }
      }
      return {
        status: 200,
        headers: {},
        requestId,
        body: isStream
          ? streamed(response, done, alteration)
          : { _tag: "Json", value: without(response, alteration.drop), fail: inBand },
        charge
      }
    }
    return { model: job.model.id, prompt: job.ask.prompt, stream: isStream, answer }
  }

  return { _tag: "Generate", receive }
}
