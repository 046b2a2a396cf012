import type { ComponentChildren } from "preact"
import { useEffect, useRef } from "preact/hooks"
import type { RequestDetail } from "../../../Figures.ts"
import { clock, duration, iso } from "../format.ts"
import { Copy } from "../parts/Copy.tsx"
import { Failure } from "../parts/Failure.tsx"
import { Status } from "../parts/Status.tsx"
import { now } from "../state/clock.ts"
import { batchDetail, detail } from "../state/figures.ts"
import type { Resource } from "../state/resource.ts"
import { isWide } from "../state/screen.ts"
import { opened, opening, show, view } from "../state/view.ts"
import { nameOf } from "../vendors.ts"
import { BatchBody, BatchHeading } from "./BatchDrawer.tsx"
import { Facts } from "./Facts.tsx"
import { Money } from "./Money.tsx"
import { Routing } from "./Routing.tsx"
import { Timeline } from "./Timeline.tsx"
import { Tokens } from "./Tokens.tsx"
import { codeOf } from "./code.ts"

const close = () => show(opening(undefined))

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

interface Shown {
  readonly title: ComponentChildren
  readonly content: ComponentChildren
}

const waiting = (of: Resource<unknown>): Shown => ({
  title: null,
  content: of.failure.value === undefined ? <div class="skeleton" data-testid="skeleton" /> : <Failure of={of} />
})

const requestShown = (id: string): Shown => {
  const data = detail.answer.value?.data
  return data?.id === id ? { title: <Heading of={data} />, content: <Body of={data} /> } : waiting(detail)
}

const batchShown = (id: string): Shown => {
  const data = batchDetail.answer.value?.data
  return data?.id === id
    ? {
      title: <BatchHeading of={data} />,
      content: (
        <>
          <Failure of={batchDetail} isBrief />
          <BatchBody of={data} />
        </>
      )
    }
    : waiting(batchDetail)
}

/** A request or a batch, from the right: beside the list where there is room, above it where there is none. */
export const Drawer = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  const opener = useRef<Element | null>(null)
  const id = opened.value
  const isOpen = id !== undefined
  const isModal = !isWide.value

  useEffect(() => {
    const { current } = dialog
    if (current === null || !isOpen) return
    opener.current ??= document.activeElement
    if (isModal) current.showModal()
    else current.show()
    return () => current.close()
  }, [isOpen, isModal])

  // Whoever opened it goes on where he was, or at the request that he went on to.
  useEffect(() => {
    if (!isOpen) return
    return () => {
      const row = document.querySelector<HTMLElement>(
        `button[data-id="${CSS.escape(opened.peek() ?? last.current)}"]`
      )
      const back = row ?? opener.current
      opener.current = null
      if (back instanceof HTMLElement && back.isConnected) back.focus()
    }
  }, [isOpen])
  const last = useRef("")
  if (id !== undefined) last.current = id
  useEffect(() => dialog.current?.scrollTo(0, 0), [id])

  const { request } = view.value
  const shown = id === undefined ? undefined : request === undefined ? batchShown(id) : requestShown(request)
  const isTitled = shown?.title !== null
  return (
    <dialog
      ref={dialog}
      class="drawer"
      data-testid="drawer"
      aria-labelledby={isTitled ? "drawer-title" : undefined}
      aria-label={isTitled ? undefined : "Details"}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
    >
      {shown === undefined ? null : (
        <>
          <div class="head">
            <button type="button" class="quiet close" aria-label="Close" data-testid="close" onClick={close}>✕</button>
            {shown.title}
          </div>
          <div class="content">{shown.content}</div>
        </>
      )}
    </dialog>
  )
}
