/**
 * What every text vendor must do, run over real sockets against the sandbox. Titles carry the vendor's key and the
 * capability.
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema, type Scope, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { Catalog, type GenerateError, Generation, Loom, type Providers, RetryPolicy } from "loom-router"
import { billed, bodies, type Box, failure, inWorld, quick, type Setup, spent, type World } from "./world.ts"

/** A vendor, as far as the contract has to know it. An ability that isn't there isn't tested. */
export interface Vendor {
  /** Its key in the catalog. */
  readonly key: string
  /** What titles call it, where that isn't the key. */
  readonly title?: string | undefined
  /** The environment variable that its key is read from. */
  readonly apiKeyEnv: string
  readonly catalog?: ((sandbox: Box) => Catalog.Catalog) | undefined
  readonly providers: (sandbox: Box) => Readonly<Record<string, Providers.Source>>
  readonly models: {
    /** Doesn't reason, so that its answers are only text. */
    readonly text: string
    /** What the vendor calls `text` in its answers. */
    readonly answersAs: string
    /** Reasons, and gives reasoning that goes back into the next turn. */
    readonly reasoning?: string | undefined
    /** Charges for writing its prompt cache. */
    readonly writes?: string | undefined
  }
  /** Where the wire carries what was asked. */
  readonly wire: {
    readonly system: (body: Body) => unknown
    readonly maxOutputTokens: (body: Body) => unknown
    readonly temperature: (body: Body) => unknown
  }
  readonly native: {
    readonly options: Readonly<Record<string, unknown>>
    /** The id in the vendor's own reply. */
    readonly idOf: (native: unknown) => unknown
  }
  readonly can: {
    /** Counts cached input apart. */
    readonly promptCache?: boolean | undefined
    /** Sends a PDF by address. */
    readonly pdf?: "data" | "data and address" | undefined
    readonly stop?: ((body: Body) => unknown) | undefined
    readonly seed?: ((body: Body) => unknown) | undefined
    readonly penalties?: ((body: Body) => unknown) | undefined
    readonly serviceTier?: { readonly asked: string; readonly answered: string } | undefined
    /** Its own web search. */
    readonly search?: Tool.Any | undefined
    /** What a reasoning part carries for the next turn. */
    readonly seal?: ((part: Prompt.ReasoningPart) => string | undefined) | undefined
  }
}

export type Body = Readonly<Record<string, unknown>>

export const testKey = "sk-test-0123456789abcd"

/** A PNG of one pixel. */
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

/** `n` tokens of the sandbox: one letter each. */
export const tokens = (n: number, letter = "a") => letter + ` ${letter}`.repeat(n - 1)

const weather = Tool.make("lookup_weather", {
  description: "The weather of a city",
  parameters: Schema.Struct({ city: Schema.String, days: Schema.Int })
})
const clock = Tool.make("read_clock", { parameters: Schema.Struct({ zone: Schema.String }) })

interface Plan {
  readonly goal: string
  readonly steps: ReadonlyArray<Plan>
}
const Plan: Schema.Codec<Plan> = Schema.Struct({
  goal: Schema.String,
  steps: Schema.Array(Schema.suspend((): Schema.Codec<Plan> => Plan))
}).annotate({ identifier: "Plan" })

const Order = Schema.Struct({
  customer: Schema.Struct({ name: Schema.String, vip: Schema.Boolean }),
  note: Schema.optionalKey(Schema.String),
  lines: Schema.Array(Schema.Struct({ sku: Schema.String, count: Schema.Int })),
  payment: Schema.Union([
    Schema.Struct({ kind: Schema.Literal("card"), last4: Schema.String }),
    Schema.Struct({ kind: Schema.Literal("invoice"), days: Schema.Int })
  ]),
  plan: Plan
})

/** What an answer is, apart from where it came from. */
const essence = ({ content, finishReason, text, usage }: Generation.Generation) => ({
  text,
  finishReason,
  usage,
  content
})

const collected = <E, R>(stream: Stream.Stream<Generation.Part, E, R>) =>
  Effect.map(Stream.runCollect(stream), (parts) => {
    const generation = Generation.fromParts(parts)
    assert(generation !== undefined, "the stream has a finish part")
    return { parts, generation }
  })

export const contract = (vendor: Vendor): void => {
  const { can, models, wire } = vendor
  const named = (id: string): `${string}/${string}` => `${vendor.key}/${id}`
  const model = named(models.text)

  const test = (
    capability: string,
    body: (world: World) => Effect.fn.Return<void, GenerateError.GenerateError, Scope.Scope>,
    options?: Partial<Setup>
  ) =>
    it.live(`${vendor.title ?? vendor.key}: ${capability}`, () =>
      inWorld({
        catalog: vendor.catalog,
        providers: vendor.providers,
        environment: { [vendor.apiKeyEnv]: testKey },
        ...options
      }, body))

  test("generate", function*({ records, sandbox }) {
    const answer = yield* Loom.generate({ model, prompt: "What is a loom?" })
    assert.match(answer.text, /loom/)
    assert.strictEqual(answer.provider, vendor.key)
    assert.strictEqual(answer.model, models.answersAs)
    assert.strictEqual(answer.finishReason, "stop")
    assert.strictEqual(answer.cost.status, "measured")
    assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox))
    assert.deepStrictEqual(answer.warnings, [])
    assert.lengthOf(answer.attempts, 1)
    assert.deepInclude(answer.attempts[0], { outcome: "ok", billed: "yes", model: models.answersAs })
    assert.isAtLeast(answer.timing.total, answer.attempts[0]?.duration ?? Infinity)
    assert.lengthOf(records, 1)
    assert.deepInclude(records[0], { outcome: "ok", finishReason: "stop" })
    assert.deepStrictEqual(records[0]?.attempts, answer.attempts)
  })

  test("stream", function*({ records, sandbox }) {
    const { generation, parts } = yield* collected(Loom.stream({ model, prompt: "What is a loom? [words: 60]" }))
    const deltas = parts.flatMap((part) => part.type === "text-delta" ? [part.delta] : [])
    assert.isAbove(deltas.length, 5)
    assert.strictEqual(deltas.join(""), generation.text)
    assert.deepStrictEqual(parts.map(({ type }) => type).filter((type) => type !== "text-delta"), [
      "text-start",
      "text-end",
      "finish"
    ])
    assert.strictEqual(parts.at(-1)?.type, "finish")
    assert.strictEqual(generation.cost.picoUsd, yield* billed(sandbox))
    assert.isAtMost(generation.timing.firstToken ?? Infinity, generation.timing.total)
    assert.deepInclude(generation.attempts[0], { outcome: "ok", billed: "yes" })
    assert.deepInclude(records[0], { outcome: "ok", finishReason: "stop" })
  })

  test("stream folded equals unary", function*({ sandbox }) {
    const asked = { model, prompt: "[say: Looms weave: 織機 🧶, naïvely.]" }
    const unary = yield* Loom.generate(asked)
    const { generation: folded } = yield* collected(Loom.stream(asked))
    const comparable = (answer: Generation.Generation) => ({
      ...essence(answer),
      content: answer.content.map((part) => part.type === "text" ? part.text : part.type),
      cost: answer.cost.picoUsd,
      model: answer.model
    })
    assert.deepStrictEqual(comparable(folded), comparable(unary))
    assert.strictEqual(unary.text, "Looms weave: 織機 🧶, naïvely.")

    // The same reply, part for part: what the stream was made of, answered whole.
    yield* sandbox.script({ respond: { status: 200, body: folded.native } })
    assert.deepStrictEqual(essence(yield* Loom.generate(asked)), essence(folded))
  })

  test("system", function*({ sandbox }) {
    yield* Loom.generate({ model, system: "Answer in French.", prompt: "Hello" })
    yield* Loom.generate({
      model,
      prompt: [{ role: "system", content: "Answer in Greek." }, { role: "user", content: "Hello" }]
    })
    assert.deepStrictEqual((yield* bodies(sandbox)).map(wire.system), ["Answer in French.", "Answer in Greek."])
  })

  test("multi-turn", function*({ sandbox }) {
    const first = yield* Loom.generate({ model, prompt: "[say: Penelope]" })
    const history = Prompt.concat(Prompt.make("[say: Penelope]"), Prompt.fromResponseParts(first.content))
    const second = yield* Loom.generate({ model, prompt: Prompt.concat(history, Prompt.make("[say: Arachne]")) })
    assert.strictEqual(second.text, "Arachne")
    assert.isAbove(second.usage.inputTokens, first.usage.inputTokens + first.usage.outputTokens)
    assert.match(JSON.stringify((yield* bodies(sandbox))[1]), /Penelope.*Penelope.*Arachne/)
  })

  test("parameters", function*({ sandbox }) {
    yield* Loom.generate({ model, prompt: "Hello", maxOutputTokens: 321, temperature: 0.25 })
    const [body] = yield* bodies(sandbox)
    assert.strictEqual(wire.maxOutputTokens(body ?? {}), 321)
    assert.strictEqual(wire.temperature(body ?? {}), 0.25)
  })

  test("images in: bytes, data URI and address", function*({ sandbox }) {
    const image = (data: Uint8Array | string | URL) =>
      Loom.generate({
        model,
        prompt: [{
          role: "user",
          content: [{ type: "text", text: "What is this?" }, { type: "file", mediaType: "image/png", data }]
        }]
      })
    const bytes = yield* image(Buffer.from(pixel, "base64"))
    const dataUri = yield* image(`data:image/png;base64,${pixel}`)
    const base64 = yield* image(pixel)
    const address = yield* image(new URL("https://example.com/loom.png"))
    const plain = yield* Loom.generate({ model, prompt: "What is this?" })
    const [first, second, third, fourth] = (yield* bodies(sandbox)).map((body) => JSON.stringify(body))
    assert.include(first, pixel)
    assert.strictEqual(second, first)
    assert.strictEqual(third, first)
    assert.include(fourth, "\"https://example.com/loom.png\"")
    for (const answer of [bytes, dataUri, base64, address]) {
      assert.isAbove(answer.usage.inputTokens, plain.usage.inputTokens)
    }
  })

  if (can.pdf !== undefined) {
    test("PDF in", function*({ sandbox }) {
      const pdf = (data: Uint8Array | URL) =>
        Loom.generate({
          model,
          prompt: [{ role: "user", content: [{ type: "file", mediaType: "application/pdf", data }] }]
        })
      yield* pdf(Buffer.from("%PDF-1.7 a loom"))
      assert.include(JSON.stringify((yield* bodies(sandbox))[0]), Buffer.from("%PDF-1.7 a loom").toString("base64"))
      const address = new URL("https://example.com/loom.pdf")
      if (can.pdf === "data and address") {
        yield* pdf(address)
        assert.include(JSON.stringify((yield* bodies(sandbox))[1]), address.href)
      } else {
        const error = yield* failure(pdf(address))
        assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "prompt" })
        assert.lengthOf(yield* sandbox.journal, 1)
      }
    })
  }

  test("a file of an unsupported type", function*({ sandbox }) {
    const asked: Parameters<typeof Loom.generate>[0] = {
      model,
      prompt: [{
        role: "user",
        content: [{ type: "file", mediaType: "application/x-weave", data: new Uint8Array([1]) }]
      }]
    }
    for (const run of [Loom.generate(asked), Stream.runDrain(Loom.stream(asked))]) {
      const error = yield* failure(run)
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "prompt" })
      assert.include(error.message, "application/x-weave")
      assert.deepStrictEqual(error.attempts, [])
    }
    assert.deepStrictEqual(yield* sandbox.journal, [])
  })

  test("tools: one call, its result sent back", function*({ sandbox }) {
    const prompt = "Please lookup_weather for me."
    const asked = { model, tools: [weather, clock] }
    const first = yield* Loom.generate({ ...asked, prompt })
    assert.strictEqual(first.finishReason, "tool-calls")
    const calls = first.content.flatMap((part) => part.type === "tool-call" ? [part] : [])
    assert.deepStrictEqual(calls.map(({ name }) => name), ["lookup_weather"])
    const [call] = calls
    assert(call !== undefined)
    assert.isTrue(Schema.is(weather.parametersSchema)(call.params))
    const second = yield* Loom.generate({
      ...asked,
      prompt: Prompt.concat(
        Prompt.concat(Prompt.make(prompt), Prompt.fromResponseParts(first.content)),
        Prompt.make([{
          role: "tool",
          content: [{
            type: "tool-result",
            id: call.id,
            name: call.name,
            isFailure: false,
            result: { sky: "clear", degrees: 21 }
          }]
        }])
      )
    })
    assert.strictEqual(second.finishReason, "stop")
    assert.include(second.text, "According to lookup_weather: {\"sky\":\"clear\",\"degrees\":21}")
    assert.strictEqual(spent([...first.attempts, ...second.attempts]), yield* billed(sandbox))
  })

  test("tools: parallel, one at a time, required, named, none", function*() {
    const prompt = "lookup_weather and read_clock"
    const names = (options: Partial<Parameters<typeof Loom.generate>[0]>) =>
      Effect.map(
        Loom.generate({ model, prompt, tools: [weather, clock], ...options }),
        ({ content }) => content.flatMap((part) => part.type === "tool-call" ? [part.name] : [])
      )
    assert.deepStrictEqual(yield* names({}), ["lookup_weather", "read_clock"])
    assert.deepStrictEqual(yield* names({ parallelToolCalls: false }), ["lookup_weather"])
    assert.deepStrictEqual(yield* names({ prompt: "Hello", toolChoice: "required" }), ["lookup_weather"])
    assert.deepStrictEqual(yield* names({ prompt: "Hello", toolChoice: { tool: "read_clock" } }), ["read_clock"])
    assert.deepStrictEqual(yield* names({ toolChoice: "none" }), [])
  })

  test("tools: streamed arguments", function*({ sandbox }) {
    const asked = { model, prompt: "lookup_weather and read_clock", tools: [weather, clock] }
    const { generation, parts } = yield* collected(Loom.stream(asked))
    const whole = generation.content.flatMap((part) => part.type === "tool-call" ? [part] : [])
    assert.lengthOf(whole, 2)
    for (const call of whole) {
      const mine = parts.filter((part) => "id" in part && part.id === call.id)
      assert.strictEqual(mine[0]?.type, "tool-params-start")
      assert.isAbove(mine.length, 4)
      const json = mine.map((part) => part.type === "tool-params-delta" ? part.delta : "").join("")
      assert.deepStrictEqual(JSON.parse(json), call.params)
      assert.deepStrictEqual(mine.slice(-2).map(({ type }) => type), ["tool-params-end", "tool-call"])
    }
    assert.strictEqual(generation.finishReason, "tool-calls")
    yield* sandbox.script({ respond: { status: 200, body: generation.native } })
    assert.deepStrictEqual(essence(yield* Loom.generate(asked)), essence(generation))
  })

  if (can.search !== undefined) {
    const { search } = can
    test("tools: the vendor's own search, with sources", function*({ sandbox }) {
      const asked = { model, prompt: "search for news about weaving", tools: [search] }
      const answer = yield* Loom.generate(asked)
      const sources = answer.content.flatMap((part) => part.type === "source" ? [part] : [])
      assert.isAbove(sources.length, 0)
      assert.isTrue(sources.every((source) => source.sourceType === "url" && source.title !== ""))
      assert.deepStrictEqual(answer.usage.requests, { web_search: 1 })
      const { generation } = yield* collected(Loom.stream(asked))
      assert.lengthOf(generation.content.filter(({ type }) => type === "source"), sources.length)
      assert.strictEqual(spent([...answer.attempts, ...generation.attempts]), yield* billed(sandbox))
    })
  }

  if (models.reasoning !== undefined) {
    const reasoner = named(models.reasoning)
    test("reasoning goes back into the next turn", function*({ sandbox }) {
      const prompt = Prompt.make("[say: Because of the warp.]")
      const ask = (prompt: Prompt.Prompt) => ({ model: reasoner, reasoning: "low" as const, prompt })
      const first = yield* Loom.generate(ask(prompt))
      assert.isAbove(first.usage.outputReasoning, 0)
      assert.strictEqual(first.text, "Because of the warp.")
      const { generation: streamed } = yield* collected(Loom.stream(ask(prompt)))
      for (const answer of [first, streamed]) {
        const history = Prompt.concat(prompt, Prompt.fromResponseParts(answer.content))
        const seals = history.content.flatMap((message) =>
          message.role === "assistant"
            ? message.content.flatMap((part) => part.type === "reasoning" ? [can.seal?.(part)] : [])
            : []
        )
        assert.lengthOf(seals, 1)
        const [seal] = seals
        assert(typeof seal === "string")
        const next = yield* Loom.generate(ask(Prompt.concat(history, Prompt.make("[say: And the weft.]"))))
        assert.strictEqual(next.text, "And the weft.")
        assert.include(JSON.stringify((yield* bodies(sandbox)).at(-1)), seal)
      }
      yield* sandbox.script({ respond: { status: 200, body: streamed.native } })
      assert.deepStrictEqual(essence(yield* Loom.generate(ask(prompt))), essence(streamed))
    })
  }

  test("objects: nested, optional, arrays, unions, recursive", function*({ sandbox }) {
    for (const topic of ["wool", "linen", "silk"]) {
      const { cost, object } = yield* Loom.generateObject({ model, schema: Order, prompt: `Make an order of ${topic}` })
      assert.isTrue(Schema.is(Order)(object))
      assert.isString(object.customer.name)
      assert.isAtLeast(object.plan.steps.length, 0)
      assert.strictEqual(cost.picoUsd, Number((yield* sandbox.bill).at(-1)?.amount))
    }
  })

  test("objects that aren't any are typed errors, and paid", function*({ sandbox }) {
    const Code = Schema.Struct({ code: Schema.String.check(Schema.isPattern(/^zz\d{9}$/)) })
    const cases = [
      { tag: "InvalidResponse", says: "maxOutputTokens", options: { maxOutputTokens: 3 }, prompt: "A code, please" },
      { tag: "ContentFiltered", says: "refused", options: {}, prompt: "[refuse]" },
      { tag: "InvalidResponse", says: "code", options: {}, prompt: "A code, please" }
    ]
    for (const { options, prompt, says, tag } of cases) {
      const error = yield* failure(Loom.generateObject({ model, schema: Code, prompt, ...options }))
      assert.strictEqual(error.reason._tag, tag)
      assert.include(error.why, says)
      assert.deepInclude(error.attempts[0], { outcome: tag, billed: "yes" })
      const charged = (yield* sandbox.bill).at(-1)
      assert.strictEqual(error.requestId, charged?.requestId)
      assert.strictEqual(error.attempts[0]?.cost?.picoUsd, Number(charged?.amount))
      assert.strictEqual(error.attempts[0]?.cost?.status, "measured")
    }
    assert.lengthOf(yield* sandbox.bill, cases.length)
  })

  if (can.stop !== undefined) {
    const { stop } = can
    test("stop sequences", function*({ sandbox }) {
      const answer = yield* Loom.generate({ model, prompt: "[say: one STOP two]", stop: ["STOP"] })
      assert.strictEqual(answer.text, "one ")
      assert.strictEqual(answer.finishReason, "stop")
      assert.deepStrictEqual(stop((yield* bodies(sandbox))[0] ?? {}), ["STOP"])
      assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox))
    })
  }
  if (can.seed !== undefined) {
    const { seed } = can
    test("seed", function*({ sandbox }) {
      yield* Loom.generate({ model, prompt: "Hello", seed: 42 })
      assert.strictEqual(seed((yield* bodies(sandbox))[0] ?? {}), 42)
    })
  }
  if (can.penalties !== undefined) {
    const { penalties } = can
    test("penalties", function*({ sandbox }) {
      yield* Loom.generate({ model, prompt: "Hello", presencePenalty: 0.5, frequencyPenalty: -1 })
      assert.deepStrictEqual(penalties((yield* bodies(sandbox))[0] ?? {}), [0.5, -1])
    })
  }

  test("native options go in untouched, the native reply comes out", function*({ sandbox }) {
    const answer = yield* Loom.generate({ model, prompt: "Hello", native: vendor.native.options })
    const [body] = yield* bodies(sandbox)
    for (const [name, value] of Object.entries(vendor.native.options)) assert.deepStrictEqual(body?.[name], value)
    assert.strictEqual(vendor.native.idOf(answer.native), (yield* sandbox.bill)[0]?.responseId)
    const { generation } = yield* collected(Loom.stream({ model, prompt: "Hello" }))
    assert.strictEqual(vendor.native.idOf(generation.native), (yield* sandbox.bill)[1]?.responseId)
  })

  if (can.serviceTier !== undefined) {
    const { answered, asked } = can.serviceTier
    test("service tier: the answered one is paid", function*({ sandbox }) {
      yield* sandbox.script({ answerServiceTier: answered })
      const other = yield* Loom.generate({ model, prompt: "[say: Hello]", serviceTier: asked })
      const same = yield* Loom.generate({ model, prompt: "[say: Hello]", serviceTier: asked })
      assert.deepStrictEqual([other.serviceTier, same.serviceTier], [answered, asked])
      const [first, second] = yield* sandbox.bill
      assert.strictEqual(other.cost.picoUsd, Number(first?.amount))
      assert.strictEqual(same.cost.picoUsd, Number(second?.amount))
      assert.notStrictEqual(first?.amount, second?.amount)
    })
  }

  test("maxOutputTokens ends with length", function*({ sandbox }) {
    const asked = { model, prompt: "[words: 200]", maxOutputTokens: 20 }
    const whole = yield* Loom.generate(asked)
    const { generation } = yield* collected(Loom.stream(asked))
    for (const answer of [whole, generation]) {
      assert.strictEqual(answer.finishReason, "length")
      assert.strictEqual(answer.usage.outputTokens, 20)
    }
    assert.strictEqual(spent([...whole.attempts, ...generation.attempts]), yield* billed(sandbox))
  })

  test("refusal and content filter", function*({ sandbox }) {
    for (const prompt of ["[refuse]", "[filter] [words: 40]"]) {
      const whole = yield* Loom.generate({ model, prompt })
      const { generation } = yield* collected(Loom.stream({ model, prompt }))
      for (const answer of [whole, generation]) {
        assert.strictEqual(answer.finishReason, "content-filter")
        assert.notStrictEqual(answer.text, "")
      }
    }
    assert.lengthOf(yield* sandbox.bill, 4)
  })

  test("usage is normalised", function*({ sandbox }) {
    const answers = [
      yield* Loom.generate({ model, prompt: "What is a loom?" }),
      yield* Loom.generate({ model: named(models.reasoning ?? models.text), prompt: "What is a loom?" })
    ]
    const bill = yield* sandbox.bill
    for (const [index, { usage }] of answers.entries()) {
      const charged = bill[index]
      assert(charged !== undefined)
      const { cacheWrite, cachedRead, input, output } = charged.tokens
      assert.strictEqual(usage.state, "reported")
      assert.strictEqual(usage.inputUncached, input)
      assert.strictEqual(usage.cacheRead, cachedRead)
      assert.deepStrictEqual(usage.cacheWrite, cacheWrite)
      assert.strictEqual(usage.inputTokens, Object.values(cacheWrite).reduce((sum, n) => sum + n, input + cachedRead))
      assert.strictEqual(usage.outputReasoning, charged.reasoning)
      assert.strictEqual(usage.outputText, output - charged.reasoning)
      assert.strictEqual(usage.totalTokens, usage.inputTokens + output)
    }
  })

  if (can.promptCache === true) {
    test("prompt cache: a hit is cheaper, and counted as saved", function*({ sandbox }) {
      const ask = (prompt: string) => Loom.generate({ model, system: tokens(1200), prompt })
      const first = yield* ask("One?")
      const second = yield* ask("Two?")
      assert.strictEqual(first.usage.cacheRead, 0)
      assert.strictEqual(first.saved.promptCache, 0)
      assert.isAtLeast(second.usage.cacheRead, 1024)
      const [, charged] = yield* sandbox.bill
      assert.strictEqual(second.cost.picoUsd, Number(charged?.amount))
      const rate = (item: string) => Number(charged?.lines.find((line) => line.item === item)?.rate)
      const saved = second.usage.cacheRead * (rate("input") - rate("cachedRead"))
      assert.isAbove(saved, 0)
      assert.strictEqual(second.saved.promptCache, saved)
      assert.strictEqual(second.saved.picoUsd, saved)
    })
  }

  if (models.writes !== undefined) {
    const writer = named(models.writes)
    test("prompt cache: a write's premium counts against what is saved", function*({ sandbox }) {
      const ask = (prompt: string) => Loom.generate({ model: writer, system: tokens(1300), prompt })
      const first = yield* ask("One?")
      const second = yield* ask("Two?")
      const written = Object.values(first.usage.cacheWrite).reduce((sum, count) => sum + count, 0)
      assert.isAtLeast(written, 1024)
      const bill = yield* sandbox.bill
      assert.deepStrictEqual([first, second].map(({ cost }) => cost.picoUsd), bill.map(({ amount }) => Number(amount)))
      const rate = (entry: number, item: string) =>
        Number(bill[entry]?.lines.find((line) => line.item.startsWith(item))?.rate ?? 0)
      const premium = written * (rate(0, "cacheWrite") - rate(0, "input"))
      assert.isAbove(premium, 0)
      assert.strictEqual(first.saved.promptCache, -premium)
      assert.isAbove(second.saved.promptCache, 0)
    })
  }

  test("request id, of answers and of errors", function*({ sandbox }) {
    const answer = yield* Loom.generate({ model, prompt: "Hello" })
    yield* sandbox.script({ respond: { status: 400 } })
    const error = yield* failure(Loom.generate({ model, prompt: "Hello" }))
    const ids = (yield* sandbox.journal).map(({ requestId }) => requestId)
    assert.isString(ids[0])
    assert.notStrictEqual(ids[0], ids[1])
    assert.deepStrictEqual([answer.requestId, error.requestId], ids)
    assert.deepStrictEqual([answer.attempts[0]?.requestId, error.attempts[0]?.requestId], ids)
  })

  test("priced by the name that the vendor answers with", function*({ sandbox }) {
    const answer = yield* Loom.generate({ model, prompt: "Hello" })
    assert.strictEqual(answer.model, models.answersAs)
    assert.strictEqual(answer.cost.price?.model, models.text)
    yield* sandbox.script({ answerModel: "loom-nobody-knows" })
    const unknown = yield* Loom.generate({ model, prompt: "Hello" })
    assert.strictEqual(unknown.model, "loom-nobody-knows")
    assert.strictEqual(unknown.cost.status, "estimated")
    assert.lengthOf(unknown.warnings, 1)
  })

  test("at price 1, the cost is the number of tokens", function*() {
    for (const stream of [false, true]) {
      const asked = { model, system: tokens(1200), prompt: "[words: 30]" }
      for (let i = 0; i < 2; i++) {
        const answer = stream ? (yield* collected(Loom.stream(asked))).generation : yield* Loom.generate(asked)
        assert.isAbove(answer.usage.totalTokens, 1200)
        assert.strictEqual(answer.cost.picoUsd, answer.usage.totalTokens)
      }
    }
  }, {
    catalog: (sandbox) =>
      (vendor.catalog === undefined ? Catalog.bundled : vendor.catalog(sandbox)).pipe(Catalog.registerModel({
        provider: vendor.key,
        model: models.text,
        upstreamModel: models.answersAs,
        // One pico-dollar a token.
        inputCostPer1M: 0.000001,
        outputCostPer1M: 0.000001,
        cachedReadCostPer1M: 0.000001
      }))
  })

  test("the SDK's own retries are off", function*({ sandbox }) {
    for (const status of [408, 409, 429, 500, 503]) {
      yield* sandbox.reset
      yield* sandbox.script({ respond: { status }, times: "always" })
      yield* failure(Loom.generate({ model, prompt: "Hello", retry: RetryPolicy.none }))
      assert.lengthOf(yield* sandbox.journal, 1)
      yield* failure(Stream.runDrain(Loom.stream({ model, prompt: "Hello", retry: quick })))
      assert.lengthOf(yield* sandbox.journal, 1 + quick.maxAttempts)
    }
  })

  test("interrupting a call closes its socket", function*({ records, sandbox }) {
    yield* sandbox.script({ hang: true })
    const fiber = yield* Effect.forkChild(Loom.generate({ model, prompt: "Hello" }))
    yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true)
    yield* Fiber.interrupt(fiber)
    const [entry] = yield* sandbox.awaitJournal(([entry]) => entry?.ended === true)
    assert.isTrue(entry?.clientClosed)
    assert.deepInclude(records[0], { outcome: "interrupted" })
    assert.deepInclude(records[0]?.attempts[0], { outcome: "interrupted", billed: "maybe" })
  })

  test("interrupting a stream's consumer closes its socket", function*({ records, sandbox }) {
    yield* sandbox.script({ stall: { afterEvents: 20 } })
    const shown = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkChild(
      Loom.stream({ model, prompt: "[words: 300]" }).pipe(
        Stream.runForEach((part) => part.type === "text-delta" ? Deferred.succeed(shown, undefined) : Effect.void)
      )
    )
    yield* Deferred.await(shown)
    yield* Fiber.interrupt(fiber)
    const [entry] = yield* sandbox.awaitJournal(([entry]) => entry?.ended === true)
    assert.isTrue(entry?.clientClosed)
    assert.lengthOf(records, 1)
    assert.deepInclude(records[0], { outcome: "interrupted" })
  })

  test("a consumer that takes enough closes the socket", function*({ sandbox }) {
    yield* sandbox.script({ stall: { afterEvents: 30 } })
    const parts = yield* Stream.runCollect(Stream.take(Loom.stream({ model, prompt: "[words: 300]" }), 4))
    assert.lengthOf(parts, 4)
    const [entry] = yield* sandbox.awaitJournal(([entry]) => entry?.ended === true)
    assert.isTrue(entry?.clientClosed)
  })

  test("the key is read at every use", function*({ environment, sandbox }) {
    yield* Loom.generate({ model, prompt: "Hello" })
    yield* sandbox.addKey("sk-second-0123456789wxyz")
    yield* sandbox.revokeKey(testKey)
    const error = yield* failure(Loom.generate({ model, prompt: "Hello" }))
    assert.strictEqual(error.reason._tag, "KeyRefused")
    assert.include(error.message, vendor.apiKeyEnv)
    environment[vendor.apiKeyEnv] = "sk-second-0123456789wxyz"
    yield* Loom.generate({ model, prompt: "Hello" })
    const keys = (yield* sandbox.journal).map(({ headers }) => JSON.stringify(headers).match(/\*\*\*(\w{4})/)?.[1])
    assert.deepStrictEqual(keys, ["abcd", "abcd", "wxyz"])
  }, { sandbox: { keys: [testKey] } })

  test("a missing key", function*({ environment, sandbox }) {
    Reflect.deleteProperty(environment, vendor.apiKeyEnv)
    const error = yield* failure(Loom.generate({ model, prompt: "Hello" }))
    assert.deepStrictEqual(error.reason._tag, "KeyMissing")
    assert.include(error.message, vendor.apiKeyEnv)
    assert.strictEqual(error.provider, vendor.key)
    assert.deepStrictEqual(error.attempts, [])
    assert.deepStrictEqual(yield* sandbox.journal, [])
  })
}
