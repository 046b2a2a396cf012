import { assert, describe, it } from "@effect/vitest"
import * as Model from "../src/Model.ts"

describe("unlisted", () => {
  it("knows nothing, and claims nothing", () => {
    const model = Model.unlisted("newco", "large")
    assert.deepStrictEqual([model.provider, model.id, model.upstream, model.status], [
      "newco",
      "large",
      "large",
      "active"
    ])
    assert.deepStrictEqual([model.prices, model.capabilities, model.context], [[], {}, undefined])
  })
})

describe("statusAt", () => {
  const model = Model.make({ provider: "p", id: "m", status: "deprecated", retires: "2027-01-14" })

  it("is retired from the day on", () => {
    assert.strictEqual(Model.statusAt(model, Date.parse("2027-01-13T23:59:59.999Z")), "deprecated")
    assert.strictEqual(Model.statusAt(model, Date.parse("2027-01-14")), "retired")
    assert.strictEqual(Model.statusAt({ ...model, retires: undefined }, Date.parse("2030-01-01")), "deprecated")
  })
})

describe("isName", () => {
  it("takes vendors' ids and refuses what can't be one", () => {
    for (const name of ["gpt-4o-mini", "amazon.nova-micro-v1:0", "openai/gpt-oss-20b", "MiniMax-M3.1"]) {
      assert.isTrue(Model.isName(name), name)
    }
    for (const name of ["", "a b", "a\n", "__proto__", "constructor", "toString", "é", "x".repeat(201)]) {
      assert.isFalse(Model.isName(name), name)
    }
  })
})
