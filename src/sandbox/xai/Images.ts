/**
 * xAI's pictures, from `@ai-sdk/xai@5.0.12` and resellers' documents (2026-11-23); prices written by hand.
 *
 * Unverified: the price of `grok-imagine-image-quality` and of 2.0, which shapes it takes, what it says for a prompt
 * that moderation stops, and that it doesn't charge for what moderation withholds.
 */
import { type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import { array, integer, object, oneOf, string } from "../Shape.ts"
import { images, usd } from "../images/Charges.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { isProblem, ofFailure, type Problem, problem } from "../openai/Problem.ts"
import { inBand, ofFailure as textFailure } from "./Problem.ts"

const prices: Readonly<Record<string, (resolution: string, quality: string) => number>> = {
  "grok-imagine-image": () => 0.02,
  "grok-imagine-image-quality": () => 0.05,
  "grok-imagine-image-2.0": (resolution, quality) =>
    0.04 + (resolution === "2k" ? 0.02 : 0) + (quality === "medium" ? 0.02 : 0)
}

const source = object({ url: string, type: oneOf("image_url") }, ["url"])

const fields = {
  model: string,
  prompt: string,
  n: integer({ min: 1, max: 10 }),
  aspect_ratio: oneOf("auto", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "2:1", "1:2", "20:9", "9:20"),
  resolution: oneOf("1k", "2k"),
  quality: oneOf("low", "medium"),
  response_format: oneOf("url", "b64_json"),
  user: string
}

const generation = object(fields, ["model", "prompt"])
const edit = object({ ...fields, image: source, images: array(source, { min: 1, max: 3 }) }, ["model", "prompt"])

const sourcesOf = (body: JsonObject): ReadonlyArray<string> =>
  [objectAt(body, "image"), ...listAt(body, "images")].map((image) => stringAt(image, "url") ?? "").filter((url) =>
    url !== ""
  )

const read = ({ body, caught: [kind], root }: Painter.Asked): Painter.Painting | Problem => {
  const model = stringAt(body, "model") ?? ""
  const price = Object.hasOwn(prices, model) ? prices[model] : undefined
  if (price === undefined) return problem(404, `The model ${model} does not exist.`, { code: "not-found" })
  const quality = stringAt(body, "quality")
  if (quality !== undefined && model !== "grok-imagine-image-2.0") {
    return problem(400, "Argument not supported: quality")
  }
  const sources = sourcesOf(body)
  if (kind === "edits" && sources.length === 0) return problem(400, "An image is required.")
  const inputs = Painter.inputsOf(sources, ["url", "data"], "image")
  if (isProblem(inputs)) return inputs
  const prompt = stringAt(body, "prompt") ?? ""
  const resolution = stringAt(body, "resolution") ?? "1k"
  const ratio = stringAt(body, "aspect_ratio") ?? "auto"
  const size = Pictures.sizeOfRatio(ratio === "auto" ? "1:1" : ratio, Painter.pixelsOf(resolution))
  const asBase64 = stringAt(body, "response_format") === "b64_json"
  return {
    _tag: "Painting",
    model,
    ask: { width: 1024, height: 1024, ...size, prompt, seed: root, inputs, format: "jpeg" },
    count: numberAt(body, "n") ?? 1,
    goods: (count) => [
      ...images(count, price(resolution, quality ?? "low")),
      { item: "inputImage", quantity: inputs.length, rate: usd(0.01) }
    ],
    done: (made, { tellsUsage, usd }) => ({
      value: {
        data: made.map(({ base64, isBlocked, url }) => ({
          ...(asBase64 ? { b64_json: isBlocked ? null : base64() } : { url: isBlocked ? null : url() }),
          revised_prompt: "",
          mime_type: "image/jpeg",
          respect_moderation: !isBlocked
        })),
        ...(tellsUsage ? { usage: { cost_in_usd_ticks: Math.round(usd * 1e10) } } : {})
      }
    })
  }
}

export const make = Painter.make({
  provider: "xai",
  basePath: "/xai/v1",
  serves: (path) => path.startsWith("/images/"),
  error: ({ code, message, param, status }) =>
    status >= 500 || code === null || param === null
      ? textFailure({ status, message, code: code ?? undefined }).body
      : code === "unknown_parameter"
      ? { code: "invalid-argument", error: `Argument not supported: ${param}` }
      : { error: { message, type: "invalid_request_error", code } },
  failure: (failure) => ({ ...ofFailure(failure), code: failure.code ?? null }),
  failed: inBand,
  links: { livesMillis: 3_600_000, deadStatus: 403 },
  blocked: (stage) =>
    stage === "input"
      ? problem(400, "The prompt was rejected by content moderation.", { code: "content-moderated" })
      : undefined,
  judgesEach: true,
  endpoints: [
    { _tag: "Make", path: /^\/images\/(generations)$/, shape: () => generation, read },
    { _tag: "Make", path: /^\/images\/(edits)$/, shape: () => edit, read }
  ]
})
