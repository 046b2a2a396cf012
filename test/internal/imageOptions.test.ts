import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { GenerateError, type Request } from "loom-router"
import * as Options from "../../src/internal/imageOptions.ts"
import { asking } from "../scripted.ts"

const requestWith = (params: Request.Params): Effect.Effect<Request.Request> => asking({ modality: "image", params })

/** The reason of what is thrown. */
const thrown = (run: () => unknown): GenerateError.Reason | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof GenerateError.GenerateError) return error.reason
    throw error
  }
}

const bounds: Options.Bounds = { step: 16, least: 64, most: 4096, mostArea: 4 * 1024 * 1024, mostRatio: 3 }

describe("fieldsOf", () => {
  it.effect("writes what is stated by the vendor's names, and by its functions", () =>
    Effect.gen(function*() {
      const request = yield* requestWith({ n: 2, size: "1024x768", quality: "high", seed: 0, negativePrompt: "people" })
      assert.deepStrictEqual(
        Options.fieldsOf(request, {
          n: Options.upTo("n", 4, "num_images"),
          size: (size) => Options.pixelsOf(size),
          quality: Options.oneOf("quality", { high: "QUALITY", low: "TURBO" }, "rendering_speed"),
          seed: "seed",
          negativePrompt: "negative_prompt",
          format: "output_format"
        }),
        { num_images: 2, width: 1024, height: 768, rendering_speed: "QUALITY", seed: 0, negative_prompt: "people" }
      )
    }))

  it.effect("refuses an option that the vendor doesn't have, and names those that it has", () =>
    Effect.gen(function*() {
      const request = yield* requestWith({ mask: new Uint8Array(1), n: 1 })
      assert.deepInclude(thrown(() => Options.fieldsOf(request, { n: "n", seed: "seed" })), {
        _tag: "Unsupported",
        feature: "mask",
        detail: "acme/ada has no such option; it has n, seed"
      })
      assert.isUndefined(thrown(() => Options.fieldsOf(request, { n: "n", mask: true })))
    }))

  it.effect("refuses a value that the vendor can't do, and says what it can", () =>
    Effect.gen(function*() {
      const of = (params: Request.Params, options: Options.Options) =>
        Effect.map(requestWith(params), (request) => thrown(() => Options.fieldsOf(request, options)))
      assert.deepInclude(yield* of({ n: 5 }, { n: Options.upTo("n", 4) }), {
        _tag: "InvalidRequest",
        field: "n",
        detail: "4 at most, and 5 were asked for"
      })
      assert.deepInclude(yield* of({ quality: "hd" }, { quality: Options.oneOf("quality", ["low", "high"]) }), {
        field: "quality",
        detail: "hd isn't one of low, high"
      })
      const size = (size: NonNullable<Request.Params["size"]>, request: Request.Request) =>
        Options.within(size, bounds, request)
      assert.deepInclude(yield* of({ size: "1000x1000" }, { size }), {
        field: "size",
        detail: "1000x1000 isn't among its sizes: sides that are multiples of 16, at least 64, at most 4096, " +
          "at most 4194304 pixels in all, no longer than 3:1"
      })
      for (const wrong of ["48x64", "4112x1600", "4096x2048", "1024x256"] as const) {
        assert.deepInclude(yield* of({ size: wrong }, { size }), { field: "size" })
      }
      assert.isUndefined(yield* of({ size: "3072x1024" }, { size }))
    }))
})

describe("sizeFor", () => {
  const Side = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 30 }))

  it.effect.prop(
    "is exactly of the ratio and within the bounds, or refused by its name",
    [Side, Side],
    ([a, b]) =>
      Effect.map(requestWith({}), (request) => {
        const reason = thrown(() => {
          const { height, width } = Options.sizeFor(`${a}:${b}`, bounds, request)
          assert.strictEqual(width * b, height * a)
          Options.within(`${width}x${height}`, bounds, request)
        })
        if (reason !== undefined) assert.deepInclude(reason, { _tag: "InvalidRequest", field: "aspectRatio" })
        else assert.isAtMost(Math.max(a, b) / Math.min(a, b), 3)
      })
  )

  it.effect("comes near the area", () =>
    Effect.map(requestWith({}), (request) => {
      assert.deepStrictEqual(Options.sizeFor("1:1", bounds, request), { width: 1024, height: 1024 })
      assert.deepStrictEqual(Options.sizeFor("16:9", bounds, request), { width: 1280, height: 720 })
      assert.deepStrictEqual(Options.sizeFor("2:3", bounds, request, 4_000_000), { width: 1632, height: 2448 })
    }))
})
