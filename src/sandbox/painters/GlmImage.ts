/**
 * Z.AI's GLM-Image and CogView-4, at once or as a job, from docs.z.ai and `z-ai-sdk-python` (2026-11-23).
 *
 * Unverified: the prices, what levels of `content_filter` mean, how long links live (here a day), and that what is
 * withheld costs nothing.
 */
import { stringAt } from "../Json.ts"
import { boolean, object, oneOf, string } from "../Shape.ts"
import { images } from "../images/Charges.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { isProblem, type Problem, problem } from "../openai/Problem.ts"
import { zai } from "../vendors/Zai.ts"

interface Model {
  readonly each: number
  readonly size: Pictures.Size
  readonly min: number
  readonly step: number
  readonly pixels: number
  readonly isAsync: boolean
}

const models: Readonly<Record<string, Model>> = {
  "glm-image": {
    each: 0.015,
    size: { width: 1280, height: 1280 },
    min: 1024,
    step: 32,
    pixels: 2 ** 22,
    isAsync: true
  },
  "cogview-4-250304": {
    each: 0.01,
    size: { width: 1024, height: 1024 },
    min: 512,
    step: 16,
    pixels: 2 ** 21,
    isAsync: false
  }
}

/** Sizes that GLM-Image takes besides those that it takes by rule. */
const listed: ReadonlySet<string> = new Set(["1728x960", "960x1728"])

const shape = object({
  model: string,
  prompt: string,
  size: string,
  quality: oneOf("hd", "standard"),
  user_id: string,
  watermark_enabled: boolean,
  request_id: string
}, ["model", "prompt"])

const sizeOf = (named: string | undefined, { min, pixels, size, step }: Model): Pictures.Size | Problem => {
  if (named === undefined) return size
  const asked = Pictures.readSize(named)
  const fits = asked !== undefined && asked.width * asked.height <= pixels
    && [asked.width, asked.height].every((length) => length >= min && length <= 2048 && length % step === 0)
  return asked !== undefined && (fits || listed.has(named))
    ? asked
    : problem(400, `size: ${min} to 2048 in steps of ${step}, ${pixels} pixels at most`, { code: "1210" })
}

const filter = (level: number) => [{ role: "assistant", level }]

const read = ({ body, caught: [prefix], root }: Painter.Asked): Painter.Painting | Problem => {
  const id = stringAt(body, "model") ?? ""
  const model = Object.hasOwn(models, id) ? models[id] : undefined
  if (model === undefined || (prefix === "/async" && !model.isAsync)) {
    return problem(400, "Unknown Model, please check the model code.", { code: "1211" })
  }
  if (prefix === "/async" && stringAt(body, "quality") === "standard") {
    return problem(400, "quality: hd is all there is for a job", { code: "1210" })
  }
  const size = sizeOf(stringAt(body, "size"), model)
  if (isProblem(size)) return size
  const user = stringAt(body, "user_id")
  if (user !== undefined && (user.length < 6 || user.length > 128)) {
    return problem(400, "user_id: 6 to 128 characters", { code: "1210" })
  }
  const request_id = stringAt(body, "request_id")
  const asJob = prefix === "/async"
  return {
    _tag: "Painting",
    model: id,
    ask: { ...size, prompt: stringAt(body, "prompt") ?? "", seed: root, format: "png" },
    count: 1,
    goods: (count) => images(count, model.each),
    submitted: asJob
      ? ({ about }) => ({
        value: { model: id, id: about.id, request_id: request_id ?? about.id, task_status: "PROCESSING" }
      })
      : undefined,
    done: (made, about) => {
      const urls = made.flatMap(({ isBlocked, url }) => isBlocked ? [] : [{ url: url() }])
      return {
        value: asJob
          ? {
            model: id,
            id: about.id,
            request_id: request_id ?? about.id,
            task_status: "SUCCESS",
            image_result: urls
          }
          : {
            created: Math.floor(about.at / 1000),
            id: about.id,
            request_id: request_id ?? about.id,
            data: urls,
            content_filter: filter(made.some(({ isBlocked }) => isBlocked) ? 0 : 3)
          }
      }
    }
  }
}

const poll = ({ about, made, painting, state }: Painter.Looked): Painter.Reply | Problem => {
  const of = (task_status: string, rest = {}): Painter.Reply => ({
    value: { model: painting.model, id: about.id, request_id: about.id, task_status, ...rest }
  })
  switch (state._tag) {
    case "Queued":
    case "Running":
      return of("PROCESSING")
    case "Done":
      return painting.done(made(), about)
    case "Blocked":
      return of("FAIL", { content_filter: filter(0), error: { code: "1301", message: sensitive } })
    case "Failed":
    case "Cancelled":
      return of("FAIL")
  }
}

const sensitive = "System detected potentially unsafe or sensitive content in input or generation."

export const make = Painter.make({
  provider: "zai",
  basePath: zai.basePath,
  serves: (path) => /^(\/async)?\/images\/|^\/async-result\//.test(path),
  error: (problem) => zai.error(problem),
  failure: (failure) => zai.failure?.(failure),
  links: { livesMillis: 86_400_000, deadStatus: 403 },
  blocked: (stage) => stage === "input" ? problem(400, sensitive, { code: "1301" }) : undefined,
  endpoints: [
    { _tag: "Make", path: /^(\/async)?\/images\/generations$/, shape: () => shape, read },
    { _tag: "Look", path: /^\/async-result\/([^/]+)$/, id: ([id = ""]) => id, told: poll }
  ]
})
