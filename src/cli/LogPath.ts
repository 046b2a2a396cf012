/**
 * `loom logs path`
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Output } from "./Output.ts"
import * as Settings from "./Settings.ts"

/** What `loom logs path --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  path: Schema.String
})

export const show = Effect.gen(function*() {
  const output = yield* Output
  const path = yield* Settings.callLogPath
  yield* output.json ? output.document(Document, { schemaVersion: 1, path }) : output.line(path)
})
