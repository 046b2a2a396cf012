import type { RequestDetail } from "../../../Figures.ts"
import { duration, money, plural, words } from "../format.ts"

/** Who was asked, in order, and why each was left. */
export const Routing = ({ of: { tried, used } }: { readonly of: RequestDetail }) =>
  tried.length === 0 ? null : (
    <section aria-labelledby="routing-title" data-testid="routing">
      <h3 id="routing-title">Router</h3>
      <ol class="tried">
        {tried.map(({ attempts, cost, model, ms, outcome, warnings, why }, at) => (
          <li key={at}>
            <b>{model}</b>{" "}
            <span class="pill" data-status={outcome === "ok" ? "ok" : "error"}>
              {model === used ? "used" : words(outcome)}
            </span>
            <span class="muted">{plural(attempts, "attempt")} · {duration(ms)} · {money(cost)}</span>
            {[why, ...warnings].filter((line) => line !== null).map((line) => <p key={line} class="muted">{line}</p>)}
          </li>
        ))}
      </ol>
    </section>
  )
