import { NodeServices } from "@effect/platform-node"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { once } from "node:events"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import type { Page } from "playwright-core"
import * as Format from "../../../src/dashboard/web/format.ts"
import { nameOf } from "../../../src/dashboard/web/vendors.ts"
import type { Batches } from "../../../src/internal/batchFigures.ts"
import { loom } from "../../cli/loom.ts"
import { get } from "../../dashboard/served.ts"
import { connect } from "../../storage/files.ts"
import { programOf, start } from "../processes.ts"
import { close, dashboard, isAccessible, isWithout, open, textOf } from "./browser.ts"
import { kpi, money } from "./rows.ts"

interface Row {
  readonly batch: string
  readonly n: number
  readonly custom_id: string
  readonly call_id: string
  readonly provider: string
  readonly state: string
  readonly error: string | null
  readonly recorded: number
  readonly cost: number | null
  readonly saved: number | null
}

interface Job {
  readonly id: string
  readonly batch: string
  readonly provider: string
  readonly model: string
  readonly state: string
  readonly vendor_id: string | null
  readonly expires_at: number | null
  readonly rows: number
  readonly done: number
}

interface Stored {
  readonly id: string
  readonly created_at: number
  readonly state: string
  readonly cancelled: number
}

/** What is written, row by row, to be added up here. */
const stored = (db: DatabaseSync) => ({
  batches: db.prepare("SELECT * FROM batches ORDER BY created_at DESC, rowid DESC").all() as unknown as Array<Stored>,
  jobs: db.prepare("SELECT * FROM jobs ORDER BY batch, n").all() as unknown as Array<Job>,
  rows: db.prepare(
    "SELECT rows.*, jobs.provider FROM rows JOIN jobs ON jobs.id = rows.job ORDER BY rows.batch, rows.n"
  ).all() as unknown as Array<Row>
})

/** Another process with batches, in a folder of their own. */
const made = (seed: number) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "loom-batches-" })
    const { lines, running, said } = yield* start(process.execPath, [
      ...programOf("dashboard/batchesChild.ts"),
      folder,
      String(seed)
    ])
    const until = (n: number) =>
      Effect.promise(async () => {
        while (said.length < n) await once(lines, "line")
      })
    yield* until(1)
    const db = yield* connect(join(folder, "batches.db"))
    return {
      folder,
      db,
      paths: { path: join(folder, "calls.db"), batches: join(folder, "batches.db") },
      /** Has it go on, and waits until it has. */
      next: Effect.suspend(() => {
        const made = said.length
        running.kill("SIGUSR2")
        return until(made + 1)
      })
    }
  }).pipe(Effect.provide(NodeServices.layer))

const isLacking = ({ state }: Row) => state !== "open" && state !== "succeeded"

/** What rows have cost and saved, and how well that is known. */
const billOf = (rows: ReadonlyArray<Row>) => {
  const add = (of: (row: Row) => number | null) => rows.reduce((sum, row) => sum + BigInt(of(row) ?? 0), 0n)
  const known = rows.filter(({ cost, recorded }) => recorded === 1 && cost !== null).length
  const weighed =
    rows.filter(({ recorded, saved, state }) => recorded === 1 && (state !== "succeeded" || saved !== null)).length
  const write = (known: number, amount: bigint) =>
    known === 0 || (amount === 0n && known < rows.length)
      ? "—"
      : `${known < rows.length ? "≥ " : ""}${Format.money(money(amount))}`
  const cost = add(({ cost }) => cost)
  const saved = add(({ saved }) => saved)
  return {
    known,
    cost,
    saved,
    unpriced: rows.filter(({ cost, recorded }) => recorded === 1 && cost === null).length,
    spentText: write(known, cost),
    savedText: write(weighed, saved)
  }
}

interface Cell {
  readonly text: string
  readonly title: string | null
}

const cellsOf = (page: Page) =>
  page.getByTestId("batch").evaluateAll((rows) =>
    rows.map((row) => ({
      id: row.getAttribute("data-id") ?? "",
      cells: Object.fromEntries(
        [...row.querySelectorAll("[data-column]")].map((cell): readonly [string, Cell] => [
          cell.getAttribute("data-column") ?? "",
          { text: (cell.textContent ?? "").replace(/\s+/g, " ").trim(), title: cell.getAttribute("title") }
        ])
      )
    }))
  )

const rowOf = (page: Page, id: string) => page.locator(`tr[data-id="${id.replaceAll("\"", "\\\"")}"]`)

describe.skipIf(isWithout)("the page's batches", () => {
  afterAll(close)

  for (const seed of [1, Math.floor(Math.random() * 1e9)]) {
    it.live(`are what the rows of real batches add up to, seed ${seed}`, () =>
      Effect.gen(function*() {
        const { db, folder, paths } = yield* made(seed)
        // Of one nothing is known but that it was billed, of another some.
        db.exec(`UPDATE rows SET cost = NULL, saved = NULL WHERE batch = 'batch-2' AND state = 'succeeded';
          UPDATE rows SET cost = NULL WHERE batch = 'batch-2';
          UPDATE rows SET cost = NULL, saved = NULL WHERE batch = 'batch-4' AND n = 0 AND state = 'succeeded'`)
        const { batches, jobs, rows } = stored(db)
        const rowsIn = (id: string) => rows.filter(({ batch }) => batch === id)
        const jobsOf = (id: string) => jobs.filter(({ batch }) => batch === id)
        const url = yield* dashboard(paths)
        const { complaints, page } = yield* open(`${url}/?page=batches`)
        yield* Effect.promise(async () => {
          await page.getByTestId("batches").waitFor()

          // The tiles.
          const all = billOf(rows)
          const done = jobs.reduce((sum, { done }) => sum + done, 0)
          const openRows = rows.filter(({ state }) => state === "open").length
          assert.deepStrictEqual(await kpi(page, "open"), {
            value: String(batches.filter(({ state }) => state !== "ended").length),
            delta: null,
            note: `of ${batches.length} batches · ${openRows} open rows`
          })
          assert.deepStrictEqual(await kpi(page, "done"), {
            value: Format.rate(done / rows.length),
            delta: null,
            note: `${done} of ${rows.length} · ${rows.filter(isLacking).length} without an answer`
          })
          assert.deepStrictEqual(await kpi(page, "spent"), {
            value: all.spentText,
            delta: null,
            note: `+ ${Format.plural(all.unpriced, "unpriced row")}`
          })
          assert.deepStrictEqual(await kpi(page, "saved"), {
            value: all.savedText,
            delta: null,
            note: `${Format.rate(Number(all.saved) / Number(all.saved + all.cost))} of list price`
          })
          assert.match(all.spentText, /^≥ \$/)

          // Each batch.
          const found = await cellsOf(page)
          assert.deepStrictEqual(found.map(({ id }) => id), batches.map(({ id }) => id))
          for (const { cells, id } of found) {
            const own = rowsIn(id)
            const of = (...states: ReadonlyArray<string>) =>
              String(own.filter(({ state }) => states.includes(state)).length)
            const batch = batches.find((batch) => batch.id === id)!
            const bill = billOf(own)
            const texts = Object.fromEntries(Object.entries(cells).map(([name, { text }]) => [name, text]))
            assert.deepInclude(texts, {
              Done: `${jobsOf(id).reduce((sum, { done }) => sum + done, 0)}/${own.length}`,
              Failed: of("failed", "missing"),
              Expired: of("expired"),
              Cancelled: of("cancelled"),
              Spent: bill.spentText,
              Saved: bill.savedText
            }, id)
            assert.strictEqual(texts["State"]?.replace(/^\S+ /, ""), batch.state === "ended" ? "ended" : "running")
            assert.strictEqual(cells["Age"]?.title, Format.iso(batch.created_at))
            const asked = [...new Set(jobsOf(id).map(({ model, provider }) => `${nameOf(provider)} ${model}`))]
            const shown = texts["Vendors and models"] ?? ""
            for (const one of asked.slice(0, 2)) assert.include(shown, one)
            if (asked.length > 2) assert.include(shown, `+${asked.length - 2}`)
            const ends = jobsOf(id).flatMap(({ expires_at, state }) =>
              expires_at === null || state === "ended" ? [] : [expires_at]
            )
            if (batch.state === "ended") assert.strictEqual(texts["Expires in"], "·")
            else if (ends.length === 0) assert.strictEqual(texts["Expires in"], "—")
            else assert.strictEqual(cells["Expires in"]?.title, Format.iso(Math.min(...ends)))
            if (bill.spentText !== "—") assert.include(cells["Spent"]?.title, Format.exactly(money(bill.cost)))
          }
          const textIn = (id: string, column: string) => found.find((one) => one.id === id)?.cells[column]?.text
          assert.strictEqual(textIn("batch-2", "Spent"), "—")
          assert.strictEqual(textIn("batch-2", "Saved"), "—")
          assert.strictEqual(textIn("batch-6", "Spent"), "—")
          assert.match(textIn("batch-4", "Spent") ?? "", /^≥ \$/)

          // Its drawer.
          for (const { id } of batches) {
            const own = rowsIn(id)
            await rowOf(page, id).locator("button").first().click()
            await page.getByTestId("drawer-id").getByText(id, { exact: true }).waitFor()
            for (const state of ["succeeded", "failed", "expired", "cancelled", "missing", "open"]) {
              const n = own.filter((row) => row.state === state).length
              assert.strictEqual(await textOf(page, `rows-${state}`), `${state} ${n}`)
            }
            assert.strictEqual(await textOf(page, "drawer-total"), billOf(own).spentText)
            assert.strictEqual(await textOf(page, "drawer-saved"), billOf(own).savedText)
            assert.deepStrictEqual(
              await page.getByTestId("vendor-id").allTextContents(),
              jobsOf(id).map(({ vendor_id }) => vendor_id ?? "—")
            )
            const lacking = own.filter(isLacking)
            const tally = Map.groupBy(
              lacking,
              ({ error, state }) => error === null ? state : `${state}, ${Format.words(error)}`
            )
            assert.deepStrictEqual(
              (await page.getByTestId("failure-reason").allTextContents()).toSorted(),
              [...tally].map(([reason, { length }]) => `${reason} ${length}`).toSorted()
            )
            assert.deepStrictEqual(
              await page.getByTestId("failed-row").evaluateAll((rows) =>
                rows.map((row) => [...row.children].slice(0, 3).map((cell) => cell.textContent))
              ),
              lacking.map(({ custom_id, error, provider, state }) => [
                custom_id,
                nameOf(provider),
                error === null ? state : Format.words(error)
              ])
            )
            const text = await page.getByTestId("drawer").innerText()
            assert.notInclude(text, "nobody sees")
          }

          // A row is a call too, which is shown above its batch.
          const failed = rows.find(({ state }) => state === "failed")!
          await page.goto(`${url}/?page=batches&batch=${encodeURIComponent(failed.batch)}`)
          await page.getByTestId("failed-row").filter({ hasText: failed.custom_id.split(" ")[0] ?? "" }).first()
            .getByRole("link").click()
          await page.getByTestId("drawer-error").waitFor()
          assert.include(
            rows.filter(({ batch }) => batch === failed.batch).map(({ call_id }) => call_id),
            await textOf(page, "drawer-id")
          )
          await page.keyboard.press("Escape")
          await page.getByTestId("jobs").waitFor()

          // What is chosen, in the address and in the file.
          await page.goto(`${url}/?page=batches`)
          await page.getByTestId("batches").waitFor()
          await page.locator("[data-testid=batch-state] label", { hasText: "Under way" }).click()
          await page.waitForURL(/state=open/)
          await page.locator("tr[data-id='batch-2']").waitFor({ state: "detached" })
          assert.deepStrictEqual((await cellsOf(page)).map(({ id }) => id), ["batch-8"])
          const download = page.waitForEvent("download")
          await page.getByTestId("export-csv").click()
          const { body } = await Effect.runPromise(get((await download).url()))
          assert.lengthOf(body.trimEnd().split("\r\n"), 2)
          await page.goto(`${url}/?page=batches&provider=anthropic&error=Overloaded`)
          const chosen = batches.filter(({ id }) =>
            jobsOf(id).some(({ provider }) => provider === "anthropic") &&
            rowsIn(id).some(({ error }) => error === "Overloaded")
          )
          await page.locator("[data-testid=batches], [data-testid=empty-filtered]").first().waitFor()
          assert.deepStrictEqual((await cellsOf(page)).map(({ id }) => id), chosen.map(({ id }) => id))

          // What it saves is among what is saved in all, and leads here.
          await page.goto(`${url}/?page=cost`)
          await page.getByTestId("saving-batch").getByRole("link").click()
          await page.getByTestId("batches").waitFor()
          await page.getByTestId("kpi-saved").getByRole("link").click()
          await page.getByTestId("panel-spend").waitFor()
        })

        // The command line says the same, to the last digit.
        const listed = yield* loom(["batch", "list", "-n", "100", "--json"], { env: { LOOM_HOME: folder } })
        const { batches: told } = JSON.parse(listed.stdout) as { readonly batches: ReadonlyArray<Told> }
        const answer = JSON.parse((yield* get(`${url}/api/batches?range=30d&limit=200`)).body) as Batches
        assert.deepStrictEqual(
          told.map(({ counts, done, id, jobs, picoUsd, priced, savedPicoUsd, status, unpriced }) => ({
            id,
            status,
            counts,
            done,
            picoUsd,
            savedPicoUsd,
            priced,
            unpriced,
            jobs: jobs.map(({ vendorId }) => vendorId)
          })),
          answer.batches.map(({ cost, counts, done, id, jobs, priced, saved, state, unpriced }) => ({
            id,
            status: state,
            counts,
            done,
            picoUsd: cost?.picoUsd ?? "0",
            savedPicoUsd: saved?.picoUsd ?? "0",
            priced,
            unpriced,
            jobs: jobs.map(({ vendorId }) => vendorId)
          }))
        )
        const table = yield* loom(["batch", "list", "-n", "100"], { env: { LOOM_HOME: folder } })
        assert.match(table.stdout, /batch-2 .* — +—\n/)
        assert.deepStrictEqual(complaints, [])
      }))
  }

  it.live("change as another process takes them on, and are read by keyboard alone", () =>
    Effect.gen(function*() {
      const { next, paths } = yield* made(3)
      const url = yield* dashboard(paths)
      const { complaints, page } = yield* open(`${url}/?page=batches`)
      yield* Effect.promise(async () => {
        await rowOf(page, "batch-8").getByText("running").waitFor()
        assert.strictEqual(await page.getByTestId("batch").count(), 9)
        // The one that is looked at stays where it is.
        await page.keyboard.press("j")
        assert.strictEqual(await page.locator(":focus").getAttribute("data-id"), "batch-8")
        await page.keyboard.press("Enter")
        await page.getByTestId("drawer-id").getByText("batch-8").waitFor()
      })
      yield* next
      yield* Effect.promise(async () => {
        await rowOf(page, "batch-8").getByText("ended").waitFor()
        await page.getByTestId("rows-succeeded").getByText("10").waitFor()
      })
      yield* next
      yield* Effect.promise(async () => {
        await page.getByTestId("batch").nth(9).waitFor()
        await page.getByTestId("drawer-id").getByText("batch-8").waitFor()
        await page.keyboard.press("c")
        await page.getByTestId("announcement").getByText("Copied").waitFor({ state: "attached" })
        assert.strictEqual(await page.evaluate("navigator.clipboard.readText()"), "batch-8")
        await page.keyboard.press("j")
        await page.waitForURL((at) => !(at.searchParams.get("batch") ?? "batch-8").startsWith("batch-8"))
        const opened = new URL(page.url()).searchParams.get("batch")
        await page.getByTestId("drawer-id").getByText(opened ?? "", { exact: true }).waitFor()
        await page.keyboard.press("Escape")
        await page.getByTestId("drawer").waitFor({ state: "hidden" })
        assert.strictEqual(await page.locator(":focus").getAttribute("data-id"), opened)
        // Paused, it stays as it is; then it goes on.
        await page.keyboard.press("l")
        await page.locator("[data-testid=live][data-state=paused]").waitFor()
      })
      yield* next
      yield* next
      yield* Effect.promise(async () => {
        assert.strictEqual(await page.getByTestId("batch").count(), 10)
        await page.keyboard.press("l")
        await page.getByTestId("batch").nth(10).waitFor()
      })
      assert.deepStrictEqual(complaints, [])
    }))

  it.live("begin by themselves, and come back after the stream was lost", () =>
    Effect.gen(function*() {
      const unused = yield* dashboard({ path: "/nowhere/calls.db" })
      const { page: waiting } = yield* open(`${unused}/?page=batches`)
      yield* Effect.promise(async () => {
        await waiting.getByTestId("empty-never").getByText("waiting for the first batch").waitFor()
        await waiting.getByRole("button", { name: "Copy the command" }).click()
        assert.match(await waiting.evaluate<string>("navigator.clipboard.readText()"), /^loom batch submit /)
        await isAccessible(waiting, "never used")
      })
      const { next, paths } = yield* made(4)
      const url = yield* dashboard(paths)
      const { page } = yield* open(`${url}/?page=batches`)
      yield* Effect.promise(async () => {
        await rowOf(page, "batch-8").getByText("running").waitFor()
        await page.route("**/api/events*", (route) => route.abort())
        // A page that is loaded anew hears nothing from the first, and asks.
        await page.reload()
        await page.locator("[data-testid=live][data-state=lost]").waitFor()
        await rowOf(page, "batch-8").getByText("running").waitFor()
      })
      yield* next
      yield* Effect.promise(() => rowOf(page, "batch-8").getByText("ended").waitFor())
    }))
})

interface Told {
  readonly id: string
  readonly status: string
  readonly counts: object
  readonly done: number
  readonly picoUsd: string
  readonly savedPicoUsd: string
  readonly priced: number
  readonly unpriced: number
  readonly jobs: ReadonlyArray<{ readonly vendorId: string | null }>
}
