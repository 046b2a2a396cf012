import { type ContentBlock, ConverseCommand, type ConverseCommandInput } from "@aws-sdk/client-bedrock-runtime"
import { assert, describe, it } from "@effect/vitest"
import { call, tokens } from "../driven.ts"
import { driven, eventsOf, failure, haiku, saying } from "./bedrock.ts"

const textOf = (content: ReadonlyArray<ContentBlock> | undefined) => content?.map(({ text }) => text ?? "").join("")

describe("answers", () => {
  it.effect("are whole, and the same in binary events that the SDK decodes", () =>
    driven(function*({ bedrock }) {
      const asked = saying("[say: Looms weave: 織機 🧶]")
      const whole = yield* call(() => bedrock.send(new ConverseCommand(asked)))
      const events = yield* eventsOf(bedrock, asked)
      assert.strictEqual(textOf(whole.output?.message?.content), "Looms weave: 織機 🧶")
      assert.strictEqual(
        events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? "").join(""),
        "Looms weave: 織機 🧶"
      )
      assert.strictEqual(whole.stopReason, "end_turn")
      assert.deepStrictEqual(events.flatMap(({ metadata }) => metadata?.usage ?? []), [whole.usage])
      assert.deepStrictEqual(
        events.map((event) => Object.keys(event)[0]).filter((name) => name !== "contentBlockDelta"),
        [
          "messageStart",
          "contentBlockStop",
          "messageStop",
          "metadata"
        ]
      )
    }))

  it.effect("call tools, whole and in pieces, and take their results", () =>
    driven(function*({ bedrock }) {
      const asked = saying("get_it", {
        toolConfig: { tools: [{ toolSpec: { name: "get_it", inputSchema: { json: { type: "object" } } } }] }
      })
      const whole = yield* call(() => bedrock.send(new ConverseCommand(asked)))
      const message = whole.output?.message
      const use = message?.content?.[0]?.toolUse
      assert.strictEqual(whole.stopReason, "tool_use")
      assert.strictEqual(use?.name, "get_it")
      const events = yield* eventsOf(bedrock, asked)
      assert.strictEqual(
        events.find(({ contentBlockStart }) => contentBlockStart !== undefined)?.contentBlockStart?.start?.toolUse
          ?.name,
        "get_it"
      )
      assert(message !== undefined && use !== undefined)
      const result: ContentBlock = { toolResult: { toolUseId: use.toolUseId, content: [{ json: { n: 42 } }] } }
      const next = yield* call(() =>
        bedrock.send(
          new ConverseCommand({
            ...asked,
            messages: [...asked.messages ?? [], message, { role: "user", content: [result] }]
          })
        )
      )
      assert.strictEqual(textOf(next.output?.message?.content), "According to get_it: {\"n\":42}")
    }))

  it.effect("fit a schema that comes as a string", () =>
    driven(function*({ bedrock }) {
      const schema = JSON.stringify({ type: "object", properties: { n: { type: "integer" } }, required: ["n"] })
      const { output } = yield* call(() =>
        bedrock.send(
          new ConverseCommand(saying("A number", {
            outputConfig: { textFormat: { type: "json_schema", structure: { jsonSchema: { schema } } } }
          }))
        )
      )
      assert.isNumber(JSON.parse(textOf(output?.message?.content) ?? "").n)
    }))
})

describe("thoughts", () => {
  it.effect("come sealed, and are taken back as they came", () =>
    driven(function*({ bedrock }) {
      const thinking = { thinking: { type: "enabled", budget_tokens: 1024 } }
      const asked = saying("Why?", { additionalModelRequestFields: thinking, inferenceConfig: { maxTokens: 2000 } })
      const { output } = yield* call(() => bedrock.send(new ConverseCommand(asked)))
      const [thought] = output?.message?.content ?? []
      const { signature, text } = thought?.reasoningContent?.reasoningText ?? {}
      assert.isString(signature)
      const again = (signature: string | undefined): ConverseCommandInput => ({
        ...asked,
        messages: [
          ...asked.messages ?? [],
          {
            role: "assistant",
            content: [{ reasoningContent: { reasoningText: { text, signature } } }, { text: "So." }]
          },
          { role: "user", content: [{ text: "And?" }] }
        ]
      })
      yield* call(() => bedrock.send(new ConverseCommand(again(signature))))
      for (const wrong of [`${signature}x`, undefined]) {
        const error = yield* failure(() => bedrock.send(new ConverseCommand(again(wrong))))
        assert.include(error.message, "Invalid `signature`")
      }
    }))
})

describe("the prompt cache", () => {
  const ask = (question: string, ttl: "5m" | "1h" | undefined): ConverseCommandInput =>
    saying(question, {
      system: [
        { text: tokens(4500) },
        ...ttl === undefined ? [] : [{ cachePoint: { type: "default", ttl } } as const]
      ]
    })

  it.effect("writes and reads where there is a point, at the price of its lifetime", () =>
    driven(function*({ bedrock, sandbox }) {
      const usage = function*(question: string, ttl: "5m" | "1h" | undefined) {
        return (yield* call(() => bedrock.send(new ConverseCommand(ask(question, ttl))))).usage
      }
      assert.deepInclude(yield* usage("One?", undefined), { cacheReadInputTokens: 0, cacheWriteInputTokens: 0 })
      assert.deepInclude(yield* usage("Two?", "1h"), {
        cacheWriteInputTokens: 4500,
        cacheDetails: [{ ttl: "1h", inputTokens: 4500 }]
      })
      assert.deepInclude(yield* usage("Three?", "1h"), { cacheReadInputTokens: 4500, cacheWriteInputTokens: 0 })
      const [, written, read] = yield* sandbox.bill
      const amount = (entry: typeof written, item: string) => entry?.lines.find((line) => line.item === item)?.amount
      assert.strictEqual(amount(written, "cacheWrite.1h"), 4500n * 2_000_000n)
      assert.strictEqual(amount(read, "cachedRead"), 4500n * 100_000n)
      yield* sandbox.advance("61 minutes")
      assert.deepInclude(yield* usage("Four?", "5m"), { cacheReadInputTokens: 0, cacheWriteInputTokens: 4500 })
    }))
})

describe("who may ask", () => {
  it.effect("has a bearer's token, or signs with the secret that is known", () =>
    driven(function*({ bedrock, client, sandbox }) {
      const ask = (by: typeof bedrock) => () => by.send(new ConverseCommand(saying("Hi")))
      yield* call(ask(bedrock))
      const bearer = (token: string) => client({ token: { token }, authSchemePreference: ["httpBearerAuth"] })
      yield* call(ask(bearer("some-token")))
      const wrong = client({ credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "another" } })
      assert.strictEqual((yield* failure(ask(wrong))).name, "InvalidSignatureException")
      yield* sandbox.revokeKey("some-token")
      assert.strictEqual((yield* failure(ask(bearer("some-token")))).$metadata.httpStatusCode, 403)
      yield* sandbox.revokeKey("AKIAEXAMPLE")
      assert.strictEqual((yield* failure(ask(bedrock))).name, "UnrecognizedClientException")
    }))
})

describe("failures", () => {
  it.effect("are the SDK's own errors, of answers and within streams", () =>
    driven(function*({ bedrock, sandbox }) {
      yield* sandbox.script({ respond: { status: 429 } })
      const limited = yield* failure(() => bedrock.send(new ConverseCommand(saying("Hi"))))
      const [entry] = yield* sandbox.journal
      assert.strictEqual(limited.name, "ThrottlingException")
      assert.strictEqual(limited.$metadata.requestId, entry?.requestId)
      yield* sandbox.script({ fail: { afterEvents: 3, code: "modelStreamErrorException", message: "It broke." } })
      const broken = yield* failure(async () => {
        const { ConverseStreamCommand } = await import("@aws-sdk/client-bedrock-runtime")
        const { stream } = await bedrock.send(new ConverseStreamCommand(saying("[words: 40]")))
        for await (const _ of stream ?? []);
      })
      assert.strictEqual(broken.name, "ModelStreamErrorException")
      assert.include(broken.message, "It broke.")
      const [charged] = yield* sandbox.bill
      assert.deepInclude(charged, { model: haiku, complete: true })
    }))
})
