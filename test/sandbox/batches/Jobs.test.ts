import { assert, describe, it } from "@effect/vitest"
import { toFile } from "openai"
import { call, driven } from "../driven.ts"

const rows = 50_000

const line = (n: number) =>
  `{"custom_id":"row-${n}","method":"POST","url":"/v1/responses","body":{"model":"gpt-4.1","input":"[say: ${n}]"}}\n`

describe("large batches", () => {
  it.effect("have every row once among their results, and once on the bill", () =>
    driven(function*({ openai, sandbox }) {
      const content = Buffer.from(Array.from({ length: rows }, (_, n) => line(n)).join(""))
      const { id: input_file_id } = yield* call(async () =>
        openai.files.create({ file: await toFile(content, "rows.jsonl"), purpose: "batch" })
      )
      const { id } = yield* call(() =>
        openai.batches.create({ input_file_id, endpoint: "/v1/responses", completion_window: "24h" })
      )
      yield* sandbox.advance("10 seconds")
      const [done] = yield* call(() => Promise.all([openai.batches.retrieve(id), openai.batches.retrieve(id)]))
      assert.deepStrictEqual(done.request_counts, { total: rows, completed: rows, failed: 0 })
      const seen = new Set<string>()
      const count = yield* call(async () => {
        const response = await openai.files.content(done.output_file_id!)
        let count = 0
        let rest = ""
        for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
          const lines = (rest + chunk).split("\n")
          rest = lines.pop() ?? ""
          for (const line of lines) {
            seen.add(JSON.parse(line).custom_id)
            count++
          }
        }
        return count
      })
      assert.deepStrictEqual([count, seen.size], [rows, rows])
      assert.strictEqual((yield* sandbox.bill).length, rows)
    }, { startsAt: 0, history: rows }))
})
