import { useSignal } from "@preact/signals"
import { clock, iso } from "../format.ts"
import { rangeNames } from "../state/address.ts"
import { now } from "../state/clock.ts"
import { show, view } from "../state/view.ts"

/** What a `datetime-local` input holds, in the reader's zone. */
const local = (at: number) => iso(at).slice(0, 16)

const Custom = () => {
  const { range } = view.value
  const problem = useSignal("")
  const chosen = typeof range === "string" ? undefined : range
  return (
    <>
      <button
        type="button"
        class="more"
        popovertarget="custom-range"
        data-testid="custom-range"
        aria-label={chosen === undefined
          ? "Choose a range of your own"
          : `From ${clock(chosen.since, now.value)} until ${clock(chosen.until, now.value)}`}
        data-on={chosen !== undefined}
      >
        {chosen === undefined ? "▾" : `${clock(chosen.since, now.value)} – ${clock(chosen.until, now.value)} ▾`}
      </button>
      <div id="custom-range" popover="auto" class="popover">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            const [since = NaN, until = NaN] = Array.from(
              event.currentTarget.querySelectorAll("input"),
              ({ value }) => Date.parse(value)
            )
            if (!(since < until)) {
              problem.value = "The range must end after it starts."
              return
            }
            problem.value = ""
            document.querySelector<HTMLElement>("#custom-range")?.hidePopover()
            show({ range: { since, until } })
          }}
        >
          <label>
            From <input type="datetime-local" name="since" required value={local(chosen?.since ?? now.value - 36e5)} />
          </label>
          <label>
            Until <input type="datetime-local" name="until" required value={local(chosen?.until ?? now.value)} />
          </label>
          <p role="alert">{problem.value}</p>
          <button type="submit" class="primary">Show</button>
        </form>
      </div>
    </>
  )
}

export const RangePicker = () => (
  <fieldset class="segments" data-testid="ranges">
    <legend class="sr-only">Range</legend>
    {rangeNames.map((name) => (
      <label key={name}>
        <input
          type="radio"
          name="range"
          value={name}
          checked={view.value.range === name}
          onChange={() => show({ range: name })}
        />
        <span>{name}</span>
      </label>
    ))}
    <Custom />
  </fieldset>
)
