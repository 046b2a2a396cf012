/**
 * What a vendor's front door hands over: its routes for files and batches.
 */
import type * as Disk from "../Disk.ts"
import type { Answer, Body, Incoming } from "../Protocol.ts"

/** A request that came through the front door. */
export interface Asked {
  readonly incoming: Incoming
  readonly key: string
  readonly root: string
  readonly requestId: string
}

/** What it is answered with, and the job that it made. */
export interface Reply {
  readonly body: unknown
  /** In place of `body`. */
  readonly file?: { readonly content: Disk.File; readonly type: string } | undefined
  readonly job?: string | undefined
  /** 200 where it isn't given. */
  readonly status?: number | undefined
  /** Besides those of every answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Refuses in the vendor's words, or does what is asked unless a fault keeps it from that. */
export type Clerk<Problem> = (asked: Asked) => Problem | (() => Reply)

export interface Desk<Problem> {
  /** Undefined for what isn't of files or batches; a problem for a method that they don't have. */
  readonly route: (incoming: Incoming) => Clerk<Problem> | undefined
  /** Brings jobs up to date. */
  readonly catchUp: () => Promise<void>
  /** Finishes all jobs now. */
  readonly finish: () => Promise<void>
  readonly reset: () => void
}

/** The answer to a request that was done, its JSON written by the front door. */
export const answer = (
  { body, file, headers, job, status }: Reply,
  frame: Pick<Answer, "headers" | "requestId">,
  json: (value: unknown) => Body
): Answer => ({
  status: status ?? 200,
  requestId: frame.requestId,
  headers: { ...frame.headers, ...headers },
  body: file === undefined ? json(body) : { _tag: "File", content: file.content, type: file.type },
  job
})

/** Clerks by method and path, such as `GET /files/*`, each for the id that stands for the star. */
export type Table<Problem> = Readonly<Record<string, (id: string) => Clerk<Problem>>>

/** Who serves a request of a table; who refuses it where only its path is known there. */
export const routed = <Problem>(
  table: Table<Problem>,
  wrongMethod: (incoming: Incoming) => Problem
): Desk<Problem>["route"] => {
  const routes = Object.entries(table).map(([name, clerk]) => {
    const [method = "", path = ""] = name.split(" ")
    return { method, path: new RegExp(`^${path.replaceAll("*", "([^/:]+)")}$`), clerk }
  })
  return (incoming) => {
    const matching = routes.filter(({ path }) => path.test(incoming.path))
    if (matching.length === 0) return undefined
    const found = matching.find(({ method }) => method === incoming.method)
    if (found === undefined) return () => wrongMethod(incoming)
    return found.clerk(decodeURIComponent(found.path.exec(incoming.path)?.[1] ?? ""))
  }
}
