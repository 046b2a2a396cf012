import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { Catalog, Generation, Loom, RetryPolicy, Transport } from "loom-router"
import * as Azure from "loom-router/providers/Azure"
import { bill } from "./bill.ts"
import { at, type Body, contract, testKey } from "./contract.ts"
import { common } from "./shaped.ts"
import { billed, type Box, failure, inWorld, type Setup } from "./world.ts"

const native = {
  options: { prompt_cache_key: "tenant-7", metadata: { team: "weavers" } },
  idOf: (native: unknown) => at(native, "id")
}
const promptCache = { from: 1024, key: (body: Body) => body["prompt_cache_key"] }
const can = {
  ...common,
  // What it costs there isn't known.
  webSearch: "untried" as const
}

describe("Responses", () => {
  contract({
    key: "azure",
    apiKeyEnv: "AZURE_OPENAI_API_KEY",
    providers: (sandbox) => ({ azure: Azure.layer({ baseUrl: sandbox.baseUrl("azure") }) }),
    models: {
      text: "gpt-4.1",
      answersAs: "gpt-4.1-2025-04-14",
      reasoning: "gpt-6-luna",
      writes: "gpt-6-luna"
    },
    wire: {
      system: (body) => body["instructions"],
      maxOutputTokens: (body) => body["max_output_tokens"]
    },
    native: { ...native, marks: (reply) => at(reply, "content_filters", 1, "content_filter_results", "violence") },
    can: {
      ...can,
      promptCache: { ...promptCache, lifetimes: ["30m"] },
      pdf: "data and address",
      seal: (part) => {
        const seal = at(part.options, "openai", "encryptedContent")
        return typeof seal === "string" ? seal : undefined
      }
    }
  })
})

describe("Chat Completions", () => {
  contract({
    key: "azure",
    title: "azure, chat",
    apiKeyEnv: "AZURE_OPENAI_API_KEY",
    providers: (sandbox) => ({ azure: Azure.layer({ baseUrl: sandbox.baseUrl("azure"), protocol: "chat" }) }),
    models: { text: "gpt-4.1", answersAs: "gpt-4.1", writes: "gpt-6-luna" },
    wire: {
      system: (body) => at(body, "messages", 0, "content"),
      maxOutputTokens: (body) => body["max_completion_tokens"]
    },
    native: { ...native, marks: (reply) => at(reply, "prompt_filter_results") },
    can: { ...can, promptCache: { ...promptCache, lifetimes: ["30m"] }, pdf: "data" }
  })
})

const apiKey = Redacted.make(testKey)
const layer = (sandbox: Box) => Azure.layer({ baseUrl: sandbox.baseUrl("azure"), apiKey })
const setup: Setup = { providers: (sandbox) => ({ azure: layer(sandbox) }) }
const hello = { model: "azure/gpt-4.1", prompt: "Hello" } as const

bill({
  key: "azure",
  layer,
  voices: [
    { model: "gpt-4.1", reasons: false, samples: true, tiers: [] },
    { model: "gpt-4o-mini", reasons: false, samples: true, tiers: [] },
    { model: "gpt-5-mini", reasons: true, tiers: [] },
    { model: "gpt-5.4", reasons: true, tiers: [] },
    { model: "gpt-6-luna", reasons: true, writes: true, tiers: [] }
  ],
  styleOf: (roll) => roll.chance(0.4) ? { options: { seed: 7 } } : {},
  long: [],
  lacks: ["longWrites", "searches", "tiers"]
})

/** Where calls would go. */
const addressOf = (options?: Azure.Options) =>
  Effect.gen(function*() {
    const seen: Array<string> = []
    const transport = yield* Transport.Transport
    yield* Effect.provideService(Azure.make(options), Transport.Transport, {
      ...transport,
      vendor: (options) => {
        seen.push(options.baseUrl)
        return transport.vendor(options)
      }
    })
    return seen
  }).pipe(Effect.provide(Transport.layer()))

describe("azure, as itself", () => {
  it.live("azure: is where it is said to be, by the resource's name or all of its address", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* addressOf({ resource: "looms" }), ["https://looms.openai.azure.com/openai/v1"])
      assert.deepStrictEqual(yield* addressOf({ resource: "looms", baseUrl: "https://gate.example/v1" }), [
        "https://gate.example/v1"
      ])
    }))

  for (const ending of ["", "/", "/openai/v1", "/openai/v1/"]) {
    it.live(`azure: is where the environment says: …${ending}`, () =>
      inWorld({ providers: () => ({ azure: Azure.layer({ apiKey }) }) }, function*({ environment, sandbox }) {
        environment["AZURE_OPENAI_ENDPOINT"] = sandbox.baseUrl("azure").replace(/\/openai\/v1$/, ending)
        yield* Loom.generate(hello)
        assert.strictEqual((yield* sandbox.journal)[0]?.path, "/azure/openai/v1/responses")
      }))
  }

  it.live("azure: without an address every call says so", () =>
    inWorld({ providers: () => ({ azure: Azure.layer({ apiKey }) }) }, function*() {
      const error = yield* failure(Loom.generate(hello))
      assert.deepInclude(error.reason, { _tag: "KeyMissing", variable: "AZURE_OPENAI_ENDPOINT" })
      assert.include(error.message, "AZURE_OPENAI_ENDPOINT")
      assert.isTrue(error.failover)
      assert.deepStrictEqual(error.attempts, [])
    }))

  it.live("azure: isn't told of OpenAI's account", () =>
    inWorld(setup, function*({ sandbox }) {
      vi.stubEnv("OPENAI_ORG_ID", "org-1")
      vi.stubEnv("OPENAI_PROJECT_ID", "proj-1")
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      yield* Loom.generate(hello)
      const [entry] = yield* sandbox.journal
      assert.deepStrictEqual(Object.keys(entry?.headers ?? {}).filter((name) => name.startsWith("openai-")), [])
    }))

  it.live("azure: a deployment of one's own is priced by the model that answers", () =>
    inWorld({
      ...setup,
      catalog: () =>
        Catalog.bundled.pipe(
          Catalog.registerModel({ provider: "azure", model: "prod-chat", upstreamModel: "gpt-5-mini" })
        )
    }, function*({ sandbox }) {
      const { cost, model } = yield* Loom.generate({ model: "azure/prod-chat", prompt: "Hello" })
      assert.match(model, /^gpt-5-mini-/)
      assert.deepStrictEqual([cost.status, cost.price?.model], ["measured", "gpt-5-mini"])
      assert.strictEqual(cost.picoUsd, yield* billed(sandbox))
    }))

  it.live("azure: what its filters found is in what they let through, and refuse", () =>
    inWorld(setup, function*({ sandbox }) {
      const answer = yield* Loom.generate({ ...hello, seed: 1 })
      assert.strictEqual(
        at(answer.native, "choices", 0, "content_filter_results", "violence", "severity"),
        "safe"
      )
      const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(hello)))
      for (const native of [(yield* Loom.generate(hello)).native, streamed?.native]) {
        assert.deepStrictEqual(
          [0, 1].map((index) => at(native, "content_filters", index, "source_type")),
          ["prompt", "completion"]
        )
        assert.strictEqual(at(native, "content_filters", 1, "content_filter_results", "violence", "severity"), "safe")
      }
      yield* sandbox.script({ respond: { status: 400, code: "content_filter", message: "Filtered." } })
      const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
      assert.deepInclude(error.reason, { _tag: "ContentFiltered", detail: "Filtered." })
    }))

  it.live("azure: its own search isn't simulated, whichever way it is asked for", () =>
    inWorld(setup, function*({ sandbox }) {
      for (const options of [{}, { seed: 1 }]) {
        const error = yield* failure(Loom.generate({ ...hello, ...options, webSearch: true }))
        assert.include(error.why, "Web search isn't served here.")
      }
      assert.deepStrictEqual((yield* sandbox.journal).map(({ path }) => path.replace("/azure/openai/v1/", "")), [
        "responses",
        "chat/completions"
      ])
      assert.strictEqual(yield* billed(sandbox), 0)
    }))
})
