import { Effect } from "effect"
import type { Command } from "effect/cli"
import { spawn } from "node:child_process"
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import * as Cli from "../../src/cli/Cli.ts"
import { Sandbox } from "../../src/sandbox/Sandbox.ts"
import { canary, type Ran, run } from "../cli/loom.ts"
import { built } from "./built.ts"

export interface Listed {
  /** `loom batch list` is `batch list`. */
  readonly path: string
  readonly command: Command.Command.Any
  /** Names and aliases, each of which may stand in its place. */
  readonly names: ReadonlyArray<ReadonlyArray<string>>
}

const below = (command: Command.Command.Any, names: Listed["names"]): ReadonlyArray<Listed> => [
  { path: names.map(([name]) => name).join(" "), command, names },
  ...command.subcommands.flatMap(({ commands }) =>
    commands.flatMap((one) => below(one, [...names, one.alias === undefined ? [one.name] : [one.name, one.alias]]))
  )
]

/** Every command that there is, `loom` itself with an empty path. */
export const commands: ReadonlyArray<Listed> = below(Cli.loom, [])

const jq = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].map((folder) => join(folder, "jq")).find(existsSync)

/** What lines of shell call besides `loom`. */
const programs: Readonly<Record<string, string>> = {
  git: "echo '+ the warp is set'",
  pass: `echo ${canary}`,
  "xdg-open": ":",
  open: ":",
  // Where there is none, what goes into one has to be JSON at least.
  jq: jq === undefined
    ? `node -e 'const lines = require("fs").readFileSync(process.argv[1] ?? 0, "utf8").trim()
      for (const line of lines.split("\\n")) JSON.parse(line)
      console.log("{\\"prompt\\":\\"Summarize\\"}")' "$(ls "\${@: -1}" 2>/dev/null || echo /dev/stdin)"`
    : `exec ${jq} --unbuffered "$@"`
}

const conversation = [
  { model: "anthropic/claude-haiku-4-5", system: "Be brief.", prompt: [{ role: "user", content: "A warp?" }] },
  {
    model: "anthropic/claude-haiku-4-5",
    system: "Be brief.",
    prompt: [
      { role: "user", content: "A warp?" },
      { role: "assistant", content: "Threads." },
      { role: "user", content: "A weft?" }
    ]
  }
]

const schema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] }

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

const lines = (rows: ReadonlyArray<object>) => rows.map((row) => `${JSON.stringify(row)}\n`).join("")

/** What lies in a user's folder. */
const files: Readonly<Record<string, string | Buffer>> = {
  "receipt.jpg": Buffer.from(png, "base64"),
  "person.schema.json": JSON.stringify(schema),
  "rows.jsonl": lines([{ customId: "a", prompt: "[say: one]" }, { customId: "b", prompt: "[say: two]" }]),
  "notes.jsonl": lines([{ id: "n1", text: "The loom is warped." }]),
  "conversation.jsonl": lines(conversation),
  "deploy": "#!/bin/sh\n",
  ".git/HEAD": ""
}

/**
 * A user's folder, in which something was done already: a batch that has ended, calls of which one has failed, a kept
 * key, a chat. Vendors are the sandbox's.
 */
export const world = Effect.gen(function*() {
  const { bin } = built()
  const sandbox = yield* Sandbox
  const root = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-world-"))),
    (root) => Effect.sync(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))
  )
  mkdirSync(join(root, "bin"))
  const executable = (path: string, text: string) => {
    writeFileSync(path, `#!/bin/bash\n${text}\n`)
    chmodSync(path, 0o755)
  }
  for (const [name, text] of Object.entries(programs)) executable(join(root, "bin", name), text)
  executable(join(root, "bin/loom"), `exec ${process.execPath} ${bin} "$@"`)
  executable(join(root, "bin/node"), `exec ${process.execPath} "$@"`)

  const first = join(root, "first")
  for (const folder of [".git", "home/.zfunc", "home/.config/fish/completions"]) {
    mkdirSync(join(first, folder), { recursive: true })
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(first, name), text)
  chmodSync(join(first, "deploy"), 0o755)

  const envOf = (folder: string) => ({
    PATH: [join(root, "bin"), process.env["PATH"]].join(delimiter),
    HOME: join(folder, "home"),
    LOOM_HOME: join(folder, "home/loom"),
    OPENAI_BASE_URL: sandbox.baseUrl("openai"),
    ANTHROPIC_BASE_URL: sandbox.baseUrl("anthropic"),
    OPENAI_API_KEY: canary,
    ANTHROPIC_API_KEY: canary
  })
  const optionsAt = (folder: string, stdin = "", env: Readonly<Record<string, string>> = {}) => ({
    cwd: folder,
    env: { ...envOf(folder), ...env },
    stdin
  })

  const set = (line: string, stdin?: string) => Effect.promise(() => run("bash", ["-c", line], optionsAt(first, stdin)))
  yield* sandbox.script({ prompt: "fails", respond: { status: 400, message: "no" }, times: "always" })
  for (
    const line of [
      "loom init -q",
      "loom g -q 'Hello'",
      "loom g -q 'It fails'",
      "loom batch submit -q rows.jsonl -m openai/gpt-4o-mini --id nightly",
      "loom keys set -q openai < <(pass)",
      "loom chat -q <<< Hello"
    ]
  ) yield* set(line)
  yield* sandbox.finishBatches
  yield* set("loom batch wait nightly -q")

  let n = 0
  /** A copy of the folder, of one's own. */
  const copy = () => {
    const folder = join(root, `copy-${n++}`)
    cpSync(first, folder, { recursive: true })
    return folder
  }
  return {
    copy,
    sandbox,
    /** Runs a command in a folder. */
    loom: (
      folder: string,
      args: ReadonlyArray<string>,
      world: { readonly stdin?: string | undefined; readonly env?: Readonly<Record<string, string>> | undefined } = {}
    ): Effect.Effect<Ran> =>
      Effect.promise(() => run(process.execPath, [bin, ...args], optionsAt(folder, world.stdin, world.env))),
    /** Runs a line of shell in a folder; one that doesn't end by itself is interrupted once it has said something. */
    shell: (
      folder: string,
      line: string,
      world: {
        readonly stdin?: string | undefined
        readonly env?: Readonly<Record<string, string>> | undefined
        readonly isEndless?: boolean | undefined
      } = {}
    ): Effect.Effect<Ran> =>
      Effect.promise(() =>
        new Promise<Ran>((resolve, reject) => {
          const { stdin, ...options } = optionsAt(folder, world.stdin, world.env)
          const child = spawn("bash", ["-c", `set -o pipefail; ${line}`], { ...options, detached: true })
          const said = { stdout: "", stderr: "" }
          child.stdout.setEncoding("utf8").on("data", (text: string) => {
            said.stdout += text
            if (world.isEndless === true && child.pid !== undefined) process.kill(-child.pid, "SIGINT")
          })
          child.stderr.setEncoding("utf8").on("data", (text: string) => said.stderr += text)
          child.on("error", reject)
          child.on("close", (code) => resolve({ ...said, code: code ?? 130 }))
          child.stdin.on("error", () => {})
          child.stdin.end(stdin)
        })
      )
  }
})
