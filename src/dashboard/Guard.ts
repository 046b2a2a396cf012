/**
 * Who may see the dashboard, and what a page of it may do.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { createHash, timingSafeEqual } from "node:crypto"

/**
 * Who may see it:
 *
 * - `"loopback"`: this machine, under its own names: what a page of another site can't make a browser say
 * - `{ token }`: who knows it, from anywhere
 * - `"guarded"`: everybody who gets here, since whoever mounts it asks who they are
 */
export type Access = "loopback" | { readonly token: Redacted.Redacted } | "guarded"

const headers = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY"
}

const refusal = (status: 401 | 403 | 413, tag: string, message: string, fix: string) =>
  HttpServerResponse.jsonUnsafe({ _tag: tag, message, why: null, fix }, { status })

const loopbackNames = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i
const loopbackAddress = /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^::1$/

const cookieName = "loom_dashboard"

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

const isSame = (one: Buffer, other: Buffer): boolean => one.length === other.length && timingSafeEqual(one, other)

/** What is kept in the browser: enough to be let in, and not the token. */
const cookieOf = (token: string): string => digest(`cookie ${token}`).toString("base64url")

const checkLoopback = (request: HttpServerRequest.HttpServerRequest) => {
  const isForeign = !loopbackNames.test(request.headers["host"] ?? "")
  const peer = Option.getOrUndefined(request.peerAddress)
  return isForeign || (peer !== undefined && !loopbackAddress.test(peer))
    ? refusal(
      403,
      "Forbidden",
      "this dashboard is for its own machine",
      "open it as http://localhost, or give it a token to show it elsewhere"
    )
    : undefined
}

const checkToken = (request: HttpServerRequest.HttpServerRequest, token: string) => {
  const wanted = digest(token)
  const [, bearer] = /^Bearer (.+)$/i.exec(request.headers["authorization"] ?? "") ?? []
  if (bearer !== undefined && isSame(digest(bearer), wanted)) return undefined
  const cookie = request.cookies[cookieName]
  if (cookie !== undefined && isSame(digest(cookie), digest(cookieOf(token)))) return undefined
  const url = new URL(request.originalUrl, "http://dashboard")
  const given = url.searchParams.get("token")
  if (given === null || !isSame(digest(given), wanted)) {
    return refusal(401, "Unauthorized", "this dashboard wants a token", "open it with ?token=…, or send it as a bearer")
  }
  // Out of the address, so that it's in no history and no log.
  url.searchParams.delete("token")
  const place = url.pathname.slice(url.pathname.lastIndexOf("/") + 1)
  return HttpServerResponse.redirect(`./${place}${url.search}`, { status: 303 }).pipe(
    HttpServerResponse.setCookieUnsafe(cookieName, cookieOf(token), {
      httpOnly: true,
      sameSite: "strict",
      path: url.pathname.slice(0, url.pathname.lastIndexOf("/") + 1),
      secure: request.protocol === "https"
    })
  )
}

const hasBody = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  (headers["content-length"] ?? "0") !== "0" || headers["transfer-encoding"] !== undefined

/** Stands in front of every route of the dashboard, and of no other. */
export const guard = (access: Access) =>
  HttpRouter.middleware((effect) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const refused = hasBody(request)
        ? refusal(413, "BodyRefused", "nothing is taken here", "ask with GET, without a body")
        : access === "guarded"
        ? undefined
        : access === "loopback"
        ? checkLoopback(request)
        : checkToken(request, Redacted.value(access.token))
      return Effect.map(
        refused === undefined ? effect : Effect.succeed(refused),
        HttpServerResponse.setHeaders(headers)
      )
    })
  ).layer
