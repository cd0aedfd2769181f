/* rfc3339.c -- civil time to and from milliseconds since 1970, without the C library's time zone. */
#include "net/rfc3339.h"

#include <stdio.h>

#include "engine/bug.h"

#define MS_PER_MINUTE INT64_C(60000)
#define MS_PER_DAY INT64_C(86400000)

/* One read through the text; `at` never passes the end. */
struct reader {
    const char *at;
    const char *end;
    const char *reason; /* the first thing that was wrong, or NULL */
};

static const char shape[] =
    "write it as 2026-11-11T00:00:00+08:00: date, T, time, and the offset from UTC or Z";

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Count the days from 1970-01-01 to a date. Years begin in March here, so that the leap day ends one. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;

    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

/* Take exactly `count` digits as a number in min..max, or fail with `reason`. */
static int64_t take_number(struct reader *reader, int count, int64_t min, int64_t max,
                           const char *reason)
{
    int64_t number = 0;

    for (int i = 0; i < count; i++) {
        if (reader->at == reader->end || *reader->at < '0' || *reader->at > '9') {
            reader->reason = reader->reason ? reader->reason : shape;
            return min;
        }
        number = number * 10 + (*reader->at++ - '0');
    }
    if (number < min || number > max) {
        reader->reason = reader->reason ? reader->reason : reason;
        return min;
    }
    return number;
}

static void take_byte(struct reader *reader, char byte)
{
    if (reader->at < reader->end && *reader->at == byte) {
        reader->at++;
    } else if (reader->reason == NULL) {
        reader->reason = shape;
    }
}

/* Take `.5`, `.50` or `.500`, when it is there, as milliseconds. */
static int64_t take_fraction(struct reader *reader)
{
    int64_t ms = 0;
    int64_t unit = 100;

    if (reader->at == reader->end || *reader->at != '.') {
        return 0;
    }
    reader->at++;
    ms = unit * take_number(reader, 1, 0, 9, shape);
    for (unit = 10; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
         unit /= 10) {
        if (unit == 0) {
            reader->reason = reader->reason ? reader->reason
                                            : "a second has at most three decimals";
            return 0;
        }
        ms += unit * (*reader->at++ - '0');
    }
    return ms;
}

/* Take Z or ±hh:mm as milliseconds east of UTC. */
static int64_t take_offset(struct reader *reader)
{
    static const char range[] = "the offset from UTC lies between -12:00 and +14:00";

    if (reader->at == reader->end) {
        reader->reason = reader->reason
                             ? reader->reason
                             : "the offset from UTC is missing: +08:00 for China, Z for UTC";
        return 0;
    }
    if (*reader->at == 'Z') {
        reader->at++;
        return 0;
    }
    bool west = *reader->at == '-';
    take_byte(reader, west ? '-' : '+');
    int64_t minutes = 60 * take_number(reader, 2, 0, 14, range);
    take_byte(reader, ':');
    minutes += take_number(reader, 2, 0, 59, "a minute lies between 00 and 59");
    if (minutes > (west ? 12 : 14) * 60) {
        reader->reason = reader->reason ? reader->reason : range;
    }
    return (west ? -minutes : minutes) * MS_PER_MINUTE;
}

bool rfc3339_parse(struct text text, int64_t *ms, const char **reason)
{
    struct reader reader = {text.data, text.data + text.length, NULL};

    if (text.length == 0) {
        *reason = shape;
        return false;
    }
    int64_t year = take_number(&reader, 4, 2000, 2199, "the year lies between 2000 and 2199");
    take_byte(&reader, '-');
    int64_t month = take_number(&reader, 2, 1, 12, "the month lies between 01 and 12");
    take_byte(&reader, '-');
    int64_t day = take_number(&reader, 2, 1, days_in_month(year, month), "there is no such day");
    take_byte(&reader, 'T');
    int64_t hour = take_number(&reader, 2, 0, 23, "the hour lies between 00 and 23");
    take_byte(&reader, ':');
    int64_t minute = take_number(&reader, 2, 0, 59, "a minute lies between 00 and 59");
    take_byte(&reader, ':');
    int64_t second = take_number(&reader, 2, 0, 59,
                                 "a second lies between 00 and 59; leap seconds are not counted");
    int64_t fraction_ms = take_fraction(&reader);
    int64_t offset_ms = take_offset(&reader);
    if (reader.reason == NULL && reader.at != reader.end) {
        reader.reason = shape;
    }
    if (reader.reason != NULL) {
        *reason = reader.reason;
        return false;
    }
    int64_t moment = days_from_civil(year, month, day) * MS_PER_DAY +
                     (hour * 60 + minute) * MS_PER_MINUTE + second * 1000 + fraction_ms - offset_ms;
    if (moment < RFC3339_MS_MIN || moment > RFC3339_MS_MAX) {
        *reason = "the moment lies between 2000 and 2199 in UTC";
        return false;
    }
    *ms = moment;
    return true;
}

void rfc3339_format(int64_t ms, char out[RFC3339_BYTES])
{
    int64_t at = ms < RFC3339_MS_MIN ? RFC3339_MS_MIN : ms > RFC3339_MS_MAX ? RFC3339_MS_MAX : ms;
    int64_t days = at / MS_PER_DAY;
    int64_t rest = at % MS_PER_DAY;
    int64_t year = 1970 + days / 366; /* never too late, and few years too early */

    while (days_from_civil(year + 1, 1, 1) <= days) {
        year++;
    }
    days -= days_from_civil(year, 1, 1);
    int64_t month = 1;
    while (days >= days_in_month(year, month)) {
        days -= days_in_month(year, month);
        month++;
    }
    int written = snprintf(
        out, RFC3339_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(year % 10000),
        (unsigned)(month % 100), (unsigned)((days + 1) % 100), (unsigned)(rest / 3600000 % 24),
        (unsigned)(rest / 60000 % 60), (unsigned)(rest / 1000 % 60), (unsigned)(rest % 1000));
    ASSERT(written == RFC3339_BYTES - 1);
}
