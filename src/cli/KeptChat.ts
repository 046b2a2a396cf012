/**
 * The last chat, as it is kept for `loom chat --continue`.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SecretFile from "../internal/secretFile.ts"
import * as Paths from "../storage/paths.ts"
import * as Failure from "./Failure.ts"

const Chat = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  model: Schema.String,
  system: Schema.NullOr(Schema.String),
  messages: Schema.Array(Schema.Struct({ role: Schema.Literals(["user", "assistant"]), content: Schema.String }))
})

export type Chat = typeof Chat.Type

const Text = Schema.fromJsonString(Chat)
const decode = Schema.decodeEffect(Text)
const encode = Schema.encodeSync(Text)

/** What was said last. */
export const load = Effect.gen(function*() {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Paths.chat
  const text = yield* fileSystem.readFileString(path).pipe(
    Effect.catchReason(
      "PlatformError",
      "NotFound",
      () => Failure.usage({ what: "there is no chat to go on with", fix: "begin one: `loom chat`" }, "NotFound")
    ),
    Effect.catchTag(
      "PlatformError",
      ({ message }) =>
        Failure.failed("ChatFile", {
          what: "the last chat can't be read",
          why: message,
          fix: "begin anew: `loom chat`"
        })
    )
  )
  // What is wrong with it would quote what was said.
  return yield* Effect.mapError(
    decode(text),
    () => Failure.failed("ChatFile", { what: `${path} is no chat of this Loom`, fix: "begin anew: `loom chat`" })
  )
})

/** Keeps a chat in place of the one before, for this user alone. */
export const keep = (chat: Chat) =>
  Effect.flatMap(Paths.chat, (path) => SecretFile.write("chat", path, Redacted.make(encode(chat))))
