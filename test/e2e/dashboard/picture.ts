/**
 * Makes the picture of the dashboard that the README shows, of made-up work:
 * `node --conditions=loom-source test/e2e/dashboard/picture.ts [file]`.
 */
import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import * as Demo from "../../../src/cli/Demo.ts"
import { close, dashboard, open } from "./browser.ts"

const file = resolve(process.argv[2] ?? join(import.meta.dirname, "overview.webp"))
const height = 1230

const picture = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-picture-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const path = join(folder, "calls.db")
  yield* Demo.some(path, [{ calls: 2400, days: 2 }, { calls: 110, days: 5 / 1440 }])
  const url = yield* dashboard({ path, batches: Demo.batchesOf(path), isDemo: true })
  const { page } = yield* open(`${url}/`, { colorScheme: "dark", viewport: { width: 1440, height } })
  yield* Effect.promise(async () => {
    await page.getByTestId("log").waitFor()
    await page.getByTestId("kpi-requests").waitFor()
    await page.locator("[data-testid=chart] canvas").first().waitFor()
    // After the first drawing, everything is where it stays.
    await page.waitForTimeout(1000)
    await page.screenshot({ path: file, animations: "disabled", type: "webp", quality: 80 })
  })
})

await Effect.runPromise(Effect.scoped(picture))
await close()
process.exit()
