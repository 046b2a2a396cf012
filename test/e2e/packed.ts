/** The package, packed from a copy of the working tree and installed into an empty folder. */
import { assert } from "@effect/vitest"
import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join, relative, resolve } from "node:path"

export const root = resolve(import.meta.dirname, "../..")
export const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"))
export const manifest = readJson(join(root, "package.json"))

const work = mkdtempSync(join(tmpdir(), "loom-package-"))

/** What is packed. */
export const stage = join(work, "stage")
/** Where it is installed. */
export const consumer = join(work, "consumer")
export const installed = join(consumer, "node_modules/loom-router")
export const tarball = join(work, `${manifest.name}-${manifest.version}.tgz`)

// What `npm run` sets would make an npm in another folder work on this one.
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|NODE_OPTIONS$)/i.test(name))),
  PATH: [join(work, "bin"), process.env.PATH].join(delimiter)
}

export const run = (cwd: string, command: string, ...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((done) => {
    execFile(
      command,
      args,
      { cwd, env, maxBuffer: 1e8 },
      (error, stdout, stderr) =>
        done({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr })
    )
  })

export const succeed = async (cwd: string, command: string, ...args: ReadonlyArray<string>) => {
  const { code, stderr, stdout } = await run(cwd, command, ...args)
  assert.strictEqual(code, 0, `${command} ${args.join(" ")}\n${stdout}${stderr}`)
  return stdout
}

/** What is installed, as paths under it, its own dependencies left out. */
export const files = (): ReadonlyArray<string> =>
  readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules/loom-router/node_modules"))
    .map((entry) => relative(installed, join(entry.parentPath, entry.name))).sort()

export const textOf = (file: string): string => readFileSync(join(installed, file), "utf8")

export const install = async () => {
  mkdirSync(join(work, "bin"))
  symlinkSync(process.execPath, join(work, "bin/node"))
  // A copy is packed, so that the build leaves the working tree's dist and package.json alone.
  mkdirSync(stage)
  const ignored = new Set([".git", "node_modules", "dist", ".vitest", "coverage"])
  for (const top of readdirSync(root).filter((top) => !ignored.has(top) && !top.endsWith(".tgz"))) {
    cpSync(join(root, top), join(stage, top), { recursive: true })
  }
  symlinkSync(join(root, "node_modules"), join(stage, "node_modules"))
  await succeed(stage, "npm", "pack", "--pack-destination", work)

  mkdirSync(consumer)
  writeFileSync(
    join(consumer, "package.json"),
    JSON.stringify({ name: "consumer", version: "1.0.0", private: true, type: "module" })
  )
  const effect = `effect@${manifest.devDependencies.effect}`
  await succeed(consumer, "npm", "install", "--no-audit", "--no-fund", tarball, effect)
}

export const remove = () => rmSync(work, { recursive: true, force: true })
