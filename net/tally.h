/* tally.h -- coupons issued by campaign and channel, and by campaign and store: counted behind the coupons.
 *
 * Coupons are records in the order of their serial numbers, and what is counted of one never changes. So a reader
 * walks behind and costs a claim nothing; it is exact, and after a restart counts again from the first one on.
 *
 *     tally_go_on(tally, engine, last, budget);      some more, up to coupon `last`
 *     count = tally_top(tally, campaign, TALLY_STORE, top, 50, &of);
 *
 *     coupons   ██████████████████░░░░░░        counted, and not counted yet
 *                                ▲ tally_counted()
 *
 * Bounded: where there are more (campaign, name) than entries, coupons of the rest are told as a sum.
 */
#ifndef BOON_NET_TALLY_H
#define BOON_NET_TALLY_H

#include "engine/engine.h"

#define TALLY_ENTRIES_MAX 1000000U
#define TALLY_TOP_MAX 100U

struct tally;

enum tally_kind { TALLY_CHANNEL, TALLY_STORE, TALLY_KINDS };

struct tally_line {
    uint32_t name;   /* number of the name; 0 = none was given */
    uint32_t issued; /* coupons */
};

/* Makes a tally of at most `entries_max` (campaign, name) pairs, both kinds together. NULL: no address space. */
struct tally *tally_create(uint32_t campaigns_max, uint32_t entries_max);
void tally_destroy(struct tally **tally);

/* Counts at most `budget` coupons more, none behind coupon `last`, which exists. Returns how many. */
uint32_t tally_go_on(struct tally *tally, const struct engine *engine, uint32_t last,
                     uint32_t budget);

/* Returns how many coupons are counted so far: those of serial numbers up to it. */
uint32_t tally_counted(const struct tally *tally);

/* Returns how many of them are of this campaign. */
uint32_t tally_of_campaign(const struct tally *tally, uint32_t campaign);

/* Writes the names of a campaign that issued most, at most `max` (up to TALLY_TOP_MAX), most first. Returns
 * how many; `names`: of how many; `other`: coupons for whose names there was no room. */
uint32_t tally_top(const struct tally *tally, uint32_t campaign, enum tally_kind kind,
                   struct tally_line *top, uint32_t max, uint32_t *names, uint32_t *other);

#endif
