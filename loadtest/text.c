/* text.c -- numbers for people. */
#include "result.h"

#include <inttypes.h>

const char *grouped(uint64_t number, char out[static GROUPED_BYTES])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    int to = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[to++] = ',';
        out[to++] = digits[i];
    }
    out[to] = '\0';
    return out;
}

const char *duration(double ns, char out[static GROUPED_BYTES])
{
    static const struct {
        double ns;
        const char *unit;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}};
    size_t unit = 0;
    while (unit < 3 && ns < units[unit].ns * 0.9995)
        unit++;
    double value = ns / units[unit].ns;
    int decimals = unit == 3 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(out, GROUPED_BYTES, "%.*f %s", decimals, value, units[unit].unit);
    return out;
}

uint64_t result_claims(const struct result *result)
{
    uint64_t count = 0;
    for (enum outcome i = 0; i < OUTCOME_COUNT; i++) {
        if (outcome_is_claim(i))
            count += result->total.outcomes[i];
    }
    return count;
}

bool result_is_generator_bound(double cpu_share)
{
    return cpu_share > 0.8;
}

uint64_t result_answers(const struct result *result)
{
    return result_claims(result) + result->total.outcomes[OUTCOME_LOOKUP_OK] +
           result->total.outcomes[OUTCOME_LOOKUP_REFUSED];
}
