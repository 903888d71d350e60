/** docs/performance.md, of a run. */
import type { Figure } from './figure.js'
import type { Finished, Report } from './report.js'
import { checkText, rowsOf, skipText, targetRowsOf } from './table.js'

const HEAD = `# Performance

Every figure on this page comes from one run of the benchmarks, on the machine named below. Measure your own:

\`\`\`sh
npm run bench                                # all suites, some twenty minutes
npm run bench -- --quick                     # the same, rougher, in less than three minutes
npm run bench -- --suite ring --json         # one suite, as JSON
npm run bench -- --compare before.json after.json
npm run bench -- --write                     # all suites, and this page anew
npx kernelwire bench                         # decode alone, from an installed package: no root, no compiler
\`\`\`

ring, storm, stall, modules and hashing need root and a kernel that takes BPF programs. The sensors that ours is compared with are
measured where they are installed (Debian: \`apt-get install libbpf-tools bpftrace\`). Comparisons are ratios of two
measurements made one right after the other, in alternation. Medians are shown, and the lowest and the highest of all
measurements as the spread. Every suite counts what it made and what arrived, and fails where the two differ.
`

export function pageOf(report: Report, finished: readonly Finished[]): string {
  const { cpu, cpus, memoryBytes, kernel, node, date } = report.machine
  const machine = [
    `${cpu}, ${cpus} CPUs, ${Math.round(memoryBytes / 2 ** 30)} GiB of memory`,
    kernel,
    `Node ${node}`,
    date.slice(0, 10),
    `${report.quick ? 'a quick run, ' : ''}${report.seconds} s`,
  ]
  return [
    HEAD,
    '## This run',
    '',
    ...machine.map((line) => `- ${line}`),
    '',
    '## Targets',
    '',
    ...targets(report.figures),
    ...finished.flatMap(section),
  ].join('\n')
}

function targets(figures: readonly Figure[]): string[] {
  return [...table(['what', 'target', 'measured', 'spread', ''], '|---|--:|--:|---|---|', targetRowsOf(figures)), '']
}

function section({ suite: { name, about }, result }: Finished): string[] {
  const failed = result.checks.filter(({ passed }) => !passed)
  const notes = [...result.skips.map(skipText), ...failed.map(checkText)].map((line) => `- ${escaped(line)}`)
  return [
    `## ${name}`,
    '',
    about,
    '',
    `![${result.plot.title}](performance/${name}.svg)`,
    '',
    ...table(['', 'median', 'spread', 'ratio', 'spread'], '|---|--:|---|--:|---|', rowsOf(result.figures)),
    '',
    ...notes,
    ...(notes.length > 0 ? [''] : []),
  ]
}

function table(head: readonly string[], alignment: string, rows: readonly (readonly string[])[]): string[] {
  return [head, ...rows].flatMap((row, i) => {
    const line = `| ${row.slice(0, head.length).map(escaped).join(' | ')} |`
    return i === 0 ? [line, alignment] : [line]
  })
}

function escaped(cell: string): string {
  return cell.replace(/[|<>]/g, (character) => ({ '|': '\\|', '<': '&lt;', '>': '&gt;' })[character]!)
}
