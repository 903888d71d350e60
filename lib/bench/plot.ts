/** A plot as SVG: bars with whiskers from the lowest to the highest measurement. */
import { number } from './number.js'
import type { Bar, Plot } from './suite.js'

const CHARACTER = 6.6
const SPAN = 420
const RIGHT = 80
const ROW = 24
const TOP = 44
const BOTTOM = 34
const BAR = 14
/** From so many times the smallest value on, only a logarithmic scale shows both ends. */
const LOGARITHMIC_FROM = 30

/** Legible on a light and on a dark page. */
const COLOURS = { ours: '#2563eb', others: '#9ca3af', text: '#6b7280', lines: '#9ca3af' }

export function svgOf({ title, unit, bars }: Plot): string {
  const left = CHARACTER * Math.max(0, ...bars.map(({ label }) => label.length)) + 24
  const axis = axisFor(bars, left)
  const [width, height] = [left + SPAN + RIGHT, TOP + ROW * bars.length + BOTTOM]
  const scale = `${unit}${axis.isLogarithmic ? ', logarithmic' : ''}; the whiskers show the spread`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${px(width)}" height="${height}" viewBox="0 0 ${px(width)} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<text x="12" y="22" fill="${COLOURS.text}"><tspan font-size="15" font-weight="600">${escaped(title)}</tspan> (${escaped(scale)})</text>`,
    ...axis.ticks.map((tick) => tickSvg(tick, axis.x(tick), height)),
    ...bars.map((bar, row) => barSvg(bar, TOP + row * ROW, axis.x, left)),
    '</svg>',
    '',
  ].join('\n')
}

interface Axis {
  isLogarithmic: boolean
  ticks: number[]
  x(value: number): number
}

function axisFor(bars: readonly Bar[], left: number): Axis {
  const values = bars.flatMap(({ median, spread }) => [median, ...spread])
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return low > 0 && high / low > LOGARITHMIC_FROM ? logarithmic(low, high, left) : linear(high, left)
}

function logarithmic(lowest: number, highest: number, left: number): Axis {
  const low = Math.floor(Math.log10(lowest))
  const high = Math.ceil(Math.log10(highest))
  return {
    isLogarithmic: true,
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    x: (value) => left + (SPAN * (Math.log10(value) - low)) / (high - low),
  }
}

function linear(highest: number, left: number): Axis {
  const step = stepFor(highest > 0 ? highest : 1)
  const steps = Math.max(1, Math.ceil(highest / step))
  return {
    isLogarithmic: false,
    ticks: Array.from({ length: steps + 1 }, (_, i) => i * step),
    x: (value) => left + (SPAN * value) / (steps * step),
  }
}

/** Of four to ten steps, a round one. */
function stepFor(highest: number): number {
  const power = 10 ** Math.floor(Math.log10(highest))
  const steps = highest / power
  return (steps < 2 ? 0.2 : steps < 5 ? 0.5 : 1) * power
}

function tickSvg(tick: number, x: number, height: number): string {
  const line = `<line x1="${px(x)}" y1="${TOP - 8}" x2="${px(x)}" y2="${height - BOTTOM}" stroke="${COLOURS.lines}" stroke-opacity="0.35"/>`
  return `${line}<text x="${px(x)}" y="${height - BOTTOM + 16}" text-anchor="middle" fill="${COLOURS.text}">${number(tick)}</text>`
}

function barSvg({ label, median, spread, isOurs }: Bar, y: number, x: (value: number) => number, left: number): string {
  const middle = y + BAR / 2
  const end = x(median)
  const [low, high] = [x(spread[0]), x(spread[1])]
  return [
    `<text x="${px(left - 10)}" y="${middle + 4}" text-anchor="end" fill="${COLOURS.text}">${escaped(label)}</text>`,
    `<rect x="${px(left)}" y="${y}" width="${px(end - left)}" height="${BAR}" rx="2" fill="${isOurs ? COLOURS.ours : COLOURS.others}"/>`,
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
