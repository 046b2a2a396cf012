import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Sandbox } from "../../src/sandbox/Sandbox.ts"
import { canary } from "../cli/loom.ts"
import { commands, world } from "./cliWorld.ts"

class World extends Context.Service<World>()("test/World", { make: world }) {
  static readonly layer = Layer.effect(this, this.make).pipe(Layer.provide(Sandbox.layer({ seed: "help" })))
}

/** What is piped into a command that an example runs alone. */
const inputs: ReadonlyArray<readonly [start: string, stdin: string]> = [
  ["loom keys set", canary],
  ["loom chat", "Hello.\nAnd again.\n"],
  ["loom generate", ""]
]

/** Those that go on until they are interrupted. */
const isEndless = (line: string) => /loom (sandbox|dashboard|logs tail)/.test(line)

/** On a machine where others may have the port. */
const anyPort = (line: string) =>
  /loom dashboard(?!.*--port)/.test(line) ? `${line} --port 0` : line.replace(/--port \d+/, "--port 0")

interface Step {
  readonly line: string
  /** What it prints, where the guide says so: `…` is anything. */
  readonly prints: Array<string>
}

/** The fences of the guide, as lines of shell. */
const guide: ReadonlyArray<{ readonly title: string; readonly steps: ReadonlyArray<Step> }> = Array.from(
  readFileSync("src/cli/README.md", "utf8").matchAll(/^```sh\n([^]*?)^```$/gm),
  ([, text = ""], n) => {
    const steps: Array<Step> = []
    for (const line of text.trimEnd().split("\n")) {
      if (line.startsWith("# => ")) steps.at(-1)?.prints.push(line.slice("# => ".length))
      else steps.push({ line, prints: [] })
    }
    return { title: `fence ${n + 1}, which begins with ${steps[0]?.line}`, steps }
  }
)

const plain = (text: string) => text.split("\n").map((line) => line.replace(/ +/g, " ").trim()).join("\n").trim()

const fits = (prints: ReadonlyArray<string>) => {
  const lines = prints.map((line) => line.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replaceAll("…", ".*"))
  return new RegExp(`^${lines.join("\n")}$`)
}

layer(World.layer, { excludeTestServices: true, timeout: "10 minutes" })("help", (it) => {
  for (const { command, names, path } of commands) {
    const title = path === "" ? "loom" : `loom ${path}`
    describe.concurrent(title, () => {
      it.effect("has a description, and an example of itself", () =>
        Effect.sync(() => {
          assert.match(command.description ?? "", /^[A-Z][^]*\.$/)
          assert.isAbove(command.examples.length, 0)
          const name = new RegExp(`\\bloom ${names.map((either) => `(${either.join("|")})\\b`).join(" ")}`)
          for (const example of command.examples) assert.match(example.command, name)
        }))

      for (const example of command.examples) {
        it.effect(example.command, () =>
          Effect.gen(function*() {
            const { copy, shell } = yield* World
            const folder = copy()
            const stdin = inputs.find(([start]) => example.command.startsWith(start))?.[1]
            const ran = yield* shell(folder, anyPort(example.command), { stdin, isEndless: isEndless(example.command) })
            assert.notInclude(ran.stdout + ran.stderr, canary)
            if (isEndless(example.command)) assert.isAbove(ran.stdout.length, 0, ran.stderr)
            else assert.strictEqual(ran.code, 0, `${ran.stdout}\n${ran.stderr}`)
          }))
      }
    })
  }

  describe.concurrent("the guide", () => {
    it.effect("has fences of shell alone", () =>
      Effect.sync(() => {
        assert.isAbove(guide.length, 5)
        assert.lengthOf(readFileSync("src/cli/README.md", "utf8").match(/^```/gm) ?? [], 2 * guide.length)
      }))

    for (const { steps, title } of guide) {
      it.effect(title, () =>
        Effect.gen(function*() {
          const { copy, shell } = yield* World
          const folder = copy()
          writeFileSync(join(folder, "key.txt"), canary)
          for (const { line, prints } of steps) {
            const ran = yield* shell(folder, line)
            assert.strictEqual(ran.code, 0, `${line}\n${ran.stdout}${ran.stderr}`)
            if (prints.length > 0) assert.match(plain(ran.stdout), fits(prints), line)
            assert.notInclude(ran.stdout + ran.stderr, canary)
          }
        }))
    }
  })
})
