/**
 * Recraft, from its own reference and ComfyUI's client (2026-11-23).
 *
 * Unverified: the ids of V4.1's variants, how errors look, and the prices of V2 and V3. The sandbox draws no vectors.
 */
import { listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import { array, boolean, integer, object, oneOf, string } from "../Shape.ts"
import { images } from "../images/Charges.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { isProblem, ofFailure, type Problem, problem } from "../openai/Problem.ts"

interface Model {
  readonly each: number
  readonly longest: number
  readonly styles: boolean
}

const models: Readonly<Record<string, Model>> = {
  recraftv4_1: { each: 0.035, longest: 10_000, styles: false },
  recraftv4_1_flash: { each: 0.007, longest: 10_000, styles: false },
  recraftv3: { each: 0.04, longest: 1000, styles: true },
  recraftv2: { each: 0.022, longest: 1000, styles: true }
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

const sizeOf = (named: string): Pictures.Size | Problem => {
  const size = named.includes(":") ? Pictures.sizeOfRatio(named, 1_048_576, 64) : Pictures.readSize(named)
  const fits = size !== undefined
    && [size.width, size.height].every((length) => length >= 512 && length <= 2048 && length % 64 === 0)
  return fits ? size : problem(400, `Unsupported size: ${named}`, { code: "invalid_size" })
}

const read = ({ body, root }: Painter.Asked): Painter.Painting | Problem => {
  const id = stringAt(body, "model") ?? "recraftv4_1"
  const model = Object.hasOwn(models, id) ? models[id] : undefined
  if (model === undefined) return problem(400, `Unknown model: ${id}`, { code: "invalid_model" })
  const prompt = stringAt(body, "prompt") ?? ""
  if (prompt.length === 0 || prompt.length > model.longest) {
    return problem(400, `The prompt has 1 to ${model.longest} characters.`, { code: "invalid_prompt" })
  }
  const style = ["style", "substyle", "style_id"].find((name) => stringAt(body, name) !== undefined)
  if (style !== undefined && !model.styles) return problem(400, `${id} has no ${style}.`, { code: "invalid_style" })
  const size = sizeOf(stringAt(body, "size") ?? "1024x1024")
  if (isProblem(size)) return size
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
