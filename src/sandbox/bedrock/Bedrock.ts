/**
 * Amazon Bedrock: Converse, whole and as a stream, for whoever has a bearer's token or signs as AWS demands.
 */
import * as Door from "../Door.ts"
import * as Headers from "../Headers.ts"
import type { Incoming, Protocol, World } from "../Protocol.ts"
import * as SigV4 from "../SigV4.ts"
import * as Converse from "./Converse.ts"
import { denied, inBand, notFound, ofFailure } from "./Problem.ts"

const basePath = "/bedrock"

/** With what every access key signs here. */
export const secretAccessKey = "sandbox/secret/access/key"

const headers = (requestId: string) => ({ "x-amzn-requestid": requestId })

/** The bearer's token, or the id of the access key whose signature holds. */
const key = (incoming: Incoming): string | undefined | Door.Problem => {
  const authorization = incoming.headers["authorization"]
  if (authorization === undefined) {
    return denied("MissingAuthenticationTokenException", "Missing Authentication Token")
  }
  if (!authorization.startsWith("AWS4-")) return Headers.bearer(incoming)
  const signed = SigV4.read(incoming.headers)
  if (signed === undefined) return denied("IncompleteSignatureException", "Authorization header is incomplete")
  const required = ["content-type", "host", "x-amz-date"]
  if (incoming.headers["x-amz-security-token"] !== undefined) required.push("x-amz-security-token")
  if (signed.service !== "bedrock" || !SigV4.isFresh(signed) || !SigV4.covers(signed, required)) {
    return denied("InvalidSignatureException", "The request is not signed as it has to be.")
  }
  const { method, path, text } = incoming
  const request = { method, url: basePath + path, headers: incoming.headers, body: text }
  return SigV4.isSignedWith(signed, secretAccessKey, request)
    ? signed.id
    : denied(
      "InvalidSignatureException",
      `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been 'POST x-amz-security-token:${
        incoming.headers["x-amz-security-token"] ?? ""
      }'`
    )
}

export const make = (world: World): Protocol => {
  const converse = Converse.make(world, headers)
  return Door.make(world, {
    provider: "bedrock",
    basePath,
    ownHeaders: new Set([
      "amz-sdk-invocation-id",
      "amz-sdk-request",
      "x-amz-content-sha256",
      "x-amz-date",
      "x-amz-security-token",
      "x-amz-user-agent"
    ]),
    requestId: (root) => root.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5"),
    headers,
    key,
    problem: ofFailure,
    inBand,
    route: ({ method, path }) => {
      const [, modelId = "", operation] = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(path) ?? []
      if (operation === undefined || method !== "POST") return notFound("Unable to determine service/operation name.")
      return converse(decodeURIComponent(modelId), operation === "converse-stream")
    }
  })
}
