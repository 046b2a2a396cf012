/**
 * What kind of picture some bytes are, and how large: told from their first ones, whatever name or type they came under.
 */

export interface Seen {
  readonly mediaType: string
  /** Pixels; a drawing (SVG) may have none of its own, and a header may be cut or beyond what is read here. */
  readonly width: number | undefined
  readonly height: number | undefined
}

/** `undefined` for what is no picture that is known here. Never throws, and reads no byte that isn't there. */
export const see = (bytes: Uint8Array): Seen | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (begins(bytes, 0, "\x89PNG\r\n\x1a\n")) return seen("image/png", pngSize(view, bytes))
  if (begins(bytes, 0, "\xff\xd8\xff")) return seen("image/jpeg", jpegSize(view))
  if (begins(bytes, 0, "RIFF") && begins(bytes, 8, "WEBP")) return seen("image/webp", webpSize(view, bytes))
  if (begins(bytes, 0, "GIF87a") || begins(bytes, 0, "GIF89a")) {
    return seen("image/gif", bytes.length < 10 ? undefined : [view.getUint16(6, true), view.getUint16(8, true)])
  }
  if (begins(bytes, 4, "ftypavif") || begins(bytes, 4, "ftypavis")) return seen("image/avif", avifSize(view, bytes))
  return svg(bytes)
}

type Size = readonly [width: number, height: number]

const seen = (mediaType: string, size: Size | undefined): Seen => ({
  mediaType,
  width: size !== undefined && size[0] > 0 && size[1] > 0 ? size[0] : undefined,
  height: size !== undefined && size[0] > 0 && size[1] > 0 ? size[1] : undefined
})

const begins = (bytes: Uint8Array, at: number, text: string): boolean => {
  if (bytes.length < at + text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false
  return true
}

const pngSize = (view: DataView, bytes: Uint8Array): Size | undefined =>
  bytes.length >= 24 && begins(bytes, 12, "IHDR") ? [view.getUint32(16), view.getUint32(20)] : undefined

/** One segment after the other until the one that begins a frame. */
const jpegSize = (view: DataView): Size | undefined => {
  let at = 2
  while (at + 9 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at += 1
      continue
    }
    if (isFrame(marker)) return [view.getUint16(at + 7), view.getUint16(at + 5)]
    at += hasLength(marker) ? 2 + view.getUint16(at + 2) : 2
  }
  return undefined
}

/** SOF0 to SOF15 without DHT, JPG and DAC, which lie among them. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

const hasLength = (marker: number): boolean => marker !== 0x01 && (marker < 0xd0 || marker > 0xd9)

const webpSize = (view: DataView, bytes: Uint8Array): Size | undefined => {
  if (bytes.length < 30) return begins(bytes, 12, "VP8L") ? losslessSize(view, bytes) : undefined
  if (begins(bytes, 12, "VP8X")) return [uint24(view, 24) + 1, uint24(view, 27) + 1]
  if (begins(bytes, 12, "VP8L")) return losslessSize(view, bytes)
  return begins(bytes, 12, "VP8 ") && begins(bytes, 23, "\x9d\x01\x2a")
    ? [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff]
    : undefined
}

const losslessSize = (view: DataView, bytes: Uint8Array): Size | undefined => {
  if (bytes.length < 25 || bytes[20] !== 0x2f) return undefined
  const bits = view.getUint32(21, true)
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1]
}

const uint24 = (view: DataView, at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)

/** The box that says how large the picture is lies in others, which needn't be read for it: it is looked for. */
const avifSize = (view: DataView, bytes: Uint8Array): Size | undefined => {
  const last = Math.min(bytes.length - 16, farthest)
  for (let at = 8; at <= last; at++) {
    if (bytes[at] === 0x69 && begins(bytes, at, "ispe")) return [view.getUint32(at + 8), view.getUint32(at + 12)]
  }
  return undefined
}

const farthest = 65_536

const svg = (bytes: Uint8Array): Seen | undefined => {
  const head = new TextDecoder().decode(bytes.subarray(0, 4096))
  const tag = /^\uFEFF?\s*(?:<\?xml[^>]*>\s*|<!--[^]*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg(\s[^>]*)?>/.exec(head)
  if (tag === null) return undefined
  const [, attributes = ""] = tag
  return seen("image/svg+xml", ownSize(attributes) ?? boxSize(attributes))
}

const ownSize = (attributes: string): Size | undefined => {
  const width = /\swidth\s*=\s*["'](\d+)(?:\.\d+)?(?:px)?["']/.exec(attributes)?.[1]
  const height = /\sheight\s*=\s*["'](\d+)(?:\.\d+)?(?:px)?["']/.exec(attributes)?.[1]
  return width === undefined || height === undefined ? undefined : [Number(width), Number(height)]
}

const boxSize = (attributes: string): Size | undefined => {
  const box = /\sviewBox\s*=\s*["'][^"']*?[\s,](\d+)(?:\.\d+)?[\s,]+(\d+)(?:\.\d+)?\s*["']/.exec(attributes)
  return box === null ? undefined : [Number(box[1]), Number(box[2])]
}
