import { assert, describe, it, vi } from "@effect/vitest"
import {
  Cause,
  Clock,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Redacted,
  References,
  type Scope,
  Stream,
  Tracer
} from "effect"
import {
  CallLog,
  Catalog,
  type GenerateError,
  Generator,
  Loom,
  ResponseCache,
  type Secrets,
  type Transport
} from "loom-router"
import * as Sandbox from "loom-router/sandbox"
import * as DotEnv from "loom-router/secrets/DotEnv"
import * as Environment from "loom-router/secrets/Environment"
import * as KeyFile from "loom-router/secrets/KeyFile"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { inspect } from "node:util"
import { loom } from "../cli/loom.ts"
import { environmentOf, november, quick } from "../providers/world.ts"
import type { Held } from "../secrets/contract.ts"
import { managers } from "../secrets/managers.ts"
import { steered } from "../secrets/steered.ts"
import { connect, tempPath } from "../storage/files.ts"
import { isFull, type Wire, wires } from "./drive.ts"

/** What nothing may show. The second isn't shaped like a key, so that nobody finds it by its looks. */
const canaries = ["sk-proj-left0-c4n4ryMIDDLE-right9", "left0c4n4ryMIDDLEright9"]
const middle = "c4n4ryMIDDLE"

interface Setting {
  readonly faults?: (key: string) => ReadonlyArray<Sandbox.Fault>
  readonly sandbox?: Sandbox.Options
  readonly baseUrl?: string
  readonly limits?: Partial<Transport.Limits>
  /** Leaves once the request has arrived. */
  readonly interrupt?: boolean
}

const respond = (respond: NonNullable<Sandbox.Fault["respond"]>): ReadonlyArray<Sandbox.Fault> => [
  { respond, times: "always" }
]

const settings: Readonly<Record<string, Setting>> = {
  "a success": {},
  "401, with the key masked": { sandbox: { keys: ["sk-another"] } },
  "401, with the key": {
    faults: (key) =>
      respond({ status: 401, message: `Incorrect API key provided: ${key}. See https://x.test?k=${key}` })
  },
  "400, with the key in the option at fault": {
    faults: (key) => respond({ status: 400, body: { error: { message: "no", type: key, code: key, param: key } } })
  },
  "400, with the key before the message": {
    faults: (key) =>
      respond({
        status: 400,
        body: {
          type: "error",
          error: { type: "invalid_request_error", message: `${key}: no`, details: { error_code: key } },
          request_id: "req_1"
        }
      })
  },
  "429, with the key": { faults: (key) => respond({ status: 429, message: `${key} is too fast` }) },
  "500, with the key as a text": { faults: (key) => respond({ status: 500, body: `crashed on ${key}` }) },
  "502, with the key in HTML": {
    faults: (key) => respond({ status: 502, contentType: "text/html", body: `<html>${key}</html>` })
  },
  "200, with the key in HTML": {
    faults: (key) => respond({ status: 200, contentType: "text/html", body: `<html>${key}</html>` })
  },
  "200, with the key in cut JSON": { faults: (key) => respond({ status: 200, body: `{"id":"${key}` }) },
  "200, with the key in wrong types": {
    faults: (key) =>
      respond({ status: 200, body: { id: [key], model: [key], output: key, choices: key, content: key } })
  },
  "200, with the key as a name": {
    faults: (key) =>
      respond({
        status: 200,
        body: {
          [key]: key,
          id: "x",
          model: 7,
          output: [{ type: key, [key]: 1 }],
          choices: [{ [key]: 1 }],
          content: [{ [key]: 1 }]
        }
      })
  },
  "200, with the key in an error body": {
    faults: (key) =>
      respond({ status: 200, body: { type: "error", error: { message: `bad ${key}`, code: key, type: key } } })
  },
  "an error event with the key": {
    faults: (key) => [{ fail: { afterEvents: 9, message: `lost ${key}`, code: key }, times: "always" }]
  },
  "a failed answer with the key": {
    faults: (key) => [{ fail: { afterEvents: 9, as: "failed", message: `lost ${key}` }, times: "always" }]
  },
  "a header with the key": {
    faults: (key) =>
      respond({ status: 503, headers: { "x-request-id": "req_1", "request-id": "req_1", "retry-after": key } })
  },
  "a cut": {
    faults: () => [
      { stream: true, cut: { afterEvents: 9 }, times: "always" },
      { stream: false, cut: { afterBytes: 60 }, times: "always" }
    ]
  },
  "a reset": { faults: () => [{ reset: true, times: "always" }] },
  "nobody there": { baseUrl: "http://127.0.0.1:1/v1" },
  "no TLS there": { baseUrl: "https://127.0.0.1:1/v1" },
  "too much": { faults: () => [{ hugeBodyMegabytes: 2, times: "always" }], limits: { maxBodyBytes: 1000 } },
  "an interruption": { faults: () => [{ hang: true, times: "always" }], interrupt: true }
}

/** Everything that a value shows to whoever looks at it. */
const shown = (value: unknown): string => {
  const seen: Array<string> = [inspect(value, { depth: Infinity, showHidden: true, getters: true }), String(value)]
  for (let cause = value; cause instanceof Error; cause = cause.cause) {
    seen.push(cause.message, cause.stack ?? "", JSON.stringify(cause), inspect(cause, { depth: Infinity }))
    for (const name of ["what", "why", "fix"]) seen.push(String(Reflect.get(cause, name)))
  }
  seen.push(JSON.stringify(value, (_, inner: unknown) => typeof inner === "bigint" ? String(inner) : inner) ?? "")
  return seen.join("\n")
}

/** Where a key is kept, in place of the hand that gives it. */
type Keeper = (name: string, key: string) => Effect.Effect<Secrets.Options, never, Scope.Scope>

const run = (key: string, wire: Wire, stream: boolean, setting: Setting, keeper?: Keeper, prompt = "[words: 40]") =>
  Effect.gen(function*() {
    const seen: Array<unknown> = []
    const spans: Array<Tracer.Span> = []
    const sandbox = yield* Sandbox.make(setting.sandbox)
    yield* sandbox.script(...setting.faults?.(key) ?? [])
    const loom = Loom.layer({
      catalog: Catalog.bundled,
      retry: quick,
      health: { failures: 1, onTransition: (transition) => seen.push(transition) },
      log: stream ? "line" : "json",
      secrets: keeper && (yield* keeper(`${wire.provider.toUpperCase()}_API_KEY`, key)),
      providers: {
        [wire.provider]: Layer.effect(
          Generator.Generator,
          wire.make({
            baseUrl: setting.baseUrl ?? sandbox.baseUrl(wire.provider),
            ...(keeper === undefined ? { apiKey: Redacted.make(key) } : undefined),
            limits: setting.limits
          })
        )
      },
      onCall: (record) => seen.push(record)
    })
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const asked = { model: `${wire.provider}/${wire.model}`, prompt } as const
    const answered: Effect.Effect<unknown, GenerateError.GenerateError> = stream
      ? Stream.runCollect(Loom.stream(asked))
      : Loom.generate(asked)
    const call = answered.pipe(
      Effect.tapCause((cause) => Effect.logError("the call failed", cause)),
      Effect.tap((answer) => Effect.logInfo("the call succeeded", answer)),
      Effect.withSpan("a call of ours")
    )
    const exit = yield* Effect.gen(function*() {
      if (setting.interrupt !== true) {
        const exit = yield* Effect.exit(call)
        // Another one, which may find a circuit open or an answer kept.
        seen.push(yield* Effect.exit(call))
        return exit
      }
      const fiber = yield* Effect.forkChild(call)
      yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true)
      yield* Fiber.interrupt(fiber)
      return yield* Fiber.await(fiber)
    }).pipe(
      Effect.provide(Layer.mergeAll(
        loom,
        Logger.layer([
          Logger.make(({ cause, message }) => {
            seen.push(message, cause, Cause.pretty(cause))
          }),
          Logger.formatJson.pipe(Logger.map((line) => seen.push(line)))
        ]),
        Layer.succeed(References.MinimumLogLevel, "All"),
        Layer.succeed(Tracer.Tracer, tracer)
      ))
    )
    if (Exit.isFailure(exit)) {
      seen.push(Cause.pretty(exit.cause))
      for (const reason of exit.cause.reasons) seen.push(Cause.isFailReason(reason) ? reason.error : reason)
    } else seen.push(exit.value)
    for (const span of spans) seen.push(span.name, span.attributes, span.status, Reflect.get(span, "events"))
    return { seen: seen.map(shown), exit, spans: spans.length, requests: (yield* sandbox.journal).length }
  }).pipe(Effect.provideService(Clock.Clock, keeper === undefined ? november() : steered()))

/** Runs something in all ways, and gives what was seen or printed of the key. */
const leaksOf = Effect.fnUntraced(function*(
  body: (key: string, wire: Wire, stream: boolean) => Effect.Effect<ReadonlyArray<string>, unknown, Scope.Scope>
) {
  const printed: Array<string> = []
  const note = (...values: ReadonlyArray<unknown>) => {
    printed.push(values.map(shown).join(" "))
    return true
  }
  const spies = (["log", "info", "warn", "error", "debug", "trace"] as const).map((method) =>
    vi.spyOn(console, method).mockImplementation(note)
  )
  const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write").mockImplementation(note))
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const spy of [...spies, ...writes]) spy.mockRestore()
    })
  )
  const leaks = new Set<string>()
  for (const key of canaries) {
    for (const wire of wires) {
      for (const stream of [false, true]) {
        const seen = yield* body(key, wire, stream)
        assert.isAbove(seen.join("").length, 500)
        for (const text of [...seen, ...printed]) {
          const at = text.indexOf(middle)
          if (at >= 0) leaks.add(text.slice(Math.max(0, at - 60), at + 30))
        }
      }
    }
  }
  return [...leaks].slice(0, 3)
})

describe("the key is never shown", () => {
  for (const [name, setting] of Object.entries(settings)) {
    it.live(`canary: ${name}`, () =>
      Effect.gen(function*() {
        const leaks = yield* leaksOf((key, wire, stream) =>
          Effect.map(run(key, wire, stream, setting), ({ exit, requests, seen, spans }) => {
            assert.strictEqual(Exit.isSuccess(exit), name === "a success")
            assert.isAbove(spans, 0)
            if (setting.baseUrl === undefined) assert.isAbove(requests, 0)
            return seen
          })
        )
        assert.deepStrictEqual(leaks, [])
      }))
  }
})

/** What a backend does to its readers, with the key in its hand. */
const troubles: Readonly<Record<string, (held: Held, key: string) => void>> = {
  "works": () => {},
  "answers the key as HTML": ({ door }, key) => {
    door.script({ respond: { status: 200, body: `<html>${key}</html>` }, times: "always" })
  },
  "refuses with the key": ({ door }, key) => {
    const body = { __type: key, message: key, Message: key, errors: [key], error: { message: key, status: key } }
    door.script({ respond: { status: 403, body }, times: "always" })
  },
  "fails with the key": ({ door }, key) => door.script({ respond: { status: 500, body: key }, times: "always" }),
  "has the key where a field should be": ({ put }, key) => put("loom", { [key]: key }),
  "has a key that is none": ({ put }, key) =>
    put("loom", { OPENAI_API_KEY: `${key}\n${key}`, ANTHROPIC_API_KEY: `${key}\n` })
}

describe("a key in a secret manager is never shown", () => {
  for (const manager of managers) {
    for (const [trouble, cause] of Object.entries(troubles)) {
      it.live(`canary: ${manager.name} ${trouble}`, () =>
        Effect.gen(function*() {
          const keeper: Keeper = (name, key) =>
            Effect.map(manager.hold(steered()), (held) => {
              held.put("loom", { [name]: key })
              cause(held, key)
              return { from: [held.source] }
            })
          for (const setting of ["a success", "401, with the key"] as const) {
            const leaks = yield* leaksOf((key, wire, stream) =>
              Effect.map(run(key, wire, stream, settings[setting] ?? {}, keeper), ({ exit, seen }) => {
                if (trouble === "works") assert.strictEqual(Exit.isSuccess(exit), setting === "a success")
                return seen
              })
            )
            assert.deepStrictEqual(leaks, [])
          }
        }))
    }
  }

  const inFile = (write: (path: string, name: string, key: string) => Secrets.Source) =>
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-canary-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      ),
      (folder): Keeper => (name, key) =>
        Effect.sync(() => ({ from: [write(join(folder, crypto.randomUUID()), name, key)] }))
    )

  const keyFile = (mode: number) =>
    inFile((path, name, key) => {
      writeFileSync(path, JSON.stringify({ [name]: key }), { mode })
      return KeyFile.layer({ path })
    })

  const places: Readonly<Record<string, readonly [Effect.Effect<Keeper, never, Scope.Scope>, boolean]>> = {
    "the environment": [
      Effect.succeed((name, key) =>
        Effect.map(
          Effect.provide(Environment.make(), environmentOf({ [name]: key })),
          (environment) => ({ from: [environment] })
        )
      ),
      true
    ],
    "a .env file": [
      inFile((path, name, key) => {
        writeFileSync(path, `${name}=${key}\n`)
        return DotEnv.layer({ path })
      }),
      true
    ],
    "the file of keys": [keyFile(0o600), true],
    "the file of keys, which others may read": [keyFile(0o644), false]
  }

  for (const [place, [keeping, succeeds]] of Object.entries(places)) {
    it.live(`canary: ${place}`, () =>
      Effect.gen(function*() {
        const keeper = yield* keeping
        const leaks = yield* leaksOf((key, wire, stream) =>
          Effect.map(run(key, wire, stream, {}, keeper), ({ exit, seen }) => {
            assert.strictEqual(Exit.isSuccess(exit), succeeds)
            return seen
          })
        )
        assert.deepStrictEqual(leaks, [])
      }))
  }
})

describe("a key is never shown at the command line", () => {
  const commands: ReadonlyArray<readonly [args: ReadonlyArray<string>, stdin: string]> = [
    [["generate", "[words: 40]", "--log", "line", "--usage"], ""],
    [["generate", "[words: 40]", "--json"], ""],
    [["route", "openai/gpt-4.1", "openai/gpt-4o-mini", "[words: 40]"], ""],
    [["chat", "--usage"], "[words: 40]\n[words: 40]\n"],
    [["chat", "--json"], "[words: 40]\n"],
    [["keys", "check", "openai"], ""],
    [["models", "check", "--live"], ""],
    [["doctor"], ""],
    [["logs", "--json"], ""]
  ]
  for (const [n, [name, setting]] of Object.entries(settings).entries()) {
    if (setting.interrupt === true || setting.limits !== undefined) continue
    it.live(`canary: ${name}`, () =>
      Effect.gen(function*() {
        for (const key of canaries.filter((_, i) => i === n % canaries.length)) {
          const home = mkdtempSync(join(tmpdir(), "loom-canary-"))
          yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(home, { recursive: true, force: true })))
          const sandbox = yield* Sandbox.make(setting.sandbox)
          writeFileSync(join(home, "loom.config.yaml"), "retry: { maxAttempts: 1 }\n")
          for (const [args, stdin] of commands) {
            yield* sandbox.reset
            yield* sandbox.script(...setting.faults?.(key) ?? [])
            const { code, stderr, stdout } = yield* loom(args, {
              stdin,
              patience: 0,
              env: {
                LOOM_HOME: home,
                LOOM_CONFIG: join(home, "loom.config.yaml"),
                LOOM_SECRETS: "environment",
                OPENAI_API_KEY: key,
                OPENAI_BASE_URL: setting.baseUrl ?? sandbox.baseUrl("openai")
              }
            })
            if (name === "a success") assert.strictEqual(code, 0, `${args.join(" ")}\n${stderr}`)
            assert.notInclude(stdout + stderr, middle, args.join(" "))
          }
          for (const file of readdirSync(home)) {
            assert.strictEqual(readFileSync(join(home, file)).indexOf(middle), -1, file)
          }
        }
      }).pipe(Effect.scoped))
  }
})

it.live("canary: what lies on the disk", () =>
  Effect.gen(function*() {
    const folder = dirname(yield* tempPath)
    const [calls, answers] = [join(folder, "calls.db"), join(folder, "answers.db")]
    const asked = yield* Effect.gen(function*() {
      let asked = 0
      for (const setting of Object.values(settings)) {
        for (const wire of isFull ? wires : [wires[asked % wires.length] ?? wires[0]]) {
          for (const key of canaries) {
            yield* run(key, wire, asked % 2 === 0, setting, undefined, `[words: 40] ${asked}`)
            asked++
          }
        }
      }
      yield* (yield* CallLog.CurrentCallLog).flush
      return asked
    }).pipe(
      Effect.provide([
        CallLog.layerSqlite({ path: calls }),
        ResponseCache.layer({ ttl: "1 hour", sqlite: { path: answers } })
      ]),
      Effect.provideService(Clock.Clock, november())
    )
    const count = (path: string, table: string) =>
      Effect.map(connect(path, { readOnly: true }), (db) =>
        Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"]))
    assert.isAtLeast(yield* count(calls, "calls"), asked)
    // Of each vendor and key: what happens at the same moment of another run is taken for the same.
    assert.isAtLeast(yield* count(calls, "transitions"), 4)
    assert.isAtLeast(yield* count(answers, "entries"), 1)
    const bytes = Buffer.concat(
      readdirSync(folder).map((name) =>
        readFileSync(join(folder, name))
      )
    )
    assert.isAtLeast(bytes.indexOf("gpt-4.1"), 0)
    assert.strictEqual(bytes.indexOf(middle), -1)
  }))
