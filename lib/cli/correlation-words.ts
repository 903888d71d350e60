/** Correlation as people write it on the command line: --sensitive, --ignore, --injection-window. */
import type { CorrelationOptions } from '../correlate/correlator.js'
import type { ProcessRule } from '../correlate/rules.js'
import type { OptionFaces } from './face.js'
import { parseDuration } from './values.js'

export const CORRELATION = {
  sensitive: {
    type: 'string',
    value: 'RULE',
    multiple: true,
    text: 'SENSITIVE_PROCESS_ACCESS is about these processes, instead of those that keep or check secrets: PATH, PATH@USER or @USER; *END is every path that ends like this',
  },
  ignore: {
    type: 'string',
    value: 'RULE',
    multiple: true,
    text: 'whose access to them is not told, likewise; a path does not hold for programs in mount namespaces of their own, unless the word everywhere is given too',
  },
  'injection-window': {
    type: 'string',
    value: 'TIME',
    text: 'a thread so long after an access still makes it a THREAD_INJECTION (default: 10s)',
  },
} as const satisfies OptionFaces

interface Values {
  sensitive?: string[] | undefined
  ignore?: string[] | undefined
  'injection-window'?: string | undefined
}

const EVERYWHERE = 'everywhere'

/** Undefined where nothing was said. `called`: what an option is called where it was read. */
export function parseCorrelation(values: Values, called: (name: string) => string): CorrelationOptions | undefined {
  const options: CorrelationOptions = {}
  if (values.sensitive !== undefined) options.sensitive = values.sensitive.map(ruleOf)
  if (values.ignore !== undefined) options.ignore = values.ignore.filter((word) => word !== EVERYWHERE).map(ruleOf)
  if (values.ignore?.includes(EVERYWHERE)) options.ignoreEverywhere = true
  const window = values['injection-window']
  if (window !== undefined) options.injectionWindowMs = parseDuration(called('injection-window'), window)
  return Object.keys(options).length === 0 ? undefined : options
}

/** What is behind the last @ is the user, unless it has a slash. */
function ruleOf(text: string): ProcessRule {
  const [, path, user] = /^(.*?)(?:@([^@/]+))?$/s.exec(text)!
  const rule: ProcessRule = {}
  if (path !== '') rule.path = path
  if (user !== undefined) rule.user = /^\d+$/.test(user) ? Number(user) : user
  return rule
}
