import { type ReadonlySignal, type Signal, useSignalEffect } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import UPlot from "uplot"
import { count, tick } from "../format.ts"
import { scheme } from "../state/theme.ts"

type Values = ReadonlyArray<number | null>

/** Something drawn over time. `color` is a token, or `series-` and whose colour it is. */
export interface Line {
  readonly values: Values
  readonly color: string
  readonly as: "area" | "line" | "dashed" | "dotted" | "bars" | "stacked"
}

/** Ticks in a lane of their own, above the plot: where something happened. */
export interface Marks {
  readonly values: Values
  readonly color: string
  readonly shape: "caret" | "diamond"
  readonly lane: 0 | 1
}

export interface Plot {
  readonly lines: ReadonlyArray<Line>
  readonly marks?: ReadonlyArray<Marks>
  readonly height: number
  readonly hasTimes: boolean
  /** How values are written beside it: as counts. */
  readonly write?: (value: number) => string
  /** The least that its scale reaches up to. */
  readonly least?: number
}

interface Chart extends Omit<Plot, "height"> {
  /** When each bucket starts, in epoch milliseconds. */
  readonly at: ReadonlyArray<number>
  /** Milliseconds of a bucket. */
  readonly width: number
}

const gutter = 48
/** Of marks of one kind, above the plot. */
const lane = 10
const stepsFrom = (power: number) =>
  Array.from({ length: 12 - power }, (_, n) => [1, 2, 5].map((step) => step * 10 ** (n + power))).flat()
const steps = stepsFrom(0)
const fineSteps = stepsFrom(-12)

const colorOf = (element: HTMLElement, color: string) => {
  element.style.color = color
  const resolved = getComputedStyle(element).color
  element.style.color = ""
  return resolved
}

const tokenOf = (element: HTMLElement, color: string) => {
  if (!color.startsWith("series-")) return colorOf(element, `var(${color})`)
  element.dataset["series"] = color.slice(7)
  const resolved = colorOf(element, "var(--series)")
  delete element.dataset["series"]
  return resolved
}

/** What has no neighbour that a line could lead to is a point. */
const lonely = (plot: UPlot, series: number): Array<number> => {
  const values = plot.data[series] ?? []
  return Array.from(values.keys()).filter((at) =>
    (values[at] ?? null) !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null
  )
}

const seriesOf = (element: HTMLElement, { as, color }: Line): UPlot.Series => {
  const stroke = tokenOf(element, color)
  const series = { stroke, width: 1.75, points: { show: false } }
  switch (as) {
    case "line":
      return { ...series, points: { show: false, filter: lonely, size: 4, width: 0, fill: stroke } }
    case "dashed":
      return { ...series, dash: [5, 4] }
    case "dotted":
      return { ...series, dash: [2, 4] }
    case "area":
      return { ...series, fill: colorOf(element, `color-mix(in srgb, var(${color}) 12%, transparent)`) }
    case "bars": {
      const paths = UPlot.paths.bars?.({ size: [0.7, 10] })
      return { ...series, width: 0, fill: stroke, ...paths === undefined ? {} : { paths } }
    }
    case "stacked": {
      const paths = UPlot.paths.bars?.({ size: [0.8, 32] })
      return { ...series, width: 0, fill: stroke, ...paths === undefined ? {} : { paths } }
    }
  }
}

const optionsOf = (
  element: HTMLElement,
  chart: () => Chart,
  size: { readonly width: number; readonly height: number },
  hooks: UPlot.Hooks.Arrays
): UPlot.Options => {
  const { hasTimes, least = 0, lines, write = count } = chart()
  const margin = marginOf(lines)
  const text = colorOf(element, "var(--text-3)")
  const font = `12px ${getComputedStyle(element).fontFamily}`
  return {
    ...size,
    ms: 1,
    legend: { show: false },
    padding: [hasTimes ? 8 : lane * 2 + 4, 24, hasTimes ? 0 : 8, 0],
    scales: {
      x: {
        range: (_, from, to) => [from - margin * chart().width, Math.max(to, from + 1) + margin * chart().width]
      },
      y: { range: (_, __, most) => [0, Math.max(least, most > 0 ? most * 1.1 : 1)] }
    },
    axes: [
      {
        show: hasTimes,
        stroke: text,
        font,
        size: 28,
        space: 84,
        grid: { show: false },
        ticks: { show: false },
        values: (_, splits, __, ___, step) => splits.map((at) => tick(at, step))
      },
      {
        stroke: text,
        font,
        size: (_, labels) => Math.max(gutter, ...(labels ?? []).map((label) => label.length * 7 + 12)),
        space: hasTimes ? 44 : 24,
        incrs: write === count ? steps : fineSteps,
        grid: { show: hasTimes, stroke: colorOf(element, "var(--line)"), width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map(write)
      }
    ],
    series: [
      {},
      ...lines.map((line) => seriesOf(element, line))
    ],
    cursor: { points: { show: false }, y: false, drag: { x: true, y: false, setScale: false } },
    hooks: {
      ...hooks,
      draw: [(plot) => {
        for (const mark of chart().marks ?? []) {
          drawMarks(plot, chart().at, mark, tokenOf(element, mark.color))
        }
      }]
    }
  }
}

const drawMarks = (plot: UPlot, times: Chart["at"], marks: Marks, color: string) => {
  const { bbox, ctx } = plot
  const spacing = bbox.width / Math.max(1, times.length - 1)
  const size = Math.min(4 * devicePixelRatio, spacing / 2.5)
  ctx.save()
  ctx.strokeStyle = color
  ctx.fillStyle = color
  ctx.lineWidth = Math.min(1.75 * devicePixelRatio, size / 1.5)
  marks.values.forEach((value, index) => {
    const at = times[index]
    if (value === null || value === 0 || at === undefined) return
    const x = plot.valToPos(at, "x", true)
    const y = bbox.top - (2 - marks.lane) * lane * devicePixelRatio + size
    ctx.beginPath()
    if (marks.shape === "caret") {
      ctx.moveTo(x - size, y + size)
      ctx.lineTo(x, y)
      ctx.lineTo(x + size, y + size)
      ctx.stroke()
    } else {
      ctx.moveTo(x, y - size)
      ctx.lineTo(x + size, y)
      ctx.lineTo(x, y + size)
      ctx.lineTo(x - size, y)
      ctx.fill()
    }
  })
  ctx.restore()
}

const nothing = { left: 0, top: 0, width: 0, height: 0 }

/** A bar has its bucket's time at its middle. */
const marginOf = (lines: Chart["lines"]): number => lines.some(({ as }) => as === "stacked") ? 0.5 : 0

const dataOf = ({ at, lines }: Chart): UPlot.AlignedData => [[...at], ...lines.map(({ values }) => [...values])]

/**
 * Lines, areas and bars over time. All that is known of uPlot is here.
 *
 * `crosshair` is the place of the bucket pointed at, and `band` those that are selected by key, which charts over the
 * same time share.
 */
export const TimeChart = ({ band, crosshair, height, onBack, onHover, onZoom, ...chart }: Chart & {
  readonly height: number
  readonly crosshair: Signal<number | null>
  readonly band: ReadonlySignal<{ readonly from: number; readonly to: number } | undefined>
  readonly onHover: (isHovered: boolean) => void
  /** From the one bucket to the other. */
  readonly onZoom: (from: number, to: number) => void
  readonly onBack: () => void
}) => {
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot>(undefined)
  const latest = useRef(chart)
  latest.current = chart
  const acts = useRef({ onBack, onZoom })
  acts.current = { onBack, onZoom }

  // Colours are in the canvas, and so are sizes: another theme or height is another plot.
  useEffect(() => {
    const { current } = element
    if (current === null) return
    const size = () => ({ width: current.clientWidth, height })
    const select = (made: UPlot) => {
      const { left, width } = made.select
      if (width < 4) return
      made.setSelect(nothing, false)
      acts.current.onZoom(made.posToIdx(left), made.posToIdx(left + width))
    }
    const point = (made: UPlot) => {
      // Only who is pointed at says where: the others follow.
      if (current.matches(":hover")) crosshair.value = made.cursor.idx ?? null
    }
    const hooks = { setSelect: [select], setCursor: [point] }
    const made = new UPlot(optionsOf(current, () => latest.current, size(), hooks), dataOf(latest.current), current)
    plot.current = made
    const back = () => acts.current.onBack()
    made.over.addEventListener("dblclick", back)
    const resized = new ResizeObserver(() => made.setSize(size()))
    resized.observe(current)
    return () => {
      resized.disconnect()
      made.destroy()
      plot.current = undefined
    }
  }, [height, scheme.value, chart.lines.map(({ as, color }) => as + color).join()])

  useEffect(() => plot.current?.setData(dataOf(chart)), [chart.at, chart.lines])

  useSignalEffect(() => {
    const index = crosshair.value
    const drawn = plot.current
    if (drawn === undefined || element.current?.matches(":hover")) return
    const at = index === null ? undefined : latest.current.at[index]
    drawn.setCursor({ left: at === undefined ? -10 : drawn.valToPos(at, "x"), top: 0 }, false)
  })

  useSignalEffect(() => {
    const selected = band.value
    const drawn = plot.current
    if (drawn === undefined) return
    if (selected === undefined) return drawn.setSelect(nothing, false)
    const { at, lines, width } = latest.current
    const shift = width * marginOf(lines)
    const left = drawn.valToPos((at[selected.from] ?? 0) - shift, "x")
    const right = drawn.valToPos((at[selected.to] ?? 0) + width - shift, "x")
    drawn.setSelect({ left, top: 0, width: Math.max(2, right - left), height: drawn.over.clientHeight }, false)
  })

  return (
    <div
      ref={element}
      class="plot"
      aria-hidden="true"
      onPointerEnter={() => onHover(true)}
      onPointerLeave={() => {
        crosshair.value = null
        onHover(false)
      }}
    />
  )
}
