/**
 * Flags of what makes a call.
 */
import * as Config from "effect/Config"
import * as Option from "effect/Option"
import type * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "./Flags.ts"

export const model = Flag.String("model").pipe(
  Flag.withAlias("m"),
  Flag.withMetavar("provider/model"),
  Flag.withDescription("The model to ask; LOOM_MODEL, else openai/gpt-4o-mini"),
  Flag.optional
)

export const repeated = (name: string) => Flag.String(name).pipe(Flag.atLeast(0))

export const flags = {
  system: Flag.String("system").pipe(
    Flag.withAlias("s"),
    Flag.withDescription("Instructions before the prompt"),
    Flag.optional
  ),
  attachments: repeated("attach").pipe(
    Flag.withAlias("a"),
    Flag.withMetavar("file|url|-"),
    Flag.withDescription("An image or PDF to send along; - is stdin; may be given several times")
  ),
  maxOutputTokens: Flag.Int("max-output-tokens").pipe(
    Flag.withDescription("The most tokens to answer with, reasoning included"),
    Flag.optional
  ),
  temperature: Flag.Finite("temperature").pipe(
    Flag.withDescription("How freely to choose words; 0 is the least"),
    Flag.optional
  ),
  reasoning: Flag.Literals("reasoning", ["none", "minimal", "low", "medium", "high", "xhigh", "max"]).pipe(
    Flag.withDescription("How much to think first; which levels there are depends on the model"),
    Flag.optional
  ),
  schema: Flag.String("schema").pipe(
    Flag.withMetavar("file|-"),
    Flag.withDescription("A JSON Schema that the answer has to fit; its root is an object; - is stdin"),
    Flag.optional
  ),
  timeout: Flag.String("timeout").pipe(
    Flag.withMetavar("duration"),
    Flag.withDescription("How long the whole call may take, retries and all: 30s, 2m"),
    Flags.asDuration("30s, 500ms or 2m"),
    Flag.optional
  ),
  cache: Flag.String("cache").pipe(
    Flag.withMetavar("duration"),
    Flag.withDescription("Answer with what is kept, and keep what is bought for this long: 10m, 1h, 7d; LOOM_CACHE"),
    Flag.withFallbackConfig(Config.NonEmptyString("LOOM_CACHE")),
    Flags.asDuration("10m, 1h or 7d"),
    Flag.optional
  ),
  noCache: Flag.Boolean("no-cache").pipe(
    Flag.withoutNegation,
    Flag.withDescription("Ask anew and keep nothing, whatever LOOM_CACHE and the settings say"),
    Flag.withDefault(false)
  ),
  stream: Flag.Boolean("stream").pipe(
    Flag.withDescription("Print the answer as it arrives; --no-stream waits for all of it"),
    Flag.withDefault(true)
  ),
  log: Flag.Literals("log", ["line", "json"]).pipe(
    Flag.withDescription("Log the call's record on stderr, as text or as fields"),
    Flag.optional
  ),
  usage: Flag.Boolean("usage").pipe(
    Flag.withoutNegation,
    Flag.withDescription("Print tokens and cost on stderr, where it is no terminal too"),
    Flag.withDefault(false)
  )
}

type Given = Command.Command.Config.Infer<typeof flags>

/** What is asked, but for the prompt. */
export const matterOf = (given: Given, quiet: boolean) => ({
  attachments: given.attachments,
  schemaFile: Option.getOrUndefined(given.schema),
  quiet,
  options: {
    system: Option.getOrUndefined(given.system),
    maxOutputTokens: Option.getOrUndefined(given.maxOutputTokens),
    temperature: Option.getOrUndefined(given.temperature),
    reasoning: Option.getOrUndefined(given.reasoning),
    timeout: Option.getOrUndefined(given.timeout)
  }
})

/** How the answer is given. */
export const howOf = ({ cache, log, noCache, stream, usage }: Given, quiet: boolean) => ({
  stream,
  usage,
  quiet,
  log: Option.getOrUndefined(log),
  cache: noCache ? false as const : Option.getOrUndefined(cache)
})
