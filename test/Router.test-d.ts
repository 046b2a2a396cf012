import { Effect, Schema } from "effect"
import { type Catalog, type GenerateError, type Request, Router } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

type Known<P extends keyof Catalog.ModelIds = keyof Catalog.ModelIds> = Catalog.ModelIds[P]

describe("make", () => {
  it("takes candidates as ids, tuples, objects and by name", () => {
    const router = Router.make({
      candidates: [
        "openai/gpt-4o-mini",
        "newco/large",
        ["openai", "text", "gpt-4o-mini"],
        ["openai", "text", "gpt-4o", { temperature: 0.2 }],
        ["newco", "text", "large"],
        { provider: "anthropic", model: "claude-haiku-4-5" },
        { model: "anthropic/claude-haiku-4-5", params: { temperature: 1 }, native: { anything: 42 } },
        Router.candidate("anthropic", "text", "claude-haiku-4-5", { maxOutputTokens: 10 }),
        Router.candidate("newco", "image", "large", {}, { native: { anything: 42 } })
      ],
      baseline: "openai/gpt-4o",
      order: "cheapest",
      hedge: { after: "2 seconds" },
      when: (error) => {
        expectTypeOf(error).toEqualTypeOf<GenerateError.GenerateError>()
        return error.failover
      }
    })
    expectTypeOf(router).toEqualTypeOf<Router.Router>()
    const choices: ReadonlyArray<Router.Choice> = router.candidates
    const [first = router.candidates[0], ...rest] = choices
    expectTypeOf(Router.make({ candidates: [first, ...rest] })).toEqualTypeOf<Router.Router>()
  })

  it("knows ids, and takes others", () => {
    type Tuple = Extract<Router.CandidateOption, ReadonlyArray<unknown>>
    expectTypeOf<Tuple[0]>().toEqualTypeOf<keyof Catalog.ModelIds | (string & {})>()
    expectTypeOf<Tuple[2]>().toEqualTypeOf<Known | (string & {})>()
    expectTypeOf<Tuple[3]>().toEqualTypeOf<Request.Params | undefined>()
    expectTypeOf<Router.Choice["model"]>().toEqualTypeOf<Known | Catalog.QualifiedId | (string & {})>()
    expectTypeOf<Router.Choice["provider"]>().toEqualTypeOf<keyof Catalog.ModelIds | (string & {}) | undefined>()
    expectTypeOf(Router.candidate<"openai">).parameter(2).toEqualTypeOf<Known<"openai"> | (string & {})>()
    expectTypeOf(Router.candidate<"newco">).parameter(2).toEqualTypeOf<string & {}>()
  })

  it("takes a predicate, an Effect or a Schema for a validator", () => {
    const candidates = ["openai/gpt-4o-mini"] as const
    Router.make({ candidates, validator: ({ text }) => text.length > 40 })
    Router.make({ candidates, validator: ({ usage }) => Effect.succeed(usage.totalTokens > 0) })
    Router.make({ candidates, validator: Schema.Struct({ answer: Schema.Int }) })
    // @ts-expect-error whether it will do is said by a boolean
    Router.make({ candidates, validator: ({ text }) => text })
    // What an Effect fails with has to be an error of calls.
    expectTypeOf<() => Effect.Effect<boolean, string>>().not.toExtend<Router.Validator>()
    expectTypeOf<() => Effect.Effect<boolean, GenerateError.GenerateError>>().toExtend<Router.Validator>()
  })

  it("fails in types", () => {
    // @ts-expect-error at least one is needed
    Router.make({ candidates: [] })
    // @ts-expect-error an id alone names no provider
    Router.make({ candidates: ["gpt-4o-mini"] })
    // @ts-expect-error a modality stands between provider and model
    Router.make({ candidates: [["openai", "gpt-4o-mini"]] })
    // @ts-expect-error there is no such modality
    Router.make({ candidates: [["openai", "smell", "gpt-4o-mini"]] })
    // @ts-expect-error there is no such param
    Router.make({ candidates: [["openai", "text", "gpt-4o-mini", { max_tokens: 10 }]] })
    // @ts-expect-error a model is needed
    Router.make({ candidates: [{ provider: "openai" }] })
    // @ts-expect-error there is no such order
    Router.make({ candidates: ["openai/gpt-4o-mini"], order: "dearest" })
    // @ts-expect-error that is no duration
    Router.make({ candidates: ["openai/gpt-4o-mini"], hedge: { after: "soon" } })
    // @ts-expect-error an id alone names no provider
    Router.make({ candidates: ["openai/gpt-4o-mini"], baseline: "gpt-4o" })
    // @ts-expect-error a candidate has no prompt
    Router.make({ candidates: [{ model: "openai/gpt-4o-mini", prompt: "Hi" }] })
  })
})
