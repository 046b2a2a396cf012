/**
 * A request as a prompt cache sees it: pieces in the order in which the vendor reads them, each known by a digest.
 */
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import type { Breakpoint, Lifetime, Request } from "../Request.ts"
import { sha256 } from "./digest.ts"
import { ordered } from "./json.ts"
import { askedOf, breakpointsOf } from "./promptCache.ts"
import { json } from "./promptSize.ts"

/** What a piece is. `setting`s are no tokens, and what comes behind them is kept apart for each of them. */
export type Kind = "setting" | "tool" | "description" | "schema" | "format" | "system" | "text" | "file" | "part"

export interface Piece {
  readonly kind: Kind
  /** Where it is in the request: `model`, `tools.look_up.schema`, `prompt[2].content[0]`. */
  readonly at: string
  readonly digest: string
  /** An estimate. */
  readonly tokens: number
  /** Of messages, to see what has changed in them. */
  readonly text?: string | undefined
  /** The caller has a prefix end here: how long it is kept, or nothing said of that. */
  readonly mark: Lifetime | "usual" | undefined
}

const charactersPerToken = 4
const tokensPerFile = 1000

/** Whether the vendor keeps only what is marked, in the order of Anthropic. */
export const isMarking = ({ model }: Request): boolean =>
  model.prices.some(({ rates: { cacheWrite } }) => typeof cacheWrite === "object" && "5m" in cacheWrite)

export const piecesOf = (request: Request): ReadonlyArray<Piece> => {
  const { model, object, params, prompt, toolChoice } = request
  const system = prompt.content.findIndex(({ role }) => role !== "system")
  const opening = system === -1 ? prompt.content.length : system
  const messages = prompt.content.map(piecesOfMessage)
  const format = object === undefined ? [] : [piece("format", "schema", textOf(object.schema))]
  const search = params.webSearch === undefined || params.webSearch === false
    ? []
    : [piece("tool", "webSearch", json(ordered(params.webSearch)))]
  const tools = [...request.tools.flatMap(piecesOfTool), ...search]
  const isFirst = (index: number) => isMarking(request) ? prompt.content[index]?.role === "system" : index < opening
  const beginning = messages.filter((_, index) => isFirst(index)).flat()
  const rest = messages.filter((_, index) => !isFirst(index)).flat()
  const named = setting("model", `${model.provider}/${model.upstream}`)
  const thought = setting("reasoning", params.reasoning)
  const tier = setting("serviceTier", params.serviceTier)
  return isMarking(request)
    ? [
      named,
      ...tools,
      ...(params.serviceTier === "fast" ? [tier] : [setting("serviceTier", undefined)]),
      ...format,
      ...beginning,
      setting("toolChoice", toolChoice),
      thought,
      ...rest
    ]
    : [
      named,
      setting("promptCache.key", askedOf(params)?.key),
      tier,
      thought,
      ...tools,
      ...format,
      ...beginning,
      ...rest
    ]
}

const piece = (kind: Kind, at: string, text: string, mark?: Piece["mark"]): Piece => ({
  kind,
  at,
  digest: sha256(`${kind} ${text.isWellFormed() ? text : JSON.stringify(text)}`),
  tokens: Math.ceil(text.length / charactersPerToken),
  mark
})

const setting = (at: string, value: unknown): Piece => ({ ...piece("setting", at, json(value)), tokens: 0 })

const piecesOfTool = (tool: Tool.Any): ReadonlyArray<Piece> => {
  const at = `tools.${tool.name}`
  const own = hasProperty(tool, "args") ? json(ordered(tool.args)) : ""
  const schema = hasProperty(tool, "jsonSchema") && tool.jsonSchema !== undefined
    ? json(ordered(tool.jsonSchema))
    : textOf(tool.parametersSchema)
  return [
    piece("tool", at, `${tool.name} ${own}`, markIn(own)),
    piece("description", `${at}.description`, tool.description ?? ""),
    piece("schema", `${at}.schema`, schema)
  ]
}

const schemas = new WeakMap<object, string>()

const textOf = (schema: Schema.Constraint): string => {
  const known = schemas.get(schema)
  if (known !== undefined) return known
  const text = json(ordered(Schema.toJsonSchemaDocument(schema)))
  schemas.set(schema, text)
  return text
}

const piecesOfMessage = (message: Prompt.Message, index: number): ReadonlyArray<Piece> => {
  const at = `prompt[${index}]`
  const own = markIn(json(message.options))
  if (message.role === "system") return [{ ...piece("system", at, message.content, own), text: message.content }]
  return message.content.map((part, n): Piece => {
    const mark = markIn(json(part.options)) ?? (n === message.content.length - 1 ? own : undefined)
    const here = `${at}.content[${n}]`
    switch (part.type) {
      case "text":
        return { ...piece("text", here, `${message.role} ${part.text}`, mark), text: part.text }
      case "file":
        return { ...piece("file", here, `${part.mediaType} ${contentOf(part)}`, mark), tokens: tokensPerFile }
      case "reasoning":
        return piece("part", here, `reasoning ${part.text}`, mark)
      case "tool-call":
        return piece("part", here, `call ${part.id} ${part.name} ${json(ordered(part.params))}`, mark)
      case "tool-result":
        return piece("part", here, `result ${part.id} ${json(ordered(part.modelOutput ?? part.result))}`, mark)
      default:
        return piece("part", here, json(ordered(part)), mark)
    }
  })
}

const contentOf = ({ data }: Prompt.FilePart): string =>
  data instanceof URL ? data.href : typeof data === "string" ? data : sha256(data)

const markIn = (options: string): Piece["mark"] => {
  const mark = /"(?:cache_control|prompt_cache_breakpoint)":\{([^}]*)\}/.exec(options)?.[1]
  if (mark === undefined) return undefined
  const [, count, unit] = /"ttl":"(\d+)([mh])"/.exec(mark) ?? []
  return count === undefined ? "usual" : unit === "h" ? `${Number(count)}h` : `${Number(count)}m`
}

/** How many of the pieces the vendor keeps, as it is asked. */
export const keptOf = (request: Request, pieces: ReadonlyArray<Piece>): number => {
  const { model, native, params } = request
  if (model.capabilities.promptCaching === false) return 0
  const asked = askedOf(params)
  const marked = pieces.findLastIndex(({ mark }) => mark !== undefined) + 1
  const isMarkedOnly = asked === undefined
    ? isMarking(request) ? native["cache_control"] == null : params.promptCache === false && isCharged(request)
    : asked.breakpoints !== undefined && (isMarking(request) || isCharged(request))
  if (!isMarkedOnly) return pieces.length
  const breakpoints = asked === undefined ? [] : breakpointsOf(asked)
  if (breakpoints.includes("messages")) return pieces.length
  const ends = breakpoints.map((breakpoint) => pieces.findLastIndex(({ kind }) => before[breakpoint].has(kind)) + 1)
  return Math.max(marked, ...ends)
}

const tools: ReadonlySet<Kind> = new Set(["tool", "description", "schema"])
const before: Readonly<Record<Breakpoint, ReadonlySet<Kind>>> = {
  tools,
  system: new Set([...tools, "format", "system"]),
  messages: new Set()
}

/** Whether what is written costs more than what isn't. */
const isCharged = ({ model }: Request): boolean =>
  model.prices.some(({ rates: { cacheWrite } }) => typeof cacheWrite === "object")
