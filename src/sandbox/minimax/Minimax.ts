/**
 * MiniMax, at its Anthropic surface. No header tells an id.
 */
import * as Door from "../Door.ts"
import type { Protocol, World } from "../Protocol.ts"
import * as Messages from "./Messages.ts"
import { inBand, invalid, ofFailure } from "./Problem.ts"

export const make = (world: World): Protocol => {
  const messages = Messages.make(world)
  return Door.make(world, {
    provider: "minimax",
    basePath: "/minimax/anthropic",
    ownHeaders: new Set(["anthropic-dangerous-direct-browser-access", "anthropic-version", "x-api-key"]),
    requestId: (root) => root.slice(0, 32),
    headers: () => ({}),
    key: ({ headers }) =>
      headers["anthropic-version"] === "2023-06-01"
        ? headers["x-api-key"]
        : invalid("anthropic-version: expected 2023-06-01"),
    problem: ofFailure,
    inBand,
    route: ({ method, path }) => {
      if (path !== "/v1/messages") return ofFailure({ status: 404 })
      return method === "POST" ? messages : ofFailure({ status: 405, message: "Method Not Allowed" })
    }
  })
}
