import { useEffect, useRef } from "preact/hooks"
import type { RequestDetail } from "../../../Figures.ts"
import { clock, duration, iso } from "../format.ts"
import { Copy } from "../parts/Copy.tsx"
import { Failure } from "../parts/Failure.tsx"
import { Status } from "../parts/Status.tsx"
import { now } from "../state/clock.ts"
import { detail } from "../state/figures.ts"
import { isWide } from "../state/screen.ts"
import { show, view } from "../state/view.ts"
import { nameOf } from "../vendors.ts"
import { Facts } from "./Facts.tsx"
import { Money } from "./Money.tsx"
import { Routing } from "./Routing.tsx"
import { Timeline } from "./Timeline.tsx"
import { Tokens } from "./Tokens.tsx"
import { codeOf } from "./code.ts"

const close = () => show({ request: undefined })

const Wrong = ({ of: { error } }: { readonly of: RequestDetail }) =>
  error === null ? null : (
    <section class="failure" data-testid="drawer-error" aria-label="What went wrong">
      <dl>
        <dt>What</dt>
        <dd>{error.what}</dd>
        <dt>Why</dt>
        <dd>{error.why}</dd>
        {error.fix === null ? null : (
          <>
            <dt>Fix</dt>
            <dd>{error.fix}</dd>
          </>
        )}
      </dl>
    </section>
  )

const Heading = ({ of: { endedAt, id, model, ms, provider, status } }: { readonly of: RequestDetail }) => (
  <>
    <h2 id="drawer-title">{nameOf(provider)} {model}</h2>
    <p class="summary">
      <Status of={status} /> <span data-testid="drawer-latency">{duration(ms)}</span> ·{" "}
      <time dateTime={new Date(endedAt).toISOString()} title={iso(endedAt)}>{clock(endedAt, now.value)}</time>
    </p>
    <p class="summary">
      <code data-testid="drawer-id">{id}</code> <Copy what="the id" label="Copy" text={() => id} />
    </p>
  </>
)

const Body = ({ of }: { readonly of: RequestDetail }) => (
  <>
    <Wrong of={of} />
    <Timeline of={of} />
    <Tokens of={of} />
    <Money of={of} />
    <Routing of={of} />
    <Facts of={of} />
    <p class="actions">
      <Copy what="the call as code" label="Copy as code" text={() => codeOf(of)} />
      <Copy what="the record as JSON" label="Copy JSON" text={() => JSON.stringify(of, null, 2)} />
    </p>
  </>
)

/** A request, from the right: beside the list where there is room, above it where there is none. */
export const Drawer = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  const opened = useRef<Element | null>(null)
  const { request } = view.value
  const isOpen = request !== undefined
  const isModal = !isWide.value

  useEffect(() => {
    const { current } = dialog
    if (current === null || !isOpen) return
    opened.current ??= document.activeElement
    if (isModal) current.showModal()
    else current.show()
    return () => current.close()
  }, [isOpen, isModal])

  // Whoever opened it goes on where he was, or at the request that he went on to.
  useEffect(() => {
    if (!isOpen) return
    return () => {
      const row = document.querySelector<HTMLElement>(
        `button[data-id="${CSS.escape(view.peek().request ?? last.current)}"]`
      )
      const back = row ?? opened.current
      opened.current = null
      if (back instanceof HTMLElement && back.isConnected) back.focus()
    }
  }, [isOpen])
  const last = useRef("")
  if (request !== undefined) last.current = request

  const answer = detail.answer.value
  const data = answer !== undefined && answer.data.id === request ? answer.data : undefined
  return (
    <dialog
      ref={dialog}
      class="drawer"
      data-testid="drawer"
      aria-labelledby={data === undefined ? undefined : "drawer-title"}
      aria-label={data === undefined ? "Request" : undefined}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
    >
      {isOpen ?
        (
          <>
            <div class="head">
              <button type="button" class="quiet close" aria-label="Close" data-testid="close" onClick={close}>
                ✕
              </button>
              {data === undefined ? null : <Heading of={data} />}
            </div>
            <div class="content">
              {data === undefined
                ? detail.failure.value === undefined
                  ? <div class="skeleton" data-testid="skeleton" />
                  : <Failure of={detail} />
                : <Body of={data} />}
            </div>
          </>
        ) :
        null}
    </dialog>
  )
}
