/**
 * `cachedContents`: prompts that are kept under a name, paid for once and for the time that they are kept.
 */
import type { Charge } from "../Bill.ts"
import * as Bounded from "../Bounded.ts"
import { type Generation, isProblem, json, type Problem, type Route } from "../Door.ts"
import { at, type JsonObject, listAt, stringAt } from "../Json.ts"
import type { World } from "../Protocol.ts"
import type * as Seal from "../Seal.ts"
import { cache as shape } from "./GenerateShape.ts"
import * as Input from "./Input.ts"
import * as Models from "./Models.ts"
import { inBand, invalid, ofIssue, problem } from "./Problem.ts"

/** Content that is kept. */
export interface Cached {
  readonly name: string
  readonly key: string
  readonly model: Models.Model
  readonly input: Input.Input
  readonly displayName: string | undefined
  readonly created: number
  readonly expires: number
  /** What it was made of: system instruction, tools and their config, contents. */
  readonly body: JsonObject
}

export interface Caches {
  /** `POST /v1/cachedContents` */
  readonly create: Route
  /** `GET` and `DELETE /v1/cachedContents/…`, and the list. */
  readonly read: (method: string, name: string | undefined, key: string) => unknown
  /** One that a request of this key names, while it is kept. */
  readonly find: (name: string, key: string) => Cached | undefined
  readonly clear: () => void
}

/** Who asks for what isn't theirs isn't told whether it exists. */
const missing = () => problem(403, "CachedContent not found (or permission denied)")

const hour = 3_600_000

export const make = (
  world: World,
  seals: Seal.Seal,
  headers: (requestId: string) => Readonly<Record<string, string>>
): Caches => {
  const kept = new Map<string, Cached>()
  const find = (name: string, key: string): Cached | undefined => {
    const found = kept.get(name)
    return found?.key === key && found.expires > world.time.now() ? found : undefined
  }

  const receive = (generation: Generation) => {
    const made = madeOf(generation)
    if (isProblem(made)) return made
    return {
      model: made.model.id,
      prompt: made.input.prompt,
      stream: false,
      answer: () => {
        Bounded.setNewest(kept, 1000, made.name, made)
        return {
          status: 200,
          headers: headers(generation.requestId),
          requestId: generation.requestId,
          body: json(told(made), inBand),
          charge: chargeOf(made, generation.requestId)
        }
      }
    }
  }

  const madeOf = ({ body, key, root }: Generation): Cached | Problem => {
    const wrong = shape(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const id = (stringAt(body, "model") ?? "").replace(/^models\//, "")
    const now = world.time.now()
    const model = Models.find(id, now)
    if (model?.explicitFrom === undefined) {
      return problem(404, `models/${id} is not found for API version v1, or is not supported for createCachedContent.`)
    }
    const input = Input.read(body, model, seals)
    if (isProblem(input)) return input
    const { length } = input.sequence
    if (length < model.explicitFrom) {
      return invalid(
        `Cached content is too small. total_token_count=${length}, min_total_token_count=${model.explicitFrom}`
      )
    }
    const expires = expiryOf(body, now)
    if (isProblem(expires)) return expires
    const name = `cachedContents/${root.slice(0, 20)}`
    return { name, key, model, input, displayName: stringAt(body, "displayName"), created: now, expires, body }
  }

  const chargeOf = ({ created, expires, input, model, name }: Cached, requestId: string): Charge => ({
    provider: "gemini",
    requestId,
    responseId: name,
    model: model.id,
    serviceTier: "standard",
    card: Models.cardOf(model, created),
    multiplier: Models.multiplier("standard"),
    tokens: { input: input.sequence.length, cachedRead: 0, cacheWrite: {}, output: 0 },
    reasoning: 0,
    webSearches: 0,
    webSearchRate: 0n,
    // Made up: the vendor charges for the time that has passed, which is less where it is deleted before.
    ...(model.storage === undefined
      ? {}
      : { storage: { tokens: input.sequence.length, millis: expires - created, perHour: model.storage } })
  })

  return {
    create: { _tag: "Generate", receive },
    find,
    read: (method, name, key) => {
      if (name === undefined) {
        const own = Array.from(kept.values()).filter((one) => find(one.name, key) === one)
        return own.length === 0 ? {} : { cachedContents: own.map(told) }
      }
      const found = find(name, key)
      if (found === undefined) return missing()
      if (method === "GET") return told(found)
      kept.delete(name)
      return {}
    },
    clear: () => kept.clear()
  }
}

/** One hour unless a time to live, or a time, is given. */
const expiryOf = (body: JsonObject, now: number): number | Problem => {
  const ttl = stringAt(body, "ttl")
  const until = stringAt(body, "expireTime")
  if (ttl === undefined && until === undefined) return now + hour
  const seconds = Number(/^(\d+(?:\.\d+)?)s$/.exec(ttl ?? "")?.[1] ?? Number.NaN)
  const expires = until === undefined ? now + seconds * 1000 : Date.parse(until)
  return expires > now ? expires : invalid("ttl must be a duration such as 3600s, expire_time a time to come.")
}

const instant = (millis: number): string => new Date(millis).toISOString()

const told = ({ created, displayName, expires, input, model, name }: Cached): JsonObject => ({
  name,
  model: `models/${model.id}`,
  ...(displayName === undefined ? {} : { displayName }),
  createTime: instant(created),
  updateTime: instant(created),
  expireTime: instant(expires),
  usageMetadata: { totalTokenCount: input.sequence.length }
})

/** What a request that names cached content mustn't send again. */
export const repeated = (body: JsonObject): Problem | undefined =>
  ["systemInstruction", "tools", "toolConfig"].some((name) => at(body, name) !== undefined)
    ? invalid(
      "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config. "
        + "Proposed fix: move those values to CachedContent from GenerateContent request."
    )
    : undefined

/** A request as if it had been sent whole: the tools are those of the cached content. */
export const completed = (body: JsonObject, cached: Cached | undefined): JsonObject =>
  cached === undefined
    ? body
    : { ...body, tools: listAt(cached.body, "tools"), toolConfig: at(cached.body, "toolConfig") ?? {} }
