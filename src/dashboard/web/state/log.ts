import { computed, effect, signal } from "@preact/signals"
import type { RequestRow, Requests } from "../../../Figures.ts"
import { arrived, beat, gaps } from "./live.ts"
import { resource } from "./resource.ts"
import { activeFilters, isFixed, selected, show, view } from "./view.ts"

/** Rows that are shown at once. */
const shown = 200

/** The newest calls, which others may be added to. */
const isHead = computed(() => view.value.before === undefined && !isFixed.value)

/** Only the server knows which calls pass a filter. */
const isFiltered = computed(() => activeFilters.value.length > 0)

const question = computed(() => {
  const { before } = view.value
  return `api/requests?${selected.value}&limit=${shown}${
    before === undefined ? "" : `&cursor=${encodeURIComponent(before)}`
  }`
})

export const log = resource<Requests>(
  () => question.value,
  () => isHead.value ? [gaps.value, isFiltered.value ? beat.value : undefined] : undefined
)

const latest = computed((): ReadonlyArray<RequestRow> => {
  const page = log.answer.value?.data
  if (page === undefined) return []
  if (!isHead.value || isFiltered.value) return page.rows
  const fresh = arrived.value.filter(({ seq }) => seq > page.lastSeq)
  return fresh.length === 0 ? page.rows : [...fresh, ...page.rows]
})

/** Whether the reader is somewhere in the log, where nothing may move. */
export const isScrolled = signal(false)
export const isRowFocused = signal(false)

export const isFollowing = computed(() =>
  isHead.value && view.value.isLive && view.value.request === undefined && !isScrolled.value && !isRowFocused.value
)

const held = signal<{ readonly question: string; readonly rows: ReadonlyArray<RequestRow> } | undefined>(undefined)

/** The rows on the page: the newest, or those that were when the reader began to read. */
export const rows = computed((): ReadonlyArray<RequestRow> =>
  held.value === undefined || held.value.question !== log.answer.value?.question
    ? latest.value.slice(0, shown)
    : held.value.rows
)

const newest = (rows: ReadonlyArray<RequestRow>) => rows.reduce((most, { seq }) => Math.max(most, seq), 0)

/** Calls that arrived above those shown. */
export const pending = computed(() => {
  if (rows.value === latest.value || held.value === undefined) return 0
  const seq = newest(rows.value)
  return latest.value.filter((row) => row.seq > seq).length
})

/** The first row that came after the page was asked for. */
export const isFresh = (row: RequestRow): boolean => row.seq > (log.answer.value?.data.lastSeq ?? Infinity)

const hold = () => {
  const asked = log.answer.peek()?.question
  held.value = asked === undefined ? undefined : { question: asked, rows: latest.peek().slice(0, shown) }
}

export const catchUp = (): void => {
  if (!view.peek().isLive) show({ isLive: true }, "replace")
  isScrolled.value = false
  hold()
}

export const holdWhileReading = (): void => {
  effect(() => {
    const asked = log.answer.value?.question
    if (isFollowing.value) held.value = undefined
    else if (held.peek()?.question !== asked) hold()
  })
}

/** The row after or before another, as they are shown. */
export const neighbour = <Row extends { readonly id: string }>(
  all: ReadonlyArray<Row>,
  id: string | undefined,
  step: 1 | -1
): Row | undefined => {
  const at = all.findIndex((row) => row.id === id)
  return at < 0 ? all[0] : all[at + step]
}
