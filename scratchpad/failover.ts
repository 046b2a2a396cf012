/**
 * A vendor goes down, another one answers, and the first comes back: once as a pipeline of one's own, once as options of
 * the front door. On the sandbox, without a key: `node --conditions=loom-source scratchpad/failover.ts`.
 */
import { Cause, Clock, Console, Effect, Layer, Redacted } from "effect"
import {
  type Attempt,
  type GenerateError,
  type Generation,
  Generator,
  Loom,
  ProviderHealth,
  Request,
  ResponseCache,
  RetryPolicy,
  Transport
} from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { Sandbox } from "loom-router/sandbox"

const apiKey = Redacted.make("sk-sandbox")
const policy = RetryPolicy.make({ maxAttempts: 3, baseDelay: "50 millis" })
const patience = { failures: 3, openFor: "2 seconds" } as const

interface Told {
  readonly answer: Generation.Generation
  readonly attempts: ReadonlyArray<Attempt.Attempt>
}
type Ask = (prompt: string) => Effect.Effect<Told, GenerateError.GenerateError>

const usd = (amount: number | undefined) => amount === undefined ? "unknown" : `$${amount.toFixed(9)}`

const tell = (what: string) => (told: Effect.Effect<Told, GenerateError.GenerateError>) =>
  Effect.flatMap(
    told,
    ({ answer: { cache, cost, model, provider, router, saved, warnings }, attempts }) =>
      Console.log([
        `\n  ${what}`,
        `    ${provider}/${model} answers (cache: ${cache}) · ${usd(cost.usd)} paid, ${usd(saved.usd)} saved`,
        ...attempts.map(({ asked, billed, outcome, provider, status = 200 }) =>
          `    attempt  ${provider}/${asked}: ${outcome} (${status}, billed: ${billed})`
        ),
        ...(router?.tried ?? []).map(({ attempts, model, outcome }) =>
          `    tried    ${model}: ${outcome}, ${attempts === 0 ? "nothing sent" : `attempts: ${attempts}`}`
        ),
        ...warnings.map((warning) => `    warning  ${warning}`)
      ].join("\n"))
  )

/** What vendors go through, and what a caller sees of it. `until` is when the circuit lets a trial through. */
const story = Effect.fn("story")(function*(title: string, ask: Ask, until: Effect.Effect<number>) {
  const sandbox = yield* Sandbox
  yield* Console.log(`\n${title}`)
  yield* tell("All is well")(ask("What is warp?"))
  yield* sandbox.script({ route: "/openai/v1/responses", respond: { status: 503 }, times: 3 })
  yield* tell("OpenAI goes down")(ask("What is weft?"))
  yield* tell("The same question again")(ask("What is weft?"))
  yield* tell("Another one, while OpenAI is left alone")(ask("What is a shuttle?"))
  yield* Effect.sleep((yield* until) - (yield* Clock.currentTimeMillis) + 10)
  yield* tell("OpenAI is back, and is tried again")(ask("What is a heddle?"))
  const { length } = yield* sandbox.journal
  yield* Console.log(`\n  5 questions, ${length} requests in the sandbox's journal`)
  yield* sandbox.reset
})

const transitionsOf = () => {
  const seen: Array<ProviderHealth.Transition> = []
  return {
    onTransition: (transition: ProviderHealth.Transition) => void seen.push(transition),
    until: Effect.sync(() => seen.at(-1)?.until ?? 0),
    show: Effect.suspend(() =>
      Effect.forEach(
        seen,
        ({ from, provider, to, why }) => Console.log(`  circuit of ${provider}: ${from} → ${to} (${why})`)
      )
    )
  }
}

const pipeline = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const circuits = transitionsOf()
  const openai = yield* OpenAi.make({ baseUrl: sandbox.baseUrl("openai"), apiKey })
  const anthropic = yield* Anthropic.make({ baseUrl: sandbox.baseUrl("anthropic"), apiKey })
  const health = yield* ProviderHealth.make({ ...patience, onTransition: circuits.onTransition })
  const cache = yield* ResponseCache.make({ ttl: "1 hour" })

  const generator = openai.pipe(
    Generator.model("openai/gpt-4o-mini"),
    Generator.retry(policy),
    Generator.orElse(anthropic.pipe(Generator.model("anthropic/claude-haiku-4-5"), Generator.retry(policy))),
    Generator.gate(health.gate),
    Generator.coalesced,
    Generator.cached(cache)
  )

  const ask: Ask = Effect.fnUntraced(function*(prompt) {
    const request = yield* Request.fromPrompt(prompt)
    const answer = yield* generator.generate(request)
    return { answer, attempts: request.call.attempts }
  })
  yield* story("A pipeline of one's own", ask, circuits.until)
  yield* circuits.show
})

const frontDoor = Effect.gen(function*() {
  const sandbox = yield* Sandbox
  const circuits = transitionsOf()
  const loom = Loom.layer({
    providers: {
      openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey }),
      anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic"), apiKey })
    },
    // By name: `true` asks models like it at every vendor that has a key, here perhaps a real one.
    failover: ["anthropic/claude-haiku-4-5"],
    retry: policy,
    health: { ...patience, onTransition: circuits.onTransition },
    cache: { ttl: "1 hour" }
  })
  const ask = (prompt: string) =>
    Effect.map(
      Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt, native: { prompt_cache_key: "tenant-7" } }),
      (answer): Told => ({ answer, attempts: answer.attempts })
    )
  yield* Effect.provide(story("The same by options of Loom.layer", ask, circuits.until), loom)
  yield* circuits.show
})

await Effect.runPromise(
  Effect.andThen(pipeline, frontDoor).pipe(
    Effect.scoped,
    Effect.provide(Layer.merge(Sandbox.layer(), Transport.layer())),
    Effect.catchCause((cause) => {
      process.exitCode = 1
      return Console.error(Cause.pretty(cause))
    })
  )
)
