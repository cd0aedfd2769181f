/* load_draw.c -- members drawn uniform or by Zipf's law come as often as they should. */
#include "random.h"

#include <criterion/criterion.h>

#include <math.h>

enum { MEMBERS = 1000, DRAWS = 2000000 };
static uint32_t counts[MEMBERS + 1];

Test(draw, uniform_is_even)
{
    struct random random;
    random_init(&random, 1);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t member = random_below(&random, MEMBERS);
        cr_assert_lt(member, (uint64_t)MEMBERS);
        counts[member]++;
    }
    for (int i = 0; i < MEMBERS; i++) /* 2,000 each; six standard deviations are 270 */
        cr_assert(counts[i] > 1730 && counts[i] < 2270, "member %d came %u times", i, counts[i]);
}

Test(draw, equal_seeds_draw_the_same)
{
    struct random a, b, c;
    random_init(&a, 5);
    random_init(&b, 5);
    random_init(&c, 6);
    bool differs = false;
    for (int i = 0; i < 100; i++) {
        uint64_t number = random_next(&a);
        cr_assert_eq(number, random_next(&b));
        differs |= number != random_next(&c);
    }
    cr_assert(differs);
}

Test(draw, zipf_gives_each_rank_its_share)
{
    static const double exponents[] = {0.5, 1.0, 1.1, 2.0};
    for (size_t e = 0; e < sizeof exponents / sizeof exponents[0]; e++) {
        struct random random;
        struct zipf zipf;
        random_init(&random, 2);
        zipf_init(&zipf, MEMBERS, exponents[e]);
        memset(counts, 0, sizeof counts);
        double whole = 0;
        for (int rank = 1; rank <= MEMBERS; rank++)
            whole += pow(rank, -exponents[e]);
        for (int i = 0; i < DRAWS; i++) {
            uint64_t rank = zipf_draw(&zipf, &random);
            cr_assert(rank >= 1 && rank <= MEMBERS);
            counts[rank]++;
        }
        for (int rank = 1; rank <= MEMBERS; rank++) {
            double due = DRAWS * pow(rank, -exponents[e]) / whole;
            double off = fabs((double)counts[rank] - due);
            cr_assert_lt(off, 6 * sqrt(due) + 6, "exponent %g, rank %d: %u instead of %.0f",
                         exponents[e], rank, counts[rank], due);
        }
    }
}

Test(draw, zipf_over_one_member_always_draws_it)
{
    struct random random;
    struct zipf zipf;
    random_init(&random, 2);
    zipf_init(&zipf, 1, 1.1);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(zipf_draw(&zipf, &random), 1u);
}
