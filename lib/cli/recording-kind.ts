/** What kind of recording a file is, by its first bytes. */
import { open, stat } from 'node:fs/promises'
import { isRecording, MAGIC } from '../recording/format.js'

/**
 * What is no file, such as a pipe, is not touched: it gives each byte once. What cannot be read goes by its name, and
 * whoever opens it says why.
 */
export async function isKwr(path: string): Promise<boolean> {
  if (path === '-') return false
  const isFile = await stat(path).then(
    (status) => status.isFile(),
    () => false,
  )
  return path.endsWith('.kwr') || (isFile && isRecording(await headOf(path)))
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r').catch(() => undefined)
  try {
    const { length } = MAGIC
    return (await file?.read(Buffer.alloc(length), 0, length, 0))?.buffer ?? Buffer.alloc(0)
  } finally {
    await file?.close()
  }
}
