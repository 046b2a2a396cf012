/**
 * Azure OpenAI, at its `v1` surface: what OpenAI does, with deployments called as their models, filters that say what they
 * found, and nothing of OpenAI's accounts. Where Responses tell it is from learn.microsoft.com (2026-11-23).
 */
import { at, isObject, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import type { Answer, Body, Event, Incoming, Protocol, World } from "../Protocol.ts"
import { digest } from "../Seed.ts"
import * as OpenAi from "../openai/OpenAi.ts"
import { answer as refusal, problem } from "../openai/Problem.ts"

const safe = { filtered: false, severity: "safe" }
const contentFilter = { hate: safe, self_harm: safe, sexual: safe, violence: safe }
const promptFilter = [{ prompt_index: 0, content_filter_results: contentFilter }]

const filteredChoice = (choice: unknown): unknown =>
  isObject(choice) ? { ...choice, content_filter_results: contentFilter } : choice

const filteredBody = (body: JsonObject): JsonObject => ({
  ...body,
  prompt_filter_results: promptFilter,
  choices: listAt(body, "choices").map(filteredChoice)
})

/** Before the first choice there is a chunk without one. */
const first: Event = {
  data: JSON.stringify({
    id: "",
    object: "",
    created: 0,
    model: "",
    choices: [],
    prompt_filter_results: promptFilter
  }),
  tokens: 0
}

const chatBody = (body: Body): Body => {
  if (body._tag === "Events") return { ...body, events: [first, ...body.events] }
  return body._tag === "Json" && isObject(body.value) ? { ...body, value: filteredBody(body.value) } : body
}

const filters = ["prompt", "completion"].map((source_type) => ({
  blocked: false,
  source_type,
  content_filter_results: contentFilter,
  content_filter_offsets: { start_offset: 0, end_offset: 0, check_offset: 0 }
}))

const responsesBody = (body: Body): Body => {
  if (body._tag === "Json") {
    return isObject(body.value) ? { ...body, value: { ...body.value, content_filters: filters } } : body
  }
  if (body._tag !== "Events") return body
  const events = body.events.map((event): Event => {
    const told: unknown = JSON.parse(event.data)
    const response = objectAt(told, "response")
    if (!isObject(told) || response === undefined || stringAt(response, "status") === "in_progress") return event
    return { ...event, data: JSON.stringify({ ...told, response: { ...response, content_filters: filters } }) }
  })
  return { ...body, events }
}

/** It searches by another engine than OpenAI, at a fee that isn't known: that isn't simulated. */
const searches = (body: unknown): boolean =>
  at(body, "web_search_options") !== undefined ||
  listAt(body, "tools").some((tool) => stringAt(tool, "type")?.startsWith("web_search") === true)

/** What was filtered says by what. */
const explained = (answer: Answer): Answer => {
  const { body } = answer
  if (body._tag !== "Json" || at(at(body.value, "error"), "code") !== "content_filter") return answer
  const error = at(body.value, "error")
  const innererror = {
    code: "ResponsibleAIPolicyViolation",
    content_filter_result: { ...contentFilter, violence: { filtered: true, severity: "medium" } }
  }
  return { ...answer, body: { ...body, value: { error: { ...(isObject(error) ? error : {}), innererror } } } }
}

const bodies: Readonly<Record<string, (body: Body) => Body>> = {
  "/chat/completions": chatBody,
  "/responses": responsesBody
}

const accounts = ["openai-organization", "openai-project"]

export const make = (world: World): Protocol => {
  const own = OpenAi.make({
    ...world,
    seed: digest(world.seed, "azure"),
    occurrence: (content) => world.occurrence(`azure ${content}`),
    cache: {
      ...world.cache,
      use: (scope, prompt, policy, now) => world.cache.use(`azure ${scope}`, prompt, policy, now)
    }
  })
  const received = (incoming: Incoming): ReturnType<Protocol["receive"]> => {
    const account = accounts.find((name) => incoming.headers[name] !== undefined)
    if (account !== undefined) {
      return { _tag: "Rejected", answer: refusal(problem(400, `Unexpected header: ${account}.`), "") }
    }
    if (searches(incoming.body)) {
      return {
        _tag: "Rejected",
        answer: refusal(problem(400, "Web search isn't served here.", { param: "tools" }), "")
      }
    }
    if (/^\/(files|batches)\b/.test(incoming.path)) {
      return { _tag: "Rejected", answer: refusal(problem(404, "The sandbox has no batches of Azure's."), "") }
    }
    const found = own.receive(incoming)
    if (found._tag === "Rejected") return found
    return {
      ...found,
      error: (failure) => explained(found.error(failure)),
      answer: (alteration) => {
        const { body, charge, ...rest } = found.answer(alteration)
        return {
          ...rest,
          body: bodies[incoming.path]?.(body) ?? body,
          charge: charge === undefined ? undefined : { ...charge, provider: "azure" }
        }
      }
    }
  }
  return { ...own, provider: "azure", basePath: "/azure/openai/v1", receive: received }
}
