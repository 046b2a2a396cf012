/**
 * `loom generate`: asks a model.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as CallFlags from "./CallFlags.ts"
import * as Flags from "./Flags.ts"

const flags = {
  model: CallFlags.model,
  route: Flag.String("route").pipe(
    Flag.withMetavar("name"),
    Flag.withDescription("A route of the settings to ask, in place of a model (`loom route`)"),
    Flag.optional
  ),
  ...CallFlags.flags,
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
  images: CallFlags.repeated("image").pipe(
    Flag.withMetavar("file|url"),
    Flag.withDescription("A picture to start from; may be given several times")
  ),
  native: CallFlags.repeated("option").pipe(
    Flag.withAlias("O"),
    Flag.withMetavar("key=value"),
    Flag.withDescription("An option of the vendor's own API, sent as it is; the value is JSON where it parses")
  ),
  failover: Flag.Boolean("failover").pipe(
    Flag.withoutNegation,
    Flag.withDescription(
      "Ask a like model where this one can't be reached, of another provider first (`loom models show`)"
    ),
    Flag.withDefault(false)
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withoutNegation,
    Flag.withDescription("Show the request and what it may cost, and send nothing"),
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
  Effect.fnUntraced(function*({ dryRun, failover, images, model, native, output, prompt, route, ...given }) {
    const quiet = yield* Flags.Quiet
    const pictured = {
      modality: Option.getOrUndefined(given.modality),
      n: Option.getOrUndefined(given.count),
      size: Option.getOrUndefined(given.size),
      aspectRatio: Option.getOrUndefined(given.aspectRatio),
      quality: Option.getOrUndefined(given.quality),
      format: Option.getOrUndefined(given.format)
    }
    const matter = CallFlags.matterOf({ ...given, attachments: [...images, ...given.attachments] }, quiet)
    const how = CallFlags.howOf(given, quiet)

    if (Option.isSome(route)) {
      const { asked, explained, named } = yield* Effect.promise(() => import("./Course.ts"))
      const course = yield* named(route.value, Option.getOrUndefined(prompt), {
        "--model": Option.isSome(model),
        "--option": native.length > 0,
        "--output": Option.isSome(output),
        "--failover": failover,
        "what makes images": Object.values(pictured).some((asked) => asked !== undefined)
      })
      if (dryRun) return yield* explained(course, matter)
      const { give } = yield* Effect.promise(() => import("./Answer.ts"))
      return yield* give(yield* asked(course, matter), how)
    }
    const { ask } = yield* Effect.promise(() => import("./Question.ts"))
    const question = yield* ask({
      ...matter,
      prompt: Option.getOrUndefined(prompt),
      model: Option.getOrUndefined(model),
      native,
      output: Option.getOrUndefined(output),
      pictured,
      failover
    })
    if (dryRun) {
      const { show } = yield* Effect.promise(() => import("./DryRun.ts"))
      return yield* show(question, { stream: given.stream, quiet })
    }
    const { asked, give } = yield* Effect.promise(() => import("./Answer.ts"))
    return yield* give(asked(question), how)
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
    { command: "loom g \"What is a loom?\" --route cheap-first", description: "A route of loom.config.yaml" },
    { command: "loom g \"What is a loom?\" --cache 1d --failover", description: "Asked again, it costs nothing" },
    { command: "loom g \"News on looms\" -O 'tools=[{\"type\":\"web_search\"}]'", description: "A vendor's own option" }
  ])
)
