/**
 * Anthropic: Messages, token counts, batches and Models.
 */
import * as Headers from "../Headers.ts"
import { at, isObject, type JsonObject } from "../Json.ts"
import type { Accepted, Answer, Incoming, Protocol, Rejected, World } from "../Protocol.ts"
import { digest } from "../Seed.ts"
import * as Desk from "../batches/Desk.ts"
import * as Batches from "./Batches.ts"
import * as Messages from "./Messages.ts"
import * as ModelInfo from "./ModelInfo.ts"
import { answer, headers, invalid, isProblem, json, ofFailure, type Problem, problem, rateHeaders } from "./Problem.ts"

const basePath = "/anthropic"

const ownHeaders = new Set([
  "anthropic-beta",
  "anthropic-dangerous-direct-browser-access",
  "anthropic-user-profile-id",
  "anthropic-version",
  "anthropic-workspace-id",
  "x-api-key"
])

const foreignHeader = (incoming: Incoming): Problem | undefined => {
  const name = Headers.foreign(incoming, ownHeaders)
  return name === undefined ? undefined : invalid(name, "unexpected header")
}

const oldVersion = "2023-06-01"

const versionOf = ({ headers }: Incoming): string | Problem => {
  const version = headers["anthropic-version"]
  if (version === undefined) return invalid("anthropic-version", "header is required")
  return version === oldVersion || version === "2026-10-21"
    ? version
    : invalid("anthropic-version", `"${version}" is not a valid version`)
}

/** `x-api-key` is of the old version. */
const keyOf = (incoming: Incoming, version: string): string | undefined =>
  Headers.bearer(incoming) ?? (version === oldVersion ? incoming.headers["x-api-key"] : undefined)

const unauthorised = (world: World, key: string | undefined): Problem | undefined => {
  const verdict = world.keys.check(key)
  if (verdict === "valid") return undefined
  return problem(401, verdict === "missing" ? "Authentication is required: send an Authorization header." : undefined)
}

type Route =
  | { readonly _tag: "Generate"; readonly receive: Messages.Receive }
  | { readonly _tag: "Count"; readonly count: (body: JsonObject) => unknown }
  | { readonly _tag: "Read"; readonly read: () => unknown }
  | { readonly _tag: "Desk"; readonly clerk: Desk.Clerk<Problem> }

export const make = (world: World): Protocol => {
  const messages = Messages.make(world)

  const routeOf = (incoming: Incoming): Route | Problem => {
    const { method, path } = incoming
    const clerk = desk.route(incoming)
    if (clerk !== undefined) return { _tag: "Desk", clerk }
    const allowed = (expected: string, route: Route) => method === expected ? route : problem(405, "Method Not Allowed")
    if (path === "/v1/messages") return allowed("POST", { _tag: "Generate", receive: messages.receive })
    if (path === "/v1/messages/count_tokens") return allowed("POST", { _tag: "Count", count: messages.count })
    if (path === "/v1/models") return allowed("GET", { _tag: "Read", read: ModelInfo.list })
    const id = /^\/v1\/models\/([^/]+)$/.exec(path)?.[1]
    if (id !== undefined) return allowed("GET", { _tag: "Read", read: () => ModelInfo.get(decodeURIComponent(id)) })
    return problem(404)
  }

  const receive = (incoming: Incoming): Accepted | Rejected => {
    const { body, method, path, text } = incoming
    const occurrence = world.occurrence(digest("anthropic", method, path, text))
    const root = digest(world.seed, "anthropic", method, path, text, String(occurrence))
    const requestId = `req_01${root.slice(0, 22)}`
    const error = (found: Problem): Answer => answer(found, requestId, world.time.now())
    const reject = (found: Problem): Rejected => ({ _tag: "Rejected", answer: error(found) })
    const accept = (accepted: Pick<Accepted, "model" | "prompt" | "stream" | "answer">): Accepted => ({
      _tag: "Accepted",
      requestId,
      error: (failure) => error(ofFailure(failure)),
      ...accepted
    })
    const plain = (value: unknown): Accepted | Rejected =>
      isProblem(value) ? reject(value) : accept({
        model: undefined,
        prompt: "",
        stream: false,
        answer: () => ({
          status: 200,
          headers: headers(requestId, world.time.now()),
          requestId,
          body: json(value, requestId)
        })
      })

    const foreign = foreignHeader(incoming)
    if (foreign !== undefined) return reject(foreign)
    const version = versionOf(incoming)
    if (isProblem(version)) return reject(version)
    const key = keyOf(incoming, version)
    const refused = incoming.trusted === true ? undefined : unauthorised(world, key)
    if (refused !== undefined) return reject(refused)
    const route = routeOf(incoming)
    if (isProblem(route)) return reject(route)
    if (route._tag === "Read") return plain(route.read())
    if (route._tag === "Desk") {
      const work = route.clerk({ incoming, key: key ?? "", root, requestId })
      if (isProblem(work)) return reject(work)
      const frame = { headers: headers(requestId, world.time.now()), requestId }
      const told = (value: unknown) => json(value, requestId)
      return accept({ model: undefined, prompt: "", stream: false, answer: () => Desk.answer(work(), frame, told) })
    }
    if (!Headers.isJson(incoming)) return reject(invalid("content-type", "expected application/json"))
    if (!isObject(body)) return reject(problem(400, "The request body is not valid JSON"))
    if (route._tag === "Count") return plain(route.count(body))
    const received = route.receive({ body, root, requestId, key: key ?? "", samples: version === oldVersion })
    return isProblem(received) ? reject(received) : accept({ ...received, stream: at(body, "stream") === true })
  }

  const desk = Batches.make(world, basePath, receive)

  return {
    provider: "anthropic",
    basePath,
    receive,
    refuse: (failure) => {
      const now = world.time.now()
      return answer(ofFailure(failure), `req_01${digest(world.seed, "anthropic", String(now)).slice(0, 22)}`, now)
    },
    rateHeaders,
    reset: desk.reset,
    bodyLimit: (path) => path === "/v1/messages/batches" ? world.batches.maxBytes ?? Batches.maxBytes : undefined,
    jobs: desk
  }
}
