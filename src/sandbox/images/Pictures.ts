/**
 * The pictures of a request: their bytes, and the links to them, with what the prompt's marks do to both.
 */
import * as Media from "../Media.ts"
import type { World } from "../Protocol.ts"
import { digest } from "../Seed.ts"
import * as Picture from "../pictures/Picture.ts"
import { plain } from "../pictures/Raster.ts"
import * as Weave from "../pictures/Weave.ts"
import * as Marks from "./Marks.ts"

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Ask extends Size {
  readonly prompt: string
  /** With the prompt, decides what is to be seen. */
  readonly seed: string | number
  /** Which of several it is. */
  readonly index?: number | undefined
  readonly inputs?: ReadonlyArray<Input> | undefined
  readonly format: Picture.Format
  readonly transparent?: boolean | undefined
  readonly woven?: number | undefined
  /** What a vendor shows in place of a picture that it withholds. */
  readonly black?: boolean | undefined
}

/** A picture that was sent along; one that is only linked to counts as a megapixel. */
export interface Input extends Size {
  readonly digest: string
  readonly format: Picture.Measured["format"] | undefined
  readonly size: number
}

const page = Buffer.from("<!doctype html>\n<title>Sign in</title>\n<p>Please sign in to see this picture.</p>\n")

export const bytes = (ask: Ask): Buffer => {
  const { hugeMegabytes, isHtml } = Marks.read(ask.prompt)
  if (isHtml) return page
  const { height, inputs = [], prompt, seed, transparent, width, woven } = ask
  const seen = JSON.stringify([prompt, seed, ask.index ?? 0, inputs.map((input) => input.digest)])
  const raster = ask.black === true
    ? plain(width, height, 255)
    : Weave.draw({ seed: seen, width, height, woven, transparent })
  const picture = Picture.encode(raster, ask.format)
  return hugeMegabytes === 0 ? picture : Buffer.concat([picture, Buffer.alloc(hugeMegabytes * 1_000_000)])
}

export const base64 = (ask: Ask): string => bytes(ask).toString("base64")

export const contentType = ({ format, prompt }: Ask): string =>
  Marks.read(prompt).isHtml ? "text/html" : Picture.mediaTypes[format]

/** How long a vendor's links live, and how its storage refuses those that are dead. */
export interface Links {
  readonly livesMillis: number
  readonly deadStatus: 403 | 404
}

export const link = (world: World, links: Links, ask: Ask): string =>
  world.files.put({
    ...links,
    ...(Marks.read(ask.prompt).isLinkDead ? { livesMillis: 0 } : {}),
    bytes: () => bytes(ask),
    contentType: contentType(ask),
    extension: ask.format === "jpeg" ? "jpg" : ask.format,
    prompt: ask.prompt
  })

export const inputOf = (bytes: Buffer): Input | undefined => {
  const measured = Picture.measure(bytes)
  return measured === undefined
    ? undefined
    : { ...measured, digest: digest(bytes.toString("latin1")), size: bytes.length }
}

/** How an input may be written: `data` is a data URI, `base64` the bare text. */
export type Writing = "url" | "data" | "base64"

/** What a text that stands for a picture says; undefined where it is none, or isn't written as the vendor takes it. */
export const readInput = (text: string, writings: ReadonlyArray<Writing>): Input | undefined => {
  const [, data] = /^data:image\/[a-z+]+;base64,(.*)$/s.exec(text) ?? []
  if (data !== undefined) return writings.includes("data") ? ofBase64(data) : undefined
  if (/^https?:\/\/[^/\s]+/.test(text)) {
    return writings.includes("url")
      ? { width: 1024, height: 1024, digest: digest(text), format: undefined, size: 0 }
      : undefined
  }
  return writings.includes("base64") ? ofBase64(text) : undefined
}

const ofBase64 = (text: string): Input | undefined => {
  const decoded = Media.decode(text)
  return decoded === undefined ? undefined : inputOf(decoded)
}

/** `1024x1024`, with any mark between the two. */
export const readSize = (text: string, mark = "x"): Size | undefined => {
  const [, width, height] = new RegExp(`^(\\d{1,5})${mark}(\\d{1,5})$`).exec(text) ?? []
  return width === undefined || height === undefined ? undefined : { width: Number(width), height: Number(height) }
}

/** The size of this shape, such as `16:9`, that has about so many pixels, in steps of `step`. */
export const sizeOfRatio = (ratio: string, pixels: number, step = 16, mark = ":"): Size | undefined => {
  const shape = readSize(ratio, mark)
  if (shape === undefined || shape.width === 0 || shape.height === 0) return undefined
  const width = Math.sqrt(pixels * shape.width / shape.height)
  const stepped = (length: number) => Math.max(step, Math.round(length / step) * step)
  return { width: stepped(width), height: stepped(pixels / width) }
}
