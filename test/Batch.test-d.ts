import { type Effect, Schema, Stream } from "effect"
import { type Batch, type GenerateError, type Generation, Loom, RetryPolicy } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

const row = { model: "openai/gpt-4o-mini", prompt: "Row 1" } as const

describe("submitBatch", () => {
  it("takes requests of any vendors, from a list, an iterator or a stream", () => {
    expectTypeOf(Loom.submitBatch([row])).toEqualTypeOf<Effect.Effect<Batch.Batch, Batch.BatchError>>()
    void Loom.submitBatch([
      row,
      { provider: "anthropic", model: "claude-haiku-4-5", prompt: "Row 2", customId: "row-2" },
      { provider: "openai", model: "gpt-4o-mini", prompt: "Row 3", native: { metadata: { a: "b" } } },
      { ...row, schema: Schema.Struct({ name: Schema.String }), schemaName: "yarn" }
    ])
    void Loom.submitBatch(new Set([row]))
    void Loom.submitBatch(Stream.make(row))
    void Loom.submitBatch([row], { id: "nightly", tags: { tenant: "acme" } })
  })

  it("takes nothing that says how quickly it is answered", () => {
    // @ts-expect-error a batch may take a day
    void Loom.submitBatch([{ ...row, timeout: "5 seconds" }])
    // @ts-expect-error nor is it asked for anew
    void Loom.submitBatch([{ ...row, retry: RetryPolicy.none }])
    // @ts-expect-error nor kept
    void Loom.submitBatch([{ ...row, cache: { ttl: "1 hour" } }])
    // @ts-expect-error an id alone names no provider
    void Loom.submitBatch([{ model: "gpt-4o-mini", prompt: "Hi" }])
    // @ts-expect-error a prompt is needed
    void Loom.submitBatch([{ model: "openai/gpt-4o-mini" }])
    // @ts-expect-error an id is a text
    void Loom.submitBatch([{ ...row, customId: 1 }])
    // @ts-expect-error requests are a list
    void Loom.submitBatch(row)
  })
})

describe("Batch", () => {
  it("is a handle whose rows are told apart by their tag", () => {
    const batch = null as unknown as Batch.Batch
    expectTypeOf(batch.status).toEqualTypeOf<Effect.Effect<Batch.Snapshot, Batch.BatchError>>()
    expectTypeOf(batch.wait()).toEqualTypeOf<Effect.Effect<Batch.Results, Batch.BatchError>>()
    expectTypeOf(batch.results).toEqualTypeOf<Stream.Stream<Batch.Row, Batch.BatchError>>()
    expectTypeOf<Batch.Row["_tag"]>().toEqualTypeOf<"Success" | "Failure" | "Expired" | "Cancelled" | "Missing">()
    expectTypeOf<Extract<Batch.Row, { readonly _tag: "Success" }>["generation"]>().toEqualTypeOf<
      Generation.Generation
    >()
    expectTypeOf<Extract<Batch.Row, { readonly _tag: "Failure" }>["error"]>().toEqualTypeOf<
      GenerateError.GenerateError
    >()
    expectTypeOf<Batch.Snapshot["picoUsd"]>().toEqualTypeOf<bigint>()
    void batch.wait({ pollInterval: "1 minute", timeout: "24 hours", atTimeout: "live" })
    // @ts-expect-error that is no duration
    void batch.wait({ pollInterval: "often" })
    // @ts-expect-error what is late is failed or asked live
    void batch.wait({ atTimeout: "ignore" })
  })

  it("is found by its id, and is a client's too", () => {
    expectTypeOf(Loom.batch("nightly")).toEqualTypeOf<Effect.Effect<Batch.Batch, Batch.BatchError>>()
    expectTypeOf(Loom.batches()).toEqualTypeOf<Effect.Effect<ReadonlyArray<Batch.Snapshot>, Batch.BatchError>>()
    expectTypeOf(Loom.client().submitBatch([row])).toEqualTypeOf<Promise<Loom.ClientBatch>>()
    expectTypeOf<Awaited<ReturnType<Loom.ClientBatch["wait"]>>["rows"]>().toEqualTypeOf<AsyncIterable<Batch.Row>>()
    expectTypeOf<Batch.BatchError["reason"]["_tag"]>().toExtend<string>()
    expectTypeOf<"UnknownBatch">().toExtend<Batch.BatchError["reason"]["_tag"]>()
    // @ts-expect-error there is no such reason
    expectTypeOf<"Nope">().toExtend<Batch.BatchError["reason"]["_tag"]>()
  })
})
