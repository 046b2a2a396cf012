import { ago, count, plural } from "../format.ts"
import { now } from "../state/clock.ts"
import { overview } from "../state/figures.ts"
import { inFlight, stream } from "../state/live.ts"
import { catchUp, isFollowing, pending, rows } from "../state/log.ts"
import { view } from "../state/view.ts"

const mode = () => {
  if (stream.value.isLost) return "reconnecting"
  if (!view.value.isLive) return "paused"
  return isFollowing.value ? "tailing" : "held"
}

/** What the log is doing. */
export const LogState = () => {
  const newest = rows.value[0]
  const under = inFlight.value ?? overview.answer.value?.data.inFlight ?? null
  return (
    <span data-testid="log-state">
      {mode()}
      {newest === undefined ? "" : ` · ${ago(newest.endedAt, now.value)}`}
      {under === null ? null : <span data-testid="in-flight">{` · in flight ${count(under)}`}</span>}
    </span>
  )
}

/** Calls that wait above, until the reader asks for them. */
export const NewPill = () =>
  pending.value === 0 ?
    null :
    (
      <button
        type="button"
        class="new"
        data-testid="new-pill"
        onClick={catchUp}
        aria-label={`Show ${plural(pending.value, "new call")}`}
      >
        {count(pending.value)} new ↑
      </button>
    )
