import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer, Option, Schema, SchemaTransformation, Stream } from "effect"
import { AiError, Chat, LanguageModel, Model, Prompt, Response, ResponseIdTracker, Tool, Toolkit } from "effect/ai"
import {
  CallKey,
  type CallRecord,
  Catalog,
  GenerateError,
  Generation,
  Generator,
  Loom,
  type Request,
  RetryPolicy,
  Router,
  Usage
} from "loom-router"
import * as EffectAi from "loom-router/effect-ai"
import { answer, delta, failing, overloaded, streaming } from "./scripted.ts"

/** Two models at a price, and one at none. */
const catalog = Catalog.empty.pipe(
  Catalog.registerModel({
    provider: "acme",
    model: "ada",
    inputCostPer1M: 1,
    cachedReadCostPer1M: 0.5,
    outputCostPer1M: 2
  }),
  Catalog.registerModel({
    provider: "acme",
    model: "bob",
    inputCostPer1M: 1,
    cachedReadCostPer1M: 0.5,
    outputCostPer1M: 2
  }),
  Catalog.registerModel({ provider: "acme", model: "eve" })
)

/** An engine whose only vendor answers from a function, and what it was asked and recorded. */
const engine = (
  reply: (request: Request.Request) => string | Generation.Generation | GenerateError.GenerateError,
  options?: Partial<Loom.Options>
) => {
  const requests: Array<Request.Request> = []
  const records: Array<CallRecord.CallRecord> = []
  const vendor = Generator.fake((request) => {
    requests.push(request)
    return reply(request)
  })
  const layer = Loom.layerTest({ acme: vendor }, {
    catalog,
    retry: RetryPolicy.none,
    health: false,
    onCall: (record) => records.push(record),
    ...options
  })
  return { layer, records, requests }
}

const ada = EffectAi.layer({ model: "acme/ada" })

const stock = Tool.make("look_up_stock", {
  parameters: Schema.Struct({ yarn: Schema.String }),
  success: Schema.Struct({ metres: Schema.Finite })
})
const price = Tool.make("look_up_price", { parameters: Schema.Struct({ yarn: Schema.String }), success: Schema.String })
const Shop = Toolkit.make(stock, price)
const shop = Shop.toLayer({
  look_up_stock: () => Effect.succeed({ metres: 1200 }),
  look_up_price: ({ yarn }) => Effect.succeed(`${yarn}: $0.04`)
})

const call = (id: string, name: string, params: unknown = { yarn: "wool" }) =>
  Response.makePart("tool-call", { id, name, params, providerExecuted: false })
const ownCall = (id: string, query: unknown) =>
  Response.makePart("tool-call", {
    id,
    name: "web_search",
    params: { query },
    providerExecuted: true,
    metadata: { acme: { block: { query: String(query) } } }
  })
const ownResult = (id: string, result: unknown) =>
  Response.toolResultPart({
    id,
    name: "web_search",
    isFailure: false,
    result,
    encodedResult: result,
    providerExecuted: true,
    preliminary: false,
    metadata: { acme: { block: [id] } }
  })
const page = (id: string): Response.UrlSourcePart => ({
  ...part,
  type: "source",
  sourceType: "url",
  id,
  url: new URL("https://example.com/wool"),
  title: "Wool",
  metadata: { loom: { start: 0, end: 4 } }
})
const paper = (id: string): Response.DocumentSourcePart => ({
  ...part,
  type: "source",
  sourceType: "document",
  id,
  mediaType: "application/pdf",
  title: "Felt",
  fileName: "felt.pdf",
  metadata: {}
})
const part = { "~effect/ai/Response/Part": "~effect/ai/Response/Part" } as const

/** Random content, whose pieces have ids of their own. */
const Piece = Schema.Union([
  Schema.Struct({
    kind: Schema.Literals(["text", "reasoning"]),
    text: Schema.String,
    seal: Schema.optionalKey(Schema.String)
  }),
  Schema.Struct({ kind: Schema.Literals(["own", "call", "page", "paper", "file"]), word: Schema.String })
])

const contentOf = (pieces: ReadonlyArray<typeof Piece.Type>, mark: string): ReadonlyArray<Generation.Content> =>
  pieces.flatMap((piece, index): ReadonlyArray<Generation.Content> => {
    const id = `${mark}-${index}`
    switch (piece.kind) {
      case "text":
      case "reasoning":
        return [Response.makePart(piece.kind, {
          text: piece.text,
          ...piece.seal === undefined ? {} : { metadata: { acme: { seal: piece.seal } } }
        })]
      case "own":
        return [ownCall(id, piece.word), ownResult(id, [{ title: piece.word }])]
      case "call":
        return [call(id, "look_up_price", { yarn: piece.word })]
      case "page":
        return [page(id)]
      case "paper":
        return [paper(id)]
      case "file":
        return [Response.makePart("file", { mediaType: "image/png", data: new TextEncoder().encode(piece.word) })]
    }
  })

const usage = Usage.make({
  inputUncached: 70,
  cacheRead: 20,
  outputText: 30,
  outputReasoning: 12
})

const partsOf = (content: ReadonlyArray<Response.AnyPart>) => Prompt.fromResponseParts(content).content

const finishOf = (content: ReadonlyArray<Response.AnyPart>) => {
  const finish = content.find((part) => part.type === "finish")
  assert.isDefined(finish)
  return finish
}

describe("a call through effect/ai", () => {
  it.effect("is one call of Loom, with the request and the cost of a direct one", () =>
    Effect.gen(function*() {
      const { layer, records, requests } = engine(() => answer("There is."))
      const prompt = [{ role: "system", content: "You weave." }, { role: "user", content: "Is there wool?" }] as const
      const tools = [price, stock]
      yield* Effect.gen(function*() {
        yield* Loom.generate({ model: "acme/ada", prompt, tools, temperature: 0.5, tags: { tenant: "a" } })
        yield* LanguageModel.generateText({ prompt, toolkit: Shop }).pipe(
          Effect.provide(EffectAi.layer({ model: "acme/ada", temperature: 0.5, tags: { tenant: "a" } }))
        )
      }).pipe(Effect.provide([layer, shop]))
      assert.deepStrictEqual(CallKey.differences(requests[0]!, requests[1]!), [])
      assert.deepStrictEqual(requests[1]!.toolChoice, undefined)
      assert.lengthOf(records, 2)
      const [direct, bridged] = records.map(({ attempts, model, operation, outcome, provider, tags, usage }) => ({
        attempts: attempts.map(({ cost }) => cost?.picoUsd),
        model,
        operation,
        outcome,
        provider,
        tags,
        usage
      }))
      assert.deepStrictEqual(bridged, direct)
      assert.deepStrictEqual(direct!.attempts, [21_000_000])
    }))

  it.effect("tells what it used, what it cost, and who answered", () =>
    Effect.gen(function*() {
      const { layer } = engine(() => answer("There is.", { usage, requestId: "req_1" }))
      const { content, finishReason, usage: told } = yield* LanguageModel.generateText({ prompt: "Wool?" }).pipe(
        Effect.provide([ada, layer])
      )
      assert.deepStrictEqual({ ...told.inputTokens }, { total: 90, uncached: 70, cacheRead: 20, cacheWrite: 0 })
      assert.deepStrictEqual({ ...told.outputTokens }, { total: 42, text: 30, reasoning: 12 })
      assert.strictEqual(finishReason, "stop")
      assert.deepInclude(content.find((part) => part.type === "response-metadata"), { id: "req_1", modelId: "ada" })
      const summary = EffectAi.summary(content)
      assert.deepInclude(summary, { provider: "acme", model: "ada", cache: "miss", requestId: "req_1", region: null })
      assert.deepInclude(summary?.cost, { status: "measured", picoUsd: 164_000_000, usd: 0.000164 })
      assert.deepStrictEqual(
        summary?.attempts.map(({ billed, cost, outcome }) => ({ billed, cost, outcome })),
        [{ billed: "yes", cost: summary?.cost ?? null, outcome: "ok" }]
      )
    }))

  it.effect("costs null where nobody knows", () =>
    Effect.gen(function*() {
      const written = Usage.make({ inputUncached: 70, imageCacheRead: 5, cacheWrite: { "5m": 6, "1h": 4 } })
      const { layer } = engine(() => answer("There is.", { model: "eve", usage: written }))
      const { content, usage: told } = yield* LanguageModel.generateText({ prompt: "Wool?" }).pipe(
        Effect.provide([EffectAi.layer({ model: "acme/eve" }), layer])
      )
      assert.deepInclude(EffectAi.summary(content)?.cost, { status: "unknown", picoUsd: null, usd: null })
      assert.deepStrictEqual(EffectAi.summary(content)?.usage.cacheWrite, { "5m": 6, "1h": 4 })
      assert.deepStrictEqual({ ...told.inputTokens }, { total: 85, uncached: 70, cacheRead: 5, cacheWrite: 10 })
    }))

  it.effect.prop("streams what it answers in one piece", [Schema.Array(Piece)], ([pieces]) =>
    Effect.gen(function*() {
      const { layer } = engine(() => answer("", { content: contentOf(pieces, "a"), usage, requestId: "req_1" }))
      const asked = { prompt: "Wool?", toolkit: Shop, disableToolCallResolution: true } as const
      yield* Effect.gen(function*() {
        const { content } = yield* LanguageModel.generateText(asked)
        const parts = yield* Stream.runCollect(LanguageModel.streamText(asked))
        assert.deepStrictEqual(partsOf(parts), partsOf(content))
        const isSource = (part: Response.AnyPart) => part.type === "source" || part.type === "response-metadata"
        assert.deepStrictEqual(parts.filter(isSource), content.filter(isSource))
        const [streamed, called] = [finishOf(parts), finishOf(content)]
        assert.deepStrictEqual([streamed.reason, streamed.usage], [called.reason, called.usage])
        assert.deepStrictEqual(EffectAi.summary([streamed])?.cost, EffectAi.summary([called])?.cost)
        assert.isObject(streamed.metadata["loom"])
        assert.strictEqual(parts.at(-1)?.type, "finish")
      }).pipe(Effect.provide([ada, layer, shop]))
    }), { arbitrary: { runs: 12 } })

  it.effect.prop(
    "leads a conversation by the requests of a direct one",
    [Schema.NonEmptyArray(Schema.Struct({
      prompt: Schema.NonEmptyString,
      pieces: Schema.Array(Piece),
      isStream: Schema.Boolean
    }))],
    ([turns]) =>
      Effect.gen(function*() {
        const contents = turns.map(({ pieces }, turn) => contentOf(pieces, String(turn)))
        const replies = () => {
          let turn = 0
          return engine(() => answer("", { content: contents[turn++]!, usage }))
        }
        const direct = replies()
        const bridged = replies()

        let history = Prompt.make("You weave.")
        yield* Effect.forEach(turns, ({ isStream, prompt }) => {
          history = Prompt.concat(history, Prompt.make(prompt))
          const options = { model: "acme/ada", prompt: history, tools: [stock, price] } as const
          const answered = isStream
            ? Effect.map(Stream.runCollect(Loom.stream(options)), (parts) => Generation.fromParts(parts)!)
            : Loom.generate(options)
          return Effect.map(answered, ({ content }) => {
            const results = content.flatMap((part) =>
              part.type === "tool-call" && !part.providerExecuted
                ? [Response.toolResultPart({
                  id: part.id,
                  name: part.name,
                  isFailure: false,
                  result: `${(part.params as { readonly yarn: string }).yarn}: $0.04`,
                  encodedResult: `${(part.params as { readonly yarn: string }).yarn}: $0.04`,
                  providerExecuted: false,
                  preliminary: false
                })]
                : []
            )
            history = Prompt.concat(history, Prompt.fromResponseParts([...content, ...results]))
          })
        }).pipe(Effect.provide(direct.layer))

        yield* Effect.gen(function*() {
          let chat = yield* Chat.fromPrompt("You weave.")
          for (const { isStream, prompt } of turns) {
            const asked = { prompt, toolkit: Shop }
            yield* isStream ? Stream.runDrain(chat.streamText(asked)) : chat.generateText(asked)
            // It may be kept meanwhile.
            chat = yield* Effect.flatMap(chat.exportJson, Chat.fromJson)
          }
        }).pipe(Effect.provide([ada, bridged.layer, shop]))

        assert.lengthOf(bridged.requests, direct.requests.length)
        direct.requests.forEach((request, turn) => {
          assert.deepStrictEqual(CallKey.differences(request, bridged.requests[turn]!), [])
        })
        assert.lengthOf(bridged.records, direct.records.length)
      }),
    { arbitrary: { runs: 12 } }
  )

  it.effect("streams an image when it is there", () =>
    Effect.gen(function*() {
      const heard = { provider: "acme", model: "ada" }
      const data = new Uint8Array([1, 2])
      const vendor = streaming(() =>
        Effect.succeed(Stream.make<Array<Generation.Part>>(
          { type: "progress", ...heard, status: "queued", fraction: undefined, queuePosition: 2 },
          { type: "partial-image", ...heard, index: 0, mediaType: "image/png", data: new Uint8Array([1]) },
          Response.makePart("file", { mediaType: "image/png", data }),
          Generation.finish(answer("", { usage }))
        ))
      )
      const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "A loom." })).pipe(
        Effect.provide([ada, Loom.layerTest({ acme: vendor }, { catalog })])
      )
      assert.deepStrictEqual(parts.map(({ type }) => type), ["file", "response-metadata", "finish"])
      assert.deepInclude(parts[0], { mediaType: "image/png", data })
    }))

  it.effect("lets a vendor's own tool be one of the toolkit, by the name that it has there", () =>
    Effect.gen(function*() {
      const search = Tool.providerDefined({
        id: "acme.web_search",
        customName: "Search",
        providerName: "web_search",
        parameters: Schema.Struct({ query: Schema.String }),
        success: Schema.Array(Schema.Struct({ title: Schema.String }))
      })()
      const content = [ownCall("1", "wool"), ownResult("1", [{ title: "Wool" }]), ownCall("2", 7), ownResult("2", "?")]
      const { layer, requests } = engine(() => answer("", { content, usage }))
      const toolkit = Toolkit.make(search)
      yield* Effect.gen(function*() {
        const chat = yield* Chat.empty
        const { content } = yield* chat.generateText({ prompt: "Search.", toolkit })
        assert.deepStrictEqual(
          content.flatMap((part) => part.type === "tool-call" || part.type === "tool-result" ? [part.name] : []),
          ["Search", "Search"]
        )
        yield* chat.generateText({ prompt: "Go on.", toolkit })
      }).pipe(Effect.provide([ada, layer]))
      // What fits no schema goes back to the vendor all the same, and all of it by the vendor's own name.
      assert.deepStrictEqual(requests[1]!.prompt.content.slice(1, 2), partsOf(content))
    }))

  it.effect("fails where the model calls a tool that it wasn't offered, unless that is the caller's to look at", () =>
    Effect.gen(function*() {
      const { layer, records } = engine(() => answer("", { content: [call("1", "weave")], usage }))
      const asked = { prompt: "Weave.", toolkit: Shop } as const
      yield* Effect.gen(function*() {
        const called = yield* Effect.flip(LanguageModel.generateText(asked))
        const streamed = yield* Effect.flip(Stream.runDrain(LanguageModel.streamText(asked)))
        for (const { reason } of [called, streamed]) {
          assert.deepInclude(reason, { _tag: "ToolNotFoundError", toolName: "weave" })
        }
        const { toolCalls } = yield* LanguageModel.generateText({
          ...asked,
          disableToolCallResolution: true,
          toolCallValidation: "deferred"
        })
        assert.deepStrictEqual(toolCalls.map(({ name }): string => name), ["weave"])
      }).pipe(Effect.provide([ada, layer, shop]))
      assert.deepStrictEqual(records.map(({ outcome }) => outcome), ["ok", "ok", "ok"])
    }))

  it.effect("says which tools may be called", () =>
    Effect.gen(function*() {
      const { layer, requests } = engine(() => "Hm.")
      yield* Effect.forEach(
        [
          "auto",
          "none",
          "required",
          { tool: "look_up_price" },
          { oneOf: ["look_up_price"] },
          { mode: "required", oneOf: ["look_up_stock"] }
        ] as const,
        (toolChoice) => LanguageModel.generateText({ prompt: "Hm?", toolkit: Shop, toolChoice })
      ).pipe(Effect.provide([ada, layer, shop]))
      assert.deepStrictEqual(
        requests.map(({ toolChoice, tools }) => [toolChoice, tools.map(({ name }) => String(name))]),
        [
          [undefined, ["look_up_price", "look_up_stock"]],
          ["none", ["look_up_price", "look_up_stock"]],
          ["required", ["look_up_price", "look_up_stock"]],
          [{ tool: "look_up_price" }, ["look_up_price", "look_up_stock"]],
          [undefined, ["look_up_price"]],
          ["required", ["look_up_stock"]]
        ]
      )
    }))

  it.effect("isn't made again where effect/ai thinks that only its end was sent", () =>
    Effect.gen(function*() {
      const refused = failing(new GenerateError.InvalidRequest({ detail: "no", field: "prompt" }))
      const { layer, records, requests } = engine(({ prompt }) =>
        prompt.content.length > 1 ? refused : answer("Hm.", { requestId: "req_1" })
      )
      yield* Effect.gen(function*() {
        const chat = yield* Chat.empty
        yield* chat.generateText({ prompt: "One." })
        assert.strictEqual(
          (yield* Effect.flip(chat.generateText({ prompt: "Two." }))).reason._tag,
          "InvalidRequestError"
        )
        const streamed = yield* Effect.flip(Stream.runDrain(chat.streamText({ prompt: "Three." })))
        assert.strictEqual(streamed.reason._tag, "InvalidRequestError")
      }).pipe(
        Effect.provide([ada, layer]),
        Effect.provideServiceEffect(ResponseIdTracker.ResponseIdTracker, ResponseIdTracker.make)
      )
      assert.deepStrictEqual(requests.map(({ prompt }) => prompt.content.length), [1, 3, 3])
      assert.lengthOf(records, 3)
    }))
})

describe("an object", () => {
  class Looms extends Context.Service<Looms, ReadonlyMap<string, number>>()("Looms") {}

  const Width = Schema.String.pipe(
    Schema.decodeTo(
      Schema.Finite,
      SchemaTransformation.transformEffect({
        decode: (name) => Effect.map(Looms, (looms) => looms.get(name) ?? 0),
        encode: () => Effect.succeed("")
      })
    )
  )

  it.effect("is decoded by effect/ai, with the services that its schema needs", () =>
    Effect.gen(function*() {
      const { layer, requests } = engine(() => `{"width":"jacquard","since":"1804-01-01T00:00:00.000Z"}`)
      const schema = Schema.Struct({ width: Width, since: Schema.Date })
      const { value } = yield* LanguageModel.generateObject({ prompt: "A loom.", schema, objectName: "a loom!" }).pipe(
        Effect.provide([ada, layer]),
        Effect.provideService(Looms, new Map([["jacquard", 1.5]]))
      )
      assert.deepStrictEqual(value, { width: 1.5, since: new Date("1804-01-01") })
      assert.strictEqual(requests[0]!.object?.name, "a_loom_")
    }))

  it.effect("is asked for by the schema of a direct call", () =>
    Effect.gen(function*() {
      const { layer, requests } = engine(() => `{"name":"Ada","size":3}`)
      const schema = Schema.Struct({ name: Schema.NonEmptyString, size: Schema.Int.check(Schema.isGreaterThan(2)) })
      yield* Loom.generateObject({ model: "acme/ada", prompt: "A loom.", schema, schemaName: "loom" }).pipe(
        Effect.provide(layer)
      )
      yield* Effect.forEach(
        [1, 2],
        () => LanguageModel.generateObject({ prompt: "A loom.", schema, objectName: "loom" })
      ).pipe(
        Effect.provide([ada, layer])
      )
      assert.deepStrictEqual(CallKey.differences(requests[0]!, requests[1]!), [])
      assert.strictEqual(requests[1]!.object?.schema, requests[2]!.object?.schema)
    }))

  it.effect("that doesn't fit leads a route on to the next candidate", () =>
    Effect.gen(function*() {
      const { layer, records } = engine(({ model }) => model.id === "ada" ? `{"at":"soon"}` : `{"at":"5"}`)
      const route = Router.make({ candidates: ["acme/ada", "acme/bob"] })
      const { content, value } = yield* LanguageModel.generateObject({
        prompt: "When?",
        schema: Schema.Struct({ at: Schema.FiniteFromString.check(Schema.isFinite()) })
      }).pipe(Effect.provide([EffectAi.layer({ route }), layer]))
      assert.deepStrictEqual(value, { at: 5 })
      assert.strictEqual(EffectAi.summary(content)?.router?.used, "acme/bob")
      assert.deepStrictEqual(records[0]!.attempts.map(({ outcome }) => outcome), ["InvalidResponse", "ok"])
    }))

  it.effect("is the text of its answer, whatever of it the vendor wrote where", () =>
    Effect.gen(function*() {
      const content = [
        Response.makePart("text", { text: "[[\"wool\"", metadata: { acme: { seal: "a" } } }),
        Response.makePart("reasoning", { text: "Hm." }),
        Response.makePart("text", { text: ",1]]" }),
        Response.makePart("text", { text: "", metadata: { acme: { seal: "b" } } })
      ]
      const { layer } = engine(() => answer("", { content, object: { metres: { wool: 1 } } }))
      const schema = Schema.Struct({ metres: Schema.Record(Schema.String, Schema.Finite) })
      const { content: parts, value } = yield* LanguageModel.generateObject({ prompt: "How much?", schema }).pipe(
        Effect.provide([ada, layer])
      )
      assert.deepStrictEqual(value, { metres: { wool: 1 } })
      assert.deepStrictEqual(
        parts.flatMap((part) => part.type === "text" || part.type === "reasoning" ? [[part.text, part.metadata]] : []),
        [[`{"metres":{"wool":1}}`, { acme: { seal: "a" } }], ["Hm.", {}], ["", { acme: { seal: "b" } }]]
      )
    }))
})

describe("options", () => {
  const asked = (request: Request.Request) => [request.model.id, request.params]

  it.effect("hold for all calls, and others for some of them", () =>
    Effect.gen(function*() {
      const route = Router.make({ candidates: ["acme/eve"] })
      const { layer, records, requests } = engine(() => "Hm.", { routes: { slow: route } })
      const ask = LanguageModel.generateText({ prompt: "Hm?" })
      yield* Effect.gen(function*() {
        yield* ask
        yield* EffectAi.withConfigOverride(ask, { temperature: 1, seed: undefined, tags: { b: "2" } })
        yield* ask.pipe(
          EffectAi.withConfigOverride({ topP: 0.5 }),
          EffectAi.withConfigOverride({ model: "acme/bob", temperature: 1 })
        )
        yield* EffectAi.withConfigOverride(ask, { provider: "acme", model: "bob" })
        yield* EffectAi.withConfigOverride(ask, { route: "slow" })
        yield* EffectAi.withConfigOverride(ask, { route })
        yield* LanguageModel.streamText({ prompt: "Hm?" }).pipe(
          Stream.provideService(EffectAi.CurrentConfig, { model: "acme/bob" }),
          Stream.runDrain
        )
      }).pipe(Effect.provide([
        EffectAi.layer({
          provider: "acme",
          model: "ada",
          temperature: 0,
          seed: 7,
          native: { colour: "red" },
          tags: { a: "1" }
        }),
        layer
      ]))
      const base = { temperature: 0, seed: 7 }
      assert.deepStrictEqual(requests.map(asked), [
        ["ada", base],
        ["ada", { ...base, temperature: 1 }],
        ["bob", { ...base, temperature: 1, topP: 0.5 }],
        ["bob", base],
        ["eve", base],
        ["eve", base],
        ["bob", base]
      ])
      assert.deepStrictEqual(requests.map(({ native }) => native), [
        { colour: "red" },
        { colour: "red" },
        {},
        {},
        {},
        {},
        {}
      ])
      assert.deepStrictEqual(records[1]!.tags, { a: "1", b: "2" })
      assert.strictEqual(records[4]!.route, "slow")
    }))

  it.effect("that are wrong are refused as Loom refuses them", () =>
    Effect.gen(function*() {
      const { layer, records } = engine(() => "Hm.")
      const ask = LanguageModel.generateText({ prompt: "Hm?" })
      const untyped = { model: "acme/ada", temperatur: 1 } as EffectAi.Options
      const errors = yield* Effect.all([
        Effect.flip(Effect.provide(ask, EffectAi.layer(untyped))),
        Effect.flip(Effect.provide(ask, EffectAi.layer({ provider: "acme", model: "alan" }))),
        Effect.flip(Effect.provide(ask, EffectAi.layer({ route: "nowhere" }))),
        Effect.flip(EffectAi.withConfigOverride(ask, { maxOutputTokens: 0 }).pipe(Effect.provide(ada)))
      ]).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        errors.map(({ reason }) => reason._tag === "InvalidRequestError" ? reason.parameter : reason._tag),
        ["temperatur", "model", "route", "maxOutputTokens"]
      )
      assert.deepStrictEqual(errors.map((error) => EffectAi.failure(error)?.reason._tag), [
        "InvalidRequest",
        "UnknownModel",
        "InvalidRequest",
        "InvalidRequest"
      ])
      assert.lengthOf(records, 4)
    }))

  it.effect("name the model to effect/ai programs", () =>
    Effect.gen(function*() {
      const names = Effect.all([Model.ProviderName, Model.ModelName])
      const router = Router.make({ candidates: ["acme/ada"] })
      assert.deepStrictEqual(
        yield* Effect.all([
          Effect.provide(names, EffectAi.model({ model: "acme/ada" })),
          Effect.provide(names, EffectAi.model({ provider: "acme", model: "ada" })),
          Effect.provide(names, EffectAi.model({ route: "cheap" })),
          Effect.provide(names, EffectAi.model({ route: router }))
        ]),
        [["loom", "acme/ada"], ["loom", "acme/ada"], ["loom", "cheap"], ["loom", "route"]]
      )
    }))
})

describe("which Loom is asked", () => {
  it.effect("is decided where the layer is built, else where a call is made", () =>
    Effect.gen(function*() {
      const near = engine(() => "near")
      const far = engine(() => "far")
      const text = Effect.map(LanguageModel.generateText({ prompt: "Who?" }), ({ text }) => text)
      const streamed = Effect.map(
        Stream.runCollect(LanguageModel.streamText({ prompt: "Who?" })),
        (parts) => parts.flatMap((part) => part.type === "text-delta" ? [part.delta] : []).join("")
      )
      const own = EffectAi.layer({ model: "acme/ada" })
      for (const who of [text, streamed]) {
        assert.strictEqual(yield* Effect.provide(who, Layer.provideMerge(own, near.layer)), "near")
        assert.strictEqual(yield* Effect.provide(who, Layer.merge(own, near.layer)), "near")
        const wired = Layer.provide(own, near.layer)
        assert.strictEqual(yield* Effect.provide(who, Layer.merge(wired, far.layer)), "near")
        assert.strictEqual(yield* Effect.provide(who, Layer.provideMerge(wired, far.layer)), "near")
      }
    }))
})

describe("an error", () => {
  const retryAfter = Duration.seconds(3)
  const cases: ReadonlyArray<readonly [reason: GenerateError.Reason, tag: string, status?: number]> = [
    [new GenerateError.Network({ detail: "reset", sent: "no" }), "NetworkError"],
    [new GenerateError.Network({ detail: "reset", sent: "maybe" }), "NetworkError"],
    [new GenerateError.Timeout({ phase: "connect" }), "NetworkError"],
    [new GenerateError.Timeout({ phase: "deadline" }), "NetworkError"],
    [new GenerateError.RateLimited({ detail: "slow down", retryAfter }), "RateLimitError", 429],
    [new GenerateError.RateLimited({ detail: "slow down", by: "limits" }), "RateLimitError"],
    [new GenerateError.Overloaded({ detail: "busy", maybeBilled: false, retryAfter }), "InternalProviderError", 503],
    [new GenerateError.Overloaded({ detail: "busy", maybeBilled: true }), "InternalProviderError", 502],
    [new GenerateError.CircuitOpen({ detail: "down", remaining: retryAfter }), "InternalProviderError"],
    [new GenerateError.QuotaExceeded({ detail: "empty" }), "QuotaExhaustedError", 402],
    [new GenerateError.BudgetExceeded({ limitUsd: 1, spentUsd: 1, reservedUsd: 0 }), "QuotaExhaustedError"],
    [new GenerateError.KeyMissing({ variable: "ACME_API_KEY" }), "AuthenticationError MissingKey"],
    [new GenerateError.KeyRefused({ detail: "who?" }), "AuthenticationError InvalidKey", 401],
    [new GenerateError.KeyRefused({ detail: "not you" }), "AuthenticationError InsufficientPermissions", 403],
    [new GenerateError.InvalidRequest({ detail: "no", field: "temperature" }), "InvalidRequestError temperature", 400],
    [new GenerateError.InvalidRequest({ detail: "no" }), "InvalidRequestError", 400],
    [new GenerateError.InvalidRequest({ detail: "no", field: "schema" }), "UnsupportedSchemaError"],
    [new GenerateError.ContentFiltered({ detail: "no" }), "ContentPolicyError", 400],
    [new GenerateError.InvalidResponse({ detail: "html" }), "InvalidResponseError", 200],
    [new GenerateError.Partial({ detail: "cut", text: "Once" }), "InvalidResponseError"],
    [new GenerateError.Rejected({ detail: "short" }), "InvalidResponseError"],
    [new GenerateError.Unsupported({ feature: "tools", detail: "no" }), "InvalidRequestError tools"],
    [new GenerateError.UnknownModel({ nearest: ["ada"] }), "InvalidRequestError model"]
  ]

  const wire = Schema.toCodecJson(AiError.AiError)
  const named = ({ reason }: AiError.AiError) =>
    [
      reason._tag,
      ...reason._tag === "AuthenticationError" ? [reason.kind] : [],
      ...reason._tag === "InvalidRequestError" && reason.parameter !== undefined ? [reason.parameter] : []
    ].join(" ")

  it.effect("is effect/ai's of that kind, worth another try where Loom's is", () =>
    Effect.forEach(cases, ([reason, tag, status]) =>
      Effect.gen(function*() {
        const thrown = failing(reason, { requestId: "req_1", ...status === undefined ? {} : { status } })
        const { layer, records } = engine(() => thrown)
        const asked = { prompt: "Hello." }
        const errors = yield* Effect.all([
          Effect.flip(LanguageModel.generateText(asked)),
          Effect.flip(Stream.runDrain(LanguageModel.streamText(asked))),
          Effect.flip(LanguageModel.generateObject({ ...asked, schema: Schema.Struct({ a: Schema.String }) }))
        ]).pipe(Effect.provide([ada, layer]))
        assert.lengthOf(records, 3)
        for (const error of errors) {
          const origin = EffectAi.failure(error)
          assert.strictEqual(origin?.reason, reason)
          assert.lengthOf(origin?.attempts ?? [], 1)
          assert.deepStrictEqual(
            [named(error), error.isRetryable, error.module],
            [tag, origin?.retryable, "Loom"]
          )
          const about = error.reason._tag === "RateLimitError" || error.reason._tag === "InternalProviderError"
            ? error.reason
            : undefined
          assert.deepStrictEqual(about?.http?.response?.status, about && status)
          if (error.reason._tag === "RateLimitError" && error.isRetryable) {
            assert.deepStrictEqual(error.retryAfter, retryAfter)
          }
          if ("metadata" in error.reason) {
            assert.deepInclude(error.reason.metadata["loom"], {
              provider: "acme",
              model: "ada",
              reason: reason._tag,
              requestId: "req_1",
              retryAfterMillis: origin?.retryAfter === undefined ? null : 3000
            })
          }
          if (!/Quota|RateLimit/.test(error.reason._tag)) assert.include(error.message, reason.why)
          // It can be sent to another process.
          const sent = Schema.decodeUnknownSync(wire)(JSON.parse(JSON.stringify(Schema.encodeSync(wire)(error))))
          assert.strictEqual(sent.reason._tag, error.reason._tag)
        }
        assert.deepStrictEqual(errors.map(({ method }) => method), ["generateText", "streamText", "generateObject"])
      }), { discard: true }))

  it.effect("of a stream that broke off comes behind what there was of it", () =>
    Effect.gen(function*() {
      const cut = failing(new GenerateError.Partial({ detail: "cut", text: "Once" }))
      const vendor = streaming(() => Effect.succeed(Stream.concat(Stream.make(delta("Once")), Stream.fail(cut))))
      const seen: Array<string> = []
      const error = yield* LanguageModel.streamText({ prompt: "Tell." }).pipe(
        Stream.runForEach((part) => Effect.sync(() => seen.push(part.type))),
        Effect.flip,
        Effect.provide([ada, Loom.layerTest({ acme: vendor }, { catalog })])
      )
      assert.deepStrictEqual(seen, ["text-delta"])
      assert.deepInclude(EffectAi.failure(error)?.reason, { _tag: "Partial", text: "Once" })
    }))

  it.effect("that Loom didn't make has none behind it", () =>
    Effect.sync(() => {
      const reason = new AiError.RateLimitError({})
      assert.isUndefined(EffectAi.failure(AiError.make({ module: "Chat", method: "export", reason })))
    }))
})

describe("generator", () => {
  type Options = LanguageModel.ProviderOptions
  const finish = (usage: Response.FinishPartEncoded["usage"] = { inputTokens: {}, outputTokens: {} }) =>
    ({ type: "finish", reason: "stop", usage }) as const
  const told = { inputTokens: { total: 50, cacheRead: 20, cacheWrite: 10 }, outputTokens: { total: 42, reasoning: 12 } }
  const metadata = { type: "response-metadata", id: "resp_1", modelId: "ada" } as const
  const say = (text: string): ReadonlyArray<Response.StreamPartEncoded> => [
    { type: "text-start", id: "0" },
    { type: "text-delta", id: "0", delta: text },
    { type: "text-end", id: "0", metadata: { acme: { seal: "a" } } }
  ]

  /** A model of effect/ai that answers so, behind Loom's provider `acme`. */
  const over = (
    model: {
      readonly text?: (options: Options) => Effect.Effect<Array<Response.PartEncoded>, AiError.AiError>
      readonly stream?: (options: Options) => Stream.Stream<Response.StreamPartEncoded, AiError.AiError>
    },
    options?: EffectAi.GeneratorOptions,
    rest?: Partial<Loom.Options>
  ) => {
    const records: Array<CallRecord.CallRecord> = []
    const made = LanguageModel.make({
      generateText: model.text ?? (() => Effect.die("not scripted")),
      streamText: model.stream ?? (() => Stream.die("not scripted"))
    })
    const acme = Layer.provide(EffectAi.layerGenerator(options), Layer.effect(LanguageModel.LanguageModel, made))
    const layer = Loom.layerTest({ acme }, {
      catalog,
      health: false,
      onCall: (record) => records.push(record),
      ...rest
    })
    return { layer, records }
  }

  const asked = { model: "acme/ada", prompt: "Hello." } as const
  const failed = (reason: AiError.AiErrorReason) => AiError.make({ module: "Acme", method: "generateText", reason })

  it.effect("answers what the model does, metered and priced", () =>
    Effect.gen(function*() {
      const { layer, records } = over({
        text: () =>
          Effect.succeed([
            metadata,
            { type: "reasoning", text: "Hm.", metadata: { acme: { seal: "b" } } },
            { type: "text", text: "Hi.", metadata: { acme: { seal: "a" } } },
            { type: "file", mediaType: "image/png", data: "AAAA" },
            { type: "source", sourceType: "url", id: "1", url: "https://example.com/", title: "Wool" },
            finish(told)
          ]),
        stream: () => Stream.empty
      })
      const answered = yield* Effect.provide(Loom.generate(asked), layer)
      assert.deepInclude(answered, {
        provider: "acme",
        model: "ada",
        text: "Hi.",
        requestId: "resp_1",
        finishReason: "stop"
      })
      assert.deepStrictEqual(answered.content.map(({ type }) => type), ["reasoning", "text", "file", "source"])
      assert.deepStrictEqual(answered.content[0]!.metadata, { acme: { seal: "b" } })
      assert.lengthOf(answered.images, 1)
      assert.deepStrictEqual(
        answered.usage,
        Usage.make({
          inputUncached: 20,
          cacheRead: 20,
          cacheWrite: { "5m": 10 },
          outputText: 30,
          outputReasoning: 12
        })
      )
      assert.deepStrictEqual(answered.cost.unpriced, ["cacheWrite.5m"])
      assert.lengthOf(records, 1)
    }))

  it.effect.prop("streams what it answers in one piece", [Schema.Array(Piece)], ([pieces]) =>
    Effect.gen(function*() {
      const content = contentOf(pieces, "a")
      const behind = engine(() => answer("", { content, usage }))
      const toolkit = { tools: Shop.tools, handle: () => Effect.die("it runs no tools") }
      const bridged = yield* Effect.provide(EffectAi.make({ model: "acme/ada" }), behind.layer)
      const layer = Loom.layerTest({ acme: EffectAi.generator(bridged) }, { catalog })
      const options = { ...asked, tools: Object.values(toolkit.tools) }
      const called = yield* Effect.provide(Loom.generate(options), layer)
      const streamed = yield* Effect.provide(
        Effect.map(Stream.runCollect(Loom.stream(options)), (parts) => Generation.fromParts(parts)!),
        layer
      )
      assert.deepStrictEqual(streamed.content, called.content)
      assert.deepStrictEqual([streamed.usage, streamed.cost], [called.usage, called.cost])
      assert.deepStrictEqual(streamed.usage, usage)
      // All but what the vendor's own tools did, which is on its way through effect/ai as a text.
      const isOthers = (part: Generation.Content) =>
        part.type !== "text" && !((part.type === "tool-call" || part.type === "tool-result") && part.providerExecuted)
      assert.deepStrictEqual(called.content.filter(isOthers), content.filter(isOthers))
    }), { arbitrary: { runs: 12 } })

  it.effect("leaves tools to the caller, with arguments as the model wrote them", () =>
    Effect.gen(function*() {
      const seen: Array<Options> = []
      const { layer } = over({
        text: (options) => {
          seen.push(options)
          return Effect.succeed([
            { type: "tool-call", id: "1", name: "look_up_stock", params: { yarn: 7 } },
            { type: "tool-call", id: "2", name: "weave", params: {} },
            { ...finish(told), reason: "tool-calls" }
          ])
        }
      })
      const { content, finishReason } = yield* Effect.provide(
        Loom.generate({ ...asked, tools: [stock, price], toolChoice: "required" }),
        layer
      )
      assert.deepStrictEqual(
        content.flatMap((part) => part.type === "tool-call" ? [[part.name, part.params]] : []),
        [["look_up_stock", { yarn: 7 }], ["weave", {}]]
      )
      assert.strictEqual(finishReason, "tool-calls")
      assert.deepStrictEqual(seen[0]!.tools.map(({ name }): string => name), ["look_up_price", "look_up_stock"])
      assert.strictEqual(seen[0]!.toolChoice, "required")
    }))

  it.effect("asks for an object, whole or as a stream", () =>
    Effect.gen(function*() {
      const seen: Array<Options["responseFormat"]> = []
      const { layer } = over({
        text: ({ responseFormat }) => {
          seen.push(responseFormat)
          return Effect.succeed([{ type: "text", text: `{"metres":"12"}` }, finish(told)])
        }
      })
      const options = { ...asked, schema: Schema.Struct({ metres: Schema.FiniteFromString }), schemaName: "cloth" }
      const { object } = yield* Effect.provide(Loom.generateObject(options), layer)
      const parts = yield* Effect.provide(Stream.runCollect(Loom.stream(options)), layer)
      assert.deepStrictEqual([object, Generation.fromParts(parts)?.object], [{ metres: 12 }, { metres: 12 }])
      assert.deepInclude(seen[0], { type: "json", objectName: "cloth" })
      const misfit = over({ text: () => Effect.succeed([{ type: "text", text: "{}" }, finish(told)]) })
      const error = yield* Effect.flip(Effect.provide(Loom.generateObject(options), misfit.layer))
      assert.strictEqual(error.reason._tag, "InvalidResponse")
    }))

  it.effect("commits with the first content: before it a failure is tried again, behind it it is Partial", () =>
    Effect.gen(function*() {
      const busy = failed(new AiError.InternalProviderError({ description: "busy" }))
      let calls = 0
      const { layer, records } = over(
        {
          stream: () => {
            const start = Stream.make(metadata, say("")[0]!)
            return calls++ === 0
              ? Stream.concat(start, Stream.fail(busy))
              : Stream.concat(
                Stream.fromIterable(say("Once upon")),
                calls === 2 ? Stream.fail(busy) : Stream.make(finish(told))
              )
          }
        },
        undefined,
        { retry: RetryPolicy.make({ baseDelay: 0 }) }
      )
      const seen: Array<string> = []
      const error = yield* Loom.stream(asked).pipe(
        Stream.runForEach((part) => Effect.sync(() => seen.push(part.type))),
        Effect.flip,
        Effect.provide(layer)
      )
      assert.deepStrictEqual(seen, ["text-start", "text-delta", "text-end"])
      assert.deepInclude(error.reason, { _tag: "Partial", text: "Once upon" })
      const parts = yield* Effect.provide(Stream.runCollect(Loom.stream(asked)), layer)
      assert.strictEqual(Generation.fromParts(parts)?.text, "Once upon")
      assert.deepStrictEqual(records.map(({ attempts }) => attempts.map(({ billed, outcome }) => [outcome, billed])), [
        [["Overloaded", "no"], ["Partial", "maybe"]],
        [["ok", "yes"]]
      ])
    }))

  it.effect("takes a stream's own word for its end, and for its failure", () =>
    Effect.gen(function*() {
      const run = (...parts: ReadonlyArray<Response.StreamPartEncoded>) =>
        Stream.runCollect(Loom.stream({ ...asked, retry: RetryPolicy.none })).pipe(
          Effect.map((parts) => Generation.fromParts(parts)),
          Effect.provide(over({ stream: () => Stream.fromIterable(parts) }).layer)
        )
      assert.deepInclude((yield* Effect.flip(run())).reason, { _tag: "InvalidResponse" })
      assert.deepInclude((yield* Effect.flip(run(metadata))).reason, { _tag: "InvalidResponse" })
      const unended = yield* run(...say("Once"))
      assert.deepInclude(unended, { text: "Once", finishReason: "unknown" })
      assert.match(unended?.warnings.join() ?? "", /may be incomplete/)
      assert.deepStrictEqual([unended?.usage.state, unended?.cost.status], ["estimated", "estimated"])
      const limited = failed(new AiError.RateLimitError({ retryAfter: Duration.seconds(2) }))
      const early = yield* Effect.flip(run({ type: "error", error: limited }))
      assert.deepInclude(early.reason, { _tag: "RateLimited" })
      const late = yield* Effect.flip(run(...say("Once"), { type: "error", error: "what?" }, finish(told)))
      assert.deepInclude(late.reason, { _tag: "Partial", text: "Once" })
      const over_ = yield* run(...say("Once"), finish(told), ...say(" more"))
      assert.strictEqual(over_?.text, "Once")
    }))

  it.effect("ends the model's stream with its reader", () =>
    Effect.gen(function*() {
      let ended = 0
      const { layer } = over({
        stream: () =>
          Stream.concat(Stream.fromIterable(say("Once")), Stream.never).pipe(
            Stream.ensuring(Effect.sync(() => ended++))
          )
      })
      yield* Loom.stream(asked).pipe(Stream.take(1), Stream.runDrain, Effect.provide(layer))
      assert.strictEqual(ended, 1)
    }))

  it.effect("meters by whatever the model reports", () =>
    Effect.gen(function*() {
      const usages = yield* Effect.forEach(
        [
          { inputTokens: { uncached: 5, cacheRead: 2 }, outputTokens: { text: 3, reasoning: 1 } },
          { inputTokens: { total: 7, cacheRead: 2 }, outputTokens: { total: 4 } },
          { inputTokens: { total: 1, cacheRead: 2 }, outputTokens: { total: 4, reasoning: 5 } },
          { inputTokens: {}, outputTokens: {} }
        ],
        (usage) => {
          const { layer } = over({ text: () => Effect.succeed([{ type: "text", text: "Hi." }, finish(usage)]) })
          return Effect.map(Effect.provide(Loom.generate(asked), layer), ({ usage }) => [
            usage.state,
            usage.inputUncached,
            usage.cacheRead,
            usage.outputText,
            usage.outputReasoning
          ])
        }
      )
      assert.deepStrictEqual(usages, [
        ["reported", 5, 2, 3, 1],
        ["reported", 5, 2, 4, 0],
        ["reported", 0, 2, 0, 5],
        ["estimated", 5, 0, 1, 0]
      ])
    }))

  const http = (status: number) => ({ http: { response: { status, headers: {} } } })
  const requested = { reason: "TransportError", method: "POST", url: "https://acme.example/v1" } as const
  const reasons: ReadonlyArray<readonly [AiError.AiErrorReason, tag: string, retryable: boolean, status?: number]> = [
    [new AiError.RateLimitError({ ...http(429), retryAfter: Duration.seconds(2) }), "RateLimited", true, 429],
    [new AiError.QuotaExhaustedError({}), "QuotaExceeded", false],
    [new AiError.AuthenticationError({ kind: "MissingKey" }), "KeyMissing", false],
    [new AiError.AuthenticationError({ kind: "ExpiredKey", ...http(401) }), "KeyRefused", false, 401],
    [new AiError.ContentPolicyError({ description: "no" }), "ContentFiltered", false],
    [new AiError.InvalidRequestError({ parameter: "top_p" }), "InvalidRequest", false],
    [new AiError.UnsupportedSchemaError({ description: "no" }), "InvalidRequest", false],
    [new AiError.InternalProviderError({ description: "busy", ...http(503) }), "Overloaded", true, 503],
    [new AiError.InternalProviderError({ description: "gateway", ...http(504) }), "Overloaded", false, 504],
    [new AiError.UnknownError({}), "Overloaded", false],
    [new AiError.NetworkError(requested), "Network", false],
    [new AiError.NetworkError({ ...requested, reason: "InvalidUrlError" }), "InvalidRequest", false],
    [new AiError.InvalidResponseError({ description: "html" }), "InvalidResponse", false],
    [new AiError.InvalidOutputError({ description: "what?" }), "InvalidResponse", false],
    [new AiError.ToolNotFoundError({ toolName: "weave", availableTools: [] }), "InvalidResponse", false],
    [new AiError.ToolkitRequiredError({ pendingApprovals: [] }), "InvalidRequest", false]
  ]

  it.effect("fails as Loom fails, and isn't asked again where it may have been paid", () =>
    Effect.forEach(reasons, ([reason, tag, retryable, status]) =>
      Effect.gen(function*() {
        const { layer } = over({ text: () => Effect.fail(failed(reason)) })
        const error = yield* Effect.flip(Effect.provide(Loom.generate({ ...asked, retry: RetryPolicy.none }), layer))
        assert.deepStrictEqual(
          [error.reason._tag, error.retryable, error.status, error.provider, error.model],
          [tag, retryable, status, "acme", "ada"]
        )
        if (tag === "RateLimited") assert.deepStrictEqual(error.retryAfter, Duration.seconds(2))
      }), { discard: true }))

  it.effect("gives back the error of a Loom that stands behind the model", () =>
    Effect.gen(function*() {
      const behind = engine(() => overloaded)
      const bridged = yield* Effect.provide(EffectAi.make({ model: "acme/ada" }), behind.layer)
      const { layer } = {
        layer: Loom.layerTest({ acme: EffectAi.generator(bridged) }, { catalog, retry: RetryPolicy.none })
      }
      const error = yield* Effect.flip(Effect.provide(Loom.generate(asked), layer))
      assert.strictEqual(error.reason, overloaded.reason)
    }))

  it.effect("drops params with a warning, and refuses those that make another answer", () =>
    Effect.gen(function*() {
      const { layer } = over({ text: () => Effect.succeed([{ type: "text", text: "Hi." }, finish(told)]) })
      const run = (options: object) => Effect.provide(Loom.generate({ ...asked, ...options }), layer)
      const { warnings } = yield* run({ maxOutputTokens: 9, temperature: 0, promptCache: true, webSearch: false })
      assert.sameMembers(warnings.map((warning) => warning.split(" was dropped")[0]), [
        "maxOutputTokens",
        "temperature"
      ])
      const fields = yield* Effect.forEach(
        [{ stop: ["."] }, { serviceTier: "flex" }, { webSearch: true }, { native: { store: true } }, {
          modality: "image"
        }],
        (options) => Effect.map(Effect.flip(run(options)), ({ reason, why }) => [reason._tag, why.split(":")[0]])
      )
      assert.deepStrictEqual(fields, [
        ["Unsupported", "stop"],
        ["Unsupported", "serviceTier"],
        ["Unsupported", "webSearch"],
        ["InvalidRequest", "native.store"],
        ["Unsupported", "modality"]
      ])
    }))

  it.effect("gives the model the config that a request makes", () =>
    Effect.gen(function*() {
      class Config extends Context.Service<Config, Request.Params>()("acme/Config") {}
      const seen: Array<unknown> = []
      const note = Effect.map(Effect.serviceOption(Config), (config) => seen.push(config))
      const { layer } = over({
        text: () => Effect.as(note, [{ type: "text", text: "Hi." }, finish(told)]),
        stream: () => Stream.unwrap(Effect.as(note, Stream.fromIterable([...say("Hi."), finish(told)])))
      }, { config: ({ params }) => Context.make(Config, params) })
      const options = { ...asked, temperature: 0, stop: ["."] }
      const { warnings } = yield* Effect.provide(Loom.generate(options), layer)
      yield* Effect.provide(Stream.runDrain(Loom.stream(options)), layer)
      assert.deepStrictEqual(warnings, [])
      assert.deepStrictEqual(seen, [
        Option.some({ temperature: 0, stop: ["."] }),
        Option.some({ temperature: 0, stop: ["."] })
      ])
    }))
})
