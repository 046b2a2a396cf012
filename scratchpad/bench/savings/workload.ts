/**
 * The month that `savings.json` describes, call by call: the same for the same seed.
 */
import { Schema } from "effect"
import { readFileSync } from "node:fs"
import { type Dice, dice } from "../../soak/dice.ts"

const why = Schema.NonEmptyString
const share = Schema.Struct({ value: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })), why })
const range = Schema.Tuple([Schema.Finite, Schema.Finite])
const model = Schema.TemplateLiteral([Schema.String, "/", Schema.String])

const Job = Schema.Struct({
  about: Schema.String,
  /** Of all calls. */
  share,
  /** Who is asked, and what a route's saving is measured by. */
  model,
  /** Asked first where there is a route. */
  small: Schema.optional(model),
  /** What the small model's answer won't do for. */
  hard: Schema.optional(share),
  /** Calls that ask one of so many known questions. */
  repeated: Schema.optional(Schema.Struct({ ...share.fields, questions: Schema.Natural })),
  /** Of those, the ones that are asked twice at once. */
  together: Schema.optional(share),
  /** What prompts begin with: one for all, or one a session. */
  prefix: Schema.optional(Schema.Struct({ tokens: range, why })),
  session: Schema.optional(Schema.Struct({ calls: range, gapSeconds: range, why })),
  batch: Schema.optional(Schema.Struct({ why })),
  stream: Schema.optional(Schema.Struct({ why })),
  question: Schema.Struct({ tokens: range, why }),
  answer: Schema.Struct({ words: range, why })
})

export type Job = typeof Job.Type

export const Workload = Schema.Struct({
  about: Schema.String,
  from: Schema.String,
  days: Schema.Natural,
  callsADay: Schema.Natural,
  office: Schema.Struct({ hours: range, why }),
  responseCache: Schema.Struct({ hours: Schema.Finite, why }),
  batches: Schema.Struct({ hour: Schema.Finite, takesMinutes: Schema.Finite, why }),
  jobs: Schema.Record(Schema.String, Job)
})

export type Workload = typeof Workload.Type

export interface Asked {
  /** Epoch milliseconds. */
  readonly at: number
  readonly job: string
  readonly system: string | undefined
  readonly prompt: string
  readonly isHard: boolean
}

export const day = 86_400_000

export const read = (): Workload =>
  Schema.decodeUnknownSync(Schema.fromJsonString(Workload))(
    readFileSync(new URL("../savings.json", import.meta.url), "utf8")
  )

/** Each is one token of the sandbox's, with the blank before it. */
const words =
  ("amber basket bobbin border braid canvas carpet chain cloth colour cotton damask denim design edges fabric felt " +
    "fibre finish fleece fringe grain hemp indigo jersey knots lace linen loom madder merino muslin needle nylon order " +
    "panel pattern pedal plaid pleat quilt rayon ribbon roller sample satin seams selvage shed silk spool stripe style " +
    "tartan thread tufts twill velvet warp weave weft wool woven yarn").split(" ")

/** A die of its own for whatever has a name. */
const diceOf = (...name: ReadonlyArray<string | number>): Dice => {
  let hash = 0x811c9dc5
  for (const char of name.join("\0")) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  return dice(hash)
}

const between = ({ below }: Dice, [low, high]: readonly [number, number]): number => low + below(high - low + 1)

const text = (roll: Dice, tokens: number): string =>
  Array.from({ length: tokens }, () => words[roll.below(words.length)]).join(" ")

/** How often the questions at these places are asked, by Zipf's law. */
const ranked = (roll: Dice, questions: number): number => {
  const weights = Array.from({ length: questions }, (_, rank) => 1 / (rank + 1))
  let left = roll.below(2 ** 32) / 2 ** 32 * weights.reduce((sum, weight) => sum + weight, 0)
  const found = weights.findIndex((weight) => (left -= weight) < 0)
  return found < 0 ? questions - 1 : found
}

/** The calls of a day, in order. */
export const callsOf = (workload: Workload, seed: number, callsADay: number, number: number): ReadonlyArray<Asked> =>
  Object.entries(workload.jobs)
    .flatMap(([name, job]) => callsOfJob(workload, name, job, seed, Math.round(job.share.value * callsADay), number))
    .toSorted((a, b) => a.at - b.at)

const callsOfJob = (
  { batches, from, office }: Workload,
  name: string,
  job: Job,
  seed: number,
  count: number,
  number: number
): ReadonlyArray<Asked> => {
  const roll = diceOf(seed, name, number)
  const start = Date.parse(from) + number * day
  const [opens, closes] = office.hours
  const sometime = () => start + opens * 3_600_000 + roll.below((closes - opens) * 3_600_000)
  const calls: Array<Asked> = []

  /** A question is what its name says, whenever it is asked. */
  const ask = (at: number, question: string, session: string): Asked => {
    const own = diceOf(seed, name, question)
    const asked = text(own, between(own, job.question.tokens))
    const prefix = diceOf(seed, name, "prefix", session)
    return {
      at,
      job: name,
      system: job.prefix === undefined ? undefined : text(prefix, between(prefix, job.prefix.tokens)),
      prompt: `${asked}? [words: ${between(own, job.answer.words)}]`,
      isHard: own.chance(job.hard?.value ?? 0)
    }
  }

  for (let n = 0; calls.length < count; n++) {
    const question = `${number}-${n}`
    if (job.session !== undefined) {
      const session = between(roll, job.session.calls)
      let at = sometime()
      for (let turn = 0; turn < session && calls.length < count; turn++) {
        calls.push(ask(at, `${question}-${turn}`, question))
        at += between(roll, job.session.gapSeconds) * 1000
      }
    } else if (job.batch !== undefined) {
      calls.push(ask(start + batches.hour * 3_600_000, question, ""))
    } else if (job.repeated !== undefined && roll.chance(job.repeated.value)) {
      const known = ask(sometime(), `known-${ranked(roll, job.repeated.questions)}`, "")
      calls.push(known)
      if (roll.chance(job.together?.value ?? 0) && calls.length < count) calls.push(known)
    } else {
      calls.push(ask(sometime(), question, ""))
    }
  }
  return calls
}
