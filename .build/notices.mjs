import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const head = "Parts of these packages are in the files of this folder, under the licences that follow.\n"
const line = `\n${"=".repeat(80)}\n`

/** `…/node_modules/@scope/name/dist/x.js` lies in `…/node_modules/@scope/name`. */
const folderOf = (id) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]

const sectionOf = (folder) => {
  const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const file = readdirSync(folder).find((file) => /^(licen[cs]e|copying)(\.|$)/i.test(file))
  if (file === undefined) throw new Error(`${name} ${version} is bundled, and has no text of its licence`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`
}

/** Adds what a build took from other packages to `THIRD-PARTY-NOTICES.txt`, which the builds of one `dist` share. */
export const notices = (dist) => {
  const folders = new Set()
  return {
    name: "notices",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        for (const [id, { renderedLength }] of Object.entries(chunk.modules ?? {})) {
          const folder = renderedLength > 0 || id.endsWith(".css") ? folderOf(id) : undefined
          if (folder !== undefined) folders.add(folder)
        }
      }
    },
    writeBundle() {
      const path = join(dist, "THIRD-PARTY-NOTICES.txt")
      const known = existsSync(path) ? readFileSync(path, "utf8").split(line).slice(1) : []
      const sections = [...new Set([...known, ...[...folders].map(sectionOf)])].sort()
      mkdirSync(dist, { recursive: true })
      writeFileSync(path, [head, ...sections].join(line))
    }
  }
}
