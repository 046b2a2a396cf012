import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as Api from "../api.ts"

describe("the public API", () => {
  it("is what the report says; `npm run api` writes it anew", () => {
    const reported = readFileSync(Api.path, "utf8").split("\n")
    const made = Api.make().split("\n")
    const [known, found] = [new Set(reported), new Set(made)]
    assert.deepStrictEqual({
      gone: reported.filter((line) => !found.has(line)),
      added: made.filter((line) => !known.has(line))
    }, { gone: [], added: [] })
    assert.strictEqual(made.join("\n"), reported.join("\n"))
  })

  it("has every entry point in it, and nothing that is closed", () => {
    const titles = [...readFileSync(Api.path, "utf8").matchAll(/^## (.+)$/gm)].map(([, title]) => title)
    for (
      const title of [
        "loom-router: Loom",
        "loom-router: LoomConfig",
        "loom-router/dashboard",
        "loom-router/sandbox",
        "loom-router/providers/OpenAi",
        "loom-router/secrets/Vault",
        "loom-router/telemetry/Otlp"
      ]
    ) assert.include(titles, title)
    assert.notInclude(titles, "loom-router/sandbox/secrets/Door")
    assert.strictEqual(new Set(titles).size, titles.length)
  })
})
