import { Effect, type Layer } from "effect"
import {
  type Call,
  GenerateError,
  type Generation,
  Generator,
  Request,
  type ResponseCache,
  RetryPolicy
} from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

const one = Generator.fake(() => "Hi")

describe("Generator", () => {
  it("answers a request, or fails as calls do", () => {
    expectTypeOf(one).toEqualTypeOf<Generator.Generator>()
    expectTypeOf(one.generate).returns.toEqualTypeOf<
      Effect.Effect<Generation.Generation, GenerateError.GenerateError>
    >()
    expectTypeOf(Generator.layerFake(() => "Hi")).toEqualTypeOf<Layer.Layer<Generator.Generator>>()
    Generator.fake((request) => Request.fail(request, new GenerateError.ContentFiltered({ detail: "no" })))
    // @ts-expect-error a text, an answer or an error
    Generator.fake(() => 42)
    // A reason alone says of nobody.
    expectTypeOf<() => GenerateError.ContentFiltered>().not.toExtend<Parameters<typeof Generator.fake>[0]>()
  })

  it("is piped through stages, in either style", () => {
    const cache = null as unknown as ResponseCache.ResponseCache
    const gate = null as unknown as Call.Gate
    const piped = one.pipe(
      Generator.model("openai/gpt-4o-mini"),
      Generator.retry(RetryPolicy.make({ maxAttempts: 3, baseDelay: "500 millis" })),
      Generator.validate(({ text }) => text.length > 40),
      Generator.validate(({ text }) => Effect.succeed(text.length > 40)),
      Generator.orElse(one, { when: (error) => error.failover }),
      Generator.timeout("5 seconds"),
      Generator.gate(gate),
      Generator.coalesced,
      Generator.cached(cache)
    )
    expectTypeOf(piped).toEqualTypeOf<Generator.Generator>()
    expectTypeOf(Generator.orElse(one, one)).toEqualTypeOf<Generator.Generator>()
    expectTypeOf(Generator.retry(one, RetryPolicy.none)).toEqualTypeOf<Generator.Generator>()
  })

  it("takes a stage that looks at no answer", () => {
    const slow: Generator.Stage = (run) => (request) => Effect.delay(run(request), "1 second")
    expectTypeOf(one.pipe(Generator.around(slow))).toEqualTypeOf<Generator.Generator>()
    // @ts-expect-error what answers it is whoever is asked
    Generator.around(one, () => () => Effect.succeed("Hi"))
    // An error of its own is none of calls.
    type Fails = <A, R>(
      run: (request: Request.Request) => Effect.Effect<A, GenerateError.GenerateError, R>
    ) => (request: Request.Request) => Effect.Effect<A, GenerateError.GenerateError | string, R>
    expectTypeOf<Fails>().not.toExtend<Generator.Stage>()
  })

  it("fails in types", () => {
    // @ts-expect-error a policy is made by RetryPolicy.make
    Generator.retry(one, { maxAttempts: 3 })
    // @ts-expect-error whether it will do is said by a boolean
    Generator.validate(one, ({ text }) => text)
    // @ts-expect-error that is no duration
    Generator.timeout(one, "soon")
    // @ts-expect-error a vendor opens streams too, unless it is `whole`
    Generator.make({ generate: one.generate })
  })
})
