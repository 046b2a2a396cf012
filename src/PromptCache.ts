/**
 * What keeps a vendor from reading a prompt from its cache, and what that costs: a doctor for conversations.
 *
 * **Details**
 *
 * A vendor's prompt cache knows a prompt by what it begins with. Each request of a conversation should begin with all of
 * the one before; where it doesn't, all that comes behind the first difference is paid in full. The doctor compares them
 * by the vendor's rules and names that difference. It sends nothing, and tells no content: only where it is.
 *
 * **Example** (Naming what broke the cache)
 *
 * ```ts
 * import { Console, Effect } from "effect"
 * import { type GenerateOptions, PromptCache } from "loom-router"
 *
 * const examine = (conversation: ReadonlyArray<GenerateOptions.GenerateOptions>) =>
 *   Effect.gen(function*() {
 *     const turns = yield* PromptCache.turnsOf(conversation)
 *     for (const found of PromptCache.diagnose(turns, { at: Date.now() })) {
 *       yield* Console.log(`${found.at}: ${found.what}, which cost $${found.usd}; ${found.fix}`)
 *     }
 *   })
 * ```
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Call from "./Call.ts"
import * as Catalog from "./Catalog.ts"
import * as Cost from "./Cost.ts"
import type { GenerateError } from "./GenerateError.ts"
import * as GenerateOptions from "./GenerateOptions.ts"
import * as Price from "./Price.ts"
import type { Lifetime, Request } from "./Request.ts"
import * as Usage from "./Usage.ts"
import { askedOf, lifetimeOf, millisOf } from "./internal/promptCache.ts"
import { isMarking, keptOf, type Piece, piecesOf } from "./internal/promptPrefix.ts"
import { volatileIn } from "./internal/volatile.ts"

/**
 * One request of a conversation.
 *
 * @category models
 * @since 1.0.0
 */
export interface Turn {
  readonly request: Request
  /** Epoch milliseconds. Without it, nothing is said of what was kept too short. */
  readonly at?: number | undefined
  /** What the vendor metered: without it, tokens are estimated. */
  readonly usage?: Usage.Usage | undefined
}

/**
 * What keeps a request from being read from the cache.
 *
 * @category models
 * @since 1.0.0
 */
export type Cause =
  /** The option isn't set where the vendor keeps nothing without it, or is `false`. */
  | "off"
  /** The prompt is shorter than what the vendor keeps. */
  | "short"
  /** More time has passed than it is kept. */
  | "expired"
  | "model"
  | "key"
  | "service-tier"
  | "reasoning"
  | "tool-choice"
  | "tool-added"
  | "tool-removed"
  | "tool-changed"
  | "tool-description"
  | "tool-schema"
  | "answer-schema"
  /** A date or a time of day that is another one at each call. */
  | "timestamp"
  /** An id or a random number that is another one at each call. */
  | "identifier"
  | "system"
  | "file"
  | "message-edited"
  | "message-removed"
  | "message-inserted"

/** What two prompts differ by. */
type Difference = Exclude<Cause, "off" | "short" | "expired">

/**
 * Where a conversation left its cache.
 *
 * @category models
 * @since 1.0.0
 */
export interface Break {
  /** Which of the turns had to be read anew: 1 is the second. */
  readonly turn: number
  readonly cause: Cause
  /** The part of the request: `model`, `tools.look_up.description`, `prompt[0]`. */
  readonly at: string
  /** In words, without any content. */
  readonly what: string
  readonly fix: string
  /** Tokens that could still be read. */
  readonly keptTokens: number
  /** Tokens that could have been read, and weren't. */
  readonly lostTokens: number
  /** What they cost more than they had to, in 1e-12 USD: `undefined` where the price isn't known. */
  readonly picoUsd: number | undefined
  /** The same in USD. */
  readonly usd: number | undefined
}

/**
 * The turns of a conversation, from the options that its calls were made with. Fails with `InvalidRequest` where they
 * don't fit.
 *
 * @category constructors
 * @since 1.0.0
 */
export const turnsOf = (
  conversation: ReadonlyArray<GenerateOptions.GenerateOptions>,
  options?: {
    /** `Catalog.bundled` by default. */
    readonly catalog?: Catalog.Catalog | undefined
    /** Of the layer that the calls were made with. */
    readonly defaults?: GenerateOptions.Defaults | undefined
  }
): Effect.Effect<ReadonlyArray<Turn>, GenerateError> =>
  Effect.forEach(conversation, (asked) =>
    Result.match(GenerateOptions.decode(asked), {
      onFailure: Effect.fail,
      onSuccess: (decoded) =>
        Effect.flatMap(
          Call.make(),
          (call) =>
            Effect.map(
              decoded.request(options?.catalog ?? Catalog.bundled, options?.defaults ?? {}, call),
              (request): Turn => ({ request })
            )
        )
    }))

/**
 * Every place where a conversation leaves its cache: each turn is compared with the one before. `at` (epoch milliseconds)
 * says by which prices, for turns that don't say when they were.
 *
 * @category combinators
 * @since 1.0.0
 */
export const diagnose = (turns: ReadonlyArray<Turn>, options: { readonly at: number }): ReadonlyArray<Break> =>
  turns.flatMap((after, turn) => {
    const before = turns[turn - 1]
    const found = before === undefined ? undefined : compare(before, after, options)
    return found === undefined ? [] : [{ ...found, turn }]
  })

/**
 * Why a request isn't read from what the one before it has left in the cache; `undefined` where it is, as far as they are
 * alike. Two requests that only end differently are.
 *
 * @category combinators
 * @since 1.0.0
 */
export const compare = (before: Turn, after: Turn, options: { readonly at: number }): Break | undefined => {
  const [old, young] = [piecesOf(before.request), piecesOf(after.request)]
  const scale = scaleOf(before, old)
  const count = (pieces: ReadonlyArray<Piece>) =>
    Math.round(pieces.reduce((sum, { tokens }) => sum + tokens, 0) * scale)
  const at = after.at ?? options.at
  const rules = rulesOf(after.request, at)
  const readable = (tokens: number) => {
    const full = Math.floor(tokens / rules.step) * rules.step
    return full < rules.minimum ? 0 : full
  }
  /** The first number of tokens could have been read, the second one was. */
  const found = ({ at: place, cause, fix, what }: Found, whole: number, kept: number): Break => {
    const keptTokens = readable(kept)
    const lostTokens = Math.max(0, readable(whole) - keptTokens)
    const picoUsd = lostOf(after.request, keptTokens, lostTokens, at)
    return {
      turn: 1,
      cause,
      at: place,
      what,
      fix,
      keptTokens,
      lostTokens,
      picoUsd,
      usd: picoUsd === undefined ? undefined : picoUsd / 1e12
    }
  }

  const kept = old.slice(0, keptOf(before.request, old))
  if (kept.length === 0) {
    const alike = count(old.slice(0, differenceOf(old, young)))
    return alike < rules.minimum ? undefined : found(off, alike, 0)
  }
  const whole = Math.min(count(kept), count(young))
  if (whole < rules.minimum) return found(tooShort(whole, rules.minimum), 0, 0)
  const different = differenceOf(kept, young)
  if (different < kept.length && different < young.length) {
    const named = nameOf(before.request, old, young, different)
    if (named !== undefined) return found(named, whole, count(kept.slice(0, different)))
  }
  if (before.at === undefined || after.at === undefined) return undefined
  const [elapsed, lifetime] = [after.at - before.at, lifetimeIn(before.request, kept, rules)]
  return lifetime === undefined || elapsed <= lifetime ? undefined : found(expired(elapsed, lifetime), whole, 0)
}

type Found = Pick<Break, "cause" | "at" | "what" | "fix">

/** What a vendor keeps. */
interface Rules {
  /** Tokens. */
  readonly minimum: number
  readonly step: number
  /** Those that can be chosen, the shortest first. */
  readonly lifetimes: readonly [Lifetime, ...ReadonlyArray<Lifetime>] | undefined
}

const rulesOf = (request: Request, at: number): Rules => {
  const lifetimes = Object.keys(writesOf(request, at)).filter(isLifetime).toSorted((a, b) => millisOf(a) - millisOf(b))
  const [first, ...rest] = lifetimes
  return {
    ...(isMarking(request) ? { minimum: leastOf(request), step: 1 } : { minimum: 1024, step: 128 }),
    lifetimes: first === undefined ? undefined : [first, ...rest]
  }
}

const isLifetime = (name: string): name is Lifetime => /^\d+[mh]$/.test(name)

const writesOf = ({ model }: Request, at: number): Readonly<Record<string, number>> => {
  const price = Price.at(model.prices, at)
  const writes = price === undefined ? undefined : Price.ratesFor(price, 0).cacheWrite
  return typeof writes === "object" ? writes : {}
}

/** Claude's, by generation (from memory: unverified). */
const leastOf = ({ model: { upstream } }: Request): number => {
  if (/haiku-4-5|opus-4-[56]/.test(upstream)) return 4096
  if (/opus-4-7/.test(upstream)) return 2048
  return /-5-5|opus-5|fable/.test(upstream) ? 512 : 1024
}

/** Milliseconds. OpenAI's older models forget after five to ten minutes; of others it isn't known. */
const lifetimeIn = (request: Request, pieces: ReadonlyArray<Piece>, { lifetimes }: Rules): number | undefined => {
  if (lifetimes === undefined) return request.model.provider === "openai" ? 600_000 : undefined
  const asked = askedOf(request.params)
  const own = pieces.findLast(({ mark }) => mark !== undefined)?.mark
  const lifetime = asked === undefined && own !== "usual" ? own : asked?.ttl
  return millisOf(lifetime === undefined ? lifetimes[0] : lifetimeOf(lifetime, lifetimes))
}

const scaleOf = ({ usage }: Turn, pieces: ReadonlyArray<Piece>): number => {
  const estimated = pieces.reduce((sum, { tokens }) => sum + tokens, 0)
  return usage === undefined || usage.state === "missing" || estimated === 0 ? 1 : usage.inputTokens / estimated
}

/** What was paid for tokens that could have been read, less what reading them costs. */
const lostOf = (request: Request, kept: number, lost: number, at: number): number | undefined => {
  const { model, params } = request
  const ttl = keptOf(request, piecesOf(request)) === 0 ? undefined : rulesOf(request, at).lifetimes
  const written = ttl === undefined
    ? undefined
    : params.promptCache === undefined || typeof params.promptCache === "boolean" ||
        params.promptCache.ttl === undefined
    ? ttl[0]
    : lifetimeOf(params.promptCache.ttl, ttl)
  const paid = written === undefined ? { inputUncached: lost } : { cacheWrite: { [written]: lost } }
  const dear = Cost.of(model, Usage.make({ cacheRead: kept, ...paid }), { at }).picoUsd
  const cheap = Cost.of(model, Usage.make({ cacheRead: kept + lost }), { at }).picoUsd
  return dear === undefined || cheap === undefined ? undefined : dear - cheap
}

const off: Found = {
  cause: "off",
  at: "promptCache",
  what: "nothing of the prompt is kept, and the next one begins alike",
  fix: "set `promptCache: true`"
}

const tooShort = (tokens: number, least: number): Found => ({
  cause: "short",
  at: "prompt",
  what: `the prompt has about ${tokens} tokens, and the vendor keeps none with fewer than ${least}`,
  fix: "nothing, unless there is more to say that is always the same"
})

const expired = (elapsed: number, lifetime: number): Found => ({
  cause: "expired",
  at: "promptCache.ttl",
  what: `${minutes(elapsed)} had passed, and the prompt is kept for ${minutes(lifetime)}`,
  fix: "ask for a longer `promptCache.ttl`"
})

const minutes = (millis: number): string => `${Math.round(millis / 6000) / 10} minutes`

const differenceOf = (old: ReadonlyArray<Piece>, young: ReadonlyArray<Piece>): number => {
  const at = old.findIndex(({ digest }, index) => digest !== young[index]?.digest)
  return at === -1 ? old.length : at
}

/** What the first different piece is; nothing where only the end of the earlier prompt is another one. */
const nameOf = (
  before: Request,
  old: ReadonlyArray<Piece>,
  young: ReadonlyArray<Piece>,
  index: number
): Found | undefined => {
  const [one, other] = [old[index], young[index]]
  if (one === undefined || other === undefined) return undefined
  if (ofTools.has(one.kind) || ofTools.has(other.kind)) return ofTool(one, old, young)
  if (one.kind === "format" || other.kind === "format") return said("answer-schema", "schema")
  if (one.kind === "setting") return said(settings[one.at] ?? "key", one.at === "model" ? "model" : `params.${one.at}`)
  if (one.kind === "system" || other.kind === "system") return said(volatileOf(one, other) ?? "system", one.at)
  const message = messageOf(one.at)
  if (message === before.prompt.content.length - 1) return undefined
  const [olds, youngs] = [messagesIn(old), messagesIn(young)]
  const here = `prompt[${message}]`
  if (olds.slice(message + 1).includes(youngs[message] ?? "")) return said("message-removed", here)
  if (youngs.slice(message + 1).includes(olds[message] ?? "")) return said("message-inserted", here)
  if (one.kind === "file") return said("file", one.at)
  return said(volatileOf(one, other) ?? "message-edited", one.at)
}

const ofTools: ReadonlySet<Piece["kind"]> = new Set(["tool", "description", "schema"])

const ofTool = (one: Piece, old: ReadonlyArray<Piece>, young: ReadonlyArray<Piece>): Found => {
  const namesIn = (pieces: ReadonlyArray<Piece>) => pieces.filter(({ kind }) => kind === "tool").map(({ at }) => at)
  const [olds, youngs] = [namesIn(old), namesIn(young)]
  const added = youngs.find((name) => !olds.includes(name))
  const removed = olds.find((name) => !youngs.includes(name))
  if (removed !== undefined) return said("tool-removed", removed)
  if (added !== undefined) return said("tool-added", added)
  return said(
    one.kind === "description" ? "tool-description" : one.kind === "schema" ? "tool-schema" : "tool-changed",
    one.at
  )
}

const settings: Readonly<Record<string, Difference>> = {
  "model": "model",
  "promptCache.key": "key",
  "serviceTier": "service-tier",
  "reasoning": "reasoning",
  "toolChoice": "tool-choice"
}

const volatileOf = ({ text: before }: Piece, { text: after }: Piece): Difference | undefined => {
  const kind = before === undefined || after === undefined ? undefined : volatileIn(before, after)
  return kind === undefined ? undefined : kind === "time" ? "timestamp" : "identifier"
}

const messageOf = (at: string): number => Number(/^prompt\[(\d+)\]/.exec(at)?.[1] ?? NaN)

/** Each message as the digests of its parts. */
const messagesIn = (pieces: ReadonlyArray<Piece>): ReadonlyArray<string> => {
  const messages: Array<string> = []
  for (const { at, digest } of pieces) {
    const message = messageOf(at)
    if (!Number.isNaN(message)) messages[message] = `${messages[message] ?? ""} ${digest}`
  }
  return messages
}

const said = (cause: Difference, at: string): Found => ({ cause, at, ...words[cause] })

const words: Readonly<Record<Difference, Pick<Break, "what" | "fix">>> = {
  "model": { what: "another model is asked, and each keeps its own", fix: "stay with a model within a conversation" },
  "key": { what: "the key of the cache is another one", fix: "give all calls that begin alike the same key" },
  "service-tier": { what: "another service tier is asked", fix: "stay with a tier within a conversation" },
  "reasoning": { what: "the model is to think more or less", fix: "stay with a level within a conversation" },
  "tool-choice": {
    what: "the choice of tools is another one",
    fix: "leave `toolChoice` as it is, and say it in words"
  },
  "tool-added": { what: "a tool was added", fix: "offer all tools from the first turn on" },
  "tool-removed": { what: "a tool was removed", fix: "offer all tools in each turn, and choose with `toolChoice`" },
  "tool-changed": { what: "a tool of the vendor's has other arguments", fix: "leave them as they are" },
  "tool-description": { what: "the description of a tool has changed", fix: "put what changes into the last message" },
  "tool-schema": { what: "the parameters of a tool have changed", fix: "make the tool once, and of one schema" },
  "answer-schema": { what: "the schema of the answer has changed", fix: "ask for one schema within a conversation" },
  "timestamp": {
    what: "there is a date or a time that is another one at each call",
    fix: "leave it out, round it, or say it in the last message"
  },
  "identifier": {
    what: "there is an id or a number that is another one at each call",
    fix: "leave it out, or say it in the last message"
  },
  "system": { what: "the instructions have changed", fix: "put what changes behind what doesn't" },
  "file": { what: "an image or a file is another one", fix: "send the same bytes, or the same link, again" },
  "message-edited": { what: "an earlier message has changed", fix: "add a message in place of changing one" },
  "message-removed": { what: "earlier messages are gone", fix: "shorten a conversation seldom, and then by much" },
  "message-inserted": { what: "a message was put between earlier ones", fix: "add messages at the end" }
}
