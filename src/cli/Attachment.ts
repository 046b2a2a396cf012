/**
 * Images and PDF to send along with a prompt.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type * as Prompt from "effect/ai/Prompt"
import * as Failure from "./Failure.ts"

type FilePart = Extract<Prompt.UserMessagePartEncoded, { readonly type: "file" }>

/** Reads a file, or names a URL, which the vendor fetches. */
export const load = Effect.fnUntraced(function*(source: string) {
  if (/^https?:\/\//i.test(source)) return yield* ofUrl(source)
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const bytes = yield* fileSystem.readFile(source).pipe(
    Effect.mapError(({ message }) => Failure.usage({ what: `${source} can't be attached`, why: message }))
  )
  return yield* ofBytes(bytes, path.basename(source))
})

/** What the bytes say counts, then what the name says. */
export const ofBytes = (bytes: Uint8Array, name: string): Effect.Effect<FilePart, Failure.Failure> => {
  const mediaType = mediaTypeIn(bytes) ?? (bytes.length === 0 ? undefined : mediaTypeOf(name))
  return mediaType === undefined
    ? Effect.fail(Failure.usage({
      what: `${name} can't be attached`,
      why: bytes.length === 0 ? "it is empty" : "it is neither an image (PNG, JPEG, GIF, WebP) nor a PDF",
      fix: "pipe text in, before the prompt"
    }))
    : Effect.succeed({ type: "file", mediaType, fileName: name, data: bytes })
}

const ofUrl = (source: string): Effect.Effect<FilePart, Failure.Failure> =>
  URL.canParse(source)
    ? Effect.sync(() => {
      const url = new URL(source)
      // Vendors look for themselves what kind of image it is.
      return { type: "file", mediaType: mediaTypeOf(url.pathname) ?? "image/*", data: url }
    })
    : Effect.fail(Failure.usage({ what: `${source} can't be attached`, why: "it is no URL" }))

const signatures: ReadonlyArray<readonly [mediaType: string, pattern: RegExp]> = [
  ["image/png", /^\x89PNG\r\n[^]\n/],
  ["image/jpeg", /^\xff\xd8\xff/],
  ["image/gif", /^GIF8[79]a/],
  ["image/webp", /^RIFF[^]{4}WEBP/],
  ["application/pdf", /^%PDF-/]
]

const mediaTypeIn = (bytes: Uint8Array): string | undefined => {
  const head = String.fromCharCode(...bytes.subarray(0, 16))
  return signatures.find(([, pattern]) => pattern.test(head))?.[0]
}

const byExtension: ReadonlyMap<string, string> = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["gif", "image/gif"],
  ["webp", "image/webp"],
  ["pdf", "application/pdf"]
])

const mediaTypeOf = (name: string): string | undefined => byExtension.get(name.split(".").at(-1)?.toLowerCase() ?? "")
