import { Component } from "preact"
import { useEffect, useRef } from "preact/hooks"
import type { RequestRow } from "../../../Figures.ts"
import { now } from "../state/clock.ts"
import { isFresh, isRowFocused, isScrolled, rows } from "../state/log.ts"
import { show, view } from "../state/view.ts"
import { type Column, ended, title } from "./columns.tsx"

interface RowProps {
  readonly row: RequestRow
  readonly columns: ReadonlyArray<Column>
  readonly isOpen: boolean
}

/** A call never changes: its row is drawn once. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps) {
    return next.row.seq !== this.props.row.seq || next.isOpen !== this.props.isOpen ||
      next.columns !== this.props.columns
  }

  override render({ columns, isOpen, row }: RowProps) {
    const at = now.peek()
    const { exact, text } = ended(row, at)
    return (
      <tr data-id={row.id} data-status={row.status} class={isFresh(row) ? "fresh" : undefined} aria-selected={isOpen}>
        <th scope="row" data-column="Time">
          <button type="button" data-id={row.id} aria-label={`Open ${title(row, at)}`} title={exact}>{text}</button>
        </th>
        {columns.map(({ cell, isNumber, name, title }) => (
          <td key={name} data-column={name} class={isNumber ? "number" : undefined} title={title?.(row)}>
            {cell(row)}
          </td>
        ))}
      </tr>
    )
  }
}

const idOf = (target: EventTarget | null) =>
  target instanceof Element ? target.closest<HTMLElement>("tr[data-id]")?.dataset["id"] : undefined

/** The calls, newest first. Who is reading isn't pushed away by what arrives. */
export const LogTable = ({ columns }: { readonly columns: ReadonlyArray<Column> }) => {
  const region = useRef<HTMLDivElement>(null)
  const { request } = view.value

  useEffect(() => {
    if (!isScrolled.value) region.current?.scrollTo(0, 0)
  }, [isScrolled.value])

  useEffect(() => () => {
    isScrolled.value = false
    isRowFocused.value = false
  }, [])

  return (
    <div
      ref={region}
      class="log-region"
      role="region"
      tabIndex={0}
      aria-label="Calls, newest first"
      data-testid="log-region"
      onScroll={({ currentTarget }) => {
        isScrolled.value = currentTarget.scrollTop > 0
      }}
      onFocusIn={({ target }) => {
        isRowFocused.value = idOf(target) !== undefined
      }}
      onFocusOut={() => {
        isRowFocused.value = false
      }}
      onClick={({ target }) => {
        const id = idOf(target)
        if (id !== undefined) show({ request: id }, view.peek().request === undefined ? "push" : "replace")
      }}
    >
      <table class="log" data-testid="log">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {columns.map(({ isNumber, name }) => (
              <th key={name} scope="col" data-column={name} class={isNumber ? "number" : undefined}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.value.map((row) => <Row key={row.id} row={row} columns={columns} isOpen={row.id === request} />)}
        </tbody>
      </table>
    </div>
  )
}
