/**
 * Recraft, from its own reference, appendix and pricing, and ComfyUI's client (2026-11-23).
 *
 * Unverified: how errors look, that V4 refuses what it may as well ignore, and the ratios of V3's and V2's sizes. The
 * sandbox draws no vectors.
 */
import { listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import { array, boolean, integer, object, oneOf, string } from "../Shape.ts"
import { images } from "../images/Charges.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { ofFailure, type Problem, problem } from "../openai/Problem.ts"

interface Model {
  readonly each: number
  readonly longest: number
  /** Whether it has styles, and takes a negative prompt. */
  readonly styles: boolean
  readonly sizes: Readonly<Record<string, Pictures.Size>>
}

const sizesOf = (table: Readonly<Record<string, string>>, factor = 1): Model["sizes"] =>
  Object.fromEntries(
    Object.entries(table).flatMap(([ratio, named]) => {
      const { height = 0, width = 0 } = Pictures.readSize(named) ?? {}
      const size = { width: width * factor, height: height * factor }
      return [[ratio, size], [`${size.width}x${size.height}`, size]]
    })
  )

const v4 = {
  "1:1": "1024x1024",
  "2:1": "1536x768",
  "1:2": "768x1536",
  "3:2": "1280x832",
  "2:3": "832x1280",
  "4:3": "1216x896",
  "3:4": "896x1216",
  "5:4": "1152x896",
  "4:5": "896x1152",
  "6:10": "832x1344",
  "14:10": "1280x896",
  "10:14": "896x1280",
  "16:9": "1344x768",
  "9:16": "768x1344"
}

const v3 = {
  "1:1": "1024x1024",
  "2:1": "2048x1024",
  "1:2": "1024x2048",
  "3:2": "1536x1024",
  "2:3": "1024x1536",
  "4:3": "1365x1024",
  "3:4": "1024x1365",
  "5:4": "1280x1024",
  "4:5": "1024x1280",
  "6:10": "1024x1707",
  "10:6": "1707x1024",
  "14:10": "1434x1024",
  "10:14": "1024x1434",
  "16:9": "1820x1024",
  "9:16": "1024x1820"
}

const ofV4 = { longest: 10_000, styles: false, sizes: sizesOf(v4) }
const ofPro = { ...ofV4, sizes: sizesOf(v4, 2) }
const before = { longest: 1000, styles: true, sizes: sizesOf(v3) }

const models: Readonly<Record<string, Model>> = {
  recraftv4_1: { ...ofV4, each: 0.035 },
  recraftv4_1_utility: { ...ofV4, each: 0.035 },
  recraftv4_1_flash: { ...ofV4, each: 0.007 },
  recraftv4_1_pro: { ...ofPro, each: 0.21 },
  recraftv4_1_utility_pro: { ...ofPro, each: 0.21 },
  recraftv3: { ...before, each: 0.04 },
  recraftv2: { ...before, each: 0.022 }
}

const colour = object({ rgb: array(integer({ min: 0, max: 255 }), { min: 3, max: 3 }) }, ["rgb"])

const shape = object({
  model: string,
  prompt: string,
  n: integer({ min: 1, max: 6 }),
  size: string,
  style: string,
  substyle: string,
  style_id: string,
  controls: object({
    colors: array(colour),
    background_color: colour,
    no_text: boolean,
    artistic_level: integer({ min: 0, max: 5 })
  }),
  negative_prompt: string,
  random_seed: integer(),
  response_format: oneOf("url", "b64_json")
}, ["prompt"])

const read = ({ body, root }: Painter.Asked): Painter.Painting | Problem => {
  const id = stringAt(body, "model") ?? "recraftv4_1"
  const model = Object.hasOwn(models, id) ? models[id] : undefined
  if (model === undefined) return problem(400, `Unknown model: ${id}`, { code: "invalid_model" })
  const prompt = stringAt(body, "prompt") ?? ""
  if (prompt.length === 0 || prompt.length > model.longest) {
    return problem(400, `The prompt has 1 to ${model.longest} characters.`, { code: "invalid_prompt" })
  }
  const alien = ["style", "substyle", "style_id", "negative_prompt"].find((name) => stringAt(body, name) !== undefined)
  if (alien !== undefined && !model.styles) {
    return problem(400, `${id} has no ${alien}.`, {
      code: alien === "negative_prompt" ? "invalid_request" : "invalid_style"
    })
  }
  const named = stringAt(body, "size") ?? "1:1"
  const size = Object.hasOwn(model.sizes, named) ? model.sizes[named] : undefined
  if (size === undefined) return problem(400, `Unsupported size: ${named}`, { code: "invalid_size" })
  const asBase64 = stringAt(body, "response_format") === "b64_json"
  // Colours that were asked for make another picture.
  const palette = listAt(objectAt(body, "controls"), "colors")
  const seed = `${numberAt(body, "random_seed") ?? root} ${JSON.stringify(palette)}`
  return {
    _tag: "Painting",
    model: id,
    ask: { ...size, prompt, seed, format: "webp" },
    count: numberAt(body, "n") ?? 1,
    goods: (count) => images(count, model.each),
    done: (made, { at, id, tellsUsage, usd }) => ({
      value: {
        created: Math.floor(at / 1000),
        ...(tellsUsage ? { credits: Math.round(usd * 1000) } : {}),
        data: made.map(({ base64, index, url }) => ({
          image_id: `${id.slice(0, 24)}${index}`,
          ...(asBase64 ? { b64_json: base64() } : { url: url() })
        }))
      }
    })
  }
}

export const make = Painter.make({
  provider: "recraft",
  basePath: "/recraft/v1",
  error: ({ code, message }) => ({ code: code ?? "invalid_request", message }),
  failure: (failure) =>
    failure.status === 402
      ? problem(402, failure.message ?? "Not enough credits.", { code: failure.code ?? "not_enough_credits" })
      : ofFailure(failure),
  links: { livesMillis: 86_400_000, deadStatus: 403 },
  blocked: () => problem(400, "The prompt was blocked by moderation.", { code: "prompt_blocked" }),
  endpoints: [{ _tag: "Make", path: /^\/images\/generations$/, shape: () => shape, read }]
})
