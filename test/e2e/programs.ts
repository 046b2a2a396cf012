/** What people write: programs checked in, and those of the documents in the package, compiled and run beside it. */
import { assert, describe, it } from "@effect/vitest"
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { consumer, files, root, run, succeed, textOf } from "./packed.ts"

const strict = {
  module: "NodeNext",
  target: "ES2023",
  lib: ["ES2024", "ESNext.Disposable"],
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitReturns: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  // Other packages' declarations are theirs to mend; package.test.ts checks ours.
  skipLibCheck: true,
  typeRoots: [join(root, "node_modules/@types")],
  types: ["node"]
}

/** Type-checks a folder of the consumer's: what is wrong, line by line. */
const problems = async (folder: string) => {
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: strict, include: ["*.ts"] }))
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  const { stderr, stdout } = await run(folder, process.execPath, tsc, "-p", ".", "--pretty", "false")
  return `${stdout}${stderr}`.split("\n").filter((line) => line !== "")
}

interface Fence {
  readonly title: string
  readonly info: string
  readonly code: string
}

const fencesOf = (document: string): ReadonlyArray<Fence> =>
  [...textOf(document).matchAll(/^```([^\n]*)\n([^]*?)^```$/gm)]
    .map(([, info = "", code = ""], n) => ({ title: `${document} ${n + 1}`, info: info.trim(), code }))

/** Imports of what only this repository installs. */
const strangers = (code: string) =>
  [...code.matchAll(/from "([^".][^"]*)"/g)].map(([, name = ""]) =>
    name.split("/").slice(0, name[0] === "@" ? 2 : 1).join("/")
  )
    .filter((name) => !name.startsWith("node:") && !existsSync(join(consumer, "node_modules", name)))

/** Compares what a fence says of its exports with what they are. */
const checked = (code: string, line: string) => {
  const said = [...code.matchAll(/^export const (\w+) = [^]*?\/\/ => (.*)$/gm)]
  const names = [...code.matchAll(/^export const (\w+)\b/gm)].map(([, name = ""]) => name)
  const last = (text: string) => names.findLast((name) => text.includes(`export const ${name} `))
  return said.map(([text, , value = ""]) => `assert.deepStrictEqual(await program.${last(text)}, ${value}, ${line})`)
}

export const programs = () =>
  describe("programs of those who installed it", () => {
    const folder = join(consumer, "programs")

    it("compile strictly, and do what they are for", async () => {
      cpSync(join(root, "test/e2e/consumer"), folder, { recursive: true })
      assert.deepStrictEqual(await problems(folder), [])
      assert.deepStrictEqual(readdirSync(folder).filter((name) => name.endsWith(".ts")), ["service.ts"])
      assert.deepStrictEqual(JSON.parse(await succeed(folder, "node", "service.ts", join(folder, "calls.db"))), {
        well: { cache: "miss", provider: "openai", warnings: 0 },
        down: { cache: "miss", provider: "anthropic", warnings: 0 },
        again: { cache: "hit", provider: "openai", warnings: 0 },
        dear: { refused: "BudgetExceeded", fix: true },
        object: true,
        calls: 5,
        isBilled: true
      })
    })

    it("are those of its documents, and give what these say", async () => {
      const guides = join(consumer, "guides")
      mkdirSync(guides)
      const fences = files().filter((file) => file.endsWith(".md") && !file.startsWith("dist/")).flatMap(fencesOf)
        .filter(({ info }) => info === "ts" || info === "ts no-run")
      const foreign = fences.filter(({ code }) => strangers(code).length > 0)
      assert.deepStrictEqual(
        [...new Set(foreign.flatMap(({ code }) => strangers(code)))].filter((name) =>
          !/^(@effect\/|vitest$|@opentelemetry\/)/.test(name)
        ),
        []
      )
      const own = fences.filter((fence) => !foreign.includes(fence))
      assert.isAbove(own.length, 8)
      const lines = [`import assert from "node:assert/strict"`, `let program`]
      for (const { code, info, title } of own) {
        const file = `${title.replaceAll(/[^A-Za-z0-9]+/g, "_")}.ts`
        writeFileSync(join(guides, file), code)
        if (info !== "ts" || !code.includes("// => ")) continue
        lines.push(`program = await import("./${file}")`, ...checked(code, JSON.stringify(title)))
      }
      writeFileSync(join(guides, "run.mjs"), lines.join("\n"))
      assert.deepStrictEqual(await problems(guides), [])
      assert.isAtLeast(lines.length, 4)
      await succeed(guides, "node", "run.mjs")
    })

    it("run on the oldest Node, and on the newest", async (context) => {
      cpSync(join(root, ".ci/consumer.mjs"), join(consumer, "consumer.mjs"))
      const { code, stderr, stdout } = await run(consumer, "node", join(root, ".ci/nodes.mjs"), consumer)
      if (code === 3 && process.env["CI"] === undefined) context.skip(stderr)
      assert.strictEqual(code, 0, stdout + stderr)
      assert.match(stdout, /^Node 22\.19\.0: .*\$0\.\d+\nNode 26\.\d+\.\d+: .*\$0\.\d+\n$/)
    })
  })
