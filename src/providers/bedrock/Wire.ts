/**
 * What Converse is written in: its dialect, its tools, its errors, its counts.
 */
import type { Tool as ConverseTool } from "@aws-sdk/client-bedrock-runtime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { toCodecAnthropic } from "effect/ai/AnthropicStructuredOutput"
import type * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import { InvalidRequest, KeyRefused, Overloaded, QuotaExceeded, RateLimited, type Reason } from "../../GenerateError.ts"
import type * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import * as Usage from "../../Usage.ts"
import * as Dialect from "../../internal/dialect.ts"
import type { Told } from "../../internal/failures.ts"
import { isRecord } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"
import type { Kind } from "../../internal/refusal.ts"

/** The narrowest of those that its models speak: without recursion, and without limits of numbers and lengths. */
export const dialect = Dialect.make(toCodecAnthropic)

export const optionsOf = Prompts.optionsOf("bedrock")

/** A thought as the vendor gave it. */
export const isSealed = (part: Prompt.ReasoningPart): boolean => {
  const { redactedContent, signature } = optionsOf(part)
  return typeof signature === "string" || typeof redactedContent === "string"
}

/** JSON that the SDK calls a document. */
type Document = Exclude<NonNullable<ConverseTool["toolSpec"]>["inputSchema"], undefined>["json"]

/** Everything that JSON can say is one; the SDK's type knows no `readonly`. */
export const isDocument = (_: unknown): _ is NonNullable<Document> => true

/** A tool as the vendor is told of it; its own, such as `nova_grounding`, by name. */
export const toolOf = (request: Request.Request, tool: Tool.Any): ConverseTool => {
  if (Tool.isProviderDefined(tool)) return { systemTool: { name: tool.providerName } }
  const { description, name, parameters, strict } = dialect.functionOf(request, tool)
  const json: unknown = parameters
  return {
    toolSpec: {
      name,
      inputSchema: { json: isDocument(json) ? json : {} },
      ...(description === undefined ? undefined : { description }),
      ...(strict ? { strict } : undefined)
    }
  }
}

/** What an HTTP error's name says that its status doesn't. */
export const kindOf = (name: string): Kind | undefined => {
  switch (nameOf(name)) {
    case "ServiceQuotaExceededException":
      return "quota"
    case "ModelNotReadyException":
      return "overloaded"
    // The model ran, and longer than the vendor lets it, or broke on the way.
    case "ModelTimeoutException":
    case "ModelErrorException":
      return "broken"
    default:
      return undefined
  }
}

/** The same errors without a status, in a body or as events of a stream, which call them in camel case. */
const reasonOf = (name: string, detail: string): Reason => {
  switch (nameOf(name).toLowerCase()) {
    case "throttlingexception":
      return new RateLimited({ detail })
    case "servicequotaexceededexception":
      return new QuotaExceeded({ detail })
    case "accessdeniedexception":
      return new KeyRefused({ detail })
    case "validationexception":
    case "resourcenotfoundexception":
      return new InvalidRequest({ detail })
    default:
      return new Overloaded({ detail, maybeBilled: true })
  }
}

/** `ThrottlingException`, whatever namespace or address it comes with. */
const nameOf = (type: string): string => type.replace(/^.*#/, "").replace(/:.*$/, "")

/** An error that came with status 200, in a body or as an event. */
export const errorIn = (json: Readonly<Record<string, unknown>>): Told | undefined => {
  const [name, error] = "__type" in json
    ? [json.__type, json]
    : Object.entries(json).find(([name]) => isException(name)) ?? []
  if (typeof name !== "string" || !isRecord(error)) return undefined
  const message = error.message ?? error.Message ?? error.originalMessage
  return {
    message: typeof message === "string" ? message : "no message",
    reason: (detail) => reasonOf(name, detail)
  }
}

const events = new Set([
  "messageStart",
  "contentBlockStart",
  "contentBlockDelta",
  "contentBlockStop",
  "messageStop",
  "metadata"
])

const isException = (name: string): boolean => /(exception|error|failure)$/i.test(name) && !events.has(name)

const Count = Schema.optional(Schema.NullOr(Schema.Natural))
const RawUsage = Schema.Struct({
  inputTokens: Schema.Natural,
  outputTokens: Schema.Natural,
  cacheReadInputTokens: Count,
  cacheWriteInputTokens: Count,
  cacheDetails: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({
    ttl: Schema.String,
    inputTokens: Schema.Natural
  }))))
})
const decodeUsage = Schema.decodeUnknownResult(RawUsage)

/** What it took, and how it was served. Input excludes what the cache had a part in; thoughts aren't told apart. */
export const metered = (
  usage: unknown,
  serviceTier: { readonly type?: string | null | undefined } | null | undefined
): Pick<Generation.Answered, "usage" | "serviceTier"> => ({
  usage: Result.match(decodeUsage(usage), {
    onFailure: () => Usage.missing,
    onSuccess: (raw) =>
      Usage.make({
        inputUncached: raw.inputTokens,
        cacheRead: raw.cacheReadInputTokens ?? 0,
        cacheWrite: cacheWriteOf(raw),
        outputText: raw.outputTokens
      })
  }),
  serviceTier: serviceTier?.type ?? undefined
})

/** The split by time to live counts only where it adds up; else all of it is the default's. */
const cacheWriteOf = (raw: typeof RawUsage.Type): Readonly<Record<string, number>> => {
  const total = raw.cacheWriteInputTokens ?? 0
  const written: Record<string, number> = {}
  let sum = 0
  for (const { inputTokens, ttl } of raw.cacheDetails ?? []) {
    sum += inputTokens
    if (inputTokens > 0) written[ttl] = (written[ttl] ?? 0) + inputTokens
  }
  if (total === 0) return {}
  return sum === total ? written : { "5m": total }
}
