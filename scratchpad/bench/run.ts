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
import { print, type Row, told } from "./rows.ts"

const root = join(import.meta.dirname, "../..")
const place = mkdtempSync(join(tmpdir(), "loom-bench-"))
const rounds = Number(process.argv[2] ?? 61)

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
  for (
    const name of ["server.ts", "cases.ts", "imports.ts", "keys.ts", "log.ts", "memory.ts", "rows.ts", "waiting.ts"]
  ) {
    cpSync(join(import.meta.dirname, name), join(place, name))
  }
}

/** MB that a package takes in a folder of modules, with everything under it. */
const weightOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .reduce((sum, entry) => entry.isFile() ? sum + statSync(join(entry.parentPath, entry.name)).size : sum, 0) / 1e6

/** What `npm install loom-router effect` brings, with and without the clients of secret managers. */
const weights = (): ReadonlyArray<Row> => {
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
  return [
    { name: "all", value: weigh([]), unit: "MB" },
    { name: "no managers", value: weigh(managers), unit: "MB" }
  ]
}

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

const lines = (child: ChildProcess) => createInterface({ input: child.stdout! })[Symbol.asyncIterator]()

/** In turns; the budgets are of the ratios to the first one that is a floor or the SDK. */
const measure = async (budgets: Readonly<Record<string, number | undefined>>, port: string) => {
  const names = Object.keys(budgets)
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
  return running.map(({ micros, name }): Row => ({
    name,
    value: median(micros),
    unit: "µs",
    ratio: median(micros.map((micros, round) => micros / (base[round] ?? NaN))),
    atMost: budgets[name]
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

/** Milliseconds that each of these commands takes from its start to its end, in turns. */
const starting = (commands: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<number> => {
  const millis = commands.map((): Array<number> => [])
  for (let n = 0; n < 21; n++) {
    commands.forEach((args, command) => {
      const began = performance.now()
      execFileSync(process.execPath, args, { cwd: place, stdio: "ignore" })
      millis[command]?.push(performance.now() - began)
    })
  }
  return millis.map(median)
}

install()
const server = spawn(process.execPath, ["server.ts"], { cwd: place, stdio: ["ignore", "pipe", "inherit"] })
const port = String((await lines(server).next()).value)

/** What a script of its own tells. */
const telling = (...args: ReadonlyArray<string>): ReadonlyArray<Row> =>
  told(execFileSync(process.execPath, args, { cwd: place, encoding: "utf8" }))

const free = undefined
const missed: Array<string> = []
const show = (title: string, rows: ReadonlyArray<Row>) => void missed.push(...print(title, rows))

console.log(
  `node ${process.version} · loom: cache, single flight, retry, circuit, pricing, records in SQLite; traced: and a tracer and a JSON line to nowhere`
)
show(
  "A call, not cached: CPU",
  await measure({ "undici": free, "sdk": free, "ai-sdk": free, "loom": 0.7, "loom, traced": 0.85 }, port)
)
show(
  "A call, answered from the full memory tier: CPU",
  await measure({ "cached, floor": free, "cached": 3, "cached, traced": free }, port)
)
show(
  "One of 1,000 that ask the same at once: CPU",
  await measure({ "coalesced, floor": free, "coalesced": 3.2, "coalesced, traced": free }, port)
)
show(
  "A streamed chunk: CPU",
  await measure({ "sdk stream": free, "ai-sdk stream": free, "loom stream": 0.55, "loom stream, traced": free }, port)
)
show("Calls that wait", telling("--expose-gc", "waiting.ts", port))
show("Memory", telling("--expose-gc", "memory.ts", port))
server.kill()
show("A warm key: CPU", telling("keys.ts"))
show("The call log", telling("log.ts"))

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

const [own = NaN, same = NaN, others = NaN] = importing([
  ["loom-router"],
  effectIn(join(place, "node_modules/loom-router/dist/index.js")),
  ["ai", "@ai-sdk/openai"]
])
show("Imports", [
  { name: "loom-router", value: own, unit: "ms" },
  { name: "the same effect modules alone", value: same, unit: "ms", ratio: own / same, atMost: 1.15 },
  // Effect's modules alone stand at 1.3 of it: what Loom adds to them is what has a budget.
  { name: "ai and one provider", value: others, unit: "ms", ratio: own / others }
])

const [bare = NaN, version = NaN] = starting([["-e", "0"], ["node_modules/loom-router/dist/cli/loom.js", "--version"]])
show("The command", [
  { name: "bare node", value: bare, unit: "ms" },
  { name: "loom --version, over that", value: version - bare, unit: "ms", atMost: 130 }
])

show("Installed, with effect", weights())
rmSync(place, { recursive: true, force: true })
for (const name of missed) console.log(`${name === missed[0] ? "\n" : ""}MISSED: ${name}`)
process.exit(missed.length > 0 ? 1 : 0)
