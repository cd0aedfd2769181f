// sparkline.js -- a line as small as a word: the pace of the last minute.
import { attribute, s } from './dom.js'

const WIDTH = 84
const HEIGHT = 22
const POINTS = 60

export function make_sparkline() {
  const area = s('path', { class: 'spark-area' })
  const line = s('path', { class: 'spark-line' })
  const element = s(
    'svg',
    {
      class: 'spark',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      'aria-hidden': 'true',
      focusable: 'false',
    },
    area,
    line,
  )
  return { element, draw: (values) => draw(area, line, values) }
}

function draw(area, line, values) {
  const shown = values.slice(-POINTS).map((value) => value ?? 0)
  const top = Math.max(...shown, 1)
  const step = WIDTH / (POINTS - 1)
  const first = WIDTH - (shown.length - 1) * step
  const points = shown.map(
    (value, at) =>
      `${(first + at * step).toFixed(1)} ${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`,
  )
  const path = points.length > 1 ? `M${points.join('L')}` : ''
  attribute(line, 'd', path)
  attribute(area, 'd', path && `${path}L${WIDTH} ${HEIGHT}L${first.toFixed(1)} ${HEIGHT}Z`)
}
