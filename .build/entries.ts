/** What the package's `exports` open. */
import { readdirSync, readFileSync } from "node:fs"
import { join, posix, resolve } from "node:path"

const root = resolve(import.meta.dirname, "..")

export interface Entry {
  /** What is imported: `loom-router/providers/OpenAi`. */
  readonly name: string
  /** Its module: `providers/OpenAi`. */
  readonly module: string
}

export const entries = (): ReadonlyArray<Entry> => {
  const { exports, name } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly name: string
    readonly exports: Readonly<Record<string, null | string | { readonly types: string }>>
  }
  const closed = new Set(Object.keys(exports).filter((key) => exports[key] === null))
  return Object.entries(exports).flatMap(([key, target]) => {
    if (target === null || typeof target === "string") return []
    const source = target.types.replace(/^\.\/dist\/|\.d\.ts$/g, "")
    if (!key.includes("*")) return [{ name: posix.join(name, key), module: source }]
    const folder = source.slice(0, source.indexOf("*"))
    return readdirSync(join(root, "src", folder)).filter((file) => file.endsWith(".ts")).sort()
      .map((file) => file.slice(0, -3))
      .filter((file) => !closed.has(key.replace("*", file)))
      .map((file) => ({ name: posix.join(name, key.replace("*", file)), module: `${folder}${file}` }))
  })
}

/** What a declaration file forwards whole: `export * as Loom from "./Loom.ts"`. */
export const spaces = (declarations: string): ReadonlyArray<{ readonly space: string; readonly file: string }> =>
  [...declarations.matchAll(/^export \* as (\w+) from "\.\/(.+)\.ts";$/gm)]
    .map(([, space = "", file = ""]) => ({ space, file }))
