/**
 * The options of a request as a vendor takes them: what is sent, what isn't, and what the caller is told.
 */
import * as Tool from "effect/ai/Tool"
import { Unsupported } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import * as Caching from "./Caching.ts"
import type { Fields, Marks, Quirks, Written } from "./Quirks.ts"

export interface Plan {
  readonly fields: Fields
  readonly warnings: ReadonlyArray<string>
  readonly marks: Marks | undefined
}

type Name = keyof Request.Params

const names: ReadonlyArray<Name> = [
  "maxOutputTokens",
  "temperature",
  "topP",
  "stop",
  "seed",
  "presencePenalty",
  "frequencyPenalty",
  "reasoning",
  "serviceTier",
  "parallelToolCalls",
  "promptCache",
  "webSearch"
]

/** An answer without them is another one, or has another price. */
const essential: ReadonlySet<Name> = new Set<Name>(["stop", "serviceTier"])

const noWarnings: ReadonlyArray<string> = []

/** Throws where what was asked can't be, or may not be dropped. */
export const planOf = (quirks: Quirks, request: Request.Request, stream: boolean, isStrict: boolean): Plan => {
  if (request.modality !== "text") {
    const detail = `${request.modality} can't be asked for in Chat Completions`
    throw Request.fail(request, new Unsupported({ feature: "modality", detail }))
  }
  const fields: Record<string, unknown> = {}
  let warnings = noWarnings
  let marks: Marks | undefined
  const add = (name: string, written: Written) => {
    const said = saidOf(request, name, written, isStrict)
    if (said.length > 0) warnings = [...warnings, ...said]
    marks = written.marks ?? marks
    Object.assign(fields, written.fields)
  }
  for (const name of names) if (request.params[name] !== undefined) add(name, written(quirks, request, name))
  if (quirks.always !== undefined) add("reasoning", quirks.always(request, stream))
  if (quirks.strictTools === false) {
    for (const tool of request.tools) {
      if (Tool.getStrictMode(tool) === true) {
        add(`strict of ${tool.name}`, { dropped: `${request.model.provider} holds no tool to its schema` })
      }
    }
  }
  return { fields, warnings, marks }
}

/** What the caller is told of what became of an option. Throws where it is refused, or must not be dropped. */
export const saidOf = (
  request: Request.Request,
  name: string,
  { changed, dropped, parts, refused }: Written,
  isStrict: boolean
): ReadonlyArray<string> => {
  const why = refused ?? (isStrict ? dropped : undefined)
  if (why !== undefined) throw Request.fail(request, new Unsupported({ feature: name, detail: why }))
  if (dropped === undefined && changed === undefined && parts === undefined) return noWarnings
  return [
    ...(dropped === undefined ? [] : [`${name} was dropped: ${dropped}`]),
    ...(changed === undefined ? [] : [changed]),
    ...Object.entries(parts ?? {}).flatMap(([part, written]) => saidOf(request, `${name}.${part}`, written, isStrict))
  ]
}

// Ties the value to its writer.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
const written = <N extends Name>(quirks: Quirks, request: Request.Request, name: N): Written => {
  const value = request.params[name]
  const writer = quirks.params[name]
  if (value === undefined) return {}
  if (typeof writer === "string") return { fields: { [writer]: value } }
  if (writer !== undefined) return writer(value, request)
  if (name === "promptCache") return automatic(request.params.promptCache ?? false, request)
  if (name === "webSearch") {
    return value === false
      ? {}
      : { refused: Request.noWebSearch(`${request.model.provider} has no web search to be asked for`).detail }
  }
  const why = `${request.model.provider} has no such option`
  return essential.has(name) ? { refused: why } : { dropped: why }
}

/** What is known of nobody's cache. */
const automatic = Caching.automatic()
