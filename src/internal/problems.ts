/**
 * Where and why something didn't fit its schema, without the value that was there.
 */
import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

export interface Problem {
  /** `usage.input_tokens`, `choices[0].index`, or empty for the root. */
  readonly path: string
  readonly message: string
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** The problems of a failed decoding; there is at least one. */
export const problemsOf = (error: Schema.SchemaError): readonly [Problem, ...Array<Problem>] => {
  const [first = { message: "it doesn't fit" }, ...rest] = format(error.issue).issues
  const problem = (issue: typeof first): Problem => ({
    path: (issue.path ?? []).reduce(pathTo, ""),
    message: issue.message
  })
  return [problem(first), ...rest.map(problem)]
}

const pathTo = (path: string, segment: PropertyKey | { readonly key: PropertyKey }): string => {
  const key = typeof segment === "object" ? segment.key : segment
  return typeof key === "number" ? `${path}[${key}]` : path === "" ? String(key) : `${path}.${String(key)}`
}
