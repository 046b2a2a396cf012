/**
 * Batches that go to their vendor as a file of rows, and come back as files of rows in OpenAI's shape.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Job, Outcome, Row } from "../BatchEndpoint.ts"
import { type GenerateError, InvalidResponse } from "../GenerateError.ts"
import * as Request from "../Request.ts"
import type * as Door from "./batchDoor.ts"

/** What a job's file is called. */
export const nameOf = ({ marker }: Job): string => `loom-${marker}.jsonl`

/** Uploads a job's rows as a form, whose fields come before the file. */
export const upload = <Sdk>(
  door: Door.Door<Sdk>,
  job: Job,
  post: Door.Build<Sdk>,
  fields: Readonly<Record<string, string>>,
  lines: Stream.Stream<string, GenerateError>
): Effect.Effect<Readonly<Record<string, unknown>>, GenerateError> => {
  const boundary = `loom-${job.marker}`
  const written = Object.entries(fields).map(([name, value]) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  )
  const head = Buffer.from(
    `${written.join("")}--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${nameOf(job)}"\r\n`
      + "Content-Type: application/jsonl\r\n\r\n"
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  return door.json(job, post, {
    type: `multipart/form-data; boundary=${boundary}`,
    length: head.length + job.bytes + tail.length,
    body: Stream.succeed(head).pipe(Stream.concat(bytesOf(lines)), Stream.concat(Stream.succeed(tail)))
  })
}

const bytesOf = (lines: Stream.Stream<string, GenerateError>): Stream.Stream<Uint8Array, GenerateError> =>
  Stream.mapArray(lines, (chunk) => [Buffer.from(`${chunk.join("\n")}\n`)])

const comma = Buffer.from(",")

/** The bytes of {@link inList}. */
export const lengthInList = ({ bytes }: Job, head: Uint8Array, tail: Uint8Array): number =>
  // Every line has a comma behind it but the last.
  head.length + bytes - 1 + tail.length

/** Rows as the elements of a list in JSON, between a head and a tail. */
export const inList = (
  head: Uint8Array,
  lines: Stream.Stream<string, GenerateError>,
  tail: Uint8Array
): Stream.Stream<Uint8Array, GenerateError> =>
  Stream.suspend(() => {
    let isFirst = true
    const separated = Stream.mapArray(lines, (chunk) => {
      const text = Buffer.from(chunk.join(","))
      const written = isFirst ? text : Buffer.concat([comma, text])
      isFirst = false
      return [written]
    })
    return Stream.succeed(head).pipe(Stream.concat(separated), Stream.concat(Stream.succeed(tail)))
  })

const Text = Schema.optional(Schema.NullOr(Schema.String))
const VendorRow = Schema.Struct({
  custom_id: Schema.String,
  response: Schema.optional(Schema.NullOr(Schema.Struct({
    status_code: Schema.optional(Schema.NullOr(Schema.Int)),
    request_id: Text,
    body: Schema.optional(Schema.Unknown)
  }))),
  error: Schema.optional(Schema.NullOr(Schema.Struct({ code: Text, message: Text })))
})
const decodeRow = Schema.decodeUnknownResult(VendorRow)

/** A row of the results. `unanswered` reads the error of one that was never asked. */
export const rowOf = <Sdk>(
  door: Door.Door<Sdk>,
  job: Job,
  line: unknown,
  unanswered: (code: string, message: string) => Outcome
): Effect.Effect<Row, GenerateError> => {
  const decoded = decodeRow(line)
  if (Result.isFailure(decoded)) {
    return Effect.fail(
      Request.fail(job.asking, new InvalidResponse({ detail: "a row of the results has another shape" }))
    )
  }
  const { custom_id: customId, error, response } = decoded.success
  if (response != null) {
    const answer = {
      status: response.status_code ?? 200,
      body: response.body,
      requestId: response.request_id ?? undefined
    }
    return Effect.map(door.outcome(job, answer), (outcome) => ({ customId, outcome }))
  }
  return Effect.succeed({ customId, outcome: unanswered(error?.code ?? "", error?.message ?? "no message") })
}
