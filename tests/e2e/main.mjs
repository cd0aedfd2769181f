// main.mjs -- the groups of the console's tests, in the order they are told.
import { run_suite } from '../lib/check.mjs'
import { need_build } from '../lib/boon.mjs'
import { close_browser, open_browser } from './browser.mjs'
import { command, create, edit, first_paint, member, pause, restock, sale, stop } from './story.mjs'
import { csv, keyboard, looks, nothing_else, reader, silence, words_and_colours } from './views.mjs'
import { make_world } from './world.mjs'

need_build('boon-server', 'boon-load')
await Promise.all([make_world(), open_browser()])

// Each goes on where the one before it ended.
await run_suite(
  'e2e',
  {
    first_paint,
    create,
    sale,
    pause,
    restock,
    edit,
    stop,
    member,
    command,
    words_and_colours,
    csv,
    keyboard,
    reader,
    looks,
    silence,
    nothing_else,
    close_browser,
  },
  process.argv.slice(2),
)
