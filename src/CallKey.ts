/**
 * What two calls are the same by: everything that decides what the answer can be, and nothing of how it is asked for.
 *
 * @since 1.0.0
 */
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import type { Request } from "./Request.ts"
import { sha256 } from "./internal/digest.ts"
import { isRecord } from "./internal/json.ts"

/** Of the way keys are made: another one finds no entry of an older. */
const version = "3"

/**
 * The key of a request: 64 hexadecimal characters. `undefined` where the request holds what can't be written, such as a
 * circular argument of a tool: it is like no other.
 *
 * **Details**
 *
 * SHA-256 over length-prefixed fields: model, modality, params, prompt, tools, schema, `native`, the scope of the caller's
 * cache, and the account whose key is asked with. The order of properties, tools and stop sequences plays no part, nor
 * does the rest of the Call.
 *
 * @category accessors
 * @since 1.0.0
 */
export const of = (request: Request): string | undefined => {
  if (latest?.request === request) return latest.key
  const key = orUndefined(() => {
    let text = version
    for (const [, textOf] of parts) text += written(textOf(request))
    // Lone surrogates would all be hashed as one.
    return sha256(text.isWellFormed() ? text : JSON.stringify(text))
  })
  latest = { request, key }
  return key
}

/** One stage asks right after the other. */
let latest: { readonly request: Request; readonly key: string | undefined } | undefined

/**
 * Forgets the request that was asked about last, which would else be kept until the next one: said by the stage after
 * which nobody asks.
 *
 * @category accessors
 * @since 1.0.0
 */
export const forget = (): void => {
  latest = undefined
}

/**
 * The fields by which the keys of two requests differ, such as `params.temperature` or `prompt[2].content`: none where
 * they are the same. What can't be written differs from everything. It tells names only.
 *
 * @category accessors
 * @since 1.0.0
 */
export const differences = (a: Request, b: Request): ReadonlyArray<string> =>
  parts.flatMap(([name, textOf]) => {
    if (!differ(orUndefined(() => textOf(a)), orUndefined(() => textOf(b)))) return []
    const [details, others] = [detailsOf(a, name, b), detailsOf(b, name, a)]
    const differing = [...new Set([...details.keys(), ...others.keys()])].filter((detail) =>
      differ(details.get(detail), others.get(detail))
    )
    return differing.length === 0 ? [name] : differing
  })

const differ = (one: string | undefined, other: string | undefined): boolean => one === undefined || one !== other

const parts: ReadonlyArray<readonly [name: string, textOf: (request: Request) => string]> = [
  ["model", ({ model }) => `${written(model.provider)}${written(model.id)}${written(model.upstream)}`],
  ["modality", ({ modality }) => modality],
  ["params", (request) => valueOf(paramsOf(request))],
  ["prompt", ({ prompt }) => {
    let text = ""
    for (const message of prompt.content) text += messageOf(message)
    return text
  }],
  ["tools", ({ tools }) => tools.length === 0 ? "" : toolsOf(tools)],
  ["toolChoice", ({ toolChoice }) => valueOf(toolChoice)],
  ["schema", ({ object }) => object === undefined ? "" : `${written(object.name)}${schemaOf(object.schema)}`],
  ["native", ({ native }) => valueOf(native)],
  ["scope", ({ call: { cache } }) => cache === undefined || cache === false ? "" : cache.scope ?? ""],
  ["account", ({ call }) => call.account]
]

/** What a part is made of, each under the name that its caller gives it. */
const detailsOf = (request: Request, part: string, other: Request): ReadonlyMap<string, string | undefined> => {
  const detail = (name: string, write: () => string) => [name, orUndefined(write)] as const
  switch (part) {
    case "params":
    case "native":
      return new Map(
        Object.entries(part === "params" ? paramsOf(request) : request.native)
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => detail(`${part}.${name}`, () => valueOf(value)))
      )
    case "tools":
      return new Map(
        request.tools.map(({ name }) =>
          detail(`tools.${name}`, () => toolsOf(request.tools.filter((tool) => tool.name === name)))
        )
      )
    case "schema": {
      const { object } = request
      return object === undefined || other.object === undefined
        ? new Map()
        : new Map([detail("schemaName", () => object.name), detail("schema", () => schemaOf(object.schema))])
    }
    case "prompt":
      return new Map(request.prompt.content.flatMap((message, index) => {
        const at = `prompt[${index}]`
        return index >= other.prompt.content.length ? [detail(at, () => messageOf(message))] : [
          detail(`${at}.role`, () => message.role),
          detail(`${at}.options`, () => optionsOf(message.options)),
          detail(`${at}.content`, () => contentOf(message))
        ]
      }))
    default:
      return new Map()
  }
}

/** What can't be written throws: it is circular, nested too deep, holds a BigInt, or no JSON Schema can say it. */
const orUndefined = (write: () => string): string | undefined => {
  try {
    return write()
  } catch {
    return undefined
  }
}

/** Whether its vendor keeps the prompt changes what an answer costs, and nothing in it. */
const paramsOf = ({ params }: Request): Request["params"] =>
  params.stop === undefined && params.promptCache === undefined
    ? params
    : { ...params, stop: params.stop?.toSorted(), promptCache: undefined }

const messageOf = (message: Prompt.Message): string =>
  `${written(message.role)}${contentOf(message)}${optionsOf(message.options)}`

const contentOf = (message: Prompt.Message): string =>
  typeof message.content === "string" ? valueOf(message.content) : written(message.content.map(partOf).join(""))

const partOf = (part: Exclude<Prompt.Message["content"], string>[number]): string => {
  if (part.type === "text") return `t${written(part.text)}${optionsOf(part.options)}`
  return valueOf(part)
}

const optionsOf = (options: Prompt.ProviderOptions): string => {
  for (const _ in options) return valueOf(options)
  return "-"
}

const toolsOf = (tools: ReadonlyArray<Tool.Any>): string => tools.map(toolOf).toSorted().join("")

const tools = new WeakMap<Tool.Any, string>()

/** A vendor's own tool has arguments instead of a schema; a tool may be told its JSON Schema. */
const toolOf = (tool: Tool.Any): string => {
  const known = tools.get(tool)
  if (known !== undefined) return known
  const text = written([
    written(tool.name),
    valueOf(tool.description),
    valueOf(tool.id),
    valueOf(hasProperty(tool, "providerName") ? tool.providerName : undefined),
    valueOf(hasProperty(tool, "args") ? tool.args : undefined),
    valueOf(hasProperty(tool, "jsonSchema") ? unordered(tool.jsonSchema) : undefined),
    schemaOf(tool.parametersSchema),
    valueOf(Object.fromEntries(tool.annotations.mapUnsafe))
  ].join(""))
  tools.set(tool, text)
  return text
}

const schemas = new WeakMap<object, string>()

const schemaOf = (schema: Schema.Constraint): string => {
  const known = schemas.get(schema)
  if (known !== undefined) return known
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  const text = valueOf(unordered({ definitions, root }))
  schemas.set(schema, text)
  return text
}

/** A JSON Schema whose properties are required in one order. */
const unordered = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(unordered)
  if (!isRecord(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([name, inner]) => [
      name,
      name === "required" && Array.isArray(inner) ? inner.map(String).toSorted() : unordered(inner)
    ])
  )
}

/** Its length says where a text ends, so that no two lists of texts read the same. */
const written = (text: string): string => `${text.length}:${text}`

/** Nothing that is sent is as deep; a circle has no end. */
const maxDepth = 1000

/** A JSON value, as it would be sent: properties in one order, those that are `undefined` left out. */
const valueOf = (value: unknown, depth = 0): string => {
  switch (typeof value) {
    case "string":
      return `s${written(value)}`
    case "number":
      return `n${value};`
    case "boolean":
      return value ? "T" : "F"
    case "object": {
      if (value === null) return "N"
      if (value instanceof Uint8Array) return `b${sha256(value)}`
      if (depth === maxDepth) throw new RangeError("nested too deep")
      if (Array.isArray(value)) {
        let text = `a${value.length}:`
        for (const inner of value) text += valueOf(inner, depth + 1)
        return text
      }
      if (hasProperty(value, "toJSON") && typeof value.toJSON === "function") return valueOf(value.toJSON(), depth + 1)
      return objectOf(value, depth + 1)
    }
    case "bigint":
      throw new TypeError("JSON has no BigInt")
    case "symbol":
    case "function":
    case "undefined":
      return "U"
  }
}

const objectOf = (value: object, depth: number): string => {
  let text = "o"
  const entries = Object.entries(value)
  for (const [name, inner] of entries.length < 2 ? entries : entries.toSorted(([a], [b]) => a < b ? -1 : 1)) {
    if (inner !== undefined) text += `${written(name)}${valueOf(inner, depth)}`
  }
  return `${text}.`
}
