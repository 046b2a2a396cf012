import { Effect, type Layer } from "effect"
import { type Attempt, CallLog, Loom } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("CallLog", () => {
  it("writes for whoever is beneath, and reads for who asks", () => {
    expectTypeOf(CallLog.layerSqlite({ path: "./calls.db" })).toEqualTypeOf<Layer.Layer<CallLog.Reader>>()
    expectTypeOf(CallLog.layerMemory()).toEqualTypeOf<Layer.Layer<CallLog.Reader>>()
    expectTypeOf(CallLog.layerReader()).toEqualTypeOf<Layer.Layer<CallLog.Reader>>()
    expectTypeOf(CallLog.recent({ limit: 10, filters: { provider: "openai", status: "error" } })).toEqualTypeOf<
      Effect.Effect<CallLog.Page, CallLog.ReadError, CallLog.Reader>
    >()
    expectTypeOf(CallLog.attemptsOf("id")).toEqualTypeOf<
      Effect.Effect<ReadonlyArray<Attempt.Attempt>, CallLog.ReadError, CallLog.Reader>
    >()
    expectTypeOf<CallLog.Row["picoUsd"]>().toEqualTypeOf<bigint>()
  })

  it("takes a store of one's own", () => {
    const store: CallLog.Store = { write: () => Effect.void }
    expectTypeOf(CallLog.layer(Effect.succeed(store), { capacity: 100 })).toEqualTypeOf<Layer.Layer<never>>()
    // A store says why it can't, as a StoreError.
    expectTypeOf<() => Effect.Effect<void, CallLog.StoreError>>().toExtend<CallLog.Store["write"]>()
    expectTypeOf<() => Effect.Effect<void, string>>().not.toExtend<CallLog.Store["write"]>()
  })

  it("knows its options", () => {
    void Loom.layer({ callLog: true })
    void Loom.layer({ callLog: { path: "./calls.db", retention: { maxAge: "90 days", maxBytes: 1e9 } } })
    // @ts-expect-error a path is in an object
    void Loom.layer({ callLog: "./calls.db" })
    // @ts-expect-error that is no duration
    CallLog.layerSqlite({ retention: { maxAge: "long" } })
    // @ts-expect-error there is no such status
    void CallLog.recent({ filters: { status: "fine" } })
  })
})
