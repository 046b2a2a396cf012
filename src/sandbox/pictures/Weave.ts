/**
 * Woven cloth, whose threads, colours and binding follow from a seed: what the sandbox draws for every prompt.
 */
import { type Dice, dice } from "../Seed.ts"
import type { Raster } from "./Raster.ts"

export interface Cloth {
  /** Decides all that is to be seen: the prompt, mostly. */
  readonly seed: string
  readonly width: number
  readonly height: number
  /** How much of it is woven yet, from 0 to 1; below that the warp lies bare. */
  readonly woven?: number | undefined
  /** A border that can be seen through. */
  readonly transparent?: boolean | undefined
}

/** Whether the warp lies on top where a column and a row cross. */
type Binding = (column: number, row: number) => boolean

/** They repeat every 8 columns and rows. */
const bindings = (random: Dice): Binding =>
  random.pick<Binding>(
    (i, j) => (i + j) % 2 === 0,
    (i, j) => (i + j) % 4 < 2,
    (i, j) => ((i % 8 < 4 ? i % 8 : 7 - i % 8) + j) % 4 < 2,
    (i, j) => ((i >> 1) + (j >> 1)) % 2 === 0,
    (i, j) => (i * 3 + j) % 8 < 2
  )

const hue = (degrees: number, lightness: number, chroma: number): number => {
  const channel = (offset: number) => {
    const k = (offset + degrees / 30) % 12
    const value = lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1))
    return Math.round(255 * Math.min(1, Math.max(0, value)))
  }
  return ((channel(0) << 24) | (channel(8) << 16) | (channel(4) << 8) | 255) >>> 0
}

const threadColours = 4
/** Dark, plain and light. */
const shades = 3
const ground = 0
const clear = 1 + threadColours * shades

const paletteOf = (random: Dice): ReadonlyArray<number> => {
  const base = random.between(0, 359)
  const apart = random.pick(25, 60, 120, 150, 180)
  const threads = Array.from({ length: threadColours }, (_, thread) => {
    const degrees = (base + thread * apart + random.between(0, 20)) % 360
    const lightness = random.between(32, 68) / 100
    const chroma = Math.min(lightness, 1 - lightness) * random.between(30, 62) / 100
    return [0.6, 1, 1.18].map((factor) => hue(degrees, Math.min(0.9, lightness * factor), chroma * factor))
  })
  return [hue(base, 0.13, 0.04), ...threads.flat(), 0]
}

/** Stripes: which thread each of some columns or rows has. */
const rhythm = (random: Dice, threads: readonly [number, number, number]): ReadonlyArray<number> => {
  const stripes: Array<number> = []
  while (stripes.length < 16) {
    const thread = random.pick(...threads)
    for (let left = random.pick(1, 2, 2, 3, 5, 8); left > 0; left--) stripes.push(thread)
  }
  return stripes.slice(0, 16)
}

/** The picture of one crossing, `size` pixels wide and high. */
const crossing = (
  size: number,
  thread: number,
  warpOnTop: boolean,
  dips: { readonly start: boolean; readonly end: boolean }
): Uint8Array => {
  const tile = new Uint8Array(size * size)
  const middle = (size - 1) / 2
  const bend = size / 5
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [across, along] = warpOnTop ? [x, y] : [y, x]
      const out = Math.abs(across - middle) / (size / 2)
      const bent = (dips.start && along < bend) || (dips.end && along >= size - bend) ? 1 : 0
      const shade = (out < 0.4 ? 2 : out < 0.72 ? 1 : 0) - bent
      tile[y * size + x] = out > 0.9 && size >= 16 ? ground : 1 + thread * shades + Math.max(0, shade)
    }
  }
  return tile
}

/** Between 8 and 32 pixels a thread, in steps of 8. */
const threadWidth = (width: number, height: number): number =>
  Math.min(32, Math.max(8, Math.round(Math.min(width, height) / 400) * 8))

export const draw = ({ height, seed, transparent, width, woven = 1 }: Cloth): Raster => {
  const random = dice(`cloth/${seed}`)
  const palette = paletteOf(random)
  const isOnTop = bindings(random)
  const warp = rhythm(random, random.pick([0, 1, 2], [0, 1, 1], [1, 2, 3]))
  const weft = rhythm(random, random.pick([2, 3, 3], [3, 0, 2], [3, 3, 0]))
  const size = threadWidth(width, height)
  const tiles = new Map<string, Uint8Array>()
  const tileOf = (column: number, row: number, isWoven: boolean): Uint8Array => {
    const top = !isWoven || isOnTop(column, row)
    const thread = (top ? warp[column % 16] : weft[row % 16]) ?? 0
    const before = top ? isOnTop(column, row + 7) : !isOnTop(column + 7, row)
    const after = top ? isOnTop(column, row + 1) : !isOnTop(column + 1, row)
    const key = `${thread} ${top} ${isWoven && !before} ${isWoven && !after}`
    const tile = tiles.get(key) ?? crossing(size, thread, top, { start: isWoven && !before, end: isWoven && !after })
    tiles.set(key, tile)
    return tile
  }

  const pixels = new Uint8Array(width * height)
  const drawn = new Map<string, number>()
  for (let row = 0; row * size < height; row++) {
    const isWoven = (row + 0.5) * size < woven * height
    const top = row * size
    const rows = Math.min(size, height - top)
    // A row of crossings that is there already is copied.
    const key = isWoven ? `${weft[row % 16]} ${row % 8}` : "bare"
    const same = drawn.get(key)
    if (same !== undefined) {
      pixels.copyWithin(top * width, same * width, (same + rows) * width)
      continue
    }
    drawn.set(key, top)
    for (let column = 0; column * size < width; column++) {
      const left = column * size
      const tile = tileOf(column, row, isWoven)
      const columns = Math.min(size, width - left)
      for (let y = 0; y < rows; y++) {
        pixels.set(tile.subarray(y * size, y * size + columns), (top + y) * width + left)
      }
    }
  }
  if (transparent === true) unveil(pixels, width, height)
  return { width, height, palette, pixels }
}

const unveil = (pixels: Uint8Array, width: number, height: number): void => {
  const margin = Math.ceil(Math.min(width, height) / 12)
  for (let y = 0; y < height; y++) {
    const start = y * width
    if (y < margin || y >= height - margin) pixels.fill(clear, start, start + width)
    else {
      pixels.fill(clear, start, start + margin)
      pixels.fill(clear, start + width - margin, start + width)
    }
  }
}
