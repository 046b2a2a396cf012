import { signal } from "@preact/signals"

/** The server's time, since rows carry it; told once a second. */
export const now = signal(Date.now())

let ahead = 0

export const setClock = (server: number): void => {
  ahead = server - Date.now()
  tick()
}

const tick = () => {
  now.value = Date.now() + ahead
}

export const startClock = (): void => {
  setInterval(() => {
    if (!document.hidden) tick()
  }, 1_000)
  document.addEventListener("visibilitychange", tick)
}
