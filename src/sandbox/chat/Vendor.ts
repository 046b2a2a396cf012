/**
 * What one vendor that speaks Chat Completions knows, takes and says, each by its own record.
 */
import type * as Answers from "../Answers.ts"
import type { Multiplier, RateCard } from "../Bill.ts"
import type { JsonObject } from "../Json.ts"
import type * as PrefixCache from "../PrefixCache.ts"
import type { Failure } from "../Protocol.ts"
import {
  anyObject,
  array,
  boolean,
  byTag,
  type Fields,
  nullable,
  object,
  oneOf,
  type Shape,
  string,
  stringOr
} from "../Shape.ts"
import type { Sequence } from "../Tokens.ts"
import type { Style as BatchStyle } from "../openai/BatchStyle.ts"
import type { Problem } from "../openai/Problem.ts"

export interface Model {
  readonly id: string
  /** Other names that it answers to, as itself. */
  readonly aliases?: ReadonlyArray<string>
  readonly reasoning: boolean
  readonly vision: boolean
  readonly maxInput: number
  readonly card: RateCard
  /** Where it isn't the vendor's: how its prompts are cached, or how one is. */
  readonly cache?: PrefixCache.Policy | ((prompt: Sequence) => PrefixCache.Policy)
}

export interface Usage {
  readonly input: number
  readonly read: number
  readonly written: number
  readonly output: number
  readonly reasoning: number
  readonly searches: number
  /** What it costs, in US dollars. */
  readonly usd: number
  readonly model: Model
  readonly body: JsonObject
}

/** The names of one answer. */
export interface Made {
  readonly id: string
  readonly requestId: string
  readonly created: number
  readonly tier: string
  /** Told in chunks. */
  readonly streams: boolean
}

export interface Vendor {
  readonly provider: string
  /** Where it lives on the server, with the path of its own base URL. */
  readonly basePath: string
  readonly models: ReadonlyArray<Model>
  /** Members of a body besides `model`, `messages`, `tools` and `stream`; all else is refused. */
  readonly params: Fields
  /** Members of an assistant's message besides those that everybody has. */
  readonly assistant: Fields
  /** Members of a part of text or an image besides those that everybody has. */
  readonly part?: Fields
  /** Parts of a user's message besides text and images. */
  readonly content?: Fields
  /** Headers that it knows of, besides everybody's. */
  readonly headers?: ReadonlySet<string>
  readonly toolChoice: Shape
  /** Members of a function's definition besides name, description and parameters. */
  readonly definition?: Fields
  /** How much the model thinks, or why it can't be asked to. */
  readonly thinking: (body: JsonObject, model: Model) => Answers.Effort | undefined | Problem
  /** Refuses what is wrong beyond its shape. */
  readonly check?: (body: JsonObject, effort: Answers.Effort | undefined) => Problem | undefined
  /** The web search that a request asks for, and what one costs in units of 1e-12 USD. */
  readonly search?: (body: JsonObject, model: Model) => Answers.Search | undefined
  readonly searchRate?: bigint | ((body: JsonObject, model: Model) => bigint)
  /** Members of a message or a delta that tell what was searched and found. */
  readonly found?: (answer: Answers.Answer) => JsonObject
  /** The same, where they are members of whole answers and of chunks. */
  readonly foundBeside?: (answer: Answers.Answer) => JsonObject
  /** Members of a message or a delta that hold thoughts. */
  readonly thoughts: (text: string) => JsonObject
  readonly usage: (usage: Usage) => JsonObject
  /** When a stream tells its usage: in a chunk of its own, always or where it is asked to, or in the chunk that finishes. */
  readonly streamUsage: "always" | "asked" | "with finish"
  /** Members of the chunk that finishes, where `usage` isn't one of them. */
  readonly finishMembers?: (usage: JsonObject, made: Made) => JsonObject
  /** `null` usage in every other chunk. */
  readonly nullUsage?: boolean
  /** Members of whole answers and of chunks. */
  readonly members: (made: Made) => JsonObject
  readonly idPrefix: string
  /** The header with the id of the request; without one the answer's own id, or what `members` say, is all there is. */
  readonly requestIdHeader?: string
  /** Which id charges and journal go by where no header carries one. */
  readonly requestIdIn?: "id" | "members"
  readonly finishReasons?: { readonly [finish in Answers.Answer["finish"]]?: string }
  readonly error: (problem: Problem) => unknown
  /** What it says for a status when nothing else is known. */
  readonly failure?: (failure: Failure) => Problem | undefined
  readonly cache: { readonly minimumTokens: number; readonly ttlMillis: number }
  /** Hours of another price. */
  readonly multiplier?: (now: number) => Multiplier
  /** What it costs by the tier that a request is served in, the usual one first. */
  readonly tiers?: Readonly<Record<string, Multiplier>>
  /** Its files and batches, where it has them as OpenAI has. */
  readonly batches?: BatchStyle
  /** Comments and blank lines before an answer. */
  readonly queues?: boolean
}

const usd = (perMillion: number): bigint => BigInt(Math.round(perMillion * 1_000_000))

/** US dollars per million tokens. */
export const card = (input: number, cachedRead: number, output: number): RateCard => ({
  input: usd(input),
  cachedRead: usd(cachedRead),
  cacheWrite: {},
  output: usd(output)
})

/** Of a model that has no price for what is read from a cache. */
export const uncached: PrefixCache.Policy = { _tag: "Free", minimumTokens: Infinity, ttlMillis: 0 }

export const thinkingSwitch = object({ type: oneOf("enabled", "disabled") }, ["type"])

export const jsonObjectFormat = object({ type: oneOf("text", "json_object") }, ["type"])

export const jsonSchemaFormat = byTag("type", {
  text: object({ type: string }),
  json_object: object({ type: string }),
  json_schema: object({
    type: string,
    json_schema: object({ name: string, description: string, schema: anyObject, strict: nullable(boolean) }, ["name"])
  }, ["json_schema"])
})

export const anyToolChoice = stringOr(
  byTag("type", { function: object({ type: string, function: object({ name: string }, ["name"]) }, ["function"]) }),
  oneOf("none", "auto", "required")
)

/** What `POST /chat/completions` of a vendor takes. */
export const shapeOf = ({ assistant, content, definition, params, part, toolChoice }: Vendor): Shape => {
  const text = object({ type: string, text: string, ...part }, ["text"])
  const textParts = stringOr(array(byTag("type", { text })))
  return object({
    model: string,
    stream: nullable(boolean),
    messages: array(
      byTag("role", {
        system: object({ role: string, content: textParts }, ["content"]),
        user: object({
          role: string,
          content: stringOr(array(byTag("type", {
            text,
            image_url: object({ type: string, image_url: object({ url: string, detail: string }, ["url"]), ...part }, [
              "image_url"
            ]),
            ...content
          })))
        }, ["content"]),
        assistant: object({
          role: string,
          content: nullable(textParts),
          tool_calls: array(byTag("type", {
            function: object({
              type: string,
              id: string,
              function: object({ name: string, arguments: string }, ["name", "arguments"])
            }, ["id", "function"])
          })),
          ...assistant
        }),
        tool: object({ role: string, content: textParts, tool_call_id: string }, ["content", "tool_call_id"])
      }),
      { min: 1 }
    ),
    tools: array(byTag("type", {
      function: object({
        type: string,
        function: object({ name: string, description: string, parameters: anyObject, ...definition }, ["name"])
      }, ["function"])
    })),
    tool_choice: toolChoice,
    ...params
  }, ["model", "messages"])
}
