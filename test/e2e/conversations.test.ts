import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { anthropic, bedrock, cohere, compared, covers, gemini, mistral, openai } from "../providers/bill.ts"

describe("the bill", () => {
  for (const payee of [openai, anthropic, mistral, bedrock, cohere, gemini]) {
    for (const seed of [11, 12, 13, 14]) {
      it.live(
        `${payee.key}: 250 random conversations of seed ${seed} cost what the sandbox charges, to the pico-dollar`,
        () =>
          Effect.gen(function*() {
            const covered = yield* compared(payee, 250, seed)
            covers(covered, payee, 3)
            assert.isAbove(covered.requests, 400)
          })
      )
    }
  }
})
