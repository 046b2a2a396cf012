/**
 * How the commands of batches fail.
 */
import type * as Batch from "../Batch.ts"
import type { GenerateError } from "../GenerateError.ts"
import * as Failure from "./Failure.ts"

/** A row that can't be part of a batch, by its line. What is to be changed is in that line, and no flag. */
const ofRow = (where: string, customId: string, error: GenerateError): Failure.Failure => {
  const { reason } = error
  const told = Failure.fromGenerateError(error)
  const isElsewhere = reason._tag === "KeyMissing" || reason._tag === "UnknownModel"
  return new Failure.Failure({
    ...told,
    what: `${where} (${customId}) can't be part of a batch`,
    fix: isElsewhere ? told.fix ?? error.fix : error.fix
  })
}

const transient = (tag: string, told: { readonly what: string; readonly why: string; readonly fix: string }) =>
  new Failure.Failure({ ...Failure.failed(tag, told), retryable: true, exitCode: Failure.exitCodes.transient })

/** Tells what went wrong with a batch; `lineOf` knows which line a row came from. */
export const told =
  (lineOf: (index: number) => string = (index) => `row ${index + 1}`) =>
  ({ reason }: Batch.BatchError): Failure.Failure => {
    const { _tag, what, why } = reason
    switch (_tag) {
      case "RowRefused":
        return ofRow(lineOf(reason.index), reason.customId, reason.error)
      case "VendorFailed":
        return Failure.fromGenerateError(reason.error)
      case "RequestsFailed":
        return reason.cause instanceof Failure.Failure
          ? reason.cause
          : Failure.usage({ what, why, fix: "give a line of JSON for each request" }, _tag)
      case "IdTaken":
        return Failure.usage({ what, why, fix: "give it another --id, or none" }, _tag)
      case "UnknownBatch":
        return Failure.usage({
          what,
          why: "it was never submitted here, or ended more than 30 days ago",
          fix: "look at `loom batch list`"
        }, _tag)
      case "WaitedTooLong":
        return transient(_tag, { what, why, fix: `wait again (\`loom batch wait ${reason.id}\`), or with --live` })
      case "StoreFailed":
        return reason.kind === "busy"
          ? transient(_tag, { what, why, fix: "try again: another process is writing" })
          : Failure.failed(_tag, { what, why, fix: reason.remedy })
    }
  }
