/**
 * What Chat Completions say that an answer took, at the places where a vendor says it.
 */
import * as Usage from "../../Usage.ts"
import { isRecord } from "../../internal/json.ts"
import type { Path, UsagePaths } from "./Quirks.ts"
import * as Wire from "./Wire.ts"

export const at = (value: unknown, path: Path): unknown => {
  let found = value
  for (const name of path) found = isRecord(found) ? found[name] : undefined
  return found
}

/** What isn't there is none; `NaN` for what is no count. */
export const countAt = (value: unknown, path: Path): number => {
  const count = at(value, path) ?? 0
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : NaN
}

const cached: ReadonlyArray<Path> = [["prompt_tokens_details", "cached_tokens"]]
const reasoned: Path = ["completion_tokens_details", "reasoning_tokens"]
const input: Path = ["prompt_tokens"]
const output: Path = ["completion_tokens"]
const audioInput: Path = ["prompt_tokens_details", "audio_tokens"]
const audioOutput: Path = ["completion_tokens_details", "audio_tokens"]

/** Counts that aren't there or don't add up are no counts. */
export const usageOf = (
  usage: unknown,
  paths: UsagePaths | undefined,
  cited: number,
  model: string
): Usage.Usage => {
  if (typeof at(usage, input) !== "number" || typeof at(usage, output) !== "number") return Usage.missing
  const readAt = (paths?.cacheRead ?? cached).find((path) => at(usage, path) != null)
  const thought = countAt(usage, paths?.reasoning ?? reasoned)
  return Wire.usage({
    input: (paths?.inputBeside ?? []).reduce((sum, path) => sum + countAt(usage, path), countAt(usage, input)),
    cacheRead: readAt === undefined ? 0 : countAt(usage, readAt),
    cacheWrite: writtenOf(usage, paths?.cacheWrite, model),
    output: countAt(usage, output) + (paths?.reasoningBeside === true ? thought : 0),
    reasoning: thought,
    audioInput: countAt(usage, audioInput),
    audioOutput: countAt(usage, audioOutput),
    webSearches: paths?.webSearches === undefined || at(usage, paths.webSearches) == null
      ? cited
      : countAt(usage, paths.webSearches),
    requests: paths?.requests?.(usage, model)
  })
}

const writtenOf = (
  usage: unknown,
  paths: UsagePaths["cacheWrite"],
  model: string
): Readonly<Record<string, number>> => {
  if (paths === undefined) return nothing
  if (typeof paths === "function") return paths(usage, model)
  const counts = Object.entries(paths).map(([ttl, path]) => [ttl, countAt(usage, path)] as const)
  return Object.fromEntries(counts.filter(([, count]) => count !== 0))
}

const nothing: Readonly<Record<string, number>> = {}

/** US dollars. */
export const costOf = (usage: unknown, paths: UsagePaths | undefined): number | undefined => {
  const cost = paths?.cost === undefined ? undefined : at(usage, paths.cost)
  return typeof cost === "number" && Number.isFinite(cost) && cost >= 0 ? cost : undefined
}
