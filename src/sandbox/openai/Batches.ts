/**
 * Files and batches as OpenAI has them, and those that speak its protocol by a record of how theirs differ.
 *
 * What a file and its lines are refused for is as OpenAI documents it; the words of messages are made up.
 */
import * as Bill from "../Bill.ts"
import { at, isObject, type JsonObject, numberAt, objectAt, stringAt } from "../Json.ts"
import * as Multipart from "../Multipart.ts"
import type { Accepted, Alteration, Incoming, Rejected, World } from "../Protocol.ts"
import { digest } from "../Seed.ts"
import { integer, nullable, object, oneOf, record, type Shape, string } from "../Shape.ts"
import { type Asked, type Clerk, type Desk, type Reply, routed, type Table } from "../batches/Desk.ts"
import * as FileRoutes from "../batches/FileRoutes.ts"
import * as Files from "../batches/Files.ts"
import * as Jobs from "../batches/Jobs.ts"
import * as Page from "../batches/Page.ts"
import * as Results from "../batches/Results.ts"
import * as Lines from "./BatchLines.ts"
import { ofIssue, type Problem, problem } from "./Problem.ts"

/** What one vendor makes of it. */
export interface Style {
  readonly provider: string
  /** The paths that batches are for, as rows name them, and what is before the vendor's own path in them. */
  readonly endpoints: ReadonlyArray<string>
  readonly prefix: string
  /** What an expiry may be asked for by, in milliseconds. */
  readonly windows: Readonly<Record<string, number>>
  readonly maxRows: number
  readonly maxBytes: number
  /** All rows of a batch are of one model. */
  readonly oneModel: boolean
  readonly alteration: Alteration
  readonly purposes: ReadonlyArray<string>
}

const day = 86_400_000
const month = 30 * day

export const openAi: Style = {
  provider: "openai",
  endpoints: ["/v1/responses", "/v1/chat/completions"],
  prefix: "/v1",
  windows: { "24h": day },
  maxRows: 50_000,
  maxBytes: 200 * 1024 * 1024,
  oneModel: true,
  // A batch is a tier of its own, which answers don't name.
  alteration: { answerServiceTier: "default" },
  purposes: ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
}

const seconds = (millis: number | undefined): number | null => millis === undefined ? null : Math.floor(millis / 1000)

const states: Readonly<Record<Jobs.State, string>> = {
  validating: "validating",
  failed: "failed",
  running: "in_progress",
  finalizing: "finalizing",
  completed: "completed",
  cancelling: "cancelling",
  cancelled: "cancelled",
  expired: "expired"
}

export const make = (
  world: World,
  style: Style,
  receive: (incoming: Incoming) => Accepted | Rejected
): Desk<Problem> => {
  const files = Files.make(world)
  const results = Results.make(world.disk)
  const maxRows = world.batches.maxRows ?? style.maxRows
  const maxBytes = world.batches.maxBytes ?? style.maxBytes

  const fileIdOf = (job: Jobs.Job, kind: Results.Kind): string => `file-${digest(job.root, kind).slice(0, 24)}`

  /** Makes a finished file of a job's a file like others, if there is one. */
  const file = (job: Jobs.Job, kind: Results.Kind) => {
    if (!results.has(job, kind)) return
    const expiry = numberAt(objectAt(job.about, "output_expires_after"), "seconds")
    files.add({
      id: fileIdOf(job, kind),
      name: `${job.id}_${kind}.jsonl`,
      purpose: "batch_output",
      content: results.of(job, kind),
      expiresAt: world.time.now() + (expiry === undefined ? month : expiry * 1000)
    })
  }

  const jobs = Jobs.make(world, {
    receive,
    alteration: style.alteration,
    discount: Bill.half,
    row: (line) => Lines.rowOf(line, style.prefix),
    check: ({ about, input }) => {
      const whole = (code: string, message: string): Jobs.Flaw => ({ code, message, param: null, line: null })
      if (input.bytes() > maxBytes) {
        return whole("file_too_large", `The input file is larger than ${maxBytes} bytes.`)
      }
      if (input.lines() > maxRows) {
        return whole("too_many_tasks", `The input file has more than ${maxRows} requests.`)
      }
      if (input.bytes() === 0) return whole("empty_file", "The input file is empty.")
      return Lines.checkOf(stringAt(about, "endpoint") ?? "", style.oneModel)
    },
    tell: (job, { index, outcome, row }) => {
      const id = `batch_req_${digest(job.root, String(index)).slice(0, 32)}`
      const isGood = outcome._tag === "Answered" && outcome.status < 400
      results.add(job, { id, custom_id: row.customId, ...Lines.told(outcome) }, isGood ? "output" : "error")
    },
    close: (job) => {
      file(job, "output")
      file(job, "error")
    }
  })

  const batchOf = (job: Jobs.Job): JsonObject => {
    const { about, cancelsAt, counts, endsAt, flaws, state, usage } = job
    const fileId = (kind: Results.Kind) => endsAt !== undefined && results.has(job, kind) ? fileIdOf(job, kind) : null
    const ended = (as: Jobs.State) => state === as ? seconds(endsAt) : null
    return {
      id: job.id,
      object: "batch",
      endpoint: at(about, "endpoint"),
      model: job.model ?? at(about, "model") ?? null,
      errors: flaws.length === 0 ? null : { object: "list", data: flaws },
      input_file_id: at(about, "input_file_id"),
      completion_window: at(about, "completion_window"),
      status: states[state],
      output_file_id: fileId("output"),
      error_file_id: fileId("error"),
      created_at: seconds(job.createdAt),
      in_progress_at: seconds(job.runsAt),
      expires_at: seconds(job.expiresAt),
      finalizing_at: seconds(job.finalizesAt),
      completed_at: ended("completed"),
      failed_at: ended("failed"),
      expired_at: ended("expired"),
      cancelling_at: seconds(cancelsAt),
      cancelled_at: ended("cancelled"),
      request_counts: { total: job.total, completed: counts.succeeded, failed: counts.errored },
      ...(endsAt === undefined ? {} : {
        usage: {
          input_tokens: usage.input,
          input_tokens_details: { cached_tokens: usage.read },
          output_tokens: usage.output,
          output_tokens_details: { reasoning_tokens: usage.reasoning },
          total_tokens: usage.input + usage.output
        }
      }),
      metadata: at(about, "metadata") ?? null
    }
  }

  const upload = ({ incoming: { form }, root }: Asked): Problem | (() => Reply) => {
    if (form === undefined) {
      return problem(415, "Unsupported Media Type: expected multipart/form-data.", { code: "unsupported_media_type" })
    }
    const purpose = Multipart.fieldIn(form, "purpose")
    if (purpose === undefined) return missing("purpose")
    if (!style.purposes.includes(purpose)) {
      return problem(400, `'${purpose}' is not one of ['${style.purposes.join("', '")}'] - 'purpose'`, {
        param: "purpose"
      })
    }
    const { content, filename } = form.find(({ name }) => name === "file") ?? {}
    if (content === undefined || filename === undefined) return missing("file")
    if (purpose === "batch" && !filename.endsWith(".jsonl")) {
      return problem(400, "Invalid file format for Batch API. Must be .jsonl", { param: "file" })
    }
    const lasts = Number(Multipart.fieldIn(form, "expires_after[seconds]") ?? Number.NaN) * 1000
    return () => {
      const kept = files.add({
        id: `file-${root.slice(0, 24)}`,
        name: filename,
        purpose,
        content,
        expiresAt: Number.isNaN(lasts)
          ? purpose === "batch" ? world.time.now() + month : undefined
          : world.time.now() + lasts
      })
      return { body: fileOf(kept) }
    }
  }

  const submit = ({ incoming: { body }, key, root }: Asked): Problem | (() => Reply) => {
    if (!isObject(body)) return problem(400, "We could not parse the JSON body of your request.")
    const wrong = creation(style)(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const tooLong = metadataFlaw(objectAt(body, "metadata") ?? {})
    if (tooLong !== undefined) return tooLong
    const input = files.find(stringAt(body, "input_file_id") ?? "")
    if (input === undefined) {
      return problem(400, `Invalid 'input_file_id': no such file ${stringAt(body, "input_file_id")}.`, {
        param: "input_file_id"
      })
    }
    if (input.purpose !== "batch") {
      return problem(400, "The input file was not uploaded with the purpose 'batch'.", { param: "input_file_id" })
    }
    return () => {
      const job = jobs.add({
        id: `batch_${root.slice(0, 32)}`,
        root,
        headers: { authorization: `Bearer ${key}` },
        input: input.content,
        expiresAt: world.time.now() + (style.windows[stringAt(body, "completion_window") ?? ""] ?? day),
        about: { ...body, model: Lines.modelOf(input.content) }
      })
      return { body: batchOf(job), job: job.id }
    }
  }

  const cancel = (id: string): Clerk<Problem> => () => {
    const job = jobs.find(id)
    if (job === undefined) return noBatch(id)
    const isOpen = job.endsAt === undefined && job.state !== "finalizing"
    if (!isOpen) return problem(409, `Cannot cancel a batch with status '${states[job.state]}'.`)
    return () => {
      jobs.cancel(id)
      return { body: batchOf(job) }
    }
  }

  const batch = (id: string): Clerk<Problem> => () => {
    const job = jobs.find(id)
    return job === undefined ? noBatch(id) : () => ({ body: batchOf(job) })
  }

  const batches: Clerk<Problem> = ({ incoming: { query } }) => () => {
    const { hasMore, items } = Page.after(jobs.all(), query.get("after"), Page.limitIn(query, 20, 100))
    return { body: list(items.map(batchOf), hasMore) }
  }

  const table: Table<Problem> = {
    ...FileRoutes.make(files, {
      missing: (id) => problem(404, `No such File object: ${id}`, { param: "id" }),
      file: fileOf,
      list: (all, query) => {
        const purpose = query.get("purpose")
        const wanted = all.filter((file) => purpose === null || file.purpose === purpose)
        if (query.get("order") === "asc") wanted.reverse()
        const { hasMore, items } = Page.after(wanted, query.get("after"), Page.limitIn(query, 10_000, 10_000))
        return list(items.map(fileOf), hasMore)
      }
    }),
    "POST /files": () => upload,
    "POST /batches": () => submit,
    "GET /batches": () => batches,
    "GET /batches/*": batch,
    "POST /batches/*/cancel": cancel
  }

  return {
    route: routed(
      table,
      ({ method, path }) => problem(405, `Not allowed to ${method} on ${path}.`, { code: "method_not_supported" })
    ),
    catchUp: jobs.catchUp,
    finish: jobs.finish,
    reset: () => {
      jobs.clear()
      files.clear()
      results.clear()
    }
  }
}

const missing = (param: string): Problem =>
  problem(400, `Missing required parameter: '${param}'.`, { code: "missing_required_parameter", param })

const noBatch = (id: string): Problem => problem(404, `No batch found with id '${id}'.`, { param: "batch_id" })

const list = (data: ReadonlyArray<JsonObject>, hasMore: boolean): JsonObject => ({
  object: "list",
  data,
  first_id: stringAt(data[0], "id") ?? null,
  last_id: stringAt(data.at(-1), "id") ?? null,
  has_more: hasMore
})

const fileOf = ({ content, createdAt, expiresAt, id, name, purpose }: Files.Kept): JsonObject => ({
  id,
  object: "file",
  bytes: content.bytes(),
  created_at: seconds(createdAt),
  ...(expiresAt === undefined ? {} : { expires_at: seconds(expiresAt) }),
  filename: name,
  purpose,
  status: "processed"
})

const creation = ({ endpoints, windows }: Style): Shape =>
  object({
    input_file_id: string,
    endpoint: oneOf(...endpoints),
    completion_window: oneOf(...Object.keys(windows)),
    metadata: nullable(record(string)),
    output_expires_after: object({ anchor: oneOf("created_at"), seconds: integer({ min: 3600, max: 2_592_000 }) }, [
      "anchor",
      "seconds"
    ])
  }, ["input_file_id", "endpoint", "completion_window"])

const metadataFlaw = (metadata: JsonObject): Problem | undefined => {
  const entries = Object.entries(metadata)
  if (entries.length > 16) {
    return problem(400, "Invalid 'metadata': too many properties. Expected an object with at most 16 properties.", {
      code: "object_above_max_properties",
      param: "metadata"
    })
  }
  const long = entries.find(([name, value]) => name.length > 64 || String(value).length > 512)
  return long === undefined ? undefined : problem(400, `Invalid 'metadata.${long[0]}': string too long.`, {
    code: "string_above_max_length",
    param: `metadata.${long[0]}`
  })
}
