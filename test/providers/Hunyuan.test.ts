import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Catalog, Loom, RetryPolicy } from "loom-router"
import * as Hunyuan from "loom-router/providers/Hunyuan"
import { secretKey } from "../../src/sandbox/painters/Hunyuan.ts"
import { at, testKey } from "./contract.ts"
import { imageContract, type ImageVendor } from "./imageContract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

const hunyuan: Shaped = {
  key: "hunyuan",
  apiKeyEnv: "TENCENT_TOKENHUB_API_KEY",
  route: "hunyuan",
  layer: Hunyuan.layer,
  defaults: { reasoning: "none" },
  models: { text: "hy4-preview", answersAs: "hy4-preview", reasoning: "hy4-preview" },
  native: { user: "weaver-7" },
  can: {
    ...common,
    presencePenalty: undefined,
    frequencyPenalty: undefined,
    parallelToolCalls: false,
    blind: true,
    promptCache: { from: 1024 },
    thoughts: thoughtsIn("reasoning_content"),
    requestIds: "of answers"
  }
}

shapedContract(hunyuan)

shapedBill(hunyuan, {
  voices: [
    { model: "hy4", reasons: true, samples: true, tiers: [], files: "none" },
    { model: "hy4-preview", reasons: true, samples: true, tiers: [], files: "none" },
    { model: "hy3", reasons: true, tiers: [], files: "none" }
  ]
})

/** Tencent's prices aren't known: these are the sandbox's. */
const priced = await Effect.runPromise(Catalog.fromYaml(`
provider: hunyuan
models:
  - { id: hy-image-v3, modality: image, capabilities: [edit], prices: [{ per_image: [{ usd: 0.065 }] }] }
  - { id: hy-image-v3.5-preview, modality: image, capabilities: [edit], prices: [{ per_image: [{ usd: 0.09 }] }] }
  - { id: hunyuan-image-3.0, modality: image, prices: [{ per_image: [{ usd: 0.065 }] }] }
`))

const images = {
  key: "hunyuan",
  apiKeyEnv: "TENCENT_TOKENHUB_API_KEY",
  catalog: () => priced,
  providers: (sandbox, options) => ({ hunyuan: Hunyuan.layer({ baseUrl: sandbox.baseUrl("hunyuan"), ...options }) }),
  mediaType: "image/png",
  formats: [],
  native: { options: { footnote: "loom" }, at: ({ footnote }) => footnote },
  can: {
    n: "one by one",
    edit: { arrived: ({ images }) => Array.isArray(images) ? images.length : 0 },
    givesLinks: true,
    mask: { unsupported: "facts 7: no mask" },
    job: false,
    link: true,
    partials: false,
    moderation: { input: "maybe", output: "maybe" },
    repeated: [429, 500, 503]
  }
} satisfies Partial<ImageVendor>

const refuses: ImageVendor["refuses"] = [
  ["format", { format: "png" }],
  ["quality", { quality: "high" }],
  ["background", { background: "transparent" }],
  ["negativePrompt", { negativePrompt: "people" }],
  ["n", { n: 11 }]
]

const partsOf = (body: Readonly<Record<string, unknown>>): ReadonlyArray<unknown> => {
  const content = at(body, "messages", 0, "content")
  return Array.isArray(content) ? content : []
}

imageContract({
  ...images,
  model: "hy-image-v3",
  size: { asked: { size: "512x520" }, width: 512, height: 520 },
  refuses: [["size", { size: "1280x1024" }], ...refuses],
  wire: { prompt: ({ prompt }) => prompt, seed: ({ seed }) => seed }
})

imageContract({
  ...images,
  title: "hunyuan 3.5",
  model: "hy-image-v3.5-preview",
  size: { asked: { size: "320x256" }, width: 320, height: 256 },
  refuses: [["size", { size: "128x128" }], ...refuses],
  wire: { prompt: (body) => at(partsOf(body).at(-1), "text"), seed: ({ seed }) => seed },
  can: { ...images.can, edit: { arrived: (body) => partsOf(body).length - 1 } }
})

imageContract({
  ...images,
  title: "hunyuan cloud",
  apiKeyEnv: "TENCENTCLOUD_SECRET_ID",
  providers: (sandbox, options) => ({
    hunyuan: Hunyuan.layer({
      cloud: { baseUrl: `${sandbox.url}/hunyuan/cloud`, secretKey: Redacted.make(secretKey) },
      ...options
    })
  }),
  model: "hunyuan-image-3.0",
  size: { asked: { size: "768x1280" }, width: 768, height: 1280 },
  refuses: [["size", { size: "1000x1000" }], ["aspectRatio", { size: undefined, aspectRatio: "16:9" }], ...refuses],
  wire: { prompt: (body) => body["Prompt"], seed: (body) => body["Seed"] },
  native: { options: { LogoAdd: 0 }, at: (body) => body["LogoAdd"] },
  can: {
    ...images.can,
    edit: { unsupported: "facts 7: aiart" },
    job: { cancel: false }
  }
})

const setup: Setup = {
  providers: (sandbox) => ({
    hunyuan: Hunyuan.layer({ baseUrl: sandbox.baseUrl("hunyuan"), apiKey: Redacted.make(testKey) })
  })
}
const cloud: Setup = {
  providers: (sandbox) => ({ hunyuan: Hunyuan.layer({ cloud: { baseUrl: `${sandbox.url}/hunyuan/cloud` } }) }),
  environment: { TENCENTCLOUD_SECRET_ID: testKey, TENCENTCLOUD_SECRET_KEY: secretKey }
}
const loom = { model: "hunyuan/hunyuan-image-3.0", prompt: "A loom [polls: 0]", size: "768x1280" } as const
const hello = { model: "hunyuan/hy3", prompt: "Hello" } as const

describe("hunyuan, as itself", () => {
  it.live("hunyuan: thinks as much as it is told", () =>
    inWorld(setup, function*({ sandbox }) {
      const warnings: Array<string> = []
      for (const reasoning of ["none", "minimal", "medium", "max"] as const) {
        warnings.push(...(yield* Loom.generate({ ...hello, reasoning })).warnings)
      }
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => [at(body, "thinking", "type"), body["reasoning_effort"]]),
        [["disabled", undefined], ["enabled", "low"], ["enabled", "medium"], ["enabled", "high"]]
      )
      assert.deepStrictEqual(warnings, [
        "reasoning was raised from minimal to low: there is none, low, medium, high",
        "reasoning was lowered from max to high: there is none, low, medium, high"
      ])
    }))

  it.live("hunyuan: errors are read, whatever their codes are", () =>
    inWorld(setup, function*({ sandbox }) {
      for (const [status, tag] of [[400, "InvalidRequest"], [401, "KeyRefused"], [429, "RateLimited"]] as const) {
        yield* sandbox.script({ respond: { status } })
        const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
        assert.deepStrictEqual([error.reason._tag, error.status], [tag, status])
      }
    }))

  it.live("hunyuan: the prompt of a seeded job isn't rewritten", () =>
    inWorld(cloud, function*({ sandbox }) {
      yield* Loom.generate({ ...loom, seed: 7 })
      const submitted = (yield* sandbox.journal).find(({ step }) => step === "submit")
      assert.deepInclude(submitted?.body, { Seed: 7, Revise: 0 })
      assert.deepInclude(submitted?.headers, {
        "x-tc-action": "SubmitTextToImageJob",
        "x-tc-version": "2022-12-29",
        "x-tc-region": "ap-guangzhou"
      })
    }))

  it.live("hunyuan: a wrong signature is a key that is refused, and names no secret", () =>
    inWorld(
      { ...cloud, environment: { TENCENTCLOUD_SECRET_ID: testKey, TENCENTCLOUD_SECRET_KEY: "another-key" } },
      function*() {
        const error = yield* failure(Loom.generate(loom))
        assert.deepInclude(error.reason, { _tag: "KeyRefused", source: "TENCENTCLOUD_SECRET_ID" })
        assert.include(error.why, "AuthFailure.SignatureFailure")
        assert.isNotEmpty(error.requestId)
        assert.notMatch(JSON.stringify(error), /another-key|0123456789abcd/)
      }
    ))

  it.live("hunyuan: a secret that was rotated is read again, both parts of it", () =>
    inWorld(
      { ...cloud, environment: { TENCENTCLOUD_SECRET_ID: testKey, TENCENTCLOUD_SECRET_KEY: secretKey } },
      function*({ environment }) {
        delete environment["TENCENTCLOUD_SECRET_KEY"]
        const error = yield* failure(Loom.generate(loom))
        assert.deepInclude(error.reason, { _tag: "KeyMissing", variable: "TENCENTCLOUD_SECRET_KEY" })
        environment["TENCENTCLOUD_SECRET_KEY"] = secretKey
        assert.lengthOf((yield* Loom.generate(loom)).images, 1)
      }
    ))

  it.live("hunyuan: what the cloud API tells with status 200 is what it is", () =>
    inWorld(cloud, function*({ sandbox }) {
      const cases = [
        ["RequestLimitExceeded.JobNumExceed", "RateLimited", "no"],
        ["ResourceInsufficient.ChargeResourceExhaust", "QuotaExceeded", "no"],
        ["OperationDenied.TextIllegalDetected", "ContentFiltered", "maybe"],
        ["InvalidParameterValue.Resolution", "InvalidRequest", "no"],
        ["InternalError", "Overloaded", "no"],
        ["FailedOperation.GenerateImageFailed", "Overloaded", "maybe"]
      ] as const
      for (const [Code, tag, billed] of cases) {
        yield* sandbox.script({
          step: "submit",
          respond: {
            status: 200,
            body: { Response: { Error: { Code, Message: "of AKID0123456789" }, RequestId: "r-1" } }
          }
        })
        const error = yield* failure(Loom.generate({ ...loom, retry: RetryPolicy.none }))
        assert.deepStrictEqual([error.reason._tag, error.attempts[0]?.billed, error.requestId], [tag, billed, "r-1"])
        assert.notInclude(JSON.stringify(error), "AKID")
      }
    }))

  it.live("hunyuan: an error over TokenHub is one, whatever its status", () =>
    inWorld(setup, function*({ sandbox }) {
      const cases = [
        [{ type: "content_filter_error", code: "451001" }, "ContentFiltered"],
        [{ code: "429001" }, "RateLimited"],
        [{ code: "402001" }, "QuotaExceeded"],
        [{ code: "strange" }, "InvalidResponse"]
      ] as const
      for (const [error, tag] of cases) {
        yield* sandbox.script({
          step: "submit",
          respond: { status: 200, body: { error: { message: "no", ...error } } }
        })
        const failed = yield* failure(
          Loom.generate({ model: "hunyuan/hy-image-v3.5-preview", prompt: "A loom", retry: RetryPolicy.none })
        )
        assert.strictEqual(failed.reason._tag, tag)
      }
    }))

  it.live("hunyuan: an image's price isn't known, and isn't made up", () =>
    inWorld(setup, function*() {
      const { cost } = yield* Loom.generate({ model: "hunyuan/hy-image-v3", prompt: "A loom", size: "512x512" })
      assert.strictEqual(cost.status, "unknown")
    }))
})
