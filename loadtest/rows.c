/* rows.c -- reading claims from a CSV file. */
#include "rows.h"

#include "csv.h"

#include <errno.h>

/* Read a whole file into memory that the caller frees. */
static char *file_read(const char *path, size_t *length, struct failure *failure)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        failure_set(failure, "cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    size_t room = 1 << 20;
    char *bytes = memory_resized(NULL, room, 1);
    *length = 0;
    for (;;) {
        size_t got = fread(bytes + *length, 1, room - *length, file);
        *length += got;
        if (got == 0)
            break;
        if (*length == room)
            bytes = memory_resized(bytes, room *= 2, 1);
    }
    bool failed = ferror(file) != 0;
    fclose(file);
    if (!failed)
        return bytes;
    free(bytes);
    failure_set(failure, "cannot read %s: %s", path, strerror(errno));
    return NULL;
}

static bool column_find(const struct csv *csv, const char *path, const char *flag, const char *name,
                        size_t *column, struct failure *failure)
{
    char names[256];
    size_t used = 0;
    for (size_t i = 0; i < csv->count; i++) {
        if (span_is(csv->fields[i], name)) {
            *column = i;
            return true;
        }
        if (used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.*s", i ? ", " : "",
                                     (int)csv->fields[i].length, csv->fields[i].bytes);
    }
    return failure_set(failure, "%s: %s has no column \"%s\"; it has %s", flag, path, name, names);
}

/* Tell whether the wire protocol takes the text as an id, with `more` bytes in front of it. */
static bool id_is_valid(struct span text, size_t more)
{
    if (text.length == 0 || text.length + more > ID_BYTES_MAX)
        return false;
    if (more == 0 && text.bytes[0] == '@')
        return false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte < 0x20 || byte == 0x7f)
            return false;
    }
    return true;
}

static void row_add(struct rows *rows, size_t *room, struct span member, struct span campaign)
{
    if (rows->count == *room) {
        *room = *room ? *room * 2 : 4096;
        rows->rows = memory_resized(rows->rows, *room, sizeof *rows->rows);
    }
    bool added = false;
    struct row *row = &rows->rows[rows->count++];
    row->member = intern_add(&rows->members, member, &added);
    row->campaign = intern_add(&rows->campaigns, campaign, &added);
    uint32_t key[2] = {row->member, row->campaign};
    row->pair = intern_add(&rows->pairs, (struct span){(const char *)key, sizeof key}, &added);
}

static bool rows_parse(struct rows *rows, struct csv *csv, const struct options *options,
                       struct failure *failure)
{
    size_t member = 0, campaign = 0, room = 0;
    const char *path = options->csv;
    if (csv_next(csv) != CSV_ROW)
        return failure_set(failure, "%s has no header row", path);
    if (!column_find(csv, path, "--member-column", options->member_column, &member, failure) ||
        !column_find(csv, path, "--campaign-column", options->campaign_column, &campaign, failure))
        return false;
    size_t prefix_bytes = strlen(options->campaign_prefix) + 1;
    enum csv_next found;
    while ((found = csv_next(csv)) == CSV_ROW) {
        if (member >= csv->count || campaign >= csv->count)
            return failure_set(failure, "%s line %zu has only %zu fields", path, csv->line,
                               csv->count);
        if (!id_is_valid(csv->fields[member], 0))
            return failure_set(failure, "%s line %zu: the member is no id of 1 to %d bytes", path,
                               csv->line, ID_BYTES_MAX);
        if (!id_is_valid(csv->fields[campaign], prefix_bytes))
            return failure_set(failure, "%s line %zu: the campaign is no id of 1 to %zu bytes",
                               path, csv->line, ID_BYTES_MAX - prefix_bytes);
        row_add(rows, &room, csv->fields[member], csv->fields[campaign]);
    }
    if (found == CSV_BAD)
        return failure_set(failure, "%s line %zu: a quote is not closed, or is followed by more",
                           path, csv->line);
    if (rows->count == 0)
        return failure_set(failure, "%s has no rows below its header", path);
    return true;
}

/* Count what each pair asks for and what each campaign would give. */
static void rows_count(struct rows *rows, uint32_t per_member)
{
    rows->asked = memory_zeroed(rows->pairs.count, sizeof *rows->asked);
    rows->by_campaign = memory_zeroed(rows->campaigns.count, sizeof *rows->by_campaign);
    rows->entitled = memory_zeroed(rows->campaigns.count, sizeof *rows->entitled);
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        rows->by_campaign[row->campaign]++;
        if (rows->asked[row->pair]++ < per_member)
            rows->entitled[row->campaign]++;
    }
}

bool rows_read(struct rows *rows, const struct options *options, struct failure *failure)
{
    *rows = (struct rows){.count = 0};
    size_t length = 0;
    char *bytes = file_read(options->csv, &length, failure);
    if (!bytes)
        return false;
    struct csv *csv = memory_zeroed(1, sizeof *csv);
    csv_init(csv, bytes, length);
    bool parsed = rows_parse(rows, csv, options, failure);
    free(csv);
    free(bytes);
    if (parsed)
        rows_count(rows, (uint32_t)options->per_member);
    return parsed;
}

void rows_deinit(struct rows *rows)
{
    free(rows->rows);
    free(rows->asked);
    free(rows->by_campaign);
    free(rows->entitled);
    intern_deinit(&rows->members);
    intern_deinit(&rows->campaigns);
    intern_deinit(&rows->pairs);
    *rows = (struct rows){.count = 0};
}
