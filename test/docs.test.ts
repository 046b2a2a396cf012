import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative, resolve } from "node:path"
import { parseAst } from "rolldown/parseAst"

/**
 * Every ```ts fence of the documentation is type-checked, and run where it says what comes out (`expression // => value`).
 * A fence that can't run here is marked ```ts no-run.
 */
const root = resolve(import.meta.dirname, "..")
// Not under node_modules, where Node strips no types; the package's own name resolves from anywhere in the repository.
const folder = join(root, `.vitest/docs-${process.pid}`)

interface Fence {
  readonly title: string
  /** The line before its first. */
  readonly line: number
  readonly file: string
  readonly info: string
  readonly code: ReadonlyArray<string>
}

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|md)$/.test(name)).map((name) => join("src", name))
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
      if (/^(ts|js|tsx|jsx|mts|typescript|javascript)\b/.test(open.info)) {
        const title = `${document}:${open.line}`
        fences.push({ ...open, title, file: `${title.replace(/[^A-Za-z0-9]+/g, "_")}.ts` })
      }
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`${document}:${open.line}: the fence has no end`)
  return fences
}

const fences = documents.flatMap(fencesIn)

const arrow = /\/\/ => (.*)$/
const hasValue = (fence: Fence) => fence.code.some((line) => arrow.test(line))

/** The program with an assertion after each statement that says its value. */
const asserting = ({ code, line, title }: Fence): string => {
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

const tsc = (): Promise<string> =>
  new Promise((done) => {
    const args = [join(root, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false"]
    execFile(process.execPath, args, { cwd: root, maxBuffer: 1e8 }, (_, stdout, stderr) => done(stdout + stderr))
  })

const errors = new Map<string, Array<string>>()

beforeAll(async () => {
  mkdirSync(join(folder, "run"), { recursive: true })
  const options = { noEmit: true, noUnusedLocals: false, noUnusedParameters: false, plugins: [] }
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"], exclude: [], compilerOptions: options })
  )
  for (const fence of fences) {
    writeFileSync(join(folder, fence.file), fence.code.join("\n"))
  }
  const byFile = new Map(fences.map((fence) => [fence.file, fence]))
  for (const text of (await tsc()).split("\n")) {
    const [, path = "", line = "", problem = text] = /^(.+?)\((\d+),\d+\): (.*)$/.exec(text) ?? []
    const fence = byFile.get(relative(folder, resolve(root, path)))
    // What is wrong in src is `npm run check`'s to say; what names no file is the whole program's.
    const key = fence?.title ?? (path === "" && problem.includes("error TS") ? "tsc" : undefined)
    if (key === undefined) continue
    const where = fence === undefined ? "" : `line ${fence.line + Number(line)}: `
    errors.set(key, [...errors.get(key) ?? [], where + problem])
  }
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("documentation", () => {
  it("is type-checked", () => {
    assert.isAbove(fences.length, 0)
    assert.deepStrictEqual(errors.get("tsc"), undefined)
  })

  it("says ts, or ts no-run where a value can't be had here", () => {
    assert.deepStrictEqual(
      fences.filter((fence) => !(fence.info === "ts" || (fence.info === "ts no-run" && hasValue(fence))))
        .map(({ info, title }) => `${title}: ${info}`),
      []
    )
  })

  describe.each(fences)("$title", (fence) => {
    it("compiles", () => {
      assert.deepStrictEqual(errors.get(fence.title), undefined)
    })

    if (hasValue(fence) && fence.info === "ts") {
      it("gives what it says", async () => {
        const file = join(folder, "run", fence.file)
        writeFileSync(file, asserting(fence))
        await import(file)
      })
    }
  })
})
