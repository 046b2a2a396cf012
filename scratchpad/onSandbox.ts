/** What programs here stand on: a sandbox in place of the vendors, keys that open nothing else, and its bill. */
import { ConfigProvider, Effect, Layer } from "effect"
import { Catalog, Loom } from "loom-router"
import { Sandbox } from "loom-router/sandbox"

/** The addresses and keys of all vendors of the sandbox. Whatever else is set on this machine isn't looked at. */
const environment = Layer.unwrap(
  Effect.map(
    Sandbox,
    ({ baseUrl, providers }) =>
      ConfigProvider.layer(ConfigProvider.fromUnknown(Object.fromEntries(providers.flatMap((key) => {
        const { apiKeyEnv = `${key.toUpperCase()}_API_KEY` } = Catalog.provider(Catalog.bundled, key) ?? {}
        return [[apiKeyEnv, "sk-sandbox"], [`${key.toUpperCase()}_BASE_URL`, baseUrl(key)]]
      }))))
  )
)

export const onSandbox = <A, E>(program: Effect.Effect<A, E, Sandbox>, options: Loom.Options = {}): Promise<A> =>
  Effect.runPromise(Effect.provide(
    program,
    Loom.layer(options).pipe(Layer.provide(environment), Layer.provideMerge(Sandbox.layer({ seed: "loom" })))
  ))

/** What the sandbox has charged so far by its own prices, in USD. */
export const billed = Effect.gen(function*() {
  const { bill } = yield* Sandbox
  return Number((yield* bill).reduce((sum, { amount }) => sum + amount, 0n)) / 1e12
})

export const usd = (amount: number | undefined): string => amount === undefined ? "unknown" : `$${amount.toFixed(9)}`
