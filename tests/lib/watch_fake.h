/* watch_fake.h -- a fake server (server_fake.h) with what watches it, and a sale in it.
 *
 *     TestSuite(x, .init = watch_set_up, .fini = watch_tear_down);
 *     watch_campaign("sale", 10);  watch_claim("sale", "m1", "app", "");  watch_durable();  watch_ticks(20);
 */
#ifndef BOON_TESTS_LIB_WATCH_FAKE_H
#define BOON_TESTS_LIB_WATCH_FAKE_H

#include "tests/lib/server_fake.h"

void watch_set_up(void);
void watch_tear_down(void);

/* Puts and starts a campaign of one coupon a member, and returns its index. */
uint32_t watch_campaign(const char *id, uint64_t stock);

enum refusal watch_claim(const char *id, const char *member, const char *channel,
                         const char *store);

/* All that has happened becomes durable. */
void watch_durable(void);

/* Lets so many ticks pass and tells at how many a frame was due. */
int watch_ticks(int count);

#endif
