/* inspect_report.c -- what a verification found, for people and for programs. */
#include <inttypes.h>
#include <string.h>

#include "engine/bug.h"
#include "net/inspect_verify.h"
#include "net/json_out.h"
#include "net/rfc3339.h"

#define LABEL_WIDTH 12
#define EPOCHS_SHOWN 10U /* in the table; JSON has all that are kept */
#define GROUPED_BYTES 32U

int inspect_verdict(const struct verify_report *report)
{
    if (report->damages > 0) {
        return INSPECT_DAMAGED;
    }
    return report->faults > 0 ? INSPECT_NOT_LOOKED : INSPECT_WHOLE;
}

const char *inspect_verdict_word(int code)
{
    switch (code) {
    case INSPECT_WHOLE:
        return "whole";
    case INSPECT_DAMAGED:
        return "damaged";
    default:
        return "not judged";
    }
}

static const char *mark_word(enum inspect_mark mark, const char *not_asked)
{
    switch (mark) {
    case INSPECT_YES:
        return "yes";
    case INSPECT_NO:
        return "NO";
    case INSPECT_NOT_ASKED:
        break;
    }
    return not_asked;
}

/* Writes 1234567 as 1,234,567. */
static const char *grouped(uint64_t number, char out[GROUPED_BYTES])
{
    char digits[GROUPED_BYTES];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    char *to = out;
    for (int at = 0; at < length; at++) {
        if (at > 0 && (length - at) % 3 == 0) {
            *to++ = ',';
        }
        *to++ = digits[at];
    }
    *to = '\0';
    return out;
}

static const char *moment(int64_t time_ms, char out[RFC3339_BYTES])
{
    rfc3339_format(time_ms, out);
    return out;
}

/* --- the table ------------------------------------------------------------------------------------ */

static void print_journal(const struct verify *verify, FILE *out)
{
    const struct inspect *inspect = verify->inspect;
    const struct verify_report *report = &verify->report;
    char first[ENTRY_ID_TEXT_BYTES];
    char last[ENTRY_ID_TEXT_BYTES];
    char entries[GROUPED_BYTES];
    char bytes[GROUPED_BYTES];
    char from[RFC3339_BYTES];
    char to[RFC3339_BYTES];
    fprintf(out, "%-*s%s at %s\n", LABEL_WIDTH, "journal", inspect->journal_key,
            inspect->source.where);
    if (inspect->birth.known) {
        fprintf(out, "%-*sbrand %s, shard %" PRIu32 "%s, %s\n", LABEL_WIDTH, "",
                inspect->birth.name, inspect->birth.shard,
                inspect->birth.clock_manual ? ", manual clock" : "",
                inspect->keys_known ? "the secret file is the one it was begun with"
                                    : "coupon keys not judged: no secret file");
    }
    fprintf(out, "%-*s%s, %s to %s, %s bytes\n", LABEL_WIDTH, "entries",
            grouped(report->entries, entries), entry_id_write(inspect->first, first),
            entry_id_write(inspect->last, last), grouped(report->bytes, bytes));
    if (report->first_ms != 0) {
        fprintf(out, "%-*s%s to %s\n", LABEL_WIDTH, "time", moment(report->first_ms, from),
                moment(report->last_ms, to));
    }
    if (report->from_snapshot) {
        fprintf(out, "%-*sfrom snapshot %s on\n", LABEL_WIDTH, "state",
                entry_id_write(report->base, first));
    }
    if (report->reached_end) {
        fprintf(out, "%-*sas of event %" PRIu64 ", hash %016" PRIx64 "\n", LABEL_WIDTH,
                report->from_snapshot ? "" : "state", report->seq, report->state_hash);
    }
}

static void print_events(const struct verify_report *report, FILE *out)
{
    char number[GROUPED_BYTES];
    fprintf(out, "%-*s%s\n", LABEL_WIDTH, "events", grouped(report->events, number));
    for (unsigned kind = 1; kind < VERIFY_KINDS; kind++) {
        if (report->kinds[kind] > 0) {
            fprintf(out, "%-*s%-20s %14s\n", LABEL_WIDTH, "", event_name((enum event_type)kind),
                    grouped(report->kinds[kind], number));
        }
    }
}

static void print_epochs(const struct verify_report *report, FILE *out)
{
    char began[RFC3339_BYTES];
    char ended[RFC3339_BYTES];
    char events[GROUPED_BYTES];
    char number[GROUPED_BYTES];
    uint64_t kept = report->epoch_count < EPOCHS_SHOWN ? report->epoch_count : EPOCHS_SHOWN;
    fprintf(out, "%-*s%s, %" PRIu64 " handed over%s\n", LABEL_WIDTH, "epochs",
            grouped(report->epoch_count, number), report->handovers,
            kept < report->epoch_count ? "; the newest are" : "");
    for (uint64_t at = report->epoch_count - kept; at < report->epoch_count; at++) {
        const struct verify_epoch *epoch = &report->epochs[at % VERIFY_EPOCHS_KEPT];
        fprintf(out, "%-*s%-8" PRIu64 " %s to %s %12s events  %s\n", LABEL_WIDTH, "", epoch->epoch,
                moment(epoch->began_at_ms, began), moment(epoch->ended_at_ms, ended),
                grouped(epoch->events, events),
                epoch->handed_over              ? "handed over"
                : at + 1 == report->epoch_count ? "leads, or was killed"
                                                : "killed or deposed");
    }
}

static const char *remark_on(const struct inspect_snapshot *snapshot)
{
    if (snapshot->requests_differ) {
        return ", but other request ids are remembered: is it the server's own max-requests and "
               "request-window-ms?";
    }
    bool passed_over = snapshot->manifest_good == INSPECT_YES &&
                       snapshot->chunks_good == INSPECT_NOT_ASKED;
    return passed_over ? "  not kept any more: newer ones took its place" : "";
}

static void print_snapshots(const struct inspect *inspect, FILE *out)
{
    char id[ENTRY_ID_TEXT_BYTES];
    char made[RFC3339_BYTES];
    char bytes[GROUPED_BYTES];
    fprintf(out, "%-*s%zu\n", LABEL_WIDTH, "snapshots", inspect->snapshot_count);
    if (inspect->snapshot_count > 0) {
        fprintf(out, "%-*s%-16s %-24s %7s %14s  %-6s  %-6s  %s\n", LABEL_WIDTH, "", "entry",
                "made at", "chunks", "bytes", "hashes", "state", "as journal");
    }
    for (size_t at = 0; at < inspect->snapshot_count; at++) {
        const struct inspect_snapshot *snapshot = &inspect->snapshots[at];
        bool read = snapshot->manifest_good == INSPECT_YES;
        fprintf(out, "%-*s%-16s %-24s %7" PRIu64 " %14s  %-6s  %-6s  %s%s\n", LABEL_WIDTH, "",
                entry_id_write(snapshot->id, id),
                read ? moment(snapshot->manifest.made_at_ms, made) : "?", snapshot->chunks,
                grouped(snapshot->bytes, bytes),
                mark_word(read ? snapshot->chunks_good : INSPECT_NO, "-"),
                mark_word(snapshot->state_good, "-"), mark_word(snapshot->same, "-"),
                remark_on(snapshot));
    }
}

void inspect_report_table(const struct verify *verify)
{
    const struct verify_report *report = &verify->report;
    FILE *out = verify->inspect->out;
    print_journal(verify, out);
    print_events(report, out);
    print_epochs(report, out);
    print_snapshots(verify->inspect, out);
    fprintf(out, "%-*s%s", LABEL_WIDTH, "verdict", inspect_verdict_word(inspect_verdict(report)));
    fprintf(out, ", looked at in %.1f s\n", (double)report->took_ms / 1000);
    if (report->faults > 0) {
        fprintf(out, "%-*s%s: %s\n", LABEL_WIDTH, "fault", report->fault.where, report->fault.what);
        if (report->faults > 1) {
            fprintf(out, "%-*sthis is the first of %" PRIu64 "\n", LABEL_WIDTH, "", report->faults);
        }
        fprintf(out, "%-*s%s\n", LABEL_WIDTH, "advice", report->fault.advice);
        fprintf(out, "%-*s%s\n", LABEL_WIDTH, "start",
                report->reached_end
                    ? "a server can start: behind the fault is a whole snapshot, and "
                      "the journal after it is whole"
                    : "a server cannot start from this");
    }
}

/* --- JSON ----------------------------------------------------------------------------------------- */

static void field_text(struct json_out *out, const char *key, const char *text)
{
    json_key(out, key);
    json_text(out, text_of(text));
}

static void field_natural(struct json_out *out, const char *key, uint64_t number)
{
    json_key(out, key);
    json_natural(out, number);
}

static void field_flag(struct json_out *out, const char *key, bool flag)
{
    json_key(out, key);
    json_flag(out, flag);
}

static void field_time(struct json_out *out, const char *key, int64_t time_ms)
{
    json_key(out, key);
    json_time(out, time_ms);
}

static void field_entry(struct json_out *out, const char *key, struct entry_id id)
{
    char text[ENTRY_ID_TEXT_BYTES];
    field_text(out, key, entry_id_write(id, text));
}

/* Hashes are shown as everywhere else: 16 hex digits. */
static void field_hash(struct json_out *out, const char *key, uint64_t hash)
{
    char text[17];
    snprintf(text, sizeof(text), "%016" PRIx64, hash);
    field_text(out, key, text);
}

static void field_mark(struct json_out *out, const char *key, enum inspect_mark mark)
{
    json_key(out, key);
    if (mark == INSPECT_NOT_ASKED) {
        json_none(out);
    } else {
        json_flag(out, mark == INSPECT_YES);
    }
}

static void put_journal(struct json_out *out, const struct verify *verify)
{
    const struct inspect *inspect = verify->inspect;
    const struct verify_report *report = &verify->report;
    field_text(out, "key", inspect->journal_key);
    field_text(out, "redis", inspect->source.where);
    if (inspect->birth.known) {
        json_key(out, "journal_id");
        json_hex(out, inspect->birth.journal_id.at, sizeof(inspect->birth.journal_id.at));
        field_text(out, "name", inspect->birth.name);
        field_natural(out, "shard", inspect->birth.shard);
        field_flag(out, "clock_manual", inspect->birth.clock_manual);
    }
    field_flag(out, "keys_judged", inspect->keys_known);
    field_natural(out, "entries", report->entries);
    field_natural(out, "bytes", report->bytes);
    field_entry(out, "first_entry", inspect->first);
    field_entry(out, "last_entry", inspect->last);
    if (report->first_ms != 0) {
        field_time(out, "from", report->first_ms);
        field_time(out, "to", report->last_ms);
    }
    if (report->from_snapshot) {
        field_entry(out, "state_from_snapshot", report->base);
    }
    field_flag(out, "reached_end", report->reached_end);
    if (report->reached_end) {
        field_natural(out, "seq", report->seq);
        field_hash(out, "state_hash", report->state_hash);
    }
}

static void put_events(struct json_out *out, const struct verify_report *report)
{
    json_key(out, "events");
    json_begin(out, '{');
    for (unsigned kind = 1; kind < VERIFY_KINDS; kind++) {
        if (report->kinds[kind] > 0) {
            field_natural(out, event_name((enum event_type)kind), report->kinds[kind]);
        }
    }
    json_end(out, '}');
}

static void put_epochs(struct json_out *out, const struct verify_report *report)
{
    uint64_t kept = report->epoch_count < VERIFY_EPOCHS_KEPT ? report->epoch_count
                                                             : VERIFY_EPOCHS_KEPT;
    field_natural(out, "epoch_count", report->epoch_count);
    field_natural(out, "handovers", report->handovers);
    json_key(out, "epochs");
    json_begin(out, '[');
    for (uint64_t at = report->epoch_count - kept; at < report->epoch_count; at++) {
        const struct verify_epoch *epoch = &report->epochs[at % VERIFY_EPOCHS_KEPT];
        json_begin(out, '{');
        field_natural(out, "epoch", epoch->epoch);
        field_time(out, "from", epoch->began_at_ms);
        field_time(out, "to", epoch->ended_at_ms);
        field_natural(out, "batches", epoch->batches);
        field_natural(out, "events", epoch->events);
        field_flag(out, "handed_over", epoch->handed_over);
        json_end(out, '}');
    }
    json_end(out, ']');
}

static void put_snapshot(struct json_out *out, const struct inspect_snapshot *snapshot)
{
    const struct manifest *manifest = &snapshot->manifest;
    json_begin(out, '{');
    field_entry(out, "entry", snapshot->id);
    field_mark(out, "manifest_good", snapshot->manifest_good);
    if (snapshot->manifest_good == INSPECT_YES) {
        field_time(out, "made_at", manifest->made_at_ms);
        field_natural(out, "seq", manifest->stamp.seq);
        field_natural(out, "events", manifest->events);
        field_natural(out, "chunks", manifest->chunks);
        field_natural(out, "bytes", manifest->bytes);
        field_hash(out, "state_hash", manifest->state_hash);
    }
    field_natural(out, "chunks_read", snapshot->chunks);
    field_natural(out, "bytes_read", snapshot->bytes);
    field_mark(out, "chunks_good", snapshot->chunks_good);
    field_mark(out, "state_good", snapshot->state_good);
    field_mark(out, "same_as_journal", snapshot->same);
    field_flag(out, "requests_differ", snapshot->requests_differ);
    json_key(out, "fault");
    if (snapshot->words[0] == '\0') {
        json_none(out);
    } else {
        json_text(out, text_of(snapshot->words));
    }
    json_end(out, '}');
}

static void put_fault(struct json_out *out, const struct verify_report *report)
{
    field_natural(out, "faults", report->faults);
    json_key(out, "first_fault");
    if (report->faults == 0) {
        json_none(out);
        return;
    }
    json_begin(out, '{');
    field_text(out, "where", report->fault.where);
    field_text(out, "what", report->fault.what);
    field_text(out, "advice", report->fault.advice);
    json_end(out, '}');
    field_flag(out, "can_start", report->reached_end);
}

void inspect_report_json(const struct verify *verify)
{
    const struct inspect *inspect = verify->inspect;
    const struct verify_report *report = &verify->report;
    struct json_out out = {.file = inspect->out};
    json_begin(&out, '{');
    field_text(&out, "verdict", inspect_verdict_word(inspect_verdict(report)));
    put_fault(&out, report);
    put_journal(&out, verify);
    put_events(&out, report);
    put_epochs(&out, report);
    json_key(&out, "snapshots");
    json_begin(&out, '[');
    for (size_t at = 0; at < inspect->snapshot_count; at++) {
        put_snapshot(&out, &inspect->snapshots[at]);
    }
    json_end(&out, ']');
    field_natural(&out, "took_ms", (uint64_t)report->took_ms);
    json_end(&out, '}');
    putc('\n', inspect->out);
}
