import { assert, describe } from "@effect/vitest"
import type { Fault } from "loom-router/sandbox"
import { driven, fails, isRouter } from "./drive.ts"

const html = "<html><body>busy</body></html>"
const unreadable = { reason: "InvalidResponse", billed: "maybe", failover: true } as const
const answered = (respond: Partial<NonNullable<Fault["respond"]>>): ReadonlyArray<Fault> => [
  { billed: true, respond: { status: 200, ...respond } }
]

describe("F7 200 with", () => {
  for (const protocol of ["responses", "chat"] as const) {
    const openai = { protocol }
    fails(`F7 HTML (${protocol})`, { faults: answered({ contentType: "text/html", body: html }), openai }, {
      ...unreadable,
      status: 200,
      why: /text\/html/
    })
    fails(`F7 HTML that calls itself JSON (${protocol})`, { faults: answered({ body: html }), openai }, {
      ...unreadable,
      status: 200
    })
    fails(`F7 HTML that calls itself a stream (${protocol})`, {
      faults: answered({ contentType: "text/event-stream", body: html }),
      openai
    }, { ...unreadable, status: 200 })
    fails(`F7 an empty body (${protocol})`, { faults: answered({ body: "" }), openai }, {
      ...unreadable,
      status: 200,
      why: /empty/
    })
    fails(
      `F7 an empty stream (${protocol})`,
      {
        faults: answered({ contentType: "text/event-stream", body: "" }),
        openai
      },
      { ...unreadable, status: 200 },
      ["stream", "router, streamed"]
    )
    fails(`F7 truncated JSON (${protocol})`, { faults: answered({ body: "{\"id\":\"resp_1\",\"outp" }), openai }, {
      ...unreadable,
      status: 200
    })
    fails(`F7 a stream of truncated JSON (${protocol})`, {
      faults: answered({ contentType: "text/event-stream", body: "data: {\"id\":\"resp_1\",\"outp\n\n" }),
      openai
    }, { ...unreadable, status: 200 })
    for (const body of ["null", "7", "[]", "\"text\"", "{}"]) {
      fails(`F7 ${body} (${protocol})`, { faults: answered({ body }), openai }, unreadable, ["call", "stream"])
    }
  }

  const wrong: ReadonlyArray<readonly ["responses" | "chat", Record<string, unknown>, RegExp]> = [
    ["responses", { id: 7, model: "gpt-4.1", output: [] }, /id/],
    ["responses", { id: "resp_1", model: "gpt-4.1", output: "none" }, /output/],
    [
      "responses",
      { id: "resp_1", model: "gpt-4.1", output: [{ type: "message", id: "m", content: "hello" }] },
      /output/
    ],
    ["responses", { id: "resp_1", model: null, output: [] }, /model/],
    ["chat", { id: "c", model: "gpt-4.1", choices: [] }, /choices/],
    ["chat", { id: "c", model: "gpt-4.1", choices: [{ message: { content: 7 } }] }, /content/],
    ["chat", { id: "c", model: "gpt-4.1", choices: [{ finish_reason: "stop" }] }, /message/]
  ]
  for (const [protocol, body, why] of wrong) {
    fails(
      `F7 wrong types: ${JSON.stringify(body)} (${protocol})`,
      {
        faults: answered({ body }),
        openai: { protocol }
      },
      { ...unreadable, why },
      ["call", "router"]
    )
  }

  fails(
    "F7 an event of the wrong types (chat)",
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
      openai: { protocol: "chat" }
    },
    unreadable,
    ["stream", "router, streamed"]
  )

  for (
    const counts of [{ input_tokens: -1, output_tokens: 5 }, { input_tokens: 1.5, output_tokens: 5 }, null, "many"]
  ) {
    driven(`F7 a usage that can't be one is estimated: ${JSON.stringify(counts)}`, {
      faults: answered({
        body: {
          id: "resp_1",
          model: "gpt-4.1",
          status: "completed",
          output: [{ type: "message", id: "m", content: [{ type: "output_text", text: "Hello" }] }],
          usage: counts
        }
      })
    }, ({ answer, attempts }) => {
      assert.strictEqual(answer?.text, "Hello")
      assert.strictEqual(answer?.usage.state, "estimated")
      assert.strictEqual(answer?.cost.status, "estimated")
      assert.isAbove(attempts[0]?.cost?.picoUsd ?? 0, 0)
    }, ["call", "router"])
  }
})

describe("F7 bounded", () => {
  const limits = { maxBodyBytes: 1_000_000 }
  fails("F7 50 MB", { faults: [{ hugeBodyMegabytes: 50 }], openai: { limits } }, {
    ...unreadable,
    why: /too large/
  })
  fails("F7 a gzip bomb", { faults: [{ gzipBombMegabytes: 300 }], openai: { limits } }, {
    ...unreadable,
    why: /too large/
  })
  driven("F7 50 MB are not read to the end", {
    faults: [{ hugeBodyMegabytes: 50 }],
    openai: { limits }
  }, ({ requests }, mode) => {
    assert.deepStrictEqual(requests, [1, isRouter(mode) ? 1 : 0])
  })
  fails("F7 50 MB with an error status", {
    faults: [{ respond: { status: 400, body: `{"error":{"message":"${"x".repeat(3_000_000)}"}}` } }],
    openai: { limits }
  }, { reason: "InvalidRequest", status: 400, billed: "no", failover: false })
  driven("F7 a stream of many events within the limit of its size", {
    faults: [],
    prompt: "[words: 1500]",
    openai: { limits: { maxBodyBytes: 5_000_000 } }
  }, ({ text }) => {
    assert.strictEqual(text.split(" ").length, 1500)
  }, ["stream"])
  driven("F7 a stream above the limit of its size", {
    faults: [],
    prompt: "[words: 5000]",
    openai: { limits: { maxBodyBytes: 300_000 } }
  }, ({ error, text }) => {
    assert.strictEqual(error?.reason._tag, "Partial")
    assert.match(error?.why ?? "", /too large/)
    assert.isAbove(text.length, 1000)
  }, ["stream"])
})
