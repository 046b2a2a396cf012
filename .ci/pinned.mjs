// Run by npm scripts: fails unless this is the Node, and these are the exact packages, that package.json pins.
// `--installed <package>` checks what a package brought with it into the current folder.
import { readFileSync } from "node:fs"

const [flag, name] = process.argv.slice(2)
const read = (path) => JSON.parse(readFileSync(path, "utf8"))
const { dependencies, devDependencies } = read(new URL("../package.json", import.meta.url))
const pins = flag === "--installed"
  ? { ...read(`node_modules/${name}/package.json`).dependencies, effect: devDependencies.effect }
  : { ...dependencies, ...devDependencies }

const problems = []
if (process.version !== `v${devDependencies.node}`) {
  problems.push(`Node ${process.version} runs, ${devDependencies.node} is pinned`)
}
for (const [name, pin] of Object.entries(dependencies)) {
  if (pins[name] !== pin) problems.push(`${name} is ${pins[name]} in the package, ${pin} in package.json`)
}
for (const [name, pin] of Object.entries(pins)) {
  if (!/^\d+\.\d+\.\d+$/.test(pin)) problems.push(`${name} is pinned to no exact version: ${pin}`)
  const { version } = read(`node_modules/${name}/package.json`)
  if (version !== pin) problems.push(`${name} ${version} is installed, ${pin} is pinned`)
}

for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
const versions = Object.keys(dependencies).map((name) => `${name} ${pins[name]}`)
process.stdout.write(`Node ${process.version.slice(1)}, effect ${pins.effect}, ${versions.join(", ")}\n`)
