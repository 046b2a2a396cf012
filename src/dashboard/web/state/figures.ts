import { computed } from "@preact/signals"
import type { Facets, Overview, Providers, RequestDetail, Series, Spending } from "../../../Figures.ts"
import type { Meta } from "../../Api.ts"
import { beat } from "./live.ts"
import { resource } from "./resource.ts"
import { isFixed, selected, view } from "./view.ts"

const page = computed(() => view.value.page)

/** What has an end of its own doesn't change. */
const dueWhileOpenEnded = () => isFixed.value ? undefined : beat.value

export const meta = resource<Meta>(() => "api/meta", () => undefined)

export const overview = resource<Overview>(
  () => page.value === "overview" ? `api/overview?${selected.value}` : undefined,
  dueWhileOpenEnded
)

export const series = resource<Series>(
  () => page.value === "overview" ? `api/series?${selected.value}` : undefined,
  dueWhileOpenEnded
)

/** How the API is asked to group. */
export const grouping = computed(() => {
  const { by } = view.value
  return by.startsWith("tag:") ? `by=tag&tagKey=${encodeURIComponent(by.slice(4))}` : `by=${by}`
})

export const spending = resource<Spending>(
  () => page.value === "cost" ? `api/spending?${selected.value}&${grouping.value}` : undefined,
  dueWhileOpenEnded
)

export const providers = resource<Providers>(
  () => page.value === "providers" ? `api/providers?${selected.value}` : undefined,
  dueWhileOpenEnded
)

const range = computed(() => {
  const { range } = view.value
  return typeof range === "string" ? `range=${range}` : `since=${range.since}&until=${range.until}`
})

/** What can be filtered by is of all calls of the range: it must still offer what is filtered out. */
export const facets = resource<Facets>(
  () => `api/facets?${range.value}`,
  () => isFixed.value ? undefined : Math.floor(beat.value / 10)
)

export const detail = resource<RequestDetail>(
  () => {
    const { request } = view.value
    return request === undefined ? undefined : `api/requests/${encodeURIComponent(request)}`
  },
  () => undefined
)
