import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { Yaml } from "effect/encoding"
import { readdirSync, readFileSync } from "node:fs"
import * as Catalog from "../src/Catalog.ts"
import * as Cost from "../src/Cost.ts"
import * as Model from "../src/Model.ts"
import * as Price from "../src/Price.ts"
import * as Usage from "../src/Usage.ts"
import { read } from "../src/internal/catalogFile.ts"
import * as EquivalentsFile from "../src/internal/equivalentsFile.ts"
import { print } from "../src/internal/precompile.ts"

const all = Catalog.models(Catalog.bundled, { status: ["active", "preview", "legacy", "deprecated", "retired"] })
const priced = all.flatMap((model) => model.prices.map((price) => [model, price] as const))
const name = (model: Model.Model) => `${model.provider}/${model.id}`
const model = (id: string) => Result.getOrThrow(Catalog.resolve(Catalog.bundled, { model: id }))

const root = new URL("../", import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), "utf8")
const equivalentsYaml = text("catalog/equivalents.yaml")
const equivalents = Result.getOrThrow(EquivalentsFile.read(equivalentsYaml, "equivalents.yaml"))
const files = readdirSync(new URL("catalog/", root))
  .filter((file) => file.endsWith(".yaml") && file !== "equivalents.yaml")
  .sort()

describe("files", () => {
  it("are valid and named by their provider", () => {
    for (const file of files) {
      const result = read(text(`catalog/${file}`), file)
      assert.deepStrictEqual(Result.isFailure(result) ? result.failure : [], [])
      assert.strictEqual(Result.getOrThrow(result).provider.key, file.replace(".yaml", ""))
    }
  })

  it("are what src/internal/catalog.ts was made from: else run `npm run catalog`", () => {
    const made = print(files.map((file) => Result.getOrThrow(read(text(`catalog/${file}`), file))), equivalents)
    assert.strictEqual(made, text("src/internal/catalog.ts"))
  })

  it("say where every row comes from", () => {
    for (const entry of all) {
      if (entry.status === "retired") continue
      assert.isNotEmpty(entry.source, name(entry))
      assert.isDefined(entry.confidence, name(entry))
    }
  })

  it("leave moving names out", () => {
    for (const { id } of all) assert.notMatch(id, /-latest$/)
  })
})

describe("prices", () => {
  const rates = (price: Price.Price) => [price.rates, ...price.tiers.map((tier) => tier.rates)]

  it("are never 0 unless free", () => {
    for (const [entry, price] of priced) {
      const numbers = JSON.stringify(price).match(/:0[,}]/g) ?? []
      assert.isTrue(price.free || numbers.length === 0, name(entry))
    }
  })

  it("ask as much for output as for input, less for a cache read, more for a write", () => {
    for (const [entry, price] of priced) {
      for (const { cacheWrite, cachedRead, input, output } of rates(price)) {
        if (input === undefined) continue
        if (entry.modality === "text") assert.isAtLeast(output ?? 0, input, name(entry))
        if (cachedRead !== undefined) assert.isBelow(cachedRead, input, name(entry))
        // All data sets have it so, of the two at double price.
        if (typeof cacheWrite === "object" && !/^minimax\/.*-highspeed$/.test(name(entry))) {
          for (const write of Object.values(cacheWrite)) assert.isAtLeast(write, input, name(entry))
        }
      }
    }
  })

  it("rise with the tiers", () => {
    for (const [entry, price] of priced) {
      let below = { above: 0, input: price.rates.input ?? 0, output: price.rates.output ?? 0 }
      for (const { above, rates } of price.tiers) {
        assert.isAbove(above, below.above, name(entry))
        if (rates.input === undefined) continue
        assert.isAbove(rates.input, below.input, name(entry))
        assert.isAbove(rates.output ?? 0, below.output, name(entry))
        below = { above, input: rates.input, output: rates.output ?? 0 }
      }
    }
  })

  it("exist for every model that isn't retired, but for those that no price was found of", () => {
    const unknown = ["hunyuan/hy-image-v3.5-preview", "hunyuan/hy-image-v3", "hunyuan/hunyuan-image-3.0"]
    assert.deepStrictEqual(all.filter((m) => m.status !== "retired" && m.prices.length === 0).map(name), unknown)
  })
})

describe("models", () => {
  it("answer no longer than they can hold, and name successors that exist", () => {
    for (const entry of all) {
      assert.isAtMost(entry.maxOutput ?? 0, entry.context ?? Infinity, name(entry))
      assert.isAtMost(entry.maxInput ?? 0, entry.context ?? Infinity, name(entry))
      if (entry.replacement !== undefined) {
        const successor = model(`${entry.provider}/${entry.replacement}`)
        assert.notInclude(["deprecated", "retired"], successor.status, name(entry))
      }
      if (entry.status === "deprecated") assert.isDefined(entry.retires, name(entry))
    }
  })

  it("are these many", () => {
    const count = (provider: string, modality: Model.Modality) =>
      Catalog.models(Catalog.bundled, { provider, modality }).length
    assert.deepStrictEqual(
      [count("openai", "text"), count("openai", "image"), count("openai", "embedding"), count("anthropic", "text")],
      [31, 7, 3, 15]
    )
  })
})

describe("equivalents", () => {
  const today = Date.parse("2026-11-23")
  const isCovered = (id: string) => files.includes(`${id.split("/")[0]}.yaml`)
  const shownOfAll = (id: string, at = today) =>
    Catalog.equivalents(Catalog.bundled, model(id), { at }).map(({ kind, model, params }) =>
      [name(model), ...Object.values(params).map(String), ...kind === "same-model" ? [kind] : []].join(" ")
    )

  it("name models that exist, where the provider has a file", () => {
    const ids = [
      ...equivalents.tiers.flatMap(({ members }) => members.map(({ id }) => id)),
      ...equivalents.sameModels.flat()
    ]
    for (const id of ids.filter(isCovered)) assert.strictEqual(name(model(id)), id)
  })

  it("stand in tiers of their modality, cheapest first", () => {
    for (const { key, members } of equivalents.tiers) {
      let last = 0
      for (const { id } of members.filter(({ id }) => isCovered(id))) {
        const { modality, prices } = model(id)
        assert.strictEqual(modality, key.split(".")[0], id)
        const { input = Number.NaN, output = Number.NaN } = Price.at(prices, today)?.rates ?? {}
        if (modality !== "text") continue
        const mean = (3 * input + output) / 4
        assert.isAtLeast(mean, last, id)
        last = mean
      }
    }
  })

  it("stand in one tier of a modality, but for three that reason at a lower price", () => {
    const ids = equivalents.tiers.flatMap(({ key, members }) => members.map(({ id }) => `${key.split(".")[0]} ${id}`))
    assert.deepStrictEqual(ids.filter((id, i) => ids.indexOf(id) < i), [
      "text deepseek/deepseek-v4-pro",
      "text xai/grok-4.7",
      "text gemini/gemini-4-argon"
    ])
  })

  it("lead the names in use to tiers, days and successors that the catalog agrees with", () => {
    const { names = {}, tiers } = Schema.decodeUnknownSync(EquivalentsFile.EquivalentsYaml)(Yaml.parse(equivalentsYaml))
    assert.isNotEmpty(Object.keys(names))
    for (const [asked, { model: id, retires, successors = [], tier }] of Object.entries(names)) {
      assert.isDefined(tiers[tier], asked)
      for (const successor of successors.filter(isCovered)) assert.strictEqual(model(successor).status, "active")
      if (!isCovered(id)) continue
      assert.strictEqual(name(model(asked)), id)
      assert.strictEqual(model(id).retires, retires)
      assert.isTrue(tiers[tier]?.some((member) => member === id), asked)
    }
  })

  it("of every model are others of its modality that stay, each once, wherever and whenever one looks", () => {
    for (const day of ["2026-11-23", "2026-12-01", "2027-01-01", "2027-01-14", "2027-02-01", "2027-06-01"]) {
      for (const entry of all) {
        const found = Catalog.equivalents(Catalog.bundled, entry, { at: Date.parse(day) })
        const names = found.map(({ model }) => name(model))
        assert.deepStrictEqual(names, [...new Set(names)].filter((other) => other !== name(entry)))
        for (const { model } of found) {
          assert.include(["active", "legacy"], model.status)
          assert.strictEqual(model.modality, entry.modality)
          assert.isAbove(Date.parse(model.retires ?? "9999-01-01") - Date.parse(day), 60 * 86_400_000)
        }
        if (entry.modality === "embedding") assert.isEmpty(found)
      }
    }
  })

  it("are asked in the tier first, then one tier up, other providers before the model's own", () => {
    const shown = (id: string) => shownOfAll(id).filter((id) => /^(anthropic|openai)\//.test(id))
    assert.deepStrictEqual(shown("openai/gpt-4o-mini"), [
      "anthropic/claude-haiku-5-5",
      "anthropic/claude-haiku-4-5",
      "openai/gpt-6-luna",
      "openai/gpt-5.6-luna"
    ])
    assert.deepStrictEqual(shown("anthropic/claude-haiku-4-5"), ["openai/gpt-5.6-luna", "openai/gpt-6.1-terra"])
    assert.deepStrictEqual(shown("anthropic/claude-opus-5-5"), [
      "openai/gpt-6.2-astra",
      "openai/gpt-6-astra",
      "anthropic/claude-fable-5-2"
    ])
    assert.deepStrictEqual(shown("openai/gpt-image-2.6-flare"), ["openai/gpt-image-2.6-sunburst high"])
    assert.deepStrictEqual(shown("openai/text-embedding-3-large"), [])
  })

  it("are the same model first, once its other providers are there", () => {
    const at = (provider: string, id: string) => Catalog.registerModel({ provider, model: id })
    const catalog = Catalog.bundled.pipe(
      at("openrouter", "anthropic/claude-haiku-5.5"),
      at("bedrock", "global.anthropic.claude-haiku-5-5"),
      at("mistral", "mistral-large-2512")
    )
    const from = (provider: string, model: string) =>
      Catalog.equivalents(catalog, Result.getOrThrow(Catalog.resolve(catalog, { provider, model })), { at: today })
        .map(({ kind, model }) => `${kind} ${name(model)}`)
    const same = (provider: string, model: string) => {
      const found = from(provider, model)
      const last = found.findLastIndex((one) => one.startsWith("same-model"))
      assert.isAbove(found.indexOf("equivalent openai/gpt-6-luna"), last)
      return found.slice(0, last + 1)
    }
    assert.deepStrictEqual(same("anthropic", "claude-haiku-5-5"), [
      "same-model bedrock/global.anthropic.claude-haiku-5-5",
      "same-model openrouter/anthropic/claude-haiku-5.5"
    ])
    assert.deepStrictEqual(same("bedrock", "global.anthropic.claude-haiku-5-5"), [
      "same-model anthropic/claude-haiku-5-5",
      "same-model openrouter/anthropic/claude-haiku-5.5"
    ])
    assert.include(from("openai", "gpt-6.1-terra"), "equivalent mistral/mistral-large-2512")
    const moving = catalog.pipe(
      Catalog.registerModel({ provider: "mistral", model: "mistral-large-latest" }),
      Catalog.registerEquivalents("text.medium", ["mistral/mistral-large-latest"])
    )
    const stands = Catalog.equivalents(moving, Model.unlisted("mistral", "mistral-large-latest"), { at: today })
    assert.include(stands.map(({ model }) => name(model)), "mistral/mistral-large-2512")
    assert.isTrue(
      Catalog.equivalents(moving, model("openai/gpt-6.1-terra"), { at: today })
        .every(({ model }) => model.id !== "mistral-large-latest")
    )
  })
})

describe("spot checks", () => {
  const at = (day: string) => Date.parse(day)
  const pico = (id: string, usage: Parameters<typeof Usage.make>[0], options: Cost.Options) =>
    Cost.of(model(id), Usage.make(usage), options).picoUsd
  const today = { at: at("2026-11-23") }

  it("gpt-4o-mini: 0.15, 0.075 cached, 0.6", () => {
    assert.strictEqual(
      pico("openai/gpt-4o-mini", { inputUncached: 156, cacheRead: 1_024, outputText: 42 }, today),
      23_400_000 + 76_800_000 + 25_200_000
    )
    assert.strictEqual(
      pico("openai/gpt-4o-mini", { inputUncached: 1 }, { ...today, serviceTier: "priority" }),
      undefined
    )
  })

  it("gpt-4o: 2.5 and 10, half in a batch, 1.7 times with priority", () => {
    assert.strictEqual(
      pico("openai/gpt-4o", { inputUncached: 1_000, outputText: 500 }, { ...today, batch: true }),
      3_750_000_000
    )
    assert.strictEqual(
      pico("openai/gpt-4o", { inputUncached: 1_000 }, { ...today, serviceTier: "priority" }),
      4_250_000_000
    )
  })

  it("gpt-5.4: doubles and one and a half times above 272,000 input tokens", () => {
    assert.strictEqual(
      pico("openai/gpt-5.4", { inputUncached: 272_000, outputText: 100 }, today),
      272_000 * 2_500_000 + 100 * 15_000_000
    )
    assert.strictEqual(
      pico("openai/gpt-5.4", { inputUncached: 272_001, outputText: 100 }, today),
      272_001 * 5_000_000 + 100 * 22_500_000
    )
  })

  it("gpt-6.2-sol: cache writes of 30 minutes and 12 hours; ultrafast is 3, from March 6", () => {
    const usage = {
      inputUncached: 10,
      cacheRead: 20,
      cacheWrite: { "30m": 30, "12h": 40 },
      outputText: 50,
      requests: { web_search: 1 }
    }
    assert.strictEqual(
      pico("openai/gpt-6.2-sol", usage, today),
      20_000_000 + 2_000_000 + 75_000_000 + 200_000_000 + 500_000_000 + 10_000_000_000
    )
    const fast = (day: string) =>
      pico("openai/gpt-6.2-sol", { outputText: 1 }, { at: at(day), serviceTier: "ultrafast" })
    assert.deepStrictEqual([fast("2027-02-28"), fast("2027-03-01")], [30_000_000, 60_000_000])
    assert.strictEqual(pico("openai/gpt-6-sol", { outputText: 1 }, { ...today, serviceTier: "ultrafast" }), undefined)
  })

  it("gpt-5.6-sol: 5 and 30 before the cut, 4 and 20 since", () => {
    const cost = (day: string) => pico("openai/gpt-5.6", { inputUncached: 1, outputText: 1 }, { at: at(day) })
    assert.deepStrictEqual([cost("2026-08-20"), cost("2026-08-21")], [35_000_000, 24_000_000])
    assert.isUndefined(pico("openai/gpt-5.6", { inputUncached: 272_001 }, { at: at("2026-08-20") }))
  })

  it("gpt-image-2: text 5, image 8, image out 30", () => {
    assert.strictEqual(
      pico("openai/gpt-image-2", {
        inputUncached: 50,
        imageInput: 300,
        imageOutput: 4_160,
        images: [{ count: 1, quality: "high", width: 1_024, height: 1_024 }]
      }, today),
      250_000_000 + 2_400_000_000 + 124_800_000_000
    )
    const guess = Cost.of(
      model("openai/gpt-image-2"),
      Usage.make({ state: "estimated", images: [{ count: 1, quality: "high", width: 1_024, height: 1_024 }] }),
      today
    )
    assert.deepStrictEqual([guess.status, guess.usd], ["estimated", 0.211])
  })

  it("text-embedding-3-small: 0.02", () => {
    assert.strictEqual(pico("openai/text-embedding-3-small", { inputUncached: 1_000_000 }, today), 20_000_000_000)
  })

  it("claude-haiku-4-5: 1, 0.1, 1.25 and 2 to write, 5", () => {
    assert.strictEqual(
      pico("anthropic/claude-haiku-4-5", {
        inputUncached: 10,
        cacheRead: 100,
        cacheWrite: { "5m": 1_000, "1h": 10_000 },
        outputText: 3
      }, today),
      10_000_000 + 10_000_000 + 1_250_000_000 + 20_000_000_000 + 15_000_000
    )
  })

  it("claude-haiku-5-5: five times above 100,000 input tokens, however they came", () => {
    const usage = (cacheRead: number) => ({ inputUncached: 1, cacheRead, outputText: 2 })
    assert.strictEqual(pico("anthropic/claude-haiku-5-5", usage(99_999), today), 100_000 + 99_999 * 10_000 + 1_000_000)
    assert.strictEqual(
      pico("anthropic/claude-haiku-5-5", usage(100_000), today),
      500_000 + 100_000 * 50_000 + 5_000_000
    )
  })

  it("claude-sonnet-5-5: cache reads at 0.2, since 2026-10-07 at 0.1", () => {
    const cost = (day: string) => pico("anthropic/claude-sonnet-5-5", { cacheRead: 10 }, { at: at(day) })
    assert.deepStrictEqual([cost("2026-10-06"), cost("2026-10-07")], [2_000_000, 1_000_000])
  })

  it("claude-opus-5-5: 4 and 20, twice that in fast mode, a tenth more in the US, half in a batch", () => {
    const cost = (options: Partial<Cost.Options>) =>
      pico("anthropic/claude-opus-5-5", { inputUncached: 10, outputText: 10 }, { ...today, ...options })
    assert.deepStrictEqual(
      [{}, { serviceTier: "fast" }, { region: "us" }, { serviceTier: "batch" }, { serviceTier: "priority" }].map(cost),
      [240_000_000, 480_000_000, 264_000_000, 120_000_000, undefined]
    )
  })

  it("a vendor's own names find their rows", () => {
    assert.strictEqual(Catalog.named(Catalog.bundled, "anthropic", "claude-haiku-4-5-20251001")?.id, "claude-haiku-4-5")
    assert.strictEqual(Catalog.named(Catalog.bundled, "openai", "gpt-4o-2024-08-06")?.id, "gpt-4o")
    assert.isEmpty(Catalog.named(Catalog.bundled, "openai", "gpt-4o-2024-05-13")?.prices)
    assert.strictEqual(Price.at(model("openai/gpt-4o").prices, today.at)?.confidence, "two-datasets")
  })
})
