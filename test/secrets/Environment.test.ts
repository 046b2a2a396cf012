import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { Secrets } from "loom-router"
import * as Environment from "loom-router/secrets/Environment"
import { live } from "../../src/internal/environment.ts"
import { make, told } from "./contract.ts"

const name = "LOOM_TEST_ENVIRONMENT_KEY"

const surroundings = [["where nothing else is provided", Layer.empty], ["as Loom provides it", live]] as const

describe("the environment", () => {
  it.effect.each(surroundings)(
    "is the process's, as it is at every read, %s",
    ([, surrounding]) =>
      Effect.gen(function*() {
        yield* Effect.addFinalizer(() => Effect.sync(() => delete process.env[name]))
        const secrets = yield* make({ from: [Environment.layer({ names: { OTHER: name } })] })
        const read = Effect.all([told(secrets, name), told(secrets, "OTHER")])
        assert.deepStrictEqual(yield* read, ["missing", "missing"])
        process.env[name] = "one"
        assert.deepStrictEqual(yield* read, ["one", "one"])
        process.env[name] = ""
        assert.deepStrictEqual(yield* read, ["missing", "missing"])
        process.env[name] = "two"
        assert.deepStrictEqual(yield* read, ["two", "two"])
        assert.strictEqual(Secrets.originOf(yield* secrets.get("OTHER"))?.where, `the environment (${name})`)
      }).pipe(Effect.provide(surrounding))
  )

  it.effect("is the ConfigProvider, where that is another", () =>
    Effect.gen(function*() {
      const broken = ConfigProvider.make(() => Effect.fail(new ConfigProvider.SourceError({ message: "sk-secret" })))
      const read = (provider: ConfigProvider.ConfigProvider) =>
        Effect.flatMap(make({ from: ["environment"] }), (secrets) => Effect.exit(secrets.get(name))).pipe(
          Effect.provide(ConfigProvider.layer(provider))
        )
      const found = yield* read(ConfigProvider.fromUnknown({ [name]: "given" }))
      assert.strictEqual(found._tag === "Success" ? Redacted.value(found.value) : "", "given")
      const failed = String(yield* read(broken))
      assert.include(failed, "can't be read")
      assert.notInclude(failed, "sk-secret")
    }))
})

describe("the live environment", () => {
  it.effect("reads as Effect's own does: names, groups, what isn't there", () =>
    Effect.gen(function*() {
      yield* Effect.addFinalizer(() => Effect.sync(() => delete process.env[name]))
      process.env[name] = "x"
      const provider = yield* ConfigProvider.ConfigProvider
      const own = ConfigProvider.fromEnv()
      for (const path of [[name], ["LOOM", "TEST"], ["LOOM"], ["PATH"], [], ["NOT_THERE"], [0], ["LOOM_TEST"]]) {
        assert.deepStrictEqual(yield* provider.load(path), yield* own.load(path), path.join("."))
      }
    }).pipe(Effect.provide(live)))
})
