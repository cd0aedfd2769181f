// dom.js -- makes elements; the console's only way to the document.
//
//     h('button', { class: 'primary', testid: 'confirm', on: { click: save } }, t('save'))
//
// Text is always text, never markup. Styles go through the CSSOM, which a strict policy allows.

const SVG = 'http://www.w3.org/2000/svg'

function set(element, name, value) {
  if (value === undefined || value === null || value === false) return
  if (name === 'on') {
    for (const [event, action] of Object.entries(value)) element.addEventListener(event, action)
  } else if (name === 'css') {
    for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text)
  } else if (name === 'testid') {
    element.setAttribute('data-testid', value)
  } else if (name === 'value' && 'value' in element) {
    element.value = value
  } else {
    element.setAttribute(name, value === true ? '' : String(value))
  }
}

function make(element, props, children) {
  element.append(
    ...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false),
  )
  for (const [name, value] of Object.entries(props ?? {})) set(element, name, value)
  return element
}

export const h = (tag, props, ...children) => make(document.createElement(tag), props, children)
export const s = (tag, props, ...children) =>
  make(document.createElementNS(SVG, tag), props, children)

// Write text only where it changed: what did not change is not laid out or read out again.
export function put(element, text) {
  const next = String(text)
  if (element.textContent !== next) element.textContent = next
}

export function attribute(element, name, value) {
  const next = value === null || value === false ? null : value === true ? '' : String(value)
  if (next === null) element.removeAttribute(name)
  else if (element.getAttribute(name) !== next) element.setAttribute(name, next)
}

export const fill = (element, ...children) => {
  element.replaceChildren(
    ...children.flat(3).filter((child) => child instanceof Node || typeof child === 'string'),
  )
  return element
}

// Say something to people who listen instead of looking.
export function announce(text) {
  put(document.getElementById('announcer'), text)
}

const ICONS = {
  campaigns:
    'M4 7.5A1.5 1.5 0 0 1 5.5 6h13A1.5 1.5 0 0 1 20 7.5v2.2a2.3 2.3 0 0 0 0 4.6v2.2a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 16.5v-2.2a2.3 2.3 0 0 0 0-4.6V7.5ZM14.5 6v2M14.5 11v2M14.5 16v2',
  members:
    'M12 12a3.75 3.75 0 1 0 0-7.5 3.75 3.75 0 0 0 0 7.5ZM4.75 19.5c.6-3.3 3.5-5 7.25-5s6.65 1.7 7.25 5',
  node: 'M4.5 5h15v5.5h-15zM4.5 13.5h15V19h-15zM7.5 7.75h.01M7.5 16.25h.01M11 7.75h5.5M11 16.25h5.5',
  command: 'M5 7l5 5-5 5M12.5 17.5H19',
  theme: 'M12 4a8 8 0 1 0 0 16V4ZM12 4a8 8 0 0 1 0 16',
  language:
    'M4 6.5h9M8.5 4.5v2M11 6.5c-.8 3.8-3.2 6.5-6.5 8M6.5 9.5c1 2.2 2.8 4 5 5M12.5 19.5l4-9.5 4 9.5M14 16.5h5',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 17.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.8 15.8L20 20',
  download: 'M12 4.5v10.5M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14',
  table: 'M4.5 5.5h15v13h-15zM4.5 10h15M4.5 14.3h15M10 5.5v13',
  chart: 'M4.5 19.5h15M5.5 15.5l4-5 4 3 5-7',
  play: 'M8 5.5l10.5 6.5L8 18.5z',
  pause: 'M8.5 5.5v13M15.5 5.5v13',
  stop: 'M6.5 6.5h11v11h-11z',
  stock: 'M12 4l7.5 4v8L12 20l-7.5-4V8zM4.5 8l7.5 4 7.5-4M12 12v8',
  edit: 'M5 19h3.5L18.5 9 15 5.5 5 15.5zM13 7.5L16.5 11',
  back: 'M14.5 6l-6 6 6 6',
  leave: 'M13.5 5H6v14h7.5M11 12h9M16.5 8.5L20 12l-3.5 3.5',
  warning: 'M12 4.5L21 19.5H3zM12 10v4.5M12 17h.01',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  refresh: 'M19 12a7 7 0 1 1-2.2-5.1M19 4.5v4h-4',
  copy: 'M8.5 8.5h10v11h-10zM5.5 15.5v-11h10',
}

export function icon(name) {
  return s(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    s('path', { d: ICONS[name] }),
  )
}

// The mark: a B of two coupons, torn along the perforation.
export function logo() {
  return s(
    'svg',
    { class: 'logo', viewBox: '0 0 32 32', 'aria-hidden': 'true', focusable: 'false' },
    s('rect', { width: 32, height: 32, rx: 7.5, class: 'logo-ground' }),
    s('path', {
      class: 'logo-stub',
      d: 'M10 6h7.6a4.6 4.6 0 0 1 0 9.2h-7.3A2 2 0 0 0 8.4 13.4V7.6A1.6 1.6 0 0 1 10 6Z',
    }),
    s('path', {
      class: 'logo-stub',
      d: 'M10.3 16.8h9a4.6 4.6 0 0 1 0 9.2H10a1.6 1.6 0 0 1-1.6-1.6v-5.8a2 2 0 0 0 1.9-1.8Z',
    }),
  )
}
