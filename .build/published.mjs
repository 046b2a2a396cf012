// What package.json says to users: `loom-source` names sources that aren't in the package. Before npm packs it is
// rewritten, afterwards (`--undo`) it is as it was.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"

const kept = ".package.json"
if (existsSync(kept)) renameSync(kept, "package.json")
if (process.argv[2] !== "--undo") {
  const text = readFileSync("package.json", "utf8")
  const manifest = JSON.parse(text, (key, value) => {
    if (key === "sideEffects") return value.filter((path) => !path.startsWith("./src/"))
    if (value === null || typeof value !== "object") return value
    delete value["loom-source"]
    return value
  })
  writeFileSync(kept, text)
  writeFileSync("package.json", `${JSON.stringify(manifest, null, 2)}\n`)
}
