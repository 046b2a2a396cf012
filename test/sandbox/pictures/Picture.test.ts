import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { inflateSync } from "node:zlib"
import * as Picture from "../../../src/sandbox/pictures/Picture.ts"
import { channels, plain, type Raster } from "../../../src/sandbox/pictures/Raster.ts"
import * as Weave from "../../../src/sandbox/pictures/Weave.ts"

const formats = ["png", "jpeg", "webp"] as const

const cloth = (seed: string, rest: Partial<Weave.Cloth> = {}) => Weave.draw({ seed, width: 256, height: 160, ...rest })

/** The pixels of a PNG as the sandbox writes them, and the colours they stand for. */
const decodePng = (png: Buffer) => {
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length;) {
    const size = png.readUInt32BE(at)
    chunks.set(png.toString("latin1", at + 4, at + 8), png.subarray(at + 8, at + 8 + size))
    at += size + 12
  }
  const { height = 0, width = 0 } = Picture.measure(png) ?? {}
  const lines = inflateSync(chunks.get("IDAT")!)
  const pixels = Array.from(
    { length: height },
    (_, y) => [...lines.subarray(y * (width + 1) + 1, (y + 1) * (width + 1))]
  )
  const [colours, opacity] = [chunks.get("PLTE")!, chunks.get("tRNS")!]
  return {
    pixels: pixels.flat(),
    palette: Array.from(opacity, (alpha, index) => [...colours.subarray(index * 3, index * 3 + 3), alpha])
  }
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16)

describe("pictures", () => {
  it("are of the size that was asked for, by their first bytes", () => {
    for (const [width, height] of [[1, 1], [15, 17], [513, 260], [1024, 1024], [1920, 1080]] as const) {
      const raster = Weave.draw({ seed: "a red cube", width, height })
      for (const format of formats) {
        assert.deepStrictEqual(Picture.measure(Picture.encode(raster, format)), { format, width, height })
      }
    }
  })

  it("look like their prompt: the same for the same, others for others", () => {
    const digest = (raster: Raster) => sha256(raster.pixels) + raster.palette.join()
    const seeds = ["a red cube", "a blue cube", "A red cube", "a red cube "]
    assert.strictEqual(digest(cloth("a red cube")), digest(cloth("a red cube")))
    assert.strictEqual(new Set(seeds.map((seed) => digest(cloth(seed)))).size, seeds.length)
  })

  it("as PNG hold every pixel", () => {
    const raster = cloth("a red cube", { transparent: true })
    const decoded = decodePng(Picture.encode(raster, "png"))
    assert.deepStrictEqual(decoded.pixels, [...raster.pixels])
    assert.deepStrictEqual(decoded.palette, Array.from(raster.palette, (colour) => [...channels(colour)]))
    assert.strictEqual(decoded.palette[decoded.pixels[0]!]![3], 0)
  })

  it("as JPEG and WebP are the bytes that a browser was seen to show rightly", () => {
    const raster = cloth("a red cube")
    assert.strictEqual(sha256(Picture.encode(raster, "jpeg")), "b450d4d996d93920")
    assert.strictEqual(sha256(Picture.encode(raster, "webp")), "81a0cb95bec80455")
  })

  it("are bare warp where nothing is woven yet", () => {
    const raster = cloth("a red cube", { woven: 0.5 })
    const row = (y: number) => [...raster.pixels.subarray(y * 256, (y + 1) * 256)]
    assert.deepStrictEqual(row(159), row(120))
    assert.deepStrictEqual(row(0), [...cloth("a red cube").pixels.subarray(0, 256)])
  })

  it("stay small", () => {
    const raster = Weave.draw({ seed: "a wide landscape", width: 1024, height: 1024 })
    for (const format of formats) assert.isBelow(Picture.encode(raster, format).length, 300_000)
    assert.isBelow(Picture.encode(plain(1024, 1024, 255), "jpeg").length, 20_000)
  })

  it("are measured only where they are pictures", () => {
    const png = Picture.encode(plain(3, 2, 255), "png")
    assert.isUndefined(Picture.measure(Buffer.from("<html>")))
    assert.isUndefined(Picture.measure(png.subarray(0, 20)))
    assert.isUndefined(Picture.measure(Buffer.from([255, 0xd8, 255, 0xe0, 0])))
    assert.deepStrictEqual(Picture.measure(Buffer.from("GIF89a\x02\0\x03\0")), { format: "gif", width: 2, height: 3 })
  })
})
