import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { parseAst } from "rolldown/parseAst"

const root = resolve(import.meta.dirname, "..")

const topLevel = new Set([
  "AGENTS.md",
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "catalog",
  "package-lock.json",
  "package.json",
  "scratchpad",
  "src",
  "test",
  "tsconfig.json",
  "vitest.config.ts"
])

const folders = new Set(["cli", "dashboard", "internal", "providers", "sandbox", "secrets", "storage", "telemetry"])

/** Tested through another module: a file, or a whole folder, and the test that sees it at work. */
const testedThrough: Readonly<Record<string, string>> = {
  "Call.ts": "Attempt.test.ts",
  "cli/": "cli/",
  "dashboard/": "dashboard/Dashboard.test.ts",
  "Figures.ts": "Stats.test.ts",
  "index.ts": "docs.test.ts",
  "internal/adapter.ts": "providers/contract.ts",
  "internal/aiErrors.ts": "EffectAi.test.ts",
  "internal/aiGenerator.ts": "EffectAi.test.ts",
  "internal/aiObject.ts": "EffectAi.test.ts",
  "internal/aiParts.ts": "EffectAi.test.ts",
  "internal/baseUrl.ts": "providers/contract.ts",
  "internal/batchDoor.ts": "Batch.test.ts",
  "internal/batchDrive.ts": "Batch.test.ts",
  "internal/batchFigures.ts": "storage/batchSums.test.ts",
  "internal/batchFile.ts": "Batch.test.ts",
  "internal/batchId.ts": "Batch.test.ts",
  "internal/batchIntake.ts": "Batch.test.ts",
  "internal/batchOwner.ts": "Batch.test.ts",
  "internal/batchRows.ts": "Batch.test.ts",
  "internal/batches.ts": "Batch.test.ts",
  "internal/batching.ts": "Batching.test.ts",
  "internal/captured.ts": "providers/contract.ts",
  "internal/catalog.ts": "CatalogData.test.ts",
  "internal/catalogFile.ts": "Catalog.test.ts",
  "internal/configFile.ts": "LoomConfig.test.ts",
  "internal/configOptions.ts": "LoomConfig.test.ts",
  "internal/configOutside.ts": "LoomConfig.test.ts",
  "internal/configSearch.ts": "LoomConfig.test.ts",
  "internal/deadline.ts": "Loom.test.ts",
  "internal/dialect.ts": "providers/contract.ts",
  "internal/distance.ts": "Catalog.test.ts",
  "internal/durationText.ts": "LoomConfig.test.ts",
  "internal/engine.ts": "Loom.test.ts",
  "internal/environment.ts": "Loom.test.ts",
  "internal/exchange.ts": "providers/contract.ts",
  "internal/failures.ts": "Transport.test.ts",
  "internal/fanOut.ts": "providers/imageContract.ts",
  "internal/framing.ts": "providers/contract.ts",
  "internal/generationFields.ts": "Generation.test.ts",
  "internal/grpc.ts": "Batch.test.ts",
  "internal/histogram.ts": "storage/Histogram.test.ts",
  "internal/imageAnswer.ts": "providers/imageContract.ts",
  "internal/imageAsked.ts": "providers/imageContract.ts",
  "internal/imageLinks.ts": "providers/imageContract.ts",
  "internal/imageSize.ts": "internal/imageOptions.test.ts",
  "internal/json.ts": "providers/contract.ts",
  "internal/keyLike.ts": "LoomConfig.test.ts",
  "internal/keys.ts": "providers/contract.ts",
  "internal/lane.ts": "Limits.test.ts",
  "internal/message.ts": "Transport.test.ts",
  "internal/meter.ts": "Attempt.test.ts",
  "internal/modalities.ts": "providers/imageContract.ts",
  "internal/params.ts": "GenerateOptions.test.ts",
  "internal/parts.ts": "Generation.test.ts",
  "internal/precompile.ts": "CatalogData.test.ts",
  "internal/problems.ts": "Catalog.test.ts",
  "internal/progress.ts": "providers/imageContract.ts",
  "internal/promptPrefix.ts": "PromptCache.test.ts",
  "internal/prompts.ts": "providers/contract.ts",
  "internal/rates.ts": "Limits.test.ts",
  "internal/refused.ts": "providers/contract.ts",
  "internal/replies.ts": "providers/contract.ts",
  "internal/reply.ts": "Transport.test.ts",
  "internal/requestView.ts": "Stats.test.ts",
  "internal/routes.ts": "Router.test.ts",
  "internal/secretChain.ts": "Secrets.test.ts",
  "internal/secretFile.ts": "secrets/KeyFile.test.ts",
  "internal/secretHttp.ts": "secrets/contract.ts",
  "internal/secretOrigins.ts": "Secrets.test.ts",
  "internal/webSearch.ts": "providers/contract.ts",
  "internal/worstCost.ts": "Ledger.test.ts",
  "internal/written.ts": "EffectAi.test.ts",
  "internal/yamlFile.ts": "Catalog.test.ts",
  "providers/anthropic/": "providers/Anthropic.test.ts",
  "providers/bedrock/": "providers/Bedrock.test.ts",
  "providers/bytedance/": "providers/ByteDance.test.ts",
  "providers/cohere/": "providers/Cohere.test.ts",
  "providers/gemini/": "providers/Gemini.test.ts",
  "providers/minimax/": "providers/Minimax.test.ts",
  "providers/hunyuan/": "providers/Hunyuan.test.ts",
  "providers/mistral/": "providers/Mistral.test.ts",
  "providers/openai/": "providers/OpenAi.test.ts",
  "providers/together/": "providers/Together.test.ts",
  "providers/xai/": "providers/Xai.test.ts",
  "providers/zai/": "providers/Zai.test.ts",
  "SecretBackend.ts": "Secrets.test.ts",
  "sandbox/": "sandbox/Sandbox.test.ts",
  "storage/": "storage/"
}

/** Tests of something other than one module, and what tests share. */
const unmirrored = [
  /^e2e\//,
  /^faults\//,
  /^(cli|sandbox|storage)\//,
  /^dashboard\/[a-z]\w*\.ts$/,
  /^providers\/([a-z]\w*|(days|loaded|registry|table|\w+Bill)\.test)\.ts$/,
  /^providers\/([a-z]\w*|(loaded|table|\w+Bill|\w+Images)\.test)\.ts$/,
  /^(secrets|telemetry)\/[a-z]\w*\.ts$/,
  /^(docs|errors|layout|CatalogData)\.test\.ts$/,
  /^(api|documents|listening|scripted|setup)\.ts$/
]

const vocabulary = new Set([
  "Attempt",
  "BatchEndpoint",
  "Call",
  "Catalog",
  "Cost",
  "GenerateError",
  "Generation",
  "Model",
  "Price",
  "Request",
  "RetryPolicy",
  "Saved",
  "Telemetry",
  "Usage"
])

interface Import {
  readonly from: string
  /** A file under src, or the name of a package. */
  readonly to: string
  readonly kind: "static" | "dynamic" | "type"
}

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

const filesIn = (folder: string, suffix: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => relative(join(root, folder), join(entry.parentPath, entry.name)))
    .sort()

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"

const walk = (node: Node, visit: (node: Node) => void): void => {
  visit(node)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit)
  }
}

const isTypeOnly = (node: Node): boolean => {
  if (node.importKind === "type" || node.exportKind === "type") return true
  const specifiers = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : []
  return specifiers.length > 0 &&
    specifiers.every(({ exportKind, importKind }) => importKind === "type" || exportKind === "type")
}

const isTypes = (node: Node): boolean =>
  /^TS(Interface|TypeAlias)Declaration$/.test(node.type) || (node.type === "ExportNamedDeclaration" && isTypeOnly(node))

const read = (file: string) => {
  const imports: Array<Import> = []
  const found = { any: 0, defaultExport: false, runs: false }
  const add = (source: unknown, kind: Import["kind"]) => {
    if (!isNode(source) || typeof source.value !== "string") return
    const to = source.value.startsWith(".")
      ? relative(join(root, "src"), resolve(root, "src", dirname(file), source.value))
      : source.value
    imports.push({ from: file, to, kind })
  }
  const program: unknown = parseAst(readFileSync(join(root, "src", file), "utf8"), { lang: "ts" })
  if (!isNode(program)) throw new Error(`${file} can't be parsed`)
  const statements = Array.isArray(program.body) ? program.body.filter(isNode) : []
  found.runs = statements.some((node) => node.type !== "ImportDeclaration" && !isTypes(node))
  walk(program, (node) => {
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportAllDeclaration":
        return add(node.source, isTypeOnly(node) ? "type" : "static")
      case "ExportNamedDeclaration":
        return add(node.source, isTypeOnly(node) ? "type" : "static")
      case "ImportExpression":
        return add(node.source, "dynamic")
      case "ExportDefaultDeclaration":
        found.defaultExport = true
        return
      case "TSAnyKeyword":
        found.any++
        return
    }
  })
  return { file, imports, ...found }
}

const modules = filesIn("src", ".ts").map(read)
const imports = modules.flatMap((module) => module.imports)
const nameOf = (file: string) => file.replace(/\.ts$/, "")
const isVocabulary = (file: string) => vocabulary.has(nameOf(file))
const isForProviders = (file: string) =>
  (isVocabulary(file) && file !== "RetryPolicy.ts" && file !== "Telemetry.ts") || file === "Generator.ts" ||
  file === "Transport.ts"
const isCore = (file: string) => !file.includes("/")
const inFolder = (file: string, ...names: ReadonlyArray<string>) => names.some((name) => file.startsWith(`${name}/`))
const show = ({ from, kind, to }: Import) => `src/${from} imports ${to}${kind === "static" ? "" : ` (${kind})`}`

const forbids = (imports: ReadonlyArray<Import>) => assert.deepStrictEqual(imports.map(show), [])

describe("layout", () => {
  it("has the agreed top level", () => {
    const ignored = new Set(["node_modules", "dist", "coverage"])
    const names = readdirSync(root).filter((name) =>
      !name.startsWith(".") && !ignored.has(name) && !/\.(tgz|log)$|\.sqlite/.test(name)
    )
    assert.deepStrictEqual(names.filter((name) => !topLevel.has(name)), [])
    assert.deepStrictEqual([...topLevel].filter((name) => !existsSync(join(root, name))), [])
  })

  it("has the agreed folders in src, and names modules by what they are", () => {
    const entries = readdirSync(join(root, "src"), { withFileTypes: true })
    const unknown = entries.filter((entry) =>
      entry.isDirectory() ? !folders.has(entry.name) : !/^(([A-Z][A-Za-z0-9]*|index)\.ts|[A-Z]+\.md)$/.test(entry.name)
    )
    assert.deepStrictEqual(unknown.map(({ name }) => name), [])
    assert.deepStrictEqual(filesIn("src/internal", ".ts").filter((name) => !/^[a-z][A-Za-z0-9]*\.ts$/.test(name)), [])
  })

  it("has a test for each module at the same path, or says which test sees it", () => {
    const untested = modules.flatMap(({ file, runs }) => {
      const through = testedThrough[file] ??
        Object.entries(testedThrough).find(([path]) => path.endsWith("/") && file.startsWith(path))?.[1]
      const tests = [`${nameOf(file)}.test.ts`, ...(through === undefined ? [] : [through])]
      return !runs || tests.some((test) => existsSync(join(root, "test", test))) ? [] : [`src/${file}`]
    })
    assert.deepStrictEqual(untested, [])
  })

  it("has tests of types for each module that is imported by name", () => {
    const barrel = readFileSync(join(root, "src/index.ts"), "utf8")
    const modules = [...barrel.matchAll(/^export \* as (\w+)/gm)].map(([, name = ""]) => name)
    const entries = ["EffectAi", "dashboard/Dashboard", "sandbox/Sandbox"]
    const untyped = [...modules, ...entries].filter((name) => !existsSync(join(root, "test", `${name}.test-d.ts`)))
    assert.isAbove(modules.length, 30)
    assert.deepStrictEqual(untyped, [])
  })

  it("lists no exception that isn't one", () => {
    const idle = Object.keys(testedThrough).filter((path) =>
      !existsSync(join(root, "src", path)) || existsSync(join(root, "test", `${nameOf(path)}.test.ts`))
    )
    assert.deepStrictEqual(idle, [])
  })

  it("has no test without its module", () => {
    const orphans = filesIn("test", ".ts").filter((test) =>
      !unmirrored.some((pattern) => pattern.test(test)) &&
      !existsSync(join(root, "src", test.replace(/\.test(-d)?\.ts$/, ".ts")))
    )
    assert.deepStrictEqual(orphans, [])
  })

  it("exports by name only, and says what everything is", () => {
    assert.deepStrictEqual(modules.filter(({ defaultExport }) => defaultExport).map(({ file }) => file), [])
    assert.deepStrictEqual(modules.filter(({ any }) => any > 0).map(({ file }) => file), [])
  })
})

describe("imports", () => {
  it("of the vocabulary are vocabulary", () => {
    const isOther = (file: string) => isCore(file) && !isVocabulary(file)
    forbids(
      imports.filter(({ from, kind, to }) => isVocabulary(from) && kind !== "type" && to.endsWith(".ts") && isOther(to))
    )
  })

  it("of the core name providers by type only, load them in Providers, and never the CLI or the sandbox", () => {
    forbids(imports.filter(({ from, kind, to }) =>
      (isCore(from) || inFolder(from, "internal")) && (
        inFolder(to, "cli", "sandbox") ||
        (inFolder(to, "providers") && kind !== "type" && !(kind === "dynamic" && from === "Providers.ts"))
      )
    ))
  })

  it("of a provider are the vocabulary, Generator, Transport and what is internal", () => {
    const vendor = (file: string) => nameOf(file).split("/")[1]?.toLowerCase()
    const generic = new Set([
      "providers/OpenAiCompatible.ts",
      "providers/openai/ResponsesVendor.ts",
      "providers/anthropic/MessagesVendor.ts"
    ])
    forbids(
      imports.filter(({ from, to }) =>
        inFolder(from, "providers") && to.endsWith(".ts") && !inFolder(to, "internal") &&
        !(isCore(to) ? isForProviders(to) : inFolder(to, "providers") && vendor(from) === vendor(to)) &&
        // The generic adapters are no vendors: they speak OpenAI's protocols for whoever does.
        !generic.has(to) && !(generic.has(from) && inFolder(to, "providers/openai")) &&
        // Azure serves OpenAI's own models, by OpenAI's own protocols.
        !(from === "providers/Azure.ts" && to === "providers/OpenAi.ts")
      )
    )
  })

  it("of a place of secrets are SecretBackend, Transport, paths and what is internal", () => {
    const isForSecrets = (file: string) =>
      file === "SecretBackend.ts" || file === "Transport.ts" || file === "storage/paths.ts" ||
      inFolder(file, "internal")
    forbids(imports.filter(({ from, to }) => inFolder(from, "secrets") && to.endsWith(".ts") && !isForSecrets(to)))
  })

  it("of an exporter are the vocabulary and Transport", () => {
    const isForExporters = (file: string) =>
      isVocabulary(file) || file === "Transport.ts" || inFolder(file, "telemetry")
    forbids(
      imports.filter(({ from, kind, to }) =>
        inFolder(from, "telemetry") && kind !== "type" && to.endsWith(".ts") && !isForExporters(to)
      )
    )
  })

  it("of the core load no exporter", () => {
    forbids(
      imports.filter(({ from, kind, to }) =>
        (isCore(from) || inFolder(from, "internal", "storage")) && kind === "static" && inFolder(to, "telemetry")
      )
    )
  })

  it("of the sandbox are its own", () => {
    forbids(
      imports.filter(({ from, to }) => inFolder(from, "sandbox") && to.endsWith(".ts") && !inFolder(to, "sandbox"))
    )
  })

  it("of the page are its own, types of the figures, and how the command line writes them", () => {
    forbids(
      imports.filter(({ from, kind, to }) =>
        inFolder(from, "dashboard/web") && kind !== "type" && to.endsWith(".ts") && !inFolder(to, "dashboard/web") &&
        to !== "cli/Format.ts"
      )
    )
  })

  it("of Loom and the barrel are in the CLI, the dashboard and the bridge to effect/ai", () => {
    forbids(
      imports.filter(({ from, kind, to }) =>
        (to === "Loom.ts" || to === "index.ts") && kind !== "type" && from !== "index.ts" &&
        // It puts an engine over another.
        from !== "Batching.ts" && !(to === "Loom.ts" && from === "EffectAi.ts") && !inFolder(from, "cli", "dashboard")
      )
    )
  })

  it("of the bridge to effect/ai are its own", () => {
    const isBridge = (file: string) => file === "EffectAi.ts" || /^internal\/ai[A-Z]/.test(file)
    forbids(imports.filter(({ from, kind, to }) => isBridge(to) && kind !== "type" && !isBridge(from)))
  })

  it("of undici and Node's sockets are in Transport, the sandbox and the CLI", () => {
    forbids(
      imports.filter(({ from, kind, to }) =>
        /^(undici|(node:)?(http|https|http2|net|tls|dgram))$/.test(to) && kind !== "type" && from !== "Transport.ts" &&
        !inFolder(from, "sandbox", "cli")
      )
    )
  })

  // The clients of AWS and Google bring a transport of their own: signing, and the search for credentials, belong to them.
  it("of an SDK are its provider's or its place of secrets', on first use", () => {
    const isOwn = (to: string) => to.endsWith(".ts") || /^(effect(\/|$)|node:)/.test(to)
    forbids(
      imports.filter(({ from, kind, to }) =>
        !isOwn(to) && kind !== "type" && !inFolder(from, "cli", "dashboard/web") && from !== "internal/precompile.ts" &&
        !(kind === "dynamic" && (inFolder(from, "providers", "secrets") || to === "undici"))
      )
    )
  })
})
