/* roll.h -- who takes part in a run: its members and its campaigns.
 *
 * A sale's members are numbered (member0000000042 is number 42) and every member may claim from
 * every campaign. A replay's come from a file, and only some pairs occur. Both look the same from
 * here, so the ledger and the audit need not know which it is.
 *
 * A pair is one (member, campaign). Pairs are numbered 0 .. pairs-1. */
#ifndef LOADTEST_ROLL_H
#define LOADTEST_ROLL_H

#include "intern.h"

#define ID_BYTES_MAX 64 /* of members and campaigns, by the wire protocol */
#define ROLL_NUMBERED_ID_BYTES 16

struct campaign {
    char id[ID_BYTES_MAX + 1];
    uint64_t stock; /* 0 while not known */
    uint32_t per_member;
    uint64_t issued_before; /* by the server, when this run began */
};

struct roll {
    uint32_t member_count;
    uint32_t campaign_count;
    uint64_t pair_count;
    struct campaign *campaigns;
    struct intern campaign_ids; /* numbers are indices into campaigns */
    struct intern *member_ids;  /* NULL: members are numbered */
    struct intern *pairs;       /* NULL: all pairs; else eight bytes each, member then campaign */
};

/* Describe `members` numbered members and campaigns PREFIX-0 … of that stock. */
void roll_numbered(struct roll *roll, uint32_t members, uint32_t campaigns, const char *prefix,
                   uint64_t stock, uint32_t per_member);
void roll_deinit(struct roll *roll);

/* Write the id of a numbered member: exactly ROLL_NUMBERED_ID_BYTES bytes, not terminated. */
void roll_numbered_id(uint32_t member, char out[static ROLL_NUMBERED_ID_BYTES]);

/* Return a member's id; scratch may be used for it. */
struct span roll_member(const struct roll *roll, uint32_t member,
                        char scratch[static ROLL_NUMBERED_ID_BYTES]);

/* Find a member, a campaign or a pair; false when it takes no part. */
bool roll_member_find(const struct roll *roll, struct span id, uint32_t *member);
bool roll_campaign_find(const struct roll *roll, struct span id, uint32_t *campaign);
bool roll_pair_find(const struct roll *roll, uint32_t member, uint32_t campaign, uint64_t *pair);

/* Return the campaign a pair belongs to. */
uint32_t roll_pair_campaign(const struct roll *roll, uint64_t pair);

#endif
