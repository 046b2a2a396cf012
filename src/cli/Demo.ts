/**
 * Calls without end for `loom dashboard --demo`: through all of Loom, to the sandbox, whatever keys are set.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Loom from "../Loom.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import * as Anthropic from "../providers/Anthropic.ts"
import * as OpenAi from "../providers/OpenAi.ts"
import * as Sandbox from "../sandbox/Sandbox.ts"

type Options = Parameters<typeof Loom.generate>[0]

const models = ["openai/gpt-4o-mini", "openai/gpt-4o", "anthropic/claude-haiku-4-5"] as const
const tenants = ["acme", "umbrella", "initech"] as const
const questions = [
  "What is a warp?",
  "What is a weft?",
  "Who invented the flying shuttle?",
  "How does a jacquard loom work?",
  "Which yarn suits a tapestry?",
  "How is tension measured?",
  "What does a heddle do?",
  "When was the power loom built?"
] as const

/** Long enough for vendors to remember it. */
const handbook = Array.from(
  { length: 90 },
  (_, n) => `Section ${n + 1}. A thread of weft passes over and under the warp; record tension, sett and shuttle speed.`
).join("\n")

const pick = <A>(from: readonly [A, ...ReadonlyArray<A>]): Effect.Effect<A> =>
  Effect.map(Random.nextIntBetween(0, from.length, { halfOpen: true }), (n) => from[n] ?? from[0])

/** A call of one kind or another, and what the sandbox does to it. */
const call = Effect.fnUntraced(function*(sandbox: Sandbox.Sandbox["Service"], n: number) {
  const question = yield* pick(questions)
  const asked: Options = {
    model: yield* pick(models),
    prompt: question,
    tags: { tenant: yield* pick(tenants) }
  }
  const luck = yield* Random.next
  const own = `${question} (${n})`
  if (luck < 0.4) return yield* Loom.generate({ ...asked, cache: { ttl: "10 minutes" } })
  if (luck < 0.5) {
    return yield* Effect.all(Array.from({ length: 5 }, () => Loom.generate({ ...asked, prompt: own })), {
      concurrency: "unbounded",
      discard: true
    })
  }
  if (luck < 0.75) return yield* Loom.generate({ ...asked, system: handbook, prompt: own })
  if (luck < 0.85) return yield* Stream.runDrain(Loom.stream({ ...asked, prompt: own }))
  if (luck < 0.92) {
    yield* sandbox.script({ prompt: own, respond: { status: 429, headers: { "retry-after-ms": "200" } } })
    return yield* Loom.generate({ ...asked, prompt: own })
  }
  if (luck < 0.97) {
    yield* sandbox.script({ prompt: own, respond: { status: 503 } })
    return yield* Loom.generate({ ...asked, prompt: own, failover: true, retry: RetryPolicy.none })
  }
  yield* sandbox.script({ prompt: own, respond: { status: 503 }, times: "always" })
  return yield* Loom.generate({ ...asked, prompt: own, retry: RetryPolicy.none })
})

const often = Duration.millis(150)
const first = 80

/** Keeps its records at `path`, until it is interrupted. */
export const run = (path: string) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ eventDelay: "4 millis" })
    const apiKey = Redacted.make("sk-sandbox")
    const providers = {
      openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey }),
      anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic"), apiKey })
    }
    let n = 0
    const one = Effect.suspend(() => Effect.ignore(call(sandbox, n++)))
    return yield* Effect.gen(function*() {
      for (let n = 0; n < first; n++) yield* one
      return yield* Effect.forever(Effect.andThen(Effect.forkChild(one), Effect.sleep(often)))
    }).pipe(Effect.provide(Loom.layer({ providers, cache: { ttl: "1 second" }, callLog: { path } })))
  })
