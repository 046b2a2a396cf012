/**
 * What two calls are the same by: everything that decides what the answer can be, and nothing of how it is asked for.
 *
 * @since 0.1.0
 */
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import { hash } from "node:crypto"
import type { Request } from "./Request.ts"

/** Of the way keys are made: another one finds no entry of an older. */
const version = "1"

/**
 * The key of a request: 64 hexadecimal characters. `undefined` where the request holds what can't be written, such as a
 * circular argument of a tool: it is like no other.
 *
 * **Details**
 *
 * SHA-256 over length-prefixed fields: model, modality, params, prompt, tools, schema, `native`, and the scope of the
 * caller's cache. The order of properties, tools and stop sequences plays no part, nor does the rest of the Call.
 *
 * @category accessors
 * @since 0.1.0
 */
export const of = (request: Request): string | undefined => {
  const known = keys.get(request)
  if (known !== undefined) return known
  const key = orUndefined(() => {
    let text = written(version)
    for (const [, value] of partsOf(request)) text += written(value())
    return hash("sha256", text, "hex")
  })
  if (key !== undefined) keys.set(request, key)
  return key
}

const keys = new WeakMap<Request, string>()

/**
 * The fields by which the keys of two requests differ, such as `params.temperature` or `prompt[2].content`: none where
 * they are the same. It tells names only.
 *
 * @category accessors
 * @since 0.1.0
 */
export const differences = (a: Request, b: Request): ReadonlyArray<string> =>
  partsOf(a).flatMap(([name, one], part) => {
    const other = partsOf(b)[part]?.[1] ?? nothing
    if (orUndefined(one) === orUndefined(other)) return []
    const [details, others] = [detailsOf(a, name), detailsOf(b, name)]
    const differing = [...new Set([...details.keys(), ...others.keys()])].filter((detail) =>
      details.get(detail) !== others.get(detail)
    )
    return differing.length === 0 ? [name] : differing
  })

type Part = readonly [name: string, value: () => string]

const partsOf = (request: Request): ReadonlyArray<Part> => [
  ["model", () => `${written(request.model.provider)}${written(request.model.id)}${written(request.model.upstream)}`],
  ["modality", () => request.modality],
  ["params", () => paramsOf(request)],
  ["prompt", () => request.prompt.content.map(messageOf).join("")],
  ["tools", () => request.tools.map(toolOf).toSorted().join("")],
  ["toolChoice", () => valueOf(request.toolChoice)],
  ["schema", () => request.object === undefined ? "" : written(request.object.name) + schemaOf(request.object.schema)],
  ["native", () => valueOf(request.native)],
  [
    "scope",
    () => request.call.cache === undefined || request.call.cache === false ? "" : request.call.cache.scope ?? ""
  ]
]

const detailsOf = (request: Request, part: string): ReadonlyMap<string, string | undefined> => {
  switch (part) {
    case "params":
      return new Map(Object.entries(request.params).map(([name, value]) => [`params.${name}`, valueOf(value)]))
    case "native":
      return new Map(
        Object.entries(request.native).map(([name, value]) => [`native.${name}`, orUndefined(() => valueOf(value))])
      )
    case "tools":
      return new Map(request.tools.map((tool) => [`tools.${tool.name}`, orUndefined(() => toolOf(tool))]))
    case "prompt":
      return new Map(request.prompt.content.flatMap((message, index) => {
        const at = `prompt[${index}]`
        return [
          [`${at}.role`, message.role],
          [`${at}.options`, valueOf(message.options)],
          [`${at}.content`, orUndefined(() => contentOf(message))]
        ]
      }))
    default:
      return new Map()
  }
}

/** What can't be written throws: it is circular, nested too deep, or no JSON Schema can say it. */
const orUndefined = (write: () => string): string | undefined => {
  try {
    return write()
  } catch {
    return undefined
  }
}

const nothing = () => ""

const paramsOf = ({ params }: Request): string =>
  valueOf(params.stop === undefined ? params : { ...params, stop: params.stop.toSorted() })

const messageOf = (message: Prompt.Message): string =>
  `${written(message.role)}${contentOf(message)}${optionsOf(message.options)}`

const contentOf = (message: Prompt.Message): string =>
  typeof message.content === "string" ? written(message.content) : written(message.content.map(partOf).join(""))

const partOf = (part: Exclude<Prompt.Message["content"], string>[number]): string => {
  if (part.type === "text") return `t${written(part.text)}${optionsOf(part.options)}`
  return valueOf(part)
}

const optionsOf = (options: Prompt.ProviderOptions): string => {
  for (const _ in options) return valueOf(options)
  return "-"
}

const tools = new WeakMap<Tool.Any, string>()

/** A vendor's own tool has arguments instead of a schema; a tool may be told its JSON Schema. */
const toolOf = (tool: Tool.Any): string => {
  const known = tools.get(tool)
  if (known !== undefined) return known
  const text = written(
    `${written(tool.name)}${valueOf(tool.description)}${valueOf(tool.id)}${
      hasProperty(tool, "args") ? valueOf(tool.args) : ""
    }${hasProperty(tool, "jsonSchema") ? valueOf(tool.jsonSchema) : ""}${schemaOf(tool.parametersSchema)}${
      valueOf(Object.fromEntries(tool.annotations.mapUnsafe))
    }`
  )
  tools.set(tool, text)
  return text
}

const schemas = new WeakMap<object, string>()

const schemaOf = (schema: Schema.Constraint): string => {
  const known = schemas.get(schema)
  if (known !== undefined) return known
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  const text = valueOf({ definitions, root })
  schemas.set(schema, text)
  return text
}

/** Its length says where a text ends, so that no two lists of texts read the same. */
const written = (text: string): string => `${text.length}:${text}`

/** A JSON value, as it would be sent: properties in one order, those that are `undefined` left out. */
const valueOf = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      // Lone surrogates would all be hashed as one.
      return value.isWellFormed() ? `s${written(value)}` : `j${written(JSON.stringify(value))}`
    case "number":
      return `n${value};`
    case "boolean":
      return value ? "T" : "F"
    case "object":
      if (value === null) return "N"
      if (Array.isArray(value)) return `a${value.length}:${value.map(valueOf).join("")}`
      if (value instanceof Uint8Array) return `b${hash("sha256", value, "hex")}`
      if (hasProperty(value, "toJSON") && typeof value.toJSON === "function") return valueOf(value.toJSON())
      return objectOf(value)
    case "bigint":
    case "symbol":
    case "function":
    case "undefined":
      return "U"
  }
}

const objectOf = (value: object): string => {
  let text = "o"
  for (const [name, inner] of Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1)) {
    if (inner !== undefined) text += `${written(name)}${valueOf(inner)}`
  }
  return `${text}.`
}
