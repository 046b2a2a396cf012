/**
 * What every secret manager must do, over real HTTP against its simulator. Titles carry the backend's name.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Redacted, type Scope, Tracer } from "effect"
import { type SecretBackend, Secrets, Transport } from "loom-router"
import { traced } from "../listening.ts"
import { warned } from "./backends.ts"
import { type Steered, steered } from "./steered.ts"

/** A simulator that a test holds in its hand. */
export interface Held {
  readonly source: Secrets.Source
  /** Writes the secret that holds all names; nothing removes it. */
  readonly put: (secret: string, fields: Readonly<Record<string, string>> | undefined) => void
  /** Writes a secret that is a text, where there are such. */
  readonly text?: ((secret: string, text: string) => void) | undefined
  /** The source with these names. */
  readonly named: (names: SecretBackend.Names) => Secrets.Source
  /** Takes back what Loom shows the manager, so that it has to show itself again. */
  readonly expire: () => void
  readonly deny: (secret: string) => void
  readonly door: {
    readonly script: (...faults: ReadonlyArray<Fault>) => void
    readonly mend: () => void
    readonly arrivals: () => ReadonlyArray<{ readonly url: string; readonly method: string; readonly status: number }>
  }
  /** The requests for secrets alone. */
  readonly reads: () => number
}

interface Fault {
  readonly respond?: { readonly status: number; readonly body: unknown } | undefined
  readonly hang?: boolean | undefined
  readonly reset?: boolean | undefined
  readonly times?: number | "always" | undefined
}

export interface Manager {
  readonly name: string
  readonly hold: (clock: Steered) => Effect.Effect<Held, never, Scope.Scope>
  /** An answer that says to come back later. */
  readonly throttled: Fault
  /** What a read of the secret `loom` answers with, so that faults hit nothing else. */
  readonly where: string
}

/** What nothing may show. */
export const canary = "sk-c4n4ry-7d0c5f3be21a"

export const make = (
  options: Secrets.Options
): Effect.Effect<Secrets.Secrets["Service"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const transport = yield* Transport.make()
    return yield* Effect.provideService(Secrets.make(options), Transport.Transport, transport)
  })

export const told = (secrets: Secrets.Secrets["Service"], name: string): Effect.Effect<string> =>
  Effect.match(secrets.get(name), {
    onSuccess: Redacted.value,
    onFailure: ({ backend }) => backend === undefined ? "missing" : backend.kind
  })

export const contract = (manager: Manager): void => {
  const test = (
    title: string,
    body: (held: Held, clock: Steered) => Effect.fn.Return<void, unknown, Scope.Scope>
  ) =>
    it.live(`${manager.name}: ${title}`, () => {
      const clock = steered()
      return Effect.gen(function*() {
        const held = yield* manager.hold(clock)
        yield* Effect.gen(() => body(held, clock))
      }).pipe(Effect.provideService(Clock.Clock, clock))
    })

  describe("a secret manager", () => {
    test("one secret holds all keys, and one request reads them", function*(held) {
      held.put("loom", { A: "a", B: "b" })
      const secrets = yield* make({ from: [held.source] })
      const read = yield* Effect.forEach(["A", "B", "C"], (name) => told(secrets, name), { concurrency: "unbounded" })
      assert.deepStrictEqual(read, ["a", "b", "missing"])
      assert.strictEqual(held.reads(), 1)
    })

    test("names are mapped", function*(held) {
      held.put("apps/openai", { key: "mapped" })
      const { text = () => {} } = held
      text("plain", "as text\n")
      const secrets = yield* make({ from: [held.named({ A: "apps/openai#key", B: "plain" })] })
      assert.strictEqual(yield* told(secrets, "A"), "mapped")
      if (held.text !== undefined) assert.strictEqual(yield* told(secrets, "B"), "as text")
      assert.strictEqual(yield* told(secrets, "C"), "missing")
    })

    test("a missing key says where it was looked for", function*(held) {
      const secrets = yield* make({ from: [held.source] })
      const error = yield* Effect.flip(secrets.get("OPENAI_API_KEY"))
      assert.lengthOf(error.looked, 1)
      assert.include(error.looked[0], "loom#OPENAI_API_KEY")
      assert.include(error.message, manager.where)
    })

    test("F19 a rotated key is picked up within a minute, and not one read fails", function*(held, clock) {
      held.put("loom", { A: "old" })
      const secrets = yield* make({ from: [held.source] })
      const seen: Array<string> = []
      for (let second = 0; second < 120; second += 5) {
        if (second === 20) held.put("loom", { A: "new" })
        seen.push(yield* told(secrets, "A"))
        clock.advance("5 seconds")
        yield* Effect.sleep("1 millis")
      }
      assert.deepStrictEqual([...new Set(seen)], ["old", "new"])
      assert.isAtMost(seen.indexOf("new") * 5, 20 + 60)
    })

    test("F19 a backend that is down longer than the time to live", function*(held, clock) {
      const { layer, warnings } = warned()
      yield* Effect.gen(function*() {
        held.put("loom", { A: "good" })
        const secrets = yield* make({ from: [held.source] })
        assert.strictEqual(yield* told(secrets, "A"), "good")
        held.door.script({ reset: true, times: "always" })
        for (let minutes = 0; minutes < 55; minutes += 11) {
          clock.advance("11 minutes")
          assert.strictEqual(yield* told(secrets, "A"), "good")
        }
        assert.lengthOf(warnings, 1)
        clock.advance("6 minutes")
        assert.strictEqual(yield* told(secrets, "A"), "Unavailable")
        held.door.mend()
        clock.advance("6 seconds")
        assert.strictEqual(yield* told(secrets, "A"), "good")
      }).pipe(Effect.provide(layer))
    })

    test("F19 a revoked key is gone at the next look", function*(held, clock) {
      held.put("loom", { A: "a" })
      const secrets = yield* make({ from: [held.source] })
      assert.strictEqual(yield* told(secrets, "A"), "a")
      held.put("loom", undefined)
      clock.advance("46 seconds")
      assert.strictEqual(yield* told(secrets, "A"), "missing")
    })

    test("F19 a refused key is asked for once more", function*(held) {
      held.put("loom", { A: "old" })
      const secrets = yield* make({ from: [held.source] })
      const refused = yield* secrets.get("A")
      held.put("loom", { A: "new" })
      assert.strictEqual(Redacted.value(yield* secrets.refetch("A", refused)), "new")
      assert.strictEqual(held.reads(), 2)
    })

    test("what Loom shows it may end: it shows itself again", function*(held, clock) {
      held.put("loom", { A: "a" })
      const secrets = yield* make({ from: [held.source] })
      assert.strictEqual(yield* told(secrets, "A"), "a")
      held.expire()
      held.put("loom", { A: "b" })
      clock.advance("46 seconds")
      assert.strictEqual(yield* told(secrets, "A"), "b")
    })

    test("a secret that may not be read", function*(held) {
      held.put("loom", { A: "a" })
      held.deny("loom")
      const secrets = yield* make({ from: [held.source] })
      assert.strictEqual(yield* told(secrets, "A"), "Unauthorized")
    })

    test("throttling and a failure are waited out", function*(held) {
      held.put("loom", { A: "a" })
      for (const fault of [manager.throttled, { respond: { status: 500, body: "{}" } }]) {
        held.door.script({ ...fault, times: 2 })
        const secrets = yield* make({ from: [held.source] })
        assert.strictEqual(yield* told(secrets, "A"), "a")
      }
      held.door.script({ ...manager.throttled, times: "always" })
      const before = held.reads()
      assert.strictEqual(yield* told(yield* make({ from: [held.source] }), "A"), "Throttled")
      // Nobody else tries again beneath.
      assert.strictEqual(held.reads() - before, 3)
    })

    test("a reader that leaves takes its request along", function*(held) {
      held.put("loom", { A: "a" })
      const secrets = yield* make({ from: [held.source] })
      held.door.script({ hang: true })
      const fiber = yield* Effect.forkChild(secrets.get("A"))
      yield* until(() => held.door.arrivals().some(({ status }) => status === 0))
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* told(secrets, "A"), "a")
    })

    test("a listening tracer sees nothing of it", function*(held) {
      held.put("loom", { A: "a" })
      const { spans, tracer } = traced()
      const secrets = yield* make({ from: [held.source] })
      assert.strictEqual(yield* Effect.provideService(told(secrets, "A"), Tracer.Tracer, tracer), "a")
      assert.deepStrictEqual(spans.map(({ name }) => name), [])
    })

    const garbage: Readonly<Record<string, Fault>> = {
      "HTML": { respond: { status: 200, body: `<html>${canary}</html>` } },
      "nothing": { respond: { status: 200, body: "" } },
      "cut JSON": { respond: { status: 200, body: `{"data":"${canary}` } },
      "JSON of another kind": { respond: { status: 200, body: [canary] } },
      "the wrong types": {
        respond: {
          status: 200,
          body: { data: { data: canary, A: [canary] }, payload: { data: [canary] }, SecretString: { [canary]: canary } }
        }
      },
      "an error with the key": {
        respond: {
          status: 400,
          body: {
            __type: canary,
            message: canary,
            Message: canary,
            errors: [canary],
            error: { message: canary, status: canary }
          }
        }
      },
      "a refusal with the key": {
        respond: { status: 403, body: { __type: `${canary}Exception`, errors: [canary], error: { message: canary } } }
      },
      "a server error with the key": { respond: { status: 500, body: `crashed on ${canary}` } },
      "a redirect": { respond: { status: 302, body: canary } },
      "no answer": { reset: true }
    }
    for (const [title, fault] of Object.entries(garbage)) {
      test(`garbage leaks nothing and replaces nothing: ${title}`, function*(held, clock) {
        const { layer, warnings } = warned()
        held.put("loom", { A: "good" })
        held.door.script({ ...fault, times: "always" })
        const cold = yield* make({ from: [held.source] })
        const error = yield* Effect.flip(cold.get("A"))
        const { inspect } = yield* Effect.promise(() => import("node:util"))
        const shown = inspect(error, { depth: Infinity, showHidden: true }) + error.message + String(error.stack) +
          JSON.stringify(error)
        assert.notInclude(shown, canary)
        assert.isDefined(error.backend)
        held.door.mend()
        const warm = yield* make({ from: [held.source] })
        assert.strictEqual(yield* told(warm, "A"), "good")
        held.door.script({ ...fault, times: "always" })
        clock.advance("46 seconds")
        assert.strictEqual(yield* Effect.provide(told(warm, "A"), layer), "good")
        assert.lengthOf(warnings, 1)
        assert.notInclude(warnings[0], canary)
      })
    }
  })
}

/** Waits until something that the other end does has happened. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => holds() ? Effect.void : Effect.andThen(Effect.sleep("2 millis"), until(holds)))
