/**
 * Figures as files, for spreadsheets and programs.
 *
 * What isn't known is an empty cell. Text that a spreadsheet would take for a formula begins with an apostrophe.
 */
import * as Stream from "effect/Stream"
import type * as Figures from "../Figures.ts"
import type { Batch } from "../internal/batchFigures.ts"

interface Column<A> {
  readonly name: string
  readonly cell: (row: A) => string | number | boolean | null
  /** A figure of Loom's own, not words that came from somewhere. */
  readonly isNumber?: true
}

const formula = /^[=+\-@\t\r\n＝＋－＠]/

const written = (text: string): string => {
  const harmless = formula.test(text) ? `'${text}` : text
  return /["',;\t\r\n]/.test(harmless) ? `"${harmless.replaceAll("\"", "\"\"")}"` : harmless
}

const lineOf = <A>(columns: ReadonlyArray<Column<A>>, row: A): string =>
  `${
    columns.map(({ cell, isNumber }) => {
      const value = cell(row)
      return value === null ? "" : isNumber === true ? String(value) : written(String(value))
    }).join(",")
  }\r\n`

const headOf = <A>(columns: ReadonlyArray<Column<A>>): string => `${columns.map(({ name }) => name).join(",")}\r\n`

/** All there is of an amount, in USD: `-0.000012` */
const dollars = (amount: Figures.Money | null): string | null => {
  if (amount === null) return null
  const digits = amount.picoUsd.replace("-", "").padStart(13, "0")
  const fraction = digits.slice(-12).replace(/0+$/, "")
  return `${amount.picoUsd.startsWith("-") ? "-" : ""}${digits.slice(0, -12)}${fraction === "" ? "" : `.${fraction}`}`
}

const text = <A>(name: string, cell: (row: A) => string | boolean | null): Column<A> => ({ name, cell })
const number = <A>(name: string, cell: (row: A) => string | number | null): Column<A> => ({
  name,
  cell,
  isNumber: true
})

const requestColumns: ReadonlyArray<Column<Figures.RequestRow>> = [
  text("started_at", ({ startedAt }) => new Date(startedAt).toISOString()),
  text("ended_at", ({ endedAt }) => new Date(endedAt).toISOString()),
  text("id", ({ id }) => id),
  text("status", ({ status }) => status),
  text("outcome", ({ outcome }) => outcome),
  text("operation", ({ operation }) => operation),
  text("modality", ({ modality }) => modality),
  text("provider", ({ provider }) => provider),
  text("model", ({ model }) => model),
  text("asked", ({ asked }) => asked),
  text("route", ({ route }) => route),
  number("latency_ms", ({ ms }) => ms),
  number("first_token_ms", ({ firstTokenMs }) => firstTokenMs),
  number("overhead_ms", ({ overheadMs }) => overheadMs),
  number("input_tokens", ({ inputTokens }) => inputTokens),
  number("cached_tokens", ({ cachedTokens }) => cachedTokens),
  number("output_tokens", ({ outputTokens }) => outputTokens),
  text("cache", ({ cache }) => cache),
  text("cacheable", ({ cacheable }) => cacheable),
  number("attempts", ({ attempts }) => attempts),
  number("retries", ({ retries }) => retries),
  number("failovers", ({ failovers }) => failovers),
  number("cost_usd", ({ cost }) => dollars(cost)),
  text("cost_status", ({ costStatus }) => costStatus),
  number("saved_usd", ({ saved }) => dollars(saved)),
  text("tags", ({ tags }) => JSON.stringify(tags))
]

interface Spent extends Omit<Figures.Spending["groups"][number], "spark"> {
  readonly row: "group" | "rest"
}

const spendingColumns: ReadonlyArray<Column<Spent>> = [
  text("row", ({ row }) => row),
  text("key", ({ key }) => key),
  number("calls", ({ calls }) => calls),
  number("attempts", ({ attempts }) => attempts),
  number("input_tokens", ({ tokens }) => tokens.input),
  number("cached_input_tokens", ({ tokens }) => tokens.cachedInput),
  number("cache_write_tokens", ({ tokens }) => tokens.cacheWrite),
  number("output_tokens", ({ tokens }) => tokens.output),
  number("reasoning_tokens", ({ tokens }) => tokens.reasoning),
  number("cost_usd", ({ cost, costStatus }) => costStatus === "unknown" ? null : dollars(cost)),
  text("cost_status", ({ costStatus }) => costStatus),
  number("estimated_attempts", ({ estimated }) => estimated),
  number("unknown_attempts", ({ unknown }) => unknown),
  number("usd_per_1000_calls", ({ costStatus, per1k }) => costStatus === "unknown" ? null : per1k),
  number("share", ({ share }) => share),
  number("saved_usd", ({ saved }) => dollars(saved))
]

const instant = (at: number | null): string | null => at === null ? null : new Date(at).toISOString()

const distinct = (values: ReadonlyArray<string>): string => [...new Set(values)].join(" ")

const batchColumns: ReadonlyArray<Column<Batch>> = [
  text("created_at", ({ createdAt }) => instant(createdAt)),
  text("ended_at", ({ endedAt }) => instant(endedAt)),
  text("expires_at", ({ expiresAt }) => instant(expiresAt)),
  text("id", ({ id }) => id),
  text("state", ({ state }) => state),
  text("providers", ({ jobs }) => distinct(jobs.map(({ provider }) => provider))),
  text("models", ({ jobs }) => distinct(jobs.map(({ model }) => model))),
  number("jobs", ({ jobs }) => jobs.length),
  number("rows", ({ counts }) => counts.total),
  number("done", ({ done }) => done),
  number("open", ({ counts }) => counts.open),
  number("succeeded", ({ counts }) => counts.succeeded),
  number("failed", ({ counts }) => counts.failed),
  number("expired", ({ counts }) => counts.expired),
  number("cancelled", ({ counts }) => counts.cancelled),
  number("missing", ({ counts }) => counts.missing),
  number("duplicates", ({ counts }) => counts.duplicates),
  number("strays", ({ counts }) => counts.strays),
  number("cost_usd", ({ cost }) => dollars(cost)),
  text("cost_status", ({ costStatus }) => costStatus),
  number("unpriced_rows", ({ unpriced }) => unpriced),
  number("saved_usd", ({ saved }) => dollars(saved)),
  text("saved_status", ({ savedStatus }) => savedStatus),
  text("tags", ({ tags }) => JSON.stringify(tags))
]

const csv =
  <A>(columns: ReadonlyArray<Column<A>>) => <E, R>(rows: Stream.Stream<A, E, R>): Stream.Stream<string, E, R> =>
    Stream.concat(
      Stream.succeed(headOf(columns)),
      Stream.mapArray(rows, (page) => [page.map((row) => lineOf(columns, row)).join("")])
    )

/** Calls as CSV, as they come. */
export const requestsCsv = csv(requestColumns)

/** Batches likewise. */
export const batchesCsv = csv(batchColumns)

/** A list of JSON, one a line, as they come. */
export const json = <E, R>(rows: Stream.Stream<object, E, R>): Stream.Stream<string, E, R> =>
  Stream.suspend(() => {
    let before = "[\n"
    const pages = Stream.mapArray(rows, (page) => {
      const written = before + page.map((row) => JSON.stringify(row)).join(",\n")
      before = ",\n"
      return [written]
    })
    return Stream.concat(pages, Stream.sync(() => before === "[\n" ? "[]\n" : "\n]\n"))
  })

/** What was spent on each group, and on what is in none that is listed. */
export const spendingCsv = ({ groups, rest }: Pick<Figures.Spending, "groups" | "rest">): string =>
  headOf(spendingColumns) + [
    ...groups.map((group): Spent => ({ ...group, row: "group" })),
    ...rest === null ? [] : [{ ...rest, key: "", row: "rest" } satisfies Spent]
  ].map((row) => lineOf(spendingColumns, row)).join("")
