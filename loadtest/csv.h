/* csv.h -- rows and fields of a CSV file held in memory.
 *
 * Commas, line ends \n or \r\n, fields quoted with " where "" stands for one ". A quoted field is
 * unescaped in place, so the file's memory must be writable and outlive the spans. A line without
 * any byte is passed over. */
#ifndef LOADTEST_CSV_H
#define LOADTEST_CSV_H

#include "span.h"

#define CSV_FIELDS_MAX 256

enum csv_next {
    CSV_ROW,
    CSV_END,
    CSV_BAD, /* an open quote, bytes behind a closing quote, or too many fields */
};

struct csv {
    char *at;
    char *end;
    size_t line;  /* of the row last read, from 1 */
    size_t lines; /* lines begun so far */
    size_t count; /* fields of the row last read */
    struct span fields[CSV_FIELDS_MAX];
};

/* Begin at the first byte of a file's content; a byte order mark is passed over. */
void csv_init(struct csv *csv, char *bytes, size_t length);

/* Read the next row into csv->fields. */
enum csv_next csv_next(struct csv *csv);

#endif
