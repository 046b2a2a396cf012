import type { ConverseCommandOutput } from "@aws-sdk/client-bedrock-runtime"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Effect, Redacted, Schema, Stream } from "effect"
import { Tool } from "effect/ai"
import {
  type GenerateError,
  type GenerateOptions,
  Generation,
  Loom,
  Model,
  Request,
  RetryPolicy,
  Transport
} from "loom-router"
import * as Bedrock from "loom-router/providers/Bedrock"
import { secretAccessKey } from "../../src/sandbox/bedrock/Bedrock.ts"
import { bedrock, bill } from "./bill.ts"
import { at, contract, testKey, tokens } from "./contract.ts"
import { billed, bodies, failure, inWorld, type Setup, spent } from "./world.ts"

const haiku = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
const point = (ttl: "5m" | "1h") => ({ bedrock: { cachePoint: { type: "default", ttl } } })

describe("Converse", () => {
  contract({
    key: "bedrock",
    apiKeyEnv: "AWS_BEARER_TOKEN_BEDROCK",
    providers: (sandbox) => ({ bedrock: Bedrock.layer({ baseUrl: sandbox.baseUrl("bedrock"), region: "us-east-1" }) }),
    models: { text: haiku, answersAs: haiku, reasoning: haiku, writes: haiku },
    wire: {
      system: (body) => at(body, "system", 0, "text"),
      maxOutputTokens: (body) => at(body, "inferenceConfig", "maxTokens"),
      streams: ({ path }) => path.endsWith("/converse-stream")
    },
    native: {
      options: { requestMetadata: { team: "weavers" } },
      idOf: (native) => at(native, "$metadata", "requestId")
    },
    can: {
      promptCache: {
        from: 4096,
        mark: point("5m"),
        lasting: { "5m": point("5m"), "1h": point("1h") },
        lifetimes: ["5m", "1h"],
        conversation: {
          model: "global.anthropic.claude-sonnet-5-5",
          off: {},
          // All but the 3 tokens that open the answer, what the prompt before had of it is read.
          rule: (tokens, before) => {
            const read = before === 0 ? 0 : before - 3
            return { read, written: tokens - 3 - read }
          }
        }
      },
      pdf: "data",
      stop: (body) => at(body, "inferenceConfig", "stopSequences"),
      temperature: (body) => at(body, "inferenceConfig", "temperature"),
      topP: (body) => at(body, "inferenceConfig", "topP"),
      parallelToolCalls: false,
      imageLinks: false,
      namesModel: false,
      maybeBilled: [408],
      refusesInWords: true,
      countsReasoning: false,
      seal: (part) => {
        const seal = at(part.options, "bedrock", "signature")
        return typeof seal === "string" ? seal : undefined
      }
    }
  })
})

bill(bedrock, 13)

const world: Setup = {
  providers: (sandbox) => ({
    bedrock: Bedrock.layer({
      baseUrl: sandbox.baseUrl("bedrock"),
      region: "us-east-1",
      apiKey: Redacted.make(testKey)
    })
  })
}

/** Who signs, and with what. */
const signing = (credentials: NonNullable<Bedrock.Options["credentials"]>): Setup => ({
  providers: (sandbox) => ({
    bedrock: Bedrock.layer({ baseUrl: sandbox.baseUrl("bedrock"), region: "eu-central-1", credentials })
  })
})

const weather = Tool.make("lookup_weather", { parameters: Schema.Struct({ city: Schema.String }) })
const called = [
  { role: "user", content: "lookup_weather, please" },
  {
    role: "assistant",
    content: [{ type: "tool-call", id: "toolu_1", name: "lookup_weather", params: { city: "Ulm" } }]
  },
  {
    role: "tool",
    content: [{ type: "tool-result", id: "toolu_1", name: "lookup_weather", isFailure: false, result: "sun" }]
  }
] as const

describe("bedrock, signed with AWS's credentials", () => {
  const session = { accessKeyId: "ASIAEXAMPLE", secretAccessKey, sessionToken: "session/token/0123456789" }

  it.live("bedrock: signs what it sends, whole and streamed, with a session's token too", () =>
    inWorld(signing(session), function*({ sandbox }) {
      const asked = { model: `bedrock/${haiku}`, prompt: "[say: Signed: 織機, (naïvely)!]" } as const
      const whole = yield* Loom.generate(asked)
      const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
      assert.deepStrictEqual([whole.text, streamed?.text], ["Signed: 織機, (naïvely)!", "Signed: 織機, (naïvely)!"])
      for (const { headers } of yield* sandbox.journal) {
        assert.match(headers["authorization"] ?? "", /^AWS4-HMAC-SHA256 /)
        assert.match(headers["x-amz-security-token"] ?? "", /^\*\*\*/)
      }
    }))

  it.live("bedrock: a wrong signature is a refused key, and nothing that was signed is told", () =>
    inWorld(signing({ ...session, secretAccessKey: "another/secret" }), function*({ records, sandbox }) {
      const error = yield* failure(Loom.generate({ model: `bedrock/${haiku}`, prompt: "Hello" }))
      assert.strictEqual(error.reason._tag, "KeyRefused")
      assert.include(error.message, "the signature doesn't match")
      assert.include(error.message, "the AWS credentials")
      const told = JSON.stringify([error, error.message, records])
      for (const secret of [session.sessionToken, "another/secret"]) assert.notInclude(told, secret)
      assert.lengthOf(yield* sandbox.bill, 0)
    }))

  it.live("bedrock: credentials are read at every call, and once more after they were refused", () => {
    const secrets = ["outdated", secretAccessKey]
    let reads = 0
    const credentials = () => Promise.resolve({ ...session, secretAccessKey: secrets[reads++] ?? secretAccessKey })
    return inWorld(signing(credentials), function*({ sandbox }) {
      yield* Loom.generate({ model: `bedrock/${haiku}`, prompt: "Hello" })
      assert.lengthOf(yield* sandbox.journal, 2)
      assert.strictEqual(reads, 2)
    })
  })

  it.live("bedrock: without token and credentials, the error says what to set", () =>
    inWorld(
      {
        providers: (sandbox) => ({
          bedrock: Bedrock.layer({ baseUrl: sandbox.baseUrl("bedrock"), region: "us-east-1" })
        })
      },
      function*({ environment, sandbox }) {
        const asked = Loom.generate({ model: `bedrock/${haiku}`, prompt: "Hello" })
        const error = yield* failure(asked)
        assert.strictEqual(error.reason._tag, "KeyMissing")
        assert.include(error.message, "AWS_ACCESS_KEY_ID")
        assert.lengthOf(yield* sandbox.journal, 0)
        // A token that is set later is seen.
        environment["AWS_BEARER_TOKEN_BEDROCK"] = testKey
        yield* asked
      }
    ))

  it.live("bedrock: without a region, nothing leaves", () =>
    inWorld(
      { providers: () => ({ bedrock: Bedrock.layer({ apiKey: Redacted.make(testKey) }) }) },
      function*() {
        const error = yield* failure(Loom.generate({ model: `bedrock/${haiku}`, prompt: "Hello" }))
        assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "region" })
        assert.include(error.message, "AWS_REGION")
      }
    ))

  it.effect("bedrock: the region decides where it goes, and nothing else is talked to", () =>
    Effect.gen(function*() {
      const bound: Array<string> = []
      const asked: Array<string> = []
      const transport = Transport.Transport.of({
        ...yield* Transport.make(),
        vendor: ({ baseUrl }) => {
          bound.push(new URL(baseUrl).origin)
          return (input) => {
            asked.push(input instanceof globalThis.Request ? input.url : String(input))
            return Promise.resolve(new Response("{}", { status: 503 }))
          }
        }
      })
      const generator = yield* Effect.provideService(
        Bedrock.make({ region: "eu-west-1", apiKey: Redacted.make(testKey) }),
        Transport.Transport,
        transport
      )
      const request = yield* Request.fromPrompt("Hello", { model: Model.unlisted("bedrock", "amazon.nova-lite-v1:0") })
      yield* failure(generator.generate(request))
      yield* failure(generator.generate(request))
      assert.deepStrictEqual(bound, ["https://bedrock-runtime.eu-west-1.amazonaws.com"])
      const url = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse"
      assert.deepStrictEqual(asked, [url, url])
    }))
})

describe("bedrock, as itself", () => {
  type Options = Partial<GenerateOptions.Common> & {
    readonly model?: string
    readonly native?: Bedrock.Native["request"]
  }
  const ask = (options: Options) => Loom.generate({ provider: "bedrock", model: haiku, prompt: "Hello", ...options })

  it.live("bedrock: native options and replies have the SDK's types, and no option is lost in silence", () =>
    inWorld(world, function*({ sandbox }) {
      const { native } = yield* ask({ native: { performanceConfig: { latency: "optimized" } } })
      expectTypeOf(native).toEqualTypeOf<ConverseCommandOutput>()
      assert.strictEqual(native.stopReason, "end_turn")
      assert.strictEqual(native.$metadata.requestId, (yield* sandbox.journal)[0]?.requestId)
      const unknown: object = { brandNew: 1 }
      const error = yield* failure(ask({ native: unknown }))
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "native.brandNew" })
      const foreign = yield* failure(ask({ native: { additionalModelRequestFields: { top_k: 5 } } }))
      assert.include(foreign.message, "top_k")
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => body["performanceConfig"]), [
        { latency: "optimized" },
        undefined
      ])
    }))

  it.live("bedrock: each generation of Claude, and every other model, is told in its own words to think", () =>
    inWorld(world, function*({ sandbox }) {
      const told = function*(
        model: string,
        options: Partial<GenerateOptions.Common>
      ): Effect.fn.Return<ReadonlyArray<unknown>, GenerateError.GenerateError> {
        const { warnings } = yield* ask({ model, ...options })
        const body = (yield* bodies(sandbox)).at(-1)
        return [
          at(body, "additionalModelRequestFields", "thinking"),
          at(body, "outputConfig", "effort"),
          at(body, "inferenceConfig", "maxTokens"),
          ...warnings
        ]
      }
      const enabled = (budget_tokens: number) => ({ type: "enabled", budget_tokens })
      const sonnet = "global.anthropic.claude-sonnet-5-5"
      const cases: ReadonlyArray<readonly [string, Partial<GenerateOptions.Common>, ReadonlyArray<unknown>]> = [
        [haiku, { reasoning: "low" }, [enabled(2048), undefined, 10_240]],
        [haiku, { reasoning: "high", maxOutputTokens: 5000 }, [enabled(3976), undefined, 5000]],
        [haiku, { reasoning: "none" }, [{ type: "disabled" }, undefined, undefined]],
        [haiku, { reasoning: "low", maxOutputTokens: 1000 }, [
          undefined,
          undefined,
          1000,
          "reasoning was dropped: the model thinks with at least 1024 tokens, and maxOutputTokens is 1000"
        ]],
        [haiku, { reasoning: "low", tools: [weather], toolChoice: "required" }, [
          undefined,
          undefined,
          undefined,
          "reasoning was dropped: the model doesn't think where it must call a tool"
        ]],
        [haiku, { reasoning: "low", tools: [weather], prompt: called }, [
          undefined,
          undefined,
          undefined,
          "reasoning was dropped: the calls of tools before it came without the vendor's thoughts"
        ]],
        [sonnet, { reasoning: "high" }, [{ type: "adaptive" }, "high", undefined]],
        [sonnet, { reasoning: "minimal" }, [
          { type: "adaptive" },
          "low",
          undefined,
          "reasoning was raised from minimal to low, the least there is"
        ]],
        ["global.anthropic.claude-fable-5-2", { reasoning: "none" }, [
          undefined,
          "low",
          undefined,
          "reasoning was raised from none to low: the model always thinks"
        ]],
        ["amazon.nova-2-lite-v1:0", { reasoning: "medium" }, [undefined, "medium", undefined]],
        ["us.openai.gpt-6.1-sol", { reasoning: "high" }, [undefined, "high", undefined]]
      ]
      for (const [model, options, expected] of cases) {
        assert.deepStrictEqual(yield* told(model, options), expected, `${model} ${JSON.stringify(options)}`)
      }
    }))

  it.live("bedrock: a conversation is kept at its ends, and the next turn reads it", () =>
    inWorld(world, function*({ sandbox }) {
      const long = { role: "system", content: tokens(4200) } as const
      const asked = { tools: [weather], promptCache: { ttl: "1h" } } as const
      const first = yield* ask({ ...asked, prompt: [long, { role: "user", content: "[say: One]" }] })
      const next = [
        long,
        { role: "user", content: "[say: One]" },
        { role: "assistant", content: "One" },
        { role: "user", content: "[say: Two]" }
      ] as const
      const second = yield* ask({ ...asked, prompt: next })
      assert.deepStrictEqual([...first.warnings, ...second.warnings], [])
      assert.isAbove(first.usage.cacheWrite["1h"] ?? 0, 4200)
      assert.strictEqual(second.usage.cacheRead, first.usage.cacheWrite["1h"])
      const point = { cachePoint: { type: "default", ttl: "1h" } }
      const body = (yield* bodies(sandbox)).at(-1)
      assert.deepStrictEqual(at(body, "toolConfig", "tools", 1), point)
      assert.deepStrictEqual(at(body, "system", 1), point)
      const ends = [0, 1, 2].map((turn) => at(body, "messages", turn, "content", 1))
      assert.deepStrictEqual(ends, [point, undefined, point])
      assert.strictEqual(spent([...first.attempts, ...second.attempts]), yield* billed(sandbox))
    }))

  it.live("bedrock: the caller's own cache points go first, and there are four at most", () =>
    inWorld(world, function*({ sandbox }) {
      const own = (text: string) => ({ type: "text", text, options: point("5m") }) as const
      yield* ask({
        promptCache: { ttl: "1h", breakpoints: ["messages", "system"] },
        prompt: [
          { role: "system", content: "Briefly." },
          { role: "user", content: [own("a"), own("b"), own("c"), { type: "text", text: "d" }] }
        ]
      })
      const [body] = yield* bodies(sandbox)
      assert.deepStrictEqual(at(body, "system"), [{ text: "Briefly." }])
      assert.deepStrictEqual(at(body, "messages", 0, "content", 7), { cachePoint: { type: "default" } })
      const nova = yield* ask({ model: "amazon.nova-pro-v1:0", promptCache: { ttl: "1h", key: "tenant-7" } })
      const llama = yield* ask({ model: "meta.llama3-3-70b-instruct-v1:0", promptCache: true })
      assert.deepStrictEqual([nova, llama].map(({ warnings }) => warnings), [
        [
          "promptCache.ttl was lowered from 1h to 5m, the longest there is that costs no more",
          "promptCache.key was dropped: Bedrock's cache has no keys"
        ],
        ["promptCache was dropped: the model has no prompt cache"]
      ])
    }))

  it.live("bedrock: turns alternate, and what comes before them stands before them", () =>
    inWorld(world, function*({ sandbox }) {
      const { warnings } = yield* ask({
        prompt: [
          { role: "user", content: "One" },
          { role: "system", content: "Answer in Greek." },
          { role: "user", content: "Two" },
          { role: "assistant", content: [{ type: "text", text: " " }] },
          { role: "user", content: [{ type: "text", text: "Three" }, { type: "text", text: "" }] }
        ]
      })
      const [body] = yield* bodies(sandbox)
      assert.deepStrictEqual(at(body, "messages"), [
        { role: "user", content: [{ text: "One" }, { text: "Two" }, { text: "Three" }] }
      ])
      assert.deepStrictEqual(at(body, "system"), [{ text: "Answer in Greek." }])
      assert.deepStrictEqual(warnings, ["the system messages were put together in front of the conversation"])
    }))

  it.live("bedrock: files have names that the vendor takes, and may lie in S3", () =>
    inWorld(world, function*({ sandbox }) {
      const file = (mediaType: string, data: string | URL | Uint8Array, fileName?: string) =>
        ask({ prompt: [{ role: "user", content: [{ type: "file", mediaType, data, fileName }] }] })
      yield* file("text/csv", new TextEncoder().encode("a,b"), "looms & warps.2026.csv")
      yield* file("image/png", new URL("s3://weavers/loom.png"))
      yield* file("application/pdf", "s3://weavers/loom.pdf")
      const contents = (yield* bodies(sandbox)).map((body) => at(body, "messages", 0, "content", 0))
      assert.deepStrictEqual(contents, [
        {
          document: {
            format: "csv",
            name: "looms warps 2026",
            source: { bytes: Buffer.from("a,b").toString("base64") }
          }
        },
        { image: { format: "png", source: { s3Location: { uri: "s3://weavers/loom.png" } } } },
        { document: { format: "pdf", name: "document", source: { s3Location: { uri: "s3://weavers/loom.pdf" } } } }
      ])
    }))

  it.live("bedrock: what Converse can't be told of tools, the answer says", () =>
    inWorld(world, function*({ sandbox }) {
      const asks = [
        { prompt: "lookup_weather", tools: [weather], parallelToolCalls: false },
        { prompt: called },
        { prompt: called, tools: [weather], toolChoice: "none" },
        { prompt: "lookup_weather", tools: [weather], toolChoice: "none" }
      ] as const
      const answers = yield* Effect.forEach(asks, ask)
      const again =
        "the tools of earlier turns were offered again: Converse wants them, and can't forbid that they are called"
      assert.deepStrictEqual(answers.map(({ warnings }) => warnings), [
        ["parallelToolCalls was dropped: Converse has no such option"],
        [again],
        [again],
        []
      ])
      const names = (yield* bodies(sandbox)).map((body) => at(body, "toolConfig", "tools", 0, "toolSpec", "name"))
      assert.deepStrictEqual(names, ["lookup_weather", "lookup_weather", "lookup_weather", undefined])
    }))

  it.live("bedrock: a tool of the vendor's is offered by its name", () =>
    inWorld(world, function*({ sandbox }) {
      const grounding = Tool.providerDefined({
        id: "bedrock.nova_grounding",
        customName: "Grounding",
        providerName: "nova_grounding"
      })()
      const error = yield* failure(ask({ tools: [grounding] }))
      assert.include(error.message, "doesn't serve system tools")
      assert.deepStrictEqual(at((yield* bodies(sandbox))[0], "toolConfig", "tools"), [
        { systemTool: { name: "nova_grounding" } }
      ])

      const citation = { title: "Looms", location: { web: { url: "https://example.com/looms" } } }
      const content = [
        { toolUse: { toolUseId: "t1", name: "nova_grounding", input: { q: "looms" }, type: "server_tool_use" } },
        { toolResult: { toolUseId: "t1", content: [], status: "success" } },
        { citationsContent: { content: [{ text: "They weave." }], citations: [citation] } }
      ]
      const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
      yield* sandbox.script({
        respond: { status: 200, body: { output: { message: { content } }, stopReason: "end_turn", usage } }
      })
      const answer = yield* ask({})
      assert.strictEqual(answer.text, "They weave.")
      assert.deepStrictEqual(answer.content.map(({ type }) => type), ["tool-call", "text", "source"])
    }))

  it.live("bedrock: what an error is called decides, and not its status", () =>
    inWorld(world, function*({ sandbox }) {
      const told = function*(status: number, code?: string) {
        yield* sandbox.script({ respond: { status, code } })
        const { attempts: [attempt], reason } = yield* failure(ask({ retry: RetryPolicy.none }))
        return [reason._tag, attempt?.billed]
      }
      assert.deepStrictEqual(yield* told(429), ["RateLimited", "no"])
      assert.deepStrictEqual(yield* told(429, "ModelNotReadyException"), ["Overloaded", "no"])
      assert.deepStrictEqual(yield* told(408), ["Overloaded", "maybe"])
      assert.deepStrictEqual(yield* told(424), ["Overloaded", "maybe"])
      assert.deepStrictEqual(yield* told(503), ["Overloaded", "no"])
      assert.deepStrictEqual(yield* told(400, "ServiceQuotaExceededException"), ["QuotaExceeded", "no"])
      assert.deepStrictEqual(yield* told(400), ["InvalidRequest", "no"])
      assert.deepStrictEqual(yield* told(404), ["InvalidRequest", "no"])
      assert.deepStrictEqual(yield* told(403), ["KeyRefused", "no"])
    }))

  it.live("bedrock: an exception within a stream, or with status 200, is a failure", () =>
    inWorld(world, function*({ sandbox }) {
      const stream = Stream.runDrain(
        Loom.stream({ provider: "bedrock", model: haiku, prompt: "[words: 40]", retry: RetryPolicy.none })
      )
      const tags = [
        ["throttlingException", "RateLimited"],
        ["validationException", "InvalidRequest"],
        ["modelStreamErrorException", "Overloaded"],
        ["internalServerException", "Overloaded"],
        ["serviceUnavailableException", "Overloaded"]
      ] as const
      for (const [code, tag] of tags) {
        yield* sandbox.script({ fail: { afterEvents: 1, code } }, { fail: { afterEvents: 0, code } })
        assert.strictEqual((yield* failure(stream)).reason._tag, tag)
        assert.strictEqual((yield* failure(ask({ retry: RetryPolicy.none }))).reason._tag, tag)
      }
      yield* sandbox.script({ fail: { afterEvents: 8, code: "modelStreamErrorException", message: "It broke." } })
      const late = yield* failure(stream)
      assert.strictEqual(late.reason._tag, "Partial")
      assert.include(late.message, "It broke.")
    }))

  it.live("bedrock: streams read the same wherever the network cuts them, and a torn one isn't whole", () =>
    inWorld(world, function*({ sandbox }) {
      const asked = {
        provider: "bedrock",
        model: haiku,
        prompt: "[say: 織機 weave 🧶 naïvely, thread by thread.]"
      } as const
      const read = Effect.map(Stream.runCollect(Loom.stream(asked)), (parts) => Generation.fromParts(parts))
      for (const chunks of [{ sizes: [1] }, { sizes: [7, 300] }, { seed: "a" }, { seed: "b" }]) {
        yield* sandbox.script({ chunks })
        const answer = yield* read
        assert.strictEqual(answer?.text, "織機 weave 🧶 naïvely, thread by thread.")
        assert.strictEqual(answer?.finishReason, "stop")
      }
      yield* sandbox.script({ cut: { afterEvents: 6, clean: true } })
      assert.strictEqual((yield* read)?.finishReason, "unknown")
      yield* sandbox.script({ insert: [{ afterEvents: 5, text: "no event of the stream, and long enough" }] })
      assert.strictEqual((yield* failure(read)).reason._tag, "Partial")
      yield* sandbox.script({ drop: ["usage"] })
      const uncounted = yield* read
      assert.strictEqual(uncounted?.finishReason, "stop")
      assert.notStrictEqual(uncounted?.cost.status, "measured")
    }))

  it.live("bedrock: says why it stopped, and on which tier it ran", () =>
    inWorld(world, function*({ sandbox }) {
      const reasons = [
        ["end_turn", "stop"],
        ["stop_sequence", "stop"],
        ["max_tokens", "length"],
        ["model_context_window_exceeded", "length"],
        ["tool_use", "tool-calls"],
        ["guardrail_intervened", "content-filter"],
        ["content_filtered", "content-filter"],
        ["malformed_model_output", "error"],
        ["of tomorrow", "unknown"]
      ] as const
      for (const [stopReason, finishReason] of reasons) {
        const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
        const body = { output: { message: { content: [{ text: "x" }] } }, stopReason, usage }
        yield* sandbox.script({ respond: { status: 200, body } })
        assert.strictEqual((yield* ask({})).finishReason, finishReason)
      }
      yield* sandbox.reset
      assert.strictEqual((yield* ask({ serviceTier: "standard" })).serviceTier, "default")
      const flex = yield* ask({ serviceTier: "flex" })
      assert.strictEqual(flex.serviceTier, "flex")
      // What it costs less there isn't known.
      assert.notStrictEqual(flex.cost.status, "measured")
      const wrong = yield* failure(ask({ serviceTier: "express" }))
      assert.strictEqual(wrong.reason._tag, "InvalidRequest")
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => at(body, "serviceTier", "type")), [
        "default",
        "flex",
        "express"
      ])
    }))
})
