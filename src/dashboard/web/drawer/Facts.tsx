import type { ComponentChildren } from "preact"
import type { RequestDetail } from "../../../Figures.ts"
import { duration, durationOf, iso } from "../format.ts"
import { Link } from "../parts/Link.tsx"
import { narrowed } from "../state/view.ts"

const distinct = (values: ReadonlyArray<string | null>) =>
  [...new Set(values.filter((value) => value !== null))].join(", ")

type Fact = readonly [name: string, value: ComponentChildren]

/** What is known, without what isn't. */
export const FactList = ({ of }: { readonly of: ReadonlyArray<Fact> }) => (
  <dl class="facts">
    {of.filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && value.length === 0))
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
)

/** The rest of what is known of a call. */
export const Facts = ({ of }: { readonly of: RequestDetail }) => {
  const facts: ReadonlyArray<Fact> = [
    ["Asked for", of.asked],
    [
      "Route",
      of.route === null ?
        null :
        <Link class="chip" to={{ ...narrowed({ route: of.route }), request: of.id }}>{of.route}</Link>
    ],
    ["Warnings", of.warnings.map((warning) => <p key={warning}>{warning}</p>)],
    ["Operation", `${of.operation}, ${of.modality}`],
    ["Started", iso(of.startedAt)],
    ["Ended", iso(of.endedAt)],
    ["Loom's own time", duration(of.overheadMs)],
    ["First token", durationOf(of.firstTokenMs)],
    ["Finish reason", of.finishReason],
    ["Vendor's request id", of.requestId],
    ["Service tier", distinct(of.attemptViews.map(({ serviceTier }) => serviceTier))],
    ["Region", distinct(of.attemptViews.map(({ region }) => region))],
    [
      "Tags",
      Object.entries(of.tags).map(([key, value]) => (
        <Link key={key} class="chip" to={{ ...narrowed({ tag: `${key}:${value}` }), request: of.id }}>
          {key}: {value}
        </Link>
      ))
    ]
  ]
  return (
    <section aria-labelledby="facts-title" data-testid="facts">
      <h3 id="facts-title">Parameters</h3>
      <FactList of={facts} />
      <p class="muted" data-testid="bodies">Prompt and answer aren't kept.</p>
    </section>
  )
}
