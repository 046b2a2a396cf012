import type { BatchDetail, BatchJob } from "../../../internal/batchFigures.ts"
import { expiryOf } from "../batches/BatchTable.tsx"
import { JobProgress, Progress } from "../batches/Progress.tsx"
import { ago, cost, count, exactly, iso, money, plural, rate, unknown, words } from "../format.ts"
import { Copy } from "../parts/Copy.tsx"
import { Link } from "../parts/Link.tsx"
import { BatchStatus, lacking } from "../parts/Status.tsx"
import { now } from "../state/clock.ts"
import { narrowed } from "../state/view.ts"
import { nameOf } from "../vendors.ts"
import { FactList } from "./Facts.tsx"

export const BatchHeading = ({ of }: { readonly of: BatchDetail }) => (
  <>
    <h2 id="drawer-title">{plural(of.counts.total, "row")} in {plural(of.jobs.length, "job")}</h2>
    <p class="summary">
      <BatchStatus of={of} />{" "}
      <time dateTime={new Date(of.createdAt).toISOString()} title={iso(of.createdAt)}>
        {ago(of.createdAt, now.value)}
      </time>
    </p>
    <p class="summary">
      <code data-testid="drawer-id">{of.id}</code> <Copy what="the id" label="Copy" text={() => of.id} />
    </p>
  </>
)

const Rows = ({ of }: { readonly of: BatchDetail }) => {
  const { cancelled, duplicates, expired, failed, missing, open, strays, succeeded } = of.counts
  const all = { succeeded, failed, expired, cancelled, missing, open }
  return (
    <section aria-labelledby="rows-title" data-testid="batch-rows">
      <h3 id="rows-title">Rows</h3>
      <p class="meter">
        <Progress of={of} />
      </p>
      <ul class="legend">
        {Object.entries(all).map(([name, n]) => (
          <li key={name} data-testid={`rows-${name}`}>
            {name} <b>{count(n)}</b>
          </li>
        ))}
        {duplicates + strays === 0
          ? null
          : <li>besides, in the results: {plural(duplicates, "duplicate")}, {plural(strays, "stray")}</li>}
      </ul>
    </section>
  )
}

const Cost = ({ of }: { readonly of: BatchDetail }) => {
  const { cost: spent, costStatus, saved, savedStatus, share, unpriced } = of
  const isKnown = costStatus === "measured" && savedStatus === "measured"
  const list = spent === null || saved === null
    ? null
    : { picoUsd: String(BigInt(spent.picoUsd) + BigInt(saved.picoUsd)), usd: spent.usd + saved.usd }
  return (
    <section aria-labelledby="cost-title" data-testid="drawer-cost">
      <h3 id="cost-title">Cost</h3>
      <table class="facts">
        <tbody>
          <tr>
            <th scope="row">At list price</th>
            <td class="number" title={exactly(list)}>{isKnown || list === null ? money(list) : `≥ ${money(list)}`}</td>
          </tr>
          <tr>
            <th scope="row">Saved by the batch{share === null ? "" : ` (${rate(share)})`}</th>
            <td class="number" data-testid="drawer-saved" title={exactly(saved)}>
              {cost({ cost: saved, costStatus: savedStatus })}
            </td>
          </tr>
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">
              Spent{unpriced === 0 ? "" : `, and ${plural(unpriced, "row")} of unknown cost`}
            </th>
            <td class="number" data-testid="drawer-total" title={exactly(spent)}>{cost(of)}</td>
          </tr>
        </tfoot>
      </table>
      <p>
        <Link to={{ page: "cost" }}>All that was spent and saved →</Link>
      </p>
    </section>
  )
}

const Job = ({ of }: { readonly of: BatchJob }) => {
  const { endedAt, expiresAt, failed, model, problem, provider, readings, state, submissions, submittedAt, vendorId } =
    of
  return (
    <li data-testid="job">
      <p>
        <b>{nameOf(provider)}</b> {model} <span class="pill" data-status={state}>{state}</span>
      </p>
      <JobProgress of={of} />
      <p class="muted">
        {failed === 0 ? "" : `${count(failed)} without an answer · `}
        {submittedAt === null ? "not submitted yet" : `submitted ${ago(submittedAt, now.value)}`}
        {endedAt !== null
          ? ` · ended ${ago(endedAt, now.value)}`
          : expiresAt === null
          ? ""
          : ` · expires in ${expiryOf(of)}`}
        {` · ${plural(submissions, "submission")}, ${plural(readings, "reading")} of results`}
      </p>
      <p class="muted">
        {of.endpoint} · <code data-testid="vendor-id">{vendorId ?? unknown}</code>
      </p>
      {problem === null ? null : <p class="bad" data-testid="problem">{problem}</p>}
    </li>
  )
}

const Failures = ({ of }: { readonly of: BatchDetail }) => {
  const { failedRows, failures } = of
  const missing = lacking(of) - failedRows.length
  return failures.length === 0 ? null : (
    <section aria-labelledby="failures-title" data-testid="failures">
      <h3 id="failures-title">Without an answer</h3>
      <ul class="legend">
        {failures.map(({ error, rows, state }) => (
          <li key={`${state} ${error}`} data-testid="failure-reason">
            {state}
            {error === null
              ? ""
              : (
                <>
                  {", "}
                  <Link to={narrowed({ error })}>{words(error)}</Link>
                </>
              )} <b>{count(rows)}</b>
          </li>
        ))}
      </ul>
      <table class="facts">
        <thead>
          <tr>{["Row", "Vendor", "Reason", "Call"].map((name) => <th key={name} scope="col">{name}</th>)}</tr>
        </thead>
        <tbody>
          {failedRows.map(({ callId, customId, error, index, provider, state }) => (
            <tr key={index} data-testid="failed-row">
              <th scope="row" title={`The request number ${index + 1} of the batch`}>{customId}</th>
              <td>{nameOf(provider)}</td>
              <td>{error === null ? state : words(error)}</td>
              <td>
                <Link to={{ request: callId }} aria-label={`Open the call of ${customId}`}>Open</Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {missing > 0 ? <p class="muted">and {plural(missing, "row")} more</p> : null}
    </section>
  )
}

const quoted = (id: string) => `'${id.replaceAll("'", "'\\''")}'`

export const BatchBody = ({ of }: { readonly of: BatchDetail }) => (
  <>
    <Rows of={of} />
    <Cost of={of} />
    <section aria-labelledby="jobs-title" data-testid="jobs">
      <h3 id="jobs-title">Jobs</h3>
      <ol class="timeline">{of.jobs.map((job) => <Job key={job.id} of={job} />)}</ol>
    </section>
    <Failures of={of} />
    <section aria-labelledby="facts-title" data-testid="facts">
      <h3 id="facts-title">Batch</h3>
      <FactList
        of={[
          ["Submitted", iso(of.createdAt)],
          ["Ended", of.endedAt === null ? "" : iso(of.endedAt)],
          ["Expires", of.expiresAt === null ? "" : iso(of.expiresAt)],
          [
            "Tags",
            Object.entries(of.tags).map(([key, value]) => (
              <Link key={key} class="chip" to={narrowed({ tag: `${key}:${value}` })}>{key}: {value}</Link>
            ))
          ]
        ]}
      />
      <p class="muted" data-testid="bodies">What was asked and answered isn't shown here.</p>
    </section>
    <p class="actions">
      <Copy
        what="the command for its results"
        label="Copy as command"
        text={() => `loom batch results ${quoted(of.id)}`}
      />
      <Copy what="the batch as JSON" label="Copy JSON" text={() => JSON.stringify(of, null, 2)} />
    </p>
  </>
)
