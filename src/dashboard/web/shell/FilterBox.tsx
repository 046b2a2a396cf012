import { useSignalEffect } from "@preact/signals"
import { useRef } from "preact/hooks"
import { narrowed, show, view } from "../state/view.ts"

const pause = 250

/** Words that the calls shown have in them. */
export const FilterBox = () => {
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  // The address may change by other means, but not under the hands of who is typing.
  useSignalEffect(() => {
    const { text = "" } = view.value.filters
    const { current } = input
    if (current !== null && current.value.trim() !== text) current.value = text
  })
  return (
    <label class="filter-box">
      <span class="sr-only">Filter by text</span>
      <input
        ref={input}
        type="search"
        placeholder="Filter  ( / )"
        data-testid="filter-text"
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => {
          clearTimeout(timer.current)
          timer.current = setTimeout(() => {
            const isRefined = view.peek().filters.text !== undefined
            show(narrowed({ text: currentTarget.value.trim() || undefined }), isRefined ? "replace" : "push")
          }, pause)
        }}
      />
    </label>
  )
}
