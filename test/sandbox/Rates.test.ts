import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { type Options } from "../../src/sandbox/Sandbox.ts"
import { call, type Driven, driven, failure } from "./driven.ts"

const limits: Options = { limits: { openai: { requests: 2, tokens: 1000 }, anthropic: { requests: 1 } } }

const ask = ({ client }: Driven, input = "Hi", apiKey?: string) => {
  const openai = client(apiKey === undefined ? {} : { apiKey })
  return () => openai.responses.create({ model: "gpt-4.1", input }).withResponse()
}

const said = (headers: Headers | undefined, kind: string) =>
  ["limit", "remaining", "reset"].map((name) => headers?.get(`x-ratelimit-${name}-${kind}`))

describe("limits", () => {
  it.effect("refuse what is more, and fill up again", () =>
    driven(function*(world) {
      const first = yield* call(ask(world))
      assert.deepStrictEqual(said(first.response.headers, "requests"), ["2", "1", "30s"])
      const second = yield* call(ask(world))
      assert.deepStrictEqual(said(second.response.headers, "requests"), ["2", "0", "1m0s"])
      const third = yield* failure(ask(world))
      assert.strictEqual(third.status, 429)
      assert.deepStrictEqual(said(third.headers, "requests"), ["2", "0", "1m0s"])
      assert.deepStrictEqual(["retry-after", "retry-after-ms"].map((name) => third.headers?.get(name)), ["30", "30000"])
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual((yield* failure(ask(world))).status, 429)
      yield* TestClock.adjust("1 second")
      yield* call(ask(world))
      assert.lengthOf(yield* world.sandbox.bill, 3)
      yield* world.sandbox.reset
      yield* call(ask(world))
    }, limits))

  it.effect("count the tokens that were used, and are of each key", () =>
    driven(function*(world) {
      const { data, response } = yield* call(ask(world, "[words: 2000] Write."))
      assert.isAbove(data.usage?.total_tokens ?? 0, 1000)
      assert.strictEqual(response.headers.get("x-ratelimit-remaining-tokens"), "0")
      assert.strictEqual((yield* failure(ask(world))).status, 429)
      yield* call(ask(world, "Hi", "sk-another-0123456789"))
    }, limits))

  it.effect("are told as Anthropic tells them", () =>
    driven(function*({ sandbox }) {
      const post = () =>
        call(() =>
          fetch(`${sandbox.baseUrl("anthropic")}/v1/messages`, {
            method: "POST",
            headers: {
              "authorization": "Bearer sk-any",
              "anthropic-version": "2023-06-01",
              "content-type": "application/json"
            },
            body: JSON.stringify({
              model: "claude-haiku-4-5",
              max_tokens: 100,
              messages: [{ role: "user", content: "Hi" }]
            })
          })
        )
      const first = yield* post()
      const names = ["limit", "remaining", "reset"].map((name) => `anthropic-ratelimit-requests-${name}`)
      assert.deepStrictEqual(names.map((name) => first.headers.get(name)), ["1", "0", "1970-01-01T00:01:00Z"])
      const second = yield* post()
      assert.deepStrictEqual([second.status, second.headers.get("retry-after")], [429, "60"])
      yield* Effect.promise(() => second.text())
    }, limits))

  it.effect("are off unless they are given", () =>
    driven(function*(world) {
      for (let n = 0; n < 20; n++) yield* call(ask(world))
    }))
})
