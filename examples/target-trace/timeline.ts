/** A trace as a picture: time goes to the right, a row for each loop, a bar for each run. */
import type { Event } from './trace.ts'

const width = 1000
const [left, right, top, row] = [250, 20, 54, 30]
const colours: Partial<Record<Event['what'], string>> = {
  load: '#9aa5b1',
  run: '#2f6fde',
  runShort: '#7aa7f0',
  runCore: '#8a4fd3',
  reduce: '#d9822b',
  reduceBlock: '#eeb678',
  accumulate: '#b5482f',
  runLater: '#1f9d76',
}
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)
const time = (ms: number): string => (ms < 1 ? `${(1000 * ms).toPrecision(3)} µs` : `${ms.toPrecision(3)} ms`)
const size = (bytes: number): string => {
  const unit = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${Number((bytes / 1024 ** unit).toPrecision(3))} ${['B', 'KiB', 'MiB', 'GiB'][unit]}`
}

/** What a bar says when it is pointed at. */
function description(event: Event): string {
  const { what, loop, sizes, steps, took, bytes, copied, threads, calls } = event
  const lines = [`${what}: ${loop}`, time(took)]
  if (what === 'load') return lines.join('\n')
  const rate = `${size(bytes)} (${(bytes / took / 1e6).toPrecision(3)} GB/s)`
  lines.push(`[${sizes}] steps ${steps.map((own) => `[${own}]`).join(' ')}`, rate)
  lines.push(`${calls} calls of the loop, ${threads} threads${copied > 0 ? `, ${size(copied)} copied` : ''}`)
  return lines.join('\n')
}

/** Round numbers of milliseconds, five to ten of them. */
function ticks(end: number): number[] {
  const rough = end / 6
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((n) => n * unit).find((n) => n >= rough) ?? rough
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, k) => k * step)
}

/** An SVG file. */
export function timeline(events: readonly Event[], title: string): string {
  const loops = [...new Set(events.map(({ loop }) => loop))]
  const from = Math.min(...events.map(({ start }) => start))
  const end = Math.max(...events.map(({ start, took }) => start + took)) - from
  const bottom = top + row * loops.length
  const x = (ms: number): number => left + (ms / end) * (width - left - right)
  const grid = ticks(end).map((ms) => {
    const at = x(ms).toFixed(1)
    return `<path d="M${at} ${top}V${bottom}" stroke="#e3e7ec"/><text x="${at}" y="${bottom + 16}" text-anchor="middle" class="dim">${Number(ms.toPrecision(3))} ms</text>`
  })
  const rows = loops.map((loop, k) => {
    const y = top + k * row
    const own = events.filter((event) => event.loop === loop && event.what !== 'load')
    const [took, bytes] = [own.reduce((s, e) => s + e.took, 0), own.reduce((s, e) => s + e.bytes, 0)]
    const sums =
      own.length === 0 ? '' : `${own.length} × in ${time(took)}, ${(bytes / took / 1e6).toPrecision(2)} GB/s`
    const short = loop.length > 38 ? `${loop.slice(0, 37)}…` : loop
    return `<path d="M0 ${y}H${width}" stroke="#e3e7ec"/><text x="8" y="${y + 13}">${escaped(short)}<title>${escaped(loop)}</title></text><text x="8" y="${y + 25}" class="dim">${sums}</text>`
  })
  const bars = events.map((event) => {
    const y = top + loops.indexOf(event.loop) * row + 5
    const at = x(event.start - from)
    const long = Math.max(1.5, x(event.start - from + event.took) - at)
    return `<rect x="${at.toFixed(1)}" y="${y}" width="${long.toFixed(1)}" height="${row - 10}" rx="1.5" fill="${colours[event.what] ?? '#555'}"><title>${escaped(description(event))}</title></rect>`
  })
  const kinds = [...new Set(events.map(({ what }) => what))]
  const legend = kinds.map((what, k) => {
    const at = left + 110 * k
    return `<rect x="${at}" y="32" width="11" height="11" rx="1.5" fill="${colours[what] ?? '#555'}"/><text x="${at + 16}" y="42">${what}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 26}" width="${width}" font-family="system-ui, sans-serif" font-size="12">
<style>text { fill: #1f2933 } .dim { fill: #7b8794; font-size: 10px } rect:hover { opacity: 0.7 }</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="20" font-size="15" font-weight="600">${escaped(title)}</text>
${[...grid, ...rows, ...bars, ...legend].join('\n')}
</svg>
`
}
