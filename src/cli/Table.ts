/**
 * Columns of text.
 */
import type { Style } from "./Output.ts"

export interface Column<Row> {
  readonly title: string
  readonly align?: "right" | undefined
  readonly cell: (row: Row) => string
}

/** Sets rows in columns under their titles. Cells are plain text, one character wide each. */
export const render = <Row>(columns: ReadonlyArray<Column<Row>>, rows: ReadonlyArray<Row>, style: Style): string => {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)))
  const widths = columns.map(({ title }, i) =>
    cells.reduce((widest, row) => Math.max(widest, row[i]?.length ?? 0), title.length)
  )
  const lay = (texts: ReadonlyArray<string>) =>
    columns.map(({ align }, i) => {
      const [text = "", width = 0] = [texts[i], widths[i]]
      return align === "right" ? text.padStart(width) : text.padEnd(width)
    }).join("   ").trimEnd()
  return [style.dim(lay(columns.map(({ title }) => title))), ...cells.map(lay)].join("\n")
}

/** A label and what is to be said of it. */
export type Fact = readonly [label: string, value: string]

/** Sets facts one under the other. */
export const sheet = (facts: ReadonlyArray<Fact>, style: Style): string => {
  const width = Math.max(...facts.map(([label]) => label.length))
  return facts.map(([label, value]) => `  ${style.dim(label.padEnd(width))}   ${value}`.trimEnd()).join("\n")
}
