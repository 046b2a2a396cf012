/**
 * Pictures as vendors make and take them: drawn, encoded, and measured by their bytes.
 */
import * as Jpeg from "./Jpeg.ts"
import * as Png from "./Png.ts"
import type { Raster } from "./Raster.ts"
import * as Webp from "./Webp.ts"

export type Format = "png" | "jpeg" | "webp"

export const mediaTypes: Readonly<Record<Format, string>> = {
  png: "image/png",
  jpeg: "image/jpeg",
  webp: "image/webp"
}

const encoders: Readonly<Record<Format, (raster: Raster) => Buffer>> = {
  png: Png.encode,
  jpeg: Jpeg.encode,
  webp: Webp.encode
}

export const encode = (raster: Raster, format: Format): Buffer => encoders[format](raster)

export interface Measured {
  readonly format: Format | "gif"
  readonly width: number
  readonly height: number
}

/** What the bytes of a picture say of it; undefined where they are none. */
export const measure = (bytes: Buffer): Measured | undefined => {
  const start = bytes.subarray(0, 16).toString("latin1")
  if (start.startsWith("\u0089PNG\r\n\u001a\n") && bytes.length >= 33) {
    return { format: "png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
  }
  if (start.startsWith("GIF8") && bytes.length >= 10) {
    return { format: "gif", width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
  }
  if (start.startsWith("RIFF") && start.slice(8, 12) === "WEBP" && bytes.length >= 30) return measureWebp(bytes)
  return start.startsWith("\u00ff\u00d8\u00ff") ? measureJpeg(bytes) : undefined
}

const measureWebp = (bytes: Buffer): Measured | undefined => {
  switch (bytes.subarray(12, 16).toString("latin1")) {
    case "VP8 ":
      return { format: "webp", width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
    case "VP8L": {
      const sizes = bytes.readUInt32LE(21)
      return { format: "webp", width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1 }
    }
    case "VP8X":
      return { format: "webp", width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 }
    default:
      return undefined
  }
}

const measureJpeg = (bytes: Buffer): Measured | undefined => {
  for (let at = 2; at + 9 <= bytes.length;) {
    const marker = bytes[at + 1] ?? 0
    if (bytes[at] !== 255) return undefined
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { format: "jpeg", width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) }
    }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}
