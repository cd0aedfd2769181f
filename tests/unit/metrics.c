/* metrics.c -- the text is Prometheus', and its figures are the server's. */
#include "net/metrics.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/watch_fake.h"

static char *text;

/* BOON_METRICS_FILE: where tests/metrics/run wants the text for promtool. */
static void compose(void)
{
    size_t length;
    free(text);
    FILE *file = open_memstream(&text, &length);
    metrics_write(file, &fake.server);
    cr_assert_eq(fclose(file), 0);
    const char *path = getenv("BOON_METRICS_FILE");
    if (path != NULL) {
        file = fopen(path, "w");
        cr_assert_not_null(file);
        cr_assert_eq(fwrite(text, 1, length, file), length);
        cr_assert_eq(fclose(file), 0);
    }
}

static void tear_down(void)
{
    free(text);
    text = NULL;
    watch_tear_down();
}

TestSuite(metrics, .init = watch_set_up, .fini = tear_down);

/* Returns what stands behind a sample's name and labels; NULL: there is no such sample. */
static const char *sample(const char *name)
{
    static char value[64];
    size_t length = strlen(name);
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (strncmp(line, name, length) == 0 && line[length] == ' ') {
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + length + 1, "\n"),
                     line + length + 1);
            return value;
        }
    }
    return NULL;
}

static void expect(const char *name, const char *value)
{
    const char *got = sample(name);
    cr_assert(got != NULL && strcmp(got, value) == 0, "%s is %s, not %s", name,
              got == NULL ? "not there" : got, value);
}

Test(metrics, every_sample_follows_the_help_and_the_type_of_its_family)
{
    char family[128] = "";
    watch_campaign("sale", 10);
    watch_durable();
    watch_ticks(1);
    compose();
    for (char *line = text; *line != '\0';) {
        char *end = strchr(line, '\n');
        cr_assert_not_null(end, "the last line ends");
        *end = '\0';
        if (strncmp(line, "# HELP ", 7) == 0) {
            snprintf(family, sizeof(family), "%.*s", (int)strcspn(line + 7, " "), line + 7);
            cr_assert_eq(strncmp(family, "boon_", 5), 0, "%s", line);
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            cr_assert_eq(strncmp(line + 7, family, strlen(family)), 0, "%s", line);
        } else {
            cr_assert_eq(strncmp(line, family, strlen(family)), 0, "%s in %s", line, family);
            const char *value = strrchr(line, ' ') + 1;
            char *rest;
            (void)strtod(value, &rest);
            cr_assert(isdigit((unsigned char)*value) && *rest == '\0', "%s", line);
        }
        *end = '\n';
        line = end + 1;
    }
}

Test(metrics, figures_are_those_of_the_server)
{
    watch_campaign("sale", 2);
    watch_claim("sale", "m1", "", "");
    watch_claim("sale", "m1", "", "");
    watch_claim("sale", "m2", "", "");
    watch_claim("sale", "m3", "", "");
    watch_durable();
    watch_ticks(1);
    fake.server.stats.turn_us_max = 1234567;
    compose();
    expect("boon_answers_total{outcome=\"ok\"}", "4");
    expect("boon_answers_total{outcome=\"duplicate\"}", "1");
    expect("boon_answers_total{outcome=\"sold_out\"}", "1");
    expect("boon_answers_total{outcome=\"busy\"}", "0");
    expect("boon_campaign_stock{campaign=\"sale\"}", "2");
    expect("boon_campaign_stock_left{campaign=\"sale\"}", "0");
    expect("boon_campaign_issued_total{campaign=\"sale\"}", "2");
    expect("boon_campaigns_not_shown", "0");
    expect("boon_members", "2");
    expect("boon_coupons", "2");
    expect("boon_pool_records{pool=\"coupons\"}", "2");
    expect("boon_pool_records_max{pool=\"coupons\"}", "100");
    expect("boon_state{state=\"leading\"}", "1");
    expect("boon_state{state=\"opening\"}", "0");
    expect("boon_ready", "1");
    expect("boon_clients", "2");
    expect("boon_turn_max_seconds", "1.234567");
    expect("boon_start_time_seconds", "1795000000.000000");
    expect("boon_build_info{version=\"" BOON_VERSION "\",name=\"boon\",shard=\"0\"}", "1");
    cr_assert_null(sample("boon_snapshot_age_seconds"), "there is none");
}

Test(metrics, histograms_are_cumulative_and_end_with_all)
{
    latency_add(&fake.server.latency_durable, 100, 3);
    latency_add(&fake.server.latency_durable, 101, 2);
    latency_add(&fake.server.latency_durable, 20000000, 1);
    metrics_batch_add(&fake.server.batches, 1);
    metrics_batch_add(&fake.server.batches, 4);
    metrics_batch_add(&fake.server.batches, 5);
    metrics_batch_add(&fake.server.batches, 1000000);
    compose();
    expect("boon_answer_seconds_bucket{path=\"durable\",le=\"0.0001\"}", "3");
    expect("boon_answer_seconds_bucket{path=\"durable\",le=\"0.00025\"}", "5");
    expect("boon_answer_seconds_bucket{path=\"durable\",le=\"10\"}", "5");
    expect("boon_answer_seconds_bucket{path=\"durable\",le=\"+Inf\"}", "6");
    expect("boon_answer_seconds_sum{path=\"durable\"}", "20.000502");
    expect("boon_answer_seconds_count{path=\"durable\"}", "6");
    expect("boon_answer_seconds_count{path=\"direct\"}", "0");
    expect("boon_journal_sync_seconds_bucket{le=\"+Inf\"}", "0");
    expect("boon_journal_sync_seconds_sum", "0.000000");
    expect("boon_journal_batch_changes_bucket{le=\"1\"}", "1");
    expect("boon_journal_batch_changes_bucket{le=\"4\"}", "2");
    expect("boon_journal_batch_changes_bucket{le=\"16\"}", "3");
    expect("boon_journal_batch_changes_bucket{le=\"262144\"}", "3");
    expect("boon_journal_batch_changes_bucket{le=\"+Inf\"}", "4");
    expect("boon_journal_batch_changes_sum", "1000010");
}

Test(metrics, a_campaign_is_not_shown_before_it_is_durable_nor_when_it_does_not_run)
{
    watch_campaign("sale", 2);
    watch_ticks(20);
    compose();
    cr_assert_null(sample("boon_campaign_stock{campaign=\"sale\"}"));
    watch_durable();
    watch_ticks(20);
    compose();
    expect("boon_campaign_stock{campaign=\"sale\"}", "2");
    watch_claim("sale", "m1", "", "");
    watch_ticks(40);
    compose();
    expect("boon_campaign_stock_left{campaign=\"sale\"}", "2");
    campaign_at(&fake.server.engine->campaigns, 1)->state = CAMPAIGN_PAUSED;
    watch_durable();
    watch_ticks(40);
    compose();
    cr_assert_null(sample("boon_campaign_stock{campaign=\"sale\"}"));
    expect("boon_campaigns_not_shown", "1");
}

Test(metrics, labels_are_escaped)
{
    watch_campaign("a\"b\\c夏", 2);
    watch_durable();
    watch_ticks(1);
    compose();
    expect("boon_campaign_stock{campaign=\"a\\\"b\\\\c夏\"}", "2");
}
