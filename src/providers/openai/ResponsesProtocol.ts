/**
 * Responses as one vendor speaks them, ready to be asked.
 */
import * as Adapter from "../../internal/adapter.ts"
import * as Responses from "./Responses.ts"
import * as ResponsesBody from "./ResponsesBody.ts"
import type { ResponsesQuirks } from "./ResponsesQuirks.ts"
import { post } from "./Sdk.ts"

/** Writes a request. Throws where it holds what can't be sent. */
export const make = (quirks: ResponsesQuirks) =>
  Adapter.ready({ body: ResponsesBody.body(quirks), build: post("/responses"), ...Responses.make(quirks) })
