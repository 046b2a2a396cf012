import { computed } from "@preact/signals"
import type { Facets, Overview, RequestDetail, Series } from "../../../Figures.ts"
import type { Meta } from "../../Api.ts"
import { beat } from "./live.ts"
import { resource } from "./resource.ts"
import { isFixed, selected, view } from "./view.ts"

const isOverview = computed(() => view.value.page === "overview")

/** What has an end of its own doesn't change. */
const dueWhileOpenEnded = () => isFixed.value ? undefined : beat.value

export const meta = resource<Meta>(() => "api/meta", () => undefined)

export const overview = resource<Overview>(
  () => isOverview.value ? `api/overview?${selected.value}` : undefined,
  dueWhileOpenEnded
)

export const series = resource<Series>(
  () => isOverview.value ? `api/series?${selected.value}` : undefined,
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
