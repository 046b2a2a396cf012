import type { Spending } from "../../../Figures.ts"
import type { Filters } from "../state/address.ts"
import { nameOf } from "../vendors.ts"

type By = Pick<Spending, "by" | "tagKey">

const tagOf = (key: string): readonly [key: string, value: string] => {
  const at = key.indexOf(":")
  return [key.slice(0, at), key.slice(at + 1)]
}

/** A group as it is called beside others of its kind. */
export const titleOf = ({ by, tagKey }: By, key: string): string => {
  if (by === "provider") return nameOf(key)
  if (by === "model") return key.startsWith("/") ? key.slice(1) : key
  const [, value] = tagOf(key)
  return tagKey === null ? key : value === "" ? "(empty)" : value
}

/** The calls of a group. */
export const filterOf = ({ by }: By, key: string): Filters => {
  if (by === "provider") return { provider: key }
  if (by === "tag") return { tag: key }
  const at = key.indexOf("/")
  return { provider: key.slice(0, at), model: key.slice(at + 1) }
}

/** What is left of a whole: it is in no group that is shown. */
export const restOf = ({ by, rest, tagKey }: Spending): string => {
  const others = rest === null || rest.groups === 0 ? "" : ` (${rest.groups})`
  return by === "tag" && tagKey !== null
    ? others === "" ? `No ${tagKey}` : `Others${others}, or no ${tagKey}`
    : `Other${others}`
}
