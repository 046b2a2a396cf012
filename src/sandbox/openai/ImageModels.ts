/**
 * OpenAI's image models and what they charge, written by hand (2026-11-23), apart from Loom's catalog on purpose.
 *
 * How many tokens a picture has is worked back from published prices; above `high`, and for the tokens of pictures that
 * are sent along, it is made up.
 */
import type { Size } from "../images/Pictures.ts"

export const qualities = ["low", "medium", "high", "xhigh", "max"] as const

export type Quality = typeof qualities[number]

export interface Model {
  readonly id: string
  /** The dated name that it answers to as well. */
  readonly snapshot?: string
  /** Of any size; else of the three that there always were. */
  readonly anySize: boolean
  readonly best: Quality
  /** Output tokens of a square of 1024 pixels, and of 1024×1536, by quality. */
  readonly square: Readonly<Record<Quality, number>>
  readonly oblong: Readonly<Record<Quality, number>>
  readonly takesFidelity: boolean
  readonly takesMarkup: boolean
  /** US dollars per million tokens. */
  readonly textInput: number
  readonly imageInput: number
  readonly imageOutput: number
}

const counts = (low: number, medium: number, high: number, xhigh = 0, max = 0): Readonly<Record<Quality, number>> => ({
  low,
  medium,
  high,
  xhigh,
  max
})

const older = { anySize: false, best: "high", takesFidelity: false, takesMarkup: false } as const

const newer = {
  ...older,
  anySize: true,
  square: counts(196, 1767, 7033),
  oblong: counts(163, 1372, 5500),
  textInput: 5,
  imageInput: 8,
  imageOutput: 30
} as const

const newest = {
  ...newer,
  best: "max",
  square: counts(196, 1767, 7033, 10_550, 14_066),
  oblong: counts(163, 1372, 5500, 8250, 11_000),
  takesMarkup: true
} as const

const list: ReadonlyArray<Model> = [
  {
    ...older,
    id: "gpt-image-1-mini",
    square: counts(625, 1375, 4500),
    oblong: counts(750, 1875, 6500),
    textInput: 2,
    imageInput: 2.5,
    imageOutput: 8
  },
  {
    ...older,
    id: "gpt-image-1.5",
    square: counts(272, 1056, 4160),
    oblong: counts(408, 1584, 6240),
    takesFidelity: true,
    textInput: 5,
    imageInput: 8,
    imageOutput: 32
  },
  { ...newer, id: "gpt-image-2", snapshot: "gpt-image-2-2026-04-21" },
  { ...newest, id: "gpt-image-2.5-sunburst", snapshot: "gpt-image-2.5-sunburst-2026-09-08" },
  { ...newest, id: "gpt-image-2.5-flare", snapshot: "gpt-image-2.5-flare-2026-09-08" },
  { ...newest, id: "gpt-image-2.6-sunburst" },
  { ...newest, id: "gpt-image-2.6-flare" }
]

export const find = (id: string): Model | undefined => list.find((model) => model.id === id || model.snapshot === id)

const sizes: ReadonlySet<string> = new Set(["1024x1024", "1536x1024", "1024x1536"])

/** Why a model doesn't make pictures of a size. */
export const refusedSize = (model: Model, { height, width }: Size): string | undefined => {
  if (!model.anySize) {
    return sizes.has(`${width}x${height}`)
      ? undefined
      : `Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.`
  }
  const [short, long] = [Math.min(width, height), Math.max(width, height)]
  if (width % 16 !== 0 || height % 16 !== 0 || short === 0) return "Width and height must both be divisible by 16."
  if (long > short * 3) return "The aspect ratio must be between 1:3 and 3:1."
  return long > 3840 || width * height > 3840 * 2160 ? "The largest size is 3840x2160." : undefined
}

export const outputTokens = (model: Model, quality: Quality, { height, width }: Size): number =>
  width === height
    ? Math.round(model.square[quality] * width * height / 1_048_576)
    : Math.round(model.oblong[quality] * width * height / 1_572_864)

/** What one partial picture costs more. */
export const partialTokens = 100

export const inputTokens = ({ height, width }: Size, fidelity: "high" | "low"): number =>
  Math.ceil(width / 64) * Math.ceil(height / 64) * (fidelity === "high" ? 4 : 1)
