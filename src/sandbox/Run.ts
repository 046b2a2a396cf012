/**
 * One run of a model, with its prefix cache, its usage and its charge, for vendors that count and charge in the plain way.
 */
import * as Answers from "./Answers.ts"
import type { Charge, Multiplier, RateCard } from "./Bill.ts"
import * as PrefixCache from "./PrefixCache.ts"
import type { Alteration, World } from "./Protocol.ts"
import { digest } from "./Seed.ts"
import type { Sequence } from "./Tokens.ts"

export interface Model {
  readonly id: string
  readonly card: RateCard
}

export interface Job {
  readonly _tag: "Job"
  readonly provider: string
  readonly requestId: string
  /** The root of everything random in the answer. */
  readonly root: string
  readonly key: string
  readonly model: Model
  readonly tier: string
  readonly multiplier: (tier: string) => Multiplier
  readonly sequence: Sequence
  readonly cacheKey: string
  readonly policy: PrefixCache.Policy | undefined
  readonly ask: Answers.Ask
  readonly choices: number
}

export interface Usage {
  /** All of it, cached or not. */
  readonly input: number
  readonly read: number
  readonly written: PrefixCache.Result["written"]
  readonly output: number
}

export interface Done {
  readonly model: Model
  readonly tier: string
  readonly answers: ReadonlyArray<Answers.Answer>
  readonly usage: Usage
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly charge: (responseId: string) => Charge
}

/** `find` knows the model that a fault has another one served for. */
export const run = (
  world: World,
  job: Job,
  alteration: Alteration,
  find: (id: string) => Model | undefined
): Done => {
  const now = world.time.now()
  const served = alteration.answerModel
  const model = served === undefined ? job.model : find(served) ?? { ...job.model, id: served }
  const tier = alteration.answerServiceTier ?? job.tier
  const scope = `${digest(job.provider, job.key, model.id, job.cacheKey).slice(0, 16)}:`
  const cached = job.policy === undefined
    ? PrefixCache.nothing
    : world.cache.use(scope, job.sequence, job.policy, now)
  const answers = Array.from(
    { length: job.choices },
    (_, choice) => world.answer(job.ask, job.root, choice)
  )
  const usage: Usage = {
    input: job.sequence.length,
    ...cached,
    output: answers.reduce((sum, answer) => sum + Answers.outputTokens(answer), 0)
  }
  return {
    model,
    tier,
    answers,
    usage,
    createdAt: Math.floor(now / 1000),
    charge: (responseId) => ({
      provider: job.provider,
      requestId: job.requestId,
      responseId,
      model: model.id,
      serviceTier: tier,
      card: model.card,
      multiplier: job.multiplier(tier),
      tokens: {
        input: usage.input - usage.read - PrefixCache.totalWritten(usage),
        cachedRead: usage.read,
        cacheWrite: usage.written,
        output: usage.output
      },
      // The usage of these vendors doesn't tell it apart.
      reasoning: 0,
      webSearches: 0,
      webSearchRate: 0n
    })
  }
}
