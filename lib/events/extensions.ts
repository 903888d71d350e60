/**
 * What this project adds to the documented fields. Delivered only with `extended`, after them.
 */
import { Type } from 'typebox'
import { extension, flag, integer, only, text, texts } from './field.js'
import { PATH_FORMS } from './truncated.js'

const inode = (of: string) => integer('inode number', `The ${of} namespace`)

const namespaces = Type.Object(
  {
    MNT: inode('mount'),
    PID: inode('pid'),
    NET: inode('network'),
    USER: inode('user'),
    UTS: inode('UTS (host name)'),
    IPC: inode('IPC'),
    CGROUP: inode('cgroup'),
  },
  {
    additionalProperties: false,
    description: 'The namespaces that it lives in, as /proc/PID/ns numbers them',
    'x-unit': 'object',
  },
)

/** On the start of a process. */
export const ofProcess = {
  ARGUMENTS: extension(
    'for kernel threads, and when they could not be read',
    only('linux', texts('text', 'The exact arguments, the program name (argv[0]) first')),
  ),
  CURRENT_DIRECTORY: extension(
    'for kernel threads, and when it could not be read',
    only('linux', text('path', `The working directory, in the mount namespace of the process. ${PATH_FORMS}`)),
  ),
  GROUP_ID: extension('when it could not be read', only('linux', integer('group id', 'The real group'))),
  EFFECTIVE_USER_ID: extension(
    'when it could not be read',
    only('linux', integer('user id', 'The effective user: differs from USER_ID in a setuid program')),
  ),
  LOGIN_USER_ID: extension(
    'when the process descends from no login',
    only('linux', integer('user id', 'The user who logged in, whatever was changed since (audit loginuid)')),
  ),
  SESSION: extension(
    'when the process descends from no login',
    only('linux', integer('audit session id', 'The login session')),
  ),
  TTY: extension(
    'when there is no controlling terminal',
    only('linux', text('device name below /dev', 'The controlling terminal, for instance "pts/0"')),
  ),
  CAPABILITIES: extension(
    'when they could not be read',
    only(
      'linux',
      text('16 lower-case hex digits', 'The effective set, as CapEff in /proc/PID/status', '^[0-9a-f]{16}$'),
    ),
  ),
  CGROUP_PATH: extension(
    'when it could not be read',
    only(
      'linux',
      text(
        'path',
        'The cgroup (version 2, or that of the pids controller where the process is in the root of version 2), from the root ' +
          'of the hierarchy whatever its cgroup namespace; of ".../a/b" the beginning is cut off, and no exclusion holds for it',
      ),
    ),
  ),
  CONTAINER_ID: extension(
    'when CGROUP_PATH does not name a container, or is cut',
    only(
      'linux',
      text('64 lower-case hex digits', 'The container, as Docker, containerd, CRI-O and Podman name it in CGROUP_PATH'),
    ),
  ),
  NAMESPACE_PROCESS_ID: extension(
    'in the initial pid namespace',
    only('linux', integer('process id', 'The process, numbered as in its own pid namespace')),
  ),
  NAMESPACES: extension('when they could not be read', only('linux', namespaces)),
  USER_SID: extension(
    'when it could not be read',
    only('windows', text('SID', 'The user, for instance "S-1-5-18"', '^S-1(-\\d+)+$')),
  ),
  PREVIOUS_ATOM: extension(
    'unless this image replaced another one that was itself announced',
    text('atom: 32 lower-case hex digits', 'The image that this exec replaced', '^[0-9a-f]{32}$'),
  ),
}

/** On the end of a process. */
export const ofExit = {
  EXIT_CODE: extension('when a signal killed the process', integer('exit status', 'What the process returned')),
  SIGNAL: extension(
    'when the process ended by itself',
    only('linux', integer('signal number', 'The signal that killed the process')),
  ),
}

/** On what one process does to another one. */
export const ofAccess = {
  DENIED: extension('unless it was denied', flag('1: it was tried, and the system denied it')),
}

/** On what follows from several events. */
export const ofFinding = {
  REPEATS: extension(
    'when nothing was left out',
    integer('count', 'How many of the same kind, by the same process, were left out since the last such event'),
  ),
}

/** On every event. */
export const ofEvent = {
  SEQUENCE: extension(
    'never',
    integer(
      'count, from 1',
      'The number of this event in its stream; one that is only evidence in another one has its own',
    ),
  ),
}

/** On every event with text that came from user space. */
export const rawBytes = extension(
  'unless a field held bytes that are no UTF-8',
  Type.Record(Type.String(), Type.String(), {
    description:
      'The exact bytes of each such field, of a path those of the path itself; COMMAND_LINE holds the arguments, each with a NUL behind it, and so does ENVIRONMENT_VARIABLES its items',
    'x-unit': 'field name → base64',
  }),
)
