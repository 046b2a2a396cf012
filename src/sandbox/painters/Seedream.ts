/**
 * ByteDance's Seedream on BytePlus ModelArk, from `@ai-sdk/bytedance@1.0.29`, `volcengine-python-sdk`, ComfyUI's client and
 * 3rd parties (2026-11-23); prices written by hand, those of 5.0 pro and 5.5 from resellers.
 *
 * Unverified: how long links live (here a day), codes other than those of moderation, and the bounds of 5.5. The sandbox
 * makes as many pictures of a set as it may.
 */
import type { Goods } from "../Bill.ts"
import { at, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import type { Event } from "../Protocol.ts"
import { array, boolean, integer, object, oneOf, string, stringOr } from "../Shape.ts"
import { images, usd } from "../images/Charges.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { isProblem, type Problem, problem } from "../openai/Problem.ts"
import { byteDance } from "../vendors/ByteDance.ts"

interface Model {
  readonly tiers: ReadonlyArray<string>
  readonly formats: boolean
  /** Pixels. */
  readonly least: number
  readonly most: number
  readonly goods: (count: number, size: Pictures.Size, inputs: number) => ReadonlyArray<Goods>
}

const flat = (each: number): Model["goods"] => (count) => images(count, each)

const byPixels: Model["goods"] = (count, { height, width }, inputs) => [
  ...images(count, width * height <= 2_601_123 ? 0.02 : 0.035),
  { item: "inputImage", quantity: inputs, rate: usd(0.008) }
]

const byTier: Model["goods"] = (count, { height, width }) => images(count, width * height < 2_610_000 ? 0.045 : 0.09)

const wide = { least: 921_600, most: 16_777_216 }
const large = { least: 3_686_400, most: 16_777_216 }
const narrow = { least: 921_600, most: 4_624_220 }

const models: Readonly<Record<string, Model>> = {
  "seedream-4-0-250828": { tiers: ["1K", "2K", "4K"], formats: false, ...wide, goods: flat(0.03) },
  "seedream-4-5-251128": { tiers: ["2K", "4K"], formats: false, ...large, goods: flat(0.04) },
  "seedream-5-0-260128": { tiers: ["2K", "3K"], formats: true, ...large, goods: flat(0.035) },
  "seedream-5-0-lite-260128": { tiers: ["2K", "3K"], formats: true, ...large, goods: flat(0.035) },
  "dola-seedream-5-0-pro-260628": { tiers: ["1K", "2K"], formats: true, ...narrow, goods: byTier },
  "seedream-5-5-261028": { tiers: ["1K", "1.5K", "2K", "4K"], formats: true, ...wide, goods: byPixels }
}

const shape = object({
  model: string,
  prompt: string,
  image: stringOr(array(string, { min: 1, max: 14 })),
  size: string,
  response_format: oneOf("url", "b64_json"),
  watermark: boolean,
  output_format: oneOf("png", "jpeg"),
  sequential_image_generation: oneOf("auto", "disabled"),
  sequential_image_generation_options: object({ max_images: integer({ min: 1, max: 15 }) }),
  optimize_prompt_options: object({ mode: oneOf("standard", "fast") }),
  stream: boolean
}, ["model", "prompt"])

const sizeOf = (named: string, { least, most, tiers }: Model): Pictures.Size | Problem => {
  const edge = tiers.includes(named) ? Number.parseFloat(named) * 1024 : undefined
  const size = edge === undefined ? Pictures.readSize(named) : { width: edge, height: edge }
  const pixels = size === undefined ? 0 : size.width * size.height
  return size === undefined || pixels < least || pixels > most
    ? problem(400, `The parameter size is not valid: expected one of ${tiers.join(", ")}, or WIDTHxHEIGHT.`, {
      param: "size"
    })
    : size
}

const withheld = {
  code: "OutputImageSensitiveContentDetected",
  message: "The request failed because the output image may contain sensitive information."
}

const read = ({ body, root }: Painter.Asked): Painter.Painting | Problem => {
  const id = stringAt(body, "model") ?? ""
  const model = Object.hasOwn(models, id) ? models[id] : undefined
  if (model === undefined) {
    return problem(404, `The model ${id} does not exist or you do not have access to it.`, {
      code: "InvalidEndpointOrModel.NotFound"
    })
  }
  const size = sizeOf(stringAt(body, "size") ?? "2048x2048", model)
  if (isProblem(size)) return size
  const format = stringAt(body, "output_format")
  if (format !== undefined && !model.formats) {
    return problem(400, `The parameter output_format is not supported by ${id}.`, { param: "output_format" })
  }
  const image = at(body, "image")
  const texts = typeof image === "string" ? [image] : listAt(body, "image").filter((text) => typeof text === "string")
  const inputs = Painter.inputsOf(texts, ["url", "data"], "image")
  if (isProblem(inputs)) return inputs
  const most = numberAt(objectAt(body, "sequential_image_generation_options"), "max_images") ?? 15 - inputs.length
  const count = stringAt(body, "sequential_image_generation") === "auto" ? most : 1
  if (count + inputs.length > 15) {
    return problem(400, "Images given and made must be 15 at most.", { param: "sequential_image_generation_options" })
  }
  const asBase64 = stringAt(body, "response_format") === "b64_json"
  const streams = at(body, "stream") === true
  return {
    _tag: "Painting",
    model: id,
    ask: {
      ...size,
      prompt: stringAt(body, "prompt") ?? "",
      seed: root,
      inputs,
      format: format === "png" ? "png" : "jpeg"
    },
    count,
    goods: (made) => model.goods(made, size, inputs.length),
    streams,
    done: (made, about) => {
      const created = Math.floor(about.at / 1000)
      const good = made.filter(({ isBlocked }) => !isBlocked).length
      const tokens = Math.round(size.width * size.height / 256) * good
      const usage = about.tellsUsage
        ? {
          usage: { input_images: inputs.length, generated_images: good, output_tokens: tokens, total_tokens: tokens }
        }
        : {}
      const items = made.map(({ base64, isBlocked, url }): JsonObject =>
        isBlocked
          ? { error: withheld }
          : { ...(asBase64 ? { b64_json: base64() } : { url: url() }), size: `${size.width}x${size.height}` }
      )
      const event = (type: string, members: JsonObject): Event => ({
        event: type,
        data: JSON.stringify({ type, model: id, created, ...members }),
        tokens: 0
      })
      return {
        value: { model: id, created, data: items, ...usage },
        events: streams
          ? [
            ...items.map((item, image_index) =>
              event(`image_generation.partial_${Object.hasOwn(item, "error") ? "failed" : "succeeded"}`, {
                image_index,
                ...item
              })
            ),
            event("image_generation.completed", usage)
          ]
          : undefined
      }
    }
  }
}

export const make = Painter.make({
  provider: "bytedance",
  basePath: byteDance.basePath,
  serves: (path) => path.startsWith("/images/"),
  requestIdHeader: "x-request-id",
  error: (problem) =>
    byteDance.error(
      problem.status === 400 && problem.code?.includes("_") === true ? { ...problem, code: null } : problem
    ),
  failure: (failure) => byteDance.failure?.(failure),
  links: { livesMillis: 86_400_000, deadStatus: 403 },
  blocked: (stage) =>
    stage === "input"
      ? problem(400, "The request failed because the input text may contain sensitive information.", {
        code: "InputTextSensitiveContentDetected"
      })
      : undefined,
  judgesEach: true,
  endpoints: [{ _tag: "Make", path: /^\/images\/generations$/, shape: () => shape, read }]
})
