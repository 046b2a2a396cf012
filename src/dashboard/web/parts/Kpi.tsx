import type { ComponentChildren } from "preact"
import { minus } from "../format.ts"
import type { View } from "../state/address.ts"
import { isFixed, rangeLabel } from "../state/view.ts"
import { Link } from "./Link.tsx"
import { Sparkline } from "./Sparkline.tsx"

export interface Delta {
  /** Its sign alone. */
  readonly change: number
  /** Its size, with its unit. */
  readonly size: string
  /** Which way is good, where one is. */
  readonly good?: "up" | "down"
}

const DeltaOf = ({ change, good, size }: Delta) => {
  const way = change > 0 ? "up" : change < 0 ? "down" : "level"
  const mood = good === undefined || way === "level" ? "neutral" : way === good ? "good" : "bad"
  return (
    <span class="delta" data-mood={mood}>
      {way === "level" ? `= ${size}` : `${way === "up" ? "▲ +" : `▼ ${minus}`}${size}`}
    </span>
  )
}

/** A figure of the whole range, how it changed, and the calls behind it. */
export const Kpi = ({ about, children, delta, exact, name, note, spark, to, value }: {
  readonly name: string
  readonly about: ComponentChildren
  readonly value: string
  readonly exact?: string | undefined
  readonly delta: Delta | undefined
  readonly note: ComponentChildren
  readonly spark?: ReadonlyArray<number | null>
  readonly to: Partial<View>
  readonly children?: ComponentChildren
}) => (
  <section class="panel kpi" data-testid={`kpi-${name}`} aria-labelledby={`kpi-${name}-title`}>
    <h2 id={`kpi-${name}-title`}>
      <Link to={to}>{about}</Link>
    </h2>
    {children}
    <p class="value" data-testid="value" title={exact}>{value}</p>
    <p class="change">
      {delta === undefined ? null : (
        <span data-testid="delta">
          <DeltaOf {...delta} /> <span class="muted wide">vs prev {rangeLabel.value}</span>
        </span>
      )}
      <span class="muted" data-testid="note">{note}</span>
    </p>
    {spark === undefined ? null : <Sparkline values={spark} isFilling={!isFixed.value} />}
  </section>
)
