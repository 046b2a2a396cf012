import { computed } from "@preact/signals"
import type { Facets, Overview, Providers, RequestDetail, Series, Spending } from "../../../Figures.ts"
import type { BatchDetail, Batches } from "../../../internal/batchFigures.ts"
import type { Meta } from "../../Api.ts"
import { batchChanges, beat, gaps } from "./live.ts"
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

const isFollowed = computed(() => view.value.isLive && !isFixed.value)

/** At once where one has changed; now and then since the range goes on. */
const dueWithBatches = () =>
  isFollowed.value ? [batchChanges.value, gaps.value, Math.floor(beat.value / 10)] : undefined

/** How the API is asked for some batches alone. */
export const ofState = computed(() => view.value.state === undefined ? "" : `&state=${view.value.state}`)

export const batches = resource<Batches>(
  () => {
    const { before } = view.value
    return page.value === "batches"
      ? `api/batches?${selected.value}${ofState.value}${
        before === undefined ? "" : `&cursor=${encodeURIComponent(before)}`
      }`
      : undefined
  },
  dueWithBatches
)

export const batchDetail = resource<BatchDetail>(
  () => {
    const { batch } = view.value
    return batch === undefined ? undefined : `api/batches/${encodeURIComponent(batch)}`
  },
  dueWithBatches
)

export const detail = resource<RequestDetail>(
  () => {
    const { request } = view.value
    return request === undefined ? undefined : `api/requests/${encodeURIComponent(request)}`
  },
  () => undefined
)
