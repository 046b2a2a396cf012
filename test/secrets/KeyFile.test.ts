import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Redacted } from "effect"
import * as KeyFile from "loom-router/secrets/KeyFile"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { environmentOf } from "../providers/world.ts"
import { make, told } from "./contract.ts"
import { steered } from "./steered.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-keys-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const setUp = Effect.gen(function*() {
  const path = join(yield* folder, "inner", "keys.json")
  const secrets = yield* make({ from: [KeyFile.layer({ path })] })
  return { path, secrets }
})

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe("writing", () => {
  it.live("makes a file and a folder for this user alone, and leaves nothing else there", () =>
    Effect.gen(function*() {
      const { path } = yield* setUp
      yield* KeyFile.set("A", Redacted.make("a"), { path })
      yield* KeyFile.set("B", Redacted.make("b"), { path })
      yield* KeyFile.set("A", Redacted.make("c"), { path })
      assert.deepStrictEqual(JSON.parse(readFileSync(path, "utf8")), { A: "c", B: "b" })
      assert.deepStrictEqual([modeOf(path), modeOf(dirname(path))], ["600", "700"])
      assert.deepStrictEqual(yield* KeyFile.names({ path }), ["A", "B"])
      assert.isTrue(yield* KeyFile.remove("A", { path }))
      assert.isFalse(yield* KeyFile.remove("A", { path }))
      assert.isFalse(yield* KeyFile.remove("constructor", { path }))
      assert.deepStrictEqual(JSON.parse(readFileSync(path, "utf8")), { B: "b" })
      assert.deepStrictEqual([modeOf(path), readdirSync(dirname(path))], ["600", ["keys.json"]])
    }))

  it.live("takes any name as a name", () =>
    Effect.gen(function*() {
      const { path, secrets } = yield* setUp
      yield* KeyFile.set("__proto__", Redacted.make("a"), { path })
      assert.strictEqual(yield* told(secrets, "__proto__"), "a")
      assert.strictEqual(yield* told(secrets, "toString"), "missing")
    }))

  it.live("keeps what is there where it can't be written", () =>
    Effect.gen(function*() {
      const { path } = yield* setUp
      mkdirSync(path, { recursive: true })
      const error = yield* Effect.flip(KeyFile.set("A", Redacted.make("sk-secret"), { path }))
      assert.strictEqual(error.kind, "Misconfigured")
      assert.notInclude(error.message + String(error.stack), "sk-secret")
      assert.deepStrictEqual(readdirSync(dirname(path)), ["keys.json"])
    }))
})

describe("reading", () => {
  it.live("a key that is set after the start is seen after some seconds, and one that is removed is gone", () => {
    const clock = steered()
    return Effect.gen(function*() {
      const { path, secrets } = yield* setUp
      assert.strictEqual(yield* told(secrets, "A"), "missing")
      yield* KeyFile.set("A", Redacted.make("a"), { path })
      clock.advance("5 seconds")
      assert.strictEqual(yield* told(secrets, "A"), "a")
      yield* KeyFile.set("A", Redacted.make("b"), { path })
      clock.advance("5 seconds")
      assert.strictEqual(yield* told(secrets, "A"), "b")
      rmSync(path)
      clock.advance("5 seconds")
      assert.strictEqual(yield* told(secrets, "A"), "missing")
    }).pipe(Effect.provideService(Clock.Clock, clock))
  })

  it.live("refuses a file that others may read", () =>
    Effect.gen(function*() {
      const { path } = yield* setUp
      yield* KeyFile.set("A", Redacted.make("sk-secret"), { path })
      for (const mode of [0o640, 0o604, 0o660, 0o644]) {
        chmodSync(path, mode)
        const secrets = yield* make({ from: [KeyFile.layer({ path })] })
        const error = yield* Effect.flip(secrets.get("A"))
        assert.strictEqual(error.backend?.kind, "Misconfigured")
        assert.include(error.message, `may be read by others (mode ${mode.toString(8)})`)
        assert.include(error.fix, `chmod 600 ${path}`)
        assert.strictEqual((yield* Effect.flip(KeyFile.set("B", Redacted.make("b"), { path }))).kind, "Misconfigured")
      }
      chmodSync(path, 0o400)
      assert.strictEqual(yield* told(yield* make({ from: [KeyFile.layer({ path })] }), "A"), "sk-secret")
    }))

  it.live("garbage is told without a word of it", () =>
    Effect.gen(function*() {
      const { path } = yield* setUp
      mkdirSync(dirname(path), { recursive: true })
      for (const text of ["sk-secret", "[\"sk-secret\"]", "{\"A\":[\"sk-secret\"]}", " ".repeat(1024 * 1024 + 1), ""]) {
        writeFileSync(path, text, { mode: 0o600 })
        const error = yield* Effect.flip((yield* make({ from: [KeyFile.layer({ path })] })).get("A"))
        assert.strictEqual(error.backend?.kind, "Malformed")
        assert.notInclude(error.message + String(error.stack) + JSON.stringify(error), "sk-secret")
      }
      rmSync(path)
      mkdirSync(path)
      chmodSync(path, 0o700)
      assert.strictEqual(yield* told(yield* make({ from: [KeyFile.layer({ path })] }), "A"), "Misconfigured")
    }))
})

describe("the path", () => {
  it.effect.each(
    [
      [{ LOOM_HOME: "/loom" }, "/loom/keys.json"],
      [{ XDG_CONFIG_HOME: "/config" }, "/config/loom/keys.json"],
      [{ LOOM_HOME: "/loom", XDG_CONFIG_HOME: "/config" }, "/loom/keys.json"]
    ] as const
  )("of %o", ([environment, expected]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* KeyFile.pathOf(), expected)
      assert.isFalse(existsSync(expected))
    }).pipe(Effect.provide(environmentOf(environment))))
})
