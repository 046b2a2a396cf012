/**
 * The requests of a batch as lines of JSON, read as they come.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import type * as Batch from "../Batch.ts"
import { isRecord } from "../internal/json.ts"
import * as Failure from "./Failure.ts"

export interface Lines {
  readonly rows: Stream.Stream<Batch.Given, Failure.Failure>
  /** Which line of the input a row is: `line 3 of rows.jsonl`. */
  readonly lineOf: (index: number) => string
}

/** Under what a line says itself. */
interface Defaults {
  readonly provider: string | undefined
  readonly model: string | undefined
}

/** Lines of a file, or of stdin for `-`. Empty ones are passed over. */
export const read = Effect.fnUntraced(function*(source: string, defaults: Defaults) {
  const fileSystem = yield* FileSystem.FileSystem
  const stdio = yield* Stdio.Stdio
  const { parse } = yield* Effect.promise(() => import("./JsonSchemaFile.ts"))
  const name = source === "-" ? "stdin" : source
  const bytes = source === "-" ? stdio.stdin : fileSystem.stream(source)
  const placeOf = (line: number) => `line ${line} of ${name}`
  const schemas = new Map<string, Schema.Codec<unknown, unknown>>()
  /** How many rows there were before each line that holds none. */
  const gaps: Array<number> = []
  let lines = 0

  /** Rows with the same JSON Schema have the same schema, under a name that no other has. */
  const withSchema = (row: Record<string, unknown>): Result.Result<Record<string, unknown>, string> => {
    if (row["schema"] === undefined) return Result.succeed(row)
    const text = JSON.stringify(row["schema"])
    const known = schemas.get(text)
    const schema = known === undefined ? parse(text) : Result.succeed(known)
    if (Result.isFailure(schema)) return Result.fail(`its schema is no JSON Schema of an object: ${schema.failure}`)
    schemas.set(text, schema.success)
    const n = [...schemas.keys()].indexOf(text)
    return Result.succeed({ schemaName: n === 0 ? "object" : `object_${n + 1}`, ...row, schema: schema.success })
  }

  const rowOf = (line: string): Result.Result<Batch.Given | undefined, Failure.Failure> => {
    const n = ++lines
    const text = n === 1 ? line.replace(/^\uFEFF/, "") : line
    if (text.trim() === "") {
      gaps.push(n - 1 - gaps.length)
      return Result.succeed(undefined)
    }
    const refused = (why: string) =>
      Result.fail(Failure.usage({
        what: `${placeOf(n)} is no request`,
        why,
        fix: "write a JSON object on each line: {\"model\":\"openai/gpt-4o-mini\",\"prompt\":\"…\"}"
      }, "Line"))
    const json = Result.try({
      try: (): unknown => JSON.parse(text),
      // What else is said of it quotes the line, which may be a prompt.
      catch: (error) => / at position \d+/.exec(String(error))?.[0] ?? ""
    })
    if (Result.isFailure(json)) return refused(`it is no JSON${json.failure}`)
    if (!isRecord(json.success)) return refused("it is no JSON object")
    const { custom_id: customId, ...row } = json.success
    const given = withSchema({
      ...Object.fromEntries(Object.entries(defaults).filter(([, value]) => value !== undefined)),
      ...(customId === undefined ? undefined : { customId }),
      ...row
    })
    if (Result.isFailure(given)) return refused(given.failure)
    return isGiven(given.success)
      ? Result.succeed(given.success)
      : refused("it names no model, and there is no --model")
  }

  const rows = bytes.pipe(
    Stream.mapError((error) =>
      Failure.usage({
        what: `${name} can't be read`,
        why: error.reason.message,
        fix: "name a file of lines of JSON, or -"
      })
    ),
    Stream.decodeText,
    Stream.splitLines,
    Stream.mapEffect((line) => Effect.fromResult(rowOf(line))),
    Stream.filter((row) => row !== undefined)
  )
  const lineOf = (index: number) => placeOf(index + 1 + gaps.filter((before) => before <= index).length)
  return { rows, lineOf } satisfies Lines
})

/** What a request says else is checked where it is taken in. */
const isGiven = (row: Record<string, unknown>): row is typeof row & Batch.Given => typeof row["model"] === "string"
