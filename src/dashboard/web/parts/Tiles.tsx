import type { ComponentChildren } from "preact"
import type { Resource } from "../state/resource.ts"
import { Failure } from "./Failure.tsx"
import { Busy } from "./Panel.tsx"

/** The four figures that a page begins with, or why they aren't there. */
export function Tiles<A>({ children, of }: {
  readonly of: Resource<A>
  readonly children: (answer: A) => ComponentChildren
}) {
  const answer = of.answer.value
  const isStale = of.failure.value !== undefined
  return (
    <div class="area-kpis" data-testid="kpis" aria-busy={of.isAsking.value}>
      <Busy of={of} />
      <Failure of={of} />
      {answer === undefined
        ? isStale ? null : [1, 2, 3, 4].map((n) => <div key={n} class="panel kpi skeleton" />)
        : <div class={isStale ? "kpis stale" : "kpis"}>{children(answer.data)}</div>}
    </div>
  )
}
