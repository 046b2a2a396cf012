import { assert, describe, it } from "@effect/vitest"
import { Clock, Config, ConfigProvider, Deferred, Effect, Fiber, Layer, Redacted, Schema, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Generator, Loom, Request, Secrets, Transport } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import * as Sandbox from "loom-router/sandbox"
import * as Environment from "loom-router/secrets/Environment"
import { environmentOf } from "./providers/world.ts"
import { fake, refusal, warned } from "./secrets/backends.ts"
import { steered } from "./secrets/steered.ts"

const make = (options: Secrets.Options): Effect.Effect<Secrets.Secrets["Service"], never, Scope.Scope> =>
  Effect.provide(Secrets.make(options), Transport.layer())

const valueOf = <E>(key: Effect.Effect<Redacted.Redacted, E>): Effect.Effect<string, E> =>
  Effect.map(key, Redacted.value)

const outage = (secrets: Secrets.Secrets["Service"], name: string): Effect.Effect<string> =>
  Effect.match(secrets.get(name), {
    onSuccess: Redacted.value,
    onFailure: ({ backend }) => backend === undefined ? "missing" : backend.kind
  })

/** Reads, and lets time pass until whatever is waited for, retries and timeouts, is over. */
const patient = (secrets: Secrets.Secrets["Service"], name: string) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(outage(secrets, name))
    yield* TestClock.adjust("5 seconds")
    return yield* Fiber.join(fiber)
  })

describe("the chain", () => {
  it.effect("asks in order, and no further than the first that has it", () =>
    Effect.gen(function*() {
      const [first, second, third] = [fake({}), fake({ loom: { A: "two" } }), fake({ loom: { A: "three" } })]
      const secrets = yield* make({ from: [first.backend, second.backend, third.backend] })
      assert.strictEqual(yield* valueOf(secrets.get("A")), "two")
      assert.deepStrictEqual([first, second, third].map(({ fetches }) => fetches.length), [1, 1, 0])
    }))

  it.effect("sees the environment as it is at every read, before all else", () =>
    Effect.gen(function*() {
      const environment: Record<string, string> = {}
      const vault = fake({ loom: { A: "kept" } })
      const secrets = yield* make({ from: ["environment", vault.backend] }).pipe(
        Effect.provide(environmentOf(environment))
      )
      assert.strictEqual(yield* valueOf(secrets.get("A")), "kept")
      environment["A"] = "set"
      assert.strictEqual(yield* valueOf(secrets.get("A")), "set")
      environment["A"] = ""
      assert.strictEqual(yield* valueOf(secrets.get("A")), "kept")
    }))

  it.effect("says where it looked, in order, and the fix in one line", () =>
    Effect.gen(function*() {
      const secrets = yield* make({
        from: [
          Environment.layer({ names: { OTHER: "MY_OTHER" } }),
          fake({}, { name: "vault", secret: "apps/loom" }).backend,
          fake({}, { name: "aws", names: { A: "prod/a" } }).backend
        ]
      }).pipe(Effect.provide(environmentOf({})))
      const error = yield* Effect.flip(secrets.get("A"))
      assert.deepStrictEqual(error.looked, ["the environment", "vault (apps/loom#A)", "aws (prod/a)"])
      assert.strictEqual(
        error.message,
        "no secret A\n  why: A is not set: looked in the environment, vault (apps/loom#A), aws (prod/a)\n" +
          "  fix: set A in the environment"
      )
      assert.notInclude(error.fix, "\n")
      const other = yield* Effect.flip(secrets.get("OTHER"))
      assert.include(other.why, "the environment (MY_OTHER)")
      assert.strictEqual(other.fix, "set the variable of the environment (MY_OTHER)")
      const managed = yield* make({ from: [fake({}, { name: "vault" }).backend] })
      assert.strictEqual((yield* Effect.flip(managed.get("A"))).fix, "put it into vault (loom#A)")
    }))

  it.effect("is what LOOM_SECRETS names", () =>
    Effect.gen(function*() {
      const named = (LOOM_SECRETS: string) =>
        make({}).pipe(Effect.provide(environmentOf({ LOOM_SECRETS, A: "here", LOOM_HOME: "/nowhere" })))
      assert.strictEqual(yield* valueOf((yield* named("environment")).get("A")), "here")
      assert.strictEqual(yield* valueOf((yield* named(" ,")).get("A")), "here")
      const error = yield* Effect.flip((yield* named("file, nonsense")).get("A"))
      assert.strictEqual(error.backend?.kind, "Misconfigured")
      assert.include(error.message, "nonsense")
      assert.include(error.fix, "environment, dotenv, file, vault, aws, gcp")
    }))

  it.effect("stops at a strict source that doesn't work, and goes on past a lenient one with one warning", () =>
    Effect.gen(function*() {
      const { layer, warnings } = warned()
      const chain = (mode: "strict" | "lenient") =>
        Effect.gen(function*() {
          const vault = fake({}, { policy: { mode } })
          vault.broken = refusal("Unauthorized")
          const secrets = yield* make({ from: [vault.backend, fake({ loom: { A: "next" } }).backend] })
          return [yield* outage(secrets, "A"), yield* outage(secrets, "A"), vault.fetches.length] as const
        })
      assert.deepStrictEqual(yield* chain("strict"), ["Unauthorized", "Unauthorized", 1])
      assert.lengthOf(warnings, 0)
      assert.deepStrictEqual(yield* Effect.provide(chain("lenient"), layer), ["next", "next", 1])
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0], "fake: it is down. The next source is asked instead: start it")
    }))

  it.effect("tells of every place, and names the place of a key", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "vault's" } }, { name: "vault" })
      const aws = fake({}, { name: "aws" })
      aws.broken = refusal("Malformed", "aws")
      const secrets = yield* make({ from: ["environment", vault.backend, aws.backend] }).pipe(
        Effect.provide(environmentOf({ A: "env's" }))
      )
      const found = yield* secrets.inspect("A")
      assert.deepStrictEqual(
        found.map(({ backend, error, key }) => [backend, key && Redacted.value(key), error?.kind]),
        [["environment", "env's", undefined], ["vault", "vault's", undefined], ["aws", undefined, "Malformed"]]
      )
      const origin = Secrets.originOf(yield* secrets.get("A"))
      assert.deepStrictEqual(origin, { name: "A", backend: "environment", where: "the environment" })
    }))
})

describe("what is in a secret", () => {
  const read = (content: unknown, place: string) =>
    Effect.gen(function*() {
      const secrets = yield* make({ from: [fake({ s: content }, { names: { A: place } }).backend] })
      return yield* outage(secrets, "A")
    })

  it.effect.each(
    [
      ["its text, where no field is named", "sk-1\n", "s", "sk-1"],
      ["its text, though it looks like JSON", "{\"A\":\"x\"}", "s", "{\"A\":\"x\"}"],
      ["a field of JSON", "{\"A\":\"x\"}", "s#A", "x"],
      ["a field of a record", { A: "x" }, "s#A", "x"],
      ["not a field that isn't there", "{\"B\":\"x\"}", "s#A", "missing"],
      ["not what every object has", "{}", "s#constructor", "missing"],
      ["not an empty text", "  \n", "s", "missing"],
      ["not a field of no object", "[1]", "s#A", "Malformed"],
      ["not a field of no JSON", "sk-1", "s#A", "Malformed"],
      ["not a number", { A: 1 }, "s#A", "Malformed"],
      ["not a record as a whole", { A: "x" }, "s", "Malformed"],
      ["not several lines", "a\nb", "s", "Malformed"],
      ["not what isn't text", "a\u0000b", "s", "Malformed"]
    ] as const
  )(
    "is %s",
    ([, content, place, expected]) => Effect.map(read(content, place), (found) => assert.strictEqual(found, expected))
  )

  it.effect("is fetched once for all names in it", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "a", B: "b" }, other: "c" }, { names: { C: "other" } })
      const secrets = yield* make({ from: [vault.backend] })
      const found = yield* Effect.forEach(["A", "B", "C", "A"], (name) => valueOf(secrets.get(name)))
      assert.deepStrictEqual(found, ["a", "b", "c", "a"])
      assert.deepStrictEqual(vault.fetches, ["loom", "other"])
    }))
})

describe("time to live", () => {
  it.effect("200 readers at once make one fetch, and all have the key", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "a" } })
      const opened = yield* Deferred.make<void>()
      vault.gate = Deferred.await(opened)
      const secrets = yield* make({ from: [vault.backend] })
      const readers = yield* Effect.forEach(
        Array.from({ length: 200 }),
        () => Effect.forkChild(valueOf(secrets.get("A")))
      )
      yield* Effect.yieldNow
      yield* Fiber.interrupt(readers[0]!)
      yield* Deferred.succeed(opened, undefined)
      const found = yield* Fiber.joinAll(readers.slice(1))
      assert.deepStrictEqual([...new Set(found)], ["a"])
      assert.lengthOf(vault.fetches, 1)
    }))

  it.effect("an answer is asked for anew before its time is over, and nobody waits for it", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "old" } })
      const secrets = yield* make({ from: [vault.backend] })
      yield* secrets.get("A")
      vault.secrets["loom"] = { A: "new" }
      yield* TestClock.adjust("35 seconds")
      assert.strictEqual(yield* valueOf(secrets.get("A")), "old")
      assert.lengthOf(vault.fetches, 1)
      yield* TestClock.adjust("2 seconds")
      const slow = yield* Deferred.make<void>()
      vault.gate = Deferred.await(slow)
      assert.strictEqual(yield* valueOf(secrets.get("A")), "old")
      assert.strictEqual(yield* valueOf(secrets.get("A")), "old")
      yield* Effect.yieldNow
      assert.lengthOf(vault.fetches, 2)
      yield* Deferred.succeed(slow, undefined)
      yield* Effect.yieldNow
      assert.strictEqual(yield* valueOf(secrets.get("A")), "new")
      assert.lengthOf(vault.fetches, 2)
    }))

  it.effect("a rotated key is seen within 60 seconds, however calls come", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "old" } })
      const secrets = yield* make({ from: [vault.backend] })
      yield* secrets.get("A")
      vault.secrets["loom"] = { A: "new" }
      yield* TestClock.adjust("45 seconds")
      assert.strictEqual(yield* valueOf(secrets.get("A")), "new")
    }))

  it.effect("what isn't there is looked for again after 10 seconds", () =>
    Effect.gen(function*() {
      const vault = fake({})
      const secrets = yield* make({ from: [vault.backend] })
      assert.strictEqual(yield* outage(secrets, "A"), "missing")
      vault.secrets["loom"] = { A: "a" }
      assert.strictEqual(yield* outage(secrets, "A"), "missing")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* outage(secrets, "A"), "a")
    }))

  it.effect("what is gone is gone at the next look, as a whole or as a field", () =>
    Effect.gen(function*() {
      for (const left of [undefined, { B: "b" }]) {
        const vault = fake({ loom: { A: "a" } })
        const secrets = yield* make({ from: [vault.backend] })
        yield* secrets.get("A")
        vault.secrets["loom"] = left
        yield* TestClock.adjust("45 seconds")
        assert.strictEqual(yield* outage(secrets, "A"), "missing")
      }
    }))

  it.effect("a key keeps its identity while it is the same", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "a" } })
      const secrets = yield* make({ from: [vault.backend] })
      const first = yield* secrets.get("A")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* secrets.get("A"), first)
      assert.lengthOf(vault.fetches, 2)
    }))
})

describe("F21 a wall clock that is set back", () => {
  it.live("makes no answer immortal", () => {
    const clock = steered()
    const setBack = { ...clock, currentTimeMillisUnsafe: () => 0, currentTimeMillis: Effect.succeed(0) }
    return Effect.gen(function*() {
      const vault = fake({ loom: { A: "old" } })
      const secrets = yield* make({ from: [vault.backend] })
      yield* secrets.get("A")
      vault.secrets["loom"] = { A: "new" }
      clock.advance("45 seconds")
      assert.strictEqual(yield* Effect.provideService(valueOf(secrets.get("A")), Clock.Clock, setBack), "new")
    }).pipe(Effect.provideService(Clock.Clock, clock))
  })
})

describe("the service", () => {
  it.live("is what Loom's adapters read their keys through, where it is provided", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ keys: ["sk-provided-0123456789"] })
      const vault = fake({ loom: { OPENAI_API_KEY: "sk-provided-0123456789" } })
      const loom = Loom.layer({ providers: { openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai") }) } })
      const call = Loom.generate({ model: "openai/gpt-4.1", prompt: "Hello" })
      const around = Secrets.layer({ from: [vault.backend] })
      yield* Effect.provide(call, Layer.provide(loom, around))
      assert.lengthOf(vault.fetches, 1)
      const pipeline = Effect.flatMap(
        OpenAi.make({ baseUrl: sandbox.baseUrl("openai") }),
        (openai) => Effect.flatMap(Request.fromPrompt("Hello"), openai.pipe(Generator.model("openai/gpt-4.1")).generate)
      )
      yield* Effect.provide(pipeline, Layer.merge(around, Transport.layer()))
      assert.lengthOf(yield* sandbox.journal, 2)
    }))
})

describe("F19 an outage", () => {
  it.effect("longer than the time to live is lived through with the last good key, one warning and few tries", () =>
    Effect.gen(function*() {
      const { layer, warnings } = warned()
      yield* Effect.gen(function*() {
        const vault = fake({ loom: { A: "a" } })
        const secrets = yield* make({ from: [vault.backend] })
        yield* secrets.get("A")
        vault.broken = refusal("Unauthorized")
        for (let minute = 0; minute < 59; minute++) {
          yield* TestClock.adjust("1 minute")
          assert.strictEqual(yield* outage(secrets, "A"), "a")
          assert.strictEqual(yield* outage(secrets, "A"), "a")
        }
        yield* Effect.yieldNow
        assert.lengthOf(vault.fetches, 60)
        assert.strictEqual(warnings.length, 1)
        assert.include(warnings[0], "fake: it is down. What it said last is used for at most 1h: start it")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* outage(secrets, "A"), "Unauthorized")
        vault.broken = undefined
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(yield* outage(secrets, "A"), "a")
        vault.broken = refusal("Unauthorized")
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* outage(secrets, "A"), "a")
        assert.strictEqual(warnings.length, 2)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("with nothing kept fails, is tried three times, and then not for 5 seconds", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "a" } })
      vault.broken = refusal("Unavailable")
      const secrets = yield* make({ from: [vault.backend] })
      assert.strictEqual(yield* patient(secrets, "A"), "Unavailable")
      assert.lengthOf(vault.fetches, 3)
      vault.broken = undefined
      assert.strictEqual(yield* patient(secrets, "A"), "Unavailable")
      assert.strictEqual(yield* patient(secrets, "A"), "a")
      assert.lengthOf(vault.fetches, 4)
    }))

  it.effect("that says nothing ends after 5 seconds", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "a" } })
      vault.gate = Effect.never
      const secrets = yield* make({ from: [vault.backend] })
      assert.strictEqual(yield* patient(secrets, "A"), "Unavailable")
    }))

  it.effect("of garbage keeps the last good key too", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: "{\"A\":\"a\"}" })
      const secrets = yield* make({ from: [vault.backend] })
      yield* secrets.get("A")
      vault.secrets["loom"] = "<html>"
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* outage(secrets, "A"), "a")
      yield* TestClock.adjust("2 hours")
      assert.strictEqual(yield* outage(secrets, "A"), "Malformed")
    }))

  it.effect("by a bug in a backend is one like any other, and shows nothing of it", () =>
    Effect.gen(function*() {
      const vault = fake({})
      vault.gate = Effect.die(new Error("sk-inside"))
      const secrets = yield* make({ from: [vault.backend] })
      const error = yield* Effect.flip(secrets.get("A"))
      assert.notInclude(JSON.stringify(error) + String(error.stack), "sk-inside")
    }))

  it.effect("keeps nothing where keepFor is zero", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "a" } }, { policy: { keepFor: 0, timeToLive: "1 second" } })
      const secrets = yield* make({ from: [vault.backend] })
      yield* secrets.get("A")
      vault.broken = refusal("Malformed")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* outage(secrets, "A"), "Malformed")
    }))
})

describe("a refused key", () => {
  it.effect("is asked for once more: the new one, or the same", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "old" } })
      const secrets = yield* make({ from: ["environment", vault.backend] }).pipe(Effect.provide(environmentOf({})))
      const refused = yield* secrets.get("A")
      vault.secrets["loom"] = { A: "new" }
      assert.strictEqual(yield* valueOf(secrets.refetch("A", refused)), "new")
      assert.strictEqual(yield* valueOf(secrets.refetch("A", refused)), "new")
      assert.lengthOf(vault.fetches, 2)
      const same = yield* secrets.get("A")
      assert.strictEqual(yield* secrets.refetch("A", same), same)
      assert.strictEqual(yield* secrets.refetch("A", same), same)
      assert.lengthOf(vault.fetches, 3)
      yield* TestClock.adjust("5 seconds")
      yield* secrets.refetch("A", same)
      assert.lengthOf(vault.fetches, 4)
    }))

  it.effect("that is gone from its place is looked for in the next", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "old" } })
      const secrets = yield* make({ from: [vault.backend, fake({ loom: { A: "next" } }).backend] })
      const refused = yield* secrets.get("A")
      vault.secrets["loom"] = undefined
      assert.strictEqual(yield* valueOf(secrets.refetch("A", refused)), "next")
    }))

  it.effect("200 at once make one fetch", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "old" } })
      const secrets = yield* make({ from: [vault.backend] })
      const refused = yield* secrets.get("A")
      vault.secrets["loom"] = { A: "new" }
      vault.gate = Effect.yieldNow
      const found = yield* Effect.forEach(
        Array.from({ length: 200 }),
        () => valueOf(secrets.refetch("A", refused)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([...new Set(found)], ["new"])
      assert.lengthOf(vault.fetches, 2)
    }))
})

describe("several keys for one name", () => {
  it.effect("take turns, leaving out what isn't there and what was refused", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A1: "one", A2: "two", A4: "four" } })
      const secrets = yield* make({ from: [vault.backend], keys: { A: { rotate: ["A1", "A2", "A3", "A4"] } } })
      const found = yield* Effect.forEach(Array.from({ length: 8 }), () => valueOf(secrets.get("A")))
      assert.deepStrictEqual(found, ["one", "two", "four", "four", "one", "two", "four", "four"])
      const refused = yield* secrets.get("A")
      for (let n = 0; n < 8; n++) assert.notStrictEqual(yield* valueOf(secrets.refetch("A", refused)), "one")
      const none = yield* make({ from: [vault.backend], keys: { A: { rotate: ["X", "Y"] } } })
      assert.include((yield* Effect.flip(none.get("A"))).why, "X, Y are not set")
    }))

  it.effect("are picked by a tag", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { ACME: "acme's", REST: "ours" } })
      const names = { acme: "ACME" }
      const secrets = yield* make({
        from: [vault.backend],
        keys: { A: { tag: "tenant", names, otherwise: "REST" }, B: { tag: "tenant", names } }
      })
      assert.strictEqual(yield* valueOf(secrets.get("A", { tenant: "acme" })), "acme's")
      assert.strictEqual(yield* valueOf(secrets.get("A", { tenant: "constructor" })), "ours")
      assert.strictEqual(yield* valueOf(secrets.get("A")), "ours")
      assert.include((yield* Effect.flip(secrets.get("B"))).why, "tag tenant, which the call doesn't have")
      assert.include((yield* Effect.flip(secrets.get("B", { tenant: "x" }))).why, "no secret is named")
    }))
})

describe("as a ConfigProvider", () => {
  it.effect("gives the names it was told, behind what was there, and passes on that a source is broken", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { DATABASE_URL: "postgres://kept", PORT: "1" } })
      const secrets = Layer.effect(Secrets.Secrets, make({ from: [vault.backend] }))
      const config = Secrets.layerConfigProvider(["DATABASE_URL", "OTHER"]).pipe(Layer.provide(secrets))
      const read = (name: string) =>
        Effect.gen(function*() {
          return Redacted.value(yield* Config.Redacted(name))
        })
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* read("DATABASE_URL"), "postgres://kept")
        assert.strictEqual((yield* Effect.flip(read("PORT")))._tag, "ConfigError")
        assert.strictEqual(yield* read("HERE"), "set")
        yield* Effect.flip(read("OTHER"))
        assert.deepStrictEqual(vault.fetches, ["loom"])
      }).pipe(Effect.provide(Layer.provide(config, ConfigProvider.layer(ConfigProvider.fromUnknown({ HERE: "set" })))))
      const broken = fake({})
      broken.broken = refusal("Unauthorized")
      const error = yield* Effect.flip(read("DATABASE_URL")).pipe(
        Effect.provide(
          Secrets.layerConfigProvider(["DATABASE_URL"]).pipe(
            Layer.provide(Layer.effect(Secrets.Secrets, make({ from: [broken.backend] })))
          )
        )
      )
      assert.include(error.message, "fake: it is down")
    }))
})

describe("whatever happens", () => {
  const Step = Schema.Literals([
    "wait a second",
    "wait a minute",
    "break",
    "mend",
    "rotate",
    "remove",
    "read",
    "refetch"
  ])

  it.effect.prop(
    "a key is older than its time to live only in an outage, and never older than its limit",
    [Schema.Array(Step)],
    ([steps]) =>
      Effect.gen(function*() {
        const vault = fake({ loom: { A: "0" } })
        const secrets = yield* make({ from: [vault.backend] })
        let [now, rotations, lastBroken] = [0, 0, -1]
        let last: Redacted.Redacted | undefined
        /** When the backend no longer had a value. */
        const ended = new Map<string, number>()
        const end = () => {
          const had = String(rotations)
          if (!ended.has(had)) ended.set(had, now)
        }
        for (const step of steps) {
          if (vault.broken !== undefined) lastBroken = now
          switch (step) {
            case "wait a second":
            case "wait a minute": {
              const seconds = step === "wait a second" ? 1 : 60
              now += seconds
              yield* TestClock.adjust(seconds * 1000)
              break
            }
            case "break":
              vault.broken = refusal("Unauthorized")
              break
            case "mend":
              vault.broken = undefined
              break
            case "rotate":
              end()
              vault.secrets["loom"] = { A: String(++rotations) }
              break
            case "remove":
              end()
              vault.secrets["loom"] = {}
              break
            default: {
              const read = step === "refetch" && last !== undefined ? secrets.refetch("A", last) : secrets.get("A")
              const key = yield* Effect.option(read)
              if (key._tag === "None") break
              last = key.value
              const gone = ended.get(Redacted.value(last))
              if (gone === undefined) break
              assert.isBelow(now - gone, 3600)
              if (vault.broken === undefined && lastBroken < gone) assert.isBelow(now - gone, 45)
            }
          }
        }
      }),
    { arbitrary: { runs: 200 } }
  )
})
