import type { ComponentChildren } from "preact"
import type { Resource } from "../state/resource.ts"
import { Failure } from "./Failure.tsx"

/**
 * A part of the page that lives on its own: its first answer is waited for in its final size, later ones behind what is
 * shown, and where they fail the last good one stays, dimmed.
 */
export function Panel<A>({ area, children, isBrief = false, note, of, side, title }: {
  readonly area: string
  readonly title: ComponentChildren
  readonly note?: ComponentChildren
  readonly side?: ComponentChildren
  readonly of: Resource<A>
  /** What fails is said in full elsewhere. */
  readonly isBrief?: boolean
  readonly children: (answer: A) => ComponentChildren
}) {
  const answer = of.answer.value
  const isStale = of.failure.value !== undefined
  const heading = `${area}-title`
  return (
    <section
      class={`panel area-${area}`}
      data-testid={`panel-${area}`}
      aria-labelledby={heading}
      aria-busy={of.isAsking.value}
    >
      <Busy of={of} />
      <header>
        <h2 id={heading}>{title}</h2>
        {note === undefined ? null : <p class="note">{note}</p>}
        {side === undefined ? null : <div class="side">{side}</div>}
      </header>
      <Failure of={of} isBrief={isBrief} />
      {answer === undefined
        ? isStale ? null : <div class="skeleton" data-testid="skeleton" />
        : <div class={isStale ? "body stale" : "body"}>{children(answer.data)}</div>}
    </section>
  )
}

/** Two pixels while something is asked for again, and that takes a while. */
export const Busy = ({ of }: { readonly of: Resource<unknown> }) =>
  of.isAsking.value && of.answer.value !== undefined ? <div class="busy" data-testid="busy" /> : null
