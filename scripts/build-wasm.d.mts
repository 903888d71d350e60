export const WASM: string
export function buildWasm(output?: string): string | undefined
export function etlSources(): string[]

export function findClang(): string | undefined
