import { assert, describe, it } from "@effect/vitest"
import * as Allowance from "../../src/internal/allowance.ts"

const wall = Date.UTC(2026, 10, 23, 10)

const said = (kind: "requests" | "tokens", limit: number | undefined, remaining: number, reset: string) =>
  new Headers({
    ...(limit === undefined ? {} : { [`x-ratelimit-limit-${kind}`]: String(limit) }),
    [`x-ratelimit-remaining-${kind}`]: String(remaining),
    [`x-ratelimit-reset-${kind}`]: reset
  })

/** Sends as many as it may, 100 at most. */
const sendAll = (allowance: Allowance.Allowance, now: number): number => {
  for (let sent = 0; sent < 100; sent++) {
    if (allowance.wait(now) !== undefined) return sent
    allowance.take(now)
  }
  return 100
}

describe("an allowance", () => {
  it("of which nothing was heard is all one wants", () => {
    const allowance = Allowance.make()
    assert.isFalse(allowance.hear(new Headers({ "content-type": "text/plain" }), 0, wall))
    assert.strictEqual(sendAll(allowance, 0), 100)
    assert.deepStrictEqual(allowance.left(wall), [])
  })

  it("that is used up comes back with its reset, as large as its limit", () => {
    const allowance = Allowance.make()
    assert.isTrue(allowance.hear(said("requests", 3, 0, "20s"), 1000, wall))
    assert.deepStrictEqual(allowance.wait(1000), { unit: "requests", limit: 3, millis: 20_000 })
    assert.deepStrictEqual(allowance.wait(20_999.5), { unit: "requests", limit: 3, millis: 1 })
    assert.strictEqual(sendAll(allowance, 21_000), 3)
    assert.strictEqual(allowance.wait(21_000)?.millis, 20_000, "until it is heard again, the period is the same")
    assert.strictEqual(sendAll(allowance, 41_000), 3)
  })

  it("is counted down by what is sent until the next answer is heard", () => {
    const allowance = Allowance.make()
    allowance.hear(said("requests", 60, 2, "1m0s"), 0, wall)
    assert.strictEqual(sendAll(allowance, 10), 2)
    allowance.hear(said("requests", 60, 5, "1m0s"), 20, wall)
    assert.strictEqual(sendAll(allowance, 20), 5)
  })

  it("of tokens isn't counted down: nobody knows by how many", () => {
    const allowance = Allowance.make()
    allowance.hear(said("tokens", 1000, 1, "1m0s"), 0, wall)
    assert.strictEqual(sendAll(allowance, 0), 100)
    allowance.hear(said("tokens", 1000, 0, "1m0s"), 0, wall)
    assert.strictEqual(allowance.wait(0)?.unit, "tokens")
  })

  it("whose limit isn't said is open once it is reset", () => {
    const allowance = Allowance.make()
    allowance.hear(said("requests", undefined, 0, "1s"), 0, wall)
    assert.strictEqual(sendAll(allowance, 999), 0)
    assert.strictEqual(sendAll(allowance, 1000), 100)
  })

  it("is waited for a minute at most, and shown as it was said", () => {
    const allowance = Allowance.make()
    allowance.hear(said("requests", 200, 0, "24h0m0s"), 0, wall)
    assert.strictEqual(allowance.wait(0)?.millis, 60_000)
    assert.deepStrictEqual(allowance.left(wall), [
      { unit: "requests", limit: 200, remaining: 0, resetAt: wall + 86_400_000 }
    ])
    assert.deepStrictEqual(allowance.left(wall + 86_400_000), [
      { unit: "requests", limit: 200, remaining: 200, resetAt: undefined }
    ])
  })

  it("without a reset, or with one that has passed, holds nobody back", () => {
    const allowance = Allowance.make()
    allowance.hear(said("requests", 60, 0, "whenever"), 0, wall)
    assert.strictEqual(sendAll(allowance, 0), 100)
    allowance.hear(said("requests", 60, 0, "0s"), 0, wall)
    assert.isUndefined(allowance.wait(0))
  })

  it("waits for the longest of its units", () => {
    const allowance = Allowance.make()
    allowance.hear(said("requests", 60, 0, "5s"), 0, wall)
    allowance.hear(said("tokens", 1000, 0, "9s"), 0, wall)
    assert.deepStrictEqual(allowance.wait(0), { unit: "tokens", limit: 1000, millis: 9000 })
    assert.strictEqual(allowance.wait(6000)?.unit, "tokens")
    assert.isUndefined(allowance.wait(9000))
  })
})
