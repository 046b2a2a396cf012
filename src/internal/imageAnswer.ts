/**
 * Pictures that a vendor made, as an answer: those behind links are read at once, and each is looked at.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Response from "effect/ai/Response"
import { ContentFiltered, type GenerateError, InvalidResponse, type Reason } from "../GenerateError.ts"
import * as Generation from "../Generation.ts"
import type { Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import * as Usage from "../Usage.ts"
import { failure } from "./failures.ts"
import { DeadLink, download } from "./imageLinks.ts"
import { sizeOf } from "./imageSize.ts"
import * as Parts from "./parts.ts"
import { see, type Seen } from "./picture.ts"
import { reasonOfTransport } from "./refusal.ts"

/** What a vendor says of a picture. */
interface Told {
  readonly seed?: number | undefined
  /** What the vendor made of the prompt. */
  readonly revisedPrompt?: string | undefined
}

/** A picture that came with the answer. */
export type Here = ({ readonly base64: string } | { readonly bytes: Uint8Array }) & Told

/** Where a picture is. */
export type Made = Here | ({ readonly url: string } & Told)

/** What a vendor has answered. */
export interface Answer<Picture extends Made = Made> {
  readonly pictures: ReadonlyArray<Picture>
  /** The reply as it came. */
  readonly native: unknown
  /** What was sold: images by their sizes where unset. A size is unknown of what couldn't be read. */
  readonly usage?: Usage.Usage | ((sizes: ReadonlyArray<Size>) => Usage.Usage) | undefined
  /** As the answer names it. */
  readonly model?: string | undefined
  readonly requestId?: string | undefined
  readonly jobId?: string | undefined
  /** What the vendor says it charges. */
  readonly reportedUsd?: number | undefined
  readonly warnings?: ReadonlyArray<string> | undefined
  /** Pictures that its moderation took away, each in the vendor's words. Where there is no other, it is `ContentFiltered`. */
  readonly withheld?: ReadonlyArray<string> | undefined
  /** Whether the vendor charges for those. */
  readonly withheldBilled?: "yes" | "no" | undefined
}

export type Size = Pick<Seen, "width" | "height">

/** Images by the piece: as many as have one size together. */
export const imagesOf = (
  request: Request,
  sizes: ReadonlyArray<Size>
): ReadonlyArray<Usage.Images> => {
  const { quality } = request.params
  const bySize = new Map<string, Usage.Images>()
  for (const { height, width } of sizes) {
    const name = `${width}x${height}`
    const count = (bySize.get(name)?.count ?? 0) + 1
    bySize.set(name, {
      count,
      ...(width === undefined || height === undefined ? undefined : { width, height }),
      ...(quality === undefined ? undefined : { quality })
    })
  }
  return [...bySize.values()]
}

/** The answer as a Generation, with the pictures behind links. */
export const generationOf = (
  request: Request,
  answer: Answer,
  link: Transport.Fetch
): Effect.Effect<Generation.Generation, GenerateError> =>
  Effect.flatMap(
    Effect.forEach(answer.pictures, (made) => Effect.result(bytesOf(made, link)), { concurrency: 4 }),
    (bytes) => Effect.fromResult(assembled(request, answer, bytes))
  )

/** The same of an answer without links. */
export const generationHere = (
  request: Request,
  answer: Answer<Here>
): Result.Result<Generation.Generation, GenerateError> =>
  assembled(request, answer, answer.pictures.map((made) => Result.succeed(bytesHere(made))))

/** What can't be read fails as what it is. It was made all the same, and is paid. */
const assembled = (
  request: Request,
  answer: Answer,
  bytes: ReadonlyArray<Result.Result<Uint8Array, Reason>>
): Result.Result<Generation.Generation, GenerateError> => {
  const { jobId, native, pictures, reportedUsd, warnings = [], withheld = [] } = answer
  const requestId = answer.requestId ?? jobId
  const usageOf = (sizes: ReadonlyArray<Size>) =>
    typeof answer.usage === "function"
      ? answer.usage(sizes)
      : answer.usage ?? Usage.make({ images: imagesOf(request, sizes) })
  const asked = sizeOf(request)
  const fail = (reason: Reason, billed: "yes" | "no" | undefined) =>
    Result.fail(failure(request, reason, {
      requestId,
      jobId,
      billed,
      usage: billed === "yes" ? usageOf((pictures.length > 0 ? pictures : withheld).map(() => asked)) : undefined
    }))
  if (pictures.length === 0) {
    return withheld.length > 0
      ? fail(new ContentFiltered({ detail: withheld.join("; ") }), answer.withheldBilled)
      : fail(new InvalidResponse({ detail: "there is no picture in it" }), undefined)
  }
  const read = bytes.map((one) => Result.flatMap(one, looked))
  const failures = read.filter(Result.isFailure).map(({ failure }) => failure)
  const [first] = failures
  if (failures.length === read.length && first !== undefined) return fail(first, "yes")
  const content = read.flatMap((one, index) =>
    Result.isFailure(one)
      ? []
      : [Parts.file(one.success.seen.mediaType, one.success.bytes, metadataOf(pictures[index]))]
  )
  return Result.succeed(Generation.make({
    provider: request.model.provider,
    model: answer.model ?? request.model.upstream,
    content,
    finishReason: "stop",
    usage: usageOf(read.map((one) => Result.isSuccess(one) ? one.success.seen : asked)),
    requestId,
    native,
    reportedUsd,
    warnings: [
      ...warnings,
      ...failures.map(({ why }) => `a picture couldn't be read, and is paid: ${why}`),
      ...withheld.map((detail) => `a picture was withheld: ${detail}`)
    ]
  }))
}

const looked = (
  bytes: Uint8Array
): Result.Result<{ readonly bytes: Uint8Array; readonly seen: Seen }, Reason> => {
  const seen = see(bytes)
  if (seen !== undefined) return Result.succeed({ bytes, seen })
  const came = bytes.length === 0 ? "nothing" : `${bytes.length} bytes that are no picture`
  return Result.fail(new InvalidResponse({ detail: `${came} came in place of the picture` }))
}

const metadataOf = ({ revisedPrompt, seed }: Told = {}): Response.ProviderMetadata | undefined =>
  revisedPrompt === undefined && seed === undefined ? undefined : {
    loom: {
      ...(revisedPrompt === undefined ? undefined : { revisedPrompt }),
      ...(seed === undefined ? undefined : { seed })
    }
  }

const bytesHere = (made: Here): Uint8Array => {
  if ("bytes" in made) return made.bytes
  const { base64 } = made
  return new Uint8Array(Buffer.from(base64.slice(base64.startsWith("data:") ? base64.indexOf(",") + 1 : 0), "base64"))
}

const bytesOf = (made: Made, link: Transport.Fetch): Effect.Effect<Uint8Array, Reason> =>
  !("url" in made) ? Effect.sync(() => bytesHere(made)) : Effect.mapError(download(link, made.url), (error) => {
    if (!(error instanceof DeadLink)) {
      return new InvalidResponse({
        detail: `the link to the picture can't be followed: ${reasonOfTransport(error).why}`
      })
    }
    const why = gone.has(error.status) ? "has expired, or leads nowhere" : "doesn't work"
    return new InvalidResponse({ detail: `the link to the picture ${why} (${error.status})` })
  })

const gone = new Set([401, 403, 404, 410])
