import { useComputed, useSignal } from "@preact/signals"
import { useMemo } from "preact/hooks"
import type { Series } from "../../../Figures.ts"
import { bucket, count, countOf, durationOf, perMinute, plural } from "../format.ts"
import { Panel } from "../parts/Panel.tsx"
import { type Line, type Marks, TimeChart } from "../parts/TimeChart.tsx"
import { defaultRange } from "../state/address.ts"
import { now } from "../state/clock.ts"
import { overview, series } from "../state/figures.ts"
import { isNarrow } from "../state/screen.ts"
import { isFixed, show } from "../state/view.ts"

/** Errors are a flat line on the scale of requests: they have their own, in a strip. */
const strip = { height: 64 }

const zoom = (since: number, until: number) => show({ range: { since, until } })

/** Undoes a zoom: back is where it came from. */
const unzoom = () => {
  if (!isFixed.peek()) return
  if (history.length > 1) history.back()
  else show({ range: defaultRange })
}

const sum = (one: number | null | undefined, other: number | null | undefined) =>
  one === null || one === undefined ? null : one + (other ?? 0)

const linesOf = ({ all: { points }, partial }: Series): ReadonlyArray<Line> => {
  const isWhole = (_: unknown, at: number) => partial === null || at < partial
  const isLast = (at: number) => partial !== null && (at === partial || at === partial - 1)
  const total = points.ok.map((ok, at) => isWhole(ok, at) ? sum(ok, points.errors[at]) : null)
  return [
    { values: total, color: "--err", as: "dashed" },
    { values: points.ok.map((ok, at) => isWhole(ok, at) ? ok : null), color: "--accent", as: "area" },
    { values: points.ok.map((ok, at) => isLast(at) ? ok : null), color: "--accent", as: "dotted" }
  ]
}

const errorsOf = ({ all: { points } }: Series): ReadonlyArray<Line> => [
  { values: points.errors, color: "--err", as: "bars" }
]

const marksOf = ({ all: { points } }: Series): ReadonlyArray<Marks> => [
  { values: points.retries, color: "--warn", shape: "caret", lane: 0 },
  { values: points.failovers, color: "--accent", shape: "diamond", lane: 1 }
]

const Sample = (
  { index, of: { all: { points }, at, partial, range } }: { readonly of: Series; readonly index: number }
) => (
  <>
    <b>{bucket(at[index] ?? 0, range.bucket, now.value)}{index === partial ? ", still filling" : ""}</b>
    <span class="key-ok">{countOf(points.ok[index])} ok</span>
    <span class="key-err">{countOf(points.errors[index])} errors</span>
    {(points.interrupted[index] ?? 0) > 0 ? <span>{countOf(points.interrupted[index])} interrupted</span> : null}
    <span>{countOf(points.retries[index])} retries · {countOf(points.failovers[index])} failovers</span>
    <span>p95 {durationOf(points.p95[index])}</span>
  </>
)

const spoken = ({ all: { points }, at, range }: Series, index: number) =>
  `${bucket(at[index] ?? 0, range.bucket, now.peek())}: ${countOf(points.ok[index])} ok, ${
    countOf(points.errors[index])
  } errors, ${countOf(points.retries[index])} retries, ${countOf(points.failovers[index])} failovers`

const Buckets = ({ of: { all: { points }, at, range } }: { readonly of: Series }) => (
  <table data-testid="buckets">
    <caption>Requests over time</caption>
    <thead>
      <tr>
        {["Time", "OK", "Errors", "Retries", "Failovers"].map((name) => <th key={name} scope="col">{name}</th>)}
      </tr>
    </thead>
    <tbody>
      {at.map((start, index) =>
        points.calls[index] === null ? null : (
          <tr key={start}>
            <th scope="row">{bucket(start, range.bucket, range.now)}</th>
            <td>{points.ok[index]}</td>
            <td>{points.errors[index]}</td>
            <td>{points.retries[index]}</td>
            <td>{points.failovers[index]}</td>
          </tr>
        )
      )}
    </tbody>
  </table>
)

const Chart = ({ of }: { readonly of: Series }) => {
  const crosshair = useSignal<number | null>(null)
  const hovered = useSignal(false)
  const isByKey = useSignal(false)
  const { all: { totals }, at, range } = of
  const lines = useMemo(() => linesOf(of), [of])
  const errors = useMemo(() => errorsOf(of), [of])
  const marks = useMemo(() => marksOf(of), [of])
  const buckets = useMemo(() => <Buckets of={of} />, [of])
  const side = useComputed(() => (crosshair.value ?? 0) > at.length / 2 ? "left" : "right")
  const shared = { at, width: range.bucket, crosshair, onZoom: zoom, onBack: unzoom }

  const move = (event: KeyboardEvent) => {
    const last = of.partial ?? at.length - 1
    const from = crosshair.peek() ?? last
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    isByKey.value = true
    crosshair.value = Math.min(last, Math.max(0, to))
  }

  return (
    <figure
      class="traffic"
      aria-label={`${plural(totals.calls, "call")}: ${count(totals.ok)} ok, ${plural(totals.errors, "error")}, ${
        count(totals.interrupted)
      } interrupted`}
    >
      <div
        class="plots"
        role="group"
        tabIndex={0}
        aria-label="Chart: arrow keys read its samples"
        data-testid="chart"
        onKeyDown={move}
        onBlur={() => {
          isByKey.value = false
          crosshair.value = null
        }}
      >
        <TimeChart
          {...shared}
          lines={lines}
          height={isNarrow.value ? 200 : 240}
          hasTimes
          onHover={(isOver) => {
            hovered.value = isOver
          }}
        />
        <TimeChart {...shared} lines={errors} marks={marks} height={strip.height} hasTimes={false} />
        {crosshair.value !== null && (hovered.value || isByKey.value)
          ? (
            <div class={`sample ${side.value}`} data-testid="sample">
              <Sample of={of} index={crosshair.value} />
            </div>
          )
          : null}
      </div>
      <figcaption class="legend">
        <span class="key-ok">ok</span>
        <span class="key-err">errors</span>
        <span class="key-retry" data-testid="key-retry">retry</span>
        <span class="key-failover" data-testid="key-failover">failover</span>
        <span class="muted wide">drag to zoom{isFixed.value ? ", double click to go back" : ""}</span>
      </figcaption>
      <output class="sr-only" aria-live="polite">
        {isByKey.value && crosshair.value !== null ? spoken(of, crosshair.value) : ""}
      </output>
      <div class="sr-only">{buckets}</div>
    </figure>
  )
}

const Note = () => {
  const data = overview.answer.value?.data
  if (data === undefined) return null
  return (
    <>
      <span data-testid="traffic-rate">{perMinute(data.requestsPerMinute.value)} / min</span> ·{" "}
      <span data-testid="traffic-providers">{plural(data.activeProviders, "provider")} active</span>
    </>
  )
}

export const Traffic = () => (
  <Panel area="traffic" title="Requests over time" note={<Note />} of={series}>
    {(answer) => <Chart of={answer} />}
  </Panel>
)
