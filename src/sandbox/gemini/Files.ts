/**
 * `files`: uploads in pieces, which are told about before they come, and downloads.
 */
import type * as Disk from "../Disk.ts"
import type { Problem } from "../Door.ts"
import { isObject, type JsonObject, objectAt, stringAt } from "../Json.ts"
import type { World } from "../Protocol.ts"
import type { Asked, Clerk, Reply, Table } from "../batches/Desk.ts"
import type * as Files from "../batches/Files.ts"
import { invalid, problem } from "./Problem.ts"

/** Two days. */
const keptMillis = 172_800_000

/** Of a file that the vendor made. */
export const madePurpose = "generated"

interface Upload {
  readonly id: string
  readonly type: string
  readonly displayName: string | undefined
  readonly content: Disk.File
}

const instant = (millis: number): string => new Date(millis).toISOString()

export interface Uploads {
  readonly table: Table<Problem>
  readonly clear: () => void
}

export const make = (world: World, files: Files.Files, basePath: string): Uploads => {
  const uploads = new Map<string, Upload>()

  const fileOf = ({ content, createdAt, expiresAt, id, name, purpose }: Files.Kept): JsonObject => ({
    name: `files/${id}`,
    ...(name === "" ? {} : { displayName: name }),
    mimeType: purpose === madePurpose ? "application/jsonl" : purpose,
    sizeBytes: String(content.bytes()),
    createTime: instant(createdAt),
    updateTime: instant(createdAt),
    ...(expiresAt === undefined ? {} : { expirationTime: instant(expiresAt) }),
    state: "ACTIVE",
    source: purpose === madePurpose ? "GENERATED" : "UPLOADED"
  })

  const start = ({ incoming: { body, headers, path }, root }: Asked): Problem | (() => Reply) => {
    if (headers["x-goog-upload-protocol"] !== "resumable" || headers["x-goog-upload-command"] !== "start") {
      return invalid("The sandbox takes resumable uploads only.")
    }
    const id = root.slice(0, 12)
    return () => {
      uploads.set(id, {
        id,
        type: headers["x-goog-upload-header-content-type"] ?? "application/octet-stream",
        displayName: stringAt(objectAt(isObject(body) ? body : {}, "file"), "displayName"),
        content: world.disk.make()
      })
      const url = `http://${headers["host"] ?? "localhost"}${basePath}${path}?upload_id=${id}&upload_protocol=resumable`
      return { body: {}, headers: { "x-goog-upload-url": url, "x-goog-upload-status": "active" } }
    }
  }

  const piece = (upload: Upload, { incoming: { bytes, headers } }: Asked): Problem | (() => Reply) => {
    const commands = (headers["x-goog-upload-command"] ?? "").split(/,\s*/)
    if (Number(headers["x-goog-upload-offset"] ?? 0) !== upload.content.bytes()) {
      return invalid(`The upload goes on at ${upload.content.bytes()}.`)
    }
    return () => {
      if (commands.includes("upload")) upload.content.append(bytes ?? new Uint8Array())
      if (!commands.includes("finalize")) return { body: {}, headers: { "x-goog-upload-status": "active" } }
      uploads.delete(upload.id)
      const kept = files.add({
        id: upload.id,
        name: upload.displayName ?? "",
        purpose: upload.type,
        content: upload.content,
        expiresAt: world.time.now() + keptMillis
      })
      upload.content.release()
      return { body: { file: fileOf(kept) }, headers: { "x-goog-upload-status": "final" } }
    }
  }

  const upload: Clerk<Problem> = (asked) => {
    const id = asked.incoming.query.get("upload_id")
    if (id === null) return start(asked)
    const open = uploads.get(id)
    return open === undefined ? problem(404, "The upload isn't there, or it was finished.") : piece(open, asked)
  }

  /** Who asks for what isn't there isn't told so. */
  const found = (reply: (file: Files.Kept) => Reply) => (id: string): Clerk<Problem> => () => {
    const file = files.find(id)
    return file === undefined
      ? problem(403, `You do not have permission to access the File ${id} or it may not exist.`)
      : () => reply(file)
  }

  return {
    table: {
      "POST /upload/files": () => upload,
      "GET /files": () => () => () => ({ body: { files: files.all().map(fileOf) } }),
      "GET /files/*": found((file) => ({ body: fileOf(file) })),
      "GET /files/*:download": found(({ content }) => ({
        body: undefined,
        file: { content, type: "application/jsonl" }
      })),
      "DELETE /files/*": found(({ id }) => {
        files.remove(id)
        return { body: {} }
      })
    },
    clear: () => {
      for (const { content } of uploads.values()) content.release()
      uploads.clear()
    }
  }
}
