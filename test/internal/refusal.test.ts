import { assert, describe, it } from "@effect/vitest"
import { Duration, Redacted, Schema } from "effect"
import { GenerateError } from "loom-router"
import { reasonOf, retryAfterOf, tidy } from "../../src/internal/refusal.ts"

const now = Date.parse("2026-11-23T12:00:00Z")

describe("retryAfterOf", () => {
  const millis = (headers: Record<string, string>) => {
    const wait = retryAfterOf(new Headers(headers), now)
    return wait === undefined ? undefined : Duration.toMillis(wait)
  }

  it.each<readonly [string, Record<string, string>, number | undefined]>([
    ["nothing", {}, undefined],
    ["seconds", { "retry-after": "20" }, 20_000],
    ["zero seconds", { "retry-after": "0" }, 0],
    ["a fraction of seconds", { "retry-after": "1.5" }, 1_500],
    ["spaces around", { "retry-after": " 3 " }, 3_000],
    ["10^9 seconds", { "retry-after": "1000000000" }, 1e12],
    ["negative seconds", { "retry-after": "-5" }, undefined],
    ["an HTTP date", { "retry-after": "Mon, 23 Nov 2026 12:00:30 GMT" }, 30_000],
    ["an HTTP date of the old form", { "retry-after": "Monday, 23-Nov-26 12:00:30 GMT" }, 30_000],
    ["an HTTP date that is past", { "retry-after": "Mon, 23 Nov 2026 11:59:59 GMT" }, undefined],
    ["now", { "retry-after": "Mon, 23 Nov 2026 12:00:00 GMT" }, undefined],
    ["a word", { "retry-after": "soon" }, undefined],
    ["words that end in a number", { "retry-after": "in 2030" }, undefined],
    ["words that a lenient parser takes for a date", { "retry-after": "maybe 30" }, undefined],
    ["a number in another notation", { "retry-after": "0x10" }, undefined],
    ["an exponent", { "retry-after": "1e3" }, undefined],
    ["an empty value", { "retry-after": "" }, undefined],
    ["milliseconds", { "retry-after-ms": "250" }, 250],
    ["a fraction of milliseconds", { "retry-after-ms": "250.5" }, 250.5],
    ["both: the finer one", { "retry-after-ms": "250", "retry-after": "9" }, 250],
    ["both, the finer one negative", { "retry-after-ms": "-1", "retry-after": "9" }, 9_000],
    ["both, the finer one garbage", { "retry-after-ms": "soon", "retry-after": "9" }, 9_000],
    ["both, the finer one empty", { "retry-after-ms": "", "retry-after": "9" }, 9_000],
    ["both garbage", { "retry-after-ms": "Infinity", "retry-after": "NaN" }, undefined]
  ])("%s", (_, headers, expected) => {
    assert.strictEqual(millis(headers), expected)
  })

  it.prop("is never negative, whatever is sent", [Schema.String, Schema.String], ([a, b]) => {
    const wait = retryAfterOf({ get: (name) => name === "retry-after" ? a : b }, now)
    assert.isTrue(wait === undefined || Duration.toMillis(wait) >= 0)
  })
})

describe("reasonOf", () => {
  const detail = "the vendor's words"
  const wait = Duration.seconds(3)

  it.each<readonly [number, GenerateError.Reason]>([
    [400, new GenerateError.InvalidRequest({ detail, field: "temperature" })],
    [401, new GenerateError.KeyRefused({ detail, source: "ACME_API_KEY" })],
    [402, new GenerateError.QuotaExceeded({ detail })],
    [403, new GenerateError.KeyRefused({ detail, source: "ACME_API_KEY" })],
    [404, new GenerateError.InvalidRequest({ detail, field: "temperature" })],
    [408, new GenerateError.Timeout({ phase: "connect" })],
    [409, new GenerateError.Overloaded({ detail, maybeBilled: false, retryAfter: wait })],
    [413, new GenerateError.InvalidRequest({ detail, field: "temperature" })],
    [422, new GenerateError.InvalidRequest({ detail, field: "temperature" })],
    [429, new GenerateError.RateLimited({ detail, retryAfter: wait })],
    [500, new GenerateError.Overloaded({ detail, maybeBilled: false, retryAfter: wait })],
    [502, new GenerateError.Overloaded({ detail, maybeBilled: true, retryAfter: wait })],
    [503, new GenerateError.Overloaded({ detail, maybeBilled: false, retryAfter: wait })],
    [504, new GenerateError.Overloaded({ detail, maybeBilled: true, retryAfter: wait })],
    [529, new GenerateError.Overloaded({ detail, maybeBilled: false, retryAfter: wait })],
    [302, new GenerateError.InvalidResponse({ detail: `status 302: ${detail}` })]
  ])("%d", (status, expected) => {
    const reason = reasonOf({ status, detail, field: "temperature", keySource: "ACME_API_KEY", retryAfter: wait })
    assert.strictEqual(reason._tag, expected._tag)
    assert.deepStrictEqual({ ...reason }, { ...expected })
  })

  it("goes by what the vendor calls it before it goes by status", () => {
    assert.strictEqual(reasonOf({ status: 429, detail, kind: "quota", retryAfter: wait })._tag, "QuotaExceeded")
    assert.strictEqual(reasonOf({ status: 400, detail, kind: "filtered" })._tag, "ContentFiltered")
  })

  it("prints nothing that isn't there", () => {
    for (const status of [400, 401, 408, 429, 500, 302]) {
      const { fix, why } = reasonOf({ status, detail })
      assert.notMatch(`${why} ${fix}`, /undefined/)
    }
  })
})

describe("tidy", () => {
  const secret = "sk-proj-Canary_0123456789"
  const key = Redacted.make(secret)

  it.prop(
    "never shows the key",
    [Schema.String, Schema.String, Schema.String.check(Schema.isMinLength(4))],
    ([before, after, other]) => {
      assert.notInclude(tidy(`${before}${secret}${after}${secret}`, key), secret)
      const shown = tidy(`before ${other} after`, Redacted.make(other))
      assert.isTrue(!shown.includes(other) || "before <key> after".includes(other))
    }
  )

  it("hides keys that are masked by the vendor, or aren't ours", () => {
    for (const shown of ["sk-proj-****6789", "sk-abc…789", "pk-live_1", "key-0123"]) {
      assert.strictEqual(tidy(`Incorrect API key provided: ${shown}`, undefined), "Incorrect API key provided: <key>")
    }
  })

  it("cuts what is long, and no key half", () => {
    assert.lengthOf(tidy("x".repeat(10_000), key), 301)
    assert.notInclude(tidy(`${"x ".repeat(145)}${secret}`, key), secret.slice(0, 5))
  })

  it("leaves other words alone", () => {
    assert.strictEqual(tidy("Ask the desk-top team", Redacted.make("")), "Ask the desk-top team")
  })
})
