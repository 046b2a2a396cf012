import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { cache, generate } from "../../../src/sandbox/gemini/GenerateShape.ts"
import { collectUntilFailure, driven as plainly, json } from "../driven.ts"
import { driven, failure, saying } from "./gemini.ts"

const user = (...parts: ReadonlyArray<unknown>) => ({ role: "user", parts })
const model = (...parts: ReadonlyArray<unknown>) => ({ role: "model", parts })
const text = (text: string) => ({ text })
const called = (more: object = {}) => ({ functionCall: { name: "get_it", args: {} }, ...more })
const answered = { functionResponse: { name: "get_it", response: { output: 42 } } }
const tool = { functionDeclarations: [{ name: "get_it", parametersJsonSchema: { type: "object" } }] }
const config = (generationConfig: object) => ({ generationConfig })
const thinking = (thinkingConfig: object) => config({ thinkingConfig })
const file = (mimeType: string, data: string) => user({ inlineData: { mimeType, data } })
const calling = (functionCallingConfig: object) => ({ toolConfig: { functionCallingConfig } })

const argon = "gemini-4-argon"
const flash = "gemini-3.8-flash"

/** What is sent beyond a good request, how the refusal begins, and the model where it isn't 2.5 Flash-Lite. */
const refusals: ReadonlyArray<
  readonly [title: string, body: Record<string, unknown>, message: string, model?: string, status?: number]
> = [
  [
    "another vendor's parameter",
    { messages: [] },
    "Invalid JSON payload received. Unknown name \"messages\": Cannot find field."
  ],
  [
    "a prototype key",
    JSON.parse("{\"__proto__\":{}}"),
    "Invalid JSON payload received. Unknown name \"__proto__\": Cannot find field."
  ],
  [
    "an option in the wrong place",
    config({ safetySettings: [] }),
    "Invalid JSON payload received. Unknown name \"safetySettings\" at 'generation_config': Cannot find field."
  ],
  ["no contents", { contents: undefined }, "* GenerateContentRequest.contents: contents is not specified"],
  ["empty contents", { contents: [] }, "* GenerateContentRequest.contents: contents is not specified"],
  ["no parts", { contents: [user()] }, "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty."],
  [
    "an empty part",
    { contents: [user({})] },
    "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have one initialized field"
  ],
  [
    "a part of two kinds",
    { contents: [user({ text: "x", ...called() })] },
    "* GenerateContentRequest.contents[0].parts[0].data: required oneof"
  ],
  [
    "OpenAI's role",
    { contents: [{ role: "assistant", parts: [text("x")] }] },
    "Please use a valid role: user, model."
  ],
  ["too hot", config({ temperature: 2.1 }), "Invalid value at 'generation_config.temperature': 2.1 must"],
  [
    "a wrong type",
    config({ maxOutputTokens: "many" }),
    "Invalid value at 'generation_config.max_output_tokens' (TYPE_INTEGER), \"many\""
  ],
  ["too many stop sequences", config({ stopSequences: [..."abcdef"] }), "Invalid value at 'generation_config.stop_seq"],
  ["another vendor's tier", { serviceTier: "fast" }, "Invalid value at 'service_tier' (TYPE_ENUM), \"fast\""],
  [
    "a limit beyond the model's",
    config({ maxOutputTokens: 65_537 }),
    "Unable to submit request because it has a maxOutputTokens value of 65537 but the supported range is from 1"
  ],
  ["several candidates, which aren't served", config({ candidateCount: 2 }), "The sandbox gives one candidate."],
  ["a level of a model with budgets", thinking({ thinkingLevel: "LOW" }), "Thinking level is not supported for this"],
  ["both a budget and a level", thinking({ thinkingLevel: "LOW", thinkingBudget: 1 }), "You can only set only one of"],
  ["a budget that is too small", thinking({ thinkingBudget: 511 }), "The thinking budget 511 is invalid."],
  ["a budget that is too large", thinking({ thinkingBudget: 24_577 }), "The thinking budget 24577 is invalid."],
  ["no thinking where there is always some", thinking({ thinkingBudget: 0 }), "Budget 0 is invalid.", "gemini-2.5-pro"],
  ["a level that the model hasn't", thinking({ thinkingLevel: "MINIMAL" }), "Thinking level MINIMAL is not", flash],
  ["penalties of a later model", config({ presencePenalty: 1 }), "Penalty is not enabled for models/gemini-4", argon],
  [
    "a last word of the model, of a later one",
    { contents: [user(text("x")), model(text("It is"))] },
    "Please ensure that multiturn requests end with a user role.",
    flash
  ],
  [
    "a call as the last word",
    { contents: [user(text("x")), model(called())] },
    "Please ensure that function call turn comes immediately after"
  ],
  [
    "a call after another turn of the model",
    { contents: [user(text("x")), model(text("y")), model(called()), user(answered)] },
    "Please ensure that function call turn comes immediately after"
  ],
  [
    "one of two results",
    { contents: [user(text("x")), model(called(), called()), user(answered)] },
    "Please ensure that the number of function response parts is equal"
  ],
  [
    "a result without its call",
    { contents: [user(text("x")), user(answered)] },
    "Please ensure that function response turn comes immediately after"
  ],
  [
    "the result of another call",
    {
      contents: [user(text("x")), model(called()), user({ functionResponse: { name: "other", response: {} } })]
    },
    "Function response other answers no function call of the turn before."
  ],
  [
    "a call without a signature",
    { contents: [user(text("x")), model(called()), user(answered)] },
    "Function call is missing a thought_signature in functionCall parts.",
    flash
  ],
  [
    "a signature of somebody else",
    { contents: [user(text("x")), model(called({ thoughtSignature: "c2lnbmVk" })), user(answered)] },
    "Corrupted thought signature.",
    flash
  ],
  ["an odd function name", { tools: [{ functionDeclarations: [{ name: "a b" }] }] }, "Invalid function name."],
  ["two functions of one name", { tools: [tool, tool] }, "Duplicate function declaration found: get_it"],
  [
    "code execution, which isn't served",
    { tools: [{ codeExecution: {} }] },
    "The sandbox doesn't serve codeExecution."
  ],
  ["a choice among no functions", calling({ mode: "ANY" }), "Function calling config is set without function_decl"],
  [
    "allowed functions of a model that chooses",
    { tools: [tool], ...calling({ mode: "AUTO", allowedFunctionNames: ["get_it"] }) },
    "Allowed function names should only be set when"
  ],
  [
    "an allowed function that isn't there",
    { tools: [tool], ...calling({ mode: "ANY", allowedFunctionNames: ["other"] }) },
    "Allowed function name other is not among the declared functions."
  ],
  [
    "its own tools with others, of a model that can't",
    { tools: [tool, { googleSearch: {} }], toolConfig: { includeServerSideToolInvocations: true } },
    "Tool use with function calling is unsupported by the model."
  ],
  [
    "its own tools with others, unannounced",
    { tools: [tool, { googleSearch: {} }] },
    "Please enable tool_config.include_server_side_tool_invocations",
    flash
  ],
  [
    "a schema without its media type",
    config({ responseJsonSchema: { type: "object" } }),
    "response_json_schema requires response_mime_type to be application/json."
  ],
  [
    "a keyword that isn't in the dialect",
    config({ responseMimeType: "application/json", responseJsonSchema: { properties: { a: { pattern: "x" } } } }),
    "Invalid JSON payload received. Unknown name \"pattern\" at 'generation_config.response_json_schema.properties.a'"
  ],
  [
    "a file of an unknown type",
    { contents: [file("application/x-weave", "AA==")] },
    "Unsupported MIME type: application/"
  ],
  [
    "bytes that aren't base64",
    { contents: [file("image/png", "???")] },
    "Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed"
  ],
  ["a picture that is none", { contents: [file("image/png", "AAAA")] }, "Unable to process input image."],
  [
    "a file that nobody uploaded",
    { contents: [user({ fileData: { fileUri: "files/abc", mimeType: "image/png" } })] },
    "You do not have permission to access the File files/abc or it may not exist.",
    "gemini-2.5-flash-lite",
    403
  ],
  [
    "cached content that isn't there",
    { cachedContent: "cachedContents/x" },
    "CachedContent not found (or permission denied)",
    "gemini-2.5-flash-lite",
    403
  ],
  ["a model of others", {}, "models/gpt-6-luna is not found for API version v1", "gpt-6-luna", 404],
  [
    "a prompt beyond the window",
    { contents: [user(text("a ".repeat(1_048_577).trim()))] },
    "The input token count (1048579) exceeds the maximum number of tokens allowed (1048576)."
  ]
]

const headers = { "x-goog-api-key": "some-key", "content-type": "application/json" }
const post = (url: string, body: unknown, more: object = {}) =>
  json(url, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(body) })

describe("strictness of generateContent", () => {
  for (const [title, body, message, model = "gemini-2.5-flash-lite", expected = 400] of refusals) {
    it.effect(`refuses ${title}`, () =>
      plainly(function*({ sandbox }) {
        const url = `${sandbox.baseUrl("gemini")}/v1/models/${model}:generateContent`
        const { body: reply, status } = yield* post(url, { contents: [user(text("Hi"))], ...body })
        assert.strictEqual(reply.error.message.slice(0, message.length), message)
        assert.strictEqual(status, expected)
        assert.strictEqual(reply.error.code, expected)
        assert.match(reply.error.status, /^(INVALID_ARGUMENT|PERMISSION_DENIED|NOT_FOUND)$/)
        assert.lengthOf(yield* sandbox.bill, 0)
      }))
  }

  it.effect("takes what is only unusual", () =>
    plainly(function*({ sandbox }) {
      const skipped = { thoughtSignature: "skip_thought_signature_validator" }
      const fine: ReadonlyArray<readonly [body: object, model?: string]> = [
        [{ contents: [{ parts: [text("no role")] }] }],
        [{ contents: [user(text("a")), user(text("b")), model(text("c")), model(text("d")), user(text("e"))] }],
        [{ contents: [user(text("x")), model(text("It is"))] }],
        [{ contents: [user(text("x")), model(called(), called()), user(answered, answered)] }],
        [{ contents: [user(text("x")), model(called(skipped), called()), user(answered, answered)] }, flash],
        // What was called in turns before isn't looked at.
        [{ contents: [user(text("x")), model(called()), user(answered), model(text("y")), user(text("z"))] }, flash],
        [{ contents: [user({ fileData: { fileUri: "https://example.com/a.png", mimeType: "image/png" } })] }],
        [{ ...thinking({ thinkingBudget: 0 }) }, flash],
        [{ safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF" }], store: false, labels: {} }]
      ]
      for (const [body, model = "gemini-2.5-flash-lite"] of fine) {
        const url = `${sandbox.baseUrl("gemini")}/v1beta/models/${model}:generateContent?key=some-key`
        const { body: reply, status } = yield* post(url, { contents: [user(text("Hi"))], ...body })
        assert.strictEqual(status, 200, JSON.stringify(reply))
      }
    }))

  it.effect("knows what the SDK's types have", () =>
    Effect.sync(() => {
      const file = new URL("../../../node_modules/@google/genai/dist/node/node.d.ts", import.meta.url)
      const source = readFileSync(file, "utf8")
      const declared = (name: string) => {
        const start = source.indexOf(`export declare interface ${name} {`)
        const body = source.slice(start, source.indexOf("\n}", start))
        return [...body.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name = ""]) => name)
      }
      // How the SDK works, and what only Google Cloud has.
      const unsent = new Set([
        "httpOptions",
        "abortSignal",
        "automaticFunctionCalling",
        "automaticContinuation",
        "routingConfig",
        "modelSelectionConfig",
        "audioTimestamp",
        "modelArmorConfig",
        "generationOutputConfig"
      ])
      const lifted = new Set(["systemInstruction", "tools", "toolConfig", "safetySettings", "labels"])
      for (const name of ["cachedContent", "serviceTier", "store", "continuationToken"]) lifted.add(name)
      const names = declared("GenerateContentConfig").filter((name) => !unsent.has(name))
      assert.isAbove(names.length, 25)
      const isUnknown = (name: string) => {
        const value = { [name]: 7n }
        const body = lifted.has(name) ? value : { generationConfig: value }
        return generate({ contents: [], ...body })?.flaw._tag === "Unknown"
      }
      assert.deepStrictEqual(names.filter(isUnknown), [])
      const part = (name: string) => generate({ contents: [{ parts: [{ [name]: 7n }] }] })?.flaw._tag === "Unknown"
      assert.deepStrictEqual(declared("Part").filter(part), [])
      const kept = declared("CreateCachedContentConfig").filter((name) => !unsent.has(name))
      assert.deepStrictEqual(
        kept.filter((name) => cache({ model: "m", [name]: 7n })?.flaw._tag === "Unknown"),
        []
      )
    }))
})

describe("the door", () => {
  it.effect("lets in by a key, whose fault is told as an argument's", () =>
    driven(function*({ client, gemini, sandbox }) {
      yield* sandbox.revokeKey("test-revoked-abcdef")
      const refused = yield* failure(() => client("test-revoked-abcdef").models.generateContent(saying("Hi")))
      assert.strictEqual(refused.status, 400)
      assert.strictEqual(refused.body.error.details[0].reason, "API_KEY_INVALID")
      const { "x-goog-api-key": _, ...keyless } = headers
      const url = `${sandbox.baseUrl("gemini")}/v1/models`
      const { body, status } = yield* json(url, { headers: keyless })
      assert.strictEqual(status, 403)
      assert.match(body.error.message, /unregistered callers/)
      yield* failure(() => gemini.models.generateContent(saying("Hi", {}, "nobody")))
    }))

  it.effect("has no other routes, headers and ways to stream", () =>
    driven(function*({ sandbox }) {
      const at = `${sandbox.baseUrl("gemini")}/v1/models/gemini-2.5-flash-lite`
      const asked = { contents: [user(text("Hi"))] }
      assert.strictEqual((yield* post(`${at}:embedContent`, asked)).status, 404)
      assert.strictEqual((yield* post(`${at}:streamGenerateContent`, asked)).status, 400)
      assert.strictEqual((yield* post(`${at}:generateContent`, asked, { "x-stranger": "1" })).status, 400)
      assert.strictEqual((yield* post(`${at}:generateContent`, asked)).status, 200)
    }))

  it.effect("tells errors as Google does, with how long to wait, whole or within a stream", () =>
    driven(function*({ gemini, sandbox }) {
      for (
        const [status, word] of [[400, "INVALID_ARGUMENT"], [401, "UNAUTHENTICATED"], [503, "UNAVAILABLE"]] as const
      ) {
        yield* sandbox.script({ respond: { status } })
        const error = yield* failure(() => gemini.models.generateContent(saying("Hi")))
        assert.deepInclude(error.body.error, { code: status, status: word })
      }
      yield* sandbox.script({ respond: { status: 429, code: "7s" } })
      const { body } = yield* failure(() => gemini.models.generateContent(saying("Hi")))
      assert.deepStrictEqual(body.error.details, [{
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        "retryDelay": "7s"
      }])
      yield* sandbox.script({ fail: { afterEvents: 2 } })
      const { error } = yield* collectUntilFailure(() => gemini.models.generateContentStream(saying("[words: 30]")))
      assert.match(error?.message ?? "", /^got status: UNAVAILABLE\. \{"error":\{"code":503,/)
    }))

  it.effect("limits a key when it is told to", () =>
    driven(function*({ client, gemini }) {
      const ask = () => gemini.models.generateContent(saying("Hi"))
      yield* failure(async () => {
        await ask()
        await ask()
      })
      yield* failure(ask)
      assert.strictEqual((yield* failure(ask)).status, 429)
      yield* Effect.promise(() => client("test-other-abcdef").models.generateContent(saying("Hi")))
    }, { limits: { gemini: { requests: 1 } } }))
})
