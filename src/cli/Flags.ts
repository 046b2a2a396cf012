/**
 * Flags that every command takes.
 */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"

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
