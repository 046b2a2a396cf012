// Deletes the declarations that those of the entries don't lead to: nobody can name what they say.
import { globSync, readFileSync, rmSync } from "node:fs"
import { dirname, join, normalize } from "node:path"

const { exports } = JSON.parse(readFileSync("package.json", "utf8"))
const named = new Set()
const reach = (file) => {
  if (named.has(file)) return
  named.add(file)
  for (const [, from] of readFileSync(file, "utf8").matchAll(/(?:\bfrom|\bimport\(|^import) ?"(\.[^"]+)\.[jt]s"/gm)) {
    reach(join(dirname(file), `${from}.d.ts`))
  }
}
for (const target of Object.values(exports)) {
  if (target?.types !== undefined) globSync(target.types).map(normalize).forEach(reach)
}
for (const file of globSync("dist/**/*.d.ts").map(normalize)) {
  if (!named.has(file)) rmSync(file)
}
