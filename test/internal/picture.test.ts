import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { see } from "../../src/internal/picture.ts"

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0))
const big = (bytes: number) => (value: number) =>
  Array.from({ length: bytes }, (_, i) => (value >>> (8 * (bytes - 1 - i))) & 255)
const little = (bytes: number) => (value: number) => Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 255)
const [b2, b4, l2, l3, l4] = [big(2), big(4), little(2), little(3), little(4)]

const jpegSegment = (marker: number, bytes: ReadonlyArray<number>) => [0xff, marker, ...b2(bytes.length + 2), ...bytes]

/** Beginnings of files of a size, as their formats have them. */
const formats: Readonly<Record<string, (width: number, height: number) => ReadonlyArray<number>>> = {
  "image/png": (
    w,
    h
  ) => [0x89, ...ascii("PNG\r\n\x1a\n"), ...b4(13), ...ascii("IHDR"), ...b4(w), ...b4(h), 8, 6, 0, 0, 0],
  "image/jpeg": (w, h) => [
    0xff,
    0xd8,
    ...jpegSegment(0xe0, [...ascii("JFIF\0"), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    ...jpegSegment(0xc4, [0xff, 0xc0, 0, 9, 8, 7, 7, 7, 7]),
    0xff,
    ...jpegSegment(0xc2, [8, ...b2(h), ...b2(w), 3, 1, 0x11, 0])
  ],
  "image/webp, VP8": (w, h) => [
    ...ascii("RIFF"),
    ...l4(100),
    ...ascii("WEBPVP8 "),
    ...l4(90),
    0x10,
    0,
    0,
    0x9d,
    0x01,
    0x2a,
    ...l2(w),
    ...l2(h)
  ],
  "image/webp, VP8L": (w, h) => [
    ...ascii("RIFF"),
    ...l4(100),
    ...ascii("WEBPVP8L"),
    ...l4(90),
    0x2f,
    ...l4(((w - 1) | ((h - 1) << 14)) >>> 0),
    0,
    0
  ],
  "image/webp, VP8X": (w, h) => [
    ...ascii("RIFF"),
    ...l4(100),
    ...ascii("WEBPVP8X"),
    ...l4(10),
    0x10,
    0,
    0,
    0,
    ...l3(w - 1),
    ...l3(h - 1)
  ],
  "image/gif": (w, h) => [...ascii("GIF89a"), ...l2(w), ...l2(h), 0, 0, 0],
  "image/avif": (w, h) => [
    ...b4(24),
    ...ascii("ftypavifmif1miaf"),
    ...b4(80),
    ...ascii("meta"),
    ...b4(0),
    ...b4(60),
    ...ascii("iprp"),
    ...b4(40),
    ...ascii("ipco"),
    ...b4(20),
    ...ascii("ispe"),
    ...b4(0),
    ...b4(w),
    ...b4(h)
  ],
  "image/svg+xml": (w, h) =>
    ascii(
      `<?xml version="1.0"?>\n<!-- cloth -->\n<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height='${h}px'>`
    ),
  "image/svg+xml, of a box": (w, h) => ascii(`\n<svg viewBox="0 0 ${w} ${h}"></svg>`)
}

const Side = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 16_383 }))
const Cut = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 120 }))
const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))

describe("see", () => {
  it.prop("tells type and size of every format", [Side, Side], ([width, height]) => {
    for (const [name, write] of Object.entries(formats)) {
      const [mediaType] = name.split(",")
      assert.deepStrictEqual(
        see(new Uint8Array(write(width, height))),
        { mediaType: mediaType ?? "", width, height },
        name
      )
    }
  })

  it.prop("tells no size of what is cut, and never another type", [Side, Side, Cut], ([width, height, cut]) => {
    for (const [name, write] of Object.entries(formats)) {
      const whole = write(width, height)
      // A view into something larger: what lies behind it belongs to nobody.
      const around = new Uint8Array([...whole, ...whole])
      const seen = see(around.subarray(0, Math.min(cut, whole.length)))
      if (seen === undefined) continue
      assert.strictEqual(seen.mediaType, name.split(",")[0], name)
      if (seen.width !== undefined) assert.deepStrictEqual([seen.width, seen.height], [width, height], name)
    }
  })

  it.prop(
    "reads whatever comes behind a beginning",
    [Schema.Array(Byte), Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))],
    ([bytes, kept]) => {
      assert.strictEqual(
        see(new Uint8Array(bytes.map((byte) => byte === 0x3c ? 0 : byte)))?.mediaType === "image/svg+xml",
        false
      )
      for (const [name, write] of Object.entries(formats)) {
        const { height, mediaType, width } = see(new Uint8Array([...write(5, 7).slice(0, kept), ...bytes])) ?? {}
        assert.include([undefined, name.split(",")[0]], mediaType)
        assert.strictEqual(width === undefined, height === undefined)
        for (const side of [width, height]) if (side !== undefined) assert.isAbove(side, 0)
      }
    }
  )

  it("knows what is no picture", () => {
    for (const text of ["", "<!doctype html><html><body><svg></svg>", "%PDF-1.7", "{\"error\":\"no\"}", "BM"]) {
      assert.strictEqual(see(new Uint8Array(ascii(text))), undefined)
    }
  })

  it("knows a picture that has no size of its own, or none", () => {
    assert.deepStrictEqual(see(new Uint8Array(ascii("<svg width=\"100%\" height=\"100%\">"))), {
      mediaType: "image/svg+xml",
      width: undefined,
      height: undefined
    })
    assert.deepStrictEqual(see(new Uint8Array(formats["image/gif"]!(0, 7))), {
      mediaType: "image/gif",
      width: undefined,
      height: undefined
    })
  })
})
