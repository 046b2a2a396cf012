import { useSignal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import { copy } from "../state/clipboard.ts"

/** Copies, and says so where it was pressed. */
export const Copy = ({ label, text, what }: {
  readonly what: string
  /** A mark where there is no room for words. */
  readonly label: ComponentChildren
  readonly text: () => string
}) => {
  const isDone = useSignal(false)
  return (
    <button
      type="button"
      class="quiet"
      aria-label={`Copy ${what}`}
      onClick={async () => {
        if (!await copy(what, text())) return
        isDone.value = true
        setTimeout(() => {
          isDone.value = false
        }, 1_500)
      }}
    >
      {isDone.value ? typeof label === "string" ? "Copied ✓" : "✓" : label}
    </button>
  )
}
