/**
 * Black Forest Labs: a job for each picture, which is asked after at the address that its answer names.
 *
 * Whether the vendor charges for what its moderation stops is unverified: here it doesn't. The sandbox calls no webhooks.
 */
import { settle } from "../Bill.ts"
import * as Door from "../Door.ts"
import { at, type JsonObject, numberAt, stringAt } from "../Json.ts"
import type { Answer, Failure, InBand, Protocol, World } from "../Protocol.ts"
import { type Issue, object } from "../Shape.ts"
import { charge } from "../images/Charges.ts"
import * as Jobs from "../images/Jobs.ts"
import * as Marks from "../images/Marks.ts"
import * as Pictures from "../images/Pictures.ts"
import * as Models from "./Models.ts"

const links: Pictures.Links = { livesMillis: 600_000, deadStatus: 403 }
const mostActive = 24

interface Value {
  readonly ask: Pictures.Ask
  /** Told once the job is done; made by the first poll that finds it so. */
  link?: string
}

const refusal = (status: number, detail: unknown, headers?: Readonly<Record<string, string>>): Door.Problem => ({
  _tag: "Problem",
  status,
  body: { detail },
  ...(headers === undefined ? {} : { headers })
})

const usual: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Not authenticated - Invalid Authentication",
  402: "Insufficient credits",
  403: "Not authenticated - Invalid Authentication",
  404: "Not Found",
  405: "Method Not Allowed",
  422: "Unprocessable entity",
  429: "Too many active tasks",
  503: "Service temporarily unavailable"
}

const ofFailure = ({ message, status }: Failure): Door.Problem =>
  refusal(
    status,
    message ?? usual[status] ?? "Internal Server Error",
    status === 429 ? { "retry-after": "5" } : undefined
  )

const inBand = ({ message }: InBand) => ({ detail: message ?? "Internal Server Error" })

const invalid = (name: string, msg: string, type = "value_error"): Door.Problem =>
  refusal(422, [{ type, loc: ["body", name], msg }])

const ofIssue = ({ flaw, path }: Issue): Door.Problem => {
  const loc = ["body", ...path.map((step) => typeof step === "object" ? step.tag : step)]
  const of = (type: string, msg: string) => refusal(422, [{ type, loc, msg }])
  switch (flaw._tag) {
    case "Unknown":
      return of("extra_forbidden", "Extra inputs are not permitted")
    case "Missing":
      return of("missing", "Field required")
    case "OutOfRange":
      return flaw.side === "min"
        ? of("greater_than_equal", `Input should be greater than or equal to ${flaw.bound}`)
        : of("less_than_equal", `Input should be less than or equal to ${flaw.bound}`)
    case "WrongType":
      return of(`${flaw.expected}_type`, `Input should be a valid ${flaw.expected}`)
    case "NotOneOf":
    case "UnknownTag":
      return of("enum", `Input should be ${flaw.values.map((value) => `'${value}'`).join(" or ")}`)
    case "Length":
      return of("too_long", `The list should have at ${flaw.side === "max" ? "most" : "least"} ${flaw.bound} items`)
  }
}

const sizeOf = (body: JsonObject, { byRatio }: Models.Model): Pictures.Size | Door.Problem => {
  if (byRatio) {
    const ratio = stringAt(body, "aspect_ratio") ?? "1:1"
    const size = Pictures.sizeOfRatio(ratio, 1_048_576)
    const shape = size === undefined ? 0 : size.width / size.height
    return size === undefined || shape > 2.5 || shape < 0.4
      ? invalid("aspect_ratio", "The aspect ratio must be between 21:9 and 9:21")
      : size
  }
  const size = { width: numberAt(body, "width") ?? 1024, height: numberAt(body, "height") ?? 1024 }
  for (const [name, length] of Object.entries(size)) {
    if (length % 16 !== 0) return invalid(name, "Input should be a multiple of 16", "multiple_of")
  }
  return size.width * size.height > 4 * 1_048_576 ? invalid("width", "The image is larger than 4 megapixels") : size
}

const inputsOf = (body: JsonObject, model: Models.Model): ReadonlyArray<Pictures.Input> | Door.Problem => {
  const inputs: Array<Pictures.Input> = []
  for (const name of Models.inputNames(model)) {
    const text = stringAt(body, name)
    if (text === undefined) continue
    const input = Pictures.readInput(text, ["url", "base64", "data"])
    if (input === undefined) return invalid(name, "Invalid image: expected a URL or base64")
    inputs.push(input)
  }
  return inputs
}

const mp = ({ height, width }: Pictures.Size): number => Math.round(width * height / 10_000) / 100

export const make = (world: World): Protocol => {
  const jobs = Jobs.make<Value>(world.time)
  const basePath = "/bfl/v1"

  const answered = (requestId: string, value: unknown, status = 200): Answer => ({
    status,
    headers: {},
    requestId,
    body: Door.json(value, inBand)
  })

  const submit =
    (model: Models.Model) => ({ body, key, requestId, root }: Door.Generation): Door.Received | Door.Problem => {
      const required = model.id === "flux-pro-1.0-fill" ? ["image"] : ["prompt"]
      const wrong = object(model.fields, required)(body)
      if (wrong !== undefined) return ofIssue(wrong)
      if (at(body, "webhook_url") != null) return invalid("webhook_url", "The sandbox calls no webhooks")
      const size = sizeOf(body, model)
      if (Door.isProblem(size)) return size
      const inputs = inputsOf(body, model)
      if (Door.isProblem(inputs)) return inputs
      if (jobs.underWay(key) >= mostActive) return ofFailure({ status: 429 })
      const prompt = stringAt(body, "prompt") ?? ""
      const format = stringAt(body, "output_format") === "png" ? "png" : "jpeg"
      const seed = numberAt(body, "seed") ?? Number.parseInt(root.slice(0, 8), 16)
      const marks = Marks.read(prompt)
      return {
        model: model.id,
        prompt,
        stream: false,
        answer: ({ drop }) => {
          jobs.submit({ id: requestId, key, marks, value: { ask: { ...size, prompt, seed, inputs, format } } })
          const charged = charge({
            provider: "bfl",
            requestId,
            responseId: requestId,
            model: model.id,
            goods: model.goods(size, inputs)
          })
          const cents = Number(settle(charged, 0).amount) / 1e10
          const told = {
            id: requestId,
            polling_url: `${world.origin()}${basePath}/get_result?id=${requestId}`,
            ...(drop?.includes("usage") === true ? {} : { cost: cents }),
            input_mp: inputs.reduce((sum, input) => sum + mp(input), 0),
            output_mp: mp(size)
          }
          const isFree = marks.blocked !== undefined || marks.fails
          return { ...answered(requestId, told), charge: isFree ? undefined : charged }
        }
      }
    }

  const told = (job: Jobs.Job<Value>): JsonObject => {
    const { id, value } = job
    const state = jobs.poll(job)
    const of = (status: string, rest: JsonObject = {}): JsonObject => ({ id, status, result: null, ...rest })
    switch (state._tag) {
      case "Queued":
        return of("Pending", { progress: 0 })
      case "Running":
        return of("Pending", { progress: Math.round(state.fraction * 100) / 100 })
      case "Blocked":
        return state.stage === "input"
          ? of("Request Moderated", { details: { "Moderation Reasons": ["Derivative Works Filter"] } })
          : of("Content Moderated", { details: { "Moderation Reasons": ["Safety Filter"] } })
      case "Done": {
        if (job.marks.isEmpty) return of("Ready")
        value.link ??= Pictures.link(world, links, value.ask)
        return of("Ready", { result: { sample: value.link, seed: value.ask.seed, prompt: value.ask.prompt } })
      }
      case "Failed":
      case "Cancelled":
        return of("Error", { details: { error: "Task failed" } })
    }
  }

  const poll = ({ incoming: { query }, key, requestId }: Door.Taken): Door.Received | Door.Problem => {
    const id = query.get("id")
    if (id === null) return refusal(422, [{ type: "missing", loc: ["query", "id"], msg: "Field required" }])
    const job = jobs.find(id, key)
    return {
      model: undefined,
      prompt: job?.value.ask.prompt ?? "",
      stream: false,
      answer: () => answered(requestId, job === undefined ? { id, status: "Task not found", result: null } : told(job))
    }
  }

  const door = Door.make(world, {
    provider: "bfl",
    basePath,
    ownHeaders: new Set(["x-key"]),
    requestId: (root) => root.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5"),
    headers: () => ({}),
    key: ({ headers }) => headers["x-key"],
    refusedKey: () => ofFailure({ status: 403 }),
    problem: ofFailure,
    inBand,
    route: ({ method, path }) => {
      if (path === "/get_result") {
        return method === "GET" ? { _tag: "Take", step: "poll", receive: poll } : ofFailure({ status: 405 })
      }
      const model = Models.models.get(path.slice(1))
      if (model === undefined) return ofFailure({ status: 404 })
      return method === "POST"
        ? { _tag: "Generate", step: "submit", receive: submit(model) }
        : ofFailure({ status: 405 })
    }
  })
  return {
    ...door,
    reset: () => {
      door.reset()
      jobs.clear()
    }
  }
}
