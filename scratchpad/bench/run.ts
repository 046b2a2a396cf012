/**
 * Builds and packs Loom, installs it beside the libraries it is compared with, and prints what each costs as a ratio to
 * OpenAI's own SDK: CPU per call and per streamed chunk, records per second, time to import. Cases run in processes of
 * their own and take turns, round by round, so that a busy moment hits all of them.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"

const root = join(import.meta.dirname, "../..")
const place = mkdtempSync(join(tmpdir(), "loom-bench-"))
const rounds = Number(process.argv[2] ?? 31)

const npm = (...args: ReadonlyArray<string>) =>
  execFileSync("npm", args, { cwd: place, stdio: ["ignore", "pipe", "inherit"] })

const install = () => {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", place], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"]
  })
  const tarball = readdirSync(place).find((name) => name.endsWith(".tgz"))
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const dependencies = {
    ...JSON.parse(readFileSync(join(import.meta.dirname, "dependencies.json"), "utf8")),
    "effect": own.devDependencies.effect,
    "openai": own.dependencies.openai,
    "undici": own.dependencies.undici,
    "loom-router": `file:${tarball}`
  }
  writeFileSync(
    join(place, "package.json"),
    JSON.stringify({ name: "loom-bench", private: true, type: "module", dependencies })
  )
  npm("install", "--no-audit", "--no-fund", "--loglevel=error")
  for (const name of ["server.ts", "cases.ts", "imports.ts", "keys.ts", "log.ts", "waiting.ts"]) {
    cpSync(join(import.meta.dirname, name), join(place, name))
  }
}

/** MB that a package takes in a folder of modules, with everything under it. */
const weightOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .reduce((sum, entry) => entry.isFile() ? sum + statSync(join(entry.parentPath, entry.name)).size : sum, 0) / 1e6

/** What `npm install loom-router effect` brings, with and without the clients of secret managers. */
const printWeight = () => {
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const managers = ["@aws-sdk/client-secrets-manager", "google-auth-library"]
  const dependencies = { ...own.dependencies, effect: own.devDependencies.effect }
  const weigh = (without: ReadonlyArray<string>) => {
    const folder = mkdtempSync(join(tmpdir(), "loom-weight-"))
    const wanted = Object.fromEntries(Object.entries(dependencies).filter(([name]) => !without.includes(name)))
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: wanted }))
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder, stdio: "ignore" })
    const weight = weightOf(join(folder, "node_modules"))
    rmSync(folder, { recursive: true })
    return weight
  }
  console.log("\nInstalled, with effect")
  for (const [name, without] of [["all", []], ["no managers", managers]] as const) {
    console.log(`  ${name.padEnd(16)} ${weigh(without).toFixed(1).padStart(8)} MB`)
  }
}

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

const lines = (child: ChildProcess) => createInterface({ input: child.stdout! })[Symbol.asyncIterator]()

const measure = async (names: ReadonlyArray<string>, port: string) => {
  const running = names.map((name) => {
    const child = spawn(process.execPath, ["cases.ts", name, port, String(rounds)], {
      cwd: place,
      stdio: ["pipe", "pipe", "inherit"]
    })
    return { name, child, next: lines(child), micros: [] as Array<number> }
  })
  for (let n = 0; n < rounds; n++) {
    for (const { child, micros, next } of running) {
      child.stdin?.write("\n")
      const { done, value } = await next.next()
      if (done === true) throw new Error("a case ended early")
      micros.push(Number(value))
    }
  }
  // Round by round, because the machine's own speed changes over a run.
  const base = running.find(({ name }) => name.startsWith("sdk") || name.endsWith("floor"))?.micros ?? []
  return running.map(({ micros, name }) => ({
    name,
    micros: median(micros),
    ratio: median(micros.map((micros, round) => micros / (base[round] ?? NaN)))
  }))
}

/** Milliseconds to import each of these lists of modules, in turns. */
const importing = (lists: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<number> => {
  const millis = lists.map((): Array<number> => [])
  for (let n = 0; n < 21; n++) {
    lists.forEach((names, list) => {
      millis[list]?.push(Number(execFileSync(process.execPath, ["imports.ts", ...names], { cwd: place })))
    })
  }
  return millis.map(median)
}

install()
const server = spawn(process.execPath, ["server.ts"], { cwd: place, stdio: ["ignore", "pipe", "inherit"] })
const port = String((await lines(server).next()).value)

const print = (
  title: string,
  rows: ReadonlyArray<{ readonly name: string; readonly micros: number; readonly ratio: number }>,
  unit: string
) => {
  console.log(`\n${title}`)
  for (const { micros, name, ratio } of rows) {
    console.log(`  ${name.padEnd(16)} ${micros.toFixed(1).padStart(8)} ${unit}   ${ratio.toFixed(2)}`)
  }
}

console.log(
  `node ${process.version} · loom: cache, single flight, retry, circuit, pricing, records in SQLite; traced: and a tracer and a JSON line to nowhere`
)
print("A call, not cached: CPU", await measure(["undici", "sdk", "ai-sdk", "loom", "loom, traced"], port), "µs")
print(
  "A call, answered from the full memory tier: CPU",
  await measure(["cached, floor", "cached", "cached, traced"], port),
  "µs"
)
print(
  "One of 1,000 that ask the same at once: CPU",
  await measure(["coalesced, floor", "coalesced", "coalesced, traced"], port),
  "µs"
)
print(
  "A streamed chunk: CPU",
  await measure(["sdk stream", "ai-sdk stream", "loom stream", "loom stream, traced"], port),
  "µs"
)
console.log("\nCalls that wait")
process.stdout.write(execFileSync(process.execPath, ["--expose-gc", "waiting.ts", port], { cwd: place }))
server.kill()

console.log("\nA warm key: CPU")
process.stdout.write(execFileSync(process.execPath, ["keys.ts"], { cwd: place }))

console.log("\nThe call log")
process.stdout.write(execFileSync(process.execPath, ["log.ts"], { cwd: place }))

/** What a file of the package imports of effect, itself and through the package's own files. */
const effectIn = (file: string, seen = new Set<string>()): ReadonlyArray<string> => {
  if (seen.has(file)) return []
  seen.add(file)
  const imports = readFileSync(file, "utf8").matchAll(/^(?:import|export) [^"]*"([^"]+)";?$/gm)
  return [
    ...new Set(
      Array.from(imports, ([, from = ""]) => from).flatMap((from) =>
        from.startsWith(".") ? effectIn(join(dirname(file), from), seen) : from.startsWith("effect") ? [from] : []
      )
    )
  ]
}

console.log("\nImports")
const [own = NaN, same = NaN, others = NaN] = importing([
  ["loom-router"],
  effectIn(join(place, "node_modules/loom-router/dist/index.js")),
  ["ai", "@ai-sdk/openai"]
])
console.log(`  loom-router                    ${own.toFixed(0).padStart(4)} ms`)
console.log(`  the same effect modules alone  ${same.toFixed(0).padStart(4)} ms   ${(own / same).toFixed(2)}`)
console.log(`  ai and one provider            ${others.toFixed(0).padStart(4)} ms   ${(own / others).toFixed(2)}`)

printWeight()
rmSync(place, { recursive: true, force: true })
