// csv.js -- saves rows as a CSV file that a spreadsheet reads without harm.

// A text that a spreadsheet would take for a formula is made a text again.
function cell(value) {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csv_text = (head, rows) =>
  `\ufeff${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`

export function save_csv(name, head, rows) {
  const url = URL.createObjectURL(
    new Blob([csv_text(head, rows)], { type: 'text/csv;charset=utf-8' }),
  )
  const anchor = document.createElement('a')
  anchor.href = url
  anchor.download = `${name.replace(/[^\p{L}\p{N}._-]+/gu, '-')}.csv`
  document.body.append(anchor)
  anchor.click()
  anchor.remove()
  setTimeout(() => URL.revokeObjectURL(url), 10000)
}
