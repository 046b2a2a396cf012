import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { nameOf, seriesOf, seriesOfAll } from "../../../src/dashboard/web/vendors.ts"
import { files } from "../../../src/internal/catalog.ts"

const tokens = readFileSync(new URL("../../../src/dashboard/web/styles/tokens.css", import.meta.url), "utf8")

describe("vendors", () => {
  it("are called as the catalog calls them, or shorter", () => {
    for (const { provider: { key, label = "" } } of files()) {
      const name = nameOf(key)
      if (name !== key) assert.isTrue(label.startsWith(name), `${name} is ${label}`)
    }
    assert.strictEqual(nameOf("openai"), "OpenAI")
  })

  it("are called by their id where nobody knows them, whatever it is", () => {
    for (const id of ["newco", "__proto__", "constructor"]) assert.strictEqual(nameOf(id), id)
    assert.strictEqual(nameOf(""), "—")
  })

  it("have a colour of their own, always the same, that the stylesheet knows", () => {
    const ids = [
      "openai",
      "zai",
      "newco",
      "constructor",
      "ünï 漢字",
      "",
      ...Array.from({ length: 50 }, (_, n) => `p${n}`)
    ]
    for (const id of ids) assert.include(tokens, `[data-series="${seriesOf(id)}"]`)
    assert.strictEqual(seriesOf("openai"), "openai")
    assert.isAbove(new Set(ids.map(seriesOf)).size, 4)
  })

  it("that are shown together have no colour twice while there are enough, whatever their order", () => {
    const sets = [
      ["openai", "anthropic", "mistral"],
      ["openai/gpt-4o", "openai/gpt-4.1", "openai/o3", "mistral/small", "xai"],
      Array.from({ length: 8 }, (_, n) => `tenant:${n}`),
      ["__proto__", "constructor", "", "zai"]
    ]
    for (const keys of sets) {
      const found = seriesOfAll(keys)
      assert.strictEqual(new Set(found.values()).size, keys.length)
      const reversed = seriesOfAll(keys.toReversed())
      for (const key of keys) {
        assert.strictEqual(reversed.get(key), found.get(key))
        assert.include(tokens, `[data-series="${found.get(key)}"]`)
        if (tokens.includes(`[data-series="${key}"]`)) assert.strictEqual(found.get(key), key)
      }
    }
    const many = seriesOfAll(Array.from({ length: 12 }, (_, n) => `m${n}`))
    assert.strictEqual([...many.values()].filter((name) => name === "other").length, 4)
  })
})
