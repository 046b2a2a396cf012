/**
 * Made-up calls: questions that come again, long handbooks, pictures, and what goes wrong.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as Loom from "../Loom.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import * as Router from "../Router.ts"
import type * as Sandbox from "../sandbox/Sandbox.ts"

type Options = Parameters<typeof Loom.generate>[0]
type Box = Sandbox.Sandbox["Service"]

const models = [
  "openai/gpt-4o-mini",
  "openai/gpt-4o",
  "openai/gpt-6-luna",
  "anthropic/claude-haiku-4-5",
  "anthropic/claude-sonnet-4-5",
  "gemini/gemini-2.5-flash",
  "gemini/gemini-3.8-flash",
  "xai/grok-4.3",
  "mistral/mistral-large-2512",
  "deepseek/deepseek-flash",
  "minimax/MiniMax-M2.7",
  "zai/glm-5.3-flash"
] as const
const painters = [
  "bfl/flux-2-pro",
  "ideogram/ideogram-4-5",
  "bytedance/seedream-4.5",
  "hunyuan/hy-image-v3"
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
const motifs = ["A loom by a northern window", "A twill in three blues", "A shuttle in flight"] as const

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

export const routes = { "cheap-first": cheapFirst }

const pick = <A>(from: readonly [A, ...ReadonlyArray<A>]): Effect.Effect<A> =>
  Effect.map(Random.nextIntBetween(0, from.length, { halfOpen: true }), (n) => from[n] ?? from[0])

/** As long as vendors take: most of them a moment, some of them several. */
const delay = Effect.map(Random.next, (luck) => Math.round(90 + 160 / (1.12 - luck)))

/** A call of one kind or another, and what the sandbox does to it. */
export const make = Effect.fnUntraced(function*(sandbox: Box, n: number) {
  const question = yield* pick(easy)
  const asked: Options = {
    model: yield* pick(models),
    prompt: question,
    tags: { tenant: yield* pick(tenants) }
  }
  const own = `${question} (${n})`
  const luck = yield* Random.next
  if (luck < 0.32) return yield* Loom.generate({ ...asked, cache: { ttl: "7 days" } })
  if (luck < 0.35) {
    const model = yield* pick(painters)
    const prompt = luck < 0.342 ? yield* pick(motifs) : `${yield* pick(motifs)} (${n})`
    return yield* Loom.generate({ ...asked, model, prompt, modality: "image", cache: { ttl: "7 days" } })
  }
  const delayMillis = yield* delay
  if (luck < 0.955) yield* sandbox.script({ prompt: own, delayMillis })
  if (luck < 0.42) {
    const same = Loom.generate({ ...asked, prompt: own })
    return yield* Effect.all(Array.from({ length: 5 }, () => same), { concurrency: "unbounded", discard: true })
  }
  if (luck < 0.62) return yield* Loom.generate({ ...asked, system: handbook, prompt: own, promptCache: true })
  if (luck < 0.76) {
    const prompt = luck < 0.72 ? `${own} In one sentence.` : `${yield* pick(hard)} ${own} [words: 400]`
    return yield* Loom.route("cheap-first", { prompt, tags: { ...asked.tags } })
  }
  if (luck < 0.955) return yield* Stream.runDrain(Loom.stream({ ...asked, prompt: own }))
  if (luck < 0.975) {
    yield* sandbox.script({ prompt: own, respond: { status: 429, headers: { "retry-after-ms": "200" } } })
    return yield* Loom.generate({ ...asked, prompt: own })
  }
  if (luck < 0.992) {
    yield* sandbox.script({ prompt: own, respond: { status: 503 } })
    const failover = asked.model === "openai/gpt-4o" ? ["anthropic/claude-haiku-4-5"] : ["openai/gpt-4o"]
    return yield* Loom.generate({ ...asked, prompt: own, failover, retry: RetryPolicy.none })
  }
  yield* sandbox.script({ prompt: own, respond: { status: 503 }, times: "always" })
  return yield* Loom.generate({ ...asked, prompt: own, retry: RetryPolicy.none })
})
