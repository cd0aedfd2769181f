/* load_form.c -- requests with blanks are what a Redis client would have written. */
#include "form.h"
#include "peer.h"

#include <criterion/criterion.h>

static const char id[] = "00c0ffee-000000000000002a";

static const char *written(const struct form *form, const char *member)
{
    static char out[1024];
    size_t length = form_write(form, out, span_of(member), id);
    cr_assert_leq(length, form_bytes_max(form, strlen(member)));
    out[length] = '\0';
    return out;
}

Test(form, a_claim_with_every_option)
{
    struct form form;
    struct campaign campaign = {.id = "sale-0"};
    struct options options = {.channel = "app", .request_ids = true};
    struct peer_session session = {""};
    peer_boon.claim_form(&form, &campaign, &options, &session, 16);
    cr_assert_str_eq(written(&form, "member0000000042"),
                     "*7\r\n$12\r\nCOUPON.CLAIM\r\n$16\r\nmember0000000042\r\n$6\r\nsale-0\r\n"
                     "$7\r\nCHANNEL\r\n$3\r\napp\r\n$7\r\nREQUEST\r\n"
                     "$25\r\n00c0ffee-000000000000002a\r\n");
    form_deinit(&form);
}

Test(form, a_member_of_any_length_brings_its_header)
{
    struct form form;
    struct campaign campaign = {.id = "o2o-1"};
    struct options options = {.channel = ""};
    struct peer_session session = {""};
    peer_boon.claim_form(&form, &campaign, &options, &session, 0);
    cr_assert_str_eq(written(&form, "$2\r\n42\r\n"),
                     "*3\r\n$12\r\nCOUPON.CLAIM\r\n$2\r\n42\r\n$5\r\no2o-1\r\n");
    form_deinit(&form);
}

Test(form, look_ups_of_both_peers)
{
    struct form form;
    peer_boon.lookup_form(&form, 16);
    cr_assert_str_eq(written(&form, "member0000000042"),
                     "*3\r\n$15\r\nACCOUNT.BALANCE\r\n$16\r\nmember0000000042\r\n$6\r\npoints\r\n");
    form_deinit(&form);
    peer_redis_lua.lookup_form(&form, 16);
    cr_assert_str_eq(written(&form, "member0000000042"),
                     "*2\r\n$3\r\nGET\r\n$24\r\nbalance:member0000000042\r\n");
    form_deinit(&form);
}

Test(form, the_peers_script_gets_its_keys_under_one_hash_tag)
{
    struct form form;
    struct campaign campaign = {.id = "s", .per_member = 1};
    struct options options = {.channel = "app"};
    struct peer_session session = {"0123456789012345678901234567890123456789"};
    peer_redis_lua.claim_form(&form, &campaign, &options, &session, 16);
    cr_assert_str_eq(written(&form, "member0000000042"),
                     "*12\r\n$7\r\nEVALSHA\r\n$40\r\n0123456789012345678901234567890123456789\r\n"
                     "$1\r\n4\r\n$9\r\n{s}:stock\r\n$11\r\n{s}:claimed\r\n"
                     "$36\r\n{s}:coupon:00c0ffee-000000000000002a\r\n$10\r\n{s}:events\r\n"
                     "$16\r\nmember0000000042\r\n$25\r\n00c0ffee-000000000000002a\r\n"
                     "$1\r\ns\r\n$3\r\napp\r\n$1\r\n1\r\n");
    form_deinit(&form);
}
