/**
 * Black Forest Labs' models, what each takes and charges, from its own skill, docs.bfl.ai and
 * `@ai-sdk/black-forest-labs@2.0.41` (2026-11-23); prices written by hand.
 *
 * What `flux-3-image` and its klein take is unverified: here what FLUX.2 does. So are the fields of `flux-pro-1.0-fill`.
 * A megapixel is 1,048,576 pixels here, and one that is begun counts whole: how the vendor rounds is unverified.
 */
import type { Goods } from "../Bill.ts"
import { boolean, decimal, type Fields, integer, nullable, oneOf, string } from "../Shape.ts"
import { images, usd } from "../images/Charges.ts"
import type { Size } from "../images/Pictures.ts"

export interface Model {
  readonly id: string
  readonly fields: Fields
  /** By the shape, such as `16:9`; else by pixels. */
  readonly byRatio: boolean
  readonly goods: (output: Size, inputs: ReadonlyArray<Size>) => ReadonlyArray<Goods>
}

export const megapixels = ({ height, width }: Size): number => Math.max(1, Math.ceil(width * height / 1_048_576))

const text = nullable(string)

const shared: Fields = {
  prompt: string,
  seed: nullable(integer({ min: 0 })),
  output_format: nullable(oneOf("jpeg", "png")),
  webhook_url: text,
  webhook_secret: text
}

const inputFields = (count: number): Fields =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [index === 0 ? "input_image" : `input_image_${index + 1}`, text])
  )

const second = (inputs: number): Fields => ({
  ...shared,
  ...inputFields(inputs),
  width: nullable(integer({ min: 64 })),
  height: nullable(integer({ min: 64 })),
  safety_tolerance: nullable(integer({ min: 0, max: 5 }))
})

const first: Fields = {
  ...shared,
  aspect_ratio: text,
  prompt_upsampling: nullable(boolean),
  safety_tolerance: nullable(integer({ min: 0, max: 6 }))
}

/** In US dollars for the first megapixel, and for each further one of input and output. */
const byMegapixel = (firstOne: number, further: number): Model["goods"] => (output, inputs) => [
  ...images(1, firstOne),
  {
    item: "megapixel",
    quantity: megapixels(output) - 1 + inputs.reduce((sum, input) => sum + megapixels(input), 0),
    rate: usd(further)
  }
]

const flat = (each: number): Model["goods"] => () => images(1, each)

const flux2 = (id: string, firstOne: number, further: number, inputs = 8): Model => ({
  id,
  fields: second(inputs),
  byRatio: false,
  goods: byMegapixel(firstOne, further)
})

const flux1 = (id: string, each: number, fields: Fields): Model => ({
  id,
  fields: { ...first, ...fields },
  byRatio: true,
  goods: flat(each)
})

const flex = flux2("flux-2-flex", 0.05, 0.05)

const tiered = ({ height, width }: Size): number => {
  const longer = Math.max(width, height)
  return longer <= 1280 ? 0.009 : longer <= 2560 ? 0.014 : 0.036
}

export const models: ReadonlyMap<string, Model> = new Map(
  [
    flux2("flux-2-klein-4b", 0.014, 0.001, 4),
    flux2("flux-2-klein-9b", 0.015, 0.002, 4),
    flux2("flux-2-pro", 0.03, 0.015),
    flux2("flux-2-max", 0.07, 0.03),
    {
      ...flex,
      fields: {
        ...flex.fields,
        steps: nullable(integer({ min: 1, max: 50 })),
        guidance: nullable(decimal({ min: 1.5, max: 10 }))
      }
    },
    { ...flux2("flux-3-image", 0, 0), goods: flat(0.048) },
    { ...flux2("flux-3-image-klein", 0, 0, 4), goods: (output: Size) => images(1, tiered(output)) },
    flux1("flux-pro-1.1", 0.04, { image_prompt: text }),
    flux1("flux-pro-1.1-ultra", 0.06, { image_prompt: text, raw: nullable(boolean) }),
    flux1("flux-dev", 0.025, { image_prompt: text }),
    flux1("flux-kontext-pro", 0.04, inputFields(1)),
    flux1("flux-kontext-max", 0.08, inputFields(1)),
    flux1("flux-pro-1.0-fill", 0.05, { image: string, mask: text })
  ].map((model) => [model.id, model])
)

const isInput = (name: string): boolean => /^(input_image(_\d)?|image_prompt|image|mask)$/.test(name)

/** The fields of a model that hold pictures. */
export const inputNames = ({ fields }: Model): ReadonlyArray<string> => Object.keys(fields).filter(isInput)
