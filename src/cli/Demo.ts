/**
 * Made-up work for the dashboard: through all of Loom, to the sandbox and nowhere else, whatever keys are set.
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as Catalog from "../Catalog.ts"
import * as Loom from "../Loom.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import * as Router from "../Router.ts"
import * as Sandbox from "../sandbox/Sandbox.ts"

type Options = Parameters<typeof Loom.generate>[0]
type Box = Sandbox.Sandbox["Service"]

const models = [
  "openai/gpt-4o-mini",
  "openai/gpt-4o",
  "openai/gpt-6-luna",
  "anthropic/claude-haiku-4-5",
  "deepseek/deepseek-flash",
  "fireworks/accounts/fireworks/models/glm-5p3-flash",
  "groq/openai/gpt-oss-20b",
  "mistral/mistral-large-2512",
  "moonshot/kimi-k2.6",
  "openrouter/openai/gpt-6-luna",
  "together/zai-org/GLM-5.3-Flash",
  "zai/glm-5.3-flash"
] as const
const tenants = ["acme", "umbrella", "initech"] as const
const easy = [
  "What is a warp?",
  "What is a weft?",
  "Who invented the flying shuttle?",
  "How does a jacquard loom work?",
  "Which yarn suits a tapestry?",
  "How is tension measured?",
  "What does a heddle do?",
  "When was the power loom built?"
] as const
const hard = ["Tell the history of the loom.", "Compare twill and satin, thread by thread."] as const

/** Long enough for vendors to remember it. */
const handbook = Array.from(
  { length: 90 },
  (_, n) => `Section ${n + 1}. A thread of weft passes over and under the warp; record tension, sett and shuttle speed.`
).join("\n")

/** The small model's words are few, and the large one is asked where they don't do. */
const cheapFirst = Router.make({
  candidates: [
    ["openai", "text", "gpt-4o-mini", { maxOutputTokens: 60 }],
    ["anthropic", "text", "claude-haiku-4-5"],
    "openai/gpt-4o"
  ],
  validator: ({ finishReason }) => finishReason === "stop",
  baseline: "openai/gpt-4o"
})

const pick = <A>(from: readonly [A, ...ReadonlyArray<A>]): Effect.Effect<A> =>
  Effect.map(Random.nextIntBetween(0, from.length, { halfOpen: true }), (n) => from[n] ?? from[0])

/** A call of one kind or another, and what the sandbox does to it. */
const call = Effect.fnUntraced(function*(sandbox: Box, n: number) {
  const question = yield* pick(easy)
  const asked: Options = {
    model: yield* pick(models),
    prompt: question,
    tags: { tenant: yield* pick(tenants) }
  }
  const own = `${question} (${n})`
  const luck = yield* Random.next
  if (luck < 0.3) return yield* Loom.generate({ ...asked, cache: { ttl: "10 minutes" } })
  if (luck < 0.4) {
    const same = Loom.generate({ ...asked, prompt: own })
    return yield* Effect.all(Array.from({ length: 5 }, () => same), { concurrency: "unbounded", discard: true })
  }
  if (luck < 0.6) return yield* Loom.generate({ ...asked, system: handbook, prompt: own, promptCache: true })
  if (luck < 0.75) {
    const prompt = luck < 0.7 ? `${own} In one sentence.` : `${yield* pick(hard)} (${n}) [words: 150]`
    return yield* Loom.route("cheap-first", { prompt, tags: { ...asked.tags } })
  }
  if (luck < 0.85) return yield* Stream.runDrain(Loom.stream({ ...asked, prompt: own }))
  if (luck < 0.92) {
    yield* sandbox.script({ prompt: own, respond: { status: 429, headers: { "retry-after-ms": "200" } } })
    return yield* Loom.generate({ ...asked, prompt: own })
  }
  if (luck < 0.97) {
    yield* sandbox.script({ prompt: own, respond: { status: 503 } })
    const failover = asked.model === "openai/gpt-4o" ? ["anthropic/claude-haiku-4-5"] : ["openai/gpt-4o"]
    return yield* Loom.generate({ ...asked, prompt: own, failover, retry: RetryPolicy.none })
  }
  yield* sandbox.script({ prompt: own, respond: { status: 503 }, times: "always" })
  return yield* Loom.generate({ ...asked, prompt: own, retry: RetryPolicy.none })
})

/** Every vendor that the sandbox speaks for, where it is found, with a key that opens nothing else. */
export const environment = (sandbox: Box): Layer.Layer<never> =>
  ConfigProvider.layer(ConfigProvider.fromUnknown(Object.fromEntries(
    sandbox.providers.flatMap((provider) => [
      [`${provider.toUpperCase()}_BASE_URL`, sandbox.baseUrl(provider)],
      [Catalog.provider(Catalog.bundled, provider)?.apiKeyEnv ?? `${provider.toUpperCase()}_API_KEY`, "sk-sandbox"]
    ])
  )))

const often = Duration.millis(150)

/** Makes so many calls with a sandbox of its own, and keeps their records at `path`. */
export const some = (path: string, count: number): Effect.Effect<void, Sandbox.SandboxError> =>
  working(path, (one) => Effect.replicateEffect(one, count, { concurrency: 4, discard: true }))

/** Makes calls until it is interrupted, many at first. */
export const run = (path: string): Effect.Effect<void, Sandbox.SandboxError> =>
  working(path, (one) =>
    Effect.andThen(
      Effect.replicateEffect(one, first, { discard: true }),
      Effect.forever(Effect.andThen(Effect.forkChild(one), Effect.sleep(often)))
    ))

const first = 80

const working = (path: string, work: (one: Effect.Effect<void>) => Effect.Effect<void>) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ eventDelay: "4 millis" })
    let n = 0
    const one = Effect.suspend(() => Effect.ignore(call(sandbox, n++)))
    const loom = Loom.layer({
      cache: { ttl: "1 second" },
      callLog: { path },
      routes: { "cheap-first": cheapFirst }
    })
    return yield* Effect.provide(work(one), Layer.provide(loom, environment(sandbox)))
  }).pipe(Random.withSeed("loom"), Effect.scoped)
