/* ledger.h -- what this run was told: which claims were answered OK, and which were refused.
 *
 * One small record per (member, campaign) pair and one per campaign, written by all generator
 * threads while the load runs and read by the audit afterwards. It is independent of the server:
 * whatever the server says later must agree with it.
 *
 * A claim that was sent again after a lost connection may be answered DUPLICATE (or LIMIT) because
 * the first sending had been accepted. Such an answer says: this member holds all he may have. */
#ifndef LOADTEST_LEDGER_H
#define LOADTEST_LEDGER_H

#include "outcome.h"
#include "roll.h"

#include <stdatomic.h>

struct ledger_campaign {
    _Atomic uint64_t unanswered;  /* claims that may or may not have been accepted */
    _Atomic uint64_t sold_out;    /* answers SOLD_OUT */
    _Atomic uint64_t sold_out_ns; /* when the first of them arrived; UINT64_MAX: none */
    _Atomic uint64_t ok_too_late; /* OK to a claim made after a SOLD_OUT had arrived */
};

struct ledger {
    const struct roll *roll;
    bool retried;             /* claims may have been sent twice */
    _Atomic uint16_t *ok;     /* by pair: answers OK */
    _Atomic uint8_t *refused; /* by pair: LEDGER_… bits */
    struct ledger_campaign *campaigns;
};

#define LEDGER_HAD_ALL 1U       /* a DUPLICATE or LIMIT came */
#define LEDGER_HAD_ALL_AGAIN 2U /* one came to a claim that was sent again */

/* Make an empty ledger over the roll, which must outlive it. */
void ledger_init(struct ledger *ledger, const struct roll *roll, bool retried);
void ledger_deinit(struct ledger *ledger);

/* Enter one claim's answer. made_ns is when the claim was first due, now_ns when the answer came;
 * again says that the claim was sent more than once. Safe from several threads. */
void ledger_enter(struct ledger *ledger, uint64_t pair, uint32_t campaign, enum outcome outcome,
                  bool again, uint64_t made_ns, uint64_t now_ns);

/* Return how many coupons the pair was acknowledged. */
uint32_t ledger_acknowledged(const struct ledger *ledger, uint64_t pair);

#endif
