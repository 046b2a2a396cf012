import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Sandbox } from "loom-router/sandbox"
import { type ChildProcess, spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { cutFrom, root } from "../documents.ts"

const source = ["--conditions=loom-source", "--import=./test/e2e/clock.ts"]

/** Runs a program of the scratchpad with only this environment. */
const start = (
  name: string,
  env: Readonly<Record<string, string>>,
  ...args: ReadonlyArray<string>
): ChildProcess =>
  spawn(process.execPath, [...source, `scratchpad/${name}.ts`, ...args], {
    cwd: root,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })

const finished = (child: ChildProcess) =>
  Effect.promise(() =>
    new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resolve) => {
      const said = { stdout: "", stderr: "" }
      child.stdout?.on("data", (chunk) => said.stdout += String(chunk))
      child.stderr?.on("data", (chunk) => said.stderr += String(chunk))
      child.on("close", (code) => resolve({ ...said, code }))
    })
  )

/** The address in the first line that has one. */
const listening = (child: ChildProcess) =>
  Effect.promise(() =>
    new Promise<string>((resolve, reject) => {
      child.stdout?.on("data", (chunk) => {
        const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(String(chunk)) ?? []
        if (url !== undefined) resolve(url)
      })
      child.on("close", () => reject(new Error("it ended")))
    })
  )

const outputs = cutFrom("text")

/** The whole of what each prints; once, where several guides show parts of it. */
const printed = new Map<string, Promise<string>>()
const outputOf = (program: string): Promise<string> => {
  const known = printed.get(program)
  if (known !== undefined) return known
  const name = program.replace(/^scratchpad\/|\.ts$/g, "")
  const output = Effect.runPromise(finished(start(name, {}))).then(({ code, stderr, stdout }) => {
    assert.deepStrictEqual([code, stderr], [0, ""])
    return stdout
  })
  printed.set(program, output)
  return output
}

/** Markdown is formatted: how far a line stands in is nothing that a program says. */
const lines = (text: string) => text.split("\n").map((line) => line.trim()).join("\n")

describe("the guides", () => {
  it.each(outputs)("show what a program prints: $title of $program", async ({ code, program }) => {
    assert.include(lines(await outputOf(program)), lines(code.join("\n")))
  }, 30_000)

  it("have their programs run here, each of them", () => {
    const text = readFileSync(import.meta.filename, "utf8")
    const isRun = (name: string) =>
      text.includes(`start("${name}"`) || outputs.some(({ program }) => program === `scratchpad/${name}.ts`)
    const shared = new Set(["onSandbox", "migration/sandbox"])
    const names = ["", "migration/"].flatMap((folder) =>
      readdirSync(join(root, "scratchpad", folder)).filter((file) => file.endsWith(".ts"))
        .map((file) => `${folder}${file.slice(0, -3)}`)
    )
    assert.deepStrictEqual(names.filter((name) => !shared.has(name) && !isRun(name)), [])
    const guide = readFileSync(join(root, "scratchpad/README.md"), "utf8")
    assert.deepStrictEqual(names.filter((name) => !name.includes("/") && !guide.includes(`](${name}.ts)`)), [])
  })

  it.live("move the Python Loom's own examples", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("migration/pythonLoom", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.match(stdout, /^openai\/gpt-4o-mini\n\[ 'openai\/gpt-4o-mini: ok' \]$/m)
    }))
})

describe("keys", () => {
  it.live("goes on through a rotation and an outage, and says where it looked at last", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("keys", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.include(stdout, "rotated, and the first key revoked at once: KeyRefused, then ok")
      assert.include(stdout, "with Vault sealed: ok")
      assert.include(stdout, "why: OPENAI_API_KEY is not set: looked in Vault (secret/apps/openai#key)")
    }))
})

describe("npm start", () => {
  it.live("needs no key, and ends by itself with the sandbox's own bill", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("start", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.match(stdout, /\d+ calls, \d+ attempts, [\d,]+ tokens: \$0\.\d+ spent, \$0\.\d+ saved\./)
      assert.include(stdout, "the same, to the last digit")
      assert.match(stdout, /\(\d,\d{3} from the prompt cache\)/)
      assert.include(stdout, "2 attempts (RateLimited, ok)")
      assert.match(stdout, /anthropic\/\S+ .* 2 attempts \(Overloaded, ok\)/)
      assert.match(stdout, /· kept from before · .* out · \$0 · \$0\.\d+ saved · 0 attempts/)
      assert.match(stdout, /100 answers from 1 request · \$0\.\d+ · \$0\.\d+ saved/)
      assert.match(stdout, /The dashboard of these calls, .*: http:\/\/127\.0\.0\.1:\d+\n/)
      assert.match(stdout, /\d+ calls to \d\d vendors · p95 \d+ ms · .* spent, \$0\.\d+ saved\n/)
    }), 20_000)

  it.live(
    "stays where it is told to: the dashboard shows work as it goes on, whatever keys are set",
    () =>
      Effect.gen(function*() {
        const vendor = yield* Sandbox
        const others = Object.fromEntries(
          ["ANTHROPIC", "MISTRAL", "DEEPSEEK", "GROQ"].flatMap((name) => [
            [`${name}_API_KEY`, "sk-real-0123456789"],
            [`${name}_BASE_URL`, vendor.url]
          ])
        )
        const child = start("start", others, "--stay")
        yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
        const ended = yield* Effect.forkChild(finished(child))
        const url = yield* Effect.promise(() =>
          new Promise<string>((resolve) => {
            let said = ""
            child.stdout?.on("data", (chunk) => {
              said += String(chunk)
              const [, url] = /The dashboard of these calls, .*: (\S+)\n/.exec(said) ?? []
              if (url !== undefined) resolve(url)
            })
          })
        )
        const total = Effect.promise(async () => {
          const overview: unknown = await (await fetch(`${url}/api/overview?range=24h`)).json()
          return Number(JSON.stringify(overview).match(/"calls":\{"total":(\d+)/)?.[1])
        })
        const before = yield* total
        assert.isAtLeast(before, 108)
        yield* Effect.repeat(Effect.delay(total, 100), { until: (now) => now > before + 20 })
        assert.include(yield* Effect.promise(async () => (await fetch(url)).text()), "<title>Loom")
        assert.deepStrictEqual(yield* vendor.journal, [])
        child.kill("SIGINT")
        const { code, stderr } = yield* Fiber.join(ended)
        assert.deepStrictEqual([code, stderr], [130, ""])
      }).pipe(Effect.scoped, Effect.provide(Sandbox.layer())),
    30_000
  )

  it.live("makes exactly one real call with a key, of at most a cent, and says so", () =>
    Effect.gen(function*() {
      const vendor = yield* Sandbox
      yield* vendor.script({ respond: { status: 503 }, times: "always" })
      const env = { OPENAI_API_KEY: "sk-real-0123456789", OPENAI_BASE_URL: vendor.baseUrl("openai") }
      const failed = yield* finished(start("start", env))
      assert.strictEqual(failed.code, 1)
      assert.match(failed.stdout, /One real call to openai\/[\w.-]+, with your key: at most \$0\.00\d+\./)
      assert.notInclude(failed.stdout + failed.stderr, "0123456789")
      assert.lengthOf(yield* vendor.journal, 1)
      yield* vendor.reset
      const { code, stdout } = yield* finished(start("start", env))
      assert.strictEqual(code, 0)
      assert.include(stdout, "For real")
      assert.lengthOf(yield* vendor.journal, 1)
      const [{ amount } = { amount: 0n }] = yield* vendor.bill
      assert.isTrue(amount > 0n && amount <= 10_000_000_000n)
    }).pipe(Effect.provide(Sandbox.layer())))
})

describe("scratchpad/answer.ts", () => {
  it.live("answers, and takes the vendor's request along when its client goes", () =>
    Effect.gen(function*() {
      const vendor = yield* Sandbox
      const child = start("answer", {
        PORT: "0",
        OPENAI_API_KEY: "sk-any",
        OPENAI_BASE_URL: vendor.baseUrl("openai")
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill()))
      const url = yield* listening(child)
      const answer = yield* Effect.promise(() => fetch(`${url}/answer?q=${encodeURIComponent("[say: Hi there.]")}`))
      assert.deepInclude(yield* Effect.promise(() => answer.json()), { text: "Hi there." })
      const refused = yield* Effect.promise(() => fetch(`${url}/answer`))
      assert.strictEqual(refused.status, 400)

      yield* vendor.script({ hang: true })
      const leaving = new AbortController()
      const left = fetch(`${url}/answer?q=slow`, { signal: leaving.signal }).catch(() => "left")
      yield* vendor.awaitJournal((journal) => journal.length === 2 && journal[1]?.waiting === true)
      leaving.abort()
      assert.strictEqual(yield* Effect.promise(() => left), "left")
      const journal = yield* vendor.awaitJournal((journal) => journal[1]?.clientClosed === true)
      assert.lengthOf(journal, 2)
    }).pipe(Effect.scoped, Effect.provide(Sandbox.layer())))
})

describe("scratchpad/failover.ts", () => {
  it.live("tells the same of a pipeline of one's own and of the front door", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("failover", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      const stories = stdout.split("\nThe same by options of Loom.layer\n")
      assert.lengthOf(stories, 2)
      for (const story of stories) {
        const answers = [...story.matchAll(/^ {4}(openai|anthropic)\/\S+ answers \(cache: (\w+)\)/gm)]
        assert.deepStrictEqual(answers.map(([, provider, cache]) => `${provider} ${cache}`), [
          "openai miss",
          "anthropic miss",
          "anthropic hit",
          "anthropic miss",
          "openai miss"
        ])
        assert.lengthOf(story.match(/attempt {2}openai\/gpt-4o-mini: Overloaded \(503, billed: no\)/g) ?? [], 3)
        assert.include(story, "5 questions, 7 requests in the sandbox's journal")
        assert.match(
          story,
          /openai: closed → open [^]*openai: open → half-open [^]*openai: half-open → closed \(a trial succeeded\)/
        )
      }
      assert.match(stories[1]!, /tried {4}openai\/gpt-4o-mini: CircuitOpen, nothing sent\n {4}tried {4}anthropic\S+ ok/)
      assert.include(stories[1]!, "warning  native.prompt_cache_key was left out: it is for openai")
    }), 20_000)
})

describe("scratchpad/dedup.ts", () => {
  it.live("asks once for all who read the same stream", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("dedup", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.include(stdout, "52 readers ask for the same stream")
      assert.match(stdout, /1 comes when \d+ characters are out/)
      assert.include(stdout, "1 leaves after three parts")
      assert.match(stdout, /All who stay read the same \d+ characters/)
      assert.include(stdout, "In the sandbox's journal: 1 request, answered in full.")
      const [, paid, billed] = /1 of them pays (\$0\.\d+); the sandbox's bill says (\$0\.\d+)\./.exec(stdout) ?? []
      assert.strictEqual(paid, billed)
      assert.match(stdout, /50 share what it bought, and save \$0\.00\d+\./)
    }))
})

describe("scratchpad/router.ts", () => {
  it.live("asks the cheap one first, and says what that saved, to the bill's last digit", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("router", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.lengthOf(stdout.match(/openai\/gpt-4o-mini: ok/g) ?? [], 4)
      assert.lengthOf(stdout.match(/openai\/gpt-4o-mini: Rejected .*\n {4}anthropic\/claude-haiku-4-5: ok/g) ?? [], 2)
      const [, spent, billed, instead, saved] =
        /6 questions, 8 requests: \$(\S+) spent; the sandbox's bill says \$(\S+)\.\n.* would have been \$(\S+): routing saved \$(\S+)\./
          .exec(stdout) ?? []
      assert.strictEqual(spent, billed)
      assert.closeTo(Number(instead), Number(spent) + Number(saved), 1e-9)
      assert.isAbove(Number(saved), 0)
    }))
})

describe("scratchpad/agent.ts", () => {
  it.live("goes on until its budget might not do", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("agent", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      const tasks = stdout.match(/^ {2}task \d+ \(\w+\): 2 turns/gm) ?? []
      assert.isAbove(tasks.length, 2)
      assert.include(stdout, `It stops after ${tasks.length} tasks: BudgetExceeded, it may cost`)
      const [, spent, billed] = /tokens: \$(\S+) spent; the sandbox's bill says \$(\S+)\.$/m.exec(stdout) ?? []
      assert.strictEqual(spent, billed)
      assert.isAtMost(Number(spent), 0.001)
    }))
})

describe("scratchpad/vendor.ts", () => {
  it.live("has a vendor of its own in twelve lines: tools, streams, and what they cost", () =>
    Effect.gen(function*() {
      const own = /^const newco = [^]*?^const ask = .*$/m.exec(readFileSync("scratchpad/vendor.ts", "utf8"))?.[0] ?? ""
      assert.isAtMost(own.split("\n").length, 12)
      for (const part of ["registerOpenAiCompatible", "registerModel", "Loom.stream", "tools"]) {
        assert.include(own, part)
      }

      const { code, stderr, stdout } = yield* finished(start("vendor", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      const [, calling, answering] = stdout.split(/^ {2}\w.*$/m)
      assert.match(calling ?? "", /it calls look_up_stock\(\{"yarn":".+"\}\), in ([2-9]|\d\d) pieces\n.* tool-calls, /)
      assert.match(answering ?? "", /it says in ([2-9]|\d\d) pieces: .*"metres":1200.*\n.* stop, /)
      const parts = [...stdout.matchAll(/ out, \$(\d\.\d+)$/gm)].map(([, usd]) => Number(usd))
      const [, spent, billed] =
        /2 streams, \d+ tokens: \$(\S+) spent; the sandbox's bill says \$(\S+)\.$/m.exec(stdout) ??
          []
      assert.isAbove(Number(spent), 0)
      assert.strictEqual(spent, billed)
      assert.closeTo(parts.reduce((sum, usd) => sum + usd, 0), Number(billed), 1e-9)
    }))
})

describe("scratchpad/effectAi.ts", () => {
  it.live("takes a chat with tools over a route, from the cache the second time, to the end of its budget", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("effectAi", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      const answers = [...stdout.matchAll(/^ {4}(\S+) \(cache: (\w+)\), after (.*)$/gm)]
      assert.deepStrictEqual(answers.map(([, model, cache]) => `${model} ${cache}`), [
        "openai/gpt-4o-mini miss",
        "openai/gpt-4o-mini miss",
        "anthropic/claude-haiku-4-5 miss",
        "openai/gpt-4o-mini hit",
        "openai/gpt-4o-mini hit",
        "anthropic/claude-haiku-4-5 hit"
      ])
      assert.strictEqual(answers[2]?.[3], "openai/gpt-4o-mini Rejected, anthropic/claude-haiku-4-5 ok")
      assert.match(
        stdout,
        /It stops after \d\d days with QuotaExhaustedError: it may cost .* of \$0\.001, \$0\.000\d+ is spent/
      )
      const [, spent, saved, billed] =
        /requests: \$(\S+) spent, \$(\S+) saved; the sandbox's bill says \$(\S+)\.$/m.exec(stdout) ?? []
      assert.strictEqual(spent, billed)
      assert.isAbove(Number(saved), 0)
    }))
})

describe("scratchpad/images.ts", () => {
  it.live("draws one prompt by five vendors into a sheet, and shows the sandbox's bill", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("images", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      const drawn = [
        ...stdout.matchAll(/^ {2}(\w+)\/\S+: (\d+) × (\d+) image\/(png|jpeg|webp), 1 attempt, \$\d\.\d+$/gm)
      ]
      assert.deepStrictEqual(
        drawn.map(([, provider = ""]) => provider).toSorted((a, b) => a < b ? -1 : 1),
        ["bfl", "gemini", "openai", "recraft", "replicate"]
      )
      const [, spent, billed] = /5 images: \$(\S+) spent; the sandbox's bill says \$(\S+)\.$/m.exec(stdout) ?? []
      assert.isAbove(Number(spent), 0)
      assert.strictEqual(spent, billed)
      const [, file = ""] = /The contact sheet is (.+)\.$/m.exec(stdout) ?? []
      assert.lengthOf([...readFileSync(file, "utf8").matchAll(/<img src="data:image\/(?:png|jpeg|webp);base64,/g)], 5)
    }))
})

describe("scratchpad/batch.ts", () => {
  it.live("asks 200 rows live and in batches, with both bills", () =>
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* finished(start("batch", {}))
      assert.deepStrictEqual([code, stderr], [0, ""])
      const line = (title: string) =>
        new RegExp(
          `^ {2}${title}: 200 answers, \\$(\\S+) spent, the sandbox's bill says \\$(\\S+); \\$(\\S+) saved`,
          "m"
        )
          .exec(stdout)?.slice(1) ?? []
      const [live, liveBill] = line("live")
      const [cheap, cheapBill, saved] = line("in batches")
      assert.isAbove(Number(live), 0)
      assert.deepStrictEqual([live, cheap], [liveBill, cheapBill])
      // Half the list price was paid, and half saved.
      assert.strictEqual(saved, cheap)
      assert.match(stdout, /^2 jobs, (49|5[01])\.\d % of the price\.$/m)
    }))
})
