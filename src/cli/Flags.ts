/**
 * Flags that every command takes, and how values are read that several have.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as DurationText from "../internal/durationText.ts"

const on = (name: string) => Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDefault(false))

/** {@link isJson} reads it too: a wrong invocation is told as JSON where JSON was asked for. */
export const Json = GlobalFlag.Setting("json")({
  flag: on("json").pipe(Flag.withDescription("Print one JSON document, of failures too"))
})

export const Quiet = GlobalFlag.Setting("quiet")({
  flag: on("quiet").pipe(Flag.withAlias("q"), Flag.withDescription("Print the bare result: no cost line, no notes"))
})

export const NoColor = GlobalFlag.Setting("no-color")({
  flag: on("no-color").pipe(Flag.withDescription("Print without colors, as with NO_COLOR"))
})

/** Where settings are read; without it `LOOM_CONFIG`, else the first file found says. */
export const Config = GlobalFlag.Setting("config")({
  flag: Flag.String("config").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription("Read the settings of this file; else LOOM_CONFIG, else loom.config.yaml here or above"),
    Flag.optional
  )
})

const given = (args: ReadonlyArray<string>, name: string): boolean => {
  const end = args.indexOf("--")
  return (end === -1 ? args : args.slice(0, end)).includes(name)
}

export const isJson = (args: ReadonlyArray<string>): boolean => given(args, "--json")

export const isPlain = (args: ReadonlyArray<string>): boolean => given(args, "--no-color")

const durationOf = (text: string): Option.Option<Duration.Duration> => {
  const duration = DurationText.parse(/^\s*[\d.]+\s*$/.test(text) ? `${text.trim()}s` : text)
  return Option.filter(duration, (length) => Duration.isGreaterThan(length, Duration.zero))
}

/** Reads a flag's text as a duration, in seconds where it is a bare number. */
export const asDuration = (examples: string) => (flag: Flag.Flag<string>): Flag.Flag<Duration.Duration> =>
  Flag.filterMap(flag, durationOf, (text) => `a duration such as ${examples}, not ${text}`)
