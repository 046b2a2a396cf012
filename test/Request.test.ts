import { assert, describe, it } from "@effect/vitest"
import { Console, Effect, Redacted, Schema } from "effect"
import { Prompt, Tool } from "effect/ai"
import { Catalog, GenerateError, Loom, Model, Request, Usage } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import { readFileSync } from "node:fs"
import { inWorld } from "./providers/world.ts"
import { asking } from "./scripted.ts"

const tool = Tool.make("lookup", { parameters: Schema.Struct({ id: Schema.String }) })
const object = { name: "person", schema: Schema.Struct({ name: Schema.String }) }
const file = (mediaType: string) =>
  Prompt.make([{
    role: "user",
    content: [
      { type: "text", text: "What is this?" },
      { type: "file", mediaType, data: new Uint8Array([1]) }
    ]
  }])

const able = (known?: Parameters<typeof Model.make>[0] extends infer K ? Partial<K> : never) =>
  Model.make({ provider: "acme", id: "ada", ...known })

const mismatch = (known: Parameters<typeof able>[0], asked: Parameters<typeof asking>[0], prompt?: Prompt.Prompt) =>
  Effect.map(
    asking({ model: able(known), ...asked }),
    (request) => Request.mismatch(prompt === undefined ? request : { ...request, prompt })
  )

/** What is asked, and the capability that has to be known to be missing for it to be refused. */
const features = [
  ["tools", "tools", { tools: [tool] }, undefined],
  ["structuredOutput", "structuredOutput", { object }, undefined],
  ["reasoning", "reasoning", { params: { reasoning: "low" } }, undefined],
  ["webSearch", "webSearch", { params: { webSearch: true } }, undefined],
  ["vision", "vision", {}, file("image/png")]
] as const

describe("mismatch", () => {
  it.effect.each(features)(
    "refuses %s where the model is known not to have it",
    ([feature, capability, asked, prompt]) =>
      Effect.gen(function*() {
        const error = yield* mismatch({ capabilities: { [capability]: false } }, asked, prompt)
        assert.include(error?.reason, { _tag: "Unsupported", feature })
        assert.deepStrictEqual([error?.provider, error?.model], ["acme", "ada"])
        assert.include(error?.message, feature)
      })
  )

  it.effect.each(features)(
    "lets %s through where the model has it, or nothing is known",
    ([, capability, asked, prompt]) =>
      Effect.gen(function*() {
        assert.isUndefined(yield* mismatch({ capabilities: { [capability]: true } }, asked, prompt))
        assert.isUndefined(yield* mismatch({ capabilities: {} }, asked, prompt))
      })
  )

  it.effect("asks no ability of a model that isn't needed", () =>
    Effect.gen(function*() {
      const unable = {
        capabilities: { tools: false, structuredOutput: false, reasoning: false, vision: false }
      }
      assert.isUndefined(yield* mismatch(unable, {}))
      assert.isUndefined(yield* mismatch(unable, { params: { reasoning: "none" } }))
      assert.isUndefined(yield* mismatch(unable, {}, file("application/pdf")))
    }))

  it.effect("refuses the wrong modality, either way", () =>
    Effect.gen(function*() {
      for (const [has, asked] of [["text", "image"], ["image", "text"], ["embedding", "text"]] as const) {
        const error = yield* mismatch({ modality: has }, { modality: asked })
        assert.include(error?.reason, { _tag: "Unsupported", feature: "modality" })
        assert.include(error?.why, has)
        assert.include(error?.why, asked)
      }
      assert.isUndefined(yield* mismatch({ modality: "image" }, { modality: "image" }))
    }))

  it.effect("refuses more output than the model writes", () =>
    Effect.gen(function*() {
      const error = yield* mismatch({ maxOutput: 100 }, { params: { maxOutputTokens: 101 } })
      assert.include(error?.reason, { _tag: "InvalidRequest", field: "maxOutputTokens" })
      assert.include(error?.why, "100")
      assert.isUndefined(yield* mismatch({ maxOutput: 100 }, { params: { maxOutputTokens: 100 } }))
      assert.isUndefined(yield* mismatch({}, { params: { maxOutputTokens: 1_000_000 } }))
    }))
})

describe("noWebSearch", () => {
  it("names those of the catalog that can", () => {
    assert.match(
      Request.noWebSearch().why,
      /^webSearch: the model has no web search .*; models of .*OpenAI.* have one$/
    )
  })
})

describe("inOrder", () => {
  it.effect("has tools by name, however they are given", () =>
    Effect.gen(function*() {
      const [a, b, c] = ["a", "b", "c"].map((name) => Tool.make(name))
      assert(a !== undefined && b !== undefined && c !== undefined)
      for (const tools of [[a, b, c], [c, b, a], [b, c, a]]) {
        assert.deepStrictEqual(Request.inOrder(tools), [a, b, c])
        assert.deepStrictEqual((yield* Request.fromPrompt("Hi", { tools })).tools, [a, b, c])
      }
    }))
})

describe("checked", () => {
  it.effect("is the request, or the error of its first mismatch", () =>
    Effect.gen(function*() {
      const request = yield* asking()
      assert.strictEqual(yield* Request.checked(request), request)
      const error = yield* Effect.flip(Request.checked({ ...request, modality: "image" }))
      assert.strictEqual(error.reason._tag, "Unsupported")
    }))
})

describe("resolve", () => {
  it.effect("finds a model, or tells the three nearest ids", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Request.resolve(Catalog.bundled, { model: "openai/gpt-4o-mini" })).id, "gpt-4o-mini")
      const error = yield* Effect.flip(Request.resolve(Catalog.bundled, { provider: "openai", model: "gpt-4o-mimi" }))
      assert.deepStrictEqual([error.provider, error.model], ["openai", "gpt-4o-mimi"])
      const nearest = error.reason._tag === "UnknownModel" ? error.reason.nearest : []
      assert.lengthOf(nearest, 3)
      assert.strictEqual(nearest[0], "openai/gpt-4o-mini")
    }))
})

describe("make", () => {
  it.effect("leaves empty what isn't given", () =>
    Effect.gen(function*() {
      const { call, model, prompt, ...rest } = yield* Request.fromPrompt("Say hello.")
      assert.deepStrictEqual(rest, {
        modality: "text",
        params: {},
        tools: [],
        toolChoice: undefined,
        object: undefined,
        native: {},
        candidate: 0
      })
      assert.deepStrictEqual([model.provider, model.id, call.attempts.length], ["", "", 0])
      assert.deepStrictEqual(prompt, Prompt.make("Say hello."))
    }))

  it.effect("gives each request a call of its own", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* Request.fromPrompt("Hi"), yield* Request.fromPrompt("Hi")]
      assert.notStrictEqual(first.call.id, second.call.id)
      assert.notStrictEqual(first.call.attempts, second.call.attempts)
    }))
})

describe("fail", () => {
  it.effect("names provider and model", () =>
    Effect.gen(function*() {
      const error = Request.fail(yield* asking(), new GenerateError.Rejected({ detail: "too short" }))
      assert.deepStrictEqual([error.provider, error.model, error.why], ["acme", "ada", "too short"])
    }))
})

describe("estimateUsage", () => {
  it.effect.prop(
    "is an estimate that grows with what is said",
    [Schema.String, Schema.Natural],
    ([text, characters]) =>
      Effect.gen(function*() {
        const tokens = (text: string) =>
          Effect.map(Request.fromPrompt(text), (request) => Request.estimateUsage(request, characters))
        const [estimated, longer] = [yield* tokens(text), yield* tokens(`${text} and on.`)]
        assert.strictEqual(estimated.state, "estimated")
        assert.isAbove(longer.inputTokens, estimated.inputTokens)
        assert.strictEqual(estimated.outputTokens, Math.ceil(characters / 4))
      }),
    { arbitrary: { runs: 30 } }
  )

  it.effect("keeps what the vendor had counted, but for output that came after", () =>
    Effect.gen(function*() {
      const request = yield* Request.fromPrompt("Hello")
      const counted = Usage.make({ inputUncached: 7, cacheRead: 900, cacheWrite: { "5m": 30 }, outputText: 2 })
      const said = (characters: number, usage = counted) => Request.estimateUsage(request, characters, usage)
      assert.deepStrictEqual(said(40), Usage.make({ ...counted, state: "estimated", outputText: 10 }))
      assert.deepStrictEqual(said(4), Usage.make({ ...counted, state: "estimated" }))
      assert.strictEqual(said(40, Usage.make({ ...counted, outputReasoning: 6 })).outputTokens, 10)
    }))

  const stock = Tool.make("look_up_stock", {
    description: "How much of a yarn is in stock, and where",
    parameters: Schema.Struct({ yarn: Schema.String, warehouse: Schema.String })
  })
  const called = {
    type: "tool-call",
    id: "c1",
    name: "look_up_stock",
    params: { yarn: "wool", warehouse: "Ulm" }
  } as const
  const result = { sku: "W-12", metres: 1200, shelves: ["A1", "A2", "B7"] }
  const turn = (n: number) => [
    { role: "user" as const, content: `Question ${n}: how does a dobby loom lift its shafts, and in what order?` },
    {
      role: "assistant" as const,
      content: "A chain of pegged bars turns past the hooks; each peg lifts one shaft. ".repeat(4)
    }
  ]

  it.live("is near what the sandbox counts, whatever is asked", () =>
    inWorld({
      providers: (sandbox) => ({
        openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), apiKey: Redacted.make("sk-test") })
      })
    }, function*() {
      const english = "Looms weave threads, warp and weft, into cloth that lasts for a good many years. "
      const corpus: Readonly<
        Record<string, Pick<Request.Request, "prompt"> & { readonly tools?: ReadonlyArray<Tool.Any> }>
      > = {
        "a question": { prompt: Prompt.make("What is a loom, and who invented the first one?") },
        "English": { prompt: Prompt.make(english.repeat(40)) },
        "Chinese": { prompt: Prompt.make("織機把經線和緯線織成布匹，歷史悠久。".repeat(60)) },
        "German": {
          prompt: Prompt.make("Webstühle verweben Kett- und Schussfäden zu größeren Stoffbahnen. ".repeat(40))
        },
        "code": { prompt: Prompt.make(readFileSync("src/Request.ts", "utf8")) },
        "JSON": { prompt: Prompt.make(readFileSync("package.json", "utf8")) },
        "a conversation": {
          prompt: Prompt.make([...Array.from({ length: 20 }, (_, n) => turn(n)).flat(), ...turn(21).slice(0, 1)])
        },
        "tools": {
          prompt: Prompt.make([
            { role: "system", content: english },
            { role: "user", content: "Is there wool in Ulm?" },
            { role: "assistant", content: [called] },
            { role: "tool", content: [{ ...called, type: "tool-result", isFailure: false, result }] }
          ]),
          tools: [stock]
        }
      }
      const errors: Array<number> = []
      for (const [name, asked] of Object.entries(corpus)) {
        const { usage } = yield* Loom.generate({ model: "openai/gpt-4o-mini", ...asked })
        const estimated = Request.estimateUsage(yield* Request.fromPrompt(asked.prompt, asked), 0).inputTokens
        const error = estimated / usage.inputTokens - 1
        errors.push(Math.abs(error))
        yield* Console.log(
          `${name}: ${estimated} estimated, ${usage.inputTokens} counted, ${(100 * error).toFixed(1)} %`
        )
      }
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
      yield* Console.log(
        `off by ${(100 * mean).toFixed(1)} % in the mean, ${(100 * Math.max(...errors)).toFixed(1)} % at most`
      )
      assert.isBelow(mean, 0.25)
      assert.isBelow(Math.max(...errors), 0.4)
    }))
})

it.effect("a PDF is refused where the model is known to read none", () =>
  Effect.gen(function*() {
    const asked = (pdf: boolean | undefined) =>
      Effect.map(
        Request.fromPrompt(file("application/pdf"), { model: able({ capabilities: { pdf } }) }),
        (request) => Request.mismatch(request)?.reason
      )
    assert.deepInclude(yield* asked(false), { _tag: "Unsupported", feature: "pdf" })
    assert.isUndefined(yield* asked(true))
    assert.isUndefined(yield* asked(undefined))
  }))
