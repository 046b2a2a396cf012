/** A line of the benchmark's table, and what its budget says of it. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** To what it is compared with. */
  readonly ratio?: number | undefined
  /** Of the ratio, or of the value where nothing is compared. */
  readonly atMost?: number | undefined
  readonly atLeast?: number | undefined
}

/** From a script to who runs it. */
export const tell = (row: Row): void => console.log(JSON.stringify(row))

export const told = (output: string): ReadonlyArray<Row> =>
  output.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line))

const figure = (value: number) =>
  Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(value < 1 ? 4 : value < 10 ? 2 : 1)

/** Prints the rows, and gives the names of those that are over their budget. */
export const print = (title: string, rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  console.log(`\n${title}`)
  return rows.flatMap(({ atLeast, atMost, name, ratio, unit, value }) => {
    const judged = ratio ?? value
    const missed = judged > (atMost ?? Infinity) || judged < (atLeast ?? -Infinity) || Number.isNaN(judged)
    const limit = atMost !== undefined ? `≤ ${atMost}` : atLeast !== undefined ? `≥ ${atLeast}` : ""
    console.log(
      `  ${name.padEnd(30)} ${figure(value).padStart(9)} ${unit.padEnd(8)} ${
        (ratio === undefined ? "" : ratio.toFixed(2)).padStart(6)
      }  ${limit.padEnd(7)} ${missed ? "MISSED" : ""}`.trimEnd()
    )
    return missed ? [`${title}: ${name}`] : []
  })
}
