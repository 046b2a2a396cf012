import { useComputed, useSignal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import type { Series } from "../../../Figures.ts"
import { bucket } from "../format.ts"
import { now } from "../state/clock.ts"
import { isFixed, unzoom, zoom } from "../state/view.ts"
import { type Plot, TimeChart } from "./TimeChart.tsx"

type Times = Pick<Series, "at" | "partial" | "range">

/** The time of a bucket, in words. */
export const timeOf = ({ at, partial, range }: Times, index: number): string =>
  `${bucket(at[index] ?? 0, range.bucket, now.value)}${index === partial ? ", still filling" : ""}`

/**
 * Plots over the same time, under one crosshair: pointed at, or moved by the arrow keys, which say what it is at. What is
 * dragged over, or selected with the arrow keys and Shift, becomes the range of the page.
 */
export const Chart = ({ label, legend, name, of, plots, sample, spoken, table }: {
  readonly name: string
  readonly of: Times
  /** All of it, in a sentence. */
  readonly label: string
  readonly plots: ReadonlyArray<Plot>
  /** What the crosshair is at, to be shown and to be said. */
  readonly sample: (index: number) => ComponentChildren
  readonly spoken: (index: number) => string
  readonly legend: ComponentChildren
  /** The same for those who can't see it. */
  readonly table: ComponentChildren
}) => {
  const crosshair = useSignal<number | null>(null)
  const anchor = useSignal<number | null>(null)
  const hovered = useSignal(false)
  const isByKey = useSignal(false)
  const { at, partial, range } = of
  const side = useComputed(() => (crosshair.value ?? 0) > at.length / 2 ? "left" : "right")
  const band = useComputed(() =>
    anchor.value === null || crosshair.value === null
      ? undefined
      : { from: Math.min(anchor.value, crosshair.value), to: Math.max(anchor.value, crosshair.value) }
  )
  const bounds = (from: number, to: number) =>
    [at[from] ?? range.since, (at[to] ?? range.since) + range.bucket] as const

  const leave = () => {
    isByKey.value = false
    anchor.value = null
    crosshair.value = null
  }

  const select = (from: number, to: number) => {
    leave()
    zoom(...bounds(from, to))
  }

  const press = (event: KeyboardEvent) => {
    const { key, shiftKey } = event
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const last = partial ?? at.length - 1
    const from = crosshair.peek() ?? last
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[key]
    const chosen = band.peek()
    if (to !== undefined) {
      isByKey.value = true
      anchor.value = shiftKey ? anchor.peek() ?? from : null
      crosshair.value = Math.min(last, Math.max(0, to))
    } else if (key === "Enter" && chosen !== undefined) select(chosen.from, chosen.to)
    else if (key === "Escape" && chosen !== undefined) anchor.value = null
    else if (key === "Backspace" && isFixed.peek()) unzoom()
    else return
    event.preventDefault()
  }

  const said = () => {
    const chosen = band.value
    if (!isByKey.value || crosshair.value === null) return ""
    if (chosen === undefined) return spoken(crosshair.value)
    return `Selected ${timeOf(of, chosen.from)} to ${timeOf(of, chosen.to)}. Enter zooms.`
  }

  return (
    <figure class={`chart ${name}`} aria-label={label}>
      <div
        class="plots"
        role="group"
        tabIndex={0}
        aria-label="Chart: arrow keys read its samples, with Shift they select, Enter zooms, Backspace goes back"
        data-testid="chart"
        onKeyDown={press}
        onBlur={leave}
      >
        {plots.map((plot, n) => (
          <TimeChart
            key={n}
            {...plot}
            at={at}
            width={range.bucket}
            crosshair={crosshair}
            band={band}
            onZoom={select}
            onBack={unzoom}
            onHover={(isOver) => {
              if (n === 0) hovered.value = isOver
            }}
          />
        ))}
        {crosshair.value !== null && (hovered.value || isByKey.value)
          ? (
            <div class={`sample ${side.value}`} data-testid="sample">
              <b>{timeOf(of, crosshair.value)}</b>
              {sample(crosshair.value)}
            </div>
          )
          : null}
      </div>
      <figcaption class="legend">
        {legend}
        <span class="muted wide">drag to zoom{isFixed.value ? ", double click to go back" : ""}</span>
      </figcaption>
      <output class="sr-only" aria-live="polite">{said()}</output>
      <div class="sr-only">{table}</div>
    </figure>
  )
}
