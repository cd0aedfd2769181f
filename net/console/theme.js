// theme.js -- sets theme and language before the first paint; a classic script, so that nothing
// flashes.
'use strict'
{
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const root = document.documentElement

  const stored = (name) => {
    try {
      return localStorage.getItem(`boon.${name}`)
    } catch {
      return null // storage is forbidden in this browser: nothing is remembered
    }
  }
  const apply = (choice) => {
    const theme = choice === 'light' || choice === 'dark' ? choice : dark.matches ? 'dark' : 'light'
    if (root.dataset.theme === theme) return
    root.dataset.theme = theme
    dispatchEvent(new Event('boon:theme'))
  }

  apply(stored('theme'))
  dark.addEventListener('change', () => apply(stored('theme')))
  addEventListener('boon:theme-chosen', (event) => apply(event.detail))
  const language = stored('language') ?? navigator.language
  root.lang = language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}
