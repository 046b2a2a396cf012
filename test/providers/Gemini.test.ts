import { assert, describe, expectTypeOf, it, vi } from "@effect/vitest"
import { Effect, Redacted, Schema, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { type GenerateOptions, Generation, Loom, RetryPolicy } from "loom-router"
import * as Gemini from "loom-router/providers/Gemini"
import { bill, gemini as payee } from "./bill.ts"
import { at, type Body, contract, testKey, tokens } from "./contract.ts"
import { imageContract } from "./imageContract.ts"
import { billed, bodies, failure, inWorld, type Setup, spent } from "./world.ts"

const search = Tool.providerDefined({
  id: "gemini.google_search",
  customName: "Search",
  providerName: "googleSearch"
})()

const picturesIn = (body: Body): ReadonlyArray<unknown> => {
  const parts = at(body, "contents", 0, "parts")
  return Array.isArray(parts) ? parts.filter((part) => at(part, "inlineData") !== undefined) : []
}

const configOf = (name: string) => (body: Body) => at(body, "generationConfig", name)

describe("generateContent", () => {
  contract({
    key: "gemini",
    apiKeyEnv: "GOOGLE_API_KEY",
    providers: (sandbox) => ({ gemini: Gemini.layer({ baseUrl: sandbox.baseUrl("gemini") }) }),
    models: {
      text: "gemini-2.5-flash-lite",
      answersAs: "gemini-2.5-flash-lite",
      reasoning: "gemini-3.8-flash"
    },
    wire: {
      system: (body) => at(body, "systemInstruction", "parts", 0, "text"),
      maxOutputTokens: configOf("maxOutputTokens"),
      streams: ({ path }) => path.endsWith(":streamGenerateContent")
    },
    native: {
      options: {
        labels: { team: "weavers" },
        safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }]
      },
      idOf: (native) => at(native, "responseId")
    },
    can: {
      countsEarly: true,
      promptCache: { from: 2048 },
      webSearch: {},
      pdf: "data and address",
      stop: configOf("stopSequences"),
      temperature: configOf("temperature"),
      topP: configOf("topP"),
      seed: configOf("seed"),
      presencePenalty: configOf("presencePenalty"),
      frequencyPenalty: configOf("frequencyPenalty"),
      serviceTier: { asked: "flex", answered: "standard" },
      search,
      sealed: "text",
      seal: ({ options }) => {
        const seal = at(options, "gemini", "thoughtSignature")
        return typeof seal === "string" ? seal : undefined
      },
      streamsArguments: false,
      parallelToolCalls: false,
      requestIds: "of answers"
    }
  })
})

imageContract({
  key: "gemini",
  apiKeyEnv: "GOOGLE_API_KEY",
  providers: (sandbox, options) => ({ gemini: Gemini.layer({ baseUrl: sandbox.baseUrl("gemini"), ...options }) }),
  model: "gemini-3.1-flash-image",
  size: { asked: { size: "512x512" }, width: 512, height: 512 },
  mediaType: "image/png",
  formats: [],
  refuses: [
    ["size", { size: "512x768" }],
    ["aspectRatio", { size: undefined, aspectRatio: "3:1" }],
    ["quality", { quality: "high" }],
    ["format", { format: "png" }],
    ["background", { background: "transparent" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["n", { n: 11 }]
  ],
  wire: {
    prompt: (body) => at(body, "contents", 0, "parts", 0, "text"),
    seed: (body) => at(body, "generationConfig", "seed")
  },
  native: {
    options: { topK: 12 },
    at: (body) => at(body, "generationConfig", "topK") ?? body["topK"]
  },
  can: {
    n: "one by one",
    edit: { arrived: (body) => picturesIn(body).length },
    givesLinks: false,
    mask: { unsupported: "facts 2: no mask" },
    job: false,
    link: false,
    partials: false,
    moderation: { input: "yes", output: "yes" },
    repeated: [429, 500, 503]
  }
})

bill(payee, 12)

const gemini: Setup = {
  providers: (sandbox) => ({
    gemini: Gemini.layer({ baseUrl: sandbox.baseUrl("gemini"), apiKey: Redacted.make(testKey) })
  })
}
const lite = "gemini/gemini-2.5-flash-lite" as const
const flash = "gemini/gemini-3.8-flash" as const
const weather = Tool.make("lookup_weather", { parameters: Schema.Struct({ city: Schema.String }) })
const clock = Tool.make("read_clock", { parameters: Schema.Struct({ zone: Schema.String }) })

const usage = { promptTokenCount: 10, candidatesTokenCount: 4, totalTokenCount: 14 }
const head = { modelVersion: "gemini-2.5-flash-lite", responseId: "r-1", usageMetadata: usage }
const said = (...parts: ReadonlyArray<Body>) => ({ content: { role: "model", parts }, index: 0 })

/** What the vendor might have answered. */
const reply = (candidate: Body, more: Body = {}) => ({
  respond: { status: 200, body: { candidates: [{ finishReason: "STOP", ...candidate }], ...head, ...more } }
})

/** The same in chunks. */
const chunks = (...list: ReadonlyArray<Body>) => ({
  respond: {
    status: 200,
    contentType: "text/event-stream",
    body: list.map((chunk) => `data: ${JSON.stringify({ ...head, ...chunk })}\r\n\r\n`).join("")
  }
})
const chunk = (candidate: Body, more: Body = {}): Body => ({ candidates: [candidate], ...more })

const streamed = (options: GenerateOptions.GenerateOptions) =>
  Effect.map(Stream.runCollect(Loom.stream(options)), (parts) => {
    const answer = Generation.fromParts(parts)
    assert(answer !== undefined)
    return answer
  })

/** Asked twice: whole and streamed. */
const both = (options: GenerateOptions.GenerateOptions) => Effect.all([Loom.generate(options), streamed(options)])

const results = (content: ReadonlyArray<Generation.Content>) =>
  Prompt.make([{
    role: "tool",
    content: content.flatMap((part) =>
      part.type === "tool-call" && !part.providerExecuted
        ? [{ type: "tool-result", id: part.id, name: part.name, isFailure: false, result: "21 degrees" } as const]
        : []
    )
  }])

describe("gemini, thinking", () => {
  type Case = readonly [
    model: string,
    reasoning: NonNullable<GenerateOptions.Common["reasoning"]>,
    config: Body,
    warning?: RegExp
  ]
  const budget = (thinkingBudget: number) => ({ thinkingBudget, includeThoughts: true })
  const level = (thinkingLevel: string) => ({ thinkingLevel, includeThoughts: true })
  const cases: ReadonlyArray<Case> = [
    ["gemini-2.5-flash-lite", "none", { thinkingBudget: 0 }],
    ["gemini-2.5-flash-lite", "minimal", budget(512)],
    ["gemini-2.5-flash", "low", budget(2048)],
    ["gemini-2.5-flash", "max", budget(24_576)],
    ["gemini-2.5-pro", "none", { thinkingBudget: 128 }, /^reasoning was raised from none to 128 tokens/],
    ["gemini-2.5-pro", "max", budget(32_768)],
    ["gemini-3-flash-preview", "minimal", level("MINIMAL")],
    ["gemini-3.1-flash-lite", "none", { thinkingLevel: "MINIMAL" }, /^reasoning was raised from none to minimal/],
    ["gemini-3.1-pro-preview", "minimal", level("LOW"), /^reasoning was raised from minimal to low/],
    ["gemini-3.5-flash-lite", "medium", level("MEDIUM")],
    ["gemini-3.6-flash", "none", { thinkingLevel: "LOW" }, /^reasoning was raised from none to low/],
    ["gemini-3.8-flash", "high", level("HIGH")],
    ["gemini-3.8-flash", "xhigh", level("HIGH"), /^reasoning was lowered from xhigh to high/],
    ["gemini-4-argon", "max", level("HIGH")],
    ["gemini-4-argon", "low", level("LOW")]
  ]
  it.live("gemini: is asked for in each model's own words, all of which the vendor takes", () =>
    inWorld(gemini, function*({ sandbox }) {
      for (const [model, reasoning, config, warning] of cases) {
        yield* sandbox.reset
        const answer = yield* Loom.generate({ model: `gemini/${model}`, prompt: "Hello", reasoning })
        const title = `${model} ${reasoning}`
        assert.deepStrictEqual(at((yield* bodies(sandbox))[0], "generationConfig", "thinkingConfig"), config, title)
        assert.lengthOf(answer.warnings, warning === undefined ? 0 : 1, title)
        if (warning !== undefined) assert.match(answer.warnings[0] ?? "", warning)
        const shown = answer.content.filter(({ type }) => type === "reasoning").length
        assert.strictEqual(shown, "includeThoughts" in config ? 1 : 0, title)
        assert.strictEqual(answer.usage.outputReasoning === 0, config["thinkingBudget"] === 0, title)
        assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox), title)
      }
    }))

  it.live("gemini: goes back with the calls it led to, at once and one after the other", () =>
    inWorld(gemini, function*({ sandbox }) {
      const prompt = Prompt.make("lookup_weather and read_clock")
      for (const model of ["gemini-3.8-flash", "gemini-3.5-flash", "gemini-2.5-flash"]) {
        const asked = { provider: "gemini", model, tools: [weather, clock] } as const
        for (const first of yield* both({ ...asked, prompt })) {
          const calls = first.content.filter((part) => part.type === "tool-call")
          assert.lengthOf(calls, 2)
          assert.lengthOf(new Set(calls.map(({ id }) => id)), 2)
          assert.lengthOf(calls.filter(({ metadata }) => metadata["gemini"] !== undefined), 1)
          const history = Prompt.concat(
            Prompt.concat(prompt, Prompt.fromResponseParts(first.content)),
            results(first.content)
          )
          const { text, warnings } = yield* Loom.generate({ ...asked, prompt: history })
          assert.include(text, "21 degrees")
          assert.deepStrictEqual(warnings, [])
          const [, called, answered] = [at((yield* bodies(sandbox)).at(-1), "contents")].flat()
          assert.strictEqual(
            at(called, "parts", 0, "thoughtSignature"),
            at(calls[0]?.metadata, "gemini", "thoughtSignature")
          )
          assert.deepStrictEqual(
            [0, 1].map((n) => at(answered, "parts", n, "functionResponse")),
            calls.map(({ id, name }) => ({ id, name, response: { output: "21 degrees" } }))
          )
        }
      }
    }))

  it.live("gemini: is done without for calls that another model made, which the answer says", () =>
    inWorld(gemini, function*({ sandbox }) {
      const call = (id: string, name: string) => ({ type: "tool-call", id, name, params: { city: "Ulm" } }) as const
      const result = (id: string, name: string) =>
        ({ type: "tool-result", id, name, isFailure: false, result: { degrees: 21 } }) as const
      const prompt: Prompt.RawInput = [
        { role: "user", content: "lookup_weather" },
        { role: "assistant", content: [{ type: "reasoning", text: "Hm." }, call("toolu_1", "lookup_weather")] },
        { role: "tool", content: [result("toolu_1", "lookup_weather")] },
        { role: "user", content: "And the time?" },
        { role: "assistant", content: [call("toolu_2", "read_clock"), call("toolu_3", "lookup_weather")] },
        { role: "tool", content: [result("toolu_2", "read_clock")] },
        { role: "tool", content: [result("toolu_3", "lookup_weather")] }
      ]
      const asked = { prompt, tools: [weather, clock] }
      const { text, warnings } = yield* Loom.generate({ ...asked, model: flash })
      assert.include(text, "According to read_clock")
      assert.match(warnings.join(), /^the calls of read_clock came without the vendor's thoughts/)
      const contents = at((yield* bodies(sandbox))[0], "contents")
      const signatures = JSON.stringify(contents).match(/skip_thought_signature_validator/g)
      assert.lengthOf(signatures ?? [], 1)
      assert.strictEqual(at(contents, 4, "parts", 0, "thoughtSignature"), "skip_thought_signature_validator")
      assert.deepStrictEqual(at(contents, 1, "parts"), [{
        functionCall: { id: "toolu_1", name: "lookup_weather", args: { city: "Ulm" } }
      }])
      assert.lengthOf([at(contents, 5, "parts")].flat(), 2)
      // Models of 2.5 want none.
      assert.deepStrictEqual((yield* Loom.generate({ ...asked, model: lite })).warnings, [])
      assert.notInclude(JSON.stringify((yield* bodies(sandbox))[1]), "thoughtSignature")
    }))

  it.live("gemini: a signature goes back on the part that it came with, whatever stood before it", () =>
    inWorld(gemini, function*({ sandbox }) {
      const signature = "c2lnbmF0dXJl"
      const parts = [
        { text: "Hm, ", thought: true },
        { text: "looms.", thought: true },
        { text: "Looms " },
        { text: "weave" },
        { text: ".", thoughtSignature: signature },
        { text: "", thoughtSignature: signature }
      ]
      yield* sandbox.script(chunks(...parts.map((part) => chunk(said(part))), chunk({ finishReason: "STOP" })))
      const answer = yield* streamed({ model: flash, prompt: "Why?" })
      assert.deepStrictEqual(answer.content.map((part) => "text" in part ? [part.type, part.text] : [part.type]), [
        ["reasoning", "Hm, looms."],
        ["text", "Looms weave"],
        ["text", "."],
        ["text", ""]
      ])
      assert.strictEqual(answer.text, "Looms weave.")
      yield* sandbox.script(reply(said()))
      const past = Prompt.concat(Prompt.make("Why?"), Prompt.fromResponseParts(answer.content))
      // The sandbox knows only its own.
      yield* failure(Loom.generate({ model: flash, prompt: Prompt.concat(past, Prompt.make("And?")) }))
      assert.deepStrictEqual(at((yield* bodies(sandbox)).at(-1), "contents", 1, "parts"), [
        { text: "Looms weave" },
        { text: ".", thoughtSignature: signature },
        { text: "", thoughtSignature: signature }
      ])
    }))
})

describe("gemini, as itself", () => {
  it.live("gemini: an SDK that says nothing, asked for version 1 with the caller's key", () =>
    inWorld({
      providers: (sandbox) => ({ gemini: Gemini.layer({ baseUrl: sandbox.baseUrl("gemini") }) }),
      environment: { GEMINI_API_KEY: testKey }
    }, function*({ environment, sandbox }) {
      const said = (["log", "warn", "error", "debug"] as const).map((name) =>
        vi.spyOn(console, name).mockImplementation(() => undefined)
      )
      vi.stubEnv("GOOGLE_API_KEY", "sk-elsewhere-0123456789")
      vi.stubEnv("GEMINI_API_KEY", "sk-elsewhere-0123456789")
      vi.stubEnv("GOOGLE_GENAI_USE_VERTEXAI", "true")
      vi.stubEnv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:1")
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          vi.unstubAllEnvs()
          for (const spy of said) spy.mockRestore()
        })
      )
      yield* Loom.generate({ model: lite, prompt: "Hello" })
      yield* streamed({ model: lite, prompt: "Hello" })
      environment["GOOGLE_API_KEY"] = "sk-second-0123456789wxyz"
      yield* Loom.generate({ model: lite, prompt: "Hello" })
      assert.deepStrictEqual(said.flatMap(({ mock }) => mock.calls), [])
      const journal = yield* sandbox.journal
      assert.deepStrictEqual(journal.map(({ path }) => path), [
        "/gemini/v1/models/gemini-2.5-flash-lite:generateContent",
        "/gemini/v1/models/gemini-2.5-flash-lite:streamGenerateContent",
        "/gemini/v1/models/gemini-2.5-flash-lite:generateContent"
      ])
      assert.deepStrictEqual(journal.map(({ headers }) => headers["x-goog-api-key"]), ["***abcd", "***abcd", "***wxyz"])
      for (const { headers } of journal) {
        assert.match(headers["x-goog-api-client"] ?? "", /^google-genai-sdk\/3\.1\.0 /)
        assert.notProperty(headers, "x-server-timeout")
      }
    }))

  it.live("gemini: a key under its other name is named when it is refused, and the first one where there is none", () =>
    inWorld({
      providers: (sandbox) => ({ gemini: Gemini.layer({ baseUrl: sandbox.baseUrl("gemini") }) }),
      sandbox: { keys: [testKey] }
    }, function*({ environment }) {
      const missing = yield* failure(Loom.generate({ model: lite, prompt: "Hello" }))
      assert.deepInclude(missing.reason, { _tag: "KeyMissing", variable: "GOOGLE_API_KEY" })
      environment["GEMINI_API_KEY"] = "sk-wrong-0123456789"
      const refused = yield* failure(Loom.generate({ model: lite, prompt: "Hello" }))
      assert.strictEqual(refused.reason._tag, "KeyRefused")
      assert.strictEqual(refused.status, 400)
      assert.include(refused.message, "GEMINI_API_KEY")
      environment["GEMINI_API_KEY"] = testKey
      yield* Loom.generate({ model: lite, prompt: "Hello" })
    }))

  it.live("gemini: native options and replies have the SDK's types, and an option that nobody would send is refused", () =>
    inWorld(gemini, function*({ sandbox }) {
      const asked = { provider: "gemini", model: "gemini-2.5-flash-lite", prompt: "Hello" } as const
      const answer = yield* Loom.generate({
        ...asked,
        native: {
          topK: 40,
          toolConfig: { functionCallingConfig: {} },
          httpOptions: { headers: { "x-server-timeout": "9" }, extraBody: { labels: { team: "weavers" } } }
        }
      })
      expectTypeOf(answer.native.candidates?.[0]?.avgLogprobs).toEqualTypeOf<number | undefined>()
      assert.strictEqual(answer.native.candidates?.[0]?.finishReason, "STOP")
      assert.notProperty(answer.native, "sdkHttpResponse")
      const [body] = yield* bodies(sandbox)
      assert.strictEqual(at(body, "generationConfig", "topK"), 40)
      assert.deepStrictEqual(body?.["labels"], { team: "weavers" })
      assert.strictEqual((yield* sandbox.journal)[0]?.headers["x-server-timeout"], "9")
      // @ts-expect-error a number
      yield* Loom.generate({ ...asked, native: { topK: "40" } }).pipe(failure)
      const unknown: object = { brandNew: true }
      const stray = yield* failure(Loom.generate({ ...asked, native: unknown }))
      assert.deepInclude(stray.reason, { _tag: "InvalidRequest", field: "native.brandNew" })
      const cloud = yield* failure(Loom.generate({ ...asked, native: { audioTimestamp: true } }))
      assert.deepInclude(cloud.reason, { _tag: "InvalidRequest", field: "native.audioTimestamp" })
      assert.lengthOf(yield* sandbox.journal, 2)
    }))

  it.live("gemini: sampling is dropped where a model has its own, which the answer says", () =>
    inWorld(gemini, function*({ sandbox }) {
      const options = { temperature: 0.2, topP: 0.5, presencePenalty: 0.5, frequencyPenalty: 0.5, seed: 7 } as const
      const { warnings } = yield* Loom.generate({ model: flash, prompt: "Hello", ...options })
      assert.deepStrictEqual(warnings.map((warning) => warning.split(" ")[0]), [
        "temperature",
        "topP",
        "presencePenalty",
        "frequencyPenalty"
      ])
      assert.deepStrictEqual(at((yield* bodies(sandbox))[0], "generationConfig"), { seed: 7 })
      assert.deepStrictEqual(
        (yield* Loom.generate({ model: "gemini/gemini-3.5-flash", prompt: "Hello", ...options })).warnings,
        []
      )
    }))

  it.live("gemini: objects and tools in the vendor's dialect of JSON Schema", () =>
    inWorld(gemini, function*({ sandbox }) {
      const Code = Schema.Struct({
        code: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(99)),
        count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 })),
        kind: Schema.Literals(["warp", "weft"]),
        note: Schema.optionalKey(Schema.String),
        tags: Schema.Array(Schema.Struct({ name: Schema.String }).annotate({ identifier: "Tag" })),
        sizes: Schema.Record(Schema.String, Schema.Finite),
        pair: Schema.Tuple([Schema.String, Schema.Finite])
      })
      const strict = Tool.make("weave", { description: "Weaves", parameters: Code }).annotate(Tool.Strict, true)
      const Switch = Schema.Struct({ on: Schema.Literal(true) })
      const flip = Tool.make("zip", { parameters: Switch }).annotate(Tool.Strict, true)
      const { object, warnings } = yield* Loom.generateObject({ model: flash, prompt: "Make a code", schema: Code })
      assert.isTrue(Schema.is(Code)(object))
      assert.deepStrictEqual(warnings, [])
      yield* Loom.generate({ model: flash, prompt: "Hello", tools: [strict, flip] })
      const [asked, offered] = yield* bodies(sandbox)
      const schema = at(asked, "generationConfig", "responseJsonSchema")
      assert.deepInclude(schema, {
        type: "object",
        required: ["code", "count", "kind", "tags", "sizes", "pair"],
        additionalProperties: false
      })
      assert.deepStrictEqual(at(schema, "properties", "count"), {
        type: "integer",
        minimum: 1,
        maximum: 9,
        description: "an integer; a value between 1 and 9"
      })
      assert.deepStrictEqual(at(schema, "properties", "kind"), { type: "string", enum: ["warp", "weft"] })
      assert.deepStrictEqual(at(schema, "properties", "tags"), { type: "array", items: { $ref: "#/$defs/Tag" } })
      assert.match(
        String(at(schema, "properties", "code", "description")),
        /length of at least 1; .*length of at most 99/
      )
      assert.strictEqual(at(asked, "generationConfig", "responseMimeType"), "application/json")
      assert.deepStrictEqual(at(offered, "tools", 0, "functionDeclarations", 0), {
        name: "weave",
        description: "Weaves",
        parametersJsonSchema: schema
      })
      // A list of what may stand there holds strings and numbers alone.
      assert.deepStrictEqual(
        at(offered, "tools", 0, "functionDeclarations", 1, "parametersJsonSchema", "properties", "on"),
        { type: "boolean", description: "one of true" }
      )
      assert.strictEqual(at(offered, "toolConfig", "functionCallingConfig", "mode"), "VALIDATED")
    }))

  it.live("gemini: its own tools and the caller's together, which come and go back as parts", () =>
    inWorld(gemini, function*({ sandbox }) {
      const prompt = Prompt.make("search the latest on looms")
      const asked = { model: flash, tools: [search, weather] }
      for (const answer of yield* both({ ...asked, prompt })) {
        assert.deepStrictEqual(answer.content.map(({ type }) => type).slice(0, 2), ["tool-call", "tool-result"])
        assert.deepInclude(answer.content[0], { name: "google_search_web", providerExecuted: true })
        assert.strictEqual(answer.finishReason, "stop")
        const past = Prompt.concat(prompt, Prompt.fromResponseParts(answer.content))
        yield* Loom.generate({ ...asked, prompt: Prompt.concat(past, Prompt.make("Thanks.")) })
        const [body] = (yield* bodies(sandbox)).slice(-1)
        assert.deepStrictEqual(at(body, "toolConfig"), { includeServerSideToolInvocations: true })
        const own = (parts: unknown) => [parts].flat().slice(0, 2)
        assert.deepStrictEqual(
          own(at(body, "contents", 1, "parts")),
          own(at(answer.native, "candidates", 0, "content", "parts"))
        )
      }
      const error = yield* failure(Loom.generate({ ...asked, model: lite, prompt }))
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      const { warnings } = yield* Loom.generate({
        model: lite,
        prompt,
        tools: [search],
        toolChoice: { tool: "Search" }
      })
      assert.match(warnings.join(), /^toolChoice was dropped/)
    }))

  it.live("gemini: searches are paid by the query, by the prompt before Gemini 3", () =>
    inWorld(gemini, function*({ sandbox }) {
      const prompt = "search the latest [queries: 3]"
      for (const [model, count] of [[flash, 3], [lite, 1]] as const) {
        for (const answer of yield* both({ model, prompt, webSearch: true })) {
          assert.deepStrictEqual(answer.usage.requests, { web_search: count })
          assert.isTrue(
            answer.cost.lines.some(({ quantity, unit }) => unit === "requests.web_search" && quantity === count)
          )
        }
      }
      assert.deepStrictEqual((yield* bodies(sandbox))[0]?.["tools"], [{ googleSearch: {} }])
      const bill = yield* sandbox.bill
      assert.lengthOf(bill.filter(({ lines }) => lines.some(({ item }) => item === "webSearch")), 4)
    }))

  it.live("gemini: spans of sources in characters, where the vendor counts bytes or miscounts", () =>
    inWorld(gemini, function*({ sandbox }) {
      const text = "Über 織機 🧶. They weave."
      const web = (name: string) => ({ web: { uri: `https://example.com/${name}`, title: name } })
      const support = (segment: Body, ...groundingChunkIndices: ReadonlyArray<number>) => ({
        segment,
        groundingChunkIndices
      })
      const groundingMetadata = {
        webSearchQueries: ["looms", " "],
        groundingChunks: [web("a"), web("b"), web("c"), { retrievedContext: {} }],
        groundingSupports: [
          support({ endIndex: 18, text: "Über 織機 🧶." }, 0, 3),
          support({ startIndex: 5, endIndex: 9, text: "They weave." }, 1),
          support({ startIndex: 5, endIndex: 9, text: "never said" }, 0)
        ]
      }
      yield* sandbox.script(
        reply({ ...said({ text }), groundingMetadata }),
        chunks(
          chunk(said({ text: "Über 織" })),
          chunk(said({ text: "機 🧶. They weave." })),
          chunk({ ...said({ text: "" }), finishReason: "STOP", groundingMetadata })
        )
      )
      for (const answer of yield* both({ model: lite, prompt: "search" })) {
        const spans = Generation.sources(answer).map(({ span, title }) => [
          title,
          span === undefined ? undefined : answer.text.slice(span.start, span.end)
        ])
        assert.deepStrictEqual(spans, [["a", "Über 織機 🧶."], ["b", "They weave."], ["a", undefined], [
          "c",
          undefined
        ]])
        assert.deepStrictEqual(answer.usage.requests, { web_search: 1 })
      }
    }))

  it.live("gemini: audio has its price, counted from what the vendor tells by modality", () =>
    inWorld(gemini, function*({ sandbox }) {
      const file = (mediaType: string, size: number) =>
        ({ type: "file", mediaType, data: new Uint8Array(size) }) as const
      const asked = (model: string): GenerateOptions.GenerateOptions => ({
        model: `gemini/${model}`,
        prompt: [{
          role: "user",
          content: [{ type: "text", text: tokens(2300) }, file("audio/wav", 9000), file("video/mp4", 9000)]
        }]
      })
      for (const model of ["gemini-2.5-flash-lite", "gemini-3.1-flash-lite"]) {
        const first = yield* Loom.generate(asked(model))
        const second = yield* streamed(asked(model))
        assert.strictEqual(first.usage.audioInput, 225)
        for (const { cost } of [first, second]) assert.strictEqual(cost.status, "measured")
        // The other keeps no beginnings as short as this.
        const keeps = model === "gemini-2.5-flash-lite"
        assert.strictEqual(second.usage.cacheRead > 0, keeps)
        assert.strictEqual(second.usage.audioInput, keeps ? 0 : 225)
        assert.strictEqual(spent([...first.attempts, ...second.attempts]), yield* billed(sandbox))
        yield* sandbox.reset
      }
    }))

  it.live("gemini: content that was cached before is named by `native`, and read at its price", () =>
    inWorld(gemini, function*({ sandbox }) {
      const created = yield* Effect.promise(async () => {
        const response = await fetch(`${sandbox.baseUrl("gemini")}/v1/cachedContents`, {
          method: "POST",
          headers: { "x-goog-api-key": testKey, "content-type": "application/json" },
          body: JSON.stringify({
            model: "models/gemini-3.8-flash",
            systemInstruction: { parts: [{ text: tokens(1500) }] },
            contents: [{ role: "user", parts: [{ text: "A long text." }] }],
            ttl: "600s"
          })
        })
        return JSON.parse(await response.text())
      })
      const asked = { provider: "gemini", model: "gemini-3.8-flash", native: { cachedContent: created.name } } as const
      for (const ask of [Loom.generate({ ...asked, prompt: "One?" }), streamed({ ...asked, prompt: "One?" })]) {
        const answer: Generation.Generation = yield* ask
        assert.strictEqual(answer.usage.cacheRead, created.usageMetadata.totalTokenCount)
        assert.isBelow(answer.usage.inputUncached, 20)
        assert.isAbove(answer.saved.promptCache, 0)
        assert.strictEqual(answer.cost.picoUsd, Number((yield* sandbox.bill).at(-1)?.amount))
      }
      const error = yield* failure(Loom.generate({ ...asked, system: "Be brief.", prompt: "One?" }))
      assert.match(error.why, /CachedContent can not be used/)
      yield* sandbox.advance("10 minutes")
      assert.strictEqual((yield* failure(Loom.generate({ ...asked, prompt: "One?" }))).reason._tag, "KeyRefused")
    }))

  it.live("gemini: an answer that is broken off goes on where it stopped", () =>
    inWorld(gemini, function*({ sandbox }) {
      const prompt = Prompt.make("[continue] [words: 60]")
      const asked = { model: "gemini/gemini-4-argon" } as const
      const paused = yield* both({ ...asked, prompt })
      const attempts = paused.flatMap((answer) => answer.attempts)
      for (const first of paused) {
        assert.strictEqual(first.finishReason, "pause")
        const history = Prompt.concat(prompt, Prompt.fromResponseParts(first.content))
        const second = yield* Loom.generate({ ...asked, prompt: history })
        assert.strictEqual(second.finishReason, "stop")
        assert.lengthOf(`${first.text}${second.text}`.split(" "), 60)
        attempts.push(...second.attempts)
        assert.lengthOf([at((yield* bodies(sandbox)).at(-1), "contents")].flat(), 1)
        // Once it is over, it is a turn like any other.
        const past = Prompt.concat(history, Prompt.fromResponseParts(second.content))
        const third = yield* Loom.generate({ ...asked, prompt: Prompt.concat(past, Prompt.make("[say: Good.]")) })
        assert.strictEqual(third.text, "Good.")
        attempts.push(...third.attempts)
      }
      assert.strictEqual(spent(attempts), yield* billed(sandbox))
    }))

  it.live("gemini: from December on another model answers to a name of 2.5, at its own price", () =>
    inWorld({ ...gemini, startsAt: Date.UTC(2026, 11, 1, 9) }, function*({ sandbox }) {
      for (
        const [asked, answered] of [
          ["gemini-2.5-flash", "gemini-3.5-flash-lite"],
          ["gemini-2.5-pro", "gemini-3.8-flash"]
        ]
      ) {
        const answer = yield* Loom.generate({ model: `gemini/${asked}`, prompt: "Hello", reasoning: "none" })
        assert.strictEqual(answer.model, answered)
        assert.strictEqual(answer.cost.price?.model, answered)
        assert.strictEqual(answer.cost.picoUsd, Number((yield* sandbox.bill).at(-1)?.amount))
      }
      const argon = yield* Loom.generate({ model: "gemini/gemini-4-argon", prompt: "[say: Hello]" })
      assert.strictEqual(argon.cost.picoUsd, Number((yield* sandbox.bill).at(-1)?.amount))
      assert.strictEqual(argon.cost.price?.from, "2026-12-01")
    }))

  it.live("gemini: tiers by the name that the vendor takes", () =>
    inWorld(gemini, function*({ sandbox }) {
      const told: Array<string | undefined> = []
      for (const serviceTier of ["auto", "default", "standard", "flex", "priority"]) {
        const answer = yield* Loom.generate({ model: lite, prompt: "Hi", serviceTier })
        told.push(answer.serviceTier)
        assert.strictEqual(answer.cost.picoUsd, Number((yield* sandbox.bill).at(-1)?.amount))
      }
      assert.deepStrictEqual(told, ["standard", "standard", "standard", "flex", "priority"])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => body["serviceTier"]),
        [undefined, "standard", "standard", "flex", "priority"]
      )
      const error = yield* failure(Loom.generate({ model: lite, prompt: "Hi", serviceTier: "fast" }))
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "service_tier" })
    }))

  it.live("gemini: a tool's result can be a failure, and can show pictures", () =>
    inWorld(gemini, function*({ sandbox }) {
      const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
      yield* Loom.generate({
        model: lite,
        tools: [weather],
        prompt: [
          { role: "user", content: "lookup_weather" },
          {
            role: "assistant",
            content: [{ type: "tool-call", id: "c1", name: "lookup_weather", params: { city: "Ulm" } }]
          },
          {
            role: "tool",
            content: [{
              type: "tool-result",
              id: "c1",
              name: "lookup_weather",
              isFailure: true,
              result: null,
              modelOutput: [{ type: "text", text: "A map:" }, { type: "file", mediaType: "image/png", data: picture }]
            }]
          }
        ]
      })
      assert.deepStrictEqual(at((yield* bodies(sandbox))[0], "contents", 2, "parts", 0, "functionResponse"), {
        id: "c1",
        name: "lookup_weather",
        response: { error: "A map:" },
        parts: [{ inlineData: { mimeType: "image/png", data: picture } }]
      })
    }))

  it.live("gemini: system messages go in front, which the answer says", () =>
    inWorld(gemini, function*({ sandbox }) {
      const { warnings } = yield* Loom.generate({
        model: lite,
        prompt: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Hello" },
          { role: "system", content: "Be long." }
        ]
      })
      assert.match(warnings.join(), /in front of the conversation/)
      assert.deepStrictEqual(at((yield* bodies(sandbox))[0], "systemInstruction", "parts"), [
        { text: "Be brief." },
        { text: "Be long." }
      ])
    }))

  it.live("gemini: what its own tools ran goes back as it came, and pictures are files", () =>
    inWorld(gemini, function*({ sandbox }) {
      const parts = [
        { executableCode: { language: "PYTHON", code: "print(1)" } },
        { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
        { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" }, thoughtSignature: "c2ln" },
        { text: "One." }
      ]
      yield* sandbox.script(
        reply(said(...parts)),
        chunks(...parts.map((part) => chunk(said(part))), chunk({ finishReason: "STOP" }))
      )
      const [whole, folded] = yield* both({ model: lite, prompt: "Run it" })
      assert.deepStrictEqual(folded.content, whole.content)
      assert.deepStrictEqual(folded.native, {
        ...head,
        candidates: [{ ...said(...parts), finishReason: "STOP" }]
      })
      assert.deepStrictEqual(whole.content.map(({ type }) => type), ["tool-call", "tool-result", "file", "text"])
      const [call, result] = whole.content
      assert.deepInclude(call, { id: "r-1_1", name: "code_execution", providerExecuted: true })
      assert.deepInclude(result, { id: "r-1_1", isFailure: false })
      const past = Prompt.concat(Prompt.make("Run it"), Prompt.fromResponseParts(whole.content))
      yield* failure(Loom.generate({ model: lite, prompt: Prompt.concat(past, Prompt.make("Again")) }))
      const sent = [at((yield* bodies(sandbox)).at(-1), "contents", 1, "parts")].flat()
      assert.deepStrictEqual(sent.slice(0, 2), parts.slice(0, 2))
    }))
})

describe("gemini, what it counts", () => {
  const counted = (usageMetadata: Body) =>
    inWorld(gemini, function*({ sandbox }) {
      yield* sandbox.script(
        reply(said({ text: "Hi" }), { usageMetadata }),
        chunks(chunk({ ...said({ text: "Hi" }), finishReason: "STOP" }, { usageMetadata }))
      )
      const [whole, folded] = yield* both({ model: lite, prompt: "Hi" })
      assert.deepStrictEqual(folded.usage, whole.usage)
      return whole.usage
    })

  it.live("gemini: thoughts beside the answer, unless the total has them within it", () =>
    Effect.gen(function*() {
      const counts = { promptTokenCount: 10, candidatesTokenCount: 30, thoughtsTokenCount: 20 }
      const apart = yield* counted({ ...counts, totalTokenCount: 60 })
      assert.deepInclude(apart, { outputText: 30, outputReasoning: 20, totalTokens: 60 })
      const within = yield* counted({ ...counts, totalTokenCount: 40 })
      assert.deepInclude(within, { outputText: 10, outputReasoning: 20, totalTokens: 40 })
    }))

  it.live("gemini: what tools added, what was cached, and what is audio or a picture", () =>
    Effect.gen(function*() {
      const usage = yield* counted({
        promptTokenCount: 1000,
        cachedContentTokenCount: 600,
        toolUsePromptTokenCount: 50,
        candidatesTokenCount: 100,
        totalTokenCount: 1150,
        promptTokensDetails: [{ modality: "TEXT", tokenCount: 700 }, { modality: "AUDIO", tokenCount: 300 }],
        cacheTokensDetails: [{ modality: "TEXT", tokenCount: 500 }, { modality: "AUDIO", tokenCount: 100 }],
        candidatesTokensDetails: [{ modality: "TEXT", tokenCount: 40 }, { modality: "IMAGE", tokenCount: 60 }]
      })
      assert.deepInclude(usage, {
        inputUncached: 250,
        cacheRead: 600,
        audioInput: 200,
        outputText: 40,
        imageOutput: 60,
        totalTokens: 1150
      })
    }))

  it.live("gemini: counts that don't add up are no counts", () =>
    Effect.gen(function*() {
      const wrong: ReadonlyArray<Body> = [
        {},
        { promptTokenCount: -1 },
        { promptTokenCount: 10, cachedContentTokenCount: 11 },
        { promptTokenCount: "ten" },
        { promptTokenCount: 10, candidatesTokenCount: 5, thoughtsTokenCount: 7, totalTokenCount: 15 }
      ]
      for (const usageMetadata of wrong) assert.notStrictEqual((yield* counted(usageMetadata)).state, "reported")
    }))
})

describe("gemini, where it ends", () => {
  const reasons = {
    STOP: "stop",
    MAX_TOKENS: "length",
    CONTINUATION: "pause",
    SAFETY: "content-filter",
    RECITATION: "content-filter",
    BLOCKLIST: "content-filter",
    PROHIBITED_CONTENT: "content-filter",
    SPII: "content-filter",
    LANGUAGE: "content-filter",
    MALFORMED_FUNCTION_CALL: "error",
    UNEXPECTED_TOOL_CALL: "error",
    OTHER: "other",
    WOVEN: "unknown"
  }
  it.live("gemini: the reasons to stop", () =>
    inWorld(gemini, function*({ sandbox }) {
      for (const [finishReason, expected] of Object.entries(reasons)) {
        yield* sandbox.script(
          reply({ ...said({ text: "Hello" }), finishReason }),
          chunks(chunk(said({ text: "Hello" })), chunk({ finishReason }))
        )
        const answers = yield* both({ model: lite, prompt: "Hi" })
        assert.deepStrictEqual(answers.map((answer) => answer.finishReason), [expected, expected], finishReason)
      }
    }))

  it.live("gemini: a stream is whole once it says why it stops, and incomplete where it doesn't", () =>
    inWorld(gemini, function*({ sandbox }) {
      const call = { functionCall: { name: "lookup_weather", args: { city: "Ulm" } } }
      const late = { candidates: [{ finishReason: "STOP" }], usageMetadata: undefined }
      yield* sandbox.script(
        chunks(chunk(said(call), { usageMetadata: undefined }), late),
        chunks(chunk(said({ text: "Hel" })), chunk(said({ text: "lo" })))
      )
      const whole = yield* streamed({ model: lite, prompt: "Hi" })
      assert.deepInclude(whole.content[0], { type: "tool-call", id: "r-1_1", params: { city: "Ulm" } })
      assert.strictEqual(whole.finishReason, "tool-calls")
      assert.strictEqual(whole.cost.status, "estimated")
      const cut = yield* streamed({ model: lite, prompt: "Hi", parallelToolCalls: false })
      assert.strictEqual(cut.text, "Hello")
      assert.strictEqual(cut.finishReason, "unknown")
      assert.match(cut.warnings[0] ?? "", /^parallelToolCalls was dropped/)
      assert.match(cut.warnings[1] ?? "", /incomplete/)
    }))

  it.live("gemini: a stream is the same however its bytes arrive", () =>
    inWorld(gemini, function*({ sandbox }) {
      const asked = { model: flash, prompt: "[say: ¡olé! 🧶 織機 naïve]", reasoning: "low" } as const
      const essence = ({ content, finishReason, text }: Generation.Generation) => ({
        finishReason,
        text,
        types: content.map(({ type }) => type)
      })
      const plain = essence(yield* streamed(asked))
      assert.strictEqual(plain.text, "¡olé! 🧶 織機 naïve")
      const arrivals = [
        { chunks: { sizes: [1] } },
        { crlf: true },
        { comments: true, noLastNewline: true },
        ...["a", "b", "c", "d"].map((seed) => ({ chunks: { seed }, crlf: true }))
      ]
      for (const arrival of arrivals) {
        yield* sandbox.script(arrival)
        assert.deepStrictEqual(essence(yield* streamed(asked)), plain, JSON.stringify(arrival))
      }
    }))

  it.live("gemini: other candidates are in the native reply, and don't hide the first", () =>
    inWorld(gemini, function*({ sandbox }) {
      const other = { content: { role: "model", parts: [{ text: "Other" }] }, index: 1, finishReason: "STOP" }
      yield* sandbox.script(
        chunks(
          { candidates: [said({ text: "One" }), { ...other, finishReason: undefined }] },
          chunk({ finishReason: "STOP", index: 0 }),
          chunk({ ...other, content: { parts: [{ text: " two" }] } })
        )
      )
      const answer = yield* streamed({ model: lite, prompt: "Hi" })
      assert.strictEqual(answer.text, "One")
      assert.deepStrictEqual(at(answer.native, "candidates", 1, "content", "parts"), [{ text: "Other" }, {
        text: " two"
      }])
    }))

  it.live("gemini: a part that is none is an invalid response, and loses no text in silence", () =>
    inWorld(gemini, function*({ sandbox }) {
      const broken: ReadonlyArray<Body> = [{ text: 7 }, { functionCall: { args: {} } }]
      for (const part of broken) {
        yield* sandbox.script(reply(said(part)), chunks(chunk(said(part))))
        for (
          const run of [
            Loom.generate({ model: lite, prompt: "Hi" }),
            Stream.runDrain(Loom.stream({ model: lite, prompt: "Hi" }))
          ]
        ) {
          assert.strictEqual((yield* failure(run)).reason._tag, "InvalidResponse")
        }
      }
      yield* sandbox.script({ respond: { status: 200, body: { usageMetadata: usage } } })
      assert.strictEqual((yield* failure(Loom.generate({ model: lite, prompt: "Hi" }))).reason._tag, "InvalidResponse")
    }))

  it.live("gemini: a blocked prompt is a typed error, and what it took is paid", () =>
    inWorld(gemini, function*({ sandbox }) {
      const asked = { model: lite, prompt: "[block] Hello" } as const
      for (const run of [Loom.generate(asked), Stream.runDrain(Loom.stream(asked))]) {
        const error = yield* failure(run)
        assert.strictEqual(error.reason._tag, "ContentFiltered")
        assert.include(error.why, "PROHIBITED_CONTENT")
        assert.deepInclude(error.attempts[0], { billed: "yes" })
        assert.strictEqual(error.attempts[0]?.cost?.picoUsd, Number((yield* sandbox.bill).at(-1)?.amount))
      }
    }))
})

describe("gemini, refusing", () => {
  const error = (code: number, status: string, ...details: ReadonlyArray<Body>) => ({
    error: { code, message: "no", status, details }
  })
  const info = (reason: string) => ({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason })
  const quota = (quotaId: string) => ({
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    violations: [{ quotaId }]
  })
  const cases: ReadonlyArray<readonly [status: number, body: unknown, reason: string, failover: boolean]> = [
    [400, error(400, "INVALID_ARGUMENT"), "InvalidRequest", false],
    [400, error(400, "INVALID_ARGUMENT", info("API_KEY_INVALID")), "KeyRefused", true],
    [400, error(400, "FAILED_PRECONDITION"), "QuotaExceeded", true],
    [401, error(401, "UNAUTHENTICATED"), "KeyRefused", true],
    [403, error(403, "PERMISSION_DENIED"), "KeyRefused", true],
    [404, error(404, "NOT_FOUND"), "InvalidRequest", false],
    [429, error(429, "RESOURCE_EXHAUSTED"), "RateLimited", true],
    [429, error(429, "RESOURCE_EXHAUSTED", quota("GenerateRequestsPerMinute")), "RateLimited", true],
    [429, error(429, "RESOURCE_EXHAUSTED", quota("GenerateRequestsPerDayPerProject")), "QuotaExceeded", true],
    [500, error(500, "INTERNAL"), "Overloaded", true],
    [503, error(503, "UNAVAILABLE"), "Overloaded", true],
    [504, error(504, "DEADLINE_EXCEEDED"), "Overloaded", true],
    [500, "crashed", "Overloaded", true],
    [400, { error: 7 }, "InvalidRequest", false]
  ]
  it.live("gemini: what each refusal means", () =>
    inWorld(gemini, function*({ sandbox }) {
      for (const [status, body, reason, failover] of cases) {
        yield* sandbox.script({ respond: { status, body }, times: "always" })
        const failed = yield* failure(Loom.generate({ model: lite, prompt: "Hi" }))
        assert.strictEqual(failed.reason._tag, reason, JSON.stringify(body))
        assert.strictEqual(failed.failover, failover)
        assert.strictEqual(failed.status, status)
        yield* sandbox.reset
      }
    }))

  it.live("gemini: the same in a body with status 200, and in a stream", () =>
    inWorld(gemini, function*({ sandbox }) {
      for (const [, body, reason] of cases.filter(([, body]) => at(body, "error", "status") !== undefined)) {
        const asked = { model: lite, prompt: "Hi", retry: RetryPolicy.none } as const
        yield* sandbox.script({ respond: { status: 200, body }, times: 2 })
        for (const run of [Loom.generate(asked), Stream.runDrain(Loom.stream(asked))]) {
          assert.strictEqual((yield* failure(run)).reason._tag, reason, JSON.stringify(body))
        }
        yield* sandbox.script(chunks({ error: at(body, "error") }))
        assert.strictEqual((yield* failure(Stream.runDrain(Loom.stream(asked)))).reason._tag, reason)
        yield* sandbox.script(chunks(chunk(said({ text: "Hel" })), { error: at(body, "error") }))
        assert.strictEqual((yield* failure(Stream.runDrain(Loom.stream(asked)))).reason._tag, "Partial")
      }
    }))

  it.live("gemini: how long to wait is told by a header, else in the body", () =>
    inWorld(gemini, function*({ sandbox }) {
      const asked = { model: lite, prompt: "Hi", retry: RetryPolicy.none } as const
      const waits: Array<string> = []
      yield* sandbox.script(
        { respond: { status: 429, code: "7.5s" } },
        { respond: { status: 429, code: "7s", headers: { "retry-after": "9" } } },
        { respond: { status: 503, code: "soon" } },
        { fail: { afterEvents: 0, code: "3s" } }
      )
      for (let i = 0; i < 4; i++) {
        const { reason } = yield* failure(Loom.generate(asked))
        waits.push("retryAfter" in reason ? String(reason.retryAfter) : "none")
      }
      assert.deepStrictEqual(waits.map((wait) => /\d+/.exec(wait)?.[0]), ["7500", "9000", undefined, "3000"])
    }))

  it.live("gemini: what is wrong with a request, by the vendor's own words", () =>
    inWorld(gemini, function*({ sandbox }) {
      const hot = yield* failure(Loom.generate({ model: lite, prompt: "Hi", temperature: 3 }))
      assert.deepInclude(hot.reason, { _tag: "InvalidRequest", field: "generation_config.temperature" })
      const huge = yield* failure(Loom.generate({ provider: "gemini", model: "gemma-4-31b-it", prompt: "Hi" }))
      assert.match(huge.why, /gemma-4-31b-it is not found for API version v1/)
      assert.lengthOf(yield* sandbox.bill, 0)
    }))
})

describe("gemini's images", () => {
  const ask = { model: "gemini/gemini-3-pro-image", prompt: "A loom" } as const

  it.live("gemini: an image is of a ratio and a tier, and costs what it took to think of it", () =>
    inWorld(gemini, function*({ sandbox }) {
      const answer = yield* Loom.generate({
        ...ask,
        aspectRatio: "16:9",
        native: { imageConfig: { imageSize: "2K" }, responseModalities: ["TEXT", "IMAGE"] }
      })
      const [body] = yield* bodies(sandbox)
      assert.deepStrictEqual(at(body, "generationConfig", "imageConfig"), { aspectRatio: "16:9", imageSize: "2K" })
      assert.strictEqual(answer.text, "Here is the picture.")
      assert.lengthOf(answer.images, 1)
      assert.isAbove(answer.usage.outputReasoning, 0)
      assert.strictEqual(answer.usage.imageOutput, 1120)
      assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox))
      assert.isBelow(JSON.stringify(answer.native).length, 2000)
    }))

  it.live("gemini: a picture that is sent along is counted apart from words", () =>
    inWorld(gemini, function*({ sandbox }) {
      const { images: [made] } = yield* Loom.generate({ ...ask, model: "gemini/gemini-2.5-flash-image" })
      const file = { type: "file", mediaType: "image/png", data: made?.data ?? new Uint8Array() } as const
      const { cost, usage } = yield* Loom.generate({ ...ask, prompt: [{ role: "user", content: [file, file] }] })
      assert.deepStrictEqual([usage.inputUncached, usage.imageInput], [0, 1120])
      const bill = yield* sandbox.bill
      assert.strictEqual(cost.picoUsd, Number(bill[1]?.amount))
    }))

  it.live("gemini: a model has the sizes and ratios that it has", () =>
    inWorld(gemini, function*({ sandbox }) {
      const cases = [
        ["gemini-3-pro-image", { size: "512x512" }, "size"],
        ["gemini-3.1-flash-lite-image", { size: "2048x2048" }, "size"],
        ["gemini-2.5-flash-image", { aspectRatio: "1:8" }, "aspectRatio"]
      ] as const
      for (const [model, options, field] of cases) {
        const error = yield* failure(Loom.generate({ provider: "gemini", model, prompt: "A loom", ...options }))
        assert.deepInclude(error.reason, { _tag: "InvalidRequest", field })
      }
      assert.deepStrictEqual(yield* sandbox.journal, [])
    }))
})
