/**
 * `loom generate`: asks a model.
 */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as DurationText from "../internal/durationText.ts"
import * as Flags from "./Flags.ts"

const repeated = (name: string) => Flag.String(name).pipe(Flag.atLeast(0))

const flags = {
  model: Flag.String("model").pipe(
    Flag.withAlias("m"),
    Flag.withMetavar("provider/model"),
    Flag.withDescription("The model to ask; LOOM_MODEL, else openai/gpt-4o-mini"),
    Flag.withFallbackConfig(Config.NonEmptyString("LOOM_MODEL")),
    Flag.withDefault("openai/gpt-4o-mini")
  ),
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
  modality: Flag.Literals("modality", ["text", "image"]).pipe(
    Flag.withDescription("What to make; what the model makes by default"),
    Flag.optional
  ),
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("file"),
    Flag.withDescription("Where an image goes; of several, a number goes before the dot"),
    Flag.optional
  ),
  count: Flag.Int("count").pipe(Flag.withAlias("n"), Flag.withDescription("How many images"), Flag.optional),
  size: Flag.String("size").pipe(
    Flag.withMetavar("pixels"),
    Flag.withDescription("How large an image is: 1024x1024"),
    Flag.optional
  ),
  aspectRatio: Flag.String("aspect-ratio").pipe(
    Flag.withMetavar("ratio"),
    Flag.withDescription("The shape of an image, in place of its size: 16:9"),
    Flag.optional
  ),
  quality: Flag.String("quality").pipe(
    Flag.withDescription("How good an image is, in the vendor's words: low, medium, high"),
    Flag.optional
  ),
  format: Flag.Literals("format", ["png", "jpeg", "webp"]).pipe(
    Flag.withDescription("The format of an image; the vendor's own by default"),
    Flag.optional
  ),
  images: repeated("image").pipe(
    Flag.withMetavar("file|url"),
    Flag.withDescription("A picture to start from; may be given several times")
  ),
  native: repeated("option").pipe(
    Flag.withAlias("O"),
    Flag.withMetavar("key=value"),
    Flag.withDescription("An option of the vendor's own API, sent as it is; the value is JSON where it parses")
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
    Flag.withMetavar("file"),
    Flag.withDescription("A JSON Schema that the answer has to fit; its root is an object"),
    Flag.optional
  ),
  timeout: Flag.String("timeout").pipe(
    Flag.withMetavar("duration"),
    Flag.withDescription("How long the whole call may take, retries and all: 30s, 2m"),
    Flag.filterMap(durationOf, (text) => `a duration such as 30s, 500ms or 2m, not ${text}`),
    Flag.optional
  ),
  cache: Flag.String("cache").pipe(
    Flag.withMetavar("duration"),
    Flag.withDescription("Answer with what is kept, and keep what is bought for this long: 10m, 1h, 7d; LOOM_CACHE"),
    Flag.withFallbackConfig(Config.NonEmptyString("LOOM_CACHE")),
    Flag.filterMap(durationOf, (text) => `a duration such as 10m, 1h or 7d, not ${text}`),
    Flag.optional
  ),
  noCache: Flag.Boolean("no-cache").pipe(
    Flag.withoutNegation,
    Flag.withDescription("Ask anew and keep nothing, whatever LOOM_CACHE says"),
    Flag.withDefault(false)
  ),
  failover: Flag.Boolean("failover").pipe(
    Flag.withoutNegation,
    Flag.withDescription(
      "Ask a like model where this one can't be reached, of another provider first (`loom models show`)"
    ),
    Flag.withDefault(false)
  ),
  stream: Flag.Boolean("stream").pipe(
    Flag.withDescription("Print the answer as it arrives; --no-stream waits for all of it"),
    Flag.withDefault(true)
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withoutNegation,
    Flag.withDescription("Show the request and what it may cost, and send nothing"),
    Flag.withDefault(false)
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

export const generate = Command.make(
  "generate",
  {
    prompt: Argument.String("prompt").pipe(
      Argument.withDescription("What to ask; piped input goes before it; - is stdin"),
      Argument.optional
    ),
    ...flags
  },
  Effect.fnUntraced(function*({ attachments, dryRun, images, native, prompt, schema, stream, usage, ...flags }) {
    const quiet = yield* Flags.Quiet
    const { ask } = yield* Effect.promise(() => import("./Question.ts"))
    const question = yield* ask({
      prompt: Option.getOrUndefined(prompt),
      attachments: [...images, ...attachments],
      output: Option.getOrUndefined(flags.output),
      native,
      schemaFile: Option.getOrUndefined(schema),
      quiet,
      options: {
        model: flags.model,
        system: Option.getOrUndefined(flags.system),
        maxOutputTokens: Option.getOrUndefined(flags.maxOutputTokens),
        temperature: Option.getOrUndefined(flags.temperature),
        reasoning: Option.getOrUndefined(flags.reasoning),
        modality: Option.getOrUndefined(flags.modality),
        n: Option.getOrUndefined(flags.count),
        size: Option.getOrUndefined(flags.size),
        aspectRatio: Option.getOrUndefined(flags.aspectRatio),
        quality: Option.getOrUndefined(flags.quality),
        format: Option.getOrUndefined(flags.format),
        timeout: Option.getOrUndefined(flags.timeout),
        failover: flags.failover
      }
    })
    if (dryRun) {
      const { show } = yield* Effect.promise(() => import("./DryRun.ts"))
      return yield* show(question, { stream, quiet })
    }
    const { give } = yield* Effect.promise(() => import("./Answer.ts"))
    return yield* give(question, {
      stream,
      usage,
      quiet,
      log: Option.getOrUndefined(flags.log),
      cache: flags.noCache ? undefined : Option.getOrUndefined(flags.cache)
    })
  })
).pipe(
  Command.withAlias("g"),
  Command.withDescription(
    "Ask a model, and print its answer as it arrives. The call's record (no prompt, no answer, no key) is kept in\n" +
      "calls.db under LOOM_HOME, else the folder for the state of programs: ~/.local/state/loom. With --cache the answer is\n" +
      "kept in cache.db beside it, for whoever asks the same (`loom cache`)."
  ),
  Command.withShortDescription("Ask a model"),
  Command.withExamples([
    { command: "loom generate \"Say hello.\"" },
    { command: "git diff | loom g \"Write a commit message\"", description: "Piped input goes before the prompt" },
    { command: "loom g \"What does it say?\" -a receipt.jpg -m openai/gpt-5-mini" },
    { command: "loom g \"A loom, as a woodcut\" -m openai/gpt-image-2.6-flare --quality low -o loom.png" },
    { command: "loom g \"Invent a person\" --schema person.schema.json | jq .name" },
    { command: "loom g \"What is a loom?\" --cache 1d --failover", description: "Asked again, it costs nothing" },
    { command: "loom g \"News on looms\" -O 'tools=[{\"type\":\"web_search\"}]'", description: "A vendor's own option" }
  ])
)

function durationOf(text: string): Option.Option<Duration.Duration> {
  const duration = DurationText.parse(/^\s*[\d.]+\s*$/.test(text) ? `${text.trim()}s` : text)
  return Option.filter(duration, (length) => Duration.isGreaterThan(length, Duration.zero))
}
