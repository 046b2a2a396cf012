/**
 * Checks catalog/*.yaml and writes src/internal/catalog.ts: `npm run catalog`, with `--check` only to compare.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import type * as Model from "../Model.ts"
import { type CatalogFile, read } from "./catalogFile.ts"
import type { Equivalents } from "./equivalents.ts"
import * as EquivalentsFile from "./equivalentsFile.ts"
import type { Problem } from "./yamlFile.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { message: Schema.String }) {}

/** The text of src/internal/catalog.ts. */
export const print = (files: ReadonlyArray<CatalogFile>, equivalents: Equivalents): string =>
  [
    "// Made by `npm run catalog` from catalog/*.yaml. Do not edit.",
    `import type { CatalogFile } from "./catalogFile.ts"`,
    `import type { Equivalents } from "./equivalents.ts"`,
    "",
    "export interface ModelIds {",
    ...files.map(({ models, provider }) => {
      const ids = models.flatMap(idsOf).map((id) => `    | ${JSON.stringify(id)}`)
      return `  readonly ${JSON.stringify(provider.key)}:\n${ids.length === 0 ? "    never" : ids.join("\n")}`
    }),
    "}",
    "",
    ...constant("files", "ReadonlyArray<CatalogFile>", [
      "[",
      files.map(({ models, provider }) => `{"provider":${JSON.stringify(provider)},"models":[\n${lines(models)}\n]}`)
        .join(",\n"),
      "]"
    ]),
    "",
    ...constant("equivalents", "Equivalents", [
      `{"tiers":[`,
      lines(equivalents.tiers),
      `],"sameModels":[`,
      lines(equivalents.sameModels),
      "]}"
    ]),
    ""
  ].join("\n")

const lines = (values: ReadonlyArray<unknown>): string => values.map((value) => JSON.stringify(value)).join(",\n")

/** As JSON in a string, which an import passes over faster than over objects, and a first call reads faster too. */
const constant = (name: string, type: string, json: ReadonlyArray<string>): ReadonlyArray<string> => [
  "// oxlint-disable-next-line typescript/no-unsafe-return -- it was checked when it was written",
  `export const ${name} = (): ${type} => JSON.parse(\`${json.join("\n").replace(/[\\`]|\$\{/g, "\\$&")}\`)`
]

const idsOf = (model: Model.Entry): ReadonlyArray<string> =>
  model.status === "retired" || model.modality === "embedding"
    ? []
    : [model.id, ...model.aliases ?? [], ...model.snapshots ?? []]

const problemsOf = <A>(result: Result.Result<A, ReadonlyArray<Problem>>) =>
  Result.isFailure(result) ? result.failure : []

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { args } = yield* Stdio.Stdio
  const root = path.resolve(import.meta.dirname, "../..")
  const readAs = <A>(
    name: string,
    read: (text: string, path: string) => Result.Result<A, ReadonlyArray<Problem>>
  ) => Effect.map(fs.readFileString(path.join(root, "catalog", name)), (text) => read(text, `catalog/${name}`))
  const names = (yield* fs.readDirectory(path.join(root, "catalog"))).filter((name) =>
    name.endsWith(".yaml") && name !== "equivalents.yaml"
  ).sort()
  const results = yield* Effect.forEach(names, (name) => readAs(name, read))
  const equivalents = yield* readAs("equivalents.yaml", EquivalentsFile.read)
  const problems = [...results.flatMap(problemsOf), ...problemsOf(equivalents)]
  if (problems.length > 0 || Result.isFailure(equivalents)) {
    return yield* new Refused({ message: problems.map(({ path, problem }) => `${path}: ${problem}`).join("\n") })
  }
  const text = print(results.flatMap((result) => Result.isSuccess(result) ? [result.success] : []), equivalents.success)
  const target = path.join(root, "src/internal/catalog.ts")
  if (!(yield* args).includes("--check")) {
    yield* fs.writeFileString(target, text)
    return yield* Console.log(`${target}: ${names.length + 1} files`)
  }
  if ((yield* fs.readFileString(target)) !== text) {
    return yield* new Refused({ message: "src/internal/catalog.ts is stale: run `npm run catalog`" })
  }
})

if (import.meta.main) NodeRuntime.runMain(Effect.provide(program, NodeServices.layer))
