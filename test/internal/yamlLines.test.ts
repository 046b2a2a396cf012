import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { lineOf } from "../../src/internal/yamlLines.ts"

/** A value as YAML, one thing a line, and the line of everything in it. */
const written = (value: Tree, wide: boolean): { readonly text: string; readonly lines: Map<string, number> } => {
  const rows: Array<string> = []
  const lines = new Map<string, number>()
  const write = (value: Tree, indent: number, path: ReadonlyArray<PropertyKey>, lead: string | undefined): void => {
    // What follows a dash stands on its line.
    let first = lead
    const row = (text: string, path: ReadonlyArray<PropertyKey>) => {
      rows.push(first === undefined ? `${" ".repeat(indent)}${text}` : `${first}${text}`)
      first = undefined
      lines.set(JSON.stringify(path), rows.length)
      if (rows.length % 3 === 0) rows.push("# a: comment", "")
    }
    if (Array.isArray(value)) {
      for (const [i, inner] of (value as ReadonlyArray<Tree>).entries()) {
        if (typeof inner === "number") row(`- ${inner}`, [...path, i])
        else {
          lines.set(JSON.stringify([...path, i]), rows.length + 1)
          write(inner, indent + 2, [...path, i], `${" ".repeat(indent)}- `)
        }
      }
      return
    }
    for (const [key, inner] of Object.entries(value as Readonly<Record<string, Tree>>)) {
      if (typeof inner === "number") row(`${key}: ${inner}`, [...path, key])
      else {
        row(`"${key}":`, [...path, key])
        write(inner, Array.isArray(inner) && !wide ? indent : indent + 2, [...path, key], undefined)
      }
    }
  }
  write(value, 0, [], undefined)
  return { text: rows.join("\n"), lines }
}

type Tree = number | ReadonlyArray<Tree> | { readonly [key: string]: Tree }

const Leaf = Schema.Int
const Inner = Schema.Struct({ a: Leaf, list: Schema.NonEmptyArray(Leaf), ab: Leaf })
const Outer = Schema.Struct({
  x: Leaf,
  rows: Schema.NonEmptyArray(Inner),
  "c-d": Schema.Struct({ "openai/gpt-4o": Inner, a: Leaf }),
  y: Schema.NonEmptyArray(Leaf)
})

describe("lineOf", () => {
  it.prop("finds whatever is written, however lists are indented", [Outer, Schema.Boolean], ([value, wide]) => {
    const { lines, text } = written(value, wide)
    for (const [path, line] of lines) assert.strictEqual(lineOf(text, JSON.parse(path)), line, `${path} in\n${text}`)
  })

  it("stays with what is above where it finds nothing, and says nothing of nothing", () => {
    const text = "---\na:\n  b: { c: [1, 2] }\n"
    assert.strictEqual(lineOf(text, ["a", "b", "c", 1]), 3)
    assert.strictEqual(lineOf(text, ["a", "z"]), 2)
    assert.isUndefined(lineOf(text, ["z"]))
    assert.isUndefined(lineOf("", ["a"]))
    assert.isUndefined(lineOf(text, []))
  })
})
