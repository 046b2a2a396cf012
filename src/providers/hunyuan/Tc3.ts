/**
 * Tencent Cloud's signature, TC3-HMAC-SHA256.
 *
 * Read 2026-11-23: cloud.tencent.com/document/api/1668 (signature v3), `tencentcloud-sdk-nodejs-common` `sign.js`.
 */
import { createHash, createHmac } from "node:crypto"

/** What a request is signed with: a name, and the key that goes with it. */
export interface Credentials {
  readonly secretId: string
  readonly secretKey: string
}

export interface Signed {
  readonly host: string
  readonly body: string
  readonly service: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** The headers that say who asks, of a POST of JSON to the root. */
export const headers = ({ secretId, secretKey }: Credentials, { at, body, host, service }: Signed) => {
  const timestamp = String(Math.floor(at / 1000))
  const date = new Date(at).toISOString().slice(0, 10)
  const scope = `${date}/${service}/tc3_request`
  const names = "content-type;host"
  const canonical = `POST\n/\n\ncontent-type:application/json\nhost:${host}\n\n${names}\n${sha256(body)}`
  const told = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`
  const key = [date, service, "tc3_request"].reduce<string | Buffer>(hmac, `TC3${secretKey}`)
  const signature = hmac(key, told).toString("hex")
  return {
    authorization: `TC3-HMAC-SHA256 Credential=${secretId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    "x-tc-timestamp": timestamp
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()
