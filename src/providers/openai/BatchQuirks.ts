/**
 * How a vendor's batches differ from OpenAI's.
 */
import type * as Result from "effect/Result"
import type { Limits } from "../../BatchEndpoint.ts"
import type { GenerateError } from "../../GenerateError.ts"
import type { Request } from "../../Request.ts"

type Fields = Readonly<Record<string, unknown>>

export interface BatchQuirks {
  readonly limits: Limits
  /** Which endpoint a request is for, as the vendor names it in a row and a job: chat completions. */
  readonly endpointOf?: ((request: Request) => Result.Result<string, GenerateError>) | undefined
  /** Whether a row says where it goes: it does. */
  readonly addressed?: boolean | undefined
  /** Fields of a job besides file, endpoint and metadata: a window of 24 hours. */
  readonly job?: Fields | undefined
  /** Fields of the upload besides the file: its purpose is `batch`. */
  readonly upload?: Readonly<Record<string, string>> | undefined
  /** Where files go: `/files`, where they are. */
  readonly uploadPath?: string | undefined
  /** The job in the answer to a submission: all of it. */
  readonly jobIn?: ((answer: Fields) => Fields) | undefined
  /**
   * By what a job is found again: `metadata`, which it carries, or the name of the `file` that it was made of, where
   * that is told in the list of files.
   */
  readonly foundBy?: "metadata" | "file" | undefined
}
