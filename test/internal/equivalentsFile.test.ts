import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { read } from "../../src/internal/equivalentsFile.ts"

const valid = `
checked: 2026-11-23
sources: { feed: 'a feed, 2026-11-10' }
confidence: unverified
source: [feed]
tiers:
  text.small: [a/one, { id: b/two, params: { effort: low } }]
  image.fast: [a/painter]
  text.large: [c/d/three]
same_models:
  - { models: [a/one, c/a/one], confidence: one-dataset, source: [https://a.example/models] }
names:
  a/old: { model: a/one, tier: text.small, retires: 2027-01-14, successors: [b/two] }
  a/big: { model: a/biggest, tier: text.large }
`

describe("read", () => {
  it("reads tiers with the one above, the same models, and the tiers of other names", () => {
    assert.deepStrictEqual(Result.getOrThrow(read(valid, "f")), {
      tiers: [
        {
          key: "text.small",
          up: "text.large",
          members: [{ id: "a/one" }, { id: "b/two", params: { effort: "low" } }],
          origins: ["a/old"]
        },
        { key: "image.fast", up: undefined, members: [{ id: "a/painter" }], origins: undefined },
        { key: "text.large", up: undefined, members: [{ id: "c/d/three" }], origins: ["a/big", "a/biggest"] }
      ],
      sameModels: [["a/one", "c/a/one"]]
    })
  })

  it.each([
    ["no tiers", "checked: 2026-11-23", "f: tiers"],
    ["an unknown key", "tiers: {}\nrules: []", "f: rules"],
    ["a tier of another modality", "tiers: { sound.small: [] }", "f: tiers.sound.small"],
    ["an id without a provider", "tiers: { text.small: [gpt-4o] }", "f: tiers.text.small[0]"],
    ["an id with a space", "tiers: { text.small: ['a/b quality=low'] }", "f: tiers.text.small[0]"],
    ["a model twice in a tier", "tiers: { text.small: [a/b, { id: a/b, params: {} }] }", "f: tiers.text.small[1]"],
    ["a key that every object has", "tiers: { __proto__: [] }", "f: tiers.__proto__"],
    ["a model at one provider", "tiers: {}\nsame_models: [{ models: [a/b] }]", "f: same_models[0]"],
    [
      "a model in two groups",
      "tiers: {}\nsame_models: [{ models: [a/b, c/b] }, { models: [a/b, d/b] }]",
      "f: same_models"
    ],
    ["a name of no tier", "tiers: {}\nnames: { a/b: { model: a/b, tier: text.small } }", "f: names.a/b.tier"],
    ["an undeclared source", "tiers: {}\nsources: {}\nsource: [feed]", "f: source"]
  ])("refuses %s", (_, yaml, path) => {
    const problems = Result.getOrThrow(Result.flip(read(yaml, "f")))
    assert.include(problems.map((problem) => problem.path), path)
  })
})
