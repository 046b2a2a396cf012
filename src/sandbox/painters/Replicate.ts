/**
 * Replicate's predictions, from `replicate@1.4.0` and its own pages (2026-11-23): of official models, waited for where
 * `Prefer` asks for it, else asked after.
 *
 * Which inputs a model takes is its own schema: here those that these have in common, from memory. Unverified: how long
 * outputs are kept (here an hour), its words for what a model's filter stops, and that it doesn't charge for that.
 */
import { at, numberAt, objectAt, stringAt } from "../Json.ts"
import { any, boolean, decimal, type Fields, integer, object, oneOf, type Shape, string } from "../Shape.ts"
import { images } from "../images/Charges.ts"
import * as Jobs from "../images/Jobs.ts"
import * as Marks from "../images/Marks.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { isProblem, ofFailure, type Problem, problem } from "../openai/Problem.ts"

interface Model {
  readonly each: number
  readonly input: Fields
  /** One link, where there is never more than one picture. */
  readonly single: boolean
}

const shared: Fields = {
  prompt: string,
  aspect_ratio: string,
  seed: integer(),
  output_format: oneOf("webp", "jpg", "png"),
  output_quality: integer({ min: 0, max: 100 }),
  disable_safety_checker: boolean
}

const several: Fields = { ...shared, num_outputs: integer({ min: 1, max: 4 }), go_fast: boolean }

const models: Readonly<Record<string, Model>> = {
  "black-forest-labs/flux-schnell": { each: 0.003, input: several, single: false },
  "black-forest-labs/flux-dev": {
    each: 0.025,
    input: { ...several, guidance: decimal({ min: 0, max: 10 }), image: string },
    single: false
  },
  "black-forest-labs/flux-1.1-pro": {
    each: 0.04,
    input: { ...shared, width: integer(), height: integer(), image_prompt: string, prompt_upsampling: boolean },
    single: true
  },
  "ideogram-ai/ideogram-v3-quality": {
    each: 0.09,
    input: { prompt: string, aspect_ratio: string, seed: integer(), resolution: string, style_type: string },
    single: true
  }
}

const shapeOf = ([owner = "", name = ""]: ReadonlyArray<string>): Shape | Problem => {
  const id = `${owner}/${name}`
  const model = Object.hasOwn(models, id) ? models[id] : undefined
  return model === undefined
    ? problem(404, "The requested resource could not be found.", { code: "Not found" })
    : object({
      input: object(model.input, ["prompt"]),
      stream: boolean,
      webhook: any,
      webhook_events_filter: any
    }, ["input"])
}

const basePath = "/replicate/v1"

const failure = (painting: Painter.Painting): string =>
  Marks.read(painting.ask.prompt).blocked === undefined
    ? "Prediction failed for an unknown reason. It might have run out of memory?"
    : "NSFW content detected. Try running it again, or try a different prompt."

const statuses: Readonly<Record<Jobs.State["_tag"], string>> = {
  Queued: "starting",
  Running: "processing",
  Done: "succeeded",
  Failed: "failed",
  Blocked: "failed",
  Cancelled: "canceled"
}

const predictionOf = ({ about, made, painting, state }: Painter.Looked): Record<string, unknown> => {
  const url = `${about.world.origin()}${basePath}/predictions/${about.id}`
  const status = statuses[state._tag]
  return {
    id: about.id,
    model: painting.model,
    version: "hidden",
    status,
    input: { prompt: painting.ask.prompt },
    output: state._tag === "Done" ? painting.done(made(), about).value : null,
    error: status === "failed" ? failure(painting) : null,
    logs: "",
    metrics: Jobs.isOver(state) ? { predict_time: 1.2, total_time: 1.3 } : {},
    urls: { get: url, cancel: `${url}/cancel`, web: `https://replicate.com/p/${about.id}` },
    created_at: new Date(about.at).toISOString(),
    data_removed: false
  }
}

const read = ({ body, caught, incoming, root }: Painter.Asked): Painter.Painting | Problem => {
  const id = caught.join("/")
  const model = Object.hasOwn(models, id) ? models[id] : undefined
  if (model === undefined) return problem(404, "The requested resource could not be found.")
  if (at(body, "webhook") !== undefined) return problem(422, "The sandbox calls no webhooks.", { param: "webhook" })
  const input = objectAt(body, "input") ?? {}
  const prompt = stringAt(input, "prompt") ?? ""
  const ratio = stringAt(input, "aspect_ratio") ?? "1:1"
  const [width, height] = [numberAt(input, "width"), numberAt(input, "height")]
  const size = width === undefined || height === undefined
    ? Pictures.sizeOfRatio(ratio, 1_048_576)
    : { width, height }
  if (size === undefined) return problem(422, "- input.aspect_ratio: must be one of the listed values")
  const sources = ["image", "image_prompt"].flatMap((name) => stringAt(input, name) ?? [])
  const inputs = Painter.inputsOf(sources, ["url", "data"], "input.image")
  if (isProblem(inputs)) return inputs
  const format = stringAt(input, "output_format")
  const outputOf = (made: ReadonlyArray<Painter.Made>): unknown => {
    const urls = made.map(({ url }) => url())
    return model.single ? urls[0] ?? null : urls
  }
  return {
    _tag: "Painting",
    model: id,
    ask: {
      ...size,
      prompt,
      seed: numberAt(input, "seed") ?? root,
      inputs,
      format: format === "png" ? "png" : format === "jpg" ? "jpeg" : "webp"
    },
    count: numberAt(input, "num_outputs") ?? 1,
    goods: (count) => images(count, model.each),
    waits: /^wait(=\d+)?$/.test(incoming.headers["prefer"] ?? ""),
    submitted: (looked) => ({ status: 201, value: predictionOf(looked) }),
    done: (made) => ({ value: outputOf(made) })
  }
}

export const make = Painter.make({
  provider: "replicate",
  basePath,
  headers: new Set(["prefer", "cancel-after"]),
  error: ({ code, message, status }) => ({ detail: message, status, ...(code === null ? {} : { title: code }) }),
  failure: (failure) =>
    failure.status === 429
      ? problem(429, failure.message ?? "Request was throttled. Your rate limit resets in ~30s.")
      : failure.status === 402
      ? problem(402, failure.message ?? "You have insufficient credit to run this model.", {
        code: "Insufficient credit"
      })
      : { ...ofFailure(failure), code: failure.code ?? null },
  requestId: (root) => root.slice(0, 26),
  links: { livesMillis: 3_600_000, deadStatus: 404 },
  blocked: () => undefined,
  endpoints: [
    { _tag: "Make", path: /^\/models\/([^/]+)\/([^/]+)\/predictions$/, shape: shapeOf, read },
    {
      _tag: "Look",
      path: /^\/predictions\/([^/]+)$/,
      id: ([id = ""]) => id,
      told: (looked) => ({ value: predictionOf(looked) })
    },
    {
      _tag: "Cancel",
      path: /^\/predictions\/([^/]+)\/cancel$/,
      id: ([id = ""]) => id,
      // Before it has started it is `aborted`, for free.
      isFree: ({ _tag }) => _tag === "Queued",
      told: (looked) => {
        const { state } = looked
        const prediction = predictionOf(Jobs.isOver(state) ? looked : { ...looked, state: { _tag: "Cancelled" } })
        return { value: state._tag === "Queued" ? { ...prediction, status: "aborted" } : prediction }
      }
    }
  ]
})
