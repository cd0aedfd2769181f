// dice.mjs -- the same throws again from the same seed, so that a test that chooses can be repeated.
//
// BOON_FAULT_SEED gives the seed of a run; without it each run has another one, and says it.
const SEED_BITS = 2 ** 32

export class Dice {
  constructor(seed) {
    this.seed = seed >>> 0
    this.state = this.seed
  }

  // A number from 0 up to, but not, 1. (mulberry32)
  throw() {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / SEED_BITS
  }

  below(count) {
    return Math.floor(this.throw() * count)
  }

  between(least, most) {
    return least + this.below(most - least + 1)
  }

  chance(share) {
    return this.throw() < share
  }

  one_of(list) {
    return list[this.below(list.length)]
  }

  // One of the keys of {key: weight}.
  weighted(weights) {
    const entries = Object.entries(weights)
    let at = this.throw() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [key, weight] of entries) if ((at -= weight) < 0) return key
    return entries.at(-1)[0]
  }

  // Dice of their own for a part of the work, so that parts do not disturb each other's throws.
  child(number) {
    return new Dice((this.seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0)
  }
}

export function seed_of_run() {
  const given = process.env.BOON_FAULT_SEED
  return given === undefined ? Math.floor(Math.random() * SEED_BITS) : Number(given) >>> 0
}
