/**
 * `/files` but the upload: what all vendors do alike, each in its own words.
 */
import type { JsonObject } from "../Json.ts"
import type { Clerk, Reply, Table } from "./Desk.ts"
import type * as Files from "./Files.ts"

export interface Words<Problem> {
  readonly missing: (id: string) => Problem
  readonly file: (file: Files.Kept) => JsonObject
  /** Some of `files`, as the query asks. */
  readonly list: (files: ReadonlyArray<Files.Kept>, query: URLSearchParams) => unknown
}

export const make = <Problem>(files: Files.Files, words: Words<Problem>): Table<Problem> => {
  const kept = (reply: (file: Files.Kept) => Reply) => (id: string): Clerk<Problem> => () => {
    const found = files.find(id)
    return found === undefined ? words.missing(id) : () => reply(found)
  }
  return {
    "GET /files": () => ({ incoming: { query } }) => () => ({ body: words.list(files.all(), query) }),
    "GET /files/*": kept((found) => ({ body: words.file(found) })),
    "DELETE /files/*": kept(({ id }) => {
      files.remove(id)
      return { body: { id, object: "file", deleted: true } }
    }),
    "GET /files/*/content": kept(({ content }) => ({
      body: undefined,
      file: { content, type: "application/octet-stream" }
    }))
  }
}
