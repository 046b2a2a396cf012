/**
 * What every text vendor must do, run over real sockets against the sandbox. Titles carry the vendor's key and the
 * capability.
 */
import { assert, it, vi } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema, type Scope, Stream, Struct } from "effect"
import { Prompt, Response, Tool } from "effect/ai"
import {
  Catalog,
  type GenerateError,
  type GenerateOptions,
  Generation,
  Loom,
  type Providers,
  type Request,
  RetryPolicy,
  type Usage
} from "loom-router"
import type { BillEntry, JournalEntry } from "loom-router/sandbox"
import { swapped } from "./swapped.ts"
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
  /** What a model is asked with that reasons by default, so that its answers are only text. */
  readonly defaults?: GenerateOptions.Defaults | undefined
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
    /** Whether it asks for a stream, where the body doesn't say so. */
    readonly streams?: ((request: JournalEntry) => boolean) | undefined
  }
  readonly native: {
    readonly options: Readonly<Record<string, unknown>>
    /** The id in the vendor's own reply. */
    readonly idOf: (native: unknown) => unknown
    /** What its replies carry, and those of whoever speaks as it does don't. */
    readonly marks?: ((native: unknown) => unknown) | undefined
    /** The reply as it was on the wire, where the SDK has other names for it. */
    readonly wireOf?: ((native: unknown) => unknown) | undefined
  }
  readonly can: {
    /** A server of one's own: it asks for no key, and its models are free, whatever they are called. */
    readonly local?: boolean | undefined
    /** False where it calls no tools. */
    readonly tools?: boolean | undefined
    /** Counts cached input apart. */
    readonly promptCache?: {
      /** Tokens that a prompt must begin with to be cached. */
      readonly from: number
      /** What marks the end of such a beginning, where it has to be marked. */
      readonly mark?: Prompt.ProviderOptions | undefined
      /** Marks the end of a part that is cached for as long as this, by what usage calls it. */
      readonly lasting?: Readonly<Record<string, Prompt.ProviderOptions>> | undefined
      /** Where the wire carries `promptCache.key`. One that isn't there is dropped, and the answer says so. */
      readonly key?: ((body: Body) => unknown) | undefined
      /** The lifetimes that can be asked of `models.writes`; where there are none, `ttl` is dropped with a warning. */
      readonly lifetimes?: ReadonlyArray<Request.Lifetime> | undefined
      /** What the vendor's rules say of a conversation with `promptCache: true`. */
      readonly conversation?: {
        readonly model: string
        /** Keeps nothing. */
        readonly off: Pick<GenerateOptions.Common, "promptCache">
        /** How many of a prompt's tokens are read and written, where the one before had `before`: 0 for the first. */
        readonly rule: (tokens: number, before: number) => { readonly read: number; readonly written: number }
      } | undefined
    } | undefined
    /** Searches the web by `webSearch`: where the wire carries its options. One that isn't there is refused or dropped. */
    readonly webSearch?:
      | { readonly [Name in keyof Request.WebSearch]?: (body: Body) => unknown }
      /** There is one, which the sandbox doesn't serve. */
      | "untried"
      | undefined
    /** Sends a PDF by address. */
    readonly pdf?: "data" | "data and address" | undefined
    readonly stop?: ((body: Body) => unknown) | undefined
    /** One that isn't there is dropped, and the answer says so. */
    readonly temperature?: ((body: Body) => unknown) | undefined
    readonly topP?: ((body: Body) => unknown) | undefined
    readonly seed?: ((body: Body) => unknown) | undefined
    readonly presencePenalty?: ((body: Body) => unknown) | undefined
    readonly frequencyPenalty?: ((body: Body) => unknown) | undefined
    /** Each at a price of its own; `model` where `text` has no such tiers. */
    readonly serviceTier?:
      | { readonly model?: string | undefined; readonly asked: string; readonly answered: string }
      | undefined
    /** Where it runs, at a price of its own: options, and what the answer calls it. */
    readonly region?:
      | { readonly model: string; readonly native: Readonly<Record<string, unknown>>; readonly answered: string }
      | undefined
    /** Stops in the middle of its own search, to be asked to go on. */
    readonly pauses?: boolean | undefined
    /** Can be held to schemas that refer to themselves. */
    readonly recursion?: boolean | undefined
    /** Says in words that it refuses. */
    readonly refusesInWords?: boolean | undefined
    /** False where nothing but its words tells that an answer was refused or filtered. */
    readonly filters?: boolean | undefined
    /** False where answers don't name the model that gave them. */
    readonly namesModel?: boolean | undefined
    /** Statuses after which it may have been billed, so that it isn't asked again. */
    readonly maybeBilled?: ReadonlyArray<number> | undefined
    /** False where usage doesn't tell reasoning from the rest of the output. */
    readonly countsReasoning?: boolean | undefined
    /** Tells what it has counted while it streams, before the end. */
    readonly countsEarly?: boolean | undefined
    /** Its own web search. */
    readonly search?: Tool.Any | undefined
    /** What a reasoning part carries for the next turn. */
    readonly seal?: ((part: { readonly options: Prompt.ProviderOptions }) => string | undefined) | undefined
    /** The parts that carry it, where those are others than reasoning. */
    readonly sealed?: "text" | undefined
    /** False where the arguments of a call come in one piece. */
    readonly streamsArguments?: boolean | undefined
    /** Where the thoughts of an answer are in the next turn's request, as the text they were. */
    readonly thoughts?: ((body: Body) => unknown) | undefined
    /** Sees no images. */
    readonly blind?: boolean | undefined
    /** Follows links to images; otherwise they are refused before they are sent: true. */
    readonly imageLinks?: boolean | undefined
    /** The choices of tools besides `auto`: all of them. */
    readonly toolChoices?: ReadonlyArray<"required" | "none" | "named"> | undefined
    /** Can be held to one call at a time; otherwise that is dropped, and the answer says so: true. */
    readonly parallelToolCalls?: boolean | undefined
    /** What tells the id of a request: of answers alone where no header does. */
    readonly requestIds?: "of answers" | undefined
  }
}

/** One test of the contract. */
export interface Case {
  readonly title: string
  readonly setup: Setup
  readonly body: (world: World) => Effect.fn.Return<void, GenerateError.GenerateError, Scope.Scope>
}

export type Body = Readonly<Record<string, unknown>>

/** What is at this path of a value. */
export const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (value, name) => typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined,
    value
  )

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

const order = {
  customer: Schema.Struct({ name: Schema.String, vip: Schema.Boolean }),
  note: Schema.optionalKey(Schema.String),
  lines: Schema.Array(Schema.Struct({ sku: Schema.String, count: Schema.Int })),
  payment: Schema.Union([
    Schema.Struct({ kind: Schema.Literal("card"), last4: Schema.String }),
    Schema.Struct({ kind: Schema.Literal("invoice"), days: Schema.Int })
  ])
}
const Order = Schema.Struct(order)
const OrderAndPlan = Schema.Struct({ ...order, plan: Plan })

/** What an answer is, apart from where it came from. */
const essence = ({ content, finishReason, text, usage }: Generation.Generation) => ({
  text,
  finishReason,
  usage,
  content
})

const say = (text: string) => ({ role: "user" as const, content: text })

/** What the vendor's prompt cache made a request cheaper by, by the sandbox's bill; below 0 for what it wrote. */
const savedBy = (charged: BillEntry | undefined): number => {
  const rate = Number(charged?.lines.find(({ item }) => item === "input")?.rate)
  return charged?.lines.reduce(
    (sum, line) => line.item.startsWith("cache") ? sum + line.quantity * (rate - Number(line.rate)) : sum,
    0
  ) ?? NaN
}

/** A catalog in which each token of a model costs one pico-dollar, whatever it was for. */
const priceOne = (provider: string, { answersAs, text }: Vendor["models"]): string => `
provider: ${provider}
models:
  - id: ${text}
    upstream: ${answersAs}
    prices:
      - input: 0.000001
        cached_read: 0.000001
        cache_write: { 5m: 0.000001, 1h: 0.000001, 30m: 0.000001 }
        output: 0.000001
    confidence: user
    source: [test]
`

const collected = <E, R>(stream: Stream.Stream<Generation.Part, E, R>) =>
  Effect.map(Stream.runCollect(stream), (parts) => {
    const generation = Generation.fromParts(parts)
    assert(generation !== undefined, "the stream has a finish part")
    return { parts, generation }
  })

const isFull = process.env["LOOM_TEST"] === "full"

/** Every vendor whose contract was run, or looked at: `table.ts` tells what they can. */
export const vendors: Array<Vendor> = []

/** Runs every test of a vendor's contract, which holds at no other's route. */
export const contract = (vendor: Vendor, isShaped = false): void => {
  vendors.push(vendor)
  // Those of one shape share its adapter: the quick run takes every other case of each, by turns.
  const isLeftOut = (index: number) => !isFull && isShaped && (index + vendor.key.length) % 2 === 0
  casesOf(vendor).forEach(({ body, setup, title }, index) => {
    if (!isLeftOut(index)) it.live(title, () => inWorld(setup, body))
  })
  swapped(vendor, casesOf)
}

/** What the contract asks of a vendor. */
export const casesOf = (vendor: Vendor): ReadonlyArray<Case> => {
  const { can, models, wire } = vendor
  const cases: Array<Case> = []
  const wireOf = vendor.native.wireOf ?? ((native: unknown) => native)
  const named = (id: string): `${string}/${string}` => `${vendor.key}/${id}`
  const model = named(models.text)

  const test = (capability: string, body: Case["body"], options?: Partial<Setup>) => {
    cases.push({
      title: `${vendor.title ?? vendor.key}: ${capability}`,
      setup: {
        catalog: vendor.catalog,
        providers: vendor.providers,
        environment: { [vendor.apiKeyEnv]: testKey },
        defaults: vendor.defaults,
        ...options
      },
      body
    })
  }

  const soldTest: typeof test = can.local === true ? () => {} : test

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
    yield* sandbox.script({ respond: { status: 200, body: wireOf(folded.native) } })
    assert.deepStrictEqual(essence(yield* Loom.generate(asked)), essence(folded))
  })

  test("a stream parses the same wherever the network cuts it", function*({ sandbox }) {
    const asks: ReadonlyArray<GenerateOptions.GenerateOptions> = [
      { model, prompt: `[say: ${"織機 🧶 naïvely ".repeat(8)}]` },
      ...can.tools === false ? [] : [{ model, prompt: "lookup_weather and read_clock", tools: [weather, clock] }],
      ...models.reasoning === undefined
        ? []
        : [{ model: named(models.reasoning), prompt: "[say: Because of the warp.]", reasoning: "low" as const }]
    ]
    for (const asked of asks) {
      const read = Effect.fnUntraced(function*(chunks: { readonly seed?: string; readonly sizes?: Array<number> }) {
        yield* sandbox.reset
        yield* sandbox.script({ chunks })
        const { generation, parts } = yield* collected(Loom.stream(asked))
        return { ...essence(generation), cost: generation.cost.picoUsd, parts: parts.slice(0, -1) }
      })
      const whole = yield* read({ sizes: [1_000_000] })
      for (const seed of isFull ? ["a", "b", "c", "d", "e", "f"] : ["a"]) {
        assert.deepStrictEqual(yield* read({ seed }), whole)
      }
      if (isFull) assert.deepStrictEqual(yield* read({ sizes: [1] }), whole)
    }
  }, { sandbox: { startsAt: Date.UTC(2026, 10, 23, 10) } })

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

  test("maxOutputTokens", function*({ sandbox }) {
    yield* Loom.generate({ model, prompt: "Hello", maxOutputTokens: 321 })
    assert.strictEqual(wire.maxOutputTokens((yield* bodies(sandbox))[0] ?? {}), 321)
  })

  const params = { temperature: 0.25, topP: 0.5, seed: 42, presencePenalty: 0.5, frequencyPenalty: -1 }
  for (const name of Struct.keys(params)) {
    const sent = can[name]
    test(sent === undefined ? `${name} is dropped, and the answer says so` : name, function*({ sandbox }) {
      const asked = { model, prompt: "Hello", [name]: params[name] }
      const whole = yield* Loom.generate(asked)
      const { generation } = yield* collected(Loom.stream(asked))
      for (const [index, { warnings }] of [whole, generation].entries()) {
        assert.strictEqual(sent?.((yield* bodies(sandbox))[index] ?? {}), sent && params[name])
        assert.lengthOf(warnings, sent === undefined ? 1 : 0)
        if (sent === undefined) assert.match(warnings[0] ?? "", new RegExp(`^${name} was dropped`))
      }
    })
  }

  if (can.blind !== true) {
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
      const link = image(new URL("https://example.com/loom.png"))
      const plain = yield* Loom.generate({ model, prompt: "What is this?" })
      const address = can.imageLinks === false ? [] : [yield* link]
      const [first, second, third, , fourth] = (yield* bodies(sandbox)).map((body) => JSON.stringify(body))
      assert.include(first, pixel)
      assert.strictEqual(second, first)
      assert.strictEqual(third, first)
      if (can.imageLinks === false) {
        assert.deepInclude((yield* failure(link)).reason, { _tag: "InvalidRequest", field: "prompt" })
        assert.isUndefined(fourth)
      } else assert.include(fourth, "\"https://example.com/loom.png\"")
      for (const answer of [bytes, dataUri, base64, ...address]) {
        assert.isAbove(answer.usage.inputTokens, plain.usage.inputTokens)
      }
    })
  }

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

  const toolTest: typeof test = can.tools === false ? () => {} : test
  if (can.tools === false) {
    test("tools are refused before they are asked", function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ model, prompt: "lookup_weather", tools: [weather] }))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "tools" })
      assert.deepStrictEqual(yield* sandbox.journal, [])
    })
  }

  toolTest("tools: one call, its result sent back", function*({ sandbox }) {
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
            result: { degrees: 21, sky: "clear" }
          }]
        }])
      )
    })
    assert.strictEqual(second.finishReason, "stop")
    assert.include(second.text, "According to lookup_weather: {\"degrees\":21,\"sky\":\"clear\"}")
    assert.strictEqual(spent([...first.attempts, ...second.attempts]), yield* billed(sandbox))
  })

  toolTest("tools: parallel, required, named, none", function*() {
    const prompt = "lookup_weather and read_clock"
    type Options = Partial<GenerateOptions.Common>
    const names = (options: Options) =>
      Effect.map(
        Loom.generate({ model, prompt, tools: [weather, clock], ...options }),
        ({ content }) => content.flatMap((part) => part.type === "tool-call" ? [part.name] : [])
      )
    const choices = can.toolChoices ?? ["required", "none", "named"]
    assert.deepStrictEqual(yield* names({}), ["lookup_weather", "read_clock"])
    const hello = { prompt: "Hello" } as const
    const asked: ReadonlyArray<readonly [typeof choices[number], Options, ReadonlyArray<string>]> = [
      ["required", { ...hello, toolChoice: "required" }, ["lookup_weather"]],
      ["named", { ...hello, toolChoice: { tool: "read_clock" } }, ["read_clock"]],
      ["none", { toolChoice: "none" }, []]
    ]
    for (const [choice, options, expected] of asked) {
      // Without its tools, a model calls none of them.
      if (choices.includes(choice) || choice === "none") assert.deepStrictEqual(yield* names(options), expected)
      else {
        const error = yield* failure(names(options))
        assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "toolChoice" })
        assert.deepStrictEqual(error.attempts, [])
      }
    }
  })

  toolTest("tools: one at a time", function*() {
    const prompt = "lookup_weather and read_clock"
    const answer = yield* Loom.generate({ model, prompt, tools: [weather, clock], parallelToolCalls: false })
    const calls = answer.content.filter(({ type }) => type === "tool-call")
    assert.lengthOf(calls, can.parallelToolCalls === false ? 2 : 1)
    if (can.parallelToolCalls === false) assert.match(answer.warnings.join(), /^parallelToolCalls was dropped/)
  })

  toolTest("tools: streamed arguments", function*({ sandbox }) {
    const asked = { model, prompt: "lookup_weather and read_clock", tools: [weather, clock] }
    const { generation, parts } = yield* collected(Loom.stream(asked))
    const whole = generation.content.flatMap((part) => part.type === "tool-call" ? [part] : [])
    assert.lengthOf(whole, 2)
    for (const call of whole) {
      const mine = parts.filter((part) => "id" in part && part.id === call.id)
      assert.strictEqual(mine[0]?.type, "tool-params-start")
      assert.isAtLeast(mine.length, can.streamsArguments === false ? 4 : 5)
      const json = mine.map((part) => part.type === "tool-params-delta" ? part.delta : "").join("")
      assert.deepStrictEqual(JSON.parse(json), call.params)
      assert.deepStrictEqual(mine.slice(-2).map(({ type }) => type), ["tool-params-end", "tool-call"])
    }
    assert.strictEqual(generation.finishReason, "tool-calls")
    yield* sandbox.script({ respond: { status: 200, body: wireOf(generation.native) } })
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
      for (const found of [answer, generation]) {
        const history = Prompt.concat(Prompt.make(asked.prompt), Prompt.fromResponseParts(found.content))
        const next = yield* Loom.generate({ ...asked, prompt: Prompt.concat(history, Prompt.make("[say: More.]")) })
        assert.strictEqual(next.text, "More.")
        assert.isAbove(next.usage.inputTokens, found.usage.inputTokens)
      }
      yield* sandbox.script({ respond: { status: 200, body: wireOf(generation.native) } })
      assert.deepStrictEqual(essence(yield* Loom.generate(asked)), essence(generation))
    })

    test("tools: the vendor's own search is paid, call by call", function*({ sandbox }) {
      const asked = { model, prompt: "search for news about weaving", tools: [search] }
      const answer = yield* Loom.generate({ ...asked, toolChoice: { tool: search.name } })
      const { generation } = yield* collected(Loom.stream(asked))
      const plain = yield* Loom.generate({ ...asked, prompt: "[say: Hello]" })
      assert.deepStrictEqual([answer, generation, plain].map(({ usage }) => usage.requests["web_search"] ?? 0), [
        1,
        1,
        0
      ])
      assert.deepStrictEqual(
        [answer, generation, plain].map(({ cost }) => cost.picoUsd),
        (yield* sandbox.bill).map(({ amount }) => Number(amount))
      )
    })

    if (can.pauses === true) {
      test("tools: a pause goes on where it stopped", function*({ sandbox }) {
        const prompt = Prompt.make("search for news about weaving [pause]")
        const asked = { model, tools: [search] }
        const whole = yield* Loom.generate({ ...asked, prompt })
        const { generation } = yield* collected(Loom.stream({ ...asked, prompt }))
        const attempts = [...whole.attempts, ...generation.attempts]
        for (const paused of [whole, generation]) {
          assert.strictEqual(paused.finishReason, "pause")
          const history = Prompt.concat(prompt, Prompt.fromResponseParts(paused.content))
          const rest = yield* Loom.generate({ ...asked, prompt: history })
          assert.strictEqual(rest.finishReason, "stop")
          assert.notStrictEqual(rest.text, "")
          attempts.push(...rest.attempts)
        }
        assert.strictEqual(spent(attempts), yield* billed(sandbox))
      })
    }
  }

  if (can.webSearch === undefined) {
    test("webSearch is refused, and the error says who can", function*({ sandbox }) {
      const asked = { model, prompt: "search for news about weaving", webSearch: true }
      for (const run of [Loom.generate(asked), Stream.runDrain(Loom.stream(asked))]) {
        const error = yield* failure(run)
        assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "webSearch" })
        assert.match(error.why, /OpenAI.*Anthropic|Anthropic.*OpenAI/)
      }
      assert.deepStrictEqual(yield* sandbox.journal, [])
    })
  } else if (can.webSearch !== "untried") {
    const asked = { model, prompt: "search for news about weaving", webSearch: true }

    test("webSearch: sources with the spans that rest on them, and a fee", function*({ sandbox }) {
      const whole = yield* Loom.generate(asked)
      const { generation: streamed } = yield* collected(Loom.stream(asked))
      const plain = yield* Loom.generate({ ...asked, prompt: "[say: Hello]" })
      for (const answer of [whole, streamed]) {
        assert.deepStrictEqual(answer.warnings, [])
        assert.deepStrictEqual(answer.usage.requests, { web_search: 1 })
        assert.isTrue(answer.cost.lines.some(({ picoUsd, unit }) => unit === "requests.web_search" && picoUsd > 0))
        const sources = Generation.sources(answer)
        assert.isAbove(sources.length, 0)
        for (const { span, title, url } of sources) {
          assert.match(url, /^https:/)
          assert.notStrictEqual(title, "")
          assert(span !== undefined)
          assert.isAbove(answer.text.slice(span.start, span.end).trim().length, 0)
          assert.isAtMost(span.end, answer.text.length)
        }
      }
      assert.deepStrictEqual(plain.usage.requests, {})
      assert.deepStrictEqual(Generation.sources(plain), [])
      assert.deepStrictEqual(
        [whole, streamed, plain].map(({ cost }) => cost.picoUsd),
        (yield* sandbox.bill).map(({ amount }) => Number(amount))
      )
    })

    test("webSearch: false searches nothing", function*({ sandbox }) {
      const { usage } = yield* Loom.generate({ ...asked, webSearch: false })
      assert.deepStrictEqual(usage.requests, {})
      yield* Loom.generate({ model, prompt: asked.prompt })
      const [off, unset] = (yield* bodies(sandbox)).map((body) => JSON.stringify(body))
      assert.strictEqual(off, unset)
    })

    const options: Required<Request.WebSearch> = {
      maxUses: 3,
      allowedDomains: ["example.org"],
      blockedDomains: ["example.net"],
      location: { city: "Ulm", country: "DE" },
      contextSize: "high"
    }
    for (const name of Struct.keys(options)) {
      const sent = can.webSearch[name]
      test(
        `webSearch.${name}${sent === undefined ? " is refused or dropped, which is said" : ""}`,
        function*({ sandbox }) {
          const run = Effect.result(Loom.generate({ ...asked, webSearch: { [name]: options[name] } }))
          const result = yield* run
          if (result._tag === "Failure") {
            assert.strictEqual(sent, undefined)
            assert.deepInclude(result.failure.reason, { _tag: "Unsupported", feature: `webSearch.${name}` })
            assert.deepStrictEqual(yield* sandbox.journal, [])
            return
          }
          const { usage, warnings } = result.success
          assert.deepStrictEqual(usage.requests, { web_search: 1 })
          assert.lengthOf(warnings, sent === undefined ? 1 : 0)
          if (sent === undefined) assert.match(warnings[0] ?? "", new RegExp(`^webSearch.${name} was dropped`))
          else assert.deepEqual(sent((yield* bodies(sandbox))[0] ?? {}), options[name])
        }
      )
    }
  }

  if (models.reasoning !== undefined) {
    const reasoner = named(models.reasoning)
    test("reasoning goes back into the next turn", function*({ sandbox }) {
      const prompt = Prompt.make("[say: Because of the warp.]")
      const ask = (prompt: Prompt.Prompt) => ({ model: reasoner, reasoning: "low" as const, prompt })
      const first = yield* Loom.generate(ask(prompt))
      if (can.countsReasoning !== false) assert.isAbove(first.usage.outputReasoning, 0)
      assert.strictEqual(first.text, "Because of the warp.")
      const { generation: streamed } = yield* collected(Loom.stream(ask(prompt)))
      for (const answer of [first, streamed]) {
        const history = Prompt.concat(prompt, Prompt.fromResponseParts(answer.content))
        const said = history.content.flatMap((message) => message.role === "assistant" ? message.content : [])
        const thoughts = said.filter((part) => part.type === "reasoning")
        assert.lengthOf(thoughts, 1)
        const [thought] = thoughts
        assert(thought !== undefined)
        const next = yield* Loom.generate(ask(Prompt.concat(history, Prompt.make("[say: And the weft.]"))))
        assert.strictEqual(next.text, "And the weft.")
        const body = (yield* bodies(sandbox)).at(-1) ?? {}
        if (can.thoughts === undefined) {
          const seal = can.seal?.(said.findLast(({ type }) => type === (can.sealed ?? "reasoning")) ?? thought)
          assert(typeof seal === "string")
          assert.include(JSON.stringify(body), seal)
        } else {
          assert.notStrictEqual(thought.text, "")
          assert.strictEqual(can.thoughts(body), thought.text)
        }
      }
      yield* sandbox.script({ respond: { status: 200, body: wireOf(streamed.native) } })
      assert.deepStrictEqual(essence(yield* Loom.generate(ask(prompt))), essence(streamed))
    })

    if (can.seal !== undefined) {
      test("reasoning that was tampered with is refused", function*({ sandbox }) {
        const forge = (metadata: Response.ProviderMetadata): Response.ProviderMetadata => {
          const seal = can.seal?.({ options: metadata })
          assert(seal !== undefined)
          return JSON.parse(JSON.stringify(metadata).replace(seal.slice(8, 24), "forged"))
        }
        const prompt = Prompt.make("Why?")
        const first = yield* Loom.generate({ model: reasoner, reasoning: "low", prompt })
        const forged = Prompt.fromResponseParts(
          first.content.map((part) =>
            (part.type === "reasoning" || part.type === "text") && part.type === (can.sealed ?? "reasoning")
              ? Response.makePart(part.type, { text: part.text, metadata: forge(part.metadata) })
              : part
          )
        )
        const history = Prompt.concat(Prompt.concat(prompt, forged), Prompt.make("And?"))
        const error = yield* failure(Loom.generate({ model: reasoner, reasoning: "low", prompt: history }))
        assert.deepInclude(error, { status: 400, provider: vendor.key })
        assert.strictEqual(error.reason._tag, "InvalidRequest")
        assert.deepInclude(error.attempts[0], { billed: "no" })
        assert.lengthOf(yield* sandbox.bill, 1)
      })
    }
  }

  test("objects: nested, optional, arrays, unions", function*({ sandbox }) {
    for (const topic of ["wool", "linen", "silk"]) {
      const { cost, object } = yield* Loom.generateObject({ model, schema: Order, prompt: `Make an order of ${topic}` })
      assert.isTrue(Schema.is(Order)(object))
      assert.isString(object.customer.name)
      assert.strictEqual(cost.picoUsd, Number((yield* sandbox.bill).at(-1)?.amount))
    }
  })

  test(can.recursion === true ? "objects: recursive" : "objects: recursive ones are refused", function*({ sandbox }) {
    const asked = Loom.generateObject({ model, schema: OrderAndPlan, prompt: "Make an order of wool" })
    if (can.recursion === true) {
      assert.isTrue(Schema.is(OrderAndPlan)((yield* asked).object))
      return
    }
    assert.deepInclude((yield* failure(asked)).reason, { _tag: "InvalidRequest", field: "schema" })
    const tool = Tool.make("plant", { parameters: Schema.Struct({ plan: Plan }) }).annotate(Tool.Strict, true)
    const error = yield* failure(Loom.generate({ model, prompt: "plant", tools: [tool] }))
    assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "tools" })
    assert.deepStrictEqual(yield* sandbox.journal, [])
  })

  test("objects that aren't any are typed errors, and paid", function*({ sandbox }) {
    const Code = Schema.Struct({ code: Schema.String.check(Schema.isPattern(/^zz\d{9}$/)) })
    const cases = [
      { tag: "InvalidResponse", says: "maxOutputTokens", options: { maxOutputTokens: 3 }, prompt: "A code, please" },
      can.filters === false
        ? { tag: "InvalidResponse", says: "no JSON", options: {}, prompt: "[refuse]" }
        : { tag: "ContentFiltered", says: "refused", options: {}, prompt: "[refuse]" },
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

  test("native options don't change whether it streams", function*({ sandbox }) {
    const { streams = ({ body }: JournalEntry) => at(body, "stream") ?? false } = wire
    const native = (stream: boolean) => wire.streams === undefined ? { native: { stream } } : {}
    yield* Loom.generate({ model, prompt: "Hello", ...native(true) })
    yield* collected(Loom.stream({ model, prompt: "Hello", ...native(false) }))
    assert.deepStrictEqual((yield* sandbox.journal).map(streams), [false, true])
  })

  test("native options go in untouched, the native reply comes out", function*({ sandbox }) {
    const answer = yield* Loom.generate({ model, prompt: "Hello", native: vendor.native.options })
    const [body] = yield* bodies(sandbox)
    for (const [name, value] of Object.entries(vendor.native.options)) assert.deepStrictEqual(body?.[name], value)
    assert.strictEqual(vendor.native.idOf(answer.native), (yield* sandbox.bill)[0]?.responseId)
    const { marks } = vendor.native
    if (marks !== undefined) assert.isDefined(marks(answer.native))
    const { generation } = yield* collected(Loom.stream({ model, prompt: "Hello" }))
    assert.strictEqual(vendor.native.idOf(generation.native), (yield* sandbox.bill)[1]?.responseId)
  })

  if (can.serviceTier !== undefined) {
    const { answered, asked, model = models.text } = can.serviceTier
    test("service tier: the answered one is paid", function*({ sandbox }) {
      const ask = Loom.generate({ model: named(model), prompt: "[say: Hello]", serviceTier: asked })
      yield* sandbox.script({ answerServiceTier: answered })
      const other = yield* ask
      const same = yield* ask
      assert.deepStrictEqual([other.serviceTier, same.serviceTier], [answered, asked])
      const [first, second] = yield* sandbox.bill
      assert.strictEqual(other.cost.picoUsd, Number(first?.amount))
      assert.strictEqual(same.cost.picoUsd, Number(second?.amount))
      assert.notStrictEqual(first?.amount, second?.amount)
    })
  }

  if (can.region !== undefined) {
    const { answered, model, native } = can.region
    test("region: the answered one is paid", function*({ sandbox }) {
      const asked = { model: named(model), prompt: "[say: Hello]" }
      const there = yield* Loom.generate({ ...asked, native })
      const { generation: streamed } = yield* collected(Loom.stream({ ...asked, native }))
      const anywhere = yield* Loom.generate(asked)
      assert.deepStrictEqual([there.region, streamed.region], [answered, answered])
      assert.notStrictEqual(anywhere.region, answered)
      assert.isAbove(there.cost.picoUsd ?? NaN, anywhere.cost.picoUsd ?? NaN)
      assert.deepStrictEqual(
        [there, streamed, anywhere].map(({ cost }) => cost.picoUsd),
        (yield* sandbox.bill).map(({ amount }) => Number(amount))
      )
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
        assert.strictEqual(answer.finishReason, can.filters === false ? "stop" : "content-filter")
        if (can.refusesInWords === true) assert.notStrictEqual(answer.text, "")
      }
    }
    assert.lengthOf(yield* sandbox.bill, 4)
  })

  test("usage is normalised", function*({ sandbox }) {
    const answers = [
      yield* Loom.generate({ model, prompt: "What is a loom?" }),
      yield* Loom.generate({
        model: named(models.reasoning ?? models.text),
        prompt: "What is a loom?",
        ...models.reasoning === undefined ? {} : { reasoning: "low" }
      })
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
      const reasoning = can.countsReasoning === false ? 0 : charged.reasoning
      assert.strictEqual(usage.outputReasoning, reasoning)
      assert.strictEqual(usage.outputText, output - reasoning)
      assert.strictEqual(usage.totalTokens, usage.inputTokens + output)
    }
  })

  /** A system message that is cached, where anything is. */
  const beginning = (letter = "a") => ({
    role: "system" as const,
    content: tokens((can.promptCache?.from ?? 1024) + 176, letter),
    options: can.promptCache?.mark ?? {}
  })

  if (can.promptCache !== undefined) {
    const { from } = can.promptCache
    const asked = (id: string, prompt: string) => ({ model: named(id), prompt: [beginning(), say(prompt)] })

    test("prompt cache: a hit is cheaper, and counted as saved", function*({ sandbox }) {
      const first = yield* Loom.generate(asked(models.text, "One?"))
      const { generation: second } = yield* collected(Loom.stream(asked(models.text, "Two?")))
      const bill = yield* sandbox.bill
      assert.strictEqual(first.usage.cacheRead, 0)
      assert.isAtLeast(second.usage.cacheRead, from)
      assert.isBelow(second.cost.picoUsd ?? NaN, first.cost.picoUsd ?? NaN)
      assert.isAbove(second.saved.promptCache, 0)
      for (const [index, { cost, saved }] of [first, second].entries()) {
        assert.strictEqual(cost.picoUsd, Number(bill[index]?.amount))
        assert.strictEqual(saved.promptCache, savedBy(bill[index]))
        assert.strictEqual(saved.picoUsd, saved.promptCache)
      }
    })

    if (can.countsEarly === true) {
      test("what was counted of the input before a stream broke, or was left, is what it cost", function*(world) {
        const { records, sandbox } = world
        yield* Loom.generate(asked(models.text, "One?"))
        yield* sandbox.script({ cut: { afterEvents: 20 } })
        const broken = yield* failure(Stream.runDrain(Loom.stream(asked(models.text, "[words: 300]"))))
        assert.strictEqual(broken.reason._tag, "Partial")
        yield* sandbox.script({ stall: { afterEvents: 20 } })
        yield* Stream.runDrain(Stream.take(Loom.stream(asked(models.text, "[words: 400]")), 4))
        yield* sandbox.awaitJournal(([, , entry]) => entry?.ended === true)
        const bill = yield* sandbox.bill
        const [, cut, left] = records.map(({ attempts }) => attempts[0])
        assert.deepStrictEqual(broken.usage, cut?.usage)
        assert.isFalse(bill[1]?.complete)
        for (const [index, attempt] of [[1, cut], [2, left]] as const) {
          const { tokens } = bill[index] ?? assert.fail("it was not charged")
          assert.deepInclude(attempt?.usage, {
            state: "estimated",
            inputUncached: tokens.input,
            cacheRead: tokens.cachedRead
          })
          assert.isAbove(tokens.cachedRead, 0)
          assert.isAbove(attempt?.usage?.outputText ?? 0, 0)
          assert.strictEqual(attempt?.cost?.status, "estimated")
        }
      })
    }

    const { writes } = models
    if (writes !== undefined) {
      test("prompt cache: a write's premium counts against what is saved", function*({ sandbox }) {
        const first = yield* Loom.generate(asked(writes, "One?"))
        const second = yield* Loom.generate(asked(writes, "Two?"))
        assert.isAtLeast(Object.values(first.usage.cacheWrite).reduce((sum, count) => sum + count, 0), from)
        assert.isBelow(first.saved.promptCache, 0)
        const bill = yield* sandbox.bill
        assert.deepStrictEqual(
          [first, second].map(({ cost }) => cost.picoUsd),
          bill.map(({ amount }) => Number(amount))
        )
        assert.deepStrictEqual([first, second].map(({ saved }) => saved.promptCache), bill.map(savedBy))
      })
    }
  }

  if (can.promptCache === undefined) {
    test("promptCache is dropped, and the answer says so", function*() {
      const { warnings } = yield* Loom.generate({ model, prompt: "Hello", promptCache: true })
      assert.lengthOf(warnings, 1)
      assert.match(warnings[0] ?? "", /^promptCache was dropped/)
    })
  } else {
    const { conversation, from, key, lifetimes } = can.promptCache
    const cached = models.writes ?? models.text
    const asked = (promptCache: GenerateOptions.Common["promptCache"], prompt: string) => ({
      model: named(cached),
      promptCache,
      prompt: [{ role: "system" as const, content: tokens(from + 176, "p") }, say(prompt)]
    })

    test("prompt cache: asked for with one word", function*({ sandbox }) {
      const first = yield* Loom.generate(asked(true, "One?"))
      const { generation: second } = yield* collected(Loom.stream(asked(true, "Two?")))
      assert.isAtLeast(second.usage.cacheRead, from)
      assert.deepStrictEqual([...first.warnings, ...second.warnings], [])
      assert.strictEqual(spent([...first.attempts, ...second.attempts]), yield* billed(sandbox))
    })

    test(
      key === undefined ? "promptCache.key is dropped, and the answer says so" : "promptCache.key",
      function*(world) {
        const { warnings } = yield* Loom.generate(asked({ key: "tenant-7" }, "One?"))
        assert.strictEqual(key?.((yield* bodies(world.sandbox))[0] ?? {}), key && "tenant-7")
        assert.lengthOf(warnings, key === undefined ? 1 : 0)
        if (key === undefined) assert.match(warnings[0] ?? "", /^promptCache.key was dropped/)
      }
    )

    test("promptCache.ttl, or the nearest there is", function*({ sandbox }) {
      for (const ttl of lifetimes ?? []) {
        yield* sandbox.reset
        const { usage, warnings } = yield* Loom.generate(asked({ ttl }, "One?"))
        assert.deepStrictEqual(Object.keys(usage.cacheWrite), [ttl])
        assert.deepStrictEqual(warnings, [])
      }
      const { warnings } = yield* Loom.generate(asked({ ttl: "7m" }, "One?"))
      assert.lengthOf(warnings, 1)
      assert.match(warnings[0] ?? "", /^promptCache.ttl was (dropped|raised|lowered)/)
    })

    if (conversation !== undefined) {
      test("prompt cache: a conversation costs less by what the vendor's rules say", function*({ sandbox }) {
        const converse = Effect.fnUntraced(function*(options: Pick<GenerateOptions.Common, "promptCache">) {
          yield* sandbox.reset
          let prompt = Prompt.make([{ role: "system", content: tokens(4000, "w") }])
          const asked = { model: named(conversation.model), reasoning: "none" as const, ...options }
          const usages: Array<Usage.Usage> = []
          for (let turn = 0; turn < 20; turn++) {
            prompt = Prompt.concat(prompt, Prompt.make([say(`[say: ${tokens(20 + 7 * turn, "v")}]`)]))
            const answer = yield* Loom.generate({ ...asked, prompt })
            prompt = Prompt.concat(prompt, Prompt.fromResponseParts(answer.content))
            usages.push(answer.usage)
          }
          const bill = yield* sandbox.bill
          const lines = bill.flatMap(({ lines }) => lines).filter(({ item }) => item !== "output")
          return { usages, lines, charged: lines.reduce((sum, { amount }) => sum + Number(amount), 0) }
        })
        const without = yield* converse(conversation.off)
        const kept = yield* converse({ promptCache: true })
        const rate = (prefix: string) => Number(kept.lines.find(({ item }) => item.startsWith(prefix))?.rate ?? NaN)
        let saved = 0
        for (const [index, { cacheRead, cacheWrite, inputTokens }] of kept.usages.entries()) {
          const { read, written } = conversation.rule(inputTokens, kept.usages[index - 1]?.inputTokens ?? 0)
          assert.strictEqual(without.usages[index]?.inputTokens, inputTokens)
          assert.strictEqual(cacheRead, read)
          assert.strictEqual(Object.values(cacheWrite).reduce((sum, count) => sum + count, 0), written)
          saved += read * (rate("input") - rate("cachedRead")) - written * (rate("cacheWrite") - rate("input"))
        }
        assert.strictEqual(without.charged - kept.charged, saved)
        assert.isBelow(kept.charged, without.charged / 4)
      })
    }
  }

  toolTest("equal prompts begin with the same bytes, however they were put together", function*({ sandbox }) {
    const ask = (tools: ReadonlyArray<Tool.Any>, params: unknown, result: unknown) =>
      Loom.generate({
        model,
        tools,
        prompt: [
          say("lookup_weather"),
          { role: "assistant", content: [{ type: "tool-call", id: "toolu_1", name: "lookup_weather", params }] },
          {
            role: "tool",
            content: [{ type: "tool-result", id: "toolu_1", name: "lookup_weather", isFailure: false, result }]
          }
        ]
      })
    yield* ask([weather, clock], { city: "Ulm", days: 1 }, { sky: "clear", wind: { from: "N", knots: 3 } })
    yield* ask([clock, weather], { days: 1, city: "Ulm" }, { wind: { knots: 3, from: "N" }, sky: "clear" })
    const [first, second] = (yield* bodies(sandbox)).map((body) => JSON.stringify(body))
    assert.strictEqual(second, first)
  })

  const lasting = Object.entries(can.promptCache?.lasting ?? {})
  if (lasting.length > 0) {
    test("prompt cache: breakpoints by how long they last, on parts of every role", function*({ sandbox }) {
      const long = tokens((can.promptCache?.from ?? 0) + 10, "c")
      for (const [ttl, options] of lasting) {
        const asked = (prompt: string, content: Prompt.RawInput) => ({
          model,
          prompt: Prompt.concat(Prompt.make(content), Prompt.make([say(prompt)]))
        })
        const prompts: ReadonlyArray<Prompt.RawInput> = [
          [{ role: "system", content: `${ttl} ${long}`, options }],
          [{ role: "user", content: [{ type: "text", text: `${ttl} ${long}`, options }] }],
          [
            { role: "user", content: "lookup_weather" },
            {
              role: "assistant",
              content: [
                { type: "text", text: `${ttl} ${long}`, options },
                { type: "tool-call", id: "toolu_1", name: "lookup_weather", params: { city: "Ulm", days: 1 } }
              ]
            },
            {
              role: "tool",
              content: [{ type: "tool-result", id: "toolu_1", name: "lookup_weather", isFailure: false, result: ttl }]
            }
          ],
          [
            { role: "user", content: "lookup_weather" },
            {
              role: "assistant",
              content: [{ type: "tool-call", id: "toolu_1", name: "lookup_weather", params: { city: "Ulm", days: 1 } }]
            },
            {
              role: "tool",
              content: [{
                type: "tool-result",
                id: "toolu_1",
                name: "lookup_weather",
                isFailure: false,
                result: `${ttl} ${long}`,
                options
              }]
            }
          ]
        ]
        for (const content of prompts) {
          yield* sandbox.reset
          const first = yield* Loom.generate(asked("One?", content))
          const second = yield* Loom.generate(asked("Two?", content))
          assert.deepStrictEqual(Object.keys(first.usage.cacheWrite), [ttl])
          assert.strictEqual(second.usage.cacheRead, first.usage.cacheWrite[ttl])
          const bill = yield* sandbox.bill
          assert.deepStrictEqual(
            [first, second].map(({ cost }) => cost.picoUsd),
            bill.map(({ amount }) => Number(amount))
          )
        }
      }
    })
  }

  test("request id, of answers and of errors", function*({ sandbox }) {
    const answer = yield* Loom.generate({ model, prompt: "Hello" })
    yield* sandbox.script({ respond: { status: 400 } })
    const error = yield* failure(Loom.generate({ model, prompt: "Hello" }))
    const [first, second] = (yield* sandbox.journal).map(({ requestId }) => requestId)
    assert.isString(first)
    assert.notStrictEqual(first, second)
    const ids = [first, can.requestIds === "of answers" ? undefined : second]
    assert.deepStrictEqual([answer.requestId, error.requestId], ids)
    assert.deepStrictEqual([answer.attempts[0]?.requestId, error.attempts[0]?.requestId], ids)
  })

  soldTest("priced by the name that the vendor answers with", function*({ sandbox }) {
    const answer = yield* Loom.generate({ model, prompt: "Hello" })
    assert.strictEqual(answer.model, models.answersAs)
    assert.strictEqual(answer.cost.price?.model, models.text)
    if (can.namesModel === false) return
    yield* sandbox.script({ answerModel: "loom-nobody-knows" })
    const unknown = yield* Loom.generate({ model, prompt: "Hello" })
    assert.strictEqual(unknown.model, "loom-nobody-knows")
    assert.strictEqual(unknown.cost.status, "estimated")
    assert.lengthOf(unknown.warnings, 1)
  })

  test("at price 1, the cost is the number of tokens", function*() {
    for (const stream of [false, true]) {
      const asked = { model, prompt: [beginning(stream ? "b" : "a"), say("[words: 30]")] }
      for (let i = 0; i < 2; i++) {
        const answer = stream ? (yield* collected(Loom.stream(asked))).generation : yield* Loom.generate(asked)
        assert.isAbove(answer.usage.totalTokens, (can.promptCache?.from ?? 1024) + 176)
        assert.strictEqual(answer.cost.picoUsd, answer.usage.totalTokens)
      }
    }
  }, {
    catalog: (sandbox) =>
      Effect.map(
        Effect.orDie(Catalog.fromYaml(priceOne(vendor.key, models))),
        (own) => Catalog.merge(vendor.catalog === undefined ? Catalog.bundled : vendor.catalog(sandbox), own)
      )
  })

  test("the SDK's own retries are off", function*({ sandbox }) {
    for (const status of [408, 409, 429, 500, 503]) {
      yield* sandbox.reset
      yield* sandbox.script({ respond: { status }, times: "always" })
      yield* failure(Loom.generate({ model, prompt: "Hello", retry: RetryPolicy.none }))
      assert.lengthOf(yield* sandbox.journal, 1)
      yield* failure(Stream.runDrain(Loom.stream({ model, prompt: "Hello", retry: quick })))
      assert.lengthOf(yield* sandbox.journal, 1 + (can.maybeBilled?.includes(status) === true ? 1 : quick.maxAttempts))
    }
  })

  test("the SDK sets no limit of time", function*() {
    const timers = vi.spyOn(globalThis, "setTimeout")
    yield* Effect.addFinalizer(() => Effect.sync(() => timers.mockRestore()))
    yield* Loom.generate({ model, prompt: "Hello" })
    yield* Stream.runDrain(Loom.stream({ model, prompt: "Hello" }))
    const limits = timers.mock.calls.flatMap(([, millis = 0]) =>
      millis > 60_000 && millis < 2 ** 31 - 1 ? [millis] : []
    )
    assert.deepStrictEqual(limits, [])
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

  soldTest("the key is read at every use", function*({ environment, sandbox }) {
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

  /** Asks while the key is rotated: the vendor is about to refuse the one that was read. */
  const askRotating = Effect.fnUntraced(
    function*({ environment, sandbox }: World, run: Effect.Effect<unknown, GenerateError.GenerateError>) {
      yield* sandbox.script({ delayMillis: 3_600_000, respond: { status: 401 } })
      const fiber = yield* Effect.forkChild(Effect.result(run))
      yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true)
      environment[vendor.apiKeyEnv] = "sk-second-0123456789wxyz"
      yield* sandbox.advance("1 hour")
      const result = yield* Fiber.join(fiber)
      const keys = (yield* sandbox.journal).map(({ headers }) => JSON.stringify(headers).match(/\*\*\*(\w{4})/)?.[1])
      return { result, keys }
    }
  )
  const hello = { model, prompt: "Hello" } as const

  for (
    const [how, run] of [["call", Loom.generate(hello)], ["stream", Stream.runDrain(Loom.stream(hello))]] as const
  ) {
    soldTest(`a key rotated between reading and refusal is read once more: ${how}`, function*(world) {
      const { keys, result } = yield* askRotating(world, run)
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(keys, ["abcd", "wxyz"])
      const [record] = world.records
      assert.deepStrictEqual(
        record?.attempts.map(({ billed, candidate, outcome }) => [candidate, outcome, billed]),
        [[0, "KeyRefused", "no"], [0, "ok", "yes"]]
      )
    })

    soldTest(`a rotated key that is refused too isn't followed by a third attempt: ${how}`, function*(world) {
      yield* world.sandbox.revokeKey("sk-second-0123456789wxyz")
      const { keys, result } = yield* askRotating(world, run)
      assert.strictEqual(result._tag === "Failure" && result.failure.reason._tag, "KeyRefused")
      assert.deepStrictEqual(keys, ["abcd", "wxyz"])
    })
  }

  soldTest("a rotated key begins with a closed circuit", function*({ environment, sandbox }) {
    yield* sandbox.script({ respond: { status: 503 } })
    const ask = Loom.generate({ ...hello, retry: RetryPolicy.none })
    const tags = [yield* failure(ask), yield* failure(ask)].map(({ reason }) => reason._tag)
    assert.deepStrictEqual(tags, ["Overloaded", "CircuitOpen"])
    environment[vendor.apiKeyEnv] = "sk-second-0123456789wxyz"
    yield* ask
    environment[vendor.apiKeyEnv] = testKey
    assert.strictEqual((yield* failure(ask)).reason._tag, "CircuitOpen")
    assert.lengthOf(yield* sandbox.journal, 2)
  }, { health: { failures: 1, openFor: "1 hour" } })

  soldTest("a missing key", function*({ environment, sandbox }) {
    Reflect.deleteProperty(environment, vendor.apiKeyEnv)
    const error = yield* failure(Loom.generate({ model, prompt: "Hello" }))
    assert.deepStrictEqual(error.reason._tag, "KeyMissing")
    assert.include(error.message, vendor.apiKeyEnv)
    assert.strictEqual(error.provider, vendor.key)
    assert.deepStrictEqual(error.attempts, [])
    assert.deepStrictEqual(yield* sandbox.journal, [])
  })
  return cases
}
