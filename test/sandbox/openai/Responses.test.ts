import { assert, describe, it } from "@effect/vitest"
import type OpenAI from "openai"
import { asInput, call, collect, driven, failure, textOf } from "../driven.ts"

const weather: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_weather",
  strict: true,
  parameters: {
    type: "object",
    properties: {
      city: { type: "string", enum: ["Oslo", "Paris"] },
      days: { type: "integer", minimum: 1, maximum: 5 }
    },
    required: ["city", "days"],
    additionalProperties: false
  }
}
const clock: OpenAI.Responses.FunctionTool = {
  type: "function",
  name: "get_time",
  strict: true,
  parameters: { type: "object", properties: {}, required: [], additionalProperties: false }
}

describe("Responses", () => {
  it.effect("answers text with usage, ids and headers", () =>
    driven(function*({ openai }) {
      const { data, request_id, response } = yield* call(() =>
        openai.responses.create({
          model: "gpt-5.4-mini",
          instructions: "Answer in one line.",
          input: [{ role: "user", content: [{ type: "input_text", text: "What is a loom?" }] }],
          max_output_tokens: 256,
          reasoning: { effort: "low" },
          prompt_cache_key: "tenant-7",
          store: false
        }).withResponse()
      )
      assert.match(request_id ?? "", /^req_[0-9a-f]{32}$/)
      assert.isNotNull(response.headers.get("x-ratelimit-remaining-tokens"))
      assert.isNotNull(response.headers.get("openai-processing-ms"))
      assert.match(data.id, /^resp_/)
      assert.strictEqual(data.status, "completed")
      assert.strictEqual(data.model, "gpt-5.4-mini-2026-03-17")
      assert.strictEqual(data.service_tier, "default")
      assert.deepStrictEqual(data.output.map(({ type }) => type), ["reasoning", "message"])
      assert.include(data.output_text.toLowerCase(), "loom")
      assert.deepInclude(data.usage, {
        input_tokens: 19,
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        total_tokens: 19 + data.usage!.output_tokens
      })
      assert.isAbove(data.usage!.output_tokens, data.usage!.output_tokens_details.reasoning_tokens)
    }))

  it.effect("streams the same answer in OpenAI's order of events", () =>
    driven(function*({ openai }) {
      const events = yield* collect(() =>
        openai.responses.create({
          model: "gpt-6-luna",
          input: "Describe weaving.",
          reasoning: { summary: "auto" },
          stream: true
        })
      )
      assert.deepStrictEqual(events.map((event) => event.sequence_number), events.map((_, index) => index))
      const types = events.map(({ type }) => type)
      assert.deepStrictEqual(types.filter((type, index) => type !== types[index - 1]), [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed"
      ])
      const last = events.at(-1)!
      assert(last.type === "response.completed")
      assert.strictEqual(
        textOf(events),
        last.response.output.map((item) =>
          item.type === "message" && item.content[0]?.type === "output_text" ? item.content[0].text : ""
        ).join("")
      )
      assert.isAbove(last.response.usage!.output_tokens, 0)
    }))

  it.effect("is the same for the same seed and differs for another", () => {
    const answers = (seed: string) =>
      driven(function*({ openai }) {
        const ask = () => openai.responses.create({ model: "gpt-5.4", input: "Tell me about shuttles and warps." })
        const first = yield* call(ask)
        const second = yield* call(ask)
        return { ids: [first.id, second.id], texts: [first.output_text, second.output_text] }
      }, { seed, startsAt: 0 })
    return driven(function*() {
      const one = yield* answers("one")
      assert.deepStrictEqual(yield* answers("one"), one)
      assert.notDeepEqual(yield* answers("two"), one)
      assert.notStrictEqual(one.ids[0], one.ids[1])
    })
  })

  it.effect("stops at max_output_tokens as incomplete", () =>
    driven(function*({ openai }) {
      const body = { model: "gpt-4.1", input: "[words: 100]", max_output_tokens: 10 }
      const reply = yield* call(() => openai.responses.create(body))
      assert.strictEqual(reply.status, "incomplete")
      assert.strictEqual(reply.incomplete_details?.reason, "max_output_tokens")
      assert.strictEqual(reply.usage?.output_tokens, 10)
      const events = yield* collect(() => openai.responses.create({ ...body, stream: true }))
      assert.strictEqual(events.at(-1)?.type, "response.incomplete")
      const thought = yield* call(() =>
        openai.responses.create({ model: "gpt-5", input: "Hi", max_output_tokens: 5, reasoning: { effort: "high" } })
      )
      assert.deepStrictEqual(thought.output.map(({ type }) => type), ["reasoning"])
      assert.strictEqual(thought.usage?.output_tokens_details.reasoning_tokens, 5)
    }))

  it.effect("thinks more at a higher effort", () =>
    driven(function*({ openai }) {
      const spent: Array<number> = []
      for (const effort of ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const) {
        const reply = yield* call(() =>
          openai.responses.create({ model: "gpt-5.4", input: "Hello", reasoning: { effort } })
        )
        spent.push(reply.usage!.output_tokens_details.reasoning_tokens)
      }
      assert.deepStrictEqual(spent.toSorted((a, b) => a - b), spent)
      assert.strictEqual(spent[0], 0)
    }))

  it.effect("calls the tools that the prompt mentions, and cites what they answered", () =>
    driven(function*({ openai }) {
      const tools = [weather, clock]
      const first = yield* call(() =>
        openai.responses.create({ model: "gpt-6-luna", input: "Use get_weather and get time, please.", tools })
      )
      const calls = first.output.filter((item) => item.type === "function_call")
      assert.deepStrictEqual(calls.map(({ name }) => name), ["get_weather", "get_time"])
      const args = JSON.parse(calls[0]!.arguments)
      assert.include(["Oslo", "Paris"], args.city)
      assert(Number.isInteger(args.days) && args.days >= 1 && args.days <= 5)
      const second = yield* call(() =>
        openai.responses.create({
          model: "gpt-6-luna",
          tools,
          input: [
            { role: "user", content: "Use get_weather and get time, please." },
            ...asInput(first.output),
            ...calls.map(({ call_id, name }) => ({
              type: "function_call_output" as const,
              call_id,
              output: `result of ${name}`
            }))
          ]
        })
      )
      assert.include(second.output_text, "result of get_weather")
      assert.include(second.output_text, "result of get_time")
    }))

  it.effect("honours tool_choice and parallel_tool_calls", () =>
    driven(function*({ openai }) {
      const called = function*(body: Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming>) {
        const reply = yield* call(() =>
          openai.responses.create({ model: "gpt-4.1", input: "Hello", tools: [weather, clock], ...body })
        )
        return reply.output.flatMap((item) => item.type === "function_call" ? [item.name] : [])
      }
      assert.deepStrictEqual(yield* called({}), [])
      assert.deepStrictEqual(yield* called({ tool_choice: "required" }), ["get_weather"])
      assert.deepStrictEqual(yield* called({ tool_choice: { type: "function", name: "get_time" } }), ["get_time"])
      assert.deepStrictEqual(yield* called({ input: "get_weather", tool_choice: "none" }), [])
      assert.deepStrictEqual(yield* called({ input: "get_weather get_time", parallel_tool_calls: false }), [
        "get_weather"
      ])
      assert.deepStrictEqual(
        yield* called({
          tool_choice: { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "get_time" }] }
        }),
        ["get_time"]
      )
    }))

  it.effect("streams a call's arguments in deltas", () =>
    driven(function*({ openai }) {
      const events = yield* collect(() =>
        openai.responses.create({ model: "gpt-4.1", input: "get_weather", tools: [weather], stream: true })
      )
      const deltas = events.map((event) => event.type === "response.function_call_arguments.delta" ? event.delta : "")
      const done = events.find((event) => event.type === "response.function_call_arguments.done")
      assert.strictEqual(deltas.join(""), done?.arguments)
      assert.isObject(JSON.parse(done?.arguments ?? ""))
    }))

  it.effect("answers JSON of the asked schema", () =>
    driven(function*({ openai }) {
      const reply = yield* call(() =>
        openai.responses.create({
          model: "gpt-4.1",
          input: "A loom, please.",
          text: {
            format: {
              type: "json_schema",
              name: "loom",
              strict: true,
              schema: {
                type: "object",
                properties: {
                  kind: { const: "loom" },
                  parts: { type: "array", items: { $ref: "#/$defs/part" }, minItems: 2 }
                },
                required: ["kind", "parts"],
                $defs: { part: { type: "object", properties: { size: { type: "number" } }, required: ["size"] } }
              }
            }
          }
        })
      )
      const value = JSON.parse(reply.output_text)
      assert.strictEqual(value.kind, "loom")
      assert.isAtLeast(value.parts.length, 2)
      for (const part of value.parts) assert.isNumber(part.size)
    }))

  it.effect("takes its own sealed reasoning back and refuses a tampered one", () =>
    driven(function*({ openai }) {
      const first = yield* call(() =>
        openai.responses.create({
          model: "gpt-5.4",
          input: "Think.",
          include: ["reasoning.encrypted_content"],
          store: false
        })
      )
      const [reasoning, message] = first.output
      assert(reasoning?.type === "reasoning" && message !== undefined)
      const again = (encrypted_content: string) =>
        openai.responses.create({
          model: "gpt-5.4",
          store: false,
          input: [
            { role: "user", content: "Think." },
            { ...reasoning, encrypted_content },
            ...asInput([message]),
            { role: "user", content: "More." }
          ]
        })
      const sealed = reasoning.encrypted_content ?? ""
      const accepted = yield* call(() => again(sealed))
      assert.strictEqual(accepted.status, "completed")
      const refused = yield* failure(() => again(sealed.replace(/.$/, (c) => c === "0" ? "1" : "0")))
      assert.deepInclude(refused, {
        status: 400,
        code: "invalid_encrypted_content",
        param: "input[1].encrypted_content"
      })
    }))

  it.effect("refuses, filters, searches and looks at pictures", () =>
    driven(function*({ openai, sandbox }) {
      const refused = yield* call(() => openai.responses.create({ model: "gpt-4.1", input: "[refuse]" }))
      const message = refused.output[0]
      assert(message?.type === "message" && message.content[0]?.type === "refusal")
      const refusal = yield* collect(() =>
        openai.responses.create({ model: "gpt-4.1", input: "[refuse]", stream: true })
      )
      assert.isTrue(refusal.some(({ type }) => type === "response.refusal.delta"))
      assert.isTrue(refusal.some(({ type }) => type === "response.refusal.done"))

      const filtered = yield* call(() => openai.responses.create({ model: "gpt-4.1", input: "[filter] Hi there" }))
      assert.strictEqual(filtered.incomplete_details?.reason, "content_filter")

      yield* sandbox.reset
      const found = yield* call(() =>
        openai.responses.create({
          model: "gpt-4.1",
          input: "Search the latest on looms",
          tools: [{ type: "web_search", filters: { allowed_domains: ["looms.example"] } }],
          include: ["web_search_call.action.sources"]
        })
      )
      assert.deepStrictEqual(found.output.map(({ type }) => type), ["web_search_call", "message"])
      const text = found.output[1]
      assert(text?.type === "message" && text.content[0]?.type === "output_text")
      const [citation] = text.content[0].annotations
      assert(citation?.type === "url_citation")
      assert.match(citation.url, /^https:\/\/looms\.example\//)
      assert.include(text.content[0].text.slice(citation.start_index, citation.end_index), citation.url)
      const [charged] = yield* sandbox.bill
      assert.deepInclude(charged!.lines.at(-1), { item: "webSearch", quantity: 1, amount: 10_000_000_000n })

      const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex").toString("base64")
      const look = (image_url: string, detail: "low" | "high") =>
        openai.responses.create({
          model: "gpt-4.1",
          input: [{
            role: "user",
            content: [{ type: "input_text", text: "What is this?" }, { type: "input_image", image_url, detail }]
          }]
        })
      const low = yield* call(() => look(`data:image/png;base64,${png}`, "low"))
      const high = yield* call(() => look(`data:image/png;base64,${png}`, "high"))
      assert.strictEqual(high.usage!.input_tokens - low.usage!.input_tokens, 170)
      yield* call(() => look("https://example.com/loom.png", "high"))
      for (
        const [url, code] of [
          ["data:image/png;base64,%%%%", "invalid_base64_image"],
          ["data:image/jpeg;base64," + png, "invalid_image_format"],
          ["file:///etc/passwd", "invalid_image_url"]
        ] as const
      ) {
        const error = yield* failure(() => look(url, "low"))
        assert.deepInclude(error, { status: 400, code, param: "input[0].content[1].image_url" })
      }
    }))

  it.effect("goes on from a stored response", () =>
    driven(function*({ openai }) {
      const first = yield* call(() => openai.responses.create({ model: "gpt-4.1", input: "My name is Ada Lovelace." }))
      const second = yield* call(() =>
        openai.responses.create({ model: "gpt-4.1", input: "And?", previous_response_id: first.id })
      )
      assert.isAbove(second.usage!.input_tokens, first.usage!.input_tokens)
      assert.strictEqual((yield* call(() => openai.responses.retrieve(first.id))).id, first.id)
      const unstored = yield* call(() => openai.responses.create({ model: "gpt-4.1", input: "Hi", store: false }))
      const lost = yield* failure(() =>
        openai.responses.create({ model: "gpt-4.1", input: "And?", previous_response_id: unstored.id })
      )
      assert.deepInclude(lost, { status: 400, code: "previous_response_not_found" })
    }))

  it.effect("satisfies the SDK's own helpers", () =>
    driven(function*({ openai }) {
      const body = { model: "gpt-6-luna", input: "get_weather, please", tools: [weather] }
      const whole = yield* call(() => openai.responses.stream(body).finalResponse())
      assert.strictEqual(whole.output.at(-1)?.type, "function_call")
      const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] }
      const parsed = yield* call(() =>
        openai.responses.parse({
          model: "gpt-4.1",
          input: "A number",
          text: { format: { type: "json_schema", name: "n", schema } }
        })
      )
      assert.isNumber(JSON.parse(parsed.output_text).n)
    }))

  it.effect("bullets, single lines and verbatim answers", () =>
    driven(function*({ openai }) {
      const say = (input: string) => call(() => openai.responses.create({ model: "gpt-4.1", input }))
      assert.strictEqual((yield* say("Give me five bullets on silk weaving")).output_text.split("\n- ").length, 5)
      assert.strictEqual((yield* say("Describe silk in one line")).output_text.split(". ").length, 1)
      assert.strictEqual((yield* say("[say: ¡olé! 🧶 織機]")).output_text, "¡olé! 🧶 織機")
    }))
})
