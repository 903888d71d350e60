/** What a child sends, in order, one at a time: whoever takes it waits so long and no longer. */
export class Inbox<T> {
  readonly #values: T[] = []
  #taker: { resolve(value: T): void; reject(error: Error): void } | undefined
  #end: Error | undefined

  put(value: T): void {
    const taker = this.#taker
    this.#taker = undefined
    if (taker === undefined) this.#values.push(value)
    else taker.resolve(value)
  }

  /** No more comes. */
  end(error: Error): void {
    this.#end = error
    this.#taker?.reject(error)
    this.#taker = undefined
  }

  async take(): Promise<T> {
    if (this.#values.length > 0) return this.#values.shift()!
    if (this.#end !== undefined) throw this.#end
    return new Promise((resolve, reject) => {
      this.#taker = { resolve, reject }
    })
  }
}

/** A wait on another process never lasts for ever. */
export async function within<T>(milliseconds: number, what: string, waiting: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing for ${milliseconds / 1e3} s`)), milliseconds)
  })
  try {
    return await Promise.race([waiting, late])
  } finally {
    clearTimeout(timer)
  }
}
