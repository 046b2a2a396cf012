/**
 * The sources of secrets, asked in order: what stands behind `Secrets`. It is loaded when the first key is wanted.
 */
import * as Cache from "effect/Cache"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { isSecretBackend, type Live, SecretBackend, SecretBackendError } from "../SecretBackend.ts"
import { type Found, type Known, type Options, Secrets, SecretsError, type Source } from "../Secrets.ts"
import type * as Transport from "../Transport.ts"
import * as Environment from "../secrets/Environment.ts"
import { setting } from "./environment.ts"
import { origins } from "./secretOrigins.ts"
import * as Shelf from "./secretShelf.ts"

/** A backend in its place in the chain, ready to be asked. */
interface Link extends Shelf.Shelf {
  readonly backend: SecretBackend["Service"]
  isWarned: boolean
}

export const make = Effect.fnUntraced(function*(
  options?: Options
): Effect.fn.Return<Secrets["Service"], never, Transport.Transport | Scope.Scope> {
  const context = yield* Effect.context<Transport.Transport | Scope.Scope>()
  const from: ReadonlyArray<Source | string> = options?.from ?? (yield* configured)
  const links: Array<Link | undefined> = from.map(() => undefined)

  const built = yield* Cache.makeWith(
    (i: number) =>
      Effect.suspend(() => backendOf(from[i] ?? "")).pipe(
        Effect.flatMap((backend) =>
          Effect.map(
            backend._tag === "Live" ? Effect.succeed(live(backend)) : Shelf.make(backend),
            (shelf): Link => links[i] = { ...shelf, backend, isWarned: false }
          )
        ),
        // Built in the surroundings of the service alone, not in those of whoever asks first.
        Effect.updateContext((_: Context.Context<never>) => context)
      ),
    { capacity: Infinity, timeToLive: (exit) => Exit.isSuccess(exit) ? "Infinity" : 0 }
  )

  const asked = (): ReadonlyArray<SecretBackend["Service"]> =>
    links.flatMap((link) => link === undefined ? [] : [link.backend])

  const missing = (name: string, names: ReadonlyArray<string>): SecretsError => {
    const looked = asked().map((backend) => backend.where(name))
    return new SecretsError({
      secret: name,
      looked,
      why: `${names.join(", ")} ${names.length === 1 ? "is" : "are"} not set: looked in ${looked.join(", ")}`,
      fix: fixFor(names[0] ?? name, asked())
    })
  }

  const found = (link: Link, name: string, key: Redacted.Redacted) => {
    link.isWarned = false
    if (!origins.has(key)) origins.set(key, { name, backend: link.backend })
    return Effect.succeed(key)
  }

  const failed = (link: Link, name: string, i: number, error: SecretBackendError) => {
    if (link.backend._tag === "Kept" && link.backend.policy?.mode === "lenient") {
      if (link.isWarned) return walk(name, i + 1)
      link.isWarned = true
      const warning = `secrets: ${error.message}. The next source is asked instead: ${error.fix}`
      return Effect.andThen(Effect.logWarning(warning), walk(name, i + 1))
    }
    const looked = asked().map((backend) => backend.where(name))
    return Effect.fail(new SecretsError({ secret: name, looked, why: error.message, fix: error.fix, backend: error }))
  }

  const walk = (name: string, start: number): Effect.Effect<Redacted.Redacted, SecretsError> =>
    Effect.clockWith((clock) => {
      const now = Shelf.millisOf(clock)
      for (let i = start; i < links.length; i++) {
        const link = links[i]
        if (link === undefined) return Effect.flatMap(Cache.get(built, i), () => walk(name, i))
        const told = link.read(name, now)
        if (told === undefined) continue
        if (Redacted.isRedacted(told)) return found(link, name, told)
        return Effect.matchEffect(told, {
          onSuccess: (key) => key === undefined ? walk(name, i + 1) : found(link, name, key),
          onFailure: (error) => failed(link, name, i, error)
        })
      }
      return Effect.fail(missing(name, [name]))
    })

  const reads = new Map<string, Effect.Effect<Redacted.Redacted, SecretsError>>()
  const read = (name: string): Effect.Effect<Redacted.Redacted, SecretsError> => {
    let effect = reads.get(name)
    if (effect === undefined) reads.set(name, effect = walk(name, 0))
    return effect
  }

  const turns = new Map<string, number>()
  const rotate = (name: string, names: ReadonlyArray<string>, avoid: Redacted.Redacted | undefined) =>
    Effect.gen(function*() {
      const turn = turns.get(name) ?? 0
      turns.set(name, turn + 1)
      let avoided: Redacted.Redacted | undefined
      for (const i of names.keys()) {
        const one = names[(turn + i) % names.length] ?? name
        const key = yield* Effect.catchIf(
          read(one),
          ({ backend }) => backend === undefined,
          () => Effect.succeed(undefined)
        )
        if (key === undefined) continue
        if (avoid === undefined || Redacted.value(key) !== Redacted.value(avoid)) return key
        avoided = key
      }
      return avoided ?? (yield* missing(name, names))
    })

  const pick = (
    name: string,
    tags: Readonly<Record<string, string>> | undefined,
    avoid?: Redacted.Redacted
  ): Effect.Effect<Redacted.Redacted, SecretsError> => {
    const rule = options?.keys !== undefined && Object.hasOwn(options.keys, name) ? options.keys[name] : undefined
    if (rule === undefined) return read(name)
    if ("rotate" in rule) return rotate(name, rule.rotate, avoid)
    const value = tags !== undefined && Object.hasOwn(tags, rule.tag) ? tags[rule.tag] : undefined
    const picked = value !== undefined && Object.hasOwn(rule.names, value) ? rule.names[value] : rule.otherwise
    if (picked !== undefined) return read(picked)
    return Effect.fail(
      new SecretsError({
        secret: name,
        looked: [],
        why: value === undefined
          ? `its secret is picked by the tag ${rule.tag}, which the call doesn't have`
          : `no secret is named for what the call's tag ${rule.tag} says`,
        fix: `tag the call with a listed ${rule.tag}, or name a secret for all others with \`otherwise\``
      })
    )
  }

  return Secrets.of({
    get: (name, tags) => options?.keys === undefined ? read(name) : pick(name, tags),
    refetch: (name, refused, tags) =>
      Effect.suspend(() => {
        const origin = origins.get(refused)
        const link = links.find((link) => link !== undefined && link.backend === origin?.backend)
        const rechecked = link === undefined || origin === undefined
          ? Effect.void
          : link.recheck(origin.name, refused)
        return Effect.andThen(rechecked, pick(name, tags, refused))
      }),
    tags: [...new Set(Object.values(options?.keys ?? {}).flatMap((rule) => "tag" in rule ? [rule.tag] : []))],
    inspect: (name) =>
      Effect.forEach(from, (_, i) =>
        Effect.flatMap(Cache.get(built, i), ({ backend, read }) => {
          const place = { backend: backend.name, where: backend.where(name) }
          const said = Effect.clockWith((clock) => Shelf.effectOf(read(name, Shelf.millisOf(clock))))
          return Effect.match(said, {
            onSuccess: (key): Found => ({ ...place, key, error: undefined }),
            onFailure: (error): Found => ({ ...place, key: undefined, error })
          })
        }))
  })
})

/** The key is the same object as long as it is the same text. */
const live = (backend: Live): Shelf.Shelf => {
  const keys = new Map<string, Redacted.Redacted>()
  const keyOf = (name: string, text: string | undefined): Redacted.Redacted | undefined => {
    if (text === undefined || text === "") return undefined
    const last = keys.get(name)
    if (last !== undefined && Redacted.value(last) === text) return last
    const key = Redacted.make(text)
    keys.set(name, key)
    return key
  }
  return {
    read: (name) => {
      const text = backend.read(name)
      return Effect.isEffect(text) ? Effect.map(text, (text) => keyOf(name, text)) : keyOf(name, text)
    },
    recheck: () => Effect.void
  }
}

const known: Readonly<Record<Known, () => Promise<Source>>> = {
  environment: async () => Environment.layer(),
  dotenv: async () => (await import("../secrets/DotEnv.ts")).layer(),
  file: async () => (await import("../secrets/KeyFile.ts")).layer(),
  vault: async () => (await import("../secrets/Vault.ts")).layer(),
  aws: async () => (await import("../secrets/AwsSecretsManager.ts")).layer(),
  gcp: async () => (await import("../secrets/GcpSecretManager.ts")).layer()
}

const isKnown = (name: string): name is Known => Object.hasOwn(known, name)

const byDefault: ReadonlyArray<Known> = ["environment", "dotenv", "file"]

const configured: Effect.Effect<ReadonlyArray<string>> = Effect.map(setting("LOOM_SECRETS"), (text = "") => {
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "")
  return names.length === 0 ? byDefault : names
})

const backendOf = (
  source: Source | string
): Effect.Effect<SecretBackend["Service"], never, Transport.Transport | Scope.Scope> => {
  if (typeof source !== "string") {
    return isSecretBackend(source)
      ? Effect.succeed(source)
      : Effect.map(Layer.build(source), (built) => Context.get(built, SecretBackend))
  }
  if (isKnown(source)) return Effect.flatMap(Effect.promise(known[source]), backendOf)
  const error = new SecretBackendError({
    backend: source,
    kind: "Misconfigured",
    detail: `LOOM_SECRETS names ${source}, and there is no such source`,
    fix: `name only ${Object.keys(known).join(", ")}`
  })
  return Effect.succeed({
    _tag: "Live",
    name: source,
    where: () => source,
    read: () => Effect.fail(error)
  })
}

const fixFor = (name: string, backends: ReadonlyArray<SecretBackend["Service"]>): string => {
  const environment = backends.find((backend) => backend.name === "environment")?.where(name)
  const set = environment === "the environment"
    ? `set ${name} in the environment`
    : `set the variable of ${environment}`
  const keep = `run \`loom keys set ${name}\``
  if (backends.some((backend) => backend.name === "file")) {
    return environment === undefined
      ? keep
      : `${set}, or ${keep}`
  }
  if (environment !== undefined) return set
  const [first] = backends
  return first === undefined ? "name a source of secrets" : `put it into ${first.where(name)}`
}

/** What a secret is to `Config`: its text, behind a name that was asked for. */
export const configProvider = (
  secrets: Secrets["Service"],
  names: ReadonlyArray<string>
): ConfigProvider.ConfigProvider => {
  const wanted = new Set(names)
  return ConfigProvider.make((path) => {
    const name = path.join("_")
    if (!wanted.has(name)) return Effect.succeed(undefined)
    return Effect.matchEffect(secrets.get(name), {
      onSuccess: (key) => Effect.succeed(ConfigProvider.makeValue(Redacted.value(key))),
      onFailure: (error) =>
        error.backend === undefined
          ? Effect.succeed(undefined)
          : Effect.fail(new ConfigProvider.SourceError({ message: error.message }))
    })
  })
}
