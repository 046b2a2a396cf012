/**
 * Mistral: chat completions, files, batches and the list of its models.
 */
import * as Door from "../Door.ts"
import type { Protocol, World } from "../Protocol.ts"
import * as Batches from "./Batches.ts"
import * as Chat from "./Chat.ts"
import * as Models from "./Models.ts"
import { inBand, ofFailure } from "./Problem.ts"

const headers = (requestId: string) => ({
  "mistral-correlation-id": requestId,
  "x-kong-request-id": requestId,
  "x-ratelimit-limit-req-minute": "360",
  "x-ratelimit-remaining-req-minute": "359"
})

const modelObject = ({ context, id, reasoning, vision }: Models.Model) => ({
  id,
  object: "model",
  owned_by: "mistralai",
  max_context_length: context,
  capabilities: { completion_chat: true, function_calling: true, vision, reasoning: reasoning !== undefined }
})

export const make = (world: World): Protocol => {
  const chat = Chat.make(world, headers)
  const desk = Batches.make(world, (incoming) => door.receive(incoming))
  const door = Door.make(world, {
    provider: "mistral",
    basePath: "/mistral",
    // Its SDK sends an empty cookie.
    ownHeaders: new Set(["cookie"]),
    requestId: (root) => root.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5"),
    headers,
    problem: ofFailure,
    inBand,
    route: (incoming) => {
      const { method, path } = incoming
      const clerk = desk.route(incoming)
      if (clerk !== undefined) return { _tag: "Desk", clerk }
      const wrongMethod = ofFailure({ status: 405, message: "Method Not Allowed" })
      if (path === "/v1/chat/completions") return method === "POST" ? chat : wrongMethod
      if (path === "/v1/models") {
        const list = { object: "list", data: Array.from(Models.models.values(), modelObject) }
        return method === "GET" ? { _tag: "Read", value: list } : wrongMethod
      }
      return ofFailure({ status: 404 })
    }
  })
  return { ...door, reset: desk.reset, keepsFiles: (path) => path === "/v1/files", jobs: desk }
}
