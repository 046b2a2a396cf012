/**
 * The path of a call, as it is seen from outside: by a tracer, a store of the cache, a router, the sandbox's journal, a
 * record and a log. `src/internal/README.md` explains it.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/path.ts`.
 */
import { Console, Effect, Layer, Logger, Tracer } from "effect"
import { Loom, type ResponseCache, RetryPolicy, Router } from "loom-router"
import { Sandbox } from "loom-router/sandbox"
import { onSandbox } from "./onSandbox.ts"

const steps: Array<string> = []
const step = (what: string) => void steps.push(what)

class Span extends Tracer.NativeSpan {
  constructor(options: ConstructorParameters<typeof Tracer.NativeSpan>[0]) {
    super(options)
    step(options.name === "loom.generate" ? "generate: begins" : `adapter: begins "${options.name}"`)
  }
  override end(...args: Parameters<Tracer.Span["end"]>): void {
    super.end(...args)
    step(this.name === "loom.generate" ? "response: the span ends" : `adapter: ends "${this.name}"`)
  }
}

const kept = new Map<string, ResponseCache.Life & { readonly value: Uint8Array }>()
const store: ResponseCache.Store = {
  get: (key) =>
    Effect.sync(() => {
      step(`cache: ${kept.has(key) ? "finds" : "misses"}`)
      return kept.get(key)
    }),
  set: (key, entry) =>
    Effect.sync(() => {
      step("response: is kept")
      kept.set(key, entry)
    }),
  clear: Effect.sync(() => kept.clear())
}

const router = Router.make({
  candidates: ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"],
  when: (error) => {
    step(`router: ${error.provider} ${error.what}, on to the next`)
    return error.failover
  },
  validator: ({ provider }) => {
    step(`router: looks at what ${provider} says`)
    return true
  }
})

const observed = Layer.merge(
  Layer.succeed(Tracer.Tracer, Tracer.make({ span: (options) => new Span(options) })),
  Logger.layer([Logger.make(() => step("response: is logged"))])
)

const ask = (prompt: string) => Effect.provide(Loom.route(router, { prompt }), observed)

const told = Effect.fn("told")(function*(title: string, prompt: string) {
  const before = (yield* (yield* Sandbox).journal).length
  steps.length = 0
  const { cache, provider } = yield* ask(prompt)
  const seen = steps.splice(0)
  const { length } = yield* (yield* Sandbox).journal
  yield* Console.log([title, ...seen.map((what) => `  ${what}`)].join("\n"))
  yield* Console.log(`  = ${provider}, cache: ${cache}, requests at vendors: ${length - before}\n`)
})

await onSandbox(
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    yield* sandbox.script({ route: "/openai/v1/responses", respond: { status: 503 }, times: 2 })
    yield* told("OpenAI is down", "What is weft?")
    yield* told("The same question, and it still is", "What is weft?")
    yield* told("It is back", "What is warp?")
    yield* told("The same question", "What is warp?")

    const before = (yield* sandbox.journal).length
    const answers = yield* Effect.all([ask("What is a heddle?"), ask("What is a heddle?")], { concurrency: 2 })
    const { length } = yield* sandbox.journal
    yield* Console.log("Two callers at once")
    yield* Console.log(
      `  = cache: ${answers.map(({ cache }) => cache).join(", ")}, requests at vendors: ${length - before}`
    )
  }),
  {
    cache: { ttl: "1 hour", capacity: 0, store },
    retry: RetryPolicy.none,
    log: "line",
    onCall: () => step("response: is recorded")
  }
)
