/**
 * The public API as text: for each entry point of the package, what it exports, with signatures. It is made from the
 * declarations that a build would ship.
 *
 * `npm run api` writes `test/api.report.txt` anew, `e2e/api.test.ts` holds it to the code: a change of the API is seen in
 * its diff. What a signature names from a module that isn't exported is there by its name alone.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, posix, resolve } from "node:path"
import { entries, spaces } from "../.build/entries.ts"

const root = resolve(import.meta.dirname, "..")

/** Where the report is. */
export const path = join(root, "test/api.report.txt")

/** Declarations without comments, imports and empty lines. */
const bare = (declarations: string): string =>
  declarations
    .replace(
      /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[^]*?\*\/|\/\/.*/g,
      (_, text = "") => text
    )
    .replace(/^import\b(?!\()[^;]*;$/gm, "")
    .replace(/^export \{\};$/gm, "")
    .split("\n").map((line) => line.trimEnd()).filter((line) => line !== "")
    .join("\n")

/** The report, made anew: the compiler runs. */
export const make = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "loom-api-"))
  try {
    execFileSync(
      join(root, "node_modules/.bin/tsc"),
      ["-p", ".tsconfig.build.json", "--outDir", folder],
      { cwd: root, stdio: ["ignore", "inherit", "inherit"] }
    )
    const read = (module: string) => bare(readFileSync(join(folder, `${module}.d.ts`), "utf8"))
    const sections: Array<readonly [title: string, text: string]> = []
    for (const { module, name } of entries()) {
      const text = read(module)
      const parts = spaces(text)
      if (parts.length === 0) sections.push([name, text])
      for (const { file, space } of parts) {
        sections.push([`${name}: ${space}`, read(posix.join(dirname(module), file))])
      }
    }
    return sections.map(([title, text]) => `## ${title}\n\n${text}\n`).join("\n")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) writeFileSync(path, make())
