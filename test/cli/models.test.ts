import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { createServer } from "node:http"
import * as Catalog from "../../src/Catalog.ts"
import * as Failure from "../../src/cli/Failure.ts"
import * as ModelCheck from "../../src/cli/ModelCheck.ts"
import * as ModelComparison from "../../src/cli/ModelComparison.ts"
import * as ModelCost from "../../src/cli/ModelCost.ts"
import * as ModelList from "../../src/cli/ModelList.ts"
import * as ModelSheet from "../../src/cli/ModelSheet.ts"
import * as Sandbox from "../../src/sandbox/Sandbox.ts"
import { canary, decoded, loom } from "./loom.ts"

const at = (args: ReadonlyArray<string>, world?: Parameters<typeof loom>[1]) =>
  Effect.andThen(TestClock.setTime(Date.parse("2026-11-24")), loom(["models", ...args], world))

const ids = ({ stdout }: { readonly stdout: string }) => stdout.trimEnd().split("\n")

describe("loom models", () => {
  it.effect("lists models in columns, and what it left out on stderr", () =>
    Effect.gen(function*() {
      const ran = yield* at(["--provider", "openai", "--sort", "price"])
      assert.strictEqual(ran.code, 0)
      const [head = "", ...rows] = ids(ran)
      assert.strictEqual(head.replace(/ +/g, " "), "MODEL INPUT/1M CACHED/1M OUTPUT/1M CONTEXT MODES")
      assert.isTrue(rows.every((row) => row.startsWith("openai/")))
      const row = rows.find((row) => row.startsWith("openai/gpt-4o-mini"))!
      assert.match(row, / \$0\.150 +\$0\.075 +\$0\.600 +128K {3}text vision/)
      assert.strictEqual(row.indexOf("128K") + 4, head.indexOf("CONTEXT") + 7)
      assert.match(ran.stderr, new RegExp(`^${rows.length} of \\d+ models · prices as of \\d{4}-\\d\\d-\\d\\d`))
      assert.deepStrictEqual(yield* at(["list", "--provider", "openai", "--sort", "price"]), ran)
    }))

  it.effect("filters and sorts", () =>
    Effect.gen(function*() {
      const { models } = decoded(
        ModelList.Document,
        yield* at([
          "--modality",
          "text",
          "--capability",
          "vision",
          "--max-input-price",
          "1",
          "--sort",
          "price",
          "--json"
        ])
      )
      assert.isAbove(models.length, 2)
      let last = 0
      for (const { capabilities, modality, usdPerMillion } of models) {
        assert.strictEqual(modality, "text")
        assert.isTrue(capabilities["vision"])
        const input = usdPerMillion.input!
        assert.isAtMost(input, 1)
        assert.isAtLeast(input, last)
        last = input
      }
      const quiet = yield* at(["-q", "--sort", "name"])
      assert.strictEqual(quiet.stderr, "")
      assert.deepStrictEqual(ids(quiet), ids(quiet).toSorted())
      const context = decoded(ModelList.Document, yield* at(["--sort", "context", "--json"])).models
      const known = context.flatMap(({ context }) => context ?? [])
      assert.deepStrictEqual(known, known.toSorted((a, b) => b - a))
      assert.isDefined(context[0]?.context)
    }))

  it.effect("leaves out what is retired by then", () =>
    Effect.gen(function*() {
      const retiring = Catalog.models(Catalog.bundled).find(({ retires }) =>
        retires !== undefined && retires > "2026-11-24"
      )!
      const id = `${retiring.provider}/${retiring.id}`
      assert.include(ids(yield* at(["-q"])), id)
      yield* TestClock.setTime(Date.parse(retiring.retires!))
      assert.notInclude(ids(yield* loom(["models", "-q"])), id)
    }))

  it.effect("prints nothing but the count where nothing fits", () =>
    Effect.gen(function*() {
      const ran = yield* at(["--max-input-price", "0", "--provider", "openai"])
      assert.deepStrictEqual([ran.code, ran.stdout], [0, ""])
      assert.match(ran.stderr, /^0 of \d+ models\n$/)
    }))

  it.effect("shows every listed model", () =>
    Effect.gen(function*() {
      for (const id of ids(yield* at(["-q"]))) {
        const ran = yield* at(["show", id])
        assert.deepStrictEqual([ran.code, ran.stderr], [0, ""], id)
        assert.isTrue(ran.stdout.startsWith(id))
        assert.notInclude(ran.stdout, "undefined")
        assert.notInclude(ran.stdout, "NaN")
        assert.strictEqual(decoded(ModelSheet.Document, yield* at(["show", id, "--json"])).model.id, id)
      }
      const mini = (yield* at(["show", "openai/gpt-4o-mini"])).stdout
      for (
        const row of [
          /input +\$0\.150\n/,
          /cached input +\$0\.075\n/,
          /output +\$0\.600\n/,
          /batch +\$0\.075 in · \$0\.300 out\n/,
          /tokens +128,000 · output 16,384\n/,
          /source +two-datasets · checked \d{4}-/
        ]
      ) assert.match(mini, row)
      const doubtful = (yield* at(["show", "openai/gpt-6.1-sol"])).stdout
      assert.match(doubtful, /input +\$2\.000\n/)
      assert.match(doubtful, /cache write 12h +\$5\.000 {2}\(unverified\)\n/)
      assert.match(doubtful, /above 272K in +input \$4\.000 · /)
    }))

  it.effect("shows who may stand in for a model, in the order in which they are asked", () =>
    Effect.gen(function*() {
      const rows = (yield* at(["show", "openai/gpt-4o-mini"])).stdout
      assert.match(
        rows,
        /\n {2}failover +(\S.*\n {3,})*anthropic\/claude-haiku-5-5\n {3,}(\S.*\n {3,})*openai\/gpt-6-luna\n/
      )
      const { equivalents } = decoded(ModelSheet.Document, yield* at(["show", "openai/gpt-4o-mini", "--json"]))
      assert.deepInclude(equivalents, { id: "anthropic/claude-haiku-5-5", kind: "equivalent", params: {} })
      assert.match(
        (yield* at(["show", "openai/gpt-image-2.6-flare"])).stdout,
        /failover +(.+\n +)*openai\/gpt-image-2\.6-sunburst quality=high\n/
      )
      const embedding = ["show", "openai/text-embedding-3-large"]
      assert.match((yield* at(embedding)).stdout, /failover +no equivalent known\n/)
      assert.deepStrictEqual(decoded(ModelSheet.Document, yield* at([...embedding, "--json"])).equivalents, [])
    }))

  it.effect("tells the nearest three of an unknown id", () =>
    Effect.gen(function*() {
      for (const args of [["show"], ["cost", "--in", "1"], ["compare", "openai/gpt-4o"]]) {
        const ran = yield* at([...args, "openai/gpt-4o-mni"])
        assert.deepStrictEqual([ran.code, ran.stdout], [2, ""])
        assert.match(
          ran.stderr,
          /^UnknownModel: openai\/gpt-4o-mni is not in the catalog\n {2}why: did you mean openai\/gpt-4o-mini, \S+, \S+\?\n/
        )
        const { error } = decoded(Failure.Document, yield* at([...args, "openai/gpt-4o-mni", "--json"]))
        assert.strictEqual(error.tag, "UnknownModel")
      }
      assert.strictEqual((yield* at(["--provider", "opnai"])).code, 2)
    }))

  it.effect("reckons what a call costs", () =>
    Effect.gen(function*() {
      const of = (...args: ReadonlyArray<string>) => at(["cost", "openai/gpt-4o-mini", ...args])
      // 2,000 × 0.15 + 8,000 × 0.075 + 2,000 × 0.60 per million, halved
      const args = ["--in", "10k", "--out", "2k", "--cached", "8K", "--batch"]
      assert.strictEqual((yield* of(...args, "-q")).stdout, "$0.001050\n")
      const { cost, model } = decoded(ModelCost.Document, yield* of(...args, "--json"))
      assert.deepStrictEqual([model, cost.picoUsd], ["openai/gpt-4o-mini", 1_050_000_000])
      const ran = yield* of(...args)
      assert.match(ran.stdout, /cached input +8,000 +\$0\.075 +×0\.5 batch +\$0\.000300\n/)
      assert.match(ran.stdout, /openai\/gpt-4o-mini: \$0\.001050 in a batch\n$/)
      assert.strictEqual((yield* of("--in", "1.5M", "-q")).stdout, "$0.2250\n")

      for (const wrong of [[], ["--in", "many"], ["--in", "1k", "--cached", "2k"], ["--in", "-5"]]) {
        assert.strictEqual((yield* of(...wrong)).code, 2, wrong.join(" "))
      }
    }))

  it.effect("never makes up a price", () =>
    Effect.gen(function*() {
      const ran = yield* at(["cost", "openai/text-embedding-3-small", "--in", "1k", "--out", "1k"])
      assert.deepStrictEqual([ran.code, ran.stdout], [1, ""])
      assert.match(ran.stderr, /^UnknownPrice: .*\n {2}why: the catalog has no price for outputText\n/)
    }))

  it.effect("sets models side by side", () =>
    Effect.gen(function*() {
      const pair = ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"]
      const ran = yield* at(["compare", ...pair])
      assert.match(ran.stdout, /^ +openai\/gpt-4o-mini +anthropic\/claude-haiku-4-5\ninput\/1M +\$0\.150 +\$1\.000\n/)
      const { models } = decoded(ModelComparison.Document, yield* at(["compare", ...pair, "--json"]))
      assert.deepStrictEqual(models.map(({ id }) => id), pair)
      assert.strictEqual((yield* at(["compare", "openai/gpt-4o-mini"])).code, 2)
    }))

  it.effect("prints documents on several lines for people", () =>
    Effect.gen(function*() {
      const { stdout } = yield* at(["show", "openai/gpt-4o-mini", "--json"], { terminals: ["stdout"] })
      assert.isAbove(ids({ stdout }).length, 10)
      JSON.parse(stdout)
    }))
})

describe("loom models check", () => {
  const on = (day: string, ...args: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse(day))
      const ran = yield* loom(["models", "check", "--json", ...args])
      assert.strictEqual(ran.code, 0)
      return decoded(ModelCheck.Document, ran).warnings
    })
  const all = Catalog.models(Catalog.bundled)
  const later = (day: string, days: number) => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10)

  for (const day of ["2026-11-23", "2026-12-01", "2027-01-01", "2027-01-14"]) {
    it.effect(`tells on ${day} what the catalog says will be gone within 30 days, and what is deprecated`, () =>
      Effect.gen(function*() {
        const warnings = yield* on(day)
        const ids = (kind: string) => warnings.filter((one) => one.kind === kind).map(({ subject }) => subject).sort()
        const named = (models: typeof all) => models.map(({ id, provider }) => `${provider}/${id}`).sort()
        const alive = all.filter(({ retires = "9999-12-31" }) => retires > day)
        const soon = alive.filter(({ retires = "9999-12-31" }) => retires <= later(day, 30))
        assert.deepStrictEqual(ids("retires"), named(soon))
        assert.deepStrictEqual(
          ids("deprecated"),
          named(alive.filter((model) => model.status === "deprecated" && !soon.includes(model)))
        )
      }))

    it.effect(`tells on ${day} the prices that begin within 30 days`, () =>
      Effect.gen(function*() {
        const told = (yield* on(day)).flatMap(({ day, kind, subject }) => kind === "price" ? [`${day} ${subject}`] : [])
        const dated = all.filter(({ retires = "9999-12-31" }) => retires > day).flatMap(({ id, prices, provider }) =>
          prices.flatMap(({ start }) =>
            start > Date.parse(day) && start <= Date.parse(later(day, 30))
              ? [`${new Date(start).toISOString().slice(0, 10)} ${provider}/${id}`]
              : []
          )
        )
        assert.deepStrictEqual(told, dated)
      }))
  }

  it.effect("names the days, the prices and the successors", () =>
    Effect.gen(function*() {
      const november = yield* on("2026-11-23")
      assert.deepInclude(november, {
        kind: "retires",
        subject: "gemini/gemini-2.5-pro",
        day: "2026-12-01",
        what: "retires in 8 days",
        instead: "gemini/gemini-3.8-flash"
      })
      assert.deepInclude(november, {
        kind: "deprecated",
        subject: "openai/gpt-4o-mini",
        day: "2027-01-14",
        what: "is deprecated",
        instead: "openai/gpt-6-luna"
      })
      assert.deepInclude(november, {
        kind: "price",
        subject: "gemini/gemini-4-argon",
        day: "2026-12-01",
        what: "changes its price: input $2.000 → $4.000, cached input $0.100 → $0.200, output $10.000 → $20.000",
        instead: null
      })
      const december = yield* on("2026-12-31T12:00:00Z")
      assert.deepInclude(december.find(({ subject }) => subject === "openai/gpt-4o-mini"), {
        kind: "retires",
        what: "retires in 14 days"
      })
      const newYear = december.filter(({ day, kind }) => kind === "price" && day === "2027-01-01")
      assert.lengthOf(newYear, 3)
      assert.isTrue(newYear.every(({ subject, what }) => subject.startsWith("gemini/") && what.includes("output")))
      const february = yield* on("2027-02-10", "--provider", "openai")
      assert.deepInclude(february, {
        kind: "price",
        subject: "openai/gpt-6.2-sol",
        day: "2027-03-01",
        what: "changes its price: service tier ultrafast ×6",
        instead: null
      })
      const gone = (yield* on("2027-01-14")).map(({ subject }) => subject)
      assert.notInclude(gone, "openai/gpt-4o-mini")
      assert.notInclude(gone, "gemini/gemini-2.5-pro")
    }))

  it.effect("tells of prices that were checked too long ago", () =>
    Effect.gen(function*() {
      const stale = (day: string, ...args: ReadonlyArray<string>) =>
        Effect.map(on(day, "--provider", "openai", ...args), (warnings) =>
          warnings.filter(({ kind }) => kind === "stale"))
      const checked = Catalog.provider(Catalog.bundled, "openai")?.checked ?? ""
      assert.deepStrictEqual(yield* stale(later(checked, 60)), [])
      assert.deepStrictEqual(yield* stale(later(checked, 61)), [{
        kind: "stale",
        subject: "openai",
        day: checked,
        what: "its prices were checked 61 days ago",
        instead: null
      }])
      assert.lengthOf(yield* stale(later(checked, 8), "--stale-after", "7"), 1)
    }))

  it.effect("prints columns, counts on stderr, and takes no stranger", () =>
    Effect.gen(function*() {
      const ran = yield* at(["check", "--provider", "gemini"])
      assert.strictEqual(ran.code, 0)
      assert.match(
        ran.stdout,
        /^DAY +OF +WARNING +INSTEAD\n2026-12-01 +gemini\/gemini-2\.5-pro +retires in 7 days +gemini\//
      )
      assert.match(ran.stderr, /^\d+ warnings · \d+ models\n$/)
      assert.strictEqual((yield* at(["check", "--provider", "gemini", "-q"])).stderr, "")
      assert.strictEqual((yield* at(["check", "--provider", "gemni"])).code, 2)
      assert.match((yield* at(["check", "--help"])).stdout, /loom models check --live --json/)
    }))

  it.effect("asks vendors whose keys are set, and finds what they list no more", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({ keys: [canary] })
      const env = {
        LOOM_SECRETS: "environment",
        ANTHROPIC_API_KEY: canary,
        ANTHROPIC_BASE_URL: sandbox.baseUrl("anthropic"),
        GOOGLE_API_KEY: canary,
        GEMINI_BASE_URL: sandbox.baseUrl("gemini"),
        MISTRAL_API_KEY: canary,
        MISTRAL_BASE_URL: sandbox.baseUrl("mistral"),
        CO_API_KEY: canary,
        COHERE_BASE_URL: sandbox.baseUrl("cohere"),
        DEEPSEEK_API_KEY: canary,
        DEEPSEEK_BASE_URL: sandbox.baseUrl("deepseek")
      }
      const ran = yield* at(["check", "--live", "--json"], { env })
      assert.strictEqual(ran.code, 0)
      const { asked, warnings } = decoded(ModelCheck.Document, ran)
      assert.deepStrictEqual(asked.toSorted(), ["anthropic", "cohere", "deepseek", "gemini", "mistral"])
      assert.deepStrictEqual(warnings.filter(({ kind }) => kind === "unlisted"), [])
      // What the sandbox doesn't speak for: vectors, images, and Google's open models.
      const gone = warnings.flatMap(({ kind, subject }) => kind === "gone" ? [subject] : [])
      const texts = gone.filter((id) =>
        all.some((one) => `${one.provider}/${one.id}` === id && one.modality === "text")
      )
      assert.deepStrictEqual(texts, ["gemini/gemma-4-31b-it", "gemini/gemma-4-26b-a4b-it"])
      assert.include(gone, "mistral/mistral-embed")
      assert.lengthOf(yield* sandbox.journal, 5)
      assert.lengthOf(yield* sandbox.bill, 0)
      const none = yield* at(["check", "--live"], { env: { LOOM_SECRETS: "environment" } })
      assert.match(none.stderr, /^note: no vendor was asked/)
    }))

  it.effect("finds a model by any name that it is listed by, and says why a list isn't known", () =>
    Effect.gen(function*() {
      let answer: { readonly status: number; readonly body: unknown } = { status: 200, body: {} }
      const server = createServer((_, response) => {
        response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body))
      })
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
        () => Effect.sync(() => server.close().closeAllConnections())
      )
      const address = server.address()
      const port = typeof address === "object" ? address?.port : undefined
      const env = {
        LOOM_SECRETS: "environment",
        ANTHROPIC_API_KEY: canary,
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`
      }
      const live = Effect.fnUntraced(function*(status: number, body: unknown) {
        answer = { status, body }
        const ran = yield* at(["check", "--live", "--json", "--provider", "anthropic"], { env })
        assert.strictEqual(ran.code, 0)
        assert.notInclude(ran.stdout + ran.stderr, canary)
        return decoded(ModelCheck.Document, ran).warnings.flatMap(({ kind, subject, what }) =>
          kind === "gone" || kind === "unlisted" ? [`${subject} ${what}`] : []
        )
      })
      const ids = all.filter(({ provider }) => provider === "anthropic").map(({ id }) => id)
      const names = ids.map((id) => ({ id: id === "claude-haiku-4-5" ? "claude-haiku-4-5-20251001" : id }))
      assert.deepStrictEqual(yield* live(200, { data: names }), [])
      assert.deepStrictEqual(yield* live(200, { data: names.filter(({ id }) => id !== "claude-opus-5-5") }), [
        "anthropic/claude-opus-5-5 is no longer listed by its vendor"
      ])
      const unknown = (why: string) => [`anthropic its models aren't known: ${why}`]
      assert.deepStrictEqual(
        yield* live(200, { data: names.slice(1), has_more: true }),
        unknown("its list has more than one page")
      )
      assert.deepStrictEqual(yield* live(200, { models: "all" }), unknown("it gave no list"))
      assert.deepStrictEqual(yield* live(401, { error: canary }), unknown("it answered with 401"))
    }))
})
