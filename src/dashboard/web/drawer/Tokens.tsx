import type { RequestDetail } from "../../../Figures.ts"
import { count, words } from "../format.ts"

/** What each attempt's counters say, cached and reasoning tokens among them. */
export const Tokens = ({ of: { attemptViews } }: { readonly of: RequestDetail }) => {
  const counted = attemptViews.flatMap(({ n, usage }) => usage === null ? [] : [{ n, ...usage }])
  return counted.length === 0 ? null : (
    <section aria-labelledby="tokens-title" data-testid="drawer-tokens">
      <h3 id="tokens-title">Tokens</h3>
      <table class="facts">
        <thead>
          <tr>
            {["Attempt", "Input", "Cached", "Written", "Output", "Reasoning"].map((name, at) => (
              <th key={name} scope="col" class={at === 0 ? undefined : "number"}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counted.map(({ counters, n, state, tokens }) => (
            <tr
              key={n}
              title={Object.entries(counters).map(([unit, value]) => `${unit} ${value}`).join(", ")}
            >
              <th scope="row">{n}{state === "reported" ? "" : ` (${words(state)})`}</th>
              {[tokens.input, tokens.cachedInput, tokens.cacheWrite, tokens.output, tokens.reasoning].map((
                value,
                at
              ) => <td key={at} class="number">{count(value)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
