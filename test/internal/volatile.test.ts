import { assert, describe, it } from "@effect/vitest"
import { volatileIn } from "../../src/internal/volatile.ts"

describe("volatileIn", () => {
  const cases: ReadonlyArray<readonly [string, string, ReturnType<typeof volatileIn>]> = [
    ["It is 2026-11-23T10:00:00Z. Help.", "It is 2026-11-23T10:05:31Z. Help.", "time"],
    ["Today is November 23, 2026.", "Today is November 24, 2026.", "time"],
    ["Today is Monday.", "Today is Tuesday.", "time"],
    ["The time is 10:05. Help.", "The time is 11:20. Help.", "time"],
    ["now=1795430400 help", "now=1795430401 help", "time"],
    ["now 1795430400 help", "now 1795430461 help", "time"],
    ["Today is 23 Nov.", "Today is 24 Nov.", "time"],
    ["Session 6fa459ea-ee8a-3ca4 begins", "Session 16fd2706-8baf-433b begins", "id"],
    ["req_8f14e45f says", "req_c9f0f895 says", "id"],
    ["Answer in French.", "Answer in Greek.", undefined],
    ["You have 3 apples.", "You have 4 apples.", undefined],
    ["Be brief.", "Be brief. Be kind.", undefined],
    ["", "Be kind.", undefined]
  ]
  for (const [before, after, found] of cases) {
    it(`${JSON.stringify(before)} and ${JSON.stringify(after)}: ${found ?? "nothing"}`, () => {
      assert.strictEqual(volatileIn(before, after), found)
    })
  }
})
