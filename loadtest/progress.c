/* progress.c -- a bar with a live rate on a terminal, plain lines elsewhere. */
#include "progress.h"

#include "result.h"

#include <unistd.h>

static const uint64_t bar_ns = 200 * UINT64_C(1000000);
static const uint64_t line_ns = 2000 * UINT64_C(1000000);
static const int bar_cells = 24;

void progress_init(struct progress *progress, const struct options *options, uint64_t requests,
                   uint64_t start_ns)
{
    *progress = (struct progress){.options = options, .requests = requests, .start_ns = start_ns};
    progress->terminal = isatty(STDERR_FILENO);
    progress->last_ns = start_ns;
    progress->next_ns = start_ns + (progress->terminal ? bar_ns : line_ns);
}

/* How much of the run is over, 0..1. */
static double share_done(const struct progress *progress, uint64_t count, double elapsed_s)
{
    double by_count = progress->requests ? (double)count / (double)progress->requests : 0;
    double by_time = 0;
    if (progress->options->seconds > 0)
        by_time = elapsed_s / (progress->options->seconds + progress->options->warmup);
    double share = by_count > by_time ? by_count : by_time;
    return share > 1 ? 1 : share;
}

static void outcomes_show(const uint64_t counts[static OUTCOME_COUNT])
{
    char number[GROUPED_BYTES];
    uint64_t errors = 0;
    for (enum outcome i = 0; i < OUTCOME_COUNT; i++) {
        if (outcome_is_error(i))
            errors += counts[i];
        else if (counts[i])
            fprintf(stderr, "  %s %s", outcome_name(i), grouped(counts[i], number));
    }
    if (errors)
        fprintf(stderr, "  errors %s", grouped(errors, number));
}

void progress_show(struct progress *progress, const uint64_t counts[static OUTCOME_COUNT],
                   uint64_t now_ns)
{
    if (progress->options->quiet || now_ns < progress->next_ns)
        return;
    uint64_t count = 0;
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        count += counts[i];
    double passed_s = (double)(now_ns - progress->last_ns) / 1e9;
    double rate = (double)(count - progress->last_count) / passed_s;
    progress->rate = progress->drawn ? 0.5 * progress->rate + 0.5 * rate : rate;
    progress->last_ns = now_ns;
    progress->last_count = count;
    progress->next_ns = now_ns + (progress->terminal ? bar_ns : line_ns);
    progress->drawn = true;

    char number[GROUPED_BYTES];
    double elapsed_s = (double)(now_ns - progress->start_ns) / 1e9;
    double share = share_done(progress, count, elapsed_s);
    if (progress->terminal) {
        fputs("\r\033[K", stderr);
        for (int i = 0; i < bar_cells; i++)
            fputs((double)i < share * bar_cells ? "█" : "░", stderr);
        fputc(' ', stderr);
    }
    fprintf(stderr, "%3.0f %%  %.1f s  %s/s", share * 100, elapsed_s,
            grouped((uint64_t)(progress->rate + 0.5), number));
    outcomes_show(counts);
    if (!progress->terminal)
        fputc('\n', stderr);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->terminal && progress->drawn)
        fputs("\r\033[K", stderr);
}
