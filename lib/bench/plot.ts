/** A plot as SVG: bars on a logarithmic scale, with whiskers from the lowest to the highest round. */
import { number } from './number.js'
import type { Bar, Plot } from './suite.js'

const WIDTH = 860
const LEFT = 330
const RIGHT = 130
const ROW = 26
const TOP = 44
const BOTTOM = 34
const BAR = 14

const SPAN = WIDTH - LEFT - RIGHT

/** Legible on a light and on a dark page. */
const COLOURS = { ours: '#2563eb', others: '#9ca3af', text: '#6b7280', lines: '#9ca3af' }

export function svgOf({ title, unit, bars }: Plot): string {
  const shown = bars.filter(({ median }) => median > 0)
  const axis = axisFor(shown)
  const height = TOP + ROW * shown.length + BOTTOM
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<text x="12" y="22" font-size="15" font-weight="600" fill="${COLOURS.text}">${escaped(title)}</text>`,
    ...axis.ticks.map((tick) => tickSvg(tick, axis.x(tick), height, unit)),
    ...shown.map((bar, row) => barSvg(bar, TOP + row * ROW, axis.x)),
    '</svg>',
    '',
  ].join('\n')
}

interface Axis {
  ticks: number[]
  x(value: number): number
}

function axisFor(bars: readonly Bar[]): Axis {
  const low = Math.floor(Math.log10(Math.min(...bars.map(({ spread, median }) => spread[0] || median))))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...bars.map(({ spread }) => spread[1])))))
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    x: (value) => LEFT + (SPAN * (Math.log10(value) - low)) / (high - low),
  }
}

function tickSvg(tick: number, x: number, height: number, unit: string): string {
  const line = `<line x1="${px(x)}" y1="${TOP - 8}" x2="${px(x)}" y2="${height - BOTTOM}" stroke="${COLOURS.lines}" stroke-opacity="0.35"/>`
  return `${line}<text x="${px(x)}" y="${height - BOTTOM + 16}" text-anchor="middle" fill="${COLOURS.text}">${number(tick)} ${escaped(unit)}</text>`
}

function barSvg({ label, median, spread, isOurs }: Bar, y: number, x: (value: number) => number): string {
  const middle = y + BAR / 2
  const end = x(median)
  const [low, high] = [x(spread[0] || median), x(spread[1])]
  return [
    `<text x="${LEFT - 10}" y="${middle + 4}" text-anchor="end" fill="${COLOURS.text}">${escaped(label)}</text>`,
    `<rect x="${LEFT}" y="${y}" width="${px(end - LEFT)}" height="${BAR}" rx="2" fill="${isOurs ? COLOURS.ours : COLOURS.others}"/>`,
    `<line x1="${px(low)}" y1="${middle}" x2="${px(high)}" y2="${middle}" stroke="${COLOURS.text}"/>`,
    `<text x="${px(Math.max(end, high) + 8)}" y="${middle + 4}" fill="${COLOURS.text}">${number(median)}</text>`,
  ].join('')
}

function px(value: number): string {
  return value.toFixed(1)
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
