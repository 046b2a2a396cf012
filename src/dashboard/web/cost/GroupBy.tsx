import { Segments } from "../parts/Segments.tsx"
import { facets } from "../state/figures.ts"
import { show, view } from "../state/view.ts"

const labels = { provider: "Provider", model: "Model" }
const fixed = ["provider", "model"] as const

/** On whom: providers, models, or the values of a tag. */
export const GroupBy = () => {
  const { by } = view.value
  const chosen = by.startsWith("tag:") ? by.slice(4) : ""
  const keys = facets.answer.value?.data.tags.map(({ key }) => key) ?? []
  const all = chosen === "" || keys.includes(chosen) ? keys : [chosen, ...keys]
  return (
    <Segments
      name="group-by"
      label="Group by"
      values={fixed}
      labels={(value) => labels[value]}
      value={fixed.find((one) => one === by)}
      onPick={(by) => show({ by })}
    >
      {all.length === 0 ? null : (
        <label class="pick" data-on={chosen !== ""}>
          <span class="sr-only">Group by a tag</span>
          <select
            data-testid="group-by-tag"
            value={chosen}
            onChange={({ currentTarget: { value } }) => show({ by: value === "" ? "provider" : `tag:${value}` })}
          >
            <option value="">Tag</option>
            {all.map((key) => <option key={key} value={key}>{key}</option>)}
          </select>
        </label>
      )}
    </Segments>
  )
}
