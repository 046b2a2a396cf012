import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { call } from "../driven.ts"
import { type Body, driven, failure, saying, textOf } from "./claude.ts"

const tool: Anthropic.Tool = { name: "get_it", input_schema: { type: "object" } }

const thoughts = ({ content }: Anthropic.Message) => content.filter((block) => block.type === "thinking")

describe("thinking", () => {
  it.effect("is asked for on older models and the default on newer ones", () =>
    driven(function*({ anthropic }) {
      const count = function*(body: Partial<Body>) {
        const reply = yield* call(() => anthropic.messages.create(saying("Hello", body)))
        const tokens = reply.usage.output_tokens_details?.thinking_tokens ?? 0
        assert.strictEqual(thoughts(reply).length, tokens > 0 ? 1 : 0)
        assert.isAbove(reply.usage.output_tokens, tokens)
        return tokens
      }
      assert.strictEqual(yield* count({ model: "claude-haiku-4-5" }), 0)
      assert.strictEqual(yield* count({ model: "claude-opus-4-8" }), 0)
      assert.isAbove(yield* count({ model: "claude-opus-4-8", thinking: { type: "adaptive" } }), 0)
      assert.isAbove(yield* count({ thinking: { type: "enabled", budget_tokens: 1024 } }), 0)
      assert.isAbove(yield* count({ model: "claude-opus-5" }), 0)
      assert.strictEqual(yield* count({ model: "claude-opus-5", thinking: { type: "disabled" } }), 0)
      assert.strictEqual(yield* count({ model: "claude-sonnet-5-5", thinking: { type: "between_tools" } }), 0)
      const low = yield* count({ model: "claude-fable-5-2", output_config: { effort: "low" } })
      assert.isAbove(yield* count({ model: "claude-fable-5-2", output_config: { effort: "max" } }), low)
    }))

  it.effect("shows its text unless omitted, always with a signature", () =>
    driven(function*({ anthropic }) {
      const ask = function*(model: string, thinking?: Anthropic.ThinkingConfigParam) {
        const reply = yield* call(() =>
          anthropic.messages.create(
            saying("What is a loom?", { model, ...(thinking === undefined ? {} : { thinking }) })
          )
        )
        const [thought] = thoughts(reply)
        assert.isAbove(thought?.signature.length ?? 0, 20)
        return thought?.thinking
      }
      assert.strictEqual(yield* ask("claude-opus-5-5"), "")
      assert.include(yield* ask("claude-opus-5-5", { type: "adaptive", display: "summarized" }), "loom")
      assert.include(yield* ask("claude-sonnet-4-6", { type: "adaptive" }), "loom")
      assert.strictEqual(yield* ask("claude-sonnet-4-6", { type: "adaptive", display: "omitted" }), "")
    }))

  it.effect("goes back with the tool's result, unchanged or not at all", () =>
    driven(function*({ anthropic }) {
      for (const display of ["summarized", "omitted"] as const) {
        const body = saying("Use get_it.", {
          model: "claude-sonnet-4-6",
          thinking: { type: "enabled", budget_tokens: 2000, display },
          tools: [tool]
        })
        const reply = yield* call(() => anthropic.messages.create(body))
        const [thought, use] = reply.content
        assert(thought?.type === "thinking" && use?.type === "tool_use")
        const next = (content: ReadonlyArray<Anthropic.ContentBlockParam>) =>
          anthropic.messages.create({
            ...body,
            messages: [...body.messages, { role: "assistant", content: [...content] }, {
              role: "user",
              content: [{ type: "tool_result", tool_use_id: use.id, content: "42" }]
            }]
          })
        assert.include(textOf(yield* call(() => next(reply.content))), "42")
        const changed = yield* failure(() => next([{ ...thought, thinking: `${thought.thinking}!` }, use]))
        assert.strictEqual(changed.apiMessage, "messages.1.content.0: Invalid `signature` in `thinking` block")
        assert.strictEqual((yield* failure(() => next([{ ...thought, signature: "forged" }, use]))).status, 400)
        const without = yield* failure(() => next([use]))
        assert.match(without.apiMessage ?? "", /^messages\.1\.content\.0\.type: Expected `thinking`/)
      }
    }))

  it.effect("belongs to its model from Fable 5.1 on, and to the seed of the sandbox", () =>
    driven(function*({ anthropic }) {
      const messages = saying("Hello").messages
      const ask = (model: string, content: ReadonlyArray<Anthropic.ContentBlockParam>) =>
        anthropic.messages.create({
          model,
          max_tokens: 1000,
          messages: [...messages, { role: "assistant", content: [...content] }, { role: "user", content: "Go on" }]
        })
      const reply = yield* call(() => anthropic.messages.create(saying("Hello", { model: "claude-opus-5" })))
      yield* call(() => ask("claude-opus-4-8", reply.content))
      yield* call(() => ask("claude-opus-5", reply.content))
      assert.strictEqual((yield* failure(() => ask("claude-opus-5-5", reply.content))).status, 400)
      const foreign = yield* driven(function*({ anthropic }) {
        return yield* call(() => anthropic.messages.create(saying("Hello", { model: "claude-opus-5" })))
      }, { seed: "another" })
      assert.strictEqual((yield* failure(() => ask("claude-opus-5", foreign.content))).status, 400)
    }))
})

describe("what the user shows", () => {
  const png = `iVBORw0KGgo${"A".repeat(4001)}=`.slice(0, 4012)
  const pdf = Buffer.from("%PDF-1.7 loom").toString("base64")

  it.effect("may be pictures and documents", () =>
    driven(function*({ anthropic }) {
      const size = function*(block: Anthropic.ContentBlockParam) {
        const reply = yield* call(() =>
          anthropic.messages.create({
            ...saying(""),
            messages: [{ role: "user", content: [block, { type: "text", text: "[say: seen]" }] }]
          })
        )
        assert.strictEqual(textOf(reply), "seen")
        return reply.usage.input_tokens - 11
      }
      assert.strictEqual(
        yield* size({ type: "image", source: { type: "url", url: "https://example.com/a.png" } }),
        1600
      )
      const bytes = Buffer.from(png, "base64").length
      assert.strictEqual(
        yield* size({ type: "image", source: { type: "base64", media_type: "image/png", data: png } }),
        Math.ceil(bytes / 40)
      )
      assert.strictEqual(
        yield* size({ type: "document", source: { type: "base64", media_type: "application/pdf", data: pdf } }),
        1500
      )
      assert.strictEqual(
        yield* size({ type: "document", source: { type: "url", url: "https://example.com/a.pdf" } }),
        3000
      )
      assert.strictEqual(
        yield* size({ type: "document", source: { type: "text", media_type: "text/plain", data: "one two" } }),
        2
      )
    }))

  it.effect("is refused when it is not what it says", () =>
    driven(function*({ anthropic }) {
      const refused = function*(block: Anthropic.ContentBlockParam) {
        const error = yield* failure(() =>
          anthropic.messages.create({ ...saying(""), messages: [{ role: "user", content: [block] }] })
        )
        return `${error.status} ${error.apiMessage}`
      }
      const image = (source: Anthropic.ImageBlockParam["source"]): Anthropic.ImageBlockParam => ({
        type: "image",
        source
      })
      assert.strictEqual(
        yield* refused(image({ type: "base64", media_type: "image/png", data: "no base64" })),
        "400 messages.0.content.0.image.source.base64.data: Invalid base64 data"
      )
      assert.match(yield* refused(image({ type: "base64", media_type: "image/jpeg", data: png })), /^400 .*not process/)
      assert.match(yield* refused(image({ type: "url", url: "file:///etc/passwd" })), /^400 .*valid URL$/)
      assert.match(yield* refused(image({ type: "file", file_id: "file_1" })), /^404 File not found: file_1$/)
      assert.match(
        yield* refused({ type: "document", source: { type: "base64", media_type: "application/pdf", data: png } }),
        /^400 .*PDF specified was not valid/
      )
    }))
})

describe("structured output", () => {
  it.effect("is JSON of the schema, which the SDK parses", () =>
    driven(function*({ anthropic }) {
      const format: Anthropic.JSONOutputFormat = {
        type: "json_schema",
        schema: {
          type: "object",
          properties: { name: { type: "string" }, warps: { type: "integer", minimum: 3, maximum: 9 } },
          required: ["name", "warps"],
          additionalProperties: false
        }
      }
      const reply = yield* call(() => anthropic.messages.create(saying("A loom", { output_config: { format } })))
      const value = JSON.parse(textOf(reply))
      assert.isString(value.name)
      assert.isTrue(Number.isInteger(value.warps) && value.warps >= 3 && value.warps <= 9)
    }))
})
