/**
 * Settings in files as what Loom takes.
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { readFileSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, resolve } from "node:path"
import * as Catalog from "../Catalog.ts"
import * as GenerateOptions from "../GenerateOptions.ts"
import type { Generation } from "../Generation.ts"
import type * as Loom from "../Loom.ts"
import { ConfigError, type Found, type Loaded, type Options } from "../LoomConfig.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import * as Router from "../Router.ts"
import * as ConfigFile from "./configFile.ts"
import * as Outside from "./configOutside.ts"
import { find } from "./configSearch.ts"
import * as DurationText from "./durationText.ts"
import { parse } from "./yamlFile.ts"
import { lineOf } from "./yamlLines.ts"

type Problem = ConfigError["problems"][number]

export const load = Effect.fnUntraced(function*(options?: Options): Effect.fn.Return<Loaded, ConfigError> {
  const found = yield* find(options)
  if (found === undefined) return nothing
  const text = found.config === undefined ? "" : yield* textOf(found.config)
  const file = found.config ?? found.models ?? ""
  const read = ConfigFile.read(text)
  if (Result.isFailure(read)) return yield* failed(read.failure.map((problem) => problemIn(file, problem)))
  const settings = read.success

  const problems: Array<Problem> = []
  const at = (path: ReadonlyArray<PropertyKey>, problem: string, fix: string): void => {
    problems.push(problemIn(file, { path: ConfigFile.pathText(path), line: lineOf(text, path), problem, fix }))
  }

  const models = modelFiles(settings, found)
  let catalog = Catalog.bundled
  for (const path of models) {
    const result = yield* Effect.result(modelsIn(path))
    if (Result.isSuccess(result)) catalog = Catalog.merge(catalog, result.success)
    else problems.push(...result.failure)
  }
  // What a file of models lacks is no problem of those who use it.
  if (problems.length > 0) return yield* failed(problems)

  const { providers = {} } = settings
  const redirected: Array<readonly [key: string, baseUrl: string]> = []
  for (const [key, given] of Object.entries(providers)) {
    const known = Catalog.provider(catalog, key)
    if (known === undefined || known.kind === "openai-compatible") {
      const { apiKeyEnv = known?.apiKeyEnv, baseUrl = known?.baseUrl, label = known?.label } = given
      if (known === undefined && given.kind === undefined) at(["providers", key], stranger(catalog, key), ownVendor)
      else if (baseUrl === undefined) at(["providers", key], "a vendor of one's own has an address", "add baseUrl")
      else {
        const registered = Result.try({
          try: () => Catalog.registerOpenAiCompatible(catalog, { key, baseUrl, label, apiKeyEnv }),
          catch: () => undefined
        })
        if (Result.isSuccess(registered)) catalog = registered.success
        else at(["providers", key], "no provider can be called so", "name it in small letters, without a slash")
      }
      continue
    }
    for (const name of ["kind", "label", "apiKeyEnv"] as const) {
      if (given[name] !== undefined) at(["providers", key, name], `Loom brings ${key}, and this with it`, "take it out")
    }
    if (given.baseUrl !== undefined) redirected.push([key, given.baseUrl])
  }

  const asked = optionsOf(settings, file)
  checkNames(asked, catalog, at)
  if (problems.length > 0) return yield* failed(problems)
  return {
    found,
    files: [...found.config === undefined ? [] : [found.config], ...models],
    settings,
    options: {
      ...asked,
      ...(catalog === Catalog.bundled ? undefined : { catalog }),
      ...(redirected.length === 0 ? undefined : { providers: Outside.providersAt(catalog, redirected) })
    },
    catalog,
    baseUrls: Object.fromEntries(redirected.map(([key, baseUrl]) => [Outside.variableOf(key), baseUrl])),
    elsewhere: Outside.elsewhereIn(settings, catalog, redirected)
  }
})

const nothing: Loaded = {
  found: undefined,
  files: [],
  settings: {},
  options: {},
  catalog: Catalog.bundled,
  baseUrls: {},
  elsewhere: []
}

const failed = (problems: ReadonlyArray<Problem>): Effect.Effect<never, ConfigError> => {
  const [first, ...rest] = problems
  return first === undefined ? Effect.die("no problem") : Effect.fail(new ConfigError({ problems: [first, ...rest] }))
}

const problemIn = (file: string, { line, ...problem }: ConfigFile.Problem): Problem => ({
  file,
  ...problem,
  ...(line === undefined ? undefined : { line })
})

const mostBytes = 1_048_576

const textOf = (path: string): Effect.Effect<string, ConfigError> =>
  Effect.try({
    try: () => statSync(path).size > mostBytes ? undefined : readFileSync(path, "utf8"),
    catch: (cause) => cause instanceof Error && "code" in cause ? String(cause.code) : "unknown"
  }).pipe(
    Effect.catch((code) =>
      failed([{
        file: path,
        path: "",
        problem: `it can't be read (${code})`,
        fix: "make it readable, or name another"
      }])
    ),
    Effect.flatMap((text) =>
      text === undefined
        ? failed([{ file: path, path: "", problem: "it is larger than 1 MiB", fix: "name a file of settings" }])
        : Effect.succeed(text)
    )
  )

/** Those that are named, else what lies beside the settings. */
const modelFiles = ({ models }: ConfigFile.ConfigYaml, found: Found): ReadonlyArray<string> =>
  models === undefined
    ? found.models === undefined ? [] : [found.models]
    : (typeof models === "string" ? [models] : models).map((path) => placeOf(path, found.config ?? ""))

const modelsIn = (path: string): Effect.Effect<Catalog.Catalog, ReadonlyArray<Problem>> =>
  Effect.gen(function*() {
    const text = yield* Effect.mapError(textOf(path), ({ problems }) => problems)
    const parsed = parse(text)
    const keys = Result.isSuccess(parsed) ? ConfigFile.keyProblems(parsed.success, text) : []
    if (keys.length > 0) return yield* Effect.fail(keys.map((problem) => problemIn(path, problem)))
    // One of comments alone, as `loom init` writes it, adds nothing.
    if (Result.isSuccess(parsed) && parsed.success == null) return Catalog.empty
    return yield* Effect.mapError(Catalog.fromYaml(text, path), ({ problems }) =>
      problems.map(({ path: where, ...problem }): Problem => ({
        file: path,
        path: where === path ? "" : where.slice(path.length + 2),
        ...problem,
        fix: "write it as the files of catalog/ do"
      })))
  })

const stranger = (catalog: Catalog.Catalog, key: string): string => {
  const keys = Catalog.providers(catalog).map((known) => known.key)
  const nearest = ConfigFile.nearestOf(key, keys)
  return `the catalog has no such provider${nearest === undefined ? "" : `; did you mean ${nearest}?`}`
}

const ownVendor = "take one that it has, or say `kind: openai-compatible` for a vendor of your own"

/** A path as the file means it. */
const placeOf = (path: string, file: string): string =>
  path.startsWith("~/") ? resolve(homedir(), path.slice(2)) : resolve(dirname(file), path)

/** Texts that were looked at already. */
const length = (text: string | undefined): Duration.Duration | undefined =>
  text === undefined ? undefined : Option.getOrUndefined(DurationText.parse(text))

type Settings = ConfigFile.ConfigYaml
type Of<Name extends keyof Settings> = NonNullable<Settings[Name]>

const optionsOf = (settings: Settings, file: string): Loom.Options => {
  const { batches, cache, callLog, failover, health, limits, retry, routes, secrets, telemetry, transport } = settings
  const options: Loom.Options = {
    defaults: settings.defaults,
    retry: retry && retryOf(retry),
    maxAttempts: settings.maxAttempts,
    coalesce: settings.coalesce,
    failover: typeof failover === "object"
      ? failover.map((one) => typeof one === "string" ? one : choiceOf(one))
      : failover,
    routes: routes && mapValues(routes, routeOf),
    cache: cache && { ...cache, ttl: length(cache.ttl), sqlite: fileOf(cache.sqlite, file) },
    health: health && {
      ...health,
      openFor: length(health.openFor),
      maxOpenFor: length(health.maxOpenFor),
      maxRetryAfter: length(health.maxRetryAfter)
    },
    limits: limits && mapValues(limits, (limit) => ({ ...limit, maxWait: length(limit.maxWait) })),
    currency: settings.currency,
    callLog: typeof callLog !== "object" ? callLog : {
      ...callLog,
      path: callLog.path === undefined ? undefined : placeOf(callLog.path, file),
      retention: callLog.retention && { ...callLog.retention, maxAge: length(callLog.retention.maxAge) }
    },
    batches: batches && {
      ...batches,
      path: batches.path === undefined ? undefined : placeOf(batches.path, file),
      maxAge: length(batches.maxAge)
    },
    log: settings.log,
    telemetry: telemetry && Outside.telemetryOf(telemetry.otlp, length(telemetry.otlp.interval)),
    transport: transport && { ...transport, keepAlive: length(transport.keepAlive) },
    secrets: secrets && {
      from: secrets.from?.map((source) => Outside.sourceOf(source, (path) => placeOf(path, file), length)),
      keys: secrets.keys
    }
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

const retryOf = (retry: Of<"retry">): RetryPolicy.RetryPolicy =>
  RetryPolicy.make({
    ...retry,
    baseDelay: length(retry.baseDelay),
    maxDelay: length(retry.maxDelay),
    maxRetryAfter: length(retry.maxRetryAfter)
  })

const choiceOf = ({ retry, ...choice }: Exclude<Exclude<Of<"failover">, boolean | string>[number], string>) =>
  ({ ...choice, ...(retry === undefined ? undefined : { retry: retryOf(retry) }) }) satisfies Router.Choice

const routeOf = ({ baseline, candidates, hedge, order, validator }: Of<"routes">[string]): Router.Router => {
  return {
    candidates: Arr.map(candidates, (one) => typeof one === "string" ? { model: one } : choiceOf(one)),
    validator: validator && acceptOf(validator),
    baseline: baseline === undefined ? undefined : { model: baseline },
    order: order ?? "declared",
    hedge: hedge && { after: length(hedge.after) ?? Duration.zero },
    when: undefined
  }
}

const isJson = (text: string): boolean => Result.isSuccess(Result.try((): unknown => JSON.parse(text)))

const acceptOf =
  ({ json, minLength = 0 }: NonNullable<Of<"routes">[string]["validator"]>) => ({ text }: Generation): boolean =>
    text.length >= minLength && (json !== true || isJson(text))

const fileOf = (
  sqlite: NonNullable<Of<"cache">["sqlite"]> | undefined,
  file: string
): NonNullable<NonNullable<Loom.Options["cache"]>["sqlite"]> | undefined =>
  typeof sqlite === "object" && sqlite.path !== undefined
    ? { ...sqlite, path: placeOf(sqlite.path, file) }
    : sqlite

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

/** Models and providers that the catalog doesn't have: a typo isn't found out on the day when they are needed. */
const checkNames = (
  options: Loom.Options,
  catalog: Catalog.Catalog,
  at: (path: ReadonlyArray<PropertyKey>, problem: string, fix: string) => void
): void => {
  for (const [name, route] of Object.entries(options.routes ?? {})) {
    const misfit = Router.misfitIn(route, catalog)
    if (misfit === undefined) continue
    at(["routes", name, ...stepsIn(misfit[0]).slice(1)], misfit[1], named)
  }
  const decoded = GenerateOptions.decodeLayer(catalog, options)
  if (Result.isSuccess(decoded)) return
  const { reason } = decoded.failure
  if (reason._tag === "InvalidRequest") at(stepsIn(reason.field ?? ""), reason.detail, named)
}

const named = "name one that `loom models` lists, or add it to models.yaml"

/** `failover[0].model` in steps; what is behind `limits.` is one name. */
const stepsIn = (path: string): ReadonlyArray<PropertyKey> => {
  const [, section, name] = /^(limits)\.(.*)$/.exec(path) ?? []
  if (section !== undefined && name !== undefined) return [section, name]
  return path.split(/[.[\]]+/).filter((step) => step !== "").map((step) => /^\d+$/.test(step) ? Number(step) : step)
}
