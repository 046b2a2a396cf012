/**
 * Black Forest Labs: a job for each picture, which is asked after at the address that its answer names.
 *
 * Whether the vendor charges for what its moderation stops is unverified: here it doesn't. The sandbox calls no webhooks.
 */
import { at, type JsonObject, numberAt, stringAt } from "../Json.ts"
import type { Failure } from "../Protocol.ts"
import { object } from "../Shape.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { isProblem, type Problem, problem } from "../openai/Problem.ts"
import * as Models from "./BflModels.ts"
import * as Pydantic from "./Pydantic.ts"

const basePath = "/bfl/v1"

const invalid = (param: string, message: string): Problem => problem(422, message, { param })

const modelOf = ([id = ""]: ReadonlyArray<string>): Models.Model | Problem =>
  Models.models.get(id) ?? problem(404, "Not Found")

const sizeOf = (body: JsonObject, { byRatio }: Models.Model): Pictures.Size | Problem => {
  if (byRatio) {
    const size = Pictures.sizeOfRatio(stringAt(body, "aspect_ratio") ?? "1:1", 1_048_576)
    const shape = size === undefined ? 0 : size.width / size.height
    return size === undefined || shape > 2.5 || shape < 0.4
      ? invalid("aspect_ratio", "The aspect ratio must be between 21:9 and 9:21")
      : size
  }
  const size = { width: numberAt(body, "width") ?? 1024, height: numberAt(body, "height") ?? 1024 }
  for (const [name, length] of Object.entries(size)) {
    if (length % 16 !== 0) return invalid(name, "Input should be a multiple of 16")
  }
  return size.width * size.height > 4 * 1_048_576 ? invalid("width", "The image is larger than 4 megapixels") : size
}

const mp = ({ height, width }: Pictures.Size): number => Math.round(width * height / 10_000) / 100

const read = ({ body, caught, root }: Painter.Asked): Painter.Painting | Problem => {
  const model = modelOf(caught)
  if (isProblem(model)) return model
  if (at(body, "webhook_url") != null) return invalid("webhook_url", "The sandbox calls no webhooks")
  const size = sizeOf(body, model)
  if (isProblem(size)) return size
  const sources = Models.inputNames(model).flatMap((name) => stringAt(body, name) ?? [])
  const inputs = Painter.inputsOf(sources, ["url", "base64", "data"], "input_image")
  if (isProblem(inputs)) return inputs
  const seed = numberAt(body, "seed") ?? Painter.seedOf(root)
  const prompt = stringAt(body, "prompt") ?? ""
  return {
    _tag: "Painting",
    model: model.id,
    ask: { ...size, prompt, seed, inputs, format: stringAt(body, "output_format") === "png" ? "png" : "jpeg" },
    count: 1,
    goods: () => model.goods(size, inputs),
    submitted: ({ about: { id, tellsUsage, usd, world } }) => ({
      value: {
        id,
        polling_url: `${world.origin()}${basePath}/get_result?id=${id}`,
        ...(tellsUsage ? { cost: Math.round(usd * 1e6) / 1e4 } : {}),
        input_mp: inputs.reduce((sum, input) => sum + mp(input), 0),
        output_mp: mp(size)
      }
    }),
    done: ([first], { id }) => ({
      value: {
        id,
        status: "Ready",
        result: first === undefined ? null : { sample: first.url(), seed, prompt }
      }
    })
  }
}

const poll = ({ about, made, painting, state }: Painter.Looked): Painter.Reply => {
  const of = (status: string, rest: JsonObject = {}): Painter.Reply => ({
    value: { id: about.id, status, result: null, ...rest }
  })
  switch (state._tag) {
    case "Queued":
      return of("Pending", { progress: 0 })
    case "Running":
      return of("Pending", { progress: Math.round(state.fraction * 100) / 100 })
    case "Blocked":
      return state.stage === "input"
        ? of("Request Moderated", { details: { "Moderation Reasons": ["Derivative Works Filter"] } })
        : of("Content Moderated", { details: { "Moderation Reasons": ["Safety Filter"] } })
    case "Done":
      return painting.done(made(), about)
    case "Failed":
    case "Cancelled":
      return of("Error", { details: { error: "Task failed" } })
  }
}

const usual: Readonly<Record<number, string>> = {
  401: "Not authenticated - Invalid Authentication",
  402: "Insufficient credits",
  403: "Not authenticated - Invalid Authentication",
  404: "Not Found",
  405: "Method Not Allowed",
  429: "Too many active tasks",
  500: "Internal Server Error",
  503: "Service temporarily unavailable"
}

const failure = ({ message, status }: Failure): Problem =>
  problem(status, message ?? usual[status] ?? "The request is not valid.")

export const make = Painter.make({
  provider: "bfl",
  basePath,
  headers: new Set(["x-key"]),
  key: ({ headers }) => headers["x-key"],
  refusedKey: () => failure({ status: 403 }),
  requestId: (root) => root.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5"),
  error: (problem) => ({ detail: problem.param === null ? problem.message : [Pydantic.detailOf(problem)] }),
  errorStatus: Pydantic.statusOf,
  errorHeaders: ({ status }) => status === 429 ? { "retry-after": "5" } : {},
  failure,
  links: { livesMillis: 600_000, deadStatus: 403 },
  blocked: () => undefined,
  cap: 24,
  endpoints: [
    {
      _tag: "Look",
      path: /^\/get_result$/,
      id: (_, { query }) => query.get("id") ?? "",
      told: poll,
      lost: (id) => ({ value: { id, status: "Task not found", result: null } })
    },
    {
      _tag: "Make",
      path: /^\/([^/]+)$/,
      shape: (caught) => {
        const model = modelOf(caught)
        return isProblem(model) ? model : object(model.fields, [model.id === "flux-pro-1.0-fill" ? "image" : "prompt"])
      },
      read
    }
  ]
})
