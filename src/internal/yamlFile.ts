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
import { looksLikeKey } from "./keyLike.ts"
import { lineOf } from "./yamlLines.ts"

export interface Problem {
  readonly path: string
  readonly problem: string
  /** From 1, where it is known. */
  readonly line?: number | undefined
}

/** Reads a file; `path` names it in the problems. */
export const read = <A>(
  text: string,
  path: string,
  decode: (value: unknown) => Result.Result<A, Schema.SchemaError>,
  check: (file: A) => ReadonlyArray<Problem>
): Result.Result<A, ReadonlyArray<Problem>> => {
  const at = (where: string, problem: string, line?: number): Problem => ({
    path: where === "" ? path : `${path}: ${where}`,
    problem,
    line
  })
  const parsed = parse(text)
  if (Result.isFailure(parsed)) return Result.fail([at("", parsed.failure.problem, parsed.failure.line)])
  const inherited = inheritedKeys(parsed.success, "")
  if (inherited.length > 0) return Result.fail(inherited.map((where) => at(where, "a key that every object has")))
  const decoded = decode(parsed.success)
  if (Result.isFailure(decoded)) {
    const { issues } = toIssues(decoded.failure.issue)
    return Result.fail(
      issues.map(({ message, path = [] }) => at(pathOf(parsed.success, path), message, lineOf(text, stepsOf(path))))
    )
  }
  const problems = check(decoded.success)
  return problems.length > 0
    ? Result.fail(problems.map(({ path, problem }) => at(path, problem)))
    : Result.succeed(decoded.success)
}

/** Parses a file. What can't be parsed is told without what stands in it, but for names of keys. */
export const parse = (text: string): Result.Result<unknown, Pick<Problem, "problem" | "line">> =>
  Result.try({
    try: () => Yaml.parse(text),
    catch: (cause) => {
      const message = String(cause).replace(/'[^']*'/g, (quoted) => looksLikeKey(quoted) ? "'…'" : quoted)
      const [, problem = message, line] =
        /^(?:SyntaxError: )?(.*?)(?: at line (\d+)| at flow offset \d+)?$/.exec(message) ?? []
      return { problem, line: line === undefined ? brokenSection(text) : Number(line) }
    }
  })

/** The line of the first name at the margin below which something can't be parsed. */
const brokenSection = (text: string): number | undefined => {
  const lines = text.split("\n")
  const starts = lines.flatMap((line, i) => /^[^\s#-]/.test(line) ? [i] : [])
  const broken = starts.find((start, i) =>
    Result.isFailure(Result.try(() => Yaml.parse(lines.slice(start, starts[i + 1]).join("\n"))))
  )
  return broken === undefined ? undefined : broken + 1
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
export const inheritedKeys = (value: unknown, path: string): ReadonlyArray<string> =>
  typeof value !== "object" || value === null ? [] : Object.entries(value).flatMap(([key, inner]) => {
    const here = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`
    return !Array.isArray(value) && key in Object.prototype ? [here] : inheritedKeys(inner, here)
  })

type Step = PropertyKey | { readonly key: PropertyKey }

/** The keys on the way to a problem. */
export const stepsOf = (path: ReadonlyArray<Step>): ReadonlyArray<PropertyKey> =>
  path.map((step) => typeof step === "object" ? step.key : step)

/** `models[3].prices[0].input` as `gpt-4o-mini.prices[0].input`. */
const pathOf = (file: unknown, path: ReadonlyArray<Step>): string => {
  let value = file
  let text = ""
  for (const key of stepsOf(path)) {
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined
    const id = /(^|\.)(models|retired)$/.test(text) && typeof value === "object" && value !== null
      ? Reflect.get(value, "id")
      : undefined
    if (typeof id === "string") text = id
    else if (typeof key === "number") text += `[${key}]`
    else text += text === "" ? String(key) : `.${String(key)}`
  }
  return text
}
