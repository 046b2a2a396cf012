/**
 * One retry loop for all vendors: exponential backoff with jitter, the vendor's Retry-After as its floor, and nothing
 * that may be billed twice.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/retries.ts`.
 */
import { Clock, Console, Effect } from "effect"
import { Loom, RetryPolicy } from "loom-router"
import { Sandbox } from "loom-router/sandbox"
import { strict as assert } from "node:assert"
import { onSandbox } from "./onSandbox.ts"

const retry = RetryPolicy.make({ maxAttempts: 3, baseDelay: "10 millis" })

const ask = Effect.fn("ask")(function*(prompt: string) {
  const outcome = yield* Loom.generate({ model: "openai/gpt-4o-mini", prompt }).pipe(
    Effect.match({
      onFailure: ({ attempts, reason }) => ({ attempts, end: `it fails with ${reason._tag}` }),
      onSuccess: ({ attempts }) => ({ attempts, end: "it answers" })
    })
  )
  const told = outcome.attempts.map(({ billed, outcome }) => `${outcome} (billed: ${billed})`)
  yield* Console.log(`${prompt}: ${told.join(", ")}; ${outcome.end}`)
  return outcome.attempts.length
})

await onSandbox(
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    yield* sandbox.script(
      { prompt: "Twice too busy", respond: { status: 503 }, times: 2 },
      { prompt: "Always too busy", respond: { status: 503 }, times: "always" },
      { prompt: "Wait", respond: { status: 429, headers: { "retry-after-ms": "300" } } },
      { prompt: "Cut off", reset: true, billed: true }
    )
    assert.equal(yield* ask("Twice too busy"), 3)
    assert.equal(yield* ask("Always too busy"), 3)
    const before = yield* Clock.currentTimeMillis
    assert.equal(yield* ask("Wait"), 2)
    assert((yield* Clock.currentTimeMillis) - before >= 300)
    // The vendor may have done the work: it isn't paid for again, unless `retryMaybeBilled` says so.
    assert.equal(yield* ask("Cut off"), 1)
  }),
  { retry }
)
