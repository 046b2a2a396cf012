import { words } from "../format.ts"
import type { FilterName } from "../state/address.ts"
import { activeFilters, narrowed, unfiltered, view } from "../state/view.ts"
import { nameOf } from "../vendors.ts"
import { Link } from "./Link.tsx"

const labels: Readonly<Record<FilterName, string>> = {
  status: "status",
  provider: "provider",
  model: "model",
  route: "route",
  error: "error",
  cached: "cached",
  tag: "tag",
  minMs: "latency ≥",
  minUsd: "cost ≥",
  text: "contains"
}

const written = (name: FilterName, value: string) => {
  switch (name) {
    case "provider":
      return nameOf(value)
    case "error":
      return words(value)
    case "cached":
      return value === "true" ? "yes" : "no"
    case "minMs":
      return `${value} ms`
    case "minUsd":
      return `$${value}`
    default:
      return value
  }
}

/** What batches are chosen by too; the others are kept for the pages of calls. */
const ofBatches: ReadonlySet<FilterName> = new Set(["provider", "model", "error", "tag", "text"])

const isIdle = (name: FilterName) => view.value.page === "batches" && !ofBatches.has(name)

/** What the calls shown were chosen by, each to be dropped. */
export const Chips = () =>
  activeFilters.value.length === 0 ? null : (
    <ul class="chips" data-testid="chips" aria-label="Filters">
      {activeFilters.value.map(({ name, value }) => (
        <li key={name}>
          <Link
            class="chip"
            to={narrowed({ [name]: undefined })}
            aria-label={`Drop the filter ${labels[name]} ${value}`}
          >
            <span>{isIdle(name) ? "calls only: " : ""}{labels[name]}</span> <b>{written(name, value)}</b>{" "}
            <span aria-hidden="true">✕</span>
          </Link>
        </li>
      ))}
      <li>
        <Link class="quiet" to={unfiltered} data-testid="clear">Clear</Link>
      </li>
    </ul>
  )
