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
  if (latest.request === request) return latest.key
  const key = orUndefined(() => {
    let text = version
    for (const [, write] of fields) text += written(write(request))
    // Lone surrogates would all be hashed as one.
    return hash("sha256", text.isWellFormed() ? text : JSON.stringify(text), "hex")
  })
  latest = { request, key }
  return key
}

/** One stage asks after the other. */
let latest: { readonly request: Request | undefined; readonly key: string | undefined } = {
  request: undefined,
  key: undefined
}

/**
 * The fields by which the keys of two requests differ, such as `params.temperature` or `prompt[2].content`: none where
 * they are the same. It tells names only.
 *
 * @category accessors
 * @since 0.1.0
 */
export const differences = (a: Request, b: Request): ReadonlyArray<string> =>
  fields.flatMap(([name, write]) => {
    if (orUndefined(() => write(a)) === orUndefined(() => write(b))) return []
    const [details, others] = [detailsOf(a, name), detailsOf(b, name)]
    const differing = [...new Set([...details.keys(), ...others.keys()])].filter((detail) =>
      details.get(detail) !== others.get(detail)
    )
    return differing.length === 0 ? [name] : differing
  })

type Field = readonly [name: string, write: (request: Request) => string]

const fields: ReadonlyArray<Field> = [
  ["model", ({ model }) => `${written(model.provider)}${written(model.id)}${written(model.upstream)}`],
  ["modality", ({ modality }) => modality],
  ["params", ({ params }) => valueOf(params.stop === undefined ? params : { ...params, stop: params.stop.toSorted() })],
  ["prompt", ({ prompt }) => {
    let text = ""
    for (const message of prompt.content) text += messageOf(message)
    return text
  }],
  ["tools", ({ tools }) => tools.length === 0 ? "" : tools.map(toolOf).toSorted().join("")],
  ["toolChoice", ({ toolChoice }) => valueOf(toolChoice)],
  ["schema", ({ object }) => object === undefined ? "" : written(object.name) + schemaOf(object.schema)],
  ["native", ({ native }) => valueOf(native)],
  ["scope", ({ call: { cache } }) => cache === undefined || cache === false ? "" : cache.scope ?? ""]
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
      return `s${written(value)}`
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
  const entries = Object.entries(value)
  for (const [name, inner] of entries.length < 2 ? entries : entries.toSorted(([a], [b]) => a < b ? -1 : 1)) {
    if (inner !== undefined) text += `${written(name)}${valueOf(inner)}`
  }
  return `${text}.`
}
