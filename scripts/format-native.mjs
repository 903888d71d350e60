#!/usr/bin/env node
/**
 * clang-format over the C++ of native/; with --check nothing is written and a difference is an error. Only version 14
 * is asked: other versions break lines elsewhere.
 *
 * What the kernel runs, and the header that both sides share, keep the kernel's style by hand: clang-format cannot
 * leave columns of comments alone.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const KERNEL_STYLE = /^native\/(linux\/bpf\/|record\.h$)/

const files = readdirSync(path.join(root, 'native'), { recursive: true })
  .map((file) => path.join('native', file))
  .filter((file) => /\.(cc|h)$/.test(file) && !KERNEL_STYLE.test(file))

if (files.length > 0) {
  const mode = process.argv.includes('--check') ? ['--dry-run', '-Werror'] : ['-i']
  const { status, error } = spawnSync('clang-format-14', [...mode, ...files], { cwd: root, stdio: 'inherit' })
  if (error) console.error(`cannot start clang-format-14 (on Debian the package clang-format-14): ${error.message}`)
  process.exitCode = status ?? 1
}
