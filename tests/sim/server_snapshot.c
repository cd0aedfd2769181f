/* server_snapshot.c -- a snapshot in a simulated server: stamped, written by a "child" over its own connection,
 * recorded by the journal. What net/server_snapshot.c and net/snapshot_child.c do, without a process: all chunks
 * are made at the instant of the stamp, as a fork would.
 */
#include <string.h>

#include "engine/bug.h"
#include "net/snapshot_upload.h"
#include "tests/sim/model.h"
#include "tests/sim/server.h"

#define WINDOW 2U           /* chunks that may be unanswered */
#define PATIENCE_US 3000000 /* a child that gets no answer for so long is ended */
#define CHUNKS_MAX 64U

struct upload {
    struct server *server;
    struct snapshot_upload *machine;
    struct link *link;
    struct manifest manifest;
    const uint8_t *chunks[CHUNKS_MAX];
    size_t lengths[CHUNKS_MAX];
    uint32_t count;
    uint32_t next;
    bool done;      /* waits for the journal to take the manifest */
    bool recording; /* the journal has it */
};

static void end(struct upload *upload)
{
    struct server *server = upload->server;
    if (upload->link != NULL) {
        link_close(upload->link);
        upload->link = NULL;
    }
    snapshot_upload_destroy(&upload->machine);
    server->upload = NULL;
    server->snapshot_at_us = server->sim->now_us +
                             sim_about(server->sim, server->sim->swarm.snapshot_every_us);
}

void server_snapshot_end(struct server *server)
{
    if (server->upload != NULL) {
        end(server->upload);
    }
}

static void fail(struct upload *upload, const char *why)
{
    sim_tell(upload->server->sim, "server %u made no snapshot: %s", upload->server->number, why);
    end(upload);
}

static void go_on(struct upload *upload)
{
    snapshot_upload_go_on(upload->machine);
    enum snapshot_upload_state state = snapshot_upload_state(upload->machine);
    if (state == SNAPSHOT_FAILED) {
        fail(upload, snapshot_upload_message(upload->machine));
    } else if (state == SNAPSHOT_DONE && !upload->done) {
        link_close(upload->link);
        upload->link = NULL;
        upload->done = true;
    }
}

static void on_connected(void *context, struct link *link)
{
    (void)link;
    go_on(context);
}

static void on_answer(void *context, struct link *link, const struct journal_answer *answer)
{
    struct upload *upload = context;
    if (upload->link != link) {
        return;
    }
    snapshot_upload_answer(upload->machine, answer);
    go_on(upload);
}

static void on_lost(void *context, struct link *link)
{
    struct upload *upload = context;
    if (upload->link == link) {
        upload->link = NULL;
        fail(upload, "its connection is lost");
    }
}

static int64_t never_frozen(void *context)
{
    (void)context; /* it is a process of its own */
    return 0;
}

static void port_send(void *context, size_t count, const char *const *arguments,
                      const size_t *lengths)
{
    link_send(((struct upload *)context)->link, count, arguments, lengths);
}

static void port_disconnect(void *context)
{
    (void)context;
}

static bool next_chunk(void *context, const uint8_t **bytes, size_t *length, bool *failed)
{
    struct upload *upload = context;
    *failed = false;
    if (upload->next == upload->count) {
        return false;
    }
    *bytes = upload->chunks[upload->next];
    *length = upload->lengths[upload->next++];
    return true;
}

/* Makes all chunks of the state as it is now. */
static void write_chunks(struct upload *upload, const struct snapshot_stamp *stamp)
{
    struct server *server = upload->server;
    struct event genesis;
    const uint8_t *bytes;
    size_t length;
    journal_genesis(server->journal, &genesis);
    struct snapshot_writer *writer = snapshot_writer_create(server->engine, &genesis, stamp,
                                                            server->now_ms);
    ASSERT(writer != NULL);
    while (snapshot_writer_next(writer, &bytes, &length)) {
        ASSERT(upload->count < CHUNKS_MAX);
        uint8_t *kept = sim_allocate(server->sim, length);
        memcpy(kept, bytes, length);
        upload->chunks[upload->count] = kept;
        upload->lengths[upload->count++] = length;
    }
    ASSERT(!snapshot_writer_failed(writer));
    snapshot_writer_manifest(writer, &upload->manifest);
    snapshot_writer_destroy(&writer);
}

static void start(struct server *server)
{
    struct snapshot_stamp stamp;
    char key[JOURNAL_KEY_BYTES];
    if (!journal_stamp(server->journal, &stamp)) {
        return;
    }
    const struct entry_id id = {stamp.epoch, stamp.number};
    if (entry_id_compare(id, journal_snapshot_id(server->journal)) == 0) {
        return; /* nothing was written since */
    }
    struct upload *upload = sim_allocate(server->sim, sizeof(*upload));
    upload->server = server;
    server->upload = upload;
    write_chunks(upload, &stamp);
    journal_snapshot_key(server->journal, &stamp, key);
    const struct journal_port port = {upload, port_send, port_disconnect};
    const struct snapshot_source source = {upload, next_chunk};
    upload->machine = snapshot_upload_create(key, &port, &source, WINDOW);
    ASSERT(upload->machine != NULL);
    const struct link_owner owner = {upload, on_connected, on_answer, on_lost, never_frozen};
    upload->link = link_open(server->sim, &owner);
    sim_tell(server->sim, "server %u begins a snapshot of sequence %llu", server->number,
             (unsigned long long)stamp.seq);
}

void server_snapshot(struct server *server)
{
    struct sim *sim = server->sim;
    struct upload *upload = server->upload;
    if (upload != NULL) {
        if (upload->done && !upload->recording &&
            journal_record(server->journal, &upload->manifest)) {
            upload->recording = true;
        }
        struct link *link = upload->link;
        if (link != NULL && sim->now_us - link->asked_us > PATIENCE_US && link->asked_us > 0) {
            fail(upload, "it got no answer");
        }
        return;
    }
    if (sim->swarm.snapshot_every_us > 0 && !sim->calm && server->life == SERVER_LEADING &&
        sim->now_us >= server->snapshot_at_us) {
        start(server);
    }
}

void server_snapshot_recorded(struct server *server)
{
    if (server->upload != NULL) {
        end(server->upload);
    }
}
