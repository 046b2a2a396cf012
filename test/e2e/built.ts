import { Schema } from "effect"
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { run } from "../cli/loom.ts"

const Manifest = Schema.Struct({
  version: Schema.String,
  bin: Schema.Struct({ loom: Schema.String })
})

export const manifest = Schema.decodeSync(Schema.fromJsonString(Manifest))(readFileSync("package.json", "utf8"))

let root: string | undefined

/** The command as `npm run build` bundles it, in a place of its own, which goes with the process. */
export const built = () => {
  root ??= build()
  const bin = join(root, manifest.bin.loom)
  return {
    root,
    bin,
    loom: (args: ReadonlyArray<string>, options?: Parameters<typeof run>[2]) =>
      run(process.execPath, [bin, ...args], options)
  }
}

const build = () => {
  const root = mkdtempSync(join(tmpdir(), "loom-cli-"))
  process.once("exit", () => rmSync(root, { recursive: true, force: true }))
  const env = { ...process.env, LOOM_DIST: join(root, "dist") }
  execFileSync("node_modules/.bin/rolldown", ["-c", ".rolldown.config.mjs"], { env, stdio: "pipe" })
  cpSync("package.json", join(root, "package.json"))
  mkdirSync(join(root, "bin"))
  symlinkSync(join(process.cwd(), "node_modules"), join(root, "node_modules"))
  symlinkSync(join(root, manifest.bin.loom), join(root, "bin/loom"))
  return root
}
