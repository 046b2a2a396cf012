import { computed, type ReadonlySignal } from "@preact/signals"
import { count, words } from "../format.ts"
import type { FilterName } from "../state/address.ts"
import { facets } from "../state/figures.ts"
import { narrowed, show, view } from "../state/view.ts"
import { nameOf } from "../vendors.ts"

interface Choice {
  readonly value: string
  readonly label: string
  readonly calls: number
}

const choices = (of: () => ReadonlyArray<Choice>) => computed(() => facets.answer.value === undefined ? [] : of())
const data = () => facets.answer.value?.data

const status = choices(() => data()?.statuses.map(({ calls, value }) => ({ value, label: value, calls })) ?? [])
const provider = choices(() =>
  data()?.providers.map(({ calls, value }) => ({ value, label: nameOf(value), calls })) ?? []
)
const model = choices(() => {
  const { provider } = view.value.filters
  return (data()?.models ?? [])
    .filter((model) => provider === undefined || model.provider === provider)
    .map(({ calls, value }) => ({ value, label: value, calls }))
})
const error = choices(() => data()?.errors.map(({ calls, value }) => ({ value, label: words(value), calls })) ?? [])
const tag = choices(() =>
  data()?.tags.flatMap(({ key, values }) =>
    values.map(({ calls, value }) => ({ value: `${key}:${value}`, label: `${key}: ${value}`, calls }))
  ) ?? []
)
const cached = computed(() => {
  const calls = (isCached: boolean) =>
    (data()?.cache ?? []).filter(({ value }) => (value !== "miss") === isCached).reduce(
      (sum, { calls }) => sum + calls,
      0
    )
  return [{ value: "true", label: "yes", calls: calls(true) }, { value: "false", label: "no", calls: calls(false) }]
})

const Pick = ({ from, name }: { readonly name: FilterName; readonly from: ReadonlySignal<ReadonlyArray<Choice>> }) => {
  const chosen = view.value.filters[name] ?? ""
  const isMissing = chosen !== "" && !from.value.some(({ value }) => value === chosen)
  return (
    <label class="pick" data-on={chosen !== ""}>
      <span class="sr-only">Filter by {name}</span>
      <select
        data-testid={`filter-${name}`}
        value={chosen}
        onChange={({ currentTarget }) => show(narrowed({ [name]: currentTarget.value || undefined }))}
      >
        <option value="">{name}</option>
        {isMissing ? <option value={chosen}>{chosen}</option> : null}
        {from.value.map(({ calls, label, value }) => (
          <option key={value} value={value}>{`${label} (${count(calls)})`}</option>
        ))}
      </select>
    </label>
  )
}

const AtLeast = (
  { label, name, unit }: { readonly name: "minMs" | "minUsd"; readonly label: string; readonly unit: string }
) => (
  <label class="least">
    {label} ≥
    <input
      type="number"
      min="0"
      step="any"
      inputMode="decimal"
      placeholder={unit}
      data-testid={`filter-${name}`}
      value={view.value.filters[name] ?? ""}
      onChange={({ currentTarget }) => show(narrowed({ [name]: currentTarget.value || undefined }))}
    />
  </label>
)

/** What calls are chosen by most. */
export const BriefFilters = () => (
  <div class="filters" role="group" aria-label="Filter the log">
    <Pick name="status" from={status} />
    <Pick name="provider" from={provider} />
    <Pick name="model" from={model} />
    <Pick name="cached" from={cached} />
  </div>
)

export const FullFilters = () => (
  <div class="filters" role="group" aria-label="Filter the log">
    <Pick name="status" from={status} />
    <Pick name="provider" from={provider} />
    <Pick name="model" from={model} />
    <Pick name="error" from={error} />
    <Pick name="cached" from={cached} />
    <Pick name="tag" from={tag} />
    <AtLeast name="minMs" label="Latency" unit="ms" />
    <AtLeast name="minUsd" label="Cost" unit="$" />
  </div>
)
