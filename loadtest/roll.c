/* roll.c -- members, campaigns and pairs, numbered or from a file. */
#include "roll.h"

#include "failure.h"

void roll_numbered(struct roll *roll, uint32_t members, uint32_t campaigns, const char *prefix,
                   uint64_t stock, uint32_t per_member)
{
    *roll = (struct roll){.member_count = members, .campaign_count = campaigns};
    roll->pair_count = (uint64_t)members * campaigns;
    roll->campaigns = memory_zeroed(campaigns, sizeof *roll->campaigns);
    for (uint32_t i = 0; i < campaigns; i++) {
        struct campaign *campaign = &roll->campaigns[i];
        snprintf(campaign->id, sizeof campaign->id, "%.48s-%u", prefix, i);
        campaign->stock = stock;
        campaign->per_member = per_member;
        bool added = false;
        intern_add(&roll->campaign_ids, span_of(campaign->id), &added);
        ASSERT(added);
    }
}

void roll_deinit(struct roll *roll)
{
    free(roll->campaigns);
    intern_deinit(&roll->campaign_ids);
    *roll = (struct roll){0};
}

void roll_numbered_id(uint32_t member, char out[static ROLL_NUMBERED_ID_BYTES])
{
    memcpy(out, "member", 6);
    for (size_t i = ROLL_NUMBERED_ID_BYTES; i-- > 6;) {
        out[i] = (char)('0' + member % 10);
        member /= 10;
    }
}

struct span roll_member(const struct roll *roll, uint32_t member,
                        char scratch[static ROLL_NUMBERED_ID_BYTES])
{
    if (roll->member_ids)
        return intern_text(roll->member_ids, member);
    roll_numbered_id(member, scratch);
    return (struct span){scratch, ROLL_NUMBERED_ID_BYTES};
}

bool roll_member_find(const struct roll *roll, struct span id, uint32_t *member)
{
    if (roll->member_ids)
        return intern_find(roll->member_ids, id, member);
    if (id.length != ROLL_NUMBERED_ID_BYTES || memcmp(id.bytes, "member", 6) != 0)
        return false;
    uint64_t number = 0;
    for (size_t i = 6; i < id.length; i++) {
        if (id.bytes[i] < '0' || id.bytes[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(id.bytes[i] - '0');
    }
    *member = (uint32_t)number;
    return number < roll->member_count;
}

bool roll_campaign_find(const struct roll *roll, struct span id, uint32_t *campaign)
{
    return intern_find(&roll->campaign_ids, id, campaign);
}

bool roll_pair_find(const struct roll *roll, uint32_t member, uint32_t campaign, uint64_t *pair)
{
    if (!roll->pairs) {
        *pair = (uint64_t)campaign * roll->member_count + member;
        return true;
    }
    uint32_t key[2] = {member, campaign};
    uint32_t number = 0;
    if (!intern_find(roll->pairs, (struct span){(const char *)key, sizeof key}, &number))
        return false;
    *pair = number;
    return true;
}

uint32_t roll_pair_campaign(const struct roll *roll, uint64_t pair)
{
    if (!roll->pairs)
        return (uint32_t)(pair / roll->member_count);
    uint32_t key[2];
    memcpy(key, intern_text(roll->pairs, (uint32_t)pair).bytes, sizeof key);
    return key[1];
}
