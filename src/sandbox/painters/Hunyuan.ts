/**
 * Tencent's Hunyuan, twice: at once over TokenHub, with a bearer's key, and in jobs of the cloud API, signed with TC3, from
 * cloud.tencent.com and `tencentcloud-sdk-nodejs-hunyuan@4.1.188` (2026-11-23).
 *
 * No price is known: those here are from resellers or made up. What 3.5 answers is told by two clients of it; unverified
 * are the codes for what moderation stops in the cloud API, and that it and TokenHub stop what was made like what was asked.
 */
import { at, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import type { Incoming, Protocol, World } from "../Protocol.ts"
import { array, boolean, byTag, integer, object, oneOf, type Shape, string, stringOr } from "../Shape.ts"
import { images } from "../images/Charges.ts"
import * as Painter from "../images/Painter.ts"
import * as Pictures from "../images/Pictures.ts"
import { isProblem, ofFailure, type Problem, problem } from "../openai/Problem.ts"
import { hunyuan } from "../vendors/Hunyuan.ts"
import * as Tc3 from "./Tc3.ts"

const older = object({
  model: oneOf("hy-image-v3"),
  prompt: string,
  size: string,
  images: array(string, { max: 3 }),
  seed: integer({ min: 1, max: 4_294_967_295 }),
  footnote: string,
  revise: boolean
}, ["model", "prompt"])

const newer = object({
  model: oneOf("hy-image-v3.5-preview"),
  messages: array(
    object({
      role: oneOf("user", "assistant"),
      content: stringOr(array(byTag("type", {
        text: object({ type: string, text: string }, ["text"]),
        image_url: object({ type: string, image_url: object({ url: string }, ["url"]) }, ["image_url"])
      })))
    }, ["role", "content"]),
    { min: 1 }
  ),
  size: string,
  generate_max_pixels: integer({ min: 1 }),
  seed: integer(),
  footnote: string
}, ["model", "messages"])

const partsOf = (body: JsonObject): ReadonlyArray<unknown> =>
  listAt(body, "messages").flatMap((message) => {
    const content = at(message, "content")
    return typeof content === "string" ? [{ type: "text", text: content }] : listAt(message, "content")
  })

/** 3.5 makes a size that is out of bounds fit. */
const sizeOf = (body: JsonObject, isNewer: boolean): Pictures.Size | Problem => {
  const named = stringAt(body, "size")
  const size = named === undefined ? { width: 1024, height: 1024 } : Pictures.readSize(named)
  if (size === undefined) return problem(400, "invalid parameter 'size'", { param: "size" })
  const { height, width } = size
  if (isNewer) {
    const fitted = (side: number) => Math.min(8192, Math.max(256, side))
    return width * height > 4096 * 4096
      ? { width: 4096, height: 4096 }
      : { width: fitted(width), height: fitted(height) }
  }
  return Math.min(width, height) < 512 || Math.max(width, height) > 2048 || width * height > 1024 * 1024
    ? problem(400, "invalid parameter 'size'", { param: "size" })
    : size
}

const atOnce = ({ body, root }: Painter.Asked): Painter.Painting | Problem => {
  const model = stringAt(body, "model") ?? ""
  const isNewer = model === "hy-image-v3.5-preview"
  const parts = partsOf(body)
  const prompt = stringAt(body, "prompt") ?? parts.flatMap((part) => stringAt(part, "text") ?? []).join("\n")
  if (prompt.length > 8192) return problem(400, "The prompt has 8192 characters at most.", { param: "prompt" })
  const size = sizeOf(body, isNewer)
  if (isProblem(size)) return size
  const sources = [
    ...listAt(body, "images").filter((text) => typeof text === "string"),
    ...parts.flatMap((part) => stringAt(objectAt(part, "image_url"), "url") ?? [])
  ]
  const inputs = Painter.inputsOf(sources, ["url", "data", "base64"], "images")
  if (isProblem(inputs)) return inputs
  return {
    _tag: "Painting",
    model,
    ask: { ...size, prompt, seed: numberAt(body, "seed") ?? root, inputs, format: "png" },
    count: 1,
    goods: (count) => images(count, isNewer ? 0.09 : 0.065),
    done: (made, { at, id }) => {
      const created = Math.floor(at / 1000)
      if (!isNewer) return { value: { id, created, data: made.map(({ url }) => ({ url: url() })) } }
      const choices = made.map(({ ask: { height, width }, url }) => ({
        finish_reason: "stop",
        delta: { type: "image", image: { url: url(), width, height } }
      }))
      return { value: { request_id: id, created, model, choices } }
    }
  }
}

export const tokenHub = Painter.make({
  provider: "hunyuan",
  basePath: hunyuan.basePath,
  serves: (path) => path.startsWith("/wand/"),
  error: (problem) => hunyuan.error(problem),
  failure: (failure) => hunyuan.failure?.(failure),
  links: { livesMillis: 12 * 3_600_000, deadStatus: 403 },
  blocked: () =>
    problem(451, "content was filtered by safety policy", { code: "451001", type: "content_filter_error" }),
  endpoints: [
    { _tag: "Make", path: /^\/wand\/hunyuan-image\/v3-generation$/, shape: () => older, read: atOnce },
    { _tag: "Make", path: /^\/wand\/hunyuan-image\/v35-generation$/, shape: () => newer, read: atOnce }
  ]
})

/** With what every secret id signs here. */
export const secretKey = "sandbox/tencent/secret/key"

interface Action {
  readonly version: string
  readonly service: string
  readonly each: number
  readonly shape: Shape
  readonly longest: number
}

const common = { Prompt: string, Resolution: string, LogoAdd: integer({ min: 0, max: 1 }), LogoParam: () => undefined }
const job = { ...common, Seed: integer({ min: 1 }), Revise: integer({ min: 0, max: 1 }) }

const actions: Readonly<Record<string, Action>> = {
  SubmitTextToImageJob: {
    version: "2022-12-29",
    service: "aiart",
    each: 0.065,
    shape: object(job, ["Prompt"]),
    longest: 1024
  },
  SubmitHunyuanImageJob: {
    version: "2023-09-01",
    service: "hunyuan",
    each: 0.05,
    shape: object({
      ...job,
      NegativePrompt: string,
      Style: string,
      Num: integer({ min: 1, max: 4 }),
      Clarity: oneOf("x2", "x4"),
      ContentImage: object({ ImageUrl: string, ImageBase64: string })
    }, ["Prompt"]),
    longest: 1024
  },
  TextToImageLite: {
    version: "2023-09-01",
    service: "hunyuan",
    each: 0.01,
    shape: object({
      ...common,
      NegativePrompt: string,
      Style: string,
      Seed: integer({ min: 1 }),
      RspImgType: oneOf("base64", "url")
    }, ["Prompt"]),
    longest: 256
  }
}

/** Of aiart. */
const resolutions = new Set([
  "640:1408",
  "704:1344",
  "768:1280",
  "832:1216",
  "896:1152",
  "960:1088",
  "1024:1024",
  "1088:960",
  "1152:896",
  "1216:832",
  "1280:768",
  "1344:704",
  "1408:640"
])

const queries: Readonly<Record<string, string>> = {
  QueryTextToImageJob: "2022-12-29",
  QueryHunyuanImageJob: "2023-09-01"
}

const refused = (code: string, message: string): Problem => problem(200, message, { code })

const actionOf = ({ headers }: Incoming): string => headers["x-tc-action"] ?? ""

const isKnown = (incoming: Incoming, version: string | undefined): boolean =>
  version !== undefined && incoming.headers["x-tc-version"] === version && incoming.headers["x-tc-region"] !== undefined

/** The secret's id, whose signature holds for the host with its port or without. */
const signer = ({ time }: World) => ({ headers, text }: Incoming): string | undefined | Problem => {
  const signed = Tc3.read(headers["authorization"])
  const timestamp = headers["x-tc-timestamp"] ?? ""
  if (signed === undefined) return refused("AuthFailure.SignatureFailure", "The authorization is not TC3-HMAC-SHA256.")
  const host = headers["host"] ?? ""
  const name = host.replace(/:\d+$/, "")
  const services = ["aiart", "hunyuan", name.split(".")[0]]
  if (!/^\d+$/.test(timestamp) || !Tc3.isFresh(signed, timestamp, time.now())) {
    return refused("AuthFailure.SignatureExpire", "The signature has expired.")
  }
  return services.includes(signed.service)
      && [host, name].some((host) =>
        Tc3.isSignedWith(signed, secretKey, { headers: { ...headers, host }, timestamp, body: text })
      )
    ? signed.id
    : refused("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")
}

const stopped = (stage: "input" | "output"): Problem =>
  stage === "input"
    ? refused("OperationDenied.TextIllegalDetected", "The text is not allowed.")
    : refused("OperationDenied.ImageIllegalDetected", "The picture is not allowed.")

const wrapped = (value: object, id: string): Painter.Reply => ({ value: { Response: { ...value, RequestId: id } } })

const read = ({ body, incoming, root }: Painter.Asked): Painter.Painting | Problem => {
  const name = actionOf(incoming)
  const action = actions[name]
  if (action === undefined) return refused("InvalidAction", "The action is not valid.")
  const prompt = stringAt(body, "Prompt") ?? ""
  if (prompt.length === 0 || prompt.length > action.longest) {
    return refused("InvalidParameterValue", `Prompt has 1 to ${action.longest} characters.`)
  }
  const resolution = stringAt(body, "Resolution") ?? "1024:1024"
  const size = Pictures.readSize(resolution, ":")
  const isListed = action.service !== "aiart" || resolutions.has(resolution)
  if (size === undefined || !isListed || size.width * size.height > 1_310_720) {
    return refused("InvalidParameterValue.Resolution", "Resolution is not supported.")
  }
  const content = objectAt(body, "ContentImage")
  const sources = ["ImageUrl", "ImageBase64"].flatMap((key) => stringAt(content, key) ?? [])
  const inputs = Painter.inputsOf(sources, ["url", "base64"], "ContentImage")
  if (isProblem(inputs)) return refused("InvalidParameterValue", "The picture is none.")
  const isLite = name === "TextToImageLite"
  const asUrl = stringAt(body, "RspImgType") === "url"
  return {
    _tag: "Painting",
    model: isLite ? "hunyuan-image-lite" : action.service === "aiart" ? "hunyuan-image-3.0" : "hunyuan-image",
    ask: { ...size, prompt, seed: numberAt(body, "Seed") ?? root, inputs, format: "png" },
    count: numberAt(body, "Num") ?? 1,
    goods: (count) => images(count, action.each),
    submitted: isLite ? undefined : ({ about }) => wrapped({ JobId: about.id }, about.id),
    done: (made, { id }) =>
      isLite
        ? wrapped({ ResultImage: asUrl ? made[0]?.url() : made[0]?.base64(), Seed: numberAt(body, "Seed") ?? 1 }, id)
        : wrapped({
          JobStatusCode: "5",
          JobStatusMsg: "done",
          ResultImage: made.map(({ url }) => url()),
          ResultDetails: made.map(() => "Success"),
          RevisedPrompt: made.map(() => prompt)
        }, id)
  }
}

const poll = ({ about, made, painting, state }: Painter.Looked): Painter.Reply | Problem => {
  const of = (JobStatusCode: string, JobStatusMsg: string, rest: object = {}) =>
    wrapped({ JobStatusCode, JobStatusMsg, JobErrorCode: "", JobErrorMsg: "", ResultImage: [], ...rest }, about.id)
  switch (state._tag) {
    case "Queued":
      return of("1", "waiting")
    case "Running":
      return of("2", "running")
    case "Done":
      return painting.done(made(), about)
    case "Blocked": {
      const { code, message } = stopped(state.stage)
      return of("4", "failed", { JobErrorCode: code, JobErrorMsg: message })
    }
    case "Failed":
    case "Cancelled":
      return of("4", "failed", { JobErrorCode: "FailedOperation.GenerateImageFailed", JobErrorMsg: "It failed." })
  }
}

const codes: Readonly<Record<number, string>> = {
  400: "InvalidParameter",
  401: "AuthFailure.SecretIdNotFound",
  402: "ResourceInsufficient.ChargeResourceExhaust",
  404: "FailedOperation.JobNotExist",
  429: "RequestLimitExceeded.JobNumExceed"
}

/** What a gateway before it answers comes as it is. */
const gateway = new Set([502, 504])

export const cloud = (world: World): Protocol =>
  Painter.make({
    provider: "hunyuan",
    basePath: "/hunyuan/cloud",
    headers: new Set([
      "x-tc-action",
      "x-tc-language",
      "x-tc-region",
      "x-tc-requestclient",
      "x-tc-timestamp",
      "x-tc-version"
    ]),
    key: signer(world),
    requestId: (root) => root.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5"),
    error: ({ code, message, status }, RequestId) => ({
      Response: {
        Error: { Code: /^[A-Z]/.test(code ?? "") ? code : codes[status] ?? "InternalError", Message: message },
        RequestId
      }
    }),
    errorStatus: ({ status }) => gateway.has(status) ? status : 200,
    failure: (failure) => ({ ...ofFailure(failure), code: failure.code ?? null }),
    links: { livesMillis: 3_600_000, deadStatus: 403 },
    blocked: stopped,
    cap: 1,
    endpoints: [
      {
        _tag: "Make",
        path: /^\/?$/,
        when: (incoming) => isKnown(incoming, actions[actionOf(incoming)]?.version),
        shape: (_, incoming) => actions[actionOf(incoming)]?.shape ?? object({}),
        read
      },
      {
        _tag: "Look",
        path: /^\/?$/,
        method: "POST",
        when: (incoming) => isKnown(incoming, queries[actionOf(incoming)]),
        id: (_, { body }) => stringAt(body, "JobId") ?? "",
        told: poll
      }
    ]
  })(world)
