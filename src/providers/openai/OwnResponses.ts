/**
 * OpenAI's own Responses: the options that it has, and what it sells.
 *
 * Read 2026-11-23 from openai@7.57.0: `resources/responses/responses.d.ts`.
 */
import type * as Prompt from "effect/ai/Prompt"
import type * as Request from "../../Request.ts"
import { untyped } from "../../internal/json.ts"
import * as Caching from "./Caching.ts"
import { saidOf } from "./ChatParams.ts"
import type { ResponsesQuirks } from "./ResponsesQuirks.ts"
import * as Searching from "./Searching.ts"
import * as Wire from "./Wire.ts"

const writtenOf = (request: Request.Request) => {
  const { params } = request
  const include = [
    // A model that doesn't reason refuses it.
    ...(request.model.capabilities.reasoning === true ? ["reasoning.encrypted_content"] : []),
    ...(Searching.toolOf(request) === undefined ? [] : ["web_search_call.action.sources"])
  ]
  const { fields, marks } = besideOf(request)
  return {
    fields: {
      ...(params.maxOutputTokens === undefined ? undefined : { max_output_tokens: params.maxOutputTokens }),
      ...(params.temperature === undefined ? undefined : { temperature: params.temperature }),
      ...(params.topP === undefined ? undefined : { top_p: params.topP }),
      ...(params.reasoning === undefined ? undefined : { reasoning: { effort: params.reasoning } }),
      ...(include.length === 0 ? undefined : { include }),
      ...(params.serviceTier === undefined ? undefined : untyped({ service_tier: params.serviceTier })),
      ...(params.parallelToolCalls === undefined ? undefined : { parallel_tool_calls: params.parallelToolCalls }),
      ...fields
    },
    marks
  }
}

interface Beside {
  readonly fields: Readonly<Record<string, unknown>>
  /** What is kept of a prompt ends with them. */
  readonly marks: ReadonlyArray<Prompt.Message>
  readonly warnings: ReadonlyArray<string>
}

const nothing: Beside = { fields: {}, marks: [], warnings: [] }
const cached = Caching.own(["30m", "12h"])

/** What becomes of options that aren't written as they are. */
const besideOf = (request: Request.Request): Beside => {
  const { promptCache, webSearch } = request.params
  if (promptCache === undefined && webSearch === undefined) return nothing
  const caching = promptCache === undefined ? {} : cached(promptCache, request)
  const searching = Searching.beside(request)
  return {
    fields: { ...caching.fields, ...searching.fields },
    marks: caching.marks?.messages ?? nothing.marks,
    warnings: [
      ...saidOf(request, "promptCache", caching, false),
      ...saidOf(request, "webSearch", searching, false)
    ]
  }
}

export const quirks: ResponsesQuirks = {
  vendor: "openai",
  optionsOf: Wire.optionsOf,
  instructions: { isField: true, role: "developer" },
  writtenOf,
  warningsOf: (request) => besideOf(request).warnings,
  searchToolOf: Searching.toolOf,
  errorIn: Wire.errorIn
}
