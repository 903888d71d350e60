/** What is told of a loaded module only now and then. */
export interface ModuleExtras {
  /** Where it is not the last component of the path. */
  name: string | undefined
  /** Of the file, where its record has it. */
  hash?: string | undefined
  /** True lengths of values that were cut. */
  truncated: Record<string, number> | undefined
  /** Exact bytes of values that are no UTF-8, as base64; with `extended` only. */
  rawBytes: Record<string, string> | undefined
}
