/**
 * fal.ai's queue, from `@fal-ai/client@1.10.1` and its own documents (2026-11-23). A flagged picture comes black, in a good
 * answer; a flagged prompt is an error of the result.
 *
 * Which inputs a model takes is its own schema: here those that these have in common. Their prices, by the picture, are
 * from resellers. It charges for a picture that it shows black, and not for a prompt that it refuses: unverified.
 */
import { at, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import { array, boolean, decimal, type Fields, integer, object, oneOf, type Shape, string, stringOr } from "../Shape.ts"
import { images } from "../images/Charges.ts"
import * as Jobs from "../images/Jobs.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { isProblem, ofFailure, type Problem, problem } from "../openai/Problem.ts"
import * as Picture from "../pictures/Picture.ts"
import * as Pydantic from "./Pydantic.ts"

interface Model {
  readonly each: number
  readonly fields: Fields
}

const named: Readonly<Record<string, Pictures.Size>> = {
  square_hd: { width: 1024, height: 1024 },
  square: { width: 512, height: 512 },
  portrait_4_3: { width: 768, height: 1024 },
  portrait_16_9: { width: 576, height: 1024 },
  landscape_4_3: { width: 1024, height: 768 },
  landscape_16_9: { width: 1024, height: 576 }
}

const length = integer({ min: 64, max: 4096 })

const fields: Fields = {
  prompt: string,
  image_size: stringOr(object({ width: length, height: length }, ["width", "height"]), oneOf(...Object.keys(named))),
  num_images: integer({ min: 1, max: 4 }),
  seed: integer(),
  num_inference_steps: integer({ min: 1, max: 50 }),
  guidance_scale: decimal({ min: 0, max: 20 }),
  output_format: oneOf("jpeg", "png"),
  sync_mode: boolean,
  enable_safety_checker: boolean
}

const models: Readonly<Record<string, Model>> = {
  "fal-ai/flux/schnell": { each: 0.003, fields },
  "fal-ai/flux/dev": { each: 0.025, fields },
  "fal-ai/flux/dev/image-to-image": { each: 0.03, fields: { ...fields, image_url: string, strength: decimal() } },
  "fal-ai/nano-banana-2": { each: 0.08, fields: { ...fields, image_urls: array(string), aspect_ratio: string } }
}

const shapeOf = ([id = ""]: ReadonlyArray<string>): Shape | Problem => {
  const model = Object.hasOwn(models, id) ? models[id] : undefined
  return model === undefined
    ? problem(404, `Application ${id} not found`, { code: "not_found" })
    : object(model.fields, ["prompt"])
}

const basePath = "/fal"

const sizeOf = (body: unknown): Pictures.Size | undefined => {
  const size = objectAt(body, "image_size")
  const ratio = stringAt(body, "aspect_ratio")
  if (size !== undefined) return { width: numberAt(size, "width") ?? 1024, height: numberAt(size, "height") ?? 1024 }
  if (ratio !== undefined) return Pictures.sizeOfRatio(ratio, 1_048_576)
  return named[stringAt(body, "image_size") ?? "landscape_4_3"]
}

const addressesOf = ({ id, world }: Painter.About, model: string) => {
  const app = model.split("/").slice(0, 2).join("/")
  const url = `${world.origin()}${basePath}/${app}/requests/${id}`
  return { response_url: url, status_url: `${url}/status`, cancel_url: `${url}/cancel` }
}

const read = ({ body, caught: [id = ""], incoming, root }: Painter.Asked): Painter.Painting | Problem => {
  if (incoming.query.has("fal_webhook")) return problem(422, "The sandbox calls no webhooks.", { param: "fal_webhook" })
  const size = sizeOf(body)
  if (size === undefined) return problem(422, "Input should be a ratio", { param: "aspect_ratio", code: "value_error" })
  const sources = [at(body, "image_url"), ...listAt(body, "image_urls")].filter((text) => typeof text === "string")
  const inputs = Painter.inputsOf(sources, ["url", "data"], "image_url")
  if (isProblem(inputs)) return { ...inputs, status: 422, code: "image_load_error" }
  const isChecked = at(body, "enable_safety_checker") !== false
  const seed = numberAt(body, "seed") ?? Painter.seedOf(root)
  const inline = at(body, "sync_mode") === true
  return {
    _tag: "Painting",
    model: id,
    ask: {
      ...size,
      prompt: stringAt(body, "prompt") ?? "",
      seed,
      inputs,
      format: stringAt(body, "output_format") === "png" ? "png" : "jpeg"
    },
    count: numberAt(body, "num_images") ?? 1,
    goods: (count) => images(count, models[id]?.each ?? 0),
    submitted: ({ about }) => ({
      value: { status: "IN_QUEUE", request_id: about.id, queue_position: 0, ...addressesOf(about, id) }
    }),
    done: (made, { world }) => {
      const shown = made.map(({ ask, isBlocked }) => isBlocked && isChecked ? { ...ask, black: true } : ask)
      return {
        value: {
          images: shown.map((ask) => ({
            url: inline
              ? `data:${Picture.mediaTypes[ask.format]};base64,${Pictures.base64(ask)}`
              : Pictures.link(world, links, ask),
            width: ask.width,
            height: ask.height,
            content_type: Pictures.contentType(ask)
          })),
          seed,
          has_nsfw_concepts: made.map(({ isBlocked }) => isBlocked),
          timings: { inference: 0.5 },
          prompt: stringAt(body, "prompt")
        }
      }
    }
  }
}

const links: Pictures.Links = { livesMillis: 7 * 86_400_000, deadStatus: 404 }

const status = ({ about, painting, state }: Painter.Looked): Painter.Reply => {
  const of = (word: string, rest = {}) => ({
    status: word === "COMPLETED" ? 200 : 202,
    value: { status: word, request_id: about.id, ...addressesOf(about, painting.model), ...rest }
  })
  switch (state._tag) {
    case "Queued":
      return of("IN_QUEUE", { queue_position: state.position })
    case "Running":
      return of("IN_PROGRESS", { logs: [] })
    default:
      return of("COMPLETED", { logs: [], metrics: { inference_time: 0.5 } })
  }
}

/** Links stay what they are, however often the result is fetched. */
const results = new WeakMap<Painter.Painting, Painter.Reply>()

const result = ({ about, made, painting, state }: Painter.Looked): Painter.Reply | Problem => {
  switch (state._tag) {
    case "Queued":
    case "Running":
      return problem(400, "Request is still in progress", { code: "request_in_progress" })
    case "Failed":
      return problem(500, "Internal server error", { code: "internal_server_error" })
    case "Cancelled":
      return problem(499, "The request was cancelled.", { code: "client_cancelled" })
    case "Blocked":
      if (state.stage === "input") {
        return problem(
          422,
          "The content could not be processed because it contained material flagged by a content checker.",
          {
            code: "content_policy_violation",
            param: "prompt"
          }
        )
      }
      break
    case "Done":
  }
  const reply = results.get(painting) ?? painting.done(made(), about)
  results.set(painting, reply)
  return reply
}

/** What the platform refuses; all else is refused by the model. */
const platform: ReadonlySet<string> = new Set(["not_found", "request_in_progress", "client_cancelled"])

export const make = Painter.make({
  provider: "fal",
  basePath,
  headers: new Set(["x-fal-request-timeout", "x-fal-queue-priority", "x-fal-object-lifecycle-preference"]),
  key: ({ headers }) => /^Key\s+(\S+)$/.exec(headers["authorization"] ?? "")?.[1],
  requestId: (root) => root.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5"),
  requestIdHeader: "x-fal-request-id",
  error: (problem) =>
    problem.param === null
      ? { detail: problem.message, ...(problem.code === null ? {} : { error_type: problem.code }) }
      : {
        detail: [{ ...Pydantic.detailOf(problem), url: "https://docs.fal.ai/errors" }]
      },
  errorStatus: Pydantic.statusOf,
  errorHeaders: ({ code, status }) => ({
    "x-fal-retryable": String(status >= 500 || status === 429),
    ...(platform.has(code ?? "") ? { "x-fal-error-type": code ?? "" } : {})
  }),
  failure: (failure) => ({ ...ofFailure(failure), code: failure.code ?? null, param: null }),
  links,
  blocked: () => undefined,
  judgesEach: true,
  billsWithheld: true,
  endpoints: [
    {
      _tag: "Look",
      path: /^\/[^/]+\/[^/]+\/requests\/([^/]+)\/status$/,
      id: ([id = ""]) => id,
      told: status
    },
    { _tag: "Look", path: /^\/[^/]+\/[^/]+\/requests\/([^/]+)$/, quiet: true, id: ([id = ""]) => id, told: result },
    {
      _tag: "Cancel",
      path: /^\/[^/]+\/[^/]+\/requests\/([^/]+)\/cancel$/,
      method: "PUT",
      id: ([id = ""]) => id,
      isFree: ({ _tag }) => _tag === "Queued",
      told: ({ state }) =>
        Jobs.isOver(state)
          ? problem(400, "Request already completed", { code: "request_in_progress" })
          : { status: 202, value: { status: "CANCELLATION_REQUESTED" } }
    },
    { _tag: "Make", path: /^\/([^/]+\/(?!.*\/requests\/).+)$/, shape: shapeOf, read }
  ]
})
