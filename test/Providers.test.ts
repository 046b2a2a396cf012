import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Layer } from "effect"
import { Catalog, Generator, Model, Providers, Transport } from "loom-router"
import { answer, asking, fold, scripted } from "./scripted.ts"

const catalog = Catalog.bundled.pipe(
  Catalog.registerModel({ provider: "custom", model: "ada" }),
  Catalog.registerOpenAiCompatible({ key: "newco", baseUrl: "https://api.newco.ai/v1", apiKeyEnv: "NEWCO_API_KEY" })
)

const made = (sources: Readonly<Record<string, Providers.Source>>, sealed?: boolean) =>
  Providers.make({ catalog, sources, sealed })

const asked = (provider: string) => asking({ model: Model.unlisted(provider, "ada") })

const surroundings = Layer.mergeAll(Transport.layer(), ConfigProvider.layer(ConfigProvider.fromUnknown({})))

describe("make", () => {
  it.effect("asks the generator that a request's model belongs to", () =>
    Effect.gen(function*() {
      const providers = yield* made({ a: Generator.fake(() => "a"), b: Generator.layerFake(() => "b") })
      for (const provider of ["a", "b"]) {
        assert.strictEqual((yield* providers.generate(yield* asked(provider))).text, provider)
        assert.strictEqual((yield* fold(providers, yield* asked(provider))).text, provider)
      }
    }).pipe(Effect.provide(surroundings)))

  it.effect("says how to add a provider that nothing speaks to", () =>
    Effect.gen(function*() {
      const providers = yield* made({ a: Generator.fake(() => "a") })
      for (const provider of ["custom", "unlisted", "__proto__", "constructor"]) {
        const error = yield* Effect.flip(providers.generate(yield* asked(provider)))
        assert.include(error.reason, { _tag: "InvalidRequest", field: "provider" })
        assert.strictEqual(error.provider, provider)
        assert.include(error.message, `providers: { ${provider}: … }`)
      }
    }).pipe(Effect.provide(surroundings)))

  it.effect("makes the providers of a catalog by the protocol they speak, unless it is sealed", () =>
    Effect.gen(function*() {
      for (const [provider, variable] of [["openai", "OPENAI_API_KEY"], ["newco", "NEWCO_API_KEY"]] as const) {
        const open = yield* Effect.flip((yield* made({})).generate(yield* asked(provider)))
        assert.include(open.reason, { _tag: "KeyMissing", variable })
        const sealed = yield* Effect.flip((yield* made({}, true)).generate(yield* asked(provider)))
        assert.include(sealed.reason, { _tag: "InvalidRequest", field: "provider" })
      }
    }).pipe(Effect.provide(surroundings)))

  it.effect("puts sources before what the catalog would make", () =>
    Effect.gen(function*() {
      const providers = yield* made({ openai: Generator.fake(() => "mine") })
      assert.strictEqual((yield* providers.generate(yield* asked("openai"))).text, "mine")
    }).pipe(Effect.provide(surroundings)))

  it.effect("builds no provider that isn't asked, and each once", () =>
    Effect.gen(function*() {
      const built: Array<string> = []
      const source = (name: string) =>
        Layer.effect(
          Generator.Generator,
          Effect.sync(() => {
            built.push(name)
            return Generator.fake(() => name)
          })
        )
      const providers = yield* made({ a: source("a"), b: source("b") })
      assert.deepStrictEqual(built, [])
      yield* providers.generate(yield* asked("a"))
      yield* providers.generate(yield* asked("a"))
      assert.deepStrictEqual(built, ["a"])
    }).pipe(Effect.provide(surroundings)))

  it.effect("tries again to build what couldn't be built", () =>
    Effect.gen(function*() {
      const vendor = scripted(answer("Hi"))
      let builds = 0
      const providers = yield* made({
        a: Layer.effect(
          Generator.Generator,
          Effect.suspend(() => builds++ === 0 ? Effect.die("no such module") : Effect.succeed(vendor.generator))
        )
      })
      assert.isTrue(Exit.hasDies(yield* Effect.exit(providers.generate(yield* asked("a")))))
      assert.strictEqual((yield* providers.generate(yield* asked("a"))).text, "Hi")
      assert.strictEqual(builds, 2)
    }).pipe(Effect.provide(surroundings)))
})
