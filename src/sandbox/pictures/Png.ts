/**
 * PNG of a palette: one byte a pixel, deflated.
 */
import { crc32, deflateSync } from "node:zlib"
import { channels, type Raster } from "./Raster.ts"

const signature = Buffer.from("89504e470d0a1a0a", "hex")

const chunk = (type: string, data: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data])
  const framed = Buffer.alloc(named.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(named, 4)
  framed.writeUInt32BE(crc32(named), named.length + 4)
  return framed
}

export const encode = ({ height, palette, pixels, width }: Raster): Buffer => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Eight bits, of a palette.
  header.set([8, 3, 0, 0, 0], 8)
  const lines = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++) lines.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  const colours = palette.map(channels)
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("PLTE", Uint8Array.from(colours.flatMap(([red, green, blue]) => [red, green, blue]))),
    chunk("tRNS", Uint8Array.from(colours, ([, , , alpha]) => alpha)),
    chunk("IDAT", deflateSync(lines, { level: 4 })),
    chunk("IEND", new Uint8Array())
  ])
}
