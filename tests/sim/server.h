/* server.h -- a simulated boon-server: shipped engine, queue and journal in a shell of net/server.c's meaning.
 *
 *     requests wait ──► turn: standing? step, queue_add ──► journal_pump ──► replies up to the durable sequence
 *     Redis' answers, ticks ──► journal ──► turn
 *
 * What net/turn.c and net/server.c do with sockets is done here with `op`s; the rules are the same: LOADING until
 * it leads, BUSY without room in the queue, a reply waits for its gate, look-ups and refusals only while sure.
 */
#ifndef BOON_TESTS_SIM_SERVER_H
#define BOON_TESTS_SIM_SERVER_H

#include "net/journal.h"
#include "tests/sim/client.h"
#include "tests/sim/link.h"

enum server_life {
    SERVER_OPENING,
    SERVER_LEADING,
    SERVER_STOPPING,
    SERVER_DEAD,
};

struct server_reply {
    struct op *op;
    uint64_t gate;
};

struct upload;

struct server {
    struct sim *sim;
    uint32_t number;
    enum server_life life;
    struct engine *engine;
    struct queue queue;
    struct journal *journal;
    struct link *link; /* NULL: none */
    int64_t connect_at_us;
    int64_t back_off_us;
    int64_t frozen_until_us;
    int64_t clock_skew_ms;
    int64_t monotonic_skew_ms;
    int64_t started_us;
    int64_t now_ms; /* never goes back */
    uint64_t durable_seq;
    bool turn_due;
    bool handover_asked;
    bool handed_over;
    bool halted;
    int64_t stop_at_us;
    bool restarts; /* another one is started when this one ends */

    struct op **inbox;
    size_t inbox_count;
    size_t inbox_room;
    struct server_reply *held;
    size_t held_count;
    size_t held_room;
    struct upload *upload; /* NULL: no snapshot is being made */
    int64_t snapshot_at_us;
};

/* The first server of a world, which makes the journal. */
void server_first(struct sim *sim);

/* One more process. */
struct server *server_start(struct sim *sim, bool create);

/* Makes an engine as all servers of a world have it, but for the hash seed. */
struct engine *server_engine(struct sim *sim);

/* Ends a process at once; whatever it knew is gone. */
void server_kill(struct server *server);

/* Begins a clean end. */
void server_stop(struct server *server);

/* Stops it for a while: nothing reaches it until then. */
void server_freeze(struct server *server, int64_t us);

/* A request arrives. */
void server_take(struct server *server, struct op *op);

/* Returns one that is alive, or NULL; `leading`: that believes it leads. */
struct server *server_any(struct sim *sim, bool leading);
uint32_t servers_alive(const struct sim *sim);

/* Tells whether one leads, and has nothing that is not durable. */
bool server_settled(struct sim *sim);

/* The end: the leader's state is that of a replay, and the model's. */
void server_last(struct sim *sim);
void servers_end(struct sim *sim);

/* server_reply.c: writes what an outcome shows. */
void server_show(const struct engine *engine, const struct command *command,
                 const struct outcome *outcome, struct op *op);

/* server_snapshot.c: begins one when it is time, or goes on; ends it with its server. */
void server_snapshot(struct server *server);
void server_snapshot_end(struct server *server);
void server_snapshot_recorded(struct server *server);

#endif
