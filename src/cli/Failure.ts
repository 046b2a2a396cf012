/**
 * How a command fails: what it says (what happened, why, how to fix it) and the exit code it leaves.
 */
import * as Effect from "effect/Effect"
import * as PlatformError from "effect/PlatformError"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as CliError from "effect/cli/CliError"
import { type GenerateError, isGenerateError } from "../GenerateError.ts"
import { Output, type Style } from "./Output.ts"

/** What scripts may rely on; 130, for a run that was interrupted, is the runtime's. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  /** Worth another try later: rate limit, overload, network, timeout, an open circuit. */
  transient: 3,
  /** No key, or one that was refused. */
  key: 4,
  /** No candidate passed the validator. */
  rejected: 5,
  /** A batch has ended, and not all of its rows have an answer. */
  rows: 6
} as const

/** A failure as it is told. */
export class Failure extends Schema.TaggedError<Failure>()("Failure", {
  /** The kind of failure, for programs: `KeyMissing`, `RateLimited`, `Usage`. */
  tag: Schema.String,
  what: Schema.String,
  why: Schema.optionalKey(Schema.String),
  fix: Schema.optionalKey(Schema.String),
  /** Said after the rest, in a line: the vendor's request id, the number of attempts. */
  facts: Schema.Array(Schema.String),
  retryable: Schema.Boolean,
  requestId: Schema.optionalKey(Schema.String),
  /** Where a bug is. */
  trace: Schema.optionalKey(Schema.String),
  exitCode: Schema.Int,
  /** What went wrong was printed already: only the exit code is left to give. */
  isTold: Schema.optionalKey(Schema.Boolean)
}) {
  override get message() {
    return this.what
  }
  override readonly [Runtime.errorExitCode] = this.exitCode
  override readonly [Runtime.errorReported] = false
}

/** What `--json` prints of a failure. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  error: Schema.Struct({
    tag: Schema.String,
    message: Schema.String,
    why: Schema.NullOr(Schema.String),
    fix: Schema.NullOr(Schema.String),
    retryable: Schema.Boolean,
    requestId: Schema.NullOr(Schema.String)
  })
})

interface Told {
  readonly what: string
  readonly why?: string | undefined
  readonly fix?: string | undefined
}

const make = (tag: string, exitCode: number, { fix, what, why }: Told): Failure =>
  new Failure({
    tag,
    what,
    ...(why === undefined ? undefined : { why }),
    ...(fix === undefined ? undefined : { fix }),
    facts: [],
    retryable: false,
    exitCode
  })

/** Something else was asked than can be done: the caller has to ask differently. */
export const usage = (told: Told, tag = "Usage"): Failure => make(tag, exitCodes.usage, told)

/** Something outside didn't go as it should. */
export const failed = (tag: string, told: Told): Failure => make(tag, exitCodes.failed, told)

/** The end of a command whose own output says what is wrong. */
export const told = (exitCode: number): Failure =>
  new Failure({ ...make("Told", exitCode, { what: "see above" }), isTold: true })

/** The failure that an error is told as; `undefined` for help that was asked for, which is none. */
export const from = (error: unknown): Failure | undefined => {
  if (isFailure(error)) return error
  if (isGenerateError(error)) return fromGenerateError(error)
  if (CliError.isCliError(error)) return fromCliError(error)
  if (error instanceof PlatformError.PlatformError) return fromPlatformError(error)
  if (isTold(error)) return failed(error._tag, error)
  return new Failure({
    ...failed("Defect", {
      what: `loom failed in an unforeseen way: ${error instanceof Error ? error.message : String(error)}`,
      fix: "report it, with the lines that follow"
    }),
    ...(error instanceof Error && error.stack !== undefined ? { trace: error.stack } : undefined)
  })
}

const isFailure = Schema.is(Failure)

/** Loom's own errors say what happened, why, and how to fix it. */
const isTold = Schema.is(
  Schema.Struct({ _tag: Schema.String, what: Schema.String, why: Schema.String, fix: Schema.String })
)

const fromPlatformError = ({ message, reason }: PlatformError.PlatformError): Failure =>
  failed("Platform", {
    what: reason.module === "Stdio" ? `${reason.method} can't be written` : message,
    why: reason.cause instanceof Error ? reason.cause.message : undefined
  })

export const fromGenerateError = (error: GenerateError): Failure => {
  const { attempts, maybeBilled, model, provider, requestId, status, tried, what } = error
  const subject = [provider, model].filter((part) => part !== "").join("/")
  return new Failure({
    tag: error.reason._tag,
    what: `${subject} ${what}${status === undefined ? "" : ` (${status})`}`,
    why: error.why,
    fix: fixOf(error),
    facts: [
      ...(requestId === undefined ? [] : [`request ${requestId}`]),
      ...(attempts.length === 0 || error.reason._tag === "KeyMissing"
        ? []
        : [attempts.length === 1 ? "after 1 attempt" : `after ${attempts.length} attempts`]),
      ...(maybeBilled ? ["may have been billed"] : []),
      ...(tried.length < 2 ? [] : [`tried ${tried.map(({ model, outcome }) => `${model} (${outcome})`).join(", ")}`])
    ],
    retryable: error.retryable,
    ...(requestId === undefined ? undefined : { requestId }),
    exitCode: exitCodeOf(error)
  })
}

/** What to do about it at a command line, where that isn't what a program would do. */
const fixOf = ({ fix, reason }: GenerateError): string => {
  switch (reason._tag) {
    case "KeyMissing":
      return reason.remedy ?? `set ${reason.variable} in the environment`
    case "UnknownModel":
      return listed
    case "Timeout":
      return reason.phase === "deadline" ? "allow more time with --timeout, or ask for a shorter answer" : fix
    case "InvalidRequest": {
      const flag = reason.field === undefined ? undefined : flagOf.get(reason.field)
      return flag === undefined ? fix : `change ${flag}`
    }
    default:
      return fix
  }
}

/** Where to find the names of models. */
export const listed = "use a listed id (`loom models`)"

const flagOf: ReadonlyMap<string, string> = new Map([
  ["prompt", "the prompt or its attachments"],
  ["provider", "--model"],
  ["model", "--model"],
  ["temperature", "--temperature"],
  ["maxOutputTokens", "--max-output-tokens"],
  ["max_output_tokens", "--max-output-tokens"],
  ["reasoning", "--reasoning"],
  ["reasoning.effort", "--reasoning"],
  ["timeout", "--timeout"],
  ["schema", "--schema"]
])

const exitCodeOf = ({ attempts, reason, status }: GenerateError): number => {
  switch (reason._tag) {
    case "Network":
    case "Timeout":
    case "RateLimited":
    case "Overloaded":
    case "CircuitOpen":
    case "Partial":
      return exitCodes.transient
    case "KeyMissing":
    case "KeyRefused":
      return exitCodes.key
    case "Rejected":
      return exitCodes.rejected
    case "UnknownModel":
      return exitCodes.usage
    case "InvalidRequest":
    case "Unsupported":
      // What Loom refuses before anything is sent was asked wrongly; what the vendor refuses has failed.
      return status === undefined && attempts.every(({ billed }) => billed === "no")
        ? exitCodes.usage
        : exitCodes.failed
    default:
      return exitCodes.failed
  }
}

const fromCliError = (error: CliError.CliError): Failure | undefined => {
  if (error._tag !== "ShowHelp") return invocation([error], [])
  const [first, ...rest] = error.errors
  return first === undefined ? undefined : invocation([first, ...rest], error.commandPath)
}

const invocation = (
  errors: readonly [CliError.CliError, ...ReadonlyArray<CliError.CliError>],
  commandPath: ReadonlyArray<string>
): Failure => {
  const suggestions = errors.flatMap((error) => "suggestions" in error ? error.suggestions : [])
  return usage({
    what: errors.map(({ message }) => message.replace(/\n\n {2}Did you mean this\?[^]*$/, "")).join("; "),
    why: suggestions.length === 0 ? undefined : `did you mean ${suggestions.join(" or ")}?`,
    fix: `run \`${[...commandPath.length === 0 ? ["loom"] : commandPath, "--help"].join(" ")}\``
  })
}

/** Tells a failure: to people on stderr, to programs on stdout where they asked for JSON. */
export const report = (failure: Failure) =>
  Effect.flatMap(Output, (output) =>
    Effect.ignore(
      failure.isTold === true
        ? Effect.void
        : output.json
        ? output.document(Document, {
          schemaVersion: 1,
          error: {
            tag: failure.tag,
            message: failure.what,
            why: failure.why ?? null,
            fix: failure.fix ?? null,
            retryable: failure.retryable,
            requestId: failure.requestId ?? null
          }
        })
        : output.note(render(failure, output.err))
    ))

/** A failure in words, for people. */
export const render = ({ facts, fix, tag, trace, what, why }: Failure, style: Style): string =>
  [
    `${style.red(`${tag}:`)} ${tame(what)}`,
    ...(why === undefined ? [] : [`  ${style.dim("why:")} ${tame(why)}`]),
    ...(fix === undefined ? [] : [`  ${style.dim("fix:")} ${tame(fix)}`]),
    ...(facts.length === 0 ? [] : [`  ${style.dim(tame(facts.join(" · ")))}`]),
    ...(trace === undefined ? [] : trace.split("\n").slice(1).map((line) => style.dim(tame(line))))
  ].join("\n")

/** Vendors write part of it, and a terminal obeys control characters. */
export const tame = (text: string): string =>
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
  text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
