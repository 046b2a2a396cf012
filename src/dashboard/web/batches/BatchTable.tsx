import type { Batch, Batches } from "../../../internal/batchFigures.ts"
import { cost, count, exactly, iso, plural, span, unknown } from "../format.ts"
import { Copy } from "../parts/Copy.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Export } from "../parts/Export.tsx"
import { Info } from "../parts/Info.tsx"
import { Link } from "../parts/Link.tsx"
import { Panel } from "../parts/Panel.tsx"
import { Segments } from "../parts/Segments.tsx"
import { BatchStatus } from "../parts/Status.tsx"
import { batchStates } from "../state/address.ts"
import { now } from "../state/clock.ts"
import { batches, ofState } from "../state/figures.ts"
import { narrowed, show, view } from "../state/view.ts"
import { nameOf } from "../vendors.ts"
import { Progress } from "./Progress.tsx"

const columns = [
  "State",
  "Vendors and models",
  "Done",
  "Failed",
  "Expired",
  "Cancelled",
  "Age",
  "Expires in",
  "Spent",
  "Saved"
]
const words: ReadonlySet<string> = new Set(["State", "Vendors and models", "Done"])

/** Each vendor and model once, of so many that fit. */
const Models = ({ of: { jobs } }: { readonly of: Batch }) => {
  const all = [...new Map(jobs.map((job) => [`${job.provider}/${job.model}`, job])).values()]
  const shown = all.slice(0, 2)
  return (
    <>
      {shown.map(({ model, provider }) => (
        <Link key={`${provider}/${model}`} class="asked" to={narrowed({ provider, model })}>
          {nameOf(provider)} <span class="muted">{model}</span>
        </Link>
      ))}
      {all.length > shown.length
        ? (
          <span class="muted" title={all.slice(2).map(({ model, provider }) => `${provider}/${model}`).join(", ")}>
            +{all.length - shown.length}
          </span>
        )
        : null}
    </>
  )
}

/** How long until the first of its jobs expires, where a vendor has told. */
export const expiryOf = ({ endedAt, expiresAt }: Pick<Batch, "endedAt" | "expiresAt">): string => {
  if (endedAt !== null) return "·"
  if (expiresAt === null) return unknown
  return expiresAt > now.value ? span(expiresAt - now.value) : "due"
}

const Number = ({ column, exact, isBad = false, value }: {
  readonly column: string
  readonly value: string
  readonly exact?: string | undefined
  readonly isBad?: boolean
}) => (
  <td class={`number ${isBad ? "bad" : value === "0" ? "muted" : ""}`} data-column={column} title={exact}>{value}</td>
)

const openBatch = (id: string) => show({ batch: id }, view.peek().batch === undefined ? "push" : "replace")

const Sheets = () => (
  <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M6 6h7v7H6zM3 10V3h7" />
  </svg>
)

const Row = ({ of }: { readonly of: Batch }) => {
  const { counts, createdAt, endedAt, id, jobs, saved, savedStatus, unpriced } = of
  const failed = counts.failed + counts.missing
  const problem = jobs.find(({ problem }) => problem !== null)?.problem
  return (
    <tr
      data-testid="batch"
      data-id={id}
      aria-selected={view.value.batch === id}
      onClick={({ target }) => {
        if (target instanceof Element && target.closest("a, button") === null) openBatch(id)
      }}
    >
      <th scope="row">
        <button
          type="button"
          class="quiet"
          data-id={id}
          aria-label={`Open the batch ${id}`}
          onClick={() => openBatch(id)}
        >
          {id}
        </button>
        <Copy what={`the id ${id}`} label={<Sheets />} text={() => id} />
      </th>
      <td data-column="State" title={problem ?? undefined}>
        <BatchStatus of={of} />
        {problem === undefined || problem === null ? null : <span class="bad" aria-label={problem}>{" "}▲</span>}
      </td>
      <td data-column="Vendors and models">
        <Models of={of} />
      </td>
      <td data-column="Done" title={`${plural(counts.total - counts.open, "result")} here`}>
        <Progress of={of} />
      </td>
      <Number
        column="Failed"
        value={count(failed)}
        isBad={failed > 0}
        exact={counts.missing === 0 ? undefined : `${count(counts.missing)} of them missing in the results`}
      />
      <Number column="Expired" value={count(counts.expired)} isBad={counts.expired > 0} />
      <Number column="Cancelled" value={count(counts.cancelled)} isBad={counts.cancelled > 0} />
      <Number column="Age" value={span(now.value - createdAt)} exact={iso(createdAt)} />
      <Number
        column="Expires in"
        value={expiryOf(of)}
        exact={endedAt === null
          ? of.expiresAt === null ? "No vendor has told yet" : iso(of.expiresAt)
          : `Ended ${iso(endedAt)}`}
      />
      <Number
        column="Spent"
        value={cost(of)}
        exact={of.cost === null
          ? "Nothing of it is known yet"
          : `${exactly(of.cost)}${unpriced === 0 ? "" : `; ${plural(unpriced, "row")} of unknown cost`}`}
      />
      <Number column="Saved" value={cost({ cost: saved, costStatus: savedStatus })} exact={exactly(saved)} />
    </tr>
  )
}

const Table = ({ of }: { readonly of: Batches }) => (
  <div class="sheet-region" role="region" tabIndex={0} aria-label="Batches, newest first">
    <table class="sheet" data-testid="batches">
      <thead>
        <tr>
          <th scope="col">Batch</th>
          {columns.map((name) => (
            <th key={name} scope="col" data-column={name} class={words.has(name) ? undefined : "number"}>{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>{of.batches.map((batch) => <Row key={batch.id} of={batch} />)}</tbody>
    </table>
  </div>
)

const labels = { all: "All", open: "Under way", ended: "Ended", failed: "Not all answered" }

const States = () => (
  <Segments
    name="batch-state"
    label="Which batches"
    values={["all", ...batchStates] as const}
    labels={(value) => labels[value]}
    value={view.value.state ?? "all"}
    onPick={(state) => show({ state: state === "all" ? undefined : state })}
  />
)

const About = () => (
  <Info id="batches" about="What is counted">
    <p>
      Batches that were under way in the range, or ended in it. <b>Done</b>{" "}
      is what vendors tell; all else is of rows whose results are here: fetched by who waits for the batch, or by{" "}
      <code>loom batch worker</code>. <b>Failed</b> are rows with an error, and rows that the results don't have.
    </p>
    <p>
      <b>Saved</b> is what the same rows cost more at list price. <b>≥</b> there is more to it that isn't known yet.
      {" "}
      <b>—</b> nothing of it is known. Rows with an answer are calls too, on the other pages.
    </p>
  </Info>
)

const Note = () => {
  const found = batches.answer.value?.data
  if (found === undefined) return null
  return <span data-testid="batches-count">{found.batches.length} of {count(found.total.batches)}</span>
}

const Pages = ({ of: { next } }: { readonly of: Batches }) => {
  const { before } = view.value
  return next === null && before === undefined ? null : (
    <nav class="pages" aria-label="Pages of batches">
      {before === undefined ? null : <Link to={{ before: undefined }}>← Newest</Link>}
      {next === null ? null : <Link to={{ before: next }} data-testid="older">Older →</Link>}
    </nav>
  )
}

export const BatchTable = () => (
  <Panel
    area="spenders"
    title="Batches"
    note={<Note />}
    side={
      <>
        <States />
        <About />
        <Export of="batches" what="these batches" also={ofState.value} />
      </>
    }
    of={batches}
    isBrief
  >
    {(answer) =>
      answer.batches.length === 0 ? <Empty what="batches" /> : (
        <>
          <Table of={answer} />
          <Pages of={answer} />
        </>
      )}
  </Panel>
)
