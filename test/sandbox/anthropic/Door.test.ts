import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import type { Shape } from "../../../src/sandbox/Shape.ts"
import { countTokens, messages as shape, messagesWithSampling } from "../../../src/sandbox/anthropic/MessagesShape.ts"
import { call, driven as plainly, json } from "../driven.ts"
import { driven, failure, saying } from "./claude.ts"

const headers = {
  authorization: "Bearer sk-some-key",
  "content-type": "application/json",
  "anthropic-version": "2026-10-21"
}

describe("the version of 2023-06-01", () => {
  const old = { "anthropic-version": "2023-06-01" }

  it.effect("takes sampling where the model still has it", () =>
    driven(function*({ client }) {
      const anthropic = client({ headers: old })
      const ask = (model: string, extra: object) => anthropic.messages.create({ ...saying("Hi", { model }), ...extra })
      yield* call(() => ask("claude-haiku-4-5", { temperature: 0.2, top_p: 0.9, top_k: 40 }))
      const message = function*(model: string, extra: object) {
        return (yield* failure(() => ask(model, extra))).apiMessage
      }
      assert.strictEqual(
        yield* message("claude-opus-4-8", { temperature: 1 }),
        "`temperature` is deprecated for this model."
      )
      assert.strictEqual(yield* message("claude-opus-5", { top_k: 1 }), "`top_k` is deprecated for this model.")
      assert.match(
        (yield* message("claude-haiku-4-5", { temperature: 1.1 })) ?? "",
        /^temperature: Input should be less than or equal to 1$/
      )
      assert.match(
        (yield* message("claude-haiku-4-5", { temperature: 0, thinking: { type: "enabled", budget_tokens: 1024 } })) ??
          "",
        /^`temperature` may only be set to 1/
      )
    }))

  it.effect("takes x-api-key, which the later version doesn't", () =>
    plainly(function*({ sandbox }) {
      const status = function*(more: Record<string, string>) {
        return (yield* json(`${sandbox.baseUrl("anthropic")}/v1/models`, {
          headers: { "x-api-key": "sk-ant-x", ...more }
        })).status
      }
      assert.strictEqual(yield* status(old), 200)
      assert.strictEqual(yield* status({ "anthropic-version": "2026-10-21" }), 401)
    }))
})

describe("the parameters", () => {
  const declared = (name: string) => {
    const file = new URL("../../../node_modules/@anthropic-ai/sdk/resources/messages/messages.d.ts", import.meta.url)
    const source = readFileSync(file, "utf8")
    const body = source.slice(source.indexOf(`export interface ${name} {`)).split("\n}")[0] ?? ""
    const inHeaders = new Set(["user_profile_id", "workspace_id"])
    return [...body.matchAll(/^ {4}(\w+)\??:/gm)].flatMap(([, name = ""]) => inHeaders.has(name) ? [] : [name])
  }
  const unknown = (shape: Shape, names: ReadonlyArray<string>) =>
    names.filter((name) => shape({ ...saying("Hi"), [name]: 7n })?.flaw._tag === "Unknown")

  it("are those of the SDK's types", () => {
    const created = declared("MessageCreateParamsBase")
    assert.isAbove(created.length, 15)
    assert.deepStrictEqual(unknown(shape, created), [])
    assert.deepStrictEqual(unknown(shape, ["temperature", "top_p", "top_k"]), ["temperature", "top_p", "top_k"])
    assert.deepStrictEqual(unknown(messagesWithSampling, [...created, "temperature", "top_p", "top_k"]), [])
    const counted = declared("MessageCountTokensParams")
    assert.isAbove(counted.length, 6)
    assert.deepStrictEqual(
      counted.filter((name) => {
        const { max_tokens: _, ...rest } = saying("Hi")
        return countTokens({ ...rest, [name]: 7n })?.flaw._tag === "Unknown"
      }),
      []
    )
  })
})

describe("strictness of the door", () => {
  it.effect("wants a version, a known path, a method and JSON", () =>
    plainly(function*({ sandbox }) {
      const base = sandbox.baseUrl("anthropic")
      const told = function*(path: string, init: RequestInit) {
        const { body, status } = yield* json(base + path, init)
        assert.strictEqual(body.type, "error")
        return `${status} ${body.error.type}: ${body.error.message}`
      }
      const { "anthropic-version": _, ...versionless } = headers
      const post = { method: "POST", headers }
      assert.strictEqual(
        yield* told("/v1/models", { headers: versionless }),
        "400 invalid_request_error: anthropic-version: header is required"
      )
      assert.match(
        yield* told("/v1/models", { headers: { ...headers, "anthropic-version": "2024-01-01" } }),
        /^400 .*is not a valid version/
      )
      assert.strictEqual(yield* told("/v1/complete", post), "404 not_found_error: Not found")
      assert.match(yield* told("/v1/messages", { headers }), /^405 invalid_request_error/)
      assert.match(yield* told("/v1/messages", { ...post, body: "{\"model\":" }), /^400 .*not valid JSON/)
      assert.match(yield* told("/v1/messages", { ...post, body: "[]" }), /^400 /)
      assert.match(
        yield* told("/v1/messages", { ...post, headers: { ...headers, "content-type": "text/plain" }, body: "{}" }),
        /^400 .*expected application\/json/
      )
      assert.match(
        yield* told("/v1/messages", { ...post, headers: { ...headers, traceparent: "00" }, body: "{}" }),
        /^400 /
      )
      const deep = JSON.stringify({ ...saying("Hi"), tools: ["here"] })
        .replace(
          "\"here\"",
          `{"name":"x","input_schema":{"type":"object","a":${"[".repeat(20_000)}${"]".repeat(20_000)}}}`
        )
      assert.match(yield* told("/v1/messages", { ...post, body: deep }), /^400 .*nested too deeply/)
    }))

  it.effect("wants a key, and a valid one where keys are given", () =>
    driven(function*({ client, sandbox }) {
      const bare = yield* json(`${sandbox.baseUrl("anthropic")}/v1/models`, {
        headers: { "anthropic-version": "2026-10-21" }
      })
      assert.deepInclude(bare.body.error, { type: "authentication_error" })
      yield* call(() => client({ apiKey: "sk-ant-good" }).models.list())
      const wrong = yield* failure(() => client({ apiKey: "sk-ant-abcdefgh-bad" }).models.list())
      assert.deepInclude(wrong, { status: 401, type: "authentication_error" })
      assert.match(wrong.requestID ?? "", /^req_/)
      assert.isFalse(JSON.stringify(yield* sandbox.journal).includes("abcdefgh"))
    }, { keys: ["sk-ant-good"] }))

  it.effect("doesn't know other vendors' models, for messages, counts or bills", () =>
    driven(function*({ anthropic, sandbox }) {
      const error = yield* failure(() => anthropic.messages.create(saying("Hi", { model: "gpt-6-luna" })))
      assert.deepInclude(error, { status: 404, type: "not_found_error", apiMessage: "model: gpt-6-luna" })
      const { messages } = saying("Hi")
      assert.strictEqual(
        (yield* failure(() => anthropic.messages.countTokens({ model: "claude-0", messages }))).status,
        404
      )
      assert.lengthOf(yield* sandbox.bill, 0)
    }))
})
