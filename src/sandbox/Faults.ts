/**
 * Scripted faults: which request they fall on, and what goes wrong with it.
 */
import * as Schema from "effect/Schema"

const Position = Schema.Struct({
  afterEvents: Schema.optional(Schema.Int),
  afterBytes: Schema.optional(Schema.Int)
})

/** What a request can be to a picture. */
export const steps = ["submit", "poll", "cancel", "link"] as const

/**
 * What a request must look like, what then happens, and how often.
 *
 * **Details**
 *
 * A fault falls on the first request that every given condition fits, `times` times (once by default), and only on
 * requests which the vendor would have accepted: a wrong parameter is still answered with 400. Faults are tried in the
 * order they were scripted, one a request. All effects of one fault are combined.
 *
 * @category models
 * @since 1.0.0
 */
export const Fault = Schema.Struct({
  /** End of the path, such as `/responses` or `/openai/v1/responses`. */
  route: Schema.optional(Schema.String),
  /** What the request is to a picture: asks for it, asks after its job, ends that, or fetches what was made. */
  step: Schema.optional(Schema.Literals(steps)),
  /** Such as `POST`, where a route has several. */
  method: Schema.optional(Schema.String),
  /** The model asked for. */
  model: Schema.optional(Schema.String),
  /** A part of the user's last message. */
  prompt: Schema.optional(Schema.String),
  header: Schema.optional(Schema.Struct({ name: Schema.String, value: Schema.optional(Schema.String) })),
  stream: Schema.optional(Schema.Boolean),
  times: Schema.optional(Schema.Union([Schema.Int, Schema.Literal("always")])),

  /** Waits before the first byte. */
  delayMillis: Schema.optional(Schema.Finite),
  /** Never answers. */
  hang: Schema.optional(Schema.Boolean),
  /** Resets the connection before the status line. */
  reset: Schema.optional(Schema.Boolean),
  /**
   * Writes this to the socket in place of an answer, cut into `chunks`, for what no HTTP server would send: a head that
   * breaks off, a status line that is none, a chunk of no size. Then closes the connection, resets it, or leaves it.
   */
  raw: Schema.optional(Schema.Struct({
    text: Schema.String,
    ending: Schema.optional(Schema.Literals(["close", "reset", "wait"]))
  })),
  /** Status codes of informational answers (1xx) before the answer itself. */
  informational: Schema.optional(Schema.Array(Schema.Int)),
  /** Answers this instead. Without `body`, the vendor's own error body for the status; text is sent as it is. */
  respond: Schema.optional(Schema.Struct({
    status: Schema.Int,
    headers: Schema.optional(Schema.Record(Schema.String, Schema.String)),
    contentType: Schema.optional(Schema.String),
    body: Schema.optional(Schema.Unknown),
    code: Schema.optional(Schema.String),
    message: Schema.optional(Schema.String)
  })),
  /** Answers 200 with a JSON body of about this size. */
  hugeBodyMegabytes: Schema.optional(Schema.Finite),
  /** Answers 200 with a small gzip body that inflates to this size. */
  gzipBombMegabytes: Schema.optional(Schema.Finite),
  /** With `hang`, `reset`, `raw`, `respond` and bodies: the vendor has done the work and charges for it. */
  billed: Schema.optional(Schema.Boolean),

  /** Serves and charges another model than the one asked for. */
  answerModel: Schema.optional(Schema.String),
  /** Serves and charges another service tier than the one asked for. */
  answerServiceTier: Schema.optional(Schema.String),
  /** Parts left out: `terminal` is everything that ends a stream. */
  drop: Schema.optional(Schema.Array(Schema.Literals(["terminal", "finish", "usage", "done"]))),

  /** Ends the stream in-band after n events: as `event: error`, or as the vendor's own failed answer. */
  fail: Schema.optional(Schema.Struct({
    afterEvents: Schema.Int,
    as: Schema.optional(Schema.Literals(["error", "failed"])),
    code: Schema.optional(Schema.String),
    message: Schema.optional(Schema.String)
  })),
  /** Raw text put after n events: bad lines, comments, foreign events. */
  insert: Schema.optional(Schema.Array(Schema.Struct({ afterEvents: Schema.Int, text: Schema.String }))),
  /** A comment line before every event. */
  comments: Schema.optional(Schema.Boolean),
  /** Sends the events of these numbers (from 0) twice. */
  duplicate: Schema.optional(Schema.Array(Schema.Int)),
  /** Ends lines with CR LF. */
  crlf: Schema.optional(Schema.Boolean),
  /** Leaves out the blank line and the line end after the last event. */
  noLastNewline: Schema.optional(Schema.Boolean),

  /** Cuts the bytes anew: sizes taken in turn, or random ones from a seed. One byte each: `{ sizes: [1] }`. */
  chunks: Schema.optional(Schema.Struct({
    sizes: Schema.optional(Schema.Array(Schema.Int)),
    seed: Schema.optional(Schema.String)
  })),
  /** Waits before each chunk of a body. */
  chunkDelayMillis: Schema.optional(Schema.Finite),
  /** Says that a body of JSON is so many bytes longer than it is, or shorter where it is negative. */
  contentLengthOff: Schema.optional(Schema.Int),
  /** Closes the connection after the answer, which has said that it stays open. */
  closeAfter: Schema.optional(Schema.Boolean),
  /** Ends the body there (events of a file are its lines): by closing the socket, or with `clean` as if it were complete. */
  cut: Schema.optional(Schema.Struct({ ...Position.fields, clean: Schema.optional(Schema.Boolean) })),
  /** Sends nothing more there, for good or for a while. */
  stall: Schema.optional(Schema.Struct({ ...Position.fields, forMillis: Schema.optional(Schema.Finite) })),
  /** Paces the stream by its tokens. */
  tokensPerSecond: Schema.optional(Schema.Finite),
  /** Waits before each event. */
  eventDelayMillis: Schema.optional(Schema.Finite)
})

/** @category models */
export type Fault = typeof Fault.Type

export type Position = typeof Position.Type

const decodeList = Schema.decodeUnknownExit(Schema.Array(Fault), { onExcessProperty: "error" })

/** Decodes one fault or a list of them, as `POST /sandbox/faults` takes them. */
export const decode = (body: unknown) => decodeList(Array.isArray(body) ? body : [body])

/** What a fault may look at. */
export interface Subject {
  readonly method: string
  readonly path: string
  readonly step: typeof steps[number] | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly model: string | undefined
  readonly prompt: string
  readonly stream: boolean
}

export interface Script {
  readonly add: (faults: ReadonlyArray<Fault>) => void
  readonly take: (subject: Subject) => Fault | undefined
  readonly pending: () => ReadonlyArray<Fault>
  readonly clear: () => void
}

const fits = (fault: Fault, subject: Subject): boolean =>
  (fault.route === undefined || subject.path.endsWith(fault.route))
  && (fault.step === undefined || fault.step === subject.step)
  && (fault.method === undefined || fault.method === subject.method)
  && (fault.model === undefined || fault.model === subject.model)
  && (fault.prompt === undefined || subject.prompt.includes(fault.prompt))
  && (fault.stream === undefined || fault.stream === subject.stream)
  && (fault.header === undefined || fitsHeader(fault.header, subject.headers))

const fitsHeader = (header: NonNullable<Fault["header"]>, headers: Subject["headers"]) => {
  const value = headers[header.name.toLowerCase()]
  return value !== undefined && (header.value === undefined || header.value === value)
}

export const make = (): Script => {
  let queue: Array<{ readonly fault: Fault; left: number }> = []
  return {
    add: (faults) => {
      for (const fault of faults) {
        queue.push({ fault, left: fault.times === "always" ? Number.POSITIVE_INFINITY : fault.times ?? 1 })
      }
    },
    take: (subject) => {
      const found = queue.find(({ fault, left }) => left > 0 && fits(fault, subject))
      if (found === undefined) return undefined
      found.left--
      queue = queue.filter(({ left }) => left > 0)
      return found.fault
    },
    pending: () => queue.map(({ fault }) => fault),
    clear: () => {
      queue = []
    }
  }
}
