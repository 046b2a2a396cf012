/**
 * What Loom saves in a month: `npm run bench:savings -- --seed 1 --days 30 --calls 300` (a day).
 *
 * The workload is `savings.json`, the vendors are the sandbox, and both of their clocks are set from call to call. It is
 * run as the baseline, with each mechanism alone, and with all of them. It ends with 1 where what Loom says it saved isn't
 * the difference of the sandbox's two bills, to 1e-12 USD. What it saved is judged by nobody: it is printed beside what
 * such mechanisms are said to save.
 */
import { fork } from "node:child_process"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { type Mechanisms, misfits, type Month, sumOf } from "./savings/month.ts"
import type { Order, Told } from "./savings/worker.ts"
import * as Workload from "./savings/workload.ts"

const workload = Workload.read()

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    days: { type: "string", default: String(workload.days) },
    calls: { type: "string", default: String(workload.callsADay) }
  }
})
const size = { seed: Number(values.seed), days: Number(values.days), callsADay: Number(values.calls) }
const fits = ([value, least, most]: readonly [number, number, number]) =>
  Number.isInteger(value) && value >= least && value <= most
if (!([[size.seed, 0, 2 ** 31], [size.days, 1, 30], [size.callsADay, 20, 10_000]] as const).every(fits)) {
  console.error("--seed is a whole number, --days are 1 to 30, --calls are 20 to 10000 a day")
  process.exit(2)
}

const none: Mechanisms = { responseCache: false, promptCache: false, routing: false, batch: false }
const all: Mechanisms = { responseCache: true, promptCache: true, routing: true, batch: true }

const names = ["baseline", "together", "responseCache", "promptCache", "routing", "batch"] as const
type Name = typeof names[number]
const useOf = (name: Name): Mechanisms =>
  name === "baseline" ? none : name === "together" ? all : { ...none, [name]: true }

const days = new Map<Name, number>(names.map((name) => [name, 0]))
const workers = new Set<ReturnType<typeof fork>>()
let largest = 0

const month = (name: Name): Promise<readonly [Name, Month]> =>
  new Promise((resolve, reject) => {
    const worker = fork(join(import.meta.dirname, "savings", "worker.ts"), [], {
      execArgv: ["--conditions=loom-source"],
      serialization: "advanced"
    })
    workers.add(worker)
    worker.on("message", (message) => {
      const told = message as Told
      if (told._tag === "Days") {
        days.set(name, told.days)
        show()
        return
      }
      largest = Math.max(largest, told.megabytes)
      worker.disconnect()
      resolve([name, told.month])
    })
    worker.on("exit", (code) => {
      workers.delete(worker)
      reject(new Error(`${name}: its process ended with ${code}`))
    })
    const order: Order = { size, use: useOf(name) }
    worker.send(order)
  })

const began = performance.now()
let shown = 0
const show = () => {
  const done = [...days.values()].reduce((sum, days) => sum + days, 0)
  const now = performance.now()
  const isWhole = done === size.days * names.length
  if (!isWhole && now - shown < (process.stderr.isTTY ? 250 : 10_000)) return
  shown = now
  const line = `${((now - began) / 1000).toFixed(0).padStart(4)} s  ${done} of ${size.days * names.length} days: ${
    names.map((name) => `${name} ${days.get(name)}`).join(", ")
  }`
  process.stderr.write(process.stderr.isTTY ? `\r${line}${isWhole ? "\n" : ""}` : `${line}\n`)
}

process.once("SIGINT", () => {
  for (const worker of workers) worker.disconnect()
  process.exitCode = 130
  console.error("\ninterrupted: nothing is left behind")
  process.exit()
})

/** Two at once, for two cores. */
const left = [...names]
const months = new Map<Name, Month>()
const lane = async () => {
  for (let name = left.shift(); name !== undefined; name = left.shift()) months.set(...await month(name))
}
await Promise.all([lane(), lane()])
const seconds = (performance.now() - began) / 1000

const monthOf = (name: Name): Month => {
  const found = months.get(name)
  if (found === undefined) throw new Error(`${name} wasn't run`)
  return found
}
const baseline = monthOf("baseline")
const together = monthOf("together")

const usd = (pico: bigint) => (Number(pico) / 1e12).toFixed(4)
const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const part = (of: bigint, whole: bigint) => whole === 0n ? 0 : Number(of) / Number(whole)
const thousands = (n: number) => n.toLocaleString("en")

/** What the jobs of a kind cost in the baseline. */
const listOf = (isOne: (job: Workload.Job) => boolean): bigint =>
  Object.entries(workload.jobs).reduce(
    (sum, [name, job]) => sum + (isOne(job) ? baseline.jobs[name]?.spent ?? 0n : 0n),
    0n
  )

interface Claim {
  readonly name: Exclude<Name, "baseline" | "together">
  readonly title: string
  readonly claimed: string
  readonly from: number
  readonly to: number
  /** What it says it is a share of. */
  readonly of: string
  readonly whole: bigint
  readonly savedOf: (month: Month) => bigint
}

const claims: ReadonlyArray<Claim> = [
  {
    name: "responseCache",
    title: "response cache, dedup",
    claimed: "20–60 %",
    from: 0.2,
    to: 0.6,
    of: "jobs with repeated questions",
    whole: listOf(({ repeated }) => repeated !== undefined),
    savedOf: ({ saved }) => saved.responseCache + saved.coalescing
  },
  {
    name: "promptCache",
    title: "prompt cache",
    claimed: "50–90 %",
    from: 0.5,
    to: 0.9,
    of: "the tokens read, writing included",
    whole: monthOf("promptCache").prompts.list,
    savedOf: ({ saved }) => saved.promptCache
  },
  {
    name: "routing",
    title: "smart routing",
    claimed: "50–80 %",
    from: 0.5,
    to: 0.8,
    of: "jobs with easy and hard calls",
    whole: listOf(({ small }) => small !== undefined),
    savedOf: ({ saved }) => saved.routing
  },
  {
    name: "batch",
    title: "batch",
    claimed: "~50 %",
    from: 0.45,
    to: 0.55,
    of: "jobs that nobody waits for",
    whole: listOf(({ batch }) => batch !== undefined),
    savedOf: ({ saved }) => saved.batch
  }
]

const row = (...cells: ReadonlyArray<string>) =>
  console.log(
    `  ${
      cells.map((cell, n) =>
        n === 0 ? cell.padEnd(23) : n === 3 ? cell.padEnd(43) : cell.padStart([0, 11, 13, 0, 9, 7, 9][n] ?? 0)
      )
        .join(" ").trimEnd()
    }`
  )

const verdict = (value: number, from: number, to = Infinity) => value >= from && value <= to ? "hit" : "MISSED"

console.log(`
Simulated: ${
  thousands(baseline.calls)
} calls in ${size.days} days, seed ${size.seed}, as scratchpad/bench/savings.json has them and says why. The sandbox's
answers go by the prompt alone, so that a question has as many tokens whichever model of its vendor is asked, and no
cache of prompts is kept for the baseline: it is each call at list price, on the model that is declared.

  baseline: $${usd(baseline.bill)} by the sandbox's bill, ${thousands(baseline.requests)} requests, ${
  baseline.seconds.toFixed(0)
} s
`)
row("each alone", "saved USD", "of baseline", "  of what it is for", "said to be", "", "requests")
for (const { claimed, from, name, of, savedOf, title, to, whole } of claims) {
  const alone = monthOf(name)
  const own = part(savedOf(alone), whole)
  row(
    title,
    usd(savedOf(alone)),
    percent(part(savedOf(alone), baseline.bill)),
    `${percent(own).padStart(8)} of ${of}`,
    claimed,
    verdict(own, from, to),
    thousands(alone.requests)
  )
}

const { list, premium, read, tokens } = monthOf("promptCache").prompts
const automatic = Object.entries(workload.jobs).reduce(
  (sum, [name, { model }]) => sum + (model.startsWith("openai/") ? monthOf("promptCache").jobs[name]?.saved ?? 0n : 0n),
  0n
)
console.log(`
  ${thousands(tokens)} tokens were read from vendors' caches at ${percent(1 - part(read, list))} off, and $${
  usd(premium)
} more was paid to write them.
  $${usd(automatic)} of it is OpenAI's doing, whose cache needs no asking.
`)

row("all together", "saved USD", "of baseline", "", "said to be", "", "requests")
for (const { savedOf, title } of claims) {
  row(title, usd(savedOf(together)), percent(part(savedOf(together), baseline.bill)))
}
const share = part(sumOf(together.saved), baseline.bill)
row(
  "all",
  usd(sumOf(together.saved)),
  `−${percent(share)}`,
  "",
  "−58.4 %",
  verdict(share, 0.584),
  thousands(together.requests)
)
console.log(`
  $${usd(together.bill)} in place of $${usd(baseline.bill)}; ${thousands(together.hits)} answers from the cache, ${
  thousands(together.coalesced)
} shared, ${thousands(together.rejected)} of the small
  model's turned down. Routing is measured by list prices, less what answers that were turned down have cost.
`)

let isWhole = true
for (const [name, month] of months) {
  const found = misfits(baseline, month)
  if (found.length === 0) continue
  isWhole = false
  for (const misfit of found) console.log(`  NOT THE SAME, ${name}: ${misfit}`)
}
if (isWhole) {
  console.log(
    `  In all ${months.size} runs, what the records, the ledger and the call log (the dashboard's 30 days) say was saved is the
  difference of the sandbox's two bills, to 1e-12 USD: ${baseline.bill} − ${together.bill} = ${sumOf(together.saved)}.`
  )
}
console.log(`  ${seconds.toFixed(0)} s, at most ${largest.toFixed(0)} MB a process.`)
process.exitCode = isWhole ? 0 : 1
