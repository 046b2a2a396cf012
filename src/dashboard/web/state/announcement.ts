import { effect, signal } from "@preact/signals"
import { plural } from "../format.ts"
import { pending } from "./log.ts"

/** What a screen reader says next. */
export const announcement = signal("")

export const announce = (words: string): void => {
  announcement.value = words
}

const pause = 10_000

/** Says how many calls wait, every 10 seconds at most: the log itself would never be silent. */
export const announcePending = (): void => {
  let said = -Infinity
  let timer: ReturnType<typeof setTimeout> | undefined
  effect(() => {
    const waiting = pending.value
    clearTimeout(timer)
    if (waiting === 0) return
    timer = setTimeout(() => {
      said = performance.now()
      announce(plural(waiting, "new call"))
    }, Math.max(0, said + pause - performance.now()))
  })
}
