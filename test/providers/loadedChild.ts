/**
 * Tells which packages are loaded by `import "loom-router"`, by the first call of each of the providers in its arguments,
 * and by the modules of all vendors with what they make: a JSON document of three lists.
 */
import { readdirSync } from "node:fs"
import { registerHooks } from "node:module"
import { join } from "node:path"

const packages = new Set<string>()

registerHooks({
  load: (url, context, next) => {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
    if (name !== undefined) packages.add(name)
    return next(url, context)
  }
})

const { Catalog, Loom, RetryPolicy, Transport } = await import("loom-router")
const imported = [...packages].sort()

const { Effect, Layer, Redacted, Struct } = await import("effect")
const { make } = await import("loom-router/sandbox")
const { natives, vendors } = await import("../../src/sandbox/Vendors.ts")
const providers = Struct.keys({ ...natives, ...vendors }).filter((key) => process.argv.includes(key))

await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const sandbox = yield* make()
  process.env["AWS_REGION"] = "us-east-1"
  for (const provider of providers) {
    const { apiKeyEnv } = Catalog.provider(Catalog.bundled, provider) ?? {}
    process.env[`${provider.toUpperCase()}_BASE_URL`] = sandbox.baseUrl(provider)
    process.env[apiKeyEnv ?? `${provider.toUpperCase()}_API_KEY`] = "sk-test-0123456789abcd"
  }
  packages.clear()
  for (const [index, provider] of providers.entries()) {
    const [first] = Catalog.models(Catalog.bundled, { provider, modality: "text" })
    const call = yield* Loom.generate({ provider, model: first?.id ?? "any", prompt: "Hello" }).pipe(
      Effect.provide(Loom.layer({ retry: RetryPolicy.none })),
      Effect.exit
    )
    if ((yield* sandbox.journal).length !== index + 1) throw new Error(`${provider} wasn't asked: ${String(call)}`)
  }
})))

const called = [...packages].sort()

packages.clear()
const adapters = join(import.meta.dirname, "../../src/providers")
for (const file of readdirSync(adapters).filter((name) => name.endsWith(".ts"))) {
  const vendor = await import(join(adapters, file))
  const options = {
    provider: "newco",
    baseUrl: "http://127.0.0.1:9/v1",
    region: "us-east-1",
    apiKey: Redacted.make("sk-test")
  }
  await Effect.runPromise(Effect.scoped(Layer.build(Layer.provide(vendor.layer(options), Transport.layer()))))
}
const made = [...packages].sort()

process.stdout.write(JSON.stringify({ imported, made, called }))
process.exit(0)
