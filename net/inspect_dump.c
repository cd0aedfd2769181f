/* inspect_dump.c -- goes along the journal with the state beside it, so that every number has its name, and
 * writes what was asked for.
 *
 * The state begins as late as it may: with the newest snapshot before the first entry that is wanted, else
 * with GENESIS, else, where the beginning was trimmed, with the oldest whole snapshot. Names are never taken
 * back, so entries that this one has in it already are shown as well.
 */
#include "net/inspect_dump.h"

#include <errno.h>
#include <string.h>

#include "engine/bug.h"
#include "net/inspect_event.h"
#include "net/journal_replay.h"

struct dumping {
    struct inspect *inspect;
    struct engine *engine;
    bool engine_used;
    struct replay replay;
    struct json_out out;
    uint32_t member;   /* number of the member that is asked for; 0: not seen yet */
    uint32_t campaign; /* the same of the campaign */
    bool over;         /* what follows is later than what was asked for */
};

/* --- which events ----------------------------------------------------------------------------------- */

static void find_filters(struct dumping *dumping)
{
    const struct inspect_wishes *wishes = &dumping->inspect->wishes;
    if (wishes->member[0] != '\0' && dumping->member == 0) {
        dumping->member = member_find(&dumping->engine->members, text_of(wishes->member), 0);
    }
    if (wishes->campaign[0] != '\0' && dumping->campaign == 0) {
        dumping->campaign = campaign_find(&dumping->engine->campaigns, text_of(wishes->campaign),
                                          0);
    }
}

static bool concerns(const struct dumping *dumping, const struct event *event)
{
    const struct inspect_wishes *wishes = &dumping->inspect->wishes;
    if (wishes->member[0] != '\0' &&
        (dumping->member == 0 || inspect_event_refers(event, REFERS_MEMBER) != dumping->member)) {
        return false;
    }
    return wishes->campaign[0] == '\0' ||
           (dumping->campaign != 0 &&
            inspect_event_refers(event, REFERS_CAMPAIGN) == dumping->campaign);
}

static bool is_filtered(const struct dumping *dumping)
{
    return dumping->inspect->wishes.member[0] != '\0' ||
           dumping->inspect->wishes.campaign[0] != '\0';
}

/* Tells whether any event of a group is asked for: then a request id in it is, too. */
static bool group_concerns(const struct dumping *dumping, struct batch_group group)
{
    struct event event;
    while (batch_next_event(&group, &event) == BATCH_FINE) {
        if (concerns(dumping, &event)) {
            return true;
        }
    }
    return false;
}

/* --- writing ------------------------------------------------------------------------------------------ */

static void write_group(struct dumping *dumping, struct inspect_place *place,
                        struct batch_group group)
{
    struct event event;
    bool filtered = is_filtered(dumping);
    bool wanted = !filtered || group_concerns(dumping, group);
    for (; batch_next_event(&group, &event) == BATCH_FINE; place->seq += place->seq != 0 ? 1 : 0) {
        if (!wanted ||
            (filtered && event.type != EVENT_REQUEST_BOUND && !concerns(dumping, &event))) {
            continue;
        }
        inspect_event_write(&dumping->out, place, &event, dumping->engine);
        putc_unlocked('\n', dumping->out.file);
        dumping->out.comma = false;
    }
}

/* Writes an entry's events; the state has them already. */
static void write_entry(struct dumping *dumping, const struct journal_entry *entry,
                        struct entry_id id)
{
    const struct inspect_wishes *wishes = &dumping->inspect->wishes;
    struct batch_reader reader;
    struct batch_group group;
    if (entry_id_compare(id, wishes->after) <= 0 ||
        batch_open(&reader, entry->bytes, entry->length, NULL) != BATCH_FINE) {
        return;
    }
    struct inspect_place place = {.entry = id, .seq = reader.stamp.first_seq};
    find_filters(dumping);
    while (batch_next_group(&reader, &group) == BATCH_FINE) {
        place.time_ms = group.time_ms;
        place.principal = group.principal;
        if (group.time_ms >= wishes->to_ms) {
            /* A TAKEOVER has its writer's clock; all others go forward. */
            dumping->over = dumping->over || id.number != 0;
            return;
        }
        if (group.time_ms >= wishes->from_ms) {
            write_group(dumping, &place, group);
        } else {
            struct event event;
            while (batch_next_event(&group, &event) == BATCH_FINE) {
                place.seq += place.seq != 0 ? 1 : 0;
            }
        }
    }
}

/* --- the beginning -------------------------------------------------------------------------------------- */

/* Tells whether nothing that a snapshot has in it is asked for. */
static bool lies_before(const struct inspect *inspect, const struct inspect_snapshot *snapshot)
{
    return snapshot->manifest_good == INSPECT_YES &&
           (entry_id_compare(snapshot->id, inspect->wishes.after) <= 0 ||
            snapshot->manifest.stamp.time_ms < inspect->wishes.from_ms);
}

static bool renew(struct dumping *dumping)
{
    if (dumping->engine == NULL) {
        dumping->engine = inspect_engine(dumping->inspect);
    } else if (dumping->engine_used && !engine_clear(dumping->engine)) {
        engine_destroy(&dumping->engine);
    }
    dumping->engine_used = true;
    if (dumping->engine == NULL) {
        inspect_says(
            dumping->inspect, LOOK_FAILED,
            "cannot reserve address space for the state: lower max-coupons, max-members or "
            "max-requests, or raise the limit on virtual memory");
    }
    return dumping->engine != NULL;
}

/* Begins with a snapshot. LOOK_BAD: it is not whole, which was said. */
static enum look start_from(struct dumping *dumping, struct inspect_snapshot *snapshot)
{
    struct inspect *inspect = dumping->inspect;
    char id[ENTRY_ID_TEXT_BYTES];
    entry_id_write(snapshot->id, id);
    if (!renew(dumping)) {
        return LOOK_FAILED;
    }
    enum look look = inspect_load_snapshot(inspect, snapshot, dumping->engine);
    if (look == LOOK_BAD) {
        fprintf(inspect->err, "Snapshot %s is passed over: %s.\n", id, snapshot->words);
    }
    if (look == LOOK_FINE) {
        replay_init_from(&dumping->replay, dumping->engine, &snapshot->manifest.stamp);
    }
    return look == LOOK_END ? LOOK_BAD : look;
}

/* Begins with the newest snapshot that has nothing in it that is asked for. */
static enum look start_late(struct dumping *dumping)
{
    struct inspect *inspect = dumping->inspect;
    enum look look = LOOK_BAD;
    for (size_t at = inspect->snapshot_count; at > 0 && look == LOOK_BAD; at--) {
        struct inspect_snapshot *snapshot = &inspect->snapshots[at - 1];
        if (lies_before(inspect, snapshot) && entry_id_compare(snapshot->id, inspect->first) >= 0) {
            look = start_from(dumping, snapshot);
        }
        if (look == LOOK_FINE) {
            inspect->cursor = snapshot->id;
        }
    }
    return look;
}

/* Begins with GENESIS, or with the oldest whole snapshot. */
static enum look start_early(struct dumping *dumping)
{
    struct inspect *inspect = dumping->inspect;
    char first[ENTRY_ID_TEXT_BYTES];
    char base[ENTRY_ID_TEXT_BYTES];
    if (inspect->birth.known) {
        if (!renew(dumping)) {
            return LOOK_FAILED;
        }
        replay_init(&dumping->replay, dumping->engine, inspect->birth.journal_id);
        return LOOK_FINE;
    }
    entry_id_write(inspect->first, first);
    for (size_t at = 0; at < inspect->snapshot_count; at++) {
        struct inspect_snapshot *snapshot = &inspect->snapshots[at];
        if (entry_id_compare(snapshot->id, inspect->first) < 0) {
            continue;
        }
        enum look look = start_from(dumping, snapshot);
        if (look != LOOK_BAD) {
            fprintf(inspect->err,
                    "The journal's beginning was trimmed: it is shown from entry %s on, with the "
                    "names of snapshot %s.\n",
                    first, entry_id_write(snapshot->id, base));
            return look;
        }
    }
    return inspect_says(
        inspect, LOOK_BAD,
        "the journal begins with entry %s, which is no GENESIS that can be read, and "
        "no whole snapshot reaches back to it",
        first);
}

/* --- the walk --------------------------------------------------------------------------------------------- */

static enum look take_entry(struct dumping *dumping, const struct journal_entry *entry)
{
    struct inspect *inspect = dumping->inspect;
    char message[JOURNAL_MESSAGE_BYTES];
    if (entry_id_compare(inspect->cursor, dumping->replay.last) <= 0) {
        struct batch_reader reader;
        if (entry->bytes == NULL || batch_open(&reader, entry->bytes, entry->length,
                                               &dumping->replay.journal_id) != BATCH_FINE) {
            return inspect_says(inspect, LOOK_BAD, "entry %.*s cannot be read",
                                (int)entry->id.length, entry->id.data);
        }
    } else if (!replay_entry(&dumping->replay, entry, message)) {
        const char *end = strstr(message, ". Nothing was changed");
        if (inspect_explain(inspect) == LOOK_FAILED) {
            return LOOK_FAILED;
        }
        return inspect_says(inspect, LOOK_BAD, "%.*s",
                            end == NULL ? (int)strlen(message) : (int)(end - message), message);
    }
    write_entry(dumping, entry, inspect->cursor);
    if (ferror(inspect->out)) {
        return errno == EPIPE ? LOOK_END
                              : inspect_says(inspect, LOOK_FAILED,
                                             "the output cannot be written: %s", strerror(errno));
    }
    return dumping->over ? LOOK_END : LOOK_FINE;
}

static enum look dump_all(struct dumping *dumping)
{
    struct inspect *inspect = dumping->inspect;
    struct journal_entry entry;
    enum look look = inspect_list_snapshots(inspect);
    if (look == LOOK_FINE) {
        look = inspect_begin(inspect);
    }
    if (look == LOOK_FINE) {
        look = start_late(dumping);
        look = look == LOOK_BAD ? start_early(dumping) : look;
    }
    while (look == LOOK_FINE) {
        look = inspect_next(inspect, &entry);
        if (look == LOOK_FINE) {
            look = take_entry(dumping, &entry);
        }
    }
    return look;
}

int inspect_dump(struct inspect *inspect)
{
    struct dumping dumping = {.inspect = inspect, .out = {.file = inspect->out}};
    enum look look = dump_all(&dumping);
    engine_destroy(&dumping.engine);
    if (look == LOOK_END && fflush(inspect->out) != 0 && errno != EPIPE) {
        look = inspect_says(inspect, LOOK_FAILED, "the output cannot be written: %s",
                            strerror(errno));
    }
    if (look == LOOK_BAD) {
        fflush(inspect->out);
        fprintf(inspect->err,
                "boon-server: %s. Nothing after it is shown; boon-server verify tells more.\n",
                inspect->words);
        return INSPECT_DAMAGED;
    }
    return look == LOOK_END ? INSPECT_WHOLE : INSPECT_NOT_LOOKED;
}
