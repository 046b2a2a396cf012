/** What both sides of a migration run on: a sandbox, and an environment in which SDKs find it, with keys that open nothing. */
import { Effect, ManagedRuntime } from "effect"
import { Sandbox } from "loom-router/sandbox"

const runtime = ManagedRuntime.make(Sandbox.layer({ batches: { takes: 0 } }))

export const sandbox = await runtime.runPromise(Effect.map(Sandbox, (sandbox) => sandbox))

for (const vendor of ["openai", "anthropic"] as const) {
  process.env[`${vendor.toUpperCase()}_API_KEY`] = "sk-sandbox"
  process.env[`${vendor.toUpperCase()}_BASE_URL`] = sandbox.baseUrl(vendor)
}

/** Requests that have arrived so far. */
export const requests = async (): Promise<number> => (await Effect.runPromise(sandbox.journal)).length

export const bill = () => Effect.runPromise(sandbox.bill)

/** So many requests that ask this fail. */
export const outage = (prompt: string, times: number): Promise<void> =>
  Effect.runPromise(sandbox.script({ prompt, respond: { status: 503 }, times }))

export const close = (): Promise<void> => runtime.dispose()
