import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Redacted, Schema, Stream } from "effect"
import { Tool } from "effect/ai"
import { type GenerateOptions, Images, Loom } from "loom-router"
import * as Zai from "loom-router/providers/Zai"
import { at, testKey } from "./contract.ts"
import { imageContract, type ImageVendor } from "./imageContract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { bodies, failure, inWorld, november, type Setup } from "./world.ts"

const zai: Shaped = {
  key: "zai",
  apiKeyEnv: "ZAI_API_KEY",
  route: "zai",
  layer: Zai.layer,
  defaults: { reasoning: "none" },
  models: { text: "glm-5.3-flash", answersAs: "glm-5.3-flash", reasoning: "glm-5.3-flash" },
  native: { user_id: "weaver-7" },
  can: {
    ...common,
    presencePenalty: undefined,
    frequencyPenalty: undefined,
    parallelToolCalls: false,
    toolChoices: [],
    promptCache: { from: 1024 },
    thoughts: thoughtsIn("reasoning_content"),
    requestIds: "of answers"
  }
}

shapedContract(zai)

shapedBill(zai, {
  voices: [
    { model: "glm-5.3-flash", reasons: true, samples: true, unforced: true, tiers: [], files: "images" },
    { model: "glm-5.2", reasons: true, samples: true, unforced: true, tiers: [], files: "none" },
    { model: "glm-4.6", reasons: true, unforced: true, tiers: [], files: "none" },
    { model: "glm-4.5-air", reasons: true, unforced: true, tiers: [], files: "none" }
  ]
})

const images: ImageVendor = {
  key: "zai",
  title: "zai, GLM-Image",
  apiKeyEnv: "ZAI_API_KEY",
  providers: (sandbox, options) => ({ zai: Zai.layer({ baseUrl: sandbox.baseUrl("zai"), ...options }) }),
  model: "glm-image",
  size: { asked: { size: "1024x1056" }, width: 1024, height: 1056 },
  mediaType: "image/png",
  formats: [],
  refuses: [
    ["size", { size: "512x512" }],
    ["aspectRatio", { size: undefined, aspectRatio: "3:1" }],
    ["quality", { quality: "high" }],
    ["format", { format: "png" }],
    ["background", { background: "transparent" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["seed", { seed: 7 }],
    ["n", { n: 11 }]
  ],
  wire: { prompt: ({ prompt }) => prompt, quality: { asked: "hd", at: ({ quality }) => quality } },
  native: { options: { user_id: "weaver-7" }, at: (body) => body["user_id"] },
  can: {
    n: "one by one",
    edit: { unsupported: "facts 9: fields" },
    givesLinks: true,
    mask: { unsupported: "facts 9: fields" },
    job: { cancel: false },
    link: true,
    partials: false,
    moderation: { input: "maybe", output: "maybe" },
    repeated: [429, 500, 503]
  }
}

imageContract(images)

imageContract({
  ...images,
  title: "zai, CogView",
  model: "cogview-4",
  size: { asked: { size: "512x528" }, width: 512, height: 528 },
  refuses: [["size", { size: "512x520" }], ["aspectRatio", { size: undefined, aspectRatio: "5:1" }]],
  wire: { prompt: ({ prompt }) => prompt, quality: { asked: "standard", at: ({ quality }) => quality } },
  can: { ...images.can, job: false }
})

const setup: Setup = {
  providers: (sandbox) => ({ zai: Zai.layer({ baseUrl: sandbox.baseUrl("zai"), apiKey: Redacted.make(testKey) }) })
}
const hello = { model: "zai/glm-5.2", prompt: "Hello" } as const

describe("zai, as itself", () => {
  it.live("zai: numbers at the border are brought within it, and the answer says so", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (options: Partial<GenerateOptions.Common>) =>
        Effect.map(Loom.generate({ ...hello, ...options }), ({ warnings }) => warnings)
      assert.deepStrictEqual(yield* ask({ temperature: 0 }), [])
      assert.deepStrictEqual(yield* ask({ temperature: 1 }), [
        "temperature was set to 0.99: the vendor takes 0.01 to 0.99"
      ])
      assert.deepStrictEqual(yield* ask({ topP: 0 }), ["top_p was set to 0.01: the vendor takes 0.01 to 0.99"])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => [body["temperature"], body["do_sample"], body["top_p"]]),
        [[undefined, false, undefined], [0.99, undefined, undefined], [undefined, undefined, 0.01]]
      )
    }))

  it.live("zai: thinks or doesn't", () =>
    inWorld(setup, function*({ sandbox }) {
      const { warnings } = yield* Loom.generate({ ...hello, reasoning: "low" })
      assert.deepStrictEqual(warnings, ["reasoning was raised from low to high: there is none, high"])
      const none = yield* Loom.generate({ ...hello, reasoning: "none" })
      assert.strictEqual(none.usage.outputReasoning, 0)
      const thinking = (yield* bodies(sandbox)).map((body) => at(body, "thinking", "type"))
      assert.deepStrictEqual(thinking, ["enabled", "disabled"])
    }))

  it.live("zai: a second stop sequence is refused before it is asked", () =>
    inWorld(setup, function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ ...hello, stop: ["a", "b"] }))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "stop" })
      assert.deepStrictEqual(yield* sandbox.journal, [])
    }))

  it.live("zai: arguments of tools are asked for in pieces where the answer is", () =>
    inWorld(setup, function*({ sandbox }) {
      const asked = { ...hello, tools: [Tool.make("look", { parameters: Schema.Struct({ city: Schema.String }) })] }
      yield* Loom.generate(asked)
      yield* Stream.runDrain(Loom.stream(asked))
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => body["tool_stream"]), [undefined, true])
    }))

  it.live("zai: its codes say what the status doesn't", () =>
    inWorld(setup, function*({ sandbox }) {
      const cases = [
        { status: 429, code: "1113", tag: "QuotaExceeded", asked: 1 },
        { status: 429, code: "1302", tag: "RateLimited", asked: 3 },
        { status: 400, code: "1301", tag: "ContentFiltered", asked: 1 },
        { status: 400, code: "1214", tag: "InvalidRequest", asked: 1 }
      ]
      for (const { asked, code, status, tag } of cases) {
        yield* sandbox.reset
        yield* sandbox.script({ respond: { status, code }, times: "always" })
        const error = yield* failure(Loom.generate(hello))
        assert.deepStrictEqual([error.reason._tag, error.status], [tag, status])
        assert.lengthOf(yield* sandbox.journal, asked)
      }
    }))

  it.live("zai: an image of high quality is a job, one of the other isn't", () =>
    inWorld(setup, function*({ sandbox }) {
      const image = { model: "zai/glm-image", prompt: "A loom" } as const
      // Looks come at once, and nobody gives up.
      const clock = november((duration) => Duration.toSeconds(duration) < 10 ? Effect.void : Effect.never)
      const atOnce = Effect.provideService(Clock.Clock, clock)
      const hd = yield* atOnce(Loom.generate({ ...image, aspectRatio: "16:9" }))
      const standard = yield* Loom.generate({ ...image, quality: "standard", size: "960x1728" })
      assert.deepStrictEqual(
        (yield* sandbox.journal).filter(({ step }) => step === "submit").map(({ path }) => path),
        ["/zai/api/paas/v4/async/images/generations", "/zai/api/paas/v4/images/generations"]
      )
      const [wide, tall] = [hd, standard].map(({ images: [made] }) => made && Images.dimensions(made))
      assert.deepStrictEqual([wide, tall], [{ width: 2048, height: 1152 }, { width: 960, height: 1728 }])
    }))

  it.live("zai: what its own search found are sources", () =>
    inWorld(setup, function*({ sandbox }) {
      const found = [{ title: "Looms", link: "https://example.com/looms", content: "…", refer: "ref_1" }]
      const reply = {
        id: "glm-1",
        request_id: "r-1",
        created: 1_795_430_400,
        model: "glm-5.2",
        usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
      }
      const message = { role: "assistant", content: "Looms weave." }
      const chunk = { ...reply, choices: [{ index: 0, delta: message, finish_reason: "stop" }], web_search: found }
      yield* sandbox.script(
        {
          respond: {
            status: 200,
            body: { ...reply, choices: [{ index: 0, message, finish_reason: "stop" }], web_search: found }
          }
        },
        {
          respond: {
            status: 200,
            contentType: "text/event-stream",
            body: `data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`
          }
        }
      )
      const whole = yield* Loom.generate(hello)
      const parts = yield* Stream.runCollect(Loom.stream(hello))
      for (const content of [whole.content, parts]) {
        const sources = [...content].filter((part) => part.type === "source")
        assert.deepInclude(sources[0], { url: new URL("https://example.com/looms"), title: "Looms" })
        assert.lengthOf(sources, 1)
      }
      assert.strictEqual(whole.requestId, "r-1")
    }))
})
