/* hash.c -- the state's hash sees every field, and nothing that is no business state. */
#include "engine/engine.h"

#include <criterion/criterion.h>

#include "tests/lib/engine_story.h"

static struct story story;
static struct engine *engine;
static uint64_t whole;

#define HASH_OF_0_1 UINT64_C(0x17c987d5471c461d)

static void begin(void)
{
    static const struct scene scenes[] = {
        {100, "PUT sale stock=9 per=2 opens=5 ends=900 percent=10 minimum=7 maximum=8",
         "OK created"},
        {100, "START sale", "OK running"},
        {100, "CLAIM m1 sale channel=app store=s1 staff=f1 request=r1", "OK 1"},
        {100, "CLAIM m1 sale channel=app store=s1 staff=f1 request=r2", "OK 2"},
        {100, "EARN a-member-with-an-id-of-more-than-31-bytes points 10", "OK 10"},
        {100, "EARN a-member-with-an-id-of-more-than-31-bytes stamps 10", "OK 10"},
    };
    story_begin(&story, NULL);
    STORY_PLAY(&story, scenes);
    cr_assert_eq(engine_state_hash(story.engine), HASH_OF_0_1,
                 "a state that 0.1 could have hashes as it did there, and not to %llx",
                 (unsigned long long)engine_state_hash(story.engine));
    cr_assert_eq(story_principal(&story, 100, "ops"), 1u);
    engine = story.engine;
    whole = engine_state_hash(engine);
}

static void end(void)
{
    story_end(&story);
}

TestSuite(hash, .init = begin, .fini = end);

static void flip(void *field, size_t size, const char *what, bool seen)
{
    uint8_t *bytes = field;
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 0x10;
        bool differs = engine_state_hash(engine) != whole;
        bytes[at] ^= 0x10;
        cr_assert_eq(differs, seen, "byte %zu of %s", at, what);
    }
    cr_assert_eq(engine_state_hash(engine), whole);
}

#define SEES(field) flip(&(field), sizeof(field), #field, true)
#define IGNORES(field) flip(&(field), sizeof(field), #field, false)

Test(hash, every_field_of_a_member_counts)
{
    struct member *member = member_at(&engine->members, 1);
    SEES(member->changed_seq);
    SEES(member->joined_at);
    IGNORES(member->first_asset);
    IGNORES(member->first_balance);
    SEES(member->newest_coupon);
    SEES(member->coupon_count);
    SEES(member->newest_account);
    flip(member->id, member->id_length, "the id", true);
    flip(member->id + member->id_length, MEMBER_ID_INLINE - member->id_length, "the rest", false);
    struct text long_id = member_id(&engine->members, member_at(&engine->members, 2));
    flip(pool_at(&engine->members.long_ids, 1), long_id.length, "a long id", true);
    member->id_length--;
    cr_assert_neq(engine_state_hash(engine), whole);
    member->id_length++;
}

Test(hash, every_field_of_a_campaign_counts)
{
    struct campaign *campaign = campaign_at(&engine->campaigns, 1);
    SEES(campaign->issued);
    SEES(campaign->stock);
    SEES(campaign->opens_at_ms);
    SEES(campaign->ends_at_ms);
    SEES(campaign->changed_seq);
    SEES(campaign->definition_seq);
    SEES(campaign->stopped_at_ms);
    SEES(campaign->per_member);
    SEES(campaign->state);
    SEES(campaign->value.kind);
    SEES(campaign->value.percent);
    SEES(campaign->value.amount_fen);
    SEES(campaign->value.minimum_fen);
    SEES(campaign->value.maximum_fen);
    flip(campaign->id, campaign->id_length, "the id", true);
    struct texts *texts = &engine->campaigns.texts;
    flip(pool_at(&texts->units, campaign->name.block), campaign->name.length, "the name", true);
    flip(pool_at(&texts->units, campaign->source.block), campaign->source.length, "the document",
         true);
    IGNORES(campaign->spare);
}

Test(hash, every_field_of_a_coupon_counts)
{
    struct coupon *coupon = coupon_at(&engine->coupons, 2);
    flip(coupon, sizeof(*coupon), "a coupon, which has no padding", true);
}

Test(hash, every_field_of_an_account_a_name_and_a_request_counts)
{
    struct account *account = account_at(&engine->accounts, 2);
    SEES(account->balance);
    SEES(account->member);
    SEES(account->asset);
    SEES(account->older);
    IGNORES(account->spare);
    for (uint32_t kind = 0; kind < NAME_KINDS; kind++) {
        struct name *name = pool_at(&engine->names[kind].pool, 1);
        flip(name->text, name->length, "a name", true);
        flip(name->text + name->length, ID_BYTES_MAX - name->length, "what follows it", false);
    }
    struct request *request = request_at(&engine->requests, 1);
    flip(request, sizeof(*request), "a request, which has no padding", true);
    SEES(engine->seq);
    SEES(engine->time_ms);
}

Test(hash, where_a_text_is_kept_does_not_count)
{
    struct texts *texts = &engine->campaigns.texts;
    struct campaign *campaign = campaign_at(&engine->campaigns, 1);
    cr_assert(texts_reserve(texts, campaign->source.length, 0));
    struct kept copy = texts_keep(texts, texts_show(texts, campaign->source));
    texts_give_back(texts, &campaign->source);
    campaign->source = copy;
    cr_assert_eq(engine_state_hash(engine), whole);
}

/* Two texts side by side must not hash like the same bytes divided otherwise. */
Test(hash, the_border_between_two_texts_counts)
{
    static struct story a;
    static struct story b;
    story_begin(&a, NULL);
    story_begin(&b, NULL);
    story_tell(&a, 10, "PUT sale name=ab document=c");
    story_tell(&b, 10, "PUT sale name=a document=bc");
    cr_assert_neq(engine_state_hash(a.engine), engine_state_hash(b.engine));
    story_end(&a);
    story_end(&b);
}

Test(hash, a_forgotten_request_does_not_count)
{
    struct request *request = request_at(&engine->requests, 0);
    const struct request before = *request;
    request_forget(request);
    uint64_t without = engine_state_hash(engine);
    cr_assert_neq(without, whole);
    whole = without;
    IGNORES(request->key);
    *request = before;
}
