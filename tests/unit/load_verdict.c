/* load_verdict.c -- the replay's model takes right answers and finds wrong ones. */
#include "verdict.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <unistd.h>

/* A file of four rows: ann, ann, bob from campaign x, then ann from y. */
static struct rows rows;
static struct roll roll;
static struct ledger ledger;
static struct verdict verdict;
static struct audit_report report;
static uint64_t now_ns;

static void begin(uint64_t stock)
{
    char path[] = "/tmp/boon-load-XXXXXX";
    static const char text[] = "who,what\nann,x\nann,x\nbob,x\nann,y\n";
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    cr_assert_eq(write(file, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(file);
    struct options options = {.csv = path,
                              .member_column = "who",
                              .campaign_column = "what",
                              .campaign_prefix = "p",
                              .per_member = 1};
    struct failure failure;
    cr_assert(rows_read(&rows, &options, &failure), "%s", failure.text);
    unlink(path);
    roll = (struct roll){.member_ids = &rows.members, .pairs = &rows.pairs};
    roll.member_count = 2;
    roll.campaign_count = 2;
    roll.pair_count = rows.pairs.count;
    roll.campaigns = memory_zeroed(2, sizeof *roll.campaigns);
    for (int i = 0; i < 2; i++) {
        roll.campaigns[i].stock = stock;
        roll.campaigns[i].per_member = 1;
    }
    ledger_init(&ledger, &roll, false);
    memset(&report, 0, sizeof report);
    verdict_init(&verdict, &rows, &ledger, &report);
}

static void end(void)
{
    verdict_deinit(&verdict);
    ledger_deinit(&ledger);
    roll_deinit(&roll);
    rows_deinit(&rows);
}

static void answer(size_t row, enum outcome outcome, bool again)
{
    const struct row *claim = &rows.rows[row];
    verdict_judge(&verdict, row, outcome, again);
    ledger_enter(&ledger, claim->pair, claim->campaign, outcome, again, now_ns, now_ns + 1);
    now_ns += 2;
}

Test(verdict, the_file_says_who_may_have_what)
{
    begin(10);
    cr_assert_eq(rows.count, 4u);
    cr_assert_eq(rows.pairs.count, 3u);
    cr_assert_eq(rows.entitled[0], 2u);
    cr_assert_eq(rows.entitled[1], 1u);
    cr_assert_eq(verdict_expected(&rows, &roll, 0), 2u);
    roll.campaigns[0].stock = 1;
    cr_assert_eq(verdict_expected(&rows, &roll, 0), 1u);
    end();
}

Test(verdict, right_answers_pass)
{
    struct verdict_summary summary;
    begin(10);
    answer(0, OUTCOME_OK, false);
    answer(1, OUTCOME_DUPLICATE, false);
    answer(2, OUTCOME_OK, false);
    answer(3, OUTCOME_OK, false);
    verdict_end(&verdict, &summary);
    cr_assert_eq(summary.wrong, 0u);
    cr_assert_eq(summary.expected_ok, 3u);
    cr_assert_eq(report.problem_count, 0u);
    end();
}

Test(verdict, each_wrong_answer_is_found)
{
    static const struct {
        enum outcome first, second, third;
        uint64_t stock;
    } cases[] = {
        {OUTCOME_OK, OUTCOME_OK, OUTCOME_OK, 10},              /* a second coupon */
        {OUTCOME_DUPLICATE, OUTCOME_OK, OUTCOME_OK, 10},       /* refused before having one */
        {OUTCOME_OK, OUTCOME_LIMIT, OUTCOME_OK, 10},           /* the wrong refusal */
        {OUTCOME_OK, OUTCOME_SOLD_OUT, OUTCOME_OK, 1},         /* DUPLICATE comes first */
        {OUTCOME_OK, OUTCOME_DUPLICATE, OUTCOME_SOLD_OUT, 10}, /* there was stock for all */
        {OUTCOME_SOLD_OUT, OUTCOME_OK, OUTCOME_SOLD_OUT, 1},   /* sold out, then not */
        {OUTCOME_OK, OUTCOME_DUPLICATE, OUTCOME_PAUSED, 10},   /* nobody paused it */
        {OUTCOME_OK, OUTCOME_DUPLICATE, OUTCOME_ERROR, 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct verdict_summary summary;
        begin(cases[i].stock);
        answer(0, cases[i].first, false);
        answer(1, cases[i].second, false);
        answer(2, cases[i].third, false);
        answer(3, OUTCOME_OK, false);
        verdict_end(&verdict, &summary);
        cr_assert_eq(summary.wrong, 1u, "case %zu: %lu wrong", i, (unsigned long)summary.wrong);
        cr_assert_eq(report.problem_count, 1u, "case %zu", i);
        end();
    }
}

Test(verdict, a_claim_sent_again_may_be_told_that_it_had_been_accepted)
{
    struct verdict_summary summary;
    begin(10);
    answer(0, OUTCOME_DUPLICATE, true);
    answer(1, OUTCOME_DUPLICATE, false);
    answer(2, OUTCOME_OK, false);
    answer(3, OUTCOME_OK, false);
    verdict_end(&verdict, &summary);
    cr_assert_eq(summary.wrong, 0u);
    cr_assert_eq(ledger_acknowledged(&ledger, rows.rows[0].pair), 1u);
    end();
}

Test(verdict, a_row_without_an_answer_is_a_problem)
{
    struct verdict_summary summary;
    begin(10);
    answer(0, OUTCOME_OK, false);
    answer(1, OUTCOME_UNANSWERED, false);
    verdict_end(&verdict, &summary);
    cr_assert_eq(summary.answered, 1u);
    cr_assert_eq(report.problem_count, 1u);
    end();
}

Test(ledger, a_coupon_after_sold_out_is_noticed)
{
    begin(1);
    ledger_enter(&ledger, rows.rows[0].pair, 0, OUTCOME_SOLD_OUT, false, 10, 20);
    ledger_enter(&ledger, rows.rows[2].pair, 0, OUTCOME_OK, false, 15, 25); /* was under way */
    cr_assert_eq(ledger.campaigns[0].ok_too_late, 0u);
    ledger_enter(&ledger, rows.rows[2].pair, 0, OUTCOME_OK, false, 21, 30);
    cr_assert_eq(ledger.campaigns[0].ok_too_late, 1u);
    end();
}
