// charts.js -- a chart of the last minutes with its table twin and its CSV.
//
//     const card = chart_card({ title, name: 'stock', series: [{ label, colour: 'c1' }], read, write })
//     read() → { time: [seconds …], values: [[…] of each series] }; card.update() draws it again.
//
// `stacked` series stand on each other; the first is at the bottom, and the others are named only
// where there is something of them. Colours are names of custom
// properties, read anew when the theme changes.
import { attribute, fill, h, icon, put } from './dom.js'
import { clock, clock_24, NONE } from './format.js'
import { t } from './i18n.js'
import { save_csv } from './csv.js'

const HEIGHT = 208
const TABLE_ROWS = 60
const WINDOW_S = 60 // at the least: a young chart grows from the right

const colour_of = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

function stack(values) {
  const sums = []
  for (const row of values) {
    const below = sums.at(-1)
    sums.push(row.map((value, at) => (value === null ? null : value + (below?.[at] ?? 0))))
  }
  return sums
}

function axes({ write, incrs }) {
  const ink = colour_of('ink-3')
  const line = colour_of('line')
  const font = `11px ${getComputedStyle(document.body).fontFamily}`
  const common = { stroke: ink, font, ticks: { show: false } }
  return [
    {
      ...common,
      grid: { show: false },
      size: 26,
      space: 84,
      values: (_, ticks) => ticks.map((tick) => clock_24(tick * 1000)),
    },
    {
      ...common,
      grid: { stroke: line, width: 1 },
      size: 62,
      gap: 6,
      incrs,
      values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : write(tick))),
    },
  ]
}

function drawn_series({ series, stacked, filled }) {
  const drawn = series.map(({ colour, dash }) => ({
    stroke: colour_of(colour),
    width: stacked ? 1 : 1.75,
    dash,
    fill: stacked ? colour_of(colour) : filled ? colour_of(`${colour}-soft`) : undefined,
    points: { show: false },
  }))
  // The highest of a stack is painted first, so that the lower ones stand before it.
  return [{}, ...(stacked ? drawn.reverse() : drawn)]
}

function scales(options) {
  const time = {
    time: true,
    range: (_, low, high) => [Math.min(low ?? 0, (high ?? 0) - WINDOW_S), high ?? WINDOW_S],
  }
  const value = {
    range: (_, low, high) => [0, Math.max(options.top ?? 0, (high || 0) * 1.08) || 1],
  }
  return { x: time, y: value }
}

// The uPlot of one card, made anew for each theme and width.
function make_plot(options, box, on_cursor) {
  return new window.uPlot(
    {
      width: Math.max(200, box.clientWidth),
      height: options.height ?? HEIGHT,
      padding: [10, 30, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: scales(options),
      axes: axes(options),
      series: drawn_series(options),
      hooks: { setCursor: [(plot) => on_cursor(plot.cursor.idx ?? null)] },
    },
    [[], ...options.series.map(() => [])],
    box,
  )
}

function legend_of(options) {
  const values = options.series.map(() => h('b', { class: 'num' }, NONE))
  const items = options.series.map(({ label, colour }, at) =>
    h(
      'li',
      {},
      h('i', { class: 'key', css: { background: `var(--${colour})` }, 'aria-hidden': 'true' }),
      h('span', {}, label),
      values[at],
    ),
  )
  const element = h('ul', { class: 'legend' }, items)
  const show = (data, at) => {
    for (const [number, value] of values.entries()) {
      const figure = data.values[number]?.[at]
      put(value, figure === null || figure === undefined ? NONE : options.write(figure))
      if (options.stacked) items[number].hidden = number > 0 && !data.values[number]?.some(Boolean)
    }
  }
  return { element, show }
}

// The same figures as rows, newest first; one row in `step` where there are many.
function table_of(options, data) {
  const step = Math.max(1, Math.ceil(data.time.length / TABLE_ROWS))
  const rows = []
  for (let at = data.time.length - 1; at >= 0; at -= step)
    rows.push(
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, clock(data.time[at] * 1000)),
        data.values.map((row) =>
          h('td', {}, row[at] === null || row[at] === undefined ? NONE : options.write(row[at])),
        ),
      ),
    )
  return h(
    'table',
    { class: 'table' },
    h('caption', { class: 'visually-hidden' }, options.title),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, t('time')),
        options.series.map(({ label }) => h('th', { scope: 'col' }, label)),
      ),
    ),
    h('tbody', {}, rows),
  )
}

function csv_of(options, data) {
  save_csv(
    `boon-${options.name}`,
    ['time', ...options.series.map(({ label }) => label)],
    data.time.map((time, at) => [
      new Date(time * 1000).toISOString(),
      ...data.values.map((row) => row[at]),
    ]),
  )
}

function tool(name, label, testid, action) {
  return h(
    'button',
    {
      class: 'icon-button',
      type: 'button',
      title: label,
      'aria-label': label,
      testid,
      on: { click: action },
    },
    icon(name),
  )
}

export function card_head(title, note, tools) {
  return h(
    'header',
    { class: 'card-head' },
    h('h2', {}, title),
    note,
    h('div', { class: 'card-tools' }, tools),
  )
}

// Returns {element, update, cleanup}. `summary()` says in words what the chart shows.
export function chart_card(options) {
  const box = h('div', { class: 'plot', role: 'img' })
  const twin = h('div', {
    class: 'twin',
    tabindex: '0',
    role: 'region',
    'aria-label': options.title,
  })
  const waiting = h('p', { class: 'plot-empty' }, t('chart_waits'))
  const legend = legend_of(options)
  let plot = null
  let cursor = null
  let data = options.read()
  let table = false

  const show_legend = () => legend.show(data, cursor ?? data.time.length - 1)
  const on_cursor = (at) => {
    cursor = at
    show_legend()
  }
  const draw = () => {
    const values = options.stacked ? stack(data.values).reverse() : data.values
    plot?.setData([data.time, ...values])
  }
  const rebuild = () => {
    plot?.destroy()
    plot = make_plot(options, box, on_cursor)
    draw()
  }
  const update = () => {
    data = options.read()
    const empty = data.time.length < 2
    waiting.hidden = !empty || table
    box.hidden = empty || table
    twin.hidden = !table
    if (table) fill(twin, table_of(options, data))
    else if (!empty && box.clientWidth > 0) {
      if (plot === null) rebuild()
      else draw()
    }
    attribute(box, 'aria-label', `${options.title}. ${options.summary?.() ?? ''}`)
    if (cursor === null || cursor >= data.time.length) show_legend()
  }
  const flip = tool('table', t('show_table'), `table-${options.name}`, () => {
    table = !table
    attribute(flip, 'aria-pressed', table)
    attribute(flip, 'aria-label', t(table ? 'show_chart' : 'show_table'))
    flip.title = t(table ? 'show_chart' : 'show_table')
    update()
  })
  attribute(flip, 'aria-pressed', 'false')
  const csv = tool('download', t('csv_of', { what: options.title }), `csv-${options.name}`, () =>
    csv_of(options, data),
  )
  const element = h(
    'section',
    { class: `card chart ${options.class ?? ''}`, testid: `chart-${options.name}` },
    card_head(options.title, options.note, [flip, csv]),
    legend.element,
    waiting,
    box,
    twin,
  )
  const watch = new ResizeObserver(() => {
    if (plot && box.clientWidth > 0)
      plot.setSize({ width: box.clientWidth, height: options.height ?? HEIGHT })
    else update()
  })
  watch.observe(element)
  const on_theme = () => plot && rebuild()
  addEventListener('boon:theme', on_theme)
  update()
  const cleanup = () => {
    removeEventListener('boon:theme', on_theme)
    watch.disconnect()
    plot?.destroy()
  }
  return { element, update, cleanup }
}

// A table whose rows carry a bar: its own twin. `rows()` → [{name, value, share, colour}].
export function bars_card({ title, name, columns, rows, empty, write, note, foot }) {
  const body = h('tbody')
  const nothing = h('p', { class: 'plot-empty' }, empty)
  const table = h(
    'table',
    { class: 'table bars' },
    h('caption', { class: 'visually-hidden' }, title),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        columns.map((column) => h('th', { scope: 'col' }, column)),
      ),
    ),
    body,
  )
  const below = h('p', { class: 'card-foot muted' })
  const csv = tool('download', t('csv_of', { what: title }), `csv-${name}`, () =>
    save_csv(
      `boon-${name}`,
      columns.slice(0, 2),
      rows().map((row) => [row.name, row.value]),
    ),
  )
  const update = () => {
    const now = rows()
    table.hidden = now.length === 0
    nothing.hidden = now.length > 0
    put(below, foot?.() ?? '')
    below.hidden = below.textContent === ''
    while (body.rows.length > now.length) body.lastChild.remove()
    while (body.rows.length < now.length) body.append(bar_row())
    for (const [at, row] of now.entries()) show_bar(body.rows[at], row, write)
  }
  const element = h(
    'section',
    { class: 'card', testid: `chart-${name}` },
    card_head(title, note, [csv]),
    nothing,
    table,
    below,
  )
  update()
  return { element, update, cleanup: () => {} }
}

function bar_row() {
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, h('span', { class: 'bar-name' }), h('small', { class: 'bar-about' })),
    h('td', { class: 'num' }),
    h(
      'td',
      { class: 'bar-cell' },
      h('span', { class: 'bar', 'aria-hidden': 'true' }, h('i')),
      h('span', { class: 'bar-share num' }),
    ),
  )
}

function show_bar(row, { name, about, value, share, shown_share, colour }, write) {
  const [head, figure, cell] = row.cells
  put(head.firstChild, name)
  put(head.lastChild, about ?? '')
  put(figure, write(value))
  cell.firstChild.firstChild.style.width = `${Math.max(0, Math.min(1, share || 0)) * 100}%`
  cell.firstChild.firstChild.style.background = `var(--${colour ?? 'c1'})`
  put(cell.lastChild, shown_share ?? '')
}
