/**
 * The dashboard: one page that shows what the call log and the file of batches hold, as it happens, and the API that it is made from.
 *
 * **Details**
 *
 * It reads, and changes nothing. It is served from memory and asks no other host for anything. By default only this
 * machine sees it, under its own names: give it a token to show it elsewhere, or `access: "guarded"` where your server
 * asks who somebody is itself.
 *
 * **Example** (In a server of your own, under `/loom`)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { HttpRouter, HttpServerResponse } from "effect/http"
 * import * as Dashboard from "loom-router/dashboard"
 *
 * const routes = Layer.mergeAll(
 *   HttpRouter.add("GET", "/", HttpServerResponse.text("My own page")),
 *   Dashboard.layer({ path: "./calls.db", base: "/loom" })
 * )
 * export const server = HttpRouter.serve(routes)
 * ```
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type * as Etag from "effect/http/Etag"
import type * as HttpPlatform from "effect/http/HttpPlatform"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServer from "effect/http/HttpServer"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { readFileSync } from "node:fs"
import * as CallLog from "../CallLog.ts"
import * as Stats from "../Stats.ts"
import { type About, layer as answers } from "./Answers.ts"
import * as BatchFigures from "./BatchFigures.ts"
import * as Docs from "./Docs.ts"
import * as Feed from "./Feed.ts"
import { guard } from "./Guard.ts"
import * as Page from "./Page.ts"

/**
 * What is shown, where, and to whom.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** The file of the log: `CallLog.defaultPath` by default. */
  readonly path?: string | undefined
  /** The file of batches: by default the one that `Loom.layer` keeps them in. */
  readonly batches?: string | undefined
  /** Where the page lies: `/` by default. */
  readonly base?: `/${string}` | undefined
  /**
   * - `"loopback"`: only this machine, under its own names. The default.
   * - `{ token }`: whoever knows it, from anywhere: opened with `?token=…` once, or sent as a bearer.
   * - `"guarded"`: everybody, since your server asks who they are.
   */
  readonly access?: "loopback" | { readonly token: Redacted.Redacted } | "guarded" | undefined
  /** How many calls are under way in this process: shown where it is told. */
  readonly inFlight?: Effect.Effect<number> | undefined
  /** What is shown is made up, and the page says so. */
  readonly isDemo?: boolean | undefined
  /** The folder of the built page, where that isn't the package's own. */
  readonly page?: string | undefined
}

/** What routes ask of a server of effect's. */
type Platform = HttpRouter.HttpRouter | Etag.Generator | FileSystem.FileSystem | HttpPlatform.HttpPlatform | Path.Path

/**
 * The dashboard's routes, for a router of your own.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, Platform> =>
  Layer.unwrap(Effect.map(options.path === undefined ? CallLog.defaultPath : Effect.succeed(options.path), (path) => {
    const about: About = {
      version: ownVersion(),
      isDemo: options.isDemo ?? false,
      log: path,
      inFlight: options.inFlight ?? Effect.succeed(undefined)
    }
    const routes = Layer.mergeAll(answers(about), events(about), docs, Page.layer(options.page)).pipe(
      Layer.provide(Layer.merge(Stats.layer({ path }), BatchFigures.layer({ path: options.batches }))),
      Layer.provide(guard(options.access ?? "loopback"))
    )
    const { base = "/" } = options
    return base === "/"
      ? routes
      : Layer.provide(
        routes,
        Layer.effect(HttpRouter.HttpRouter, Effect.map(HttpRouter.HttpRouter, (router) => router.prefixed(base)))
      )
  }))

/**
 * A server of the dashboard alone: give it an `HttpServer`, such as `NodeHttpServer.layer`.
 *
 * @category layers
 * @since 1.0.0
 */
export const serve = (
  options: Options = {}
): Layer.Layer<never, never, HttpServer.HttpServer | Exclude<Platform, HttpRouter.HttpRouter>> =>
  HttpRouter.serve(layer(options), { disableLogger: true, disableListenLog: true })

/** From `src` and from `dist` alike, the manifest lies two folders up. */
const ownVersion = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
  return Predicate.hasProperty(manifest, "version") && typeof manifest.version === "string" ? manifest.version : ""
}

const docs = HttpRouter.use(Effect.fnUntraced(function*(router) {
  let page: string | undefined
  yield* router.add("GET", "/api/docs", Effect.sync(() => HttpServerResponse.html(page ??= Docs.page())))
  yield* router.add("GET", "/api/docs.css", HttpServerResponse.text(Docs.style, { contentType: "text/css" }))
}))

/** Where a page that comes back was, or where it begins. */
const afterOf = ({ headers, url }: HttpServerRequest.HttpServerRequest): number | undefined => {
  const given = headers["last-event-id"] ?? new URL(url, "http://dashboard").searchParams.get("after") ?? undefined
  return given !== undefined && /^\d{1,15}$/.test(given) ? Number(given) : undefined
}

const events = (about: About) =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    const stats = yield* Stats.Stats
    const batches = yield* BatchFigures.BatchFigures
    yield* router.add("GET", "/api/events", (request) =>
      Effect.succeed(HttpServerResponse.stream(
        Stream.encodeText(Feed.events(stats, batches, about, afterOf(request))),
        {
          contentType: "text/event-stream",
          headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
        }
      )))
  }))
