/* load_report.c -- a run whose generator was the limit does not pass its figures off as the server's. */
#include "result.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text report of a run in which the generator used this share of a core; to be freed. */
static char *text_of(double cpu_share)
{
    static struct options options;
    struct result *result = calloc(1, sizeof *result);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    cr_assert_not_null(result);
    cr_assert_not_null(out);
    result->options = &options;
    result->seconds = 1;
    result->cpu_share = cpu_share;
    result->generator_bound = result_is_generator_bound(cpu_share);
    histogram_init(&result->total.claims);
    histogram_record(&result->total.claims, 1000);
    report_text(out, result);
    fclose(out);
    free(result);
    return text;
}

Test(report, above_four_fifths_of_a_core_latency_is_void_and_throughput_the_generators)
{
    char *text = text_of(0.81);
    cr_assert_not_null(strstr(text, "VOID"), "%s", text);
    cr_assert_not_null(strstr(text, "generator-bound"), "%s", text);
    free(text);
}

Test(report, at_four_fifths_of_a_core_the_figures_are_the_servers)
{
    char *text = text_of(0.8);
    cr_assert_null(strstr(text, "VOID"), "%s", text);
    cr_assert_null(strstr(text, "generator-bound"), "%s", text);
    free(text);
}
