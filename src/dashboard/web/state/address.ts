/**
 * What the page shows, as its address says it: the address is the view, to be shared, kept and gone back to.
 */
export const pages = ["overview", "requests", "cost", "providers", "batches"] as const
export type Page = typeof pages[number]

export const rangeNames = ["15m", "1h", "24h", "7d", "30d"] as const
export type RangeName = typeof rangeNames[number]

/** From and until, in epoch milliseconds. */
export interface Span {
  readonly since: number
  readonly until: number
}

export const statuses = ["ok", "retry", "failover", "error", "interrupted"] as const

export const filterNames = [
  "status",
  "provider",
  "model",
  "route",
  "error",
  "cached",
  "tag",
  "minMs",
  "minUsd",
  "text"
] as const
export type FilterName = typeof filterNames[number]
export type Filters = { readonly [Name in FilterName]?: string | undefined }

/** What of providers is drawn over time. */
export const metrics = ["p50", "p95", "p99", "firstToken", "errors"] as const
export type Metric = typeof metrics[number]

/** Which batches are shown: all of them where it isn't said. */
export const batchStates = ["open", "ended", "failed"] as const
export type BatchState = typeof batchStates[number]

/** What spending is grouped by: of tags, by those of one key. */
export type Grouping = "provider" | "model" | `tag:${string}`

export interface View {
  readonly page: Page
  readonly range: RangeName | Span
  readonly filters: Filters
  /** The request whose drawer is open. */
  readonly request: string | undefined
  /** The batch whose drawer is open, on its page. */
  readonly batch: string | undefined
  /** The page of the log that is older than this. */
  readonly before: string | undefined
  readonly isLive: boolean
  /** Of the Cost page. */
  readonly by: Grouping
  /** Of the Providers page. */
  readonly metric: Metric
  /** Of the Batches page. */
  readonly state: BatchState | undefined
}

export const defaultRange: RangeName = "24h"

const oneOf = <const A extends string>(known: ReadonlyArray<A>, value: string | null): A | undefined =>
  known.find((name) => name === value)

const time = (value: string | null) => {
  const at = value === null || value === "" ? NaN : Number(value)
  return Number.isSafeInteger(at) && at >= 0 && at < 8.64e15 ? at : undefined
}

const grouping = (value: string | null): Grouping =>
  value === "model"
    ? value
    : value?.startsWith("tag:") === true && value.length > 4
    ? `tag:${value.slice(4)}`
    : "provider"

const isMeant = (name: FilterName, value: string) => {
  switch (name) {
    case "status":
      return oneOf(statuses, value) !== undefined
    case "cached":
      return value === "true" || value === "false"
    case "minMs":
    case "minUsd":
      return value.trim() !== "" && Number(value) > 0 && Number.isFinite(Number(value))
    default:
      return value !== ""
  }
}

/** What isn't meant is left out: an address that somebody mistyped still shows a page. */
export const parse = (search: string): View => {
  const params = new URLSearchParams(search)
  const since = time(params.get("since"))
  const until = time(params.get("until"))
  const filters: { -readonly [Name in keyof Filters]: Filters[Name] } = {}
  for (const name of filterNames) {
    const value = params.get(name)
    if (value !== null && isMeant(name, value)) filters[name] = value
  }
  const page = oneOf(pages, params.get("page")) ?? "overview"
  return {
    page,
    range: since !== undefined && until !== undefined && since < until
      ? { since, until }
      : oneOf(rangeNames, params.get("range")) ?? defaultRange,
    filters,
    request: params.get("request") || undefined,
    before: params.get("before") || undefined,
    isLive: params.get("live") !== "off",
    by: page === "cost" ? grouping(params.get("by")) : "provider",
    metric: (page === "providers" ? oneOf(metrics, params.get("metric")) : undefined) ?? "p95",
    state: page === "batches" ? oneOf(batchStates, params.get("state")) : undefined,
    batch: page === "batches" ? params.get("batch") || undefined : undefined
  }
}

const meant = ({ filters }: View) =>
  filterNames.flatMap((name) => {
    const value = filters[name]
    return value === undefined || !isMeant(name, value) ? [] : [[name, value] as const]
  })

const bounds = ({ range }: View): ReadonlyArray<readonly [string, string]> =>
  typeof range === "string" ? [["range", range]] : [["since", String(range.since)], ["until", String(range.until)]]

/** The parameters by which the API selects calls. */
export const selection = (view: View): URLSearchParams => {
  const params = new URLSearchParams()
  for (const [name, value] of [...bounds(view), ...meant(view)]) params.set(name, value)
  return params
}

export const print = (view: View): string => {
  const params = selection(view)
  if (view.range === defaultRange) params.delete("range")
  if (view.page !== "overview") params.set("page", view.page)
  if (view.page === "cost" && view.by !== "provider") params.set("by", view.by)
  if (view.page === "providers" && view.metric !== "p95") params.set("metric", view.metric)
  if (view.state !== undefined) params.set("state", view.state)
  if (view.before !== undefined) params.set("before", view.before)
  if (view.batch !== undefined) params.set("batch", view.batch)
  if (view.request !== undefined) params.set("request", view.request)
  if (!view.isLive) params.set("live", "off")
  return `?${params}`
}

/** Another page, range or choice of calls starts at the newest again; another page has no drawer open. */
export const changed = (view: View, change: Partial<View>): View => ({
  ...view,
  ...change.page === undefined || change.page === view.page
    ? {}
    : { by: "provider", metric: "p95", state: undefined } as const,
  ...change,
  before: "before" in change
    ? change.before
    : "page" in change || "range" in change || "filters" in change || "state" in change
    ? undefined
    : view.before,
  batch: "batch" in change ? change.batch : "page" in change ? undefined : view.batch,
  request: "request" in change ? change.request : "page" in change ? undefined : view.request
})
