/**
 * The option `webSearch`, as every vendor reads it.
 */
import { hasProperty } from "effect/Predicate"
import type * as Request from "../Request.ts"

const plain: Request.WebSearch = {}

/** What is asked for; `undefined` where nothing is. */
export const askedOf = ({ webSearch }: Request.Params): Request.WebSearch | undefined =>
  webSearch === undefined || webSearch === false ? undefined : webSearch === true ? plain : webSearch

/** Whether the caller has given the vendor's own tool of that kind: then it goes before the option. */
export const isGiven = ({ tools }: Request.Request): boolean =>
  tools.some((tool) =>
    hasProperty(tool, "providerName") && typeof tool.providerName === "string" &&
    tool.providerName.startsWith("web_search")
  )

/** As far as it is stated. */
export const placeOf = ({ city, country, region, timezone }: Request.Location) => ({
  ...(city === undefined ? undefined : { city }),
  ...(region === undefined ? undefined : { region }),
  ...(country === undefined ? undefined : { country }),
  ...(timezone === undefined ? undefined : { timezone })
})
