/**
 * Which vendor can what, as the contracts' records and a few calls of the sandbox tell it: the part of
 * `src/providers/README.md`, and of the front page, between the marks.
 *
 * `npm run vendors` writes it anew, `table.test.ts` holds it to the code.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { Catalog, Generator, Loom, Transport } from "loom-router"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import type { Vendor } from "./contract.ts"
import type { ImageVendor } from "./imageContract.ts"
import { recorded, recordedImages } from "./recorded.ts"
import { type Box, inWorld } from "./world.ts"

const root = resolve(import.meta.dirname, "../..")
const records = await recorded()
const recordsOfImages = await recordedImages()
const adapters = join(root, "src/providers")
const readme = join(adapters, "README.md")

/** The packages that an adapter loads. */
const clientsOf = (module: string, seen = new Set<string>()): ReadonlyArray<string> => {
  if (seen.has(module)) return []
  seen.add(module)
  const text = readFileSync(module, "utf8")
  const own = [...text.matchAll(/import\("((?:@[^/"]+\/)?[^./"][^/"]*)/g)].map(([, name = ""]) => name)
  const further = [...text.matchAll(/^(?:import|export)(?! type)[^"]*?from "(\.[^"]+)"/gm)]
    .map(([, path = ""]) => resolve(dirname(module), path))
    .filter((path) => path.startsWith(`${adapters}/`))
  return [...new Set([...own, ...further.flatMap((path) => clientsOf(path, seen))])]
}

/** Where an adapter's own words say that its facts were read. */
const sourcesOf = (module: string): ReadonlyArray<string> => {
  const folder = module.replace(/(\w+)\.ts$/, (_, name: string) => name.toLowerCase())
  const read = (file: string) => {
    const [, paragraph] = /Read (\d{4}-\d\d-\d\d[^]*?)\.?(?=\n \*\n|\n \*\/)/.exec(readFileSync(file, "utf8")) ?? []
    return paragraph === undefined ? [] : [paragraph.replaceAll(/\n \* ?/g, " ")]
  }
  const own = read(module)
  if (own.length > 0 || !existsSync(folder)) return own
  const all = readdirSync(folder).sort().flatMap((file) => read(join(folder, file)))
  return all.filter((text, index) => all.indexOf(text) === index)
}

const Answer = Schema.Struct({ goal: Schema.String })

const generatorOf = (vendor: Vendor, sandbox: Box) => {
  const [source] = Object.values(vendor.providers(sandbox))
  return source === undefined || Generator.isGenerator(source)
    ? Effect.succeed(source)
    : Effect.map(
      Layer.build(Layer.provide(source, Transport.layer())),
      (context) => Context.get(context, Generator.Generator)
    )
}

/** What the records don't say, seen on the wire. */
const observed = (vendor: Vendor) => {
  const model = `${vendor.key}/${vendor.models.text}` as const
  const tiers = ["flex", "priority", "auto", "standard"]
  return Effect.scoped(inWorld(
    {
      catalog: vendor.catalog,
      providers: vendor.providers,
      environment: { [vendor.apiKeyEnv]: "sk-test-0123456789abcd" },
      defaults: vendor.defaults
    },
    function*({ sandbox }) {
      const plain = yield* Loom.generate({ model, prompt: "Hello" })
      yield* Effect.exit(Loom.generateObject({ model, prompt: "A plan", schema: Answer }))
      const object = JSON.stringify((yield* sandbox.journal).at(-1)?.body)
      const told: Array<string> = []
      for (const serviceTier of tiers) {
        const before = (yield* sandbox.journal).length
        yield* Effect.exit(Loom.generate({ model, prompt: "Hello", serviceTier }))
        const sent = (yield* sandbox.journal).slice(before)
        if (JSON.stringify(sent.map(({ body, path }) => [body, path])).includes(`"${serviceTier}"`)) {
          told.push(serviceTier)
        }
      }
      const asked = { model: `${vendor.key}/${vendor.models.writes ?? vendor.models.text}` as const, prompt: "Hello" }
      const marked = yield* Effect.exit(Loom.generate({ ...asked, promptCache: { breakpoints: ["system"] } }))
      const breakpoints = marked._tag === "Success" && marked.value.warnings.length === 0
      const batch = yield* Effect.map(generatorOf(vendor, sandbox), (generator) => generator?.batch !== undefined)
      return { batch, breakpoints, cost: plain.cost.reportedUsd !== undefined, object, tiers: told }
    }
  ))
}

type Observed = Effect.Success<ReturnType<typeof observed>>

/** The names that wires have for a schema that an answer is held to; the first that is there. */
const dialects = [
  "responseJsonSchema",
  "responseSchema",
  "output_config",
  "outputConfig",
  "response_format",
  "\"format\":{\"type\":\"json_schema\"",
  "json_schema",
  "json_object"
]

const dialectOf = (body: string): string => {
  const name = dialects.find((one) => body.includes(one))
  if (name === "response_format") return body.includes("json_schema") ? "`json_schema`" : "`json_object`, told in words"
  if (name === undefined) return no
  return name.startsWith("\"format\"") ? "`text.format`" : `\`${name}\``
}

const yes = "✓"
const no = "–"
const mark = (can: boolean) => can ? yes : no

const cacheOf = ({ promptCache }: Vendor["can"], breakpoints: boolean): string => {
  if (promptCache === undefined) return no
  const { key, lasting, lifetimes } = promptCache
  const ttl = [...new Set([...lifetimes ?? [], ...Object.keys(lasting ?? {})])]
  const ways = [
    ...breakpoints ? ["breakpoints"] : [],
    ...key === undefined ? [] : ["key"],
    ...ttl.length === 0 ? [] : [`ttl ${ttl.join(", ")}`]
  ]
  return ways.length === 0 ? "by itself" : ways.join("; ")
}

const searchOf = ({ webSearch }: Vendor["can"]): string => {
  if (webSearch === undefined) return no
  if (webSearch === "untried") return `${yes} (not simulated)`
  return [yes, Object.keys(webSearch).map((name) => `\`${name}\``).join(", ")].filter((part) => part !== "").join(" ")
}

const thoughtsOf = ({ can, models }: Vendor): string =>
  models.reasoning === undefined ? no : can.thoughts === undefined ? "sent back, sealed" : "sent back"

interface Column {
  readonly title: string
  readonly cell: (vendor: Vendor, seen: Observed, module: string) => string
}

const columns: ReadonlyArray<Column> = [
  {
    title: "client",
    cell: (_, __, module) => clientsOf(module).map((name) => `\`${name}\``).join(", ") || "HTTP"
  },
  { title: "stream", cell: () => yes },
  { title: "tools", cell: ({ can }) => mark(can.tools !== false) },
  {
    title: "one call at a time",
    cell: ({ can }) => mark(can.tools !== false && can.parallelToolCalls !== false)
  },
  {
    title: "images",
    cell: ({ can }) => can.blind === true ? no : can.imageLinks === false ? "data" : "data, links"
  },
  { title: "PDF", cell: ({ can }) => can.pdf === "data and address" ? "data, links" : can.pdf ?? no },
  { title: "objects", cell: (_, { object }) => dialectOf(object) },
  { title: "thoughts", cell: thoughtsOf },
  {
    title: "sampling",
    cell: ({ can }) => mark(can.temperature !== undefined || can.topP !== undefined)
  },
  { title: "stop", cell: ({ can }) => mark(can.stop !== undefined) },
  { title: "seed", cell: ({ can }) => mark(can.seed !== undefined) },
  {
    title: "penalties",
    cell: ({ can }) => {
      const [presence, frequency] = [can.presencePenalty !== undefined, can.frequencyPenalty !== undefined]
      return presence && frequency ? yes : presence ? "presence" : frequency ? "frequency" : no
    }
  },
  { title: "service tier", cell: (_, { tiers }) => mark(tiers.length > 0) },
  { title: "prompt cache", cell: ({ can }, { breakpoints }) => cacheOf(can, breakpoints) },
  { title: "web search", cell: ({ can }) => searchOf(can) },
  { title: "cost told", cell: (_, { cost }) => mark(cost) },
  { title: "batch", cell: (_, { batch }) => mark(batch) }
]

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? []
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`
  const [head = [], ...rest] = rows.map(line)
  return [head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest].join("\n")
}

const nameOf = ({ key, title }: Vendor) => key === "newco" ? "any other" : title ?? key

const written = async (): Promise<string> => {
  const found = records
  const rows = await Promise.all(found.map(async ({ module, vendor }) => {
    const seen = await Effect.runPromise(observed(vendor))
    return { vendor, module, cells: columns.map(({ cell }) => cell(vendor, seen, module)) }
  }))
  rows.sort((a, b) => nameOf(a.vendor) < nameOf(b.vendor) ? -1 : 1)
  const facts = rows.flatMap(({ cells, module, vendor }) => {
    const lacks = columns.flatMap(({ title }, i) => cells[i] === no ? [title] : [])
    if (vendor.key === "newco" || lacks.length === 0) return []
    const sources = sourcesOf(module)
    if (sources.length === 0) throw new Error(`${module} doesn't say where its facts were read`)
    return [`- **${nameOf(vendor)}**, no ${lacks.join(", ")}. ${sources.map((read) => `Read ${read}.`).join(" ")}`]
  })
  return [
    table([
      ["vendor", ...columns.map(({ title }) => title)],
      ...rows.map(({ cells, vendor }) => [nameOf(vendor)].concat(cells))
    ]),
    "What has a – isn't among the facts of that vendor, or nothing in them lets Loom keep its word. Where they were read, and when:",
    facts.join("\n"),
    "Images:",
    writtenOfImages()
  ].join("\n\n")
}

/** A record tells all of it. */
const imageColumns: ReadonlyArray<{ readonly title: string; readonly cell: (vendor: ImageVendor) => string }> = [
  { title: "n", cell: ({ can }) => can.n },
  { title: "formats", cell: ({ formats }) => formats.length === 0 ? no : formats.join(", ") },
  { title: "quality", cell: ({ wire }) => mark(wire.quality !== undefined) },
  { title: "seed", cell: ({ wire }) => mark(wire.seed !== undefined) },
  { title: "negative prompt", cell: ({ wire }) => mark(wire.negativePrompt !== undefined) },
  {
    title: "pictures to start from",
    cell: ({ can }) => "unsupported" in can.edit ? no : can.givesLinks ? "data, links" : "data"
  },
  { title: "mask", cell: ({ can }) => mark(can.mask === true) },
  { title: "job", cell: ({ can }) => can.job === false ? no : can.job.cancel ? "can be cancelled" : "✓" },
  { title: "before it is finished", cell: ({ can }) => mark(can.partials) },
  { title: "moderation is billed", cell: ({ can: { moderation } }) => stageOf(moderation.input, moderation.output) }
]

const stageOf = (...stages: ReadonlyArray<string | object>): string => {
  const [input, output] = stages.map((stage) => typeof stage === "string" ? stage : no)
  return input === output ? String(input) : `asked ${input}, made ${output}`
}

const writtenOfImages = (): string => {
  const rows = recordsOfImages.toSorted((a, b) => (a.title ?? a.key) < (b.title ?? b.key) ? -1 : 1)
  return table([
    ["vendor", ...imageColumns.map(({ title }) => title)],
    ...rows.map((vendor) => [vendor.title ?? vendor.key].concat(imageColumns.map(({ cell }) => cell(vendor))))
  ])
}

const open = "<!-- made by test/providers/table.ts -->"
const close = "<!-- up to here -->"

/** A document with what is made between its marks. */
const withMade = (path: string, made: string): string => {
  const [before, rest = ""] = readFileSync(path, "utf8").split(open)
  return `${before}${open}\n\n${made}\n\n${close}${rest.slice(rest.indexOf(close) + close.length)}`
}

/** Whom Loom speaks to, for the front page. */
const named = (): string => {
  const labels = new Map(Catalog.providers(Catalog.bundled).map(({ key, label }) => [key, label]))
  const listed = (vendors: ReadonlyArray<{ readonly key: string }>) =>
    [...new Set(vendors.flatMap(({ key }) => key === "newco" ? [] : [labels.get(key) ?? key]))].sort().join(", ")
  return [`**Text**: ${listed(records.map(({ vendor }) => vendor))}.`, `**Images**: ${listed(recordsOfImages)}.`].join(
    "\n\n"
  )
}

const documents = {
  [readme]: withMade(readme, await written()),
  [join(root, "README.md")]: withMade(join(root, "README.md"), named())
}
if (process.argv.includes("--print")) process.stdout.write(JSON.stringify(documents))
else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, made] of Object.entries(documents)) writeFileSync(path, made)
}
