/**
 * `POST /v1/models/…:generateContent`, and `:streamGenerateContent` told in events; `:countTokens`.
 */
import * as Answers from "../Answers.ts"
import type { Charge } from "../Bill.ts"
import { type Generation, isProblem, json, type Problem, type Route } from "../Door.ts"
import { type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import type { Alteration, Answer, World } from "../Protocol.ts"
import type * as Seal from "../Seal.ts"
import { digest } from "../Seed.ts"
import * as Caches from "./Caches.ts"
import * as Content from "./Content.ts"
import { count as countShape, generate as shape } from "./GenerateShape.ts"
import * as Input from "./Input.ts"
import * as Models from "./Models.ts"
import { inBand, invalid, ofIssue, problem } from "./Problem.ts"
import * as Rules from "./Rules.ts"

/** From memory: the vendor doesn't say how long a prefix is kept. */
const cacheMillis = 600_000
/** Made up: what a query's results take. */
const tokensPerQuery = 20

interface Job {
  readonly _tag: "Job"
  readonly model: Models.Model
  readonly rules: Rules.Rules
  readonly input: Input.Input
  readonly cached: Caches.Cached | undefined
  readonly ask: Answers.Ask
  readonly tier: string
  /** What is left to say of an answer that was broken off. */
  readonly rest: string | undefined
}

export interface Done {
  readonly model: Models.Model
  readonly tier: string
  /** Undefined for a prompt that is blocked. */
  readonly answer: Answers.Answer | undefined
  readonly queries: ReadonlyArray<string>
  readonly continuationToken: string | undefined
  readonly prompt: number
  readonly read: number
  readonly promptDetails: ReturnType<typeof Input.detailsOf>
  readonly readDetails: ReturnType<typeof Input.detailsOf>
  readonly toolUse: number
  readonly output: number
}

export interface Endpoints {
  readonly generate: (model: string, stream: boolean) => Route
  readonly count: (model: string) => Route
}

export const make = (
  world: World,
  seals: Seal.Seal,
  caches: Caches.Caches,
  headers: (requestId: string) => Readonly<Record<string, string>>
): Endpoints => {
  const modelOf = (id: string, method: string): Models.Model | Problem =>
    Models.find(id, world.time.now()) ?? problem(
      404,
      `models/${id} is not found for API version v1, or is not supported for ${method}. Call ListModels to see the list of `
        + "available models and their supported methods."
    )

  const read = ({ body, key }: Generation, id: string): Job | Problem => {
    const wrong = shape(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const model = modelOf(id, "generateContent")
    if (isProblem(model)) return model
    const name = stringAt(body, "cachedContent")
    const cached = name === undefined ? undefined : caches.find(name, key)
    if (name !== undefined) {
      if (cached === undefined) return problem(403, "CachedContent not found (or permission denied)")
      if (cached.model !== model) {
        return invalid(
          `Model used by GenerateContent request (models/${model.id}) and CachedContent has to be the same.`
        )
      }
      const repeated = Caches.repeated(body)
      if (repeated !== undefined) return repeated
    }
    const whole = Caches.completed(body, cached)
    const rules = Rules.of(whole, model)
    if (isProblem(rules)) return rules
    const input = Input.read(body, model, seals)
    if (isProblem(input)) return input
    const token = stringAt(body, "continuationToken")
    const rest = token === undefined ? undefined : stringAt(seals.open(token), "rest")
    if (token !== undefined && rest === undefined) return invalid("Invalid continuation token.")
    const config = objectAt(body, "generationConfig")
    if ((numberAt(config, "candidateCount") ?? 1) > 1) return invalid("The sandbox gives one candidate.")
    const tier = stringAt(body, "serviceTier") ?? "standard"
    return {
      _tag: "Job",
      model,
      rules,
      input,
      cached,
      rest,
      tier: tier === "unspecified" ? "standard" : tier,
      ask: {
        prompt: input.prompt,
        tools: rules.tools,
        toolChoice: rules.toolChoice,
        parallelTools: true,
        toolResults: input.results,
        schema: rules.schema,
        search: rules.search,
        stop: listAt(config, "stopSequences").filter((mark) => typeof mark === "string"),
        maxTokens: numberAt(config, "maxOutputTokens"),
        effort: rules.effort
      }
    }
  }

  const run = (job: Job, { key, root }: Generation, alteration: Alteration): Done => {
    const { ask, cached, input } = job
    const now = world.time.now()
    const served = alteration.answerModel
    const model = served === undefined ? job.model : Models.find(served, now) ?? { ...job.model, id: served }
    const scope = `${digest("gemini", key, model.id).slice(0, 16)}:`
    const before = cached?.input.sequence.length ?? 0
    const implicit = cached !== undefined || model.implicitFrom === undefined ?
      0 :
      world.cache.use(scope, input.sequence, {
        _tag: "Free",
        ttlMillis: cacheMillis,
        minimumTokens: model.implicitFrom
      }, now).read
    const stretches = [...cached?.input.stretches ?? [], ...input.stretches]
    const prompt = before + input.sequence.length
    const reading = before + implicit
    const { continuationToken, ...said } = brokenOff(job, answerOf(world, job, root), seals)
    const { answer } = said
    const queries = answer?.search === undefined ? [] : queriesOf(ask.prompt, answer.search.query)
    return {
      model,
      tier: alteration.answerServiceTier ?? job.tier,
      answer,
      queries,
      continuationToken,
      prompt,
      read: reading,
      promptDetails: Input.detailsOf(stretches, 0, prompt),
      readDetails: Input.detailsOf(stretches, 0, reading),
      toolUse: queries.length * tokensPerQuery,
      output: answer === undefined ? 0 : Answers.outputTokens(answer)
    }
  }

  const receive = (id: string, stream: boolean) => (generation: Generation) => {
    const job = read(generation, id)
    if (isProblem(job)) return job
    const { requestId } = generation
    const answer = (alteration: Alteration): Answer => {
      const done = run(job, generation, alteration)
      const content = Content.of(done, { requestId, seals, root: generation.root, rules: job.rules, model: done.model })
      return {
        status: 200,
        headers: { ...headers(requestId), "x-gemini-service-tier": done.tier },
        requestId,
        body: stream ? Content.streamed(content, alteration) : json(Content.whole(content, alteration), inBand),
        charge: chargeOf(done, requestId, world.time.now())
      }
    }
    return { model: id, prompt: job.ask.prompt, stream, answer }
  }

  const count = (id: string) => (generation: Generation) => {
    const model = modelOf(id, "countTokens")
    if (isProblem(model)) return model
    const wrong = countShape(generation.body)
    if (wrong !== undefined) return ofIssue(wrong)
    const input = Input.read(objectAt(generation.body, "generateContentRequest") ?? generation.body, model, seals)
    if (isProblem(input)) return input
    const { length } = input.sequence
    const value: JsonObject = { totalTokens: length, promptTokensDetails: Input.detailsOf(input.stretches, 0, length) }
    const { requestId } = generation
    const answer = (): Answer => ({
      status: 200,
      headers: headers(requestId),
      requestId,
      body: json(value, inBand)
    })
    return { model: id, prompt: input.prompt, stream: false, answer }
  }

  return {
    generate: (model, stream) => ({ _tag: "Generate", receive: receive(model, stream) }),
    count: (model) => ({ _tag: "Generate", receive: count(model) })
  }
}

/** The vendor has no words for a refusal: it filters. */
const answerOf = (world: World, { ask, rest }: Job, root: string): Answers.Answer | undefined => {
  if (ask.prompt.includes("[block]")) return undefined
  const made = world.answer(ask, root)
  if (rest !== undefined) return { ...made, text: rest, search: undefined, calls: [], finish: "stop" }
  return made.refusal === undefined ? made : { ...made, refusal: undefined, finish: "filter" }
}

/** `[continue]` breaks a long answer off where the model can go on with it. */
const brokenOff = (
  { ask, model, rest }: Job,
  answer: Answers.Answer | undefined,
  seals: Seal.Seal
): Pick<Done, "answer" | "continuationToken"> => {
  const { text } = answer ?? {}
  if (answer === undefined || text === undefined || rest !== undefined || !ask.prompt.includes("[continue]")) {
    return { answer, continuationToken: undefined }
  }
  if (!model.id.startsWith("gemini-4")) return { answer, continuationToken: undefined }
  const half = Math.ceil(text.length / 2)
  return {
    answer: { ...answer, text: text.slice(0, half) },
    continuationToken: seals.close({ rest: text.slice(half) })
  }
}

/** `[queries: n]` searches so often. */
const queriesOf = (prompt: string, query: string): ReadonlyArray<string> => {
  const wanted = Number(/\[queries:\s?(\d)\]/.exec(prompt)?.[1] ?? 1)
  return Array.from({ length: wanted }, (_, n) => n === 0 ? query : `${query} ${n + 1}`)
}

const audioIn = (details: Done["promptDetails"]): number =>
  details.find(({ modality }) => modality === "AUDIO")?.tokenCount ?? 0

const chargeOf = (done: Done, requestId: string, now: number): Charge => {
  const { answer, model, output, prompt, promptDetails, queries, read, readDetails, tier, toolUse } = done
  const audioInput = audioIn(promptDetails) - audioIn(readDetails)
  return {
    provider: "gemini",
    requestId,
    responseId: requestId,
    model: model.id,
    serviceTier: tier,
    card: Models.cardOf(model, now),
    multiplier: Models.multiplier(tier),
    tokens: { input: prompt - read - audioInput + toolUse, cachedRead: read, cacheWrite: {}, audioInput, output },
    reasoning: answer?.reasoningTokens ?? 0,
    webSearches: model.search.each === "prompt" ? Math.min(1, queries.length) : queries.length,
    webSearchRate: model.search.rate
  }
}
