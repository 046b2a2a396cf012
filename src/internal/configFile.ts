/**
 * The format of `loom.config.yaml`, and what is checked in it beyond its shape.
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import { distance } from "./distance.ts"
import * as DurationText from "./durationText.ts"
import { looksLikeKey, namesKey } from "./keyLike.ts"
import { Params } from "./params.ts"
import { Day, expecting, inheritedKeys, parse, stepsOf } from "./yamlFile.ts"
import { lineOf } from "./yamlLines.ts"

/** What is wrong with a file, where, and how to mend it. */
export interface Problem {
  /** `routes.cheap-first.candidates[0]`, or empty for the file itself. */
  readonly path: string
  readonly line: number | undefined
  readonly problem: string
  readonly fix: string
}

const isLength = (u: unknown): u is string => typeof u === "string" && Option.isSome(DurationText.parse(u))

const Length = Schema.declare(isLength, expecting("a duration such as 500ms, 30s or \"1 hour\""))

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
const Bytes = Schema.Finite.check(Schema.isGreaterThan(0))
const Id = Schema.String.check(
  Schema.isPattern(/^[^/\s]+\/\S/, expecting("a provider and a model: openai/gpt-4o-mini"))
)
const Address = Schema.String.check(
  Schema.makeFilter(
    (text: string) => /^https?:\/\//.test(text) && URL.canParse(text),
    expecting("an http or https URL")
  )
)
const Variable = Schema.String.check(
  Schema.isPattern(/^[A-Za-z_][A-Za-z0-9_]*$/, expecting("the name of a variable: NEWCO_API_KEY"))
)
const Text = Schema.NonEmptyString

/** All of it may be left out. */
const some = <Fields extends Schema.Struct.Fields>(fields: Fields) =>
  Schema.Struct(
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same names, each with its schema made optional
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, Schema.optionalKey(field)])) as {
      readonly [Name in keyof Fields]: Schema.optionalKey<Fields[Name]>
    }
  )

const Retry = some({
  maxAttempts: Count,
  baseDelay: Length,
  maxDelay: Length,
  maxRetryAfter: Length,
  retryMaybeBilled: Schema.Boolean,
  budget: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
})

const Choice = Schema.Struct({
  provider: Schema.optionalKey(Text),
  model: Text,
  modality: Schema.optionalKey(Schema.Literals(["text", "image"])),
  params: Schema.optionalKey(Params),
  native: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  retry: Schema.optionalKey(Retry)
})

const Candidate = Schema.Union([Id, Choice])

const Route = Schema.Struct({
  candidates: Schema.NonEmptyArray(Candidate),
  validator: Schema.optionalKey(some({
    minLength: Count.annotate({ description: "Characters that an answer needs" }),
    json: Schema.Literal(true).annotate({ description: "An answer has to be JSON" })
  })),
  baseline: Schema.optionalKey(Id),
  order: Schema.optionalKey(Schema.Literals(["declared", "cheapest"])),
  hedge: Schema.optionalKey(Schema.Struct({ after: Length }))
})

const Limit = some({
  requestsPerMinute: Count,
  tokensPerMinute: Count,
  concurrency: Count,
  maxWait: Length,
  maxQueue: Schema.Natural
})

const Names = Schema.Record(
  Schema.String,
  Schema.Union([
    Text,
    Schema.Struct({ secret: Text, field: Schema.optionalKey(Text), version: Schema.optionalKey(Text) })
  ])
)

const policy = {
  mode: Schema.Literals(["strict", "lenient"]),
  timeToLive: Length,
  keepFor: Length,
  timeout: Length
}

const places = ["environment", "dotenv", "file", "vault", "aws", "gcp"] as const

const Source = Schema.Union([
  Schema.Literals(places),
  some({
    environment: some({ names: Schema.Record(Schema.String, Variable) }),
    dotenv: Schema.Struct({ path: Text }),
    file: Schema.Struct({ path: Text }),
    vault: some({
      address: Address,
      namespace: Text,
      mount: Text,
      version: Schema.Literals([1, 2]),
      secret: Text,
      names: Names,
      ca: Text,
      kubernetes: Schema.Struct({
        role: Text,
        mount: Schema.optionalKey(Text),
        tokenPath: Schema.optionalKey(Text)
      }),
      ...policy
    }),
    aws: some({ region: Text, endpoint: Address, secret: Text, names: Names, ...policy }),
    gcp: some({ project: Text, location: Text, endpoint: Address, secret: Text, names: Names, ...policy })
  }).check(
    Schema.makeFilter((source) => Object.keys(source).length === 1, expecting(`one of ${places.join(", ")}`))
  )
])

const Pick = Schema.Union([
  Schema.Struct({ rotate: Schema.NonEmptyArray(Variable) }),
  Schema.Struct({
    tag: Text,
    names: Schema.Record(Schema.String, Variable),
    otherwise: Schema.optionalKey(Variable)
  })
])

const Provider = some({
  baseUrl: Address,
  kind: Schema.Literal("openai-compatible").annotate({ description: "Of a vendor that the catalog doesn't have" }),
  label: Text,
  apiKeyEnv: Variable.annotate({ description: "The name that its key goes by, never the key" })
})

const Otlp = Schema.Struct({
  url: Address,
  headers: Schema.optionalKey(
    Schema.Record(Schema.String, Variable).annotate({ description: "The variables that hold them" })
  ),
  resource: Schema.optionalKey(some({
    serviceName: Text,
    serviceVersion: Text,
    attributes: Schema.Record(Schema.String, Schema.String)
  })),
  signals: Schema.optionalKey(Schema.Array(Schema.Literals(["traces", "metrics", "logs"]))),
  encoding: Schema.optionalKey(Schema.Literals(["protobuf", "json"])),
  compression: Schema.optionalKey(Schema.Literal("gzip")),
  interval: Schema.optionalKey(Length),
  temporality: Schema.optionalKey(Schema.Literals(["cumulative", "delta"]))
})

/** The format of the file. */
export const ConfigYaml = some({
  providers: Schema.Record(Schema.String, Provider),
  models: Schema.Union([Text, Schema.Array(Text)]).annotate({
    description: "Files of models, in the format of catalog/*.yaml: models.yaml, where it lies beside this one"
  }),
  defaults: Params,
  retry: Retry,
  maxAttempts: Count,
  coalesce: Schema.Boolean,
  failover: Schema.Union([Schema.Boolean, Schema.Literal("same-model"), Schema.Array(Candidate)]),
  routes: Schema.Record(Schema.String, Route),
  cache: some({
    ttl: Length,
    capacity: Schema.Natural,
    maxEntryBytes: Bytes,
    sqlite: Schema.Union([Schema.Boolean, some({ path: Text, maxBytes: Bytes })])
  }),
  health: Schema.Union([
    Schema.Literal(false),
    some({ failures: Count, openFor: Length, maxOpenFor: Length, maxRetryAfter: Length })
  ]),
  limits: Schema.Union([Schema.Literal(false), Schema.Record(Schema.String, Limit)]),
  currency: Schema.Struct({
    code: Schema.String.check(Schema.isPattern(/^[A-Z]{3}$/, expecting("a currency such as EUR"))),
    perUsd: Schema.Finite.check(Schema.isGreaterThan(0)),
    asOf: Schema.optionalKey(Day),
    source: Schema.optionalKey(Text)
  }),
  callLog: Schema.Union([
    Schema.Boolean,
    some({ path: Text, retention: some({ maxAge: Length, maxBytes: Bytes }) })
  ]),
  batches: some({ path: Text, maxAge: Length }),
  log: Schema.Literals(["line", "json"]),
  telemetry: Schema.Struct({ otlp: Otlp }),
  secrets: some({ from: Schema.NonEmptyArray(Source), keys: Schema.Record(Schema.String, Pick) }),
  transport: some({ connections: Count, keepAlive: Length })
})

export type ConfigYaml = typeof ConfigYaml.Type

/** Reads a file. Nothing that is told of it holds a value that stands in it. */
export const read = (text: string): Result.Result<ConfigYaml, ReadonlyArray<Problem>> => {
  const parsed = parse(text)
  if (Result.isFailure(parsed)) {
    const { line, problem } = parsed.failure
    return Result.fail([{
      path: "",
      line,
      problem,
      fix: "mend the YAML: what holds a colon or a comma is put in quotes"
    }])
  }
  const file = parsed.success ?? {}
  const at = (path: ReadonlyArray<PropertyKey>, problem: string, fix: string): Problem => ({
    path: pathText(path),
    line: lineOf(text, path),
    problem,
    fix
  })
  const inherited = inheritedKeys(file, "")
  if (inherited.length > 0) {
    return Result.fail(
      inherited.map((path) => ({ path, line: undefined, problem: "a name that every object has", fix: "rename it" }))
    )
  }
  const keys = keyProblems(file, text)
  if (keys.length > 0) return Result.fail(keys)
  const decoded = decode(file)
  if (Result.isSuccess(decoded)) return Result.succeed(decoded.success)
  const issues = toIssues(decoded.failure.issue).issues.map(({ message, path = [] }) => {
    const steps = stepsOf(path)
    if (message === excess) return at(steps, "there is no such setting", fixOf(steps))
    const problem = `${message.slice(0, 1).toLowerCase()}${message.slice(1)}`
    return at(steps, problem, message === missing ? `add ${String(steps.at(-1))}` : "change it")
  })
  // What is missing in one form that a setting may have says little where another form was meant.
  const strangers = new Set(issues.filter(({ problem }) => problem === "there is no such setting").map(parentOf))
  return Result.fail(
    issues.filter((issue) => issue.problem !== missing.toLowerCase() || !strangers.has(parentOf(issue)))
      .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
  )
}

const decode = Schema.decodeUnknownResult(ConfigYaml, { errors: "all", onExcessProperty: "error" })

const toIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const excess = "Expected no excess property"
const missing = "Missing key"

const keyless =
  "take it out, make a new one, and keep that with `loom keys set`, in the environment or a secret manager"

const parentOf = ({ path }: Problem): string => path.replace(/(\.[^.[]*|\[\d+\])$/, "")

const fixOf = (path: ReadonlyArray<PropertyKey>): string => {
  const name = String(path.at(-1))
  if (namesKey(name)) return keyless
  const names = namesAt(ConfigYaml.ast, path.slice(0, -1))
  const nearest = nearestOf(name, names)
  return nearest === undefined ? `these are there: ${names.join(", ")}` : `did you mean ${nearest}?`
}

/** The name that was meant, where one is near. */
export const nearestOf = (name: string, names: ReadonlyArray<string>): string | undefined =>
  names.map((known) => ({ known, distance: distance(bare(name), bare(known)) }))
    .filter(({ distance, known }) => distance * 2 <= known.length)
    .toSorted((a, b) => a.distance - b.distance)[0]?.known

/** `max_attempts` is near to `maxAttempts`. */
const bare = (name: string): string => name.toLowerCase().replace(/[_-]/g, "")

/** The names that a setting may have below it. */
const namesAt = (ast: SchemaAST.AST, path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  if (SchemaAST.isUnion(ast)) return [...new Set(ast.types.flatMap((type) => namesAt(type, path)))]
  const [step, ...rest] = path
  if (SchemaAST.isArrays(ast)) {
    const inner = step === undefined ? undefined : ast.rest[0] ?? ast.elements[0]
    return inner === undefined ? [] : namesAt(inner, rest)
  }
  if (!SchemaAST.isObjects(ast)) return []
  if (step === undefined) return ast.propertySignatures.map(({ name }) => String(name))
  const inner = ast.propertySignatures.find(({ name }) => name === step)?.type ?? ast.indexSignatures[0]?.type
  return inner === undefined ? [] : namesAt(inner, rest)
}

/** What looks like a key in a file. */
export const keyProblems = (file: unknown, text: string): ReadonlyArray<Problem> =>
  keysIn(file, []).map((path) => ({
    path: pathText(path),
    line: lineOf(text, path),
    problem: "this looks like a key, and no key is written here",
    fix: keyless
  }))

/** Where texts, or names, look like keys. */
const keysIn = (
  value: unknown,
  path: ReadonlyArray<PropertyKey>
): ReadonlyArray<ReadonlyArray<PropertyKey>> => {
  if (typeof value === "string") return looksLikeKey(value) ? [path] : []
  if (Array.isArray(value)) return value.flatMap((inner, i) => keysIn(inner, [...path, i]))
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => looksLikeKey(name) ? [path] : keysIn(inner, [...path, name]))
}

/** `routes.cheap-first.candidates[0]` */
export const pathText = (path: ReadonlyArray<PropertyKey>): string => {
  let text = ""
  for (const step of path) {
    text += typeof step === "number" ? `[${step}]` : text === "" ? String(step) : `.${String(step)}`
  }
  return text
}
