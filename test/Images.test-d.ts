import { Effect } from "effect"
import { type Generation, Images, Loom } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Images", () => {
  it("saves what a call has drawn, and reads what one starts from", () => {
    const drawn = Loom.generate({ model: "openai/gpt-image-2", prompt: "A loom" }).pipe(
      Effect.flatMap(({ images }) => Effect.forEach(images, (image, n) => Images.save(image, `loom-${n}.png`)))
    )
    expectTypeOf<Images.ImageFileError>().toExtend<Effect.Error<typeof drawn>>()
    expectTypeOf(Images.file("loom.png")).toEqualTypeOf<Effect.Effect<Images.Picture, Images.ImageFileError>>()
    expectTypeOf(Images.dimensions).returns.toEqualTypeOf<
      { readonly width: number; readonly height: number } | undefined
    >()
    const answer = null as unknown as Generation.Generation
    // @ts-expect-error an image, not all of an answer
    void Images.save(answer, "loom.png")
  })
})
