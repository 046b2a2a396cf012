import { AxeBuilder } from "@axe-core/playwright"
import { NodeHttpServer } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { HttpServer } from "effect/http"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import * as Dashboard from "../../../src/dashboard/Dashboard.ts"
import { build } from "../../../src/dashboard/web/build.ts"
import { served } from "../../dashboard/served.ts"

/** Debian's, or whichever is installed. */
const executablePath = (() => {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim()
    } catch {
      // The next one.
    }
  }
  return undefined
})()

/** Without a browser there is nothing to test, but where everything is tested there has to be one. */
export const isWithout = executablePath === undefined && process.env["CI"] === undefined
if (isWithout) console.warn("No chromium is installed: the dashboard's page isn't tested. apt-get install chromium")

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

let browser: Promise<Browser> | undefined
let folder: Promise<string> | undefined

const builtPage = async () => {
  const made = mkdtempSync(join(tmpdir(), "loom-page-"))
  process.once("exit", () => rmSync(made, { recursive: true, force: true }))
  await build(made)
  return made
}

/** The page, built once for all tests. */
export const page = Effect.promise(() => folder ??= builtPage())

export const close = async () => {
  const open = await browser
  browser = undefined
  await open?.close()
}

/** A dashboard with the real page, on a port of its own. */
export const dashboard = (options: Dashboard.Options) =>
  Effect.flatMap(page, (folder) => served({ ...options, page: folder }))

/** A dashboard on a port that another may have had before it, until it is stopped. */
export const startOn = (port: number, options: Dashboard.Options) =>
  Effect.gen(function*() {
    const folder = yield* page
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const server = Layer.fresh(Dashboard.serve({ batches: "/nowhere/batches.db", ...options, page: folder })).pipe(
      Layer.provideMerge(NodeHttpServer.layer(() => createServer(), {
        port,
        host: "127.0.0.1",
        gracefulShutdownTimeout: "100 millis"
      }))
    )
    const context = yield* Layer.buildWithScope(server, scope)
    const { address } = Context.get(context, HttpServer.HttpServer)
    return { url: HttpServer.formatAddress(address), stop: Scope.close(scope, Exit.void) }
  })

export interface Watched {
  readonly page: Page
  /** What the console said, and requests to anywhere else. */
  readonly complaints: Array<string>
}

/** A page of its own, that complains of all that it shouldn't do. */
export const open = (url: string, options: BrowserContextOptions = {}) =>
  Effect.flatMap(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const running = await (browser ??= chromium.launch({ executablePath: executablePath ?? "chromium", args }))
        return running.newContext({
          viewport: { width: 1440, height: 1000 },
          reducedMotion: "reduce",
          permissions: ["clipboard-read", "clipboard-write"],
          ...options
        })
      }),
      (context) => Effect.promise(() => context.close())
    ),
    (context) =>
      Effect.promise(async (): Promise<Watched> => {
        const page = await context.newPage()
        const complaints: Array<string> = []
        page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`))
        page.on("pageerror", (error) => complaints.push(error.message))
        page.on("request", (request) => {
          if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`asked ${request.url()}`)
        })
        page.on("dialog", (dialog) => {
          complaints.push(`dialog: ${dialog.message()}`)
          void dialog.dismiss()
        })
        await page.goto(url)
        return { page, complaints }
      })
  )

export const textOf = async (page: Page, id: string) =>
  (await page.getByTestId(id).innerText()).replace(/\s+/g, " ").trim()

const tags = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]

/** Nothing that axe finds fault with. Rows are alike: it looks at the first of them. */
export const isAccessible = async (page: Page, what: string) => {
  const { violations } = await new AxeBuilder({ page }).withTags(tags).exclude("tbody tr:nth-child(n + 8)").analyze()
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`)
  assert.deepStrictEqual(found, [], what)
}
