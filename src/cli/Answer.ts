/**
 * Asks, and prints the answer.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { GenerateError } from "../GenerateError.ts"
import * as Generation from "../Generation.ts"
import * as Images from "../Images.ts"
import * as Loom from "../Loom.ts"
import * as Fields from "../internal/generationFields.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"
import * as Progress from "./Progress.ts"
import type { Question } from "./Question.ts"
import * as Settings from "./Settings.ts"

/** An answer as JSON: what `Generation.Generation` is the schema of, but for what the vendor has sent. */
const { native: _, ...fields } = Fields.whole()
export const Written = Schema.Struct(fields)

/** What `loom generate --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  ...fields,
  /** Where they are kept: their bytes aren't in `content`. */
  images: Schema.optional(Schema.Array(Schema.Struct({
    path: Schema.String,
    mediaType: Schema.String,
    width: Schema.optional(Schema.Int),
    height: Schema.optional(Schema.Int)
  })))
})

interface How {
  readonly stream: boolean
  readonly usage: boolean
  readonly quiet: boolean
  readonly log: "line" | "json" | undefined
  /** How long the answer is kept for other runs; `false` for not at all, unset for what the settings say. */
  readonly cache: Duration.Duration | false | undefined
}

/** A call that is made one way or the other. */
export interface Asked {
  readonly whole: Effect.Effect<Generation.Generation, GenerateError>
  readonly parts: Stream.Stream<Generation.Part, GenerateError>
  readonly hasObject: boolean
  /** Where images go. */
  readonly output: string | undefined
}

export const asked = ({ options, output, schema }: Question): Asked => ({
  whole: schema === undefined ? Loom.generate(options) : Loom.generateObject({ ...options, schema }),
  parts: Loom.stream(options),
  hasObject: schema !== undefined,
  output
})

/** The engine that a command asks, as the settings and its flags have it. */
export const engine = ({ cache, log: asked }: Pick<How, "cache" | "log">) =>
  Effect.map(Settings.trusted, ({ options }) => {
    const log = asked ?? options.log
    return Layer.merge(
      Loom.layer({
        ...options,
        callLog: options.callLog ?? true,
        log,
        cache: cache === false
          ? undefined
          : cache === undefined
          ? options.cache
          : { ...options.cache, ttl: cache, sqlite: options.cache?.sqlite ?? true }
      }),
      log === "json" ? Logger.layer([Logger.withConsoleError(Logger.formatJson)]) : Layer.empty
    )
  })

export const give = Effect.fnUntraced(function*(asked: Asked, how: How) {
  return yield* Effect.provide(tell(asked, how), yield* engine(how))
})

const tell = (asked: Asked, how: How) =>
  Effect.gen(function*() {
    const output = yield* Output
    const isWhole = output.json || asked.hasObject || !how.stream
    const summary = asked.output !== undefined
      ? yield* giveImages(asked, asked.output, { isWhole, quiet: how.quiet })
      : isWhole
      ? yield* giveWhole(asked, how.quiet)
      : yield* giveStream(asked.parts, how.quiet)
    if (summary !== undefined) yield* account(summary, how)
  })

/** What is to be said of an answer besides it. */
export const account = Effect.fnUntraced(
  function*(summary: Generation.Summary, { quiet, usage }: Pick<How, "quiet" | "usage">) {
    if (quiet) return
    const output = yield* Output
    const notes = [...output.json ? [] : summary.warnings, ...troubles(summary.finishReason)]
    for (const note of notes) yield* output.note(`note: ${note}`)
    if (usage || (output.isErrTerminal && !output.json)) yield* output.note(output.err.dim(costLine(summary)))
  }
)

const waiting = "waiting for the answer"

/** Waits for an answer that is given as a whole. */
export const waited = <A, E, R>(whole: Effect.Effect<A, E, R>, quiet: boolean) =>
  Progress.during({ what: waiting, quiet, isTransient: true }, () => whole)

const giveWhole = Effect.fnUntraced(function*({ hasObject, whole }: Asked, quiet: boolean) {
  const output = yield* Output
  const generation = yield* waited(whole, quiet)
  yield* output.json
    ? output.document(Document, { schemaVersion: 1, ...written(generation) })
    : output.line(hasObject ? JSON.stringify(generation.object) : generation.text.replace(/\n$/, ""))
  return generation
})

/** Prints the answer's text as it arrives. */
export const giveStream = Effect.fnUntraced(
  function*(parts: Asked["parts"], quiet: boolean) {
    const output = yield* Output
    const { end } = yield* Progress.begin({ what: waiting, quiet, isTransient: true })
    let summary: Generation.Summary | undefined
    let last = ""
    const text = parts.pipe(
      Stream.map((part) => {
        if (part.type === "finish") summary = part
        return part.type === "text-delta" ? part.delta : ""
      }),
      Stream.filter((delta) => delta !== ""),
      Stream.tap((delta) => {
        const isFirst = last === ""
        last = delta
        return isFirst ? end : Effect.void
      })
    )
    // What was shown ends its line, also where it broke off.
    yield* Effect.ensuring(
      output.write(text),
      Effect.suspend(() => last === "" || last.endsWith("\n") ? Effect.void : Effect.ignore(output.line("")))
    )
    return summary
  },
  Effect.scoped
)

/** Keeps the images, and prints where they are: what is heard of them before goes to stderr. */
const giveImages = Effect.fnUntraced(function*(
  { parts, whole }: Asked,
  path: string,
  { isWhole, quiet }: { readonly isWhole: boolean; readonly quiet: boolean }
) {
  const output = yield* Output
  const generation = yield* Progress.during({ what: "waiting for the image", quiet }, (say) => {
    if (isWhole) return whole
    const heard = Stream.tap(parts, (part) => {
      if (part.type === "progress") return say(wordsOf(part))
      return part.type === "partial-image" ? say("taking shape") : Effect.void
    })
    return Effect.map(Stream.runCollect(heard), Generation.fromParts)
  })
  if (generation === undefined) return undefined
  const { images } = generation
  const files = images.map((image, index) => ({
    path: images.length === 1 ? path : path.replace(/(\.[^./\\]+)?$/, (dot) => `-${index + 1}${dot}`),
    mediaType: image.mediaType,
    ...Images.dimensions(image)
  }))
  yield* Effect.forEach(images, (image, index) =>
    Effect.mapError(
      Images.save(image, files[index]?.path ?? path),
      ({ message }) =>
        Failure.failed("Output", { what: "the image can't be kept", why: message, fix: "name another file with -o" })
    ))
  for (const file of files) {
    if (!output.json) yield* output.line(file.path)
    const kind = file.mediaType.slice("image/".length)
    if (!quiet && !isNamed(file.path, kind)) {
      yield* output.note(output.err.dim(`  ${file.path} holds ${kind.toUpperCase()}`))
    }
  }
  if (output.json) {
    const content = generation.content.filter((part) => part.type !== "file" || !images.includes(part))
    yield* output.document(Document, { schemaVersion: 1, ...written({ ...generation, content }), images: files })
  }
  return generation
})

const isNamed = (path: string, kind: string): boolean =>
  path.toLowerCase().replace(/\.jpg$/, ".jpeg").endsWith(`.${kind.replace("svg+xml", "svg")}`)

const wordsOf = ({ fraction, queuePosition, status }: Generation.ProgressPart): string =>
  [
    status.toLowerCase(),
    ...fraction === undefined ? [] : [`${Math.round(fraction * 100)} %`],
    ...queuePosition === undefined ? [] : [`${queuePosition} before it`]
  ].join(", ")

/** An answer as it is printed. */
export const written = (
  { images: _, native: __, object, ...rest }: Generation.Generation
): typeof Written.Type => object === undefined ? rest : { ...rest, object }

const troubles = (finishReason: Generation.FinishReason): ReadonlyArray<string> => {
  switch (finishReason) {
    case "length":
      return ["the answer was cut at its limit; --max-output-tokens raises it"]
    case "content-filter":
      return ["the vendor's policy stopped the answer"]
    case "tool-calls":
      return ["the model asks for a tool, and nothing here runs it; --json shows the rest of the answer"]
    default:
      return []
  }
}

/** What had a part in it that wasn't a purchase. */
const sources: Readonly<Record<Generation.Summary["cache"], ReadonlyArray<string>>> = {
  miss: [],
  hit: ["from the cache"],
  coalesced: ["shared"]
}

/** `  openai/gpt-4o-mini · 1,204 in (1,024 cached) · 18 out · 912 ms · $0.001294` */
const costLine = (summary: Generation.Summary): string => {
  const { attempts, cache, cost, model, provider, router, saved, timing, usage } = summary
  const left = (router?.tried ?? []).filter(({ outcome }) => outcome !== "ok")
  const cached = usage.cacheRead + usage.imageCacheRead
  return `  ${
    [
      `${provider}/${model}`,
      ...(left.length > 0 ? [`after ${left.map(({ model, outcome }) => `${model} (${outcome})`).join(", ")}`] : []),
      ...sources[cache],
      usage.state === "missing"
        ? "usage unknown"
        : `${Format.count(usage.inputTokens)} in${cached > 0 ? ` (${Format.count(cached)} cached)` : ""} · ${
          Format.count(usage.outputTokens)
        } out`,
      ...(attempts.length > 1 ? [`${attempts.length} attempts`] : []),
      Format.duration(timing.total),
      Format.cost(cost),
      ...(saved.picoUsd > 0 ? [`saved ${Format.usd(saved.usd)}`] : [])
    ].join(" · ")
  }`
}
