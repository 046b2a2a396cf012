import { assert, describe, it } from "@effect/vitest"
import { Prompt, Tool } from "effect/ai"
import { json, promptSize } from "../../src/internal/promptSize.ts"

describe("promptSize", () => {
  it("counts texts, what tools are given and give, their descriptions, and files apart", () => {
    const file = { type: "file", mediaType: "image/png", data: new Uint8Array([1]) } as const
    const prompt = Prompt.make([
      { role: "system", content: "1234" },
      { role: "user", content: [{ type: "text", text: "織機" }, file] },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "so" },
          { type: "tool-call", id: "1", name: "find", params: { a: 1 } }
        ]
      },
      { role: "tool", content: [{ type: "tool-result", id: "1", name: "find", isFailure: false, result: [1] }] }
    ])
    const { files, ...size } = promptSize({ prompt, tools: [Tool.make("find", { description: "Finds" })] })
    assert.deepStrictEqual(size, { characters: 31, bytes: 35, messages: 4 })
    assert.deepStrictEqual(files.map(({ mediaType }) => mediaType), ["image/png"])
  })

  it("what can't be written isn't sent", () => {
    const circular: Record<string, unknown> = {}
    circular["self"] = circular
    assert.deepStrictEqual([json(circular), json(undefined), json({ a: 1 })], ["", "", "{\"a\":1}"])
  })
})
