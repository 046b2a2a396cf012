/**
 * Groq, through OpenAI's SDK. Its compound models search the web on their own.
 *
 * `GROQ_BASE_URL` is all of the address here, `/openai/v1` included, which Groq's own SDK adds.
 *
 * Read 2026-11-23: `groq-sdk@1.6.0:resources/chat/completions.d.ts`, console.groq.com (flex-processing, service-tiers,
 * reasoning). What a batch may hold is unverified.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type { ReasoningEffort, Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import { isRecord } from "../internal/json.ts"
import * as Compatible from "./OpenAiCompatible.ts"

/**
 * How Groq is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Compatible.VendorOptions {}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export type Native = Compatible.Native<{
  readonly reasoning_format?: "hidden" | "raw" | "parsed" | undefined
  readonly include_reasoning?: boolean | undefined
  readonly citation_options?: "enabled" | "disabled" | undefined
  readonly documents?: ReadonlyArray<Readonly<Record<string, unknown>>> | undefined
  readonly search_settings?: Readonly<Record<string, unknown>> | undefined
  readonly compound_custom?: Readonly<Record<string, unknown>> | undefined
  readonly disable_tool_validation?: boolean | undefined
}, {
  readonly x_groq?: { readonly id?: string | undefined } | undefined
  readonly usage?: {
    readonly queue_time?: number | undefined
    readonly prompt_time?: number | undefined
    readonly completion_time?: number | undefined
    readonly total_time?: number | undefined
  } | undefined
}>

const isGptOss = ({ model }: Request): boolean => model.upstream.startsWith("openai/gpt-oss")

const low = { reasoning_effort: "low" }
const medium = { reasoning_effort: "medium" }
const high = { reasoning_effort: "high" }
const none = { reasoning_effort: "none" }
const always = Compatible.efforts({ low, medium, high })
const leveled = Compatible.efforts({ none, low, medium, high })
const switched = Compatible.efforts({ none, high: { reasoning_effort: "default" } })

const reasoning = (asked: ReasoningEffort, request: Request): Compatible.Written => {
  if (request.model.capabilities.reasoning === false) return {}
  if (isGptOss(request)) return always(asked)
  return request.model.upstream.startsWith("qwen/qwen3.8") ? leveled(asked) : switched(asked)
}

/** Thoughts are in the midst of the text otherwise; OpenAI's models have theirs apart, and don't know the option. */
const apart = (request: Request): Compatible.Written =>
  request.model.capabilities.reasoning === true && Compatible.thinks(request) && !isGptOss(request)
    ? { fields: { reasoning_format: "parsed" } }
    : {}

const listIn = (value: unknown, name: string): ReadonlyArray<unknown> => {
  const list = isRecord(value) ? value[name] : undefined
  return Array.isArray(list) ? list : []
}

const sources = (reply: Readonly<Record<string, unknown>>) =>
  listIn(reply, "choices").flatMap((choice) =>
    listIn(isRecord(choice) ? choice.message : undefined, "executed_tools").flatMap((tool) =>
      listIn(isRecord(tool) ? tool.search_results : undefined, "results").flatMap((found) =>
        isRecord(found) && typeof found.url === "string"
          ? [{ url: found.url, title: typeof found.title === "string" ? found.title : undefined }]
          : []
      )
    )
  )

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = Compatible
  .vendor({
    provider: "groq",
    baseUrl: "https://api.groq.com/openai/v1",
    apiKeyEnv: "GROQ_API_KEY",
    batch: { limits: { rows: 50_000, bytes: 100_000_000, oneModel: true } },
    quirks: {
      // Penalties are in its types, and "not yet supported by any of our models".
      params: {
        maxOutputTokens: "max_completion_tokens",
        temperature: "temperature",
        topP: "top_p",
        stop: "stop",
        seed: "seed",
        reasoning,
        serviceTier: "service_tier",
        parallelToolCalls: "parallel_tool_calls"
      },
      always: apart,
      asksForUsage: false,
      thoughts: { text: ["reasoning"], goBack: true },
      usage: { chunk: ["x_groq", "usage"] },
      carried: ["x_groq"],
      gathered: ["executed_tools"],
      sources,
      errorText: ["x_groq", "error"],
      errors: { capacity_exceeded: "overloaded" },
      requestId: { field: ["x_groq", "id"] }
    }
  })

/**
 * Provides Groq as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))
