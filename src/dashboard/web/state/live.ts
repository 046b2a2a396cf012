import { computed, effect, signal } from "@preact/signals"
import type { RequestRow } from "../../../Figures.ts"
import type { Events } from "../../Api.ts"
import { now, setClock } from "./clock.ts"
import { view } from "./view.ts"

/** The stream of what is recorded. */
export const stream = signal<{ readonly isLost: boolean; readonly since: number }>({ isLost: false, since: Date.now() })

/** Calls that were recorded since the page was opened, newest first, some of them. */
export const arrived = signal<ReadonlyArray<RequestRow>>([])

/** How many there were. */
export const arrivals = signal(0)

/** Calls under way in the server's own process. */
export const inFlight = signal<number | null>(null)

const seen = signal(0)

/** How many arrived while the page is paused. */
export const missed = computed(() => arrivals.value - seen.value)

/** Counts up when figures are due again: once a second while calls arrive, and now and then without. */
export const beat = signal(0)

/** Counts up when some of what was recorded may have been missed. */
export const gaps = signal(0)

/** Counts up when batches have changed. */
export const batchChanges = signal(0)

const kept = 1_000
const busy = 1_000
const quiet = 10_000
const lost = 5_000

let beaten = 0
let timer: ReturnType<typeof setTimeout> | undefined

const pulse = () => {
  beaten = performance.now()
  beatIn(stream.peek().isLost ? lost : quiet)
  if (document.hidden || !view.peek().isLive) return
  beat.value++
  if (stream.peek().isLost) gaps.value++
}

const beatIn = (millis: number) => {
  clearTimeout(timer)
  timer = setTimeout(pulse, millis)
}

/** Something happened: figures are due, but not more than once a second. */
const stir = () => beatIn(Math.max(0, beaten + busy - performance.now()))

type Told = { readonly [Name in keyof typeof Events]: (typeof Events)[Name]["Type"] }

export const listen = (): void => {
  let source: EventSource
  let version: string | undefined
  let lastSeq: number | undefined

  const on = <Name extends keyof Told>(event: Name, heard: (data: Told[Name]) => void) =>
    source.addEventListener(event, ({ data }: MessageEvent<string>) => heard(JSON.parse(data)))

  const open = () => {
    source = new EventSource(`api/events${lastSeq === undefined ? "" : `?after=${lastSeq}`}`)
    on("hello", (hello) => {
      if (version !== undefined && version !== hello.version) return location.reload()
      version = hello.version
      lastSeq ??= hello.lastSeq
      setClock(hello.now)
      if (stream.peek().isLost) {
        stream.value = { isLost: false, since: now.peek() }
        gaps.value++
      }
      stir()
    })
    on("calls", ({ inFlight: under, rows }) => {
      const fresh = rows.filter(({ seq }) => seq > (lastSeq ?? -1))
      inFlight.value = under
      if (fresh.length === 0) return
      lastSeq = Math.max(...fresh.map(({ seq }) => seq))
      arrivals.value += fresh.length
      arrived.value = [...fresh, ...arrived.peek()].slice(0, kept)
      stir()
    })
    on("gap", ({ missed }) => {
      // It may be another log than before.
      lastSeq = undefined
      arrived.value = []
      arrivals.value += missed
      gaps.value++
      stir()
    })
    on("circuits", stir)
    on("batches", () => {
      batchChanges.value++
    })
    source.addEventListener("error", () => {
      if (!stream.peek().isLost) {
        stream.value = { isLost: true, since: now.peek() }
        beatIn(lost)
      }
      // A browser that was answered, but not with a stream, doesn't try again.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 2_000)
    })
  }
  open()
  beatIn(quiet)
  document.addEventListener("visibilitychange", () => document.hidden || stir())
  effect(() => {
    if (view.value.isLive) seen.value = arrivals.value
  })
  effect(() => {
    if (view.value.isLive) stir()
  })
}
