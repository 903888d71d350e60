/** Hashes that look random and are cheap. Not against forgery: the seed is what nobody can guess. */
import { createHash } from 'node:crypto'

/** Four words that nobody can turn back into what they were made of. */
export function seedOf(...parts: string[]): Uint32Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return new Uint32Array(new Uint8Array(hash.digest()).buffer, 0, 4)
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function finish(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return value ^ (value >>> 16)
}

/** Hashes four words under a seed, as MurmurHash3_x86_128 does one block (public domain, A. Appleby). */
export class Mixer {
  a = 0
  b = 0
  c = 0
  d = 0
  readonly #seed: Uint32Array

  constructor(seed: Uint32Array) {
    this.#seed = seed
  }

  mix(k1: number, k2: number, k3: number, k4: number): void {
    const seed = this.#seed
    let a = seed[0]! ^ Math.imul(rotate(Math.imul(k1, 0x239b961b), 15), 0xab0e9789)
    let b = seed[1]! ^ Math.imul(rotate(Math.imul(k2, 0xab0e9789), 16), 0x38b34ae5)
    let c = seed[2]! ^ Math.imul(rotate(Math.imul(k3, 0x38b34ae5), 17), 0xa1e38b93)
    let d = seed[3]! ^ Math.imul(rotate(Math.imul(k4, 0xa1e38b93), 18), 0x239b961b)
    a = (Math.imul((rotate(a, 19) + b) | 0, 5) + 0x561ccd1b) | 0
    b = (Math.imul((rotate(b, 17) + c) | 0, 5) + 0x0bcaa747) | 0
    c = (Math.imul((rotate(c, 15) + d) | 0, 5) + 0x96cd1c35) | 0
    d = (Math.imul((rotate(d, 13) + a) | 0, 5) + 0x32ac3b17) | 0
    a = (a + b + c + d) | 0
    b = finish((b + a) | 0)
    c = finish((c + a) | 0)
    d = finish((d + a) | 0)
    a = finish(a)
    a = (a + b + c + d) | 0
    this.a = a
    this.b = (b + a) | 0
    this.c = (c + a) | 0
    this.d = (d + a) | 0
  }
}
