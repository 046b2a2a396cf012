/**
 * `loom config show`, `check` and `path`
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as LoomConfig from "../LoomConfig.ts"
import * as Paths from "../storage/paths.ts"
import * as Failure from "./Failure.ts"
import * as Flags from "./Flags.ts"
import { Output } from "./Output.ts"
import * as Settings from "./Settings.ts"
import * as Table from "./Table.ts"

const ways = {
  name: "named by --config",
  environment: "named by LOOM_CONFIG",
  project: "found",
  user: "the user's own"
} as const

const By = Schema.NullOr(Schema.Literals(["name", "environment", "project", "user"]))

/** What `loom config show --json` prints. */
export const ShowDocument = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  by: By,
  files: Schema.Array(Schema.String),
  settings: Schema.Record(Schema.String, Schema.Unknown),
  /** Who gets keys by these files alone, and where. */
  elsewhere: Schema.Array(Schema.Struct({ who: Schema.String, host: Schema.String }))
})

/** What `loom config check --json` prints. */
export const CheckDocument = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  ok: Schema.Boolean,
  files: Schema.Array(Schema.String),
  problems: Schema.Array(Schema.Struct({
    file: Schema.String,
    line: Schema.NullOr(Schema.Int),
    path: Schema.String,
    problem: Schema.String,
    fix: Schema.String
  }))
})

/** What `loom config path --json` prints. */
export const PathDocument = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  by: By,
  config: Schema.NullOr(Schema.String),
  models: Schema.Array(Schema.String),
  user: Schema.String,
  keys: Schema.String,
  calls: Schema.String,
  cache: Schema.String,
  batches: Schema.String,
  chat: Schema.String
})

const none = "there are no settings: loom.config.yaml is neither here nor above"

export const show = Effect.fnUntraced(function*(quiet: boolean) {
  const output = yield* Output
  const { elsewhere, files, found, settings } = yield* Settings.read
  if (output.json) {
    return yield* output.document(ShowDocument, {
      schemaVersion: 1,
      by: found?.by ?? null,
      files,
      settings,
      elsewhere
    })
  }
  const facts = factsIn(settings, "")
  if (facts.length > 0) yield* output.line(Table.sheet(facts, output.out))
  if (quiet) return
  yield* output.note(output.err.dim(found === undefined ? none : `${files.join(", ")} · ${ways[found.by]}`))
  for (const { host, who } of elsewhere) yield* output.note(`note: ${who} is sent keys at ${host}`)
})

/** `routes.cheap-first.order   cheapest` */
const factsIn = (value: unknown, path: string): ReadonlyArray<Table.Fact> => {
  if (typeof value !== "object" || value === null) return [[path, Failure.tame(String(value))]]
  const entries = Object.entries(value)
  const isList = Array.isArray(value)
  return entries.flatMap(([key, inner]) =>
    factsIn(inner, isList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`)
  )
}

export const check = Effect.fnUntraced(function*(quiet: boolean) {
  const output = yield* Output
  const path = Option.getOrUndefined(yield* Flags.Config)
  const { files, problems } = yield* Effect.match(LoomConfig.load({ path }), {
    onSuccess: ({ files }) => ({ files, problems: [] }),
    onFailure: ({ problems }) => ({ files: [...new Set(problems.map(({ file }) => file))], problems })
  })
  if (output.json) {
    yield* output.document(CheckDocument, {
      schemaVersion: 1,
      ok: problems.length === 0,
      files,
      problems: problems.map((one) => ({ ...one, line: one.line ?? null }))
    })
  } else if (problems.length === 0) {
    if (!quiet) yield* output.line(files.length === 0 ? none : `✓ ${files.join(", ")}`)
  } else if (!quiet) {
    yield* output.line(
      problems.map(({ file, fix, line, path, problem }) =>
        [
          `${output.out.red("✗")} ${file}${line === undefined ? "" : `:${line}`}: ${
            Failure.tame(path === "" ? problem : `${path}: ${problem}`)
          }`,
          `  ${output.out.dim("fix:")} ${Failure.tame(fix)}`
        ].join("\n")
      ).join("\n")
    )
  }
  if (problems.length > 0) return yield* Failure.told(Failure.exitCodes.usage)
})

export const paths = Effect.gen(function*() {
  const output = yield* Output
  const path = Option.getOrUndefined(yield* Flags.Config)
  const found = yield* Effect.mapError(LoomConfig.find({ path }), Settings.fromConfigError)
  // Where files are is told of settings that can't be used, too.
  const loaded = yield* Effect.option(Settings.read)
  const files = Option.match(loaded, { onNone: () => [found?.models ?? []].flat(), onSome: ({ files }) => files })
  const document = {
    schemaVersion: 1,
    by: found?.by ?? null,
    config: found?.config ?? null,
    models: files.filter((file) => file !== found?.config),
    user: yield* Paths.config,
    keys: yield* Paths.keys,
    calls: yield* Effect.catch(Settings.callLogPath, () => Paths.callLog),
    cache: yield* Effect.catch(Settings.cachePath, () => Paths.cache),
    batches: yield* Effect.catch(Settings.batchesPath, () => Paths.batches),
    chat: yield* Paths.chat
  } as const
  if (output.json) return yield* output.document(PathDocument, document)
  yield* output.line(Table.sheet([
    ["config", found?.config === undefined ? "—" : `${found.config}  (${ways[found.by]})`],
    ["models", document.models.join(", ") || "—"],
    ["user", document.user],
    ["keys", document.keys],
    ["calls", document.calls],
    ["cache", document.cache],
    ["batches", document.batches],
    ["chat", document.chat]
  ], output.out))
})
