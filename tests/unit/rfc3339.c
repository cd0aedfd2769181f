/* rfc3339.c -- moments are read strictly, and what is written reads back the same. */
#include "net/rfc3339.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

static const struct {
    const char *text;
    int64_t ms;
} good[] = {
    {"2000-01-01T00:00:00Z", RFC3339_MS_MIN},         {"2199-12-31T23:59:59.999Z", RFC3339_MS_MAX},
    {"2026-11-11T00:00:00+08:00", 1794326400000},     {"2026-11-10T16:00:00Z", 1794326400000},
    {"2026-11-10T16:00:00-00:00", 1794326400000},     {"2026-11-10T08:30:00-07:30", 1794326400000},
    {"2026-11-11T06:00:00+14:00", 1794326400000},     {"2026-11-10T04:00:00-12:00", 1794326400000},
    {"2026-11-10T16:00:00.1Z", 1794326400100},        {"2026-11-10T16:00:00.12Z", 1794326400120},
    {"2026-11-10T16:00:00.123+00:00", 1794326400123}, {"2024-02-29T12:00:00Z", 1709208000000},
    {"2000-02-29T00:00:00Z", 951782400000},           {"2000-01-01T08:00:00+08:00", RFC3339_MS_MIN},
};

Test(rfc3339, moments_are_milliseconds_since_1970)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ms = -1;
        const char *reason = NULL;
        cr_assert(rfc3339_parse(text_of(good[i].text), &ms, &reason), "%s: %s", good[i].text,
                  reason);
        cr_assert_eq(ms, good[i].ms, "%s is %lld", good[i].text, (long long)ms);
        cr_assert_null(reason);
    }
}

static const struct {
    const char *text;
    const char *reason; /* a part of it */
} bad[] = {
    {"", "write it as"},
    {"tomorrow", "write it as"},
    {"2026-11-11", "write it as"},
    {"2026-11-11 00:00:00Z", "write it as"},
    {"2026-11-11t00:00:00Z", "write it as"},
    {"2026-11-11T00:00:00z", "write it as"},
    {"2026-11-11T00:00:00", "offset from UTC is missing"},
    {"2026-11-11T00:00:00.5", "offset from UTC is missing"},
    {"2026-11-11T00:00Z", "write it as"},
    {"2026-11-11T00:00:00+0800", "write it as"},
    {"2026-11-11T00:00:00+08", "write it as"},
    {"2026-11-11T00:00:00+08:00 ", "write it as"},
    {" 2026-11-11T00:00:00+08:00", "write it as"},
    {"2026-11-11T00:00:00ZZ", "write it as"},
    {"2026-11-11T00:00:00.Z", "write it as"},
    {"2026-11-11T00:00:00,5Z", "write it as"},
    {"2026-11-11T00:00:00.1234Z", "three decimals"},
    {"2026-11-11T00:00:00.0000Z", "three decimals"},
    {"1999-12-31T23:59:59Z", "year"},
    {"2200-01-01T00:00:00Z", "year"},
    {"2000-01-01T00:00:00+08:00", "in UTC"},
    {"2199-12-31T23:00:00-08:00", "in UTC"},
    {"26-11-11T00:00:00Z", "write it as"},
    {"2026-00-11T00:00:00Z", "month"},
    {"2026-13-11T00:00:00Z", "month"},
    {"2026-11-00T00:00:00Z", "no such day"},
    {"2026-11-31T00:00:00Z", "no such day"},
    {"2026-02-29T00:00:00Z", "no such day"},
    {"2100-02-29T00:00:00Z", "no such day"},
    {"2026-11-11T24:00:00Z", "hour"},
    {"2026-11-11T00:60:00Z", "minute"},
    {"2026-12-31T23:59:60Z", "leap"},
    {"2026-11-11T00:00:00+18:00", "offset"},
    {"2026-11-11T00:00:00+14:01", "offset"},
    {"2026-11-11T00:00:00-12:01", "offset"},
    {"2026-11-11T00:00:00+08:60", "minute"},
    {"2026-1-1T00:00:00Z", "write it as"},
    {"+026-11-11T00:00:00Z", "write it as"},
};

Test(rfc3339, what_is_not_a_moment_is_refused_with_what_is)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 42;
        const char *reason = NULL;
        cr_assert_not(rfc3339_parse(text_of(bad[i].text), &ms, &reason), "'%s' was taken",
                      bad[i].text);
        cr_assert_not_null(reason, "'%s'", bad[i].text);
        cr_assert_not_null(strstr(reason, bad[i].reason), "'%s': %s", bad[i].text, reason);
        cr_assert_eq(ms, 42, "'%s' changed the result", bad[i].text);
    }
}

Test(rfc3339, every_beginning_of_a_moment_is_refused)
{
    static const char whole[] = "2026-11-11T00:00:00.123+08:00";
    int64_t ms;
    const char *reason;

    for (uint32_t length = 0; length < sizeof whole - 1; length++) {
        cr_assert_not(rfc3339_parse((struct text){whole, length}, &ms, &reason), "%u bytes",
                      length);
    }
    cr_assert(rfc3339_parse((struct text){whole, sizeof whole - 1}, &ms, &reason));
}

Test(rfc3339, what_is_written_agrees_with_the_c_library_and_reads_back)
{
    uint64_t state = 1;

    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        int64_t span = RFC3339_MS_MAX - RFC3339_MS_MIN + 1;
        int64_t ms = RFC3339_MS_MIN + (int64_t)((state >> 11) % (uint64_t)span);
        /* Every third, the edge of a day, where calendars go wrong. */
        ms = i % 3 == 0 ? ms - ms % 86400000 - (i % 2) : ms;
        ms = ms < RFC3339_MS_MIN ? RFC3339_MS_MIN : ms;
        char written[RFC3339_BYTES];
        char wanted[64];
        char seconds[32];
        time_t time = (time_t)(ms / 1000);
        struct tm tm;
        int64_t back = 0;
        const char *reason = NULL;

        strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", gmtime_r(&time, &tm));
        snprintf(wanted, sizeof wanted, "%s.%03dZ", seconds, (int)(ms % 1000));
        rfc3339_format(ms, written);
        cr_assert_str_eq(written, wanted);
        cr_assert(rfc3339_parse(text_of(written), &back, &reason), "%s: %s", written, reason);
        cr_assert_eq(back, ms, "%s", written);
    }
}

Test(rfc3339, a_moment_beyond_the_range_is_written_as_its_edge)
{
    char written[RFC3339_BYTES];

    rfc3339_format(0, written);
    cr_assert_str_eq(written, "2000-01-01T00:00:00.000Z");
    rfc3339_format(INT64_MIN, written);
    cr_assert_str_eq(written, "2000-01-01T00:00:00.000Z");
    rfc3339_format(INT64_MAX, written);
    cr_assert_str_eq(written, "2199-12-31T23:59:59.999Z");
}
