/** What people write: programs checked in, and those of the documents in the package, compiled and run beside it. */
import { assert, describe, it } from "@effect/vitest"
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { asserting, type Fence, fences, hasValue } from "../documents.ts"
import { consumer, files, root, run, succeed } from "./packed.ts"

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

/** Imports of what only this repository installs. */
const strangers = ({ code }: Fence) =>
  [...code.join("\n").matchAll(/from "([^".][^"]*)"/g)].map(([, name = ""]) =>
    name.split("/").slice(0, name[0] === "@" ? 2 : 1).join("/")
  )
    .filter((name) => !name.startsWith("node:") && !existsSync(join(consumer, "node_modules", name)))

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
      const shipped = new Set(files().filter((file) => file.endsWith(".md")))
      const told = fences.filter(({ document, info }) =>
        shipped.has(document) && (info === "ts" || info === "ts no-run")
      )
      const foreign = told.filter((fence) => strangers(fence).length > 0)
      assert.deepStrictEqual(
        foreign.flatMap(strangers).filter((name) => !/^(@effect\/|vitest$|@opentelemetry\/)/.test(name)),
        []
      )
      const own = told.filter((fence) => !foreign.includes(fence))
      assert.isAbove(own.length, 8)
      const imports: Array<string> = []
      for (const fence of own) {
        const file = `${fence.title.replaceAll(/[^A-Za-z0-9]+/g, "_")}.ts`
        writeFileSync(join(guides, file), fence.code.join("\n"))
        if (fence.info !== "ts" || !hasValue(fence)) continue
        const checked = `checked_${file.replace(/ts$/, "mts")}`
        writeFileSync(
          join(guides, checked),
          asserting(fence).replace("\"vitest\"", "\"node:assert/strict\"").replace("{ assert as __assert }", "__assert")
        )
        imports.push(`await import("./${checked}")`)
      }
      writeFileSync(join(guides, "run.mjs"), imports.join("\n"))
      assert.deepStrictEqual(await problems(guides), [])
      assert.isAbove(imports.length, 3)
      await succeed(guides, "node", "run.mjs")
    })

    it("are the quickstart, which needs no more than a key", async () => {
      const quickstart = fences.find(({ code, document }) =>
        document === "README.md" && code.some((line) => line.startsWith("export const main"))
      )
      assert.isDefined(quickstart)
      writeFileSync(join(consumer, "quickstart.ts"), quickstart.code.join("\n"))
      writeFileSync(
        join(consumer, "quickstarted.mjs"),
        `import { Effect } from "effect"
        import { Sandbox } from "loom-router/sandbox"
        const program = Effect.gen(function*() {
          const sandbox = yield* Sandbox
          process.env.OPENAI_API_KEY = "sk-any"
          process.env.OPENAI_BASE_URL = sandbox.baseUrl("openai")
          const { main } = yield* Effect.promise(() => import("./quickstart.ts"))
          const [text, usd] = yield* Effect.promise(main)
          const billed = (yield* sandbox.bill).reduce((sum, { amount }) => sum + amount, 0n)
          console.log(text !== "", BigInt(Math.round(usd * 1e12)) === billed)
        }).pipe(Effect.provide(Sandbox.layer()))
        await Effect.runPromise(program)`
      )
      assert.strictEqual(await succeed(consumer, "node", "quickstarted.mjs"), "true true\n")
    })

    it("run on the oldest Node, and on the newest", async (context) => {
      cpSync(join(root, ".ci/consumer.mjs"), join(consumer, "consumer.mjs"))
      const { code, stderr, stdout } = await run(consumer, "node", join(root, ".ci/nodes.mjs"), consumer)
      if (code === 3 && process.env["CI"] === undefined) context.skip(stderr)
      assert.strictEqual(code, 0, stdout + stderr)
      assert.match(stdout, /^Node 22\.19\.0: .*\$0\.\d+\nNode 26\.\d+\.\d+: .*\$0\.\d+\n$/)
    })
  })
