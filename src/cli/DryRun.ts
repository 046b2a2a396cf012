/**
 * Shows what would be sent, byte for byte, and what it may cost. Nothing leaves the machine.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { hasProperty, isObject } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Call from "../Call.ts"
import * as Cost from "../Cost.ts"
import * as GenerateOptions from "../GenerateOptions.ts"
import type * as LoomConfig from "../LoomConfig.ts"
import * as Providers from "../Providers.ts"
import * as Request from "../Request.ts"
import * as Secrets from "../Secrets.ts"
import * as Transport from "../Transport.ts"
import * as Usage from "../Usage.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"
import type { Question } from "./Question.ts"
import * as Settings from "./Settings.ts"

/** What `loom generate --dry-run --json` prints. The key is in no header here: there are none. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  dryRun: Schema.Literal(true),
  request: Schema.Struct({ method: Schema.String, url: Schema.String, body: Schema.Unknown }),
  estimate: Schema.Struct({
    /** Four characters a token; attachments aren't counted. */
    inputTokens: Schema.Natural,
    inputUsd: Schema.UndefinedOr(Schema.Finite),
    maxOutputTokens: Schema.UndefinedOr(Schema.Natural),
    /** Input and the longest answer. */
    maxUsd: Schema.UndefinedOr(Schema.Finite)
  })
})

export const show = Effect.fnUntraced(function*(
  { options, schema }: Question,
  how: { readonly stream: boolean; readonly quiet: boolean }
) {
  const output = yield* Output
  const call = yield* Call.make()
  const decoded = yield* Effect.fromResult(
    GenerateOptions.decode(schema === undefined ? options : { ...options, schema })
  )
  const loaded = yield* Settings.read
  const request = yield* decoded.request(loaded.catalog, loaded.options.defaults ?? {}, call)
  const isStream = how.stream && schema === undefined && !output.json
  const sent = yield* capture(request, isStream, loaded)
  const estimate = estimateOf(request, sent.body, yield* Clock.currentTimeMillis)

  if (output.json) {
    return yield* output.document(Document, { schemaVersion: 1, dryRun: true, request: sent, estimate })
  }
  yield* output.line(`${sent.method} ${sent.url}\n${JSON.stringify(sent.body, shortened, 2)}`)
  if (!how.quiet) yield* output.note(output.err.dim(estimateLine(request, estimate)))
})

/** What the vendor's own adapter and SDK hand to the network, which here is a notepad. */
const capture = Effect.fnUntraced(function*(
  request: Request.Request,
  isStream: boolean,
  { catalog, options: { providers = {} } }: LoomConfig.Loaded
) {
  let sent: (typeof Document.Type)["request"] | undefined
  const notepad: Transport.Fetch = async (input, init) => {
    const text = typeof init?.body === "string" ? init.body : "null"
    sent = {
      method: (init?.method ?? "GET").toUpperCase(),
      url: String(input instanceof globalThis.Request ? input.url : input),
      body: Result.getOrElse(Result.try((): unknown => JSON.parse(text)), () => text)
    }
    throw new TypeError("nothing is sent in a dry run")
  }
  const transport = Transport.Transport.of({
    vendor: () => notepad,
    infrastructure: () => notepad,
    link: () => notepad
  })
  const key = Effect.succeed(Redacted.make("dry-run"))
  const secrets = Secrets.Secrets.of({
    get: () => key,
    refetch: () => key,
    tags: [],
    inspect: () => Effect.succeed([])
  })
  const asked = yield* Providers.make({ catalog, sources: providers }).pipe(
    Effect.flatMap((generator) =>
      isStream ? Effect.asVoid(generator.open(request)) : Effect.asVoid(generator.generate(request))
    ),
    Effect.provideService(Transport.Transport, transport),
    Effect.provideService(Secrets.Secrets, secrets),
    Effect.scoped,
    Effect.result
  )
  if (sent !== undefined) return sent
  return yield* Result.isFailure(asked)
    ? Effect.fail(asked.failure)
    : Failure.failed("DryRun", { what: `${request.model.provider} would send nothing` })
})

const estimateOf = (
  request: Request.Request,
  body: unknown,
  at: number
): (typeof Document.Type)["estimate"] => {
  const { inputUncached } = Request.estimateUsage(request, 0)
  const maxOutputTokens = limitIn(body) ?? request.model.maxOutput
  const costOf = (outputText: number) =>
    Cost.of(request.model, Usage.make({ state: "estimated", inputUncached, outputText }), {
      at,
      serviceTier: request.params.serviceTier
    }).usd
  return {
    inputTokens: inputUncached,
    inputUsd: costOf(0),
    maxOutputTokens,
    maxUsd: maxOutputTokens === undefined ? undefined : costOf(maxOutputTokens)
  }
}

/** The longest answer that a request allows, in any vendor's words: an adapter or `-O` may have set it. */
const limitIn = (body: unknown): number | undefined => {
  if (!isObject(body)) return undefined
  const limits = ["max_output_tokens", "max_completion_tokens", "max_tokens"].map((name) =>
    hasProperty(body, name) ? body[name] : undefined
  )
  return limits.find((limit): limit is number => typeof limit === "number" && Number.isSafeInteger(limit) && limit > 0)
}

const estimateLine = (request: Request.Request, estimate: (typeof Document.Type)["estimate"]): string => {
  const { inputTokens, inputUsd, maxOutputTokens, maxUsd } = estimate
  const hasFile = request.prompt.content.some((message) =>
    message.role === "user" && message.content.some((part) => part.type === "file")
  )
  const attached = hasFile ? " and the attachments" : ""
  const longest = maxOutputTokens === undefined ? "any length" : `up to ${Format.count(maxOutputTokens)}`
  return `  nothing was sent · ≈ ${Format.count(inputTokens)} in${attached}, ${
    Format.usd(inputUsd)
  } · ${longest} out, ${Format.usd(maxUsd)} in all`
}

/** Files are said by their weight. */
const shortened = (_: string, value: unknown): unknown => {
  const [, head, data = ""] = typeof value === "string" ? /^(data:[^,]{0,100},)([^]{200,})$/.exec(value) ?? [] : []
  return head === undefined ? value : `${head}… (${Format.bytes(data.length * 3 / 4)})`
}
