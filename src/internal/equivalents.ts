/**
 * Which models may stand in for which, and in what order failover asks them.
 */
import type * as Schema from "effect/Schema"
import type * as Model from "../Model.ts"

/** Models of a like price and purpose. Ids are `provider/model`; those that no catalog lists are passed over. */
export interface Tier {
  readonly key: string
  /** The tier above, for when nobody here can answer. */
  readonly up?: string | undefined
  /** In the order in which they are asked. */
  readonly members: ReadonlyArray<Member>
  /** Models that belong here but are no members: they are left, never entered. */
  readonly origins?: ReadonlyArray<string> | undefined
}

export interface Member {
  readonly id: string
  /** With which the model belongs to the tier: `{ quality: "low" }`. */
  readonly params?: Params | undefined
}

type Params = Readonly<Record<string, Schema.Json>>

export interface Equivalents {
  /** Those of a modality from low to high. */
  readonly tiers: ReadonlyArray<Tier>
  /** Each a model at several providers, its maker first. */
  readonly sameModels: ReadonlyArray<ReadonlyArray<string>>
}

/** A model that may stand in for another. */
export interface Equivalent {
  readonly model: Model.Model
  readonly kind: "same-model" | "equivalent"
  readonly params: Params
}

export const none: Equivalents = { tiers: [], sameModels: [] }

/** Joins two; members that `that` adds to a tier are asked after those that are there. */
export const join = (self: Equivalents, that: Equivalents): Equivalents => {
  const tiers = new Map(self.tiers.map((tier) => [tier.key, tier]))
  for (const tier of that.tiers) {
    const below = tiers.get(tier.key)
    tiers.set(tier.key, below === undefined ? tier : joinTiers(below, tier))
  }
  return { tiers: [...tiers.values()], sameModels: [...self.sameModels, ...that.sameModels] }
}

const joinTiers = (below: Tier, above: Tier): Tier => ({
  key: below.key,
  up: below.up ?? above.up,
  members: [...below.members, ...above.members],
  origins: [...below.origins ?? [], ...above.origins ?? []]
})

/**
 * Who may stand in for a model at a time; `find` looks up a qualified name. After the same model, other providers come
 * first: what is wrong with a model is often wrong with its provider.
 */
export const of = (
  self: Equivalents,
  find: (name: string) => Model.Model | undefined,
  model: Model.Model,
  at: number
): ReadonlyArray<Equivalent> => {
  if (model.modality === "embedding") return []
  const listedAs = (name: string) => {
    const listed = find(name)
    return listed === undefined ? name : qualified(listed)
  }
  const id = qualified(model)
  const sameModels = self.sameModels.filter((group) => group.some((name) => listedAs(name) === id)).flat()
  const names = new Set([id, ...sameModels.map(listedAs)])
  const home = self.tiers.find((tier) =>
    tier.members.some((member) => names.has(listedAs(member.id))) ||
    tier.origins?.some((name) => names.has(listedAs(name)))
  )
  const above = home?.up === undefined ? undefined : self.tiers.find(({ key }) => key === home.up)
  const seen = new Set([id])
  const found: Array<Equivalent> = []
  const ask = (member: Member, kind: Equivalent["kind"]) => {
    const listed = find(member.id)
    if (listed === undefined || seen.has(qualified(listed))) return
    seen.add(qualified(listed))
    if (listed.modality === model.modality && isEnterable(listed, at)) {
      found.push({ model: listed, kind, params: member.params ?? {} })
    }
  }
  for (const name of sameModels) ask({ id: name }, "same-model")
  const hops = found.length
  for (const member of [...home?.members ?? [], ...above?.members ?? []]) ask(member, "equivalent")
  const others = found.splice(hops)
  const isOwn = (one: Equivalent) => one.model.provider === model.provider
  return [...found, ...others.filter((one) => !isOwn(one)), ...others.filter(isOwn)]
}

const qualified = (model: Model.Model): string => `${model.provider}/${model.id}`

/** Close to its end a model is no help: who moves there has to move again. */
const daysToLive = 60

const isEnterable = (model: Model.Model, at: number): boolean =>
  (model.status === "active" || model.status === "legacy") && !isMoving(model.upstream) &&
  (model.retires === undefined || Date.parse(model.retires) - at > daysToLive * 86_400_000)

/** A name whose model changes under it. */
const isMoving = (name: string): boolean => /(^|[-:])latest$/.test(name)
