import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import type { Overview } from "../../../src/Figures.ts"
import * as Format from "../../../src/dashboard/web/format.ts"
import { nameOf } from "../../../src/dashboard/web/vendors.ts"
import { connect, tempPath } from "../../storage/files.ts"
import { programOf, start } from "../processes.ts"
import { close, dashboard, isWithout, open, textOf } from "./browser.ts"
import { type Attempt, type Call, counters, kpi, mechanisms, money, p95, prev, rowsOf, signed, sum } from "./rows.ts"

const hour = 3_600_000

/** All of the page's figures of some calls, by their definitions. */
const figuresOf = (calls: ReadonlyArray<Call>, attempts: ReadonlyArray<Attempt>, minutes: number) => {
  const ok = calls.filter(({ outcome }) => outcome === "ok")
  const isCacheable = ({ cacheable }: Call) => cacheable === 1
  const hits = calls.filter((call) => isCacheable(call) && call.cache === "hit").length
  const misses = calls.filter((call) => isCacheable(call) && call.cache === "miss").length
  const priced = calls.filter((call) => call.priced === 1)
  const parts = mechanisms.map((name) => [name, sum(priced, (call) => call[`saved_${name}`])] as const)
  const saved = parts.reduce((all, [, part]) => all + part, 0n)
  const actual = sum(attempts.filter((attempt) => attempt["of_priced"] === 1), ({ cost_pico }) => cost_pico)
  const tokens = new Map<string, number>()
  for (const attempt of attempts) {
    const all = counters.reduce((all, name) => all + Number(attempt[name] ?? 0), 0)
    tokens.set(attempt.provider, (tokens.get(attempt.provider) ?? 0) + all)
  }
  return {
    total: calls.length,
    ok: ok.length,
    errors: calls.filter(({ outcome }) => outcome !== "ok" && outcome !== "interrupted").length,
    interrupted: calls.filter(({ outcome }) => outcome === "interrupted").length,
    retries: calls.reduce((all, { retries }) => all + retries, 0),
    failovers: calls.reduce((all, { failovers }) => all + failovers, 0),
    perMinute: calls.length / minutes,
    latency: p95(ok.filter(({ cache }) => cache === "miss").map(({ total_ms }) => total_ms)),
    latencyWithCached: p95(ok.map(({ total_ms }) => total_ms)),
    hits,
    misses,
    hitRate: hits + misses === 0 ? null : hits / (hits + misses),
    saved,
    parts,
    actual,
    baseline: actual + saved,
    spent: sum(attempts, ({ cost_pico }) => cost_pico),
    priced: priced.length,
    unpriced: calls.length - priced.length,
    tokens: [...tokens].filter(([, all]) => all > 0).sort(([, a], [, b]) => b - a),
    allTokens: [...tokens.values()].reduce((all, one) => all + one, 0),
    providers: tokens.size
  }
}

interface Drawn {
  readonly bucket: number
  /** Begins a line, rather than goes on with one. */
  readonly begins: boolean
  /** Of the highest that is drawn. */
  readonly share: number
}

/** The points of a sparkline, read off its paths: 120 wide, 32 high, with a margin of 2 above and below. */
const drawnIn = async (page: Page, name: string, buckets: number): Promise<ReadonlyArray<Drawn>> => {
  const paths = await page.getByTestId(`kpi-${name}`).locator("svg.spark path").evaluateAll((paths) =>
    paths.map((path) => path.getAttribute("d") ?? "")
  )
  return paths.flatMap((path) =>
    [...path.matchAll(/([ML])([\d.]+) ([\d.]+)/g)].map(([, command, x, y]) => ({
      bucket: Math.round(Number(x) * (buckets - 1) / 120),
      begins: command === "M",
      share: (30 - Number(y)) / 28
    }))
  )
}

/** One value a bucket: a line through what is known, which begins anew behind what isn't. */
const isDrawn = async (page: Page, name: string, values: ReadonlyArray<number | null>) => {
  const most = Math.max(...values.map((value) => value ?? 0)) || 1
  const expected = values.flatMap((value, bucket) =>
    value === null ? [] : [{ bucket, begins: (values[bucket - 1] ?? null) === null, share: Math.max(0, value) / most }]
  )
  const drawn = await drawnIn(page, name, values.length)
  const places = (all: ReadonlyArray<Drawn>) => all.map(({ begins, bucket }) => `${begins ? "from" : "to"} ${bucket}`)
  assert.deepStrictEqual(places(drawn), places(expected), name)
  // A tenth of a pixel is what it is rounded to.
  for (const [n, { share }] of expected.entries()) assert.closeTo(drawn[n]!.share, share, 0.05 / 28 + 1e-9, name)
}

describe.skipIf(isWithout)("the page's figures", () => {
  afterAll(close)

  for (const seed of [1, Math.floor(Math.random() * 1e9)]) {
    it.live(`are what the rows of real calls add up to, seed ${seed}`, () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const now = Date.now()
        const from = now - 4 * hour
        const made = yield* start(process.execPath, [
          ...programOf("dashboard/callsChild.ts"),
          ...[path, seed, 220, from, now - 1_000].map(String)
        ])
        yield* made.ended
        assert.deepStrictEqual(made.said, [{ made: 220 }])
        // In every minute of late there is something.
        const late = yield* start(process.execPath, [
          ...programOf("dashboard/callsChild.ts"),
          ...[path, seed + 1, 60, now - 4 * 60_000, now - 1_000].map(String)
        ])
        yield* late.ended
        const { attempts, calls } = rowsOf(yield* connect(path, { readOnly: true }))
        assert.isAtLeast(calls.length, 220)

        // Nothing is known of the time before the first call.
        const first = calls.at(-1)!.ended_at
        const minutesOf = (since: number, until: number) => (until - Math.max(since, first)) / 60_000

        const url = yield* dashboard({ path })
        const asked = `since=${now - 2 * hour}&until=${now}`
        const { complaints, page } = yield* open(`${url}/?${asked}`)
        yield* Effect.promise(async () => {
          // Where ranges begin and end is the server's to say; what is in them isn't.
          const answered = page.waitForResponse((response) => response.url().includes("/api/overview?"))
          await page.reload()
          const { range, workload }: Overview = await (await answered).json()
          await page.getByTestId("log").locator("tbody tr").first().waitFor()
          await page.getByTestId("kpi-requests").waitFor()
          const within = <A extends { readonly ended_at: number }>(
            all: ReadonlyArray<A>,
            since: number,
            until: number
          ) => all.filter(({ ended_at }) => ended_at >= since && ended_at < until)
          const of = (since: number, until: number) =>
            figuresOf(
              within(calls, since, until),
              within(attempts, since, until),
              minutesOf(since, Math.min(until, range.now))
            )
          const is = of(range.since, range.until)
          const was = of(range.previous.since, range.previous.until)
          const month = of(workload.since, workload.until + 1)
          assert.isAbove(is.retries + is.failovers + is.errors, 0)
          assert.isAbove(was.total, 0)

          const change = is.perMinute / was.perMinute - 1
          const requests = await kpi(page, "requests")
          assert.strictEqual(requests.value, Format.perMinute(is.perMinute))
          assert.strictEqual(requests.delta, prev(signed(change, Format.rate(Math.abs(change)))))

          const lastMinute = Math.floor(range.now / 60_000) * 60_000
          assert.strictEqual(
            requests.note,
            `now ${Format.count(within(calls, lastMinute - 60_000, lastMinute).length)}`
          )

          const buckets = Array.from({ length: range.buckets }, (_, n) => range.since + n * range.bucket)
          const valuesOf = (value: (figures: ReturnType<typeof figuresOf>) => number | null) =>
            buckets.map((at) => at + range.bucket <= first || at > range.now ? null : value(of(at, at + range.bucket)))
          assert.isAbove(range.buckets, 10)
          await isDrawn(page, "requests", valuesOf(({ total }) => total))
          await isDrawn(page, "latency", valuesOf(({ latency }) => latency))
          await isDrawn(page, "hits", valuesOf(({ hitRate }) => hitRate))
          await isDrawn(page, "saved", valuesOf(({ saved }) => Number(saved) / 1e12))

          const slower = is.latency! - was.latency!
          assert.deepStrictEqual(await kpi(page, "latency"), {
            value: Format.duration(is.latency!),
            delta: prev(signed(slower, Format.duration(Math.abs(slower)))),
            note: "upstream"
          })
          await page.getByTestId("with-cached").click()
          assert.strictEqual((await kpi(page, "latency")).value, Format.duration(is.latencyWithCached!))
          await isDrawn(page, "latency", valuesOf(({ latencyWithCached }) => latencyWithCached))

          const warmer = is.hitRate! - was.hitRate!
          assert.deepStrictEqual(await kpi(page, "hits"), {
            value: Format.rate(is.hitRate),
            delta: prev(signed(warmer, Format.points(Math.abs(warmer)))),
            note: `${Format.count(is.hits)} of ${Format.count(is.hits + is.misses)}`
          })

          const more = is.saved - was.saved
          const unpriced = is.unpriced > 0 ? ` + ${is.unpriced} unpriced` : ""
          assert.deepStrictEqual(await kpi(page, "saved"), {
            value: Format.money(money(is.saved)),
            delta: prev(signed(Number(more), Format.usd(Math.abs(Number(more) / 1e12)))),
            note: `spent ${Format.money(money(is.spent))}${unpriced}`
          })
          assert.strictEqual(
            await page.getByTestId("kpi-saved").getByTestId("value").getAttribute("title"),
            Format.exactly(money(is.saved))
          )

          assert.strictEqual(await textOf(page, "traffic-rate"), `${Format.perMinute(is.perMinute)} / min`)
          assert.strictEqual(
            await textOf(page, "traffic-providers"),
            `${Format.plural(is.providers, "provider")} active`
          )
          assert.strictEqual(
            await page.locator("figure.traffic").getAttribute("aria-label"),
            `${Format.plural(is.total, "call")}: ${is.ok} ok, ${
              Format.plural(is.errors, "error")
            }, ${is.interrupted} interrupted`
          )
          const told = await page.getByTestId("buckets").locator("tbody tr").evaluateAll((rows) =>
            rows.map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent)))
          )
          const totals = [0, 1, 2, 3].map((column) => told.reduce((all, row) => all + row[column]!, 0))
          assert.deepStrictEqual(totals, [is.ok, is.errors, is.retries, is.failovers])

          assert.strictEqual(await textOf(page, "tokens-total"), `range · ${Format.count(is.allTokens)} total`)
          for (const [provider, all] of is.tokens) {
            const row = page.getByTestId(`tokens-${provider}`)
            assert.strictEqual(await row.locator(".name").innerText(), nameOf(provider))
            assert.strictEqual(
              await row.locator(".number").innerText(),
              `${Format.count(all)} · ${Format.share(all / is.allTokens)}`
            )
          }

          const lastHour = of(Math.floor((range.now - hour) / 10_000) * 10_000, range.now + 1)
          assert.strictEqual(
            await textOf(page, "incident-counts"),
            `${Format.plural(lastHour.retries, "retry", "retries")} · ${
              Format.plural(lastHour.failovers, "failover")
            } · ${Format.plural(lastHour.errors, "error")} in 1 h`
          )

          const since = Math.floor((range.now - 5 * 60_000) / 10_000) * 10_000
          for (const provider of new Set(attempts.map(({ provider }) => provider))) {
            const own = within(attempts, since, range.now + 1).filter((attempt) => attempt.provider === provider)
            const slow = p95(
              own.filter(({ outcome }) => outcome === "ok").map(({ duration_ms }) => Number(duration_ms))
            )
            const line = page.getByTestId(`health-${provider}`)
            assert.strictEqual(await line.locator(".name").innerText(), nameOf(provider))
            assert.strictEqual(await line.getAttribute("data-state") === "idle", own.length === 0)
            assert.deepStrictEqual(
              await line.locator(".number").allInnerTexts(),
              slow === null ? [] : [Format.duration(slow)]
            )
          }

          const share = Number(month.saved) / Number(month.baseline)
          assert.strictEqual(
            await textOf(page, "workload-share"),
            `${share > 0 ? "−" : "+"}${Format.rate(Math.abs(share))}`
          )
          for (
            const [id, amount] of [["baseline", month.baseline], ["actual", month.actual], [
              "workload-saved",
              month.saved
            ]] as const
          ) {
            assert.strictEqual(await textOf(page, id), Format.money(money(amount)))
            assert.strictEqual(await page.getByTestId(id).getAttribute("title"), Format.exactly(money(amount)))
          }
          const names = ["responseCache", "coalescing", "promptCache", "routing", "batch"]
          for (const [n, [, part]] of month.parts.entries()) {
            assert.strictEqual(
              await page.getByTestId(`saving-${names[n]}`).getAttribute("title"),
              Format.exactly(money(part))
            )
          }
          if (month.unpriced > 0) {
            assert.strictEqual(await textOf(page, "unpriced"), `+ ${Format.plural(month.unpriced, "unpriced call")}`)
          }

          // The log, row by row, and the drawer of each kind of call.
          const shown = within(calls, range.since, range.until).slice(0, 200)
          const log = await page.getByTestId("log").locator("tbody tr").evaluateAll((rows) =>
            rows.map((row) => [
              row.getAttribute("data-id"),
              ...["Provider", "Model", "Latency"].map((name) =>
                row.querySelector(`[data-column="${name}"]`)?.textContent
              )
            ])
          )
          assert.deepStrictEqual(
            log,
            shown.map(({ id, model, provider, total_ms }) => [id, nameOf(provider), model, Format.duration(total_ms)])
          )
          for (
            const call of [shown.find(({ attempts }) => attempts > 1)!, shown.find(({ cache }) => cache === "hit")!]
          ) {
            const own = attempts.filter(({ call_seq }) => call_seq === call.seq)
            await page.locator(`button[data-id="${call.id}"]`).click()
            await page.getByTestId("drawer-id").getByText(call.id).waitFor()
            assert.strictEqual(await textOf(page, "drawer-latency"), Format.duration(call.total_ms))
            assert.strictEqual(await page.getByTestId("attempt").count(), own.length)
            const known = own.filter(({ cost_pico }) => cost_pico !== null)
            if (known.length > 0 || own.length === 0) {
              assert.strictEqual(
                await page.getByTestId("drawer-total").getAttribute("title"),
                Format.exactly(money(sum(known, ({ cost_pico }) => cost_pico)))
              )
            }
          }
        })
        assert.deepStrictEqual(complaints, [])
      }))
  }
})
