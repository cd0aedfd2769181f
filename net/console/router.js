// router.js -- which page the address names: #/campaigns/11%2F11 → {page, params}.

const ROUTES = [
  ['campaigns', 'campaigns'],
  ['campaigns/:id', 'campaign'],
  ['campaigns/:id/edit', 'edit'],
  ['new', 'edit'],
  ['members', 'members'],
  ['members/:id', 'members'],
  ['coupons/:code', 'members'],
  ['node', 'node'],
  ['command', 'command'],
]

// Which entry of the navigation a page belongs to.
export const SECTION = { campaigns: 'campaigns', campaign: 'campaigns', edit: 'campaigns' }

const decode = (text) => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export function route_of(hash) {
  const parts = hash.replace(/^#\/?/, '').split('/').filter(Boolean)
  for (const [pattern, page] of ROUTES) {
    const wanted = pattern.split('/')
    if (wanted.length !== parts.length) continue
    const params = {}
    const fits = wanted.every((word, at) => {
      if (!word.startsWith(':')) return word === parts[at]
      params[word.slice(1)] = decode(parts[at])
      return true
    })
    if (fits) return { page, params }
  }
  return { page: 'campaigns', params: {} }
}

export const link = (...parts) => `#/${parts.map(encodeURIComponent).join('/')}`

export function go(...parts) {
  location.hash = link(...parts)
}
