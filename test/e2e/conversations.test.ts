import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { anthropic, compared, openai } from "../providers/bill.ts"

describe("the bill", () => {
  for (const payee of [openai, anthropic]) {
    for (const seed of [11, 12, 13, 14]) {
      it.live(
        `${payee.key}: 250 random conversations of seed ${seed} cost what the sandbox charges, to the pico-dollar`,
        () =>
          Effect.gen(function*() {
            const covered = yield* compared(payee, 250, seed)
            for (const [name, count] of Object.entries(covered)) assert.isAbove(count, 3, name)
            assert.isAbove(covered.requests, 400)
          })
      )
    }
  }
})
