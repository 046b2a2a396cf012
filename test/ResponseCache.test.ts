import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Layer, Schema, Scope, Stream } from "effect"
import { Response, Tool } from "effect/ai"
import { TestClock } from "effect/testing"
import {
  Call,
  type CallRecord,
  Catalog,
  Cost,
  GenerateError,
  Generation,
  Generator,
  Loom,
  type Request,
  ResponseCache,
  RetryPolicy,
  Saved,
  Usage
} from "loom-router"
import * as Codec from "../src/internal/keptAnswer.ts"
import { answer, asking, delta, failing, fold, overloaded, refused, seen, streaming } from "./scripted.ts"
import { tempPath } from "./storage/files.ts"

/** Input at $1, read from the vendor's cache at $0.1, output at $2 a million; and one whose price nobody knows. */
const catalog = Catalog.empty.pipe(
  Catalog.registerModel({
    provider: "acme",
    model: "ada",
    inputCostPer1M: 1,
    outputCostPer1M: 2,
    cachedReadCostPer1M: 0.1
  }),
  Catalog.registerModel({ provider: "acme", model: "bob" })
)
const asked = { provider: "acme", model: "ada", prompt: "Say hello." } as const

/** A vendor that answers with how often it was asked, or as told. */
const counting = (
  reply: (asked: number, request: Request.Request) => ReturnType<Parameters<typeof Generator.fake>[0]> = (asked) =>
    answer(`answer ${asked}`)
) => {
  const counted = { asked: 0 }
  const generator = Generator.fake((request) => reply(++counted.asked, request))
  return { counted, generator }
}

type Given = Omit<Loom.Options, "providers" | "transport" | "callLog">

const world = (vendor: Generator.Generator, options?: Given) => {
  const records: Array<CallRecord.CallRecord> = []
  const onCall = (record: CallRecord.CallRecord) => records.push({ ...record, attempts: record.attempts.slice() })
  return { records, layer: Loom.layerTest(vendor, { catalog, retry: RetryPolicy.none, onCall, ...options }) }
}

const streamed = (options: Parameters<typeof Loom.stream>[0]) =>
  Effect.map(
    Stream.runCollect(Loom.stream(options)),
    (parts) => Generation.fromParts(parts) ?? assert.fail("no finish")
  )

const ways = [["call", Loom.generate], ["stream", streamed]] as const

/** A store in memory, that counts what it is asked, and may do something else instead. */
const storing = (instead: Partial<ResponseCache.Store> = {}) => {
  const entries = new Map<string, ResponseCache.Life & { readonly value: Uint8Array }>()
  const counted = { get: 0, set: 0, clear: 0 }
  const store: ResponseCache.Store = {
    get: (key, now) =>
      Effect.suspend(() => {
        counted.get++
        return instead.get === undefined ? Effect.succeed(entries.get(key)) : instead.get(key, now)
      }),
    set: (key, entry) =>
      Effect.suspend(() => {
        counted.set++
        if (instead.set !== undefined) return instead.set(key, entry)
        entries.set(key, entry)
        return Effect.void
      }),
    clear: Effect.suspend(() => {
      counted.clear++
      entries.clear()
      return instead.clear ?? Effect.void
    })
  }
  return { store, entries, counted }
}

const settle = Effect.yieldNow.pipe(Effect.repeat({ times: 20 }))

for (const [way, ask] of ways) {
  describe(way, () => {
    it.effect(`is off by default, and on by call: ${way}`, () => {
      const { counted, generator } = counting()
      const { layer, records } = world(generator)
      return Effect.gen(function*() {
        assert.strictEqual((yield* ask(asked)).cache, "miss")
        assert.strictEqual((yield* ask(asked)).cache, "miss")
        assert.strictEqual((yield* ask({ ...asked, cache: { scope: "a" } })).cache, "miss")
        assert.strictEqual((yield* ask({ ...asked, cache: { scope: "a" } })).cache, "miss")
        assert.strictEqual(counted.asked, 4)
        const cache = { ttl: "1 minute" } as const
        assert.strictEqual((yield* ask({ ...asked, cache })).text, "answer 5")
        const hit = yield* ask({ ...asked, cache })
        assert.deepStrictEqual([hit.text, hit.cache, counted.asked], ["answer 5", "hit", 5])
        assert.deepStrictEqual(records.map(({ cacheable }) => cacheable), [false, false, false, false, true, true])
      }).pipe(Effect.provide(layer))
    })

    it.effect(`is on by layer, until its time is over: ${way}`, () => {
      const { generator } = counting()
      return Effect.gen(function*() {
        const texts = [yield* ask(asked)]
        yield* TestClock.adjust("59999 millis")
        texts.push(yield* ask(asked))
        yield* TestClock.adjust("1 millis")
        texts.push(yield* ask(asked), yield* ask(asked))
        assert.deepStrictEqual(texts.map(({ cache }) => cache), ["miss", "hit", "miss", "hit"])
        assert.deepStrictEqual(texts.map(({ text }) => text), ["answer 1", "answer 1", "answer 2", "answer 2"])
      }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
    })

    it.effect(`cache: false neither looks nor keeps: ${way}`, () => {
      const { generator } = counting()
      const { layer, records } = world(generator, { cache: { ttl: "1 minute" } })
      return Effect.gen(function*() {
        assert.strictEqual((yield* ask({ ...asked, cache: false })).text, "answer 1")
        assert.strictEqual((yield* ask(asked)).text, "answer 2")
        assert.strictEqual((yield* ask({ ...asked, cache: false })).text, "answer 3")
        assert.strictEqual((yield* ask(asked)).text, "answer 2")
        assert.deepStrictEqual(records.map(({ cacheable }) => cacheable), [false, true, false, true])
      }).pipe(Effect.provide(layer))
    })

    it.effect(`a call's own ttl goes before the layer's: ${way}`, () => {
      const { generator } = counting()
      return Effect.gen(function*() {
        const short = { ...asked, prompt: "short", cache: { ttl: "1 second" } } as const
        const long = { ...asked, prompt: "long", cache: { ttl: "1 hour" } } as const
        yield* ask(short)
        yield* ask(long)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* ask(short)).cache, "miss")
        yield* TestClock.adjust("59 minutes")
        assert.strictEqual((yield* ask(long)).cache, "hit")
      }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
    })

    it.effect(`scopes share nothing: ${way}`, () => {
      const { generator } = counting()
      return Effect.gen(function*() {
        const scopes = [undefined, "acme", "newco", undefined, "acme", "newco"]
        const texts = yield* Effect.forEach(scopes, (scope) => ask({ ...asked, cache: { scope } }))
        assert.deepStrictEqual(texts.map(({ text }) => text.slice(-1)), ["1", "2", "3", "1", "2", "3"])
      }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
    })

    it.effect(`refresh asks anew, and keeps the new answer: ${way}`, () => {
      const { generator } = counting()
      return Effect.gen(function*() {
        yield* ask(asked)
        const anew = yield* ask({ ...asked, cache: { refresh: true } })
        assert.deepStrictEqual([anew.text, anew.cache], ["answer 2", "miss"])
        assert.strictEqual((yield* ask(asked)).text, "answer 2")
      }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
    })

    it.effect(`temperature plays no part in what is kept, but in what is asked: ${way}`, () => {
      const { generator } = counting()
      return Effect.gen(function*() {
        yield* ask({ ...asked, temperature: 1.9 })
        assert.strictEqual((yield* ask({ ...asked, temperature: 1.9 })).cache, "hit")
        assert.strictEqual((yield* ask({ ...asked, temperature: 0 })).cache, "miss")
      }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
    })

    it.effect(`failures aren't kept: ${way}`, () => {
      const { generator } = counting((n) => n === 1 ? refused : n === 2 ? overloaded : answer("now"))
      return Effect.gen(function*() {
        assert.strictEqual((yield* Effect.flip(ask(asked))).reason._tag, "InvalidRequest")
        assert.strictEqual((yield* Effect.flip(ask(asked))).reason._tag, "Overloaded")
        assert.strictEqual((yield* ask(asked)).text, "now")
        assert.strictEqual((yield* ask(asked)).cache, "hit")
      }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
    })

    it.effect.each(
      [
        ["stop", "hit"],
        ["length", "hit"],
        ["content-filter", "hit"],
        ["tool-calls", "hit"],
        ["pause", "hit"],
        ["unknown", "miss"],
        ["other", "miss"],
        ["error", "miss"]
      ] as const
    )(`%s: the next is a %s: ${way}`, ([finishReason, expected]) => {
      const { generator } = counting(() => answer("Once upon", { finishReason }))
      return Effect.gen(function*() {
        yield* ask(asked)
        const next = yield* ask(asked)
        assert.deepStrictEqual([next.cache, next.finishReason], [expected, finishReason])
      }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
    })

    it.effect(`an answer that many waited for is kept once: ${way}`, () =>
      Effect.gen(function*() {
        const { counted, generator } = counting()
        const slow = Generator.around(generator, (run) => (request) => Effect.delay(run(request), "1 second"))
        const { counted: stored, store } = storing()
        const cache = yield* ResponseCache.make({ ttl: "1 minute", store })
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.forkChild(
            Effect.forEach([1, 2, 3, 4, 5], () => ask(asked), { concurrency: "unbounded" }),
            { startImmediately: true }
          )
          yield* TestClock.adjust("1 second")
          const answers = yield* Fiber.join(fiber)
          assert.deepStrictEqual(answers.filter(({ cache }) => cache === "coalesced").length, 4)
          assert.deepStrictEqual([counted.asked, stored.set], [1, 1])
          assert.deepInclude(yield* cache.stats, { hits: 0, misses: 5, kept: 1 })
          assert.strictEqual((yield* ask(asked)).cache, "hit")
        }).pipe(
          Effect.provide(Layer.provide(world(slow).layer, Layer.succeed(ResponseCache.CurrentResponseCache, cache)))
        )
      }))

    it.effect(`costs nothing, saves the list price, and is recorded as what it is: ${way}`, () => {
      // A million tokens from the vendor's cache, 100 that weren't, 10 written.
      const usage = Usage.make({ inputUncached: 100, cacheRead: 1_000_000, outputText: 10 })
      const { generator } = counting(() => answer("hello", { usage }))
      const currency = { code: "EUR", perUsd: 0.5, asOf: undefined, source: undefined }
      const { layer, records } = world(generator, { cache: { ttl: "1 minute" }, currency })
      return Effect.gen(function*() {
        const bought = yield* ask(asked)
        const hit = yield* ask(asked)
        // The vendor's own cache is no hit of ours.
        assert.deepInclude(bought, { cache: "miss", usage })
        assert.strictEqual(bought.cost.usd, 0.10012)
        assert.strictEqual(bought.saved.promptCache, 0.9e12)
        assert.strictEqual(bought.saved.responseCache, 0)
        assert.deepInclude(hit, { cache: "hit", usage, attempts: [] })
        assert.deepStrictEqual([hit.cost.picoUsd, hit.cost.local.currency, hit.cost.local.amount], [0, "EUR", 0])
        const listPrice = 1_000_120_000_000
        assert.deepStrictEqual(hit.saved, Saved.make({ responseCache: listPrice }))
        assert.strictEqual(bought.cost.picoUsd! + bought.saved.picoUsd, listPrice)
        const [first, second] = records
        assert.deepInclude(first, { cache: "miss", cacheable: true, outcome: "ok" })
        assert.lengthOf(first?.attempts ?? [], 1)
        assert.deepInclude(second, { cache: "hit", cacheable: true, outcome: "ok", attempts: [], saved: hit.saved })
      }).pipe(Effect.provide(layer))
    })

    it.effect(`saves what it would cost now, and not what it did: ${way}`, () => {
      const usage = Usage.make({ inputUncached: 100, cacheRead: 1000, outputText: 10 })
      const { generator } = counting((_, { model: { provider, upstream } }) =>
        answer("hello", { usage, provider, model: upstream })
      )
      const { layer } = world(generator, { cache: { ttl: "1 day" }, catalog: Catalog.bundled })
      const question = { ...asked, provider: "deepseek", model: "deepseek-flash" }
      const hour = (hour: number) => Date.UTC(2026, 10, 2, hour, 30)
      return Effect.gen(function*() {
        const model = yield* Effect.fromResult(Catalog.resolve(Catalog.bundled, question))
        yield* TestClock.setTime(hour(0))
        assert.isAbove((yield* ask(question)).saved.promptCache, 0)
        const amounts: Array<number> = []
        for (const at of [hour(0), hour(1), hour(4)]) {
          yield* TestClock.setTime(at)
          const { cache, saved } = yield* ask(question)
          assert.strictEqual(cache, "hit")
          assert.strictEqual(saved.responseCache, Cost.list(model, usage, { at }).picoUsd)
          assert.strictEqual(saved.picoUsd, saved.responseCache)
          amounts.push(saved.picoUsd)
        }
        // Between one and four it is twice as dear.
        const [before = NaN, peak, after] = amounts
        assert.deepStrictEqual([peak, after], [before * 2, before])
      }).pipe(Effect.provide(layer))
    })

    it.effect(`saves by the price of the day: ${way}`, () => {
      const usage = Usage.make({ inputUncached: 100, outputText: 10 })
      const { generator } = counting((_, { model: { provider, upstream } }) =>
        answer("hello", { usage, provider, model: upstream })
      )
      const { layer } = world(generator, { cache: { ttl: "60 days" }, catalog: Catalog.bundled })
      const question = { ...asked, provider: "gemini", model: "gemini-4-argon" }
      return Effect.gen(function*() {
        const model = yield* Effect.fromResult(Catalog.resolve(Catalog.bundled, question))
        yield* TestClock.setTime(Date.UTC(2026, 10, 30))
        yield* ask(question)
        const amounts = yield* Effect.forEach(
          [Date.UTC(2026, 10, 30, 23), Date.UTC(2027, 0, 2)],
          (at) =>
            Effect.gen(function*() {
              yield* TestClock.setTime(at)
              const { saved } = yield* ask(question)
              assert.strictEqual(saved.responseCache, Cost.list(model, usage, { at }).picoUsd)
              return saved.responseCache
            })
        )
        assert.strictEqual(new Set(amounts).size, 2)
      }).pipe(Effect.provide(layer))
    })

    it.effect(`an unknown cost is an unknown saving, and no zero: ${way}`, () => {
      const { generator } = counting(() => answer("hello", { model: "bob" }))
      const { layer, records } = world(generator, { cache: { ttl: "1 minute" } })
      return Effect.gen(function*() {
        assert.isUndefined((yield* ask({ ...asked, model: "bob" })).cost.picoUsd)
        const hit = yield* ask({ ...asked, model: "bob" })
        assert.deepStrictEqual([hit.cache, hit.cost.picoUsd, hit.saved.unknown], ["hit", 0, true])
        assert.isUndefined(records[1]?.saved)
      }).pipe(Effect.provide(layer))
    })

    it.effect(`a question without a key is asked each time: ${way}`, () => {
      const circle: Record<string, unknown> = {}
      circle["again"] = circle
      const { counted, generator } = counting()
      return Effect.gen(function*() {
        yield* ask({ ...asked, native: circle })
        assert.strictEqual((yield* ask({ ...asked, native: circle })).cache, "miss")
        assert.strictEqual(counted.asked, 2)
      }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
    })
  })
}

/** All that an answer can hold. */
const rich = answer("", {
  content: [
    Response.makePart("reasoning", { text: "Hm.", metadata: { acme: { signature: "c2lnbmVk" } } }),
    Response.makePart("text", { text: "Look: ", metadata: { acme: { id: "t1" } } }),
    Response.makePart("file", { mediaType: "image/png", data: Uint8Array.from({ length: 256 }, (_, n) => n) }),
    Response.makePart("tool-call", {
      id: "1",
      name: "look",
      params: { at: [1, { x: null }] },
      providerExecuted: false
    }),
    {
      "~effect/ai/Response/Part": "~effect/ai/Response/Part",
      type: "source",
      sourceType: "url",
      id: "s1",
      url: new URL("https://acme.test/?q=ü"),
      title: "Acme",
      metadata: {}
    },
    Response.makePart("text", { text: "\ud800 there." })
  ],
  finishReason: "tool-calls",
  requestId: "req_1",
  native: { id: "reply", nested: [{ a: 1 }] },
  warnings: ["dropped"]
})

it.effect("a miss that is asked once for many is written down as a key once", () =>
  Effect.gen(function*() {
    let written = 0
    const probe = { toJSON: () => ++written > 0 }
    const cache = yield* ResponseCache.make({ ttl: "1 hour" })
    const generator = counting().generator.pipe(Generator.coalesced, Generator.cached(cache))
    yield* generator.generate(yield* asking({ native: { n: 1, probe } }))
    yield* fold(generator, yield* asking({ native: { n: 2, probe } }))
    assert.strictEqual(written, 2)
  }))

describe("calls and streams", () => {
  const whole = (
    { content, finishReason, images, native, requestId, text, usage, warnings }: Generation.Generation
  ) => ({
    content,
    finishReason,
    images,
    native,
    requestId,
    text,
    usage,
    warnings
  })

  for (const [first, buy] of ways) {
    for (const [second, get] of ways) {
      it.effect(`what a ${first} bought is found by a ${second}, whole`, () => {
        const { counted, generator } = counting(() => rich)
        return Effect.gen(function*() {
          assert.deepStrictEqual(whole(yield* buy(asked)), whole(rich))
          const hit = yield* get(asked)
          assert.strictEqual(hit.cache, "hit")
          assert.deepStrictEqual(whole(hit), whole(rich))
          assert.strictEqual(counted.asked, 1)
        }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
      })

      it.effect(`what a ${first} bought is found by a ${second} of another process, whole`, () =>
        Effect.gen(function*() {
          const { counted, generator } = counting(() => rich)
          const cache = { ttl: "1 minute", sqlite: { path: yield* tempPath } } as const
          const engine = () => Effect.provide(world(generator, { cache }).layer)
          assert.deepStrictEqual(whole(yield* engine()(buy(asked))), whole(rich))
          const hit = yield* engine()(get(asked))
          assert.strictEqual(hit.cache, "hit")
          assert.deepStrictEqual(whole(hit), whole(rich))
          assert.deepStrictEqual(hit.saved.responseCache, 3 * 1e6)
          assert.strictEqual(counted.asked, 1)
        }))
    }
  }

  it.effect("a hit is replayed as a stream, with starts, ends and a finish", () => {
    const { generator } = counting(() => answer("hello"))
    return Effect.gen(function*() {
      yield* Loom.generate(asked)
      const parts = yield* Stream.runCollect(Loom.stream(asked))
      assert.deepStrictEqual(parts.map(({ type }) => type), ["text-start", "text-delta", "text-end", "finish"])
      assert.include(parts.at(-1), { cache: "hit", finishReason: "stop" })
    }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
  })

  it.effect("a stream that isn't read to its end, or breaks, isn't kept", () => {
    let opened = 0
    const cut = failing(new GenerateError.Partial({ detail: "cut", text: "Once" }))
    const generator = streaming(() =>
      Effect.sync(() =>
        opened++ < 2
          ? Stream.concat(Stream.make(delta("Once ")), Stream.fail(cut))
          : Stream.fromIterable(Generation.toParts(answer("Once upon")))
      )
    )
    return Effect.gen(function*() {
      yield* Effect.flip(Stream.runDrain(Loom.stream(asked)))
      yield* Stream.runDrain(Stream.take(Loom.stream(asked), 1))
      const bought = yield* streamed(asked)
      assert.deepStrictEqual([bought.cache, bought.text], ["miss", "Once upon"])
      assert.strictEqual((yield* streamed(asked)).cache, "hit")
    }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
  })
})

describe("objects", () => {
  const Text = Schema.Struct({ n: Schema.String })
  const Count = Schema.Struct({ n: Schema.FiniteFromString })

  const engines = [["memory", Effect.succeed({})], [
    "SQLite",
    Effect.map(tempPath, (path) => ({ sqlite: { path }, capacity: 0 }))
  ]] as const

  for (const [tier, options] of engines) {
    it.effect(`are decoded by each caller's own schema: ${tier}`, () =>
      Effect.gen(function*() {
        const { counted, generator } = counting(() => `{"n":"7"}`)
        yield* Effect.gen(function*() {
          const text = yield* Loom.generateObject({ ...asked, schema: Text })
          assert.deepStrictEqual(text.object, { n: "7" })
          const count = yield* Loom.generateObject({ ...asked, schema: Count })
          assert.deepStrictEqual([count.object, count.cache], [{ n: 7 }, "hit"])
          const again = yield* Loom.generateObject({ ...asked, schema: Text })
          assert.deepStrictEqual([again.object, again.cache], [{ n: "7" }, "hit"])
          const { object } = yield* streamed({ ...asked, schema: Count } as never)
          assert.deepStrictEqual(object, { n: 7 })
          assert.strictEqual(counted.asked, 1)
        }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute", ...(yield* options) } }).layer))
      }))

    it.effect(`are bought anew where the kept one doesn't fit: ${tier}`, () =>
      Effect.gen(function*() {
        const { counted, generator } = counting((n) => n === 1 ? `{"n":"seven"}` : `{"n":"7"}`)
        yield* Effect.gen(function*() {
          yield* Loom.generateObject({ ...asked, schema: Text })
          const count = yield* Loom.generateObject({ ...asked, schema: Count })
          assert.deepStrictEqual([count.object, count.cache, counted.asked], [{ n: 7 }, "miss", 2])
          const again = yield* Loom.generateObject({ ...asked, schema: Count })
          assert.deepStrictEqual([again.object, again.cache, counted.asked], [{ n: 7 }, "hit", 2])
        }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute", ...(yield* options) } }).layer))
      }))
  }

  it.effect("of another schema are another question", () => {
    const { generator } = counting(() => `{"n":"7"}`)
    return Effect.gen(function*() {
      yield* Loom.generateObject({ ...asked, schema: Text })
      const other = Schema.Struct({ n: Schema.Literals(["7", "8"]) })
      assert.strictEqual((yield* Loom.generateObject({ ...asked, schema: other })).cache, "miss")
      assert.strictEqual((yield* Loom.generateObject({ ...asked, schema: Text, schemaName: "text" })).cache, "miss")
    }).pipe(Effect.provide(world(generator, { cache: { ttl: "1 minute" } }).layer))
  })
})

describe("layer", () => {
  it.effect("shares one cache between engines; an engine's own option goes before it", () => {
    const { counted, generator } = counting()
    const engine = (options?: Given) => Effect.provide(Layer.fresh(world(generator, options).layer))
    return Effect.gen(function*() {
      assert.strictEqual((yield* engine()(Loom.generate(asked))).cache, "miss")
      assert.strictEqual((yield* engine()(Loom.generate(asked))).cache, "hit")
      assert.strictEqual((yield* engine({ cache: { ttl: "1 minute" } })(Loom.generate(asked))).cache, "miss")
      assert.strictEqual((yield* engine()(Loom.generate(asked))).cache, "hit")
      assert.strictEqual(counted.asked, 2)
    }).pipe(Effect.provide(ResponseCache.layer({ ttl: "1 minute" })))
  })
})

/** A generator behind a cache, asked the same again and again. */
const behind = (
  options: ResponseCache.Options,
  reply?: Parameters<typeof counting>[0]
) =>
  Effect.gen(function*() {
    const cache = yield* ResponseCache.make({ ttl: "1 minute", ...options })
    const { counted, generator } = counting(reply)
    const cached = Generator.cached(generator, cache)
    const ask = (prompt = "Say hello.") =>
      Effect.flatMap(asking({ native: { prompt } }), (request) => cached.generate(request))
    return { cache, counted, cached, ask }
  })

describe("make", () => {
  it.effect("keeps nothing for no time", () =>
    Effect.gen(function*() {
      const cache = yield* ResponseCache.make({ ttl: 0 })
      assert.isUndefined(cache.ttl(yield* Call.make()))
      assert.isUndefined(cache.ttl(yield* Call.make({ cache: false })))
      assert.strictEqual(cache.ttl(yield* Call.make({ cache: { ttl: 5 } })), 5)
      assert.isUndefined((yield* ResponseCache.make()).ttl(yield* Call.make()))
    }))

  it.effect("forgets the answers that were used the longest ago", () =>
    Effect.gen(function*() {
      const { ask } = yield* behind({ capacity: 2 })
      yield* ask("a")
      yield* ask("b")
      assert.strictEqual((yield* ask("a")).cache, "hit")
      yield* ask("c")
      assert.strictEqual((yield* ask("a")).cache, "hit")
      assert.strictEqual((yield* ask("b")).cache, "miss")
    }))

  it.effect("keeps what is too large for memory in the store only", () =>
    Effect.gen(function*() {
      const text = (length: number) => [Response.makePart("text", { text: "x".repeat(length) })]
      const image = (length: number) => [
        Response.makePart("file", { mediaType: "image/png", data: new Uint8Array(length) })
      ]
      for (const content of [text, image]) {
        const reply = (n: number) => answer("", { content: content(n === 1 ? 1000 : 1001) })
        const alone = yield* behind({ maxEntryBytes: 1000 }, reply)
        yield* alone.ask("fits")
        yield* alone.ask("doesn't")
        assert.strictEqual((yield* alone.ask("fits")).cache, "hit")
        assert.strictEqual((yield* alone.ask("doesn't")).cache, "miss")
        assert.deepInclude(yield* alone.cache.stats, { tooLarge: 2 })
        const { counted, store } = storing()
        const stored = yield* behind({ maxEntryBytes: 1000, store }, () => answer("", { content: content(1001) }))
        yield* stored.ask()
        assert.strictEqual((yield* stored.ask()).cache, "hit")
        assert.strictEqual((yield* stored.ask()).cache, "hit")
        assert.strictEqual(counted.get, 3)
      }
    }))

  it.effect("reads the store once, and keeps what it found in memory for as long as was left", () =>
    Effect.gen(function*() {
      const { counted, store } = storing()
      yield* (yield* behind({ store })).ask()
      yield* TestClock.adjust("50 seconds")
      const { ask } = yield* behind({ store })
      assert.strictEqual((yield* ask()).cache, "hit")
      assert.strictEqual((yield* ask()).cache, "hit")
      assert.strictEqual(counted.get, 2)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* ask()).cache, "miss")
    }))

  it.effect("doesn't give the store what JSON can't say, and counts it", () =>
    Effect.gen(function*() {
      const circle: Record<string, unknown> = {}
      circle["again"] = circle
      const call = Response.makePart("tool-call", { id: "1", name: "a", params: circle, providerExecuted: false })
      for (const [reply, next] of [[{ native: { n: 1n } }, "hit"], [{ content: [call] }, "miss"]] as const) {
        const { counted, store } = storing()
        const { ask, cache } = yield* behind({ store }, () => answer("hello", reply))
        yield* ask()
        assert.strictEqual(counted.set, 0)
        assert.deepInclude(yield* cache.stats, { unwritable: 1 })
        assert.strictEqual((yield* ask()).cache, next)
      }
    }))

  it.effect("forgets all when it is told to", () =>
    Effect.gen(function*() {
      const { counted, entries, store } = storing()
      const { ask, cache } = yield* behind({ store })
      yield* ask()
      yield* cache.clear
      assert.deepStrictEqual([entries.size, counted.clear], [0, 1])
      assert.strictEqual((yield* ask()).cache, "miss")
    }))

  it.effect("keeps nothing more once its scope is closed, and holds nobody up", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { store } = storing()
      const slow = { ...store, set: (...of: Parameters<typeof store.set>) => Effect.delay(store.set(...of), 1) }
      const { ask } = yield* Scope.provide(behind({ store: slow, capacity: 0 }), scope)
      yield* ask()
      yield* Scope.close(scope, Exit.void)
      yield* ask()
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* ask()).cache, "miss")
    }))
})

describe("the law: with the cache, answers are those without it", () => {
  const Question = Schema.Struct({
    prompt: Schema.Literals(["a", "b", "c", "fails"]),
    way: Schema.Literals(["generate", "open"]),
    cache: Schema.Union([Schema.Literals(["layer", "refresh", "own", "scope"]), Schema.Literal(false)]),
    wait: Schema.Literals([0, 30_000, 60_000])
  })
  const uses = {
    layer: undefined,
    refresh: { refresh: true },
    own: { ttl: 10 },
    scope: { scope: "acme" }
  }

  it.effect.prop("for any script, tier and time", [
    Schema.Array(Question).check(Schema.isMaxLength(12)),
    Schema.Literals(["memory", "store", "broken", "none in memory"])
  ], ([questions, tier]) =>
    Effect.gen(function*() {
      const vendor = Generator.fake(({ native }) =>
        native["prompt"] === "fails" ? refused : answer(String(native["prompt"]))
      )
      const broken = () => storing({ get: () => Effect.fail("broken"), set: () => Effect.die("broken") }).store
      const cache = yield* ResponseCache.make({
        ttl: "1 minute",
        store: tier === "memory" ? undefined : tier === "broken" ? broken() : storing().store,
        capacity: tier === "none in memory" ? 0 : undefined
      })
      const cached = Generator.cached(vendor, cache)
      for (const { cache: use, prompt, wait, way } of questions) {
        yield* TestClock.adjust(wait)
        const call = yield* Call.make({ cache: use === false ? use : uses[use] })
        const request = { ...yield* asking({ native: { prompt } }), call }
        const ask = (generator: Generator.Generator) =>
          seen(way === "generate" ? generator.generate(request) : fold(generator, request))
        assert.deepStrictEqual(yield* ask(cached), yield* ask(vendor))
      }
      const { hits, misses } = yield* cache.stats
      const lookups = questions.filter(({ cache }) => cache !== false && cache !== "refresh")
      assert.strictEqual(hits + misses, lookups.length)
    }), { arbitrary: { runs: 100 } })
})

describe("F17 a store that doesn't do its work", () => {
  const kinds: ReadonlyArray<readonly [string, () => Effect.Effect<never, unknown>]> = [
    ["fails", () => Effect.fail("no")],
    ["dies", () => Effect.die("bug")],
    ["throws", () => {
      throw new Error("bug")
    }],
    ["is interrupted", () => Effect.interrupt]
  ]
  for (const [kind, does] of kinds) {
    it.effect(`${kind}: a call is answered, and it is counted`, () =>
      Effect.gen(function*() {
        // Not wrapped, so that one throws when it is called.
        const { ask, cache } = yield* behind({ store: { get: does, set: does, clear: Effect.suspend(does) } })
        assert.strictEqual((yield* ask()).text, "answer 1")
        assert.strictEqual((yield* ask()).cache, "hit")
        yield* cache.clear
        assert.deepInclude(yield* cache.stats, { hits: 1, misses: 1, kept: 1, failed: 3, skipped: 0 })
      }))
  }

  it.effect.each(
    [
      ["hangs", Effect.never],
      ["hangs and can't be interrupted", Effect.uninterruptible(Effect.never)]
    ] as const
  )("%s: a call waits for 50 ms, and for no write", ([, hangs]) =>
    Effect.gen(function*() {
      const { ask, cache } = yield* behind({ store: storing({ get: () => hangs, set: () => hangs }).store })
      const fiber = yield* Effect.forkChild(ask(), { startImmediately: true })
      yield* TestClock.adjust("49 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(fiber)).text, "answer 1")
      assert.deepInclude(yield* cache.stats, { failed: 1 })
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* cache.stats, { failed: 2 })
    }))

  it.effect("is told when nobody waits for it any more", () =>
    Effect.gen(function*() {
      let left = 0
      const hangs = Effect.onInterrupt(Effect.never, () => Effect.sync(() => left++))
      const { ask } = yield* behind({ store: storing({ get: () => hangs, set: () => hangs }).store })
      yield* Effect.forkChild(ask(), { startImmediately: true })
      yield* TestClock.adjust("50 millis")
      assert.strictEqual(left, 1)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(left, 2)
    }))

  it.effect("a write that takes its time is no failure", () =>
    Effect.gen(function*() {
      const { entries, store } = storing()
      const slow = {
        ...store,
        set: (...of: Parameters<typeof store.set>) => Effect.delay(store.set(...of), "1 second")
      }
      const { ask, cache } = yield* behind({ store: slow })
      for (const prompt of ["a", "b", "c"]) yield* ask(prompt)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(entries.size, 3)
      assert.deepInclude(yield* cache.stats, { failed: 0, skipped: 0 })
    }))

  it.effect("corrupt bytes and another version are misses, and counted", () =>
    Effect.gen(function*() {
      const { entries, store } = storing()
      const { ask, cache } = yield* behind({ store, capacity: 0 })
      yield* ask()
      const [[key, entry] = assert.fail("nothing is kept")] = [...entries]
      assert.strictEqual((yield* ask()).cache, "hit")
      const json = Buffer.from(entry.value).toString()
      const values = [
        "",
        "{",
        json.slice(0, -10),
        json.replace(`"version":2`, `"version":1`),
        json.replace(`"cost":{`, `"price":{`),
        json.replace(`"type":"text"`, `"type":"source","url":"nowhere"`)
      ]
      for (const value of values) {
        entries.set(key, { ...entry, value: Buffer.from(value) })
        assert.strictEqual((yield* ask()).cache, "miss")
        assert.strictEqual((yield* ask()).cache, "hit")
      }
      assert.deepInclude(yield* cache.stats, { unreadable: values.length, failed: 0 })
    }))

  it.effect("three failures in a row: left alone for ten seconds, and tried again then", () =>
    Effect.gen(function*() {
      let works = false
      const { counted, store } = storing({
        get: () => works ? Effect.undefined : Effect.fail("no"),
        set: () => works ? Effect.void : Effect.fail("no")
      })
      const { ask, cache } = yield* behind({ store, capacity: 0 })
      yield* ask("a")
      assert.deepStrictEqual([counted.get, counted.set], [1, 1])
      yield* ask("b")
      assert.deepStrictEqual([counted.get, counted.set], [2, 1])
      assert.deepInclude(yield* cache.stats, { failed: 3, skipped: 1 })
      yield* TestClock.adjust("9999 millis")
      yield* ask("c")
      assert.deepStrictEqual([counted.get, counted.set], [2, 1])
      assert.deepInclude(yield* cache.stats, { failed: 3, skipped: 3 })
      // One more failure is enough.
      yield* TestClock.adjust("1 millis")
      yield* ask("d")
      assert.deepStrictEqual([counted.get, counted.set], [3, 1])
      works = true
      yield* TestClock.adjust("10 seconds")
      yield* ask("e")
      yield* ask("f")
      assert.deepStrictEqual([counted.get, counted.set], [5, 3])
      works = false
      yield* ask("g")
      works = true
      yield* ask("h")
      assert.deepStrictEqual([counted.get, counted.set], [7, 5])
      assert.deepInclude(yield* cache.stats, { misses: 8, hits: 0, kept: 8 })
    }))

  it.effect("callers who leave are no failures of the store", () =>
    Effect.gen(function*() {
      const { counted, store } = storing({ get: () => Effect.never })
      const { ask, cache } = yield* behind({ store })
      for (let n = 0; n < 5; n++) {
        const fiber = yield* Effect.forkChild(ask(), { startImmediately: true })
        yield* settle
        yield* Fiber.interrupt(fiber)
      }
      assert.deepInclude(yield* cache.stats, { failed: 0, skipped: 0 })
      assert.strictEqual(counted.get, 5)
    }))

  it.effect("no more than 256 writes wait: the rest are skipped and counted", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { counted, store } = storing({ set: () => Deferred.await(gate) })
      const { ask, cache } = yield* behind({ store })
      yield* Effect.forEach(Array.from({ length: 300 }, (_, n) => String(n)), ask)
      assert.strictEqual(counted.set, 256)
      assert.deepInclude(yield* cache.stats, { kept: 300, skipped: 44, failed: 0 })
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      yield* ask("one more")
      assert.strictEqual(counted.set, 257)
    }))

  it.effect.prop("lookups are hits and misses, and each question to the store is counted once", [
    Schema.Array(Schema.Struct({
      prompt: Schema.Literals(["a", "b", "c"]),
      get: Schema.Literals(["works", "fails", "dies", "corrupt"]),
      set: Schema.Literals(["works", "fails"]),
      wait: Schema.Literals([0, 5000, 10_000, 60_000])
    })).check(Schema.isMaxLength(20))
  ], ([script]) =>
    Effect.gen(function*() {
      let now = script[0]
      const { counted, entries, store } = storing({
        get: (key) =>
          now?.get === "fails"
            ? Effect.fail("no")
            : now?.get === "dies"
            ? Effect.die("bug")
            : now?.get === "corrupt"
            ? Effect.succeed({ storedAt: 0, expiresAt: Infinity, value: Buffer.from("{") })
            : Effect.succeed(entries.get(key)),
        set: (key, entry) => now?.set === "fails" ? Effect.fail("no") : Effect.sync(() => entries.set(key, entry))
      })
      const { ask, cache, counted: bought } = yield* behind({ store, capacity: 1 })
      let hits = 0
      let memory = 0
      for (now of script) {
        yield* TestClock.adjust(now.wait)
        const before = { ...counted, skipped: (yield* cache.stats).skipped }
        const { cache: how } = yield* ask(now.prompt)
        if (how === "hit") {
          hits++
          if (counted.get === before.get) memory++
        }
      }
      const stats = yield* cache.stats
      assert.deepInclude(stats, { hits, misses: script.length - hits, kept: bought.asked, unwritable: 0, tooLarge: 0 })
      assert.strictEqual(hits + bought.asked, script.length)
      // Every lookup that memory didn't answer, and every answer that was kept, is one question, or one that was skipped.
      assert.strictEqual(counted.get + counted.set + stats.skipped, script.length - memory + bought.asked)
      assert.isAtMost(stats.failed + stats.unreadable, counted.get + counted.set)
    }), { arbitrary: { runs: 100 } })
})

describe("F21 the clock is set back and forth", () => {
  it.effect.prop("no answer is given that is older than its time, or comes from as far in the future", [
    Schema.Array(Schema.Literals([-3_600_000, -90_000, -60_000, -30_000, 0, 1, 30_000, 60_000, 90_000, 3_600_000]))
      .check(Schema.isMaxLength(20)),
    Schema.Literals(["memory", "store"])
  ], ([jumps, tier]) => {
    let now = 1_800_000_000_000
    const nanos = () => BigInt(now) * 1_000_000n
    const clock: Clock.Clock = {
      currentTimeMillisUnsafe: () => now,
      currentTimeMillis: Effect.sync(() => now),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => 0n,
      monotonicTimeNanos: Effect.succeed(0n),
      sleep: () => Effect.never
    }
    return Effect.gen(function*() {
      const { ask, counted } = yield* behind(
        tier === "memory" ? {} : { store: storing().store, capacity: 0 },
        () => answer(String(now))
      )
      for (const jump of jumps) {
        now += jump
        const before = counted.asked
        const { cache, text } = yield* ask()
        assert.isBelow(Math.abs(now - Number(text)), 60_000)
        assert.strictEqual(cache === "hit", counted.asked === before)
      }
      // A clock that stands still again keeps as ever.
      yield* ask()
      assert.strictEqual((yield* ask()).cache, "hit")
    }).pipe(Effect.provideService(Clock.Clock, clock))
  }, { arbitrary: { runs: 100 } })

  it.effect("what was stored by a clock ahead ends in SQLite too", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      yield* TestClock.setTime(Date.UTC(2036, 0))
      yield* Effect.scoped(Effect.flatMap(behind({ sqlite: { path } }), ({ ask }) => ask()))
      yield* TestClock.setTime(Date.UTC(2026, 0))
      yield* Effect.scoped(Effect.flatMap(behind({ sqlite: { path } }), ({ ask }) =>
        Effect.map(ask(), ({ cache }) =>
          assert.strictEqual(cache, "miss"))))
      yield* Effect.scoped(Effect.flatMap(behind({ sqlite: { path } }), ({ ask }) =>
        Effect.map(ask(), ({ cache }) =>
          assert.strictEqual(cache, "hit"))))
    }))
})

describe("what is kept", () => {
  it.effect("holds nothing of who asked: no attempts, no tags, no prompt", () =>
    Effect.gen(function*() {
      const { entries, store } = storing()
      const { generator } = counting(() => answer("hello"))
      yield* Effect.provide(
        Loom.generate({ ...asked, prompt: "sesame", tags: { tenant: "mellon" }, tools: [Tool.make("sesame")] }),
        world(generator, { cache: { ttl: "1 minute", store } }).layer
      )
      const [entry] = entries.values()
      const text = Buffer.from(entry!.value).toString()
      assert.notMatch(text, /sesame|mellon/)
      assert.include(text, `"attempts":[]`)
      assert.strictEqual(Codec.decode(entry!.value)?.generation.text, "hello")
      assert.match([...entries.keys()].join(), /^[0-9a-f]{64}$/)
    }))
})
