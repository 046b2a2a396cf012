/**
 * What a call for an image asks, as vendors need it: words, pictures to start from, and options in their own names.
 */
import * as Effect from "effect/Effect"
import * as Prompt from "effect/ai/Prompt"
import { type GenerateError, InvalidRequest } from "../GenerateError.ts"
import * as Request from "../Request.ts"
import type * as Transport from "../Transport.ts"
import { download } from "./imageLinks.ts"
import { see } from "./picture.ts"

/** A picture that was given: its address, or its bytes. */
export type Given =
  | { readonly url: string }
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly mediaType: string; readonly name: string }

export interface Asked {
  /** All that was said, in order. */
  readonly prompt: string
  readonly images: ReadonlyArray<Given>
  readonly mask: Given | undefined
}

/** Throws where it can't be asked of a model that makes images: a conversation, a file that is no picture. */
export const askedOf = (request: Request.Request): Asked => {
  const said: Array<string> = []
  const images: Array<Given> = []
  for (const message of request.prompt.content) {
    if (message.role === "system") said.push(message.content)
    else if (message.role === "user") {
      for (const part of message.content) {
        if (part.type === "text") said.push(part.text)
        else images.push(givenOf(request, part, "prompt"))
      }
    } else throw refuse(request, "prompt", "it takes no conversation: say all of it in one message, with its pictures")
  }
  const { mask } = request.params
  return {
    prompt: said.filter((text) => text !== "").join("\n\n"),
    images,
    mask: mask === undefined ? undefined : givenOf(request, { data: mask }, "mask")
  }
}

/**
 * The same request with its pictures as bytes, for vendors that take no addresses: those that it names are fetched, as any
 * stranger's are.
 */
export const fetched = (link: Transport.Fetch) =>
  Effect.fnUntraced(function*(request: Request.Request): Effect.fn.Return<Request.Request, GenerateError> {
    const maskAddress = addressOf(request.params.mask)
    if (maskAddress === undefined && !request.prompt.content.some(hasAddress)) return request
    const load = (field: string, address: string) =>
      Effect.mapError(download(link, address), (error) => {
        const detail = `${new URL(address).host} doesn't give the picture (${error.message})`
        return refuse(request, field, detail)
      })
    const messages = yield* Effect.forEach(
      request.prompt.content,
      (message): Effect.Effect<Prompt.Message, GenerateError> =>
        message.role !== "user" || !hasAddress(message)
          ? Effect.succeed(message)
          : Effect.map(
            Effect.forEach(message.content, (part) => {
              const address = part.type === "file" ? addressOf(part.data) : undefined
              return address === undefined
                ? Effect.succeed(part)
                : Effect.map(
                  load("prompt", address),
                  (data): Prompt.UserMessagePart => Object.assign({}, part, { data })
                )
            }),
            (content) => Object.assign({}, message, { content })
          )
    )
    const mask = maskAddress === undefined ? request.params.mask : yield* load("mask", maskAddress)
    return { ...request, prompt: Prompt.fromMessages(messages), params: { ...request.params, mask } }
  })

const hasAddress = (message: Prompt.Message): boolean =>
  message.role === "user" && message.content.some((part) => part.type === "file" && addressOf(part.data) !== undefined)

const addressOf = (data: unknown): string | undefined =>
  data instanceof URL && data.protocol !== "data:"
    ? data.href
    : typeof data === "string" && /^https?:\/\//.test(data)
    ? data
    : undefined

const givenOf = (
  request: Request.Request,
  part: { readonly data: string | Uint8Array | URL; readonly fileName?: string | undefined },
  field: string
): Given => {
  const url = addressOf(part.data)
  if (url !== undefined) return { url }
  const bytes = bytesOf(part.data)
  const mediaType = see(bytes)?.mediaType
  if (mediaType === undefined) {
    throw refuse(request, field, "a file in it is no picture (PNG, JPEG, WebP, GIF, AVIF, SVG)")
  }
  return { bytes, mediaType, name: part.fileName ?? `${field === "mask" ? "mask" : "image"}.${extensionOf(mediaType)}` }
}

const bytesOf = (data: string | Uint8Array | URL): Uint8Array<ArrayBuffer> => {
  if (data instanceof Uint8Array) {
    return data.buffer instanceof ArrayBuffer
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data)
  }
  const text = data instanceof URL ? data.href : data
  return new Uint8Array(Buffer.from(text.slice(text.startsWith("data:") ? text.indexOf(",") + 1 : 0), "base64"))
}

const extensionOf = (mediaType: string): string => mediaType.slice("image/".length).replace("svg+xml", "svg")

/** A picture as an address: its own, or one that holds its bytes. */
export const urlOf = (given: Given): string =>
  "url" in given ? given.url : `data:${given.mediaType};base64,${base64Of(given.bytes)}`

export const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

/** The error of an option whose value this vendor can't do: `can` says what it can. */
export const refuse = (request: Request.Request, field: string, can: string): GenerateError =>
  Request.fail(request, new InvalidRequest({ field, detail: can }))
