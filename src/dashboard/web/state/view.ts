import { computed, signal } from "@preact/signals"
import { changed, filterNames, type Filters, parse, print, selection, type View } from "./address.ts"

/** What is shown. Nothing else decides it. */
export const view = signal(parse(location.search))

export const show = (change: Partial<View>, how: "push" | "replace" = "push"): void => {
  const next = changed(view.peek(), change)
  const address = print(next)
  if (address === print(view.peek())) return
  if (how === "push") history.pushState(null, "", address)
  else history.replaceState(null, "", address)
  view.value = next
  if (change.page !== undefined) scrollTo(0, 0)
}

export const hrefOf = (change: Partial<View>): string => print(changed(view.value, change))

/** The calls shown, narrowed further; `undefined` drops a filter. */
export const narrowed = (filters: Filters): Partial<View> => ({ filters: { ...view.value.filters, ...filters } })

/** The same calls, in the log. */
export const inLog = (filters: Filters = {}): Partial<View> => ({ ...narrowed(filters), page: "requests" })

export const unfiltered: Partial<View> = { filters: {} }

export const selected = computed(() => selection(view.value).toString())

export const activeFilters = computed(() =>
  filterNames.flatMap((name) => {
    const value = view.value.filters[name]
    return value === undefined ? [] : [{ name, value }]
  })
)

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
