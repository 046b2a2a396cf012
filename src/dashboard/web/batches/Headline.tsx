import type { Batches } from "../../../internal/batchFigures.ts"
import { cost, count, exactly, plural, rate } from "../format.ts"
import { Kpi } from "../parts/Kpi.tsx"
import { Tiles } from "../parts/Tiles.tsx"
import { batches } from "../state/figures.ts"
import { rangeLabel } from "../state/view.ts"

type Total = Batches["total"]

const Kpis = ({ of }: { readonly of: Total }) => {
  const { done, open, openBatches, saved, savedStatus, share, succeeded, total, unpriced } = of
  const lacking = total - open - succeeded
  return (
    <>
      <Kpi
        name="open"
        about="Under way"
        value={count(openBatches)}
        delta={undefined}
        note={`of ${plural(of.batches, "batch", "batches")} · ${plural(open, "open row")}`}
        to={{ state: "open" }}
      />
      <Kpi
        name="done"
        about="Rows done"
        value={rate(total === 0 ? null : done / total)}
        delta={undefined}
        note={
          <>
            {count(done)} of {count(total)}
            {lacking === 0 ? null : <span class="bad">{` · ${count(lacking)} without an answer`}</span>}
          </>
        }
        to={{ state: "failed" }}
      />
      <Kpi
        name="spent"
        about={`Spent · ${rangeLabel.value}`}
        value={cost(of)}
        exact={exactly(of.cost)}
        delta={undefined}
        note={unpriced === 0 ? `on ${plural(of.priced, "row")}` : `+ ${plural(unpriced, "unpriced row")}`}
        to={{ page: "cost" }}
      />
      <Kpi
        name="saved"
        about={`Saved · ${rangeLabel.value}`}
        value={cost({ cost: saved, costStatus: savedStatus })}
        exact={exactly(saved)}
        delta={undefined}
        note={`${rate(share)} of list price`}
        to={{ page: "cost" }}
      />
    </>
  )
}

export const Headline = () => <Tiles of={batches}>{({ total }) => <Kpis of={total} />}</Tiles>
