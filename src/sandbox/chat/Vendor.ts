/**
 * What one vendor that speaks Chat Completions knows, takes and says, each by its own record.
 */
import type * as Answers from "../Answers.ts"
import type { Multiplier, RateCard } from "../Bill.ts"
import type { JsonObject } from "../Json.ts"
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
import type { Problem } from "../openai/Problem.ts"

export interface Model {
  readonly id: string
  /** Other names that it answers to, as itself. */
  readonly aliases?: ReadonlyArray<string>
  readonly reasoning: boolean
  readonly vision: boolean
  readonly maxInput: number
  readonly card: RateCard
}

export interface Usage {
  readonly input: number
  readonly read: number
  readonly output: number
  readonly reasoning: number
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
  readonly toolChoice: Shape
  /** Members of a function's definition besides name, description and parameters. */
  readonly definition?: Fields
  /** How much the model thinks, or why it can't be asked to. */
  readonly thinking: (body: JsonObject, model: Model) => Answers.Effort | undefined | Problem
  /** Refuses what is wrong beyond its shape. */
  readonly check?: (body: JsonObject, effort: Answers.Effort | undefined) => Problem | undefined
  /** Members of a message or a delta that hold thoughts. */
  readonly thoughts: (text: string) => JsonObject
  readonly usage: (usage: Usage) => JsonObject
  /** When a stream tells its usage: in a chunk of its own where it is asked to, or in the chunk that finishes. */
  readonly streamUsage: "asked" | "with finish"
  /** `null` usage in every other chunk. */
  readonly nullUsage?: boolean
  /** Members of whole answers and of chunks. */
  readonly members: (made: { readonly id: string; readonly requestId: string; readonly created: number }) => JsonObject
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

export const thinkingSwitch = object({ type: oneOf("enabled", "disabled") }, ["type"])

export const jsonObjectFormat = object({ type: oneOf("text", "json_object") }, ["type"])

export const anyToolChoice = stringOr(
  byTag("type", { function: object({ type: string, function: object({ name: string }, ["name"]) }, ["function"]) }),
  oneOf("none", "auto", "required")
)

const textParts = stringOr(
  array(byTag("type", { text: object({ type: string, text: string }, ["text"]) }))
)

/** What `POST /chat/completions` of a vendor takes. */
export const shapeOf = ({ assistant, definition, params, toolChoice }: Vendor): Shape =>
  object({
    model: string,
    stream: nullable(boolean),
    messages: array(
      byTag("role", {
        system: object({ role: string, content: textParts }, ["content"]),
        user: object({
          role: string,
          content: stringOr(array(byTag("type", {
            text: object({ type: string, text: string }, ["text"]),
            image_url: object({ type: string, image_url: object({ url: string, detail: string }, ["url"]) }, [
              "image_url"
            ])
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
