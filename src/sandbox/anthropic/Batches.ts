/**
 * `/v1/messages/batches`: many requests in one, whose results are told line by line.
 *
 * The words of what is refused, and its status, are made up where the SDK's types don't tell them.
 */
import * as Headers from "../Headers.ts"
import { isObject, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import type { Accepted, Incoming, Rejected, World } from "../Protocol.ts"
import { anyObject, array, object, type Shape, string } from "../Shape.ts"
import { type Asked, type Clerk, type Desk, type Reply, routed, type Table } from "../batches/Desk.ts"
import * as Jobs from "../batches/Jobs.ts"
import * as Page from "../batches/Page.ts"
import * as Results from "../batches/Results.ts"
import { invalid, ofIssue, type Problem, problem } from "./Problem.ts"

const path = "/v1/messages/batches"
const day = 86_400_000
/** From memory. */
const keptMillis = 29 * day

export const maxBytes = 256 * 1024 * 1024

const creation = (maxRows: number): Shape =>
  object({
    requests: array(object({ custom_id: string, params: anyObject }, ["custom_id", "params"]), { min: 1, max: maxRows })
  }, ["requests"])

const instant = (millis: number | undefined): string | null =>
  millis === undefined ? null : new Date(millis).toISOString()

export const make = (
  world: World,
  basePath: string,
  receive: (incoming: Incoming) => Accepted | Rejected
): Desk<Problem> => {
  const shape = creation(world.batches.maxRows ?? 100_000)
  const results = Results.make(world.disk)

  const jobs = Jobs.make(world, {
    receive,
    // The tier halves the price.
    alteration: { answerServiceTier: "batch" },
    discount: (multiplier) => multiplier,
    row: (line) => {
      const row: unknown = JSON.parse(line)
      return {
        customId: stringAt(row, "custom_id") ?? "",
        path: "/v1/messages",
        body: objectAt(row, "params") ?? {}
      }
    },
    tell: (job, { outcome, row }) => results.add(job, { custom_id: row.customId, result: told(outcome) })
  })

  const batchOf = (job: Jobs.Job, { headers }: Incoming): JsonObject => {
    const { cancelsAt, counts, createdAt, endsAt, id, state, total } = job
    const hasEnded = endsAt !== undefined
    const archivedAt = createdAt + keptMillis
    const isArchived = world.time.now() >= archivedAt
    return {
      id,
      type: "message_batch",
      processing_status: hasEnded ? "ended" : state === "cancelling" ? "canceling" : "in_progress",
      request_counts: {
        processing: hasEnded ? 0 : total,
        succeeded: hasEnded ? counts.succeeded : 0,
        errored: hasEnded ? counts.errored : 0,
        canceled: hasEnded ? counts.cancelled : 0,
        expired: hasEnded ? counts.expired : 0
      },
      created_at: instant(createdAt),
      expires_at: instant(job.expiresAt),
      ended_at: instant(endsAt),
      cancel_initiated_at: instant(cancelsAt),
      archived_at: isArchived ? instant(archivedAt) : null,
      results_url: hasEnded && !isArchived
        ? `http://${headers["host"] ?? "localhost"}${basePath}${path}/${id}/results`
        : null
    }
  }

  const submit = ({ incoming, key, root }: Asked): Problem | (() => Reply) => {
    const { body, headers } = incoming
    if (!Headers.isJson(incoming)) return invalid("content-type", "expected application/json")
    if (!isObject(body)) return problem(400, "The request body is not valid JSON")
    const wrong = shape(body)
    if (wrong !== undefined) return ofIssue(wrong)
    const requests = listAt(body, "requests")
    const seen = new Set<string>()
    for (const [n, request] of requests.entries()) {
      const id = stringAt(request, "custom_id") ?? ""
      if (!/^[\w-]{1,64}$/.test(id)) {
        return invalid(`requests.${n}.custom_id`, "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'")
      }
      if (seen.has(id)) return invalid(`requests.${n}.custom_id`, `custom_id must be unique: '${id}'`)
      seen.add(id)
    }
    return () => {
      const input = world.disk.make()
      for (const request of requests) input.append(`${JSON.stringify(request)}\n`)
      const beta = headers["anthropic-beta"]
      const job = jobs.add({
        id: `msgbatch_01${root.slice(0, 22)}`,
        root,
        headers: {
          authorization: `Bearer ${key}`,
          "anthropic-version": headers["anthropic-version"] ?? "",
          ...(beta === undefined ? {} : { "anthropic-beta": beta })
        },
        input,
        expiresAt: world.time.now() + day,
        about: {}
      })
      input.release()
      return { body: batchOf(job, incoming), job: job.id }
    }
  }

  const list: Clerk<Problem> = ({ incoming }) => () => {
    const { query } = incoming
    const limit = Page.limitIn(query, 20, 1000)
    const before = query.get("before_id")
    const { hasMore, items } = before === null
      ? Page.after(jobs.all(), query.get("after_id"), limit)
      : Page.before(jobs.all(), before, limit)
    const data = items.map((job) => batchOf(job, incoming))
    return {
      body: {
        data,
        has_more: hasMore,
        first_id: items[0]?.id ?? null,
        last_id: items.at(-1)?.id ?? null
      }
    }
  }

  const found =
    (id: string, work: (job: Jobs.Job, incoming: Incoming) => Problem | (() => Reply)): Clerk<Problem> =>
    ({ incoming }) => {
      const job = jobs.find(id)
      return job === undefined ? problem(404, `Message batch ${id} not found`) : work(job, incoming)
    }

  const cancel = (id: string) =>
    found(id, (job, incoming) =>
      job.endsAt !== undefined
        ? invalid("", `Batch ${id} cannot be canceled because it has finished processing.`)
        : () => {
          jobs.cancel(id)
          return { body: batchOf(job, incoming) }
        })

  const remove = (id: string) =>
    found(id, (job) =>
      job.endsAt === undefined
        ? invalid("", `Batch ${id} cannot be deleted while it is processing: cancel it first.`)
        : () => {
          jobs.remove(id)
          results.remove(job)
          return { body: { id, type: "message_batch_deleted" } }
        })

  const read = (id: string) =>
    found(id, (job, incoming) => {
      if (batchOf(job, incoming)["results_url"] === null) {
        return problem(404, `Batch ${id} has no results: it is processing, or it was archived.`)
      }
      return () => ({ body: undefined, file: { content: results.of(job), type: "application/x-jsonl" } })
    })

  const table: Table<Problem> = {
    [`POST ${path}`]: () => submit,
    [`GET ${path}`]: () => list,
    [`GET ${path}/*`]: (id) => found(id, (job, incoming) => () => ({ body: batchOf(job, incoming) })),
    [`DELETE ${path}/*`]: remove,
    [`POST ${path}/*/cancel`]: cancel,
    [`GET ${path}/*/results`]: read
  }

  return {
    route: routed(table, () => problem(405, "Method Not Allowed")),
    catchUp: jobs.catchUp,
    finish: jobs.finish,
    reset: () => {
      jobs.clear()
      results.clear()
    }
  }
}

const told = (outcome: Jobs.Outcome): JsonObject => {
  switch (outcome._tag) {
    case "Answered":
      return outcome.status < 400
        ? { type: "succeeded", message: outcome.body }
        : { type: "errored", error: outcome.body }
    case "Expired":
      return { type: "expired" }
    case "Cancelled":
      return { type: "canceled" }
  }
}
