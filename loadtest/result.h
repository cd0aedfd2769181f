/* result.h -- all that a run found out, for the three reports to show. */
#ifndef LOADTEST_RESULT_H
#define LOADTEST_RESULT_H

#include "audit.h"
#include "options.h"
#include "series.h"
#include "verdict.h"

struct result {
    const struct options *options;
    char server[160];
    char started[32];       /* UTC, RFC 3339 */
    uint64_t began_unix_ms; /* when measuring began, so that runs side by side can be compared */
    bool interrupted;
    double seconds; /* measured: from the end of the warm-up to the last answer */
    struct series series;
    struct series_slot total;  /* of the measured time */
    struct histogram accepted; /* latency of the claims answered OK; they are in total.claims too */
    struct words errors;
    struct words refusals;
    uint64_t warmup_answers;
    uint64_t reconnects, resent, lanes_lost, unsent;
    uint64_t given_up; /* due in the measured time and dropped unsent: --give-up */
    double cpu_share;  /* of the busiest generator thread, 0..1 */
    struct histogram late;
    bool generator_bound; /* cpu_share over 0.8: throughput is the generator's, latency void */
    struct audit_report audit;
    struct verdict_summary verdict; /* of a replay */
};

/* Tell whether a generator thread so busy was the limit of what was measured. */
bool result_is_generator_bound(double cpu_share);

/* Return how many requests got a business answer, and how many of those were claims. */
uint64_t result_answers(const struct result *result);
uint64_t result_claims(const struct result *result);

/* Print the tables. */
void report_text(FILE *out, const struct result *result);

/* Print only the audit's lines. */
void report_audit(FILE *out, const struct audit_report *audit);

/* Write everything as JSON. */
bool report_json(const char *path, const struct result *result, struct failure *failure);

/* Write one self-contained page with plots. */
bool report_html(const char *path, const struct result *result, struct failure *failure);

/* Write a number with thousands separators. */
#define GROUPED_BYTES 32
const char *grouped(uint64_t number, char out[static GROUPED_BYTES]);

/* Write nanoseconds with three digits and a unit that fits: "87.3 µs". */
const char *duration(double ns, char out[static GROUPED_BYTES]);

#endif
