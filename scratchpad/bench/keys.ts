/**
 * What a call pays to read its key while that is warm: from the environment, and from a secret manager that is the last
 * of several sources. The floor is the cheapest effect that gives a value.
 */
import { Effect, Redacted } from "effect"
import { type SecretBackend, Secrets, Transport } from "loom-router"
import { tell } from "./rows.ts"

process.env["LOOM_BENCH_KEY"] = "sk-0123456789abcdef0123456789abcdef"

const keyed = (name: string, fields: Readonly<Record<string, string>>): SecretBackend.Kept => ({
  _tag: "Kept",
  name,
  where: () => name,
  locate: (field) => ({ secret: "loom", field }),
  fetch: () => Effect.succeed(Redacted.make(fields)),
  policy: { timeToLive: "1 hour" }
})

const sources = [
  "environment",
  keyed("file", {}),
  keyed("vault", {}),
  keyed("aws", { LOOM_KEPT_KEY: "sk-kept" })
] as const

const rounds = 21
const reads = 50_000

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

const program = Effect.gen(function*() {
  const secrets = yield* Secrets.make({ from: sources })
  const sync = Effect.sync(() => 1)
  const cases: Record<string, () => Effect.Effect<unknown, unknown>> = {
    "floor": () => sync,
    "environment": () => secrets.get("LOOM_BENCH_KEY"),
    "4th source": () => secrets.get("LOOM_KEPT_KEY")
  }
  const micros = new Map<string, Array<number>>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, read] of Object.entries(cases)) {
      const from = process.cpuUsage()
      for (let n = 0; n < reads; n++) yield* read()
      const { system, user } = process.cpuUsage(from)
      micros.set(name, [...micros.get(name) ?? [], (user + system) / reads])
    }
  }
  for (const [name, values] of micros) tell({ name, value: median(values), unit: "µs", atMost: 1 })
})

await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(Transport.layer())))
