/** What kind of recording a file is, by its first bytes. */
import { open } from 'node:fs/promises'
import { isRecording, MAGIC } from '../recording/format.js'
import { isPipe, peek } from '../recording/pipes.js'

/** What cannot be read goes by its name, and whoever opens it says why. */
export async function isKwr(path: string): Promise<boolean> {
  const isOnce = await isPipe(path).catch(() => undefined)
  if (isOnce === true) return isRecording(await peek(path, MAGIC.length).catch(() => Buffer.alloc(0)))
  return path.endsWith('.kwr') || (isOnce === false && isRecording(await headOf(path)))
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r').catch(() => undefined)
  try {
    const { length } = MAGIC
    return (await file?.read(Buffer.alloc(length), 0, length, 0))?.buffer ?? Buffer.alloc(0)
  } catch {
    return Buffer.alloc(0)
  } finally {
    await file?.close()
  }
}
