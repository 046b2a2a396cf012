import { assert, describe, it } from "@effect/vitest"
import type { CreateCachedContentConfig, GoogleGenAI } from "@google/genai"
import { call, tokens } from "../driven.ts"
import { chunksOf, driven, failure, saying } from "./gemini.ts"

const model = "gemini-3.8-flash"
const create = (gemini: GoogleGenAI, config: CreateCachedContentConfig = {}, of = model) =>
  gemini.caches.create({ model: of, config: { contents: tokens(1498), ...config } })

describe("cached content", () => {
  it.effect("is read at the price of a read, whole and streamed, by whoever made it", () =>
    driven(function*({ client, gemini, sandbox }) {
      const tools = [{ functionDeclarations: [{ name: "get_it", parametersJsonSchema: { type: "object" } }] }]
      const cache = yield* call(() => create(gemini, { tools, displayName: "a prefix", systemInstruction: "Weave." }))
      const kept = cache.usageMetadata?.totalTokenCount ?? 0
      assert.isAbove(kept, 1500)
      assert.match(cache.name ?? "", /^cachedContents\//)
      assert.deepInclude(cache, { model: `models/${model}`, displayName: "a prefix" })
      const asked = saying("get_it", { cachedContent: cache.name ?? "" }, model)
      const whole = yield* call(() => gemini.models.generateContent(asked))
      const last = (yield* chunksOf(gemini, asked)).at(-1)
      assert.strictEqual(whole.functionCalls?.[0]?.name, "get_it")
      for (const { usageMetadata } of [whole, last ?? whole]) {
        assert.strictEqual(usageMetadata?.cachedContentTokenCount, kept)
        assert.isAbove(usageMetadata?.promptTokenCount ?? 0, kept)
      }
      assert.deepStrictEqual((yield* sandbox.bill).map(({ tokens }) => tokens.cachedRead), [0, kept, kept])
      const stranger = yield* failure(() => client("test-other-abcdef").models.generateContent(asked))
      assert.strictEqual(stranger.status, 403)
      const other = yield* failure(() => gemini.models.generateContent({ ...asked, model: "gemini-3.7-flash" }))
      assert.match(other.body.error.message, /has to be the same/)
      const again = yield* failure(() =>
        gemini.models.generateContent({ ...asked, config: { ...asked.config, systemInstruction: "Spin." } })
      )
      assert.match(again.body.error.message, /^CachedContent can not be used with GenerateContent request setting/)
    }))

  it.effect("costs what it holds, and a half dollar for a million tokens and hour", () =>
    driven(function*({ gemini, sandbox }) {
      const cache = yield* call(() => create(gemini, { ttl: "7200s" }))
      const kept = BigInt(cache.usageMetadata?.totalTokenCount ?? 0)
      const [entry] = yield* sandbox.bill
      assert.deepStrictEqual(entry?.lines.map(({ amount, item }) => [item, amount]), [
        ["input", kept * 750_000n],
        ["cacheStorage", kept * 1_000_000n]
      ])
      yield* sandbox.reset
      // What storage costs there isn't known.
      yield* call(() => create(gemini, {}, "gemini-2.5-flash"))
      assert.deepStrictEqual((yield* sandbox.bill)[0]?.lines.map(({ item }) => item), ["input"])
    }))

  it.effect("is found until it is deleted, or its time is over", () =>
    driven(function*({ gemini, sandbox }) {
      const cache = yield* call(() => create(gemini, { ttl: "60s" }))
      const later = yield* call(() => create(gemini))
      const name = cache.name ?? ""
      assert.strictEqual((yield* call(() => gemini.caches.get({ name }))).expireTime, cache.expireTime)
      const names = call(async () => {
        const found: Array<string | undefined> = []
        for await (const one of await gemini.caches.list()) found.push(one.name)
        return found
      })
      assert.deepStrictEqual(yield* names, [name, later.name])
      yield* sandbox.advance("60 seconds")
      assert.deepStrictEqual(yield* names, [later.name])
      assert.strictEqual((yield* failure(() => gemini.caches.get({ name }))).status, 403)
      yield* call(() => gemini.caches.delete({ name: later.name ?? "" }))
      assert.deepStrictEqual(yield* names, [])
    }))

  it.effect("is refused where it is small, or the model has none", () =>
    driven(function*({ gemini }) {
      const small = yield* failure(() => create(gemini, { contents: tokens(100) }))
      assert.strictEqual(
        small.body.error.message,
        "Cached content is too small. total_token_count=102, min_total_token_count=1024"
      )
      assert.strictEqual((yield* failure(() => create(gemini, {}, "gemini-4-argon"))).status, 404)
      assert.strictEqual((yield* failure(() => create(gemini, { ttl: "never" }))).status, 400)
    }))
})
