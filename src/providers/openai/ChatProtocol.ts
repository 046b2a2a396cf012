/**
 * Chat Completions as one vendor speaks them, ready to be asked.
 */
import type OpenAI from "openai"
import type { Request } from "../../Request.ts"
import * as Adapter from "../../internal/adapter.ts"
import type { Told } from "../../internal/failures.ts"
import * as Chat from "./Chat.ts"
import { planOf } from "./ChatParams.ts"
import * as ChatReply from "./ChatReply.ts"
import * as ChatStream from "./ChatStream.ts"
import type { Quirks } from "./Quirks.ts"
import { post } from "./Sdk.ts"

export interface Options {
  readonly quirks: Quirks
  /** Refuses what would be dropped. */
  readonly isStrict: boolean
  readonly errorIn: (json: Readonly<Record<string, unknown>>) => Told | undefined
}

/** Writes a request. Throws where it holds what can't be sent. */
export const make = (
  { errorIn, isStrict, quirks }: Options
): (request: Request, stream: boolean) => Adapter.Ready<OpenAI> => {
  const reader = ChatReply.make(quirks)
  const decoder = ChatStream.make(quirks, reader)
  const build = post("/chat/completions")
  return (request, stream) => {
    const plan = planOf(quirks, request, stream, isStrict)
    return Adapter.ready({
      body: (request, stream) => Chat.body(quirks, plan, request, stream),
      build,
      errorIn,
      generation: (request, json, origin) => reader.generation(request, json, origin, plan.warnings),
      decoder: (request, origin) => decoder(request, origin, plan.warnings)
    })(request, stream)
  }
}
