import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import type { Page } from "playwright-core"
import { get } from "../../dashboard/served.ts"
import { tempPath } from "../../storage/files.ts"
import { programOf, start } from "../processes.ts"
import { close, dashboard, isAccessible, isWithout, open, page as built, startOn, textOf } from "./browser.ts"

const hour = 3_600_000

const caller = (...args: ReadonlyArray<string | number>) =>
  start(process.execPath, [...programOf("dashboard/callsChild.ts"), ...args.map(String)])

/** Another process that makes a call when it is told to. */
const callerNow = (path: string, seed: number) =>
  Effect.gen(function*() {
    const { lines, running, said } = yield* caller(path, seed)
    const until = (n: number) =>
      Effect.promise(async () => {
        while (said.length < n) await once(lines, "line")
      })
    yield* until(1)
    return {
      call: Effect.suspend(() => {
        const made = said.length
        running.kill("SIGUSR2")
        return until(made + 1)
      })
    }
  })

let shared: Promise<string> | undefined

/** A log of real calls of all kinds, made once: nobody writes to it. */
const lived = Effect.promise(() =>
  shared ??= Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const folder = mkdtempSync(join(tmpdir(), "loom-lived-"))
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, "calls.db")
    const now = Date.now()
    const made = yield* caller(path, 7, 260, now - 3 * hour, now - 1_000)
    yield* made.ended
    return path
  })))
)

let batched: Promise<string> | undefined

/** Batches of all kinds, likewise. */
const livedBatches = Effect.promise(() =>
  batched ??= Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const folder = mkdtempSync(join(tmpdir(), "loom-lived-"))
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
    const { lines, said } = yield* start(process.execPath, [...programOf("dashboard/batchesChild.ts"), folder, "7"])
    yield* Effect.promise(async () => {
      if (said.length === 0) await once(lines, "line")
    })
    return join(folder, "batches.db")
  })))
)

const rows = (page: Page) => page.getByTestId("log").locator("tbody tr")
const idOf = (page: Page, n: number) => rows(page).nth(n).getAttribute("data-id")
const counted = (page: Page, n: number) =>
  page.locator(`[data-testid=log] tbody tr:nth-child(${n}):last-child`).waitFor()
const copied = (page: Page) => page.evaluate<string>("navigator.clipboard.readText()")
const ready = (page: Page) => rows(page).first().waitFor()
const params = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)

const isFit = async (page: Page, what: string) => {
  await isAccessible(page, what)
  assert.isAtMost(await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth"), 0, what)
}

/** All that was agreed to be on the Overview, by where it is. */
const overviewParts = [
  ...["requests", "latency", "hits", "saved"].flatMap((name) =>
    ["value", "note"].map((part) => `[data-testid=kpi-${name}] [data-testid=${part}]`)
  ),
  ...["requests", "latency", "hits", "saved"].map((name) => `[data-testid=kpi-${name}] svg.spark path`),
  "[data-testid=kpi-requests] h2 a",
  "[data-testid=with-cached]",
  "[data-testid=traffic-rate]",
  "[data-testid=traffic-providers]",
  "[data-testid=chart] canvas >> nth=0",
  "[data-testid=chart] canvas >> nth=1",
  "[data-testid=key-retry]",
  "[data-testid=key-failover]",
  "[data-testid=buckets] tbody tr >> nth=0",
  "[data-testid=tokens-total]",
  "[data-testid=tokens-openai] .fill",
  "[data-testid=tokens-openai] [role=tooltip]",
  "[data-testid=health-openai] .shape",
  "[data-testid=health-openai] [role=tooltip]",
  "[data-testid=incident-counts]",
  "[data-testid=incident] .pill >> nth=0",
  "[data-testid=incident] time >> nth=0",
  "[data-testid=panel-incidents] a:has-text('All') >> nth=-1",
  "[data-testid=workload-share]",
  "[data-testid=workload-saved]",
  "[data-testid=baseline]",
  "[data-testid=actual]",
  "[data-testid=info-baseline]",
  ...["responseCache", "coalescing", "promptCache", "routing", "batch"].map((name) => `[data-testid=saving-${name}]`),
  "[data-testid=log-state]",
  ...["status", "provider", "model", "cached"].map((name) => `[data-testid=filter-${name}]`),
  ...["Time", "Status", "Provider", "Model", "Latency", "In", "Out", "Cache", "Cost"].map((name) =>
    `[data-testid=log] th:text-is("${name}")`
  ),
  "[data-testid=log-region][tabindex='0'][aria-label]",
  "a.skip",
  "h1",
  "[data-testid=nav-overview][aria-current=page]",
  "[data-testid=nav-requests]",
  "[data-testid=filter-text]",
  "[data-testid=ranges] input >> nth=4",
  "[data-testid=custom-range]",
  "[data-testid=live][data-state=live]",
  "[data-testid=theme]",
  "[data-testid=help-button]",
  "[role=status]"
]

const tiles = (...names: ReadonlyArray<string>) =>
  names.flatMap((name) => [
    `[data-testid=kpi-${name}] [data-testid=value]`,
    `[data-testid=kpi-${name}] [data-testid=note]`,
    `[data-testid=kpi-${name}] svg.spark path`,
    `[data-testid=kpi-${name}] h2 a`
  ])

const headers = (table: string, ...names: ReadonlyArray<string>) =>
  names.map((name) => `[data-testid=${table}] th:text-is("${name}")`)

/** And on the Cost page. */
const costParts = [
  ...tiles("spent", "saved", "per1k", "unpriced"),
  "[data-testid=group-by] input >> nth=1",
  "[data-testid=group-by-tag] option:text-is('tenant')",
  "[data-testid=chart] canvas",
  "[data-testid=spend-key] >> nth=2",
  "[data-testid=buckets] tbody tr >> nth=0",
  "figure.spend[aria-label^='Spent']",
  "[data-testid=workload-share]",
  "[data-testid=workload-saved]",
  "[data-testid=baseline]",
  "[data-testid=actual]",
  "[data-testid=info-baseline]",
  ...["responseCache", "coalescing", "promptCache", "routing", "batch"].map((name) => `[data-testid=saving-${name}]`),
  ...headers("spenders", "Provider", "Calls", "In", "Cached", "Out", "$ / 1,000", "Saved", "Cost", "Share"),
  "[data-testid=spender][data-key=openai] a",
  "[data-testid=spender] .fill >> nth=0",
  "[data-testid=spender-total]",
  "[data-testid=spenders-count]",
  "[data-testid=info-costs]",
  "[data-testid=export-csv][download]",
  "[data-testid=export-json][download]",
  "[data-testid=nav-cost][aria-current=page]"
]

/** And on the Providers page. */
const providerParts = [
  "[data-testid=metric] input >> nth=4",
  "[data-testid=chart] canvas",
  "[data-testid=provider-key] >> nth=2",
  "[data-testid=buckets] tbody tr >> nth=0",
  "[data-testid=panel-incidents] [data-testid=incident] time >> nth=0",
  ...headers(
    "providers",
    "Provider",
    "Attempts",
    "Errors",
    "P50",
    "P95",
    "P99",
    "First token",
    "Retries",
    "Failovers",
    "Tokens",
    "Cost"
  ),
  "[data-testid=provider-openai] .shape",
  "[data-testid=provider-openai] [data-testid=state]",
  "[data-testid=provider-openai] [data-testid=reason] b >> nth=0",
  "[data-testid=provider-openai] [data-testid=model] a >> nth=1",
  "[data-testid=provider-openai] .remarks:has-text('circuit')",
  "[data-testid=info-providers]",
  "[data-testid=nav-providers][aria-current=page]"
]

/** And on the Batches page. */
const batchParts = [
  ...["open", "done", "spent", "saved"].flatMap((name) => [
    `[data-testid=kpi-${name}] [data-testid=value]`,
    `[data-testid=kpi-${name}] [data-testid=note]`,
    `[data-testid=kpi-${name}] h2 a`
  ]),
  ...headers(
    "batches",
    "Batch",
    "State",
    "Vendors and models",
    "Done",
    "Failed",
    "Expired",
    "Cancelled",
    "Age",
    "Expires in",
    "Spent",
    "Saved"
  ),
  "[data-testid=batch] th button >> nth=1",
  "[data-testid=batch] .pill >> nth=0",
  "[data-testid=batch] .track .fill >> nth=0",
  "[data-testid=batch] [data-testid=progress] >> nth=0",
  "[data-testid=batch-state] input >> nth=3",
  "[data-testid=batches-count]",
  "[data-testid=info-batches]",
  "[data-testid=export-csv][download]",
  "[data-testid=export-json][download]",
  "[data-testid=nav-batches][aria-current=page]"
]

const batchDrawerParts = [
  "drawer-id",
  "batch-rows",
  "rows-succeeded",
  "drawer-cost",
  "drawer-saved",
  "drawer-total",
  "jobs",
  "job",
  "vendor-id",
  "failures",
  "failure-reason",
  "failed-row",
  "facts",
  "bodies"
]

const drawerParts = [
  "drawer-latency",
  "drawer-id",
  "timeline",
  "attempt",
  "drawer-tokens",
  "drawer-cost",
  "cost-line",
  "drawer-total",
  "facts",
  "bodies"
]

describe.skipIf(isWithout)("the page", () => {
  afterAll(close)

  it.live("is small, has no figure of its own, and neither script nor style in its HTML", () =>
    Effect.gen(function*() {
      const folder = yield* built
      const files = readdirSync(join(folder, "assets"))
      const read = (suffix: string) =>
        files.filter((name) => name.endsWith(suffix)).map((name) => readFileSync(join(folder, "assets", name), "utf8"))
      const size = (suffix: string) => read(suffix).reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0)
      assert.isBelow(size(".js"), 60_000)
      assert.isBelow(size(".css"), 8_000)
      const html = readFileSync(join(folder, "index.html"), "utf8")
      assert.notMatch(html, /<style|style=|<script[^>]*>[^<]|\son\w+=|https?:/)
      for (const text of [...read(".js"), html]) {
        // What the design shows as examples, and whatever looks like money, a rate, a latency or a time.
        assert.notMatch(text, /12,?847|61\.4|1,?284|58\.4|27,?460|47,?020|582M|1\.9B/)
        assert.notMatch(text, /\$\d[\d,.]*\d|\d\d\.\d+ ?%|["'`>]\d+ ms\b|\d\d:\d\d:\d\d/)
      }
    }))

  it.live("has every element that was agreed on", () =>
    Effect.gen(function*() {
      const url = yield* dashboard({
        path: yield* lived,
        batches: yield* livedBatches,
        inFlight: Effect.succeed(3),
        isDemo: true
      })
      const { complaints, page } = yield* open(`${url}/?range=7d`)
      yield* Effect.promise(async () => {
        await ready(page)
        await page.getByTestId("kpi-requests").waitFor()
        for (const part of overviewParts) assert.isAtLeast(await page.locator(part).count(), 1, part)
        assert.match(await textOf(page, "log-state"), /^tailing · .+ · in flight 3$/)
        assert.include(await textOf(page, "demo"), "made up")
        await page.getByTestId("info-baseline").click()
        await page.getByText("at list price").waitFor()
        await page.keyboard.press("Escape")
        assert.strictEqual(await page.locator("h1").count(), 1)

        await page.getByTestId("nav-cost").click()
        await page.getByTestId("spenders").waitFor()
        for (const part of costParts) assert.isAtLeast(await page.locator(part).count(), 1, part)
        await page.getByTestId("info-costs").click()
        await page.getByText("None of that is a zero").waitFor()
        await page.keyboard.press("Escape")
        await page.getByTestId("nav-providers").click()
        await page.getByTestId("providers").waitFor()
        for (const part of providerParts) assert.isAtLeast(await page.locator(part).count(), 1, part)
        await page.getByTestId("info-providers").click()
        await page.getByText("rate limits").waitFor()
        await page.keyboard.press("Escape")

        await page.getByTestId("nav-batches").click()
        await page.getByTestId("batches").waitFor()
        for (const part of batchParts) assert.isAtLeast(await page.locator(part).count(), 1, part)
        await page.getByTestId("info-batches").click()
        await page.getByText("what vendors tell").waitFor()
        await page.keyboard.press("Escape")
        await page.locator("[data-testid=batch][data-id=batch-0] button").first().click()
        await page.getByTestId("jobs").waitFor()
        for (const part of batchDrawerParts) assert.isAtLeast(await page.getByTestId(part).count(), 1, part)
        await page.getByRole("button", { name: "Copy the command" }).click()
        assert.strictEqual(await copied(page), "loom batch results 'batch-0'")
        await page.getByRole("button", { name: "Copy the batch as JSON" }).click()
        assert.propertyVal(JSON.parse(await copied(page)), "id", "batch-0")
        await page.keyboard.press("Escape")
        await page.getByTestId("drawer").waitFor({ state: "hidden" })

        await page.getByTestId("nav-requests").click()
        await page.getByTestId("panel-requests").waitFor()
        assert.strictEqual(await page.locator("a[download]").count(), 2)
        for (const name of ["status", "provider", "model", "error", "cached", "tag", "minMs", "minUsd"]) {
          assert.strictEqual(await page.getByTestId(`filter-${name}`).count(), 1, name)
        }
        await page.getByTestId("filter-status").selectOption("failover")
        await page.getByTestId("chips").first().waitFor()
        await ready(page)
        await rows(page).first().locator("button").click()
        await page.getByTestId("timeline").waitFor()
        for (const part of [...drawerParts, "routing"]) {
          assert.isAtLeast(await page.getByTestId(part).count(), 1, part)
        }
        await page.getByRole("button", { name: "Copy the call as code" }).click()
        assert.include(await copied(page), "Loom.")
        await page.getByRole("button", { name: "Copy the record as JSON" }).click()
        const record: unknown = JSON.parse(await copied(page))
        assert.propertyVal(record, "id", params(page)["request"])

        await page.getByTestId("filter-status").selectOption("error")
        await page.waitForURL(/status=error/)
        await page.goto(`${url}/?page=requests&range=7d&status=error`)
        await ready(page)
        await rows(page).first().locator("button").click()
        const wrong = page.getByTestId("drawer-error")
        await wrong.waitFor()
        assert.match(await wrong.innerText(), /What[\s\S]+Why[\s\S]+/)
      })
      assert.deepStrictEqual(complaints, [])
    }))

  it.live("keeps what is shown in its address, and Back works", () =>
    Effect.gen(function*() {
      const url = yield* dashboard({ path: yield* lived, batches: yield* livedBatches })
      const { complaints, page } = yield* open(`${url}/`)
      yield* Effect.promise(async () => {
        await ready(page)
        await page.getByTestId("kpi-hits").getByRole("link").click()
        await page.getByTestId("panel-requests").waitFor()
        assert.deepStrictEqual(params(page), { page: "requests", cached: "true" })
        await page.locator("[data-testid=ranges] label", { hasText: "7d" }).click()
        await page.getByTestId("filter-provider").selectOption("openai")
        assert.deepStrictEqual(params(page), { page: "requests", range: "7d", cached: "true", provider: "openai" })
        await page.locator("tbody [data-column=Provider]", { hasNotText: "OpenAI" }).first().waitFor({
          state: "detached"
        })
        await page.getByTestId("filter-text").fill("gpt-4.1")
        await page.waitForURL(/text=gpt-4\.1/)
        const address = page.url()
        await page.goBack()
        assert.deepStrictEqual(params(page), { page: "requests", range: "7d", cached: "true", provider: "openai" })
        assert.strictEqual(await page.getByTestId("filter-text").inputValue(), "")
        await page.goBack()
        await page.goBack()
        await page.goBack()
        assert.deepStrictEqual(params(page), {})
        await page.getByTestId("panel-traffic").waitFor()

        // The address is all that another needs.
        await page.goto(address)
        await page.getByTestId("chips").first().waitFor()
        assert.strictEqual(await page.getByTestId("filter-text").inputValue(), "gpt-4.1")
        await page.getByTestId("clear").first().click()
        assert.deepStrictEqual(params(page), { page: "requests", range: "7d" })

        // Dragging on the chart zooms, and a double click goes back.
        await page.goto(`${url}/`)
        const chart = page.getByTestId("chart").locator(".u-over").first()
        await chart.waitFor()
        const box = (await chart.boundingBox())!
        await page.mouse.move(box.x + box.width * 0.5, box.y + 50)
        await page.mouse.down()
        await page.mouse.move(box.x + box.width * 0.9, box.y + 60, { steps: 4 })
        await page.mouse.up()
        await page.waitForURL(/since=\d+&until=\d+/)
        assert.strictEqual(await page.getByTestId("live").getAttribute("data-state"), "fixed")
        await chart.dblclick()
        await page.waitForURL((at) => at.search === "")

        // On every page that has one, and by keys; Back is where it came from.
        for (const name of ["overview", "cost", "providers"]) {
          const address = `${url}/?range=7d${name === "overview" ? "" : `&page=${name}`}`
          await page.goto(address)
          const chart = page.getByTestId("chart")
          await chart.locator(".u-over").first().waitFor()
          const own = params(page)
          const over = (await chart.locator(".u-over").first().boundingBox())!
          await page.mouse.move(over.x + over.width * 0.6, over.y + 50)
          await page.mouse.down()
          await page.mouse.move(over.x + over.width * 0.95, over.y + 60, { steps: 4 })
          await page.mouse.up()
          await page.waitForURL(/since=\d+&until=\d+/)
          assert.strictEqual(params(page)["page"], own["page"])
          await page.goBack()
          assert.deepStrictEqual(params(page), own)

          await page.mouse.move(5, 5)
          await chart.focus()
          await page.keyboard.press("ArrowLeft")
          for (let n = 0; n < 5; n++) await page.keyboard.press("Shift+ArrowLeft")
          await page.locator("figure output", { hasText: "Enter zooms" }).waitFor({ state: "attached" })
          assert.isAbove((await chart.locator(".u-select").first().boundingBox())?.width ?? 0, 10)
          // Escape takes the selection back, and only that.
          await page.keyboard.press("Escape")
          await page.keyboard.press("Enter")
          assert.deepStrictEqual(params(page), own)
          for (let n = 0; n < 5; n++) await page.keyboard.press("Shift+ArrowRight")
          await page.keyboard.press("Enter")
          await page.waitForURL(/since=\d+&until=\d+/)
          const { since, until } = params(page)
          assert.strictEqual(Number(until) - Number(since), 6 * hour)
          await page.locator("[data-testid=live][data-state=fixed]").waitFor()
          await chart.focus()
          await page.keyboard.press("Backspace")
          await page.waitForURL((at) => !at.searchParams.has("since"))
          assert.deepStrictEqual(params(page), own)
        }
        // Who comes with a range of their own has nowhere to go back to.
        await page.goto(`${url}/?page=cost&since=${Date.now() - 2 * hour}&until=${Date.now()}`)
        await page.getByTestId("chart").focus()
        await page.keyboard.press("Backspace")
        await page.waitForURL((at) => at.search === "?page=cost")

        // What is grouped by and drawn is in the address too.
        await page.locator("[data-testid=group-by] label", { hasText: "Model" }).click()
        assert.deepStrictEqual(params(page), { page: "cost", by: "model" })
        await page.getByTestId("group-by-tag").selectOption("tenant")
        assert.deepStrictEqual(params(page), { page: "cost", by: "tag:tenant" })
        await page.reload()
        await page.locator("[data-testid=spenders] th", { hasText: "tenant" }).first().waitFor()
        await page.locator("[data-testid=spender] a").first().click()
        assert.match(params(page)["tag"] ?? "", /^tenant:(acme|umbrella)$/)
        await page.goBack()
        await page.goBack()
        assert.deepStrictEqual(params(page), { page: "cost", by: "model" })
        await page.goto(`${url}/?page=providers&metric=errors`)
        await page.getByRole("heading", { name: "Error share over time" }).waitFor()
        await page.locator("[data-testid=metric] label", { hasText: "P99" }).click()
        assert.deepStrictEqual(params(page), { page: "providers", metric: "p99" })

        // Which batches, and which of them is open, is in the address too; filters of calls alone are kept, and said so.
        await page.goto(`${url}/?page=batches&cached=true`)
        await page.getByTestId("chips").getByText("calls only").waitFor()
        await page.locator("[data-testid=batch-state] label", { hasText: "Not all answered" }).click()
        assert.deepStrictEqual(params(page), { page: "batches", cached: "true", state: "failed" })
        await page.locator("[data-testid=batch][data-id=batch-0] th button").first().click()
        assert.deepStrictEqual(params(page), { page: "batches", cached: "true", state: "failed", batch: "batch-0" })
        await page.getByTestId("failed-row").first().getByRole("link").click()
        await page.waitForURL(/request=/)
        await page.goBack()
        await page.getByTestId("jobs").waitFor()
        await page.goBack()
        await page.getByTestId("drawer").waitFor({ state: "hidden" })
        await page.goBack()
        assert.deepStrictEqual(params(page), { page: "batches", cached: "true" })
        await page.getByTestId("nav-cost").click()
        assert.deepStrictEqual(params(page), { page: "cost", cached: "true" })

        // Older calls, page by page.
        await page.goto(`${url}/?page=requests`)
        await ready(page)
        const newest = await idOf(page, 0)
        await page.getByTestId("older").click()
        await page.waitForURL(/before=/)
        await page.locator(`tbody tr:first-child:not([data-id="${newest}"])`).waitFor()
        await page.goBack()
        await page.locator(`tbody tr:first-child[data-id="${newest}"]`).waitFor()
      })
      // The call of a row is in another log than this one.
      assert.deepStrictEqual(complaints.filter((said) => !said.includes("404 (Not Found)")), [])
    }))

  it.live("can be used by keyboard alone", () =>
    Effect.gen(function*() {
      const url = yield* dashboard({ path: yield* lived, batches: yield* livedBatches })
      const { complaints, page } = yield* open(`${url}/`)
      const press = (...keys: ReadonlyArray<string>) =>
        Effect.promise(async () => {
          for (const key of keys) await page.keyboard.press(key)
        })
      const focused = Effect.promise(() => page.locator(":focus").getAttribute("data-id"))
      yield* Effect.promise(() => ready(page))
      yield* press("Tab")
      assert.strictEqual(
        yield* Effect.promise(() => page.locator(":focus").textContent()),
        "Skip to the figures"
      )
      yield* press("?")
      assert.isTrue(yield* Effect.promise(() => page.getByTestId("help").isVisible()))
      yield* press("Escape", "g", "r")
      yield* Effect.promise(() => page.getByTestId("panel-requests").waitFor())
      yield* Effect.promise(() => ready(page))
      const ids = yield* Effect.promise(async () => [await idOf(page, 0), await idOf(page, 1), await idOf(page, 2)])
      yield* press("j", "ArrowDown", "k")
      assert.strictEqual(yield* focused, ids[0])
      yield* press("Enter")
      yield* Effect.promise(() => page.getByTestId("drawer-id").getByText(ids[0]!).waitFor())
      yield* press("j", "j")
      yield* Effect.promise(() => page.getByTestId("drawer-id").getByText(ids[2]!).waitFor())
      yield* press("c")
      yield* Effect.promise(() => page.getByTestId("announcement").getByText("Copied").waitFor({ state: "attached" }))
      assert.strictEqual(yield* Effect.promise(() => copied(page)), ids[2])
      yield* press("Escape")
      yield* Effect.promise(() => page.getByTestId("drawer").waitFor({ state: "hidden" }))
      assert.strictEqual(yield* focused, ids[2])
      yield* press("l")
      assert.strictEqual(yield* Effect.promise(() => page.getByTestId("live").getAttribute("data-state")), "paused")
      yield* press("l", "t", "ArrowRight")
      yield* Effect.promise(() => page.waitForURL(/range=7d/))
      yield* press("/")
      yield* Effect.promise(() => page.locator("[data-testid=filter-text]:focus").waitFor())
      yield* Effect.promise(() => page.keyboard.type("jl?gro"))
      yield* Effect.promise(() => page.waitForURL(/text=jl%3Fgro/))
      yield* press("Escape", "g", "c")
      yield* Effect.promise(() => page.getByTestId("panel-spend").waitFor())
      yield* Effect.promise(() => page.locator("[data-testid=group-by] input").first().focus())
      yield* press("ArrowRight")
      yield* Effect.promise(() => page.waitForURL(/by=model/))
      yield* Effect.promise(() => page.getByTestId("export-csv").focus())
      yield* press("g", "p")
      yield* Effect.promise(() => page.getByTestId("panel-latency").waitFor())
      yield* Effect.promise(() => page.locator("[data-testid=metric] input:checked").focus())
      yield* press("ArrowRight")
      yield* Effect.promise(() => page.waitForURL(/metric=p99/))
      yield* Effect.promise(() => page.goto(`${url}/`))
      yield* Effect.promise(() => ready(page))
      yield* press("g", "b")
      yield* Effect.promise(() => page.getByTestId("batches").waitFor())
      yield* press("k", "j")
      const second = yield* focused
      yield* press("Enter")
      yield* Effect.promise(() => page.getByTestId("drawer-id").getByText(second ?? "", { exact: true }).waitFor())
      yield* press("Escape")
      yield* Effect.promise(() => page.getByTestId("drawer").waitFor({ state: "hidden" }))
      assert.strictEqual(yield* focused, second)
      yield* Effect.promise(() => page.locator("[data-testid=batch-state] input:checked").focus())
      yield* press("ArrowRight")
      yield* Effect.promise(() => page.waitForURL(/state=open/))
      yield* press("g", "o")
      yield* Effect.promise(() => page.getByTestId("panel-traffic").waitFor())
      yield* Effect.promise(() => page.goto(`${url}/`))
      yield* Effect.promise(() => page.getByTestId("chart").focus())
      yield* press("ArrowLeft", "ArrowLeft")
      assert.match(
        yield* Effect.promise(() => page.locator("figure output").textContent()).pipe(Effect.map(String)),
        /\d ok, \d+ errors/
      )
      assert.deepStrictEqual(complaints, [])
    }))

  it.live("has nothing that axe finds fault with, and nothing sideways, at any width and theme", () =>
    Effect.gen(function*() {
      const url = yield* dashboard({ path: yield* lived, batches: yield* livedBatches })
      const unused = yield* dashboard({ path: yield* tempPath })
      for (const width of [1440, 390]) {
        for (const colorScheme of ["dark", "light"] as const) {
          const { complaints, page } = yield* open(`${url}/`, { viewport: { width, height: 900 }, colorScheme })
          yield* Effect.promise(async () => {
            const check = (what: string) => isFit(page, `${what} at ${width}, ${colorScheme}`)
            await ready(page)
            await page.getByTestId("kpi-requests").waitFor()
            await check("overview")
            await page.goto(`${url}/?page=requests`)
            await ready(page)
            await check("requests")
            await page.goto(`${url}/?page=requests&status=failover`)
            await ready(page)
            await rows(page).first().locator("button").click()
            await page.getByTestId("timeline").waitFor()
            await check("drawer")
            await page.goto(`${url}/?page=batches&batch=batch-0`)
            await page.getByTestId("jobs").waitFor()
            await page.getByTestId("failed-row").first().waitFor()
            await check("drawer of a batch")
            const places = [
              "cost",
              "cost&by=model",
              "cost&by=tag:note",
              "providers",
              "providers&metric=errors",
              "batches"
            ]
            for (const place of places) {
              await page.goto(`${url}/?page=${place}`)
              await page.locator(".sheet tbody tr").first().waitFor()
              await check(place)
              await page.goto(`${url}/?page=${place}&text=nothing+like+it`)
              await page.getByTestId("empty-filtered").waitFor()
              await check(`${place}, empty`)
            }
            await page.goto(`${url}/?text=nothing+like+it`)
            await page.getByTestId("empty-filtered").waitFor()
            await check("empty, filtered")
            assert.deepStrictEqual(complaints, [])

            await page.goto(`${url}/`)
            await ready(page)
            await page.getByTestId("kpi-requests").waitFor()
            await page.route("**/api/overview?*", (route) =>
              route.fulfill({
                status: 503,
                contentType: "application/json",
                body: JSON.stringify({
                  _tag: "Unreadable",
                  message: "It can't be read.",
                  why: "It's locked.",
                  fix: "Wait."
                })
              }))
            await page.getByTestId("live").click()
            await page.getByTestId("live").click()
            await page.getByTestId("failure").first().waitFor()
            await check("error")
            for (const [name, api] of [["cost", "spending"], ["providers", "providers"], ["batches", "batches"]]) {
              await page.goto(`${url}/?page=${name}`)
              await page.locator(".sheet tbody tr").first().waitFor()
              await page.route(`**/api/${api}?*`, (route) =>
                route.fulfill({
                  status: 503,
                  contentType: "application/json",
                  body: JSON.stringify({ message: "It can't be read.", why: "It's locked.", fix: "Wait." })
                }))
              await page.getByTestId("live").click()
              await page.getByTestId("live").click()
              await page.getByTestId("failure").first().waitFor()
              assert.isAtLeast(await page.locator(".stale .sheet").count(), 1)
              await check(`${name}, error`)
            }
          })
          const waiting = yield* open(`${unused}/`, { viewport: { width, height: 900 }, colorScheme })
          yield* Effect.promise(async () => {
            await waiting.page.getByTestId("empty-never").waitFor()
            await isFit(waiting.page, `empty, never used at ${width}, ${colorScheme}`)
            for (const name of ["requests", "cost", "providers", "batches"]) {
              await waiting.page.goto(`${unused}/?page=${name}`)
              await waiting.page.getByTestId("empty-never").waitFor()
              if (name === "batches") await isFit(waiting.page, `no batches yet at ${width}, ${colorScheme}`)
            }
          })
          assert.deepStrictEqual(waiting.complaints, [])
        }
      }
    }))

  it.live("shows what fails where it fails, and what it had", () =>
    Effect.gen(function*() {
      const path = yield* lived
      const url = yield* dashboard({ path })
      const foreign = yield* dashboard({ path, batches: path })
      const { page } = yield* open(`${url}/`)
      yield* Effect.promise(async () => {
        await ready(page)
        const value = await page.getByTestId("kpi-requests").getByTestId("value").innerText()
        await page.route("**/api/series?*", (route) => route.abort())
        await page.locator("[data-testid=ranges] label", { hasText: "7d" }).click()
        const panel = page.getByTestId("panel-traffic")
        await panel.getByTestId("failure").waitFor()
        assert.match(
          await panel.getByTestId("failure").innerText(),
          /doesn't answer[\s\S]+loom dashboard[\s\S]+Since \d+s ago/
        )
        assert.match(await panel.getByTestId("age").innerText(), /ago/)
        assert.strictEqual(await panel.locator(".stale canvas").count(), 2)
        assert.strictEqual(await page.getByTestId("failure").count(), 1)
        assert.notStrictEqual(value, "")
        await page.unroute("**/api/series?*")
        await panel.getByRole("button", { name: "Retry" }).click()
        await panel.getByTestId("failure").waitFor({ state: "detached" })

        await page.goto(`${url}/?page=requests&request=nobody`)
        await page.getByTestId("drawer").getByTestId("failure").waitFor()
        await page.goto(`${url}/?page=batches&batch=nobody`)
        await page.getByTestId("drawer").getByTestId("failure").waitFor()
        // A file that isn't one of batches fails alone.
        await page.goto(`${foreign}/?page=batches`)
        await page.getByTestId("failure").first().getByText("can't be read").waitFor()
        await page.goto(`${foreign}/`)
        await ready(page)
        assert.strictEqual(await page.getByTestId("failure").count(), 0)
      })
    }))

  it.live("shows strings as what they are, wherever they come from", () =>
    Effect.gen(function*() {
      const url = yield* dashboard({ path: yield* lived, batches: yield* livedBatches })
      const { complaints, page } = yield* open(`${url}/?page=requests&range=7d`)
      yield* Effect.promise(async () => {
        await ready(page)
        await page.locator("[data-testid=filter-tag] option", { hasText: "<img src=x" }).first().waitFor({
          state: "attached"
        })
        const tags = await page.locator("[data-testid=filter-tag] option").allTextContents()
        for (const text of ["<img src=x onerror=", "</script><script>", "=cmd|' /C calc'!A0", "<svg onload"]) {
          assert.isTrue(tags.some((tag) => tag.includes(text)), text)
        }
        await page.goto(`${url}/?page=requests&range=7d&error=UnknownModel`)
        await ready(page)
        const models = await page.locator("[data-column=Model]").allTextContents()
        assert.isTrue(models.some((model) => /<img|<script|<svg|=cmd|\{\{/.test(model)))
        await rows(page).first().locator("button").click()
        await page.getByTestId("drawer-error").waitFor()
        for (const place of ["cost&by=model", "cost&by=tag:note", "providers"]) {
          await page.goto(`${url}/?range=7d&page=${place}`)
          const names = page.locator(".sheet tbody th")
          await names.first().waitFor()
          const texts = await names.allTextContents()
          if (place !== "providers") {
            assert.isTrue(texts.some((text) => /<img|<script|<svg|=cmd|\{\{/.test(text)), place)
          }
        }
        await page.goto(`${url}/?page=cost&by=tag:${encodeURIComponent("<img src=x onerror=alert(1)>")}`)
        await page.locator("[data-testid=spenders] th", { hasText: "<img" }).first().waitFor()
        await page.goto(
          `${url}/?page=requests&text=${encodeURIComponent("<img src=x onerror=alert(1)>")}&before=%22%3E%3Cb%3E`
        )
        await page.getByTestId("chips").first().waitFor()
        await page.goto(`${url}/?page=batches`)
        await page.getByTestId("batches").waitFor()
        const ids = await page.getByTestId("batch").evaluateAll((rows) =>
          rows.map((row) => row.getAttribute("data-id"))
        )
        for (const id of ids.filter((id) => /[<=]/.test(id ?? ""))) {
          await page.goto(`${url}/?page=batches&batch=${encodeURIComponent(id ?? "")}`)
          await page.getByTestId("drawer-id").getByText(id ?? "", { exact: true }).waitFor()
          assert.match(await page.getByTestId("facts").innerText(), /<img|<script|<svg|=cmd/)
          await page.keyboard.press("c")
          await page.getByTestId("announcement").getByText("Copied").waitFor({ state: "attached" })
          assert.strictEqual(await copied(page), id)
        }
        assert.isAbove(ids.filter((id) => id?.startsWith("<") === true).length, 0)
        assert.strictEqual(await page.title(), "Loom")
        assert.strictEqual(await page.locator("img, b > b, main script").count(), 0)
      })
      // An address that nobody was given: the server says so, and the browser too.
      assert.deepStrictEqual(complaints.filter((said) => !said.includes("400 (Bad Request)")), [])
      assert.strictEqual((yield* get(`${url}/`, { headers: { host: "evil.example" } })).status, 403)
    }))

  it.live("turns live by itself with the first call, made by another process", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const url = yield* dashboard({ path })
      const { complaints, page } = yield* open(`${url}/`)
      yield* Effect.promise(() => page.getByTestId("empty-never").waitFor())
      const { call } = yield* callerNow(path, 3)
      yield* call
      yield* Effect.promise(() => rows(page).first().waitFor())
      const first = yield* Effect.promise(() => idOf(page, 0))

      // Whoever reads isn't pushed away: what arrives waits above.
      yield* Effect.promise(() => rows(page).first().locator("button").focus())
      yield* call
      yield* call
      yield* Effect.promise(async () => {
        await page.getByTestId("new-pill").getByText("2 new").waitFor()
        assert.strictEqual(await rows(page).count(), 1)
        assert.strictEqual(await page.locator(":focus").getAttribute("data-id"), first)
        await page.getByTestId("new-pill").click()
        await counted(page, 3)
        await page.getByTestId("live").click()
      })
      yield* call
      yield* Effect.promise(async () => {
        await page.getByTestId("live").getByText("Paused · 1 new").waitFor()
        assert.strictEqual(await rows(page).count(), 3)
        await page.getByTestId("live").click()
        await counted(page, 4)
        await page.locator("figure.traffic[aria-label^=\"4 calls\"]").waitFor()
      })
      assert.deepStrictEqual(complaints, [])
    }))

  it.live("misses nothing where the server is started again", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const before = yield* startOn(0, { path })
      const port = Number(new URL(before.url).port)
      const { page } = yield* open(`${before.url}/`)
      const { call } = yield* callerNow(path, 4)
      const calls = (n: number) => Effect.promise(() => counted(page, n))
      yield* call
      yield* calls(1)
      yield* before.stop
      yield* Effect.promise(() => page.getByTestId("live").getByText("Reconnecting…").waitFor())
      for (let n = 0; n < 3; n++) yield* call
      yield* startOn(port, { path })
      yield* calls(4)
      yield* Effect.promise(() => page.locator("[data-testid=live][data-state=live]").waitFor())
      yield* call
      yield* calls(5)
    }))

  it.live("misses nothing where the stream was refused, which browsers take for an answer", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const first = yield* startOn(0, { path })
      const { page } = yield* open(`${first.url}/`)
      const { call } = yield* callerNow(path, 5)
      yield* call
      yield* Effect.promise(() => counted(page, 1))
      yield* Effect.promise(() => page.route("**/api/events*", (route) => route.fulfill({ status: 503, body: "" })))
      yield* first.stop
      yield* Effect.promise(() => page.getByTestId("live").getByText("Reconnecting…").waitFor())
      yield* call
      yield* startOn(Number(new URL(first.url).port), { path })
      // Until it may listen again, it asks.
      yield* Effect.promise(() => counted(page, 2))
      assert.strictEqual(yield* Effect.promise(() => page.getByTestId("live").getAttribute("data-state")), "lost")
      yield* Effect.promise(() => page.unroute("**/api/events*"))
      yield* Effect.promise(() => page.locator("[data-testid=live][data-state=live]").waitFor())
      yield* call
      yield* Effect.promise(() => counted(page, 3))
    }))

  it.live("follows the system's theme, or the one that was chosen", () =>
    Effect.gen(function*() {
      const url = yield* dashboard({ path: yield* lived })
      const { page } = yield* open(`${url}/`, { colorScheme: "dark" })
      yield* Effect.promise(async () => {
        const background = () => page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor")
        const dark = await background()
        await page.emulateMedia({ colorScheme: "light" })
        const light = await background()
        assert.notStrictEqual(dark, light)
        await page.getByTestId("theme").click()
        assert.strictEqual(await background(), dark)
        await page.reload()
        await ready(page)
        assert.strictEqual(await background(), dark)
        await page.getByTestId("theme").click()
        await page.emulateMedia({ colorScheme: "dark" })
        assert.strictEqual(await background(), light)
      })
    }))
})
