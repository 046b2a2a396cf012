/**
 * Keys that are rotated, revoked or out of reach while calls go on: real SDKs, a simulated vendor, and simulated secret
 * managers over real HTTP.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, type Scope, Stream } from "effect"
import { Loom } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import * as Sandbox from "loom-router/sandbox"
import { environmentOf, failure, quick } from "../providers/world.ts"
import { warned } from "../secrets/backends.ts"
import type { Held, Manager } from "../secrets/contract.ts"
import { managers } from "../secrets/managers.ts"
import { type Steered, steered } from "../secrets/steered.ts"

const names = { OPENAI_API_KEY: "sk-openai", ANTHROPIC_API_KEY: "sk-anthropic" }

const keysOf = (generation: string) =>
  Object.fromEntries(Object.entries(names).map(([name, key]) => [name, `${key}-${generation}-0123456789`]))

interface World {
  readonly held: Held
  readonly clock: Steered
  readonly sandbox: Sandbox.Sandbox["Service"]
  /** One call of each vendor, and one stream of each. */
  readonly ask: typeof ask
}

const models = ["openai/gpt-4.1", "anthropic/claude-haiku-4-5"] as const

const ask = Effect.forEach(models, (model) =>
  Effect.andThen(
    Loom.generate({ model, prompt: "Hello", coalesce: false }),
    Stream.runDrain(Loom.stream({ model, prompt: "Hello", coalesce: false }))
  ), { discard: true })

const test = (
  manager: Manager,
  title: string,
  body: (world: World) => Effect.fn.Return<void, unknown, Scope.Scope>
) =>
  it.live(`F19 ${title}: ${manager.name}`, () => {
    const clock = steered()
    return Effect.gen(function*() {
      const held = yield* manager.hold(clock)
      held.put("loom", keysOf("old"))
      const sandbox = yield* Sandbox.make({ keys: Object.values(keysOf("old")) })
      const loom = Loom.layer({
        retry: quick,
        secrets: { from: ["environment", held.source] },
        providers: {
          openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai") }),
          anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic") })
        }
      })
      yield* Effect.provide(Effect.gen(() => body({ held, clock, sandbox, ask })), loom)
    }).pipe(Effect.provideService(Clock.Clock, clock))
  })

const statuses = (sandbox: World["sandbox"]) =>
  Effect.map(sandbox.journal, (journal) => journal.map(({ status }) => status))

for (const manager of managers) {
  describe(manager.name, () => {
    test(manager, "a key rotated with a grace of 60 s: no call fails, and none is refused", function*(world) {
      const { ask, clock, held, sandbox } = world
      for (let second = 0; second <= 120; second += 10) {
        if (second === 30) {
          held.put("loom", keysOf("new"))
          yield* Effect.forEach(Object.values(keysOf("new")), sandbox.addKey)
        }
        if (second === 90) yield* Effect.forEach(Object.values(keysOf("old")), sandbox.revokeKey)
        yield* ask
        clock.advance("10 seconds")
      }
      assert.deepStrictEqual([...new Set(yield* statuses(sandbox))], [200])
      assert.lengthOf(yield* sandbox.journal, 13 * 4)
    })

    test(manager, "a key rotated and revoked at once: asked for once, and the call goes on", function*(world) {
      const { ask, held, sandbox } = world
      yield* ask
      held.put("loom", keysOf("new"))
      yield* Effect.forEach(Object.values(keysOf("new")), sandbox.addKey)
      yield* Effect.forEach(Object.values(keysOf("old")), sandbox.revokeKey)
      yield* ask
      // One secret holds both keys, so that the other vendor's is new before it could be refused.
      assert.deepStrictEqual(yield* statuses(sandbox), [200, 200, 200, 200, 401, 200, 200, 200, 200])
      assert.strictEqual(held.reads(), 2)
    })

    test(manager, "a refused key that is the only one: one more look, one attempt", function*(world) {
      const { held, sandbox } = world
      yield* Effect.forEach(Object.values(keysOf("old")), sandbox.revokeKey)
      const call = Loom.generate({ model: models[0], prompt: "Hello" })
      const error = yield* failure(call)
      assert.strictEqual(error.reason._tag, "KeyRefused")
      assert.include(error.message, `OPENAI_API_KEY in ${manager.where}`)
      assert.strictEqual(held.reads(), 2)
      yield* failure(call)
      assert.strictEqual(held.reads(), 2)
      assert.deepStrictEqual(yield* statuses(sandbox), [401, 401])
    })

    test(manager, "a manager that is down longer than the time to live: calls go on", function*(world) {
      const { layer, warnings } = warned()
      yield* Effect.gen(function*() {
        const { ask, clock, held, sandbox } = world
        yield* ask
        held.door.script({ reset: true, times: "always" })
        for (let n = 0; n < 5; n++) {
          clock.advance("11 minutes")
          yield* ask
        }
        assert.deepStrictEqual([...new Set(yield* statuses(sandbox))], [200])
        assert.lengthOf(warnings, 1)
        clock.advance("10 minutes")
        const error = yield* failure(Loom.generate({ model: models[0], prompt: "Hello" }))
        assert.strictEqual(error.reason._tag, "KeyMissing")
        assert.isFalse(error.retryable)
        held.door.mend()
        clock.advance("10 seconds")
        yield* ask
      }).pipe(Effect.provide(layer))
    })

    test(manager, "a key that is gone: no call, and where it was looked for", function*(world) {
      const { ask, clock, held, sandbox } = world
      yield* ask
      held.put("loom", undefined)
      clock.advance("46 seconds")
      const error = yield* failure(Loom.generate({ model: models[0], prompt: "Hello" }))
      assert.strictEqual(error.reason._tag, "KeyMissing")
      assert.include(error.why, `OPENAI_API_KEY is not set: looked in the environment, ${manager.where}`)
      assert.strictEqual(error.fix, "set OPENAI_API_KEY in the environment")
      assert.lengthOf(yield* sandbox.journal, 4)
    })

    test(manager, "a key that is gone: where failover is on, another vendor answers", function*(world) {
      const { clock, held, sandbox } = world
      yield* ask
      const { ANTHROPIC_API_KEY } = keysOf("old")
      held.put("loom", undefined)
      held.put("loom", { ANTHROPIC_API_KEY: ANTHROPIC_API_KEY ?? "" })
      clock.advance("46 seconds")
      const options = { model: "openai/gpt-6-luna", prompt: "Hello", failover: true } as const
      const answered = yield* Loom.generate(options)
      assert.strictEqual(answered.provider, "anthropic")
      const parts = yield* Stream.runCollect(Loom.stream(options))
      assert.strictEqual(parts.at(-1)?.type, "finish")
      assert.deepStrictEqual((yield* statuses(sandbox)).slice(4), [200, 200])
    })
  })
}

describe("keys of tenants", () => {
  it.live("each call has the key that its tag stands for", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const keys = { tag: "tenant", names: { acme: "ACME_KEY", umbra: "UMBRA_KEY" } }
      const call = (tenant: string) =>
        Loom.generate({ model: models[0], prompt: "Hello", coalesce: false, tags: { tenant } })
      const loom = Loom.layer({
        secrets: { from: ["environment"], keys: { OPENAI_API_KEY: keys } },
        providers: { openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai") }) }
      })
      const environment = environmentOf({ ACME_KEY: "sk-0123456789-acme", UMBRA_KEY: "sk-0123456789-umbra" })
      yield* Effect.provide(Effect.forEach(["acme", "umbra", "acme"], call), Layer.provide(loom, environment))
      const journal = yield* sandbox.journal
      const seen = journal.map(({ headers }) => /\*\*\*(\w{4})/.exec(JSON.stringify(headers))?.[1])
      assert.deepStrictEqual(seen, ["acme", "mbra", "acme"])
    }))
})
