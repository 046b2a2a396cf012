import { activeFilters, rangeLabel, show, unfiltered } from "../state/view.ts"
import { Chips } from "./Chips.tsx"

/** Nothing to show, and the way to something. */
export const Empty = ({ what = "calls" }: { readonly what?: string }) => (
  <div class="empty" data-testid="empty-filtered">
    <p>
      <strong>No {what} match</strong> in {rangeLabel.value === "range" ? "this range" : `the last ${rangeLabel.value}`}
    </p>
    {activeFilters.value.length > 0
      ? <Chips />
      : (
        <button
          type="button"
          onClick={() => show({ range: "30d", ...unfiltered })}
        >
          Look at 30 days
        </button>
      )}
  </div>
)
