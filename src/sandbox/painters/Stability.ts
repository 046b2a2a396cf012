/**
 * Stability AI's `stable-image/generate`, from ComfyUI's client and 3rd parties (2026-11-23). Every body is multipart.
 *
 * Unverified: that it charges for what it filters, and how it refuses a ratio beside a picture.
 */
import { numberAt, stringAt } from "../Json.ts"
import { decimal, type Fields, integer, object, oneOf, string } from "../Shape.ts"
import { images } from "../images/Charges.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { isProblem, ofFailure, type Problem, problem } from "../openai/Problem.ts"

const fields: Fields = {
  prompt: string,
  negative_prompt: string,
  aspect_ratio: oneOf("16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"),
  seed: integer({ min: 0, max: 4_294_967_294 }),
  output_format: oneOf("png", "jpeg", "webp")
}

const style = { style_preset: string }

const shapes: Readonly<Record<string, Fields>> = {
  ultra: { ...fields, ...style, strength: decimal({ min: 0, max: 1 }) },
  core: { ...fields, ...style },
  sd3: {
    ...fields,
    ...style,
    model: oneOf("sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium"),
    mode: oneOf("text-to-image", "image-to-image"),
    strength: decimal({ min: 0, max: 1 }),
    cfg_scale: decimal({ min: 1, max: 10 })
  }
}

/** In credits of a cent. */
const credits: Readonly<Record<string, number>> = {
  ultra: 8,
  core: 3,
  "sd3.5-large": 6.5,
  "sd3.5-large-turbo": 4,
  "sd3.5-medium": 3.5
}

const read = ({ body, caught: [kind = ""], form, incoming, root }: Painter.Asked): Painter.Painting | Problem => {
  const prompt = stringAt(body, "prompt") ?? ""
  if (prompt.length === 0 || prompt.length > 10_000) {
    return problem(400, "prompt: must have between 1 and 10000 characters", { param: "prompt" })
  }
  const inputs = Painter.filesOf(form, ...kind === "core" ? [] : ["image"])
  if (isProblem(inputs)) return inputs
  const strength = numberAt(body, "strength")
  if (inputs.length > 0 && strength === undefined) return problem(400, "strength: is required with an image")
  if (kind === "sd3" && (stringAt(body, "mode") === "image-to-image") !== inputs.length > 0) {
    return problem(400, "mode: an image goes with image-to-image, and with it alone")
  }
  if (kind === "sd3" && inputs.length > 0 && stringAt(body, "aspect_ratio") !== undefined) {
    return problem(400, "aspect_ratio: goes with text-to-image alone")
  }
  const named = stringAt(body, "output_format")
  const model = kind === "sd3" ? stringAt(body, "model") ?? "sd3.5-large" : kind
  const seed = numberAt(body, "seed") ?? 0
  const chosen = seed === 0 ? Painter.seedOf(root) : seed
  const size = Pictures.sizeOfRatio(stringAt(body, "aspect_ratio") ?? "1:1", 1_048_576, 64)
  return {
    _tag: "Painting",
    model,
    ask: {
      width: 1024,
      height: 1024,
      ...size,
      prompt,
      seed: chosen,
      inputs,
      format: named === "jpeg" || named === "webp" ? named : "png"
    },
    count: 1,
    goods: (count) => images(count, (credits[model] ?? 0) / 100),
    done: ([first]) => {
      const finish = first?.isBlocked === true ? "CONTENT_FILTERED" : "SUCCESS"
      // A filtered picture comes blurred: here black.
      const shown = first === undefined || !first.isBlocked ? first : { ...first, ask: { ...first.ask, black: true } }
      return (incoming.headers["accept"] ?? "").includes("application/json")
        ? {
          value: {
            ...(shown === undefined ? {} : { image: Pictures.base64(shown.ask) }),
            finish_reason: finish,
            seed: chosen
          }
        }
        : { value: {}, picture: shown, headers: { "finish-reason": finish, seed: String(chosen) } }
    }
  }
}

const names: Readonly<Record<number, string>> = {
  400: "bad_request",
  401: "unauthorized",
  402: "payment_required",
  403: "content_moderation",
  404: "not_found",
  413: "payload_too_large",
  422: "invalid_language",
  429: "rate_limit_exceeded"
}

export const make = Painter.make({
  provider: "stability",
  basePath: "/stability",
  requestIdHeader: "x-request-id",
  headers: new Set(["stability-client-id", "stability-client-user-id", "stability-client-version"]),
  error: ({ code, message, status }, id) => ({
    id,
    name: code ?? names[status] ?? (status >= 500 ? "internal_error" : "bad_request"),
    errors: [message]
  }),
  failure: (failure) => ({ ...ofFailure(failure), code: failure.code ?? null }),
  links: { livesMillis: 86_400_000, deadStatus: 404 },
  blocked: (stage) =>
    stage === "input"
      ? problem(
        403,
        "Your request was flagged by our content moderation system, as a result your request was denied.",
        {
          code: "content_moderation"
        }
      )
      : undefined,
  billsWithheld: true,
  endpoints: [{
    _tag: "Make",
    path: /^\/v2beta\/stable-image\/generate\/(ultra|core|sd3)$/,
    form: { seed: "integer", strength: "decimal", cfg_scale: "decimal" },
    shape: ([kind = ""]) => object(shapes[kind] ?? {}, ["prompt"]),
    read
  }]
})
