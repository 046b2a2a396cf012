import { assert, describe, it } from "@effect/vitest"
import type OpenAI from "openai"
import { call, chatTextOf, collect, driven, failure } from "../driven.ts"

const user = (content: string): Array<OpenAI.ChatCompletionMessageParam> => [{ role: "user", content }]
const weather: OpenAI.ChatCompletionFunctionTool = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] }
  }
}

describe("Chat Completions", () => {
  it.effect("answers with usage in OpenAI's names", () =>
    driven(function*({ openai }) {
      const reply = yield* call(() =>
        openai.chat.completions.create({
          model: "gpt-5.4-mini",
          messages: user("What is a loom?"),
          reasoning_effort: "low"
        })
      )
      assert.strictEqual(reply.object, "chat.completion")
      assert.strictEqual(reply.model, "gpt-5.4-mini")
      assert.strictEqual(reply.choices[0]?.finish_reason, "stop")
      assert.isAbove(reply.usage!.completion_tokens_details!.reasoning_tokens!, 0)
      assert.strictEqual(reply.usage!.total_tokens, reply.usage!.prompt_tokens + reply.usage!.completion_tokens)
      assert.deepInclude(reply.usage!.prompt_tokens_details, { cached_tokens: 0, cache_write_tokens: 0 })
    }))

  it.effect("streams, with usage only when asked", () =>
    driven(function*({ openai, sandbox }) {
      const body = { model: "gpt-4.1", messages: user("Describe weaving."), stream: true as const }
      const plain = yield* collect(() => openai.chat.completions.create(body))
      assert.isTrue(plain.every((chunk) => !("usage" in chunk)))
      assert.strictEqual(plain.at(-1)?.choices[0]?.finish_reason, "stop")
      const counted = yield* collect(() =>
        openai.chat.completions.create({ ...body, stream_options: { include_usage: true } })
      )
      assert.isTrue(counted.slice(0, -1).every((chunk) => chunk.usage === null))
      assert.deepStrictEqual(counted.at(-1)?.choices, [])
      const bill = yield* sandbox.bill
      assert.strictEqual(counted.at(-1)?.usage?.completion_tokens, bill[1]?.tokens.output)
      assert.isAbove(chatTextOf(counted).length, 0)
    }))

  it.effect("ends a stream with [DONE]", () =>
    driven(function*({ sandbox }) {
      const text = yield* call(async () => {
        const response = await fetch(`${sandbox.baseUrl("openai")}/chat/completions`, {
          method: "POST",
          headers: { authorization: "Bearer k", "content-type": "application/json" },
          body: JSON.stringify({ model: "gpt-4.1", messages: user("Hi"), stream: true })
        })
        assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/)
        return response.text()
      })
      assert.isTrue(text.endsWith("data: [DONE]\n\n"))
      assert.isFalse(/^event:/m.test(text))
    }))

  it.effect("honours stop, n and max_completion_tokens", () =>
    driven(function*({ openai }) {
      const ask = (body: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>) =>
        call(() =>
          openai.chat.completions.create({ model: "gpt-4.1", messages: user("[say: one two END three]"), ...body })
        )
      const stopped = yield* ask({ stop: ["END", "never"] })
      assert.strictEqual(stopped.choices[0]?.message.content, "one two ")
      assert.strictEqual(stopped.choices[0]?.finish_reason, "stop")
      const many = yield* ask({ n: 3, messages: user("Describe weaving on a hand loom.") })
      assert.deepStrictEqual(many.choices.map(({ index }) => index), [0, 1, 2])
      assert.isAbove(new Set(many.choices.map(({ message }) => message.content)).size, 1)
      const short = yield* ask({ max_completion_tokens: 2 })
      assert.strictEqual(short.choices[0]?.finish_reason, "length")
      assert.strictEqual(short.usage?.completion_tokens, 2)
    }))

  it.effect("calls tools, streamed or not, and cites their results", () =>
    driven(function*({ openai }) {
      const messages = user("Use get_weather.")
      const reply = yield* call(() => openai.chat.completions.create({ model: "gpt-4.1", messages, tools: [weather] }))
      const made = reply.choices[0]?.message.tool_calls?.[0]
      assert(made?.type === "function")
      assert.strictEqual(reply.choices[0]?.finish_reason, "tool_calls")
      assert.isString(JSON.parse(made.function.arguments).city)
      const chunks = yield* collect(() =>
        openai.chat.completions.create({ model: "gpt-4.1", messages, tools: [weather], stream: true })
      )
      const parts = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
      assert.strictEqual(parts[0]?.function?.name, "get_weather")
      assert.isObject(JSON.parse(parts.map((part) => part.function?.arguments ?? "").join("")))
      assert.strictEqual(chunks.at(-1)?.choices[0]?.finish_reason, "tool_calls")
      const cited = yield* call(() =>
        openai.chat.completions.create({
          model: "gpt-4.1",
          tools: [weather],
          messages: [
            ...messages,
            reply.choices[0]!.message,
            { role: "tool", tool_call_id: made.id, content: "21 degrees" }
          ]
        })
      )
      assert.include(cited.choices[0]?.message.content, "21 degrees")
      const orphan = yield* failure(() =>
        openai.chat.completions.create({
          model: "gpt-4.1",
          messages: [...messages, { role: "tool", tool_call_id: "call_nobody", content: "?" }]
        })
      )
      assert.deepInclude(orphan, { status: 400, param: "messages" })
    }))

  it.effect("satisfies the SDK's own helpers", () =>
    driven(function*({ openai }) {
      const stream = openai.chat.completions.stream({
        model: "gpt-6-luna",
        messages: user("Use get_weather twice."),
        tools: [weather],
        stream_options: { include_usage: true }
      })
      const final = yield* call(() => stream.finalChatCompletion())
      assert.strictEqual(final.choices[0]?.finish_reason, "tool_calls")
      assert.isAbove(final.usage?.completion_tokens ?? 0, 0)
    }))

  it.effect("answers JSON, refusals, filters and citations", () =>
    driven(function*({ openai }) {
      const ask = (content: string, body: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) =>
        call(() => openai.chat.completions.create({ model: "gpt-4.1", messages: user(content), ...body }))
      const json = yield* ask("A loom", {
        response_format: {
          type: "json_schema",
          json_schema: {
            name: "x",
            schema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] }
          }
        }
      })
      assert.isTrue(Number.isInteger(JSON.parse(json.choices[0]?.message.content ?? "").n))
      const object = yield* ask("A loom", { response_format: { type: "json_object" } })
      assert.isObject(JSON.parse(object.choices[0]?.message.content ?? ""))
      assert.isString((yield* ask("[refuse]")).choices[0]?.message.refusal)
      assert.strictEqual((yield* ask("[filter] Hello there")).choices[0]?.finish_reason, "content_filter")
      const cited = yield* ask("Search looms", { web_search_options: {} })
      assert.strictEqual(cited.choices[0]?.message.annotations?.[0]?.type, "url_citation")
      const seen = yield* call(() =>
        openai.chat.completions.create({
          model: "gpt-4.1",
          messages: [{
            role: "user",
            content: [
              { type: "text", text: "What is it?" },
              { type: "image_url", image_url: { url: "https://example.com/a.png", detail: "low" } }
            ]
          }]
        })
      )
      assert.isAbove(seen.usage!.prompt_tokens, 85)
    }))
})
