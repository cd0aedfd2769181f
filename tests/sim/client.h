/* client.h -- who asks: draws commands, records when and what, asks again with the same request id.
 *
 *     draw ──► send to some server ──► answer ──► judged by the model ──► think ──► draw
 *                     │ the connection is lost, or it takes too long
 *                     └──► with a request id: the same again; without: its outcome stays unknown
 *
 * One request at a time. Each sending is an `op` of its own; those of one request share its id and body.
 */
#ifndef BOON_TESTS_SIM_CLIENT_H
#define BOON_TESTS_SIM_CLIENT_H

#include "engine/command.h"
#include "tests/sim/sim.h"

struct server;

#define OP_ID_BYTES 72U
#define OP_VIEW_BYTES 224U
#define OP_CODE_BYTES 24U

/* What an answer says; everything that a real one shows is in `view`, as words apart by spaces. */
struct op_answer {
    const char
        *error; /* "LOADING", "BUSY", "TRYAGAIN": nothing was done; NULL: it was carried out */
    char view[OP_VIEW_BYTES];
};

struct op {
    uint64_t number; /* of the sending, from 1 */
    enum command_type type;
    char member[OP_ID_BYTES];
    char campaign[16];
    char asset[16];
    char channel[16];
    char store[16];
    char request[24]; /* "": none */
    char source[96];  /* CAMPAIGN_PUT */
    char code[OP_CODE_BYTES + 1];
    uint64_t serial; /* that the code should mean; 0: a code that nobody was given */
    int64_t amount;  /* or delta */
    int64_t expect;
    uint32_t limit;
    struct campaign_definition definition;

    uint64_t low;          /* newest sequence that any client had seen when it was sent */
    uint64_t high;         /* newest durable sequence when its answer left */
    uint64_t losses;       /* how many times the model had accepted a loss when it was sent */
    int64_t effective_ms;  /* time that it was carried out at */
    uint64_t effect;       /* last sequence of its events in the journal; 0: none */
    struct server *server; /* that it was sent to */
    struct client *client;
    uint64_t turn; /* of the client's, to tell a late answer */
    bool acknowledged;
    struct op_answer answer;
};

struct client {
    struct clients *all;
    uint32_t number;
    struct op *op; /* under way, or to be sent again; NULL: none */
    uint64_t turn; /* grows with each sending */
    uint32_t tries;
    bool sent; /* an answer may come */
    int64_t sent_us;
};

struct clients {
    struct sim *sim;
    struct client *list;
    uint32_t count;
    struct op **ops; /* by number - 1 */
    size_t op_count;
    size_t op_room;
    uint64_t request_number;
    uint32_t campaign_number;          /* the newest that was asked for */
    char codes[64][OP_CODE_BYTES + 1]; /* seen lately */
    uint64_t code_serials[64];
    struct op *recent[64]; /* finished ones with a request id */
    uint64_t recent_count;
    bool finishing;
};

void clients_start(struct sim *sim);

/* No new requests; those under way are brought to their end. */
void clients_finish(struct clients *clients);
bool clients_are_idle(const struct clients *clients);

/* Takes an answer that left a server: it arrives after a while, or never. */
void client_answered(struct clients *clients, struct op *op);

/* The server is gone, or takes no more, and did nothing of this. */
void client_refused(struct clients *clients, struct op *op);

/* The server is gone, and may have carried this out. */
void client_lost(struct clients *clients, struct op *op);

/* Cuts a client's connection, for a fault. */
void client_cut(struct clients *clients);

/* Fills an op with a new request; draws all of it. */
void op_draw(struct clients *clients, struct op *op);

/* Returns what the op asks, as the shipped engine takes it; its texts are the op's. */
struct command op_command(const struct op *op);

/* Writes what it asks in words, for the trace. */
const char *op_words(const struct op *op, char *text, size_t size);

#endif
