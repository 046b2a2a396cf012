/**
 * The format of `catalog/equivalents.yaml`, and what is checked in it beyond its shape.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Price from "../Price.ts"
import type { Equivalents, Tier } from "./equivalents.ts"
import * as YamlFile from "./yamlFile.ts"
import { Day, expecting, Name, type Problem, Source, sourceProblems, Sources } from "./yamlFile.ts"

/** Reads the file; `path` names it in the problems. */
export const read = (text: string, path: string): Result.Result<Equivalents, ReadonlyArray<Problem>> =>
  Result.map(YamlFile.read(text, path, decode, check), convert)

const Id = Name.check(Schema.isPattern(/^[^/]+\/./, expecting("a provider and a model: openai/gpt-4o-mini")))

const Key = Schema.String.check(
  Schema.isPattern(/^(text|image|embedding)\.[a-z]+$/, expecting("a modality and a name: text.small"))
)

const provenance = {
  confidence: Schema.optionalKey(Schema.Literals(Price.confidences)),
  source: Schema.optionalKey(Source),
  note: Schema.optionalKey(Schema.String)
}

/** The format of the file. */
export const EquivalentsYaml = Schema.Struct({
  checked: Schema.optionalKey(Day),
  sources: Schema.optionalKey(Sources),
  ...provenance,
  tiers: Schema.Record(
    Key,
    Schema.Array(Schema.Union([
      Id,
      Schema.Struct({
        id: Id,
        params: Schema.Record(Schema.String, Schema.Json).annotate({ description: "With which it belongs here" })
      })
    ])).annotate({ description: "Cheapest first" })
  ).annotate({ description: "Those of a modality from low to high" }),
  same_models: Schema.optionalKey(
    Schema.Array(Schema.Struct({ models: Schema.Array(Id), ...provenance })).annotate({
      description: "A model at several providers, its maker first"
    })
  ),
  names: Schema.optionalKey(
    Schema.Record(
      Id,
      Schema.Struct({
        model: Id,
        tier: Key,
        retires: Schema.optionalKey(Day),
        successors: Schema.optionalKey(Schema.Array(Id)),
        ...provenance
      })
    ).annotate({ description: "Names still in use, and what they mean now" })
  )
})

type EquivalentsYaml = typeof EquivalentsYaml.Type

const decode = Schema.decodeUnknownResult(EquivalentsYaml, { errors: "all", onExcessProperty: "error" })

const check = (file: EquivalentsYaml): ReadonlyArray<Problem> => {
  const problems = [...sourceProblems("source", file.sources, file.source)]
  const once = (ids: ReadonlyArray<string>, path: (index: number) => string, where: string) =>
    ids.forEach((id, i) => {
      if (ids.indexOf(id) < i) problems.push({ path: path(i), problem: `${id} is already in ${where}` })
    })
  for (const [key, members] of Object.entries(file.tiers)) {
    once(members.map((member) => memberOf(member).id), (i) => `tiers.${key}[${i}]`, "this tier")
  }
  const groups = file.same_models ?? []
  once(groups.flatMap(({ models }) => models), () => "same_models", "same_models")
  groups.forEach(({ models, source }, i) => {
    if (models.length < 2) problems.push({ path: `same_models[${i}]`, problem: "a model at one provider only" })
    problems.push(...sourceProblems(`same_models[${i}].source`, file.sources, source))
  })
  for (const [name, { source, tier }] of Object.entries(file.names ?? {})) {
    if (!Object.hasOwn(file.tiers, tier)) problems.push({ path: `names.${name}.tier`, problem: `there is no ${tier}` })
    problems.push(...sourceProblems(`names.${name}.source`, file.sources, source))
  }
  return problems
}

const convert = (file: EquivalentsYaml): Equivalents => {
  const keys = Object.keys(file.tiers)
  return {
    tiers: Object.entries(file.tiers).map(([key, listed], i): Tier => {
      const members = listed.map(memberOf)
      const named = Object.entries(file.names ?? {}).flatMap(([name, { model, tier }]) =>
        tier === key ? [name, model] : []
      )
      const origins = named.filter((name) => members.every(({ id }) => id !== name))
      return {
        key,
        up: keys.slice(i + 1).find((other) => other.split(".")[0] === key.split(".")[0]),
        members,
        origins: origins.length > 0 ? origins : undefined
      }
    }),
    sameModels: (file.same_models ?? []).map(({ models }) => models)
  }
}

const memberOf = (member: EquivalentsYaml["tiers"][string][number]) =>
  typeof member === "string" ? { id: member } : member
