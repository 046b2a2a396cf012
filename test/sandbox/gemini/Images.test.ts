import { assert, describe, it } from "@effect/vitest"
import { call } from "../driven.ts"
import { dollars, ofBase64, picture } from "../images/imaged.ts"
import { driven, failure, partsOf } from "./gemini.ts"

const prompt = "a red cube"

describe("images of Gemini", () => {
  it.effect("come inline, and cost fixed tokens by their size", () =>
    driven(function*({ gemini, sandbox }) {
      const reply = yield* call(() =>
        gemini.models.generateContent({
          model: "gemini-3.1-flash-image",
          contents: prompt,
          config: { responseModalities: ["IMAGE"], imageConfig: { aspectRatio: "16:9", imageSize: "2K" } }
        })
      )
      const [part] = partsOf(reply)
      assert.strictEqual(part?.inlineData?.mimeType, "image/png")
      assert.strictEqual(ofBase64(part?.inlineData?.data ?? ""), "png 2736x1536")
      assert.deepInclude(reply.usageMetadata, {
        promptTokenCount: 3,
        candidatesTokenCount: 1680,
        totalTokenCount: 1683
      })
      const [entry] = yield* sandbox.bill
      assert.strictEqual(entry?.amount, 3n * dollars(0.5e-6) + 1680n * dollars(60e-6))
      assert.deepInclude((yield* sandbox.journal)[0], { step: "submit", charged: true })
    }))

  it.effect("are edited from pictures, after a thought", () =>
    driven(function*({ gemini, sandbox }) {
      const data = picture().toString("base64")
      const reply = yield* call(() =>
        gemini.models.generateContent({
          model: "gemini-3-pro-image",
          contents: [{ role: "user", parts: [{ text: prompt }, { inlineData: { mimeType: "image/png", data } }] }],
          config: { responseModalities: ["TEXT", "IMAGE"], imageConfig: { imageSize: "4K" }, seed: 3 }
        })
      )
      const parts = partsOf(reply)
      assert.deepStrictEqual(parts.map(({ thought }) => thought), [true, undefined, undefined])
      assert.strictEqual(ofBase64(parts[2]?.inlineData?.data ?? ""), "png 4096x4096")
      const thoughts = reply.usageMetadata?.thoughtsTokenCount ?? 0
      const text = (reply.usageMetadata?.candidatesTokenCount ?? 0) - 2000
      assert.isAbove(thoughts * text, 0)
      assert.strictEqual(
        (yield* sandbox.bill)[0]?.amount,
        563n * dollars(2e-6) + 2000n * dollars(120e-6) + BigInt(thoughts + text) * dollars(12e-6)
      )
    }))

  it.effect("are blocked in a good answer, which costs its prompt", () =>
    driven(function*({ gemini, sandbox }) {
      const model = "gemini-3.1-flash-image"
      const ask = (contents: string) => call(() => gemini.models.generateContent({ model, contents }))
      const before = yield* ask("[block input]")
      assert.strictEqual(before.promptFeedback?.blockReason, "PROHIBITED_CONTENT")
      const after = yield* ask("[block output]")
      assert.strictEqual(after.candidates?.[0]?.finishReason, "IMAGE_SAFETY")
      const none = yield* ask("[no image]")
      assert.strictEqual(none.candidates?.[0]?.finishReason, "NO_IMAGE")
      const bill = yield* sandbox.bill
      assert.deepStrictEqual(bill.map(({ lines }) => lines.map(({ item }) => item)), [["input"], ["input"], [
        "input",
        "output"
      ]])
    }))

  it.effect("are refused with what their model doesn't take", () =>
    driven(function*({ gemini }) {
      const refused = (model: string, config: object) =>
        failure(() => gemini.models.generateContent({ model, contents: prompt, config }))
      for (
        const [model, config] of [
          ["gemini-2.5-flash-image", { imageConfig: { imageSize: "4K" } }],
          ["gemini-2.5-flash-image", { imageConfig: { aspectRatio: "1:8" } }],
          ["gemini-3-pro-image", { imageConfig: { imageSize: "512" } }],
          ["gemini-3-pro-image", { responseModalities: ["TEXT"] }],
          ["gemini-3-pro-image", { candidateCount: 2 }]
        ] as const
      ) assert.strictEqual((yield* refused(model, config)).status, 400)
    }))
})
