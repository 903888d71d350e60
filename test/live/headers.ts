/** Programs whose program headers lie at the end of the file, in a segment of their own, as some post-link tools leave them. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pageBytes } from './proc.js'
import { temporaryFolder } from './temporary.js'

/** elf(5) */
const PT_LOAD = 1
const PT_PHDR = 6
const HEADER = { phoff: 32, phentsize: 54, phnum: 56 } as const
const PROGRAM = { type: 0, flags: 4, offset: 8, vaddr: 16, paddr: 24, filesz: 32, memsz: 40, align: 48 } as const
const READ = 4
/** Far enough that nothing is next to the new segment. */
const GAP_BYTES = 1 << 20

/** A copy of a 64-bit program, with its headers moved. */
export function withMovedHeaders(file: string): string {
  const before = readFileSync(file)
  const size = before.readUInt16LE(HEADER.phentsize)
  const first = Number(before.readBigUInt64LE(HEADER.phoff))
  const headers = Array.from({ length: before.readUInt16LE(HEADER.phnum) }, (_, i) =>
    Buffer.from(before.subarray(first + i * size, first + (i + 1) * size)),
  )
  const loads = headers.filter((header) => header.readUInt32LE(PROGRAM.type) === PT_LOAD)
  const ends = loads.map((header) =>
    Number(header.readBigUInt64LE(PROGRAM.vaddr) + header.readBigUInt64LE(PROGRAM.memsz)),
  )
  const address = Math.ceil((Math.max(...ends) + GAP_BYTES) / pageBytes) * pageBytes
  const offset = Math.ceil(before.length / pageBytes) * pageBytes
  const bytes = (headers.length + 1) * size

  const own = Buffer.alloc(size)
  own.writeUInt32LE(PT_LOAD, PROGRAM.type)
  own.writeBigUInt64LE(BigInt(pageBytes), PROGRAM.align)
  headers.splice(headers.indexOf(loads.at(-1)!) + 1, 0, own)
  for (const header of headers) {
    if (header !== own && header.readUInt32LE(PROGRAM.type) !== PT_PHDR) continue
    header.writeUInt32LE(READ, PROGRAM.flags)
    for (const field of [PROGRAM.vaddr, PROGRAM.paddr]) header.writeBigUInt64LE(BigInt(address), field)
    for (const field of [PROGRAM.filesz, PROGRAM.memsz]) header.writeBigUInt64LE(BigInt(bytes), field)
    header.writeBigUInt64LE(BigInt(offset), PROGRAM.offset)
  }
  const after = Buffer.concat([before, Buffer.alloc(offset - before.length), ...headers])
  after.writeBigUInt64LE(BigInt(offset), HEADER.phoff)
  after.writeUInt16LE(headers.length, HEADER.phnum)
  const path = join(temporaryFolder(), 'moved')
  writeFileSync(path, after)
  chmodSync(path, 0o755)
  return path
}
