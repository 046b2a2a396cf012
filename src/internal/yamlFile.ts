/**
 * Data files in YAML: read, checked, and everything that is wrong told with its path.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Yaml from "effect/encoding/Yaml"
import * as Model from "../Model.ts"

export interface Problem {
  readonly path: string
  readonly problem: string
}

/** Reads a file; `path` names it in the problems. */
export const read = <A>(
  text: string,
  path: string,
  decode: (value: unknown) => Result.Result<A, Schema.SchemaError>,
  check: (file: A) => ReadonlyArray<Problem>
): Result.Result<A, ReadonlyArray<Problem>> => {
  const at = (where: string, problem: string): Problem => ({ path: where === "" ? path : `${path}: ${where}`, problem })
  const parsed = Result.try({ try: () => Yaml.parse(text), catch: (cause) => at("", String(cause)) })
  if (Result.isFailure(parsed)) return Result.fail([parsed.failure])
  const inherited = inheritedKeys(parsed.success, "")
  if (inherited.length > 0) return Result.fail(inherited.map((where) => at(where, "a key that every object has")))
  const decoded = decode(parsed.success)
  if (Result.isFailure(decoded)) {
    const { issues } = toIssues(decoded.failure.issue)
    return Result.fail(issues.map((issue) => at(pathOf(parsed.success, issue.path ?? []), issue.message)))
  }
  const problems = check(decoded.success)
  return problems.length > 0
    ? Result.fail(problems.map(({ path, problem }) => at(path, problem)))
    : Result.succeed(decoded.success)
}

export const expecting = (expected: string) => ({ expected })

export const Name = Schema.String.check(Schema.makeFilter(Model.isName, expecting(Model.nameProblem)))

export const Day = Schema.String.check(
  Schema.makeFilter(
    (text: string) => Option.exists(DateTime.make(text), (day) => DateTime.formatIsoDateUtc(day) === text),
    expecting("a day such as 2026-11-23")
  )
)

export const Source = Schema.Array(Schema.String)

/** What the short keys in `source` stand for. */
export const Sources = Schema.Record(Schema.String, Schema.String).annotate({
  description: "What the short keys in `source` stand for"
})

/** The problems of a `source` that is neither an address nor a key of the file's `sources`. */
export const sourceProblems = (
  path: string,
  sources: typeof Sources.Type | undefined,
  source: typeof Source.Type | undefined
): ReadonlyArray<Problem> =>
  (source ?? []).flatMap((name) =>
    sources === undefined || Object.hasOwn(sources, name) || URL.canParse(name)
      ? []
      : [{ path, problem: `${name} is neither an address nor among the file's sources` }]
  )

const toIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** `__proto__` and its kin, wherever they stand. */
const inheritedKeys = (value: unknown, path: string): ReadonlyArray<string> =>
  typeof value !== "object" || value === null ? [] : Object.entries(value).flatMap(([key, inner]) => {
    const here = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`
    return !Array.isArray(value) && key in Object.prototype ? [here] : inheritedKeys(inner, here)
  })

/** `models[3].prices[0].input` as `gpt-4o-mini.prices[0].input`. */
const pathOf = (
  file: unknown,
  path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>
): string => {
  let value = file
  let text = ""
  for (const step of path) {
    const key = typeof step === "object" ? step.key : step
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined
    const id = /^(models|retired)$/.test(text) && typeof value === "object" && value !== null
      ? Reflect.get(value, "id")
      : undefined
    if (typeof id === "string") text = id
    else if (typeof key === "number") text += `[${key}]`
    else text += text === "" ? String(key) : `.${String(key)}`
  }
  return text
}
