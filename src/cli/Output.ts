/**
 * Where a command's words go: stdout is data, stderr is everything else.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as Flags from "./Flags.ts"

/** How words are set off, or aren't where the reader is no terminal or wants none of it. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
}

const style = (color: boolean): Style => {
  const sgr = (code: number) => (text: string) => color && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text
  return { bold: sgr(1), dim: sgr(2), red: sgr(31) }
}

export class Output extends Context.Service<Output, {
  /** Whether a JSON document was asked for. */
  readonly json: boolean
  readonly out: Style
  readonly err: Style
  readonly isErrTerminal: boolean
  /** Whether {@link redraw} shows anything: a file, a pipe or a dumb terminal has no line to draw again. */
  readonly canRedraw: boolean
  /** Puts this in place of the last line of stderr, which isn't ended. */
  readonly redraw: (text: string) => Effect.Effect<void, PlatformError>
  /** Writes text to stdout as it comes. */
  readonly write: <E, R>(text: Stream.Stream<string, E, R>) => Effect.Effect<void, E | PlatformError, R>
  /** Prints a line on stdout. */
  readonly line: (text: string) => Effect.Effect<void, PlatformError>
  /** Prints a line on stderr. */
  readonly note: (text: string) => Effect.Effect<void, PlatformError>
  /** Writes to stderr what waits for a line behind it. */
  readonly ask: (text: string) => Effect.Effect<void, PlatformError>
  /** Prints a value as JSON on a line of its own, of several. */
  readonly record: <A>(schema: Schema.Codec<A, unknown>, value: A) => Effect.Effect<void, PlatformError>
  /** Prints a value as JSON on stdout: on one line for programs, on several for people. */
  readonly document: <A>(schema: Schema.Codec<A, unknown>, value: A) => Effect.Effect<void, PlatformError>
}>()("loom-router/cli/Output") {}

/** The output of a command with these arguments, and what effect/cli itself may do with the terminal. */
export const layer = (args: ReadonlyArray<string>): Layer.Layer<Output, never, Stdio.Stdio> =>
  Layer.effectContext(Effect.gen(function*() {
    const stdio = yield* Stdio.Stdio
    const isOutTerminal = yield* stdio.stdoutIsTerminal
    const isErrTerminal = yield* stdio.stderrIsTerminal
    const isPlain = Flags.isPlain(args)
    const capabilitiesAt = (isTerminal: boolean) =>
      TerminalCapabilities.TerminalCapabilities.pipe(
        Effect.provide(TerminalCapabilities.layer),
        Effect.provideService(Stdio.Stdio, { ...stdio, stdoutIsTerminal: Effect.succeed(isTerminal) }),
        Effect.map((found) => isPlain ? { ...found, canColor: false } : found)
      )
    const capabilities = yield* capabilitiesAt(isOutTerminal)

    const errCapabilities = yield* capabilitiesAt(isErrTerminal)

    // A line that is too long is cut: one that wraps couldn't be drawn again.
    const inPlace = (text: string) => text === "" ? "\r\u001b[2K" : `\r\u001b[2K\u001b[?7l${text}\u001b[?7h`
    const line = (text: string) => Stream.run(Stream.succeed(`${text}\n`), stdio.stdout())
    const jsonOf = <A>(schema: Schema.Codec<A, unknown>, value: A) =>
      Effect.orDie(Schema.encodeEffect(Schema.toCodecJson(schema))(value))
    return Context.make(TerminalCapabilities.TerminalCapabilities, capabilities).pipe(
      Context.add(Output, {
        json: Flags.isJson(args),
        out: style(capabilities.canColor),
        err: style(errCapabilities.canColor),
        isErrTerminal,
        canRedraw: errCapabilities.canAnimate,
        redraw: (text) =>
          errCapabilities.canAnimate ? Stream.run(Stream.succeed(inPlace(text)), stdio.stderr()) : Effect.void,
        write: (text) => Stream.run(text, stdio.stdout()),
        line,
        note: (text) => Stream.run(Stream.succeed(`${text}\n`), stdio.stderr()),
        ask: (text) => Stream.run(Stream.succeed(text), stdio.stderr()),
        record: (schema, value) => Effect.flatMap(jsonOf(schema, value), (json) => line(JSON.stringify(json))),
        document: (schema, value) =>
          Effect.flatMap(
            jsonOf(schema, value),
            (json) => line(JSON.stringify(json, undefined, isOutTerminal ? 2 : undefined))
          )
      })
    )
  }))
