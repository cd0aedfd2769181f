/* journal_marks.c -- what is not exactly a GENESIS or a TAKEOVER is none. */
#include "net/journal_marks.h"

#include <criterion/criterion.h>
#include <string.h>

#include "net/journal_entry.h"

static const struct bytes16 ours = {{1, 2, 3}};
static const struct bytes16 theirs = {{9}};
static const struct journal_options options = {.name = "boon", .fresh_id = {{1, 2, 3}}};

static uint8_t bytes[1024];

/* Writes a batch of one event, or of two, or of two groups of one. */
static struct journal_entry batch_of(const char *id, const struct event *event, size_t events,
                                     size_t groups, const struct batch_stamp *stamp)
{
    uint64_t chain;
    struct batch_builder builder;
    const struct event both[] = {*event, *event};
    batch_begin(&builder, bytes, sizeof(bytes));
    for (size_t at = 0; at < groups; at++) {
        cr_assert(batch_add_group(&builder, 1, 0, both, (uint32_t)events));
    }
    size_t length = batch_seal(&builder, stamp, &chain);
    return (struct journal_entry){text_of(id), bytes, length};
}

static bool is_genesis(const struct journal_entry *entry, const char *words)
{
    struct bytes16 id;
    uint64_t hash;
    char message[JOURNAL_MESSAGE_BYTES] = "";
    bool good = genesis_check(&options, entry, &id, &hash, message);
    cr_assert(good || strstr(message, words) != NULL, "'%s' is not in '%s'", words, message);
    return good;
}

Test(journal_marks, a_genesis_is_read_as_it_was_written)
{
    struct journal_entry entry = {TEXT("0-1"), bytes, genesis_write(&options, 5, bytes)};
    cr_assert(is_genesis(&entry, ""));
}

Test(journal_marks, what_is_not_exactly_a_genesis_is_none)
{
    const struct event genesis = genesis_event(&options, ours);
    const struct event contrary = genesis_event(&options, theirs);
    const struct event begin = {.type = EVENT_BEGIN};
    struct event format = genesis;
    struct event nameless = genesis;
    format.as.genesis.format = BATCH_FORMAT + 1;
    nameless.as.genesis.name = (struct text){0};
    /* clang-format off */
    const struct {
        const char *id; const struct event *event; size_t events; size_t groups; struct batch_stamp stamp; const char *words;
    } scenarios[] = {
        {"0-1", &genesis,  1, 1, {ours, 0, 1, 1, 0}, NULL},
        {"x",   &genesis,  1, 1, {ours, 0, 1, 1, 0}, "does not begin with entry 0-1"},
        {"1-1", &genesis,  1, 1, {ours, 0, 1, 1, 0}, "does not begin with entry 0-1"},
        {"0-2", &genesis,  1, 1, {ours, 0, 1, 1, 0}, "does not begin with entry 0-1"},
        {"0-1", &genesis,  2, 1, {ours, 0, 1, 1, 0}, "is not a GENESIS"},
        {"0-1", &genesis,  1, 2, {ours, 0, 1, 1, 0}, "is not a GENESIS"},
        {"0-1", &genesis,  1, 0, {ours, 0, 1, 1, 0}, "is not a GENESIS"},
        {"0-1", &begin,    1, 1, {ours, 0, 1, 1, 0}, "is not a GENESIS"},
        {"0-1", &genesis,  1, 1, {ours, 1, 1, 1, 0}, "is not a GENESIS"},
        {"0-1", &genesis,  1, 1, {ours, 0, 2, 1, 0}, "is not a GENESIS"},
        {"0-1", &contrary, 1, 1, {ours, 0, 1, 1, 0}, "contradicts itself"},
        {"0-1", &format,   1, 1, {ours, 0, 1, 1, 0}, "start the version that wrote it"},
        {"0-1", &nameless, 1, 1, {ours, 0, 1, 1, 0}, "belongs to the brand "},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        struct journal_entry entry = batch_of(scenarios[at].id, scenarios[at].event,
                                              scenarios[at].events, scenarios[at].groups,
                                              &scenarios[at].stamp);
        cr_assert_eq(is_genesis(&entry, scenarios[at].words), scenarios[at].words == NULL,
                     "scenario %zu", at);
    }
}

Test(journal_marks, what_is_not_exactly_this_takeover_is_another)
{
    const struct event takeover = {.type = EVENT_TAKEOVER, .as.takeover.nonce = {{7}}};
    const struct event other = {.type = EVENT_TAKEOVER, .as.takeover.nonce = {{8}}};
    const struct event begin = {.type = EVENT_BEGIN, .as.begin.nonce = {{7}}};
    const struct bytes16 nonce = {{7}};
    /* clang-format off */
    const struct { const struct event *event; size_t events; struct batch_stamp stamp; bool is; } scenarios[] = {
        {&takeover, 1, {ours,   5, 0, 0, 0}, true},
        {&other,    1, {ours,   5, 0, 0, 0}, false},
        {&begin,    1, {ours,   5, 0, 0, 0}, false},
        {&takeover, 2, {ours,   5, 0, 0, 0}, false},
        {&takeover, 1, {theirs, 5, 0, 0, 0}, false},
        {&takeover, 1, {ours,   6, 0, 0, 0}, false},
        {&takeover, 1, {ours,   5, 1, 0, 0}, false},
        {&takeover, 1, {ours,   5, 0, 1, 0}, false},
        {&takeover, 1, {ours,   5, 0, 0, 1}, false},
    };
    /* clang-format on */
    for (size_t at = 0; at < sizeof(scenarios) / sizeof(scenarios[0]); at++) {
        struct journal_entry entry = batch_of("5-0", scenarios[at].event, scenarios[at].events, 1,
                                              &scenarios[at].stamp);
        cr_assert_eq(takeover_is(&entry, ours, 5, nonce), scenarios[at].is, "scenario %zu", at);
        entry.bytes = NULL;
        cr_assert_not(takeover_is(&entry, ours, 5, nonce));
    }
}

Test(journal_marks, a_mark_cut_or_flipped_anywhere_is_none)
{
    const struct bytes16 nonce = {{7}};
    uint8_t genesis[MARK_BYTES_MAX];
    uint8_t takeover[MARK_BYTES_MAX];
    size_t lengths[] = {genesis_write(&options, 5, genesis),
                        takeover_write(ours, 5, nonce, 5, takeover)};
    for (size_t at = 0; at < lengths[0]; at++) {
        struct journal_entry cut = {TEXT("0-1"), genesis, at};
        cr_assert_not(is_genesis(&cut, ""));
        genesis[at] ^= 1;
        struct journal_entry flipped = {TEXT("0-1"), genesis, lengths[0]};
        cr_assert_not(is_genesis(&flipped, ""));
        genesis[at] ^= 1;
    }
    for (size_t at = 0; at < lengths[1]; at++) {
        struct journal_entry cut = {TEXT("5-0"), takeover, at};
        cr_assert_not(takeover_is(&cut, ours, 5, nonce));
        takeover[at] ^= 1;
        struct journal_entry flipped = {TEXT("5-0"), takeover, lengths[1]};
        cr_assert_not(takeover_is(&flipped, ours, 5, nonce));
        takeover[at] ^= 1;
    }
}
