/* json_out.c -- what comes out is JSON, whatever goes in. */
#include "net/json_out.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(json_out, json_is_exact_and_stays_on_its_line)
{
    char *text = NULL;
    size_t size;
    struct json_out out = {.file = open_memstream(&text, &size)};
    json_begin(&out, '[');
    json_natural(&out, JSON_EXACT_MAX);
    json_natural(&out, JSON_EXACT_MAX + 1);
    json_number(&out, -(int64_t)JSON_EXACT_MAX);
    json_number(&out, INT64_MIN);
    json_flag(&out, true);
    json_none(&out);
    json_text(&out, TEXT("\x01\n\"\\\x7f\xc2\x85\xe4\xbd\xa0\xed\xa0\x80"));
    json_begin(&out, '{');
    json_key(&out, "a");
    json_begin(&out, '[');
    json_end(&out, ']');
    json_end(&out, '}');
    json_end(&out, ']');
    fclose(out.file);
    cr_assert_str_eq(text, "[9007199254740992,\"9007199254740993\",-9007199254740992,"
                           "\"-9223372036854775808\",true,null,"
                           "\"\\u0001\\u000a\\\"\\\\\\u007f\\u0085\xe4\xbd\xa0"
                           "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",{\"a\":[]}]");
    free(text);
}
