/**
 * What `loom doctor` looks at.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import manifest from "../../package.json" with { type: "json" }
import * as Catalog from "../Catalog.ts"
import type { Provider } from "../Model.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import * as KeyCheck from "./KeyCheck.ts"
import * as KeyRing from "./KeyRing.ts"
import { Output, type Style } from "./Output.ts"
import * as Progress from "./Progress.ts"
import * as Settings from "./Settings.ts"

const Finding = Schema.Struct({
  /** What was looked at: `node`, `secrets`, a provider's key, `database`, `catalog`, `clock`. */
  subject: Schema.String,
  state: Schema.Literals(["ok", "warning", "failure"]),
  what: Schema.String,
  why: Schema.NullOr(Schema.String),
  fix: Schema.NullOr(Schema.String)
})

type Finding = typeof Finding.Type

/** What `loom doctor --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  healthy: Schema.Boolean,
  findings: Schema.Array(Finding)
})

interface Found extends Finding {
  readonly exitCode?: number | undefined
}

const ok = (subject: string, what: string): Found => ({ subject, state: "ok", what, why: null, fix: null })
const warning = (subject: string, what: string, why: string | null, fix: string): Found => ({
  subject,
  state: "warning",
  what,
  why,
  fix
})
const failure = (subject: string, what: string, why: string | null, fix: string, exitCode: number): Found => ({
  subject,
  state: "failure",
  what,
  why,
  fix,
  exitCode
})

const node: Found = (() => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  const needed = manifest.engines.node.replace(/^[^0-9]*/, "")
  const [needsMajor = 0, needsMinor = 0] = needed.split(".").map(Number)
  return major > needsMajor || (major === needsMajor && minor >= needsMinor)
    ? ok("node", `Node ${major}.${minor}`)
    : failure(
      "node",
      `Node ${major}.${minor}`,
      `Loom needs ${needed}`,
      "see https://nodejs.org",
      Failure.exitCodes.failed
    )
})()

/** Sources that don't work, each once. */
const sourcesOf = (held: ReadonlyArray<KeyRing.Held>): ReadonlyArray<Found> => {
  const broken = new Map(held.flatMap(({ problems }) => problems.map((problem) => [problem.message, problem] as const)))
  return Array.from(
    broken.values(),
    ({ backend, detail, fix }) => failure("secrets", `${backend}: no keys`, detail, fix, Failure.exitCodes.failed)
  )
}

interface Vendor {
  readonly held: KeyRing.Held
  readonly provider: Provider
}

interface Examined extends Vendor {
  readonly verdict: KeyCheck.Verdict
}

const vendorOf = ({ held, provider, verdict }: Examined): ReadonlyArray<Found> => {
  const { key, name, source } = held
  const subject = provider.key
  const { detail, millis, outcome } = verdict
  if (outcome === "unreachable") {
    const fix = "check the network, a proxy, and the provider's base URL"
    return [failure(subject, `${subject}: out of reach`, detail ?? null, fix, Failure.exitCodes.transient)]
  }
  // Without a key, that the vendor answers is all there is to know.
  if (key === undefined) return []
  const which = `${name} from ${source ?? "nowhere"} (${KeyRing.mask(key)})`
  switch (outcome) {
    case "accepted":
      return [ok(subject, `${subject}: ${which} accepted in ${Format.duration(millis)}`)]
    case "refused":
      return [
        failure(
          subject,
          `${subject}: key refused (${detail})`,
          `${which} was rejected by the vendor`,
          `loom keys set ${subject}`,
          Failure.exitCodes.key
        )
      ]
    case "unknown":
      return [warning(subject, `${subject}: ${which} not checked`, detail ?? null, "try again later")]
  }
}

const keylessOf = (held: ReadonlyArray<Vendor>): ReadonlyArray<Found> => {
  const keyless = held.filter(({ held }) => held.key === undefined).map(({ provider }) => provider.key)
  if (keyless.length === 0) return []
  const what = `no key for ${keyless.join(", ")}`
  const fix = `loom keys set ${keyless[0]}`
  return keyless.length < held.length
    ? [warning("keys", what, null, fix)]
    : [failure("keys", what, "Loom can't call anybody", fix, Failure.exitCodes.key)]
}

/** Signatures and certificates hold for some minutes only. */
const clockOf = (examined: ReadonlyArray<Examined>): ReadonlyArray<Found> => {
  const ahead = examined.flatMap(({ verdict }) => verdict.ahead ?? [])
  const [least] = ahead.toSorted((a, b) => Math.abs(a) - Math.abs(b))
  if (least === undefined) return []
  if (Math.abs(least) < 120_000) return [ok("clock", "clock")]
  const by = `${Format.duration(Math.abs(least))} ${least > 0 ? "slow" : "fast"}`
  return [warning("clock", `the clock is ${by}`, "the vendors' answers are dated otherwise", "set it by NTP")]
}

const database = Effect.gen(function*() {
  const path = yield* Settings.callLogPath
  const fileSystem = yield* FileSystem.FileSystem
  const file = yield* Effect.option(fileSystem.stat(path))
  if (Option.isNone(file)) return ok("database", "database: none yet")
  const { DatabaseSync } = yield* Effect.promise(() => import("node:sqlite"))
  return yield* Effect.try({
    try: () => {
      const db = new DatabaseSync(path, { readOnly: true, timeout: 2000 })
      try {
        const { quick_check: said } = db.prepare("PRAGMA quick_check(1)").get() ?? {}
        return said === "ok"
          ? ok("database", `database, ${Format.bytes(Number(file.value.size))}`)
          : damaged(path, said)
      } finally {
        db.close()
      }
    },
    catch: (cause) => damaged(path, cause instanceof Error ? cause.message : String(cause))
  }).pipe(Effect.catch(Effect.succeed))
})

const damaged = (path: string, why: unknown): Found =>
  failure(
    "database",
    "database: can't be read",
    `${path}: ${String(why)}`,
    "move it away: Loom starts a new one",
    Failure.exitCodes.failed
  )

const day = 86_400_000

const catalog = Effect.map(Clock.currentTimeMillis, (now) => {
  const checked = Catalog.providers(Catalog.bundled).flatMap(({ checked }) =>
    checked === undefined ? [] : [Date.parse(checked)]
  )
  const age = Math.max(0, Math.floor((now - Math.max(...checked)) / day))
  const what = `catalog, ${age === 1 ? "1 day" : `${age} days`} old`
  return age <= 60
    ? ok("catalog", what)
    : warning("catalog", what, "prices may have changed", "npm install loom-router@latest")
})

export const examine = Effect.fnUntraced(function*(quiet: boolean) {
  const output = yield* Output
  const { askable, examined, held } = yield* KeyRing.withSecrets(Effect.gen(function*() {
    const held = yield* KeyRing.all
    const askable = held.flatMap((held) =>
      held.provider !== undefined && KeyCheck.isAskable(held.provider) ? [{ held, provider: held.provider }] : []
    )
    // Nobody is asked whom nobody here uses.
    const asked = yield* Effect.filter(
      askable,
      ({ held, provider }) => held.key === undefined ? KeyCheck.isRedirected(provider) : Effect.succeed(true)
    )
    const examined = yield* Progress.each(
      { what: "asking the vendors", quiet },
      asked,
      ({ held, provider }) =>
        Effect.map(KeyCheck.ask(provider, held.key), (verdict): Examined => ({ held, provider, verdict }))
    )
    return { held, askable, examined }
  }))
  const found: ReadonlyArray<Found> = [
    node,
    yield* database,
    yield* catalog,
    ...clockOf(examined),
    ...sourcesOf(held),
    ...examined.flatMap(vendorOf),
    ...keylessOf(askable)
  ]
  yield* output.json
    ? output.document(Document, {
      schemaVersion: 1,
      healthy: found.every(({ state }) => state !== "failure"),
      findings: found.map(({ fix, state, subject, what, why }) => ({ subject, state, what, why, fix }))
    })
    : output.line(found.map((finding) => render(finding, output.out)).join("\n"))
  const worst = found.find(({ exitCode }) => exitCode !== undefined)
  if (worst?.exitCode !== undefined) return yield* Failure.told(worst.exitCode)
})

const marks = { ok: "✓", warning: "▲", failure: "✗" } as const

const render = ({ fix, state, what, why }: Finding, style: Style): string =>
  [
    `${state === "failure" ? style.red(marks[state]) : marks[state]} ${what}`,
    ...why === null ? [] : [`  ${style.dim("why:")} ${why}`],
    ...fix === null ? [] : [`  ${style.dim("fix:")} ${fix}`]
  ].join("\n")
