import type { Spending } from "../../../Figures.ts"
import { cost, count, exactly, money, plural, rate, unknown, usd } from "../format.ts"
import { Empty } from "../parts/Empty.tsx"
import { Export } from "../parts/Export.tsx"
import { Info } from "../parts/Info.tsx"
import { Link } from "../parts/Link.tsx"
import { Panel } from "../parts/Panel.tsx"
import { grouping, spending } from "../state/figures.ts"
import { inLog } from "../state/view.ts"
import { seriesOfAll } from "../vendors.ts"
import { filterOf, restOf, titleOf } from "./groups.ts"

type Spent = Omit<Spending["groups"][number], "key" | "spark">

const columns = ["Calls", "In", "Cached", "Out", "$ / 1,000", "Saved", "Cost", "Share"] as const

/** Why a cost isn't simply what it is. */
const caveat = ({ cost, costStatus, estimated, unknown }: Spent): string => {
  const parts = [
    ...costStatus === "unknown" ? [] : [exactly(cost)],
    ...estimated > 0 ? [`${plural(estimated, "attempt")} estimated`] : [],
    ...unknown > 0 ? [`${plural(unknown, "attempt")} of unknown cost`] : []
  ]
  return parts.join("; ")
}

const Cells = ({ of }: { readonly of: Spent }) => {
  const { calls, costStatus, per1k, saved, share, tokens } = of
  return (
    <>
      <td class="number" data-column="Calls">{count(calls)}</td>
      <td class="number" data-column="In">{count(tokens.input + tokens.cacheWrite)}</td>
      <td class="number" data-column="Cached">{count(tokens.cachedInput)}</td>
      <td class="number" data-column="Out">{count(tokens.output + tokens.reasoning)}</td>
      <td class="number" data-column="$ / 1,000">
        {per1k === null || costStatus === "unknown" ? unknown : usd(per1k)}
      </td>
      <td class="number" data-column="Saved" title={exactly(saved)}>{money(saved)}</td>
      <td class="number" data-column="Cost" data-cost={costStatus} title={caveat(of)}>{cost(of)}</td>
      <td class="number" data-column="Share">
        <span class="track" aria-hidden="true">
          <span class="fill" style={{ width: `${(share ?? 0) * 100}%` }} />
        </span>
        <span class="percent">{costStatus === "unknown" ? unknown : rate(share)}</span>
      </td>
    </>
  )
}

const Table = ({ of }: { readonly of: Spending }) => {
  const series = seriesOfAll(of.groups.flatMap(({ key, spark }) => spark === null ? [] : [key]))
  return (
    <div class="sheet-region" role="region" tabIndex={0} aria-label="What was spent, by group">
      <table class="sheet" data-testid="spenders">
        <thead>
          <tr>
            <th scope="col">{of.by === "tag" ? of.tagKey ?? "Tag" : of.by === "model" ? "Model" : "Provider"}</th>
            {columns.map((name) => <th key={name} scope="col" class="number">{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {of.groups.map(({ key, ...group }) => (
            <tr key={key} data-testid="spender" data-key={key} data-series={series.get(key) ?? "other"}>
              <th scope="row">
                <Link class="swatch" to={inLog(filterOf(of, key))}>{titleOf(of, key)}</Link>
              </th>
              <Cells of={group} />
            </tr>
          ))}
        </tbody>
        <tfoot>
          {of.rest === null ? null : (
            <tr data-testid="spender-rest">
              <th scope="row">{restOf(of)}</th>
              <Cells of={of.rest} />
            </tr>
          )}
          <tr data-testid="spender-total">
            <th scope="row">All</th>
            <Cells of={{ ...of.total, share: of.total.cost.usd === 0 ? null : 1 }} />
          </tr>
        </tfoot>
      </table>
    </div>
  )
}

const Legend = () => (
  <Info id="costs" about="How costs are told">
    <p>
      Costs are of attempts, by who was asked; calls are by who answered. <b>≈</b>{" "}
      some of it is an estimate, since the vendor didn't say what was used. <b>≥</b>{" "}
      there is more to it that nobody knows: a price that is missing, or a request that may have been billed. <b>—</b>
      {" "}
      nothing of it is known. None of that is a zero.
    </p>
  </Info>
)

const Note = () => {
  const found = spending.answer.value?.data
  if (found === undefined) return null
  const all = found.groups.length + (found.rest?.groups ?? 0)
  return <span data-testid="spenders-count">{found.groups.length} of {count(all)}</span>
}

export const Spenders = () => (
  <Panel
    area="spenders"
    title="Top spenders"
    note={<Note />}
    side={
      <>
        <Legend />
        <Export of="spending" what="what was spent" also={`&${grouping.value}`} />
      </>
    }
    of={spending}
    isBrief
  >
    {(answer) => answer.total.calls === 0 ? <Empty /> : <Table of={answer} />}
  </Panel>
)
