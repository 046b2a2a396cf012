import { type ReadonlySignal, signal } from "@preact/signals"

const matching = (query: string): ReadonlySignal<boolean> => {
  const list = matchMedia(query)
  const matches = signal(list.matches)
  list.addEventListener("change", (event) => {
    matches.value = event.matches
  })
  return matches
}

export const isNarrow = matching("(max-width: 639px)")

/** Wide enough for a drawer beside the list. */
export const isWide = matching("(min-width: 1200px)")
