/**
 * OpenAI: Responses, Chat Completions, Models, files and batches.
 */
import * as Headers from "../Headers.ts"
import { at, isObject } from "../Json.ts"
import type { Accepted, Answer, Incoming, Protocol, Rejected, World } from "../Protocol.ts"
import { digest } from "../Seed.ts"
import * as Desk from "../batches/Desk.ts"
import { openAi } from "./BatchStyle.ts"
import * as Batches from "./Batches.ts"
import * as Chat from "./Chat.ts"
import type { Receive } from "./Job.ts"
import * as Models from "./Models.ts"
import { answer, headers, isProblem, json, ofFailure, type Problem, problem, rateHeaders } from "./Problem.ts"
import * as Responses from "./Responses.ts"

const basePath = "/openai/v1"

const ownHeaders = new Set(["openai-beta", "openai-organization", "openai-project", "x-client-request-id"])

const foreignHeader = (incoming: Incoming): Problem | undefined => {
  const name = Headers.foreign(incoming, ownHeaders)
  return name === undefined ? undefined : problem(400, `Unexpected header: '${name}'.`, {
    code: "unexpected_header",
    param: name
  })
}

const masked = (key: string) => key.length > 12 ? `${key.slice(0, 5)}***${key.slice(-4)}` : "***"

const unauthorised = (world: World, key: string | undefined): Problem | undefined => {
  const verdict = world.keys.check(key)
  if (verdict === "valid") return undefined
  return verdict === "missing"
    ? problem(
      401,
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        + "(i.e. Authorization: Bearer YOUR_KEY)."
    )
    : problem(
      401,
      `Incorrect API key provided: ${masked(key ?? "")}. `
        + "You can find your API key at https://platform.openai.com/account/api-keys.",
      { code: "invalid_api_key" }
    )
}

const modelObject = (model: Models.Model) => ({
  id: model.id,
  object: "model",
  created: Date.parse(model.released) / 1000,
  owned_by: "openai",
  ...(model.shutdown === undefined ? {} : { shutdown_date: model.shutdown })
})

const modelsAnswer = (id: string | undefined): unknown => {
  if (id === undefined) return { object: "list", data: [...Models.models.values()].map(modelObject) }
  const model = Models.find(id)
  return model === undefined
    ? problem(404, `The model '${id}' does not exist`, { param: "model", code: "model_not_found" })
    : { ...modelObject(model), id }
}

type Route =
  | { readonly _tag: "Generate"; readonly receive: Receive }
  | { readonly _tag: "Read"; readonly read: () => unknown }
  | { readonly _tag: "Desk"; readonly clerk: Desk.Clerk<Problem> }

export const make = (world: World): Protocol => {
  const responses = Responses.make(world)
  const chat = Chat.make(world)

  const routeOf = (incoming: Incoming): Route | Problem => {
    const { method, path } = incoming
    const clerk = desk.route(incoming)
    if (clerk !== undefined) return { _tag: "Desk", clerk }
    const [, resource = "", id] = /^\/(models|responses|chat\/completions)(?:\/([^/]+))?$/.exec(path) ?? []
    const name = id === undefined ? undefined : decodeURIComponent(id)
    const wrongMethod = problem(405, `Not allowed to ${method} on ${basePath}${path}.`, {
      code: "method_not_supported"
    })
    switch (resource) {
      case "models":
        return method === "GET" ? { _tag: "Read", read: () => modelsAnswer(name) } : wrongMethod
      case "responses":
        if (name !== undefined) {
          return method === "GET" ? { _tag: "Read", read: () => responses.stored(name) } : wrongMethod
        }
        return method === "POST" ? { _tag: "Generate", receive: responses.receive } : wrongMethod
      case "chat/completions":
        if (name !== undefined) break
        return method === "POST" ? { _tag: "Generate", receive: chat.receive } : wrongMethod
      default:
    }
    return problem(404, `Invalid URL (${method} /v1${path})`)
  }

  const receive = (incoming: Incoming): Accepted | Rejected => {
    const { method, path, text } = incoming
    const occurrence = world.occurrence(digest(method, path, text))
    const root = digest(world.seed, "openai", method, path, text, String(occurrence))
    const requestId = `req_${root.slice(0, 32)}`
    const error = (found: Problem): Answer => answer(found, requestId)
    const reject = (found: Problem): Rejected => ({ _tag: "Rejected", answer: error(found) })
    const accept = (accepted: Pick<Accepted, "model" | "prompt" | "stream" | "answer">): Accepted => ({
      _tag: "Accepted",
      requestId,
      error: (failure) => error(ofFailure(failure)),
      ...accepted
    })

    const key = Headers.bearer(incoming)
    const route = routeOf(incoming)
    const refused = foreignHeader(incoming) ?? (incoming.trusted === true ? undefined : unauthorised(world, key))
    if (refused !== undefined) return reject(refused)
    if (isProblem(route)) return reject(route)
    if (route._tag === "Desk") {
      const work = route.clerk({ incoming, key: key ?? "", root, requestId })
      if (isProblem(work)) return reject(work)
      const frame = { headers: headers(requestId), requestId }
      return accept({ model: undefined, prompt: "", stream: false, answer: () => Desk.answer(work(), frame, json) })
    }
    if (route._tag === "Read") {
      const value = route.read()
      if (isProblem(value)) return reject(value)
      const read: Answer = { status: 200, headers: headers(requestId), requestId, body: json(value) }
      return accept({ model: undefined, prompt: "", stream: false, answer: () => read })
    }
    if (!Headers.isJson(incoming)) {
      return reject(
        problem(415, "Unsupported Media Type: expected application/json.", { code: "unsupported_media_type" })
      )
    }
    if (!isObject(incoming.body)) return reject(problem(400, "We could not parse the JSON body of your request."))
    const received = route.receive({ body: incoming.body, root, requestId, key: key ?? "" })
    if (isProblem(received)) return reject(received)
    return accept({ ...received, stream: at(incoming.body, "stream") === true })
  }

  const desk = Batches.make(world, openAi, receive)

  return {
    provider: "openai",
    basePath,
    receive,
    refuse: (failure) => answer(ofFailure(failure), `req_${digest(world.seed, String(world.time.now())).slice(0, 32)}`),
    rateHeaders,
    reset: () => {
      responses.reset()
      desk.reset()
    },
    keepsFiles: (path) => path === "/files",
    jobs: desk
  }
}
