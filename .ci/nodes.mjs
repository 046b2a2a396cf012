// Runs what is installed in a folder, with `consumer.mjs` in it, on each Node that is supported besides the pinned one:
// `node .ci/nodes.mjs <folder>`. They come from npm. Exits with 3 where npm can't be reached.
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
const oldest = engines.node.replace(/^[^0-9]*/, "").padEnd(5, ".0").replace(/^(\d+\.\d+)$/, "$1.0")
const versions = [oldest, "26"]
const platform = process.platform === "win32" ? "win" : process.platform
const folder = resolve(process.argv[2] ?? ".")

const nodes = mkdtempSync(join(tmpdir(), "loom-nodes-"))
process.on("exit", () => rmSync(nodes, { recursive: true, force: true }))
writeFileSync(join(nodes, "package.json"), "{}")
const aliases = versions.map((version) => `node-${version}@npm:node-${platform}-${process.arch}@${version}`)
try {
  const args = ["install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--prefer-offline", ...aliases]
  execFileSync("npm", args, { cwd: nodes, stdio: "pipe", encoding: "utf8" })
} catch (error) {
  process.stderr.write(`npm gives no Node ${versions.join(" and ")}: ${error.stderr || error.message}\n`)
  process.exit(3)
}

const database = join(nodes, "calls.db")
for (const version of versions) {
  const node = join(nodes, "node_modules", `node-${version}`, "bin/node")
  const run = (...args) =>
    execFileSync(node, args, {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, LOOM_HOME: nodes },
      stdio: ["ignore", "pipe", "inherit"]
    })
  process.stdout.write(run("consumer.mjs"))
  const loom = "node_modules/loom-router/dist/cli/loom.js"
  run(loom, "--version")
  JSON.parse(run(loom, "models", "--json"))
  if (existsSync(join(folder, "programs/service.ts"))) {
    JSON.parse(run("--disable-warning=ExperimentalWarning", "programs/service.ts", database))
    // On node:sqlite, by the quick command and its own thread.
    const { calls } = JSON.parse(run(loom, "logs", "--json"))
    if (!(calls.length > 0)) throw new Error(`Node ${version} finds no calls in the log`)
  }
}
