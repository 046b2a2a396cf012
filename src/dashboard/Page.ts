/**
 * The files of the page, held in memory.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { extname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

/** Where the built page lies: from `src`, and from any folder of `dist`. */
export const builtPage: string = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../dist/dashboard/web/" : "../dashboard/web/", import.meta.url)
)

/**
 * Builds it where this is a clone and nobody has: beside its place first, so that no one sees half of it. Whoever isn't
 * in a clone has no such file.
 */
const build = Effect.tryPromise({
  try: async () => {
    const builder: unknown = await import(new URL("./web/build.ts", import.meta.url).href)
    if (!Predicate.hasProperty(builder, "build") || typeof builder.build !== "function") return
    const folder = `${builtPage.replace(/[\\/]$/, "")}.${process.pid}`
    try {
      await builder.build(folder)
      renameSync(folder, builtPage)
    } finally {
      // Another process may have been faster.
      rmSync(folder, { recursive: true, force: true })
    }
  },
  catch: (cause) => cause instanceof Error ? cause.message : String(cause)
})

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2"
}

interface File {
  readonly bytes: Uint8Array
  readonly type: string
  readonly etag: string
  /** Its name changes with what is in it. */
  readonly isHashed: boolean
}

/** By their path, in slashes. None where there is no such folder. */
const filesIn = (folder: string): ReadonlyMap<string, File> => {
  const files = new Map<string, File>()
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const name = relative(folder, path).split(sep).join("/")
      const bytes = readFileSync(path)
      files.set(name, {
        bytes,
        type: types[extname(name)] ?? "application/octet-stream",
        etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
        isHashed: name.startsWith("assets/")
      })
    }
  } catch {
    return new Map()
  }
  return files
}

const unbuilt = HttpServerResponse.html(
  "<!doctype html><title>Loom</title><h1>The page isn't built</h1><p>Run <code>npm run build</code>; the API is at <a href=\"./api/docs\">api/docs</a>.</p>"
)

const unknown = HttpServerResponse.text("not found", { status: 404 })

const respond = (file: File, request: HttpServerRequest.HttpServerRequest) => {
  const headers = {
    etag: file.etag,
    "cache-control": file.isHashed ? "public, max-age=31536000, immutable" : "no-cache"
  }
  return request.headers["if-none-match"] === file.etag
    ? HttpServerResponse.empty({ status: 304, headers })
    : HttpServerResponse.uint8Array(file.bytes, { contentType: file.type, headers })
}

/** Serves the page at the root, and its files beside it. */
export const layer = (folder?: string) =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    if (folder === undefined && import.meta.url.endsWith(".ts") && !existsSync(builtPage)) {
      yield* Effect.catch(build, (why) => Effect.logWarning(`the dashboard's page can't be built: ${why}`))
    }
    const files = filesIn(folder ?? builtPage)
    yield* router.add("GET", "/*", (request) => {
      const [path = "/"] = request.originalUrl.split("?")
      const [own = "/", search] = request.url.split("?")
      // The page's links are relative to a folder.
      if (own === "/" && !path.endsWith("/")) {
        const name = path.slice(path.lastIndexOf("/") + 1)
        const query = search === undefined ? "" : `?${search}`
        return Effect.succeed(HttpServerResponse.redirect(`./${name}/${query}`, { status: 308 }))
      }
      const file = files.get(own === "/" ? "index.html" : own.slice(1))
      return Effect.succeed(file === undefined ? own === "/" ? unbuilt : unknown : respond(file, request))
    })
  }))
