/**
 * A picture of at most 16 colours, as the encoders take it.
 */

export interface Raster {
  readonly width: number
  readonly height: number
  /** `0xRRGGBBAA`, at most 16. */
  readonly palette: ReadonlyArray<number>
  /** One index into the palette a pixel, row by row. */
  readonly pixels: Uint8Array
}

/** One colour and nothing else. */
export const plain = (width: number, height: number, colour: number): Raster => ({
  width,
  height,
  palette: [colour, colour],
  pixels: new Uint8Array(width * height)
})

/** Red, green, blue and opacity of a colour, 0 to 255 each. */
export const channels = (colour: number): readonly [red: number, green: number, blue: number, alpha: number] => [
  colour >>> 24,
  (colour >>> 16) & 255,
  (colour >>> 8) & 255,
  colour & 255
]
