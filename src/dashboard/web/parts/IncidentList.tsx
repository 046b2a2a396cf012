import type { Incident } from "../../../Figures.ts"
import { ago, duration, iso, words } from "../format.ts"
import { now } from "../state/clock.ts"
import { nameOf } from "../vendors.ts"
import { Link } from "./Link.tsx"

const Story = (
  { of: { attempt, attempts, cause, kind, provider, status, toProvider, waited } }: { readonly of: Incident }
) => (
  <>
    <b>{nameOf(provider)}</b>
    {toProvider === null ? null : (
      <>
        {" → "}
        <b>{nameOf(toProvider)}</b>
      </>
    )}
    {" · "}
    {status ?? words(cause)}
    {waited === null || waited < 1 ? "" : `, waited ${duration(waited)}`}
    {attempt === null || attempts === null
      ? ""
      : kind === "error"
      ? `, ${attempts} of ${attempts} failed`
      : `, attempt ${attempt} of ${attempts}`}
  </>
)

const Row = ({ of }: { readonly of: Incident }) => {
  const story = (
    <>
      <span class="pill" data-status={of.kind}>{of.kind}</span>
      <span class="story" title={of.why ?? undefined}>
        <Story of={of} />
      </span>
      <time dateTime={new Date(of.at).toISOString()} title={iso(of.at)}>{ago(of.at, now.value)}</time>
    </>
  )
  return (
    <li data-testid="incident">
      {of.id === null ? <span class="line">{story}</span> : <Link class="line" to={{ request: of.id }}>{story}</Link>}
    </li>
  )
}

/** What didn't go as it should, newest first. */
export const IncidentList = ({ label, of }: { readonly of: ReadonlyArray<Incident>; readonly label: string }) =>
  of.length === 0 ?
    <p class="muted">Nothing had to be tried twice.</p> :
    (
      <ul class="incidents" tabIndex={0} aria-label={label}>
        {of.map((incident) => (
          <Row
            key={`${incident.kind}-${incident.id}-${incident.provider}-${incident.attempt}-${incident.at}`}
            of={incident}
          />
        ))}
      </ul>
    )
