/**
 * What a program costs, to the vendor's last digit: the lines of a bill, what a tenant spent, another currency, and a
 * budget that refuses before it is overspent.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/cost.ts`.
 */
import { Console, Effect } from "effect"
import { type CallRecord, Ledger, Loom } from "loom-router"
import { strict as assert } from "node:assert"
import { billed, onSandbox, usd } from "./onSandbox.ts"

const ask = (prompt: string) => Loom.generate({ model: "openai/gpt-4o-mini", prompt, maxOutputTokens: 200 })
const records: Array<CallRecord.CallRecord> = []

await onSandbox(
  Effect.gen(function*() {
    const { cost } = yield* ask("What is a loom?")
    for (const { multipliers, picoUsd, quantity, rate, unit } of cost.lines) {
      assert.deepEqual(multipliers, {})
      yield* Console.log(`${unit}: ${quantity} × ${usd(rate / 1e12)} = ${usd(picoUsd / 1e12)}`)
    }
    assert.equal(cost.lines.reduce((sum, { picoUsd }) => sum + picoUsd, 0), cost.picoUsd)
    yield* Console.log(`${usd(cost.usd)}, or ${cost.local.amount?.toFixed(9)} ${cost.local.currency}`)
    assert.equal(usd(cost.usd), usd(yield* billed))

    const [, spend] = yield* Effect.all([ask("What is warp?"), ask("What is weft?")], { concurrency: 2 }).pipe(
      Ledger.tag({ tenant: "acme" }),
      Ledger.measure
    )
    assert.equal(records.filter(({ tags }) => tags["tenant"] === "acme").length, 2)
    yield* Console.log(`\nacme: ${spend.calls} calls, ${spend.totalTokens} tokens, ${usd(spend.usd)}`)

    const refused = yield* Effect.forever(ask("Weave.")).pipe(Ledger.budget({ usd: 0.0005 }), Effect.flip)
    assert.equal(refused.reason._tag, "BudgetExceeded")
    yield* Console.log(`\n${refused.message}`)
  }),
  { coalesce: false, currency: { code: "EUR", perUsd: 0.86 }, onCall: (record) => void records.push(record) }
)
