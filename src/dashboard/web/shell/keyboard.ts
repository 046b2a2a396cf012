import type { Page } from "../state/address.ts"
import { copy } from "../state/clipboard.ts"
import { batches } from "../state/figures.ts"
import { neighbour, rows } from "../state/log.ts"
import { opened, opening, show, view } from "../state/view.ts"
import { openHelp } from "./Help.tsx"
import { toggleLive } from "./LiveButton.tsx"

const pageKeys: Readonly<Record<string, Page>> = {
  o: "overview",
  r: "requests",
  c: "cost",
  p: "providers",
  b: "batches"
}

/** How long `g` waits for the page's letter. */
const patience = 1_500

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement ||
    (target instanceof HTMLInputElement && target.type !== "radio"))

const focus = (...selectors: ReadonlyArray<string>) =>
  selectors.map((selector) => document.querySelector<HTMLElement>(selector)).find((found) => found !== null)?.focus()

const focusedRow = () => {
  const { activeElement } = document
  return activeElement instanceof HTMLElement ? activeElement.dataset["id"] : undefined
}

const step = (by: 1 | -1) => {
  const { page, request } = view.peek()
  const isOfBatches = page === "batches"
  // A request that was opened from its batch has no neighbours.
  if (isOfBatches && request !== undefined) return
  const row = neighbour<{ readonly id: string }>(
    isOfBatches ? batches.answer.peek()?.data.batches ?? [] : rows.peek(),
    opened.peek() ?? focusedRow(),
    by
  )
  if (row === undefined) return
  if (opened.peek() === undefined) focus(`button[data-id="${CSS.escape(row.id)}"]`)
  else show(opening(row.id), "replace")
}

const openFilter = () => {
  const menu = document.querySelector<HTMLElement>(".menu")
  if (menu?.checkVisibility() === true && menu.getAttribute("aria-expanded") === "false") menu.click()
  requestAnimationFrame(() => focus(".filter-box input"))
}

const leave = () => {
  if (opened.peek() !== undefined) show(opening(undefined))
  else if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
}

const copyId = () => {
  const id = opened.peek() ?? focusedRow()
  if (id !== undefined) void copy("the id", id)
}

/** Keys that look and go somewhere. None of them changes data. */
const actions: Readonly<Record<string, () => void>> = {
  "/": openFilter,
  "?": openHelp,
  j: () => step(1),
  k: () => step(-1),
  l: toggleLive,
  t: () => focus(".segments input:checked", ".segments input"),
  c: copyId,
  Escape: leave
}

const arrows: Readonly<Record<string, 1 | -1>> = { ArrowDown: 1, ArrowUp: -1 }

export const listenToKeys = (): void => {
  let going = -Infinity
  addEventListener("keydown", (event) => {
    const { key, target } = event
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (document.querySelector(".help[open], [popover]:popover-open") !== null) return
    if (isTyping(target)) {
      if (key === "Escape" && target instanceof HTMLElement) target.blur()
      return
    }
    const page = performance.now() - going < patience ? pageKeys[key] : undefined
    going = key === "g" ? performance.now() : -Infinity
    const arrow = focusedRow() === undefined ? undefined : arrows[key]
    const action = page !== undefined
      ? () => show({ page })
      : arrow !== undefined
      ? () => step(arrow)
      : Object.hasOwn(actions, key)
      ? actions[key]
      : undefined
    if (action === undefined) return
    event.preventDefault()
    action()
  })
}
