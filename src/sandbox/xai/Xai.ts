/**
 * xAI: Responses, files, batches and the list of its models. No header tells an id.
 */
import * as Door from "../Door.ts"
import type { Protocol, World } from "../Protocol.ts"
import * as Batches from "./Batches.ts"
import * as Models from "./Models.ts"
import { inBand, ofFailure } from "./Problem.ts"
import * as Responses from "./Responses.ts"

export const make = (world: World): Protocol => {
  const responses = Responses.make(world)
  const desk = Batches.make(world, (incoming) => door.receive(incoming))
  const door = Door.make(world, {
    provider: "xai",
    basePath: "/xai/v1",
    ownHeaders: new Set(),
    requestId: (root) => `resp_${root.slice(0, 32)}`,
    headers: () => ({}),
    problem: ofFailure,
    inBand,
    route: (incoming) => {
      const { method, path } = incoming
      const clerk = desk.route(incoming)
      if (clerk !== undefined) return { _tag: "Desk", clerk }
      const wrongMethod = ofFailure({ status: 405, message: "Method not allowed." })
      if (path === "/responses") return method === "POST" ? responses : wrongMethod
      if (path === "/models") {
        const data = Array.from(Models.models.keys(), (id) => ({ id, object: "model", owned_by: "xai" }))
        return method === "GET" ? { _tag: "Read", value: { object: "list", data } } : wrongMethod
      }
      return ofFailure({ status: 404 })
    }
  })
  return { ...door, reset: desk.reset, keepsFiles: (path) => path === "/files", jobs: desk }
}
