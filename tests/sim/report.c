/* report.c -- what a run was like: for the terminal, and as a page with a plot. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/run.h"

static uint64_t faults_in_all(const struct run_sum *sum)
{
    uint64_t all = 0;
    for (uint32_t fault = 0; fault < FAULTS; fault++) {
        all += sum->total.faults[fault];
    }
    return all;
}

void run_print(const struct run_options *options, const struct run_sum *sum)
{
    const struct run_result *total = &sum->total;
    printf("\nseeds      %" PRIu64 " to %" PRIu64 ", %" PRIu64 " worlds of %" PRIu64 " commands\n",
           options->first, options->first + sum->worlds - 1, sum->worlds, options->commands);
    printf("commands   %" PRIu64 ", of which %" PRIu64 " answers were judged\n", total->commands,
           total->judged);
    printf("servers    %" PRIu64 " started, %" PRIu64 " snapshots recorded\n", total->servers,
           total->snapshots);
    printf("losses     %" PRIu64
           " accepted: Redis came back shorter, and nobody was left who knew better\n",
           total->losses);
    printf("time       %.0f s simulated in %.1f s, %.0f commands a second\n",
           (double)total->time_us / US_PER_S, sum->seconds,
           (double)total->commands / (sum->seconds + 1e-9));
    printf("history    %016" PRIx64 "\n", total->history);
    printf("faults     %" PRIu64 "\n", faults_in_all(sum));
    for (uint32_t fault = 0; fault < FAULTS; fault++) {
        if (total->faults[fault] > 0) {
            printf("  %9" PRIu64 "  %s\n", total->faults[fault], fault_words(fault));
        }
    }
    printf("violations %" PRIu64 "\n", sum->broken);
    for (uint64_t at = 0; at < sum->broken && at < 64; at++) {
        printf("  seed %" PRIu64 "  %s\n", sum->broken_seeds[at], sum->broken_texts[at]);
    }
}

static void write_escaped(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<' || *text == '&') {
            fprintf(file, "&#%d;", *text);
        } else {
            fputc(*text, file);
        }
    }
}

static void write_plot(FILE *file, const struct run_sum *sum)
{
    uint64_t most = 1;
    for (uint32_t at = 0; at < sum->slices; at++) {
        most = sum->rates[at] > most ? sum->rates[at] : most;
    }
    fprintf(
        file,
        "<p>Commands a second, over the run; the highest is %.0f.</p>\n"
        "<svg viewBox=\"0 0 %u 100\" preserveAspectRatio=\"none\" width=\"100%%\" height=\"160\">"
        "<path fill=\"#4a7\" d=\"M0 100",
        (double)most / sum->slice_s, sum->slices == 0 ? 1 : sum->slices);
    for (uint32_t at = 0; at < sum->slices; at++) {
        double height = 100.0 - 100.0 * (double)sum->rates[at] / (double)most;
        fprintf(file, "L%u %.1fL%u %.1f", at, height, at + 1, height);
    }
    fprintf(file, "L%u 100Z\"/></svg>\n", sum->slices);
}

bool run_report(const struct run_options *options, const struct run_sum *sum)
{
    FILE *file = fopen(options->report, "w");
    if (file == NULL) {
        return false;
    }
    const struct run_result *total = &sum->total;
    fprintf(file,
            "<!doctype html><meta charset=\"utf-8\"><title>Simulated worlds</title>\n"
            "<style>body{font:16px system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}"
            "table{border-collapse:collapse}td,th{padding:.2rem .8rem;border-bottom:1px solid #ccc;"
            "text-align:left}td:first-child{text-align:right}</style>\n"
            "<h1>%s</h1>\n<p>%" PRIu64 " worlds from seed %" PRIu64 " on, %" PRIu64
            " commands, %" PRIu64 " judged answers, %" PRIu64 " faults, %" PRIu64
            " servers, %" PRIu64 " snapshots, %.0f simulated seconds in %.1f. History %016" PRIx64
            ".</p>\n",
            sum->broken == 0 ? "Every promise was kept" : "Promises were broken", sum->worlds,
            options->first, total->commands, total->judged, faults_in_all(sum), total->servers,
            total->snapshots, (double)total->time_us / US_PER_S, sum->seconds, total->history);
    write_plot(file, sum);
    fprintf(file, "<h2>Faults</h2>\n<table>\n");
    for (uint32_t fault = 0; fault < FAULTS; fault++) {
        fprintf(file, "<tr><td>%" PRIu64 "<td>%s\n", total->faults[fault], fault_words(fault));
    }
    fprintf(file, "</table>\n<h2>Violations</h2>\n<table>\n");
    for (uint64_t at = 0; at < sum->broken && at < 64; at++) {
        fprintf(file, "<tr><td>seed %" PRIu64 "<td>", sum->broken_seeds[at]);
        write_escaped(file, sum->broken_texts[at]);
    }
    fprintf(file, "</table>\n<p>%s</p>\n",
            sum->broken == 0 ? "None." : "See one again: boon-sim --seed N --commands M");
    return fclose(file) == 0;
}
