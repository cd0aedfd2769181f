/* hash.c -- one number that two equal states share, and two different ones do not.
 *
 * XXH3-64 over every record's fields in index order, each run seeded with the hash before it. Records
 * are written out field by field: padding, look-up tables, free lists and the process' hash seed leave
 * no trace, so a state hashes the same live, after a replay and on another machine.
 */
#include <xxhash.h>

#include "engine/bug.h"
#include "engine/bytes.h"
#include "engine/engine.h"

#define RUN_BYTES_MAX 128U /* of one record's numbers */

/* Collects one record's numbers and texts and chains them to what was before. */
struct chain {
    uint64_t hash;
    uint32_t length;
    uint8_t run[RUN_BYTES_MAX];
};

static void add_number(struct chain *chain, uint64_t number)
{
    ASSERT(chain->length + sizeof(number) <= RUN_BYTES_MAX);
    bytes_put_u64(chain->run + chain->length, number);
    chain->length += (uint32_t)sizeof(number);
}

static void end_run(struct chain *chain)
{
    chain->hash = XXH3_64bits_withSeed(chain->run, chain->length, chain->hash);
    chain->length = 0;
}

/* The length stands before the bytes, so that no two lists of texts look alike. */
static void add_text(struct chain *chain, struct text text)
{
    add_number(chain, text.length);
    end_run(chain);
    chain->hash = XXH3_64bits_withSeed(text.data, text.length, chain->hash);
}

static void add_members(struct chain *chain, const struct members *members)
{
    add_number(chain, members->pool.count);
    for (uint32_t index = 1; index < members->pool.count; index++) {
        const struct member *member = member_at(members, index);
        add_number(chain, member->changed_seq);
        add_number(chain, (uint64_t)member_joined_at_ms(member));
        add_number(chain, member->newest_coupon);
        add_number(chain, member->coupon_count);
        add_number(chain, member->newest_account);
        add_text(chain, member_id(members, member));
    }
    end_run(chain);
}

static void add_accounts(struct chain *chain, const struct pool *accounts)
{
    add_number(chain, accounts->count);
    for (uint32_t index = 1; index < accounts->count; index++) {
        const struct account *account = account_at(accounts, index);
        add_number(chain, (uint64_t)account->balance);
        add_number(chain, account->member);
        add_number(chain, account->asset);
        add_number(chain, account->older);
        end_run(chain);
    }
    end_run(chain);
}

static void add_campaigns(struct chain *chain, const struct campaigns *campaigns)
{
    add_number(chain, campaigns->pool.count);
    for (uint32_t index = 1; index < campaigns->pool.count; index++) {
        const struct campaign *campaign = campaign_at(campaigns, index);
        add_number(chain, campaign->issued);
        add_number(chain, campaign->stock);
        add_number(chain, (uint64_t)campaign->opens_at_ms);
        add_number(chain, (uint64_t)campaign->ends_at_ms);
        add_number(chain, campaign->changed_seq);
        add_number(chain, campaign->definition_seq);
        add_number(chain, (uint64_t)campaign->stopped_at_ms);
        add_number(chain, campaign->per_member);
        add_number(chain, campaign->state);
        add_text(chain, campaign_id(campaign));
        add_number(chain, campaign->value.kind);
        add_number(chain, campaign->value.percent);
        add_number(chain, (uint64_t)campaign->value.amount_fen);
        add_number(chain, (uint64_t)campaign->value.minimum_fen);
        add_number(chain, (uint64_t)campaign->value.maximum_fen);
        add_text(chain, texts_show(&campaigns->texts, campaign->name));
        add_text(chain, texts_show(&campaigns->texts, campaign->source));
    }
    end_run(chain);
}

static void add_coupons(struct chain *chain, const struct coupons *coupons)
{
    add_number(chain, coupons->pool.count);
    for (uint32_t index = 1; index < coupons->pool.count; index++) {
        const struct coupon *coupon = coupon_at(coupons, index);
        add_number(chain, (uint64_t)coupon->member << 32 | coupon->campaign);
        add_number(chain, (uint64_t)coupon->older << 32 | coupon->store);
        add_number(chain,
                   (uint64_t)coupon->staff << 32 | (uint32_t)coupon->channel << 16 | coupon->nth);
        add_number(chain, (uint64_t)coupon_issued_at_ms(coupon) << 16 |
                              (uint32_t)coupon->state << 8 | coupon->key);
        end_run(chain);
    }
    end_run(chain);
}

static void add_names(struct chain *chain, const struct names *names)
{
    add_number(chain, names->pool.count);
    for (uint32_t number = 1; number < names->pool.count; number++) {
        add_text(chain, name_show(names, number));
    }
    end_run(chain);
}

static void add_requests(struct chain *chain, const struct requests *requests)
{
    for (uint64_t number = requests->forgotten; number < requests->bound; number++) {
        const struct request *request = request_at(requests, number);
        if (request_is_forgotten(request)) {
            continue;
        }
        add_number(chain, bytes_get_u64(request->key.at));
        add_number(chain, bytes_get_u64(request->key.at + 8));
        add_number(chain, request_fingerprint(request));
        add_number(chain, bytes_get_u64(request->result));
        add_number(chain, (uint64_t)request_bound_at_ms(request));
        end_run(chain);
    }
}

uint64_t engine_state_hash(const struct engine *engine)
{
    struct chain chain = {.hash = 0};
    add_number(&chain, engine->seq);
    add_number(&chain, (uint64_t)engine->time_ms);
    end_run(&chain);
    add_members(&chain, &engine->members);
    add_accounts(&chain, &engine->accounts);
    add_campaigns(&chain, &engine->campaigns);
    add_coupons(&chain, &engine->coupons);
    for (uint32_t kind = 0; kind < NAME_PRINCIPAL; kind++) {
        add_names(&chain, &engine->names[kind]);
    }
    add_requests(&chain, &engine->requests);
    /* Last, and no run where there are none: states from before there were principals hash as they did. */
    if (engine->names[NAME_PRINCIPAL].pool.count > 1) {
        add_names(&chain, &engine->names[NAME_PRINCIPAL]);
    }
    return chain.hash;
}
