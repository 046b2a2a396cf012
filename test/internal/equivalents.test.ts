import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Model from "../../src/Model.ts"
import * as equivalents from "../../src/internal/equivalents.ts"

const now = Date.parse("2026-11-23")
const day = (days: number) => new Date(now + days * 86_400_000).toISOString().slice(0, 10)

const world = (
  models: ReadonlyArray<Model.Model>,
  tiers: ReadonlyArray<equivalents.Tier>,
  sameModels: ReadonlyArray<ReadonlyArray<string>> = []
) => {
  const names = new Map(models.map((model) => [`${model.provider}/${model.id}`, model]))
  return (id: string, at = now) =>
    equivalents.of({ tiers, sameModels }, (name) => names.get(name), names.get(id)!, at)
      .map(({ kind, model }) => [`${model.provider}/${model.id}`, kind] as const)
}

const tier = (key: string, ids: ReadonlyArray<string>, up?: string): equivalents.Tier => ({
  key,
  up,
  members: ids.map((id) => ({ id }))
})

describe("of", () => {
  it("looks at what a model is on that day", () => {
    const known = {
      "a/left": { status: "deprecated" },
      "a/stays": {},
      "a/legacy": { status: "legacy" },
      "a/preview": { status: "preview" },
      "a/deprecated": { status: "deprecated" },
      "a/retired": { status: "retired" },
      "a/gone": { retires: day(-1) },
      "a/soon": { retires: day(60) },
      "a/later": { retires: day(61) },
      "a/new-latest": {},
      "a/moving": { upstream: "new-latest" },
      "a/image": { modality: "image" }
    } as const
    const models = Object.entries(known).map(([name, facts]) =>
      Model.make({ ...facts, provider: "a", id: name.slice(2) })
    )
    const asked = world(models, [tier("text.t", Object.keys(known))])
    assert.deepStrictEqual(asked("a/left").map(([id]) => id), ["a/stays", "a/legacy", "a/later"])
    assert.deepStrictEqual(asked("a/left", now + 86_400_000).map(([id]) => id), ["a/stays", "a/legacy"])
    assert.deepStrictEqual(asked("a/image"), [])
  })

  const Ids = Schema.Array(Schema.Literals(["a/1", "a/2", "a/3", "b/1", "b/2", "b/3", "c/1", "c/2", "nobody/1"]))
  const Statuses = Schema.Array(Schema.Literals(["active", "preview", "legacy", "deprecated", "retired"]))

  it.prop(
    "never names the model, a deprecated one or one twice; the same model comes first, then other providers, then its own",
    [Statuses, Ids, Ids, Ids, Ids],
    ([statuses, low, middle, high, same]) => {
      const ids = ["a/1", "a/2", "a/3", "b/1", "b/2", "b/3", "c/1", "c/2"]
      const models = ids.map((id, i) =>
        Model.make({ provider: id.slice(0, 1), id: id.slice(2), status: statuses[i] ?? "active" })
      )
      const enterable = new Set(ids.filter((_, i) => /active|legacy/.test(models[i]!.status)))
      const tiers = [tier("low", low, "middle"), tier("middle", middle, "high"), tier("high", high)]
      const asked = world(models, tiers, [same])
      for (const id of ids) {
        const hops: ReadonlyArray<string> = same.some((other) => other === id) ? same : []
        const home = tiers.findIndex(({ members }) =>
          members.some((member) => member.id === id || hops.includes(member.id))
        )
        const rest = home < 0 ? [] : [tiers[home], tiers[home + 1]].flatMap((tier) => tier?.members ?? [])
        const listed = rest.map((member) => member.id).toSorted((one, other) =>
          Number(one[0] === id[0]) - Number(other[0] === id[0])
        )
        const inOrder = [...new Set([...hops, ...listed])].filter((other) => other !== id && enterable.has(other))
        assert.deepStrictEqual(
          asked(id),
          inOrder.map((other) => [other, hops.includes(other) ? "same-model" : "equivalent"] as const)
        )
      }
    }
  )
})
