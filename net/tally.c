/* tally.c -- one entry a (campaign, kind, name), found by hash, chained by campaign and kind. */
#include "net/tally.h"

#include <stdlib.h>

#include "engine/bug.h"

struct entry {
    uint32_t campaign;
    uint32_t name;
    uint32_t issued;
    uint32_t next; /* of the same campaign and kind; 0 = none */
    uint32_t kind;
};

struct tally_campaign {
    uint32_t counted;
    uint32_t first[TALLY_KINDS]; /* entry; 0 = none */
    uint32_t names[TALLY_KINDS]; /* entries */
    uint32_t other[TALLY_KINDS]; /* coupons without an entry */
};

struct tally {
    struct pool entries;
    struct table table;    /* of the entries */
    struct pool campaigns; /* by the engine's index */
    uint32_t counted;      /* serial number of the last coupon counted */
    uint32_t
        recent[TALLY_KINDS]; /* entry that the last coupon was counted to: the next one's, often */
};

struct key {
    const struct tally *tally;
    uint32_t campaign;
    uint32_t name;
    uint32_t kind;
};

static struct entry *entry_at(const struct tally *tally, uint32_t index)
{
    return pool_at(&tally->entries, index);
}

static uint64_t hash_of(uint32_t campaign, uint32_t name, uint32_t kind)
{
    return table_mix(((uint64_t)campaign << 32 | name) ^ (uint64_t)kind << 63);
}

static bool entry_is(const void *key, uint32_t index)
{
    const struct key *wanted = key;
    const struct entry *entry = entry_at(wanted->tally, index);
    return entry->campaign == wanted->campaign && entry->name == wanted->name &&
           entry->kind == wanted->kind;
}

static uint64_t entry_rehash(const void *context, uint32_t index)
{
    const struct entry *entry = pool_at(context, index);
    return hash_of(entry->campaign, entry->name, entry->kind);
}

struct tally *tally_create(uint32_t campaigns_max, uint32_t entries_max)
{
    struct tally *tally = calloc(1, sizeof(*tally));
    if (tally != NULL &&
        (!pool_init(&tally->entries, sizeof(struct entry), entries_max) ||
         !table_init(&tally->table, entries_max) ||
         !pool_init(&tally->campaigns, sizeof(struct tally_campaign), campaigns_max))) {
        tally_destroy(&tally);
    }
    if (tally != NULL) {
        /* A forked child writes a snapshot: it has no use for any of this. */
        pool_keep_from_children(&tally->entries);
        pool_keep_from_children(&tally->campaigns);
    }
    return tally;
}

void tally_destroy(struct tally **tally)
{
    if (*tally != NULL) {
        pool_deinit(&(*tally)->entries);
        pool_deinit(&(*tally)->campaigns);
        table_deinit(&(*tally)->table);
    }
    free(*tally);
    *tally = NULL;
}

/* Returns what is known of a campaign; NULL: no memory. */
static struct tally_campaign *campaign_of(struct tally *tally, uint32_t campaign)
{
    while (tally->campaigns.count <= campaign) {
        if (!pool_reserve(&tally->campaigns, 1)) {
            return NULL;
        }
        (void)pool_add(&tally->campaigns);
    }
    return pool_at(&tally->campaigns, campaign);
}

/* Finds or makes an entry. 0: there is no room. */
static uint32_t entry_of(struct tally *tally, struct tally_campaign *campaign, struct key *key)
{
    uint64_t hash = hash_of(key->campaign, key->name, key->kind);
    uint32_t index = table_find(&tally->table, hash, entry_is, key);
    if (index != 0 || !pool_reserve(&tally->entries, 1) || !table_reserve(&tally->table)) {
        return index;
    }
    index = pool_add(&tally->entries);
    *entry_at(tally, index) = (struct entry){.campaign = key->campaign,
                                             .name = key->name,
                                             .next = campaign->first[key->kind],
                                             .kind = key->kind};
    table_add(&tally->table, hash, index, entry_rehash, &tally->entries);
    campaign->first[key->kind] = index;
    campaign->names[key->kind]++;
    return index;
}

static void count(struct tally *tally, struct tally_campaign *campaign, uint32_t index,
                  uint32_t name, enum tally_kind kind)
{
    struct key key = {tally, index, name, kind};
    uint32_t entry = tally->recent[kind];
    if (entry == 0 || !entry_is(&key, entry)) {
        entry = tally->recent[kind] = entry_of(tally, campaign, &key);
    }
    if (entry != 0) {
        entry_at(tally, entry)->issued++;
    } else {
        campaign->other[kind]++;
    }
}

uint32_t tally_go_on(struct tally *tally, const struct engine *engine, uint32_t last,
                     uint32_t budget)
{
    uint32_t done = 0;
    ASSERT(last < engine->coupons.pool.count);
    while (tally->counted < last && done < budget) {
        const struct coupon *coupon = coupon_at(&engine->coupons, tally->counted + 1);
        struct tally_campaign *campaign = campaign_of(tally, coupon->campaign);
        if (campaign == NULL) {
            break; /* no memory now: it goes on when there is some */
        }
        count(tally, campaign, coupon->campaign, coupon->channel, TALLY_CHANNEL);
        count(tally, campaign, coupon->campaign, coupon->store, TALLY_STORE);
        campaign->counted++;
        tally->counted++;
        done++;
    }
    return done;
}

uint32_t tally_counted(const struct tally *tally)
{
    return tally->counted;
}

uint32_t tally_of_campaign(const struct tally *tally, uint32_t campaign)
{
    if (!pool_has(&tally->campaigns, campaign)) {
        return 0;
    }
    const struct tally_campaign *record = pool_at(&tally->campaigns, campaign);
    return record->counted;
}

uint32_t tally_top(const struct tally *tally, uint32_t campaign, enum tally_kind kind,
                   struct tally_line *top, uint32_t max, uint32_t *names, uint32_t *other)
{
    uint32_t length = 0;
    *names = *other = 0;
    ASSERT(max > 0 && max <= TALLY_TOP_MAX);
    if (!pool_has(&tally->campaigns, campaign)) {
        return 0;
    }
    const struct tally_campaign *record = pool_at(&tally->campaigns, campaign);
    *names = record->names[kind];
    *other = record->other[kind];
    for (uint32_t at = record->first[kind]; at != 0; at = entry_at(tally, at)->next) {
        const struct entry *entry = entry_at(tally, at);
        if (length == max && entry->issued <= top[max - 1].issued) {
            continue;
        }
        length += length < max ? 1 : 0;
        uint32_t place = length - 1;
        while (place > 0 && top[place - 1].issued < entry->issued) {
            top[place] = top[place - 1];
            place--;
        }
        top[place] = (struct tally_line){entry->name, entry->issued};
    }
    return length;
}
