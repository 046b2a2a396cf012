import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { read } from "../../src/internal/rateHeaders.ts"

const now = Date.UTC(2026, 10, 23, 10)

const openAi = (said: Readonly<Record<string, string>>, kind = "requests") =>
  new Headers(Object.entries(said).map(([name, value]): [string, string] => [`x-ratelimit-${name}-${kind}`, value]))

const resetAfter = (reset: string) => read(openAi({ limit: "60", remaining: "0", reset }), now)[0]?.resetAfter

describe("headers of rate limits", () => {
  it("are read as OpenAI and those like it write them", () => {
    const headers = new Headers([
      ...openAi({ limit: "60", remaining: "59", reset: "1s" }),
      ...openAi({ limit: "150000", remaining: "149984", reset: "6m0s" }, "tokens")
    ])
    assert.deepStrictEqual(read(headers, now), [
      { unit: "requests", limit: 60, remaining: 59, resetAfter: 1000 },
      { unit: "tokens", limit: 150_000, remaining: 149_984, resetAfter: 360_000 }
    ])
  })

  it("are read as Anthropic writes them", () => {
    const headers = new Headers(
      ["requests", "tokens", "input-tokens", "output-tokens"].flatMap((kind, index) => [
        [`anthropic-ratelimit-${kind}-limit`, "50"] as [string, string],
        [`anthropic-ratelimit-${kind}-remaining`, String(index)],
        [`anthropic-ratelimit-${kind}-reset`, "2026-11-23T10:00:30Z"]
      ])
    )
    assert.deepStrictEqual(
      read(headers, now),
      (["requests", "tokens", "inputTokens", "outputTokens"] as const).map((unit, remaining) => ({
        unit,
        limit: 50,
        remaining,
        resetAfter: 30_000
      }))
    )
  })

  it.each([
    ["20ms", 20],
    ["7.66s", 7660],
    ["2m59.5s", 179_500],
    ["6m0s", 360_000],
    ["1h0m0s", 3_600_000],
    ["1d", 86_400_000],
    ["500µs", 0.5],
    ["0", 0],
    ["12", 12_000],
    ["0.25", 250],
    [String(now / 1000 + 9), 9000],
    [String(now + 9000), 9000],
    ["2026-11-23T10:00:01.5Z", 1500],
    ["2026-11-23T11:00:01+01:00", 1000],
    ["2026-11-23T09:59:00Z", 0],
    [String(now / 1000 - 9), 0]
  ])("a reset of %s is %d ms away", (reset, millis) => {
    assert.strictEqual(resetAfter(reset), millis)
  })

  it.each([
    "",
    "soon",
    "-1",
    "1e3",
    "NaN",
    "Infinity",
    "12 s",
    "1s2",
    "s",
    "2026-11-23",
    "2026-99-99T99:99:99Z",
    "40d",
    "9e99"
  ])(
    "a reset of %j is none",
    (reset) => {
      assert.deepStrictEqual(read(openAi({ limit: "60", remaining: "0", reset }), now), [
        { unit: "requests", limit: 60, remaining: 0, resetAfter: undefined }
      ])
    }
  )

  it("without a sensible count of what is left they say nothing", () => {
    for (const remaining of ["", "-1", "1.5", "many", "NaN", "1e3", "1, 2", "9".repeat(16)]) {
      assert.deepStrictEqual(read(openAi({ limit: "60", remaining, reset: "1s" }), now), [], remaining)
    }
    assert.deepStrictEqual(read(openAi({ limit: "0", remaining: "0", reset: "1s" }), now), [], "a limit of none")
    assert.deepStrictEqual(read(new Headers({ "retry-after": "7" }), now), [])
    assert.deepStrictEqual(read(openAi({ remaining: "3" }), now), [
      { unit: "requests", limit: undefined, remaining: 3, resetAfter: undefined }
    ])
  })

  it.effect.prop("are numbers or nothing, whatever they hold", [Schema.String, Schema.String, Schema.String], ([
    limit,
    remaining,
    reset
  ]) =>
    Effect.sync(() => {
      const said: Readonly<Record<string, string>> = {
        "x-ratelimit-limit-tokens": limit,
        "x-ratelimit-remaining-tokens": remaining,
        "x-ratelimit-reset-tokens": reset
      }
      for (const told of read({ get: (name) => said[name] ?? null }, now)) {
        assert.isTrue(Number.isSafeInteger(told.remaining) && told.remaining >= 0)
        assert.isTrue(told.limit === undefined || (Number.isSafeInteger(told.limit) && told.limit > 0))
        assert.isTrue(told.resetAfter === undefined || (told.resetAfter >= 0 && told.resetAfter <= 31 * 86_400_000))
      }
    }))
})
