import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  BedrockRuntimeServiceException,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput
} from "@aws-sdk/client-bedrock-runtime"
import { NodeHttpHandler } from "@smithy/node-http-handler"
import { Effect } from "effect"
import { type Options, Sandbox } from "../../../src/sandbox/Sandbox.ts"
import { secretAccessKey } from "../../../src/sandbox/bedrock/Bedrock.ts"
import { call } from "../driven.ts"

export interface Driven {
  readonly sandbox: Sandbox["Service"]
  readonly bedrock: BedrockRuntimeClient
  readonly client: (config: BedrockRuntimeClientConfig) => BedrockRuntimeClient
}

/** Runs a test against a sandbox of its own, with the real SDK pointed at it. */
export const driven = <A, E>(body: (driven: Driven) => Effect.fn.Return<A, E>, options?: Options) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    const client: Driven["client"] = (config) =>
      new BedrockRuntimeClient({
        region: "us-east-1",
        endpoint: sandbox.baseUrl("bedrock"),
        maxAttempts: 1,
        // Its own speaks HTTP/2.
        requestHandler: new NodeHttpHandler(),
        ...config
      })
    const bedrock = client({ credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey } })
    return yield* Effect.gen(() => body({ sandbox, bedrock, client }))
  }).pipe(Effect.provide(Sandbox.layer(options)))

/** The SDK's error of a call that must fail. */
export const failure = (run: () => PromiseLike<unknown>) =>
  call(async () => {
    try {
      await run()
    } catch (error) {
      if (error instanceof BedrockRuntimeServiceException) return error
      throw error
    }
    throw new Error("The call succeeded.")
  })

export const haiku = "global.anthropic.claude-haiku-4-5-20251001-v1:0"

/** A request that only says something. */
export const saying = (text: string, rest: Partial<ConverseCommandInput> = {}): ConverseCommandInput => ({
  modelId: haiku,
  messages: [{ role: "user", content: [{ text }] }],
  ...rest
})

export const eventsOf = (client: BedrockRuntimeClient, input: ConverseCommandInput) =>
  call(async () => {
    const events: Array<ConverseStreamOutput> = []
    const { stream } = await client.send(new ConverseStreamCommand(input))
    for await (const event of stream ?? []) events.push(event)
    return events
  })
