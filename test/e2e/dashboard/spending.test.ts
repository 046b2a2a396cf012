import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import type { Providers, Spending } from "../../../src/Figures.ts"
import * as Format from "../../../src/dashboard/web/format.ts"
import { nameOf } from "../../../src/dashboard/web/vendors.ts"
import { get } from "../../dashboard/served.ts"
import { connect, tempPath } from "../../storage/files.ts"
import { programOf, start } from "../processes.ts"
import { close, dashboard, isWithout, open, textOf } from "./browser.ts"
import { type Attempt, type Call, counters, kpi, mechanisms, money, prev, rowsOf, signed, sum } from "./rows.ts"

const hour = 3_600_000

/** Calls of the last four hours, of which some cost what is estimated, and all of Mistral's what nobody knows. */
const made = Effect.fnUntraced(function*(seed: number, now: number) {
  const path = yield* tempPath
  const program = yield* start(process.execPath, [
    ...programOf("dashboard/callsChild.ts"),
    ...[path, seed, 220, now - 4 * hour, now - 1_000].map(String)
  ])
  yield* program.ended
  const db = yield* connect(path)
  db.exec(`UPDATE attempts SET cost_status = 'estimated' WHERE provider = 'anthropic' AND cost_pico IS NOT NULL;
    UPDATE calls SET priced = 0 WHERE seq IN
      (SELECT call_seq FROM attempts WHERE provider = 'mistral' AND cost_pico IS NOT NULL);
    UPDATE attempts SET cost_pico = NULL, cost_status = 'unknown' WHERE provider = 'mistral';
    INSERT INTO transitions (at, provider, key, from_state, to_state, why, until)
      VALUES (${now - 60_000}, 'openai', 'k', 'closed', 'open', '5 failures <b>in a row</b>', ${now + hour})`)
  return { path, ...rowsOf(db) }
})

const within = <A extends { readonly ended_at: number }>(all: ReadonlyArray<A>, since: number, until: number) =>
  all.filter(({ ended_at }) => ended_at >= since && ended_at < until)

const rank = (values: ReadonlyArray<number>, q: number) =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * q) - 1)] ?? null

/** Costs of attempts, and how well they are known. */
const costOf = (attempts: ReadonlyArray<Attempt>) => {
  const cost = sum(attempts, ({ cost_pico }) => cost_pico)
  const unknown = attempts.filter((it) => it["billed"] !== "no" && it.cost_pico === null).length
  const estimated = attempts.filter((it) => it["cost_status"] === "estimated").length
  return {
    cost,
    unknown,
    estimated,
    written: unknown > 0 && cost === 0n
      ? "—"
      : `${unknown > 0 ? "≥ " : estimated > 0 ? "≈ " : ""}${Format.usd(Number(cost) / 1e12)}`
  }
}

const savedOf = (calls: ReadonlyArray<Call>) =>
  mechanisms.reduce(
    (all, name) => all + sum(calls.filter(({ priced }) => priced === 1), (call) => call[`saved_${name}`]),
    0n
  )

const tokensOf = (attempts: ReadonlyArray<Attempt>, ...names: ReadonlyArray<string>) =>
  Format.count(Number(names.reduce((all, name) => all + sum(attempts, (attempt) => attempt[name]), 0n)))

/** What the row of a group says. */
const spent = (calls: ReadonlyArray<Call>, attempts: ReadonlyArray<Attempt>, whole: bigint) => {
  const { cost, written } = costOf(attempts)
  const isKnown = written !== "—"
  const usd = Number(cost) / 1e12
  return {
    Calls: Format.count(calls.length),
    In: tokensOf(attempts, "input_uncached", "audio_input", "image_input", "cache_write"),
    Cached: tokensOf(attempts, "cache_read", "image_cache_read"),
    Out: tokensOf(attempts, "output_text", "audio_output", "image_output", "output_reasoning"),
    "$ / 1,000": isKnown && calls.length > 0 ? Format.usd(usd * 1000 / calls.length) : "—",
    Saved: Format.money(money(savedOf(calls))),
    Cost: written,
    Share: isKnown ? Format.rate(usd / (Number(whole) / 1e12)) : "—"
  }
}

/** The rows of a table, by their columns. */
const sheet = (page: Page, rows: string) =>
  page.locator(rows).evaluateAll((rows) =>
    rows.map((row) => ({
      title: row.querySelector("th")?.textContent?.trim() ?? "",
      cells: Object.fromEntries(
        [...row.querySelectorAll("[data-column]")].map((
          cell
        ) => [cell.getAttribute("data-column") ?? "", cell.textContent?.trim() ?? ""])
      )
    }))
  )

/** Where ranges begin and end is the server's to say; what is in them isn't. */
const told = <A>(url: string): Promise<A> =>
  Effect.runPromise(Effect.map(get(url), ({ body }) => JSON.parse(body) as A))

describe.skipIf(isWithout)("the page's costs and providers", () => {
  afterAll(close)

  for (const seed of [1, Math.floor(Math.random() * 1e9)]) {
    it.live(`are what the rows of real calls add up to, seed ${seed}`, () =>
      Effect.gen(function*() {
        const now = Date.now()
        const { attempts: allAttempts, calls: allCalls, path } = yield* made(seed, now)
        const url = yield* dashboard({ path })
        const asked = `since=${now - 2 * hour}&until=${now}`
        const { complaints, page } = yield* open(`${url}/?page=cost&${asked}`)
        yield* Effect.promise(async () => {
          const { at, range } = await told<Spending>(`${url}/api/spending?${asked}`)
          await page.getByTestId("spenders").waitFor()
          const of = (since: number, until: number) => ({
            calls: within(allCalls, since, until),
            attempts: within(allAttempts, since, until)
          })
          const is = of(range.since, range.until)
          const was = of(range.previous.since, range.previous.until)
          const cost = costOf(is.attempts)
          const before = costOf(was.attempts)
          assert.isAbove(cost.unknown, 0)
          assert.isAbove(cost.estimated, 0)

          const dearer = Number(cost.cost - before.cost) / 1e12
          assert.deepStrictEqual(await kpi(page, "spent"), {
            value: cost.written,
            delta: prev(signed(dearer, Format.usd(Math.abs(dearer)))),
            note: Format.plural(is.calls.length, "call")
          })
          assert.match(cost.written, /^≥ \$/)
          const saved = savedOf(is.calls)
          const actual = sum(is.attempts.filter((it) => it["of_priced"] === 1), ({ cost_pico }) => cost_pico)
          const baseline = actual + saved
          const more = Number(saved - savedOf(was.calls)) / 1e12
          assert.deepStrictEqual(await kpi(page, "saved"), {
            value: Format.money(money(saved)),
            delta: prev(signed(more, Format.usd(Math.abs(more)))),
            note: `${Format.rate(Number(saved) / Number(baseline))} of ${Format.money(money(baseline))}`
          })
          const per1k = ({ attempts, calls }: typeof is) => Number(costOf(attempts).cost) / 1e12 * 1000 / calls.length
          const steeper = per1k(is) - per1k(was)
          assert.deepStrictEqual(await kpi(page, "per1k"), {
            value: Format.usd(per1k(is)),
            delta: prev(signed(steeper, Format.usd(Math.abs(steeper)))),
            note: Format.plural(is.attempts.length, "attempt")
          })
          const unpriced = (calls: ReadonlyArray<Call>) => calls.filter(({ priced }) => priced === 0).length
          const vaguer = unpriced(is.calls) - unpriced(was.calls)
          assert.deepStrictEqual(await kpi(page, "unpriced"), {
            value: Format.count(unpriced(is.calls)),
            delta: prev(signed(vaguer, Format.count(Math.abs(vaguer)))),
            note: `${Format.plural(cost.estimated, "attempt")} estimated`
          })

          // What was saved, against the baseline that is stated.
          const share = Number(saved) / Number(baseline)
          assert.strictEqual(
            await textOf(page, "workload-share"),
            `${share > 0 ? "−" : "+"}${Format.rate(Math.abs(share))}`
          )
          for (const [id, amount] of [["baseline", baseline], ["actual", actual], ["workload-saved", saved]] as const) {
            assert.strictEqual(await page.getByTestId(id).getAttribute("title"), Format.exactly(money(amount)))
          }
          const names = ["responseCache", "coalescing", "promptCache", "routing", "batch"]
          for (const [n, name] of mechanisms.entries()) {
            const part = sum(is.calls.filter(({ priced }) => priced === 1), (call) => call[`saved_${name}`])
            assert.strictEqual(
              await page.getByTestId(`saving-${names[n]}`).getAttribute("title"),
              Format.exactly(money(part))
            )
          }
          assert.strictEqual(
            await textOf(page, "unpriced"),
            `+ ${Format.plural(unpriced(is.calls), "unpriced call")}`
          )

          // Who spent it, by provider, by model and by tag, and when.
          const tenantOf = ({ call_seq }: Attempt) =>
            JSON.parse(String(is.calls.find(({ seq }) => seq === call_seq)?.tags)).tenant as string
          const groupings = [
            {
              by: "provider",
              ofCall: ({ provider }: Call) => provider,
              ofAttempt: ({ provider }: Attempt) => provider,
              title: nameOf
            },
            {
              by: "model",
              ofCall: ({ model, provider }: Call) => `${provider}/${model}`,
              ofAttempt: (it: Attempt) => `${it.provider}/${String(it["model"])}`,
              title: (key: string) => key.replace(/^\//, "")
            },
            {
              by: "tag:tenant",
              ofCall: ({ tags }: Call) => (JSON.parse(tags) as { readonly tenant: string }).tenant,
              ofAttempt: tenantOf,
              title: (key: string) => key
            }
          ]
          for (const { by, ofAttempt, ofCall, title } of groupings) {
            if (by !== "provider") {
              await (by === "model"
                ? page.locator("[data-testid=group-by] label", { hasText: "Model" }).click()
                : page.getByTestId("group-by-tag").selectOption("tenant"))
              await page.locator("[data-testid=spenders] thead th").first().getByText(
                by === "model" ? "Model" : "tenant"
              ).waitFor()
            }
            const keys = [...new Set([...is.calls.map(ofCall), ...is.attempts.map(ofAttempt)])]
            const expected = keys.map((key) => ({
              title: title(key),
              cells: spent(
                is.calls.filter((call) => ofCall(call) === key),
                is.attempts.filter((attempt) => ofAttempt(attempt) === key),
                cost.cost
              )
            }))
            const byTitle = (a: { readonly title: string }, b: { readonly title: string }) => a.title < b.title ? -1 : 1
            const found = await sheet(page, "[data-testid=spender]")
            assert.deepStrictEqual(found.toSorted(byTitle), expected.toSorted(byTitle), by)
            assert.strictEqual(await textOf(page, "spenders-count"), `${keys.length} of ${keys.length}`)
            const [all] = await sheet(page, "[data-testid=spender-total]")
            assert.deepStrictEqual(all?.cells, spent(is.calls, is.attempts, cost.cost))

            // Each bucket of the chart, as it is read to who can't see it.
            const drawn = await page.getByTestId("buckets").evaluate((table) =>
              [...table.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent ?? ""))
            )
            const [head = [], ...lines] = drawn
            const bucketOf = ({ ended_at }: Attempt) => Math.floor((ended_at - range.since) / range.bucket)
            const inBucket = Map.groupBy(is.attempts, bucketOf)
            assert.strictEqual(lines.length, at.filter((start) => start <= range.now).length)
            for (const [n, [, whole, ...parts]] of lines.entries()) {
              const own = inBucket.get(n) ?? []
              assert.strictEqual(whole, Format.usd(Number(costOf(own).cost) / 1e12))
              for (const [column, part] of parts.entries()) {
                const key = keys.find((key) => title(key) === head[column + 2])!
                const asked = own.filter((attempt) => ofAttempt(attempt) === key)
                assert.strictEqual(part, Format.usd(Number(costOf(asked).cost) / 1e12), `${key} in ${n}`)
              }
            }
          }
          assert.isTrue((await sheet(page, "[data-testid=spender]")).every(({ cells }) => cells["Cost"] !== "$0"))

          // The file is what is shown.
          await page.goto(`${url}/?page=cost&${asked}&provider=openai`)
          await page.getByTestId("spenders").waitFor()
          const download = page.waitForEvent("download")
          await page.getByTestId("export-csv").click()
          const file = await download
          assert.match(file.suggestedFilename(), /^loom-spending-.+\.csv$/)
          const { body } = await Effect.runPromise(get(file.url()))
          const openAi = is.calls.filter(({ provider }) => provider === "openai")
          const [head = "", ...lines] = body.trimEnd().split("\r\n")
          assert.strictEqual(
            lines.reduce((all, line) => all + Number(line.split(",")[head.split(",").indexOf("calls")]), 0),
            openAi.length
          )

          // Providers, and their models.
          const { range: recently } = await told<Providers>(`${url}/api/providers?${asked}`)
          await page.goto(`${url}/?page=providers&${asked}`)
          await page.getByTestId("providers").waitFor()
          const recent = of(recently.since, recently.until)
          const newest = recent.attempts.filter(({ outcome }) => outcome === "ok")
            .toSorted((a, b) => a.ended_at - b.ended_at)
          const answering = new Map(
            newest.filter((it) => it["asked"] !== it["model"]).map((
              it
            ) => [`${it.provider}/${String(it["asked"])}`, String(it["model"])])
          )
          const modelOf = (it: Attempt) => {
            const asked = `${it.provider}/${String(it["model"])}`
            const everAnswered = newest.some((one) => `${one.provider}/${String(one["model"])}` === asked)
            return everAnswered ? String(it["model"]) : answering.get(asked) ?? String(it["model"])
          }
          const callers = new Set(["InvalidRequest", "interrupted", "UnknownModel"])
          const rowOf = (attempts: ReadonlyArray<Attempt>, calls: ReadonlyArray<Call>) => {
            const ok = attempts.filter(({ outcome }) => outcome === "ok")
            const durations = ok.map((it) => Number(it["duration_ms"]))
            const first = ok.flatMap((it) => it["first_token_ms"] === null ? [] : [Number(it["first_token_ms"])])
            const errors = attempts.filter(({ outcome }) => outcome !== "ok" && !callers.has(outcome))
            return {
              Attempts: Format.count(attempts.length),
              Errors: Format.rate(errors.length / attempts.length),
              P50: Format.durationOf(rank(durations, 0.5)),
              P95: Format.durationOf(rank(durations, 0.95)),
              P99: Format.durationOf(rank(durations, 0.99)),
              "First token": Format.durationOf(rank(first, 0.95)),
              Retries: Format.count(calls.reduce((all, { retries }) => all + retries, 0)),
              Failovers: Format.count(calls.reduce((all, { failovers }) => all + failovers, 0)),
              Tokens: tokensOf(attempts, ...counters),
              Cost: costOf(attempts).written
            }
          }
          for (const provider of new Set(recent.attempts.map(({ provider }) => provider))) {
            const attempts = recent.attempts.filter((it) => it.provider === provider)
            const calls = recent.calls.filter((it) => it.provider === provider)
            const part = `[data-testid="provider-${provider}"]`
            const [whole] = await sheet(page, `${part} .whole`)
            assert.include(whole?.title, nameOf(provider))
            assert.deepStrictEqual(whole?.cells, rowOf(attempts, calls), provider)
            const models = new Map(
              (await sheet(page, `${part} [data-testid=model]`)).map((row) => [row.title, row.cells])
            )
            const byModel = Map.groupBy(attempts, modelOf)
            assert.sameMembers([...models.keys()], [...byModel.keys()])
            for (const [model, own] of byModel) {
              const names = new Set([model, ...own.map((it) => String(it["model"]))])
              assert.deepStrictEqual(
                models.get(model),
                rowOf(own, calls.filter((call) => names.has(call.model))),
                `${provider}/${model}`
              )
            }
            const reasons = Map.groupBy(
              attempts.filter(({ outcome }) => outcome !== "ok"),
              ({ outcome }) => outcome
            )
            assert.deepStrictEqual(
              (await page.locator(`${part} [data-testid=reason]`).allTextContents()).toSorted(),
              [...reasons].map(([outcome, all]) =>
                `${Format.words(outcome)} ${Format.rate(all.length / attempts.length)}`
              ).toSorted()
            )
            const state = await page.locator(`${part} [data-testid=state]`).innerText()
            if (provider === "openai") assert.strictEqual(state, "now failing")
            else {
              const last = Math.max(...attempts.map(({ ended_at }) => ended_at))
              // Five minutes are over at some moment.
              if (last > now - 4 * 60_000) assert.notStrictEqual(state, "now idle")
              if (last < now - 6 * 60_000) assert.strictEqual(state, "now idle")
            }
          }
          assert.match(
            await page.locator("[data-testid=provider-openai] .remarks").innerText(),
            /circuit open until .+: 5 failures <b>in a row<\/b>/
          )

          // The chart, in each of its measures.
          for (
            const [metric, label] of [["p95", "P95"], ["errors", "Errors"], ["firstToken", "First token"]] as const
          ) {
            await page.locator("[data-testid=metric] label", { hasText: label }).click()
            await page.getByTestId("buckets").locator("caption", { hasText: label }).waitFor({ state: "attached" })
            const drawn = await page.getByTestId("buckets").evaluate((table) =>
              [...table.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent ?? ""))
            )
            const [[, ...names] = [], ...lines] = drawn
            for (const [n, [, ...values]] of lines.entries()) {
              for (const [column, value] of values.entries()) {
                const own = recent.attempts.filter((it) =>
                  nameOf(it.provider) === names[column] &&
                  Math.floor((it.ended_at - recently.since) / recently.bucket) === n
                )
                const { Errors, ["First token"]: first, P95 } = rowOf(own, [])
                const expected = { p95: P95, errors: own.length === 0 ? "—" : Errors, firstToken: first }[metric]
                assert.strictEqual(value, expected, `${metric} of ${names[column]} in ${n}`)
              }
            }
          }

          // What went wrong in the range, newest first.
          const incidents = page.getByTestId("panel-incidents").getByTestId("incident")
          assert.include(await incidents.first().innerText(), "circuit")
          const again = recent.attempts.filter((it) => Number(it["n"]) > 1).length
          const failed = recent.calls.filter(({ outcome }) => outcome !== "ok" && outcome !== "interrupted").length
          assert.strictEqual(await incidents.count(), Math.min(50, 1 + again + failed))
        })
        assert.deepStrictEqual(complaints, [])
      }))
  }
})
