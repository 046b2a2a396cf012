/**
 * Hunyuan's images over Tencent Cloud's own API (aiart): signed requests, and jobs.
 *
 * Read 2026-11-23: cloud.tencent.com/document/product/1668 (124632, 124633), `tencentcloud-sdk-nodejs-common`. Codes for
 * what moderation stops, and whether a job that fails is charged, are in none of them: such an attempt counts as maybe
 * billed.
 *
 * Errors come with status 200. An account has one job at a time, unless it bought more. A job can't be cancelled.
 */
import * as Effect from "effect/Effect"
import { isString } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { GenerateError } from "../../GenerateError.ts"
import type * as Generator from "../../Generator.ts"
import type * as Transport from "../../Transport.ts"
import type { Answer } from "../../internal/imageAnswer.ts"
import { refuse } from "../../internal/imageAsked.ts"
import type { Polled } from "../../internal/imageJob.ts"
import * as ImageOptions from "../../internal/imageOptions.ts"
import * as ImageVendor from "../../internal/imageVendor.ts"
import { isRecord } from "../../internal/json.ts"
import * as Keys from "../../internal/keys.ts"
import { type Kind, reasonOf, type Refusal } from "../../internal/refusal.ts"
import type { Refused } from "../../internal/refused.ts"
import * as Tc3 from "./Tc3.ts"

/** How Tencent Cloud is reached. */
export interface Options extends Pick<ImageVendor.Options, "limits"> {
  /** `TENCENTCLOUD_SECRET_ID` by default. */
  readonly secretId?: Keys.Key | undefined
  /** `TENCENTCLOUD_SECRET_KEY` by default. */
  readonly secretKey?: Keys.Key | undefined
  /** `HUNYUAN_CLOUD_BASE_URL`, else `https://aiart.tencentcloudapi.com`. */
  readonly baseUrl?: string | undefined
  /** `ap-guangzhou` by default. */
  readonly region?: string | undefined
}

/** What the wire takes of a job. */
export type JobRequest = {
  /** Whether it rewrites the prompt first, which takes 20 seconds: 1 where unset, and 0 where there is a seed. */
  readonly Revise?: 0 | 1 | undefined
  /** Whether it says in a corner that it is made by AI: 1 where unset. */
  readonly LogoAdd?: 0 | 1 | undefined
} & Readonly<Record<string, unknown>>

/** A job that is done, as it came: its links die after an hour. */
export interface JobReply {
  readonly Response: {
    readonly JobStatusCode: string
    readonly ResultImage?: ReadonlyArray<string>
    readonly ResultDetails?: ReadonlyArray<string>
    readonly RevisedPrompt?: ReadonlyArray<string>
    readonly RequestId?: string
  }
}

const Submitted = Schema.Struct({ Response: Schema.Struct({ JobId: Schema.NonEmptyString }) })

const Words = Schema.optional(Schema.NullOr(Schema.Array(Schema.String)))

const Looked = Schema.Struct({
  Response: Schema.Struct({
    JobStatusCode: Schema.String,
    JobStatusMsg: Schema.optional(Schema.NullOr(Schema.String)),
    JobErrorCode: Schema.optional(Schema.NullOr(Schema.String)),
    JobErrorMsg: Schema.optional(Schema.NullOr(Schema.String)),
    ResultImage: Words,
    RevisedPrompt: Words
  })
})

/** Makes the vendor's images over Tencent Cloud as a value. */
export const make = (
  options?: Options
): Effect.Effect<Generator.Generator, never, Transport.Transport> =>
  ImageVendor.make<ImageOptions.Fields>({
    // Of its own, so that its base URL isn't TokenHub's.
    provider: "hunyuan-cloud",
    baseUrl: "https://aiart.tencentcloudapi.com",
    apiKeyEnv: "TENCENTCLOUD_SECRET_ID",
    keySource: credentials(options),
    headers: (secret, { body = "", url }, now) => ({
      "x-tc-version": "2022-12-29",
      "x-tc-region": options?.region ?? "ap-guangzhou",
      ...Tc3.headers(credentialsIn(secret), { host: url.host, body, service: "aiart", at: now })
    }),
    takesLinks: true,
    oneByOne: true,
    concurrency: 1,
    write: (request, { images, prompt }) => {
      if (images.length > 0) throw refuse(request, "prompt", "it takes no pictures to start from")
      return { Prompt: prompt, ...ImageOptions.fieldsOf(request, jobOptions), ...request.native }
    },
    ask: Effect.fnUntraced(function*(sent, wire): Effect.fn.Return<Answer, GenerateError> {
      const call = <A>(schema: Schema.ConstraintDecoder<A>, action: string, json: object) =>
        wire.send(schema, { method: "POST", to: "/", headers: { "x-tc-action": action }, json })
      const { value: { Response: { JobId } } } = yield* call(Submitted, "SubmitTextToImageJob", sent)
      const { json, links, prompts } = yield* wire.job({
        id: JobId,
        interval: ["2 seconds", "2 seconds"],
        longest: "5 minutes",
        poll: Effect.map(
          call(Looked, "QueryTextToImageJob", { JobId }),
          ({ json, value }) => looked(value.Response, json)
        )
      })
      return {
        pictures: links.map((url, index) => ({ url, revisedPrompt: revisedOf(prompts[index], sent["Prompt"]) })),
        native: json,
        jobId: JobId
      }
    }),
    isRefusal: ({ Response: response }) => isRecord(response) && isRecord(response["Error"]),
    refusalOf
  })({ provider: "hunyuan", baseUrl: options?.baseUrl, limits: options?.limits })

const revisedOf = (revised: string | undefined, prompt: unknown): string | undefined =>
  revised === prompt || revised === "" ? undefined : revised

/** Both as one secret, as JSON. */
const credentials = (options: Options | undefined): Effect.Effect<Keys.KeySource, never, Transport.Transport> =>
  Effect.gen(function*(): Effect.fn.Return<Keys.KeySource, never, Transport.Transport> {
    const id = yield* Keys.source(options?.secretId, "TENCENTCLOUD_SECRET_ID")
    const key = yield* Keys.source(options?.secretKey, "TENCENTCLOUD_SECRET_KEY")
    const parts = new WeakMap<Redacted.Redacted, readonly [id: Redacted.Redacted, key: Redacted.Redacted]>()
    const together = (id: Redacted.Redacted, key: Redacted.Redacted): Redacted.Redacted => {
      const both: Tc3.Credentials = { secretId: Redacted.value(id), secretKey: Redacted.value(key) }
      const secret = Redacted.make(JSON.stringify(both), { label: "Tencent Cloud credentials" })
      parts.set(secret, [id, key])
      return secret
    }
    return {
      read: (request) => Effect.zipWith(id.read(request), key.read(request), together),
      refetch: (request, refused) => {
        const [refusedId = refused, refusedKey = refused] = parts.get(refused) ?? []
        return Effect.zipWith(id.refetch(request, refusedId), key.refetch(request, refusedKey), together)
      },
      nameOf: (secret) => id.nameOf(parts.get(secret)?.[0] ?? secret)
    }
  })

const Credentials = Schema.fromJsonString(Schema.Struct({ secretId: Schema.String, secretKey: Schema.String }))
const credentialsIn = Schema.decodeSync(Credentials)

const resolutions = [
  "640x1408",
  "704x1344",
  "768x1280",
  "832x1216",
  "896x1152",
  "960x1088",
  "1024x1024",
  "1088x960",
  "1152x896",
  "1216x832",
  "1280x768",
  "1344x704",
  "1408x640"
]

const jobOptions: ImageOptions.Options = {
  n: () => ({}),
  size: ImageOptions.oneOf(
    "size",
    Object.fromEntries(resolutions.map((size) => [size, size.replace("x", ":")])),
    "Resolution"
  ),
  aspectRatio: ImageOptions.oneOf(
    "aspectRatio",
    { "1:1": "1024:1024", "3:5": "768:1280", "5:3": "1280:768", "7:9": "896:1152", "9:7": "1152:896" },
    "Resolution"
  ),
  // A prompt that is rewritten has no seed.
  seed: (seed) => ({ Seed: seed, Revise: 0 })
}

interface Done {
  readonly links: ReadonlyArray<string>
  readonly prompts: ReadonlyArray<string>
  readonly json: unknown
}

const looked = (job: (typeof Looked.Type)["Response"], json: unknown): Polled<Done> => {
  switch (job.JobStatusCode) {
    case "5": {
      const { ResultImage: links, RevisedPrompt: prompts } = job
      return { state: "done", value: { links: links ?? [], prompts: prompts ?? [], json } }
    }
    case "4": {
      const { JobErrorCode: code, JobErrorMsg: said } = job
      return {
        state: "failed",
        message: [code, said].filter((text) => text).join(": "),
        reason: (detail) =>
          reasonOf({ status: 200, detail, kind: kindOf(code ?? "") === "filtered" ? "filtered" : "broken" })
      }
    }
    default:
      return { state: "pending", status: job.JobStatusMsg || (job.JobStatusCode === "1" ? "waiting" : "running") }
  }
}

function refusalOf({ body: { Response: response }, message, status }: Refused): Partial<Refusal> {
  const error = isRecord(response) ? response["Error"] : undefined
  if (!isRecord(response) || !isRecord(error)) return { detail: message }
  const { RequestId: requestId } = response
  const { Code: code, Message: said } = error
  return {
    // A secret's id may be in its words.
    detail: [code, said].filter(isString).join(": ").replaceAll(/\bAKID\w+/g, "<key>"),
    // Another status is none of its own: it says more than the code.
    kind: status === 200 ? kindOf(isString(code) ? code : "") : undefined,
    ...(isString(requestId) ? { requestId } : undefined)
  }
}

const kindOf = (code: string): Kind => kinds.find(([words]) => words.test(code))?.[1] ?? "broken"

/** What has no job has cost nothing. */
const kinds: ReadonlyArray<readonly [RegExp, Kind]> = [
  [/Illegal|Sensitive/, "filtered"],
  [/^(AuthFailure|UnauthorizedOperation)/, "key"],
  [/^(RequestLimitExceeded|LimitExceeded)/, "limited"],
  [/^Resource(Insufficient|Unavailable)/, "quota"],
  [/^(InvalidParameter|MissingParameter|UnknownParameter|InvalidAction|NoSuchVersion|UnsupportedRegion)/, "invalid"],
  [/^InternalError/, "overloaded"]
]
