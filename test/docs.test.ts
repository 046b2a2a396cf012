import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { LoomConfig } from "loom-router"
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { asserting, cutFrom, documents, type Fence as Found, fences as all, hasValue, root } from "./documents.ts"

/**
 * Every fence of the documentation is held to the code:
 *
 * - `ts` is type-checked, and run where it says what comes out (`expression // => value`); `ts no-run` can't be run here
 * - `ts of program.ts` is cut from a program, which `e2e/scratchpad.test.ts` runs
 * - `text of program.ts` is what the program prints, which is compared there
 * - `bash` names commands that there are, `yaml` is settings that can be read
 *
 * What is only shown is listed below, each with its reason.
 */
const shown: Readonly<Record<string, string>> = {
  "README.md text": "an error as it is printed: errors.test.ts holds its parts",
  "src/cli/README.md sh": "e2e/cliHelp.test.ts runs it",
  "src/internal/README.md text": "a drawing",
  "src/telemetry/README.md text": "@effect/opentelemetry isn't installed",
  "scratchpad/migration/aiSdk.md ts elsewhere": "ai isn't installed",
  "scratchpad/migration/liteLlm.md python": "another language",
  "scratchpad/migration/pythonLoom.md python": "another language"
}

// Not under node_modules, where Node strips no types; the package's own name resolves from anywhere in the repository.
const folder = join(root, `.vitest/docs-${process.pid}`)

interface Fence extends Found {
  readonly file: string
}

const isCode = (info: string) => /^(ts|js|tsx|jsx|mts|typescript|javascript)\b/.test(info)

const fences: ReadonlyArray<Fence> = all
  .filter(({ document, info }) =>
    isCode(info) && !info.startsWith("ts of ") && shown[`${document} ${info}`] === undefined
  )
  .map((fence) => Object.assign({}, fence, { file: `${fence.title.replace(/[^A-Za-z0-9]+/g, "_")}.ts` }))

const named = all.filter(({ info }) => !isCode(info))

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

  it("leaves no fence out without saying so, and lists none that isn't there", () => {
    const kinds = /^(bash|yaml|text of \S+)$/
    const unlisted = named.filter(({ document, info }) =>
      !kinds.test(info) && shown[`${document} ${info}`] === undefined
    )
    assert.deepStrictEqual(unlisted.map(({ info, title }) => `${title}: ${info}`), [])
    const there = new Set(all.map(({ document, info }) => `${document} ${info}`))
    assert.deepStrictEqual(Object.keys(shown).filter((name) => !there.has(name)), [])
  })

  it("is cut from programs as they stand", () => {
    const bare = (text: string) => text.replaceAll(/\s+/g, "")
    const strangers = cutFrom("ts").filter(({ code, program }) =>
      !bare(readFileSync(join(root, program), "utf8")).includes(bare(code.join("\n")))
    )
    assert.deepStrictEqual(strangers.map(({ program, title }) => `${title}: not in ${program}`), [])
  })

  it("names commands that there are", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    const isKnown = (command: string) => {
      const [program, ...args] = command.split(/\s+/)
      const [first = "", second = ""] = args.filter((arg) => !arg.startsWith("-"))
      switch (program) {
        case "npm":
          return first === "run" ? second in scripts : /^(ci|install|start|test)$/.test(first)
        case "node":
          return existsSync(join(root, first))
        case "loom":
          return existsSync(join(root, `src/cli/${first}.ts`))
        default:
          return false
      }
    }
    const unknown = named.filter(({ info }) => info === "bash").flatMap(({ code, title }) =>
      code.flatMap((line) => line.replace(/#.*/, "").split(/&&|\|/))
        .map((command) => command.trim().replace(/^([A-Z_]+=\S* )+/, ""))
        .filter((command) => command !== "" && !isKnown(command))
        .map((command) => `${title}: ${command}`)
    )
    assert.deepStrictEqual(unknown, [])
  })

  it.effect.each(named.filter(({ info }) => info === "yaml"))(
    "has settings that can be read: $title",
    ({ code }) =>
      Effect.gen(function*() {
        const path = join(folder, "loom.config.yaml")
        writeFileSync(path, code.join("\n"))
        const { files } = yield* LoomConfig.load({ path })
        assert.deepStrictEqual(files, [path])
      })
  )

  it("links to what there is", () => {
    const slug = (heading: string) => heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")
    const headings = (text: string) => [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => slug(heading))
    const broken = documents.filter((document) => document.endsWith(".md")).flatMap((document) => {
      const text = readFileSync(join(root, document), "utf8")
      return [...text.matchAll(/\]\(([^)\s]*)\)/g)].flatMap(([, link = ""]) => {
        if (/^https?:/.test(link)) return []
        const [path = "", anchor] = link.split("#")
        const file = path === "" ? document : join(dirname(document), path)
        const isThere = existsSync(join(root, file)) &&
          (anchor === undefined || headings(readFileSync(join(root, file), "utf8")).includes(anchor))
        return isThere ? [] : [`${document}: ${link}`]
      })
    })
    assert.deepStrictEqual(broken, [])
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
