/**
 * How large images are asked to be.
 */
import type * as Request from "../Request.ts"

export interface Pixels {
  readonly width: number
  readonly height: number
}

/** The pixels of a size. */
export const pixelsOf = (size: NonNullable<Request.ImageParams["size"]>): Pixels => {
  const [width = NaN, height = NaN] = size.split("x").map(Number)
  return { width, height }
}

/** How large an image is to be, as far as the caller has said it in pixels. */
export const sizeOf = ({ params: { size } }: Request.Request) =>
  size === undefined ? { width: undefined, height: undefined } : pixelsOf(size)

/** A ratio as a number. */
export const ratioOf = (ratio: NonNullable<Request.ImageParams["aspectRatio"]>): number => {
  const [width = NaN, height = NaN] = ratio.split(":").map(Number)
  return width / height
}
