import { count } from "../format.ts"
import { defaultRange } from "../state/address.ts"
import { now } from "../state/clock.ts"
import { missed, stream } from "../state/live.ts"
import { isFixed, show, view } from "../state/view.ts"

const state = () => {
  if (isFixed.value) return { name: "fixed", mark: "○", label: "Fixed range" }
  if (!view.value.isLive) {
    return { name: "paused", mark: "■", label: missed.value === 0 ? "Paused" : `Paused · ${count(missed.value)} new` }
  }
  if (!stream.value.isLost) return { name: "live", mark: "●", label: "Live" }
  const seconds = Math.max(0, Math.floor((now.value - stream.value.since) / 1_000))
  return { name: "lost", mark: "●", label: `Reconnecting… ${seconds} s` }
}

export const toggleLive = (): void => {
  if (isFixed.peek()) show({ range: defaultRange })
  else show({ isLive: !view.peek().isLive }, "replace")
}

/** Whether the page follows what happens. */
export const LiveButton = () => {
  const { label, mark, name } = state()
  return (
    <button
      type="button"
      class="live"
      data-testid="live"
      data-state={name}
      title={name === "fixed" ? "Follow the last 24 hours again" : name === "paused" ? "Go on" : "Pause"}
      onClick={toggleLive}
    >
      <span class="mark" aria-hidden="true">{mark}</span> {label}
    </button>
  )
}
