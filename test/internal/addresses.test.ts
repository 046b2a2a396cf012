import { assert, describe, it } from "@effect/vitest"
import { isLocalName, isPublic, literalOf } from "../../src/internal/addresses.ts"

describe("addresses", () => {
  it.each(["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "198.20.0.1", "223.255.255.255"])(
    "calls %s public",
    (address) => assert.isTrue(isPublic(address))
  )

  it.each(["2606:4700:4700::1111", "2a00:1450:4001:800::200e", "2001:4860:4860::8888"])(
    "calls %s public",
    (address) => assert.isTrue(isPublic(address))
  )

  it.each([
    "0.0.0.0",
    "0.1.2.3",
    "10.255.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:169.254.169.254",
    "0:0:0:0:0:ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "example.com",
    "1.2.3",
    "1.2.3.256"
  ])("calls %s not public", (address) => assert.isFalse(isPublic(address)))

  it("sees the address in a host, however it was spelled", () => {
    const literal = (url: string) => literalOf(new URL(url).hostname)
    assert.strictEqual(literal("http://0x7f.1/"), "127.0.0.1")
    assert.strictEqual(literal("http://2130706433/"), "127.0.0.1")
    assert.strictEqual(literal("http://0177.0.0.1/"), "127.0.0.1")
    assert.strictEqual(literal("http://[::FFFF:169.254.169.254]/"), "::ffff:a9fe:a9fe")
    assert.isUndefined(literal("http://example.com/"))
  })

  it("knows this machine's names", () => {
    for (const name of ["localhost", "LOCALHOST", "localhost.", "a.localhost", "a.localhost."]) {
      assert.isTrue(isLocalName(name))
    }
    for (const name of ["localhost.com", "notlocalhost", "example.com"]) assert.isFalse(isLocalName(name))
  })
})
