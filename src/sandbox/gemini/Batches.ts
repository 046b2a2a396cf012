/**
 * `batches`: requests of one model that come in the request or in a file, and are answered where they came from.
 *
 * Unverified: that a batch which expired tells nothing of what it finished (and charged), and how a file's flaws are told.
 */
import * as Bill from "../Bill.ts"
import type { Problem } from "../Door.ts"
import { at, isObject, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import type { Accepted, Incoming, Rejected, World } from "../Protocol.ts"
import { digest } from "../Seed.ts"
import { any, anyObject, array, object, string } from "../Shape.ts"
import { type Asked, type Clerk, type Desk, type Reply, routed, type Table } from "../batches/Desk.ts"
import * as Files from "../batches/Files.ts"
import * as Jobs from "../batches/Jobs.ts"
import * as Page from "../batches/Page.ts"
import * as Results from "../batches/Results.ts"
import * as Uploads from "./Files.ts"
import * as Models from "./Models.ts"
import { invalid, ofFailure, ofIssue, problem } from "./Problem.ts"

/** Of a batch that comes in the request. */
export const maxBytes = 20 * 1024 * 1024
const expiryMillis = 172_800_000
/** Made up: it is said only how large a file may be, two gigabytes. */
const maxRows = 200_000

const creation = object({
  batch: object({
    inputConfig: object({
      requests: object({
        requests: array(object({ request: anyObject, metadata: anyObject }, ["request"]), { min: 1 })
      }, ["requests"]),
      fileName: string
    }),
    displayName: string,
    model: string,
    priority: any
  }, ["inputConfig"])
}, ["batch"])

const states: Readonly<Record<Jobs.State, string>> = {
  validating: "BATCH_STATE_PENDING",
  running: "BATCH_STATE_RUNNING",
  finalizing: "BATCH_STATE_RUNNING",
  cancelling: "BATCH_STATE_RUNNING",
  completed: "BATCH_STATE_SUCCEEDED",
  failed: "BATCH_STATE_FAILED",
  cancelled: "BATCH_STATE_CANCELLED",
  expired: "BATCH_STATE_EXPIRED"
}

/** Google's numbers for its statuses. */
const codes: Readonly<Record<string, number>> = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16
}

/** An error's body as a status without HTTP. */
const statusOf = (body: unknown): JsonObject => {
  const error = objectAt(body, "error")
  return { code: codes[stringAt(error, "status") ?? ""] ?? 2, message: stringAt(error, "message") ?? "" }
}

const type = (name: string) => ({ "@type": `type.googleapis.com/google.ai.generativelanguage.v1main.${name}` })

const instant = (millis: number): string => new Date(millis).toISOString()

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const make = (
  world: World,
  basePath: string,
  receive: (incoming: Incoming) => Accepted | Rejected
): Desk<Problem> => {
  const files = Files.make(world)
  const uploads = Uploads.make(world, files, basePath)
  const results = Results.make(world.disk)
  const limits = world.batches

  const fileIdOf = (job: Jobs.Job) => `batch-${digest(job.root, "output").slice(0, 24)}`

  const fromFile = ({ about }: Jobs.Order) => stringAt(about, "fileName") !== undefined

  const jobs = Jobs.make(world, {
    receive,
    alteration: { answerServiceTier: "standard" },
    discount: Bill.half,
    row: (line, { about }) => {
      const row = parsed(line)
      return {
        customId: stringAt(row, "key") ?? "",
        echo: at(row, "metadata"),
        path: `/v1beta/models/${stringAt(about, "model")}:generateContent`,
        body: Object.fromEntries(Object.entries(objectAt(row, "request") ?? {}).filter(([name]) => name !== "model"))
      }
    },
    check: ({ input }) => {
      const flaw = (message: string, line: number | null): Jobs.Flaw => ({ code: "", message, param: null, line })
      if (input.bytes() > (limits.maxBytes ?? Infinity)) return flaw("The input file is too large.", null)
      if (input.lines() > (limits.maxRows ?? maxRows)) return flaw("The batch has too many requests.", null)
      return (text, line) =>
        text.trim() === "" || objectAt(parsed(text), "request") !== undefined
          ? undefined
          : flaw(`Line ${line} of the input file is no request.`, line)
    },
    tell: (job, { outcome, row }) => {
      if (outcome._tag !== "Answered") return
      const told = outcome.status < 400 ? { response: outcome.body } : { error: statusOf(outcome.body) }
      const whose = fromFile(job) ? { key: row.customId } : { metadata: row.echo }
      results.add(job, { ...whose, ...told })
    },
    close: (job) => {
      if (!fromFile(job) || job.state === "expired" || job.state === "failed") return
      files.add({
        id: fileIdOf(job),
        name: "",
        purpose: Uploads.madePurpose,
        content: results.of(job),
        expiresAt: world.time.now() + expiryMillis
      })
    }
  })

  const outputOf = (job: Jobs.Job): JsonObject | undefined => {
    if (job.state !== "completed" && job.state !== "cancelled") return undefined
    if (fromFile(job)) return { responsesFile: `files/${fileIdOf(job)}` }
    const file = results.of(job)
    const inlinedResponses = Array.from({ length: file.lines() }, (_, line) => parsed(file.line(line)))
    return { inlinedResponses: { inlinedResponses } }
  }

  const operationOf = (job: Jobs.Job, output: JsonObject | undefined): JsonObject => {
    const { about, counts, createdAt, endsAt, flaws, total } = job
    const name = `batches/${job.id}`
    const pending = total - counts.succeeded - counts.errored
    const stats = Object.entries({
      requestCount: total,
      pendingRequestCount: endsAt === undefined ? pending : 0,
      successfulRequestCount: counts.succeeded,
      failedRequestCount: counts.errored
    }).filter(([, count]) => count > 0)
    const [flaw] = flaws
    return {
      name,
      metadata: {
        ...type("GenerateContentBatch"),
        model: `models/${stringAt(about, "model")}`,
        ...(at(about, "displayName") === undefined ? {} : { displayName: at(about, "displayName") }),
        createTime: instant(createdAt),
        updateTime: instant(endsAt ?? job.runsAt ?? createdAt),
        ...(endsAt === undefined ? {} : { endTime: instant(endsAt) }),
        batchStats: Object.fromEntries(stats.map(([name, count]) => [name, String(count)])),
        state: states[job.state],
        name,
        ...(output === undefined ? {} : { output })
      },
      ...(endsAt === undefined ? {} : { done: true }),
      ...(flaw === undefined ? {} : { error: { code: 3, message: flaw.message } }),
      // The vendor tells it twice.
      ...(output === undefined ? {} : { response: { ...type("GenerateContentBatchOutput"), ...output } })
    }
  }

  const submit = (model: string): Clerk<Problem> => ({ incoming: { body }, key, root }) => {
    if (!isObject(body)) return invalid("The body is no JSON object.")
    const wrong = creation(body)
    if (wrong !== undefined) return ofIssue(wrong)
    if (Models.find(model, world.time.now()) === undefined) {
      return problem(404, `models/${model} is not found for API version v1beta, or is not supported for batches.`)
    }
    const batch = objectAt(body, "batch")
    const config = objectAt(batch, "inputConfig")
    const fileName = stringAt(config, "fileName")
    const requests = listAt(objectAt(config, "requests"), "requests")
    if ((fileName === undefined) === (requests.length === 0)) {
      return invalid("Exactly one of requests and file_name must be given in input_config.")
    }
    const file = files.find((fileName ?? "").replace(/^files\//, ""))
    if (fileName !== undefined && file === undefined) return problem(404, `File ${fileName} is not found.`)
    if (requests.length > (limits.maxRows ?? maxRows)) return invalid("The batch has too many requests.")
    return () => {
      const input = file?.content.keep() ?? world.disk.make()
      for (const request of requests) input.append(`${JSON.stringify(request)}\n`)
      const job = jobs.add({
        id: root.slice(0, 36),
        root,
        headers: { "x-goog-api-key": key },
        input,
        expiresAt: world.time.now() + expiryMillis,
        about: { model, displayName: at(batch, "displayName"), fileName }
      })
      input.release()
      return { body: operationOf(job, undefined), job: `batches/${job.id}` }
    }
  }

  const found = (work: (job: Jobs.Job, asked: Asked) => () => Reply) => (id: string): Clerk<Problem> => (asked) => {
    const job = jobs.find(id)
    return job === undefined ? ofFailure({ status: 404 }) : work(job, asked)
  }

  const list: Clerk<Problem> = ({ incoming: { query } }) => () => {
    const size = Page.limitIn(query, 50, 1000, "pageSize")
    const { hasMore, items } = Page.after(jobs.all(), query.get("pageToken"), size)
    const next = hasMore ? { nextPageToken: items.at(-1)?.id } : {}
    // What they told would be too much here.
    return { body: { operations: items.map((job) => operationOf(job, undefined)), ...next } }
  }

  const table: Table<Problem> = {
    ...uploads.table,
    "POST /models/*:batchGenerateContent": submit,
    "GET /batches": () => list,
    "GET /batches/*": found((job) => () => ({ body: operationOf(job, outputOf(job)) })),
    "POST /batches/*:cancel": found((job) => () => {
      jobs.cancel(job.id)
      return { body: {} }
    }),
    "DELETE /batches/*": found((job) => () => {
      jobs.remove(job.id)
      results.remove(job)
      return { body: {} }
    })
  }

  const route = routed(table, () => ofFailure({ status: 404 }))
  return {
    route: (incoming) => {
      const [, upload = "", path] = /^(\/upload)?\/v1(?:beta)?(\/.+)$/.exec(incoming.path) ?? []
      return path === undefined ? undefined : route({ ...incoming, path: upload + path })
    },
    catchUp: jobs.catchUp,
    finish: jobs.finish,
    reset: () => {
      jobs.clear()
      files.clear()
      uploads.clear()
      results.clear()
    }
  }
}
