/**
 * Lossless WebP (VP8L) of a palette: two pixels a byte, repetitions by their distance, prefix codes for both.
 */
import { channels, type Raster } from "./Raster.ts"

interface Bits {
  /** The lowest bit first. */
  readonly put: (value: number, length: number) => void
  readonly end: () => Buffer
}

const bitWriter = (): Bits => {
  let bytes = Buffer.allocUnsafe(65_536)
  let size = 0
  let pending = 0
  let count = 0
  const flush = () => {
    if (size === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(bytes.length)])
    bytes[size++] = pending & 255
    pending >>>= 8
  }
  return {
    put: (value, length) => {
      pending |= value << count
      count += length
      for (; count >= 8; count -= 8) flush()
    },
    end: () => {
      if (count > 0) flush()
      return bytes.subarray(0, size)
    }
  }
}

/** A literal, or so many bytes again from so far back. */
interface Token {
  readonly literal: number
  readonly length: number
  readonly distance: number
}

const longest = 4096
const shortest = 4
/** Distances to 120 mean neighbours in two dimensions. */
const neighbours = 120
const farthest = (1 << 20) - neighbours - 1

const tokensOf = (data: Uint8Array): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  const latest = new Int32Array(1 << 15).fill(-1)
  const hashAt = (at: number) =>
    Math.imul(
      (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16) | ((data[at + 3] ?? 0) << 24),
      0x9e3779b1
    ) >>> 17
  for (let at = 0; at < data.length;) {
    const hash = hashAt(at)
    const from = latest[hash] ?? -1
    latest[hash] = at
    let length = 0
    if (from >= 0 && at - from <= farthest) {
      const most = Math.min(longest, data.length - at)
      while (length < most && data[from + length] === data[at + length]) length++
    }
    if (length < shortest) {
      tokens.push({ literal: data[at] ?? 0, length: 0, distance: 0 })
      at++
    } else {
      tokens.push({ literal: 0, length, distance: at - from })
      at += length
    }
  }
  return tokens
}

/** A length or a distance as the symbol of its size and the bits that are left of it. */
const prefixed = (value: number): readonly [symbol: number, extra: number, bits: number] => {
  if (value <= 4) return [value - 1, 0, 0]
  const rest = value - 1
  const high = 31 - Math.clz32(rest)
  return [2 * high + ((rest >> (high - 1)) & 1), rest & ((1 << (high - 1)) - 1), high - 1]
}

/** Lengths of Huffman codes, at most 15 bits each. */
const lengthsOf = (counts: ReadonlyArray<number>): Uint8Array => {
  const lengths = new Uint8Array(counts.length)
  interface Node {
    readonly weight: number
    readonly symbols: ReadonlyArray<number>
  }
  let nodes: Array<Node> = counts.flatMap((weight, symbol) => weight > 0 ? [{ weight, symbols: [symbol] }] : [])
  while (nodes.length > 1) {
    nodes = nodes.toSorted((a, b) => b.weight - a.weight)
    const [a, b] = [nodes.pop(), nodes.pop()]
    if (a === undefined || b === undefined) break
    const symbols = [...a.symbols, ...b.symbols]
    for (const symbol of symbols) lengths[symbol] = (lengths[symbol] ?? 0) + 1
    nodes.push({ weight: a.weight + b.weight, symbols })
  }
  return Math.max(...lengths) <= 15 ? lengths : lengthsOf(counts.map((count) => Math.ceil(count / 2)))
}

const reversed = (code: number, length: number): number => {
  let turned = 0
  for (let bit = 0; bit < length; bit++) turned = (turned << 1) | ((code >> bit) & 1)
  return turned
}

const codesOf = (lengths: Uint8Array): Uint16Array => {
  const codes = new Uint16Array(lengths.length)
  let next = 0
  for (let length = 1; length <= 15; length++) {
    lengths.forEach((its, symbol) => {
      if (its === length) codes[symbol] = reversed(next++, length)
    })
    next <<= 1
  }
  return codes
}

type Put = (symbol: number) => void

/** Writes the code for symbols that come so often, and gives what writes one of them. */
const putCode = (bits: Bits, counts: ReadonlyArray<number>): Put => {
  const used = counts.flatMap((count, symbol) => count > 0 ? [symbol] : [])
  if (used.length <= 1) {
    // Simple, of one symbol with eight bits: it then takes none.
    bits.put(0b101, 3)
    bits.put(used[0] ?? 0, 8)
    return () => undefined
  }
  bits.put(0, 1)
  // All 19 lengths of codes for lengths, in their own order: four bits for 0 to 15, none for repetitions.
  bits.put(15, 4)
  for (const symbol of [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]) {
    bits.put(symbol < 16 ? 4 : 0, 3)
  }
  bits.put(0, 1)
  const lengths = lengthsOf(counts)
  for (const length of lengths) bits.put(reversed(length, 4), 4)
  const codes = codesOf(lengths)
  return (symbol) => bits.put(codes[symbol] ?? 0, lengths[symbol] ?? 0)
}

const counted = (size: number, symbols: Iterable<number>): ReadonlyArray<number> => {
  const counts = Array.from({ length: size }, () => 0)
  for (const symbol of symbols) counts[symbol] = (counts[symbol] ?? 0) + 1
  return counts
}

const putPalette = (bits: Bits, palette: ReadonlyArray<number>): void => {
  const colours = palette.map(channels)
  // Each channel as the difference to the colour before.
  const differences = colours.map((colour, index) =>
    colour.map((value, channel) => (value - (colours[index - 1]?.[channel] ?? 0)) & 255)
  )
  const channelOf = (channel: number) => differences.map((difference) => difference[channel] ?? 0)
  const [red, green, blue, alpha] = [channelOf(0), channelOf(1), channelOf(2), channelOf(3)]
  // No cache of colours.
  bits.put(0, 1)
  const putGreen = putCode(bits, counted(280, green))
  const putRed = putCode(bits, counted(256, red))
  const putBlue = putCode(bits, counted(256, blue))
  const putAlpha = putCode(bits, counted(256, alpha))
  putCode(bits, counted(40, []))
  palette.forEach((_, index) => {
    putGreen(green[index] ?? 0)
    putRed(red[index] ?? 0)
    putBlue(blue[index] ?? 0)
    putAlpha(alpha[index] ?? 0)
  })
}

const putPixels = (bits: Bits, data: Uint8Array): void => {
  const tokens = tokensOf(data)
  const greens = tokens.map(({ length, literal }) => length === 0 ? literal : 256 + prefixed(length)[0])
  const distances = tokens.flatMap(({ distance, length }) => length === 0 ? [] : [prefixed(distance + neighbours)[0]])
  // No cache of colours, and one set of codes for all.
  bits.put(0, 2)
  const putGreen = putCode(bits, counted(280, greens))
  putCode(bits, counted(256, []))
  putCode(bits, counted(256, []))
  putCode(bits, counted(256, []))
  const putDistance = putCode(bits, counted(40, distances))
  for (const { distance, length, literal } of tokens) {
    if (length === 0) {
      putGreen(literal)
      continue
    }
    for (const [put, base, value] of [[putGreen, 256, length], [putDistance, 0, distance + neighbours]] as const) {
      const [symbol, extra, left] = prefixed(value)
      put(base + symbol)
      bits.put(extra, left)
    }
  }
}

const packed = ({ height, pixels, width }: Raster): Uint8Array => {
  const columns = (width + 1) >> 1
  const data = new Uint8Array(columns * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns; x++) {
      const at = y * width + 2 * x
      data[y * columns + x] = (pixels[at] ?? 0) | (2 * x + 1 < width ? (pixels[at + 1] ?? 0) << 4 : 0)
    }
  }
  return data
}

export const encode = (raster: Raster): Buffer => {
  const { height, width } = raster
  // Below five colours more than two pixels would share a byte.
  const palette = [...raster.palette, ...Array.from({ length: Math.max(0, 5 - raster.palette.length) }, () => 255)]
  const bits = bitWriter()
  bits.put(0x2f, 8)
  bits.put(width - 1, 14)
  bits.put(height - 1, 14)
  bits.put(1, 1)
  bits.put(0, 3)
  // One transform, by a palette.
  bits.put(0b111, 3)
  bits.put(palette.length - 1, 8)
  putPalette(bits, palette)
  bits.put(0, 1)
  putPixels(bits, packed(raster))
  const stream = bits.end()
  const padding = stream.length % 2
  const header = Buffer.alloc(20)
  header.write("RIFF", 0, "latin1")
  header.writeUInt32LE(stream.length + padding + 12, 4)
  header.write("WEBPVP8L", 8, "latin1")
  header.writeUInt32LE(stream.length, 16)
  return Buffer.concat([header, stream, Buffer.alloc(padding)])
}
