import { Effect, type Layer, Schema, type Stream } from "effect"
import {
  type Catalog,
  type GenerateError,
  type GenerateOptions,
  type Generation,
  Generator,
  Loom,
  Router
} from "loom-router"
import type OpenAI from "openai"
import { describe, expectTypeOf, it } from "vitest"

declare module "loom-router" {
  namespace Providers {
    interface Vendors {
      readonly weavers: { readonly request: { readonly heat?: number }; readonly reply: { readonly id: string } }
    }
  }
}

type OpenAiReply = OpenAI.Responses.Response | OpenAI.Chat.ChatCompletion | OpenAI.Images.ImagesResponse
type Failure = GenerateError.GenerateError

describe("generate", () => {
  it("needs no wiring", () => {
    const run = () => Effect.runPromise(Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt: "Hi" }))
    expectTypeOf(run).returns.toEqualTypeOf<Promise<Generation.Generation<OpenAiReply>>>()
    expectTypeOf(Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt: "Hi" })).toEqualTypeOf<
      Effect.Effect<Generation.Generation<OpenAiReply>, Failure>
    >()
  })

  it("types what came back", () => {
    const answered = Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt: "Hi" })
    type Answer = Effect.Success<typeof answered>
    expectTypeOf<Answer["text"]>().toEqualTypeOf<string>()
    expectTypeOf<Answer["cost"]["usd"]>().toEqualTypeOf<number | undefined>()
    expectTypeOf<Answer["usage"]["totalTokens"]>().toEqualTypeOf<number>()
    expectTypeOf<Answer["native"]>().toEqualTypeOf<OpenAiReply>()
    const elsewhere = Loom.generate({ provider: "newco", model: "large", prompt: "Hi" })
    expectTypeOf<Effect.Success<typeof elsewhere>["native"]>().toEqualTypeOf<unknown>()
  })

  it("knows the types of vendors that were declared beside its own", () => {
    const answered = Loom.generate({ provider: "weavers", model: "large", prompt: "Hi", native: { heat: 1 } })
    expectTypeOf<Effect.Success<typeof answered>["native"]>().toEqualTypeOf<{ readonly id: string }>()
    // @ts-expect-error a number is needed
    void Loom.generate({ provider: "weavers", model: "large", prompt: "Hi", native: { heat: "high" } })
  })

  it("knows ids, and takes others", () => {
    type Model = Extract<GenerateOptions.Asked<"openai">, { readonly provider: "openai" }>["model"]
    expectTypeOf<Model>().toEqualTypeOf<Catalog.ModelIds["openai"] | (string & {})>()
    expectTypeOf<Model>().not.toEqualTypeOf<string>()
    void Loom.generate({ provider: "openai", model: "ft:gpt-4o-mini:acme", prompt: "Hi" })
    void Loom.generate({ provider: "newco", model: "large", prompt: "Hi" })
    void Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi" })
    void Loom.generate({ model: "newco/large", prompt: "Hi" })
  })

  it("wants a provider, in a field or in the id", () => {
    // @ts-expect-error an id alone names no provider
    void Loom.generate({ model: "gpt-4o-mini", prompt: "Hi" })
    // @ts-expect-error a model is needed
    void Loom.generate({ provider: "openai", prompt: "Hi" })
    // @ts-expect-error a prompt is needed
    void Loom.generate({ model: "openai/gpt-4o-mini" })
  })

  it("knows its options", () => {
    // @ts-expect-error there is no such option
    void Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi", max_tokens: 10 })
    // @ts-expect-error a number is needed
    void Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi", temperature: "hot" })
    // @ts-expect-error there is no such modality
    void Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi", modality: "smell" })
    void Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi", temperature: undefined, timeout: "5 seconds" })
  })

  it("types native options as the SDK does", () => {
    void Loom.generate({
      provider: "openai",
      model: "gpt-4o-mini",
      prompt: "Hi",
      native: { prompt_cache_key: "a", metadata: { b: "c" } }
    })
    void Loom.generate({
      provider: "openai",
      model: "gpt-4o-mini",
      prompt: "Hi",
      // @ts-expect-error the SDK knows it as an object
      native: { metadata: 42 }
    })
    void Loom.generate({ provider: "newco", model: "large", prompt: "Hi", native: { anything: 42 } })
  })
})

describe("stream", () => {
  it("is a stream of parts, whose finish knows the reply", () => {
    const parts = Loom.stream({ provider: "openai", model: "gpt-4o-mini", prompt: "Hi" })
    expectTypeOf(parts).toEqualTypeOf<Stream.Stream<Generation.Part<OpenAiReply>, Failure>>()
    type Finish = Extract<Stream.Success<typeof parts>, { readonly type: "finish" }>
    expectTypeOf<Finish["native"]>().toEqualTypeOf<OpenAiReply>()
  })
})

describe("generateObject", () => {
  it("infers the object from the schema", () => {
    const answered = Loom.generateObject({
      provider: "openai",
      model: "gpt-4o-mini",
      prompt: "Hi",
      schema: Schema.Struct({ name: Schema.String, born: Schema.DateFromString })
    })
    type Answer = Effect.Success<typeof answered>
    expectTypeOf<Answer["object"]>().toEqualTypeOf<{ readonly name: string; readonly born: Date }>()
    expectTypeOf<Answer["native"]>().toEqualTypeOf<OpenAiReply>()
    // @ts-expect-error a schema is needed
    void Loom.generateObject({ model: "openai/gpt-4o-mini", prompt: "Hi" })
  })
})

describe("route", () => {
  const router = Router.make({ candidates: ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"] })
  const schema = Schema.Struct({ name: Schema.String, born: Schema.DateFromString })
  type Object = { readonly object: { readonly name: string; readonly born: Date } }

  it("answers as any call does, of whichever vendor", () => {
    const answered = Loom.route(router, { prompt: "Hi", temperature: 0.5, timeout: "5 seconds", maxAttempts: 3 })
    expectTypeOf(answered).toEqualTypeOf<Effect.Effect<Generation.Generation, Failure>>()
    expectTypeOf<Effect.Success<typeof answered>["native"]>().toEqualTypeOf<unknown>()
    expectTypeOf(Loom.route("cheap-first", { prompt: "Hi" })).toEqualTypeOf<typeof answered>()
    expectTypeOf(Loom.streamRoute(router, { prompt: "Hi" })).toEqualTypeOf<Stream.Stream<Generation.Part, Failure>>()
    expectTypeOf(Loom.explain(router, { prompt: "Hi" })).toEqualTypeOf<
      Effect.Effect<ReadonlyArray<Router.Explanation>, Failure>
    >()
  })

  it("has an object where a schema is given", () => {
    const answered = Loom.route(router, { prompt: "Hi", schema, schemaName: "person" })
    expectTypeOf(answered).toEqualTypeOf<Effect.Effect<Generation.Generation & Object, Failure>>()
    const plain = Loom.route(router, { prompt: "Hi" })
    expectTypeOf<Effect.Success<typeof plain>["object"]>().toEqualTypeOf<unknown>()
  })

  it("has no model, nor what only one vendor knows, nor others to stand in", () => {
    // @ts-expect-error candidates name their providers
    void Loom.route(router, { prompt: "Hi", provider: "openai" })
    // @ts-expect-error candidates name their models
    void Loom.route(router, { prompt: "Hi", model: "openai/gpt-4o" })
    // @ts-expect-error it belongs to a candidate
    void Loom.route(router, { prompt: "Hi", native: {} })
    // @ts-expect-error candidates are each other's failover
    void Loom.route(router, { prompt: "Hi", failover: true })
    // @ts-expect-error the same of a stream
    void Loom.streamRoute(router, { prompt: "Hi", native: {} })
    // @ts-expect-error the same of what would be tried
    void Loom.explain(router, { prompt: "Hi", failover: true })
    // @ts-expect-error a prompt is needed
    void Loom.route(router, {})
    // @ts-expect-error a router is needed, or its name
    void Loom.route({ candidates: ["openai/gpt-4o-mini"] }, { prompt: "Hi" })
  })

  it("is a client's too", () => {
    const client = Loom.client({ routes: { "cheap-first": router } })
    expectTypeOf(client.route(router, { prompt: "Hi" })).toEqualTypeOf<Promise<Generation.Generation>>()
    expectTypeOf(client.route("cheap-first", { prompt: "Hi" }, { signal: new AbortController().signal }))
      .toEqualTypeOf<Promise<Generation.Generation>>()
    expectTypeOf(client.route(router, { prompt: "Hi", schema })).toEqualTypeOf<
      Promise<Generation.Generation & Object>
    >()
    expectTypeOf(client.streamRoute(router, { prompt: "Hi" })).toEqualTypeOf<AsyncIterable<Generation.Part>>()
    // @ts-expect-error candidates name their models
    void client.route(router, { prompt: "Hi", model: "openai/gpt-4o" })
    // @ts-expect-error a route is a router
    Loom.client({ routes: { cheap: "openai/gpt-4o-mini" } })
  })
})

describe("layers", () => {
  it("add nothing to what a program needs", () => {
    expectTypeOf(Loom.layer()).toEqualTypeOf<Layer.Layer<never>>()
    expectTypeOf(Loom.layerTest(Generator.fake(() => "Hi"))).toEqualTypeOf<Layer.Layer<never>>()
    expectTypeOf(Loom.layerTest({ openai: Generator.layerFake(() => "Hi") })).toEqualTypeOf<Layer.Layer<never>>()
    const program = Effect.provide(
      Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi" }),
      Loom.layerTest(Generator.fake(() => "Hi"))
    )
    expectTypeOf<Effect.Services<typeof program>>().toEqualTypeOf<never>()
    expectTypeOf<Effect.Error<typeof program>>().toEqualTypeOf<Failure>()
  })
})

describe("client", () => {
  it("speaks in promises and async iterables", () => {
    const client = Loom.client()
    expectTypeOf(client.generate({ provider: "openai", model: "gpt-4o-mini", prompt: "Hi" }))
      .toEqualTypeOf<Promise<Generation.Generation<OpenAiReply>>>()
    expectTypeOf(client.stream({ provider: "openai", model: "gpt-4o-mini", prompt: "Hi" }))
      .toEqualTypeOf<AsyncIterable<Generation.Part<OpenAiReply>>>()
    expectTypeOf(client).toExtend<AsyncDisposable>()
    // @ts-expect-error an id alone names no provider
    void client.generate({ model: "gpt-4o-mini", prompt: "Hi" })
  })
})

describe("reasons", () => {
  it("are caught by their name", () => {
    const handled = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi" }).pipe(
      Effect.catchReason("GenerateError", "RateLimited", ({ retryAfter }) => Effect.succeed(retryAfter))
    )
    expectTypeOf<Effect.Error<typeof handled>>().toExtend<Failure>()
    const hello = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi" })
    // @ts-expect-error there is no such reason
    void hello.pipe(Effect.catchReason("GenerateError", "Nope", () => Effect.void))
  })
})
