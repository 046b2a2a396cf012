import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { IncomingMessage, ServerResponse } from "node:http"
import { Socket } from "node:net"
import * as Delivery from "../../src/sandbox/Delivery.ts"

describe("a delivery", () => {
  it.effect.each([{ cut: { afterEvents: 1 } }, { stall: { afterEvents: 1, forMillis: 0 } }])(
    "whose client leaves while a write is under way is concluded: %j",
    (fault) =>
      Effect.gen(function*() {
        const client = new AbortController()
        const response = new ServerResponse(new IncomingMessage(new Socket()))
        // No socket was assigned: what is written is kept, as it is for one that is just closing.
        const ended: Array<string> = []
        const delivered = Delivery.deliver({
          response,
          payload: Delivery.eventPayload([{ data: "1", tokens: 1 }, { data: "2", tokens: 1 }], undefined),
          fault,
          pace: {},
          wait: () => Promise.resolve(),
          closed: client.signal,
          report: () => void setImmediate(() => client.abort()),
          conclude: ({ end }) => void ended.push(end)
        })
        yield* Effect.promise(() => delivered)
        assert.deepStrictEqual(ended, ["closed"])
      })
  )
})
