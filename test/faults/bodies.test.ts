import { assert, describe } from "@effect/vitest"
import type { Fault } from "loom-router/sandbox"
import { chat, driven, fails, isRouter, messages, responses, type Wire, wires } from "./drive.ts"

const html = "<html><body>busy</body></html>"
const unreadable = { reason: "InvalidResponse", billed: "maybe", failover: true } as const
const answered = (respond: Partial<NonNullable<Fault["respond"]>>): ReadonlyArray<Fault> => [
  { billed: true, respond: { status: 200, ...respond } }
]

describe("F7 200 with", () => {
  for (const wire of wires) {
    fails(`F7 HTML: ${wire.title}`, { faults: answered({ contentType: "text/html", body: html }), wire }, {
      ...unreadable,
      status: 200,
      why: /text\/html/
    })
    fails(`F7 HTML that calls itself JSON: ${wire.title}`, { faults: answered({ body: html }), wire }, {
      ...unreadable,
      status: 200
    })
    fails(`F7 HTML that calls itself a stream: ${wire.title}`, {
      faults: answered({ contentType: "text/event-stream", body: html }),
      wire
    }, { ...unreadable, status: 200 })
    fails(`F7 an empty body: ${wire.title}`, { faults: answered({ body: "" }), wire }, {
      ...unreadable,
      status: 200,
      why: /empty/
    })
    fails(
      `F7 an empty stream: ${wire.title}`,
      {
        faults: answered({ contentType: "text/event-stream", body: "" }),
        wire
      },
      { ...unreadable, status: 200 },
      ["stream", "router, streamed"]
    )
    fails(`F7 truncated JSON: ${wire.title}`, { faults: answered({ body: "{\"id\":\"resp_1\",\"outp" }), wire }, {
      ...unreadable,
      status: 200
    })
    fails(`F7 a stream of truncated JSON: ${wire.title}`, {
      faults: answered({ contentType: "text/event-stream", body: "data: {\"id\":\"resp_1\",\"outp\n\n" }),
      wire
    }, { ...unreadable, status: 200 })
    for (const body of ["null", "7", "[]", "\"text\"", "{}"]) {
      fails(`F7 ${body}: ${wire.title}`, { faults: answered({ body }), wire }, unreadable, ["call", "stream"])
    }
  }

  const wrong: ReadonlyArray<readonly [Wire, Record<string, unknown>, RegExp]> = [
    [responses, { id: 7, model: "gpt-4.1", output: [] }, /id/],
    [responses, { id: "resp_1", model: "gpt-4.1", output: "none" }, /output/],
    [
      responses,
      { id: "resp_1", model: "gpt-4.1", output: [{ type: "message", id: "m", content: "hello" }] },
      /output/
    ],
    [responses, { id: "resp_1", model: null, output: [] }, /model/],
    [chat, { id: "c", model: "gpt-4.1", choices: [] }, /choices/],
    [messages, { id: 7, model: "claude-haiku-4-5", content: [] }, /id/],
    [messages, { id: "m", model: null, content: [] }, /model/],
    [messages, { id: "m", model: "claude-haiku-4-5", content: "none" }, /content/],
    [messages, { id: "m", model: "claude-haiku-4-5", content: [7] }, /the body/],
    [messages, { id: "m", model: "claude-haiku-4-5", content: [{ type: "text", text: 7 }] }, /text/],
    [messages, { id: "m", model: "claude-haiku-4-5", content: [{ type: "tool_use", id: "t", input: {} }] }, /name/],
    [messages, { id: "m", model: "claude-haiku-4-5", content: [{ type: "thinking", thinking: "Hm" }] }, /signature/],
    [chat, { id: "c", model: "gpt-4.1", choices: [{ message: { content: 7 } }] }, /content/],
    [chat, { id: "c", model: "gpt-4.1", choices: [{ finish_reason: "stop" }] }, /message/]
  ]
  for (const [wire, body, why] of wrong) {
    fails(
      `F7 wrong types: ${JSON.stringify(body)}: ${wire.title}`,
      {
        faults: answered({ body }),
        wire
      },
      { ...unreadable, why },
      ["call", "router"]
    )
  }

  fails(
    "F7 an event of the wrong types: openai, chat",
    {
      faults: answered({
        contentType: "text/event-stream",
        body: `data: ${
          JSON.stringify({
            id: "c",
            choices: [{ delta: { tool_calls: [{ index: 0, id: { toString: 1 }, function: { name: "f" } }] } }]
          })
        }\n\n`
      }),
      wire: chat
    },
    unreadable,
    ["stream", "router, streamed"]
  )
  for (
    const content_block of [
      { type: "tool_use", id: 7, name: "f" },
      { type: "thinking", thinking: "" },
      { type: "text", text: 7 }
    ]
  ) {
    fails(
      `F7 an event of the wrong types: ${JSON.stringify(content_block)}: anthropic`,
      {
        faults: answered({
          contentType: "text/event-stream",
          body: [{ type: "content_block_start", index: 0, content_block }, { type: "content_block_stop", index: 0 }]
            .map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")
        }),
        wire: messages
      },
      unreadable,
      ["stream"]
    )
  }

  const hello: ReadonlyArray<readonly [Wire, Readonly<Record<string, unknown>>]> = [
    [responses, {
      id: "resp_1",
      model: "gpt-4.1",
      status: "completed",
      output: [{ type: "message", id: "m", content: [{ type: "output_text", text: "Hello" }] }]
    }],
    [messages, {
      id: "msg_1",
      model: "claude-haiku-4-5",
      stop_reason: "end_turn",
      content: [{ type: "text", text: "Hello" }]
    }]
  ]
  const impossible = [{ input_tokens: -1, output_tokens: 5 }, { input_tokens: 1.5, output_tokens: 5 }, null, "many"]
  for (const [wire, body] of hello) {
    for (const usage of impossible) {
      driven(`F7 a usage that can't be one is estimated: ${JSON.stringify(usage)}: ${wire.title}`, {
        faults: answered({ body: { ...body, usage } }),
        wire
      }, ({ answer, attempts }) => {
        assert.strictEqual(answer?.text, "Hello")
        assert.strictEqual(answer?.usage.state, "estimated")
        assert.strictEqual(answer?.cost.status, "estimated")
        assert.isAbove(attempts[0]?.cost?.picoUsd ?? 0, 0)
      }, ["call", "router"])
    }
  }
})

describe("F7 a body that", () => {
  for (const wire of [responses, messages]) {
    fails(`F7 a body that is longer than it says: ${wire.title}`, { faults: [{ contentLengthOff: -7 }], wire }, {
      ...unreadable,
      status: 200
    }, ["call", "router"])
    fails(
      `F7 a body that is shorter than it says: ${wire.title}`,
      { faults: [{ contentLengthOff: 7, closeAfter: true }], wire },
      { reason: "Network", billed: "maybe", failover: true },
      ["call", "router"]
    )
  }

  driven("F7 a body that answers for another model is billed as that one", {
    faults: [{ answerModel: "gpt-4.1-mini" }]
  }, ({ answer, attempts, requests }) => {
    assert.deepStrictEqual(requests, [1, 0])
    assert.match(answer?.model ?? "", /^gpt-4\.1-mini/)
    assert.strictEqual(attempts[0]?.model, answer?.model)
    assert.deepInclude(attempts[0], { asked: "gpt-4.1", outcome: "ok", billed: "yes" })
    assert.strictEqual(attempts[0]?.cost?.status, "measured")
  })
})

describe("F7 bounded", () => {
  const limits = { maxBodyBytes: 1_000_000 }
  fails("F7 50 MB", { faults: [{ hugeBodyMegabytes: 50 }], limits }, {
    ...unreadable,
    why: /too large/
  })
  fails("F7 a gzip bomb", { faults: [{ gzipBombMegabytes: 300 }], limits }, {
    ...unreadable,
    why: /too large/
  })
  driven("F7 50 MB are not read to the end", {
    faults: [{ hugeBodyMegabytes: 50 }],
    limits
  }, ({ requests }, mode) => {
    assert.deepStrictEqual(requests, [1, isRouter(mode) ? 1 : 0])
  })
  fails("F7 50 MB with an error status", {
    faults: [{ respond: { status: 400, body: `{"error":{"message":"${"x".repeat(3_000_000)}"}}` } }],
    limits
  }, { reason: "InvalidRequest", status: 400, billed: "no", failover: false })
  driven("F7 a stream of many events within the limit of its size", {
    faults: [],
    prompt: "[words: 1500]",
    limits: { maxBodyBytes: 5_000_000 }
  }, ({ text }) => {
    assert.strictEqual(text.split(" ").length, 1500)
  }, ["stream"])
  driven("F7 a stream above the limit of its size", {
    faults: [],
    prompt: "[words: 5000]",
    limits: { maxBodyBytes: 300_000 }
  }, ({ error, text }) => {
    assert.strictEqual(error?.reason._tag, "Partial")
    assert.match(error?.why ?? "", /too large/)
    assert.isAbove(text.length, 1000)
  }, ["stream"])
})
