import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import type * as Figures from "../../src/Figures.ts"
import * as Export from "../../src/dashboard/Export.ts"
import type { Batch } from "../../src/internal/batchFigures.ts"
import { randomOf } from "../storage/records.ts"

/** As RFC 4180 has it. */
const parse = (csv: string): ReadonlyArray<ReadonlyArray<string>> => {
  const rows: Array<Array<string>> = []
  let row: Array<string> = []
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? plain ?? "" : quoted.replaceAll("\"\"", "\""))
    if (end === ",") continue
    rows.push(row)
    row = []
  }
  return rows
}

/** The rows by the names of their columns. */
const named = (csv: string) => {
  const [head = [], ...rows] = parse(csv)
  return rows.map((row) => Object.fromEntries(head.map((name, n) => [name, row[n]])))
}

const strange = [
  "plain",
  "=1+1",
  "+1",
  "-1",
  "@SUM(A1)",
  "\t=1",
  "\r=1",
  "\n=1",
  "＝1",
  "=cmd|' /C calc'!A0",
  "a,b",
  "say \"hi\"",
  "two\r\nlines",
  "; semicolon",
  "ünï 漢字 🧵",
  ""
]

const money = (pico: bigint): Figures.Money => ({ picoUsd: String(pico), usd: Number(pico) / 1e12 })

const rowOf = (seed: number): Figures.RequestRow => {
  const random = randomOf(seed)
  const text = () => strange[Math.floor(random() * strange.length)]!
  return {
    seq: seed,
    id: `id-${seed}`,
    startedAt: 1_795_000_000_000 + seed,
    endedAt: 1_795_000_000_500 + seed,
    status: "ok",
    outcome: text(),
    operation: "generate",
    modality: "text",
    provider: text(),
    model: text(),
    asked: text(),
    route: random() < 0.5 ? null : text(),
    ms: random() * 1000,
    firstTokenMs: random() < 0.5 ? null : random() * 100,
    overheadMs: random(),
    inputTokens: 12,
    cachedTokens: 3,
    outputTokens: 4,
    cache: "miss",
    cacheable: true,
    attempts: 1,
    retries: 0,
    failovers: 0,
    cost: random() < 0.3 ? null : money(BigInt(Math.floor(random() * 1e13))),
    costStatus: "measured",
    saved: random() < 0.3 ? null : money(BigInt(Math.floor((random() - 0.5) * 1e7))),
    tags: { [text()]: text() }
  }
}

const rows = Array.from({ length: 700 }, (_, seed) => rowOf(seed))
const joined = (stream: Stream.Stream<string>) => Effect.map(Stream.runCollect(stream), (all) => all.join(""))

/** What a spreadsheet would run. */
const isFormula = (cell: string) => /^[=+\-@\t\r\n＝＋－＠]/.test(cell)

describe("Export", () => {
  it.effect("writes calls as CSV that a spreadsheet reads back, and runs nothing of", () =>
    Effect.gen(function*() {
      const found = named(yield* joined(Export.requestsCsv(Stream.fromIterable(rows))))
      assert.strictEqual(found.length, rows.length)
      const words = ["outcome", "provider", "model", "asked", "route", "tags"] as const
      let defused = 0
      for (const [n, row] of rows.entries()) {
        const line = found[n]!
        for (const name of words) {
          const given = name === "tags" ? JSON.stringify(row.tags) : row[name] ?? ""
          assert.strictEqual(line[name], isFormula(given) ? `'${given}` : given)
          assert.isFalse(isFormula(line[name] ?? ""))
          if (isFormula(given)) defused++
        }
        assert.strictEqual(line["latency_ms"], String(row.ms))
        assert.strictEqual(line["first_token_ms"], row.firstTokenMs === null ? "" : String(row.firstTokenMs))
        assert.strictEqual(Date.parse(line["started_at"] ?? ""), row.startedAt)
        // Exact, and a number also where it is below zero; empty where it isn't known.
        for (const [name, amount] of [["cost_usd", row.cost], ["saved_usd", row.saved]] as const) {
          assert.match(line[name] ?? "none", amount === null ? /^$/ : /^-?\d+(\.\d{1,12})?$/)
          if (amount !== null) assert.strictEqual(Number(line[name]), amount.usd)
        }
      }
      assert.isAbove(defused, 500)
    }))

  it.effect("writes calls as a list of JSON, each time it is run", () =>
    Effect.gen(function*() {
      const stream = Export.json(Stream.fromIterable(rows))
      assert.deepStrictEqual(JSON.parse(yield* joined(stream)), rows)
      assert.deepStrictEqual(JSON.parse(yield* joined(stream)), rows)
      assert.deepStrictEqual(JSON.parse(yield* joined(Export.json(Stream.empty))), [])
      assert.lengthOf(named(yield* joined(Export.requestsCsv(Stream.empty))), 0)
    }))

  it.effect("asks for no more than is taken", () =>
    Effect.gen(function*() {
      let asked = 0
      const pages = Stream.paginate(0, (page: number) =>
        Effect.sync(() => {
          asked++
          return [rows.slice(0, 100), page === 999 ? Option.none() : Option.some(page + 1)] as const
        }))
      for (const write of [Export.requestsCsv, Export.json]) {
        asked = 0
        yield* Stream.runDrain(Stream.take(write(pages), 3))
        assert.isAtMost(asked, 4)
      }
    }))

  it.effect("writes batches as CSV: figures as they are, what isn't known empty, and no formula", () =>
    Effect.gen(function*() {
      const job: Batch["jobs"][number] = {
        id: "j",
        provider: "openai",
        model: "gpt-4o",
        endpoint: "/v1",
        state: "running",
        vendorId: null,
        submittedAt: null,
        endedAt: null,
        expiresAt: null,
        rows: 4,
        done: 2,
        failed: 0,
        submissions: 1,
        readings: 0,
        problem: null
      }
      const open: Batch = {
        id: "=HYPERLINK(1)",
        state: "running",
        createdAt: 1_795_000_000_000,
        endedAt: null,
        expiresAt: 1_795_000_001_000,
        tags: { "=a": "-b" },
        counts: {
          total: 4,
          open: 4,
          succeeded: 0,
          failed: 0,
          expired: 0,
          cancelled: 0,
          missing: 0,
          duplicates: 0,
          strays: 0
        },
        done: 2,
        cost: null,
        costStatus: "unknown",
        saved: null,
        savedStatus: "unknown",
        share: null,
        priced: 0,
        unpriced: 0,
        jobs: [job, { ...job, model: "gpt-4o-mini" }]
      }
      const ended: Batch = {
        ...open,
        id: "b-2",
        state: "ended",
        endedAt: 1_795_000_002_000,
        cost: money(1_000_000_000_001n),
        costStatus: "measured",
        saved: money(5n),
        savedStatus: "partial"
      }
      const [first, second] = named(yield* joined(Export.batchesCsv(Stream.make(open, ended))))
      assert.deepInclude(first, {
        id: "'=HYPERLINK(1)",
        state: "running",
        providers: "openai",
        models: "gpt-4o gpt-4o-mini",
        rows: "4",
        done: "2",
        ended_at: "",
        expires_at: "2026-11-18T11:06:41.000Z",
        cost_usd: "",
        cost_status: "unknown",
        saved_usd: "",
        tags: `{"=a":"-b"}`
      })
      assert.deepInclude(second, { cost_usd: "1.000000000001", saved_usd: "0.000000000005", saved_status: "partial" })
    }))

  it("writes what was spent so that it adds up, and leaves empty what isn't known", () => {
    const tokens = { total: 15, input: 1, cachedInput: 2, cacheWrite: 3, output: 4, reasoning: 5 }
    const spent = { calls: 2, attempts: 3, tokens, estimated: 0, unknown: 0, saved: money(-5n), per1k: 0.5, share: 0.5 }
    const spending: Pick<Figures.Spending, "groups" | "rest"> = {
      groups: [
        { ...spent, key: "=HYPERLINK(1)", cost: money(1_234_000_000_001n), costStatus: "estimated", spark: null },
        { ...spent, key: "openai/x", cost: money(0n), costStatus: "unknown", unknown: 3, spark: null }
      ],
      rest: { ...spent, groups: 7, cost: money(1n), costStatus: "partial" }
    }
    const found = named(Export.spendingCsv(spending))
    assert.deepStrictEqual(
      found.map((row) =>
        ["row", "key", "cost_usd", "cost_status", "usd_per_1000_calls", "saved_usd"].map((name) => row[name])
      ),
      [
        ["group", "'=HYPERLINK(1)", "1.234000000001", "estimated", "0.5", "-0.000000000005"],
        ["group", "openai/x", "", "unknown", "", "-0.000000000005"],
        ["rest", "", "0.000000000001", "partial", "0.5", "-0.000000000005"]
      ]
    )
  })
})
