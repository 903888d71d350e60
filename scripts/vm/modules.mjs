/**
 * Kernel modules of an unpacked package that never went through depmod: what each needs stands in its own .modinfo
 * section as "depends=a,b".
 */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/**
 * Files to load, in order, so that every module comes after those it needs. A name without a file is built in.
 *
 * @param {string} directory /lib/modules/VERSION
 * @param {readonly string[]} names
 * @param {(file: string) => Buffer} read What a file holds, decompressed.
 * @returns {string[]}
 */
export function modulesInLoadOrder(directory, names, read = readFileSync) {
  const files = new Map()
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (/\.ko(\.xz)?$/.test(file)) files.set(moduleName(file), join(directory, file))
  }
  const ordered = new Set()
  const add = (name) => {
    const file = files.get(name)
    if (file === undefined || ordered.has(file)) return
    for (const needed of dependencies(read(file))) add(needed)
    ordered.add(file)
  }
  for (const name of names) add(name)
  return [...ordered]
}

/** @param {Buffer} object */
export function dependencies(object) {
  const key = '\0depends='
  const start = object.indexOf(key)
  if (start < 0) return []
  const list = object.toString('latin1', start + key.length, object.indexOf(0, start + key.length))
  return list.split(',').filter(Boolean)
}

function moduleName(file) {
  return basename(basename(file, '.xz'), '.ko').replaceAll('-', '_')
}
