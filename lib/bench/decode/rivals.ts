/**
 * Lines as other sensors write them: one of some 3 kB for a process in the Elastic Common Schema, as
 * quark-mon does, and one of some 55 bytes for each record, as bpftrace -f json does.
 */

/** One line holds a whole process, from fork to exit. */
export function ecsLines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => JSON.stringify(ecsProcess(i)))
}

/** Fork, exec and exit of each process: three lines. */
export function bpftraceLines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const pid = 10_000 + i
    return [`fork 4711 ${pid}`, `exec ${pid} /usr/bin/git`, `exit ${pid}`].map((data) =>
      JSON.stringify({ type: 'printf', data: `${data}\n` }),
    )
  }).flat()
}

/** What a consumer does with such a line: its data is still a string. */
export function readBpftrace(line: string): string[] {
  return (JSON.parse(line) as { data: string }).data.trimEnd().split(' ')
}

function ecsProcess(i: number): object {
  const started = new Date(1_764_000_000_000 + i).toISOString()
  return {
    '@timestamp': started,
    event: {
      kind: 'event',
      category: ['process'],
      type: ['start', 'end'],
      action: ['fork', 'exec', 'exit'],
      module: 'quark',
    },
    host: {
      architecture: 'x86_64',
      hostname: 'build-server-07',
      uptime: 86_400 + i,
      os: { type: 'linux', name: 'Debian GNU/Linux', version: '12', kernel: '6.1.0-37-amd64', platform: 'debian' },
    },
    agent: { id: 'f5e1d7b0-6f4c-4a3e-9a56-cc22a54ffb5d', type: 'quark', version: '0.7' },
    process: {
      ...ecsProgram(10_000 + i, started),
      exit_code: i % 8 === 5 ? 1 : 0,
      end: started,
      parent: ecsProgram(4_711, started),
      session_leader: ecsProgram(4_000, started),
      entry_leader: { ...ecsProgram(3_000, started), entry_meta: { type: 'sshd', source: { ip: '192.0.2.99' } } },
      group_leader: ecsProgram(4_711, started),
    },
  }
}

function ecsProgram(pid: number, started: string): object {
  return {
    pid,
    entity_id: Buffer.from(`entity ${pid} of boot`).toString('base64'),
    name: 'git',
    executable: '/usr/bin/git',
    command_line: 'git rev-parse --short HEAD',
    args: ['git', 'rev-parse', '--short', 'HEAD'],
    args_count: 4,
    working_directory: '/srv/app',
    interactive: false,
    start: started,
    user: { id: '1000', name: 'build', group: { id: '1000', name: 'build' } },
    saved_user: { id: '1000' },
    thread: { capabilities: { effective: [], permitted: [] } },
    tty: { char_device: { major: 136, minor: 2 } },
    pgid: 4_711,
    sid: 4_000,
  }
}
