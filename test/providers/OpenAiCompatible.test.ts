import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Prompt } from "effect/ai"
import { Catalog, Generation, Loom, RetryPolicy } from "loom-router"
import * as OpenAiCompatible from "loom-router/providers/OpenAiCompatible"
import { at, contract } from "./contract.ts"
import { common, vendorOf } from "./shaped.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

describe("a vendor registered as compatible", () => {
  contract({
    ...vendorOf({
      key: "newco",
      apiKeyEnv: "NEWCO_API_KEY",
      route: "openai",
      layer: () => {
        throw new Error("it is made by the catalog")
      },
      models: { text: "newco-large", answersAs: "gpt-4.1" },
      native: { prompt_cache_key: "tenant-7", metadata: { team: "weavers" } },
      can: { ...common, promptCache: { from: 1024 }, pdf: "data" }
    }),
    catalog: (sandbox) =>
      Catalog.bundled.pipe(
        Catalog.registerOpenAiCompatible({
          key: "newco",
          label: "NewCo AI",
          baseUrl: sandbox.baseUrl("openai"),
          apiKeyEnv: "NEWCO_API_KEY"
        }),
        Catalog.registerModel({
          provider: "newco",
          model: "newco-large",
          upstreamModel: "gpt-4.1",
          inputCostPer1M: 2,
          cachedReadCostPer1M: 0.5,
          outputCostPer1M: 8
        })
      ),
    providers: () => ({})
  })
})

const local = (quirks?: Partial<OpenAiCompatible.Quirks>, options?: OpenAiCompatible.VendorOptions): Setup => ({
  catalog: () =>
    Catalog.bundled.pipe(
      Catalog.registerOpenAiCompatible({ key: "local", baseUrl: "http://127.0.0.1:8000/v1" }),
      Catalog.registerModel({ provider: "local", model: "gpt-4.1", inputCostPer1M: 1, outputCostPer1M: 2 })
    ),
  sandbox: { requireKey: false },
  providers: (sandbox) => ({
    local: OpenAiCompatible.layer({
      ...options,
      provider: "local",
      baseUrl: sandbox.baseUrl("openai"),
      quirks: { ...OpenAiCompatible.usual, ...quirks }
    })
  })
})
const hello = { model: "local/gpt-4.1", prompt: "Hello" } as const

/** A reply, and the stream that it would have been, cut into these deltas. */
const scripted = (message: object, deltas: ReadonlyArray<object>, members: object, lastMembers: object = members) => {
  const head = { id: "c-1", created: 1_795_430_400, model: "gpt-4.1" }
  const chunks = [
    ...deltas.map((delta) => ({ ...head, choices: [{ index: 0, delta, finish_reason: null }] })),
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: "stop" }], ...lastMembers }
  ]
  return [
    {
      respond: { status: 200, body: { ...head, choices: [{ index: 0, message, finish_reason: "stop" }], ...members } }
    },
    {
      respond: {
        status: 200,
        contentType: "text/event-stream",
        body: chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("") + "data: [DONE]\n\n"
      }
    }
  ] as const
}

const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 }

/** What is answered whole, and in a stream. */
const both = Effect.gen(function*() {
  const whole = yield* Loom.generate(hello)
  const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(hello)))
  assert(streamed !== undefined)
  return [whole, streamed] as const
})

describe("quirks", () => {
  it.live("compatible: an option that isn't there is dropped with a warning, or an error where one is wanted", () =>
    Effect.gen(function*() {
      const asked = { ...hello, seed: 7 }
      const params = { ...OpenAiCompatible.usual.params, seed: undefined, stop: undefined, serviceTier: undefined }
      yield* inWorld(local({ params }), function*({ sandbox }) {
        const { warnings } = yield* Loom.generate(asked)
        assert.deepStrictEqual(warnings, ["seed was dropped: local has no such option"])
        assert.notProperty((yield* bodies(sandbox))[0], "seed")
        // An answer that goes on where it was to stop, or at another price, isn't the one that was asked for.
        for (const options of [{ stop: ["x"] }, { serviceTier: "flex" }]) {
          const error = yield* failure(Loom.generate({ ...hello, ...options }))
          assert.deepInclude(error.reason, { _tag: "Unsupported", feature: Object.keys(options).join() })
        }
      })
      yield* inWorld(local({ params }, { unsupported: "fail" }), function*({ sandbox }) {
        const error = yield* failure(Loom.generate(asked))
        assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "seed" })
        assert.deepStrictEqual(yield* sandbox.journal, [])
      })
    }))

  it.live("compatible: nobody is told OpenAI's key and account", () => {
    const own = { OPENAI_API_KEY: "sk-openai-0123456789", OPENAI_ORG_ID: "org-1", OPENAI_PROJECT_ID: "proj-1" }
    return inWorld({ ...local(), environment: own }, function*({ sandbox }) {
      for (const [name, value] of Object.entries(own)) vi.stubEnv(name, value)
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      yield* Loom.generate(hello)
      const [entry] = yield* sandbox.journal
      assert.deepStrictEqual(
        Object.keys(entry?.headers ?? {}).filter((name) => name.startsWith("openai-")),
        []
      )
      assert.notInclude(JSON.stringify(entry?.headers), "6789")
    })
  })

  it.live("compatible: thoughts come from where they are, and go back only where they are wanted", () =>
    Effect.gen(function*() {
      const deltas = [{ reasoning: "A loom " }, { reasoning: "weaves." }, { content: "Yes" }, { content: "." }]
      const reply = scripted({ content: "Yes.", reasoning: "A loom weaves." }, deltas, { usage })
      for (const goBack of [true, false]) {
        yield* inWorld(
          local({ thoughts: { text: ["reasoning_content", "reasoning"], goBack } }),
          function*({ sandbox }) {
            yield* sandbox.script(...reply)
            for (const answer of yield* both) {
              assert.deepStrictEqual(
                answer.content.map((part) => part.type === "text" || part.type === "reasoning" ? part.text : part.type),
                ["A loom weaves.", "Yes."]
              )
              const history = Prompt.concat(Prompt.make("Hello"), Prompt.fromResponseParts(answer.content))
              const next = Loom.generate({ ...hello, prompt: Prompt.concat(history, Prompt.make("Why?")) })
              // The sandbox's OpenAI takes no thoughts.
              yield* goBack ? failure(next) : next
              const sent = at((yield* bodies(sandbox)).at(-1), "messages", 1, "reasoning")
              assert.strictEqual(sent, goBack ? "A loom weaves." : undefined)
            }
          }
        )
      }
    }))

  it.live("compatible: thoughts in pieces go back as they came, put together", () =>
    inWorld(
      local({ thoughts: { text: ["reasoning"], pieces: "reasoning_details", goBack: true } }),
      function*({ sandbox }) {
        const details = [
          { type: "reasoning.text", index: 0, text: "A loom weaves.", signature: "seal" },
          { type: "reasoning.encrypted", index: 1, data: "c2VhbA==" }
        ]
        const deltas = [
          { reasoning: "A loom ", reasoning_details: [{ type: "reasoning.text", index: 0, text: "A loom " }] },
          { reasoning: "weaves.", reasoning_details: [{ type: "reasoning.text", index: 0, text: "weaves." }] },
          { reasoning_details: [{ type: "reasoning.text", index: 0, signature: "seal" }, details[1]] },
          { content: "Yes." }
        ]
        const message = { content: "Yes.", reasoning: "A loom weaves.", reasoning_details: details }
        yield* sandbox.script(...scripted(message, deltas, { usage }))
        for (const answer of yield* both) {
          assert.strictEqual(answer.content[0]?.type === "reasoning" && answer.content[0].text, "A loom weaves.")
          const history = Prompt.concat(Prompt.make("Hello"), Prompt.fromResponseParts(answer.content))
          yield* failure(Loom.generate({ ...hello, prompt: Prompt.concat(history, Prompt.make("Why?")) }))
          const sent = at((yield* bodies(sandbox)).at(-1), "messages", 1)
          assert.deepStrictEqual(at(sent, "reasoning_details"), details)
          assert.isUndefined(at(sent, "reasoning"))
        }
      }
    ))

  it.live("compatible: usage, cost and sources are read where a vendor puts them", () =>
    inWorld(
      local({
        usage: {
          chunk: ["x_own", "usage"],
          cacheRead: [["cached_tokens"]],
          cacheWrite: { "5m": ["written"] },
          reasoning: ["thought"],
          webSearches: ["searches"],
          cost: ["cost", "total"]
        },
        carried: ["citations"],
        sources: ({ citations }) => Array.isArray(citations) ? citations.map((url) => ({ url: String(url) })) : []
      }),
      function*({ sandbox }) {
        const own = { ...usage, cached_tokens: 30, written: 20, thought: 5, searches: 2, cost: { total: 0.005 } }
        const citations = ["https://example.com/loom"]
        yield* sandbox.script(
          ...scripted({ content: "Yes." }, [{ content: "Yes." }], { usage: own, citations }, {
            x_own: { usage: own },
            citations
          })
        )
        for (const answer of yield* both) {
          assert.deepInclude(answer.usage, {
            inputUncached: 50,
            cacheRead: 30,
            cacheWrite: { "5m": 20 },
            outputText: 15,
            outputReasoning: 5,
            requests: { web_search: 2 }
          })
          assert.strictEqual(answer.cost.reportedUsd, 0.005)
          assert.lengthOf(answer.content.filter(({ type }) => type === "source"), 1)
        }
      }
    ))

  it.live("compatible: errors of every shape are read", () =>
    inWorld(local({ errors: { "1008": "quota", "1004": "key", "busy": "overloaded" } }), function*({ sandbox }) {
      const cases = [
        { status: 400, body: { code: "bad", error: "No such model." }, tag: "InvalidRequest", says: "No such model." },
        {
          status: 400,
          body: { object: "error", message: "Too long.", code: 400 },
          tag: "InvalidRequest",
          says: "Too long."
        },
        { status: 401, body: { error: { message: "Who?" } }, tag: "KeyRefused", says: "Who?" },
        { status: 498, body: { error: { message: "Later.", code: "busy" } }, tag: "Overloaded", says: "Later." },
        {
          status: 200,
          body: { choices: null, base_resp: { status_code: 1008, status_msg: "Broke." } },
          tag: "QuotaExceeded",
          says: "Broke."
        },
        {
          status: 200,
          body: { base_resp: { status_code: 1004, status_msg: "Who?" } },
          tag: "KeyRefused",
          says: "Who?"
        },
        { status: 200, body: { error: "It broke." }, tag: "Overloaded", says: "It broke." }
      ]
      for (const { body, says, status, tag } of cases) {
        yield* sandbox.script({ respond: { status, body } })
        const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
        assert.strictEqual(error.reason._tag, tag, JSON.stringify(body))
        assert.include(error.why, says)
      }
      yield* sandbox.script({
        respond: {
          status: 200,
          body: {
            ...scripted({ content: "Yes." }, [], { usage })[0].respond.body,
            base_resp: { status_code: 0, status_msg: "" }
          }
        }
      })
      assert.strictEqual((yield* Loom.generate(hello)).text, "Yes.")
    }))

  it.live("compatible: an error says what it is by its type, or where its vendor has a code that says more", () =>
    inWorld(
      local({ errorCode: ["error", "metadata", "kind"], errors: { broke: "quota", spoiled: "filtered" } }),
      function*({ sandbox }) {
        const cases = [
          { status: 200, body: { error: { message: "No.", type: "broke" } }, tag: "QuotaExceeded" },
          {
            status: 403,
            body: { error: { message: "No.", code: 403, metadata: { kind: "spoiled" } } },
            tag: "ContentFiltered"
          },
          { status: 403, body: { error: { message: "No.", code: 403 } }, tag: "KeyRefused" }
        ]
        for (const { body, status, tag } of cases) {
          yield* sandbox.script({ respond: { status, body } })
          const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
          assert.strictEqual(error.reason._tag, tag, JSON.stringify(body))
        }
      }
    ))

  it.live("compatible: a chunk that only says in words what went wrong ends a stream", () =>
    inWorld(local({ errorText: ["x_own", "error"] }), function*({ sandbox }) {
      const [, stream] = scripted({}, [{ content: "Yes" }], { x_own: { error: "The loom broke." } })
      yield* sandbox.script(stream)
      const error = yield* failure(Stream.runDrain(Loom.stream({ ...hello, retry: RetryPolicy.none })))
      assert.strictEqual(error.reason._tag, "Partial")
      assert.include(error.why, "The loom broke.")
    }))

  it.live("compatible: a tier that isn't told is the one that was asked for, and has no price where none is known", () =>
    inWorld(local(), function*({ sandbox }) {
      const [whole, stream] = scripted({ content: "Yes." }, [{ content: "Yes." }], { usage })
      yield* sandbox.script(whole, stream)
      const asked = { ...hello, serviceTier: "flex" } as const
      const answers = [
        yield* Loom.generate(asked),
        Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
      ]
      for (const answer of answers) {
        assert.strictEqual(answer?.serviceTier, "flex")
        assert.deepStrictEqual([answer?.cost.status, answer?.cost.unpriced], ["unknown", ["serviceTier.flex"]])
      }
    }))

  it.live("compatible: searches are counted where they are, and an answer that cites has searched once", () =>
    inWorld(local({ usage: { webSearches: ["searches"] } }), function*({ sandbox }) {
      const cited = { type: "url_citation", url_citation: { url: "https://example.com/loom", title: "Looms" } }
      const message = { content: "Yes.", annotations: [cited] }
      for (const [searches, counted] of [[3, 3], [0, 0], [undefined, 1], [null, 1]] as const) {
        yield* sandbox.script(...scripted(message, [message], { usage: { ...usage, searches } }))
        for (const answer of yield* both) assert.strictEqual(answer.usage.requests["web_search"] ?? 0, counted)
      }
    }))

  it.live("compatible: what is counted beside input and output, and what is sold by the piece", () =>
    inWorld(
      local({
        usage: {
          inputBeside: [["cited"], ["nothing"]],
          reasoning: ["thought"],
          reasoningBeside: true,
          requests: (told, model) => ({ [`${model} ${String(at(told, "size"))}`]: 1 })
        }
      }),
      function*({ sandbox }) {
        const own = { ...usage, cited: 7, thought: 5, size: "low" }
        yield* sandbox.script(...scripted({ content: "Yes." }, [{ content: "Yes." }], { usage: own }))
        for (const answer of yield* both) {
          assert.deepInclude(answer.usage, {
            inputUncached: 107,
            outputText: 20,
            outputReasoning: 5,
            requests: { "gpt-4.1 low": 1 }
          })
        }
      }
    ))

  it.live("compatible: a vendor that always searches is told where it isn't to", () =>
    inWorld(
      local({
        params: {
          ...OpenAiCompatible.usual.params,
          webSearch: (asked) => asked === false ? { fields: { user: "off" } } : {}
        }
      }),
      function*({ sandbox }) {
        for (const webSearch of [false, true]) yield* Loom.generate({ ...hello, webSearch })
        assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => body["user"]), ["off", undefined])
      }
    ))

  it.live("compatible: lists in deltas of a message are put together, and the id of a request is where it is", () =>
    inWorld(
      local({
        carried: ["x_own"],
        requestId: { header: "x-nobody", field: ["x_own", "id"] },
        gathered: ["executed"],
        sources: (reply) => {
          const found = at(reply, "choices", 0, "message", "executed")
          return Array.isArray(found) ? found.map((url) => ({ url: String(url) })) : []
        }
      }),
      function*({ sandbox }) {
        const executed = ["https://example.com/warp", "https://example.com/weft"]
        const deltas = [{ executed: executed.slice(0, 1) }, { content: "Yes." }, { executed: executed.slice(1) }]
        yield* sandbox.script(...scripted({ content: "Yes.", executed }, deltas, { usage, x_own: { id: "req_7" } }))
        for (const answer of yield* both) {
          assert.strictEqual(answer.requestId, "req_7")
          assert.deepStrictEqual(
            answer.content.flatMap((part) =>
              part.type === "source" && part.sourceType === "url" ? [part.url.href] : []
            ),
            executed
          )
        }
      }
    ))

  it.live("compatible: an image whose link the vendor doesn't follow isn't sent", () =>
    inWorld(local({ imageLinks: ["data:"] }), function*({ sandbox }) {
      const error = yield* failure(
        Loom.generate({
          ...hello,
          prompt: [{
            role: "user",
            content: [{ type: "file", mediaType: "image/png", data: new URL("https://example.com/loom.png") }]
          }]
        })
      )
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "prompt" })
      assert.include(error.why, "data:")
      assert.deepStrictEqual(yield* sandbox.journal, [])
    }))

  it.live("compatible: choices of tools may depend on the model", () =>
    inWorld(
      local({ toolChoices: ({ model }) => model.id === "gpt-4.1" ? ["none", "named"] : ["required"] }),
      function*({ sandbox }) {
        const error = yield* failure(Loom.generate({ ...hello, toolChoice: "required" }))
        assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "toolChoice" })
        assert.include(error.why, "none, named")
        assert.deepStrictEqual(yield* sandbox.journal, [])
      }
    ))

  it.live("compatible: what was written to a cache may have its time to live from the model", () =>
    inWorld(
      local({ usage: { cacheWrite: (_, model) => ({ [model === "gpt-4.1" ? "30m" : "5m"]: 20 }) } }),
      function*({ sandbox }) {
        yield* sandbox.script(...scripted({ content: "Yes." }, [{ content: "Yes." }], { usage }))
        for (const answer of yield* both) assert.deepStrictEqual(answer.usage.cacheWrite, { "30m": 20 })
      }
    ))
})
