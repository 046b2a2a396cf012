/**
 * The sandbox's clock: the given base plus whatever tests have added, and waits that such jumps release.
 */

export interface Time {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly advance: (millis: number) => void
  /** Resolves once `millis` have passed, in real time or by `advance`, or when `signal` aborts. */
  readonly wait: (millis: number, signal: AbortSignal) => Promise<void>
}

export const make = (base: () => number): Time => {
  let offset = 0
  const waiters = new Set<{ readonly due: number; readonly wake: () => void }>()
  const now = () => base() + offset
  return {
    now,
    advance: (millis) => {
      offset += millis
      for (const waiter of waiters) if (waiter.due <= now()) waiter.wake()
    },
    wait: (millis, signal) =>
      new Promise((resolve) => {
        if (signal.aborted || millis <= 0) return resolve()
        const wake = () => {
          clearTimeout(timer)
          waiters.delete(waiter)
          signal.removeEventListener("abort", wake)
          resolve()
        }
        const timer = setTimeout(wake, Math.min(millis, 2_147_483_647))
        const waiter = { due: now() + millis, wake }
        waiters.add(waiter)
        signal.addEventListener("abort", wake)
      })
  }
}
