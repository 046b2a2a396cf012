/**
 * Tencent's signature, TC3-HMAC-SHA256, checked from Tencent's description of it and `tencentcloud-sdk-nodejs-common`.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"

interface Signed {
  readonly id: string
  readonly date: string
  readonly service: string
  readonly names: ReadonlyArray<string>
  readonly signature: string
}

const pattern =
  /^TC3-HMAC-SHA256 Credential=([^/]+)\/(\d{4}-\d\d-\d\d)\/([^/]+)\/tc3_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

export const read = (authorization: string | undefined): Signed | undefined => {
  const [, id, date = "", service = "", names = "", signature = ""] = pattern.exec(authorization ?? "") ?? []
  return id === undefined ? undefined : { id, date, service, names: names.split(";"), signature }
}

/** Five minutes, by the time of the machine, which most clients sign by, or by `now`. */
export const isFresh = ({ date }: Signed, timestamp: string, now: number): boolean => {
  const millis = Number(timestamp) * 1000
  return [Date.now(), now].some((time) => Math.abs(time - millis) <= 300_000) &&
    new Date(millis).toISOString().startsWith(date)
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()

/** Whether these headers, of which type and host must be, are signed with the secret. */
export const isSignedWith = (
  { date, names, service, signature }: Signed,
  secret: string,
  { body, headers, timestamp }: {
    readonly headers: Readonly<Record<string, string | undefined>>
    readonly timestamp: string
    readonly body: string
  }
): boolean => {
  if (!names.includes("content-type") || !names.includes("host")) return false
  const canonical = [
    "POST",
    "/",
    "",
    ...names.map((name) => `${name}:${(headers[name] ?? "").trim().toLowerCase()}`),
    "",
    names.join(";"),
    sha256(body)
  ].join("\n")
  const key = [date, service, "tc3_request"].reduce<string | Buffer>(hmac, `TC3${secret}`)
  const told = ["TC3-HMAC-SHA256", timestamp, `${date}/${service}/tc3_request`, sha256(canonical)].join("\n")
  return timingSafeEqual(hmac(key, told), Buffer.from(signature, "hex"))
}
