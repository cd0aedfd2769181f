/* audit.h -- the check after a run: does what the server holds agree with what it said?
 *
 * Three witnesses that share nothing but the wire: the answers this run received (the ledger), the
 * campaigns' own counters, and, in a full audit, every coupon read back from its member. For each
 * campaign:
 *
 *     issued ≤ stock                                              else oversold
 *     acknowledged ≤ issued ≤ acknowledged + unanswered           else lost, or unexpected
 *     a SOLD_OUT was answered → issued = stock, no later claim OK   else wrongly refused
 *     what the members hold = issued                                (full)
 *
 * and for each member in each campaign:
 *
 *     held ≤ per_member, acknowledged ≤ per_member                else twice
 *     acknowledged ≤ held                                         else lost
 *     DUPLICATE or LIMIT was answered → acknowledged = per_member   else wrongly refused
 *     no code belongs to two coupons                                (full) */
#ifndef LOADTEST_AUDIT_H
#define LOADTEST_AUDIT_H

#include "ledger.h"
#include "peer.h"

#define AUDIT_PROBLEMS_MAX 12
#define AUDIT_PROBLEM_BYTES 224
#define AUDIT_ANY UINT64_MAX

struct audit_case {
    const struct options *options;
    const struct peer *peer;
    const struct endpoint *endpoint;
    const struct roll *roll;
    struct ledger *ledger;  /* NULL: nothing is known but what the server says */
    const uint64_t *expect; /* by campaign: exactly so many issued, or AUDIT_ANY; NULL: all ANY */
    bool made_here;         /* the campaigns must have the roll's stock and limit */
};

struct audit_report {
    enum audit_level level; /* AUDIT_NONE: not run */
    bool pass;
    bool not_done;   /* it was due, and the server could not be asked */
    bool lost_known; /* there was a ledger, or a number to expect */
    uint64_t campaigns, members, stock, issued, issued_before, acknowledged, unanswered;
    uint64_t oversold, twice, lost, unexpected, wrongly_refused, codes_twice, wrong_rows;
    uint64_t coupons_read;
    double seconds;
    uint64_t problem_count; /* may exceed what is kept */
    char problems[AUDIT_PROBLEMS_MAX][AUDIT_PROBLEM_BYTES];
};

/* Decide how deep to look when the person left it open. */
enum audit_level audit_level_of(const struct options *options, uint64_t members);

/* Read the server's numbers from before the run into the roll's campaigns. With `made`, fail when
 * a campaign is not the one that was asked for. */
bool audit_before(struct client *client, const struct peer *peer, struct roll *roll, bool made,
                  struct failure *failure);

/* Check everything. False only when the server could not be asked; the findings are in report,
 * which the caller has zeroed and may have put problems into. */
bool audit_run(const struct audit_case *audit, struct audit_report *report,
               struct failure *failure);

/* Note a finding that makes the audit fail. */
__attribute__((format(printf, 2, 3))) void audit_problem(struct audit_report *report,
                                                         const char *format, ...);

#endif
