/**
 * `/files/<name>`: where links to pictures lead. A link works for a while on the sandbox's clock, and for nobody who sends
 * it a key.
 */
import * as Bounded from "../Bounded.ts"
import * as Journal from "../Journal.ts"
import type { Answer, Failure, Protocol, Rejected } from "../Protocol.ts"
import { digest } from "../Seed.ts"
import type * as Time from "../Time.ts"

export interface File {
  readonly bytes: () => Buffer
  readonly contentType: string
  /** How its name ends, without the dot. */
  readonly extension: string
  readonly livesMillis: number
  /** What the vendor's storage answers once the link is dead. */
  readonly deadStatus: 403 | 404
  /** The prompt that it was made from, which faults may look at. */
  readonly prompt: string
}

export interface Files {
  /** Keeps a file and gives the link to it. */
  readonly put: (file: File) => string
  readonly protocol: Protocol
}

interface Kept extends File {
  readonly diesAt: number
}

const basePath = "/files"
const capacity = 10_000

const xml = (status: number, code: string, message: string, requestId: string): Answer => ({
  status,
  headers: {},
  requestId,
  body: {
    _tag: "Bytes",
    contentType: "application/xml",
    bytes: Buffer.from(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
    )
  }
})

const codes: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ["InvalidRequest", "The request is not valid."],
  403: ["AccessDenied", "Request has expired"],
  404: ["NoSuchKey", "The specified key does not exist."],
  405: ["MethodNotAllowed", "The specified method is not allowed."],
  503: ["SlowDown", "Please reduce your request rate."]
}

const failed = ({ code, message, status }: Failure, requestId: string): Answer => {
  const [standard, words] = codes[status] ?? ["InternalError", "We encountered an internal error."]
  return xml(status, code ?? standard, message ?? words, requestId)
}

export const make = (seed: string, time: Time.Time, origin: () => string): Files => {
  const files = new Map<string, Kept>()
  let count = 0
  const protocol: Protocol = {
    provider: "files",
    basePath,
    receive: ({ headers, method, path }) => {
      const requestId = path.slice(1)
      const step = "link"
      const reject = (failure: Failure): Rejected => ({ _tag: "Rejected", step, answer: failed(failure, requestId) })
      const credential = Object.keys(headers).find(Journal.isCredential)
      if (credential !== undefined) {
        return reject({ status: 400, message: `A link takes no credentials, and got ${credential}.` })
      }
      if (method !== "GET" && method !== "HEAD") return reject({ status: 405 })
      const file = files.get(requestId)
      if (file === undefined) return reject({ status: 404 })
      return {
        _tag: "Accepted",
        step,
        model: undefined,
        prompt: file.prompt,
        stream: false,
        requestId,
        answer: () =>
          time.now() >= file.diesAt ? failed({ status: file.deadStatus }, requestId) : {
            status: 200,
            headers: {},
            requestId,
            body: { _tag: "Bytes", contentType: file.contentType, bytes: file.bytes() }
          },
        error: (failure) => failed(failure, requestId)
      }
    },
    refuse: (failure) => failed(failure, ""),
    reset: () => {
      files.clear()
      count = 0
    }
  }
  return {
    put: (file) => {
      const name = `${digest(seed, "file", String(count++)).slice(0, 24)}.${file.extension}`
      Bounded.setNewest(files, capacity, name, { ...file, diesAt: time.now() + file.livesMillis })
      return `${origin()}${basePath}/${name}`
    },
    protocol
  }
}
