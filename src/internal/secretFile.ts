/**
 * Files that hold secrets.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { chmod, mkdir, open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { type Policy, SecretBackendError } from "../SecretBackend.ts"
import { isRecord } from "./json.ts"

/** A look at a file costs little, and whoever edits it waits for it. */
export const policy: Policy = { timeToLive: "5 seconds" }

const codeOf = (cause: unknown): string =>
  isRecord(cause) && typeof cause["code"] === "string" && /^E[A-Z0-9_]+$/.test(cause["code"])
    ? cause["code"]
    : "unknown"

/** The largest file that is read, in bytes. */
const most = 1024 * 1024

/** A file's text; `undefined` where there is no file. `isPrivate` refuses one that others may read or write. */
export const read = (
  backend: string,
  path: string,
  options?: { readonly isPrivate?: boolean }
): Effect.Effect<Redacted.Redacted | undefined, SecretBackendError> =>
  Effect.tryPromise({
    try: async () => {
      // What is looked at and what is read are one file, whatever its path leads to a moment later.
      const file = await open(path, "r")
      try {
        const { mode, size } = await file.stat()
        if (options?.isPrivate === true && process.platform !== "win32" && (mode & 0o077) !== 0) {
          throw new SecretBackendError({
            backend,
            kind: "Misconfigured",
            detail: `${path} may be read by others (mode ${(mode & 0o777).toString(8)})`,
            fix: `run \`chmod 600 ${path}\`, and replace its keys if others had access`
          })
        }
        if (size > most) {
          throw new SecretBackendError({
            backend,
            kind: "Malformed",
            detail: `${path} is too large for a file of keys`,
            fix: "look at what is in it"
          })
        }
        return Redacted.make(await file.readFile("utf8"))
      } finally {
        await file.close()
      }
    },
    catch: (cause) => cause instanceof SecretBackendError ? cause : codeOf(cause)
  }).pipe(
    Effect.catch((failure) => {
      if (typeof failure !== "string") return Effect.fail(failure)
      if (failure === "ENOENT" || failure === "ENOTDIR") return Effect.succeed(undefined)
      return Effect.fail(
        new SecretBackendError({
          backend,
          kind: "Misconfigured",
          detail: `${path} can't be read (${failure})`,
          fix: "make it a file that this user may read"
        })
      )
    })
  )

/** Writes a file that this user alone may read, at once or not at all. */
export const write = (
  backend: string,
  path: string,
  text: Redacted.Redacted
): Effect.Effect<void, SecretBackendError> =>
  Effect.tryPromise({
    try: async () => {
      const folder = dirname(path)
      if (await mkdir(folder, { recursive: true, mode: 0o700 }) !== undefined) await chmod(folder, 0o700)
      const draft = `${path}.${crypto.randomUUID()}`
      try {
        const file = await open(draft, "wx", 0o600)
        try {
          await file.writeFile(Redacted.value(text))
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(draft, path)
      } catch (cause) {
        await rm(draft, { force: true })
        throw cause
      }
    },
    catch: (cause) =>
      new SecretBackendError({
        backend,
        kind: "Misconfigured",
        detail: `${path} can't be written (${codeOf(cause)})`,
        fix: "make its folder one that this user may write to"
      })
  })
