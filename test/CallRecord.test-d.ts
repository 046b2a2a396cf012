import { type Attempt, type CallRecord, Loom } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("CallRecord", () => {
  it("has no prompt and no answer", () => {
    expectTypeOf<CallRecord.CallRecord>().not.toHaveProperty("prompt")
    expectTypeOf<CallRecord.CallRecord>().not.toHaveProperty("text")
    expectTypeOf<CallRecord.CallRecord>().not.toHaveProperty("content")
    expectTypeOf<CallRecord.CallRecord>().not.toHaveProperty("native")
    expectTypeOf<CallRecord.CallRecord["attempts"]>().toEqualTypeOf<ReadonlyArray<Attempt.Attempt>>()
    expectTypeOf<CallRecord.CallRecord["operation"]>().toEqualTypeOf<"generate" | "stream" | "batch">()
    expectTypeOf<CallRecord.CallRecord["cache"]>().toEqualTypeOf<"miss" | "hit" | "coalesced">()
  })

  it("is seen by who asks for it", () => {
    void Loom.layer({ onCall: (record) => expectTypeOf(record).toEqualTypeOf<CallRecord.CallRecord>() })
    void Loom.layer({
      onCall: (record) => {
        // @ts-expect-error a record is read-only
        record.outcome = "ok"
      }
    })
  })
})
