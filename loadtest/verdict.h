/* verdict.h -- judging the answers of a replay, row by row, by the file alone.
 *
 * The model is a counter per (member, campaign). A member's rows go over one connection in order,
 * so when a row's answer comes, the answers to all his earlier rows are known:
 *
 *     OK               right while he has fewer than per_member and was never told SOLD_OUT there
 *     DUPLICATE/LIMIT  right once he has per_member; or to a claim that was sent again
 *     SOLD_OUT         right while he has fewer, in a campaign that cannot serve all who ask
 *
 * With stock for everyone this fixes every single answer. With less, who gets the last coupon is
 * the server's choice, but how many there are is not: min(stock, what the file entitles to). */
#ifndef LOADTEST_VERDICT_H
#define LOADTEST_VERDICT_H

#include "audit.h"
#include "rows.h"

#include <pthread.h>

struct verdict {
    const struct rows *rows;
    const struct ledger *ledger;
    const struct roll *roll;
    uint8_t *answered; /* by row */
    uint8_t *sold_out; /* by pair: was told SOLD_OUT */
    _Atomic uint64_t wrong;
    pthread_mutex_t lock; /* of the report's problems */
    struct audit_report *report;
};

/* What the file says must come, for the summary. */
struct verdict_summary {
    bool present;
    uint64_t rows, members, campaigns;
    uint64_t expected_ok; /* over all campaigns, with their stock */
    uint64_t answered, wrong;
};

void verdict_init(struct verdict *verdict, const struct rows *rows, const struct ledger *ledger,
                  struct audit_report *report);
void verdict_deinit(struct verdict *verdict);

/* Judge one answer, before the ledger takes it. Threads may judge different members at once. */
void verdict_judge(struct verdict *verdict, size_t row, enum outcome outcome, bool again);

/* Return how many coupons the campaign must issue. */
uint64_t verdict_expected(const struct rows *rows, const struct roll *roll, uint32_t campaign);

/* Sum up; rows without an answer become problems of the report. */
void verdict_end(struct verdict *verdict, struct verdict_summary *summary);

#endif
