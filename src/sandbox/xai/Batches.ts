/**
 * xAI's files and batches: rows for Responses from a file, whose results are told by the page as chat completions.
 *
 * Unverified: limits, what a file is refused for, that rows which expired are errors and cancelled ones are told nowhere.
 * Reasoning is counted beside `completion_tokens`, which models.md says of its chats with a doubt.
 */
import { type Multiplier, settle } from "../Bill.ts"
import type * as Disk from "../Disk.ts"
import { type Problem } from "../Door.ts"
import { isObject, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import * as Multipart from "../Multipart.ts"
import type { Accepted, Incoming, Rejected, World } from "../Protocol.ts"
import { object, string } from "../Shape.ts"
import { type Asked, type Clerk, type Desk, type Reply, routed, type Table } from "../batches/Desk.ts"
import * as FileRoutes from "../batches/FileRoutes.ts"
import * as Files from "../batches/Files.ts"
import * as Jobs from "../batches/Jobs.ts"
import * as Page from "../batches/Page.ts"
import * as Results from "../batches/Results.ts"
import { ofIssue } from "../openai/Problem.ts"
import { tick } from "./Models.ts"
import { invalid, ofFailure, ofOpenAi, problem } from "./Problem.ts"

const maxRows = 50_000
const maxBytes = 200 * 1024 * 1024
const expiryMillis = 7 * 86_400_000

const creation = object({ name: string, input_file_id: string }, ["name", "input_file_id"])

/** 0.8, as gateways list it. */
const discount = ({ per, times }: Multiplier): Multiplier => ({ times: times * 4n, per: per * 5n })

const instant = (millis: number): string => new Date(millis).toISOString()

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
  const limits = world.batches

  const jobs = Jobs.make(world, {
    receive,
    alteration: {},
    discount,
    row: (line) => {
      const row = parsed(line)
      return {
        customId: stringAt(row, "custom_id") ?? "",
        path: (stringAt(row, "url") ?? "").replace(/^\/v1/, ""),
        body: objectAt(row, "body") ?? {}
      }
    },
    tell: (job, { outcome, row }) => {
      if (outcome._tag === "Cancelled") return
      results.add(job, { batch_request_id: row.customId, ...told(outcome, world.time.now()) })
    }
  })

  const batchOf = (job: Jobs.Job): JsonObject => {
    const { about, cancelsAt, counts, endsAt, total } = job
    const finished = counts.succeeded + counts.errored
    return {
      batch_id: job.id,
      name: about["name"],
      create_time: instant(job.createdAt),
      expire_time: instant(job.expiresAt),
      cancel_time: cancelsAt === undefined ? null : instant(cancelsAt),
      cancel_by_xai_message: null,
      state: {
        num_requests: total,
        num_pending: endsAt === undefined ? total - finished : 0,
        num_success: counts.succeeded,
        num_error: counts.errored + counts.expired,
        num_cancelled: counts.cancelled
      }
    }
  }

  const upload = ({ incoming: { form }, root }: Asked): Problem | (() => Reply) => {
    const at = form?.findIndex(({ name }) => name === "file") ?? -1
    const { content, filename } = form?.[at] ?? {}
    if (form === undefined || content === undefined || filename === undefined) {
      return problem(400, "A multipart form with a file is expected.")
    }
    if (form.findIndex(({ name }) => name.startsWith("expires_after")) > at) {
      return problem(400, "Fields must come before the file: expires_after.")
    }
    const lasts = Number(Multipart.fieldIn(form, "expires_after") ?? Number.NaN) * 1000
    const expiresAt = Number.isNaN(lasts) ? undefined : world.time.now() + lasts
    const purpose = Multipart.fieldIn(form, "purpose") ?? ""
    return () => ({
      body: fileOf(files.add({ id: `file_${root.slice(0, 36)}`, name: filename, purpose, content, expiresAt }))
    })
  }

  const submit = ({ incoming: { body }, key, root }: Asked): Problem | (() => Reply) => {
    if (!isObject(body)) return problem(400, "The body is no JSON object.")
    const wrong = creation(body)
    if (wrong !== undefined) return ofOpenAi(ofIssue(wrong))
    const input = files.find(stringAt(body, "input_file_id") ?? "")?.content
    if (input === undefined) return problem(404, "The input file was not found.", "not-found")
    if (input.bytes() > (limits.maxBytes ?? maxBytes)) return invalid("The input file is too large.", "input_file_id")
    if (input.lines() > (limits.maxRows ?? maxRows)) return invalid("The batch is too large.", "input_file_id")
    const flaw = flawOf(input)
    if (flaw !== undefined) return invalid(flaw, "input_file_id")
    return () => {
      const job = jobs.add({
        id: `batch_${root.slice(0, 36)}`,
        root,
        headers: { authorization: `Bearer ${key}` },
        input,
        expiresAt: world.time.now() + expiryMillis,
        about: { name: stringAt(body, "name") }
      })
      return { body: batchOf(job), job: job.id }
    }
  }

  const found =
    (work: (job: Jobs.Job, query: URLSearchParams) => Reply) =>
    (id: string): Clerk<Problem> =>
    ({ incoming: { query } }) => {
      const job = jobs.find(id)
      return job === undefined ? problem(404, `Batch ${id} not found.`, "not-found") : () => work(job, query)
    }

  const list: Clerk<Problem> = ({ incoming: { query } }) => () => {
    const { hasMore, items } = Page.after(jobs.all(), query.get("pagination_token"), Page.limitIn(query, 100, 100))
    return { body: { batches: items.map(batchOf), pagination_token: hasMore ? items.at(-1)?.id : null } }
  }

  const page = (job: Jobs.Job, query: URLSearchParams): Reply => {
    const file = results.of(job)
    const from = Number(query.get("pagination_token") ?? 0)
    const to = Math.min(file.lines(), from + Page.limitIn(query, 100, 1000))
    const told = Array.from({ length: Math.max(0, to - from) }, (_, n) => parsed(file.line(from + n)))
    return { body: { results: told, pagination_token: to < file.lines() ? String(to) : null } }
  }

  const table: Table<Problem> = {
    ...FileRoutes.make(files, {
      missing: (id) => problem(404, `File ${id} not found.`, "not-found"),
      file: fileOf,
      list: (all) => ({ data: all.map(fileOf), pagination_token: null })
    }),
    "POST /files": () => upload,
    "POST /batches": () => submit,
    "GET /batches": () => list,
    "GET /batches/*": found((job) => ({ body: batchOf(job) })),
    "POST /batches/*:cancel": found((job) => {
      jobs.cancel(job.id)
      return { body: batchOf(job) }
    }),
    "GET /batches/*/results": found(page)
  }

  return {
    route: routed(table, () => ofFailure({ status: 405, message: "Method not allowed." })),
    catchUp: jobs.catchUp,
    finish: jobs.finish,
    reset: () => {
      jobs.clear()
      files.clear()
      results.clear()
    }
  }
}

const fileOf = ({ content, createdAt, expiresAt, id, name, purpose }: Files.Kept): JsonObject => ({
  id,
  object: "file",
  bytes: content.bytes(),
  created_at: Math.floor(createdAt / 1000),
  expires_at: expiresAt === undefined ? null : Math.floor(expiresAt / 1000),
  filename: name,
  purpose
})

/** What is wrong with a file of rows. */
const flawOf = (input: Disk.File): string | undefined => {
  const seen = new Set<string>()
  for (let line = 0; line < input.lines(); line++) {
    const text = input.line(line)
    if (text.trim() === "") continue
    const row = parsed(text)
    const id = stringAt(row, "custom_id")
    if (id === undefined || stringAt(row, "url") === undefined || objectAt(row, "body") === undefined) {
      return `Line ${line + 1} is no request.`
    }
    if (seen.has(id)) return `Line ${line + 1} repeats the custom_id ${id}.`
    seen.add(id)
  }
  return seen.size === 0 ? "The input file is empty." : undefined
}

const told = (outcome: Exclude<Jobs.Outcome, { readonly _tag: "Cancelled" }>, now: number): JsonObject => {
  const failed = (code: string, message: string) => ({
    batch_result: { error: { code: code.replaceAll("-", "_"), message } },
    error_message: message
  })
  if (outcome._tag === "Expired") return failed("deadline-exceeded", "The batch expired before the request was run.")
  const { body, charge, status } = outcome
  if (status >= 400) {
    const error = objectAt(body, "error")
    return error === undefined
      ? failed(stringAt(body, "code") ?? "internal", stringAt(body, "error") ?? "")
      : failed(stringAt(error, "code") ?? "invalid-argument", stringAt(error, "message") ?? "")
  }
  const ticks = charge === undefined ? 0 : Number(settle(charge, now).amount / tick)
  return { batch_result: { response: { chat_get_completion: completionOf(body, ticks) } } }
}

/** A response as a chat completion. */
const completionOf = (response: unknown, ticks: number): JsonObject => {
  const output = listAt(response, "output")
  const parts = (type: string, of: string) =>
    output.filter((item) => stringAt(item, "type") === type).flatMap((item) => listAt(item, of))
  const textOf = (parts: ReadonlyArray<unknown>) => parts.map((part) => stringAt(part, "text") ?? "").join("")
  const calls = output.filter((item) => stringAt(item, "type") === "function_call")
  const reasoning = textOf(parts("reasoning", "summary"))
  const reason = stringAt(objectAt(response, "incomplete_details"), "reason")
  const usage = objectAt(response, "usage")
  const count = (name: string, of: JsonObject | undefined = usage) => numberAt(of, name) ?? 0
  const reasoned = count("reasoning_tokens", objectAt(usage, "output_tokens_details"))
  return {
    id: stringAt(response, "id"),
    object: "chat.completion",
    created: numberAt(response, "created_at"),
    model: stringAt(response, "model"),
    choices: [{
      index: 0,
      message: {
        role: "assistant",
        content: textOf(parts("message", "content")),
        ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
        ...(calls.length === 0 ? {} : {
          tool_calls: calls.map((call) => ({
            id: stringAt(call, "call_id"),
            type: "function",
            function: { name: stringAt(call, "name"), arguments: stringAt(call, "arguments") }
          }))
        })
      },
      finish_reason: reason === "max_output_tokens"
        ? "length"
        : reason === "content_filter"
        ? "content_filter"
        : calls.length > 0
        ? "tool_calls"
        : "stop"
    }],
    usage: {
      prompt_tokens: count("input_tokens"),
      completion_tokens: count("output_tokens") - reasoned,
      total_tokens: count("input_tokens") + count("output_tokens"),
      prompt_tokens_details: { cached_tokens: count("cached_tokens", objectAt(usage, "input_tokens_details")) },
      completion_tokens_details: { reasoning_tokens: reasoned },
      num_sources_used: count("num_sources_used"),
      cost_in_usd_ticks: ticks
    }
  }
}
