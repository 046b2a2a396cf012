/**
 * `loom keys list`, `set`, `remove`, `check` and `path`
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Prompt from "effect/cli/Prompt"
import * as Catalog from "../Catalog.ts"
import type { Provider } from "../Model.ts"
import type { SecretBackendError } from "../SecretBackend.ts"
import * as Secrets from "../Secrets.ts"
import * as Transport from "../Transport.ts"
import * as KeyFile from "../secrets/KeyFile.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import * as KeyCheck from "./KeyCheck.ts"
import { Output } from "./Output.ts"
import * as Progress from "./Progress.ts"
import * as Settings from "./Settings.ts"
import * as Table from "./Table.ts"

/** A key as it is shown: never more of it than its end. */
const Key = Schema.Struct({
  name: Schema.String,
  provider: Schema.NullOr(Schema.String),
  /** Where it was found, first in order; null where it is nowhere. */
  source: Schema.NullOr(Schema.String),
  lastFour: Schema.NullOr(Schema.String),
  /** Sources that couldn't be asked. */
  problems: Schema.Array(Schema.String)
})

/** What `loom keys list --json` prints. */
export const ListDocument = Schema.Struct({ schemaVersion: Schema.Literal(1), keys: Schema.Array(Key) })

/** What `loom keys check --json` prints. */
export const CheckDocument = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  keys: Schema.Array(Schema.Struct({
    ...Key.fields,
    outcome: Schema.Literals([...KeyCheck.outcomes, "missing"]),
    detail: Schema.NullOr(Schema.String)
  }))
})

/** What `loom keys set --json` and `remove --json` print. */
export const WrittenDocument = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  name: Schema.String,
  path: Schema.String,
  /** Whether there was one under this name before. */
  existed: Schema.Boolean
})

export const PathDocument = Schema.Struct({ schemaVersion: Schema.Literal(1), path: Schema.String })

/** A name that keys go by, and what was found under it. */
export interface Held {
  readonly name: string
  readonly provider: Provider | undefined
  readonly key: Redacted.Redacted | undefined
  /** Where it is, in words that follow "from". */
  readonly source: string | undefined
  readonly problems: ReadonlyArray<SecretBackendError>
}

const providers = Effect.map(Settings.catalog, Catalog.providers)

export const variableOf = ({ apiKeyEnv, key }: Provider): string =>
  apiKeyEnv ?? `${key.toUpperCase().replaceAll("-", "_")}_API_KEY`

/** A provider's variable, or a name as it is. */
const nameOf = Effect.fnUntraced(function*(given: string) {
  const known = yield* providers
  const provider = known.find(({ key }) => key === given)
  if (provider !== undefined) return variableOf(provider)
  if (/^[A-Z][A-Z0-9_]{0,99}$/.test(given)) return given
  return yield* Failure.usage({
    what: `${given} is no provider, and no name of a key`,
    why: `the providers are ${known.map(({ key }) => key).join(", ")}; names are written like OPENAI_API_KEY`,
    fix: "give one of them"
  })
})

/** Runs something with the sources of keys, and at the addresses, that the settings and the environment name. */
export const withSecrets = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Settings.trusted, (loaded) => {
    const secrets = Layer.effect(Secrets.Secrets, Secrets.make(loaded.options.secrets))
    return Settings.within(loaded)(Effect.provide(effect, Layer.provideMerge(secrets, Transport.layer())))
  })

export const hold = Effect.fnUntraced(function*(name: string, provider: Provider | undefined) {
  const secrets = yield* Secrets.Secrets
  const found = yield* secrets.inspect(name)
  const first = found.find(({ key }) => key !== undefined)
  return {
    name,
    provider,
    key: first?.key,
    source: first?.where,
    problems: found.flatMap(({ error }) => error === undefined ? [] : [error])
  } satisfies Held
})

/** The keys of all providers, and what else the file of keys holds. */
export const all = Effect.gen(function*() {
  const ofProviders = yield* Effect.forEach(yield* providers, (provider) => hold(variableOf(provider), provider))
  const known = new Set(ofProviders.map(({ name }) => name))
  const kept = yield* Effect.orElseSucceed(KeyFile.names(), () => [])
  const others = yield* Effect.forEach(kept.filter((name) => !known.has(name)), (name) => hold(name, undefined))
  return [...ofProviders, ...others]
})

/** The end of a key that is long enough for that not to tell it. */
const endOf = (key: Redacted.Redacted | undefined): string | undefined => {
  const text = key === undefined ? "" : Redacted.value(key)
  return text.length >= 16 ? text.slice(-4) : undefined
}

/** `…9f2a` */
export const mask = (key: Redacted.Redacted | undefined): string => key === undefined ? "—" : `…${endOf(key) ?? ""}`

const documentOf = ({ key, name, problems, provider, source }: Held): typeof Key.Type => ({
  name,
  provider: provider?.key ?? null,
  source: source ?? null,
  lastFour: endOf(key) ?? null,
  problems: problems.map(({ message }) => message)
})

const columns: ReadonlyArray<Table.Column<Held>> = [
  { title: "PROVIDER", cell: ({ provider }) => provider?.key ?? "—" },
  { title: "NAME", cell: ({ name }) => name },
  { title: "KEY", cell: ({ key }) => mask(key) },
  { title: "FROM", cell: ({ source }) => source ?? "—" }
]

/** Each source's trouble once, however many keys were looked for there. */
const troubles = (held: ReadonlyArray<Held>): ReadonlyArray<string> => [
  ...new Set(held.flatMap(({ problems }) => problems.map(({ fix, message }) => `${message}: ${fix}`)))
]

export const list = withSecrets(Effect.gen(function*() {
  const output = yield* Output
  const held = yield* all
  if (output.json) return yield* output.document(ListDocument, { schemaVersion: 1, keys: held.map(documentOf) })
  yield* output.line(Table.render(columns, held, output.out))
  for (const trouble of troubles(held)) yield* output.note(`note: ${trouble}`)
}))

interface Checked extends Held {
  readonly outcome: KeyCheck.Verdict["outcome"] | "missing"
  readonly detail: string | undefined
  readonly millis: number | undefined
}

const checkOne = (held: Held) =>
  Effect.gen(function*() {
    if (held.key === undefined) return { ...held, outcome: "missing", detail: undefined, millis: undefined } as const
    if (held.provider === undefined) {
      return { ...held, outcome: "unknown", detail: "it belongs to no provider", millis: undefined } as const
    }
    const { detail, millis, outcome } = yield* KeyCheck.ask(held.provider, held.key)
    return { ...held, outcome, detail, millis } satisfies Checked
  })

const words = ({ detail, millis, outcome }: Checked): string =>
  outcome === "accepted" && millis !== undefined
    ? `accepted in ${Format.duration(millis)}`
    : detail === undefined
    ? outcome
    : `${outcome} (${detail})`

export const check = (names: ReadonlyArray<string>, quiet: boolean) =>
  withSecrets(Effect.gen(function*() {
    const output = yield* Output
    const asked = yield* Effect.forEach(names, nameOf)
    const held = (yield* all).filter(({ key, name }) => names.length === 0 ? key !== undefined : asked.includes(name))
    const others = asked.filter((name) => held.every((one) => one.name !== name))
    const strangers = yield* Effect.forEach(others, (name) => hold(name, undefined))
    const checked: ReadonlyArray<Checked> = yield* Progress.each(
      { what: "asking the vendors", quiet },
      [...held, ...strangers],
      checkOne
    )
    yield* output.json
      ? output.document(CheckDocument, {
        schemaVersion: 1,
        keys: checked.map((one) => ({ ...documentOf(one), outcome: one.outcome, detail: one.detail ?? null }))
      })
      : checked.length === 0
      ? output.note("no key was found: `loom keys set openai` keeps one")
      : output.line(Table.render([...columns, { title: "CHECKED", cell: words }], checked, output.out))
    if (!output.json) { for (const trouble of troubles(checked)) yield* output.note(`note: ${trouble}`) }
    const has = (...outcomes: ReadonlyArray<Checked["outcome"]>) =>
      checked.some((one) => outcomes.includes(one.outcome))
    if (checked.length === 0 || has("refused", "missing")) return yield* Failure.told(Failure.exitCodes.key)
    if (has("unreachable")) return yield* Failure.told(Failure.exitCodes.transient)
  }))

const failed = ({ detail, fix, message }: SecretBackendError): Failure.Failure =>
  Failure.failed("KeyFile", { what: `the file of keys can't be used`, why: detail === "" ? message : detail, fix })

/** A key as it is typed or piped in. */
const given = Effect.fnUntraced(function*(name: string) {
  const stdio = yield* Stdio.Stdio
  const text = (yield* stdio.stdinIsTerminal)
    ? yield* Prompt.run(Prompt.Hidden({ message: name })).pipe(Effect.catch(() => Effect.interrupt))
    : Redacted.make(
      yield* stdio.stdin.pipe(
        Stream.decodeText(),
        Stream.mkString,
        Effect.mapError(({ message }) => Failure.failed("Input", { what: "stdin can't be read", why: message }))
      )
    )
  const key = Redacted.value(text).trim()
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
  const isKey = key !== "" && key.length <= 10_000 && !/[\u0000-\u0020\u007f]/.test(key)
  return isKey ? Redacted.make(key) : yield* Failure.usage({
    what: key === "" ? "there is no key on stdin" : "what is on stdin is no key",
    fix: "pipe the key in, and nothing else, or run the command in a terminal and type it"
  })
})

export const set = (who: string, quiet: boolean) =>
  Effect.gen(function*() {
    const output = yield* Output
    const name = yield* nameOf(who)
    const path = yield* KeyFile.pathOf()
    const existed = (yield* Effect.mapError(KeyFile.names(), failed)).includes(name)
    yield* Effect.mapError(KeyFile.set(name, yield* given(name)), failed)
    if (output.json) return yield* output.document(WrittenDocument, { schemaVersion: 1, name, path, existed })
    if (quiet) return
    yield* output.line(`${existed ? "replaced" : "kept"} ${name} in ${path}`)
    const { source } = yield* withSecrets(hold(name, undefined))
    if (source !== path) {
      yield* output.note(
        source === undefined
          ? "note: the file isn't among the sources that LOOM_SECRETS or the settings name"
          : `note: the key in ${source} goes before it`
      )
    }
  })

export const remove = Effect.fnUntraced(function*(given: string, quiet: boolean) {
  const output = yield* Output
  const name = yield* nameOf(given)
  const path = yield* KeyFile.pathOf()
  const existed = yield* Effect.mapError(KeyFile.remove(name), failed)
  if (!existed) {
    return yield* Failure.failed("KeyMissing", {
      what: `${name} isn't in ${path}`,
      fix: "`loom keys` shows where it is, if it is anywhere"
    })
  }
  if (output.json) return yield* output.document(WrittenDocument, { schemaVersion: 1, name, path, existed })
  if (!quiet) yield* output.line(`removed ${name} from ${path}`)
})

export const path = Effect.gen(function*() {
  const output = yield* Output
  const path = yield* KeyFile.pathOf()
  yield* output.json ? output.document(PathDocument, { schemaVersion: 1, path }) : output.line(path)
})
