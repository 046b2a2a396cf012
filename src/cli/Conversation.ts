/**
 * `loom chat`
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { PlatformError } from "effect/PlatformError"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Terminal from "effect/Terminal"
import type * as Generation from "../Generation.ts"
import * as Loom from "../Loom.ts"
import type * as Request from "../Request.ts"
import * as Answer from "./Answer.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import * as KeptChat from "./KeptChat.ts"
import { Output } from "./Output.ts"
import { isQualified, usualModel } from "./Question.ts"
import * as Settings from "./Settings.ts"
import * as Shelf from "./Shelf.ts"

interface Asked {
  readonly model: string | undefined
  readonly isContinued: boolean
  readonly isKept: boolean
  readonly system: string | undefined
  readonly options: {
    readonly maxOutputTokens: number | undefined
    readonly temperature: number | undefined
    readonly reasoning: Request.ReasoningEffort | undefined
    readonly timeout: Duration.Duration | undefined
  }
  readonly log: "line" | "json" | undefined
  readonly usage: boolean
  readonly quiet: boolean
}

/** What is typed, or piped in, a line at a time. */
const lines = Effect.fnUntraced(function*(
  isTyped: boolean,
  quiet: boolean
): Effect.fn.Return<
  Stream.Stream<string, Failure.Failure | PlatformError>,
  never,
  Output | Stdio.Stdio | Terminal.Terminal
> {
  const stdio = yield* Stdio.Stdio
  const output = yield* Output
  const terminal = yield* Terminal.Terminal
  if (!isTyped) {
    return stdio.stdin.pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.mapError((error) => Failure.failed("Input", { what: "stdin can't be read", why: error.message }))
    )
  }
  const mark = quiet ? Effect.void : output.ask(output.err.bold("> "))
  return Stream.unfold(undefined, () =>
    Effect.andThen(mark, terminal.readLine).pipe(
      Effect.map((line) => [line, undefined] as const),
      // Ctrl-D, which leaves the cursor where it was.
      Effect.catchTag("QuitError", () => Effect.as(quiet ? Effect.void : output.note(""), undefined))
    ))
})

/** How a chat begins: anew, or with what was said last. */
const beginning = Effect.fnUntraced(function*({ isContinued, model, system }: Asked) {
  const kept = isContinued ? yield* KeptChat.load : undefined
  const named = model ?? kept?.model ?? (yield* usualModel)
  // One that isn't there is told before anything is typed.
  yield* Shelf.find(named)
  return {
    schemaVersion: 1,
    model: named,
    system: system ?? kept?.system ?? null,
    messages: kept?.messages ?? []
  } satisfies KeptChat.Chat
})

/** One message and its answer. */
const exchange = Effect.fnUntraced(function*(chat: KeptChat.Chat, message: string, asked: Asked, isCacheSet: boolean) {
  const output = yield* Output
  const { model } = chat
  if (!isQualified(model)) return yield* Effect.die("a bare name was found")
  const messages = [...chat.messages, { role: "user" as const, content: message }]
  const options = {
    ...asked.options,
    model,
    system: chat.system ?? undefined,
    prompt: messages,
    // Each request begins with all of the one before.
    ...(isCacheSet ? undefined : { promptCache: true })
  }
  let text = ""
  let summary: Generation.Summary | undefined
  if (output.json) {
    const generation = yield* Answer.waited(Loom.generate(options), asked.quiet)
    yield* output.record(Answer.Document, { schemaVersion: 1, ...Answer.written(generation) })
    text = generation.text
    summary = generation
  } else {
    const parts = Stream.tap(Loom.stream(options), (part) =>
      Effect.sync(() => {
        if (part.type === "text-delta") text += part.delta
      }))
    summary = yield* Answer.giveStream(parts, asked.quiet)
  }
  if (summary === undefined) return undefined
  const warnings = summary.warnings.filter((warning) => isCacheSet || !warning.startsWith("promptCache"))
  yield* Answer.account({ ...summary, warnings }, asked)
  return {
    cost: summary.cost,
    // A model that has said nothing is asked the next as if it hadn't been asked this.
    chat: text === "" ? chat : { ...chat, messages: [...messages, { role: "assistant" as const, content: text }] }
  }
})

export const talk = Effect.fnUntraced(function*(asked: Asked) {
  const output = yield* Output
  const isTyped = yield* (yield* Stdio.Stdio).stdinIsTerminal
  const { options: settings } = yield* Settings.read
  const isCacheSet = settings.defaults?.promptCache !== undefined
  let chat: KeptChat.Chat = yield* beginning(asked)
  const costs: Array<number | undefined> = []
  let isKept = asked.isKept

  if (isTyped && !asked.quiet) {
    const before = chat.messages.length / 2
    yield* output.note(output.err.dim(
      `${chat.model}${before === 0 ? "" : `, after ${before} ${before === 1 ? "answer" : "answers"}`} · Ctrl-D ends it`
    ))
  }

  const turn = Effect.fnUntraced(function*(message: string) {
    const said = yield* exchange(chat, message, asked, isCacheSet)
    if (said === undefined) return
    chat = said.chat
    costs.push(said.cost.usd)
    if (!isKept) return
    yield* Effect.catch(KeptChat.keep(chat), ({ detail, fix }) => {
      isKept = false
      return asked.quiet ? Effect.void : output.note(`note: the chat isn't kept: ${detail}: ${fix}`)
    })
  })
  /** Who types may ask again; a program is told. */
  const patient = (message: string) =>
    isTyped && !output.json
      ? Effect.catchIf(turn(message), isPassing, (error) => {
        const failure = Failure.from(error)
        return failure === undefined ? Effect.void : Failure.report(failure)
      })
      : turn(message)

  yield* (yield* lines(isTyped, asked.quiet)).pipe(
    Stream.map((line) => line.trim()),
    Stream.filter((line) => line !== ""),
    Stream.runForEach(patient),
    Effect.provide(yield* Answer.engine({ log: asked.log, cache: false }))
  )
  if (costs.length > 1 && !asked.quiet && (asked.usage || (output.isErrTerminal && !output.json))) {
    yield* output.note(output.err.dim(`  ${costs.length} answers · ${totalOf(costs)}`))
  }
})

/** What another try, or another message, may be spared. */
const isPassing = (error: unknown): boolean => {
  const { exitCode } = Failure.from(error) ?? { exitCode: 0 }
  return exitCode === Failure.exitCodes.transient || exitCode === Failure.exitCodes.failed
}

/** What is known of it, where a part isn't. */
const totalOf = (costs: ReadonlyArray<number | undefined>): string => {
  const known = costs.filter((cost) => cost !== undefined)
  return `${known.length < costs.length ? "≥ " : ""}${Format.usd(known.reduce((sum, usd) => sum + usd, 0))}`
}
