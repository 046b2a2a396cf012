/**
 * `/v1/files` and `/v1/batch/jobs`: rows from files or from the request itself.
 *
 * Unverified: how many rows it takes, that ids of rows may repeat, and that what it didn't come to is in no file.
 */
import * as Bill from "../Bill.ts"
import type * as Disk from "../Disk.ts"
import { isProblem, type Problem } from "../Door.ts"
import { at, isObject, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import * as Multipart from "../Multipart.ts"
import type { Accepted, Incoming, Rejected, World } from "../Protocol.ts"
import { digest } from "../Seed.ts"
import { anyObject, array, integer, nullable, object, oneOf, record, string } from "../Shape.ts"
import { type Asked, type Clerk, type Desk, type Reply, routed, type Table } from "../batches/Desk.ts"
import * as FileRoutes from "../batches/FileRoutes.ts"
import * as Files from "../batches/Files.ts"
import * as Jobs from "../batches/Jobs.ts"
import * as Results from "../batches/Results.ts"
import * as Models from "./Models.ts"
import { ofFailure, ofIssue, problem } from "./Problem.ts"

const inlineRows = 10_000
const fileRows = 1_000_000
const hour = 3_600_000

const endpoint = "/v1/chat/completions"

const statuses: Readonly<Record<Jobs.State, string>> = {
  validating: "QUEUED",
  running: "RUNNING",
  finalizing: "RUNNING",
  completed: "SUCCESS",
  failed: "FAILED",
  expired: "TIMEOUT_EXCEEDED",
  cancelling: "CANCELLATION_REQUESTED",
  cancelled: "CANCELLED"
}

const creation = object({
  input_files: nullable(array(string, { min: 1 })),
  requests: nullable(array(object({ custom_id: nullable(string), body: anyObject }, ["body"]), { min: 1 })),
  endpoint: oneOf(endpoint),
  model: nullable(string),
  metadata: nullable(record(string)),
  timeout_hours: integer({ min: 1, max: 168 })
}, ["endpoint"])

const seconds = (millis: number | undefined): number | null => millis === undefined ? null : Math.floor(millis / 1000)

/** As the vendor writes ids: a UUID. */
const uuid = (...parts: ReadonlyArray<string>): string =>
  digest(...parts).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5")

const invalid = (message: string, param: string): Problem => problem(message, "invalid_request_error", "1200", param)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const make = (world: World, receive: (incoming: Incoming) => Accepted | Rejected): Desk<Problem> => {
  const files = Files.make(world)
  const results = Results.make(world.disk)
  const { maxBytes, maxRows } = world.batches

  const fileIdOf = (job: Jobs.Job, kind: Results.Kind) => uuid(job.root, kind)

  const jobs = Jobs.make(world, {
    receive,
    alteration: {},
    discount: Bill.half,
    row: (line, { about }) => {
      const row = parsed(line)
      const body = objectAt(row, "body") ?? {}
      const model = stringAt(about, "model")
      return {
        customId: stringAt(row, "custom_id") ?? "",
        path: endpoint,
        body: model === undefined ? body : { ...body, model }
      }
    },
    check: ({ input }) => {
      const flaw = (message: string, line: number | null): Jobs.Flaw => ({ code: "", message, param: null, line })
      if (input.bytes() > (maxBytes ?? Infinity)) return flaw("The input file is too large.", null)
      if (input.lines() > (maxRows ?? fileRows)) return flaw("Too many requests in the batch.", null)
      if (input.bytes() === 0) return flaw("The input file is empty.", null)
      return (text, line) =>
        text.trim() === "" || objectAt(parsed(text), "body") !== undefined
          ? undefined
          : flaw("Invalid line in the input file.", line)
    },
    tell: (job, { index, outcome, row }) => {
      if (outcome._tag !== "Answered") return
      const { body, status } = outcome
      const id = `batch-${digest(job.root, String(index)).slice(0, 24)}`
      const line = { id, custom_id: row.customId, response: { status_code: status, body }, error: null }
      results.add(job, line, status < 400 ? "output" : "error")
    },
    close: (job) => {
      for (const kind of ["output", "error"] as const) {
        if (!results.has(job, kind)) continue
        files.add({
          id: fileIdOf(job, kind),
          name: `${kind}_${job.id}.jsonl`,
          purpose: "batch",
          content: results.of(job, kind),
          expiresAt: undefined
        })
      }
    }
  })

  const jobOf = (job: Jobs.Job): JsonObject => {
    const { about, counts, endsAt, flaws } = job
    const fileId = (kind: Results.Kind) => endsAt !== undefined && results.has(job, kind) ? fileIdOf(job, kind) : null
    return {
      id: job.id,
      object: "batch",
      input_files: listAt(about, "input_files"),
      metadata: at(about, "metadata") ?? null,
      endpoint,
      model: at(about, "model") ?? null,
      agent_id: null,
      output_file: fileId("output"),
      error_file: fileId("error"),
      errors: flaws.map(({ line, message }) => ({
        message: line === null ? message : `${message} (line ${line})`,
        count: 1
      })),
      outputs: null,
      status: statuses[job.state],
      created_at: seconds(job.createdAt),
      total_requests: job.total,
      completed_requests: counts.succeeded + counts.errored,
      succeeded_requests: counts.succeeded,
      failed_requests: counts.errored,
      started_at: seconds(job.runsAt),
      completed_at: seconds(endsAt)
    }
  }

  const fileOf = ({ content, createdAt, expiresAt, id, name, purpose }: Files.Kept): JsonObject => {
    const made = /^(output|error)_/.exec(name)?.[1]
    const sample = made === undefined ? "batch_request" : made === "output" ? "batch_result" : "batch_error"
    return {
      id,
      object: "file",
      bytes: content.bytes(),
      created_at: seconds(createdAt),
      filename: name,
      purpose,
      sample_type: sample,
      num_lines: content.lines(),
      mimetype: "application/jsonl",
      source: made === undefined ? "upload" : "mistral",
      signature: null,
      expires_at: seconds(expiresAt)
    }
  }

  const upload = ({ incoming: { form }, root }: Asked): Problem | (() => Reply) => {
    const { content, filename } = form?.find(({ name }) => name === "file") ?? {}
    if (form === undefined || content === undefined || filename === undefined) {
      return ofIssue({ path: ["file"], flaw: { _tag: "Missing" } })
    }
    if (!filename.endsWith(".jsonl")) return invalid("Invalid file format.", "file")
    const purpose = Multipart.fieldIn(form, "purpose") ?? "fine-tune"
    const hours = Number(Multipart.fieldIn(form, "expiry") ?? Number.NaN)
    return () => {
      const expiresAt = Number.isNaN(hours) ? undefined : world.time.now() + hours * hour
      return { body: fileOf(files.add({ id: uuid(root), name: filename, purpose, content, expiresAt })) }
    }
  }

  /** The one file of a job's rows, which its maker holds: those of several files one after the other. */
  const inputOf = (body: JsonObject): (() => Disk.File) | Problem => {
    const requests = listAt(body, "requests")
    const names = listAt(body, "input_files")
    if ((requests.length === 0) === (names.length === 0)) {
      return invalid("Exactly one of input_files and requests must be given.", "input_files")
    }
    if (requests.length > (maxRows ?? inlineRows)) {
      return invalid(`Too many requests: at most ${maxRows ?? inlineRows}.`, "requests")
    }
    const inputs = names.map((name) => files.find(String(name)))
    if (inputs.some((input) => input?.purpose !== "batch")) {
      return ofFailure({ status: 404, message: "File not found, or not of purpose batch." })
    }
    return () => {
      const [first, ...more] = inputs.flatMap((input) => input ?? [])
      if (first !== undefined && more.length === 0) return first.content.keep()
      const input = world.disk.make()
      for (const request of requests) input.append(`${JSON.stringify(request)}\n`)
      for (const { content } of [...first === undefined ? [] : [first], ...more]) {
        for (let line = 0; line < content.lines(); line++) input.append(`${content.line(line)}\n`)
      }
      return input
    }
  }

  const submit = ({ incoming: { body }, key, root }: Asked): Problem | (() => Reply) => {
    if (!isObject(body)) return ofFailure({ status: 400, message: "The body is no JSON object." })
    const wrong = creation(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const model = stringAt(body, "model")
    if (model !== undefined && !Models.models.has(model)) {
      return problem(`Invalid model: ${model}`, "invalid_model", "1500")
    }
    const open = inputOf(body)
    if (isProblem(open)) return open
    return () => {
      const input = open()
      const names = listAt(body, "input_files")
      const added = names.length > 0 ? undefined : files.add({
        id: uuid(root, "input"),
        name: "batch.jsonl",
        purpose: "batch",
        content: input,
        expiresAt: undefined
      })
      const job = jobs.add({
        id: uuid(root),
        root,
        headers: { authorization: `Bearer ${key}` },
        input,
        expiresAt: world.time.now() + (numberAt(body, "timeout_hours") ?? 24) * hour,
        about: { ...body, requests: undefined, input_files: added === undefined ? names : [added.id] }
      })
      input.release()
      return { body: jobOf(job), job: job.id }
    }
  }

  const found =
    (work: (job: Jobs.Job, asked: Asked) => Problem | (() => Reply)) => (id: string): Clerk<Problem> => (asked) => {
      const job = jobs.find(id)
      return job === undefined ? ofFailure({ status: 404, message: `Job ${id} not found.` }) : work(job, asked)
    }

  const list: Clerk<Problem> = ({ incoming: { query } }) => () => {
    const count = (name: string, usual: number) => Number(query.get(name) ?? usual)
    const size = count("page_size", 100)
    const wanted = new Set(query.getAll("status"))
    const model = query.get("model")
    const all = jobs.all().filter((job) =>
      (wanted.size === 0 || wanted.has(statuses[job.state])) && (model === null || model === at(job.about, "model"))
    )
    if (query.get("order_by") === "created") all.reverse()
    const from = count("page", 0) * size
    return { body: { data: all.slice(from, from + size).map(jobOf), object: "list", total: all.length } }
  }

  const withOutputs = (job: Jobs.Job): JsonObject => {
    if (job.endsAt === undefined) return jobOf(job)
    const outputs = (["output", "error"] as const).flatMap((kind) => {
      if (!results.has(job, kind)) return []
      const file = results.of(job, kind)
      return Array.from({ length: file.lines() }, (_, line) => parsed(file.line(line)))
    })
    return { ...jobOf(job), outputs }
  }

  const table: Table<Problem> = {
    ...FileRoutes.make(files, {
      missing: (id) => ofFailure({ status: 404, message: `File ${id} not found.` }),
      file: (file) => ({ ...fileOf(file), deleted: false }),
      list: (all, query) => {
        const purpose = query.get("purpose")
        const data = all.filter((file) => purpose === null || file.purpose === purpose).map(fileOf)
        return { data, object: "list", total: data.length }
      }
    }),
    "POST /files": () => upload,
    "POST /batch/jobs": () => submit,
    "GET /batch/jobs": () => list,
    "GET /batch/jobs/*": found((job, { incoming: { query } }) => () => ({
      body: query.get("inline") === "true" ? withOutputs(job) : jobOf(job)
    })),
    "DELETE /batch/jobs/*": found((job) => () => {
      jobs.remove(job.id)
      results.remove(job)
      return { body: { id: job.id, object: "batch", deleted: true } }
    }),
    "POST /batch/jobs/*/cancel": found((job) =>
      job.endsAt !== undefined
        ? invalid(`Job ${job.id} is over: ${statuses[job.state]}.`, "job_id")
        : () => {
          jobs.cancel(job.id)
          return { body: jobOf(job) }
        }
    )
  }

  const route = routed(table, () => ofFailure({ status: 405, message: "Method Not Allowed" }))
  return {
    route: (incoming) =>
      incoming.path.startsWith("/v1/") ? route({ ...incoming, path: incoming.path.slice("/v1".length) }) : undefined,
    catchUp: jobs.catchUp,
    finish: jobs.finish,
    reset: () => {
      jobs.clear()
      files.clear()
      results.clear()
    }
  }
}
