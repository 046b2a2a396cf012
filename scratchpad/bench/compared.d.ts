/** As much of the compared libraries' types as the cases use: they are installed for a run of the benchmarks alone. */
declare module "ai" {
  interface Asked {
    readonly model: object
    readonly prompt: string
  }
  export const generateText: (options: Asked) => Promise<object>
  export const streamText: (options: Asked) => { readonly textStream: AsyncIterable<string> }
}

declare module "@ai-sdk/openai" {
  export const createOpenAI: (options: { readonly apiKey: string; readonly baseURL: string }) => {
    readonly responses: (model: string) => object
    readonly chat: (model: string) => object
  }
}
