/**
 * Ideogram: 4.5 over JSON or, with pictures, forms, 3 and 4 over forms, at once or as a job, from its own reference, a
 * client made of its OpenAPI document, and ComfyUI's client (2026-11-23).
 *
 * Unverified: which fields 4.0 has besides its prompt, size and speed, and that pictures to start from are priced as edits.
 */
import { at, type JsonObject, numberAt, stringAt } from "../Json.ts"
import type { Incoming } from "../Protocol.ts"
import { boolean, decimal, type Fields, integer, object, oneOf, type Shape, string } from "../Shape.ts"
import { images } from "../images/Charges.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { isProblem, ofFailure, type Problem, problem } from "../openai/Problem.ts"

const shared: Fields = {
  seed: integer({ min: 0, max: 2_147_483_647 }),
  resolution: string,
  aspect_ratio: oneOf(
    "1x1",
    "1x2",
    "2x1",
    "1x3",
    "3x1",
    "2x3",
    "3x2",
    "3x4",
    "4x3",
    "4x5",
    "5x4",
    "9x16",
    "16x9",
    "10x16",
    "16x10"
  ),
  num_images: integer({ min: 1, max: 8 }),
  magic_prompt: oneOf("AUTO", "ON", "OFF"),
  negative_prompt: string
}

const third: Fields = {
  ...shared,
  prompt: string,
  rendering_speed: oneOf("FLASH", "TURBO", "DEFAULT", "QUALITY"),
  style_type: oneOf("AUTO", "GENERAL", "REALISTIC", "DESIGN", "FICTION"),
  style_codes: string,
  color_palette: string
}

const fourth: Fields = {
  text_prompt: string,
  json_prompt: string,
  resolution: string,
  rendering_speed: oneOf("TURBO", "DEFAULT", "QUALITY"),
  enable_copyright_detection: boolean
}

const newest: Fields = {
  prompt: string,
  magic_prompt: oneOf("auto", "on", "off"),
  size: string,
  quality: oneOf("very_low", "low", "medium", "high"),
  seed: integer({ min: 0, max: 2_147_483_647 }),
  num_images: integer({ min: 1, max: 8 }),
  enable_copyright_detection: boolean,
  async: boolean
}

const shapes: Readonly<Record<string, Shape>> = {
  "v2/image/generate/ideogram-4-5": object(newest, ["prompt"]),
  "v1/ideogram-v4/generate": object(fourth),
  "v1/ideogram-v4/async/generate": object(fourth),
  "v1/ideogram-v4/remix": object({ ...fourth, image_weight: decimal({ min: 1, max: 100 }) }),
  "v1/ideogram-v3/generate": object(third, ["prompt"]),
  "v1/ideogram-v3/edit": object(third, ["prompt"]),
  "v1/ideogram-v3/remix": object({ ...third, image_weight: decimal({ min: 1, max: 100 }) }, ["prompt"])
}

const files: Readonly<Record<string, ReadonlyArray<string>>> = {
  "v2/image/generate/ideogram-4-5": ["images", "mask"],
  "v1/ideogram-v4/remix": ["image"],
  "v1/ideogram-v3/generate": ["style_reference_images"],
  "v1/ideogram-v3/edit": ["image", "mask", "style_reference_images"],
  "v1/ideogram-v3/remix": ["image", "style_reference_images"]
}

/** US dollars, by what is asked of a model. */
const prices: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "ideogram-4-5": { low: 0.03, medium: 0.06, high: 0.1 },
  "ideogram-4-5 edit": { very_low: 0.008, low: 0.03, medium: 0.06, high: 0.22 },
  "ideogram-4": { TURBO: 0.03, DEFAULT: 0.06, QUALITY: 0.1 },
  "ideogram-3": { FLASH: 0.03, TURBO: 0.03, DEFAULT: 0.06, QUALITY: 0.09 }
}

const modelOf = (path: string): string =>
  path.includes("4-5") ? "ideogram-4-5" : path.includes("v4") ? "ideogram-4" : "ideogram-3"

/** Of 4.5: any within its bounds, where it really has a list of them. */
const newestSizeOf = (body: JsonObject, inputs: ReadonlyArray<Pictures.Input>): Pictures.Size | Problem => {
  const named = stringAt(body, "size") ?? "auto"
  if (named === "auto") return { width: 2048, height: 2048 }
  const size = named === "source" ? inputs[0] : Pictures.readSize(named)
  if (size === undefined) return problem(400, "size is not supported", { param: "size" })
  const { height, width } = size
  const isGood = width % 16 === 0 && height % 16 === 0 && Math.min(width, height) >= 256 &&
    width * height <= 4_194_304 && Math.max(width, height) / Math.min(width, height) <= 6
  return isGood ? { width, height } : problem(400, "size is not supported", { param: "size" })
}

const sizeOf = (body: JsonObject): Pictures.Size | Problem => {
  const [resolution, ratio] = [stringAt(body, "resolution"), stringAt(body, "aspect_ratio")]
  if (resolution !== undefined && ratio !== undefined) {
    return problem(400, "resolution and aspect_ratio exclude each other", { param: "resolution" })
  }
  const size = resolution === undefined
    ? Pictures.sizeOfRatio(ratio ?? "1x1", 1_048_576, 64, "x")
    : Pictures.readSize(resolution)
  return size === undefined || size.width % 16 !== 0 || size.height % 16 !== 0 || size.width * size.height > 4_194_304
    ? problem(400, "resolution is not supported", { param: "resolution" })
    : size
}

const read = ({ body, caught: [path = ""], form, root }: Painter.Asked): Painter.Painting | Problem => {
  const model = modelOf(path)
  const prompts = ["prompt", "text_prompt", "json_prompt"].flatMap((name) => stringAt(body, name) ?? [])
  if (prompts.length !== 1) return problem(400, "exactly one of text_prompt and json_prompt is required")
  const inputs = Painter.filesOf(form, ...files[path] ?? [])
  if (isProblem(inputs)) return inputs
  if (/\/(edit|remix)$/.test(path) && inputs.length === 0) return problem(400, "image is required", { param: "image" })
  const isNewest = model === "ideogram-4-5"
  const size = isNewest ? newestSizeOf(body, inputs) : sizeOf(body)
  if (isProblem(size)) return size
  const isEdit = inputs.length > 0
  if (inputs.length > 6) return problem(400, "images must be 5 at most", { param: "images" })
  const grade = stringAt(body, "quality") ?? stringAt(body, "rendering_speed") ??
    (isNewest ? isEdit ? "medium" : "high" : "DEFAULT")
  const each = prices[isNewest && isEdit ? `${model} edit` : model]?.[grade]
  if (each === undefined) return problem(400, `quality ${grade} needs images`, { param: "quality" })
  const seed = numberAt(body, "seed") ?? Painter.seedOf(root)
  const asJob = at(body, "async") === true || path.includes("/async/")
  const kind = isNewest ? { generation_kind: "sampling" } : {}
  return {
    _tag: "Painting",
    model,
    ask: { ...size, prompt: prompts[0] ?? "", seed, inputs, format: "png" },
    count: numberAt(body, "num_images") ?? 1,
    goods: (count) => images(count, each),
    submitted: asJob ? ({ about }) => ({ value: { generation_id: about.id, ...kind } }) : undefined,
    done: (made, { at, id }) => ({
      value: {
        ...(asJob || isNewest ? { generation_id: id, ...kind, seed } : {}),
        created: new Date(at).toISOString(),
        data: made.map(({ ask, index, isBlocked, url }) => ({
          url: isBlocked ? "" : url(),
          prompt: ask.prompt,
          resolution: `${ask.width}x${ask.height}`,
          seed: seed + index,
          is_image_safe: !isBlocked,
          ...(model === "ideogram-3" ? { style_type: stringAt(body, "style_type") ?? "GENERAL" } : {})
        }))
      }
    })
  }
}

const unsafe = "Prompt or provided image failed the safety checks"

const poll = ({ about, made, painting, state }: Painter.Looked): Painter.Reply | Problem => {
  const of = (status: string, rest: object = {}): Painter.Reply => ({
    value: { generation_id: about.id, status, ...rest }
  })
  const done = (): Painter.Reply => {
    const { value } = painting.done(made(), about)
    return of("completed", typeof value === "object" && value !== null ? value : {})
  }
  switch (state._tag) {
    case "Queued":
      return of("pending")
    case "Running":
      return of("pending")
    case "Done":
      return done()
    case "Blocked":
      return state.stage === "output" ? done() : of("failed", { failure_reason: unsafe })
    case "Failed":
    case "Cancelled":
      return of("failed", { failure_reason: "Generation failed" })
  }
}

const forms = {
  seed: "integer",
  num_images: "integer",
  image_weight: "integer",
  enable_copyright_detection: "boolean",
  async: "boolean"
} as const

const isForm = ({ form }: Incoming): boolean => form !== undefined

export const make = Painter.make({
  provider: "ideogram",
  basePath: "/ideogram",
  headers: new Set(["api-key"]),
  key: ({ headers }) => headers["api-key"],
  error: ({ message, status }) => ({
    error: message,
    ...(status === 429 ? { reject_reason: "inflight_limit", max_inflight_requests: 10 } : {})
  }),
  failure: (failure) =>
    failure.status === 429
      ? problem(429, failure.message ?? "Too many requests are in flight.")
      : ofFailure(failure),
  links: { livesMillis: 86_400_000, deadStatus: 403 },
  blocked: (stage) => stage === "input" ? problem(422, unsafe) : undefined,
  judgesEach: true,
  billsWithheld: true,
  cap: 10,
  endpoints: [
    {
      _tag: "Make",
      path: /^\/(v2\/image\/generate\/ideogram-4-5)$/,
      when: (incoming) => !isForm(incoming),
      shape: ([path = ""]) => shapes[path] ?? problem(404, "Not found"),
      read
    },
    {
      _tag: "Make",
      path: /^\/(v2\/image\/generate\/ideogram-4-5)$/,
      when: isForm,
      form: forms,
      shape: ([path = ""]) => shapes[path] ?? problem(404, "Not found"),
      read
    },
    {
      _tag: "Make",
      path: /^\/(v1\/ideogram-v(?:3\/(?:generate|edit|remix)|4\/(?:(?:async\/)?generate|remix)))$/,
      form: forms,
      shape: ([path = ""]) => shapes[path] ?? problem(404, "Not found"),
      read
    },
    { _tag: "Look", path: /^\/v[12]\/generations\/([^/]+)$/, id: ([id = ""]) => id, told: poll }
  ]
})
