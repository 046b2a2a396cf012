/**
 * `POST /images/generations` and `POST /images/edits`: pictures as base64, whole or told in events.
 *
 * The sandbox makes no GIF and no SVG. Whether OpenAI charges for a picture that its moderation withholds is unverified:
 * here it doesn't.
 */
import * as Door from "../Door.ts"
import { at, type JsonObject, numberAt, stringAt } from "../Json.ts"
import type { Alteration, Answer, Event, Protocol, World } from "../Protocol.ts"
import { boolean, integer, nullable, object, oneOf, type Shape, string } from "../Shape.ts"
import * as Tokens from "../Tokens.ts"
import { charge, usd } from "../images/Charges.ts"
import * as Marks from "../images/Marks.ts"
import * as Multipart from "../images/Multipart.ts"
import * as Pictures from "../images/Pictures.ts"
import * as Models from "./ImageModels.ts"
import { headers, inBand, inBandBody, ofFailure, ofIssue, type Problem, problem, rateHeaders } from "./Problem.ts"

const common = {
  model: string,
  prompt: string,
  n: nullable(integer({ min: 1, max: 10 })),
  size: nullable(string),
  quality: nullable(oneOf("auto", ...Models.qualities)),
  output_format: nullable(oneOf("png", "jpeg", "webp")),
  output_compression: nullable(integer({ min: 0, max: 100 })),
  background: nullable(oneOf("transparent", "opaque", "auto")),
  complexity: nullable(oneOf("low", "medium", "high")),
  safety_identifier: nullable(string),
  user: string,
  stream: nullable(boolean),
  partial_images: nullable(integer({ min: 0, max: 3 }))
}

const generation = object({ ...common, moderation: nullable(oneOf("auto", "low")) }, ["model", "prompt"])
const edit = object({ ...common, input_fidelity: nullable(oneOf("high", "low")) }, ["model", "prompt"])

const kinds: Readonly<Record<string, Multipart.Kind>> = {
  n: "integer",
  output_compression: "integer",
  partial_images: "integer",
  stream: "boolean"
}

const editFiles: ReadonlySet<string> = new Set(["image", "image[]", "mask", "markup"])

interface Job {
  readonly model: Models.Model
  readonly ask: Omit<Pictures.Ask, "index">
  readonly quality: Models.Quality
  readonly count: number
  readonly partials: number
  readonly compression: number | undefined
  readonly fidelity: "high" | "low"
  readonly streams: boolean
  readonly kind: "image_generation" | "image_edit"
  readonly requestId: string
}

const told = ({ code, message, param, status, type }: Problem): Door.Problem => ({
  _tag: "Problem",
  status,
  body: { error: { message, type, param, code } }
})

const invalid = (message: string, param: string, code = "invalid_value"): Door.Problem =>
  told(problem(400, message, { param, code }))

const blocked = told(
  problem(400, "Your request was rejected by the safety system. If you believe this is an error, contact us.", {
    type: "image_generation_user_error",
    code: "moderation_blocked"
  })
)

const jobOf = (
  body: JsonObject,
  shape: Shape,
  kind: Job["kind"],
  inputs: ReadonlyArray<Pictures.Input>,
  { requestId, root }: { readonly requestId: string; readonly root: string }
): Job | Door.Problem => {
  const wrong = shape(body)
  if (wrong !== undefined) return told(ofIssue(wrong))
  const id = stringAt(body, "model") ?? ""
  const model = Models.find(id)
  if (model === undefined) {
    return told(
      problem(404, `The model \`${id}\` does not exist or you do not have access to it.`, {
        code: "model_not_found",
        param: "model"
      })
    )
  }
  const prompt = stringAt(body, "prompt") ?? ""
  if (prompt.length === 0 || prompt.length > 32_000) {
    return invalid(`Invalid 'prompt': expected 1 to 32000 characters, but got ${prompt.length}.`, "prompt")
  }
  const named = stringAt(body, "size") ?? "auto"
  const size = named === "auto" ? { width: 1024, height: 1024 } : Pictures.readSize(named)
  const refused = size === undefined ? "It is WIDTHxHEIGHT or auto." : Models.refusedSize(model, size)
  if (size === undefined || refused !== undefined) return invalid(`Invalid value: '${named}'. ${refused}`, "size")
  const asked = stringAt(body, "quality") ?? "auto"
  const quality = Models.qualities.find((name) => name === asked) ?? "medium"
  if (Models.qualities.indexOf(quality) > Models.qualities.indexOf(model.best)) {
    return invalid(`Invalid value: '${quality}' is not supported with ${id}.`, "quality")
  }
  const name = stringAt(body, "output_format")
  const format = name === "jpeg" || name === "webp" ? name : "png"
  const transparent = stringAt(body, "background") === "transparent"
  if (transparent && format === "jpeg") {
    return invalid("Transparent background is not supported for JPEG output format.", "background")
  }
  const compression = numberAt(body, "output_compression")
  if (compression !== undefined && format === "png") {
    return invalid("Compression less than 100 is not supported for PNG output format.", "output_compression")
  }
  const fidelity = stringAt(body, "input_fidelity")
  if (fidelity !== undefined && !model.takesFidelity) {
    return invalid(`The model '${id}' does not support the 'input_fidelity' parameter.`, "input_fidelity")
  }
  const streams = at(body, "stream") === true
  if (streams && (numberAt(body, "n") ?? 1) > 1) return invalid("The sandbox streams one picture.", "n")
  const partials = numberAt(body, "partial_images") ?? 0
  if (partials > 0 && !streams) return invalid("'partial_images' is only supported with 'stream'.", "partial_images")
  return {
    model,
    ask: { ...size, prompt, seed: root, inputs, format, transparent },
    quality,
    count: numberAt(body, "n") ?? 1,
    partials,
    compression,
    fidelity: fidelity === "high" ? "high" : "low",
    streams,
    kind,
    requestId
  }
}

const usageOf = ({ ask: { inputs = [], prompt, ...ask }, count, fidelity, model, partials, quality }: Job) => {
  const text = Tokens.count(prompt) + 6
  const image = inputs.reduce((sum, input) => sum + Models.inputTokens(input, fidelity), 0)
  const output = count * (Models.outputTokens(model, quality, ask) + partials * Models.partialTokens)
  return {
    input_tokens: text + image,
    input_tokens_details: { text_tokens: text, image_tokens: image },
    output_tokens: output,
    output_tokens_details: { text_tokens: 0, image_tokens: output },
    total_tokens: text + image + output
  }
}

const answer = (world: World, job: Job, { drop = [] }: Alteration): Answer => {
  const { ask, count, kind, model, partials, requestId, streams } = job
  const marks = Marks.read(ask.prompt)
  const usage = usageOf(job)
  const used = drop.includes("usage") ? {} : { usage }
  const perMillion = (price: number) => usd(price / 1_000_000)
  const charged = charge({
    provider: "openai",
    requestId,
    responseId: requestId,
    model: model.id,
    text: { tokens: usage.input_tokens_details.text_tokens, rate: perMillion(model.textInput) },
    goods: [
      { item: "imageInput", quantity: usage.input_tokens_details.image_tokens, rate: perMillion(model.imageInput) },
      { item: "imageOutput", quantity: usage.output_tokens, rate: perMillion(model.imageOutput) }
    ]
  })
  const created = Math.floor(world.time.now() / 1000)
  const about = {
    background: ask.transparent === true ? "transparent" : "opaque",
    output_format: ask.format,
    quality: job.quality,
    size: `${ask.width}x${ask.height}`
  }
  const picture = (index: number, woven?: number) => Pictures.base64({ ...ask, index, woven })
  if (!streams) {
    if (marks.blocked !== undefined) {
      return {
        status: blocked.status,
        headers: headers(requestId),
        requestId,
        body: Door.json(blocked.body, inBandBody)
      }
    }
    const data = Array.from({ length: marks.isEmpty ? 0 : count }, (_, index) => ({ b64_json: picture(index) }))
    return {
      status: 200,
      headers: headers(requestId),
      requestId,
      body: Door.json({ created, ...about, data, ...used }, inBandBody),
      charge: charged
    }
  }
  const event = (type: string, members: JsonObject): Event => ({
    event: type,
    data: JSON.stringify({ type, ...members }),
    tokens: 0
  })
  const partial = (index: number, number: number) =>
    event(`${kind}.partial_image`, {
      ...about,
      created_at: created,
      partial_image_index: number,
      b64_json: picture(index, (number + 1) / (partials + 1))
    })
  const completed = (index: number) =>
    event(`${kind}.completed`, { ...about, created_at: created, b64_json: picture(index), ...used })
  const events = Array.from({ length: partials }, (_, number) => partial(0, number))
  if (marks.blocked !== undefined) events.push(event("error", blockedEvent))
  else if (!marks.isEmpty && !drop.includes("terminal")) events.push(completed(0))
  return {
    status: 200,
    headers: headers(requestId),
    requestId,
    body: {
      _tag: "Events",
      events,
      fail: (_, failure) => event("error", { error: { ...inBand(failure), type: "server_error", param: null } })
    },
    charge: marks.blocked === undefined ? charged : undefined
  }
}

const blockedEvent: JsonObject = {
  error: {
    message: "Your request was rejected by the safety system.",
    type: "image_generation_user_error",
    param: null,
    code: "moderation_blocked"
  }
}

/** The pictures of an edit's form, or what is wrong with them. */
const filesOf = (form: Multipart.Form): ReadonlyArray<Pictures.Input> | Door.Problem => {
  const foreign = form.find(({ filename, name }) => filename !== undefined && !editFiles.has(name))
  if (foreign !== undefined) {
    return invalid(`Unknown parameter: '${foreign.name}'.`, foreign.name, "unknown_parameter")
  }
  const files = Multipart.filesOf(form, ...editFiles)
  const images = files.filter(({ name }) => name === "image" || name === "image[]")
  const masks = files.filter(({ name }) => name === "mask")
  const markups = files.filter(({ name }) => name === "markup")
  if (images.length === 0) {
    return invalid("Missing required parameter: 'image'.", "image", "missing_required_parameter")
  }
  if (images.length > 16) return invalid("At most 16 images are supported.", "image", "array_above_max_length")
  if (masks.length > 0 && markups.length > 0) return invalid("'markup' can't be combined with 'mask'.", "markup")
  const inputs: Array<Pictures.Input> = []
  for (const { bytes, name } of [...images, ...masks, ...markups]) {
    const input = Pictures.inputOf(bytes)
    if (input === undefined || input.format === "gif") {
      return invalid("Invalid image file or mode for image, please check your image file.", name, "invalid_image_file")
    }
    const limit = name === "mask" ? 4_000_000 : 50_000_000
    if (input.size > limit) return invalid(`The file is larger than ${limit} bytes.`, name, "image_too_large")
    inputs.push(input)
  }
  const [first] = inputs
  const mask = inputs[images.length]
  if (masks.length > 0 && mask !== undefined && first !== undefined) {
    if (mask.format !== "png") return invalid("The mask must be a PNG.", "mask", "invalid_image_file")
    if (mask.width !== first.width || mask.height !== first.height) {
      return invalid("The mask must have the size of the first image.", "mask", "invalid_image_file")
    }
  }
  return inputs
}

export const make = (world: World): Protocol => {
  const received = (job: Job | Door.Problem): Door.Received | Door.Problem =>
    Door.isProblem(job) ? job : {
      model: job.model.id,
      prompt: job.ask.prompt,
      stream: job.streams,
      answer: (alteration) => answer(world, job, alteration)
    }

  const edited = ({ incoming: { form }, ...taken }: Door.Taken): Door.Received | Door.Problem => {
    if (form === undefined) {
      return told(
        problem(400, "Invalid content type: expected multipart/form-data.", { code: "unsupported_content_type" })
      )
    }
    const inputs = filesOf(form)
    if (Door.isProblem(inputs)) return inputs
    const job = jobOf(Multipart.fieldsOf(form, kinds), edit, "image_edit", inputs, taken)
    const hasMarkup = Multipart.filesOf(form, "markup").length > 0
    return hasMarkup && !Door.isProblem(job) && !job.model.takesMarkup
      ? invalid(`The model '${job.model.id}' does not support the 'markup' parameter.`, "markup")
      : received(job)
  }

  const door = Door.make(world, {
    provider: "openai",
    basePath: "/openai/v1",
    ownHeaders: new Set(["openai-beta", "openai-organization", "openai-project", "x-client-request-id"]),
    requestId: (root) => `req_${root.slice(0, 32)}`,
    headers,
    problem: (failure) => told(ofFailure(failure)),
    inBand: inBandBody,
    route: ({ method, path }) => {
      if (method !== "POST") {
        return told(ofFailure({ status: 405, code: "method_not_supported", message: `Not allowed to ${method}.` }))
      }
      if (path === "/images/generations") {
        return {
          _tag: "Generate",
          step: "submit",
          receive: (taken) => received(jobOf(taken.body, generation, "image_generation", [], taken))
        }
      }
      return path === "/images/edits"
        ? { _tag: "Take", step: "submit", receive: edited }
        : told(ofFailure({ status: 404, message: `Invalid URL (${method} /v1${path})` }))
    }
  })
  return { ...door, serves: (path) => path.startsWith("/images/"), rateHeaders }
}
