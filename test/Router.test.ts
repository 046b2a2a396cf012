import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { GenerateError, Generation, Generator, Model, type Request, Router } from "loom-router"
import { answer, asking, delta, failing, overloaded, refused } from "./scripted.ts"

/** Candidates by name; what they do; and which of them became requests. */
const plan = (
  outcomes: readonly [string | GenerateError.GenerateError, ...ReadonlyArray<string | GenerateError.GenerateError>],
  goOn?: (error: GenerateError.GenerateError) => boolean
) => {
  const requested: Array<string> = []
  const asked: Array<string> = []
  const candidate = (index: number): Router.Candidate => ({
    name: `acme/m${index}`,
    request: Effect.suspend(() => {
      requested.push(`m${index}`)
      return asking({ model: Model.unlisted("acme", `m${index}`) })
    })
  })
  const generator = Generator.fake(({ model }) => {
    asked.push(model.id)
    const outcome = outcomes[Number(model.id.slice(1))]!
    return typeof outcome === "string" ? answer(outcome, { model: model.id }) : outcome
  })
  const first = candidate(0)
  const rest = outcomes.slice(1).map((_, index) => candidate(index + 1))
  const run = Router.firstOf({ candidates: [first, ...rest], goOn })
  return {
    requested,
    asked,
    called: run(generator.generate),
    streamed: Effect.scoped(Effect.flatMap(run(generator.open), Stream.runCollect)).pipe(
      Effect.map((parts) => Generation.fromParts(parts)!)
    )
  }
}

describe("firstOf", () => {
  it.effect.each(["called", "streamed"] as const)(
    "%s: answers with the first that succeeds, and reaches no further",
    (method) =>
      Effect.gen(function*() {
        const { [method]: run, asked, requested } = plan([overloaded, "Hello", "Never asked"])
        assert.strictEqual((yield* run).text, "Hello")
        assert.deepStrictEqual(asked, ["m0", "m1"])
        assert.deepStrictEqual(requested, ["m0", "m1"])
      })
  )

  it.effect.each(["called", "streamed"] as const)(
    "%s: stops at a failure that another vendor can't help with",
    (method) =>
      Effect.gen(function*() {
        const { [method]: run, asked } = plan([refused, "Never asked"])
        assert.strictEqual(yield* Effect.flip(run), refused)
        assert.deepStrictEqual(asked, ["m0"])
      })
  )

  it.effect.each(["called", "streamed"] as const)("%s: goes on as `goOn` says", (method) =>
    Effect.gen(function*() {
      const { [method]: always } = plan([refused, "Hello"], () => true)
      assert.strictEqual((yield* always).text, "Hello")
      const { [method]: never } = plan([overloaded, "Hello"], () => false)
      assert.strictEqual(yield* Effect.flip(never), overloaded)
    }))

  it.effect.each(["called", "streamed"] as const)("%s: surfaces the last failure", (method) =>
    Effect.gen(function*() {
      const last = failing(new GenerateError.QuotaExceeded({ detail: "no credit" }))
      const { [method]: run } = plan([overloaded, overloaded, last])
      assert.strictEqual(yield* Effect.flip(run), last)
    }))

  it.effect("leaves a candidate that can't become a request, if the failure lets it", () =>
    Effect.gen(function*() {
      const keyless = failing(new GenerateError.KeyMissing({ variable: "ACME_API_KEY" }))
      const there: Router.Candidate = { name: "acme/there", request: asking() }
      const run = (error: GenerateError.GenerateError) =>
        Router.firstOf({ candidates: [{ name: "acme/gone", request: Effect.fail(error) }, there] })(
          Generator.fake(() => "Hello").generate
        )
      assert.strictEqual((yield* run(keyless)).text, "Hello")
      assert.strictEqual(yield* Effect.flip(run(refused)), refused)
    }))

  it.effect("goes no further once a stream has been opened", () =>
    Effect.gen(function*() {
      const cut = failing(new GenerateError.Partial({ detail: "cut", text: "Once" }))
      let opened = 0
      const open = (_: Request.Request) =>
        Effect.sync(() => {
          opened++
          return Stream.concat(Stream.make(delta("Once")), Stream.fail(cut))
        })
      const candidate = { name: "acme/ada", request: asking() }
      const run = Router.firstOf({ candidates: [candidate, candidate], goOn: () => true })
      assert.strictEqual(yield* Effect.flip(Effect.flatMap(run(open), Stream.runCollect)), cut)
      assert.strictEqual(opened, 1)
    }))

  it.effect.prop(
    "asks in order, up to and with the first that succeeds",
    [Schema.Array(Schema.Boolean).check(Schema.isMinLength(1), Schema.isMaxLength(8))],
    ([[first = true, ...rest]]) =>
      Effect.gen(function*() {
        const outcome = (succeeds: boolean) => succeeds ? "Hello" : overloaded
        const { asked, called, requested, streamed } = plan([outcome(first), ...rest.map(outcome)])
        const reached = [first, ...rest].indexOf(true)
        const expected = [first, ...rest].slice(0, reached === -1 ? undefined : reached + 1).map((_, index) =>
          `m${index}`
        )
        yield* Effect.exit(called)
        assert.deepStrictEqual([asked, requested], [expected, expected])
        yield* Effect.exit(streamed)
        assert.deepStrictEqual([asked, requested], [[...expected, ...expected], [...expected, ...expected]])
      }),
    { arbitrary: { runs: 30 } }
  )

  it.effect("walks a thousand candidates", () =>
    Effect.gen(function*() {
      const { called } = plan([overloaded, ...Array.from({ length: 1_000 }, () => overloaded), "Hello"])
      assert.strictEqual((yield* called).text, "Hello")
    }))
})
