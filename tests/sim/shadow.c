/* shadow.c -- an engine that replays all durable entries by the shipped code: what a server's state must equal. */
#include <stdlib.h>
#include <string.h>

#include "engine/bug.h"
#include "net/journal_replay.h"
#include "tests/sim/model_inside.h"
#include "tests/sim/server.h"

struct shadow {
    struct model *model;
    struct engine *engine;
    struct replay replay;
};

static void begin(struct shadow *shadow)
{
    engine_destroy(&shadow->engine);
    shadow->engine = server_engine(shadow->model->sim);
    ASSERT(shadow->engine != NULL);
    shadow->replay = (struct replay){0};
}

struct shadow *shadow_create(struct model *model)
{
    struct shadow *shadow = calloc(1, sizeof(*shadow));
    ASSERT(shadow != NULL);
    shadow->model = model;
    begin(shadow);
    return shadow;
}

void shadow_entry(struct shadow *shadow, const struct redis_entry *entry)
{
    char message[JOURNAL_MESSAGE_BYTES];
    const struct journal_entry given = {entry->id_text, entry->bytes, entry->length};
    if (shadow->replay.engine == NULL) {
        struct batch_reader reader;
        if (batch_open(&reader, entry->bytes, entry->length, NULL) != BATCH_FINE) {
            BROKEN(shadow->model, "the journal can be replayed",
                   "its first entry cannot be opened");
        }
        replay_init(&shadow->replay, shadow->engine, reader.stamp.journal_id);
    }
    if (!replay_entry(&shadow->replay, &given, message)) {
        BROKEN(shadow->model, "the journal can be replayed", "%s", message);
    }
}

void shadow_again(struct shadow *shadow, size_t count)
{
    begin(shadow);
    for (size_t at = 0; at < count; at++) {
        shadow_entry(shadow, &shadow->model->entries[at].copy);
    }
}

uint64_t shadow_hash(const struct shadow *shadow)
{
    return engine_state_hash(shadow->engine);
}

void shadow_destroy(struct shadow **shadow)
{
    engine_destroy(&(*shadow)->engine);
    free(*shadow);
    *shadow = NULL;
}
