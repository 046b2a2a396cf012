/**
 * What Responses and Chat Completions share: one model run, with its prefix cache, its usage and its charge.
 */
import * as Answers from "../Answers.ts"
import type { Charge } from "../Bill.ts"
import { type JsonObject, objectAt, stringAt } from "../Json.ts"
import * as Media from "../Media.ts"
import * as PrefixCache from "../PrefixCache.ts"
import type { Accepted, Alteration, World } from "../Protocol.ts"
import { digest } from "../Seed.ts"
import type { Shape } from "../Shape.ts"
import type { Sequence, SequenceBuilder, Ttl } from "../Tokens.ts"
import * as Models from "./Models.ts"
import { isProblem, ofIssue, type Problem, problem } from "./Problem.ts"

/** A request for text that came through the front door. */
export interface Generation {
  readonly body: JsonObject
  readonly root: string
  readonly requestId: string
  readonly key: string
}

export type Receive = (
  generation: Generation
) => Pick<Accepted, "model" | "prompt" | "answer"> | Problem

export interface Job {
  readonly _tag: "Job"
  readonly requestId: string
  /** The root of everything random in the answer. */
  readonly root: string
  readonly key: string
  readonly model: Models.Model
  readonly tier: string
  readonly sequence: Sequence
  readonly cacheKey: string
  readonly policy: PrefixCache.Policy | undefined
  readonly ask: Answers.Ask
  readonly choices: number
  /** Fills the cache and produces nothing. */
  readonly prewarm: boolean
}

export interface Usage {
  readonly input: number
  readonly read: number
  readonly written: PrefixCache.Result["written"]
  readonly output: number
  readonly reasoning: number
}

export interface Done {
  readonly model: Models.Model
  readonly tier: string
  readonly answers: ReadonlyArray<Answers.Answer>
  readonly usage: Usage
  readonly createdAt: number
  readonly charge: (responseId: string) => Charge
}

export const run = (world: World, job: Job, alteration: Alteration): Done => {
  const now = world.time.now()
  const model = servedModel(job.model, alteration.answerModel)
  const tier = alteration.answerServiceTier ?? job.tier
  const scope = `${digest("openai", job.key, model.id, job.cacheKey).slice(0, 16)}:`
  const cached = job.policy === undefined
    ? PrefixCache.nothing
    : world.cache.use(scope, job.sequence, job.policy, now)
  const answers = job.prewarm
    ? []
    : Array.from({ length: job.choices }, (_, choice) => world.answer(job.ask, job.root, choice))
  const usage: Usage = {
    input: job.sequence.length,
    ...cached,
    output: answers.reduce((sum, answer) => sum + Answers.outputTokens(answer), 0),
    reasoning: answers.reduce((sum, answer) => sum + answer.reasoningTokens, 0)
  }
  return {
    model,
    tier,
    answers,
    usage,
    createdAt: Math.floor(now / 1000),
    charge: (responseId) => ({
      provider: "openai",
      requestId: job.requestId,
      responseId,
      model: model.id,
      serviceTier: tier,
      card: model.card,
      multiplier: Models.tierMultiplier(model, tier, now) ?? { times: 1n, per: 1n },
      tokens: {
        input: usage.input - usage.read - PrefixCache.totalWritten(usage),
        cachedRead: usage.read,
        cacheWrite: usage.written,
        output: usage.output
      },
      reasoning: usage.reasoning,
      webSearches: answers.filter(({ search }) => search !== undefined).length,
      webSearchRate: Models.webSearchRate
    })
  }
}

const servedModel = (asked: Models.Model, served: string | undefined): Models.Model =>
  served === undefined ? asked : Models.find(served) ?? { ...asked, id: served, snapshot: served }

export interface Servable {
  readonly _tag: "Servable"
  readonly model: Models.Model
  readonly tier: string
}

/** The model and the tier of a body of this shape, or why it is refused. */
export const servable = (shape: Shape, body: JsonObject, now: number): Servable | Problem => {
  const wrong = shape(body)
  if (wrong !== undefined) return ofIssue(wrong)
  const id = stringAt(body, "model") ?? ""
  const model = Models.find(id)
  if (model === undefined) {
    return problem(404, `The model \`${id}\` does not exist or you do not have access to it.`, {
      code: "model_not_found",
      param: "model"
    })
  }
  const asked = stringAt(body, "service_tier") ?? "auto"
  const tier = asked === "auto" ? "default" : asked
  if (Models.tierMultiplier(model, tier, now) === undefined) {
    return problem(400, `Invalid service_tier argument: '${asked}' is not available for ${id}.`, {
      code: "invalid_value",
      param: "service_tier"
    })
  }
  return { _tag: "Servable", model, tier }
}

/** The job of a request with these tokens, or why the model doesn't take it: `param` is what holds them. */
export const jobOf = (
  { body, key, requestId, root }: Generation,
  { model, tier }: Servable,
  sequence: Sequence,
  param: string,
  rest: Pick<Job, "ask" | "choices" | "prewarm">
): Job | Problem => {
  const caching = cachePolicy(body, model, sequence)
  if (isProblem(caching)) return caching
  return tooLong(model, sequence, param) ?? {
    _tag: "Job",
    requestId,
    root,
    key,
    model,
    tier,
    sequence,
    cacheKey: stringAt(body, "prompt_cache_key") ?? "",
    policy: caching.policy,
    ...rest
  }
}

const minimumTokens = 1024

/** How the request uses the prefix cache, or why it may not. */
const cachePolicy = (
  body: JsonObject,
  model: Models.Model,
  sequence: Sequence
): { readonly _tag: "Policy"; readonly policy: PrefixCache.Policy | undefined } | Problem => {
  const options = objectAt(body, "prompt_cache_options")
  if (model.caching !== "billed") {
    const param = options !== undefined
      ? "prompt_cache_options"
      : sequence.marks.length > 0
      ? "prompt_cache_breakpoint"
      : undefined
    if (param !== undefined) {
      return problem(400, `Unsupported parameter: '${param}' is not supported with this model.`, {
        code: "unsupported_parameter",
        param
      })
    }
    const kept = stringAt(body, "prompt_cache_retention") === "24h" ? 86_400_000 : 600_000
    return {
      _tag: "Policy",
      policy: model.caching === "none" ? undefined : { _tag: "Free", ttlMillis: kept, minimumTokens }
    }
  }
  const implicit = stringAt(options, "mode") !== "explicit"
  const ttl: Ttl = stringAt(options, "ttl") === "12h" ? "12h" : "30m"
  return {
    _tag: "Policy",
    policy: { _tag: "Breakpoints", implicit, ttl, maxWrites: implicit ? 3 : 4, minimumTokens }
  }
}

/** Refuses a prompt that the model can't hold. */
const tooLong = (model: Models.Model, sequence: Sequence, param: string): Problem | undefined =>
  sequence.length <= model.maxInput ? undefined : problem(
    400,
    `This model's maximum input length is ${model.maxInput} tokens. However, your input has ${sequence.length} tokens.`,
    { code: "context_length_exceeded", param }
  )

export const effortOf = (
  model: Pick<Models.Model, "id" | "reasoning">,
  asked: string | undefined
): Answers.Effort | undefined | Problem => {
  if (!model.reasoning) return undefined
  switch (asked) {
    case "none":
      return model.id === "gpt-6.2-sol"
        ? problem(400, "Unsupported value: 'none' is not supported with the 'gpt-6.2-sol' model.", {
          code: "unsupported_value",
          param: "reasoning.effort"
        })
        : asked
    case "minimal":
    case "low":
    case "high":
    case "xhigh":
    case "max":
      return asked
    default:
      return "medium"
  }
}

/** Ends a prefix where the content part says so. */
export const mark = (sequence: SequenceBuilder, part: unknown): void => {
  const breakpoint = objectAt(part, "prompt_cache_breakpoint")
  if (breakpoint === undefined) return
  const ttl = stringAt(breakpoint, "ttl")
  sequence.mark(ttl === "30m" || ttl === "12h" ? ttl : undefined)
}

/**
 * Adds an image, or says what is wrong with it.
 *
 * The count is made up: 85 tokens at low detail; else 85 and 170 per 64 KiB of data (1 to 8 times), 4 times for a URL.
 */
export const image = (
  sequence: SequenceBuilder,
  url: string,
  detail: string | undefined,
  param: string
): Problem | undefined => {
  const data = /^data:image\/([a-z]+);base64,([\s\S]*)$/.exec(url)
  if (data === null && !/^https?:\/\/[^/\s]+/.test(url)) {
    return problem(400, "Invalid image URL: expected a base64-encoded data URL or an http(s) URL.", {
      code: "invalid_image_url",
      param
    })
  }
  let tiles = 4
  if (data !== null) {
    const [, type = "", base64 = ""] = data
    const bytes = Media.decode(base64)
    if (bytes === undefined) {
      return problem(400, "Invalid base64 image_url.", { code: "invalid_base64_image", param })
    }
    if (!Media.isOf(type === "jpg" ? "jpeg" : type, bytes)) {
      return problem(400, "The image data you provided does not represent a valid image of its type.", {
        code: "invalid_image_format",
        param
      })
    }
    tiles = Math.min(8, Math.max(1, Math.ceil(bytes.length / 65_536)))
  }
  sequence.opaque(detail === "low" ? 85 : 85 + 170 * tiles, digest(url))
  return undefined
}

/** Refuses tool outputs without their call and calls without their output. */
export const unmatched = (
  calls: ReadonlyMap<string, unknown>,
  outputs: ReadonlySet<string>,
  param: string
): Problem | undefined => {
  for (const id of outputs) {
    if (!calls.has(id)) {
      return problem(400, `No tool call found for function call output with call_id ${id}.`, { param })
    }
  }
  for (const id of calls.keys()) {
    if (!outputs.has(id)) return problem(400, `No tool output found for function call ${id}.`, { param })
  }
  return undefined
}
