import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Call, Catalog, Failover, GenerateError, GenerateOptions, Generator, Loom, RetryPolicy } from "loom-router"
import { answer, failing, overloaded, refused } from "./scripted.ts"

describe("standIns", () => {
  const catalog = Catalog.bundled.pipe(Catalog.registerModel({ provider: "azure", model: "gpt-4o" }))
  const november = Date.UTC(2026, 10, 23)
  const candidates = (
    failover: Failover.Failover,
    model = "openai/gpt-4o",
    options?: Partial<GenerateOptions.GenerateOptions>
  ) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(november)
      const call = yield* Call.make()
      const asked = { ...options, model, prompt: "Hi" } as GenerateOptions.GenerateOptions
      const { requestFor } = yield* Effect.fromResult(GenerateOptions.decode(asked))
      return Failover.standIns(failover, asked, {
        catalog,
        call,
        requestFor: (model, call, own) => requestFor(model, {}, call, own)
      })
    })
  const names = (...asked: Parameters<typeof candidates>) =>
    Effect.map(candidates(...asked), (candidates) => candidates.map(({ name }) => name))

  it.effect("true: the same model elsewhere, other providers, and then the model's own", () =>
    Effect.gen(function*() {
      const all = yield* names(true)
      assert.strictEqual(all[0], "azure/gpt-4o")
      const providers = all.slice(1).map((name) => name.split("/")[0])
      assert.include(providers, "anthropic")
      assert.include(providers, "openai")
      assert.strictEqual(providers.lastIndexOf("anthropic") < providers.indexOf("openai"), true)
      assert.notInclude(all, "openai/gpt-4o")
    }))

  it.effect("true: those that the catalog lists, as it lists them", () =>
    Effect.gen(function*() {
      for (const model of Catalog.models(catalog, { provider: "openai" })) {
        const listed = Catalog.equivalents(catalog, model, { at: november })
        assert.deepStrictEqual(
          yield* names(true, `openai/${model.id}`),
          listed.map(({ model: { id, provider } }) => `${provider}/${id}`)
        )
      }
    }))

  it.effect("\"same-model\": that alone; false: nobody", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* names("same-model"), ["azure/gpt-4o"])
      assert.deepStrictEqual(yield* names(false), [])
      assert.deepStrictEqual(yield* names([]), [])
    }))

  it.effect("never a deprecated one, which may be left", () =>
    Effect.gen(function*() {
      for (const { model } of Catalog.equivalents(catalog, Catalog.models(catalog)[0]!, { at: november })) {
        assert.include(["active", "legacy"], model.status)
      }
      const left = Catalog.models(catalog, { status: ["deprecated"] }).map(({ id, provider }) => `${provider}/${id}`)
      for (const model of left) for (const name of yield* names(true, model)) assert.notInclude(left, name)
    }))

  it.effect("a list: in its order, by provider/model, without the one that failed", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* names([
          "openai/gpt-4o",
          { provider: "anthropic", model: "claude-haiku-4-5" },
          { provider: "openai", model: "gpt-4o" },
          "azure/gpt-4o",
          { model: "openai/gpt-4o", params: { serviceTier: "default" } }
        ]),
        ["anthropic/claude-haiku-4-5", "azure/gpt-4o", "openai/gpt-4o"]
      )
    }))

  it.effect("a list: an alias goes by its model's id", () =>
    Effect.gen(function*() {
      const aliased = Catalog.models(catalog).flatMap((model) => {
        const found = Catalog.resolve(catalog, { provider: model.provider, model: model.upstream })
        return found._tag === "Success" && found.success.id === model.id && model.upstream !== model.id ? [model] : []
      })
      assert.isNotEmpty(aliased)
      for (const { id, provider, upstream } of aliased) {
        assert.deepStrictEqual(yield* names([`${provider}/${upstream}`], "azure/gpt-4o"), [`${provider}/${id}`])
      }
    }))

  it.effect("gives each its own params and policy", () =>
    Effect.gen(function*() {
      const retry = RetryPolicy.none
      const made = yield* candidates(
        ["azure/gpt-4o", { model: "anthropic/claude-haiku-4-5", params: { temperature: 1 }, retry }],
        "openai/gpt-4o",
        { temperature: 0.5, seed: 1 }
      )
      const [azure, claude] = yield* Effect.all(made.map(({ request }) => request))
      assert.deepInclude(azure?.params, { temperature: 0.5, seed: 1 })
      assert.deepInclude(claude?.params, { temperature: 1, seed: 1 })
      assert.deepStrictEqual([azure?.call.retry, claude?.call.retry], [undefined, retry])
      assert.strictEqual(azure?.call.attempts, claude?.call.attempts)
    }))

  it.effect("warns once, however often its request is made", () =>
    Effect.gen(function*() {
      const [one] = yield* candidates(["azure/gpt-4o"], "openai/gpt-4o", { serviceTier: "flex" })
      if (one === undefined) return assert.fail("nobody")
      for (let n = 0; n < 2; n++) {
        yield* one.request
        assert.deepStrictEqual(one.warnings?.(), ["serviceTier was left out: it is a tier of openai's"])
      }
    }))

  it.effect("an id that isn't listed is skipped", () =>
    Effect.gen(function*() {
      const [one] = yield* candidates(["openai/gpt-9"])
      const error = yield* Effect.flip(one?.request ?? Effect.die("nobody"))
      assert.strictEqual(error.reason._tag, "UnknownModel")
      assert.isTrue(one?.goOn?.(error))
    }))
})

describe("a call", () => {
  const catalog = ["acme", "zeta", "omega"].reduce(
    (catalog, provider) => Catalog.registerModel(catalog, { provider, model: "one" }),
    Catalog.empty
  )
  /** What each provider does; a text is an answer. */
  type World = Readonly<Record<string, GenerateError.GenerateError | string>>
  const run = (
    world: World,
    options?: Partial<GenerateOptions.GenerateOptions>,
    layer?: Omit<Loom.Options, "providers" | "transport" | "callLog">
  ) =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const vendor = Generator.fake(({ model }) => {
        asked.push(model.provider)
        const outcome = world[model.provider] ?? assert.fail(model.provider)
        return typeof outcome === "string"
          ? answer(outcome, { provider: model.provider, model: model.id })
          : new GenerateError.GenerateError({ ...outcome, provider: model.provider, model: model.id })
      })
      const call = { model: "acme/one", prompt: "Hi", ...options } as GenerateOptions.GenerateOptions
      const once = <A>(effect: Effect.Effect<A, GenerateError.GenerateError>) =>
        Effect.gen(function*() {
          asked.length = 0
          const loom = Loom.layerTest(vendor, {
            catalog,
            retry: RetryPolicy.none,
            failover: ["zeta/one", "omega/one"],
            ...layer
          })
          const fiber = yield* Effect.forkChild(Effect.result(Effect.provide(effect, loom)))
          yield* TestClock.adjust("1 hour")
          return { result: yield* Fiber.join(fiber), asked: asked.slice() }
        })
      const called = yield* once(Loom.generate(call))
      const streamed = yield* once(Effect.map(Stream.runCollect(Loom.stream(call)), (parts) => parts.at(-1)!))
      assert.deepStrictEqual(streamed.asked, called.asked)
      return called
    })

  const reasons = {
    Network: new GenerateError.Network({ detail: "refused", sent: "no" }),
    "Network, sent": new GenerateError.Network({ detail: "cut", sent: "maybe" }),
    RateLimited: new GenerateError.RateLimited({ detail: "slow down" }),
    QuotaExceeded: new GenerateError.QuotaExceeded({ detail: "no credit" }),
    Overloaded: new GenerateError.Overloaded({ detail: "503", maybeBilled: false }),
    "502": new GenerateError.Overloaded({ detail: "502", maybeBilled: true }),
    KeyMissing: new GenerateError.KeyMissing({ variable: "K" }),
    KeyRefused: new GenerateError.KeyRefused({ detail: "no" }),
    CircuitOpen: new GenerateError.CircuitOpen({ detail: "down", remaining: Duration.seconds(1) }),
    headers: new GenerateError.Timeout({ phase: "headers" }),
    idle: new GenerateError.Timeout({ phase: "idle" }),
    connect: new GenerateError.Timeout({ phase: "connect" }),
    InvalidResponse: new GenerateError.InvalidResponse({ detail: "html" })
  }

  it.effect.each(Object.entries(reasons))("%s leads on", ([, reason]) =>
    Effect.gen(function*() {
      const { asked, result } = yield* run({ acme: failing(reason), zeta: "Hi" })
      assert.deepStrictEqual(asked, ["acme", "zeta"])
      assert.strictEqual(result._tag, "Success")
    }))

  it.effect.each([
    new GenerateError.InvalidRequest({ detail: "no" }),
    new GenerateError.ContentFiltered({ detail: "no" }),
    new GenerateError.Unsupported({ feature: "x", detail: "no" })
  ])("$_tag of the first doesn't", (reason) =>
    Effect.gen(function*() {
      const { asked, result } = yield* run({ acme: failing(reason), zeta: "Hi" })
      assert.deepStrictEqual(asked, ["acme"])
      assert.strictEqual(result._tag === "Failure" && result.failure.reason._tag, reason._tag)
    }))

  it.effect("one that may be billed isn't repeated where it was, even by a policy of three", () =>
    Effect.gen(function*() {
      for (const reason of [reasons["502"], reasons.headers, reasons.idle, reasons["Network, sent"]]) {
        const { asked, result } = yield* run({ acme: failing(reason), zeta: "Hi" }, {}, { retry: RetryPolicy.make() })
        assert.deepStrictEqual(asked, ["acme", "zeta"])
        if (result._tag === "Failure") return assert.fail("it failed")
        assert.deepStrictEqual(
          result.success.attempts.map(({ billed, candidate, provider }) => [provider, candidate, billed]),
          [["acme", 0, "maybe"], ["zeta", 1, "yes"]]
        )
      }
    }))

  it.effect("a rate limit past its cap leads on at once, one below it is waited for", () =>
    Effect.gen(function*() {
      const limited = (seconds: number) =>
        failing(new GenerateError.RateLimited({ detail: "slow", retryAfter: Duration.seconds(seconds) }))
      const retry = RetryPolicy.make({ maxRetryAfter: "10 seconds" })
      assert.deepStrictEqual((yield* run({ acme: limited(11), zeta: "Hi" }, {}, { retry })).asked, ["acme", "zeta"])
      assert.deepStrictEqual((yield* run({ acme: limited(10), zeta: "Hi" }, {}, { retry })).asked, [
        "acme",
        "acme",
        "acme",
        "zeta"
      ])
    }))

  it.effect("a stand-in that refuses its version of the request is skipped, one that filters it isn't", () =>
    Effect.gen(function*() {
      const skips = yield* run({ acme: overloaded, zeta: refused, omega: "Hi" })
      assert.deepStrictEqual(skips.asked, ["acme", "zeta", "omega"])
      const filtered = failing(new GenerateError.ContentFiltered({ detail: "no" }))
      const stops = yield* run({ acme: overloaded, zeta: filtered, omega: "Hi" })
      assert.deepStrictEqual(stops.asked, ["acme", "zeta"])
    }))

  it.effect("tells the result who answered, who was tried, and what was left out", () =>
    Effect.gen(function*() {
      const { result } = yield* run({ acme: overloaded, zeta: overloaded, omega: "Hi" }, { serviceTier: "flex" })
      if (result._tag === "Failure") return assert.fail("it failed")
      const { attempts, model, provider, router, warnings } = result.success
      assert.deepStrictEqual([provider, model, router?.used], ["omega", "one", "omega/one"])
      assert.deepStrictEqual(router?.tried.map(({ attempts, model, outcome }) => [model, outcome, attempts]), [
        ["acme/one", "Overloaded", 1],
        ["zeta/one", "Overloaded", 1],
        ["omega/one", "ok", 1]
      ])
      assert.deepStrictEqual(attempts.map(({ candidate }) => candidate), [0, 1, 2])
      assert.include(warnings, "serviceTier was left out: it is a tier of acme's")
      assert.isUndefined(
        (yield* Effect.fromResult((yield* run({ acme: "Hi" })).result)).router
      )
    }))

  it.effect("tells the error all that was tried, in its message too", () =>
    Effect.gen(function*() {
      const { result } = yield* run({ acme: overloaded, zeta: failing(reasons.KeyMissing), omega: refused })
      if (result._tag === "Success") return assert.fail("it succeeded")
      const { attempts, message, provider, reason, tried } = result.failure
      assert.deepStrictEqual([provider, reason._tag], ["acme", "Overloaded"])
      assert.lengthOf(attempts, 3)
      assert.lengthOf(tried, 3)
      assert.include(message, "\n  tried: acme/one (Overloaded), zeta/one (KeyMissing), omega/one (InvalidRequest)")
    }))

  it.effect("shares one budget of attempts over retries and candidates", () =>
    Effect.gen(function*() {
      const down = { acme: overloaded, zeta: overloaded, omega: overloaded }
      const retry = RetryPolicy.make()
      const asked = (maxAttempts?: number) => Effect.map(run(down, { maxAttempts }, { retry }), ({ asked }) => asked)
      assert.lengthOf(yield* asked(), 9)
      assert.deepStrictEqual(yield* asked(5), ["acme", "acme", "acme", "zeta", "zeta"])
      assert.deepStrictEqual(yield* asked(1), ["acme"])
    }))
})
