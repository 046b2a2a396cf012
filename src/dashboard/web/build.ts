import { join, resolve } from "node:path"

/** Builds the page into a folder, from a clone of the repository. */
export const build = async (folder: string): Promise<void> => {
  const vite = await import("vite")
  await vite.build({
    configFile: join(import.meta.dirname, "../../../.vite.config.mjs"),
    logLevel: "error",
    build: { outDir: resolve(folder) }
  })
}
