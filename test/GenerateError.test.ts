import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Schema } from "effect"
import { GenerateError, Usage } from "loom-router"

const { seconds } = Duration
const detail = "the vendor's words"

/** Reason, then whether it is retried, failed over, and maybe billed: design §6. */
const table: ReadonlyArray<
  readonly [string, GenerateError.Reason, retryable: boolean, failover: boolean, maybeBilled: boolean]
> = [
  ["refused connection", new GenerateError.Network({ detail, sent: "no" }), true, true, false],
  ["broken connection", new GenerateError.Network({ detail, sent: "maybe" }), false, true, true],
  ["timeout to connect", new GenerateError.Timeout({ phase: "connect", after: seconds(10) }), true, true, false],
  ["timeout of headers", new GenerateError.Timeout({ phase: "headers" }), false, true, true],
  ["stall", new GenerateError.Timeout({ phase: "idle", after: seconds(30) }), false, true, true],
  ["timeout of the attempt", new GenerateError.Timeout({ phase: "attempt", after: seconds(5) }), false, true, true],
  ["deadline of the call", new GenerateError.Timeout({ phase: "deadline", after: seconds(5) }), false, false, true],
  ["rate limit", new GenerateError.RateLimited({ detail, retryAfter: seconds(7) }), true, true, false],
  ["rate limit without a wait", new GenerateError.RateLimited({ detail }), true, true, false],
  [
    "own rate limit",
    new GenerateError.RateLimited({ detail, retryAfter: seconds(7), by: "limits" }),
    false,
    true,
    false
  ],
  ["own limit without a time", new GenerateError.RateLimited({ detail, by: "limits" }), false, true, false],
  ["overload", new GenerateError.Overloaded({ detail, maybeBilled: false, retryAfter: seconds(1) }), true, true, false],
  ["gateway timeout", new GenerateError.Overloaded({ detail, maybeBilled: true }), false, true, true],
  ["quota", new GenerateError.QuotaExceeded({ detail }), false, true, false],
  ["open circuit", new GenerateError.CircuitOpen({ detail, remaining: seconds(30) }), false, true, false],
  ["circuit under trial", new GenerateError.CircuitOpen({ detail, remaining: seconds(0) }), false, true, false],
  [
    "exceeded budget",
    new GenerateError.BudgetExceeded({ limitUsd: 1, spentUsd: 0.7, reservedUsd: 0.2, neededUsd: 0.15 }),
    false,
    false,
    false
  ],
  [
    "budget and an unknown price",
    new GenerateError.BudgetExceeded({ limitUsd: 1, spentUsd: 0, reservedUsd: 0 }),
    false,
    false,
    false
  ],
  ["missing key", new GenerateError.KeyMissing({ variable: "ACME_API_KEY" }), false, true, false],
  ["refused key", new GenerateError.KeyRefused({ detail, source: "ACME_API_KEY" }), false, true, false],
  ["refused key of no known source", new GenerateError.KeyRefused({ detail }), false, true, false],
  ["invalid request", new GenerateError.InvalidRequest({ detail, field: "temperature" }), false, false, false],
  ["invalid request without a field", new GenerateError.InvalidRequest({ detail }), false, false, false],
  ["content filter", new GenerateError.ContentFiltered({ detail }), false, false, true],
  ["unreadable answer", new GenerateError.InvalidResponse({ detail }), false, true, true],
  ["cut stream", new GenerateError.Partial({ detail, text: "Once upon" }), false, false, true],
  ["rejected answer", new GenerateError.Rejected({ detail }), false, true, true],
  ["unsupported feature", new GenerateError.Unsupported({ feature: "tools", detail }), false, false, false],
  ["unknown model", new GenerateError.UnknownModel({ nearest: ["acme/ada"] }), false, false, false],
  ["unknown model like no other", new GenerateError.UnknownModel({ nearest: [] }), false, false, false]
]

const of = (reason: GenerateError.Reason) =>
  new GenerateError.GenerateError({ provider: "acme", model: "ada", reason, status: 418, requestId: "req_1" })

describe("reasons", () => {
  it("are all in the table", () => {
    const tags = GenerateError.Reason.members.map((member) => member.identifier)
    assert.sameMembers([...new Set(table.map(([, { _tag }]) => _tag))], tags)
  })

  it.each(table)("%s: retry, failover, maybe billed", (_, reason, retryable, failover, maybeBilled) => {
    const error = of(reason)
    assert.deepStrictEqual([error.retryable, error.failover, error.maybeBilled], [retryable, failover, maybeBilled])
    assert.isFalse(error.retryable && error.maybeBilled, "what may be billed is never repeated by default")
    assert.isTrue(!error.retryable || error.failover, "what helps at the same vendor may help at another")
  })

  it.each(table)("%s: says what happened, why, and how to fix it", (_, reason) => {
    const { fix, message, what, why } = of(reason)
    for (const words of [what, why, fix]) assert.match(words, /^\S.{5,}\S$/)
    assert.strictEqual(message, `acme/ada ${what} (418)\n  why: ${why}\n  fix: ${fix}\n  request: req_1`)
    assert.notMatch(message, /undefined|null|NaN|\[object/)
  })

  it.effect.each(table)("%s: survives JSON", ([, reason]) =>
    Effect.gen(function*() {
      const error = new GenerateError.GenerateError({
        provider: "acme",
        model: "ada",
        reason,
        status: 418,
        requestId: "req_1",
        usage: Usage.make({ inputUncached: 3, cacheWrite: { "1h": 2 } }),
        cause: new Error("socket hang up")
      })
      const codec = Schema.fromJsonString(Schema.toCodecJson(GenerateError.GenerateError))
      const back = yield* Schema.decodeEffect(codec)(yield* Schema.encodeEffect(codec)(error))
      assert.instanceOf(back, GenerateError.GenerateError)
      assert.strictEqual(back.message, error.message)
      assert.deepStrictEqual(back.usage, error.usage)
      assert.deepStrictEqual(back.retryAfter, error.retryAfter)
      assert.deepStrictEqual({ ...back.reason }, { ...error.reason })
      assert.strictEqual((back.cause as Error).message, "socket hang up")
    }))
})

describe("message", () => {
  const reason = new GenerateError.InvalidRequest({ detail: "too hot", field: "temperature" })
  const subject = (provider: string, model: string) =>
    new GenerateError.GenerateError({ provider, model, reason }).message.split(" can't")[0]

  it("names provider and model, as far as they are known", () => {
    assert.strictEqual(subject("acme", "ada"), "acme/ada")
    assert.strictEqual(subject("acme", ""), "acme")
    assert.strictEqual(subject("", "acme/ada"), "acme/ada")
    assert.strictEqual(subject("", ""), "Loom")
  })

  it("tells the field at fault, and nothing of status or request where there is none", () => {
    assert.strictEqual(
      GenerateError.invalidRequest({ detail: "too hot", field: "temperature", provider: "acme", model: "ada" }).message,
      "acme/ada can't take this request\n  why: temperature: too hot\n  fix: change `temperature`"
    )
  })

  it("tells the variable that a key is looked for in", () => {
    const { fix, why } = of(new GenerateError.KeyMissing({ variable: "ACME_API_KEY" }))
    assert.strictEqual(why, "ACME_API_KEY is not set")
    assert.include(fix, "ACME_API_KEY")
  })

  it("tells how long the vendor asked to wait", () => {
    assert.include(of(new GenerateError.RateLimited({ detail, retryAfter: seconds(7) })).why, "7s")
  })

  it("tells when a vendor that is left alone is tried again", () => {
    const why = (wait: Duration.Duration) => of(new GenerateError.CircuitOpen({ detail, remaining: wait })).why
    assert.strictEqual(why(seconds(30)), `${detail}; it is tried again in 30s`)
    assert.strictEqual(why(Duration.millis(29_001.5)), `${detail}; it is tried again in 30s`)
    assert.strictEqual(why(seconds(0)), `${detail}; another call is trying it just now`)
  })
})

describe("GenerateError", () => {
  it.effect("is caught by its reason", () =>
    Effect.gen(function*() {
      const run = (reason: GenerateError.Reason) =>
        Effect.fail(of(reason)).pipe(
          Effect.catchReason(
            "GenerateError",
            "RateLimited",
            (limited) => Effect.succeed(`wait ${Duration.format(limited.retryAfter ?? seconds(0))}`)
          )
        )
      assert.strictEqual(yield* run(new GenerateError.RateLimited({ detail, retryAfter: seconds(2) })), "wait 2s")
      const passed = yield* Effect.flip(run(new GenerateError.QuotaExceeded({ detail })))
      assert.strictEqual(passed.reason._tag, "QuotaExceeded")
    }))

  it("has a retryAfter only where a time was named", () => {
    const waits = table.filter(([, reason]) => of(reason).retryAfter !== undefined).map(([title]) => title)
    assert.deepStrictEqual(waits, ["rate limit", "own rate limit", "overload"])
  })

  it("is told from other errors", () => {
    assert.isTrue(GenerateError.isGenerateError(of(new GenerateError.Rejected({ detail }))))
    for (const other of [new Error("no"), new GenerateError.Rejected({ detail }), { _tag: "GenerateError" }, null]) {
      assert.isFalse(GenerateError.isGenerateError(other))
    }
  })
})

describe("outcomeOf", () => {
  it("is a word for every exit", () => {
    const overloaded = of(new GenerateError.Overloaded({ detail, maybeBilled: false }))
    const refused = of(new GenerateError.InvalidRequest({ detail }))
    assert.deepStrictEqual(
      [
        Exit.void,
        Exit.fail(overloaded),
        Exit.interrupt(),
        Exit.die("bug"),
        Exit.failCause(Cause.combine(Cause.interrupt(), Cause.fail(refused))),
        Exit.failCause(Cause.combine(Cause.interrupt(), Cause.die("bug")))
      ].map(GenerateError.outcomeOf),
      ["ok", "Overloaded", "interrupted", "defect", "InvalidRequest", "defect"]
    )
  })
})
