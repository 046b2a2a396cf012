/**
 * Pictures of answers, and for prompts: how large they are, and the files they are in.
 *
 * **Example** (A picture in a file)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Images, Loom } from "loom-router"
 *
 * export const program = Effect.gen(function*() {
 *   const { images } = yield* Loom.generate({
 *     model: "openai/gpt-image-2.6-flare",
 *     prompt: "A loom with a half-woven cloth, as a woodcut",
 *     aspectRatio: "3:2",
 *     quality: "low"
 *   })
 *   yield* Effect.forEach(images, (image, index) => Images.save(image, `loom-${index}.png`))
 *   return images.map(Images.dimensions)
 * })
 * ```
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import type * as FileSystem from "node:fs/promises"
import { see } from "./internal/picture.ts"

/**
 * A file that couldn't be read or written, or that is no picture.
 *
 * @category errors
 * @since 1.0.0
 */
export class ImageFileError extends Schema.TaggedError<ImageFileError>()("ImageFileError", {
  path: Schema.String,
  detail: Schema.String
}) {
  get what(): string {
    return `${this.path} can't be used for a picture`
  }
  get why(): string {
    return `it ${this.detail}`
  }
  readonly fix = "name another file"
  override get message() {
    return `${this.path} ${this.detail}`
  }
}

/**
 * The width and height of a picture in pixels, read from its bytes. `undefined` for what is no picture that is known here
 * (PNG, JPEG, WebP, GIF, AVIF, SVG), and for a drawing (SVG) without a size of its own.
 *
 * @category accessors
 * @since 1.0.0
 */
export const dimensions = (
  part: Pick<Response.FilePart, "data">
): { readonly width: number; readonly height: number } | undefined => {
  const { height, width } = see(part.data) ?? {}
  return width === undefined || height === undefined ? undefined : { width, height }
}

/**
 * Writes a picture into a file, in the format that it has, whatever the file is called: all of it or nothing, in place of
 * what was there. Its folder must exist.
 *
 * @category files
 * @since 1.0.0
 */
export const save = (
  part: Pick<Response.FilePart, "data">,
  path: string
): Effect.Effect<void, ImageFileError> =>
  Effect.suspend(() => {
    const draft = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`
    return attempt(path, "can't be written", async ({ rename, writeFile }) => {
      await writeFile(draft, part.data, { flag: "wx" })
      await rename(draft, path)
    }).pipe(
      // Half a file is nobody's.
      Effect.uninterruptible,
      Effect.onError(() => Effect.promise(async () => (await import("node:fs/promises")).rm(draft, { force: true })))
    )
  })

/**
 * Reads a picture as a part of a prompt: one to start from, or to be looked at. Up to 50 MiB.
 *
 * @category files
 * @since 1.0.0
 */
export const file = (path: string): Effect.Effect<Picture, ImageFileError> =>
  Effect.flatMap(
    attempt(path, "can't be read", async ({ open }) => {
      const handle = await open(path, "r")
      try {
        const { size } = await handle.stat()
        return size > most ? undefined : new Uint8Array(await handle.readFile())
      } finally {
        await handle.close()
      }
    }),
    (data) => {
      if (data === undefined) return Effect.fail(new ImageFileError({ path, detail: "is larger than 50 MiB" }))
      const mediaType = see(data)?.mediaType
      return mediaType === undefined
        ? Effect.fail(new ImageFileError({ path, detail: "is no picture (PNG, JPEG, WebP, GIF, AVIF, SVG)" }))
        : Effect.succeed({ type: "file", mediaType, fileName: path.split(/[/\\]/).at(-1) ?? path, data })
    }
  )

/**
 * A picture as a part of a prompt.
 *
 * @category models
 * @since 1.0.0
 */
export type Picture = Extract<Prompt.UserMessagePartEncoded, { readonly type: "file" }> & { readonly data: Uint8Array }

const most = 50 * 1024 * 1024

const attempt = <A>(
  path: string,
  what: string,
  run: (fs: typeof FileSystem) => Promise<A>
): Effect.Effect<A, ImageFileError> =>
  Effect.tryPromise({
    try: async () => run(await import("node:fs/promises")),
    catch: (cause) => new ImageFileError({ path, detail: `${what} (${codeOf(cause)})` })
  })

const codeOf = (cause: unknown): string => hasProperty(cause, "code") ? String(cause.code) : "unknown"
