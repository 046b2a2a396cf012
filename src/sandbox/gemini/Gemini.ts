/**
 * Google Gemini, versions `v1` and `v1beta`: `generateContent`, token counts, cached content, files, batches
 * and models.
 */
import * as Door from "../Door.ts"
import * as Headers from "../Headers.ts"
import type { Incoming, Protocol, World } from "../Protocol.ts"
import * as Seal from "../Seal.ts"
import * as Batches from "./Batches.ts"
import * as Caches from "./Caches.ts"
import * as Generate from "./Generate.ts"
import * as ModelInfo from "./ModelInfo.ts"
import { inBand, ofFailure, ofKey } from "./Problem.ts"

const basePath = "/gemini"

const ownHeaders = new Set([
  "x-goog-api-key",
  "x-goog-api-client",
  "x-server-timeout",
  ...["command", "file-name", "header-content-length", "header-content-type", "offset", "protocol"]
    .map((name) => `x-goog-upload-${name}`)
])

export const headers = (): Readonly<Record<string, string>> => ({
  "vary": "Origin, X-Origin, Referer",
  "server": "scaffolding on HTTPServer2"
})

const keyOf = (incoming: Incoming): string | undefined =>
  incoming.headers["x-goog-api-key"] ?? incoming.query.get("key") ?? Headers.bearer(incoming)

/** What all of its requests come through. */
export const door: Omit<Door.Vendor, "route"> = {
  provider: "gemini",
  basePath,
  ownHeaders,
  requestId: (root) => root.slice(0, 22),
  headers,
  key: keyOf,
  refusedKey: ofKey,
  problem: ofFailure,
  inBand
}

export const make = (world: World): Protocol => {
  const seals = Seal.make(world.seed, "gemini")
  const caches = Caches.make(world, seals, headers)
  const endpoints = Generate.make(world, seals, caches, headers)

  const route = (incoming: Incoming): Door.Route | Door.Problem => {
    const { method, path, query } = incoming
    const clerk = desk.route(incoming)
    if (clerk !== undefined) return { _tag: "Desk", clerk }
    const [, rest] = /^\/v1(?:beta)?(\/.+)$/.exec(path) ?? []
    const found = (value: unknown): Door.Route | Door.Problem => Door.isProblem(value) ? value : { _tag: "Read", value }
    const [, id = "", verb] = /^\/models\/([^/:]+)(?::(\w+))?$/.exec(rest ?? "") ?? []
    if (method === "GET") {
      if (rest === "/models") return found(ModelInfo.list())
      if (id !== "" && verb === undefined) return found(ModelInfo.get(decodeURIComponent(id)))
    }
    if (method === "POST" && id !== "") {
      if (verb === "generateContent") return endpoints.generate(id, false)
      if (verb === "countTokens") return endpoints.count(id)
      if (verb === "streamGenerateContent") {
        return query.get("alt") === "sse"
          ? endpoints.generate(id, true)
          : ofFailure({ status: 400, message: "The sandbox streams server-sent events: alt=sse." })
      }
    }
    if (rest === "/cachedContents") {
      if (method === "POST") return caches.create
      if (method === "GET") return found(caches.read(method, undefined, keyOf(incoming) ?? ""))
    }
    const [, name] = /^\/(cachedContents\/[^/:]+)$/.exec(rest ?? "") ?? []
    if (name !== undefined && (method === "GET" || method === "DELETE")) {
      return found(caches.read(method, name, keyOf(incoming) ?? ""))
    }
    return ofFailure({ status: 404 })
  }

  const desk = Batches.make(world, basePath, (incoming) => protocol.receive(incoming))
  const protocol = Door.make(world, { ...door, route })
  return {
    ...protocol,
    reset: () => {
      protocol.reset()
      caches.clear()
      desk.reset()
    },
    bodyLimit: (path) =>
      path.endsWith(":batchGenerateContent") ? world.batches.maxBytes ?? Batches.maxBytes : undefined,
    jobs: desk
  }
}
