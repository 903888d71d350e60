import { describe, expect, test } from 'vitest'
import { FileTimes } from '../../lib/decode/etw/file-time.js'
import { sidText, userName } from '../../lib/decode/etw/sid.js'
import { Volumes } from '../../lib/decode/etw/volumes.js'
import { sid } from './etw-bytes.js'

describe('file times', () => {
  const EPOCH = 116_444_736_000_000_000n

  test.each([
    EPOCH,
    EPOCH + 9_999n,
    EPOCH - 1n,
    134_116_992_000_000_000n,
    134_116_992_000_009_999n,
    134_117_000_123_459_999n,
    134_117_000_123_460_001n,
    0x01d0_ffff_ffff_ffffn,
    0x01d1_0000_0000_0000n,
    0n,
    2n ** 63n - 1n,
  ])('%i in 100 ns since 1601 is rounded down to the millisecond, to the last digit', (time) => {
    const times = new FileTimes()
    const expected = Number((time - EPOCH) / 10_000n - ((time - EPOCH) % 10_000n < 0n ? 1n : 0n))
    expect(times.epochMs(Number(time & 0xffff_ffffn) | 0, Number(time >> 32n))).toBe(expected)
  })
})

describe('users', () => {
  test.each([
    ['S-1-5-18', 'NT AUTHORITY\\SYSTEM'],
    ['S-1-5-19', 'NT AUTHORITY\\LOCAL SERVICE'],
    ['S-1-5-20', 'NT AUTHORITY\\NETWORK SERVICE'],
    ['S-1-5-32-544', 'BUILTIN\\Administrators'],
    ['S-1-5-90-0-3', 'Window Manager\\DWM-3'],
    ['S-1-5-96-0-0', 'Font Driver Host\\UMFD-0'],
    ['S-1-5-21-397955417-626881126-188441444-1010', undefined],
    ['S-1-5-80-3028837079-3186095147-955107200-3701964851-1150726376', undefined],
    ['S-1-16-12288', undefined],
  ])('%s is %s', (text, name) => {
    const bytes = sid(text)
    expect(sidText(new DataView(bytes.buffer, bytes.byteOffset), 0)).toBe(text)
    expect(userName(text)).toBe(name)
  })
})

describe('paths', () => {
  const volumes = new Volumes()
  volumes.add('\\??\\', '')
  volumes.add('\\SystemRoot\\', 'C:\\Windows\\')
  volumes.add('\\Device\\HarddiskVolume2\\', 'C:\\')
  volumes.add('\\Device\\HarddiskVolume2\\mnt\\data\\', 'E:\\')
  volumes.add('\\Device\\HarddiskVolume20\\', 'D:\\')

  test.each([
    ['\\Device\\HarddiskVolume2\\a\\b.exe', 'C:\\a\\b.exe'],
    ['\\??\\UNC\\server\\share\\b.exe', '\\\\server\\share\\b.exe'],
    ['\\Device\\HarddiskVolume2\\mnt\\data\\b.exe', 'E:\\b.exe'],
    ['\\Device\\HarddiskVolume20\\b.exe', 'D:\\b.exe'],
    ['\\Device\\HarddiskVolume7\\b.exe', '\\Device\\HarddiskVolume7\\b.exe'],
    ['\\Device\\Mup\\server\\share\\b.exe', '\\Device\\Mup\\server\\share\\b.exe'],
    ['\\SystemRoot\\System32\\b.exe', 'C:\\Windows\\System32\\b.exe'],
    ['\\systemroot\\System32\\b.exe', 'C:\\Windows\\System32\\b.exe'],
    ['\\Windows\\System32\\b.exe', 'C:\\Windows\\System32\\b.exe'],
    ['\\Program Files (x86)\\b.exe', 'C:\\Program Files (x86)\\b.exe'],
    ['\\??\\C:\\b.exe', 'C:\\b.exe'],
    ['\\\\server\\share\\b.exe', '\\\\server\\share\\b.exe'],
    ['C:\\b.exe', 'C:\\b.exe'],
    ['b.exe', 'b.exe'],
  ])('%s is %s', (kernel, dos) => {
    expect(volumes.dosPath(kernel)).toBe(dos)
  })

  test('without mappings they stay, but for the form that is the same everywhere', () => {
    const none = new Volumes()
    for (const path of [
      '\\SystemRoot\\b.exe',
      '\\Windows\\b.exe',
      '\\Device\\HarddiskVolume2\\b.exe',
      '\\??\\Volume{1}\\b',
    ]) {
      expect(none.dosPath(path)).toBe(path)
    }
    expect(none.dosPath('\\??\\C:\\b.exe')).toBe('C:\\b.exe')
  })

  test('mappings that make no sense, or too many of them, change nothing', () => {
    const forged = new Volumes()
    for (const [kernel, dos] of [
      ['', 'C:\\'],
      ['\\', 'C:\\'],
      ['Device\\', 'C:\\'],
      ['\\Device', 'C:\\'],
    ] as const) {
      forged.add(kernel, dos)
    }
    expect(forged.dosPath('\\Device\\x')).toBe('\\Device\\x')
    for (let i = 0; i < 1_000; i++) forged.add(`\\Device\\Volume${i}\\`, 'C:\\')
    expect(forged.size).toBe(256)
  })
})
