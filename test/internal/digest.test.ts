import { assert, describe, it } from "@effect/vitest"
import { sha256 } from "../../src/internal/digest.ts"

describe("sha256", () => {
  it("is the one of FIPS 180-4, of texts by their UTF-8", () => {
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert.strictEqual(sha256("abc"), abc)
    assert.strictEqual(sha256(new Uint8Array([97, 98, 99])), abc)
    assert.strictEqual(sha256("é"), sha256(new Uint8Array([0xc3, 0xa9])))
  })
})
