import { Effect } from "effect"
import { type Options, type Provider, Sandbox } from "../../../src/sandbox/Sandbox.ts"
import * as Picture from "../../../src/sandbox/pictures/Picture.ts"
import { plain } from "../../../src/sandbox/pictures/Raster.ts"
import { call } from "../driven.ts"

// oxlint-disable-next-line typescript/no-explicit-any -- A vendor's JSON, which the tests look into.
type Json = any

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly type: string | null
  readonly bytes: Buffer
  /** Undefined where the body is no JSON. */
  readonly body: Json
}

export interface Imaged {
  readonly sandbox: Sandbox["Service"]
  readonly send: (url: string, init?: RequestInit) => Effect.Effect<Reply>
  /** A body of JSON to a vendor, with the headers that it knows a caller by. */
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Effect.Effect<Reply>
  readonly form: (path: string, fields: Record<string, string | Blob | ReadonlyArray<Blob>>) => Effect.Effect<Reply>
  readonly get: (pathOrUrl: string) => Effect.Effect<Reply>
  /** What is charged so far, in units of 1e-12 USD. */
  readonly amounts: Effect.Effect<ReadonlyArray<bigint>>
}

const parsed = (text: string): Json => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Runs a test against a sandbox of its own, with requests of one vendor's kind. */
export const imaged = <A, E>(
  vendor: { readonly provider: Provider; readonly auth: Record<string, string>; readonly base?: string },
  body: (imaged: Imaged) => Effect.fn.Return<A, E>,
  options: Options = { startsAt: Date.UTC(2026, 10, 23) }
) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    const base = vendor.base === undefined ? sandbox.baseUrl(vendor.provider) : sandbox.url + vendor.base
    const send: Imaged["send"] = (url, init) =>
      call(async () => {
        const response = await fetch(url, init)
        const bytes = Buffer.from(await response.arrayBuffer())
        return {
          status: response.status,
          headers: response.headers,
          type: response.headers.get("content-type"),
          bytes,
          body: parsed(bytes.toString())
        }
      })
    const at = (path: string) => path.startsWith("http") ? path : base + path
    return yield* Effect.gen(() =>
      body({
        sandbox,
        send,
        post: (path, content, headers) =>
          send(at(path), {
            method: "POST",
            headers: { "content-type": "application/json", ...vendor.auth, ...headers },
            body: JSON.stringify(content)
          }),
        form: (path, fields) => {
          const form = new FormData()
          for (const [name, values] of Object.entries(fields)) {
            for (const value of Array.isArray(values) ? values : [values]) form.append(name, value)
          }
          return send(at(path), { method: "POST", headers: { ...vendor.auth, accept: "application/json" }, body: form })
        },
        get: (path) => send(at(path), { headers: vendor.auth }),
        amounts: Effect.map(sandbox.bill, (entries) => entries.map(({ amount }) => amount))
      })
    )
  }).pipe(Effect.provide(Sandbox.layer(options)))

export const bearer = { authorization: "Bearer test-0123456789abcd" }

export const measured = (bytes: Buffer) => {
  const { format, height, width } = Picture.measure(bytes) ?? {}
  return `${format} ${width}x${height}`
}

/** Units of 1e-12 USD. */
export const dollars = (amount: number): bigint => BigInt(Math.round(amount * 1e12))

export const ofBase64 = (text: string) => measured(Buffer.from(text, "base64"))

/** A picture to send along. */
export const picture = (width = 64, height = 48, format: Picture.Format = "png") =>
  Picture.encode(plain(width, height, 0xcc3300ff), format)

export const blob = (bytes: Buffer, type = "image/png") => new Blob([new Uint8Array(bytes)], { type })

export const dataUri = (bytes: Buffer, type = "image/png") => `data:${type};base64,${bytes.toString("base64")}`

/** What the journal tells of pictures. */
export const stepsOf = (sandbox: Sandbox["Service"]) =>
  Effect.map(
    sandbox.journal,
    (entries) => entries.map(({ charged, status, step }) => `${step} ${status}${charged ? " charged" : ""}`)
  )
