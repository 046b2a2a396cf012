import type { Effect, Stream } from "effect"
import { type BatchEndpoint, type GenerateError, Generator, type Request } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

type Endpoint = BatchEndpoint.BatchEndpoint

describe("BatchEndpoint", () => {
  it("writes rows, submits jobs and reads results, failing as calls do", () => {
    expectTypeOf<Endpoint["row"]>().toEqualTypeOf<
      (request: Request.Request, customId: string) => Effect.Effect<string, GenerateError.GenerateError>
    >()
    expectTypeOf<ReturnType<Endpoint["results"]>>().toEqualTypeOf<
      Stream.Stream<BatchEndpoint.Row, GenerateError.GenerateError>
    >()
    expectTypeOf<"Answered" | "Expired" | "Cancelled">().toExtend<BatchEndpoint.Outcome["_tag"]>()
  })

  it("is put to a Generator, and taken away", () => {
    const fake = Generator.fake(() => "Hi")
    expectTypeOf(fake.batch).toEqualTypeOf<Endpoint | undefined>()
    expectTypeOf(fake.pipe(Generator.withBatch(undefined))).toEqualTypeOf<Generator.Generator>()
    // @ts-expect-error all of an endpoint is needed
    Generator.withBatch(fake, { limits: {} })
  })
})
