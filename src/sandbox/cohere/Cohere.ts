/**
 * Cohere: chat, and the list of its models.
 */
import * as Door from "../Door.ts"
import type { Protocol, World } from "../Protocol.ts"
import * as Chat from "./Chat.ts"
import * as Models from "./Models.ts"
import { inBand, ofFailure } from "./Problem.ts"

const modelObject = ({ context, id, reasons, tools, vision }: Models.Model) => ({
  name: id,
  endpoints: ["chat"],
  context_length: context,
  features: [...(tools ? ["tools"] : []), ...(vision ? ["vision"] : []), ...(reasons ? ["thinking"] : [])]
})

export const make = (world: World): Protocol => {
  const chat = Chat.make(world)
  return Door.make(world, {
    provider: "cohere",
    basePath: "/cohere",
    ownHeaders: new Set([
      "x-client-name",
      "x-fern-language",
      "x-fern-runtime",
      "x-fern-runtime-version",
      "x-fern-sdk-name",
      "x-fern-sdk-version"
    ]),
    requestId: (root) => root.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5"),
    // No header tells an id.
    headers: () => ({}),
    problem: ofFailure,
    identified: (body, id) => ({ id, ...Object(body) }),
    inBand,
    route: ({ method, path }) => {
      const wrongMethod = ofFailure({ status: 405, message: "method not allowed" })
      if (path === "/v2/chat") return method === "POST" ? chat : wrongMethod
      if (path === "/v1/models") {
        const list = { models: Array.from(Models.models.values(), modelObject) }
        return method === "GET" ? { _tag: "Read", value: list } : wrongMethod
      }
      return ofFailure({ status: 404 })
    }
  })
}
