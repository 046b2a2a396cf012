/**
 * MiniMax's `image_generation`, from copies of platform.minimaxi.com and rig-core 0.45.0 (2026-11-23). Failures come with
 * status 200.
 *
 * The price and what most codes mean are unverified. Of MiniMax-H3-Image not even the fields are known: the sandbox
 * doesn't speak for it.
 */
import { type JsonObject, listAt, numberAt, stringAt } from "../Json.ts"
import { array, boolean, integer, object, oneOf, string } from "../Shape.ts"
import { images } from "../images/Charges.ts"
import * as Painter from "../images/Painter.ts"
import type * as Pictures from "../images/Pictures.ts"
import { isProblem, ofFailure, type Problem, problem } from "../openai/Problem.ts"
import { inBand } from "./Problem.ts"

const length = integer({ min: 512, max: 2048 })

const sizes: Readonly<Record<string, Pictures.Size>> = {
  "1:1": { width: 1024, height: 1024 },
  "16:9": { width: 1280, height: 720 },
  "4:3": { width: 1152, height: 864 },
  "3:2": { width: 1248, height: 832 },
  "2:3": { width: 832, height: 1248 },
  "3:4": { width: 864, height: 1152 },
  "9:16": { width: 720, height: 1280 },
  "21:9": { width: 1344, height: 576 }
}

const shape = object({
  model: oneOf("image-01", "image-01-live"),
  prompt: string,
  style: object({ style_type: string, style_weight: integer() }),
  aspect_ratio: oneOf(...Object.keys(sizes)),
  width: length,
  height: length,
  n: integer({ min: 1, max: 9 }),
  seed: integer(),
  response_format: oneOf("url", "base64"),
  prompt_optimizer: boolean,
  aigc_watermark: boolean,
  subject_reference: array(object({ type: oneOf("character"), image_file: string }, ["type", "image_file"]), { min: 1 })
}, ["model", "prompt"])

const codes: Readonly<Record<number, number>> = { 400: 2013, 401: 1004, 402: 1008, 403: 2049, 429: 1002 }

/** A code of MiniMax's own, which comes with status 200. */
const told = (code: number, message: string): Problem => problem(200, message, { code: String(code) })

const sizeOf = (body: JsonObject): Pictures.Size | Problem => {
  const ratio = stringAt(body, "aspect_ratio")
  const width = numberAt(body, "width")
  const height = numberAt(body, "height")
  if (ratio !== undefined || (width === undefined && height === undefined)) {
    return sizes[ratio ?? "1:1"] ?? { width: 1024, height: 1024 }
  }
  return width === undefined || height === undefined || width % 8 !== 0 || height % 8 !== 0
    ? told(2013, "invalid params, width and height must both be set and be multiples of 8")
    : { width, height }
}

const read = ({ body, root }: Painter.Asked): Painter.Painting | Problem => {
  const model = stringAt(body, "model") ?? ""
  const prompt = stringAt(body, "prompt") ?? ""
  if (prompt.length === 0 || prompt.length > 1500) return told(2013, "invalid params, prompt has 1 to 1500 characters")
  if (body["style"] !== undefined && model !== "image-01-live") return told(2013, "invalid params, style")
  const size = sizeOf(body)
  if (isProblem(size)) return size
  const files = listAt(body, "subject_reference").map((subject) => stringAt(subject, "image_file") ?? "")
  const inputs = Painter.inputsOf(files, ["url", "data"], "subject_reference")
  if (isProblem(inputs)) return inputs
  const asBase64 = stringAt(body, "response_format") === "base64"
  return {
    _tag: "Painting",
    model,
    ask: { ...size, prompt, seed: numberAt(body, "seed") ?? root, inputs, format: "jpeg" },
    count: numberAt(body, "n") ?? 1,
    goods: (count) => images(count, 0.0035),
    done: (made, { id }) => {
      const good = made.filter(({ isBlocked }) => !isBlocked)
      return {
        value: {
          id,
          data: asBase64
            ? { image_base64: good.map(({ base64 }) => base64()) }
            : { image_urls: good.map(({ url }) => url()) },
          metadata: { success_count: good.length, failed_count: made.length - good.length },
          base_resp: { status_code: 0, status_msg: "success" }
        }
      }
    }
  }
}

export const make = Painter.make({
  provider: "minimax",
  basePath: "/minimax/v1",
  error: ({ code, message, status }) => ({
    base_resp: {
      status_code: /^\d+$/.test(code ?? "") ? Number(code) : codes[status] ?? 1000,
      status_msg: message
    }
  }),
  failure: (failure) => ({ ...ofFailure(failure), code: failure.code ?? null }),
  refusedKey: () => told(1004, "login fail: Please carry the API secret key in the 'Authorization' field"),
  // Only what has no place or broke has a status of its own.
  errorStatus: ({ status }) => status < 500 && status !== 404 ? 200 : status,
  failed: inBand,
  links: { livesMillis: 86_400_000, deadStatus: 403 },
  blocked: (stage) => stage === "input" ? told(1026, "input new_sensitive") : told(1027, "output new_sensitive"),
  judgesEach: true,
  endpoints: [{ _tag: "Make", path: /^\/image_generation$/, shape: () => shape, read }]
})
