/**
 * Baseline JPEG: colours at half resolution, the standard's own tables. Blocks of 16×16 pixels that repeat, as threads
 * do, are worked out once.
 */
import { channels, type Raster } from "./Raster.ts"

const bytes = (hex: string): ReadonlyArray<number> => Array.from(Buffer.from(hex, "hex"))

const zigzag = bytes(
  "000108100902030a11182019120b04050c131a21283029221b140d06070e151c"
    + "232a313839322b241d160f171e252c333a3b342d261f272e353c3d362f373e3f"
)

/** Tables of the standard (annex K.1), in zigzag order. */
const ordered = (hex: string): ReadonlyArray<number> => {
  const table = bytes(hex)
  return zigzag.map((at) => table[at] ?? 99)
}

const brightness = ordered(
  "100b0a101828333d0c0c0e131a3a3c370e0d1018283945380e11161d3357503e"
    + "12162538446d674d182337405168715c31404e5767797865485c5f6270646763"
)

const colour = ordered(
  "1112182f6363636312151a4263636363181a3863636363632f42636363636363"
    + "6363636363636363636363636363636363636363636363636363636363636363"
)

interface Codes {
  /** How many codes there are of each length from 1 to 16. */
  readonly counts: ReadonlyArray<number>
  readonly symbols: ReadonlyArray<number>
  /** By symbol. */
  readonly code: Uint16Array
  readonly length: Uint8Array
}

const codesOf = (counts: ReadonlyArray<number>, hex: string): Codes => {
  const symbols = bytes(hex)
  const code = new Uint16Array(256)
  const length = new Uint8Array(256)
  let next = 0
  let index = 0
  counts.forEach((count, bits) => {
    for (const symbol of symbols.slice(index, index + count)) {
      code[symbol] = next++
      length[symbol] = bits + 1
    }
    index += count
    next <<= 1
  })
  return { counts, symbols, code, length }
}

const brightnessDc = codesOf([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], "000102030405060708090a0b")
const colourDc = codesOf([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], "000102030405060708090a0b")
const brightnessAc = codesOf(
  [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
  "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a"
    + "434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8"
    + "a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
)
const colourAc = codesOf(
  [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119],
  "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738"
    + "393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5"
    + "a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)

const cosines = Float64Array.from(
  { length: 64 },
  (_, at) => Math.cos(((2 * (at & 7) + 1) * (at >> 3) * Math.PI) / 16) / 2 * (at < 8 ? Math.SQRT1_2 : 1)
)

/** The discrete cosine transform of 8×8 values, quantised and in zigzag order. */
const transformed = (block: Float64Array, table: ReadonlyArray<number>): Int16Array => {
  const half = new Float64Array(64)
  for (let y = 0; y < 8; y++) {
    for (let u = 0; u < 8; u++) {
      let sum = 0
      for (let x = 0; x < 8; x++) sum += (block[y * 8 + x] ?? 0) * (cosines[u * 8 + x] ?? 0)
      half[u * 8 + y] = sum
    }
  }
  const whole = new Int16Array(64)
  for (let at = 0; at < 64; at++) {
    const place = zigzag[at] ?? 0
    const [v, u] = [place >> 3, place & 7]
    let sum = 0
    for (let y = 0; y < 8; y++) sum += (half[u * 8 + y] ?? 0) * (cosines[v * 8 + y] ?? 0)
    whole[at] = Math.round(sum / (table[at] ?? 1))
  }
  return whole
}

interface Bits {
  readonly put: (value: number, length: number) => void
  readonly end: () => Buffer
}

const bitWriter = (): Bits => {
  let bytes = Buffer.allocUnsafe(65_536)
  let size = 0
  let pending = 0
  let count = 0
  const put = (value: number, length: number) => {
    pending = (pending << length) | value
    count += length
    while (count >= 8) {
      const byte = (pending >>> (count - 8)) & 255
      if (size + 2 > bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(bytes.length)])
      bytes[size++] = byte
      if (byte === 255) bytes[size++] = 0
      count -= 8
    }
    pending &= (1 << count) - 1
  }
  return {
    put,
    end: () => {
      if (count > 0) put((1 << (8 - count)) - 1, 8 - count)
      return bytes.subarray(0, size)
    }
  }
}

const category = (value: number): number => 32 - Math.clz32(Math.abs(value))

const putValue = (bits: Bits, value: number, length: number): void => {
  if (length > 0) bits.put(value < 0 ? value + (1 << length) - 1 : value, length)
}

const putBlock = (bits: Bits, block: Int16Array, previous: number, dc: Codes, ac: Codes): number => {
  const first = block[0] ?? 0
  const size = category(first - previous)
  bits.put(dc.code[size] ?? 0, dc.length[size] ?? 0)
  putValue(bits, first - previous, size)
  let last = 63
  while (last > 0 && block[last] === 0) last--
  let zeros = 0
  const symbol = (value: number) => bits.put(ac.code[value] ?? 0, ac.length[value] ?? 0)
  for (let at = 1; at <= last; at++) {
    const value = block[at] ?? 0
    if (value === 0) {
      zeros++
      continue
    }
    for (; zeros > 15; zeros -= 16) symbol(0xf0)
    const length = category(value)
    symbol((zeros << 4) | length)
    putValue(bits, value, length)
    zeros = 0
  }
  if (last < 63) symbol(0)
  return first
}

/** Four blocks of brightness and two of colour, of 16×16 pixels. */
type Unit = readonly [Int16Array, Int16Array, Int16Array, Int16Array, Int16Array, Int16Array]

const unitOf = (indices: Uint8Array, tones: ReadonlyArray<readonly [number, number, number]>): Unit => {
  const bright = (left: number, top: number) => {
    const block = new Float64Array(64)
    for (let at = 0; at < 64; at++) {
      block[at] = tones[indices[(top + (at >> 3)) * 16 + left + (at & 7)] ?? 0]?.[0] ?? 0
    }
    return transformed(block, brightness)
  }
  const tinted = (channel: 1 | 2) => {
    const block = new Float64Array(64)
    for (let at = 0; at < 64; at++) {
      const place = (at >> 3) * 32 + (at & 7) * 2
      let sum = 0
      for (const offset of [0, 1, 16, 17]) sum += tones[indices[place + offset] ?? 0]?.[channel] ?? 0
      block[at] = sum / 4
    }
    return transformed(block, colour)
  }
  return [bright(0, 0), bright(8, 0), bright(0, 8), bright(8, 8), tinted(1), tinted(2)]
}

const scan = ({ height, palette, pixels, width }: Raster): Buffer => {
  const tones = palette.map((value) => {
    const [red, green, blue] = channels(value)
    return [
      0.299 * red + 0.587 * green + 0.114 * blue - 128,
      -0.168736 * red - 0.331264 * green + 0.5 * blue,
      0.5 * red - 0.418688 * green - 0.081312 * blue
    ] as const
  })
  const known = new Map<string, Unit>()
  const bits = bitWriter()
  const indices = Buffer.alloc(256)
  let [y, cb, cr] = [0, 0, 0]
  for (let top = 0; top < height; top += 16) {
    for (let left = 0; left < width; left += 16) {
      for (let row = 0; row < 16; row++) {
        const start = Math.min(top + row, height - 1) * width
        const columns = Math.min(16, width - left)
        indices.set(pixels.subarray(start + left, start + left + columns), row * 16)
        if (columns < 16) indices.fill(pixels[start + width - 1] ?? 0, row * 16 + columns, row * 16 + 16)
      }
      const key = indices.toString("latin1")
      const unit = known.get(key) ?? unitOf(indices, tones)
      if (known.size < 4096) known.set(key, unit)
      for (let block = 0; block < 4; block++) {
        y = putBlock(bits, unit[block] ?? unit[0], y, brightnessDc, brightnessAc)
      }
      cb = putBlock(bits, unit[4], cb, colourDc, colourAc)
      cr = putBlock(bits, unit[5], cr, colourDc, colourAc)
    }
  }
  return bits.end()
}

const segment = (marker: number, data: ReadonlyArray<number>): Buffer =>
  Buffer.from([255, marker, (data.length + 2) >> 8, (data.length + 2) & 255, ...data])

export const encode = (raster: Raster): Buffer => {
  const { height, width } = raster
  return Buffer.concat([
    Buffer.from([255, 0xd8]),
    segment(0xe0, bytes("4a46494600010100000100010000")),
    segment(0xdb, [0, ...brightness, 1, ...colour]),
    segment(0xc0, [8, height >> 8, height & 255, width >> 8, width & 255, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]),
    ...([[0x00, brightnessDc], [0x10, brightnessAc], [0x01, colourDc], [0x11, colourAc]] as const).map(
      ([id, { counts, symbols }]) => segment(0xc4, [id, ...counts, ...symbols])
    ),
    segment(0xda, [3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]),
    scan(raster),
    Buffer.from([255, 0xd9])
  ])
}
