/**
 * The API described for people: what can be asked, and what comes back. No script and no style of another's.
 */
import type * as JsonSchema from "effect/JsonSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import { Api } from "./Api.ts"

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\"", "&quot;")

const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf("/") + 1)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A type in a line, with links to what has a name. */
const typeOf = (schema: unknown): string => {
  if (!isObject(schema)) return ""
  const { $ref, anyOf, enum: values, items, properties, type } = schema
  if (typeof $ref === "string") return `<a href="#${escape(nameOf($ref))}">${escape(nameOf($ref))}</a>`
  if (Array.isArray(values)) return values.map((value) => escape(JSON.stringify(value))).join(" | ")
  if (Array.isArray(anyOf)) return anyOf.map(typeOf).filter((one) => one !== "").join(" | ")
  if (type === "array") return `list of ${typeOf(items)}`
  if (isObject(properties)) return `{ ${Object.keys(properties).map(escape).join(", ")} }`
  return typeof type === "string" ? escape(type) : ""
}

const fieldsOf = (schema: JsonSchema.JsonSchema): string => {
  const { properties } = schema
  if (!isObject(properties)) return `<p>${typeOf(schema)}</p>`
  return `<table>${
    Object.entries(properties).map(([name, type]) =>
      `<tr><th scope="row"><code>${escape(name)}</code></th><td>${typeOf(type)}</td></tr>`
    ).join("")
  }</table>`
}

interface Operation {
  readonly summary?: string | undefined
  readonly parameters: ReadonlyArray<{
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly schema: unknown
  }>
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> | undefined }>
  >
}

const operationOf = (path: string, { parameters, responses, summary }: Operation): string =>
  `<section><h2><code>GET ${escape(path)}</code></h2><p>${escape(summary ?? "")}</p>${
    parameters.length === 0
      ? ""
      : `<table>${
        parameters.map(({ name, required, schema }) =>
          `<tr><th scope="row"><code>${escape(name)}</code></th><td>${typeOf(schema)}${
            required ? ", required" : ""
          }</td></tr>`
        ).join("")
      }</table>`
  }<ul>${
    Object.entries(responses).map(([status, { content = {} }]) =>
      `<li>${status}: ${Object.values(content).map(({ schema }) => typeOf(schema)).join(", ")}</li>`
    ).join("")
  }</ul></section>`

/** The page as HTML, made once. */
export const page = (): string => {
  const { components, info, paths } = OpenApi.fromApi(Api)
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(info.title)}</title>
<link rel="stylesheet" href="docs.css"><h1>${escape(info.title)}</h1><p>${escape(info.description ?? "")}</p>
<p><a href="openapi.json">openapi.json</a></p>${
    Object.entries(paths).map(([path, { get }]) => get === undefined ? "" : operationOf(path, get)).join("")
  }<h2>Shapes</h2>${
    Object.entries(components.schemas).map(([name, schema]) =>
      `<section id="${escape(name)}"><h3>${escape(name)}</h3>${fieldsOf(schema)}</section>`
    ).join("")
  }</html>`
}

export const style = `:root { color-scheme: light dark; font: 14px/20px ui-sans-serif, system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse }
th { text-align: left; font-weight: normal; padding: 2px 24px 2px 0; vertical-align: top }
section { margin: 1.5rem 0 }
`
