import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, type Scope } from "effect"
import { type GenerateError, Generator } from "loom-router"
import type * as Sandbox from "loom-router/sandbox"
import { billed, spent } from "../providers/world.ts"
import { ways, type Wire, wires } from "./drive.ts"
import { errorOf, inPair, key, type Pair, secondModel, type Setting } from "./pair.ts"

const rotated = "sk-test-rotated-9876"
const refusing = (status: number): Sandbox.Fault => ({
  delayMillis: 60_000,
  respond: { status },
  times: "always"
})

/** What has arrived with which key: the sandbox keeps its end. */
const keysOf = (pair: Pair) =>
  Effect.map(pair.first.journal, (journal) =>
    journal.map(({ headers }) => {
      const sent = headers["authorization"] ?? headers["x-api-key"] ?? ""
      return sent.endsWith(rotated.slice(-4)) ? "rotated" : sent.endsWith(key.slice(-4)) ? "first" : sent
    }))

const variable = { openai: "OPENAI_API_KEY", anthropic: "ANTHROPIC_API_KEY" } as const

interface Given extends Setting {
  /** Not from the environment. */
  readonly given?: boolean
}

type Body = Effect.fn.Return<void, GenerateError.GenerateError, Scope.Scope>

const inPairWith = (
  wire: Wire,
  { given = false, ...options }: Given,
  body: (pair: Pair) => Body
) =>
  inPair({
    ...options,
    providers: (first) => ({
      [wire.provider]: Layer.effect(
        Generator.Generator,
        wire.make({
          baseUrl: first.baseUrl(wire.provider),
          ...given ? { apiKey: Redacted.make(key) } : {}
        })
      )
    })
  }, function*(pair) {
    pair.environment[variable[wire.provider]] = key
    yield* Effect.gen(() => body(pair))
  })

for (const [way, ask] of ways) {
  for (const wire of wires.filter(({ title }) => title !== "openai, chat")) {
    describe(`${wire.title}: ${way}`, () => {
      const model = `${wire.provider}/${wire.model}` as const
      const inWorld = (options: Given, body: (pair: Pair) => Body) => inPairWith(wire, options, body)

      for (const status of [401, 403]) {
        it.live(`F6 F19 ${status}, and the key was rotated meanwhile: it is read once more: ${wire.title}: ${way}`, () =>
          inWorld({}, function*(pair) {
            const { environment, first, records } = pair
            yield* first.script({ ...refusing(status), times: 1 })
            const asking = yield* Effect.forkChild(ask({ model, prompt: "Hello" }), { startImmediately: true })
            yield* first.awaitJournal(([entry]) => entry?.waiting === true)
            environment[variable[wire.provider]] = rotated
            yield* first.advance(60_000)
            const { attempts } = yield* Fiber.join(asking)
            assert.deepStrictEqual(yield* keysOf(pair), ["first", "rotated"])
            assert.deepStrictEqual(attempts.map(({ billed, outcome, status }) => [outcome, billed, status]), [
              ["KeyRefused", "no", status],
              ["ok", "yes", undefined]
            ])
            assert.strictEqual(spent(attempts), yield* billed(first))
            assert.lengthOf(records, 1)
            yield* ask({ model, prompt: "And again" })
            assert.deepStrictEqual(yield* keysOf(pair), ["first", "rotated", "rotated"])
          }))

        it.live(`F6 F19 ${status}, and the rotated key is refused too: once is enough: ${wire.title}: ${way}`, () =>
          inWorld({ failover: [secondModel] }, function*(pair) {
            const { arrived, environment, first, records } = pair
            yield* first.script(refusing(status))
            const asking = yield* Effect.forkChild(
              ask({ model, prompt: "Hello" }),
              { startImmediately: true }
            )
            yield* first.awaitJournal(([entry]) => entry?.waiting === true)
            environment[variable[wire.provider]] = rotated
            yield* first.advance(60_000)
            yield* first.awaitJournal(([, entry]) => entry?.waiting === true)
            environment[variable[wire.provider]] = "sk-test-a-third"
            yield* first.advance(60_000)
            const answer = yield* Fiber.join(asking)
            assert.deepStrictEqual(yield* keysOf(pair), ["first", "rotated"])
            assert.deepStrictEqual(yield* arrived, [2, 1])
            assert.deepStrictEqual(
              answer.attempts.map(({ billed, outcome, provider }) => [provider, outcome, billed]),
              [
                [wire.provider, "KeyRefused", "no"],
                [wire.provider, "KeyRefused", "no"],
                ["second", "ok", "yes"]
              ]
            )
            assert.lengthOf(records, 1)
          }))
      }

      for (const given of [false, true]) {
        const what = given ? "the key was given" : "the key is still the same"
        it.live(`F6 401, and ${what}: it isn't tried twice: ${wire.title}: ${way}`, () =>
          inWorld({ given }, function*(pair) {
            const { arrived, first, records } = pair
            yield* first.script({ respond: { status: 401 }, times: "always" })
            const error = yield* errorOf(ask({ model, prompt: "Hello" }))
            assert.strictEqual(error.reason._tag, "KeyRefused")
            assert.deepStrictEqual(yield* arrived, [1, 0])
            assert.deepStrictEqual(records.map(({ attempts, outcome }) => [outcome, attempts.length]), [
              ["KeyRefused", 1]
            ])
          }))
      }

      it.live(`F19 the key is gone in the middle of a run: nothing is sent, and another vendor answers: ${wire.title}: ${way}`, () =>
        inWorld({ failover: [secondModel] }, function*({ arrived, environment }) {
          yield* ask({ model, prompt: "Hello" })
          delete environment[variable[wire.provider]]
          const answer = yield* ask({ model, prompt: "And again" })
          assert.strictEqual(answer.provider, "second")
          assert.deepStrictEqual(answer.router?.tried.map(({ attempts, outcome }) => [outcome, attempts]), [
            ["KeyMissing", 0],
            ["ok", 1]
          ])
          assert.deepStrictEqual(yield* arrived, [1, 1])
        }))
    })
  }
}
