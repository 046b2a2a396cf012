import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { call, collect } from "../driven.ts"
import { type Body, driven, failure, saying, streamedText, textOf } from "./claude.ts"

const weather: Anthropic.Tool = {
  name: "get_weather",
  input_schema: {
    type: "object",
    properties: {
      city: { type: "string", enum: ["Oslo", "Paris"] },
      days: { type: "integer", minimum: 1, maximum: 5 }
    },
    required: ["city", "days"]
  }
}
const clock: Anthropic.Tool = { name: "get_time", input_schema: { type: "object" } }
const search: Anthropic.WebSearchTool20260318 = {
  type: "web_search_20260318",
  name: "web_search",
  allowed_domains: ["looms.example"]
}

const kinds = ({ content }: Anthropic.Message) => content.map(({ type }) => type)

describe("Messages", () => {
  it.effect("answers text with usage, ids and headers", () =>
    driven(function*({ anthropic }) {
      const { data, request_id, response } = yield* call(() =>
        anthropic.messages.create(
          saying("What is a loom?", { system: "Answer in one line.", metadata: { user_id: "u" } })
        )
          .withResponse()
      )
      assert.match(request_id ?? "", /^req_01[0-9a-f]{22}$/)
      assert.match(response.headers.get("anthropic-ratelimit-input-tokens-reset") ?? "", /^\d{4}-\d\d-\d\dT[\d:]+Z$/)
      assert.isNotNull(response.headers.get("anthropic-ratelimit-requests-remaining"))
      assert.match(data.id, /^msg_01/)
      assert.deepInclude(data, {
        type: "message",
        role: "assistant",
        model: "claude-haiku-4-5-20251001",
        stop_reason: "end_turn",
        stop_sequence: null,
        stop_details: null
      })
      assert.include(textOf(data).toLowerCase(), "loom")
      assert.deepStrictEqual(data.usage, {
        input_tokens: 19,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        output_tokens: data.usage.output_tokens,
        output_tokens_details: { thinking_tokens: 0 },
        server_tool_use: null,
        service_tier: "standard",
        inference_geo: "not_available",
        speed: "standard"
      })
    }))

  it.effect("streams the same answer in Anthropic's order of events", () =>
    driven(function*({ anthropic, sandbox }) {
      const body = saying("[say: hello there]")
      const events = yield* collect(() => anthropic.messages.create({ ...body, stream: true }))
      assert.deepStrictEqual(events.map(({ type }) => type), [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop"
      ])
      assert.strictEqual(streamedText(events), "hello there")
      const [start] = events
      const end = events.at(-2)
      assert(start?.type === "message_start" && end?.type === "message_delta")
      assert.deepInclude(start.message, { content: [], stop_reason: null })
      assert.deepInclude(start.message.usage, { input_tokens: 12, output_tokens: 1 })
      assert.strictEqual(end.delta.stop_reason, "end_turn")
      assert.deepStrictEqual(end.usage, {
        input_tokens: 12,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 2,
        output_tokens_details: { thinking_tokens: 0 },
        server_tool_use: null
      })
      const [entry] = yield* sandbox.bill
      assert.deepInclude(entry, { provider: "anthropic", responseId: start.message.id, complete: true })
      const pinged = yield* call(async () => {
        const response = await fetch(`${sandbox.baseUrl("anthropic")}/v1/messages`, {
          method: "POST",
          headers: {
            authorization: "Bearer k",
            "anthropic-version": "2026-10-21",
            "content-type": "application/json"
          },
          body: JSON.stringify({ ...body, stream: true })
        })
        return response.text()
      })
      assert.include(pinged, "event: ping\ndata: {\"type\":\"ping\"}\n\n")
      assert.isTrue(pinged.endsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"))
    }))

  it.effect("is the same for the same seed, and told as one or in events", () =>
    driven(function*({ anthropic, sandbox }) {
      const body = saying("Describe weaving and use get_weather, then search.", {
        model: "claude-opus-5",
        thinking: { type: "adaptive", display: "summarized" },
        tools: [weather, search]
      })
      const first = yield* call(() => anthropic.messages.create(body))
      yield* sandbox.reset
      const again = yield* call(() => anthropic.messages.create(body))
      assert.deepStrictEqual(again, first)
    }))

  it.effect("tells every kind of block in events that the SDK puts together again", () =>
    driven(function*({ anthropic, sandbox }) {
      const bodies: ReadonlyArray<Body> = [
        saying("[words: 80]"),
        saying("Use get_weather and get_time.", { tools: [weather, clock], model: "claude-opus-4-8" }),
        saying("Search the latest looms.", { tools: [search], model: "claude-sonnet-5-5" }),
        saying("Hard", { model: "claude-haiku-4-5", thinking: { type: "enabled", budget_tokens: 1024 } }),
        saying("[filter] one two three four"),
        saying("[refuse: cyber]"),
        saying("[words: 80]", { max_tokens: 3 }),
        saying("[say: one two END three]", { stop_sequences: ["END"] })
      ]
      for (const body of bodies) {
        const streamed = yield* call(() => anthropic.messages.stream(body).finalMessage())
        const entry = (yield* sandbox.bill).at(-1)
        assert.strictEqual(entry?.responseId, streamed.id)
        assert.strictEqual(entry?.tokens.output, streamed.usage.output_tokens)
        assert.strictEqual(entry?.reasoning, streamed.usage.output_tokens_details?.thinking_tokens)
        const events = yield* collect(() => anthropic.messages.create({ ...body, stream: true }))
        const starts = events.filter((event) => event.type === "content_block_start")
        assert.deepStrictEqual(starts.map((event) => event.content_block.type), kinds(streamed))
      }
    }))

  it.effect("ends as asked: stop sequence, limit, refusal, filter", () =>
    driven(function*({ anthropic }) {
      const ask = (body: Body) => call(() => anthropic.messages.create(body))
      const stopped = yield* ask(saying("[say: one two END three]", { stop_sequences: ["never", "END"] }))
      assert.deepInclude(stopped, { stop_reason: "stop_sequence", stop_sequence: "END" })
      assert.strictEqual(textOf(stopped), "one two ")
      const short = yield* ask(saying("[words: 50]", { max_tokens: 5 }))
      assert.deepInclude(short, { stop_reason: "max_tokens" })
      assert.strictEqual(short.usage.output_tokens, 5)
      const refused = yield* ask(saying("[refuse: bio]"))
      assert.deepInclude(refused, { stop_reason: "refusal", content: [] })
      assert.deepInclude(refused.stop_details, { type: "refusal", category: "bio" })
      assert.isNull((yield* ask(saying("[refuse]"))).stop_details?.category)
      const filtered = yield* ask(saying("[filter] one two three"))
      assert.strictEqual(filtered.stop_reason, "refusal")
      assert.isAbove(textOf(filtered).length, 0)
    }))

  it.effect("counts tokens as it charges them", () =>
    driven(function*({ anthropic, sandbox }) {
      const body = { model: "claude-opus-4-8", messages: saying("What is a loom?").messages, tools: [weather] }
      const counted = yield* call(() => anthropic.messages.countTokens(body))
      const reply = yield* call(() => anthropic.messages.create({ ...body, max_tokens: 50 }))
      assert.strictEqual(counted.input_tokens, reply.usage.input_tokens)
      assert.lengthOf(yield* sandbox.bill, 1)
    }))

  it.effect("lists its models and knows both names of one", () =>
    driven(function*({ anthropic }) {
      const page = yield* call(() => anthropic.models.list())
      assert.isFalse(page.has_more)
      assert.include(page.data.map(({ id }) => id), "claude-opus-5-5")
      const model = yield* call(() => anthropic.models.retrieve("claude-haiku-4-5"))
      assert.deepInclude(model, { id: "claude-haiku-4-5-20251001", max_input_tokens: 200_000, line: "haiku" })
      assert.isTrue(model.capabilities?.thinking.types.enabled.supported)
      assert.deepInclude(yield* failure(() => anthropic.models.retrieve("claude-0")), {
        status: 404,
        type: "not_found_error"
      })
    }))
})

describe("tools", () => {
  it.effect("are called in parallel, or one by one, and their results are cited", () =>
    driven(function*({ anthropic }) {
      const body = saying("Use get_weather and get_time.", { tools: [weather, clock] })
      const both = yield* call(() => anthropic.messages.create(body))
      assert.strictEqual(both.stop_reason, "tool_use")
      assert.deepStrictEqual(kinds(both), ["tool_use", "tool_use"])
      const one = yield* call(() =>
        anthropic.messages.create({ ...body, tool_choice: { type: "auto", disable_parallel_tool_use: true } })
      )
      assert.deepStrictEqual(kinds(one), ["tool_use"])
      const uses = both.content.filter((block) => block.type === "tool_use")
      assert.include(["Oslo", "Paris"], JSON.parse(JSON.stringify(uses[0]?.input)).city)
      const after = yield* call(() =>
        anthropic.messages.create({
          ...body,
          messages: [...body.messages, { role: "assistant", content: both.content }, {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: uses[0]!.id, content: "21 degrees" },
              {
                type: "tool_result",
                tool_use_id: uses[1]!.id,
                content: [{ type: "text", text: "noon" }],
                is_error: true
              }
            ]
          }]
        })
      )
      assert.strictEqual(after.stop_reason, "end_turn")
      assert.include(textOf(after), "According to get_weather: 21 degrees")
      assert.include(textOf(after), "noon")
    }))

  it.effect("follow tool_choice", () =>
    driven(function*({ anthropic }) {
      const ask = (content: string, tool_choice: Anthropic.ToolChoice) =>
        call(() => anthropic.messages.create(saying(content, { tools: [weather, clock], tool_choice })))
      const names = ({ content }: Anthropic.Message) =>
        content.flatMap((block) => block.type === "tool_use" ? [block.name] : [])
      assert.deepStrictEqual(names(yield* ask("Hello", { type: "auto" })), [])
      assert.deepStrictEqual(names(yield* ask("Use get_time", { type: "none" })), [])
      assert.deepStrictEqual(names(yield* ask("Hello", { type: "any" })), ["get_weather"])
      assert.deepStrictEqual(names(yield* ask("Hello", { type: "tool", name: "get_time" })), ["get_time"])
    }))

  it.effect("stream their arguments", () =>
    driven(function*({ anthropic }) {
      const events = yield* collect(() =>
        anthropic.messages.create({ ...saying("Use get_weather.", { tools: [weather] }), stream: true })
      )
      const parts = events.flatMap((event) =>
        event.type === "content_block_delta" && event.delta.type === "input_json_delta"
          ? [event.delta.partial_json]
          : []
      )
      assert.strictEqual(parts[0], "")
      assert.isAbove(parts.length, 2)
      assert.isNumber(JSON.parse(parts.join("")).days)
    }))
})

describe("web search", () => {
  it.effect("shows the search, its results and citations that can be sent back", () =>
    driven(function*({ anthropic }) {
      const body = saying("Search the latest looms.", { tools: [search] })
      const reply = yield* call(() => anthropic.messages.create(body))
      assert.deepStrictEqual(kinds(reply).slice(0, 2), ["server_tool_use", "web_search_tool_result"])
      assert.deepStrictEqual(reply.usage.server_tool_use, { web_search_requests: 1, web_fetch_requests: 0 })
      const cited = reply.content.flatMap((block) => block.type === "text" ? block.citations ?? [] : [])
      assert(cited[0]?.type === "web_search_result_location")
      assert.match(cited[0].url, /^https:\/\/looms\.example\//)
      assert.strictEqual(reply.stop_reason, "end_turn")
      const next = (content: Anthropic.Message["content"]) =>
        anthropic.messages.create({
          ...body,
          messages: [...body.messages, { role: "assistant", content }, { role: "user", content: "And now?" }]
        })
      yield* call(() => next(reply.content))
      const forged = reply.content.map((block) =>
        block.type === "web_search_tool_result" && Array.isArray(block.content)
          ? Object.assign({}, block, {
            content: block.content.map((result) => Object.assign({}, result, { encrypted_content: "forged" }))
          })
          : block
      )
      assert.strictEqual((yield* failure(() => next(forged))).status, 400)
      const quiet = yield* call(() => anthropic.messages.create(saying("Hello", { tools: [search] })))
      assert.isNull(quiet.usage.server_tool_use)
    }))

  it.effect("can pause and go on when sent back", () =>
    driven(function*({ anthropic, sandbox }) {
      const body = saying("[pause] Search the latest looms.", { model: "claude-opus-5-5", tools: [search] })
      const paused = yield* call(() => anthropic.messages.create(body))
      assert.strictEqual(paused.stop_reason, "pause_turn")
      assert.deepStrictEqual(kinds(paused), ["thinking", "server_tool_use", "web_search_tool_result"])
      const done = yield* call(() =>
        anthropic.messages.create({
          ...body,
          messages: [...body.messages, { role: "assistant", content: paused.content }]
        })
      )
      assert.strictEqual(done.stop_reason, "end_turn")
      assert.notInclude(kinds(done), "server_tool_use")
      assert.isTrue(done.content.some((block) => block.type === "text" && block.citations !== null))
      const searches = (yield* sandbox.bill).map(({ lines }) => lines.some(({ item }) => item === "webSearch"))
      assert.deepStrictEqual(searches, [true, false])
    }))
})
