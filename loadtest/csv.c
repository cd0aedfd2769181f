/* csv.c -- reading CSV in place. */
#include "csv.h"

void csv_init(struct csv *csv, char *bytes, size_t length)
{
    *csv = (struct csv){.at = bytes, .end = bytes + length};
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        csv->at += 3;
}

static bool at_line_end(const struct csv *csv)
{
    if (csv->at == csv->end || *csv->at == '\n')
        return true;
    return *csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n';
}

/* Step over the line end, if there is one. */
static void line_end_skip(struct csv *csv)
{
    if (csv->at < csv->end && *csv->at == '\r')
        csv->at++;
    if (csv->at < csv->end && *csv->at == '\n')
        csv->at++;
}

static bool quoted_read(struct csv *csv, struct span *field)
{
    char *to = ++csv->at;
    field->bytes = to;
    for (; csv->at < csv->end; csv->at++) {
        if (*csv->at == '"') {
            csv->at++;
            bool doubled = csv->at < csv->end && *csv->at == '"';
            if (!doubled) {
                field->length = (size_t)(to - field->bytes);
                return at_line_end(csv) || *csv->at == ',';
            }
        }
        if (*csv->at == '\n')
            csv->lines++;
        *to++ = *csv->at;
    }
    return false;
}

static void plain_read(struct csv *csv, struct span *field)
{
    field->bytes = csv->at;
    while (!at_line_end(csv) && *csv->at != ',')
        csv->at++;
    field->length = (size_t)(csv->at - field->bytes);
}

enum csv_next csv_next(struct csv *csv)
{
    while (csv->at < csv->end && at_line_end(csv)) {
        csv->lines++;
        line_end_skip(csv);
    }
    if (csv->at == csv->end)
        return CSV_END;
    csv->line = ++csv->lines;
    for (csv->count = 0; csv->count < CSV_FIELDS_MAX;) {
        struct span *field = &csv->fields[csv->count];
        if (csv->at < csv->end && *csv->at == '"') {
            if (!quoted_read(csv, field))
                return CSV_BAD;
        } else {
            plain_read(csv, field);
        }
        csv->count++;
        if (at_line_end(csv)) {
            line_end_skip(csv);
            return CSV_ROW;
        }
        csv->at++; /* the comma */
    }
    return CSV_BAD;
}
