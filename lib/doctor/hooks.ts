/** What a kind of hook is called, what it costs, and what a kernel must have for it. */
import type { Attachment } from '../coverage.js'

interface Kind {
  prefix: string
  rung: string
  remedy: string
}

/** The first that fits. */
const KINDS: readonly Kind[] = [
  {
    prefix: 'fentry/',
    rung: 'trampoline',
    remedy: 'use a kernel that lets programs have trampolines (x86 from 5.5, arm64 from 6.4)',
  },
  {
    prefix: 'fexit/',
    rung: 'trampoline',
    remedy: 'use a kernel that lets programs have trampolines (x86 from 5.5, arm64 from 6.4)',
  },
  {
    prefix: 'tp_btf/sys_',
    rung: 'every system call',
    remedy: 'use a kernel with CONFIG_FTRACE_SYSCALLS',
  },
  {
    prefix: 'tp_btf/module_',
    rung: 'BTF tracepoint',
    remedy: 'none is needed where the kernel cannot load modules (CONFIG_MODULES)',
  },
  {
    prefix: 'tp_btf/',
    rung: 'BTF tracepoint',
    remedy: 'use Linux 5.8 or newer with CONFIG_DEBUG_INFO_BTF, without lockdown=confidentiality',
  },
  {
    prefix: 'tp/syscalls/',
    rung: 'system call tracepoint',
    remedy: 'mount tracefs where it cannot be opened without, and use a kernel with CONFIG_FTRACE_SYSCALLS',
  },
  { prefix: 'iter/', rung: 'task iterator', remedy: 'use Linux 5.8 or newer, without lockdown=confidentiality' },
]

const COSTS: Record<string, string> = {
  'tp_btf/sched_process_fork': 'on each fork',
  'tp_btf/sched_process_exec': 'on each exec, more with long arguments and environments',
  'tp_btf/sched_process_exit': 'on the end of each thread',
  'iter/task': 'once at the start, and after a loss',
}

export function rungOf(hook: string): string {
  return kindOf(hook)?.rung ?? hook
}

export function costOf({ hook, cost }: Attachment): string {
  return cost ?? COSTS[hook] ?? ''
}

export function remedyFor({ hook, program, remedy }: Attachment): string {
  if (remedy !== undefined) return remedy
  // It looks for mappings as programs can since then.
  if (program === 'module_exec') return 'use Linux 5.17 or newer'
  return kindOf(hook)?.remedy ?? ''
}

function kindOf(hook: string): Kind | undefined {
  return KINDS.find(({ prefix }) => hook.startsWith(prefix))
}
