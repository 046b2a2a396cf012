/** The documentation, and the fences in it: markdown at the top, of `src` and of `scratchpad`, and doc comments of `src`. */
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseAst } from "rolldown/parseAst"

export const root = resolve(import.meta.dirname, "..")

export interface Fence {
  /** Where it begins: `README.md:12`. */
  readonly title: string
  readonly document: string
  /** The line before its first. */
  readonly line: number
  readonly info: string
  readonly code: ReadonlyArray<string>
}

const filesIn = (folder: string, names: RegExp): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => names.test(name) && !/(^|\/)node_modules\//.test(name))
    .map((name) => join(folder, name))

export const documents: ReadonlyArray<string> = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...filesIn("src", /\.(ts|md)$/),
  ...filesIn("scratchpad", /\.md$/)
].sort()

const fencesIn = (document: string): ReadonlyArray<Fence> => {
  const fences: Array<Fence> = []
  const isSource = document.endsWith(".ts")
  let open: { readonly info: string; readonly line: number; readonly code: Array<string> } | undefined
  for (const [index, text] of readFileSync(join(root, document), "utf8").split("\n").entries()) {
    if (isSource && open === undefined && !/^ *\* /.test(text)) continue
    const line = isSource ? text.replace(/^ *\* ?/, "") : text
    const fence = /^\s*```+\s*(.*)$/.exec(line)
    if (fence === null) open?.code.push(line)
    else if (open === undefined) open = { info: fence[1]!.trim(), line: index + 1, code: [] }
    else {
      fences.push({ ...open, document, title: `${document}:${open.line}` })
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`${document}:${open.line}: the fence has no end`)
  return fences
}

export const fences: ReadonlyArray<Fence> = documents.flatMap(fencesIn)

/** Fences of the form `text of program.ts`, with the program that they are of, by its path from the top. */
export const cutFrom = (kind: "ts" | "text"): ReadonlyArray<Fence & { readonly program: string }> =>
  fences.flatMap((fence) => {
    const [, name] = new RegExp(`^${kind} of (\\S+)$`).exec(fence.info) ?? []
    return name === undefined ? [] : [{ ...fence, program: join(fence.document, "..", name) }]
  })

const arrow = /\/\/ => (.*)$/
/** Whether it says what comes out of it. */
export const hasValue = (fence: Fence) => fence.code.some((line) => arrow.test(line))

/** The program with an assertion after each statement that says its value. */
export const asserting = ({ code, line, title }: Fence): string => {
  const source = code.join("\n")
  const { body } = parseAst(source, { lang: "ts" })
  const lineOf = (offset: number) => source.slice(0, offset).split("\n").length - 1
  const out = [...code]
  code.forEach((text, index) => {
    const expected = arrow.exec(text)?.[1]
    if (expected === undefined) return
    const statement = body.find(({ end }) => lineOf(end) === index)
    const declared = statement?.type === "ExportNamedDeclaration" ? statement.declaration : statement
    const is = (value: string) => `__assert.deepStrictEqual(await ${value}, ${expected}, "line ${line + index + 1}")`
    if (declared?.type === "ExpressionStatement") {
      const first = lineOf(declared.start)
      out[first] = `;const __${index} = ${out[first]}`
      out[index] = `${out[index]}\n;${is(`__${index}`)}`
    } else if (declared?.type === "VariableDeclaration" && declared.declarations[0]?.id.type === "Identifier") {
      out[index] = `${out[index]}\n;${is(declared.declarations[0].id.name)}`
    } else throw new Error(`${title}: line ${line + index + 1} ends no statement that has a value`)
  })
  return [`import { assert as __assert } from "vitest"`, ...out].join("\n")
}
