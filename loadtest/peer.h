/* peer.h -- the two servers a load can be put on: Boon, and a Redis with the usual claim script.
 *
 * Each describes, in the same functions, how to set a campaign up, what a claim and a look-up
 * look like on the wire, and how to read back what it has issued. Both answer a claim with the
 * same status words, so everything else is shared. */
#ifndef LOADTEST_PEER_H
#define LOADTEST_PEER_H

#include "client.h"
#include "form.h"
#include "roll.h"

struct campaign_state {
    bool found;
    uint64_t stock;
    uint64_t issued;
    uint32_t per_member;
};

/* Where coupons_read() puts what it reads. */
struct coupon_reader {
    void *context;
    /* One coupon of one of the roll's campaigns; member is a number of the roll. */
    void (*coupon)(void *context, uint32_t member, uint32_t campaign, struct span code);
    /* The server contradicts itself or holds what it should not; one sentence. */
    void (*contradiction)(void *context, const char *sentence);
};

/* What prepare() learns and claim_form() needs. */
struct peer_session {
    char script[41]; /* SHA-1 of the loaded script in hex; empty for Boon */
};

struct peer {
    /* One RESP request that reads something, so that a server still loading refuses it. */
    const char *probe;
    /* Make the server ready for claims, once; e.g. load the script. May add to the greeting of
     * the connections that follow. */
    bool (*prepare)(struct client *client, const struct options *options, struct endpoint *endpoint,
                    struct peer_session *session, struct failure *failure);
    /* Ask for the campaign to be created and started, and take the answer; one that exists alike
     * already is taken as it is. Ask for many, then take as many, in the same order. */
    void (*create_ask)(struct client *client, const struct campaign *campaign);
    bool (*create_take)(struct client *client, const struct campaign *campaign,
                        struct failure *failure);
    /* Ask for a campaign's numbers, and take them; state->found tells whether it exists. */
    void (*read_ask)(struct client *client, const char *id);
    bool (*read_take)(struct client *client, struct campaign_state *state, struct failure *failure);
    /* Give every member of the roll 1,000 points. */
    bool (*points_give)(struct client *client, const struct roll *roll, struct failure *failure);
    /* Read back every coupon of the roll's members and campaigns. */
    bool (*coupons_read)(struct client *client, const struct roll *roll,
                         const struct coupon_reader *reader, struct failure *failure);
    /* Make the form of a claim from this campaign, and of a look-up. */
    void (*claim_form)(struct form *form, const struct campaign *campaign,
                       const struct options *options, const struct peer_session *session,
                       uint32_t member_bytes);
    void (*lookup_form)(struct form *form, uint32_t member_bytes);
};

/* Return the one that was asked for. */
const struct peer *peer_of(const struct options *options);

extern const struct peer peer_boon;
extern const struct peer peer_redis_lua;

/* How many campaigns are asked for at a time. */
#define PEER_BATCH 256U

/* Read an unsigned number from an integer or a text; 0 when it is none. */
uint64_t peer_number(const struct reply_item *item);

/* Ask for every member of the roll in the form's words; each answer must be OK. */
bool peer_ask_each(struct client *client, const struct roll *roll, const struct form *form,
                   const char *what, struct failure *failure);

/* Put the server's words into the failure; always false. */
bool peer_refused(struct failure *failure, const char *what, const struct reply *reply);

#endif
