/**
 * Where and why something didn't fit its schema, without the value that was there.
 */
import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

export interface Problem {
  /** `usage.input_tokens`, or empty for the root. */
  readonly path: string
  readonly message: string
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** The problems of a failed decoding; there is at least one. */
export const problemsOf = (error: Schema.SchemaError): readonly [Problem, ...Array<Problem>] => {
  const [first = { message: "it doesn't fit" }, ...rest] = format(error.issue).issues
  const problem = (issue: typeof first): Problem => ({
    path: (issue.path ?? []).map((key) => String(typeof key === "object" ? key.key : key)).join("."),
    message: issue.message
  })
  return [problem(first), ...rest.map(problem)]
}
