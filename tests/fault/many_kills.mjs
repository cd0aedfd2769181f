// many_kills.mjs -- kill -9 of Boon, Redis or both, three hundred times, on two brands at once.
//
// scripts/torture does the same ten thousand times and more.
import { check_at_least, check_equal, say } from '../lib/check.mjs'
import { Dice, seed_of_run } from '../lib/dice.mjs'
import { Lane } from './lane.mjs'

const KILLS = 300

export async function many_kills() {
  const dice = new Dice(seed_of_run())
  say(`seed ${dice.seed}: BOON_FAULT_SEED=${dice.seed} chooses the same again`)
  const lanes = [
    new Lane('private', dice.child(1)),
    new Lane('own', dice.child(2), { own_redis: true }),
  ]
  await Promise.all(
    lanes.map(async (lane) => {
      await lane.begin()
      while (lane.killed < KILLS / lanes.length && lane.wrong.length === 0)
        await lane.round(KILLS / lanes.length - lane.killed)
      await lane.end()
    }),
  )
  for (const lane of lanes) {
    const { boon, redis, both, birth } = lane.kills
    say(
      `${lane.name}: ${lane.killed} kills (Boon ${boon}, at its start ${birth}, Redis ${redis}, both ${both}); ` +
        `${lane.counted('answered')} answers, ${lane.counted('cut')} cut off, ` +
        `${lane.counted('repeated')} asked again, ${lane.counted('checked')} facts compared, ${lane.snapshots} snapshots`,
    )
    check_equal(
      `many kills: ${lane.name}: nothing acknowledged is lost, nothing invented, oversold or twice`,
      lane.wrong,
      [],
    )
    check_at_least(`many kills: ${lane.name}: so many kills`, lane.killed, KILLS / lanes.length)
    check_at_least(`many kills: ${lane.name}: snapshots were taken meanwhile`, lane.snapshots, 1)
    check_at_least(`many kills: ${lane.name}: it was at work`, lane.counted('cut'), lane.killed)
  }
}
