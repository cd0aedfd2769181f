/* model.h -- what should be true: the journal's durable entries in order, decoded and carried out by code of
 * its own, and a judge of every answer.
 *
 * The truth is the sequence of events that became durable in the simulated Redis. Each must be what the rules
 * allow in the state before it, and what some client asked for, once. An accepted change must lie in it behind
 * everything that anybody had seen when it was asked for, before its answer leaves. Every other answer must be
 * what the state says at some sequence between these two. The histories of members, campaigns and requests are
 * kept by sequence, so that the state at any of them can be asked for.
 *
 * It shares no code with engine/ or net/ but the numbers of events, commands and states in their tables.
 */
#ifndef BOON_TESTS_SIM_MODEL_H
#define BOON_TESTS_SIM_MODEL_H

#include "tests/sim/client.h"
#include "tests/sim/redis.h"

struct engine;

void model_start(struct sim *sim);
void model_deinit(struct model *model);

/* The entry of this index in the journal is durable. */
void model_entry(struct model *model, size_t index, const struct redis_entry *entry);

/* Redis has only the first `count` entries any more. */
void model_shorter(struct model *model, size_t count);

/* A server of this epoch carried out an op, whose last event has this sequence. */
void model_executed(struct model *model, uint32_t server, uint64_t last_seq, struct op *op);

/* A server took the lead of an epoch: its nonce tells which one. */
void model_server(struct model *model, uint32_t server, const uint8_t nonce[16]);

/* A server halted: it may, for the reasons that its contract names. `trimmed`: while it started, the journal
 * was trimmed by another one. */
void model_halted(struct model *model, bool trimmed, const char *message);

/* Judges an answer that arrived. */
void model_judge(struct model *model, struct op *op);

/* Compares a live engine, which has applied just what is durable, with the model and with a replay. */
void model_compare(struct model *model, const struct engine *engine);

/* The end: every acknowledged change is there. */
void model_end(struct sim *sim);

uint64_t model_durable(const struct model *model); /* sequence of the last durable event */
uint64_t model_seen(const struct model *model);    /* the newest that any client has seen */
uint64_t model_losses(const struct model *model);  /* times that a loss was accepted */
bool model_leads(const struct model *model, uint32_t server); /* the newest epoch is its own */
int64_t model_time_ms(const struct model *model);

/* For clients that want to ask for something sensible: state and stock of a campaign. */
bool model_campaign(const struct model *model, const char *id, uint32_t *state, uint64_t *stock,
                    uint64_t *issued);

#endif
