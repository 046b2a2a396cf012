import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeServices from "@effect/platform-node/NodeServices"
import {
  Cause,
  ConfigProvider,
  Console,
  type Duration,
  Effect,
  Exit,
  Layer,
  Runtime,
  Schema,
  Sink,
  Stdio,
  Stream,
  Terminal
} from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Cli from "../../src/cli/Cli.ts"
import * as Progress from "../../src/cli/Progress.ts"

/** A key that no output may ever show. */
export const canary = "sk-canary-7d0c5f3be21a49688f00"

/** Where the commands of this file keep their records. */
export const home = mkdtempSync(join(tmpdir(), "loom-cli-"))
process.once("exit", () => rmSync(home, { recursive: true, force: true }))

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

export interface World {
  /** Text or bytes that are piped in; without any, stdin is empty. */
  readonly stdin?: string | Uint8Array | undefined
  /** Which of the three are terminals; none by default. */
  readonly terminals?: ReadonlyArray<"stdin" | "stdout" | "stderr"> | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Lines that are typed into a terminal, of which each waits until it is asked for. */
  readonly typed?: ReadonlyArray<string> | undefined
  /** How long it is silent about what it waits for: for ever by default, so that nothing depends on how fast it is. */
  readonly patience?: Duration.Input | undefined
}

/** Runs `loom` in this process. */
export const loom = (args: ReadonlyArray<string>, world: World = {}): Effect.Effect<Ran> =>
  Effect.suspend(() => {
    const said = { stdout: "", stderr: "" }
    const decoder = new TextDecoder()
    const into = (name: keyof typeof said) => () =>
      Sink.forEach((chunk: string | Uint8Array) =>
        Effect.sync(() => {
          said[name] += typeof chunk === "string" ? chunk : decoder.decode(chunk)
        })
      )
    const isTerminal = (name: "stdin" | "stdout" | "stderr") => Effect.succeed(world.terminals?.includes(name) === true)
    const { stdin = "" } = world
    const stdio = Stdio.layerTest({
      stdin: stdin.length === 0
        ? Stream.empty
        : Stream.succeed(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin),
      stdout: into("stdout"),
      stderr: into("stderr"),
      stdinIsTerminal: isTerminal("stdin"),
      stdoutIsTerminal: isTerminal("stdout"),
      stderrIsTerminal: isTerminal("stderr")
    })
    const print = (name: keyof typeof said) => (...words: ReadonlyArray<unknown>) => {
      said[name] += `${words.join(" ")}\n`
    }
    const typed = [...world.typed ?? []]
    const terminal = Layer.effect(
      Terminal.Terminal,
      Effect.map(Terminal.Terminal, (terminal) =>
        Terminal.make({
          ...terminal,
          readLine: Effect.suspend(() => {
            const line = typed.shift()
            return line === undefined ? Effect.fail(new Terminal.QuitError({})) : Effect.succeed(line)
          })
        }))
    )
    const console = { ...globalThis.console, log: print("stdout"), error: print("stderr") }
    return Cli.run(args, "1.2.3").pipe(
      Effect.provide(
        Layer.mergeAll(stdio, NodeFileSystem.layer, NodePath.layer, world.typed === undefined ? Layer.empty : terminal)
          .pipe(Layer.provideMerge(NodeServices.layer))
      ),
      Effect.provideService(Console.Console, console),
      Effect.provideService(Progress.Patience, world.patience ?? "1 day"),
      Effect.provideService(
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromUnknown({ LOOM_HOME: home, ...world.env })
      ),
      Effect.exit,
      Effect.map((exit) => ({
        stdout: said.stdout,
        stderr: said.stderr,
        code: Exit.isSuccess(exit) ? 0 : Runtime.getErrorExitCode(Cause.squash(exit.cause))
      }))
    )
  })

/** The environment in which `loom` talks to a sandbox. */
export const pointedAt = (baseUrl: string) => ({ OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: canary })

/** What a command printed as JSON, decoded. */
export const decoded = <A>(schema: Schema.Codec<A, unknown>, { stdout }: Ran): A =>
  Schema.decodeSync(Schema.fromJsonString(Schema.toCodecJson(schema)))(stdout)

/** Runs a program in a process of its own, and may meddle with it while it runs. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  options: {
    readonly env?: Readonly<Record<string, string>> | undefined
    readonly stdin?: string | undefined
    readonly cwd?: string | undefined
    readonly meddle?: ((child: ReturnType<typeof spawn>) => void) | undefined
  } = {}
): Promise<Ran & { readonly millis: number }> =>
  new Promise((resolve, reject) => {
    const from = performance.now()
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { PATH: process.env["PATH"], HOME: "/nowhere", LOOM_HOME: home, ...options.env }
    })
    const said = { stdout: "", stderr: "" }
    child.stdout.setEncoding("utf8").on("data", (text: string) => said.stdout += text)
    child.stderr.setEncoding("utf8").on("data", (text: string) => said.stderr += text)
    child.on("error", reject)
    child.on("close", (code, signal) =>
      resolve({ ...said, code: code ?? (signal === null ? -1 : -2), millis: performance.now() - from }))
    child.stdin.on("error", () => {})
    child.stdin.end(options.stdin ?? "")
    options.meddle?.(child)
  })

/** Interrupts a process, as Ctrl-C does, when it is time. */
export const interruptAfter = (ready: Effect.Effect<unknown>) => (child: ReturnType<typeof spawn>) =>
  void Effect.runPromise(ready).then(() => child.kill("SIGINT"))

/** The command as it stands in `src`. */
export const source = [process.execPath, "--conditions=loom-source", "src/cli/main.ts"] as const
