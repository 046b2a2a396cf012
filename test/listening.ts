/** A tracer and a logger that keep what they are told. */
import { Logger, Tracer } from "effect"

export const traced = () => {
  const spans: Array<Tracer.Span> = []
  const ended: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span(options) {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      const end = span.end.bind(span)
      span.end = (time, exit) => {
        ended.push(span)
        end(time, exit)
      }
      return span
    }
  })
  return { spans, ended, tracer }
}

export const attributesOf = (span: Tracer.Span | undefined): Readonly<Record<string, unknown>> =>
  Object.fromEntries(span?.attributes ?? [])

export const parentOf = (span: Tracer.Span | undefined): string =>
  span?.parent._tag === "Some" ? span.parent.value.spanId : "none"

export const logged = () => {
  const lines: Array<unknown> = []
  const layer = Logger.layer([Logger.make(({ logLevel, message }) => void lines.push([logLevel, message]))])
  return { lines, layer }
}
