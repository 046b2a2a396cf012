import type { AttemptView, RequestDetail } from "../../../Figures.ts"
import { cost, count, exactly, money, unknown, words } from "../format.ts"

const perMillion = (picoUsd: number) => `$${Number((picoUsd / 1e6).toFixed(6))}`

const factors = (multipliers: Readonly<Record<string, number>>) =>
  Object.entries(multipliers).map(([name, tenThousandths]) => ` × ${tenThousandths / 10_000} ${words(name)}`).join("")

const Lines = ({ of: { cost, n } }: { readonly of: AttemptView }) =>
  cost === null ? null : (
    <>
      {cost.lines.map(({ amount, multipliers, quantity, rate, unit }) => (
        <tr key={`${n}-${unit}`} data-testid="cost-line">
          <th scope="row">{words(unit)}</th>
          <td class="number">{count(quantity)} × {perMillion(rate)}/1M{factors(multipliers)}</td>
          <td class="number" title={exactly(amount)}>{money(amount)}</td>
        </tr>
      ))}
      {cost.unpriced.map((unit) => (
        <tr key={`${n}-${unit}-unpriced`}>
          <th scope="row">{words(unit)}</th>
          <td class="number">no price is known</td>
          <td class="number">{unknown}</td>
        </tr>
      ))}
      {cost.price === null ? null : (
        <tr class="muted">
          <td colSpan={3}>
            Price of {cost.price.provider}/{cost.price.model}
            {cost.price.from === null ? "" : ` since ${cost.price.from}`}
            {cost.local.amount === null || cost.local.currency === "USD"
              ? ""
              : ` · ${cost.local.amount} ${cost.local.currency}`}
          </td>
        </tr>
      )}
    </>
  )

const parts: ReadonlyArray<readonly [keyof NonNullable<RequestDetail["savedParts"]>, string]> = [
  ["responseCache", "response cache"],
  ["coalescing", "dedup"],
  ["promptCache", "prompt cache"],
  ["routing", "routing"],
  ["batch", "batch"]
]

/** Tokens × price, line by line, and what wasn't paid. */
export const Money = ({ of }: { readonly of: RequestDetail }) => {
  const { attemptViews, cost: total, saved, savedParts } = of
  const mechanisms = savedParts === null ? [] : parts.filter(([name]) => savedParts[name].picoUsd !== "0")
  return (
    <section aria-labelledby="cost-title" data-testid="drawer-cost">
      <h3 id="cost-title">Cost</h3>
      <table class="facts">
        <tbody>{attemptViews.map((attempt) => <Lines key={attempt.n} of={attempt} />)}</tbody>
        <tfoot>
          <tr>
            <th scope="row">Total</th>
            <td />
            <td class="number" data-testid="drawer-total" title={exactly(total)}>{cost(of)}</td>
          </tr>
          <tr>
            <th scope="row">Saved</th>
            <td class="number muted">
              {savedParts === null
                ? ""
                : mechanisms.map(([name, label]) => `${label} ${money(savedParts[name])}`).join(", ")}
            </td>
            <td class="number" title={exactly(saved)}>{money(saved)}</td>
          </tr>
        </tfoot>
      </table>
    </section>
  )
}
