/**
 * The options of a call for images, in a vendor's words.
 */
import { Unsupported } from "../GenerateError.ts"
import * as Request from "../Request.ts"
import { refuse } from "./imageAsked.ts"
import { type Pixels, pixelsOf } from "./imageSize.ts"

export { type Pixels, pixelsOf, ratioOf, sizeOf } from "./imageSize.ts"

export type Fields = Readonly<Record<string, unknown>>

/** What a vendor calls an option, or what it makes of its value. Throws {@link refuse} for one that it can't do. */
export type Writer<A> = string | ((value: A, request: Request.Request) => object)

type Known = Omit<Request.ImageParams, "mask"> & Pick<Request.Params, "seed">

/** What a vendor makes of the options. One that isn't here is refused; a mask is the adapter's own. */
export type Options = { readonly [Name in keyof Known]?: Writer<NonNullable<Known[Name]>> } & {
  /** Whether it takes a mask: the adapter writes it. */
  readonly mask?: true | undefined
}

/** The options of a request as fields. Throws for one that the vendor doesn't have, or can't do. */
export const fieldsOf = (request: Request.Request, options: Options): Fields => {
  const { aspectRatio, background, format, mask, n, negativePrompt, quality, seed, size } = request.params
  const stated = { aspectRatio, background, format, mask, n, negativePrompt, quality, seed, size }
  for (const [name, value] of Object.entries(stated)) {
    if (value === undefined || Object.hasOwn(options, name)) continue
    const able = Object.keys(options).toSorted().join(", ")
    const detail = `${request.model.provider}/${request.model.id} has no such option${
      able === "" ? "" : `; it has ${able}`
    }`
    throw Request.fail(request, new Unsupported({ feature: name, detail }))
  }
  const written = <A>(value: A | undefined, writer: Writer<A> | undefined): object | undefined =>
    value === undefined || writer === undefined
      ? undefined
      : typeof writer === "string"
      ? { [writer]: value }
      : writer(value, request)
  return {
    ...written(n, options.n),
    ...written(size, options.size),
    ...written(aspectRatio, options.aspectRatio),
    ...written(quality, options.quality),
    ...written(format, options.format),
    ...written(background, options.background),
    ...written(negativePrompt, options.negativePrompt),
    ...written(seed, options.seed)
  }
}

/** So many at most. */
export const upTo =
  (option: string, most: number, field = option) => (value: number, request: Request.Request): Fields => {
    if (value > most) throw refuse(request, option, `${most} at most, and ${value} were asked for`)
    return { [field]: value }
  }

/** One of these words, or of those that the vendor has others for. */
export const oneOf = (
  option: string,
  words: ReadonlyArray<string> | Readonly<Record<string, string>>,
  field = option
) => {
  const names: ReadonlyMap<string, string> = new Map(
    Array.isArray(words) ? words.map((word) => [word, word]) : Object.entries(words)
  )
  return (value: string, request: Request.Request): Fields => {
    const word = names.get(value)
    if (word === undefined) throw refuse(request, option, `${value} isn't one of ${[...names.keys()].join(", ")}`)
    return { [field]: word }
  }
}

/** What a vendor allows of a size. */
export interface Bounds {
  /** Both sides are multiples of it. */
  readonly step: number
  readonly least?: number | undefined
  readonly most?: number | undefined
  /** Of both sides, multiplied. */
  readonly leastArea?: number | undefined
  readonly mostArea?: number | undefined
  /** Of the long side to the short one. */
  readonly mostRatio?: number | undefined
}

/** The pixels of a size within these bounds. Throws where it isn't. */
export const within = (
  size: NonNullable<Request.ImageParams["size"]>,
  bounds: Bounds,
  request: Request.Request
): Pixels => {
  const pixels = pixelsOf(size)
  if (!isWithin(pixels, bounds)) throw refuse(request, "size", `${size} isn't among its sizes: ${inWords(bounds)}`)
  return pixels
}

const isWithin = ({ height, width }: Pixels, bounds: Bounds): boolean => {
  const { least = 1, leastArea = 0, most = Infinity, mostArea = Infinity, mostRatio = Infinity, step } = bounds
  const short = Math.min(width, height)
  const long = Math.max(width, height)
  return width % step === 0 && height % step === 0 && short >= least && long <= most &&
    width * height >= leastArea && width * height <= mostArea && long / short <= mostRatio
}

const inWords = ({ least, leastArea, most, mostArea, mostRatio, step }: Bounds): string =>
  [
    `sides that are multiples of ${step}`,
    ...least === undefined ? [] : [`at least ${least}`],
    ...most === undefined ? [] : [`at most ${most}`],
    ...leastArea === undefined ? [] : [`at least ${leastArea} pixels in all`],
    ...mostArea === undefined ? [] : [`at most ${mostArea} pixels in all`],
    ...mostRatio === undefined ? [] : [`no longer than ${mostRatio}:1`]
  ].join(", ")

/** The size of exactly this ratio that comes nearest to an area, a megapixel without one. Throws where there is none. */
export const sizeFor = (
  ratio: NonNullable<Request.ImageParams["aspectRatio"]>,
  bounds: Bounds,
  request: Request.Request,
  area = 1024 * 1024
): Pixels => {
  const [a = NaN, b = NaN] = ratio.split(":").map(Number)
  const shared = gcd(a, b)
  const width = (a / shared) * bounds.step
  const height = (b / shared) * bounds.step
  const factor = Math.max(1, Math.round(Math.sqrt(area / (width * height))))
  const pixels = { width: width * factor, height: height * factor }
  if (isWithin(pixels, bounds)) return pixels
  throw refuse(request, "aspectRatio", `none of its sizes is ${ratio}: they have ${inWords(bounds)}`)
}

const gcd = (a: number, b: number): number => b === 0 ? a : gcd(b, a % b)
