import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { createServer, type IncomingHttpHeaders, request } from "node:http"
import * as Dashboard from "../../src/dashboard/Dashboard.ts"

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Asks as it is told: with any Host and any other header. */
export const get = (
  url: string,
  options: {
    readonly headers?: Readonly<Record<string, string>>
    readonly method?: string
    readonly body?: string
  } = {}
): Effect.Effect<Answer> =>
  Effect.promise(() =>
    new Promise((resolve, reject) => {
      const asked = request(url, { method: options.method ?? "GET", headers: options.headers }, (response) => {
        let body = ""
        response.setEncoding("utf8").on("data", (text: string) => body += text)
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      })
      asked.on("error", reject)
      asked.end(options.body)
    })
  )

/** Serves a dashboard on a port of its own while the scope lasts, and tells its address. */
export const served = (options: Dashboard.Options) =>
  Effect.map(
    Layer.build(
      Layer.fresh(Dashboard.serve({ page: "/nowhere", batches: "/nowhere/batches.db", ...options })).pipe(
        Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" }))
      )
    ),
    (context) => HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)
  )

export interface Told {
  readonly event: string
  readonly id: string | undefined
  readonly data: unknown
}

export interface Following {
  readonly told: ReadonlyArray<Told>
  /** Waits until this has been told. */
  readonly until: (isIt: (told: Told) => boolean) => Effect.Effect<Told>
  readonly close: Effect.Effect<void>
}

const parse = (frame: string): Told | undefined => {
  const fields = new Map(
    frame.split("\n").map((line) => {
      const at = line.indexOf(": ")
      return [line.slice(0, at), line.slice(at + 2)] as const
    })
  )
  const data = fields.get("data")
  return data === undefined
    ? undefined
    : { event: fields.get("event") ?? "", id: fields.get("id"), data: JSON.parse(data) }
}

/** Follows the events of a dashboard, as a browser does. */
export const follow = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  Effect.acquireRelease(
    Effect.sync((): Following => {
      const told: Array<Told> = []
      const waiting = new Set<() => void>()
      let rest = ""
      const asked = request(url, { headers, agent: false }, (response) => {
        response.setEncoding("utf8").on("data", (text: string) => {
          const frames = (rest + text).split("\n\n")
          rest = frames.pop() ?? ""
          for (const frame of frames) {
            const one = parse(frame)
            if (one !== undefined) told.push(one)
          }
          for (const look of waiting) look()
        })
        response.on("error", () => {})
      })
      asked.on("error", () => {})
      asked.end()
      return {
        told,
        until: (isIt) =>
          Effect.callback<Told>((resume) => {
            const look = () => {
              const found = told.find(isIt)
              if (found === undefined) return
              waiting.delete(look)
              resume(Effect.succeed(found))
            }
            waiting.add(look)
            look()
          }),
        close: Effect.sync(() => void asked.destroy())
      }
    }),
    ({ close }) => close
  )
