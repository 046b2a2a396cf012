/**
 * Files and batches as OpenAI has them, and those that speak its protocol by a record of how theirs differ.
 *
 * What a file and its lines are refused for is as OpenAI documents it; the words of messages are made up.
 */
import * as Bill from "../Bill.ts"
import { isObject, type JsonObject, numberAt, objectAt, stringAt } from "../Json.ts"
import * as Multipart from "../Multipart.ts"
import type { Accepted, Incoming, Rejected, World } from "../Protocol.ts"
import { digest } from "../Seed.ts"
import { object, oneOf, type Shape, string } from "../Shape.ts"
import { type Asked, type Clerk, type Desk, type Reply, routed, type Table } from "../batches/Desk.ts"
import * as FileRoutes from "../batches/FileRoutes.ts"
import * as Files from "../batches/Files.ts"
import * as Jobs from "../batches/Jobs.ts"
import * as Page from "../batches/Page.ts"
import * as Results from "../batches/Results.ts"
import * as Lines from "./BatchLines.ts"
import { states, type Style } from "./BatchStyle.ts"
import { ofIssue, type Problem, problem } from "./Problem.ts"

const month = 30 * 86_400_000

export const make = (
  world: World,
  style: Style,
  receive: (incoming: Incoming) => Accepted | Rejected
): Desk<Problem> => {
  const files = Files.make(world)
  const results = Results.make(world.disk)
  const [batchPurpose] = style.purposes
  const [usualWindow = ""] = Object.keys(style.windows)
  const shape = creation(style)
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
      purpose: style.madePurpose,
      content: results.of(job, kind),
      expiresAt: world.time.now() + (expiry === undefined ? month : expiry * 1000)
    })
  }

  const jobs = Jobs.make(world, {
    receive,
    alteration: style.alteration,
    discount: Bill.half,
    row: (line, { about }) => Lines.rowOf(line, (stringAt(about, "endpoint") ?? "").slice(style.prefix.length)),
    check: ({ about, input }) => {
      const whole = (code: string, message: string): Jobs.Flaw => ({ code, message, param: null, line: null })
      if (input.bytes() > maxBytes) {
        return whole("file_too_large", `The input file is larger than ${maxBytes} bytes.`)
      }
      if (input.lines() > maxRows) {
        return whole("too_many_tasks", `The input file has more than ${maxRows} requests.`)
      }
      if (input.bytes() === 0) return whole("empty_file", "The input file is empty.")
      return Lines.checkOf(stringAt(about, "endpoint") ?? "", style)
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
    const idOf = (kind: Results.Kind) => job.endsAt !== undefined && results.has(job, kind) ? fileIdOf(job, kind) : null
    return style.batch({ job, output: idOf("output"), error: idOf("error") })
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
    if (purpose === batchPurpose && !filename.endsWith(".jsonl")) {
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
          ? purpose === batchPurpose ? world.time.now() + month : undefined
          : world.time.now() + lasts
      })
      return { body: style.file(kept) }
    }
  }

  const submit = ({ incoming: { body }, key, root }: Asked): Problem | (() => Reply) => {
    if (!isObject(body)) return problem(400, "We could not parse the JSON body of your request.")
    const wrong = shape(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const tooLong = metadataFlaw(objectAt(body, "metadata") ?? {})
    if (tooLong !== undefined) return tooLong
    const input = files.find(stringAt(body, "input_file_id") ?? "")
    if (input === undefined) {
      return problem(400, `Invalid 'input_file_id': no such file ${stringAt(body, "input_file_id")}.`, {
        param: "input_file_id"
      })
    }
    if (input.purpose !== batchPurpose) {
      return problem(400, "The input file was not uploaded with the purpose of a batch.", { param: "input_file_id" })
    }
    return () => {
      const window = stringAt(body, "completion_window") ?? usualWindow
      const job = jobs.add({
        id: style.jobId(root),
        root,
        headers: { authorization: `Bearer ${key}` },
        input: input.content,
        expiresAt: world.time.now() + (style.windows[window] ?? 0),
        about: { ...body, completion_window: window, model: Lines.modelOf(input.content) }
      })
      return { body: style.created(batchOf(job)), status: style.createdStatus, job: job.id }
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
    return { body: style.batches(items.map(batchOf), hasMore) }
  }

  const table: Table<Problem> = {
    ...FileRoutes.make(files, {
      missing: (id) => problem(404, `No such File object: ${id}`, { param: "id" }),
      file: style.file,
      list: (all, query) => {
        const purpose = query.get("purpose")
        const wanted = all.filter((file) => purpose === null || file.purpose === purpose)
        if (query.get("order") === "asc") wanted.reverse()
        const { hasMore, items } = Page.after(wanted, query.get("after"), Page.limitIn(query, 10_000, 10_000))
        return style.files(items.map(style.file), hasMore)
      }
    }),
    [`POST ${style.uploadPath}`]: () => upload,
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

const creation = ({ creation, endpoints, isWindowRequired, windows }: Style): Shape =>
  object({
    input_file_id: string,
    endpoint: oneOf(...endpoints),
    completion_window: oneOf(...Object.keys(windows)),
    ...creation
  }, ["input_file_id", "endpoint", ...isWindowRequired ? ["completion_window"] : []])

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
