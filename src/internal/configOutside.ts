/**
 * What settings in files say of the world outside: where vendors are reached, keys are kept and telemetry goes.
 */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Catalog from "../Catalog.ts"
import type { Loaded } from "../LoomConfig.ts"
import * as Providers from "../Providers.ts"
import type * as Secrets from "../Secrets.ts"
import type { ConfigYaml } from "./configFile.ts"

type Redirected = ReadonlyArray<readonly [key: string, baseUrl: string]>
type Source = NonNullable<NonNullable<ConfigYaml["secrets"]>["from"]>[number]
type Otlp = NonNullable<ConfigYaml["telemetry"]>["otlp"]

/** The variable that moves a provider. */
export const variableOf = (key: string): string => `${key.toUpperCase().replaceAll("-", "_")}_BASE_URL`

/** Built-in providers at other addresses, unless the environment names one. */
export const providersAt = (catalog: Catalog.Catalog, redirected: Redirected): Record<string, Providers.Source> =>
  Object.fromEntries(redirected.flatMap(([key, baseUrl]) => {
    const provider = Catalog.provider(catalog, key)
    const layer = provider && Providers.builtIn(provider)
    const address = ConfigProvider.layerAdd(ConfigProvider.fromUnknown({ [variableOf(key)]: baseUrl }))
    return layer === undefined ? [] : [[key, Layer.provide(layer, address)] as const]
  }))

/** A place of keys. */
export const sourceOf = (
  source: Source,
  place: (path: string) => string,
  length: (text: string | undefined) => Duration.Duration | undefined
): Secrets.Source | Secrets.Known => {
  if (typeof source === "string") return source
  const { aws, dotenv, environment, file, gcp, vault } = source
  const policyOf = ({ keepFor, mode, timeToLive, timeout }: NonNullable<typeof aws>) => ({
    mode,
    keepFor: length(keepFor),
    timeToLive: length(timeToLive),
    timeout: length(timeout)
  })
  if (environment !== undefined) {
    return later(async () => (await import("../secrets/Environment.ts")).layer(environment))
  }
  if (dotenv !== undefined) {
    return later(async () => (await import("../secrets/DotEnv.ts")).layer({ path: place(dotenv.path) }))
  }
  if (file !== undefined) {
    return later(async () => (await import("../secrets/KeyFile.ts")).layer({ path: place(file.path) }))
  }
  if (vault !== undefined) {
    const { ca, kubernetes, ...rest } = vault
    return later(async () =>
      (await import("../secrets/Vault.ts")).layer({
        ...rest,
        ...policyOf(vault),
        ca: ca === undefined ? undefined : place(ca),
        auth: kubernetes && { method: "kubernetes", ...kubernetes }
      })
    )
  }
  if (aws !== undefined) {
    return later(async () => (await import("../secrets/AwsSecretsManager.ts")).layer({ ...aws, ...policyOf(aws) }))
  }
  return later(async () => (await import("../secrets/GcpSecretManager.ts")).layer({ ...gcp, ...policyOf(gcp ?? {}) }))
}

const later = <A, R>(load: () => Promise<Layer.Layer<A, never, R>>): Layer.Layer<A, never, R> =>
  Layer.unwrap(Effect.promise(load))

/** The exporter. What a header takes from a variable that isn't set is left out, with a warning. */
export const telemetryOf = (otlp: Otlp, interval: Duration.Duration | undefined): Layer.Layer<never> =>
  Layer.unwrap(Effect.gen(function*() {
    const headers: Record<string, Redacted.Redacted> = {}
    for (const [name, variable] of Object.entries(otlp.headers ?? {})) {
      const value = yield* Effect.option(Effect.gen(function*() {
        return yield* Config.Redacted(variable)
      }))
      if (value._tag === "Some") headers[name] = value.value
      else yield* Effect.logWarning(`telemetry: ${variable} isn't set, and the header ${name} is left out`)
    }
    const { layer } = yield* Effect.promise(() => import("../telemetry/Otlp.ts"))
    return layer({ ...otlp, headers, interval })
  }))

const local = new Set(["localhost", "127.0.0.1", "[::1]"])

/** Who gets keys by these settings, and where. */
export const elsewhereIn = (
  settings: ConfigYaml,
  catalog: Catalog.Catalog,
  redirected: Redirected
): Loaded["elsewhere"] => {
  const own = Catalog.providers(catalog).flatMap(({ baseUrl, key }) =>
    baseUrl === undefined || Catalog.provider(Catalog.bundled, key)?.baseUrl === baseUrl
      ? []
      : [[key, baseUrl] as const]
  )
  const places = (settings.secrets?.from ?? []).flatMap((source) =>
    typeof source === "string" ? [] : [
      ["vault", source.vault?.address] as const,
      ["aws", source.aws?.endpoint] as const,
      ["gcp", source.gcp?.endpoint] as const
    ]
  )
  const otlp = settings.telemetry?.otlp
  return [...own, ...redirected, ...places, ["telemetry", otlp?.url] as const].flatMap(([who, address]) => {
    if (address === undefined || !URL.canParse(address)) return []
    const { host, hostname } = new URL(address)
    return local.has(hostname) ? [] : [{ who, host }]
  })
}
