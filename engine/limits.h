/* limits.h -- the bounds of ids, amounts and answers that commands, events and records share. */
#ifndef BOON_ENGINE_LIMITS_H
#define BOON_ENGINE_LIMITS_H

#define ID_BYTES_MAX 64U       /* member, campaign, asset, channel, store, staff: bytes of UTF-8 */
#define REQUEST_BYTES_MAX 128U /* request id: bytes of UTF-8 */
#define REASON_BYTES_MAX 256U  /* why an operator did it: bytes of UTF-8 */
#define AMOUNT_MAX 1000000000000LL /* one movement of an account */
/* The most an account holds. Stock clients read an integer digit by digit into a double, and several are
 * off by one from 2^53 - 57 on: this is exact in all of them. */
#define BALANCE_MAX 9000000000000000LL
#define SHARD_MAX 1023U               /* ten bits of a coupon code */
#define PAGE_ITEMS 100U               /* items of a list when the caller does not say */
#define PAGE_ITEMS_MAX 1000U          /* items of a list at most */
#define TIME_MS_MAX 253402300799999LL /* 9999-12-31T23:59:59.999Z */

#define EVENT_BYTES_MAX 65535U /* one encoded event, its head included */
#define GROUP_EVENTS_MAX 8U    /* events of one command */
#define GROUP_BYTES_MAX 98304U /* encoded events of one command: one document and small ones */

#endif
