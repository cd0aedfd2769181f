/* rows.h -- the claims of a CSV file: one row, one claim.
 *
 * Members and campaigns are numbered in the order the file first names them; so are the pairs. */
#ifndef LOADTEST_ROWS_H
#define LOADTEST_ROWS_H

#include "failure.h"
#include "options.h"
#include "roll.h"

struct row {
    uint32_t member;
    uint32_t campaign;
    uint32_t pair;
};

struct rows {
    size_t count;
    struct row *rows; /* in the file's order */
    struct intern members;
    struct intern campaigns; /* the values of the column, without the prefix */
    struct intern pairs;     /* member and campaign as two uint32_t */
    uint32_t *asked;         /* by pair: rows */
    uint64_t *by_campaign;   /* by campaign: rows */
    uint64_t *entitled;      /* by campaign: coupons, were there stock enough for all */
};

/* Read the file named in the options; per_member is the limit that entitled counts with. */
bool rows_read(struct rows *rows, const struct options *options, struct failure *failure);
void rows_deinit(struct rows *rows);

#endif
