import { computed, signal } from "@preact/signals"
import { changed, defaultRange, filterNames, type Filters, parse, print, selection, type View } from "./address.ts"

/** What is shown. Nothing else decides it. */
export const view = signal(parse(location.search))

/** `mark`: what is remembered of where the address came from. */
export const show = (change: Partial<View>, how: "push" | "replace" = "push", mark: string | null = null): void => {
  const next = changed(view.peek(), change)
  const address = print(next)
  if (address === print(view.peek())) return
  if (how === "push") history.pushState(mark, "", address)
  else history.replaceState(null, "", address)
  view.value = next
  if (change.page !== undefined) scrollTo(0, 0)
}

export const hrefOf = (change: Partial<View>): string => print(changed(view.value, change))

/** The calls shown, narrowed further; `undefined` drops a filter. */
export const narrowed = (filters: Filters): Partial<View> => ({ filters: { ...view.value.filters, ...filters } })

/** The same calls, in the log. */
export const inLog = (filters: Filters = {}): Partial<View> => ({ ...narrowed(filters), page: "requests" })

export const unfiltered: Partial<View> = { filters: {}, state: undefined }

/** What the drawer is open for: a request, which may have been one of a batch. */
export const opened = computed(() => view.value.request ?? view.value.batch)

/** Opens another, of those that the page lists; `undefined` closes what is open. */
export const opening = (id: string | undefined): Partial<View> =>
  view.peek().page === "batches" && (id !== undefined || view.peek().request === undefined)
    ? { batch: id, request: undefined }
    : { request: id }

export const selected = computed(() => selection(view.value).toString())

export const activeFilters = computed(() =>
  filterNames.flatMap((name) => {
    const value = view.value.filters[name]
    return value === undefined ? [] : [{ name, value }]
  })
)

const zoomed = "zoomed"

export const zoom = (since: number, until: number): void => show({ range: { since, until } }, "push", zoomed)

/** Goes back to where a zoom came from; from an address with a range of its own, to the last 24 hours. */
export const unzoom = (): void => {
  if (!isFixed.peek()) return
  if (history.state === zoomed) history.back()
  else show({ range: defaultRange })
}

/** A range with an end of its own, which time doesn't add to. */
export const isFixed = computed(() => typeof view.value.range !== "string")

/** `24h`, or how long the range is that was chosen. */
export const rangeLabel = computed(() => {
  const { range } = view.value
  return typeof range === "string" ? range : "range"
})

export const followAddress = (): void => {
  addEventListener("popstate", () => {
    view.value = parse(location.search)
  })
}
