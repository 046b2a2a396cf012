/**
 * `loom logs list` and `loom logs tail`
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as CallLog from "../CallLog.ts"
import { rowOf } from "../internal/requestView.ts"
import { passes } from "../storage/memory.ts"
import * as CallRow from "./CallRow.ts"
import { reading } from "./LogReader.ts"
import { Output } from "./Output.ts"
import * as Selection from "./Selection.ts"
import * as Table from "./Table.ts"

/** What `loom logs --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  calls: Schema.Array(CallRow.Document)
})

/** What `loom logs tail --json` prints on each line. */
export const LineDocument = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  ...CallRow.Document.fields
})

interface Asked {
  readonly filters: CallLog.Filters
  readonly since: Selection.Since | undefined
  readonly limit: number
  readonly quiet: boolean
}

/** The newest, the last of them at the end, where people look. */
const newest = Effect.fnUntraced(function*({ filters, limit, since }: Asked) {
  if (limit === 0) return []
  const from = since === undefined ? undefined : yield* Selection.momentOf(since)
  const { calls } = yield* CallLog.recent({ limit, filters: { ...filters, since: from } })
  return calls.toReversed()
})

export const list = Effect.fnUntraced(function*(asked: Asked) {
  const output = yield* Output
  const calls = yield* reading(newest(asked))
  if (output.json) {
    return yield* output.document(Document, { schemaVersion: 1, calls: calls.map(CallRow.documentOf) })
  }
  if (calls.length === 0) {
    if (!asked.quiet) yield* output.note(output.err.dim("no such calls"))
    return
  }
  yield* output.line(
    asked.quiet
      ? calls.map(({ id }) => id).join("\n")
      : Table.render(CallRow.columns, calls.map(rowOf), output.out)
  )
})

const pause = "250 millis"
/** Read at once at most: what is written faster than it is read is read a little later. */
const most = 500

/** Columns that stay where they are, however long what comes is. */
const widths = [14, 11, 34, 9, 8, 8, 9, 13, 0]

const lineOf = (row: CallLog.Row): string => {
  const shown = rowOf(row)
  return CallRow.columns.map(({ align, cell }, n) =>
    align === "right" ? cell(shown).padStart(widths[n] ?? 0) : cell(shown).padEnd(widths[n] ?? 0)
  ).join(" ")
}

const encodeLine = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(LineDocument)))

/** Goes on until it is interrupted. */
export const tail = Effect.fnUntraced(function*(asked: Asked) {
  const output = yield* Output
  const print = (calls: ReadonlyArray<CallLog.Row>) =>
    calls.length === 0 ? Effect.void : output.line(
      calls.map((call) =>
        output.json
          ? encodeLine(Object.assign({ schemaVersion: 1 } as const, CallRow.documentOf(call)))
          : asked.quiet
          ? call.id
          : lineOf(call)
      ).join("\n")
    )
  return yield* reading(Effect.gen(function*() {
    // First, so that what is recorded meanwhile is told too.
    let seq = yield* CallLog.lastSeq
    yield* print((yield* newest(asked)).filter((call) => call.seq <= seq))
    while (true) {
      const calls = yield* CallLog.after(seq, most)
      seq = calls.at(-1)?.seq ?? seq
      yield* print(calls.filter((call) => passes(call, asked.filters)))
      if (calls.length < most) yield* Effect.sleep(pause)
    }
  }))
})
