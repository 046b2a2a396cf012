/**
 * Where in a YAML file something stands.
 */

/**
 * The line, from 1, of what a path leads to, or of the nearest thing above it that has a line of its own; `undefined`
 * where nothing on the way has. It looks for keys and dashes only: what stands in brackets is on its key's line.
 */
export const lineOf = (text: string, path: ReadonlyArray<PropertyKey>): number | undefined => {
  const lines = text.split(/\r?\n/)
  let from = 0
  let until = lines.length
  let found: number | undefined
  for (const step of path) {
    const first = lines.findIndex((line, i) => i >= from && i < until && isContent(line))
    if (first === -1) return found
    const indent = indentOf(lines[first] ?? "")
    const at = typeof step === "number"
      ? dashes(lines, from, until, indent)[step]
      : keyAt(lines, from, until, indent, String(step))
    if (at === undefined) return found
    found = at + 1
    if (typeof step === "number") {
      until = dashes(lines, from, until, indent)[step + 1] ?? until
      // What follows the dash is the item's first line.
      lines[at] = (lines[at] ?? "").replace("-", " ")
      from = at
    } else {
      until = endOf(lines, at, until, indent)
      from = at + 1
    }
  }
  return found
}

const isContent = (line: string): boolean => /^\s*[^\s#]/.test(line) && !/^(?:---|\.\.\.)(?:\s|$)/.test(line)

const indentOf = (line: string): number => line.length - line.trimStart().length

const isDash = (line: string): boolean => /^\s*-(?:\s|$)/.test(line)

const dashes = (lines: ReadonlyArray<string>, from: number, until: number, indent: number): ReadonlyArray<number> =>
  lines.flatMap((line, i) => i >= from && i < until && indentOf(line) === indent && isDash(line) ? [i] : [])

const keyAt = (
  lines: ReadonlyArray<string>,
  from: number,
  until: number,
  indent: number,
  key: string
): number | undefined => {
  const at = lines.findIndex((line, i) =>
    i >= from && i < until && indentOf(line) === indent &&
    [key, `"${key}"`, `'${key}'`].some((name) => line.trimStart().startsWith(`${name}:`))
  )
  return at === -1 ? undefined : at
}

/** Where the value of a key ends: a list may stand as far left as its key. */
const endOf = (lines: ReadonlyArray<string>, key: number, until: number, indent: number): number => {
  for (let i = key + 1; i < until; i++) {
    const line = lines[i] ?? ""
    if (isContent(line) && (indentOf(line) < indent || (indentOf(line) === indent && !isDash(line)))) return i
  }
  return until
}
