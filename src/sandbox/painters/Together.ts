/**
 * Together's pictures, from the types of `together-ai@0.52.0`, and docs.together.ai (2026-11-23).
 *
 * Which models there are today isn't known. Prices are those that third parties name for a megapixel, here of any picture;
 * its words for what moderation stops are made up.
 */
import { at, listAt, numberAt, stringAt } from "../Json.ts"
import { array, boolean, decimal, integer, object, oneOf, string } from "../Shape.ts"
import { images } from "../images/Charges.ts"
import * as Painter from "../images/Painter.ts"
import { isProblem, type Problem, problem } from "../openai/Problem.ts"
import { together } from "../vendors/Together.ts"

const prices: Readonly<Record<string, number>> = {
  "black-forest-labs/FLUX.1-schnell": 0.0027,
  "black-forest-labs/FLUX.1.1-pro": 0.04,
  "black-forest-labs/FLUX.1-kontext-pro": 0.04,
  "black-forest-labs/FLUX.1-kontext-max": 0.08,
  "black-forest-labs/FLUX.2-pro": 0.03
}

const length = integer({ min: 64, max: 2048 })

const shape = object({
  model: string,
  prompt: string,
  width: length,
  height: length,
  n: integer({ min: 1, max: 4 }),
  steps: integer({ min: 1, max: 50 }),
  seed: integer(),
  guidance_scale: decimal({ min: 0 }),
  negative_prompt: string,
  image_url: string,
  reference_images: array(string),
  image_loras: array(object({ path: string, scale: decimal() }, ["path"])),
  output_format: oneOf("jpeg", "png"),
  disable_safety_checker: boolean,
  response_format: oneOf("base64", "url")
}, ["model", "prompt"])

const read = ({ body, root }: Painter.Asked): Painter.Painting | Problem => {
  const model = stringAt(body, "model") ?? ""
  const each = Object.hasOwn(prices, model) ? prices[model] : undefined
  if (each === undefined) {
    return problem(404, `Unable to access model ${model}.`, { code: "model_not_available" })
  }
  const texts = [at(body, "image_url"), ...listAt(body, "reference_images")].filter((text) => typeof text === "string")
  const inputs = Painter.inputsOf(texts, ["url", "data"], "image_url")
  if (isProblem(inputs)) return inputs
  const type = stringAt(body, "response_format") === "base64" ? "b64_json" : "url"
  return {
    _tag: "Painting",
    model,
    ask: {
      width: numberAt(body, "width") ?? 1024,
      height: numberAt(body, "height") ?? 1024,
      prompt: stringAt(body, "prompt") ?? "",
      seed: numberAt(body, "seed") ?? root,
      inputs,
      format: stringAt(body, "output_format") === "png" ? "png" : "jpeg"
    },
    count: numberAt(body, "n") ?? 1,
    goods: (count) => images(count, each),
    done: (made, { id }) => ({
      value: {
        id,
        object: "list",
        model,
        data: made.map(({ base64, index, url }) => ({
          index,
          type,
          ...(type === "url" ? { url: url() } : { b64_json: base64() })
        }))
      }
    })
  }
}

export const make = Painter.make({
  provider: "together",
  basePath: together.basePath,
  serves: (path) => path.startsWith("/images/"),
  error: (problem) => together.error(problem),
  failure: (failure) => together.failure?.(failure),
  links: { livesMillis: 3_600_000, deadStatus: 403 },
  blocked: () => problem(422, "NSFW content detected in image."),
  endpoints: [{ _tag: "Make", path: /^\/images\/generations$/, shape: () => shape, read }]
})
