/**
 * AWS's Signature Version 4, checked from AWS's description of it.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"

type Headers = Readonly<Record<string, string | undefined>>

/** What a request says of how it is signed. */
export interface Signed {
  readonly id: string
  readonly date: string
  readonly region: string
  readonly service: string
  /** The headers that are signed. */
  readonly names: ReadonlyArray<string>
  readonly signature: string
  /** When, as AWS writes it. */
  readonly at: string
}

const pattern =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

export const read = (headers: Headers): Signed | undefined => {
  const [, id, date = "", region = "", service = "", names = "", signature = ""] =
    pattern.exec(headers["authorization"] ?? "") ?? []
  return id === undefined
    ? undefined
    : { id, date, region, service, names: names.split(";"), signature, at: headers["x-amz-date"] ?? "" }
}

/** Five minutes, as AWS has it. */
const skew = 5 * 60_000

/** By the time of the machine, which is what clients sign by. */
export const isFresh = ({ at, date }: Signed): boolean => {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(at) ?? []
  const signedAt = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
  return at.startsWith(date) && Math.abs(Date.now() - signedAt) <= skew
}

/** Whether these headers are among the signed ones, which stand in their order. */
export const covers = ({ names }: Signed, required: ReadonlyArray<string>): boolean =>
  required.every((name) => names.includes(name)) && names.join(";") === names.toSorted().join(";")

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()

/** Steps of a path are encoded once more, other than S3's. */
const canonicalPath = (pathname: string): string =>
  pathname.split("/").map((step) =>
    encodeURIComponent(step).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
  ).join("/")

export const isSignedWith = (
  { at, date, names, region, service, signature }: Signed,
  secret: string,
  { body, headers, method, url }: {
    readonly method: string
    readonly url: string
    readonly headers: Headers
    readonly body: string
  }
): boolean => {
  const { pathname, searchParams } = new URL(url, "http://aws")
  searchParams.sort()
  const canonical = [
    method,
    canonicalPath(pathname),
    searchParams.toString(),
    ...names.map((name) => `${name}:${(headers[name] ?? "").trim().replaceAll(/ +/g, " ")}`),
    "",
    names.join(";"),
    sha256(body)
  ].join("\n")
  const scope = `${date}/${region}/${service}/aws4_request`
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secret}`)
  const expected = hmac(key, ["AWS4-HMAC-SHA256", at, scope, sha256(canonical)].join("\n"))
  return timingSafeEqual(expected, Buffer.from(signature, "hex"))
}
